/* SPDX-License-Identifier: MIT */
/*
 * What XEN_DOMCTL_getvcpucontext tells of a vCPU, and a core dump's .xen_prstatus holds: 64-bit layout, which is that of
 * all HVM and PVH domains. The fields of classic PV are 0 then.
 */
#ifndef XENOLITH_PUBLIC_VCPU_CONTEXT_H
#define XENOLITH_PUBLIC_VCPU_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#define VGCF_i387_valid (1U << 0)
#define VGCF_in_kernel (1U << 2)
#define VGCF_online (1U << 5)

struct cpu_user_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint32_t error_code, entry_vector;
    uint64_t rip;
    uint16_t cs, pad0;
    uint8_t saved_upcall_mask, pad1[3];
    uint64_t rflags, rsp;
    uint16_t ss, pad2[3], es, pad3[3], ds, pad4[3], fs, pad5[3], gs, pad6[3];
};

struct vcpu_guest_context {
    uint8_t fpu_ctxt[512]; /* FXSAVE image */
    uint64_t flags;        /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct {
        uint8_t vector, flags;
        uint16_t cs;
        uint64_t address;
    } trap_ctxt[256];
    uint64_t ldt_base, ldt_ents, gdt_frames[16], gdt_ents, kernel_ss, kernel_sp;
    uint64_t ctrlreg[8], debugreg[8];
    uint64_t event_callback_eip, failsafe_callback_eip, syscall_callback_eip, vm_assist;
    uint64_t fs_base, gs_base_kernel, gs_base_user;
};
_Static_assert(sizeof(struct cpu_user_regs) == 200, "cpu_user_regs");
_Static_assert(sizeof(struct vcpu_guest_context) == 5168, "vcpu_guest_context");

#endif
