/* SPDX-License-Identifier: LGPL-2.1-only */
/* What all operations on a domain have in common: how they begin, and what answers mean. */
#ifndef XENOLITH_LIGHT_DOMAIN_OP_H
#define XENOLITH_LIGHT_DOMAIN_OP_H

#include "light/ctx.h"
#include "light/op.h"

/* The first thing in such an operation's argument. */
struct light_domain {
    libxl_ctx *ctx;
    struct ctrl_priv *priv;
    uint32_t domid;
};

/*
 * A new operation: op->arg is `size` bytes that begin with a struct light_domain, the rest is 0. 0: with the context's
 * lock, for light_op_run(); or an ERROR_*, which was logged, without the lock.
 */
int light_domain_op_new(libxl_ctx *ctx, uint32_t domid, const struct op_step *steps, unsigned count, size_t size,
                        struct op **ret_op);

/* What a step returns when the hypervisor has answered rc (0 or -errno) about the domain; when the store has. */
int light_domain_answer(struct op *op, int rc);
int light_store_answer(struct op *op, int rc);

#endif
