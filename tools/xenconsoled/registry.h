/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store, asked on the daemon's loop: nothing here waits, so that a store that is slow, stands still or is dead stops no
 * console. When the connection breaks, or nothing is answered for long, it is made anew, every second until it succeeds;
 * watches are gone then, and domains_watch() puts them back.
 */
#ifndef XENCONSOLED_REGISTRY_H
#define XENCONSOLED_REGISTRY_H

#include "store/async.h"
#include "xenconsoled/daemon.h"

/* Connects, now or as soon as there is a store. */
void registry_start(struct daemon *daemon);
void registry_stop(struct daemon *daemon);

/* 0, or -errno: nothing was asked, no callback will come. XS_READ, XS_DIRECTORY. */
int registry_ask(struct daemon *daemon, uint32_t type, const char *path, store_reply_fn *fn, void *arg);
/* What is refused is logged, no more. */
void registry_write(struct daemon *daemon, const char *path, const char *value);
/* The first event comes at once. *ret_watch is NULL on failure; an event without a path ends the watch. */
int registry_watch(struct daemon *daemon, const char *path, store_event_fn *fn, void *arg, struct store_watch **ret_watch);
void registry_unwatch(struct daemon *daemon, struct store_watch **watch);

#endif
