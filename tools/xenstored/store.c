/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's parts and its connections; what the requests do is in request_*.c. */
#include "xenstored/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/change.h"
#include "xenstored/perms.h"
#include "xenstored/transaction.h"
#include "xenstored/watch.h"

/* The nodes that a store begins with: all are dom0's, and nobody else may look. */
static int store_plant(struct store *s)
{
    static const struct xs_permissions dom0_only = { DOM0, XS_PERM_NONE };
    struct perms *p = perms_new(&dom0_only, 1);
    int rc = -ENOMEM;

    if (!p)
        return rc;
    s->root = node_new("", 0, p, ++s->gen);
    s->special = node_new("", 0, p, s->gen);
    if (s->root && s->special)
        rc = tree_create(&s->special, "/@introduceDomain", NULL, p, s->gen);
    if (rc == 0)
        rc = tree_create(&s->special, "/@releaseDomain", NULL, p, s->gen);
    if (rc == 0)
        rc = tree_create(&s->root, "/tool/xenstored", NULL, p, s->gen);
    if (rc == 0)
        store_recount(s);
    perms_unref(p);
    return rc;
}

int store_new(const struct store_ops *ops, void *ops_arg, const struct log *log, struct store **ret_store)
{
    struct store *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->ops = ops;
    s->ops_arg = ops_arg;
    s->log = log;
    for (enum quota q = 0; q < QUOTA_KINDS; q++) {
        s->quota[q] = quota_table[q].preset;
        s->quota_soft[q] = quota_table[q].preset_soft;
    }
    s->next_tx = 1;
    s->spoiler = NOBODY;
    s->watch_root = watch_node_new();
    s->watch_special = watch_node_new();
    if (!s->watch_root || !s->watch_special || !domain_get(s, DOM0) || store_plant(s) < 0) {
        store_free(s);
        return -ENOMEM;
    }
    *ret_store = s;
    return 0;
}

void store_free(struct store *s)
{
    if (!s)
        return;
    while (s->conns)
        conn_free(s, s->conns);
    node_unref(s->root);
    node_unref(s->special);
    watch_node_free(s->watch_root);
    watch_node_free(s->watch_special);
    while (s->known) {
        struct domain *d = s->known;

        s->known = d->next;
        free(d);
    }
    free(s);
}

/* --- nodes that are counted --- */

void store_count_node(struct store *s, const struct node *n, int sign)
{
    struct domain *d = domain_find(s, perms_owner(n->perms));

    if (!d)
        return;
    d->nodes += (uint32_t)sign;
    d->node_bytes += sign < 0 ? -(uint64_t)node_bytes(n) : node_bytes(n);
}

static void count_removed(void *arg, const struct node *n)
{
    store_count_node(arg, n, -1);
}

void store_count_removed(struct store *s, const struct node *n)
{
    node_each(n, count_removed, s);
}

/* --- connections --- */

struct conn *conn_new(struct store *s, uint32_t id, struct domain *domain)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->id = id;
    c->domain = domain;
    c->domid = domain ? domain->domid : DOM0;
    if (domain)
        domain->conn = c;
    c->prev = s->conns_last;
    *(c->prev ? &c->prev->next : &s->conns) = c;
    s->conns_last = c;
    return c;
}

void conn_free(struct store *s, struct conn *c)
{
    if (c->domain)
        s->ops->disconnected(s->ops_arg, c);
    watch_reset(s, c);
    transaction_reset(s, c);
    if (c->domain)
        c->domain->conn = NULL;
    *(c->prev ? &c->prev->next : &s->conns) = c->next;
    *(c->next ? &c->next->prev : &s->conns_last) = c->prev;
    buf_done(&c->in);
    buf_done(&c->out);
    buf_done(&c->ends);
    free(c);
}

struct conn *conn_find(struct store *s, uint32_t id)
{
    struct conn *c;

    for (c = s->conns; c && c->id != id; c = c->next)
        ;
    return c;
}

int conn_reserve(struct conn *c)
{
    void *room;

    return buf_reserve(&c->out, WIRE_MESSAGE_MAX, &room);
}

void conn_send(struct store *s, struct conn *c, const struct xsd_sockmsg *hdr, const void *a, size_t a_len,
               const void *b, size_t b_len)
{
    uint8_t *room;
    void *at;

    /* What was announced must be sent. Without memory the process ends here, and does it again when it is restarted. */
    if (buf_reserve(&c->out, sizeof(*hdr) + a_len + b_len, &at) < 0)
        abort();
    room = at;
    memcpy(room, hdr, sizeof(*hdr));
    if (a_len)
        memcpy(room + sizeof(*hdr), a, a_len);
    if (b_len)
        memcpy(room + sizeof(*hdr) + a_len, b, b_len);
    buf_added(&c->out, sizeof(*hdr) + a_len + b_len);
    c->produced += sizeof(*hdr) + a_len + b_len;
    if (c->domid != DOM0 && hdr->type != XS_WATCH_EVENT && buf_append(&c->ends, &c->produced, sizeof(c->produced)) < 0)
        abort();
    s->ops->output(s->ops_arg, c);
}

void conn_sent(struct conn *c, size_t n)
{
    uint64_t end;

    buf_consume(&c->out, n);
    while (buf_len(&c->ends)) {
        memcpy(&end, buf_data(&c->ends), sizeof(end));
        if (end > c->produced - buf_len(&c->out))
            break;
        buf_consume(&c->ends, sizeof(end));
    }
}

void conn_sent_unrecorded(struct conn *c, size_t n)
{
    uint64_t *end = buf_data(&c->ends);

    for (size_t i = 0; i < conn_outstanding(c); i++)
        end[i] -= n;
    c->produced -= n;
    conn_sent(c, n);
}

void conn_mute(struct store *s, struct conn *c, bool mute)
{
    c->muted = mute;
    for (struct watch *w = c->watches; w && !mute; w = w->next)
        watch_fire_one(s, w, w->path);
}

bool conn_has_request(struct conn *c)
{
    struct xsd_sockmsg hdr;

    if (c->broken || buf_len(&c->in) < sizeof(hdr))
        return false;
    memcpy(&hdr, buf_data(&c->in), sizeof(hdr));
    if (hdr.len > XENSTORE_PAYLOAD_MAX) {
        c->broken = true;
        return false;
    }
    return buf_len(&c->in) >= sizeof(hdr) + hdr.len;
}
