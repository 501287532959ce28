/* SPDX-License-Identifier: LGPL-2.1-only */
/* What is asked of a domain that is there: one call to the hypervisor, or one node that its kernel watches. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "light/domain_op.h"
#include "light/events.h"
#include "light/store_link.h"

struct request {
    struct light_domain on;
    const char *command; /* for its kernel */
    struct light_asks asks;
};

static int request(libxl_ctx *ctx, uint32_t domid, const char *command, const struct op_step *steps, unsigned count,
                   const libxl_asyncop_how *how)
{
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, count, sizeof(struct request), &op);

    if (rc)
        return rc;
    ((struct request *)op->arg)->command = command;
    return light_op_run(ctx, op, how);
}

/* --- the hypervisor does it --- */

static int pause_start(struct op *op)
{
    struct request *r = op->arg;

    return light_domain_answer(op, ctrl_domain_pause(r->on.priv, r->on.domid));
}

static int unpause_start(struct op *op)
{
    struct request *r = op->arg;

    return light_domain_answer(op, ctrl_domain_unpause(r->on.priv, r->on.domid));
}

static const struct op_step pause_steps[] = { { .name = "pausing it", .start = pause_start } };
static const struct op_step unpause_steps[] = { { .name = "letting it run", .start = unpause_start } };

int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, NULL, pause_steps, 1, ao_how);
}

int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, NULL, unpause_steps, 1, ao_how);
}

/* --- its kernel does it: control/shutdown, xenstore-paths(7) --- */

/* A kernel that takes events from the hypervisor has drivers that look at the node. */
static int find_drivers(struct op *op)
{
    struct request *r = op->arg;
    uint64_t callback = 0;
    int rc = ctrl_hvm_get_param(r->on.priv, r->on.domid, HVM_PARAM_CALLBACK_IRQ, &callback);

    if (rc == 0 && !callback)
        return op_fail(op, ERROR_NOPARAVIRT, "its kernel has no drivers that would hear it; xl destroy ends it without being asked");
    return light_domain_answer(op, rc);
}

static int tell(struct op *op)
{
    struct request *r = op->arg;
    struct store_client *store;
    char path[64];
    int rc = light_store_client(r->on.ctx, &store);

    if (rc < 0)
        return light_store_answer(op, rc);
    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", r->on.domid);
    light_asks_begin(&r->asks, op, "writing control/shutdown", false);
    light_asked(&r->asks, store_write(store, XBT_NULL, path, r->command, strlen(r->command), light_answered, &r->asks));
    return light_asks_end(&r->asks);
}

static const struct op_step tell_steps[] = {
    { .name = "asking its kernel to end", .start = find_drivers },
    { .name = "asking its kernel to end", .start = tell },
};

int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, "poweroff", tell_steps, 2, ao_how);
}

int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, "reboot", tell_steps, 2, ao_how);
}
