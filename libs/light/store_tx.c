/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/store_tx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "light/domain_op.h"
#include "light/store_link.h"

/* --- transactions --- */

static void tx_fail(struct light_tx *tx, int rc)
{
    if (rc < 0 && !tx->error)
        tx->error = rc;
}

static void asked(struct light_tx *tx, int rc)
{
    tx->pending += rc == 0;
    tx_fail(tx, rc);
}

static void answered(struct light_tx *tx, int rc)
{
    tx_fail(tx, rc);
    if (--tx->pending)
        return;
    tx->committed = !tx->error;
    store_commit(tx->attempt, tx->error);
}

static void written(void *arg, int rc, const char *payload, size_t len)
{
    (void)payload;
    (void)len;
    answered(arg, rc);
}

static void removed(void *arg, int rc, const char *payload, size_t len)
{
    (void)payload;
    (void)len;
    answered(arg, rc == -ENOENT ? 0 : rc);
}

/* A path or value that there was no memory for. */
static bool lacks(struct light_tx *tx, const char *text)
{
    if (!text)
        tx_fail(tx, -ENOMEM);
    return !text;
}

void light_tx_write(struct light_tx *tx, const char *path, const char *value)
{
    if (!lacks(tx, path) && !lacks(tx, value))
        asked(tx, store_write(tx->store, tx->t, path, value, strlen(value), written, tx));
}

void light_tx_permit(struct light_tx *tx, const char *path, const struct xs_permissions *perms, unsigned n)
{
    if (!lacks(tx, path))
        asked(tx, store_set_permissions(tx->store, tx->t, path, perms, n, written, tx));
}

void light_tx_remove(struct light_tx *tx, const char *path)
{
    if (!lacks(tx, path))
        asked(tx, store_rm(tx->store, tx->t, path, removed, tx));
}

/* Whom the answer is for. */
struct question {
    struct light_tx *tx;
    light_tx_answer *fn;
};

static void told(void *arg, int rc, const char *payload, size_t len)
{
    struct question *q = arg;

    answered(q->tx, q->fn(q->tx, rc, payload, len));
}

static void ask(struct light_tx *tx, const char *path, light_tx_answer *fn,
                int (*how)(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg))
{
    struct question *q = arena_alloc(&tx->op->arena, sizeof(*q));

    if (!path || !q) {
        tx_fail(tx, -ENOMEM);
        return;
    }
    *q = (struct question){ .tx = tx, .fn = fn };
    asked(tx, how(tx->store, tx->t, path, told, q));
}

void light_tx_read(struct light_tx *tx, const char *path, light_tx_answer *fn)
{
    ask(tx, path, fn, store_read);
}

void light_tx_list(struct light_tx *tx, const char *path, light_tx_answer *fn)
{
    ask(tx, path, fn, store_directory);
}

static void body(void *arg, struct store_attempt *attempt, xs_transaction_t t)
{
    struct light_tx *tx = arg;

    tx->attempt = attempt;
    tx->t = t;
    tx->error = 0;
    tx->committed = false;
    tx->pending = 1; /* until everything is asked for */
    tx->body(tx);
    answered(tx, 0);
}

static void done(void *arg, int rc, const char *payload, size_t len)
{
    struct light_tx *tx = arg;

    (void)payload;
    (void)len;
    op_step_done(tx->op, tx->done ? tx->done(tx, rc) : light_store_answer(tx->op, rc));
}

int light_tx_run(libxl_ctx *ctx, struct light_tx *tx)
{
    int rc = light_store_client(ctx, &tx->store);

    if (rc == 0)
        rc = store_transaction(tx->store, body, done, tx);
    return rc < 0 ? light_store_answer(tx->op, rc) : OP_WAITS;
}

/* --- looking --- */

struct glance {
    struct light_look *look;
    struct light_value *value;
};

static void look_failed(struct light_look *look, const char *path, int rc)
{
    if (look->error)
        return;
    look->error = rc;
    op_fail(look->op, ERROR_FAIL, "xenstore: reading %s: %s", path, strerror(-rc));
}

/* The last answer. */
static int look_result(struct light_look *look)
{
    if (look->error)
        return ERROR_FAIL;
    return look->done ? look->done(look) : 0;
}

static void seen(void *arg, int rc, const char *payload, size_t len)
{
    struct glance *g = arg;
    struct light_look *look = g->look;

    if (rc == 0) {
        g->value->text = arena_alloc(&look->op->arena, len + 1);
        g->value->len = len;
        if (g->value->text)
            memcpy(g->value->text, payload, len);
        else
            rc = -ENOMEM;
    }
    if (rc < 0 && rc != -ENOENT)
        look_failed(look, g->value->path, rc);
    if (--look->pending)
        return;
    rc = look_result(look);
    if (rc != OP_WAITS)
        op_step_done(look->op, rc);
}

static void look_ask(struct light_look *look, struct light_value *value,
                     int (*how)(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg))
{
    struct glance *g;
    int rc = -ENOMEM;

    if (look->error)
        return;
    value->text = NULL;
    value->len = 0;
    g = arena_alloc(&look->op->arena, sizeof(*g));
    if (g && value->path) {
        *g = (struct glance){ .look = look, .value = value };
        rc = how(look->store, XBT_NULL, value->path, seen, g);
    }
    look->pending += rc == 0;
    if (rc < 0)
        look_failed(look, value->path ? value->path : "a node", rc);
}

void light_look_begin(libxl_ctx *ctx, struct light_look *look)
{
    int rc = light_store_client(ctx, &look->store);

    look->error = 0;
    look->pending = 1; /* until everything is asked for */
    if (rc < 0)
        look_failed(look, "nodes", rc);
}

void light_look_read(struct light_look *look, struct light_value *value)
{
    look_ask(look, value, store_read);
}

void light_look_list(struct light_look *look, struct light_value *value)
{
    look_ask(look, value, store_directory);
}

int light_look_end(struct light_look *look)
{
    if (--look->pending)
        return OP_WAITS;
    return look_result(look);
}
