/* SPDX-License-Identifier: LGPL-2.1-only */
/* Signals to a domain that is there: its power button and the like, which of its vCPUs it shall use, and that it goes on. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/query.h"
#include "light/domain_op.h"
#include "light/events.h"
#include "light/small.h"
#include "light/store_link.h"

/* --- triggers --- */

struct trigger {
    struct light_domain on;
    libxl_trigger trigger;
    uint32_t vcpu;
};

static const int hypervisors[] = {
    [LIBXL_TRIGGER_UNKNOWN] = -1,
    [LIBXL_TRIGGER_POWER] = XEN_DOMCTL_SENDTRIGGER_POWER,
    [LIBXL_TRIGGER_SLEEP] = XEN_DOMCTL_SENDTRIGGER_SLEEP,
    [LIBXL_TRIGGER_NMI] = XEN_DOMCTL_SENDTRIGGER_NMI,
    [LIBXL_TRIGGER_INIT] = XEN_DOMCTL_SENDTRIGGER_INIT,
    [LIBXL_TRIGGER_RESET] = XEN_DOMCTL_SENDTRIGGER_RESET,
    [LIBXL_TRIGGER_S3RESUME] = -1,
};

static int send_start(struct op *op)
{
    struct trigger *t = op->arg;
    const char *name = libxl_trigger_to_string(t->trigger);
    struct xen_domctl_getdomaininfo info;
    int rc;

    if (t->trigger == LIBXL_TRIGGER_S3RESUME)
        return op_fail(op, ERROR_INVAL, "only a guest with a device model can be woken up from ACPI's S3");
    if ((unsigned)t->trigger >= sizeof(hypervisors) / sizeof(hypervisors[0]) || hypervisors[t->trigger] < 0)
        return op_fail(op, ERROR_FAIL, "there is no trigger with the number %d", (int)t->trigger);
    rc = ctrl_domain_send_trigger(t->on.priv, t->on.domid, (uint32_t)hypervisors[t->trigger], t->vcpu);
    if (rc < 0 && ctrl_domain_info(t->on.priv, t->on.domid, &info) == 0)
        return op_fail(op, ERROR_FAIL, "%s, vCPU %u: %s", name, t->vcpu, strerror(-rc));
    return light_domain_answer(op, rc);
}

static const struct op_step trigger_steps[] = { { .name = "sending it a trigger", .start = send_start } };

int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpuid, const libxl_asyncop_how *ao_how)
{
    struct trigger *t;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, trigger_steps, 1, sizeof(*t), &op);

    if (rc)
        return rc;
    t = op->arg;
    t->trigger = trigger;
    t->vcpu = vcpuid;
    return light_op_run(ctx, op, ao_how);
}

/* --- vCPUs: its kernel watches cpu/N/availability --- */

struct vcpus {
    struct light_domain on;
    libxl_bitmap online;
    unsigned count;
    struct light_asks asks;
};

static int look_at_vcpus(struct op *op)
{
    struct vcpus *v = op->arg;
    struct xen_domctl_getdomaininfo info;
    int rc = ctrl_domain_info(v->on.priv, v->on.domid, &info);

    if (rc < 0)
        return light_domain_answer(op, rc);
    v->count = info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info.max_vcpu_id + 1;
    if (!libxl_bitmap_count_set(&v->online))
        return op_fail(op, ERROR_FAIL, "it needs a vCPU to run on, and none is asked for");
    for (unsigned i = v->count; i < v->online.size * 8; i++) {
        if (libxl_bitmap_test(&v->online, (int)i))
            return op_fail(op, ERROR_INVAL, "it has %u vCPUs, there is no vCPU %u", v->count, i);
    }
    return 0;
}

static int tell_vcpus(struct op *op)
{
    struct vcpus *v = op->arg;
    struct store_client *store;
    char path[64];
    int rc = light_store_client(v->on.ctx, &store);

    if (rc < 0)
        return light_store_answer(op, rc);
    light_asks_begin(&v->asks, op, "writing cpu/N/availability", false);
    for (unsigned i = 0; i < v->count; i++) {
        const char *word = libxl_bitmap_test(&v->online, (int)i) ? "online" : "offline";

        snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", v->on.domid, i);
        light_asked(&v->asks, store_write(store, XBT_NULL, path, word, strlen(word), light_answered, &v->asks));
    }
    return light_asks_end(&v->asks);
}

static const struct op_step vcpu_steps[] = {
    { .name = "looking at its vCPUs", .start = look_at_vcpus },
    { .name = "telling its kernel which vCPUs to use", .start = tell_vcpus },
};

static void vcpus_release(struct op *op)
{
    libxl_bitmap_dispose(&((struct vcpus *)op->arg)->online);
}

int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *cpumap, const libxl_asyncop_how *ao_how)
{
    struct vcpus *v;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, vcpu_steps, 2, sizeof(*v), &op);

    if (rc)
        return rc;
    v = op->arg;
    op->release = vcpus_release;
    rc = light_bitmap_copy(&v->online, cpumap);
    if (rc < 0)
        return light_op_drop(ctx, op, rc, "domain %u: the set of its vCPUs", domid);
    return light_op_run(ctx, op, ao_how);
}

/* --- it goes on after it has suspended itself --- */

struct resume {
    struct light_domain on;
    bool cooperative;
    struct light_asks asks;
};

/* A cooperative one would answer its kernel that nothing has happened, in a register that cannot be written. */
static int resume_start(struct op *op)
{
    struct resume *r = op->arg;

    if (r->cooperative)
        return op_fail(op, ERROR_NI, "its kernel cannot be told that it was not suspended");
    return light_domain_answer(op, ctrl_domain_resume(r->on.priv, r->on.domid));
}

/* The store tells of its next end again. */
static int resume_in_store(struct op *op)
{
    struct resume *r = op->arg;
    struct store_client *store;
    char payload[16];
    int rc = light_store_client(r->on.ctx, &store), len;

    if (rc < 0)
        return light_store_answer(op, rc);
    len = snprintf(payload, sizeof(payload), "%u", r->on.domid);
    light_asks_begin(&r->asks, op, "resuming it", false);
    light_asked(&r->asks, store_request(store, XS_RESUME, XBT_NULL, payload, (size_t)len + 1, light_answered, &r->asks, NULL));
    return light_asks_end(&r->asks);
}

static const struct op_step resume_steps[] = {
    { .name = "letting it go on", .start = resume_start },
    { .name = "telling the store that it goes on", .start = resume_in_store },
};

int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel, const libxl_asyncop_how *ao_how)
{
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, resume_steps, 2, sizeof(struct resume), &op);

    if (rc)
        return rc;
    ((struct resume *)op->arg)->cooperative = suspend_cancel;
    return light_op_run(ctx, op, ao_how);
}
