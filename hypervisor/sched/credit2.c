/* SPDX-License-Identifier: GPL-2.0-only */
/* The credit2 scheduler; credit2.h says how it works. */
#include "credit2.h"

#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "public/sched.h"

unsigned c2_group_cpus = C2_GROUP_CPUS;

/* --- credit --- */

static bool masks_meet(const struct cpumask *a, const struct cpumask *b)
{
    for (unsigned i = 0; i < ARRAY_SIZE(a->bits); i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

/* Does anybody wait who could run on this CPU? */
static bool wanted(const struct c2_group *g, unsigned cpu)
{
    struct list_node *n;

    list_for_each(n, &g->queue)
        if (cpumask_test(&list_entry(n, struct c2_vcpu, queue_link)->vcpu->sched.hard, cpu))
            return true;
    return false;
}

/* Charge a running vCPU up to t, but not for more than `most` of its time. */
static void burn(const struct c2_group *g, struct c2_vcpu *vc, stime_t t, stime_t most)
{
    stime_t delta = t - vc->burnt_until;

    if (delta <= 0)
        return;
    vc->burnt_until = t;
    c2_cap_burn(c2_domain_of(vc->vcpu->domain), delta);
    if (delta > most)
        delta = most;

    uint64_t cost = min_u64(delta, SECONDS(10)) * g->max_weight + vc->rest;

    vc->rest = cost % vc->weight;
    vc->credit -= (int64_t)(cost / vc->weight);
}

/*
 * Charge everyone who runs, up to t. Time in which nobody waited for their CPU took nothing from anyone: those who ran then
 * are only charged, all for the same time, until the last of them has no credit left. So they owe nothing to one that comes
 * later, and yet the differences between them stay. The queue changes only after a call of this.
 */
void c2_burn_running(struct c2_group *g, stime_t t)
{
    bool lonely[NR_CPUS] = { false };
    stime_t most = 0;

    for (unsigned i = 0; i < nr_cpus; i++) {
        struct c2_vcpu *vc = cpumask_test(&g->cpus, i) ? c2_cpu_of(i)->running : NULL;

        lonely[i] = vc && !wanted(g, i);
        if (lonely[i] && vc->credit > 0)
            most = (stime_t)max_u64((uint64_t)most, muldiv64((uint64_t)vc->credit, vc->weight, g->max_weight));
    }
    for (unsigned i = 0; i < nr_cpus; i++)
        if (cpumask_test(&g->cpus, i) && c2_cpu_of(i)->running)
            burn(g, c2_cpu_of(i)->running, t, lonely[i] ? most : STIME_NEVER);
}

/*
 * The CPUs that next competes for: its own, those of everyone who may run on one of them, and so on. vCPUs that are pinned
 * apart use up their credit at different rates, so one part's resets must not drive the other's credit to its bound.
 */
static void competed_cpus(const struct c2_group *g, const struct c2_vcpu *next, struct cpumask *ret)
{
    bool grew = true;
    struct list_node *n;

    for (unsigned i = 0; i < ARRAY_SIZE(ret->bits); i++)
        ret->bits[i] = next->vcpu->sched.hard.bits[i] & g->cpus.bits[i];
    while (grew) {
        grew = false;
        list_for_each(n, &g->all) {
            const struct cpumask *hard = &list_entry(n, struct c2_vcpu, group_link)->vcpu->sched.hard;

            for (unsigned i = 0; i < nr_cpus && masks_meet(hard, ret); i++) {
                if (cpumask_test(&g->cpus, i) && cpumask_test(hard, i) && !cpumask_test(ret, i)) {
                    cpumask_set(ret, i);
                    grew = true;
                }
            }
        }
    }
}

/*
 * Give everybody as much as it takes for `next`, the best of those who want to run, to have credit again; everybody who
 * competes with it, that is.
 */
static void reset_credit(struct c2_group *g, const struct c2_vcpu *next, stime_t t)
{
    int64_t gift = (1 - next->credit / C2_CREDIT_INIT) * C2_CREDIT_INIT;
    struct cpumask competed;
    struct list_node *n;

    c2_burn_running(g, t);
    competed_cpus(g, next, &competed);
    list_for_each(n, &g->all) {
        struct c2_vcpu *vc = list_entry(n, struct c2_vcpu, group_link);

        if (!masks_meet(&vc->vcpu->sched.hard, &competed))
            continue;
        bool waits = vc->queued || vc->vcpu->sched.running;
        int64_t most = waits ? C2_CREDIT_MAX : C2_CREDIT_SLEPT;

        vc->credit += gift;
        if (vc->credit > most)
            vc->credit = most;
    }
}

/* --- groups and their queues --- */

/*
 * Find the weight of the heaviest, whose running time is what credit counts. When that gets less, debts shrink with it: they
 * are as much running time as before, and nobody waits for long because a heavy one was here.
 */
void c2_group_weigh(struct c2_group *g)
{
    uint32_t before = g->max_weight;
    struct list_node *n;

    g->max_weight = 1;
    list_for_each(n, &g->all)
        g->max_weight = (uint32_t)max_u64(g->max_weight, list_entry(n, struct c2_vcpu, group_link)->weight);
    if (g->max_weight >= before)
        return;
    list_for_each(n, &g->all) {
        struct c2_vcpu *vc = list_entry(n, struct c2_vcpu, group_link);

        if (vc->credit < 0)
            vc->credit = -(int64_t)muldiv64((uint64_t)-vc->credit, g->max_weight, before);
    }
}

static void attach(struct c2_vcpu *vc)
{
    struct c2_group *g = c2_cpu_of(vc->vcpu->sched.cpu)->group;

    if (vc->group == g)
        return;
    vc->group = g;
    /* Credit is only comparable within a group: keep the direction, not a size that could starve or favour it. */
    if (vc->credit > C2_CREDIT_INIT)
        vc->credit = C2_CREDIT_INIT;
    if (vc->credit < -C2_CREDIT_INIT)
        vc->credit = -C2_CREDIT_INIT;
    list_push_back(&g->all, &vc->group_link);
    c2_group_weigh(g);
}

static void queue_remove(struct c2_vcpu *vc, stime_t t)
{
    c2_burn_running(vc->group, t);
    list_remove(&vc->queue_link);
    vc->queued = false;
}

static void queue_insert(struct c2_vcpu *vc, stime_t t)
{
    struct c2_group *g = vc->group;
    struct list_node *n;

    c2_burn_running(g, t);
    list_for_each(n, &g->queue)
        if (list_entry(n, struct c2_vcpu, queue_link)->credit < vc->credit)
            break;
    list_insert_before(n, &vc->queue_link);
    vc->queued = true;
}

static void detach(struct c2_vcpu *vc)
{
    if (!vc->group)
        return;
    struct c2_group *g = vc->group;

    if (vc->queued)
        queue_remove(vc, now());
    vc->parked = false;
    list_remove(&vc->group_link);
    vc->group = NULL;
    c2_group_weigh(g);
}

/* --- which CPU should look --- */

/* An idle CPU for vc in its own group: where it ran last, else one that it prefers, else any. NR_CPUS: none. */
static unsigned idle_cpu(const struct c2_vcpu *vc)
{
    const struct c2_group *g = vc->group;
    const struct sched_vcpu *s = &vc->vcpu->sched;
    unsigned found = NR_CPUS;

    for (unsigned i = 0; i < nr_cpus; i++) {
        if (!cpumask_test(&g->idle, i) || cpumask_test(&g->tickled, i) || !cpumask_test(&s->hard, i))
            continue;
        if (i == s->cpu)
            return i;
        if (found == NR_CPUS || (cpumask_test(&s->soft, i) && !cpumask_test(&s->soft, found)))
            found = i;
    }
    return found;
}

/* An idle CPU of another group, which would steal vc. Looked at without its lock: pick looks again after it says idle. */
static unsigned idle_cpu_elsewhere(const struct c2_vcpu *vc)
{
    for (unsigned i = 0; i < nr_cpus; i++) {
        const struct c2_group *g = cpus[i]->sched ? c2_cpu_of(i)->group : vc->group;

        if (g != vc->group && cpumask_test(&g->idle, i) && cpumask_test(&vc->vcpu->sched.hard, i))
            return i;
    }
    return NR_CPUS;
}

/*
 * The CPU of the group whose vCPU has the least credit, if that is less than vc's; else one that has no end of slice set
 * because nobody waited for it up to now.
 */
static unsigned preemptible_cpu(const struct c2_vcpu *vc, stime_t t)
{
    struct c2_group *g = vc->group;
    unsigned found = NR_CPUS, untimed = NR_CPUS;
    int64_t least = INT64_MAX;

    c2_burn_running(g, t);
    for (unsigned i = 0; i < nr_cpus; i++) {
        struct c2_vcpu *running = cpumask_test(&g->cpus, i) ? c2_cpu_of(i)->running : NULL;

        if (!running || cpumask_test(&g->tickled, i) || !cpumask_test(&vc->vcpu->sched.hard, i))
            continue;
        if (c2_cpu_of(i)->untimed)
            untimed = i;
        if (running->credit < least) {
            least = running->credit;
            found = i;
        }
    }
    return least < vc->credit ? found : untimed;
}

static void tickle(struct c2_vcpu *vc, stime_t t)
{
    unsigned cpu = idle_cpu(vc);

    if (cpu == NR_CPUS) {
        smp_mb(); /* queued first, then the look at idle masks that other locks guard */
        cpu = idle_cpu_elsewhere(vc);
        if (cpu < NR_CPUS) {
            cpu_raise(cpu, WORK_RESCHED);
            return;
        }
        cpu = preemptible_cpu(vc, t);
    }
    if (cpu < NR_CPUS) {
        cpumask_set(&vc->group->tickled, cpu);
        cpu_raise(cpu, WORK_RESCHED);
    }
}

/* A CPU may have been told for one vCPU and taken another: idle CPUs look again for those who still wait. */
static void tickle_idle(struct c2_group *g)
{
    struct list_node *n;

    if (!masks_meet(&g->idle, &g->cpus))
        return;
    list_for_each(n, &g->queue) {
        unsigned cpu = idle_cpu(list_entry(n, struct c2_vcpu, queue_link));

        if (cpu < NR_CPUS) {
            cpumask_set(&g->tickled, cpu);
            cpu_raise(cpu, WORK_RESCHED);
        }
    }
}

void c2_enqueue(struct c2_vcpu *vc, stime_t t)
{
    attach(vc);
    if (vc->queued) {
        tickle(vc, t); /* it may run on more CPUs now */
        return;
    }
    vc->parked = !c2_cap_allows(c2_domain_of(vc->vcpu->domain));
    if (vc->parked)
        return;
    queue_insert(vc, t);
    tickle(vc, t);
}

/* --- wake and sleep --- */

static void c2_wake(struct vcpu *v)
{
    if (!v->sched.running) /* else it goes on, or context_saved queues it */
        c2_enqueue(c2_vcpu_of(v), now());
}

static void c2_sleep(struct vcpu *v)
{
    struct c2_vcpu *vc = c2_vcpu_of(v);

    vc->parked = false;
    if (vc->queued)
        queue_remove(vc, now());
    else if (v->sched.running)
        cpu_raise(v->sched.cpu, WORK_RESCHED);
}

static void c2_yield(struct vcpu *v)
{
    c2_vcpu_of(v)->yields = true;
}

static void c2_context_saved(struct vcpu *v)
{
    if (vcpu_runnable(v))
        c2_enqueue(c2_vcpu_of(v), now());
}

static void c2_affinity_changed(struct vcpu *v)
{
    detach(c2_vcpu_of(v));
}

/* --- picking --- */

static bool may_run_on(const struct c2_vcpu *vc, unsigned cpu)
{
    return cpumask_test(&vc->vcpu->sched.hard, cpu) && c2_cap_allows(c2_domain_of(vc->vcpu->domain));
}

/* The best of the queue that may run on cpu, still queued; those whose budget is spent leave the queue. */
static struct c2_vcpu *queue_best(struct c2_group *g, unsigned cpu, stime_t t)
{
    struct list_node *n, *next;

    list_for_each_safe(n, next, &g->queue) {
        struct c2_vcpu *vc = list_entry(n, struct c2_vcpu, queue_link);

        if (may_run_on(vc, cpu))
            return vc;
        if (!c2_cap_allows(c2_domain_of(vc->vcpu->domain))) {
            queue_remove(vc, t);
            vc->parked = true;
        }
    }
    return NULL;
}

/* Who runs next on c: the present one or the best of the queue. *ret_rival is the best that will be left waiting. */
static struct c2_vcpu *choose(struct cpu *c, struct c2_vcpu *prev, stime_t t, struct c2_vcpu **ret_rival)
{
    struct c2_group *g = c2_cpu_of(c->id)->group;
    bool keep = prev && vcpu_runnable(prev->vcpu) && may_run_on(prev, c->id);
    struct c2_vcpu *best = queue_best(g, c->id, t);
    bool yields = keep && prev->yields;

    *ret_rival = best;
    if (prev)
        prev->yields = false;
    if (keep && (!best || (!yields && (t - prev->since < sched_ratelimit || best->credit <= prev->credit))))
        return prev;
    if (!best)
        return NULL;
    queue_remove(best, t);
    *ret_rival = queue_best(g, c->id, t);
    if (keep && (!*ret_rival || (*ret_rival)->credit < prev->credit))
        *ret_rival = prev;
    return best;
}

/* When to look again: vc is a grain of credit behind its rival, within the bounds, and not past its domain's budget. */
static stime_t slice_end(const struct c2_vcpu *vc, const struct c2_vcpu *rival, stime_t t)
{
    stime_t end = STIME_NEVER;

    if (rival) {
        int64_t lead = vc->credit - rival->credit + C2_GRAIN;
        uint64_t length = lead <= 0 ? 0 : muldiv64((uint64_t)lead, vc->weight, vc->group->max_weight);

        length = min_u64(max_u64(length, C2_SLICE_MIN), C2_SLICE_MAX);
        end = t + (stime_t)length;
        if (end < vc->since + sched_ratelimit)
            end = vc->since + sched_ratelimit;
    }
    stime_t limit = c2_cap_limit(c2_domain_of(vc->vcpu->domain), t);

    return limit < end ? limit : end;
}

/* Take the best vCPU of another group that may run here; no lock is held. NULL: none. */
static struct c2_vcpu *steal_from(struct c2_group *g, unsigned cpu)
{
    spin_lock(&g->lock);
    stime_t t = now();
    struct c2_vcpu *vc = queue_best(g, cpu, t);

    if (vc) {
        detach(vc);
        vc->vcpu->sched.running = true; /* ours until it is queued: nobody frees it */
        WRITE_ONCE(vc->vcpu->sched.cpu, cpu);
    }
    spin_unlock(&g->lock);
    return vc;
}

/* c has nothing to do: look in the other groups. Its own lock is dropped and taken again. True: try again. */
static bool steal(struct cpu *c, struct c2_group *own)
{
    struct c2_vcpu *vc = NULL;

    spin_unlock(&own->lock);
    smp_mb(); /* "idle" is visible before we look: see tickle */
    for (unsigned i = 0; i < nr_cpus && !vc; i++) {
        struct c2_group *g = cpus[i]->sched ? c2_cpu_of(i)->group : own;

        if (g != own && READ_ONCE(g->queue.next) != &g->queue)
            vc = steal_from(g, c->id);
    }
    spin_lock(&own->lock);
    if (!vc)
        return false;
    if (!cpumask_test(&vc->vcpu->sched.hard, c->id)) { /* changed while no lock was held */
        spin_unlock(&own->lock);
        sched_put_back(vc->vcpu);
        spin_lock(&own->lock);
        return true;
    }
    attach(vc);
    ASSERT(vc->group == own);
    if (vcpu_runnable(vc->vcpu))
        queue_insert(vc, now());
    __atomic_store_n(&vc->vcpu->sched.running, false, __ATOMIC_RELEASE);
    return true;
}

static struct vcpu *c2_pick(struct cpu *c, stime_t t, stime_t *ret_until)
{
    struct c2_cpu *cc = c2_cpu_of(c->id);
    struct c2_group *g = cc->group;
    struct c2_vcpu *prev = cc->running, *rival, *next;

    cpumask_clear(&g->tickled, c->id);
    cpumask_clear(&g->idle, c->id);
    c2_burn_running(g, t);
    next = choose(c, prev, t, &rival);
    if (!next) {
        cpumask_set(&g->idle, c->id);
        if (steal(c, g))
            next = choose(c, prev, t, &rival);
    }
    cc->running = next;
    cc->untimed = next && !rival;
    if (!next)
        return NULL;
    cpumask_clear(&g->idle, c->id);
    if (next != prev) {
        next->since = next->burnt_until = t;
        next->vcpu->sched.running = true;
    }
    if (rival && next->credit <= 0 && rival->credit <= 0)
        reset_credit(g, next->credit > rival->credit ? next : rival, t);
    tickle_idle(g);
    *ret_until = slice_end(next, rival, t);
    return next->vcpu;
}

/* --- set-up --- */

static struct c2_group *group_create(void)
{
    struct c2_group *g = hv_zalloc(sizeof(*g));

    if (!g)
        return NULL;
    spin_lock_init(&g->lock, RANK_SCHED);
    list_init(&g->queue);
    list_init(&g->all);
    g->max_weight = 1;
    return g;
}

/* Join the group of the first CPU of this one's block, or found it. */
static int c2_cpu_init(struct cpu *c)
{
    unsigned first = c->id - c->id % c2_group_cpus;
    struct c2_cpu *cc = hv_zalloc(sizeof(*cc));

    if (!cc)
        return -ENOMEM;
    for (unsigned i = first; i < first + c2_group_cpus && i < NR_CPUS && !cc->group; i++)
        if (i != c->id && cpus[i] && cpus[i]->sched && cpus[i]->sched->priv)
            cc->group = c2_cpu_of(i)->group;
    if (!cc->group)
        cc->group = group_create();
    if (!cc->group) {
        hv_free(cc);
        return -ENOMEM;
    }
    c->sched->lock = &cc->group->lock;
    c->sched->priv = cc;
    spin_lock(&cc->group->lock);
    cpumask_set(&cc->group->cpus, c->id);
    spin_unlock(&cc->group->lock);
    return 0;
}

static int c2_vcpu_init(struct vcpu *v)
{
    struct c2_vcpu *vc = hv_zalloc(sizeof(*vc));

    if (!vc)
        return -ENOMEM;
    vc->vcpu = v;
    vc->weight = c2_domain_of(v->domain)->weight;
    vc->credit = C2_CREDIT_INIT;
    list_init(&vc->queue_link);
    list_init(&vc->group_link);
    v->sched.priv = vc;
    return 0;
}

/* The core has made it leave its group. */
static void c2_vcpu_destroy(struct vcpu *v)
{
    struct c2_vcpu *vc = c2_vcpu_of(v);

    if (!READ_ONCE(v->domain->refs)) /* else it never was the domain's: vcpu_create failed */
        c2_cap_destroy(c2_domain_of(v->domain)); /* its timer walks the domain's vCPUs */
    v->sched.priv = NULL;
    hv_free(vc);
}

const struct scheduler sched_credit2 = {
    .name = "SMP Credit Scheduler rev2",
    .opt = "credit2",
    .id = XEN_SCHEDULER_CREDIT2,
    .cpu_init = c2_cpu_init,
    .domain_init = c2_domain_init,
    .domain_destroy = c2_domain_destroy,
    .vcpu_init = c2_vcpu_init,
    .vcpu_destroy = c2_vcpu_destroy,
    .wake = c2_wake,
    .sleep = c2_sleep,
    .yield = c2_yield,
    .pick = c2_pick,
    .context_saved = c2_context_saved,
    .affinity_changed = c2_affinity_changed,
    .set_params = c2_set_params,
    .get_params = c2_get_params,
    .dump = c2_dump,
};
