/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains of credit2, and what the toolstack and the debug key ask of it. */
#include "credit2.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "log.h"
#include "page.h"

int c2_domain_init(struct domain *d)
{
    struct c2_domain *cd = hv_zalloc(sizeof(*cd));

    if (!cd)
        return -ENOMEM;
    cd->domain = d;
    cd->weight = C2_WEIGHT_DEFAULT;
    int rc = c2_cap_init(cd);

    if (rc) {
        hv_free(cd);
        return rc;
    }
    d->sched_priv = cd;
    return 0;
}

void c2_domain_destroy(struct domain *d)
{
    struct c2_domain *cd = c2_domain_of(d);

    if (!cd)
        return;
    c2_cap_destroy(cd);
    d->sched_priv = NULL;
    hv_free(cd);
}

int c2_set_params(struct domain *d, const struct sched_params *p)
{
    struct c2_domain *cd = c2_domain_of(d);

    if (p->weight == 0)
        return -EINVAL;
    cd->weight = p->weight;
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        struct spinlock *lock = vcpu_sched_lock(v);
        struct c2_vcpu *vc = c2_vcpu_of(v);

        /* A debt from light times is as much running time as before. */
        if (vc->credit < 0 && p->weight > vc->weight)
            vc->credit = -(int64_t)muldiv64((uint64_t)-vc->credit, vc->weight, p->weight);
        vc->weight = p->weight;
        vc->rest = 0;
        if (vc->group)
            c2_group_weigh(vc->group);
        spin_unlock(lock);
    }
    c2_cap_set(cd, p->cap);
    return 0;
}

void c2_get_params(struct domain *d, struct sched_params *ret)
{
    ret->weight = c2_domain_of(d)->weight;
    ret->cap = c2_domain_of(d)->cap;
}

void c2_dump(struct cpu *c)
{
    struct c2_group *g = c2_cpu_of(c->id)->group;
    struct list_node *n;

    if (!spin_trylock(&g->lock)) {
        log_info("CPU%u: run queue is locked\n", c->id);
        return;
    }
    struct c2_vcpu *r = c2_cpu_of(c->id)->running;

    if (r)
        log_info("CPU%u: d%uv%u credit %lld\n", c->id, r->vcpu->domain->id, r->vcpu->id, (long long)r->credit);
    else
        log_info("CPU%u: idle\n", c->id);
    if (c->id % c2_group_cpus == 0) {
        list_for_each(n, &g->queue) {
            struct c2_vcpu *vc = list_entry(n, struct c2_vcpu, queue_link);

            log_info("  waits: d%uv%u weight %u credit %lld\n", vc->vcpu->domain->id, vc->vcpu->id, vc->weight,
                     (long long)vc->credit);
        }
    }
    spin_unlock(&g->lock);
}
