/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BALANCE 1 /* AVL: heights of siblings' subtrees differ by this at most */
#define FEW_BYTES 16

/* --- references --- */

struct perms *perms_new(const struct xs_permissions *list, unsigned nr)
{
    struct perms *p = malloc(sizeof(*p) + nr * sizeof(list[0]));

    if (!p)
        return NULL;
    *p = (struct perms){ .refs = 1, .nr = nr };
    memcpy(p->list, list, nr * sizeof(list[0]));
    return p;
}

struct perms *perms_ref(struct perms *p)
{
    if (p)
        p->refs++;
    return p;
}

void perms_unref(struct perms *p)
{
    if (p && --p->refs == 0)
        free(p);
}

struct value *value_new(const void *data, size_t len)
{
    struct value *v = len ? malloc(sizeof(*v) + len) : NULL;

    if (!v)
        return NULL;
    v->refs = 1;
    v->len = (uint32_t)len;
    memcpy(v->data, data, len);
    return v;
}

struct value *value_ref(struct value *v)
{
    if (v)
        v->refs++;
    return v;
}

void value_unref(struct value *v)
{
    if (v && --v->refs == 0)
        free(v);
}

struct node *node_new(const char *name, size_t name_len, struct perms *perms, uint64_t gen)
{
    struct node *n = malloc(sizeof(*n) + name_len + 1);

    if (!n)
        return NULL;
    *n = (struct node){
        .refs = 1,
        .name_len = (uint16_t)name_len,
        .height = 1,
        .gen_made = gen,
        .gen_value = gen,
        .gen_perms = gen,
        .gen_list = gen,
        .perms = perms_ref(perms),
    };
    memcpy(n->name, name, name_len);
    n->name[name_len] = 0;
    return n;
}

struct node *node_ref(struct node *n)
{
    if (n)
        n->refs++;
    return n;
}

void node_unref(struct node *n)
{
    while (n && --n->refs == 0) {
        struct node *right = n->right;

        node_unref(n->left);
        node_unref(n->children);
        perms_unref(n->perms);
        value_unref(n->value);
        free(n);
        n = right;
    }
}

/* The node in a slot of something that is ours alone, made ours alone; NULL without memory. */
static struct node *node_own(struct node **slot)
{
    struct node *n = *slot, *copy;
    size_t size = sizeof(*n) + n->name_len + 1u;

    if (n->refs == 1)
        return n;
    copy = malloc(size);
    if (!copy)
        return NULL;
    memcpy(copy, n, size);
    copy->refs = 1;
    node_ref(copy->left);
    node_ref(copy->right);
    node_ref(copy->children);
    perms_ref(copy->perms);
    value_ref(copy->value);
    n->refs--;
    *slot = copy;
    return copy;
}

/* --- the map of children --- */

static int long_compare(const char *name, const char *other)
{
    size_t len = (size_t)(strchrnul(name, '/') - name), other_len = strlen(other);
    int order = memcmp(name, other, len < other_len ? len : other_len);

    return order ? order : (len > other_len) - (len < other_len);
}

/*
 * A name is a component of a path and ends where that does, at a '/' or NUL. Most differ early: calls to compare them in
 * blocks, which those of a hostile client may need, cost more than to look at some bytes.
 */
static inline int name_compare(const char *name, const struct node *n)
{
    const char *other = n->name;
    size_t i;

    for (i = 0; name[i] == other[i] && name[i]; i++)
        if (i == FEW_BYTES)
            return long_compare(name + i, other + i);
    return (name[i] == '/' ? 0 : (unsigned char)name[i]) - (unsigned char)other[i];
}

static struct node *map_find(struct node *n, const char *name)
{
    while (n) {
        int order = name_compare(name, n);

        if (!order)
            break;
        n = order < 0 ? n->left : n->right;
    }
    return n;
}

static int height(const struct node *n)
{
    return n ? n->height : 0;
}

static void height_update(struct node *n)
{
    int l = height(n->left), r = height(n->right);

    n->height = (uint8_t)(1 + (l > r ? l : r));
}

static void rotate_left(struct node **slot)
{
    struct node *n = *slot, *up = n->right;

    n->right = up->left;
    up->left = n;
    *slot = up;
    height_update(n);
    height_update(up);
}

static void rotate_right(struct node **slot)
{
    struct node *n = *slot, *up = n->left;

    n->left = up->right;
    up->right = n;
    *slot = up;
    height_update(n);
    height_update(up);
}

/* *slot is owned. Without memory for what would move too, it stays a little out of balance, which is no error. */
static void rebalance(struct node **slot)
{
    struct node *n = *slot, *heavy;
    int lean = height(n->left) - height(n->right);

    height_update(n);
    if (lean > BALANCE) {
        heavy = node_own(&n->left);
        if (!heavy)
            return;
        if (height(heavy->right) > height(heavy->left)) {
            if (!node_own(&heavy->right))
                return;
            rotate_left(&n->left);
        }
        rotate_right(slot);
    } else if (lean < -BALANCE) {
        heavy = node_own(&n->right);
        if (!heavy)
            return;
        if (height(heavy->left) > height(heavy->right)) {
            if (!node_own(&heavy->left))
                return;
            rotate_right(&n->right);
        }
        rotate_left(slot);
    }
}

/* The slot of the entry, with all above it and itself owned; NULL without memory. The entry is there. */
static struct node **map_own(struct node **slot, const char *name)
{
    for (;;) {
        struct node *n = node_own(slot);
        int order;

        if (!n)
            return NULL;
        order = name_compare(name, n);
        if (!order)
            return slot;
        slot = order < 0 ? &n->left : &n->right;
    }
}

/* `added` has a name that is not there yet. */
static int map_insert(struct node **slot, struct node *added)
{
    struct node *n;
    int rc;

    if (!*slot) {
        *slot = added;
        return 0;
    }
    n = node_own(slot);
    if (!n)
        return -ENOMEM;
    rc = map_insert(name_compare(added->name, n) < 0 ? &n->left : &n->right, added);
    if (rc == 0)
        rebalance(slot);
    return rc;
}

/* Takes the first entry out of a map that is owned as far as it. */
static struct node *map_take_first(struct node **slot)
{
    struct node *n = *slot, *first;

    if (!n->left) {
        *slot = n->right;
        return n;
    }
    first = map_take_first(&n->left);
    rebalance(slot);
    return first;
}

static struct node *map_take_owned(struct node **slot, const char *name)
{
    struct node *n = *slot, *taken = n;
    int order = name_compare(name, n);

    if (order) {
        taken = map_take_owned(order < 0 ? &n->left : &n->right, name);
    } else if (!n->left) {
        *slot = n->right;
    } else if (!n->right) {
        *slot = n->left;
    } else {
        struct node *next = map_take_first(&n->right);

        next->left = n->left;
        next->right = n->right;
        *slot = next;
    }
    if (*slot)
        rebalance(slot);
    return taken;
}

/* Everything that taking an entry changes is owned first, for nothing can fail half way then. */
static int map_take(struct node **map, const char *name, struct node **ret_taken)
{
    struct node **slot = map_own(map, name), *taken;

    if (!slot)
        return -ENOMEM;
    for (slot = &(*slot)->right; *slot; slot = &(*slot)->left)
        if (!node_own(slot))
            return -ENOMEM;
    taken = map_take_owned(map, name);
    taken->left = taken->right = NULL;
    taken->height = 1;
    *ret_taken = taken;
    return 0;
}

/* --- paths --- */

/* The component that begins at p, or behind the '/' there; NULL at the end of the path. */
static const char *component(const char *p)
{
    p += *p == '/';
    return *p ? p : NULL;
}

struct node *tree_find_nearest(struct node *root, const char *path, size_t *ret_len)
{
    const char *name, *end = path + 1;
    struct node *n = root, *child;

    for (name = component(path); name; name = component(end)) {
        child = map_find(n->children, name);
        if (!child)
            break;
        n = child;
        end = name + n->name_len;
    }
    *ret_len = (size_t)(end - path);
    return n;
}

struct node *tree_find(struct node *root, const char *path)
{
    const char *name = component(path);
    struct node *n = root;

    while (n && name) {
        n = map_find(n->children, name);
        name = n ? component(name + n->name_len) : NULL;
    }
    return n;
}

/* The node at the first `len` bytes of path, owned with all above it; NULL without memory. */
static struct node *path_own(struct node **root, const char *path, size_t path_len)
{
    const char *name = path_len == 1 ? NULL : component(path); /* of "/", or of any path its "/" */
    struct node *n = node_own(root);

    while (n && name && name < path + path_len) {
        struct node **slot = map_own(&n->children, name);

        n = slot ? *slot : NULL;
        name = n ? component(name + n->name_len) : NULL;
    }
    return n;
}

static size_t parent_len(const char *path)
{
    size_t len = (size_t)(strrchr(path, '/') - path);

    return len ? len : 1;
}

void node_each_child(const struct node *n, bool (*fn)(void *arg, const struct node *child), void *arg)
{
    const struct node *stack[64]; /* more than the height of any map that fits into memory */
    const struct node *at = n->children;
    unsigned depth = 0;

    while (at || depth) {
        for (; at; at = at->left)
            stack[depth++] = at;
        at = stack[--depth];
        if (!fn(arg, at))
            return;
        at = at->right;
    }
}

static void each_sibling(const struct node *n, void (*fn)(void *arg, const struct node *n), void *arg)
{
    for (; n; n = n->right) {
        each_sibling(n->left, fn, arg);
        fn(arg, n);
        each_sibling(n->children, fn, arg);
    }
}

void node_each(const struct node *n, void (*fn)(void *arg, const struct node *n), void *arg)
{
    fn(arg, n);
    each_sibling(n->children, fn, arg);
}

/* --- changes --- */

/* The nodes of the path from `p` on, the last with the value, as one chain. */
static struct node *chain_new(const char *p, struct value *value, struct perms *perms, uint64_t gen)
{
    struct node *first = NULL, **slot = &first, *n = NULL;
    size_t len;

    for (const char *name = component(p); name; name = component(name + len)) {
        struct node *parent = n;

        len = (size_t)(strchrnul(name, '/') - name);
        n = node_new(name, len, perms, gen);
        if (!n) {
            node_unref(first);
            return NULL;
        }
        if (parent)
            parent->list_len = (uint32_t)len + 1;
        *slot = n;
        slot = &n->children;
    }
    n->value = value_ref(value);
    return first;
}

int tree_create(struct node **root, const char *path, struct value *value, struct perms *perms, uint64_t gen)
{
    struct node *parent, *chain;
    size_t have;
    int rc;

    parent = tree_find_nearest(*root, path, &have);
    chain = chain_new(path + have, value, perms, gen);
    parent = chain ? path_own(root, path, have) : NULL;
    rc = parent ? map_insert(&parent->children, chain) : -ENOMEM;
    if (rc < 0) {
        node_unref(chain);
        return rc;
    }
    parent->list_len += chain->name_len + 1u;
    parent->gen_list = gen;
    return 0;
}

int tree_set_value(struct node **root, const char *path, struct value *value, uint64_t gen)
{
    struct node *n = path_own(root, path, strlen(path));

    if (!n)
        return -ENOMEM;
    value_ref(value);
    value_unref(n->value);
    n->value = value;
    n->gen_value = gen;
    return 0;
}

int tree_set_perms(struct node **root, const char *path, struct perms *perms, uint64_t gen)
{
    struct node *n = path_own(root, path, strlen(path));

    if (!n)
        return -ENOMEM;
    perms_ref(perms);
    perms_unref(n->perms);
    n->perms = perms;
    n->gen_perms = gen;
    return 0;
}

int tree_remove(struct node **root, const char *path, uint64_t gen, struct node **ret_node)
{
    struct node *parent = path_own(root, path, parent_len(path));
    int rc = parent ? map_take(&parent->children, strrchr(path, '/') + 1, ret_node) : -ENOMEM;

    if (rc < 0)
        return rc;
    parent->list_len -= (*ret_node)->name_len + 1u;
    parent->gen_list = gen;
    return 0;
}

/* --- check --- */

struct check {
    const struct node *last;
    uint32_t list_len;
};

static bool map_check(const struct node *n, struct check *c)
{
    int lean;

    if (!n)
        return true;
    lean = height(n->left) - height(n->right);
    if (!map_check(n->left, c) || lean < -BALANCE || lean > BALANCE ||
        n->height != 1 + (lean > 0 ? height(n->left) : height(n->right)))
        return false;
    if (!n->name_len || (c->last && name_compare(n->name, c->last) <= 0))
        return false;
    c->last = n;
    c->list_len += n->name_len + 1u;
    return tree_check(n) && map_check(n->right, c);
}

bool tree_check(const struct node *root)
{
    struct check c = { 0 };

    return root->refs > 0 && root->perms && map_check(root->children, &c) && c.list_len == root->list_len;
}
