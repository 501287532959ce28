/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of nodes, immutable where it is shared. A reference to a root is a snapshot, taken in O(1); who changes a tree
 * that he holds a reference to copies what others refer to too, on the way down to the change, and changes the rest in
 * place. The children of a node are a balanced tree ordered by name whose entries are the nodes themselves, so that a
 * change of a large directory costs its logarithm.
 */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenstore_lib.h>

struct perms { /* never changed once it is in a node */
    unsigned refs;
    unsigned nr; /* at least one */
    uint32_t saved_in, saved_as; /* by the snapshot with that number, under this number */
    struct xs_permissions list[];
};

struct value {
    unsigned refs;
    uint32_t len;
    uint8_t data[];
};

struct node {
    unsigned refs;
    uint16_t name_len;
    uint8_t height;    /* of the entry among its siblings */
    uint32_t list_len; /* names of the children, each with a NUL */
    uint64_t gen_made;                       /* when it was made */
    uint64_t gen_value, gen_perms, gen_list; /* when that last changed; its making is a change of all three */
    struct perms *perms;
    struct value *value; /* NULL: empty */
    struct node *left, *right; /* siblings with lesser and greater names */
    struct node *children;
    uint32_t saved_in, saved_as; /* as those of perms */
    char name[]; /* NUL-terminated; "" is the root */
};

/* --- references; NULL is fine --- */
struct node *node_ref(struct node *n);
void node_unref(struct node *n);
struct perms *perms_ref(struct perms *p);
void perms_unref(struct perms *p);
struct value *value_ref(struct value *v);
void value_unref(struct value *v);

/* With one reference, the caller's; NULL without memory. A value of length 0 is NULL too, so look at len first. */
struct perms *perms_new(const struct xs_permissions *list, unsigned nr);
struct value *value_new(const void *data, size_t len);
struct node *node_new(const char *name, size_t name_len, struct perms *perms, uint64_t gen);

static inline uint32_t node_value_len(const struct node *n)
{
    return n->value ? n->value->len : 0;
}

/* What they take of memory, as if they shared nothing. */
static inline size_t value_bytes(const struct value *v)
{
    return v ? sizeof(*v) + v->len : 0;
}

static inline size_t node_bytes(const struct node *n)
{
    return sizeof(*n) + n->name_len + 1u + sizeof(*n->perms) + n->perms->nr * sizeof(n->perms->list[0]) +
           value_bytes(n->value);
}

/* --- looking: paths are absolute and valid (path.h) --- */

/* NULL when there is none. What it returns lives as long as the root is not changed or released. */
struct node *tree_find(struct node *root, const char *path);

/* The node, or its nearest ancestor that is there; *ret_len: how much of the path that one has. */
struct node *tree_find_nearest(struct node *root, const char *path, size_t *ret_len);

/* Calls fn for the children of n, ordered by name, until it returns false. */
void node_each_child(const struct node *n, bool (*fn)(void *arg, const struct node *child), void *arg);
/* The same for n and everything below it, parents first. */
void node_each(const struct node *n, void (*fn)(void *arg, const struct node *n), void *arg);

/* --- changing: 0, or -ENOMEM and the tree is what it was --- */

/*
 * Makes the node and its missing ancestors, the ancestors empty. The perms of each are perms (a reference is taken).
 * The node must not be there. value is taken a reference of.
 */
int tree_create(struct node **root, const char *path, struct value *value, struct perms *perms, uint64_t gen);

/* The node must be there. */
int tree_set_value(struct node **root, const char *path, struct value *value, uint64_t gen);
int tree_set_perms(struct node **root, const char *path, struct perms *perms, uint64_t gen);

/* Takes the node, which must be there and is not the root, out of the tree; *ret_node is the caller's then. */
int tree_remove(struct node **root, const char *path, uint64_t gen, struct node **ret_node);

/* Is every map below n ordered and balanced, and each list_len right? For tests and for CONTROL check. */
bool tree_check(const struct node *root);

#endif
