/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/fd_message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

union control { /* room for one descriptor, aligned */
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int fd_message_send(int socket, const void *data, size_t len, int passed, int flags)
{
    struct iovec iov = { (void *)(uintptr_t)data, len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    union control control = { 0 };

    if (passed >= 0) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &passed, sizeof(int));
    }
    return sendmsg(socket, &msg, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t fd_message_receive(int socket, void *data, size_t size, int *ret_passed, int flags)
{
    struct iovec iov = { data, size };
    union control control;
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
                          .msg_controllen = sizeof(control.bytes) };
    ssize_t n = recvmsg(socket, &msg, flags | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *c;

    if (n < 0)
        return -errno;
    *ret_passed = -1;
    c = CMSG_FIRSTHDR(&msg);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(ret_passed, CMSG_DATA(c), sizeof(int));
    return n;
}
