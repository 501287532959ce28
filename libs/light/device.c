/* SPDX-License-Identifier: LGPL-2.1-only */
/* What all kinds of devices have in common: completing configurations, attaching. */
#include "light/device.h"

#include <errno.h>
#include <libxl_utils.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/domain_op.h"
#include "light/info.h"

#define BACKEND_SECONDS 30

const struct light_device_kind *const light_device_kinds[] = {
    &light_device_disk, &light_device_nic,     &light_device_vfb, &light_device_vkb,
    &light_device_vtpm, &light_device_channel, &light_device_p9,  NULL,
};

/* --- configurations --- */

static void *field(const struct light_device *d, size_t offset)
{
    return (char *)d->config + offset;
}

int light_device_number(const struct light_device_kind *kind, const void *config)
{
    int devid;

    if (kind->number)
        return kind->number(config);
    devid = *(const int *)((const char *)config + kind->devid);
    return devid < 0 || devid > INT_MAX - kind->first ? LIGHT_ANY_DEVID : devid + kind->first;
}

static int complete(struct op *op, struct light_device *d)
{
    const char *backend = *(char **)field(d, d->kind->backend_domname);
    libxl_domid *backend_domid = field(d, d->kind->backend_domid);
    int rc;

    d->fd = -1;
    d->devid = light_device_number(d->kind, d->config);
    snprintf(d->label, sizeof(d->label), d->devid == LIGHT_ANY_DEVID ? "%s" : "%s %d", d->kind->name, d->devid);
    if (backend && libxl_domain_qualifier_to_domid(d->ctx, backend, backend_domid))
        return op_fail(op, ERROR_INVAL, "%s: its backend is to be in domain %s, and there is none", d->label, backend);
    d->backend_domid = *backend_domid;
    d->backend = d->kind->word;
    d->by_model = d->waits = false;
    d->script = NULL;
    rc = d->kind->complete(op, d);
    d->devid_chosen = d->devid == LIGHT_ANY_DEVID;
    return rc;
}

static void set_devid(struct light_device *d, int devid)
{
    d->devid = devid;
    if (!d->kind->number)
        *(int *)field(d, d->kind->devid) = devid - d->kind->first;
}

/* Those of one kind, which are `count` at `list`. */
static int complete_list(struct op *op, libxl_ctx *ctx, const struct light_device_kind *kind, char *list, int count,
                         bool *ret_by_model)
{
    int *devids = arena_alloc(&op->arena, (size_t)count * sizeof(*devids)), next = kind->first;

    if (!devids)
        return op_fail(op, ERROR_NOMEM, "no memory");
    for (int i = 0; i < count; i++) {
        struct light_device d = { .ctx = ctx, .kind = kind, .config = list + (size_t)i * kind->type->size };
        int rc = complete(op, &d);

        if (rc)
            return rc;
        for (int j = 0; j < i; j++)
            if (d.devid == devids[j])
                return op_fail(op, ERROR_INVAL, "%s: there are two of them", d.label);
        if (d.devid == LIGHT_ANY_DEVID)
            set_devid(&d, next);
        devids[i] = d.devid;
        if (d.devid >= next)
            next = d.devid + 1;
        *ret_by_model |= d.by_model;
    }
    return 0;
}

int light_devices_complete(struct op *op, libxl_ctx *ctx, libxl_domain_config *config, bool *ret_by_model)
{
    *ret_by_model = false;
    for (unsigned i = 0; light_device_kinds[i]; i++) {
        const struct light_device_kind *kind = light_device_kinds[i];
        char *list = *(char **)((char *)config + kind->list);
        int count = *(int *)((char *)config + kind->count), rc;

        rc = count > 0 ? complete_list(op, ctx, kind, list, count, ret_by_model) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* --- attaching --- */

static int check(struct op *op)
{
    struct light_device *d = op->arg;
    int rc = complete(op, d);

    op->object = arena_printf(&op->arena, "domain %u, %s", d->domid, d->label);
    return rc;
}

/* What is in another domain is connected there. */
static bool has_script(const struct light_device *d)
{
    return d->script && d->backend_domid == 0;
}

static int open_it(struct op *op)
{
    struct light_device *d = op->arg;
    int rc = has_script(d) ? light_script_check(op, d->script) : 0;

    return rc == 0 && d->kind->open ? d->kind->open(op) : rc;
}

/* --- its nodes --- */

static void write_at(struct light_device *d, const char *folder, const char *name, const char *value)
{
    light_tx_write(&d->tx, arena_printf(&d->tx.op->arena, "%s/%s", folder, name), value);
}

void light_device_write(struct light_device *d, enum light_side side, const char *name, const char *format, ...)
{
    const struct xs_permissions kept[] = { { .id = 0, .perms = XS_PERM_NONE }, { .id = d->domid, .perms = XS_PERM_READ } };
    const char *value;
    va_list args;

    va_start(args, format);
    value = arena_vprintf(&d->tx.op->arena, format, args);
    va_end(args);
    write_at(d, side == LIGHT_BACK ? d->back : d->front, name, value);
    if (side == LIGHT_FRONT_KEPT)
        light_tx_permit(&d->tx, arena_printf(&d->tx.op->arena, "%s/%s", d->front, name), kept, 2);
    if (side == LIGHT_BACK && !d->written)
        write_at(d, d->folder, name, value);
}

static void make_folder(struct light_device *d, const char *path, uint32_t owner, uint32_t reader)
{
    const struct xs_permissions perms[] = { { .id = owner, .perms = XS_PERM_NONE }, { .id = reader, .perms = XS_PERM_READ } };

    light_tx_remove(&d->tx, path);
    light_tx_write(&d->tx, path, "");
    light_tx_permit(&d->tx, path, perms, 2);
}

static void set_paths(struct light_device *d)
{
    snprintf(d->folder, sizeof(d->folder), "/libxl/%u/device/%s/%d", d->domid, d->kind->word, d->devid);
    snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%d", d->domid, d->kind->word, d->devid);
    snprintf(d->back, sizeof(d->back), "/local/domain/%u/backend/%s/%u/%d", d->backend_domid, d->backend, d->domid, d->devid);
}

static void write_all(struct light_device *d)
{
    set_paths(d);
    make_folder(d, d->front, d->domid, d->backend_domid);
    make_folder(d, d->back, d->backend_domid, d->domid);
    write_at(d, d->folder, "frontend", d->front);
    write_at(d, d->folder, "backend", d->back);
    write_at(d, d->back, "frontend", d->front);
    light_device_write(d, LIGHT_BACK, "frontend-id", "%u", d->domid);
    light_device_write(d, LIGHT_BACK, "online", "1");
    light_device_write(d, LIGHT_BACK, "state", "%d", STATE_INITIALISING);
    write_at(d, d->front, "backend", d->back);
    light_device_write(d, LIGHT_FRONT, "backend-id", "%u", d->backend_domid);
    light_device_write(d, LIGHT_FRONT, "state", "%d", STATE_INITIALISING);
    d->kind->nodes(d);
}

/* In the transaction: which devices the domain has. */
static int listed(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    struct light_device *d = tx->arg;
    uint32_t number;
    int next = d->kind->first;

    if (rc < 0 && rc != -ENOENT)
        return rc;
    for (const char *name = payload; rc == 0 && name < payload + len; name += strlen(name) + 1) {
        if (!light_number(name, &number) || number > INT32_MAX - 1)
            continue;
        if (!d->devid_chosen && (int)number == d->devid)
            return -EEXIST;
        if ((int)number >= next)
            next = (int)number + 1;
    }
    if (d->devid_chosen)
        set_devid(d, next);
    write_all(d);
    return 0;
}

/* Nothing is written for a domain that has gone. */
static int domain_there(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    (void)tx;
    (void)payload;
    (void)len;
    return rc == -ENOENT ? -ESRCH : rc;
}

static void body(struct light_tx *tx)
{
    struct light_device *d = tx->arg;

    light_tx_read(tx, arena_printf(&tx->op->arena, "/local/domain/%u", d->domid), domain_there);
    light_tx_list(tx, arena_printf(&tx->op->arena, "/libxl/%u/device/%s", d->domid, d->kind->word), listed);
}

static int nodes_written(struct light_tx *tx, int rc)
{
    struct light_device *d = tx->arg;

    d->written = rc == 0 || (rc == -ECONNRESET && tx->committed);
    if (rc == -EEXIST)
        return op_fail(tx->op, ERROR_DEVICE_EXISTS, "the domain has it already");
    if (rc == -ESRCH)
        return op_fail(tx->op, ERROR_DOMAIN_NOTFOUND, "there is no such domain");
    return light_store_answer(tx->op, rc);
}

static int write_nodes(struct op *op)
{
    struct light_device *d = op->arg;

    d->tx = (struct light_tx){ .op = op, .arg = d, .body = body, .done = nodes_written };
    return light_tx_run(d->ctx, &d->tx);
}

static int remove_nodes(struct op *op)
{
    struct light_device *d = op->arg;
    enum light_removal how = d->script_begun ? LIGHT_AT_ONCE : LIGHT_UNSCRIPTED;

    if (!d->written)
        return 0;
    return light_detach_begin(op, d->ctx, d->domid, d->kind->word, (uint32_t)d->devid, how) ? OP_WAITS : ERROR_NOMEM;
}

/* --- the backend --- */

static int look(struct op *op)
{
    struct light_device *d = op->arg;

    return d->kind->look ? d->kind->look(op) : 0;
}

static int backend_look(struct light_state_wait *wait, const char *value)
{
    int state = value ? atoi(value) : STATE_NONE;

    if (state == STATE_NONE || state == STATE_CLOSING || state == STATE_CLOSED)
        return op_fail(wait->op, ERROR_FAIL, "its backend refuses it (%s)", wait->path);
    return state >= STATE_INIT_WAIT ? 0 : OP_WAITS;
}

static int backend_late(struct light_state_wait *wait)
{
    const struct light_device *d = wait->op->arg;

    return op_fail(wait->op, ERROR_TIMEDOUT, "no backend after %u s: does domain %u have a driver for %s?", wait->seconds,
                   d->backend_domid, d->backend);
}

static int wait_for_backend(struct op *op)
{
    struct light_device *d = op->arg;

    if (!d->waits || (d->by_model && d->model_comes))
        return 0;
    d->wait = (struct light_state_wait){
        .op = op,
        .ctx = d->ctx,
        .path = arena_printf(&op->arena, "%s/state", d->back),
        .look = backend_look,
        .seconds = BACKEND_SECONDS,
        .late = backend_late,
    };
    return d->wait.path ? light_state_wait(&d->wait) : op_fail(op, ERROR_NOMEM, "no memory");
}

static void wait_stop(struct op *op)
{
    struct light_device *d = op->arg;

    light_state_stop(&d->wait);
}

static int await_it(struct op *op)
{
    struct light_device *d = op->arg;

    return d->kind->await && d->backend_domid == 0 ? d->kind->await(op) : 0;
}

static void await_stop(struct op *op)
{
    struct light_device *d = op->arg;

    if (d->kind->await_stop)
        d->kind->await_stop(op);
}

static int run_script(struct op *op)
{
    struct light_device *d = op->arg;

    if (!has_script(d))
        return 0;
    d->run = (struct light_script){
        .ctx = d->ctx,
        .path = d->script,
        .word = d->kind->word,
        .back = d->back,
        .domid = d->domid,
        .devid = (uint32_t)d->devid,
        .gateway = d->gateway,
        .comes = true,
        .must = true,
    };
    d->script_begun = true;
    return light_script_run(op, &d->run);
}

static void stop_script(struct op *op)
{
    light_script_stop(&((struct light_device *)op->arg)->run);
}

static int look_at_script(struct op *op)
{
    struct light_device *d = op->arg;

    return has_script(d) ? light_script_look(op, &d->run) : 0;
}

static int connect_it(struct op *op)
{
    struct light_device *d = op->arg;

    return d->kind->up && !d->script && d->backend_domid == 0 ? d->kind->up(op) : 0;
}

static int connect_undo(struct op *op)
{
    struct light_device *d = op->arg;

    return d->kind->up_undo && !d->script && d->backend_domid == 0 ? d->kind->up_undo(op) : 0;
}

/* The first are those of one that is only looked at. */
#define TRIED 2
static const struct op_step steps[] = {
    { .name = "checking its configuration", .start = check },
    { .name = "looking at what it is made of", .start = open_it },
    { .name = "writing its nodes", .start = write_nodes, .undo = remove_nodes },
    { .name = "looking who else uses it", .start = look },
    { .name = "waiting for its backend", .start = wait_for_backend, .stop = wait_stop },
    { .name = "waiting for what its backend makes", .start = await_it, .stop = await_stop, .seconds = BACKEND_SECONDS },
    { .name = "running its script", .start = run_script, .stop = stop_script },
    { .name = "connecting it by its script", .start = look_at_script },
    { .name = "connecting it", .start = connect_it, .undo = connect_undo },
};

static void release(struct op *op)
{
    struct light_device *d = op->arg;

    light_script_stop(&d->run);
    cleanup_close(&d->fd);
    d->fd = -1;
}

static bool begin(struct op *op, struct light_device *d, unsigned count)
{
    struct op *child = op_child(op, steps, count, d);

    d->fd = -1;
    if (child)
        child->release = release;
    else
        op_fail(op, ERROR_NOMEM, "no memory");
    return child;
}

bool light_attach_begin(struct op *op, struct light_device *d)
{
    return begin(op, d, sizeof(steps) / sizeof(steps[0]));
}

bool light_attach_try(struct op *op, struct light_device *d)
{
    return begin(op, d, TRIED);
}
