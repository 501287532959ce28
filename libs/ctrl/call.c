/* SPDX-License-Identifier: LGPL-2.1-only */
#include "call.h"

#include <string.h>

int bounce_new(struct bounce *b, struct ctrl_priv *p, const void *data, size_t size)
{
    int err = ctrl_buffer_new(p, size, &b->data);

    if (err < 0)
        return err;
    b->priv = p;
    b->size = size;
    if (data)
        memcpy(b->data, data, size);
    return 0;
}

void bounce_done(struct bounce *b)
{
    if (b->data)
        ctrl_buffer_free(b->priv, b->data, b->size);
    b->data = NULL;
}

/* The argument is the nth. */
static long call(struct ctrl_priv *p, unsigned hypercall, uint64_t args[5], unsigned nth, void *arg, size_t size, bool always)
{
    _cleanup_(bounce_done) struct bounce b = { 0 };
    long ret = bounce_new(&b, p, arg, size);

    if (ret < 0)
        return ret;
    args[nth] = bounce_addr(&b);
    ret = ctrl_hypercall(p, hypercall, args);
    if (ret >= 0 || always)
        memcpy(arg, b.data, size);
    return ret;
}

int ctrl_domctl(struct ctrl_priv *p, struct xen_domctl *op)
{
    uint64_t args[5] = { 0 };
    long ret;

    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ret = call(p, __HYPERVISOR_domctl, args, 0, op, sizeof(*op), true);
    return ret < 0 ? (int)ret : 0;
}

int ctrl_sysctl(struct ctrl_priv *p, struct xen_sysctl *op)
{
    uint64_t args[5] = { 0 };
    long ret;

    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    ret = call(p, __HYPERVISOR_sysctl, args, 0, op, sizeof(*op), true);
    return ret < 0 ? (int)ret : 0;
}

long ctrl_op(struct ctrl_priv *p, unsigned hypercall, unsigned cmd, void *arg, size_t size)
{
    uint64_t args[5] = { cmd };

    return call(p, hypercall, args, 1, arg, size, false);
}
