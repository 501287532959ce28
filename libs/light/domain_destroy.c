/* SPDX-License-Identifier: LGPL-2.1-only */
/* The end of a domain: its devices, its nodes, its configuration, its memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/query.h"
#include "light/device.h"
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

/* What it is called there: not by the UUID that it began with, if it was preserved and gave that to its successor. */
static void vm_of(const struct light_free *f, char *path, size_t size)
{
    static const char vm[] = "/vm/";

    if (f->vm.text && !strncmp(f->vm.text, vm, strlen(vm)) && f->vm.text[strlen(vm)] && !strchr(f->vm.text + strlen(vm), '/'))
        snprintf(path, size, "%s", f->vm.text);
    else
        snprintf(path, size, "/vm/" LIBXL_UUID_FMT, LIBXL_UUID_BYTES(f->uuid));
}

/* What is left of a domain that has no devices any more. The folders of its backends, of each kind, are named after it. */
static int remove_all(struct light_look *look)
{
    struct light_free *f = look->arg;
    struct light_asks *asks = &f->asks;
    const struct light_value *kinds = &f->backends;
    char path[128];

    light_asks_begin(asks, look->op, "removing its nodes", true);
    snprintf(path, sizeof(path), "/local/domain/%u", f->on.domid);
    light_asked(asks, store_rm(look->store, XBT_NULL, path, light_answered, asks));
    vm_of(f, path, sizeof(path));
    light_asked(asks, store_rm(look->store, XBT_NULL, path, light_answered, asks));
    for (size_t at = 0; at < kinds->len; at += strlen(kinds->text + at) + 1) {
        snprintf(path, sizeof(path), "%s/%.60s/%u", kinds->path, kinds->text + at, f->on.domid);
        light_asked(asks, store_rm(look->store, XBT_NULL, path, light_answered, asks));
    }
    snprintf(path, sizeof(path), "/local/domain/0/device-model/%u", f->on.domid);
    light_asked(asks, store_rm(look->store, XBT_NULL, path, light_answered, asks));
    snprintf(path, sizeof(path), "/libxl/%u", f->on.domid);
    light_asked(asks, store_rm(look->store, XBT_NULL, path, light_answered, asks));
    return light_asks_end(asks);
}

int light_free_nodes(struct op *op, struct light_free *f)
{
    f->look = (struct light_look){ .op = op, .arg = f, .done = remove_all };
    f->backends.path = "/local/domain/0/backend";
    snprintf(f->vm_path, sizeof(f->vm_path), "/local/domain/%u/vm", f->on.domid);
    f->vm.path = f->vm_path;
    light_look_begin(f->on.ctx, &f->look);
    light_look_list(&f->look, &f->backends);
    light_look_read(&f->look, &f->vm);
    return light_look_end(&f->look);
}

static int find_devices(struct op *op)
{
    struct light_free *d = op->arg;

    d->devices = (struct light_devices){ .ctx = d->on.ctx, .domid = d->on.domid };
    return light_devices_find(op, &d->devices);
}

static int remove_devices(struct op *op)
{
    struct light_free *d = op->arg;

    return light_devices_remove(op, &d->devices);
}

static int end_model(struct op *op)
{
    struct light_free *d = op->arg;

    d->model.ctx = d->on.ctx;
    d->model.domid = d->on.domid;
    return light_model_end(op, &d->model);
}

void light_free_release(struct light_free *f)
{
    light_model_release(&f->model);
    loop_timer_remove(&f->again);
}

static void release(struct op *op)
{
    light_free_release(op->arg);
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
    int rc = light_userdata_remove(d->on.ctx, d->on.domid, &d->uuid);

    return rc ? op_fail(op, rc, "not all that is kept of it in %s can be removed", light_userdata_folder) : 0;
}

/* The domain goes last, and with it what it is found by: what fails before can be done again. */
static const struct op_step steps[] = {
    { .name = "finding it", .start = find },
    { .name = "looking at its devices", .start = find_devices },
    { .name = "pausing it", .start = pause_it },
    { .name = "taking its devices away", .start = remove_devices, .commits = true },
    { .name = "ending its device model", .start = end_model },
    { .name = "removing its nodes", .start = free_nodes },
    { .name = "forgetting its configuration", .start = forget },
    { .name = "giving its memory back", .start = free_memory },
};

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, sizeof(steps) / sizeof(steps[0]), sizeof(struct light_free), &op);

    if (rc)
        return rc;
    op->release = release;
    return light_op_run(ctx, op, ao_how);
}
