/* SPDX-License-Identifier: LGPL-2.1-only */
/* The store, for steps of operations: requests whose answers come by the context's loop. */
#ifndef XENOLITH_LIGHT_STORE_LINK_H
#define XENOLITH_LIGHT_STORE_LINK_H

#include "light/ctx.h"
#include "light/op.h"
#include "store/async.h"

/*
 * The context's connection, made at the first call and again after it broke. What is asked for on it before the loop's next
 * round is sent then, together. -errno.
 */
int light_store_client(libxl_ctx *ctx, struct store_client **ret_client);
/* Gives it up: steps that wait for answers are told that it broke, and nothing of theirs is called any more. */
void light_store_drop(libxl_ctx *ctx);
void light_store_free(libxl_ctx *ctx);
/* In a child of the program's: closes its descriptors; the context is not used any more. */
void light_store_forget(libxl_ctx *ctx);

/*
 * Several requests of one step, which is done when all are answered. First light_asks_begin(), then the requests with
 * light_answered() and the struct as argument, each counted by light_asked(); then return light_asks_end().
 */
struct light_asks {
    struct op *op;
    const char *what; /* they do, for messages */
    bool may_miss;    /* -ENOENT is as good as 0 */
    bool begun;
    unsigned pending;
    int error;        /* the first, -errno */
};

void light_asks_begin(struct light_asks *asks, struct op *op, const char *what, bool may_miss);
/* rc: what the request's function returned. */
void light_asked(struct light_asks *asks, int rc);
void light_answered(void *arg, int rc, const char *payload, size_t len);
/* What the step returns: 0, OP_WAITS, or the error of a request that could not be made. */
int light_asks_end(struct light_asks *asks);

#endif
