/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What steps of operations ask of the store: several nodes at once, or changes that happen all or not at all. A step's
 * function returns what light_tx_run() or light_look_end() does.
 */
#ifndef XENOLITH_LIGHT_STORE_TX_H
#define XENOLITH_LIGHT_STORE_TX_H

#include "light/ctx.h"
#include "light/op.h"
#include "store/async.h"

/* --- a transaction as a step --- */
struct light_tx {
    struct op *op;
    void *arg; /* the caller's */
    /* Asks for everything; called again when others got in between. */
    void (*body)(struct light_tx *tx);
    /* rc: 0 or -errno. Returns the step's; NULL: an error of the store's. */
    int (*done)(struct light_tx *tx, int rc);
    /* The rest is store_tx.c's. */
    struct store_client *store;
    struct store_attempt *attempt;
    xs_transaction_t t;
    unsigned pending;
    int error;      /* the first, -errno */
    bool committed; /* it was asked to be: with a connection that broke then, all of it may have happened */
};

/* The structure, whose first four fields are set, stays until the step is done. */
int light_tx_run(libxl_ctx *ctx, struct light_tx *tx);

/* From its body, and from what that asked for. The first failure ends it; a path or value of NULL is one: no memory. */
void light_tx_write(struct light_tx *tx, const char *path, const char *value);
void light_tx_permit(struct light_tx *tx, const char *path, const struct xs_permissions *perms, unsigned n);
void light_tx_remove(struct light_tx *tx, const char *path); /* there need be none */
/* fn gets the answer, whatever it is, and returns 0 or the -errno that the transaction ends with. */
typedef int light_tx_answer(struct light_tx *tx, int rc, const char *payload, size_t len);
void light_tx_read(struct light_tx *tx, const char *path, light_tx_answer *fn);
void light_tx_list(struct light_tx *tx, const char *path, light_tx_answer *fn);

/* --- looking at several nodes as a step --- */
struct light_look {
    struct op *op;
    void *arg; /* the caller's */
    /* All have been read; returns the step's result. NULL: 0. May ask for more, and return OP_WAITS. */
    int (*done)(struct light_look *look);
    /* The rest is store_tx.c's. */
    struct store_client *store;
    unsigned pending;
    int error;
};

/* A node's value, or the names in a folder, one behind the other with a NUL each. */
struct light_value {
    const char *path;
    char *text; /* of op's arena; NULL: there is none */
    size_t len;
};

/* The structure, whose first three fields are set, stays until the step is done, and so do the values. */
void light_look_begin(libxl_ctx *ctx, struct light_look *look);
void light_look_read(struct light_look *look, struct light_value *value);
void light_look_list(struct light_look *look, struct light_value *value);
int light_look_end(struct light_look *look);

#endif
