/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What gcc and clang call under -fsanitize=thread, instead of the library that goes with it. The atomic operations are
 * made here, always sequentially consistent: interleavings are what is looked for, not weak memory.
 */
#include "hooks.h"

#include <string.h>

void (*hook_access)(uintptr_t addr, size_t size, enum hook_access kind);

static void seen(const volatile void *p, size_t size, enum hook_access kind)
{
    if (hook_access)
        hook_access((uintptr_t)p, size, kind);
}

/* No header declares what only compilers call. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void)
{
}

#define PLAIN(size) \
    void __tsan_read##size(void *p) { seen(p, size, HOOK_READ); } \
    void __tsan_write##size(void *p) { seen(p, size, HOOK_WRITE); } \
    void __tsan_unaligned_read##size(void *p) { seen(p, size, HOOK_READ); } \
    void __tsan_unaligned_write##size(void *p) { seen(p, size, HOOK_WRITE); } \
    void __tsan_volatile_read##size(void *p) { seen(p, size, HOOK_SYNC_READ); } \
    void __tsan_volatile_write##size(void *p) { seen(p, size, HOOK_SYNC_WRITE); } \
    void __tsan_unaligned_volatile_read##size(void *p) { seen(p, size, HOOK_SYNC_READ); } \
    void __tsan_unaligned_volatile_write##size(void *p) { seen(p, size, HOOK_SYNC_WRITE); }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(void *p, size_t size)
{
    seen(p, size, HOOK_READ);
}

void __tsan_write_range(void *p, size_t size)
{
    seen(p, size, HOOK_WRITE);
}

#define FETCH(bits, type, what) \
    type __tsan_atomic##bits##_fetch_##what(volatile type *p, type v, int order) \
    { \
        (void)order; \
        seen(p, sizeof(type), HOOK_SYNC_WRITE); \
        return __atomic_fetch_##what(p, v, __ATOMIC_SEQ_CST); \
    }
#define SWAP(bits, type, how) \
    int __tsan_atomic##bits##_compare_exchange_##how(volatile type *p, type *expected, type v, int order, int fail) \
    { \
        (void)order; \
        (void)fail; \
        seen(p, sizeof(type), HOOK_SYNC_WRITE); \
        return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    }
#define ATOMIC(bits, type) \
    type __tsan_atomic##bits##_load(const volatile type *p, int order) \
    { \
        (void)order; \
        seen(p, sizeof(type), HOOK_SYNC_READ); \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST); \
    } \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order) \
    { \
        (void)order; \
        seen(p, sizeof(type), HOOK_SYNC_WRITE); \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST); \
    } \
    type __tsan_atomic##bits##_exchange(volatile type *p, type v, int order) \
    { \
        (void)order; \
        seen(p, sizeof(type), HOOK_SYNC_WRITE); \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); \
    } \
    SWAP(bits, type, strong) \
    SWAP(bits, type, weak) \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected, type v, int order, int fail) \
    { \
        __tsan_atomic##bits##_compare_exchange_strong(p, &expected, v, order, fail); \
        return expected; \
    } \
    FETCH(bits, type, add) \
    FETCH(bits, type, sub) \
    FETCH(bits, type, and) \
    FETCH(bits, type, or) \
    FETCH(bits, type, xor)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The linker puts these in the place of the library's (--wrap). */
void *__real_memcpy(void *dst, const void *src, size_t n);
void *__real_memmove(void *dst, const void *src, size_t n);
void *__real_memset(void *dst, int c, size_t n);

void *__wrap_memcpy(void *dst, const void *src, size_t n)
{
    seen(src, n, HOOK_READ);
    seen(dst, n, HOOK_WRITE);
    return __real_memcpy(dst, src, n);
}

void *__wrap_memmove(void *dst, const void *src, size_t n)
{
    seen(src, n, HOOK_READ);
    seen(dst, n, HOOK_WRITE);
    return __real_memmove(dst, src, n);
}

void *__wrap_memset(void *dst, int c, size_t n)
{
    seen(dst, n, HOOK_WRITE);
    return __real_memset(dst, c, n);
}
