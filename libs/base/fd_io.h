/* SPDX-License-Identifier: LGPL-2.1-only */
/* All of it, where read() and write() may move a part. Signals are waited out. */
#ifndef BASE_FD_IO_H
#define BASE_FD_IO_H

#include <sys/types.h>

/* How many bytes were moved, fewer than size when there was an end; or -errno. */
ssize_t fd_read_all(int fd, void *data, size_t size);
ssize_t fd_write_all(int fd, const void *data, size_t size);

#endif
