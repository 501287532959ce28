/* SPDX-License-Identifier: LGPL-2.1-only */
/* Event channels by /dev/xen/evtchn. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "linux_devices.h"
#include "linux_xen.h"

/* The three ways to bind return the port. */
static int evtchn_bind(struct ctrl_evtchn *e, unsigned long request, void *argument, uint32_t *ret_port)
{
    int port = ioctl(e->fd, request, argument);

    if (port < 0)
        return -errno;
    *ret_port = (uint32_t)port;
    return 0;
}

static int evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t domid, uint32_t remote, uint32_t *ret_port)
{
    struct linux_evtchn_interdomain bind = { .remote_domain = domid, .remote_port = remote };

    return evtchn_bind(e, EVTCHN_BIND_INTERDOMAIN, &bind, ret_port);
}

static int evtchn_bind_unbound(struct ctrl_evtchn *e, uint32_t domid, uint32_t *ret_port)
{
    struct linux_evtchn_unbound bind = { .remote_domain = domid };

    return evtchn_bind(e, EVTCHN_BIND_UNBOUND, &bind, ret_port);
}

static int evtchn_bind_virq(struct ctrl_evtchn *e, uint32_t virq, uint32_t *ret_port)
{
    struct linux_evtchn_virq bind = { .virq = virq };

    return evtchn_bind(e, EVTCHN_BIND_VIRQ, &bind, ret_port);
}

static int evtchn_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    struct linux_evtchn_port unbind = { .port = port };

    return ioctl(e->fd, EVTCHN_UNBIND, &unbind) < 0 ? -errno : 0;
}

static int evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    struct linux_evtchn_port notify = { .port = port };

    return ioctl(e->fd, EVTCHN_NOTIFY, &notify) < 0 ? -errno : 0;
}

static int evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned max)
{
    ssize_t n;

    do
        n = read(e->fd, ports, max * sizeof(*ports));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -errno;
    return (int)((size_t)n / sizeof(*ports));
}

static int evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    ssize_t n;

    do
        n = write(e->fd, &port, sizeof(port));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return n == sizeof(port) ? 0 : -EIO;
}

static void evtchn_close(struct ctrl_evtchn *e)
{
    close(e->fd);
    free(e);
}

static const struct ctrl_evtchn_ops evtchn_ops = {
    .bind_interdomain = evtchn_bind_interdomain,
    .bind_unbound = evtchn_bind_unbound,
    .bind_virq = evtchn_bind_virq,
    .unbind = evtchn_unbind,
    .notify = evtchn_notify,
    .pending = evtchn_pending,
    .unmask = evtchn_unmask,
    .close = evtchn_close,
};

int linux_evtchn_adopt(int fd, struct ctrl_evtchn **ret_evtchn)
{
    struct ctrl_evtchn *e = malloc(sizeof(*e));

    if (!e)
        return -ENOMEM;
    *e = (struct ctrl_evtchn){ .ops = &evtchn_ops, .fd = fd };
    *ret_evtchn = e;
    return 0;
}

int linux_evtchn_open(struct ctrl_evtchn **ret_evtchn)
{
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK | O_CLOEXEC), rc;

    if (fd < 0)
        return -errno;
    rc = linux_evtchn_adopt(fd, ret_evtchn);
    if (rc < 0)
        close(fd);
    return rc;
}
