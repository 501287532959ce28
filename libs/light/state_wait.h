/* SPDX-License-Identifier: LGPL-2.1-only */
/* A step that waits until a node of the store has a value that it waits for, as the state of a device's backend. */
#ifndef XENOLITH_LIGHT_STATE_WAIT_H
#define XENOLITH_LIGHT_STATE_WAIT_H

#include "light/ctx.h"
#include "light/op.h"
#include "store/async.h"

struct light_state_wait {
    struct op *op;
    libxl_ctx *ctx;
    const char *path;
    /* value is NULL when there is no such node. OP_WAITS: not yet; else the step's result. */
    int (*look)(struct light_state_wait *wait, const char *value);
    /* After so many seconds: the step's result, which is said if it is an error. */
    unsigned seconds;
    int (*late)(struct light_state_wait *wait);
    /* The rest is state_wait.c's. */
    struct store_client *store;
    struct store_watch *watch;
    struct state_read *read; /* on its way */
    bool again;              /* something changed meanwhile */
    struct loop_timer timer;
};

/* The structure, whose fields above are set, stays until the step is done. */
int light_state_wait(struct light_state_wait *wait);
/* The step's stop. */
void light_state_stop(struct light_state_wait *wait);

#endif
