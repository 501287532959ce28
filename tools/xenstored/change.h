/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the store's tree, or of a transaction's, with new generations; in the store's own, the nodes that domains own
 * and their bytes are counted. 0, or -ENOMEM and nothing is changed.
 */
#ifndef XENSTORED_CHANGE_H
#define XENSTORED_CHANGE_H

#include "xenstored/store.h"

/* The node, which is not there, and its missing ancestors; *ret_made (unless NULL): how many nodes that are. */
int change_create(struct store *s, struct node **root, const char *path, struct value *value, struct perms *perms,
                  unsigned *ret_made);
int change_value(struct store *s, struct node **root, const char *path, struct value *value);
int change_perms(struct store *s, struct node **root, const char *path, struct perms *perms);
/* The reference in *ret_gone is the caller's. */
int change_remove(struct store *s, struct node **root, const char *path, struct node **ret_gone);

/* How many nodes change_create() would make. */
unsigned change_missing(struct node *root, const char *path);

/* Counts the nodes of all domains, and their bytes, again. */
void store_recount(struct store *s);

#endif
