/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD SVM: probing, per-CPU and per-vCPU set-up, and access to the registers that the VMCB holds. */
#include "svm.h"

#include "arch.h"
#include "cpu.h"
#include "domain.h"
#include "errno.h"
#include "insn.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "svm_internal.h"
#include "vcpu_regs.h"
#include "vendor.h"

struct svm_features svm_features;
static uint8_t *msrpm; /* one for all guests: 2 pages, all intercepted but what the VMCB switches */

#define CPUID_SVM_LEAF 0x8000000a
#define SVM_LEAF_NPT (1u << 0)
#define SVM_LEAF_NRIPS (1u << 3)
#define SVM_LEAF_FLUSH_BY_ASID (1u << 6)
#define SVM_LEAF_DECODE_ASSIST (1u << 7)

/* MSRs that VMSAVE, VMLOAD and VMRUN switch: the guest may use them freely. */
static const uint32_t direct_msrs[] = {
    0x174, 0x175, 0x176,                                        /* SYSENTER_CS, ESP, EIP */
    0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,             /* STAR, LSTAR, CSTAR, SFMASK */
    0xc0000100, 0xc0000101, 0xc0000102,                         /* FS_BASE, GS_BASE, KERNEL_GS_BASE */
};

/* Two bits an MSR (read, write) in three ranges of 8192 MSRs: APM volume 2, 15.11. */
static void msrpm_clear(uint8_t *map, uint32_t msr)
{
    static const uint32_t base[] = { 0, 0xc0000000, 0xc0010000 };

    for (unsigned i = 0; i < ARRAY_SIZE(base); i++)
        if (msr >= base[i] && msr < base[i] + 0x2000) {
            unsigned bit = (msr - base[i]) * 2;
            map[i * 0x800 + bit / 8] &= (uint8_t)~(3u << (bit % 8));
        }
}

static int msrpm_init(void)
{
    mfn_t mfn = hv_alloc_pages(1, 0);

    if (mfn == INVALID_MFN)
        return -ENOMEM;
    msrpm = mfn_to_virt(mfn);
    memset(msrpm, 0xff, 2 * PAGE_SIZE);
    for (unsigned i = 0; i < ARRAY_SIZE(direct_msrs); i++)
        msrpm_clear(msrpm, direct_msrs[i]);
    return 0;
}

static int svm_probe(void)
{
    uint32_t r[4];

    insn_cpuid(0x80000001, 0, r);
    if (!(r[2] & (1u << 2)))
        return -ENODEV;
    if (insn_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) {
        log_err("SVM: switched off by the firmware; enable it in the firmware's set-up\n");
        return -ENODEV;
    }
    insn_cpuid(CPUID_SVM_LEAF, 0, r);
    if (!(r[3] & SVM_LEAF_NPT)) {
        log_err("SVM: no nested paging (QEMU: add +npt to -cpu)\n");
        return -ENODEV;
    }
    svm_features.nr_asids = r[1];
    svm_features.nrip_save = r[3] & SVM_LEAF_NRIPS;
    svm_features.flush_by_asid = r[3] & SVM_LEAF_FLUSH_BY_ASID;
    svm_features.decode_assist = r[3] & SVM_LEAF_DECODE_ASSIST;
    log_info("SVM: nested paging, %u ASIDs%s%s%s\n", svm_features.nr_asids,
             svm_features.nrip_save ? ", NRIP save" : "", svm_features.flush_by_asid ? ", flush by ASID" : "",
             svm_features.decode_assist ? ", decode assists" : "");
    return msrpm_init();
}

static int svm_cpu_init(struct cpu *c)
{
    mfn_t hsave = hv_alloc_pages(0, ALLOC_ZERO), host_vmcb = hv_alloc_pages(0, ALLOC_ZERO);

    if (hsave == INVALID_MFN || host_vmcb == INVALID_MFN)
        return -ENOMEM;
    insn_wrmsr(MSR_EFER, insn_rdmsr(MSR_EFER) | X86_EFER_SVME);
    insn_wrmsr(MSR_VM_HSAVE_PA, hsave << PAGE_SHIFT);
    c->arch.host_vmcb = host_vmcb << PAGE_SHIFT;
    insn_vmsave(c->arch.host_vmcb);
    c->arch.asid_generation = 1;
    c->arch.next_asid = 1;
    return 0;
}

static void vmcb_set_control(struct vcpu *v)
{
    struct vmcb *b = v->arch.vmcb;

    /* AC and DB may occur again and again while they are delivered: without an exit the guest would keep the CPU. */
    b->intercept_exc = (1u << X86_EXC_MC) | (1u << X86_EXC_AC) | (1u << X86_EXC_DB);
    b->intercept1 = SVM_INTR | SVM_NMI | SVM_SMI | SVM_INIT | SVM_RDPMC | SVM_CPUID | SVM_INVD | SVM_HLT |
                    SVM_INVLPGA | SVM_IOIO | SVM_MSR | SVM_TASK_SWITCH | SVM_SHUTDOWN;
    b->intercept2 = SVM_VMRUN | SVM_VMMCALL | SVM_VMLOAD | SVM_VMSAVE | SVM_STGI | SVM_CLGI | SVM_SKINIT |
                    SVM_WBINVD | SVM_MONITOR | SVM_MWAIT | SVM_XSETBV;
    b->iopm_pa = virt_to_mfn(v->domain->arch.iopm) << PAGE_SHIFT;
    b->msrpm_pa = virt_to_mfn(msrpm) << PAGE_SHIFT;
    b->vintr = VINTR_MASKING;
    b->np_enable = 1;
    b->nested_cr3 = v->domain->p2m.root << PAGE_SHIFT;
}

static int svm_vcpu_init(struct vcpu *v)
{
    v->arch.vmcb = hv_alloc_page();
    if (!v->arch.vmcb)
        return -ENOMEM;
    v->arch.vmcb_pa = virt_to_mfn(v->arch.vmcb) << PAGE_SHIFT;
    vmcb_set_control(v);
    return 0;
}

static void svm_vcpu_destroy(struct vcpu *v)
{
    if (v->arch.vmcb)
        hv_free_page(v->arch.vmcb);
    v->arch.vmcb = NULL;
}

#define VMCB_REG(r, f) [VREG_##r] = offsetof(struct vmcb, f)
static const uint16_t reg_offset[VREG_COUNT] = {
    VMCB_REG(CR0, cr0), VMCB_REG(CR2, cr2), VMCB_REG(CR3, cr3), VMCB_REG(CR4, cr4), VMCB_REG(EFER, efer),
    VMCB_REG(RIP, rip), VMCB_REG(RFLAGS, rflags), VMCB_REG(RAX, rax), VMCB_REG(RSP, rsp), VMCB_REG(DR6, dr6),
    VMCB_REG(DR7, dr7), VMCB_REG(PAT, pat), VMCB_REG(TSC_OFFSET, tsc_offset), VMCB_REG(SYSENTER_CS, sysenter_cs),
    VMCB_REG(SYSENTER_ESP, sysenter_esp), VMCB_REG(SYSENTER_EIP, sysenter_eip), VMCB_REG(STAR, star),
    VMCB_REG(LSTAR, lstar), VMCB_REG(CSTAR, cstar), VMCB_REG(SFMASK, sfmask), VMCB_REG(KERNEL_GS_BASE, kernel_gs_base),
};

static uint64_t svm_get_reg(const struct vcpu *v, enum vreg reg)
{
    uint64_t value;

    memcpy(&value, (const char *)v->arch.vmcb + reg_offset[reg], sizeof(value));
    return reg == VREG_EFER ? value & ~(uint64_t)X86_EFER_SVME : value;
}

static void svm_set_reg(struct vcpu *v, enum vreg reg, uint64_t value)
{
    if (reg == VREG_EFER)
        value |= X86_EFER_SVME; /* VMRUN demands it */
    memcpy((char *)v->arch.vmcb + reg_offset[reg], &value, sizeof(value));
}

#define VMCB_SEG(s, f) [VSEG_##s] = offsetof(struct vmcb, f)
static const uint16_t seg_offset[VSEG_COUNT] = {
    VMCB_SEG(ES, es), VMCB_SEG(CS, cs), VMCB_SEG(SS, ss), VMCB_SEG(DS, ds), VMCB_SEG(FS, fs),
    VMCB_SEG(GS, gs), VMCB_SEG(GDTR, gdtr), VMCB_SEG(LDTR, ldtr), VMCB_SEG(IDTR, idtr), VMCB_SEG(TR, tr),
};
_Static_assert(sizeof(struct segment) == sizeof(struct vmcb_segment), "segment layouts are the same");

static void svm_get_segment(const struct vcpu *v, enum vseg seg, struct segment *ret)
{
    memcpy(ret, (const char *)v->arch.vmcb + seg_offset[seg], sizeof(*ret));
}

static void svm_set_segment(struct vcpu *v, enum vseg seg, const struct segment *s)
{
    memcpy((char *)v->arch.vmcb + seg_offset[seg], s, sizeof(*s));
}

static unsigned svm_get_cpl(const struct vcpu *v)
{
    return v->arch.vmcb->cpl;
}

static void svm_set_cpl(struct vcpu *v, unsigned cpl)
{
    v->arch.vmcb->cpl = (uint8_t)cpl;
}

static void svm_end_shadow(struct vcpu *v)
{
    v->arch.vmcb->interrupt_shadow = 0;
}

const struct vcpu_vendor svm_vendor = {
    .name = "SVM",
    .probe = svm_probe,
    .cpu_init = svm_cpu_init,
    .vcpu_init = svm_vcpu_init,
    .vcpu_destroy = svm_vcpu_destroy,
    .run = svm_run,
    .get_reg = svm_get_reg,
    .set_reg = svm_set_reg,
    .get_segment = svm_get_segment,
    .set_segment = svm_set_segment,
    .get_cpl = svm_get_cpl,
    .set_cpl = svm_set_cpl,
    .end_shadow = svm_end_shadow,
    .hypercall_insn = { 0x0f, 0x01, 0xd9 }, /* VMMCALL */
};
