/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: known, introduced, shut down, gone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/request.h"
#include "xenstored/store.h"
#include "xenstored/watch.h"

#define RING_CONN 0x80000000u /* ids of domains' connections: with the domain's number */

struct domain *domain_get(struct store *s, unsigned domid)
{
    struct domain *d = domain_find(s, domid);

    if (d || domid >= DOMAIN_IDS)
        return d;
    d = calloc(1, sizeof(*d));
    if (d) {
        d->domid = domid;
        d->gen = ++s->gen;
        d->next = s->known;
        s->known = d;
        d->same = s->domains[domid % DOMAIN_BUCKETS];
        s->domains[domid % DOMAIN_BUCKETS] = d;
    }
    return d;
}

/* --- nodes of a domain that is gone --- */

struct orphans {
    unsigned domid;
    char path[PATH_SIZE];
    char found[PATH_SIZE];
};

static bool orphan_find(void *arg, const struct node *n)
{
    struct orphans *o = arg;
    size_t len = strlen(o->path);

    if (len + 1 + n->name_len >= PATH_SIZE)
        return true;
    o->path[len] = '/';
    memcpy(o->path + len + 1, n->name, n->name_len + 1u);
    if (perms_owner(n->perms) == o->domid)
        memcpy(o->found, o->path, len + 2 + n->name_len);
    else
        node_each_child(n, orphan_find, o);
    o->path[len] = 0;
    return !o->found[0];
}

/* With every node goes what is below it. Each search ends at the first one: there are few, mostly none. */
static void orphans_remove(struct store *s, unsigned domid)
{
    struct orphans o = { .domid = domid };
    struct node *gone;

    while (domain_find(s, domid)->nodes) {
        o.path[0] = o.found[0] = 0;
        node_each_child(s->root, orphan_find, &o);
        if (!o.found[0])
            break;
        if (tree_remove(&s->root, o.found, ++s->gen, &gone) < 0)
            abort(); /* and again after the restart */
        store_count_removed(s, gone);
        watch_fire_removed(s, o.found, gone);
        node_unref(gone);
    }
}

/* --- coming and going --- */

static void domain_disconnect(struct store *s, struct domain *d)
{
    if (d->conn)
        conn_free(s, d->conn);
    d->introduced = false;
}

void domain_gone(struct store *s, struct domain *d)
{
    unsigned domid = d->domid;
    struct domain **slot;

    domain_disconnect(s, d);
    orphans_remove(s, domid);
    for (slot = &s->known; *slot != d; slot = &(*slot)->next)
        ;
    *slot = d->next;
    for (slot = &s->domains[domid % DOMAIN_BUCKETS]; *slot != d; slot = &(*slot)->same)
        ;
    *slot = d->same;
    free(d);
    for (d = s->known; d; d = d->next)
        if (d->has_target && d->target == domid)
            d->has_target = false;
}

void store_domain_shutdown(struct store *s, unsigned domid)
{
    struct domain *d = domain_find(s, domid);

    if (!d || !d->introduced || d->shutdown)
        return;
    d->shutdown = true;
    watch_fire_special(s, "@releaseDomain");
}

void store_domain_dead(struct store *s, unsigned domid)
{
    struct domain *d = domain_find(s, domid);
    bool introduced = d && d->introduced;

    if (!d || domid == DOM0)
        return;
    domain_gone(s, d);
    if (introduced)
        watch_fire_special(s, "@releaseDomain");
}

int store_introduce(struct store *s, unsigned domid, uint64_t mfn, uint32_t port)
{
    struct domain *d = domain_get(s, domid);

    bool new = d && !d->conn;

    if (!d || (new && !conn_new(s, RING_CONN | domid, d)))
        return -ENOMEM;
    if (d->conn->broken) { /* it is introduced again after it had sent what was no message */
        buf_consume(&d->conn->in, buf_len(&d->conn->in));
        d->conn->broken = false;
    }
    d->mfn = mfn;
    d->remote_port = port;
    d->introduced = true;
    d->shutdown = false;
    if (new)
        s->ops->connected(s->ops_arg, d->conn);
    return 0;
}

/* --- requests --- */

static int domid_arg(struct request *r, const char *s, unsigned *ret_domid)
{
    uint32_t id;

    (void)r;
    if (wire_parse_u32(s, DOMAIN_IDS - 1, &id) < 0)
        return -EINVAL;
    *ret_domid = id;
    return 0;
}

int do_introduce(struct request *r)
{
    struct store *s = r->s;
    struct domain *d;
    char *end;
    uint32_t port;
    unsigned domid;
    uint64_t mfn;
    bool again;
    int rc;

    if (domid_arg(r, r->arg[0], &domid) < 0 || wire_parse_u32(r->arg[2], UINT32_MAX, &port) < 0 || !port)
        return -EINVAL;
    errno = 0;
    mfn = strtoull(r->arg[1], &end, 10);
    if (*end || end == r->arg[1] || errno)
        return -EINVAL;
    d = domain_get(s, domid);
    if (!d)
        return -ENOMEM;
    again = d->introduced;
    rc = s->ops->introduce(s->ops_arg, domid, mfn, port);
    if (rc < 0)
        return rc;
    rc = store_introduce(s, domid, mfn, port);
    if (rc == 0 && !again)
        watch_fire_special(s, "@introduceDomain");
    return rc;
}

/* A domain other than dom0 that is introduced. */
static int introduced_arg(struct request *r, struct domain **ret_domain)
{
    struct domain *d;
    unsigned domid;

    if (domid_arg(r, r->arg[0], &domid) < 0 || domid == DOM0)
        return -EINVAL;
    d = domain_find(r->s, domid);
    if (!d || !d->introduced)
        return -ENOENT;
    *ret_domain = d;
    return 0;
}

int do_release(struct request *r)
{
    struct domain *d;
    int rc = introduced_arg(r, &d);

    if (rc < 0)
        return rc;
    domain_disconnect(r->s, d);
    watch_fire_special(r->s, "@releaseDomain");
    return 0;
}

int do_resume(struct request *r)
{
    struct domain *d;
    int rc = introduced_arg(r, &d);

    if (rc == 0)
        d->shutdown = false;
    return rc;
}

int do_set_target(struct request *r)
{
    struct domain *d, *target;
    unsigned domid;
    int rc = introduced_arg(r, &d);

    if (rc < 0)
        return rc;
    if (domid_arg(r, r->arg[1], &domid) < 0 || domid == DOM0)
        return -EINVAL;
    target = domain_find(r->s, domid);
    if (!target || !target->introduced)
        return -ENOENT;
    d->has_target = true;
    d->target = domid;
    return 0;
}

int do_get_domain_path(struct request *r)
{
    char home[PATH_HOME_SIZE];
    unsigned domid;

    if (domid_arg(r, r->arg[0], &domid) < 0)
        return -EINVAL;
    path_home(domid, home);
    request_reply(r, home, strlen(home) + 1);
    return 0;
}

int do_is_domain_introduced(struct request *r)
{
    const struct domain *d;
    unsigned domid;

    if (domid_arg(r, r->arg[0], &domid) < 0)
        return -EINVAL;
    d = domain_find(r->s, domid);
    request_reply(r, d && d->introduced ? "T" : "F", 2);
    return 0;
}
