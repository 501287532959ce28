/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain's configuration as it would be made again: what is kept of it, with what has changed since. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "light/domain_op.h"
#include "light/events.h"
#include "light/info.h"
#include "light/memory.h"
#include "light/small.h"
#include "light/userdata.h"
#include "store/async.h"

struct retrieve {
    struct light_domain on;
    libxl_domain_config config, *ret_config;
};

/* Its name, identity and pool. */
static int who_it_is(const struct light_domain *on, libxl_domain_create_info *info)
{
    char *name _cleanup_free_ = libxl_domid_to_name(on->ctx, on->domid), *pool _cleanup_free_ = NULL;
    libxl_dominfo now;
    int rc;

    libxl_dominfo_init(&now);
    rc = libxl_domain_info(on->ctx, &now, on->domid);
    if (rc)
        return rc;
    info->uuid = now.uuid;
    info->poolid = now.cpupool;
    pool = libxl_cpupoolid_to_name(on->ctx, now.cpupool);
    libxl_dominfo_dispose(&now);
    if (name) {
        free(info->name);
        info->name = name;
        name = NULL;
    }
    if (pool) {
        free(info->pool_name);
        info->pool_name = pool;
        pool = NULL;
    }
    return 0;
}

/* What the store says of each vCPU, asked for all at once, from malloc(); 0 or -errno. */
static int availability_read(uint32_t domid, unsigned count, char **ret_said)
{
    _cleanup_(arena_done) struct arena arena = { NULL };
    const char **paths = arena_alloc(&arena, count * sizeof(*paths));

    for (unsigned i = 0; paths && i < count; i++) {
        paths[i] = arena_printf(&arena, "/local/domain/%u/cpu/%u/availability", domid, i);
        if (!paths[i])
            return -ENOMEM;
    }
    return paths ? store_read_many(paths, count, ret_said) : -ENOMEM;
}

/* Which of its vCPUs it is told to use. */
static int vcpus_it_uses(const struct light_domain *on, libxl_domain_build_info *b)
{
    const unsigned count = b->max_vcpus > 0 ? (unsigned)b->max_vcpus : 0;
    char **said _cleanup_free_ = calloc(count + 1, sizeof(*said));
    libxl_bitmap online = { 0 };
    int rc = said ? light_bitmap_alloc(&online, count) : -ENOMEM;

    if (rc == 0)
        rc = availability_read(on->domid, count, said);
    for (unsigned i = 0; said && i < count; i++) {
        if (said[i] && !strcmp(said[i], "online"))
            libxl_bitmap_set(&online, (int)i);
        free(said[i]);
    }
    if (rc < 0) {
        libxl_bitmap_dispose(&online);
        return light_fail(on->ctx, rc, "domain %u: cannot read cpu/N/availability in the store", on->domid);
    }
    libxl_bitmap_dispose(&b->avail_vcpus);
    b->avail_vcpus = online;
    return 0;
}

static int load(struct op *op)
{
    struct retrieve *r = op->arg;
    libxl_domain_build_info *b = &r->config.b_info;
    int lock _cleanup_close_ = -1, rc = light_userdata_lock(r->on.ctx, r->on.domid, &lock);
    struct light_memory memory;

    if (rc == ERROR_DOMAIN_NOTFOUND)
        return op_fail(op, rc, "there is none with this number");
    if (rc == 0)
        rc = light_config_load(r->on.ctx, r->on.domid, &r->config);
    if (rc == ERROR_JSON_CONFIG_EMPTY)
        return op_fail(op, rc, "none is kept in %s: was it made by another toolstack?", light_userdata_folder);
    if (rc == 0)
        rc = who_it_is(&r->on, &r->config.c_info);
    if (rc == 0)
        rc = vcpus_it_uses(&r->on, b);
    if (rc == 0)
        rc = light_memory_read(r->on.ctx, r->on.domid, &memory);
    if (rc == 0) {
        b->target_memkb = memory.target + memory.video;
        b->max_memkb = memory.max;
        rc = libxl_domain_sched_params_get(r->on.ctx, r->on.domid, &b->sched_params);
    }
    if (rc)
        return op_fail(op, rc, "what is kept of it or known of it cannot be had");
    *r->ret_config = r->config;
    libxl_domain_config_init(&r->config);
    return 0;
}

static void release(struct op *op)
{
    libxl_domain_config_dispose(&((struct retrieve *)op->arg)->config);
}

static const struct op_step steps[] = { { .name = "reading its configuration", .start = load } };

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    struct retrieve *r;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, 1, sizeof(*r), &op);

    if (rc)
        return rc;
    r = op->arg;
    r->ret_config = d_config;
    libxl_domain_config_init(&r->config);
    op->release = release;
    return light_op_run(ctx, op, ao_how);
}
