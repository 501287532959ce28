/* SPDX-License-Identifier: LGPL-2.1-only */
/* A watch of the store's that is there for as long as its owner wants it, also when the store goes away and comes back. */
#ifndef XENOLITH_LIGHT_STEADY_WATCH_H
#define XENOLITH_LIGHT_STEADY_WATCH_H

#include "base/loop.h"
#include "light/ctx.h"

struct store_watch;

/* The owner's memory: zeros before it is started. */
struct steady_watch {
    libxl_ctx *ctx;
    const char *path;                        /* the owner's */
    void (*fn)(struct steady_watch *watch); /* something has happened there, or may have; also once at the beginning */
    libxl_event_type type;                   /* events that are lost when the store does not come back */
    struct store_watch *watch;               /* NULL: not started, or the store is away */
    struct loop_timer again;
    unsigned tries;
};

/* With ctx, path, fn and type filled in, and the context's events made. -errno: it was not started. */
int steady_watch_start(struct steady_watch *watch);
/* For one that was not started nothing happens. */
void steady_watch_stop(struct steady_watch *watch);
/* Has its function called soon, for a new owner of an old watch. */
void steady_watch_soon(struct steady_watch *watch);

#endif
