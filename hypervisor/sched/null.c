/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The null scheduler: a CPU belongs to one vCPU from its first wake until it goes down or away, so there is never a choice to
 * make. vCPUs that find no free CPU wait in a list until one is given back.
 */
#include "domain.h"
#include "errno.h"
#include "list.h"
#include "lock.h"
#include "log.h"
#include "page.h"
#include "public/sched.h"
#include "sched_internal.h"

struct null_pool { /* one for all CPUs: assignments are rare */
    struct spinlock lock; /* RANK_SCHED */
    struct list_node waiting;
};

struct null_vcpu {
    struct vcpu *vcpu;
    struct list_node wait_link;
    bool assigned;
};

struct null_cpu { /* sched_cpu.priv */
    struct null_pool *pool;
    struct null_vcpu *owner;
};

static struct null_cpu *null_cpu_of(unsigned cpu)
{
    return cpus[cpu]->sched->priv;
}

static struct null_vcpu *null_vcpu_of(const struct vcpu *v)
{
    return v->sched.priv;
}

/* Make cpu, which is free, nv's own. */
static void assign(struct null_vcpu *nv, unsigned cpu)
{
    list_remove(&nv->wait_link);
    nv->assigned = true;
    null_cpu_of(cpu)->owner = nv;
    WRITE_ONCE(nv->vcpu->sched.cpu, cpu);
    cpu_raise(cpu, WORK_RESCHED);
}

static bool cpu_free_for(unsigned cpu, const struct vcpu *v)
{
    return cpus[cpu]->sched && !null_cpu_of(cpu)->owner && cpumask_test(&v->sched.hard, cpu);
}

/* Find nv a CPU, its last one first, or let it wait. */
static void place(struct null_vcpu *nv)
{
    struct vcpu *v = nv->vcpu;

    if (cpu_free_for(v->sched.cpu, v)) {
        assign(nv, v->sched.cpu);
        return;
    }
    for (unsigned i = 0; i < nr_cpus; i++) {
        if (cpu_free_for(i, v)) {
            assign(nv, i);
            return;
        }
    }
    if (list_empty(&nv->wait_link))
        list_push_back(&null_cpu_of(v->sched.cpu)->pool->waiting, &nv->wait_link);
}

/* Give nv's CPU back, to the first waiter that may use it. */
static void release(struct null_vcpu *nv)
{
    unsigned cpu = nv->vcpu->sched.cpu;
    struct null_cpu *nc = null_cpu_of(cpu);
    struct list_node *n;

    list_remove(&nv->wait_link);
    if (!nv->assigned)
        return;
    nv->assigned = false;
    nc->owner = NULL;
    list_for_each(n, &nc->pool->waiting) {
        struct null_vcpu *w = list_entry(n, struct null_vcpu, wait_link);

        if (cpu_free_for(cpu, w->vcpu)) {
            assign(w, cpu);
            return;
        }
    }
}

static void null_wake(struct vcpu *v)
{
    struct null_vcpu *nv = null_vcpu_of(v);

    if (nv->assigned)
        cpu_raise(v->sched.cpu, WORK_RESCHED);
    else if (!v->sched.running)
        place(nv);
}

/* Paused and blocked vCPUs keep their CPU; one that was taken down gives it back, once it is off it. */
static void null_sleep(struct vcpu *v)
{
    if (v->sched.running)
        cpu_raise(v->sched.cpu, WORK_RESCHED);
    else if (bit_test(&v->sched.pause_flags, VPF_DOWN))
        release(null_vcpu_of(v));
}

static void null_context_saved(struct vcpu *v)
{
    struct null_vcpu *nv = null_vcpu_of(v);

    if (bit_test(&v->sched.pause_flags, VPF_DOWN))
        release(nv);
    else if (vcpu_runnable(v) && !nv->assigned)
        place(nv);
}

static void null_affinity_changed(struct vcpu *v)
{
    release(null_vcpu_of(v));
}

static void null_yield(struct vcpu *v)
{
    (void)v;
}

static struct vcpu *null_pick(struct cpu *c, stime_t t, stime_t *ret_until)
{
    struct null_vcpu *nv = null_cpu_of(c->id)->owner;

    (void)t;
    *ret_until = STIME_NEVER;
    if (!nv || !vcpu_runnable(nv->vcpu) || !cpumask_test(&nv->vcpu->sched.hard, c->id))
        return NULL;
    /* A new owner may still be leaving another CPU, whose switch raises this one again. */
    if (nv->vcpu->sched.running && c->current != nv->vcpu)
        return NULL;
    return nv->vcpu;
}

static int null_cpu_init(struct cpu *c)
{
    struct null_cpu *nc = hv_zalloc(sizeof(*nc));

    if (!nc)
        return -ENOMEM;
    for (unsigned i = 0; i < NR_CPUS && !nc->pool; i++)
        if (i != c->id && cpus[i] && cpus[i]->sched && cpus[i]->sched->priv)
            nc->pool = null_cpu_of(i)->pool;
    if (!nc->pool) {
        nc->pool = hv_zalloc(sizeof(*nc->pool));
        if (!nc->pool) {
            hv_free(nc);
            return -ENOMEM;
        }
        spin_lock_init(&nc->pool->lock, RANK_SCHED);
        list_init(&nc->pool->waiting);
    }
    c->sched->lock = &nc->pool->lock;
    c->sched->priv = nc;
    return 0;
}

static int null_domain_init(struct domain *d)
{
    (void)d;
    return 0;
}

static void null_domain_destroy(struct domain *d)
{
    (void)d;
}

static int null_vcpu_init(struct vcpu *v)
{
    struct null_vcpu *nv = hv_zalloc(sizeof(*nv));

    if (!nv)
        return -ENOMEM;
    nv->vcpu = v;
    list_init(&nv->wait_link);
    v->sched.priv = nv;
    return 0;
}

static void null_vcpu_destroy(struct vcpu *v)
{
    hv_free(v->sched.priv);
    v->sched.priv = NULL;
}

static void null_dump(struct cpu *c)
{
    const struct null_vcpu *nv = null_cpu_of(c->id)->owner;

    if (nv)
        log_info("CPU%u: d%uv%u\n", c->id, nv->vcpu->domain->id, nv->vcpu->id);
    else
        log_info("CPU%u: free\n", c->id);
}

const struct scheduler sched_null = {
    .name = "null Scheduler",
    .opt = "null",
    .id = XEN_SCHEDULER_NULL,
    .cpu_init = null_cpu_init,
    .domain_init = null_domain_init,
    .domain_destroy = null_domain_destroy,
    .vcpu_init = null_vcpu_init,
    .vcpu_destroy = null_vcpu_destroy,
    .wake = null_wake,
    .sleep = null_sleep,
    .yield = null_yield,
    .pick = null_pick,
    .context_saved = null_context_saved,
    .affinity_changed = null_affinity_changed,
    .dump = null_dump,
};
