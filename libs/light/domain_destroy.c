/* SPDX-License-Identifier: LGPL-2.1-only */
/* The end of a domain: its memory, its nodes, its configuration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/query.h"
#include "light/domain_free.h"
#include "light/events.h"
#include "light/userdata.h"

static int find(struct op *op)
{
    struct light_free *d = op->arg;
    struct xen_domctl_getdomaininfo info;
    int rc = ctrl_domain_info(d->on.priv, d->on.domid, &info);

    if (rc < 0)
        return light_domain_answer(op, rc);
    memcpy(d->uuid.uuid, info.handle, sizeof(d->uuid.uuid));
    return 0;
}

/* Its devices' backends are not taken down yet: a domain that has some stays. */
static void devices_seen(void *arg, int rc, const char *payload, size_t len)
{
    struct op *op = arg;

    if (rc < 0 && rc != -ENOENT) {
        op_step_done(op, light_store_answer(op, rc));
        return;
    }
    for (const char *kind = payload; rc == 0 && kind < payload + len; kind += strlen(kind) + 1) {
        if (strcmp(kind, "console")) {
            op_step_done(op, op_fail(op, ERROR_NI, "it has devices (%s), which cannot be taken away yet", kind));
            return;
        }
    }
    op_step_done(op, 0);
}

static int look_at_devices(struct op *op)
{
    struct light_free *d = op->arg;
    struct store_client *store;
    char path[64];
    int rc = light_store_client(d->on.ctx, &store);

    snprintf(path, sizeof(path), "/libxl/%u/device", d->on.domid);
    if (rc == 0)
        rc = store_directory(store, XBT_NULL, path, devices_seen, op);
    return rc < 0 ? light_store_answer(op, rc) : OP_WAITS;
}

static int pause_it(struct op *op)
{
    struct light_free *d = op->arg;

    return light_domain_answer(op, ctrl_domain_pause(d->on.priv, d->on.domid));
}

/* In pieces: others have their turns between them. */
static void free_more(struct loop_timer *timer)
{
    struct light_free *f = (struct light_free *)((char *)timer - offsetof(struct light_free, again));
    int rc = ctrl_domain_destroy_step(f->on.priv, f->on.domid);

    if (rc == -EAGAIN) {
        loop_timer_set(f->op->loop, &f->again, loop_now(), free_more);
        return;
    }
    op_step_done(f->op, light_domain_answer(f->op, rc));
}

int light_free_memory(struct op *op, struct light_free *f)
{
    f->op = op;
    free_more(&f->again);
    return OP_WAITS;
}

int light_free_nodes(struct op *op, struct light_free *f)
{
    struct light_asks *asks = &f->asks;
    struct store_client *store;
    char paths[4][80];
    int rc = light_store_client(f->on.ctx, &store);

    if (rc < 0)
        return light_store_answer(op, rc);
    snprintf(paths[0], sizeof(paths[0]), "/local/domain/%u", f->on.domid);
    snprintf(paths[1], sizeof(paths[1]), "/local/domain/0/backend/console/%u", f->on.domid);
    snprintf(paths[2], sizeof(paths[2]), "/vm/" LIBXL_UUID_FMT, LIBXL_UUID_BYTES(f->uuid));
    snprintf(paths[3], sizeof(paths[3]), "/libxl/%u", f->on.domid);
    light_asks_begin(asks, op, "removing its nodes", true);
    for (unsigned i = 0; i < 4; i++)
        light_asked(asks, store_rm(store, XBT_NULL, paths[i], light_answered, asks));
    return light_asks_end(asks);
}

static int free_memory(struct op *op)
{
    return light_free_memory(op, op->arg);
}

static int free_nodes(struct op *op)
{
    return light_free_nodes(op, op->arg);
}

static int forget(struct op *op)
{
    struct light_free *d = op->arg;

    return light_userdata_remove(d->on.ctx, d->on.domid, &d->uuid);
}

static const struct op_step steps[] = {
    { .name = "finding it", .start = find },
    { .name = "looking at its devices", .start = look_at_devices },
    { .name = "pausing it", .start = pause_it },
    { .name = "giving its memory back", .start = free_memory, .commits = true },
    { .name = "removing its nodes", .start = free_nodes },
    { .name = "forgetting its configuration", .start = forget },
};

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, sizeof(steps) / sizeof(steps[0]), sizeof(struct light_free), &op);

    return rc ? rc : light_op_run(ctx, op, ao_how);
}
