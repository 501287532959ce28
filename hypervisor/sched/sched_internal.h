/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the scheduler core and the schedulers.
 *
 * Locking: CPUs that share a run queue share its lock (sched_cpu.lock, RANK_SCHED). A vCPU is guarded by the lock of the
 * queue that v->sched.cpu belongs to; v->sched.cpu itself changes only under that lock, so it is taken by
 * vcpu_sched_lock(). Every operation of struct scheduler on a vCPU, and pick, is called with that lock held, and no
 * path ever holds two of them.
 *
 * v->sched.running is true from the moment a CPU chose the vCPU until its state is saved again; while it is true the
 * vCPU is in no queue and is not freed (vcpu_sleep_sync waits for it).
 */
#ifndef XENOLITH_SCHED_INTERNAL_H
#define XENOLITH_SCHED_INTERNAL_H

#include "cpu.h"
#include "sched.h"
#include "timer.h"

struct sched_cpu {
    struct spinlock *lock; /* of the run queue; set by cpu_init of the scheduler */
    struct timer slice;    /* raises WORK_RESCHED */
    stime_t until;         /* what slice is set to; STIME_NEVER: off */
    void *priv;            /* the scheduler's own; set by cpu_init */
};

static inline bool cpumask_test(const struct cpumask *m, unsigned cpu)
{
    return bit_test(m->bits, cpu);
}
static inline void cpumask_set(struct cpumask *m, unsigned cpu)
{
    bit_set(m->bits, cpu);
}
static inline void cpumask_clear(struct cpumask *m, unsigned cpu)
{
    bit_clear(m->bits, cpu);
}

struct spinlock *vcpu_sched_lock(struct vcpu *v);

/*
 * Nobody runs v any more though v->sched.running is true: queue it where it may run, and only then let others have it.
 * No lock held; v may be gone afterwards.
 */
void sched_put_back(struct vcpu *v);

/* What the scheduler's operations mean, beyond sched.h:
 * wake              v is runnable, or its affinity got wider; it may be queued or running already
 * sleep             v is not runnable; dequeue it, or make the CPU that it runs on pick again
 * context_saved     v left its CPU; queue it if it is runnable
 * affinity_changed  v is not running, and v->sched.cpu is not in its hard mask any more (or it is being moved): leave every
 *                   structure of that queue; the core then changes v->sched.cpu and calls wake or context_saved
 * pick              may drop and take the CPU's lock in between; never returns a vCPU that is not runnable
 */

/*
 * Is there anything that ends a wait of v now? Weak default: an unmasked event channel upcall or a vector of the local APIC.
 * An architecture may define it to look at the interrupt flag and at NMIs as well.
 */
bool arch_vcpu_has_event(struct vcpu *v);

/* Rate limit of preemption, in ns; 0: none. */
extern stime_t sched_ratelimit;

#endif
