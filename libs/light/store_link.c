/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/store_link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "light/events.h"

struct light_store {
    struct store_client *client;
    struct loop_fd src;
    struct loop_deferred flush;
    bool calls_back; /* the client does, and may not be closed */
};

/* Whoever waits is told, and may ask for the client once more. */
static void drop(struct light_store *s)
{
    loop_fd_remove(&s->src);
    s->calls_back = true;
    store_break(s->client);
    store_close(s->client);
    s->calls_back = false;
    loop_deferred_remove(&s->flush);
    s->client = NULL;
}

static void dispatch(struct light_store *s)
{
    int rc;

    s->calls_back = true;
    rc = store_dispatch(s->client);
    s->calls_back = false;
    if (rc < 0)
        drop(s); /* whoever waits has been told */
    else
        loop_fd_set(&s->src, (uint32_t)store_events(s->client)); /* POLLIN and POLLOUT are EPOLLIN and EPOLLOUT */
}

static void ready(struct loop_fd *src, uint32_t events)
{
    (void)events;
    dispatch((struct light_store *)((char *)src - offsetof(struct light_store, src)));
}

static void flush(struct loop_deferred *src)
{
    dispatch((struct light_store *)((char *)src - offsetof(struct light_store, flush)));
}

/* The store has gone since somebody asked it for something: it may be there again. */
static bool is_stale(const struct light_store *s)
{
    struct pollfd p = { .fd = store_fd(s->client), .events = POLLRDHUP };

    return !s->calls_back && !store_waiting(s->client) && poll(&p, 1, 0) > 0;
}

int light_store_client(libxl_ctx *ctx, struct store_client **ret_client)
{
    struct light_store *s = ctx->store_link;
    int rc;

    if (!s) {
        s = calloc(1, sizeof(*s));
        if (!s)
            return -ENOMEM;
        ctx->store_link = s;
    }
    if (s->client && is_stale(s))
        drop(s);
    if (!s->client) {
        rc = store_open(&s->client);
        if (rc < 0)
            return rc;
        rc = loop_fd_add(ctx->events->loop, &s->src, store_fd(s->client), EPOLLIN, ready);
        if (rc < 0) {
            store_close(s->client);
            s->client = NULL;
            return rc;
        }
    }
    loop_defer(ctx->events->loop, &s->flush, flush);
    *ret_client = s->client;
    return 0;
}

void light_store_drop(libxl_ctx *ctx)
{
    if (ctx->store_link && ctx->store_link->client)
        drop(ctx->store_link);
}

void light_store_free(libxl_ctx *ctx)
{
    light_store_drop(ctx);
    free(ctx->store_link);
    ctx->store_link = NULL;
}

void light_store_forget(libxl_ctx *ctx)
{
    if (ctx->store)
        xs_daemon_destroy_postfork(ctx->store);
    ctx->store = NULL;
    if (ctx->store_link && ctx->store_link->client)
        close(store_fd(ctx->store_link->client));
}

/* --- requests of one step --- */

void light_asks_begin(struct light_asks *asks, struct op *op, const char *what, bool may_miss)
{
    *asks = (struct light_asks){ .op = op, .what = what, .may_miss = may_miss, .begun = true };
}

static void failed(struct light_asks *asks, int rc)
{
    if (rc == 0 || asks->error || (rc == -ENOENT && asks->may_miss))
        return;
    asks->error = rc;
    op_fail(asks->op, ERROR_FAIL, "xenstore: %s: %s", asks->what, strerror(-rc));
}

void light_asked(struct light_asks *asks, int rc)
{
    asks->pending += rc == 0;
    failed(asks, rc);
}

void light_answered(void *arg, int rc, const char *payload, size_t len)
{
    struct light_asks *asks = arg;

    (void)payload;
    (void)len;
    failed(asks, rc);
    asks->pending--;
    if (!asks->pending && !asks->begun)
        op_step_done(asks->op, asks->error ? ERROR_FAIL : 0);
}

int light_asks_end(struct light_asks *asks)
{
    asks->begun = false;
    if (asks->pending)
        return OP_WAITS;
    return asks->error ? ERROR_FAIL : 0;
}
