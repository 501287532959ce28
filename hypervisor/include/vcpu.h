/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual CPUs. */
#ifndef XENOLITH_VCPU_H
#define XENOLITH_VCPU_H

#include "cpu.h"
#include "public/xen.h"
#include "sched.h"
#include "timer.h"

struct domain;
struct vlapic;

struct vcpu {
    unsigned id;
    struct domain *domain;
    struct sched_vcpu sched;

    /* Where the guest sees its vcpu_info; NULL before it can have one. Native or compat layout by domain->abi32. */
    void *info;
    mfn_t info_mfn; /* frame registered by VCPUOP_register_vcpu_info, referenced; INVALID_MFN: in shared_info */

    guest_va_t runstate_area; /* VCPUOP_register_runstate_memory_area; 0: none */
    bool runstate_update_flag; /* vm_assist: set XEN_RUNSTATE_UPDATE while writing */

    struct timer singleshot, periodic, poll;
    stime_t periodic_period;
    stime_t periodic_last;

    uint32_t poll_port;   /* SCHEDOP_poll: port waited for; 0: none, UINT32_MAX: several */
    bool polling;

    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    struct evtchn_fifo_vcpu *evtchn_fifo;

    uint8_t upcall_vector; /* HVMOP_set_evtchn_upcall_vector; 0: the domain's callback is used */
    bool initialised;      /* has a register state, may be brought up */
    struct vlapic *vlapic;

    struct arch_vcpu arch;
};

/* Create vCPU id of d, down and not initialised. -ENOMEM. */
int vcpu_create(struct domain *d, unsigned id);
void vcpu_destroy(struct vcpu *v);
/* v stops until it is brought up again; the domain powers off when it was the last one that was up. */
void vcpu_down(struct vcpu *v);
/* Interrupt, event or state change: make v look before it runs guest code again (wakes it if blocked). */
void vcpu_kick(struct vcpu *v);

#endif
