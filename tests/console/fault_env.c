/* SPDX-License-Identifier: GPL-2.0-only */
/* The console daemon's calls that can fail. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "fake/fault_env.h"

FAULT(void *, NULL, ENOMEM, malloc, (size_t n), (n))
FAULT(void *, NULL, ENOMEM, calloc, (size_t n, size_t size), (n, size))
FAULT(void *, NULL, ENOMEM, realloc, (void *old, size_t n), (old, n))
FAULT(void *, NULL, ENOMEM, reallocarray, (void *old, size_t n, size_t size), (old, n, size))
FAULT(void *, MAP_FAILED, ENOMEM, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t offset),
      (at, n, prot, flags, fd, offset))
FAULT(ssize_t, -1, EIO, read, (int fd, void *data, size_t n), (fd, data, n))
FAULT(ssize_t, -1, EPIPE, send, (int fd, const void *data, size_t n, int flags), (fd, data, n, flags))
FAULT(ssize_t, -1, ECONNRESET, recv, (int fd, void *data, size_t n, int flags), (fd, data, n, flags))
FAULT(ssize_t, -1, ENOBUFS, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
FAULT(int, -1, EMFILE, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAULT(int, -1, EMFILE, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags),
      (fd, address, length, flags))
FAULT(int, -1, EMFILE, eventfd, (unsigned count, int flags), (count, flags))
FAULT(int, -1, EMFILE, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
FAULT(int, -1, EMFILE, inotify_init1, (int flags), (flags))
FAULT(int, -1, ENOSPC, inotify_add_watch, (int fd, const char *path, unsigned mask), (fd, path, mask))
FAULT(int, -1, EMFILE, posix_openpt, (int flags), (flags))
FAULT(ssize_t, -1, EAGAIN, splice, (int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags),
      (from, from_at, to, to_at, n, flags))
FAULT(int, -1, ENOSPC, mkfifo, (const char *path, mode_t mode), (path, mode))
FAULT(int, -1, EIO, tcsetattr, (int fd, int how, const struct termios *settings), (fd, how, settings))
FAULT(int, -1, ENOMEM, epoll_ctl, (int epoll, int op, int fd, struct epoll_event *event), (epoll, op, fd, event))
FAULT(int, ENOSPC, ENOSPC, posix_fallocate, (int fd, off_t offset, off_t n), (fd, offset, n))
FAULT(int, EAGAIN, EAGAIN, pthread_create,
      (pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg), (thread, attr, run, arg))

ssize_t __real_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n)
{
    bool signal = n == 8 || n == 1; /* to an eventfd, or the fake hypervisor's bell: they cannot fail */

    return !signal && fails("write", ENOSPC) ? -1 : __real_write(fd, data, n);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return fails("open", EMFILE) ? -1 : __real_open(path, flags, mode);
}
