/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what with a node. The first entry of a list names the owner, who may do everything, and what domains that
 * no entry names may do; dom0 may do everything, and a domain that has a target what that one may do.
 */
#ifndef XENSTORED_PERMS_H
#define XENSTORED_PERMS_H

#include "xenstored/tree.h"

struct store;
struct conn;

/* XS_PERM_READ, XS_PERM_WRITE, XS_PERM_OWNER. An entry for a domain that is younger than the list does not count. */
unsigned perms_of(const struct store *s, const struct conn *c, const struct perms *p, uint64_t gen);

static inline unsigned perms_owner(const struct perms *p)
{
    return p->list[0].id;
}

/* "n0" NUL "r5" NUL ...: 0, -EINVAL (none, or one that is no permission) or -ENOMEM. */
int perms_parse(const void *payload, size_t len, struct perms **ret_perms);

/* Of a node that c makes below one with these: the same, but owned by an unprivileged c. NULL without memory. */
struct perms *perms_inherit(const struct conn *c, struct perms *parent);

#endif
