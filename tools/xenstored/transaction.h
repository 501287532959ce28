/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A transaction works on a tree of its own, which begins as a reference to the store's root. It remembers which nodes it
 * touched and how. It is committed when what it looked at is as it was when it began; its changes are then made in the
 * store's tree, so that transactions that touch different nodes, or different sides of one, do not disturb each other.
 *
 * A change gets a new generation (store.gen), so "as it was" is: not younger than the transaction.
 */
#ifndef XENSTORED_TRANSACTION_H
#define XENSTORED_TRANSACTION_H

#include "xenstored/store.h"

enum {
    ACCESS_NODE = 1,   /* that it is there, and its permissions */
    ACCESS_VALUE = 2,
    ACCESS_LIST = 4,   /* the names of its children */
    ACCESS_ABSENT = 8, /* that it is not there */
    CHANGE_VALUE = 16, /* or made it */
    CHANGE_PERMS = 32,
    CHANGE_REMOVED = 64,
    CHANGE_ANCESTOR = 128, /* made because something below it was: nobody is told */
};
#define ACCESS_ALL (ACCESS_NODE | ACCESS_VALUE | ACCESS_LIST | ACCESS_ABSENT)
#define CHANGE_ALL (CHANGE_VALUE | CHANGE_PERMS | CHANGE_REMOVED | CHANGE_ANCESTOR)

struct access {
    struct access *next; /* in its bucket */
    uint32_t hash;
    uint32_t flags;
    uint32_t order; /* of the first change */
    char path[];
};

#define ACCESS_BUCKETS_MIN 16

struct transaction {
    struct transaction *next; /* of the connection */
    uint32_t id;
    struct node *root;
    struct node *base; /* the store's root then: while it still is, nobody changed anything; NULL: not known any more */
    uint64_t start;    /* the store's generation then */
    struct access **bucket;
    uint32_t nr_buckets, nr_access, nr_changes;
    int32_t made; /* nodes that its connection's domain owns more */
    uint64_t bytes; /* of itself, what it noted and what it wrote: of its domain's memory until it ends */
};

/* 0 or -ENOMEM. */
int transaction_start(struct store *s, struct conn *c, struct transaction **ret_tx);
struct transaction *transaction_find(const struct conn *c, uint32_t id);

/*
 * The end of it, whatever the result: 0; -EAGAIN: another change came between; -ENOSPC: a quota. Only with -ENOMEM it is
 * still there.
 */
int transaction_end(struct store *s, struct conn *c, struct transaction *tx, bool commit);
/* All of a connection are dropped. */
void transaction_reset(struct store *s, struct conn *c);

/* Before the transaction looks at the node or changes it. 0, -ENOMEM (or the quota of memory), -ENOSPC (too many nodes). */
int transaction_note(struct store *s, struct conn *c, struct transaction *tx, const char *path, uint32_t flags);
/* The same for a node that was found in its tree. */
int transaction_note_node(struct store *s, struct conn *c, struct transaction *tx, const char *path, const struct node *n,
                          uint32_t flags);

/* What it makes or writes takes memory, too, until it ends. */
void transaction_charge(struct conn *c, struct transaction *tx, size_t bytes);

/* For the journal: an entry as it was. */
int transaction_access_add(struct transaction *tx, const char *path, uint32_t flags, uint32_t order);
struct transaction *transaction_new(struct conn *c, uint32_t id, struct node *root, uint64_t start);

#endif
