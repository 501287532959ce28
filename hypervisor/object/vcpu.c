/* SPDX-License-Identifier: GPL-2.0-only */
#include "vcpu.h"

#include "arch.h"
#include "device.h"
#include "domain.h"
#include "domain_ctl.h"
#include "errno.h"
#include "page.h"
#include "public/sched.h"
#include "vcpu_timer.h"

static const struct vcpu_part {
    int (*init)(struct vcpu *v);
    void (*destroy)(struct vcpu *v);
} parts[] = {
    {sched_vcpu_init, sched_vcpu_destroy},
    {evtchn_vcpu_init, evtchn_vcpu_destroy},
    {devices_vcpu_init, devices_vcpu_destroy},
    {vcpu_timers_init, vcpu_timers_destroy},
    {arch_vcpu_init, arch_vcpu_destroy},
};

static void parts_destroy(struct vcpu *v, unsigned count)
{
    while (count--)
        parts[count].destroy(v);
}

/* The first 32 vCPUs have a place in the shared page; the others get none before they register one. */
static void *legacy_info(struct domain *d, unsigned id)
{
    /* Both layouts have 64 bytes for each. */
    return id < XEN_LEGACY_MAX_VCPUS ? (char *)d->shared_info + id * sizeof(struct vcpu_info) : NULL;
}

int vcpu_create(struct domain *d, unsigned id)
{
    struct vcpu *v;

    if (id >= d->nr_vcpus)
        return -EINVAL;
    if (d->vcpu[id])
        return -EEXIST;
    v = hv_zalloc(sizeof(*v));
    if (!v)
        return -ENOMEM;
    v->id = id;
    v->domain = d;
    v->info = legacy_info(d, id);
    v->info_mfn = INVALID_MFN;
    v->runstate_update_flag = id > 0 && d->vcpu[0] && d->vcpu[0]->runstate_update_flag;
    bit_set(&v->sched.pause_flags, VPF_DOWN);
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
        int r = parts[i].init(v);

        if (r) {
            parts_destroy(v, i);
            hv_free(v);
            return r;
        }
    }
    arch_update_time(v);
    WRITE_ONCE(d->vcpu[id], v);
    return 0;
}

void vcpu_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool any_up = false, was_down = true;

    spin_lock(&d->lock); /* of two that go at once, the second is the last */
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        any_up |= d->vcpu[i] && d->vcpu[i] != v && !bit_test(&d->vcpu[i]->sched.pause_flags, VPF_DOWN);
    if (any_up)
        was_down = bit_test_and_set(&v->sched.pause_flags, VPF_DOWN);
    spin_unlock(&d->lock);
    if (!any_up)
        domain_shutdown(d, SHUTDOWN_poweroff);
    else if (!was_down)
        vcpu_sleep_nosync(v);
}

void vcpu_release(struct vcpu *v)
{
    mfn_t mfn = v->info_mfn;

    v->info_mfn = INVALID_MFN;
    /* Before its page may be somebody else's. */
    __atomic_store_n(&v->info, legacy_info(v->domain, v->id), __ATOMIC_SEQ_CST);
    if (mfn != INVALID_MFN)
        page_put(mfn_to_page(mfn));
    arch_update_time(v);
    v->runstate_area = 0;
}

void vcpu_destroy(struct vcpu *v)
{
    WRITE_ONCE(v->domain->vcpu[v->id], NULL);
    parts_destroy(v, ARRAY_SIZE(parts));
    if (v->info_mfn != INVALID_MFN)
        page_put(mfn_to_page(v->info_mfn));
    hv_free(v);
}

void vcpu_kick(struct vcpu *v)
{
    unsigned cpu;

    vcpu_unblock(v);
    smp_mb(); /* what the caller made pending before what we read of v's place */
    cpu = READ_ONCE(v->sched.cpu);
    if (READ_ONCE(v->sched.running) && cpu != this_cpu()->id)
        arch_kick_cpu(cpu);
}
