/* SPDX-License-Identifier: MIT */
/*
 * HVM context: the vCPU state that XEN_DOMCTL_gethvmcontext and sethvmcontext carry, and a migration stream too. A
 * sequence of records: struct hvm_save_descriptor, then `length` bytes; HEADER comes first, END last.
 */
#ifndef XENOLITH_PUBLIC_HVM_SAVE_H
#define XENOLITH_PUBLIC_HVM_SAVE_H

#include <stddef.h>
#include <stdint.h>

struct hvm_save_descriptor {
    uint16_t typecode; /* HVM_SAVE_CODE_* */
    uint16_t instance; /* vCPU id, where records are per vCPU */
    uint32_t length;   /* of what follows */
};

#define HVM_SAVE_CODE_END 0
#define HVM_SAVE_CODE_HEADER 1
#define HVM_SAVE_CODE_CPU 2
#define HVM_SAVE_CODE_LAPIC 5
#define HVM_SAVE_CODE_LAPIC_REGS 6
#define HVM_SAVE_CODE_MTRR 14
#define HVM_SAVE_CODE_TSC_ADJUST 19

#define HVM_FILE_MAGIC 0x54381286
#define HVM_FILE_VERSION 2

struct hvm_save_header {
    uint32_t magic, version;
    uint64_t changeset;
    uint32_t cpuid; /* leaf 1 EAX of the saving machine */
    uint32_t gtsc_khz;
};

/* Selectors, limits, bases and attributes come in the order of these indices. Attributes are packed as in SVM's VMCB. */
enum { HVM_SEG_CS, HVM_SEG_DS, HVM_SEG_ES, HVM_SEG_FS, HVM_SEG_GS, HVM_SEG_SS, HVM_SEG_TR, HVM_SEG_LDTR, HVM_NR_SEGS };
enum { HVM_TABLE_IDTR = HVM_NR_SEGS, HVM_TABLE_GDTR, HVM_NR_TABLES };

struct hvm_hw_cpu {
    uint8_t fpu_regs[512]; /* FXSAVE image */
    uint64_t rax, rbx, rcx, rdx, rbp, rsi, rdi, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint64_t cr0, cr2, cr3, cr4;
    uint64_t dr0, dr1, dr2, dr3, dr6, dr7;
    uint32_t sel[HVM_NR_SEGS];
    uint32_t limit[HVM_NR_TABLES];
    uint64_t base[HVM_NR_TABLES];
    uint32_t arbytes[HVM_NR_SEGS];
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t shadow_gs; /* KERNEL_GS_BASE */
    uint64_t msr_flags; /* obsolete */
    uint64_t msr_lstar, msr_star, msr_cstar, msr_syscall_mask, msr_efer, msr_tsc_aux;
    uint64_t tsc;
    uint32_t pending_event; /* vector 0-7, type 8-10, error valid 11, valid 31 */
    uint32_t error_code;
    uint32_t flags; /* XEN_X86_FPU_INITIALISED: fpu_regs counts */
    uint32_t pad0;
};
#define XEN_X86_FPU_INITIALISED (1u << 0)

struct hvm_hw_lapic {
    uint64_t apic_base_msr;
    uint32_t disabled; /* bit 0: hardware-disabled; bit 1: software-disabled */
    uint32_t timer_divisor;
    uint64_t tdt_msr;
};

struct hvm_hw_lapic_regs {
    uint8_t data[1024]; /* the register page: a register every 16 bytes */
};

struct hvm_hw_mtrr {
    uint64_t msr_pat_cr;
    uint64_t msr_mtrr_var[16]; /* base, mask of 8 pairs */
    uint64_t msr_mtrr_fixed[11];
    uint64_t msr_mtrr_cap, msr_mtrr_def_type;
};

struct hvm_tsc_adjust {
    uint64_t tsc_adjust;
};

_Static_assert(sizeof(struct hvm_save_header) == 24, "hvm_save_header");
_Static_assert(offsetof(struct hvm_hw_cpu, rip) == 640, "hvm_hw_cpu.rip");
_Static_assert(offsetof(struct hvm_hw_cpu, limit) == 768, "hvm_hw_cpu.limit");
_Static_assert(offsetof(struct hvm_hw_cpu, base) == 808, "hvm_hw_cpu.base");
_Static_assert(offsetof(struct hvm_hw_cpu, sysenter_cs) == 920, "hvm_hw_cpu.sysenter_cs");
_Static_assert(sizeof(struct hvm_hw_cpu) == 1032, "hvm_hw_cpu");
_Static_assert(sizeof(struct hvm_hw_mtrr) == 240, "hvm_hw_mtrr");

#endif
