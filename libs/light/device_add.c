/* SPDX-License-Identifier: LGPL-2.1-only */
/* Devices that come and go while a domain is there, and in its kept configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device.h"
#include "light/device_model.h"
#include "light/domain_op.h"
#include "light/events.h"
#include "light/userdata.h"

/* --- the kept configuration --- */

struct kept {
    libxl_ctx *ctx;
    uint32_t domid;
    int lock;
    libxl_domain_config config;
};

/* ERROR_JSON_CONFIG_EMPTY: none is kept. kept_end() comes after it, whatever it returns. */
static int kept_begin(struct kept *k, libxl_ctx *ctx, uint32_t domid)
{
    int rc;

    *k = (struct kept){ .ctx = ctx, .domid = domid, .lock = -1 };
    libxl_domain_config_init(&k->config);
    rc = light_userdata_lock(ctx, domid, &k->lock);
    return rc ? rc : light_config_load(ctx, domid, &k->config);
}

static int kept_end(struct kept *k, int rc)
{
    if (rc == 0)
        rc = light_config_store(k->ctx, k->domid, &k->config);
    libxl_domain_config_dispose(&k->config);
    cleanup_close(&k->lock);
    return rc == ERROR_JSON_CONFIG_EMPTY ? 0 : rc;
}

static void drop(libxl_domain_config *config, const struct light_device_kind *kind, int devid)
{
    char *list = *(char **)((char *)config + kind->list);
    int *count = (int *)((char *)config + kind->count), kept = 0;

    for (int i = 0; i < *count; i++) {
        char *at = list + (size_t)i * kind->type->size;

        if (light_device_number(kind, at) == devid)
            light_dispose(kind->type, at);
        else
            memmove(list + (size_t)kept++ * kind->type->size, at, kind->type->size);
    }
    *count = kept;
}

static int put(libxl_ctx *ctx, libxl_domain_config *config, const struct light_device_kind *kind, const void *device)
{
    char **list = (char **)((char *)config + kind->list), *grown;
    int *count = (int *)((char *)config + kind->count);

    drop(config, kind, light_device_number(kind, device));
    grown = realloc(*list, ((size_t)*count + 1) * kind->type->size);
    if (!grown)
        return light_fail(ctx, -ENOMEM, "keeping a device");
    *list = grown;
    if (light_copy(kind->type, grown + (size_t)*count * kind->type->size, device))
        return light_fail(ctx, -ENOMEM, "keeping a device");
    ++*count;
    return 0;
}

int light_device_keep(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, const void *config)
{
    struct kept k;
    int rc = kept_begin(&k, ctx, domid);

    if (rc == 0)
        rc = put(ctx, &k.config, kind, config);
    return kept_end(&k, rc);
}

int light_device_forget(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid)
{
    struct kept k;
    int rc = kept_begin(&k, ctx, domid);

    if (rc == 0)
        drop(&k.config, kind, devid);
    return kept_end(&k, rc);
}

/* --- attaching --- */

struct add {
    struct light_domain on;
    struct light_device device; /* its config is a copy of the caller's */
    struct light_model model;   /* ctx NULL: it needs none */
    libxl_domain_config config; /* the kept one, with the device, for a model that is started */
    void *caller;               /* that gets what was filled in; NULL: it may be gone by then */
};

/* --- the first device that needs a device model starts it --- */

static int look(struct op *op)
{
    struct add *a = op->arg;

    return light_attach_try(op, &a->device) ? OP_WAITS : ERROR_NOMEM;
}

static int find_model(struct op *op)
{
    struct add *a = op->arg;
    struct light_model *m = &a->model;

    if (!a->device.by_model || a->device.backend_domid)
        return 0;
    m->ctx = a->on.ctx;
    m->domid = a->on.domid;
    m->config = &a->config;
    m->alone = true;
    return light_model_find(op, m);
}

static bool needs_model(const struct add *a)
{
    return a->model.ctx && !a->model.runs;
}

static int start_model(struct op *op)
{
    struct add *a = op->arg;
    int rc;

    if (!needs_model(a))
        return 0;
    rc = light_config_load(a->on.ctx, a->on.domid, &a->config);
    if (rc == 0)
        rc = put(a->on.ctx, &a->config, a->device.kind, a->device.config);
    if (rc)
        return op_fail(op, rc, "its configuration, which QEMU is started by, cannot be had from %s", light_userdata_folder);
    return light_model_start(op, &a->model);
}

static int end_model(struct op *op)
{
    struct add *a = op->arg;

    return needs_model(a) ? light_model_end(op, &a->model) : 0;
}

/* When it has ended. */
static int forget_model(struct op *op)
{
    struct add *a = op->arg;

    return needs_model(a) ? light_model_forget(op, &a->model) : 0;
}

static void stop_model(struct op *op)
{
    light_model_stop(&((struct add *)op->arg)->model);
}

static int ask_model(struct op *op)
{
    struct add *a = op->arg;

    return needs_model(a) ? light_model_ask(op, &a->model) : 0;
}

static void stop_asking(struct op *op)
{
    light_qmp_stop(&((struct add *)op->arg)->model.qmp);
}

static int keep_model(struct op *op)
{
    struct add *a = op->arg;

    return needs_model(a) ? light_model_keep(op, &a->model) : 0;
}

/* --- the device --- */

static int attach(struct op *op)
{
    struct add *a = op->arg;

    return light_attach_begin(op, &a->device) ? OP_WAITS : ERROR_NOMEM;
}

static int attach_undo(struct op *op)
{
    struct add *a = op->arg;
    struct light_device *d = &a->device;

    if (!d->written)
        return 0;
    return light_detach_begin(op, d->ctx, d->domid, d->kind->word, (uint32_t)d->devid, LIGHT_AT_ONCE) ? OP_WAITS : ERROR_NOMEM;
}

static int keep(struct op *op)
{
    struct add *a = op->arg;
    const struct light_type *type = a->device.kind->type;
    int rc = light_device_keep(a->on.ctx, a->on.domid, a->device.kind, a->device.config);

    if (rc)
        return op_fail(op, rc, "it cannot be kept in %s", light_userdata_folder);
    for (size_t i = 0; a->caller && i < type->size; i++) { /* each has the other's, and disposes of it */
        char *ours = (char *)a->device.config + i, *theirs = (char *)a->caller + i, byte = *ours;

        *ours = *theirs;
        *theirs = byte;
    }
    return 0;
}

static void release(struct op *op)
{
    struct add *a = op->arg;

    light_dispose(a->device.kind->type, a->device.config);
    light_model_release(&a->model);
    libxl_domain_config_dispose(&a->config);
}

static const struct op_step add_steps[] = {
    { .name = "looking at it", .start = look },
    { .name = "looking for its device model", .start = find_model, .undo = forget_model },
    { .name = "starting its device model", .start = start_model, .undo = end_model, .stop = stop_model },
    { .name = "asking its device model", .start = ask_model, .stop = stop_asking, .seconds = LIGHT_QMP_SECONDS },
    { .name = "letting its device model go on", .start = keep_model },
    { .name = "attaching a device", .start = attach, .undo = attach_undo },
    { .name = "keeping it in the domain's configuration", .start = keep },
};

static int device_add(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, void *config,
                      const libxl_asyncop_how *how)
{
    struct add *a;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, add_steps, sizeof(add_steps) / sizeof(add_steps[0]), sizeof(*a), &op);

    if (rc)
        return rc;
    a = op->arg;
    a->caller = how ? NULL : config;
    a->device = (struct light_device){ .ctx = ctx, .domid = domid, .kind = kind, .fd = -1 };
    a->device.config = arena_alloc(&op->arena, kind->type->size);
    if (!a->device.config || light_copy(kind->type, a->device.config, config))
        return light_op_drop(ctx, op, -ENOMEM, "domain %u: attaching a device", domid);
    libxl_domain_config_init(&a->config);
    op->release = release;
    return light_op_run(ctx, op, how);
}

/* --- taking away --- */

struct removal {
    struct light_domain on;
    const struct light_device_kind *kind;
    int devid;
    enum light_removal how;
};

static int detach(struct op *op)
{
    struct removal *r = op->arg;

    return light_detach_begin(op, r->on.ctx, r->on.domid, r->kind->word, (uint32_t)r->devid, r->how) ? OP_WAITS : ERROR_NOMEM;
}

static int forget(struct op *op)
{
    struct removal *r = op->arg;
    int rc = light_device_forget(r->on.ctx, r->on.domid, r->kind, r->devid);

    return rc ? op_fail(op, rc, "it cannot be taken out of what is kept in %s", light_userdata_folder) : 0;
}

static const struct op_step remove_steps[] = {
    { .name = "taking a device away", .start = detach },
    { .name = "taking it out of the domain's configuration", .start = forget },
};

static int device_remove(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, const void *config,
                         enum light_removal removal, const libxl_asyncop_how *how)
{
    int devid = light_device_number(kind, config), rc;
    struct removal *r;
    struct op *op;

    if (devid < 0)
        return light_fail(ctx, -EINVAL, "domain %u: there is no such %s", domid, kind->name);
    rc = light_domain_op_new(ctx, domid, remove_steps, sizeof(remove_steps) / sizeof(remove_steps[0]), sizeof(*r), &op);
    if (rc)
        return rc;
    r = op->arg;
    r->kind = kind;
    r->devid = devid;
    r->how = removal;
    return light_op_run(ctx, op, how);
}

/* --- the public functions of each kind --- */

#define DEFINE_REMOVAL(NAME)                                                                                \
    int libxl_device_##NAME##_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_##NAME *device,           \
                                     const libxl_asyncop_how *ao_how)                                       \
    {                                                                                                       \
        return device_remove(ctx, domid, &light_device_##NAME, device, LIGHT_AFTER_ALL, ao_how);            \
    }                                                                                                       \
                                                                                                            \
    int libxl_device_##NAME##_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_##NAME *device,          \
                                      const libxl_asyncop_how *ao_how)                                      \
    {                                                                                                       \
        return device_remove(ctx, domid, &light_device_##NAME, device, LIGHT_AT_ONCE, ao_how);              \
    }

#define DEFINE_DEVICE(NAME)                                                                                 \
    int libxl_device_##NAME##_add(libxl_ctx *ctx, uint32_t domid, libxl_device_##NAME *device,              \
                                  const libxl_asyncop_how *ao_how)                                          \
    {                                                                                                       \
        return device_add(ctx, domid, &light_device_##NAME, device, ao_how);                                \
    }                                                                                                       \
                                                                                                            \
    DEFINE_REMOVAL(NAME)

DEFINE_DEVICE(disk)
DEFINE_DEVICE(nic)
DEFINE_DEVICE(vfb)
DEFINE_DEVICE(vkb)
DEFINE_DEVICE(vtpm)
DEFINE_REMOVAL(p9)

int libxl_device_disk_safe_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *ao_how)
{
    return device_remove(ctx, domid, &light_device_disk, disk, LIGHT_SAFELY, ao_how);
}
