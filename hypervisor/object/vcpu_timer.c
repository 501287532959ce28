/* SPDX-License-Identifier: GPL-2.0-only */
#include "vcpu_timer.h"

#include "domain.h"
#include "event.h"
#include "op.h"
#include "sched.h"
#include "timer.h"

static void singleshot_fired(void *data)
{
    struct vcpu *v = data;

    evtchn_virq(v, VIRQ_TIMER);
}

static void periodic_fired(void *data)
{
    struct vcpu *v = data;

    if (READ_ONCE(v->sched.running))
        vcpu_timers_resume(v);
}

static void poll_timed_out(void *data)
{
    struct vcpu *v = data;

    if (READ_ONCE(v->polling))
        vcpu_unblock(v);
}

int vcpu_timers_init(struct vcpu *v)
{
    unsigned cpu = v->sched.cpu;
    int rc = timer_init(&v->singleshot, singleshot_fired, v, cpu);

    if (!rc)
        rc = timer_init(&v->periodic, periodic_fired, v, cpu);
    if (!rc)
        rc = timer_init(&v->poll, poll_timed_out, v, cpu);
    if (rc)
        vcpu_timers_destroy(v);
    return rc;
}

void vcpu_timers_destroy(struct vcpu *v)
{
    timer_kill(&v->singleshot);
    timer_kill(&v->periodic);
    timer_kill(&v->poll);
}

void vcpu_timers_migrate(struct vcpu *v, unsigned cpu)
{
    timer_migrate(&v->singleshot, cpu);
    timer_migrate(&v->periodic, cpu);
    timer_migrate(&v->poll, cpu);
}

void vcpu_timers_pause(struct vcpu *v)
{
    if (v->periodic_period)
        timer_stop(&v->periodic);
}

/* Ticks keep their phase: one virtual interrupt stands for all periods that have passed. */
void vcpu_timers_resume(struct vcpu *v)
{
    stime_t period = READ_ONCE(v->periodic_period), t = now();

    if (!period)
        return;
    if (t >= v->periodic_last + period) {
        v->periodic_last += (t - v->periodic_last) / period * period;
        evtchn_virq(v, VIRQ_TIMER);
    }
    timer_set(&v->periodic, v->periodic_last + period);
}

stime_t vcpu_time_to_host(const struct vcpu *v, uint64_t guest_ns)
{
    stime_t t;

    if (guest_ns > INT64_MAX)
        return 0;
    if (__builtin_sub_overflow((stime_t)guest_ns, v->domain->time_offset, &t))
        return v->domain->time_offset > 0 ? 0 : STIME_NEVER;
    return t > 0 ? t : 0;
}

void vcpu_singleshot_set(struct vcpu *v, uint64_t guest_ns)
{
    timer_migrate(&v->singleshot, this_cpu()->id);
    timer_set(&v->singleshot, vcpu_time_to_host(v, guest_ns));
}

void vcpu_periodic_set(struct vcpu *v, uint64_t period_ns)
{
    timer_stop(&v->periodic);
    v->periodic_last = now();
    WRITE_ONCE(v->periodic_period, (stime_t)period_ns);
    if (period_ns && READ_ONCE(v->sched.running))
        timer_set(&v->periodic, v->periodic_last + (stime_t)period_ns);
}

/* Old Linux asks for times absurdly far ahead when it means "soon": like stock, answer those after 100 ms. */
int64_t do_set_timer_op(struct op *op)
{
    struct vcpu *v = op->vcpu;
    uint64_t timeout = op->abi32 ? (uint32_t)op->raw[0] | op->raw[1] << 32 : op->raw[0];
    stime_t host = vcpu_time_to_host(v, timeout);

    if (timeout == 0) {
        timer_stop(&v->singleshot);
    } else if (timeout > INT64_MAX || host - now() >= (stime_t)1 << 50) {
        timer_migrate(&v->singleshot, this_cpu()->id);
        timer_set(&v->singleshot, now() + MILLISECS(100));
    } else {
        vcpu_singleshot_set(v, timeout);
    }
    return 0;
}
