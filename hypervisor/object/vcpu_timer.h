/* SPDX-License-Identifier: GPL-2.0-only */
/* The timers of a vCPU (vcpu_timer.c): single-shot and periodic raise VIRQ_TIMER, the third ends SCHEDOP_poll. */
#ifndef XENOLITH_VCPU_TIMER_H
#define XENOLITH_VCPU_TIMER_H

#include "types.h"

struct op;
struct vcpu;

int vcpu_timers_init(struct vcpu *v); /* after sched_vcpu_init. -ENOMEM: nothing is left behind */
void vcpu_timers_destroy(struct vcpu *v);
void vcpu_timers_migrate(struct vcpu *v, unsigned cpu);

/* Periodic ticks stop while the vCPU is off its CPU; on its return one that was missed is delivered at once. */
void vcpu_timers_pause(struct vcpu *v);
void vcpu_timers_resume(struct vcpu *v);

/* Absolute guest system time (ns) as host time; what lies before the host's boot is in the past. */
stime_t vcpu_time_to_host(const struct vcpu *v, uint64_t guest_ns);

/* For the current vCPU: due at the guest's absolute time, which may have passed. */
void vcpu_singleshot_set(struct vcpu *v, uint64_t guest_ns);
void vcpu_periodic_set(struct vcpu *v, uint64_t period_ns); /* 0: off */

/* Hypercall set_timer_op: raw[0] (32-bit callers: raw[0] low, raw[1] high) is the single-shot's time; 0 stops it. */
int64_t do_set_timer_op(struct op *op);

#endif
