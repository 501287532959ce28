/* SPDX-License-Identifier: LGPL-2.1-only */
/* What all operations on a domain have in common. */
#include <errno.h>
#include <string.h>

#include "light/domain_op.h"
#include "light/events.h"

int light_domain_op_new(libxl_ctx *ctx, uint32_t domid, const struct op_step *steps, unsigned count, size_t size,
                        struct op **ret_op)
{
    struct ctrl_priv *priv;
    struct op *op = NULL;
    int rc;

    light_lock(ctx);
    rc = light_priv(ctx, &priv);
    if (rc == 0) {
        op = light_op_new(ctx, steps, count, size);
        rc = op ? 0 : ERROR_NOMEM;
    }
    if (rc) {
        light_unlock(&ctx);
        return rc;
    }
    *(struct light_domain *)op->arg = (struct light_domain){ .ctx = ctx, .priv = priv, .domid = domid };
    op->object = arena_printf(&op->arena, "domain %u", domid);
    *ret_op = op;
    return 0;
}

int light_domain_answer(struct op *op, int rc)
{
    if (rc == -ESRCH)
        return op_fail(op, ERROR_DOMAIN_NOTFOUND, "there is none with this number");
    return rc < 0 ? op_fail(op, rc == -ENOMEM ? ERROR_NOMEM : ERROR_FAIL, "%s", strerror(-rc)) : 0;
}

int light_store_answer(struct op *op, int rc)
{
    const char *hint = rc == -ECONNREFUSED ? " (xenstored does not run)" : "";

    return rc < 0 ? op_fail(op, rc == -ENOMEM ? ERROR_NOMEM : ERROR_FAIL, "xenstore: %s%s", strerror(-rc), hint) : 0;
}
