/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between AMD SVM and Intel VMX: one const table, chosen at boot (DESIGN D1). */
#ifndef XENOLITH_VENDOR_H
#define XENOLITH_VENDOR_H

#include "vcpu.h"

/* Registers that live in the vendor's control block. Segment selectors etc. go through struct segment. */
enum vreg {
    VREG_CR0, VREG_CR2, VREG_CR3, VREG_CR4, VREG_EFER, VREG_RIP, VREG_RFLAGS, VREG_RAX, VREG_RSP, VREG_DR6, VREG_DR7,
    VREG_PAT, VREG_TSC_OFFSET, VREG_SYSENTER_CS, VREG_SYSENTER_ESP, VREG_SYSENTER_EIP, VREG_STAR, VREG_LSTAR, VREG_CSTAR,
    VREG_SFMASK, VREG_KERNEL_GS_BASE, VREG_COUNT,
};

enum vseg { VSEG_ES, VSEG_CS, VSEG_SS, VSEG_DS, VSEG_FS, VSEG_GS, VSEG_GDTR, VSEG_LDTR, VSEG_IDTR, VSEG_TR, VSEG_COUNT };

struct segment {
    uint16_t selector;
    uint16_t attributes; /* SVM's packing: type 0-3, S 4, DPL 5-6, P 7, AVL 8, L 9, D/B 10, G 11 */
    uint32_t limit;
    uint64_t base;
};
#define SEG_ATTR_L (1u << 9)
#define SEG_ATTR_DB (1u << 10)

struct vcpu_vendor {
    const char *name;
    int (*probe)(void); /* 0, or -ENODEV: not this vendor, or not usable */
    int (*cpu_init)(struct cpu *c);
    int (*vcpu_init)(struct vcpu *v);
    void (*vcpu_destroy)(struct vcpu *v);
    /* Enter the guest once, then hand the exit, normalised, to exit_handle() (trap/exit.h). */
    void (*run)(struct vcpu *v);
    uint64_t (*get_reg)(const struct vcpu *v, enum vreg reg);
    void (*set_reg)(struct vcpu *v, enum vreg reg, uint64_t value);
    void (*get_segment)(const struct vcpu *v, enum vseg seg, struct segment *ret);
    void (*set_segment)(struct vcpu *v, enum vseg seg, const struct segment *s);
    unsigned (*get_cpl)(const struct vcpu *v);
    void (*set_cpl)(struct vcpu *v, unsigned cpl);
    void (*end_shadow)(struct vcpu *v);        /* the instruction after STI or MOV SS has been passed */
    uint8_t hypercall_insn[3];                 /* VMMCALL or VMCALL */
};

extern const struct vcpu_vendor svm_vendor;
extern const struct vcpu_vendor *vendor;

int vendor_init(void); /* choose; -ENODEV when the machine has none that works */

/* fpu.c */
void fpu_init(void);     /* sizes and features; boot CPU */
void fpu_cpu_init(void); /* CR4, XCR0 of this CPU */
int fpu_vcpu_init(struct vcpu *v);
void fpu_vcpu_reset(struct vcpu *v);
/* Take over the x87 and SSE state of a 512-byte FXSAVE image; v is off its CPU. */
void fpu_vcpu_load_legacy(struct vcpu *v, const void *image);
void fpu_vcpu_destroy(struct vcpu *v);
void fpu_switch(struct vcpu *from, struct vcpu *to);
uint64_t fpu_host_xcr0(void);
void fpu_sync_xcr0(struct vcpu *v); /* v->arch.xcr0 from this CPU's register; v is current */
/* XSETBV by the current vCPU: 0, or -EINVAL (#GP). */
int fpu_set_xcr0(struct vcpu *v, uint64_t value);

#endif
