/* SPDX-License-Identifier: LGPL-2.1-only */
/* Parameters of schedulers: of domains, and of pools. What is its default is left as it is. */
#include <errno.h>
#include <libxl_utils.h>

#include "ctrl/scheduler.h"
#include "ctx.h"
#include "info.h"

#define WEIGHT_MAX 65535
#define CAP_PER_VCPU 100
#define RTDS_MIN 10 /* microseconds */

/* The scheduler of the domain's pool, and how many vCPUs it has. */
static int domain_scheduler(libxl_ctx *ctx, uint32_t domid, int *ret_scheduler, uint32_t *ret_vcpus)
{
    libxl_cpupoolinfo pool;
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    libxl_cpupoolinfo_init(&pool);
    rc = libxl_domain_info(ctx, &info, domid);
    if (!rc)
        rc = libxl_cpupool_info(ctx, &pool, info.cpupool);
    if (!rc) {
        *ret_scheduler = pool.sched;
        *ret_vcpus = info.vcpu_max_id + 1;
    }
    libxl_cpupoolinfo_dispose(&pool);
    libxl_dominfo_dispose(&info);
    return rc;
}

int libxl_domain_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *params)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    union ctrl_sched_params from;
    struct ctrl_priv *priv;
    uint32_t vcpus;
    int sched, rc = domain_scheduler(ctx, domid, &sched, &vcpus);

    libxl_domain_sched_params_init(params);
    if (!rc)
        rc = light_priv(ctx, &priv);
    if (rc)
        return rc;
    params->sched = (libxl_scheduler)sched;
    if (sched == LIBXL_SCHEDULER_NULL)
        return 0;
    rc = ctrl_sched_get_domain(priv, domid, (uint32_t)sched, &from);
    if (rc)
        return light_fail(ctx, rc, "domain %u: cannot get its scheduling parameters", domid);
    if (sched == LIBXL_SCHEDULER_CREDIT || sched == LIBXL_SCHEDULER_CREDIT2) {
        params->weight = from.credit.weight; /* both have the same layout */
        params->cap = from.credit.cap;
    } else if (sched == LIBXL_SCHEDULER_RTDS) {
        params->period = (int)from.rtds.period;
        params->budget = (int)from.rtds.budget;
        params->extratime = (from.rtds.flags & XEN_DOMCTL_SCHEDRT_extra) != 0;
    }
    return 0;
}

/* value, unless it is its default, has to be in a range. */
static int in_range(libxl_ctx *ctx, uint32_t domid, const char *name, int value, int min, int max)
{
    if (value == LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT || (value >= min && value <= max))
        return 0;
    return light_fail(ctx, -EINVAL, "domain %u: %s %d is not from %d to %d", domid, name, value, min, max);
}

static int credit_change(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *params, uint32_t vcpus,
                         struct xen_domctl_sched_credit *credit)
{
    int rc = in_range(ctx, domid, "weight", params->weight, 1, WEIGHT_MAX);

    if (!rc)
        rc = in_range(ctx, domid, "cap", params->cap, 0, (int)vcpus * CAP_PER_VCPU);
    if (rc)
        return rc;
    if (params->weight != LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT)
        credit->weight = (uint16_t)params->weight;
    if (params->cap != LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT)
        credit->cap = (uint16_t)params->cap;
    return 0;
}

static int rtds_change(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *params,
                       struct xen_domctl_sched_rtds *rtds)
{
    int rc = in_range(ctx, domid, "period", params->period, RTDS_MIN, INT32_MAX);

    if (!rc)
        rc = in_range(ctx, domid, "budget", params->budget, RTDS_MIN, INT32_MAX);
    if (rc)
        return rc;
    if (params->period != LIBXL_DOMAIN_SCHED_PARAM_PERIOD_DEFAULT)
        rtds->period = (uint32_t)params->period;
    if (params->budget != LIBXL_DOMAIN_SCHED_PARAM_BUDGET_DEFAULT)
        rtds->budget = (uint32_t)params->budget;
    if (rtds->budget > rtds->period)
        return light_fail(ctx, -EINVAL, "domain %u: its budget %u is more than its period %u", domid, rtds->budget,
                          rtds->period);
    if (params->extratime != LIBXL_DOMAIN_SCHED_PARAM_EXTRATIME_DEFAULT)
        rtds->flags = params->extratime ? XEN_DOMCTL_SCHEDRT_extra : 0;
    return 0;
}

int libxl_domain_sched_params_set(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *params)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    union ctrl_sched_params to;
    struct ctrl_priv *priv;
    uint32_t vcpus;
    int sched, rc = domain_scheduler(ctx, domid, &sched, &vcpus);

    if (!rc)
        rc = light_priv(ctx, &priv);
    if (rc)
        return rc;
    if (params->sched != LIBXL_SCHEDULER_UNKNOWN && (int)params->sched != sched)
        return light_fail(ctx, -EINVAL, "domain %u: its scheduler is %s, not %s", domid,
                          libxl_scheduler_to_string((libxl_scheduler)sched), libxl_scheduler_to_string(params->sched));
    if (sched == LIBXL_SCHEDULER_NULL)
        return 0; /* has none */
    rc = ctrl_sched_get_domain(priv, domid, (uint32_t)sched, &to);
    if (rc)
        return light_fail(ctx, rc, "domain %u: cannot get its scheduling parameters", domid);
    rc = sched == LIBXL_SCHEDULER_RTDS ? rtds_change(ctx, domid, params, &to.rtds)
                                       : credit_change(ctx, domid, params, vcpus, &to.credit);
    if (rc)
        return rc;
    rc = ctrl_sched_set_domain(priv, domid, (uint32_t)sched, &to);
    return rc ? light_fail(ctx, rc, "domain %u: cannot set its scheduling parameters", domid) : 0;
}

/* --- pools: who sets gives all of them, and gets what became of them --- */
int libxl_sched_credit_params_get(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit_params *scinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_credit_schedule from;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_sched_get_credit(priv, poolid, &from);
    if (rc)
        return light_fail(ctx, rc, "pool %u: cannot get its scheduling parameters", poolid);
    scinfo->tslice_ms = (int)from.tslice_ms;
    scinfo->ratelimit_us = (int)from.ratelimit_us;
    scinfo->vcpu_migr_delay_us = (int)from.vcpu_migr_delay_us;
    return 0;
}

int libxl_sched_credit_params_set(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit_params *scinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_credit_schedule to;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    to.tslice_ms = (uint32_t)scinfo->tslice_ms;
    to.ratelimit_us = (uint32_t)scinfo->ratelimit_us;
    to.vcpu_migr_delay_us = (uint32_t)scinfo->vcpu_migr_delay_us;
    rc = ctrl_sched_set_credit(priv, poolid, &to);
    if (rc)
        return light_fail(ctx, rc, "pool %u: cannot set its scheduling parameters", poolid);
    scinfo->tslice_ms = (int)to.tslice_ms;
    scinfo->ratelimit_us = (int)to.ratelimit_us;
    scinfo->vcpu_migr_delay_us = (int)to.vcpu_migr_delay_us;
    return 0;
}

int libxl_sched_credit2_params_get(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit2_params *scinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_credit2_schedule from;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_sched_get_credit2(priv, poolid, &from);
    if (rc)
        return light_fail(ctx, rc, "pool %u: cannot get its scheduling parameters", poolid);
    scinfo->ratelimit_us = (int)from.ratelimit_us;
    return 0;
}

int libxl_sched_credit2_params_set(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit2_params *scinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_credit2_schedule to;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    to.ratelimit_us = (uint32_t)scinfo->ratelimit_us;
    rc = ctrl_sched_set_credit2(priv, poolid, &to);
    if (rc)
        return light_fail(ctx, rc, "pool %u: cannot set its scheduling parameters", poolid);
    scinfo->ratelimit_us = (int)to.ratelimit_us;
    return 0;
}
