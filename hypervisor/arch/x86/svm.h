/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD SVM: the VMCB and its constants (AMD64 Architecture Programmer's Manual, volume 2, chapter 15 and appendix B). */
#ifndef XENOLITH_SVM_H
#define XENOLITH_SVM_H

#include "types.h"

struct vmcb_segment {
    uint16_t selector;
    uint16_t attributes; /* bits 0-7: descriptor bits 40-47; 8-11: bits 52-55 */
    uint32_t limit;
    uint64_t base;
};

struct vmcb {
    /* Control area */
    uint32_t intercept_cr, intercept_dr, intercept_exc;
    uint32_t intercept1, intercept2, intercept3;
    uint8_t reserved1[0x3c - 0x18];
    uint16_t pause_threshold, pause_count;
    uint64_t iopm_pa, msrpm_pa, tsc_offset;
    uint32_t asid;
    uint8_t tlb_control, reserved2[3];
    uint64_t vintr;            /* VINTR_* */
    uint64_t interrupt_shadow; /* bit 0 */
    uint64_t exit_code, exit_info1, exit_info2;
    uint64_t exit_int_info;    /* event that was being delivered when the exit came */
    uint64_t np_enable;
    uint8_t reserved3[0xa8 - 0x98];
    uint64_t event_inject;
    uint64_t nested_cr3;
    uint64_t lbr_enable;
    uint32_t clean_bits, reserved4;
    uint64_t next_rip;         /* valid with NRIP save */
    uint8_t fetched_count, fetched_bytes[15]; /* valid with decode assists */
    uint8_t reserved5[0x400 - 0xe0];
    /* State save area, at 0x400 */
    struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t reserved6[0x4cb - 0x4a0];
    uint8_t cpl;
    uint32_t reserved7;
    uint64_t efer;
    uint8_t reserved8[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved9[0x5d8 - 0x580];
    uint64_t rsp;
    uint8_t reserved10[0x5f8 - 0x5e0];
    uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    uint8_t reserved11[0x668 - 0x648];
    uint64_t pat, debugctl;
    uint8_t reserved12[0x1000 - 0x678];
} __packed;

_Static_assert(offsetof(struct vmcb, iopm_pa) == 0x40, "VMCB iopm");
_Static_assert(offsetof(struct vmcb, asid) == 0x58, "VMCB asid");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "VMCB exit code");
_Static_assert(offsetof(struct vmcb, event_inject) == 0xa8, "VMCB event injection");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "VMCB nrip");
_Static_assert(offsetof(struct vmcb, fetched_count) == 0xd0, "VMCB fetched bytes");
_Static_assert(offsetof(struct vmcb, es) == 0x400, "VMCB save area");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "VMCB cpl");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "VMCB efer");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "VMCB cr4");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "VMCB rsp");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "VMCB rax");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "VMCB cr2");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "VMCB pat");
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB size");

#define SVM_CR8_WRITE (1u << 24) /* in intercept_cr */

enum svm_intercept1 {
    SVM_INTR = 1u << 0, SVM_NMI = 1u << 1, SVM_SMI = 1u << 2, SVM_INIT = 1u << 3, SVM_VINTR = 1u << 4,
    SVM_RDPMC = 1u << 15, SVM_CPUID = 1u << 18, SVM_IRET = 1u << 20, SVM_INVD = 1u << 22, SVM_PAUSE = 1u << 23,
    SVM_HLT = 1u << 24, SVM_INVLPGA = 1u << 26, SVM_IOIO = 1u << 27, SVM_MSR = 1u << 28, SVM_TASK_SWITCH = 1u << 29,
    SVM_SHUTDOWN = 1u << 31,
};
enum svm_intercept2 {
    SVM_VMRUN = 1u << 0, SVM_VMMCALL = 1u << 1, SVM_VMLOAD = 1u << 2, SVM_VMSAVE = 1u << 3, SVM_STGI = 1u << 4,
    SVM_CLGI = 1u << 5, SVM_SKINIT = 1u << 6, SVM_WBINVD = 1u << 9, SVM_MONITOR = 1u << 10, SVM_MWAIT = 1u << 11,
    SVM_XSETBV = 1u << 13,
};

#define VINTR_TPR 0xffULL
#define VINTR_IRQ (1ULL << 8)
#define VINTR_PRIO (0xfULL << 16)
#define VINTR_IGN_TPR (1ULL << 20)
#define VINTR_MASKING (1ULL << 24)
#define VINTR_VECTOR_SHIFT 32
#define VINTR_VECTOR (0xffULL << VINTR_VECTOR_SHIFT)

#define EVENTINJ_ERROR_VALID (1ULL << 11)
#define EVENTINJ_VALID (1ULL << 31)

#define TLB_CONTROL_NONE 0
#define TLB_CONTROL_FLUSH_ALL 1
#define TLB_CONTROL_FLUSH_ASID 3 /* this ASID's entries; where the processor has flush-by-ASID */

enum svm_exit_code {
    SVM_EXIT_CR8_WRITE = 0x18,
    SVM_EXIT_EXC_BASE = 0x40,
    SVM_EXIT_INTR = 0x60, SVM_EXIT_NMI = 0x61, SVM_EXIT_SMI = 0x62, SVM_EXIT_INIT = 0x63, SVM_EXIT_VINTR = 0x64,
    SVM_EXIT_RDPMC = 0x6f, SVM_EXIT_CPUID = 0x72, SVM_EXIT_IRET = 0x74, SVM_EXIT_INVD = 0x76, SVM_EXIT_PAUSE = 0x77,
    SVM_EXIT_HLT = 0x78, SVM_EXIT_INVLPGA = 0x7a, SVM_EXIT_IOIO = 0x7b, SVM_EXIT_MSR = 0x7c, SVM_EXIT_TASK_SWITCH = 0x7d,
    SVM_EXIT_SHUTDOWN = 0x7f, SVM_EXIT_VMRUN = 0x80, SVM_EXIT_VMMCALL = 0x81, SVM_EXIT_VMLOAD = 0x82,
    SVM_EXIT_VMSAVE = 0x83, SVM_EXIT_STGI = 0x84, SVM_EXIT_CLGI = 0x85, SVM_EXIT_SKINIT = 0x86,
    SVM_EXIT_WBINVD = 0x89, SVM_EXIT_MONITOR = 0x8a, SVM_EXIT_MWAIT = 0x8b, SVM_EXIT_XSETBV = 0x8d,
    SVM_EXIT_NPF = 0x400, SVM_EXIT_INVALID = -1,
};

#define MSR_VM_CR 0xc0010114
#define VM_CR_SVMDIS (1u << 4)
#define MSR_VM_HSAVE_PA 0xc0010117

struct vcpu;

/* Features that CPUID 0x8000000a offers; TCG has none of them (FACTS), real processors have all. */
struct svm_features {
    bool nrip_save, decode_assist, flush_by_asid;
    uint32_t nr_asids;
};
extern struct svm_features svm_features;

/* svm_exit.c: turn the exit just taken into a struct exit and handle it. */
void svm_handle_exit(struct vcpu *v);
/* svm_inject.c: choose what to inject at the coming entry; after the exit, see what became of it. */
void svm_prepare_injection(struct vcpu *v);
void svm_settle_injection(struct vcpu *v);

/* svm_entry.S: run the guest until its next exit. Interrupts come back disabled, GIF set. */
void svm_enter(uint64_t *gpr, paddr_t vmcb_pa, paddr_t host_vmcb_pa);

#endif
