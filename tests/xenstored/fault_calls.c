/* SPDX-License-Identifier: GPL-2.0-only */
/* What the store's server needs memory, and room for its journal, from. */
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#include "fake/fault_env.h"

FAULT(void *, NULL, ENOMEM, malloc, (size_t n), (n))
FAULT(void *, NULL, ENOMEM, calloc, (size_t n, size_t size), (n, size))
FAULT(void *, NULL, ENOMEM, realloc, (void *old, size_t n), (old, n))
FAULT(void *, MAP_FAILED, ENOMEM, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t offset),
      (at, n, prot, flags, fd, offset))
FAULT(int, -1, ENOSPC, fallocate, (int fd, int mode, off_t offset, off_t n), (fd, mode, offset, n))
FAULT(int, -1, ENOSPC, rename, (const char *from, const char *to), (from, to))
FAULT(int, -1, EMFILE, dup, (int fd), (fd))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    return fails("open", EMFILE) ? -1 : __real_open(path, flags, 0600);
}
