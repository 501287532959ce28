/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/steady_watch.h"

#include <errno.h>
#include <stddef.h>

#include "light/events.h"
#include "light/store_link.h"

#define TRIES 60 /* a second apart: a store that begins again has long been there */

static struct steady_watch *watch_of(struct loop_timer *timer)
{
    return (struct steady_watch *)((char *)timer - offsetof(struct steady_watch, again));
}

static void again(struct loop_timer *timer);

static void later(struct steady_watch *w)
{
    loop_timer_set(w->ctx->events->loop, &w->again, loop_now() + LOOP_SECOND, again);
}

static void fired(void *arg, const char *path)
{
    struct steady_watch *w = arg;

    if (!path) {
        w->watch = NULL; /* it goes with the connection */
        later(w);
        return;
    }
    w->tries = 0;
    w->fn(w);
}

static int begin(struct steady_watch *w)
{
    struct store_client *store;
    int rc = light_store_client(w->ctx, &store);

    return rc < 0 ? rc : store_watch(store, w->path, fired, w, &w->watch);
}

/* A new watch fires once by itself: what has happened meanwhile is seen then. */
static void again(struct loop_timer *timer)
{
    struct steady_watch *w = watch_of(timer);
    int rc = begin(w);

    if (rc == 0)
        return;
    light_log(w->ctx, XTL_WARN, -rc, "the store is away, %s is not watched meanwhile", w->path);
    if (++w->tries < TRIES)
        later(w);
    else
        light_disaster(w->ctx, w->type, -rc, "the store does not come back");
}

int steady_watch_start(struct steady_watch *watch)
{
    return begin(watch);
}

void steady_watch_stop(struct steady_watch *watch)
{
    struct store_client *store;

    if (watch->watch && light_store_client(watch->ctx, &store) == 0)
        store_unwatch(store, watch->watch);
    watch->watch = NULL;
    loop_timer_remove(&watch->again); /* also when the store turned out to be away just now */
}

static void soon(struct loop_timer *timer)
{
    struct steady_watch *w = watch_of(timer);

    w->fn(w);
}

void steady_watch_soon(struct steady_watch *watch)
{
    if (watch->watch)
        loop_timer_set(watch->ctx->events->loop, &watch->again, 0, soon);
}
