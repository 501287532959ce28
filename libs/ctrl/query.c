/* SPDX-License-Identifier: LGPL-2.1-only */
#include "query.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "public/xen.h"

#define DOMAINS_AT_ONCE 1024u

int ctrl_domain_list(struct ctrl_priv *p, uint32_t first, unsigned max, struct xen_domctl_getdomaininfo *infos)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
    struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err;

    if (first >= DOMID_FIRST_RESERVED || max == 0)
        return -EINVAL;
    if (max > DOMAINS_AT_ONCE)
        max = DOMAINS_AT_ONCE;
    err = bounce_new(&b, p, NULL, max * sizeof(*infos));
    if (err < 0)
        return err;
    *list = (struct xen_sysctl_getdomaininfolist){
        .first_domain = (uint16_t)first, .max_domains = max, .buffer = bounce_addr(&b)
    };
    err = ctrl_sysctl(p, &op);
    if (err == 0 && list->num_domains > max)
        err = -EPROTO;
    if (err < 0)
        return err;
    memcpy(infos, b.data, list->num_domains * sizeof(*infos));
    return (int)list->num_domains;
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
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = bounce_new(&b, p, NULL, ask.count);

    if (err < 0)
        return err;
    op.u.readconsole = ask;
    op.u.readconsole.buffer = bounce_addr(&b);
    err = ctrl_sysctl(p, &op);
    if (err == 0 && op.u.readconsole.count > ask.count)
        err = -EPROTO;
    if (err < 0)
        return err;
    memcpy(text, b.data, op.u.readconsole.count);
    *index = op.u.readconsole.index;
    return (int)op.u.readconsole.count;
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
