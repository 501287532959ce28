/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xenstored/change.h"
#include "xenstored/watch.h"

/* --- what it touched --- */

struct key {
    const char *path; /* its first len bytes */
    size_t len;
    uint32_t hash;
};

/* FNV-1a, of words as long as there are any; a hostile client can only make its own transaction slow, within its quota. */
static struct key key_of(const char *path, size_t len)
{
    uint64_t h = 14695981039346656037u, word;
    size_t i = 0;

    for (; len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, path + i, sizeof(word));
        h = (h ^ word) * 1099511628211u;
        h ^= h >> 32;
    }
    for (; i < len; i++)
        h = (h ^ (uint8_t)path[i]) * 1099511628211u;
    return (struct key){ path, len, (uint32_t)(h ^ h >> 32) };
}

static struct access *access_find(const struct transaction *tx, const struct key *k)
{
    struct access *a = tx->nr_buckets ? tx->bucket[k->hash % tx->nr_buckets] : NULL;

    while (a && (a->hash != k->hash || strncmp(a->path, k->path, k->len) || a->path[k->len]))
        a = a->next;
    return a;
}

static int buckets_grow(struct transaction *tx)
{
    uint32_t nr = tx->nr_buckets ? 4 * tx->nr_buckets : ACCESS_BUCKETS_MIN;
    struct access **more = calloc(nr, sizeof(*more)), *a;

    if (!more)
        return -ENOMEM;
    for (uint32_t i = 0; i < tx->nr_buckets; i++) {
        while ((a = tx->bucket[i])) {
            struct access **slot = &more[a->hash % nr];

            tx->bucket[i] = a->next;
            a->next = *slot;
            *slot = a;
        }
    }
    free(tx->bucket);
    tx->bucket = more;
    tx->nr_buckets = nr;
    return 0;
}

/* For a key of a whole path. */
static int access_add(struct transaction *tx, const struct key *k, uint32_t flags, uint32_t order)
{
    struct access *a, **slot;

    if (tx->nr_access >= tx->nr_buckets && buckets_grow(tx) < 0)
        return -ENOMEM;
    a = malloc(sizeof(*a) + k->len + 1);
    if (!a)
        return -ENOMEM;
    slot = &tx->bucket[k->hash % tx->nr_buckets];
    *a = (struct access){ .next = *slot, .hash = k->hash, .flags = flags, .order = order };
    memcpy(a->path, k->path, k->len + 1);
    *slot = a;
    tx->nr_access++;
    if (flags & CHANGE_ALL)
        tx->nr_changes++;
    return 0;
}

int transaction_access_add(struct transaction *tx, const char *path, uint32_t flags, uint32_t order)
{
    struct key k = key_of(path, strlen(path));

    return access_add(tx, &k, flags, order);
}

/* Is the node absent because the transaction itself removed it, or something above it? */
static bool removed_here(const struct transaction *tx, const char *path)
{
    for (size_t len = strlen(path); len > 1;) {
        const struct key k = key_of(path, len);
        const struct access *a = access_find(tx, &k);

        if (a && a->flags & CHANGE_REMOVED)
            return true;
        while (len && path[--len] != '/')
            ;
    }
    return false;
}

/* What of the flags depends on others: not what the transaction changed itself. */
static uint32_t foreign_flags(const struct transaction *tx, const char *path, const struct node *n, uint32_t flags)
{
    uint32_t result = flags & CHANGE_ALL;

    if (!n)
        return result | (removed_here(tx, path) ? 0 : ACCESS_ABSENT);
    if (n->gen_perms <= tx->start)
        result |= flags & ACCESS_NODE;
    if (n->gen_value <= tx->start)
        result |= flags & ACCESS_VALUE;
    if (n->gen_made <= tx->start) /* own changes of a list do not hide those of others */
        result |= flags & ACCESS_LIST;
    return result;
}

void transaction_charge(struct conn *c, struct transaction *tx, size_t bytes)
{
    tx->bytes += bytes;
    if (c->domain)
        c->domain->other_bytes += bytes;
}

static int access_new(struct store *s, struct conn *c, struct transaction *tx, const struct key *k, uint32_t flags)
{
    size_t bytes = sizeof(struct access) + k->len + 1;
    int rc;

    if (c->domain && !quota_allows(s, c->domain, QUOTA_ACCESSED, tx->nr_access))
        return -ENOSPC;
    if (c->domain && !quota_allows_memory(s, c->domain, (int64_t)bytes))
        return -ENOMEM;
    rc = access_add(tx, k, flags, flags & CHANGE_ALL ? tx->nr_changes : 0);
    if (rc == 0)
        transaction_charge(c, tx, bytes);
    return rc;
}

int transaction_note_node(struct store *s, struct conn *c, struct transaction *tx, const char *path, const struct node *n,
                          uint32_t flags)
{
    struct key k = key_of(path, strlen(path));
    struct access *a = access_find(tx, &k);

    flags = foreign_flags(tx, path, n, flags);
    if (!a)
        return access_new(s, c, tx, &k, flags);
    if (flags & CHANGE_ALL && !(a->flags & CHANGE_ALL))
        a->order = tx->nr_changes++;
    a->flags |= flags;
    return 0;
}

int transaction_note(struct store *s, struct conn *c, struct transaction *tx, const char *path, uint32_t flags)
{
    return transaction_note_node(s, c, tx, path, tree_find(tx->root, path), flags);
}

/* --- beginning, end --- */

struct transaction *transaction_new(struct conn *c, uint32_t id, struct node *root, uint64_t start)
{
    struct transaction *tx = calloc(1, sizeof(*tx));

    if (!tx)
        return NULL;
    tx->id = id;
    tx->root = node_ref(root);
    tx->start = start;
    tx->next = c->transactions;
    c->transactions = tx;
    if (c->domain)
        c->domain->transactions++;
    return tx;
}

int transaction_start(struct store *s, struct conn *c, struct transaction **ret_tx)
{
    struct transaction *tx;

    while (!s->next_tx || transaction_find(c, s->next_tx))
        s->next_tx++;
    if (c->domain && !quota_allows_memory(s, c->domain, sizeof(*tx)))
        return -ENOMEM;
    tx = transaction_new(c, s->next_tx, s->root, s->gen);
    if (!tx)
        return -ENOMEM;
    tx->base = node_ref(s->root);
    transaction_charge(c, tx, sizeof(*tx));
    s->next_tx++;
    *ret_tx = tx;
    return 0;
}

struct transaction *transaction_find(const struct conn *c, uint32_t id)
{
    struct transaction *tx;

    for (tx = c->transactions; tx && tx->id != id; tx = tx->next)
        ;
    return tx;
}

static void transaction_free(struct conn *c, struct transaction *tx)
{
    struct transaction **slot = &c->transactions;

    while (*slot != tx)
        slot = &(*slot)->next;
    *slot = tx->next;
    if (c->domain) {
        c->domain->transactions--;
        c->domain->other_bytes -= tx->bytes;
    }
    for (uint32_t i = 0; i < tx->nr_buckets; i++) {
        while (tx->bucket[i]) {
            struct access *a = tx->bucket[i];

            tx->bucket[i] = a->next;
            free(a);
        }
    }
    free(tx->bucket);
    node_unref(tx->base);
    node_unref(tx->root);
    free(tx);
}

void transaction_reset(struct store *s, struct conn *c)
{
    (void)s;
    while (c->transactions)
        transaction_free(c, c->transactions);
}

/* --- commit --- */

static bool access_holds(const struct store *s, const struct transaction *tx, const struct access *a)
{
    const struct node *n;

    if (!(a->flags & ACCESS_ALL))
        return true;
    n = tree_find(s->root, a->path);
    if (a->flags & ACCESS_ABSENT)
        return !n;
    return n && (!(a->flags & ACCESS_NODE) || n->gen_perms <= tx->start) &&
           (!(a->flags & ACCESS_VALUE) || n->gen_value <= tx->start) &&
           (!(a->flags & ACCESS_LIST) || n->gen_list <= tx->start);
}

/* When was it changed that what was looked at does not hold any more? */
static uint64_t spoiled_at(const struct store *s, const struct transaction *tx, const struct access *a)
{
    size_t have;
    const struct node *n = tree_find_nearest(s->root, a->path, &have);

    if (a->path[have]) /* it is gone, from that list of names or with it */
        return n->gen_list;
    if (a->flags & ACCESS_ABSENT)
        return n->gen_made;
    if (a->flags & ACCESS_NODE && n->gen_perms > tx->start)
        return n->gen_perms;
    return a->flags & ACCESS_VALUE && n->gen_value > tx->start ? n->gen_value : n->gen_list;
}

/* The domain that made the change of this generation, if that is not long ago. */
static unsigned changer_of(const struct store *s, uint64_t gen)
{
    unsigned oldest = s->nr_changers < CHANGERS ? 0 : s->nr_changers - CHANGERS;

    for (unsigned i = oldest; i < s->nr_changers; i++)
        if (s->changer[i % CHANGERS].gen >= gen)
            return i == oldest && oldest ? NOBODY : s->changer[i % CHANGERS].domid;
    return NOBODY;
}

struct change {
    const struct access *access;
    struct node *gone;
};

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct change *)a)->access->path, ((const struct change *)b)->access->path);
}

static int by_order(const void *a, const void *b)
{
    uint32_t x = ((const struct change *)a)->access->order, y = ((const struct change *)b)->access->order;

    return x < y ? -1 : x > y;
}

/* One node, made in the store's tree what it is in the transaction's. */
static int change_apply(struct store *s, const struct transaction *tx, struct change *ch)
{
    const struct access *a = ch->access;
    struct node *target = tree_find(tx->root, a->path);
    int rc = 0;

    if (a->flags & CHANGE_REMOVED && tree_find(s->root, a->path))
        rc = change_remove(s, &s->root, a->path, &ch->gone);
    if (rc < 0 || !target)
        return rc;
    if (!tree_find(s->root, a->path))
        return change_create(s, &s->root, a->path, target->value, target->perms, NULL);
    if (a->flags & CHANGE_VALUE)
        rc = change_value(s, &s->root, a->path, target->value);
    if (rc == 0 && a->flags & CHANGE_PERMS)
        rc = change_perms(s, &s->root, a->path, target->perms);
    return rc;
}

static void change_tell(struct store *s, const struct change *ch)
{
    if (ch->gone)
        watch_fire_removed(s, ch->access->path, ch->gone);
    else if (ch->access->flags & (CHANGE_VALUE | CHANGE_PERMS) && tree_find(s->root, ch->access->path))
        watch_fire(s, ch->access->path);
}

/* What the transaction itself takes of memory ends with it. */
static bool within_quotas(const struct store *s, const struct conn *c, const struct transaction *tx, uint32_t nodes_before,
                          uint64_t bytes_before)
{
    const struct domain *d = c->domain;

    if (!d || conn_privileged(c))
        return true;
    if (d->nodes > nodes_before && d->nodes > s->quota[QUOTA_NODES])
        return false;
    return d->node_bytes <= bytes_before || !s->quota[QUOTA_MEMORY] ||
           domain_bytes(d) - tx->bytes <= s->quota[QUOTA_MEMORY];
}

/* Ancestors before what is below them: a node that was removed and made again is empty when its children come. */
static int changes_apply(struct store *s, const struct conn *c, const struct transaction *tx, struct change *ch,
                         uint32_t nr)
{
    uint32_t nodes = c->domain ? c->domain->nodes : 0;
    uint64_t bytes = c->domain ? c->domain->node_bytes : 0;
    struct node *undo = node_ref(s->root);
    int rc = 0;

    qsort(ch, nr, sizeof(*ch), by_path);
    for (uint32_t i = 0; i < nr && rc == 0; i++)
        rc = change_apply(s, tx, &ch[i]);
    if (rc == 0 && !within_quotas(s, c, tx, nodes, bytes))
        rc = -ENOSPC;
    if (rc < 0) {
        node_unref(s->root);
        s->root = undo;
        store_recount(s);
        return rc;
    }
    node_unref(undo);
    return 0;
}

static bool all_holds(struct store *s, const struct transaction *tx)
{
    if (tx->base == s->root) /* which is not changed as long as it is base, too */
        return true;
    for (uint32_t i = 0; i < tx->nr_buckets; i++) {
        for (const struct access *a = tx->bucket[i]; a; a = a->next) {
            if (!access_holds(s, tx, a)) {
                s->spoiler = changer_of(s, spoiled_at(s, tx, a));
                return false;
            }
        }
    }
    return true;
}

static int commit(struct store *s, struct conn *c, struct transaction *tx)
{
    _cleanup_free_ struct change *ch = NULL;
    uint32_t nr = 0;
    int rc;

    if (!all_holds(s, tx))
        return -EAGAIN;
    node_unref(tx->base); /* so that less is copied */
    tx->base = NULL;
    if (!tx->nr_changes)
        return 0;
    ch = calloc(tx->nr_changes, sizeof(*ch));
    if (!ch)
        return -ENOMEM;
    for (uint32_t i = 0; i < tx->nr_buckets; i++)
        for (const struct access *a = tx->bucket[i]; a; a = a->next)
            if (a->flags & CHANGE_ALL)
                ch[nr++].access = a;
    rc = changes_apply(s, c, tx, ch, nr);
    if (rc == 0) {
        qsort(ch, nr, sizeof(*ch), by_order);
        for (uint32_t i = 0; i < nr; i++)
            change_tell(s, &ch[i]);
    }
    for (uint32_t i = 0; i < nr; i++)
        node_unref(ch[i].gone);
    return rc;
}

int transaction_end(struct store *s, struct conn *c, struct transaction *tx, bool with_commit)
{
    int rc = with_commit ? commit(s, c, tx) : 0;

    if (rc != -ENOMEM)
        transaction_free(c, tx);
    return rc;
}
