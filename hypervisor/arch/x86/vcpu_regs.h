/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers and pending events, as vendor-neutral code sees them (vcpu.c; the values live in the VMCB while
 * the vendor is SVM). Only for the current vCPU, or one that is paused.
 */
#ifndef XENOLITH_VCPU_REGS_H
#define XENOLITH_VCPU_REGS_H

#include "vcpu.h"

#define X86_CR0_PE (1u << 0)
#define X86_CR0_MP (1u << 1)
#define X86_CR0_ET (1u << 4)
#define X86_CR0_NE (1u << 5)
#define X86_CR0_WP (1u << 16)
#define X86_CR0_PG (1u << 31)
#define X86_CR4_PSE (1u << 4)
#define X86_CR4_PAE (1u << 5)
#define X86_CR4_OSXSAVE (1u << 18)
#define X86_EFER_SCE (1u << 0)
#define X86_EFER_LME (1u << 8)
#define X86_EFER_LMA (1u << 10)
#define X86_EFER_NX (1u << 11)
#define X86_EFER_SVME (1u << 12)
#define X86_RFLAGS_IF (1u << 9)
#define X86_RFLAGS_DF (1u << 10)
#define X86_RFLAGS_TF (1u << 8)
#define X86_RFLAGS_RF (1u << 16)

#define X86_EXC_DB 1
#define X86_NMI_VECTOR 2
#define X86_EXC_BP 3
#define X86_EXC_OF 4
#define X86_EXC_UD 6
#define X86_EXC_DF 8
#define X86_EXC_GP 13
#define X86_EXC_PF 14
#define X86_EXC_AC 17
#define X86_EXC_MC 18

/* Event types: the numbers of both vendors' event-injection fields. */
enum event_type { EVENT_EXTINT = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFTINT = 4 };

uint64_t arch_vcpu_cr0(const struct vcpu *v);
uint64_t arch_vcpu_cr3(const struct vcpu *v);
uint64_t arch_vcpu_cr4(const struct vcpu *v);
uint64_t arch_vcpu_efer(const struct vcpu *v); /* as the guest sees it: without SVME */
void arch_vcpu_set_efer(struct vcpu *v, uint64_t efer); /* already checked by msr.c */
uint64_t arch_vcpu_rip(const struct vcpu *v);
void arch_vcpu_set_rip(struct vcpu *v, uint64_t rip); /* and end an interrupt shadow */
uint64_t arch_vcpu_rflags(const struct vcpu *v);
void arch_vcpu_set_rflags(struct vcpu *v, uint64_t rflags);
unsigned arch_vcpu_cpl(const struct vcpu *v);
unsigned arch_vcpu_mode(const struct vcpu *v); /* 16, 32 or 64: size of addresses in its code segment */
uint64_t arch_vcpu_cs_base(const struct vcpu *v);
uint64_t arch_vcpu_pat(const struct vcpu *v);
void arch_vcpu_set_pat(struct vcpu *v, uint64_t pat);
static inline bool arch_vcpu_cr4_osxsave(const struct vcpu *v)
{
    return arch_vcpu_cr4(v) & X86_CR4_OSXSAVE;
}

/* 32-bit flat protected mode without paging at eip, ebx = start_info (PVH boot ABI); makes v initialised. */
void arch_vcpu_set_pvh_entry(struct vcpu *v, uint32_t eip, uint32_t start_info);
/* Real mode as after power-up, waiting for SIPI. */
void arch_vcpu_reset(struct vcpu *v);

/* Queue an exception for the next entry (a second one becomes #DF, then a triple fault). */
void arch_vcpu_inject_exception(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error);
/* What a processor would reset the machine for: the domain ends as HVM_PARAM_TRIPLE_FAULT_REASON says. */
void arch_vcpu_triple_fault(struct vcpu *v);
static inline void arch_vcpu_inject_gp(struct vcpu *v)
{
    arch_vcpu_inject_exception(v, X86_EXC_GP, true, 0);
}
/* Hypercall page (MSR 0x40000000): 32-byte stubs that load eax and execute the vendor's instruction. */
void arch_hypercall_page_fill(void *page);

#endif
