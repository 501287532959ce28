/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC timer: one-shot, periodic and TSC-deadline. */
#include "vlapic.h"

#include "hv.h"
#include "lib.h"

#define TICK_NS 10 /* a bus clock of 100 MHz, as stock Xen's guests see it; the divider comes on top */
#define MIN_PERIOD MICROSECS(100) /* a guest must not keep its CPU busy with timer interrupts alone */
#define FAR_FUTURE (INT64_MAX / 4)

enum timer_mode { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_TSC_DEADLINE, TIMER_RESERVED };

static enum timer_mode timer_mode(uint32_t lvtt)
{
    return (lvtt >> 17) & 3;
}

/* Divide configuration: bits 3, 1 and 0 give 2, 4, ... 128, and 1 for seven. */
static stime_t timer_unit(const struct vlapic *l)
{
    uint32_t tdcr = READ_ONCE(l->reg[APIC_TDCR]);
    unsigned code = (tdcr & 3) | ((tdcr & 8) >> 1);

    return (stime_t)TICK_NS << ((code + 1) & 7);
}

static stime_t timer_period(const struct vlapic *l)
{
    stime_t period = READ_ONCE(l->reg[APIC_TMICT]) * timer_unit(l);

    return period < MIN_PERIOD ? MIN_PERIOD : period;
}

/* Called by the vCPU itself, so sched.cpu is this CPU, and the timer moves along with the vCPU. */
static void timer_arm(struct vcpu *v, stime_t deadline)
{
    struct vlapic *l = v->vlapic;

    if (l->timer.cpu != v->sched.cpu)
        timer_migrate(&l->timer, v->sched.cpu);
    spin_lock(&l->timer_lock);
    l->deadline = deadline;
    timer_set(&l->timer, deadline);
    spin_unlock(&l->timer_lock);
}

static void timer_disarm(struct vcpu *v)
{
    struct vlapic *l = v->vlapic;

    spin_lock(&l->timer_lock);
    l->deadline = STIME_NEVER;
    spin_unlock(&l->timer_lock);
    timer_stop(&l->timer);
}

/* Ticks that were missed are left out: the next one keeps the phase. */
static stime_t next_period(const struct vlapic *l, stime_t deadline, stime_t time)
{
    stime_t period = timer_period(l);

    return deadline + period > time ? deadline + period : time + period - (time - deadline) % period;
}

/* The lock decides between an expiry and the vCPU setting a new deadline on another CPU. */
static bool timer_take_expiry(struct vlapic *l)
{
    stime_t time = now();
    bool due;

    spin_lock(&l->timer_lock);
    due = l->deadline <= time;
    if (due) {
        bool again = timer_mode(l->reg[APIC_LVTT]) == TIMER_PERIODIC && l->reg[APIC_TMICT];

        l->deadline = again ? next_period(l, l->deadline, time) : STIME_NEVER;
        l->tsc_deadline = 0;
    }
    if (l->deadline != STIME_NEVER)
        timer_set(&l->timer, l->deadline);
    spin_unlock(&l->timer_lock);
    return due;
}

static void timer_expired(void *data)
{
    struct vcpu *v = data;
    uint32_t lvtt = READ_ONCE(v->vlapic->reg[APIC_LVTT]);

    if (timer_take_expiry(v->vlapic) && !(lvtt & APIC_LVT_MASKED))
        vlapic_raise(v, (uint8_t)lvtt, false);
}

uint32_t vlapic_timer_count(const struct vlapic *l)
{
    stime_t deadline = READ_ONCE(l->deadline), left = deadline - now();
    uint64_t count;

    if (deadline == STIME_NEVER || timer_mode(l->reg[APIC_LVTT]) >= TIMER_TSC_DEADLINE)
        return 0;
    if (left <= 0 && timer_mode(l->reg[APIC_LVTT]) == TIMER_PERIODIC)
        left = timer_period(l) - -left % timer_period(l);
    if (left <= 0)
        return 0;
    count = (uint64_t)(left + timer_unit(l) - 1) / (uint64_t)timer_unit(l);
    return (uint32_t)min_u64(count, l->reg[APIC_TMICT]);
}

void vlapic_timer_set_initial(struct vcpu *v, uint32_t count)
{
    struct vlapic *l = v->vlapic;

    if (timer_mode(l->reg[APIC_LVTT]) >= TIMER_TSC_DEADLINE)
        return;
    WRITE_ONCE(l->reg[APIC_TMICT], count);
    if (count)
        timer_arm(v, now() + count * timer_unit(l));
    else
        timer_disarm(v);
}

/* A running count goes on at the new rate. */
void vlapic_timer_set_divide(struct vcpu *v, uint32_t tdcr)
{
    struct vlapic *l = v->vlapic;
    uint32_t left = vlapic_timer_count(l);

    WRITE_ONCE(l->reg[APIC_TDCR], tdcr);
    if (left)
        timer_arm(v, now() + left * timer_unit(l));
}

/* SDM "TSC-deadline mode": changing to or from it disarms the timer. */
void vlapic_timer_set_lvt(struct vcpu *v, uint32_t lvt)
{
    struct vlapic *l = v->vlapic;
    enum timer_mode from = timer_mode(l->reg[APIC_LVTT]), to = timer_mode(lvt);

    WRITE_ONCE(l->reg[APIC_LVTT], lvt);
    if (from == to || (from < TIMER_TSC_DEADLINE && to < TIMER_TSC_DEADLINE))
        return;
    l->reg[APIC_TMICT] = 0;
    timer_disarm(v);
    WRITE_ONCE(l->tsc_deadline, 0);
}

uint64_t vlapic_timer_tsc_deadline(const struct vlapic *l)
{
    return timer_mode(l->reg[APIC_LVTT]) == TIMER_TSC_DEADLINE ? READ_ONCE(l->tsc_deadline) : 0;
}

/* System time at which the host's TSC has this value. */
static stime_t tsc_to_stime(uint64_t tsc)
{
    uint64_t delta = tsc - host.boot_tsc;
    unsigned __int128 ns;

    if ((int64_t)delta < 0)
        return tsc < host.boot_tsc ? 0 : FAR_FUTURE;
    ns = host.tsc_shift < 0 ? delta >> -host.tsc_shift : (unsigned __int128)delta << host.tsc_shift;
    ns = (ns * host.tsc_mul) >> 32;
    return ns > FAR_FUTURE ? FAR_FUTURE : (stime_t)ns;
}

void vlapic_timer_set_tsc_deadline(struct vcpu *v, uint64_t tsc)
{
    struct vlapic *l = v->vlapic;

    if (timer_mode(l->reg[APIC_LVTT]) != TIMER_TSC_DEADLINE)
        return;
    timer_disarm(v);
    WRITE_ONCE(l->tsc_deadline, tsc);
    if (tsc)
        timer_arm(v, tsc_to_stime(tsc - (uint64_t)l->tsc_offset));
}

void vlapic_set_tsc_offset(struct vcpu *v, int64_t offset)
{
    v->vlapic->tsc_offset = offset;
}

void vlapic_timer_reset(struct vcpu *v)
{
    timer_disarm(v);
    v->vlapic->tsc_deadline = 0;
    v->vlapic->reg[APIC_TMICT] = 0;
    v->vlapic->reg[APIC_TDCR] = 0;
}

int vlapic_timer_create(struct vcpu *v)
{
    struct vlapic *l = v->vlapic;

    l->deadline = STIME_NEVER;
    spin_lock_init(&l->timer_lock, RANK_DEVICE);
    return timer_init(&l->timer, timer_expired, v, v->sched.cpu);
}

void vlapic_timer_destroy(struct vcpu *v)
{
    timer_kill(&v->vlapic->timer);
}
