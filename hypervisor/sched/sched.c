/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler core: why a vCPU does not run, wake and sleep, and the switch from one to the next. */
#include "sched.h"

#include "../object/sched_op.h"
#include "../object/vcpu_timer.h"
#include "arch.h"
#include "device.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "runstate.h"
#include "sched_internal.h"

static const struct scheduler *const schedulers[] = {&sched_credit2, &sched_null};

const struct scheduler *sched = &sched_credit2;
stime_t sched_ratelimit = MILLISECS(1);

/* --- set-up --- */

static unsigned turn; /* whose it is to get the next vCPU */

static void slice_over(void *data)
{
    struct cpu *c = data;

    cpu_raise(c->id, WORK_RESCHED);
}

int sched_cpu_init(struct cpu *c)
{
    if (c->sched)
        return 0;
    struct sched_cpu *sc = hv_zalloc(sizeof(*sc));

    if (!sc)
        return -ENOMEM;
    sc->until = STIME_NEVER;
    int rc = timer_init(&sc->slice, slice_over, c, c->id);

    if (rc)
        goto free;
    c->sched = sc;
    rc = sched->cpu_init(c);
    if (rc)
        goto kill;
    return 0;

kill:
    c->sched = NULL;
    timer_kill(&sc->slice);
free:
    hv_free(sc);
    return rc;
}

/*
 * Choose by name, and set up the CPUs that are online. One that is not (at boot: every CPU) calls sched_cpu_init itself, after
 * it has made its timer queue. -EINVAL: no such scheduler.
 */
int sched_init(const char *name)
{
    sched = &sched_credit2;
    turn = 0;
    if (name) {
        unsigned i = 0;

        while (i < ARRAY_SIZE(schedulers) && strcmp(name, schedulers[i]->opt) != 0)
            i++;
        if (i == ARRAY_SIZE(schedulers))
            return -EINVAL;
        sched = schedulers[i];
    }
    for (unsigned i = 0; i < nr_cpus; i++) {
        int rc = cpus[i] && cpus[i]->online ? sched_cpu_init(cpus[i]) : 0;

        if (rc)
            return rc;
    }
    log_info("Using scheduler: %s (%s)\n", sched->name, sched->opt);
    return 0;
}

int sched_domain_init(struct domain *d)
{
    return sched->domain_init(d);
}

void sched_domain_destroy(struct domain *d)
{
    domain_watchdog_destroy(d);
    sched->domain_destroy(d);
}

/* Some online CPU of mask, each in turn; NR_CPUS: none. */
static unsigned next_cpu_of(const struct cpumask *mask, const struct cpumask *prefer)
{
    unsigned found = NR_CPUS, start = __atomic_add_fetch(&turn, 1, __ATOMIC_RELAXED);

    for (unsigned n = 0; n < nr_cpus; n++) {
        unsigned i = (start + n) % nr_cpus;

        if (!cpumask_test(mask, i) || !cpus[i]->sched)
            continue;
        if (cpumask_test(prefer, i))
            return i;
        if (found == NR_CPUS)
            found = i;
    }
    return found;
}

int sched_vcpu_init(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;

    memset(&s->hard, 0xff, sizeof(s->hard));
    memset(&s->soft, 0xff, sizeof(s->soft));
    s->cpu = next_cpu_of(&s->hard, &s->soft);
    s->pause_flags = 1ULL << VPF_DOWN;
    s->state = RUNSTATE_OFFLINE;
    s->state_since = now();
    return sched->vcpu_init(v);
}

void sched_vcpu_destroy(struct vcpu *v)
{
    ASSERT(!v->sched.running);
    struct spinlock *lock = vcpu_sched_lock(v);

    sched->affinity_changed(v);
    spin_unlock(lock);
    sched->vcpu_destroy(v);
}

/* --- runnable or not --- */

struct spinlock *vcpu_sched_lock(struct vcpu *v)
{
    for (;;) {
        struct spinlock *lock = cpus[READ_ONCE(v->sched.cpu)]->sched->lock;

        spin_lock(lock);
        if (lock == cpus[v->sched.cpu]->sched->lock)
            return lock;
        spin_unlock(lock);
    }
}

bool vcpu_runnable(const struct vcpu *v)
{
    return !(READ_ONCE(v->sched.pause_flags) | READ_ONCE(v->sched.pause_count) |
             READ_ONCE(v->domain->pause_count));
}

void vcpu_wake(struct vcpu *v)
{
    struct spinlock *lock = vcpu_sched_lock(v);

    if (vcpu_runnable(v)) {
        if (v->sched.state >= RUNSTATE_BLOCKED)
            runstate_change(v, RUNSTATE_RUNNABLE, now());
        sched->wake(v);
    } else if (v->sched.state != RUNSTATE_RUNNING) {
        runstate_change(v, runstate_at_rest(v), now());
    }
    spin_unlock(lock);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    struct spinlock *lock = vcpu_sched_lock(v);

    if (!vcpu_runnable(v)) {
        if (v->sched.state != RUNSTATE_RUNNING)
            runstate_change(v, runstate_at_rest(v), now());
        sched->sleep(v);
    }
    spin_unlock(lock);
}

void vcpu_sleep_sync(struct vcpu *v)
{
    ASSERT(v != current_vcpu());
    vcpu_sleep_nosync(v);
    while (__atomic_load_n(&v->sched.running, __ATOMIC_ACQUIRE))
        arch_relax();
}

void vcpu_pause_nosync(struct vcpu *v)
{
    __atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    ASSERT(v != current_vcpu());
    vcpu_pause_nosync(v);
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    if (__atomic_sub_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST) == 0)
        vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
    __atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            vcpu_sleep_nosync(d->vcpu[i]);
}

void domain_pause(struct domain *d)
{
    domain_pause_nosync(d);
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            vcpu_sleep_sync(d->vcpu[i]);
}

void domain_unpause(struct domain *d)
{
    if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) != 0)
        return;
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            vcpu_wake(d->vcpu[i]);
}

/* --- block, poll, yield --- */

void vcpu_block(struct vcpu *v)
{
    bit_test_and_set(&v->sched.pause_flags, VPF_BLOCKED); /* a barrier: an event after this finds the flag */
    if (arch_vcpu_has_event(v))
        bit_test_and_clear(&v->sched.pause_flags, VPF_BLOCKED);
    else
        cpu_raise(v->sched.cpu, WORK_RESCHED);
}

void vcpu_unblock(struct vcpu *v)
{
    if (READ_ONCE(v->polling))
        vcpu_poll_end(v);
    if (bit_test_and_clear(&v->sched.pause_flags, VPF_BLOCKED))
        vcpu_wake(v);
}

void vcpu_yield(struct vcpu *v)
{
    struct spinlock *lock = vcpu_sched_lock(v);

    sched->yield(v);
    spin_unlock(lock);
    cpu_raise(v->sched.cpu, WORK_RESCHED);
}

/* --- affinity --- */

/* v is not running and has to leave its CPU. Its lock is held on entry, and on return that of the new CPU. */
static struct spinlock *vcpu_move(struct vcpu *v, struct spinlock *lock)
{
    unsigned cpu = next_cpu_of(&v->sched.hard, &v->sched.soft);

    ASSERT(cpu < NR_CPUS);
    sched->affinity_changed(v);
    WRITE_ONCE(v->sched.cpu, cpu);
    spin_unlock(lock);
    return vcpu_sched_lock(v);
}

static bool mask_has_cpu(const struct cpumask *mask)
{
    return next_cpu_of(mask, mask) < NR_CPUS;
}

/* NULL leaves a mask as it is, and so does a hard mask without any online CPU (callers refuse that before). */
void vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft)
{
    struct spinlock *lock = vcpu_sched_lock(v);

    if (hard && mask_has_cpu(hard))
        v->sched.hard = *hard;
    if (soft)
        v->sched.soft = *soft;
    if (!cpumask_test(&v->sched.hard, v->sched.cpu)) {
        if (v->sched.running) {
            cpu_raise(v->sched.cpu, WORK_RESCHED); /* sched_put_back moves it */
        } else {
            lock = vcpu_move(v, lock);
            if (vcpu_runnable(v))
                sched->wake(v);
        }
    } else if (vcpu_runnable(v)) {
        sched->wake(v);
    }
    spin_unlock(lock);
}

/* --- the switch --- */

/* v's state is saved: other CPUs may take it. Nothing may touch v after running is false. */
void sched_put_back(struct vcpu *v)
{
    struct spinlock *lock = vcpu_sched_lock(v);

    if (!cpumask_test(&v->sched.hard, v->sched.cpu))
        lock = vcpu_move(v, lock);
    sched->context_saved(v);
    __atomic_store_n(&v->sched.running, false, __ATOMIC_RELEASE);
    spin_unlock(lock);
}

static void slice_set(struct sched_cpu *sc, stime_t until)
{
    if (sc->until == until)
        return;
    sc->until = until;
    if (until == STIME_NEVER)
        timer_stop(&sc->slice);
    else
        timer_set(&sc->slice, until);
}

/* Runstates and idle time of a change from prev to next; the queue's lock is held. True: next comes from another CPU. */
static bool account_switch(struct cpu *c, struct vcpu *prev, struct vcpu *next, stime_t t)
{
    bool moved = false;

    if (prev)
        runstate_change(prev, vcpu_runnable(prev) ? RUNSTATE_RUNNABLE : runstate_at_rest(prev), t);
    else
        c->idle_time += t - c->idle_since;
    if (next) {
        moved = next->sched.cpu != c->id;
        WRITE_ONCE(next->sched.cpu, c->id);
        next->sched.running = true;
        runstate_change(next, RUNSTATE_RUNNING, t);
    } else {
        c->idle_since = t;
    }
    return moved;
}

static void switch_to(struct cpu *c, struct vcpu *prev, struct vcpu *next, bool moved)
{
    if (prev) {
        vcpu_timers_pause(prev);
        vcpu_runstate_publish(prev);
    }
    c->current = next;
    arch_vcpu_switch(prev, next);
    if (prev)
        sched_put_back(prev);
    if (next) {
        if (moved)
            vcpu_timers_migrate(next, c->id);
        vcpu_timers_resume(next);
        vcpu_runstate_publish(next);
    }
}

struct vcpu *schedule(void)
{
    struct cpu *c = this_cpu();
    struct sched_cpu *sc = c->sched;
    struct vcpu *prev = c->current, *next;
    stime_t until = STIME_NEVER, t;
    bool moved = false;

    /* Before looking, so that what is raised from now on is seen; the loop does not clear it on its way to idle. */
    bit_test_and_clear(&c->work, WORK_RESCHED);
    spin_lock(sc->lock);
    t = now();
    next = sched->pick(c, t, &until);
    if (next != prev)
        moved = account_switch(c, prev, next, t);
    spin_unlock(sc->lock);
    slice_set(sc, until);
    if (next != prev)
        switch_to(c, prev, next, moved);
    return next;
}
