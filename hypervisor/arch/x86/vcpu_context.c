/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU's registers for who looks at a domain: XEN_DOMCTL_getvcpucontext, and by it a core dump. */
#include "arch_ctl.h"
#include "copy.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "page.h"
#include "public/vcpu_context.h"
#include "vcpu_regs.h"
#include "vendor.h"

#define FIELD(f) offsetof(struct vcpu_guest_context, f)

static const struct {
    uint16_t offset;
    uint8_t reg;
} gprs[] = {
    { FIELD(user_regs.rax), RAX }, { FIELD(user_regs.rcx), RCX }, { FIELD(user_regs.rdx), RDX }, { FIELD(user_regs.rbx), RBX },
    { FIELD(user_regs.rsp), RSP }, { FIELD(user_regs.rbp), RBP }, { FIELD(user_regs.rsi), RSI }, { FIELD(user_regs.rdi), RDI },
    { FIELD(user_regs.r8), R8 },   { FIELD(user_regs.r9), R9 },   { FIELD(user_regs.r10), R10 }, { FIELD(user_regs.r11), R11 },
    { FIELD(user_regs.r12), R12 }, { FIELD(user_regs.r13), R13 }, { FIELD(user_regs.r14), R14 }, { FIELD(user_regs.r15), R15 },
}, regs[] = {
    { FIELD(user_regs.rip), VREG_RIP }, { FIELD(user_regs.rflags), VREG_RFLAGS }, { FIELD(ctrlreg[0]), VREG_CR0 },
    { FIELD(ctrlreg[2]), VREG_CR2 },    { FIELD(ctrlreg[3]), VREG_CR3 },          { FIELD(ctrlreg[4]), VREG_CR4 },
    { FIELD(debugreg[6]), VREG_DR6 },   { FIELD(debugreg[7]), VREG_DR7 },
}, selectors[] = {
    { FIELD(user_regs.cs), VSEG_CS }, { FIELD(user_regs.ss), VSEG_SS }, { FIELD(user_regs.ds), VSEG_DS },
    { FIELD(user_regs.es), VSEG_ES }, { FIELD(user_regs.fs), VSEG_FS }, { FIELD(user_regs.gs), VSEG_GS },
};

static void put64(struct vcpu_guest_context *c, unsigned offset, uint64_t value)
{
    memcpy((char *)c + offset, &value, sizeof(value));
}

static uint64_t segment_base(const struct vcpu *v, enum vseg seg)
{
    struct segment s;

    vendor->get_segment(v, seg, &s);
    return s.base;
}

static void segments_fill(const struct vcpu *v, struct vcpu_guest_context *c)
{
    uint64_t gs = segment_base(v, VSEG_GS), other_gs = vendor->get_reg(v, VREG_KERNEL_GS_BASE);
    bool in_kernel = vendor->get_cpl(v) == 0;

    for (unsigned i = 0; i < ARRAY_SIZE(selectors); i++) {
        struct segment s;

        vendor->get_segment(v, (enum vseg)selectors[i].reg, &s);
        memcpy((char *)c + selectors[i].offset, &s.selector, sizeof(s.selector));
    }
    c->fs_base = segment_base(v, VSEG_FS);
    c->gs_base_kernel = in_kernel ? gs : other_gs;
    c->gs_base_user = in_kernel ? other_gs : gs;
}

static void context_fill(const struct vcpu *v, struct vcpu_guest_context *c)
{
    memcpy(c->fpu_ctxt, v->arch.xsave_area, sizeof(c->fpu_ctxt));
    c->flags = VGCF_i387_valid | (bit_test(&v->sched.pause_flags, VPF_DOWN) ? 0 : VGCF_online);
    for (unsigned i = 0; i < ARRAY_SIZE(gprs); i++)
        put64(c, gprs[i].offset, v->arch.gpr[gprs[i].reg]);
    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++)
        put64(c, regs[i].offset, vendor->get_reg(v, (enum vreg)regs[i].reg));
    memcpy(c->debugreg, v->arch.dr, sizeof(v->arch.dr));
    segments_fill(v, c);
}

int arch_domctl_get_vcpucontext(struct vcpu *v, guest_va_t to)
{
    struct vcpu_guest_context *c = hv_zalloc(sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    vcpu_pause(v);
    context_fill(v, c);
    vcpu_unpause(v);
    rc = copy_to_guest(to, c, sizeof(*c)) ? -EFAULT : 0;
    hv_free(c);
    return rc;
}
