/* SPDX-License-Identifier: GPL-2.0-only */
/* x86's part of struct cpu, vcpu and domain. */
#ifndef XENOLITH_ARCH_TYPES_H
#define XENOLITH_ARCH_TYPES_H

#include "types.h"

struct vcpu;
struct vmcb;
struct host_cpu; /* GDT, TSS, stacks: traps.c */
struct vcpu_msrs;
struct cpuid_policy;

/* Index of each register in arch_vcpu.gpr, as instructions encode them. */
enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, NR_GPRS };

struct arch_cpu {
    uint32_t apic_id;
    struct host_cpu *host;
    /* SVM */
    paddr_t host_vmcb;    /* FS, GS, TR, ... of the hypervisor on this CPU, for VMLOAD after each exit */
    uint64_t asid_generation;
    uint32_t next_asid;
    struct vcpu *fpu_owner; /* whose FPU state the registers hold */
};

struct arch_domain {
    uint8_t callback_vector; /* HVM_PARAM_CALLBACK_IRQ of type vector; 0: none */
    uint8_t *iopm;           /* I/O permission bitmap, 3 pages; the shared all-set one or dom0's own */
    uint64_t flush_generation; /* bumped by arch_p2m_flush */
    struct cpuid_policy *cpuid;
};

/* An event to be injected at the next entry. */
struct pending_event {
    bool valid, has_error;
    uint8_t vector, type; /* type: enum event_type in vcpu_regs.h */
    uint32_t error;
};

struct fetch_cache { /* trap/fetch.c: where the last instruction was read */
    const uint8_t *bytes;
    uint64_t page, cr3, generation;
};

struct arch_vcpu {
    uint64_t gpr[NR_GPRS]; /* RAX and RSP are copied from and to the VMCB around an exit */
    struct vmcb *vmcb;
    paddr_t vmcb_pa;
    void *xsave_area;
    uint64_t xcr0;
    uint64_t dr[4]; /* breakpoint addresses while it is off its CPU; DR6 and DR7 are in the control block */

    struct fetch_cache fetch_cache;
    struct pending_event event;
    uint8_t offered_vector; /* of the local APIC, given as virtual interrupt at the last entry; 0: none */
    bool nmi_pending;
    bool nmi_masked;       /* in an NMI handler: the next one waits for its IRET */
    uint64_t nmi_iret_rip; /* that IRET is about to be executed here; ~0: not reached yet */
    bool wait_sipi;     /* after INIT: only a SIPI starts it */
    bool init_pending;
    int sipi_page;      /* -1: none */

    uint64_t asid_generation, flush_generation;
    unsigned asid_cpu;
    struct vcpu_msrs *msrs;
};

static inline struct cpu *arch_this_cpu(void)
{
    struct cpu *c;

    __asm__("mov %%gs:0, %0" : "=r"(c));
    return c;
}

#endif
