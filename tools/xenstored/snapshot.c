/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xenstored/change.h"
#include "xenstored/perms.h"
#include "xenstored/transaction.h"
#include "xenstored/watch.h"

#define VERSION 2u
#define HEIGHT_MAX 48   /* of a map: that of more nodes than fit into memory */
#define DEPTH_MAX 16384 /* of nodes that lead to one: recursion stays within the stack */

/* --- the pieces, as they are written --- */

struct saved_head {
    uint32_t version, next_tx;
    uint64_t gen;
    uint32_t quota[QUOTA_KINDS], quota_soft[QUOTA_KINDS];
    uint32_t nr_perms, nr_nodes, root, special, nr_domains, nr_conns;
} __attribute__((packed));

struct saved_perms {
    uint32_t nr; /* that many struct xs_permissions follow */
} __attribute__((packed));

struct saved_node { /* name and value follow; references are numbers of earlier nodes, from 1 on */
    uint32_t left, right, children, perms, list_len, value_len;
    uint64_t gen_made, gen_value, gen_perms, gen_list;
    uint16_t name_len;
    uint8_t height;
} __attribute__((packed));

struct saved_domain {
    uint32_t domid, flags, target, remote_port, soft_warned;
    uint64_t gen, mfn;
} __attribute__((packed));
enum { SAVED_INTRODUCED = 1, SAVED_SHUTDOWN = 2, SAVED_TARGET = 4 };

struct saved_conn { /* input, output, ends of replies follow, then watches, then transactions */
    uint32_t id, domid, flags, in_len, out_len, ends_len, nr_watches, nr_transactions;
    uint64_t produced;
} __attribute__((packed));
enum { SAVED_RING = 1, SAVED_BROKEN = 2, SAVED_MUTED = 4 };

struct saved_watch { /* path and token follow, each with its NUL */
    uint32_t path_size, token_size, depth, relative;
} __attribute__((packed));

struct saved_transaction { /* accesses follow */
    uint32_t id, root, nr_access, nr_changes;
    int32_t made;
    uint64_t start, bytes;
} __attribute__((packed));

struct saved_access { /* the path follows with its NUL */
    uint32_t flags, order, path_size;
} __attribute__((packed));

/* --- saving --- */

struct saver {
    struct store *s;
    struct buf *out;
    uint32_t round, nr_perms, nr_nodes;
    int rc; /* the first error */
};

static void put(struct saver *v, const void *data, size_t n)
{
    if (v->rc == 0)
        v->rc = buf_append(v->out, data, n);
}

static void save_perms(struct saver *v, struct perms *p)
{
    struct saved_perms r = { p->nr };

    if (p->saved_in == v->round)
        return;
    p->saved_in = v->round;
    p->saved_as = ++v->nr_perms;
    put(v, &r, sizeof(r));
    put(v, p->list, p->nr * sizeof(p->list[0]));
}

static void save_perms_of(struct saver *v, struct node *n)
{
    for (; n && n->saved_in != v->round; n = n->right) {
        n->saved_in = v->round;
        n->saved_as = 0;
        save_perms(v, n->perms);
        save_perms_of(v, n->left);
        save_perms_of(v, n->children);
    }
}

static uint32_t save_node(struct saver *v, struct node *n)
{
    struct saved_node r;

    if (!n)
        return 0;
    if (n->saved_as)
        return n->saved_as;
    r = (struct saved_node){
        .left = save_node(v, n->left),
        .right = save_node(v, n->right),
        .children = save_node(v, n->children),
        .perms = n->perms->saved_as,
        .list_len = n->list_len,
        .value_len = node_value_len(n),
        .gen_made = n->gen_made,
        .gen_value = n->gen_value,
        .gen_perms = n->gen_perms,
        .gen_list = n->gen_list,
        .name_len = n->name_len,
        .height = n->height,
    };
    put(v, &r, sizeof(r));
    put(v, n->name, n->name_len);
    if (r.value_len)
        put(v, n->value->data, r.value_len);
    return n->saved_as = ++v->nr_nodes;
}

static void save_each_root(struct saver *v, void (*fn)(struct saver *v, struct node *root))
{
    fn(v, v->s->root);
    fn(v, v->s->special);
    for (struct conn *c = v->s->conns; c; c = c->next)
        for (struct transaction *tx = c->transactions; tx; tx = tx->next)
            fn(v, tx->root);
}

static void root_perms(struct saver *v, struct node *root)
{
    save_perms_of(v, root);
}

static void root_nodes(struct saver *v, struct node *root)
{
    save_node(v, root);
}

static void save_domain(struct saver *v, const struct domain *d)
{
    struct saved_domain r = {
        .domid = d->domid,
        .flags = (d->introduced ? SAVED_INTRODUCED : 0u) | (d->shutdown ? SAVED_SHUTDOWN : 0u) |
                 (d->has_target ? SAVED_TARGET : 0u),
        .target = d->target,
        .remote_port = d->remote_port,
        .soft_warned = d->soft_warned,
        .gen = d->gen,
        .mfn = d->mfn,
    };

    put(v, &r, sizeof(r));
}

static void save_transaction(struct saver *v, const struct transaction *tx)
{
    struct saved_transaction r = {
        .id = tx->id,
        .root = tx->root->saved_as,
        .nr_access = tx->nr_access,
        .nr_changes = tx->nr_changes,
        .made = tx->made,
        .start = tx->start,
        .bytes = tx->bytes,
    };

    put(v, &r, sizeof(r));
    for (uint32_t i = 0; i < tx->nr_buckets; i++) {
        for (const struct access *a = tx->bucket[i]; a; a = a->next) {
            struct saved_access ra = { a->flags, a->order, (uint32_t)strlen(a->path) + 1 };

            put(v, &ra, sizeof(ra));
            put(v, a->path, ra.path_size);
        }
    }
}

static void save_conn(struct saver *v, const struct conn *c)
{
    struct saved_conn r = {
        .id = c->id,
        .domid = c->domid,
        .flags = (c->domain ? SAVED_RING : 0u) | (c->broken ? SAVED_BROKEN : 0u) |
                 (c->muted ? SAVED_MUTED : 0u),
        .in_len = (uint32_t)buf_len(&c->in),
        .out_len = (uint32_t)buf_len(&c->out),
        .ends_len = (uint32_t)buf_len(&c->ends),
        .produced = c->produced,
    };

    for (const struct watch *w = c->watches; w; w = w->next)
        r.nr_watches++;
    for (const struct transaction *tx = c->transactions; tx; tx = tx->next)
        r.nr_transactions++;
    put(v, &r, sizeof(r));
    put(v, buf_data(&c->in), r.in_len);
    put(v, buf_data(&c->out), r.out_len);
    put(v, buf_data(&c->ends), r.ends_len);
    for (const struct watch *w = c->watches; w; w = w->next) {
        struct saved_watch rw = { (uint32_t)strlen(w->path) + 1, (uint32_t)strlen(w->token) + 1, w->depth, w->relative };

        put(v, &rw, sizeof(rw));
        put(v, w->path, rw.path_size);
        put(v, w->token, rw.token_size);
    }
    for (const struct transaction *tx = c->transactions; tx; tx = tx->next)
        save_transaction(v, tx);
}

int snapshot_save(struct store *s, struct buf *out)
{
    static uint32_t round;
    struct saver v = { .s = s, .out = out, .round = round + 1 };
    struct saved_head h = { .version = VERSION, .next_tx = s->next_tx, .gen = s->gen };
    size_t at = buf_len(out);

    round = v.round;
    memcpy(h.quota, s->quota, sizeof(h.quota));
    memcpy(h.quota_soft, s->quota_soft, sizeof(h.quota_soft));
    put(&v, &h, sizeof(h));
    save_each_root(&v, root_perms);
    save_each_root(&v, root_nodes);
    for (const struct domain *d = s->known; d; d = d->next) {
        save_domain(&v, d);
        h.nr_domains++;
    }
    for (const struct conn *c = s->conns; c; c = c->next) {
        save_conn(&v, c);
        h.nr_conns++;
    }
    h.nr_perms = v.nr_perms;
    h.nr_nodes = v.nr_nodes;
    h.root = s->root->saved_as;
    h.special = s->special->saved_as;
    if (v.rc == 0)
        memcpy((uint8_t *)buf_data(out) + at, &h, sizeof(h));
    return v.rc;
}

/* --- loading --- */

struct span { /* of a node with its left and right: the first and the last by name, and how deep it goes */
    uint32_t first, last;
    uint16_t depth;
};

struct loader {
    struct store *s;
    const uint8_t *data;
    size_t left;
    struct perms **perms;
    struct node **node;
    struct span *span;
    uint32_t nr_perms, nr_nodes; /* so far */
};

/* The next n bytes; NULL when there are fewer. */
static const void *take(struct loader *v, size_t n)
{
    const void *p = v->data;

    if (n > v->left)
        return NULL;
    v->data += n;
    v->left -= n;
    return p;
}

static bool take_into(struct loader *v, void *to, size_t n)
{
    const void *p = take(v, n);

    if (p)
        memcpy(to, p, n);
    return p;
}

/* A string of that size with its NUL at the end and nowhere else. */
static const char *take_string(struct loader *v, uint32_t size)
{
    const char *p = size ? take(v, size) : NULL;

    return p && memchr(p, 0, size) == p + size - 1 ? p : NULL;
}

static const char *take_path(struct loader *v, uint32_t size, bool special)
{
    const char *p = size <= PATH_SIZE ? take_string(v, size) : NULL;
    enum wire_path_kind kind = p ? wire_path_kind(p) : WIRE_PATH_NONE;

    return kind == WIRE_PATH_ABSOLUTE || (special && kind == WIRE_PATH_SPECIAL) ? p : NULL;
}

static int load_perms(struct loader *v)
{
    struct xs_permissions *list;
    struct saved_perms r;
    struct perms *p;
    const void *bytes;

    if (!take_into(v, &r, sizeof(r)) || !r.nr || r.nr > XENSTORE_PAYLOAD_MAX)
        return -EBADMSG;
    bytes = take(v, r.nr * sizeof(*list));
    if (!bytes)
        return -EBADMSG;
    p = malloc(sizeof(*p) + r.nr * sizeof(*list));
    if (!p)
        return -ENOMEM;
    *p = (struct perms){ .refs = 1, .nr = r.nr };
    memcpy(p->list, bytes, r.nr * sizeof(*list));
    v->perms[v->nr_perms++] = p;
    return 0;
}

static uint16_t deepest(const struct loader *v, const struct saved_node *r)
{
    uint16_t d = r->left ? v->span[r->left - 1].depth : 0;

    if (r->right && v->span[r->right - 1].depth > d)
        d = v->span[r->right - 1].depth;
    if (r->children && v->span[r->children - 1].depth > d)
        d = v->span[r->children - 1].depth;
    return d;
}

/* Walks of a map rely on it. */
static bool height_is_true(const struct loader *v, const struct saved_node *r)
{
    unsigned left = r->left ? v->node[r->left - 1]->height : 0, right = r->right ? v->node[r->right - 1]->height : 0;

    return r->height <= HEIGHT_MAX && r->height == 1 + (left > right ? left : right);
}

static bool names_are_ordered(const struct loader *v, const struct node *n, const struct saved_node *r)
{
    return (!r->left || strcmp(v->node[v->span[r->left - 1].last]->name, n->name) < 0) &&
           (!r->right || strcmp(n->name, v->node[v->span[r->right - 1].first]->name) < 0);
}

static struct node *node_number(const struct loader *v, uint32_t number)
{
    return number ? node_ref(v->node[number - 1]) : NULL;
}

static int load_node(struct loader *v)
{
    const void *name, *value;
    struct saved_node r;
    struct node *n;

    if (!take_into(v, &r, sizeof(r)) || r.left > v->nr_nodes || r.right > v->nr_nodes || r.children > v->nr_nodes ||
        !r.perms || r.perms > v->nr_perms || r.value_len > XENSTORE_PAYLOAD_MAX || r.name_len > XENSTORE_ABS_PATH_MAX ||
        !height_is_true(v, &r) || deepest(v, &r) >= DEPTH_MAX)
        return -EBADMSG;
    name = take(v, r.name_len);
    value = name ? take(v, r.value_len) : NULL;
    if (!value || memchr(name, 0, r.name_len) || memchr(name, '/', r.name_len))
        return -EBADMSG;
    n = node_new(name, r.name_len, v->perms[r.perms - 1], 0);
    if (!n)
        return -ENOMEM;
    n->value = value_new(value, r.value_len);
    if (r.value_len && !n->value) {
        node_unref(n);
        return -ENOMEM;
    }
    n->left = node_number(v, r.left);
    n->right = node_number(v, r.right);
    n->children = node_number(v, r.children);
    n->height = r.height;
    n->list_len = r.list_len;
    n->gen_made = r.gen_made;
    n->gen_value = r.gen_value;
    n->gen_perms = r.gen_perms;
    n->gen_list = r.gen_list;
    v->span[v->nr_nodes] = (struct span){
        .first = r.left ? v->span[r.left - 1].first : v->nr_nodes,
        .last = r.right ? v->span[r.right - 1].last : v->nr_nodes,
        .depth = (uint16_t)(deepest(v, &r) + 1),
    };
    v->node[v->nr_nodes++] = n;
    return names_are_ordered(v, n, &r) ? 0 : -EBADMSG;
}

static int load_domain(struct loader *v)
{
    struct saved_domain r;
    struct domain *d;

    if (!take_into(v, &r, sizeof(r)) || r.domid >= DOMAIN_IDS || r.target >= DOMAIN_IDS)
        return -EBADMSG;
    d = domain_get(v->s, r.domid);
    if (!d)
        return -ENOMEM;
    d->gen = r.gen;
    d->introduced = r.flags & SAVED_INTRODUCED;
    d->shutdown = r.flags & SAVED_SHUTDOWN;
    d->has_target = r.flags & SAVED_TARGET;
    d->target = r.target;
    d->mfn = r.mfn;
    d->remote_port = r.remote_port;
    d->soft_warned = r.soft_warned;
    return 0;
}

static int load_watch(struct loader *v, struct conn *c)
{
    const char *path, *token;
    struct saved_watch r;
    struct watch *w;
    int rc;

    if (!take_into(v, &r, sizeof(r)))
        return -EBADMSG;
    path = take_path(v, r.path_size, true);
    token = path ? take_string(v, r.token_size) : NULL;
    if (!token || r.relative >= r.path_size)
        return -EBADMSG;
    rc = watch_add(v->s, c, path, path + r.relative, token, r.depth, &w);
    return rc == -EEXIST ? -EBADMSG : rc;
}

static int load_transaction(struct loader *v, struct conn *c)
{
    struct saved_transaction r;
    struct transaction *tx;
    int rc = 0;

    if (!take_into(v, &r, sizeof(r)) || !r.root || r.root > v->nr_nodes || !r.id || transaction_find(c, r.id))
        return -EBADMSG;
    tx = transaction_new(c, r.id, v->node[r.root - 1], r.start);
    if (!tx)
        return -ENOMEM;
    tx->made = r.made;
    transaction_charge(c, tx, r.bytes);
    for (uint32_t i = 0; i < r.nr_access && rc == 0; i++) {
        struct saved_access ra;
        const char *path = take_into(v, &ra, sizeof(ra)) ? take_path(v, ra.path_size, false) : NULL;

        rc = path ? transaction_access_add(tx, path, ra.flags, ra.order) : -EBADMSG;
    }
    if (rc == 0 && tx->nr_changes != r.nr_changes)
        rc = -EBADMSG;
    return rc;
}

static int load_conn_parts(struct loader *v, const struct saved_conn *r, struct conn *c)
{
    const void *in = take(v, r->in_len), *out = in ? take(v, r->out_len) : NULL, *ends = out ? take(v, r->ends_len) : NULL;
    int rc = ends && r->ends_len % sizeof(uint64_t) == 0 ? buf_append(&c->in, in, r->in_len) : -EBADMSG;

    if (rc == 0)
        rc = buf_append(&c->out, out, r->out_len);
    if (rc == 0)
        rc = buf_append(&c->ends, ends, r->ends_len);
    for (uint32_t i = 0; i < r->nr_watches && rc == 0; i++)
        rc = load_watch(v, c);
    for (uint32_t i = 0; i < r->nr_transactions && rc == 0; i++)
        rc = load_transaction(v, c);
    return rc;
}

static int load_conn(struct loader *v)
{
    struct domain *d = NULL;
    struct saved_conn r;
    struct conn *c;

    if (!take_into(v, &r, sizeof(r)) || !r.id || conn_find(v->s, r.id))
        return -EBADMSG;
    if (r.flags & SAVED_RING) {
        d = domain_find(v->s, r.domid);
        if (!d || d->conn)
            return -EBADMSG;
    }
    c = conn_new(v->s, r.id, d);
    if (!c)
        return -ENOMEM;
    c->produced = r.produced;
    c->broken = r.flags & SAVED_BROKEN;
    c->muted = r.flags & SAVED_MUTED;
    return load_conn_parts(v, &r, c);
}

static int load_many(struct loader *v, uint32_t nr, int (*fn)(struct loader *v))
{
    int rc = 0;

    for (uint32_t i = 0; i < nr && rc == 0; i++)
        rc = fn(v);
    return rc;
}

static bool is_root(const struct loader *v, uint32_t number)
{
    return number && number <= v->nr_nodes && !v->node[number - 1]->name_len;
}

static int load_all(struct loader *v, const struct saved_head *h)
{
    struct store *s = v->s;
    int rc;

    rc = load_many(v, h->nr_perms, load_perms);
    if (rc == 0)
        rc = load_many(v, h->nr_nodes, load_node);
    if (rc == 0 && (!is_root(v, h->root) || !is_root(v, h->special)))
        rc = -EBADMSG;
    if (rc == 0) {
        node_unref(s->root);
        node_unref(s->special);
        s->root = node_number(v, h->root);
        s->special = node_number(v, h->special);
        if (!tree_find(s->special, "@introduceDomain") || !tree_find(s->special, "@releaseDomain"))
            rc = -EBADMSG;
    }
    if (rc == 0)
        rc = load_many(v, h->nr_domains, load_domain);
    if (rc == 0)
        rc = load_many(v, h->nr_conns, load_conn);
    if (rc == 0 && v->left)
        rc = -EBADMSG;
    return rc;
}

int snapshot_load(struct store *s, const void *data, size_t size)
{
    struct loader v = { .s = s, .data = data, .left = size };
    struct saved_head h;
    int rc = -ENOMEM;

    if (!take_into(&v, &h, sizeof(h)) || h.version != VERSION || h.nr_perms > v.left / sizeof(struct saved_perms) ||
        h.nr_nodes > v.left / sizeof(struct saved_node))
        return -EBADMSG;
    v.perms = calloc(h.nr_perms + 1u, sizeof(v.perms[0]));
    v.node = calloc(h.nr_nodes + 1u, sizeof(v.node[0]));
    v.span = calloc(h.nr_nodes + 1u, sizeof(v.span[0]));
    if (v.perms && v.node && v.span)
        rc = load_all(&v, &h);
    if (rc == 0) {
        s->next_tx = h.next_tx;
        s->gen = h.gen;
        memcpy(s->quota, h.quota, sizeof(s->quota));
        memcpy(s->quota_soft, h.quota_soft, sizeof(s->quota_soft));
        store_recount(s);
    }
    for (uint32_t i = 0; i < v.nr_perms; i++)
        perms_unref(v.perms[i]);
    for (uint32_t i = 0; i < v.nr_nodes; i++)
        node_unref(v.node[i]);
    free(v.perms);
    free(v.node);
    free(v.span);
    return rc;
}
