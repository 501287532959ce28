/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/perms.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/wire.h"
#include "xenstored/store.h"

#define PERMS_ALL (XS_PERM_READ | XS_PERM_WRITE | XS_PERM_OWNER)

static bool is_or_targets(const struct conn *c, unsigned domid)
{
    const struct domain *d = c->domain;

    return domid == c->domid || (d && d->has_target && domid == d->target);
}

unsigned perms_of(const struct store *s, const struct conn *c, const struct perms *p, uint64_t gen)
{
    if (conn_privileged(c) || is_or_targets(c, perms_owner(p)))
        return PERMS_ALL;
    for (unsigned i = 1; i < p->nr; i++) {
        const struct domain *d = domain_find(s, p->list[i].id);

        if (is_or_targets(c, p->list[i].id) && d && d->gen <= gen)
            return p->list[i].perms;
    }
    return p->list[0].perms;
}

int perms_parse(const void *payload, size_t len, struct perms **ret_perms)
{
    size_t nr = wire_count_strings(payload, len), pos = 0;
    _cleanup_free_ struct xs_permissions *list = NULL;
    struct perms *p;

    if (!nr || ((const char *)payload)[len - 1])
        return -EINVAL;
    list = calloc(nr, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < nr; i++)
        if (wire_parse_perm(wire_string(payload, len, &pos), &list[i]) < 0)
            return -EINVAL;
    p = perms_new(list, (unsigned)nr);
    if (!p)
        return -ENOMEM;
    *ret_perms = p;
    return 0;
}

struct perms *perms_inherit(const struct conn *c, struct perms *parent)
{
    struct perms *p;

    if (conn_privileged(c) || perms_owner(parent) == c->domid)
        return perms_ref(parent);
    p = perms_new(parent->list, parent->nr);
    if (p)
        p->list[0].id = c->domid;
    return p;
}
