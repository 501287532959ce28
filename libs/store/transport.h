/* SPDX-License-Identifier: LGPL-2.1-only */
/* The ways to the daemon: its socket, or the kernel's /dev/xen/xenbus. */
#ifndef STORE_TRANSPORT_H
#define STORE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct transport {
    int fd;
    bool is_socket; /* else a device, which takes one message in each write and knows no shutdown */
};

/*
 * Connect to $XENSTORED_PATH or the daemon's socket; where that fails, to the device. Returns 0 or -errno, the one that
 * says most: why the socket was refused, when it exists.
 */
int transport_open(struct transport *ret_transport);

/* send() or write(), once; no SIGPIPE. Returns the number of bytes or -errno. */
ssize_t transport_send(const struct transport *t, const void *data, size_t len);

/* read(), once. Returns the number of bytes, 0 at the end, or -errno. */
ssize_t transport_receive(const struct transport *t, void *data, size_t len);

void transport_close(struct transport *t);

#endif
