/* SPDX-License-Identifier: LGPL-2.1-only */
/* Messages over a local socket that may bring a file descriptor along (SCM_RIGHTS, unix(7)). */
#ifndef BASE_FD_MESSAGE_H
#define BASE_FD_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* `passed` (-1: none) stays the caller's too. `flags` are send's, MSG_NOSIGNAL among them anyway. 0 or -errno. */
int fd_message_send(int socket, const void *data, size_t len, int passed, int flags);
/* Bytes, 0 at the other side's end, or -errno. *ret_passed is -1, or a descriptor that is the caller's and not for exec. */
ssize_t fd_message_receive(int socket, void *data, size_t size, int *ret_passed, int flags);

#endif
