/* SPDX-License-Identifier: GPL-2.0-only */
/* The para-virtual clock: vcpu_time_info of each vCPU and the wall clock in shared_info. */
#include "arch.h"
#include "domain.h"
#include "hv.h"
#include "insn.h"
#include "msr.h"
#include "vcpu.h"

static bool tsc_is_invariant(void)
{
    uint32_t r[4];

    insn_cpuid(0x80000000, 0, r);
    if (r[0] < 0x80000007)
        return false;
    insn_cpuid(0x80000007, 0, r);
    return r[3] & (1u << 8);
}

/* Written by the vCPU's own CPU, or while it cannot run; readers retry while version is odd. */
void arch_update_time(struct vcpu *v)
{
    struct vcpu_time_info *t;

    if (!v->info)
        return;
    t = &((struct vcpu_info *)v->info)->time; /* at the same offset in both layouts */
    WRITE_ONCE(t->version, READ_ONCE(t->version) | 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    /* System time is a linear function of the TSC, 0 at the hypervisor's start. */
    t->tsc_timestamp = host.boot_tsc + v->arch.msrs->tsc_offset;
    t->system_time = (uint64_t)v->domain->time_offset;
    t->tsc_to_system_mul = host.tsc_mul;
    t->tsc_shift = host.tsc_shift;
    t->flags = tsc_is_invariant() ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    WRITE_ONCE(t->version, READ_ONCE(t->version) + 1);
}

/* Seconds and nanoseconds since 1970 at the domain's system time 0. */
void arch_update_wallclock(struct domain *d)
{
    struct shared_info *s = d->shared_info;
    struct compat_shared_info *c = d->shared_info;
    int64_t sec = host.wallclock_boot + d->wallclock_offset_s;
    uint32_t *version = d->abi32 ? &c->wc_version : &s->wc_version;

    WRITE_ONCE(*version, READ_ONCE(*version) | 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    version[1] = (uint32_t)sec;
    version[2] = 0;
    *(d->abi32 ? &c->arch_wc_sec_hi : &s->wc_sec_hi) = (uint32_t)(sec >> 32);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    WRITE_ONCE(*version, READ_ONCE(*version) + 1);
}
