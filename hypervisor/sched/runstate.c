/* SPDX-License-Identifier: GPL-2.0-only */
/* Runstate accounting and the guest's copy of it. */
#include "runstate.h"

#include "copy.h"
#include "domain.h"
#include "lib.h"
#include "public/vcpu.h"
#include "sched_internal.h"

void runstate_change(struct vcpu *v, enum runstate state, stime_t t)
{
    struct sched_vcpu *s = &v->sched;

    if (s->state == state)
        return;
    if (t > s->state_since) /* clocks of two CPUs may differ by a little */
        s->state_time[s->state] += (uint64_t)(t - s->state_since);
    s->state_since = t;
    s->state = state;
}

enum runstate runstate_at_rest(const struct vcpu *v)
{
    return bit_test(&v->sched.pause_flags, VPF_BLOCKED) ? RUNSTATE_BLOCKED : RUNSTATE_OFFLINE;
}

void vcpu_runstate_get(struct vcpu *v, uint64_t ret_time[RUNSTATE_COUNT], enum runstate *ret_state, stime_t *ret_since)
{
    struct spinlock *lock = vcpu_sched_lock(v);
    stime_t delta = now() - v->sched.state_since;

    memcpy(ret_time, v->sched.state_time, sizeof(v->sched.state_time));
    *ret_state = v->sched.state;
    *ret_since = v->sched.state_since;
    spin_unlock(lock);
    if (delta > 0)
        ret_time[*ret_state] += (uint64_t)delta;
}

void vcpu_runstate_info(struct vcpu *v, struct vcpu_runstate_info *ret)
{
    uint64_t spent[RUNSTATE_COUNT];
    enum runstate state;
    stime_t since;

    vcpu_runstate_get(v, spent, &state, &since);
    memset(ret, 0, sizeof(*ret)); /* padding too: it goes to the guest */
    ret->state = state;
    ret->state_entry_time = (uint64_t)(since + v->domain->time_offset);
    ret->time_running = spent[RUNSTATE_RUNNING];
    ret->time_runnable = spent[RUNSTATE_RUNNABLE];
    ret->time_blocked = spent[RUNSTATE_BLOCKED];
    ret->time_offline = spent[RUNSTATE_OFFLINE];
}

size_t vcpu_runstate_pack(struct vcpu *v, uint8_t *buf)
{
    struct vcpu_runstate_info native;

    vcpu_runstate_info(v, &native);
    if (!v->domain->abi32) {
        memcpy(buf, &native, sizeof(native));
        return sizeof(native);
    }
    struct compat_vcpu_runstate_info compat = {
        .state = native.state,
        .state_entry_time = native.state_entry_time,
        .time_running = native.time_running,
        .time_runnable = native.time_runnable,
        .time_blocked = native.time_blocked,
        .time_offline = native.time_offline,
    };

    memcpy(buf, &compat, sizeof(compat));
    return sizeof(compat);
}

/* A guest that asked for it sees XEN_RUNSTATE_UPDATE in the entry time while the rest changes, and retries. */
void vcpu_runstate_publish(struct vcpu *v)
{
    uint8_t buf[sizeof(struct vcpu_runstate_info)];
    guest_va_t area = v->runstate_area;
    uint64_t entry;

    if (!area || v != current_vcpu())
        return;
    size_t size = vcpu_runstate_pack(v, buf);

    if (!v->runstate_update_flag) {
        (void)copy_to_guest(area, buf, size);
        return;
    }
    size_t at = v->domain->abi32 ? offsetof(struct compat_vcpu_runstate_info, state_entry_time)
                                 : offsetof(struct vcpu_runstate_info, state_entry_time);

    memcpy(&entry, buf + at, sizeof(entry));
    entry |= XEN_RUNSTATE_UPDATE;
    memcpy(buf + at, &entry, sizeof(entry));
    if (copy_to_guest(area + at, &entry, sizeof(entry)))
        return;
    smp_mb();
    (void)copy_to_guest(area, buf, size);
    smp_mb();
    entry &= ~XEN_RUNSTATE_UPDATE;
    (void)copy_to_guest(area + at, &entry, sizeof(entry));
}
