/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The default scheduler: fair shares by credit.
 *
 * CPUs form groups of up to C2_GROUP_CPUS that share one run queue, ordered by credit. A running vCPU burns credit, a heavy
 * one more slowly; the vCPU with the most credit runs next. When the best one has none left, everybody in the group is given
 * the same amount, so differences, and with them the proportions, survive. A CPU that goes idle takes work from other groups.
 */
#ifndef XENOLITH_CREDIT2_H
#define XENOLITH_CREDIT2_H

#include "domain.h"
#include "list.h"
#include "lock.h"
#include "sched_internal.h"

#define C2_GROUP_CPUS 16u
#define C2_WEIGHT_DEFAULT 256u
#define C2_CREDIT_INIT MILLISECS(10)         /* given at a reset: ns of the heaviest vCPU's running time */
#define C2_CREDIT_MAX (4 * C2_CREDIT_INIT)   /* the most that one that never waits may save up */
#define C2_CREDIT_SLEPT (C2_CREDIT_INIT * 3 / 2) /* the most while asleep: ahead of those who have just been given some */
#define C2_SLICE_MAX MILLISECS(10)
#define C2_SLICE_MIN MICROSECS(500)
#define C2_GRAIN MILLISECS(1)                /* credit that one may run past the next in the queue */
#define C2_CAP_PERIOD MILLISECS(10)

struct c2_group {
    struct spinlock lock; /* RANK_SCHED */
    struct cpumask cpus, idle, tickled; /* tickled: told to pick, has not done so yet */
    struct list_node queue; /* c2_vcpu.queue_link, most credit first */
    struct list_node all;   /* c2_vcpu.group_link: everyone whose credit is compared here */
    uint32_t max_weight;
};

struct c2_cpu { /* sched_cpu.priv */
    struct c2_group *group;
    struct c2_vcpu *running; /* chosen by pick; guarded by the group's lock */
    bool untimed;             /* running has no end of slice: nobody waited when it was chosen */
};

struct c2_domain {
    struct domain *domain;
    uint16_t weight, cap; /* cap: percent of one CPU; 0: none */
    struct timer replenish;
    int64_t late;         /* ns of the budget that came after their period: credit2_cap.c */
    int64_t budget;       /* ns left in this period; atomic; may go below 0, which the next periods pay */
};

struct c2_vcpu {
    struct vcpu *vcpu;
    struct c2_group *group; /* NULL: being moved */
    struct list_node queue_link, group_link;
    int64_t credit;
    uint64_t rest;       /* of the last division in burn: nothing is lost by rounding */
    stime_t burnt_until; /* running: credit is charged up to here */
    stime_t since;       /* running: when it was put on its CPU */
    uint32_t weight;
    bool queued, yields;
    bool parked;         /* runnable, but its domain's budget is spent */
};

static inline struct c2_vcpu *c2_vcpu_of(const struct vcpu *v)
{
    return v->sched.priv;
}
static inline struct c2_domain *c2_domain_of(const struct domain *d)
{
    return d->sched_priv;
}

static inline struct c2_cpu *c2_cpu_of(unsigned cpu)
{
    return cpus[cpu]->sched->priv;
}

/* CPUs that share a queue: C2_GROUP_CPUS, unless changed before sched_init. */
extern unsigned c2_group_cpus;

/* Queue a runnable vCPU of this group, or park it, and find a CPU for it. Group lock held. */
void c2_enqueue(struct c2_vcpu *vc, stime_t t);

/* Charge everyone of the group who runs, up to t; the group's lock is held. */
void c2_burn_running(struct c2_group *g, stime_t t);
/* Look again who is the heaviest of the group; its lock is held. */
void c2_group_weigh(struct c2_group *g);

/* --- credit2_ctl.c: operations of struct scheduler --- */
int c2_domain_init(struct domain *d);
void c2_domain_destroy(struct domain *d);
int c2_set_params(struct domain *d, const struct sched_params *p);
void c2_get_params(struct domain *d, struct sched_params *ret);
void c2_dump(struct cpu *c);

/* --- credit2_cap.c --- */
int c2_cap_init(struct c2_domain *cd);
void c2_cap_destroy(struct c2_domain *cd);
void c2_cap_set(struct c2_domain *cd, uint16_t cap);
/* May vCPUs of this domain run now? */
static inline bool c2_cap_allows(const struct c2_domain *cd)
{
    return !READ_ONCE(cd->cap) || READ_ONCE(cd->budget) > 0;
}
static inline void c2_cap_burn(struct c2_domain *cd, stime_t delta)
{
    if (READ_ONCE(cd->cap))
        __atomic_fetch_sub(&cd->budget, delta, __ATOMIC_RELAXED);
}
/* Until when the budget lasts from t for one vCPU alone. */
stime_t c2_cap_limit(const struct c2_domain *cd, stime_t t);

#endif
