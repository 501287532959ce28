/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caps of credit2: a domain may use cap percent of one CPU. Each period it gets that much budget, its running vCPUs burn it,
 * and when it is spent they wait, parked outside the queues, for the next period. What vCPUs that ran at the same time
 * overdrew is paid from the following periods, so the average is exact.
 */
#include "credit2.h"
#include "domain.h"

static int64_t quota(const struct c2_domain *cd)
{
    return (int64_t)C2_CAP_PERIOD * cd->cap / 100;
}

static void unpark(struct vcpu *v)
{
    struct spinlock *lock = vcpu_sched_lock(v);
    struct c2_vcpu *vc = c2_vcpu_of(v);

    if (vc && vc->parked && !v->sched.running && vcpu_runnable(v))
        c2_enqueue(vc, now());
    spin_unlock(lock);
}

static void unpark_all(struct c2_domain *cd)
{
    struct domain *d = cd->domain;

    for (unsigned i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            unpark(d->vcpu[i]);
}

static void replenish(void *data)
{
    struct c2_domain *cd = data;
    int64_t more = quota(cd), left = __atomic_add_fetch(&cd->budget, more, __ATOMIC_RELAXED);

    if (!READ_ONCE(cd->cap))
        return;
    if (left > more) /* what was not used is not saved up */
        __atomic_fetch_sub(&cd->budget, left - more, __ATOMIC_RELAXED);
    timer_set(&cd->replenish, cd->replenish.expires + C2_CAP_PERIOD);
    if (left > 0)
        unpark_all(cd);
}

int c2_cap_init(struct c2_domain *cd)
{
    return timer_init(&cd->replenish, replenish, cd, this_cpu()->id);
}

void c2_cap_destroy(struct c2_domain *cd)
{
    WRITE_ONCE(cd->cap, 0);
    timer_kill(&cd->replenish);
}

void c2_cap_set(struct c2_domain *cd, uint16_t cap)
{
    if (cap == cd->cap)
        return;
    WRITE_ONCE(cd->cap, cap);
    __atomic_store_n(&cd->budget, quota(cd), __ATOMIC_RELAXED);
    if (cap)
        timer_set(&cd->replenish, now() + C2_CAP_PERIOD);
    else
        timer_stop(&cd->replenish);
    unpark_all(cd);
}

stime_t c2_cap_limit(const struct c2_domain *cd, stime_t t)
{
    int64_t left = READ_ONCE(cd->budget);

    if (!READ_ONCE(cd->cap))
        return STIME_NEVER;
    return t + (left > MICROSECS(50) ? left : MICROSECS(50));
}
