/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches hang on a tree of their own, of the paths that are watched: an event walks down its path once, whatever
 * number of watches there is.
 */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include "xenstored/perms.h"
#include "xenstored/store.h"

#define WATCH_ANY_DEPTH UINT32_MAX

struct watch {
    struct watch *prev, *next;           /* of the connection, oldest first */
    struct watch *node_prev, *node_next; /* of the path */
    struct watch_node *node;
    struct conn *conn;
    uint32_t depth;    /* events further down are not wanted */
    uint32_t relative; /* this much of an event's path is not told */
    char *token;
    char path[]; /* absolute */
};

struct watch_node *watch_node_new(void);
void watch_node_free(struct watch_node *n);

/* 0, -EEXIST (path and token) or -ENOMEM. `given`: the path as the client wrote it. */
int watch_add(struct store *s, struct conn *c, const char *path, const char *given, const char *token, uint32_t depth,
              struct watch **ret_watch);
/* What it takes of its domain's memory. */
size_t watch_bytes(const char *path, const char *token);
/* -ENOENT when there is none. */
int watch_remove(struct store *s, struct conn *c, const char *path, const char *token);
/* All of a connection. */
void watch_reset(struct store *s, struct conn *c);
/* One event for this watch, whatever happened. */
void watch_fire_one(struct store *s, struct watch *w, const char *path);

/* --- events --- */

/* The node at path was made, or has another value. */
void watch_fire(struct store *s, const char *path);
/* It has other permissions: who could read it before is told too. */
void watch_fire_perms(struct store *s, const char *path, const struct perms *before, uint64_t gen_before);
/* It was taken out of the tree, with what is below it. */
void watch_fire_removed(struct store *s, const char *path, struct node *gone);
/* A special one: path begins with '@'. */
void watch_fire_special(struct store *s, const char *path);

#endif
