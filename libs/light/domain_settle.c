/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/domain_settle.h"

#include <errno.h>
#include <libxl_utils.h>
#include <string.h>
#include <time.h>

#include "ctrl/domain.h"
#include "light/ctx.h"
#include "light/small.h"

/* --- before --- */

static int pool_find(struct op *op, libxl_ctx *ctx, libxl_domain_create_info *info)
{
    int rc = info->pool_name ? libxl_cpupool_qualifier_to_cpupoolid(ctx, info->pool_name, &info->poolid, NULL) : 0;

    if (rc == ERROR_INVAL)
        return op_fail(op, rc, "there is no CPU pool %s: xl cpupool-list shows those that there are", info->pool_name);
    if (rc)
        return op_fail(op, rc, "CPU pool %s cannot be looked for", info->pool_name);
    if (info->poolid && !libxl_cpupoolid_is_valid(ctx, info->poolid))
        return op_fail(op, ERROR_INVAL, "there is no CPU pool %u: xl cpupool-list shows those that there are", info->poolid);
    return 0;
}

static int affinities_check(struct op *op, const libxl_domain_build_info *b, const libxl_bitmap *maps, int count, const char *key)
{
    if (count > b->max_vcpus)
        return op_fail(op, ERROR_INVAL, "%s is for %d vCPUs, the domain has %d", key, count, b->max_vcpus);
    for (int i = 0; i < count; i++) {
        if (maps[i].size && libxl_bitmap_is_empty(&maps[i]))
            return op_fail(op, ERROR_INVAL, "%s leaves vCPU %d no processor to run on", key, i);
    }
    return 0;
}

int light_settle_check(struct op *op, libxl_ctx *ctx, libxl_domain_config *config)
{
    const libxl_domain_build_info *b = &config->b_info;
    int rc = pool_find(op, ctx, &config->c_info);

    if (rc == 0)
        rc = affinities_check(op, b, b->vcpu_hard_affinity, b->num_vcpu_hard_affinity, "cpus=");
    if (rc == 0)
        rc = affinities_check(op, b, b->vcpu_soft_affinity, b->num_vcpu_soft_affinity, "cpus_soft=");
    return rc;
}

/* --- after --- */

/* The nth of them; NULL: nothing is said about it. */
static const libxl_bitmap *map_of(const libxl_bitmap *maps, int count, int n)
{
    return n < count && maps[n].size ? &maps[n] : NULL;
}

static int affinities_set(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    for (int i = 0; i < b->max_vcpus; i++) {
        const libxl_bitmap *hard = map_of(b->vcpu_hard_affinity, b->num_vcpu_hard_affinity, i);
        const libxl_bitmap *soft = map_of(b->vcpu_soft_affinity, b->num_vcpu_soft_affinity, i);
        int rc;

        if (!b->num_vcpu_hard_affinity && b->cpumap.size)
            hard = &b->cpumap; /* what all had before each had its own */
        rc = hard || soft ? libxl_set_vcpuaffinity(ctx, domid, (uint32_t)i, hard, soft) : 0;
        if (rc)
            return op_fail(op, rc, "vCPU %d cannot run where cpus= and cpus_soft= want it: are these processors in its pool?", i);
    }
    return 0;
}

static bool says_nothing(const libxl_domain_sched_params *p)
{
    return p->weight == LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT && p->cap == LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT &&
           p->period == LIBXL_DOMAIN_SCHED_PARAM_PERIOD_DEFAULT && p->budget == LIBXL_DOMAIN_SCHED_PARAM_BUDGET_DEFAULT &&
           p->extratime == LIBXL_DOMAIN_SCHED_PARAM_EXTRATIME_DEFAULT;
}

/* Its clock shows another time than the host's. */
static int clock_set(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    int64_t seconds = (int32_t)b->rtc_timeoffset;
    time_t now = time(NULL);
    struct tm local;
    int rc = 0;

    if (light_defbool_set(b->localtime) && localtime_r(&now, &local))
        seconds += local.tm_gmtoff;
    if (seconds)
        rc = ctrl_domain_set_time_offset(ctx->priv, domid, seconds);
    return rc < 0 ? op_fail(op, ERROR_FAIL, "its clock cannot be %lld s ahead of the host's: %s", (long long)seconds, strerror(-rc)) : 0;
}

int light_settle(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config)
{
    const libxl_domain_build_info *b = &config->b_info;
    int rc = affinities_set(op, ctx, domid, b);

    if (rc)
        return rc;
    if (!says_nothing(&b->sched_params))
        rc = libxl_domain_sched_params_set(ctx, domid, &b->sched_params);
    if (rc)
        return op_fail(op, rc, "the scheduler of its pool does not take cpu_weight= and cap= as they are");
    rc = clock_set(op, ctx, domid, b);
    if (rc == 0)
        rc = light_settle_cpuid(op, ctx, domid, &b->cpuid);
    return rc;
}
