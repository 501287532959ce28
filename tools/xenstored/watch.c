/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watch_node {
    struct watch_node *parent;
    struct watch_node **child; /* ordered by name */
    uint32_t nr, room;
    struct watch *first, *last;
    char name[];
};

/* --- the tree of what is watched --- */

static struct watch_node *node_named(const char *name, size_t len)
{
    struct watch_node *n = calloc(1, sizeof(*n) + len + 1);

    if (n)
        memcpy(n->name, name, len);
    return n;
}

struct watch_node *watch_node_new(void)
{
    return node_named("", 0);
}

void watch_node_free(struct watch_node *n)
{
    if (!n)
        return;
    for (uint32_t i = 0; i < n->nr; i++)
        watch_node_free(n->child[i]);
    free(n->child);
    free(n);
}

/* Where the child is, or would be. */
static bool child_find(const struct watch_node *n, const char *name, size_t len, uint32_t *ret_at)
{
    uint32_t low = 0, high = n->nr;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        const char *other = n->child[mid]->name;
        int order = strncmp(name, other, len);

        if (!order && !other[len]) {
            *ret_at = mid;
            return true;
        }
        if (order < 0 || !order)
            high = mid;
        else
            low = mid + 1;
    }
    *ret_at = low;
    return false;
}

static struct watch_node *child_add(struct watch_node *n, const char *name, size_t len, uint32_t at)
{
    struct watch_node *child = node_named(name, len);

    if (!child)
        return NULL;
    if (n->nr == n->room) {
        uint32_t room = n->room ? 2 * n->room : 4;
        struct watch_node **more = realloc(n->child, room * sizeof(*more));

        if (!more) {
            free(child);
            return NULL;
        }
        n->child = more;
        n->room = room;
    }
    memmove(n->child + at + 1, n->child + at, (n->nr - at) * sizeof(n->child[0]));
    n->child[at] = child;
    n->nr++;
    child->parent = n;
    return child;
}

/* Nodes that nobody watches, at n or above it, go. */
static void node_prune(struct watch_node *n)
{
    while (n->parent && !n->nr && !n->first) {
        struct watch_node *parent = n->parent;
        uint32_t at = 0;

        child_find(parent, n->name, strlen(n->name), &at);
        memmove(parent->child + at, parent->child + at + 1, (parent->nr - at - 1) * sizeof(parent->child[0]));
        parent->nr--;
        watch_node_free(n);
        n = parent;
    }
}

/* The next component of a path; false at its end. */
static bool component(const char **p, const char **ret_name, size_t *ret_len)
{
    const char *name = *p;

    while (*name == '/')
        name++;
    *p = strchrnul(name, '/');
    *ret_name = name;
    *ret_len = (size_t)(*p - name);
    return *ret_len != 0;
}

static struct watch_node *node_make(struct watch_node *n, const char *path)
{
    const char *name;
    size_t len;

    while (component(&path, &name, &len)) {
        uint32_t at;
        struct watch_node *child = child_find(n, name, len, &at) ? n->child[at] : child_add(n, name, len, at);

        if (!child) {
            node_prune(n);
            return NULL;
        }
        n = child;
    }
    return n;
}

/* --- watches --- */

static struct watch_node *tree_of(struct store *s, const char *path)
{
    return path[0] == '@' ? s->watch_special : s->watch_root;
}

static struct watch *watch_find(struct conn *c, const char *path, const char *token)
{
    struct watch *w;

    for (w = c->watches; w; w = w->next)
        if (!strcmp(w->path, path) && !strcmp(w->token, token))
            break;
    return w;
}

size_t watch_bytes(const char *path, const char *token)
{
    return sizeof(struct watch) + strlen(path) + strlen(token) + 2;
}

int watch_add(struct store *s, struct conn *c, const char *path, const char *given, const char *token, uint32_t depth,
              struct watch **ret_watch)
{
    size_t path_size = strlen(path) + 1, token_size = strlen(token) + 1;
    struct watch_node *n;
    struct watch *w;

    if (watch_find(c, path, token))
        return -EEXIST;
    w = malloc(sizeof(*w) + path_size + token_size);
    n = w ? node_make(tree_of(s, path), path) : NULL;
    if (!n) {
        free(w);
        return -ENOMEM;
    }
    *w = (struct watch){
        .node = n,
        .conn = c,
        .depth = depth,
        .relative = (uint32_t)(path_size - 1 - strlen(given)),
        .token = w->path + path_size,
        .prev = c->watches_last,
        .node_prev = n->last,
    };
    memcpy(w->path, path, path_size);
    memcpy(w->token, token, token_size);
    *(w->prev ? &w->prev->next : &c->watches) = w;
    c->watches_last = w;
    *(w->node_prev ? &w->node_prev->node_next : &n->first) = w;
    n->last = w;
    s->nr_watches++;
    if (c->domain) {
        c->domain->watches++;
        c->domain->other_bytes += watch_bytes(w->path, w->token);
    }
    *ret_watch = w;
    return 0;
}

static void watch_free(struct store *s, struct watch *w)
{
    struct conn *c = w->conn;

    *(w->prev ? &w->prev->next : &c->watches) = w->next;
    *(w->next ? &w->next->prev : &c->watches_last) = w->prev;
    *(w->node_prev ? &w->node_prev->node_next : &w->node->first) = w->node_next;
    *(w->node_next ? &w->node_next->node_prev : &w->node->last) = w->node_prev;
    node_prune(w->node);
    s->nr_watches--;
    if (c->domain) {
        c->domain->watches--;
        c->domain->other_bytes -= watch_bytes(w->path, w->token);
    }
    free(w);
}

int watch_remove(struct store *s, struct conn *c, const char *path, const char *token)
{
    struct watch *w = watch_find(c, path, token);

    if (!w)
        return -ENOENT;
    watch_free(s, w);
    return 0;
}

void watch_reset(struct store *s, struct conn *c)
{
    while (c->watches)
        watch_free(s, c->watches);
}

void watch_fire_one(struct store *s, struct watch *w, const char *path)
{
    const char *told = path + w->relative;
    size_t path_size = strlen(told) + 1, token_size = strlen(w->token) + 1;
    struct xsd_sockmsg hdr = { .type = XS_WATCH_EVENT, .len = (uint32_t)(path_size + token_size) };

    if (hdr.len <= XENSTORE_PAYLOAD_MAX && !w->conn->muted) /* a longer message would end the client */
        conn_send(s, w->conn, &hdr, told, path_size, w->token, token_size);
}

/* --- events --- */

/* Whoever may read one of these learns of the event. */
struct audience {
    const struct perms *perms[3];
    uint64_t gen[3];
    unsigned nr;
};

static void audience_add(struct audience *a, const struct perms *p, uint64_t gen)
{
    a->perms[a->nr] = p;
    a->gen[a->nr++] = gen;
}

static bool may_know(const struct store *s, const struct conn *c, const struct audience *a)
{
    for (unsigned i = 0; i < a->nr; i++)
        if (perms_of(s, c, a->perms[i], a->gen[i]) & XS_PERM_READ)
            return true;
    return false;
}

static void node_fire(struct store *s, struct watch_node *n, const char *path, unsigned depth, const struct audience *a)
{
    for (struct watch *w = n->first; w; w = w->node_next)
        if (depth <= w->depth && may_know(s, w->conn, a))
            watch_fire_one(s, w, path);
}

static unsigned components(const char *path)
{
    const char *name;
    unsigned nr = 0;
    size_t len;

    while (component(&path, &name, &len))
        nr++;
    return nr;
}

/* Everybody who watches path or something above it. Returns what is watched at the path itself, or NULL. */
static struct watch_node *path_fire(struct store *s, const char *path, const struct audience *a)
{
    struct watch_node *n = tree_of(s, path);
    unsigned depth = components(path);
    const char *p = path, *name;
    size_t len;

    for (;; depth--) {
        uint32_t at;

        node_fire(s, n, path, depth, a);
        if (!component(&p, &name, &len))
            return n;
        if (!child_find(n, name, len, &at))
            return NULL;
        n = n->child[at];
    }
}

static void audience_of_parent(struct store *s, const char *path, struct audience *a)
{
    char parent[PATH_SIZE];
    size_t len = (size_t)(strrchr(path, '/') - path), have;
    struct node *n;

    memcpy(parent, path, len ? len : 1);
    parent[len ? len : 1] = 0;
    n = tree_find_nearest(s->root, parent, &have);
    audience_add(a, n->perms, n->gen_perms);
}

/* Nobody watches anything: the usual case of a small tree is not slowed down. */
static bool anybody(const struct store *s)
{
    return s->nr_watches != 0;
}

void watch_fire_perms(struct store *s, const char *path, const struct perms *before, uint64_t gen_before)
{
    struct audience a = { .nr = 0 };
    struct node *n;

    if (path[0] == '@' || !anybody(s))
        return;
    n = tree_find(s->root, path);
    audience_add(&a, n->perms, n->gen_perms);
    if (before)
        audience_add(&a, before, gen_before);
    audience_of_parent(s, path, &a);
    path_fire(s, path, &a);
}

void watch_fire(struct store *s, const char *path)
{
    watch_fire_perms(s, path, NULL, 0);
}

/* Those who watch below what is gone are told the path that they watch, if there was a node. */
static void below_fire(struct store *s, struct watch_node *n, const struct node *gone)
{
    struct audience a = { .nr = 0 };

    for (uint32_t i = 0; i < n->nr; i++) {
        const char *slash_name = n->child[i]->name;
        struct node *child = tree_find((struct node *)gone, slash_name);

        if (!child)
            continue;
        a.nr = 0;
        audience_add(&a, child->perms, child->gen_perms);
        audience_add(&a, gone->perms, gone->gen_perms);
        for (struct watch *w = n->child[i]->first; w; w = w->node_next)
            if (may_know(s, w->conn, &a))
                watch_fire_one(s, w, w->path);
        below_fire(s, n->child[i], child);
    }
}

void watch_fire_removed(struct store *s, const char *path, struct node *gone)
{
    struct audience a = { .nr = 0 };
    struct watch_node *n;

    if (!anybody(s))
        return;
    audience_add(&a, gone->perms, gone->gen_perms);
    audience_of_parent(s, path, &a);
    n = path_fire(s, path, &a);
    if (n)
        below_fire(s, n, gone);
}

void watch_fire_special(struct store *s, const char *path)
{
    struct audience a = { .nr = 0 };
    struct node *n = tree_find(s->special, path);

    audience_add(&a, n->perms, n->gen_perms);
    path_fire(s, path, &a);
}
