/* SPDX-License-Identifier: LGPL-2.1-only */
#include "query.h"

#include <errno.h>
#include <string.h>

#include "public/sysctl.h"
#include "public/xen.h"

#define DOMAINS_AT_ONCE 1024u

/* One sysctl with a buffer behind it: bytes are copied out of it afterwards, as many as count() says. */
static int sysctl_call(struct ctrl_priv *p, struct xen_sysctl *op)
{
    uint64_t args[5] = { 0 };
    void *arg;
    long ret;
    int err = ctrl_buffer_new(p, sizeof(*op), &arg);

    if (err < 0)
        return err;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(arg, op, sizeof(*op));
    args[0] = (uintptr_t)arg;
    ret = ctrl_hypercall(p, __HYPERVISOR_sysctl, args);
    if (ret >= 0)
        memcpy(op, arg, sizeof(*op));
    ctrl_buffer_free(p, arg, sizeof(*op));
    return ret < 0 ? (int)ret : 0;
}

int ctrl_domain_list(struct ctrl_priv *p, uint32_t first, unsigned max, struct xen_domctl_getdomaininfo *infos)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
    struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
    void *buffer;
    size_t size;
    int err;

    if (first >= DOMID_FIRST_RESERVED || max == 0)
        return -EINVAL;
    if (max > DOMAINS_AT_ONCE)
        max = DOMAINS_AT_ONCE;
    size = max * sizeof(*infos);
    err = ctrl_buffer_new(p, size, &buffer);
    if (err < 0)
        return err;
    *list = (struct xen_sysctl_getdomaininfolist){
        .first_domain = (uint16_t)first, .max_domains = max, .buffer = (uintptr_t)buffer
    };
    err = sysctl_call(p, &op);
    if (err == 0 && list->num_domains > max)
        err = -EPROTO;
    if (err == 0) {
        memcpy(infos, buffer, list->num_domains * sizeof(*infos));
        err = (int)list->num_domains;
    }
    ctrl_buffer_free(p, buffer, size);
    return err;
}

int ctrl_domain_info(struct ctrl_priv *p, uint32_t domid, struct xen_domctl_getdomaininfo *ret_info)
{
    struct xen_domctl_getdomaininfo info;
    int n = ctrl_domain_list(p, domid, 1, &info);

    if (n < 0)
        return n;
    if (n == 0 || info.domain != domid)
        return -ESRCH;
    *ret_info = info;
    return 0;
}

static int console_read(struct ctrl_priv *p, struct xen_sysctl_readconsole ask, uint32_t *index, char *text)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
    uint32_t size = ask.count;
    void *buffer;
    int err = ctrl_buffer_new(p, size, &buffer);

    if (err < 0)
        return err;
    ask.buffer = (uintptr_t)buffer;
    op.u.readconsole = ask;
    err = sysctl_call(p, &op);
    if (err == 0 && op.u.readconsole.count > size)
        err = -EPROTO;
    if (err == 0) {
        err = (int)op.u.readconsole.count;
        memcpy(text, buffer, op.u.readconsole.count);
        *index = op.u.readconsole.index;
    }
    ctrl_buffer_free(p, buffer, size);
    return err;
}

int ctrl_console_follow(struct ctrl_priv *p, uint32_t *index, char *text, uint32_t size)
{
    return console_read(p, (struct xen_sysctl_readconsole){ .incremental = 1, .index = *index, .count = size }, index,
                        text);
}

int ctrl_console_read(struct ctrl_priv *p, bool clear, char *text, uint32_t size)
{
    uint32_t index;

    return console_read(p, (struct xen_sysctl_readconsole){ .clear = clear, .count = size }, &index, text);
}
