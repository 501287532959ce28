/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections over unix sockets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xenstored/keeper.h"
#include "xenstored/server.h"

static void socket_event(struct loop_fd *src, uint32_t events)
{
    (void)events;
    link_ready((struct link *)((char *)src - offsetof(struct link, src)));
}

static ssize_t socket_receive(struct link *l)
{
    return journal_receive(l->sv->j, l->slot, l->src.fd);
}

static bool socket_is_whole(struct link *l)
{
    uint8_t data[WIRE_MESSAGE_MAX + 1];
    ssize_t n = recv(l->src.fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
    struct xsd_sockmsg hdr;

    if (n <= 0 || (size_t)n < sizeof(hdr))
        return n == 0; /* its end is taken too */
    memcpy(&hdr, data, sizeof(hdr));
    return hdr.len > XENSTORE_PAYLOAD_MAX || (size_t)n == sizeof(hdr) + hdr.len;
}

static void socket_received(struct link *l, uint32_t n)
{
    (void)l;
    (void)n;
}

static ssize_t socket_send(struct link *l, const void *data, size_t len, bool transient)
{
    return journal_send(l->sv->j, l->slot, l->src.fd, data, len, transient);
}

static void socket_want(struct link *l, bool input, bool output)
{
    loop_fd_set(&l->src, (input ? EPOLLIN : 0u) | (output ? EPOLLOUT : 0u));
}

static void socket_close(struct link *l)
{
    int fd = l->src.fd;

    loop_fd_remove(&l->src);
    close(fd);
    if (l->sv->keeper && !l->sv->stopping)
        keeper_link_drop(l->sv->keeper, l->id);
}

const struct link_ops socket_ops = {
    .receive = socket_receive,
    .is_whole = socket_is_whole,
    .received = socket_received,
    .send = socket_send,
    .want = socket_want,
    .close = socket_close,
};

int socket_attach(struct server *sv, struct conn *c, int fd)
{
    struct link *l = calloc(1, sizeof(*l));
    int rc;

    if (!l)
        return -ENOMEM;
    l->ops = &socket_ops;
    l->want_in = true;
    l->id = c->id;
    rc = loop_fd_add(sv->loop, &l->src, fd, EPOLLIN, socket_event);
    if (rc == 0) {
        rc = server_attach(sv, l, c);
        if (rc < 0)
            loop_fd_remove(&l->src);
    }
    if (rc < 0)
        free(l);
    return rc;
}
