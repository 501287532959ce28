/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixed-width types, page arithmetic and the small macros that every file may use. */
#ifndef XENOLITH_TYPES_H
#define XENOLITH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;    /* host physical byte address */
typedef uint64_t gpaddr_t;   /* guest physical byte address */
typedef uint64_t guest_va_t; /* guest virtual byte address, as a hypercall argument gives it */
typedef uint64_t mfn_t;      /* host frame number */
typedef uint64_t gfn_t;      /* guest frame number */
typedef uint16_t domid_t;
typedef int64_t stime_t; /* system time, nanoseconds since boot */

#define INVALID_MFN (~(mfn_t)0)
#define INVALID_GFN (~(gfn_t)0)
#define STIME_NEVER INT64_MAX

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define ORDER_4K 0
#define ORDER_2M 9
#define ORDER_1G 18

#define KiB(x) ((x) << 10)
#define MiB(x) ((x) << 20)
#define GiB(x) ((x) << 30)
#define MICROSECS(x) ((stime_t)(x)*1000)
#define MILLISECS(x) ((stime_t)(x)*1000000)
#define SECONDS(x) ((stime_t)(x)*1000000000)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define min_u64(a, b) ((uint64_t)(a) < (uint64_t)(b) ? (uint64_t)(a) : (uint64_t)(b))
#define max_u64(a, b) ((uint64_t)(a) > (uint64_t)(b) ? (uint64_t)(a) : (uint64_t)(b))
#define round_up(x, a) (((x) + (a)-1) & ~((a)-1))
#define round_down(x, a) ((x) & ~((a)-1))

#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __noreturn __attribute__((noreturn))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __must_check __attribute__((warn_unused_result))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier() __asm__ __volatile__("" ::: "memory")
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
