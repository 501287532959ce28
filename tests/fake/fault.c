/* SPDX-License-Identifier: GPL-2.0-only */
#include "fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
int __real_socket(int domain, int type, int protocol);
int __real_eventfd(unsigned count, int flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

static int left[FAULT_CALLS]; /* calls until the one that fails; 0: none will */
static bool happened[FAULT_CALLS];
static bool bytes;
static _Thread_local bool spared, interrupted;

void fault_at(enum fault_call call, unsigned nth)
{
    __atomic_store_n(&happened[call], false, __ATOMIC_SEQ_CST);
    __atomic_store_n(&left[call], (int)nth, __ATOMIC_SEQ_CST);
}

bool fault_happened(enum fault_call call)
{
    return __atomic_load_n(&happened[call], __ATOMIC_SEQ_CST);
}

void fault_bytes(bool on)
{
    __atomic_store_n(&bytes, on, __ATOMIC_SEQ_CST);
}

void fault_spare(void)
{
    spared = true;
}

static bool fails(enum fault_call call, int error)
{
    if (spared || __atomic_load_n(&left[call], __ATOMIC_SEQ_CST) <= 0 ||
        __atomic_sub_fetch(&left[call], 1, __ATOMIC_SEQ_CST))
        return false;
    __atomic_store_n(&happened[call], true, __ATOMIC_SEQ_CST);
    errno = error;
    return true;
}

/* How much a call may move: -1, it is interrupted. */
static ssize_t moves(size_t len)
{
    if (spared || !__atomic_load_n(&bytes, __ATOMIC_SEQ_CST))
        return (ssize_t)len;
    interrupted = !interrupted;
    errno = EINTR;
    return interrupted ? -1 : len != 0;
}

void *__wrap_malloc(size_t size)
{
    return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_realloc(old, size);
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    ssize_t n = fails(FAULT_READ, EIO) ? -1 : len == 8 ? 8 : moves(len); /* an eventfd's eight bytes go in one */

    return n < 0 ? -1 : __real_read(fd, data, (size_t)n);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    ssize_t n = fails(FAULT_SEND, EPIPE) ? -1 : len == 8 ? 8 : moves(len);

    return n < 0 ? -1 : __real_write(fd, data, (size_t)n);
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    ssize_t n = fails(FAULT_SEND, EPIPE) ? -1 : moves(len);

    return n < 0 ? -1 : __real_send(fd, data, (size_t)n, flags);
}

int __wrap_socket(int domain, int type, int protocol)
{
    return fails(FAULT_OPEN, EMFILE) ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_eventfd(unsigned count, int flags)
{
    return fails(FAULT_OPEN, EMFILE) ? -1 : __real_eventfd(count, flags);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    return fails(FAULT_THREAD, EAGAIN) ? EAGAIN : __real_pthread_create(thread, attr, run, arg);
}
