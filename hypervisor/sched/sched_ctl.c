/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_ctl.h"

#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "public/sched.h"
#include "sched_internal.h"

#define RATELIMIT_MIN_US 100u
#define RATELIMIT_MAX_US 500000u

uint32_t sched_ctl_id(void)
{
    return sched->id;
}

const char *sched_ctl_name(void)
{
    return sched->name;
}

int sched_ctl_get_domain(struct domain *d, uint32_t id, struct sched_params *ret)
{
    if (id != sched->id || !sched->get_params)
        return -EINVAL;
    sched->get_params(d, ret);
    return 0;
}

int sched_ctl_set_domain(struct domain *d, uint32_t id, const struct sched_params *p)
{
    struct sched_params full = *p, present;

    if (id != sched->id || !sched->set_params)
        return -EINVAL;
    if (full.weight == 0) {
        sched->get_params(d, &present);
        full.weight = present.weight;
    }
    return sched->set_params(d, &full);
}

static int check_ratelimit(uint32_t pool, uint32_t id)
{
    if (pool != 0)
        return -ESRCH;
    return id == sched->id && id == XEN_SCHEDULER_CREDIT2 ? 0 : -EINVAL;
}

int sched_ctl_get_ratelimit(uint32_t pool, uint32_t id, uint32_t *ret_us)
{
    int rc = check_ratelimit(pool, id);

    if (!rc)
        *ret_us = (uint32_t)(sched_ratelimit / MICROSECS(1));
    return rc;
}

int sched_ctl_set_ratelimit(uint32_t pool, uint32_t id, uint32_t us)
{
    int rc = check_ratelimit(pool, id);

    if (rc)
        return rc;
    if (us != 0 && (us < RATELIMIT_MIN_US || us > RATELIMIT_MAX_US))
        return -EINVAL;
    sched_ratelimit = MICROSECS(us);
    return 0;
}

static void pool0_cpus(struct cpumask *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (unsigned i = 0; i < nr_cpus; i++)
        if (cpus[i]->sched)
            cpumask_set(ret, i);
}

int sched_ctl_pool_info(uint32_t first, struct sched_pool_info *ret)
{
    struct list_node *n;

    if (first > 0)
        return -ENOENT;
    ret->id = 0;
    ret->sched_id = sched->id;
    ret->nr_domains = 0;
    pool0_cpus(&ret->cpus);
    spin_lock(&domain_list_lock);
    list_for_each(n, &domain_list)
        ret->nr_domains++;
    spin_unlock(&domain_list_lock);
    return 0;
}

void sched_ctl_free_cpus(struct cpumask *ret)
{
    memset(ret, 0, sizeof(*ret));
}

int sched_ctl_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft)
{
    struct cpumask online;
    uint64_t any = 0;

    pool0_cpus(&online);
    for (unsigned i = 0; hard && i < ARRAY_SIZE(hard->bits); i++)
        any |= hard->bits[i] & online.bits[i];
    if (hard && !any)
        return -EINVAL;
    vcpu_set_affinity(v, hard, soft);
    return 0;
}
