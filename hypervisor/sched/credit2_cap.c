/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caps of credit2: a domain may use cap percent of one CPU. Each period it gets that much budget, its running vCPUs burn it,
 * and when it is spent they wait, parked outside the queues, for the next period. What vCPUs that ran at the same time
 * overdrew is paid from the following periods, so the average is exact.
 */
#include "credit2.h"
#include "domain.h"

#define LATE_PERIODS 32 /* so many of them can be made up for */

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

/* Whoever runs now has used part of the budget that is there, not of what comes. */
static void charge_all(struct domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        if (!d->vcpu[i])
            continue;
        struct spinlock *lock = vcpu_sched_lock(d->vcpu[i]);
        struct c2_vcpu *vc = c2_vcpu_of(d->vcpu[i]);

        if (vc->group && d->vcpu[i]->sched.running)
            c2_burn_running(vc->group, now());
        spin_unlock(lock);
    }
}

/*
 * The budget of the period that begins, and of those that a late timer missed. Of what was not used no more is saved up than
 * for one period, and what came late: a domain whose CPU came late can make up for that.
 */
static void replenish(void *data)
{
    struct c2_domain *cd = data;
    int64_t periods = 1 + (now() - cd->replenish.expires) / C2_CAP_PERIOD, one = quota(cd);

    if (!READ_ONCE(cd->cap))
        return;
    charge_all(cd->domain);
    int64_t carried = __atomic_load_n(&cd->budget, __ATOMIC_RELAXED), excess = carried - one - cd->late;

    if (excess > 0)
        __atomic_fetch_sub(&cd->budget, excess, __ATOMIC_RELAXED);
    if (carried - one < cd->late)
        cd->late = carried > one ? carried - one : 0;
    cd->late += (periods - 1) * one;
    if (cd->late > LATE_PERIODS * one)
        cd->late = LATE_PERIODS * one;
    if (__atomic_add_fetch(&cd->budget, periods * one, __ATOMIC_RELAXED) > 0)
        unpark_all(cd);
    timer_set(&cd->replenish, cd->replenish.expires + periods * C2_CAP_PERIOD);
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
    cd->late = 0;
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
