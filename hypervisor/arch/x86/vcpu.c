/* SPDX-License-Identifier: GPL-2.0-only */
/* x86 vCPUs, whatever the vendor: register access, reset and entry states, exceptions, INIT and SIPI, switching. */
#include "vcpu.h"

#include "arch.h"
#include "device.h"
#include "device/vlapic.h"
#include "cpuid.h"
#include "domain.h"
#include "errno.h"
#include "guest_walk.h"
#include "insn.h"
#include "lib.h"
#include "log.h"
#include "msr.h"
#include "page.h"
#include "public/hvm.h"
#include "svm.h"
#include "vcpu_regs.h"
#include "vendor.h"

const struct vcpu_vendor *vendor;

int vendor_init(void)
{
    static const struct vcpu_vendor *const vendors[] = { &svm_vendor };

    for (unsigned i = 0; i < ARRAY_SIZE(vendors); i++)
        if (!vendors[i]->probe()) {
            vendor = vendors[i];
            return 0;
        }
    return -ENODEV;
}

uint64_t arch_vcpu_cr0(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_CR0);
}
uint64_t arch_vcpu_cr3(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_CR3);
}
uint64_t arch_vcpu_cr4(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_CR4);
}
uint64_t arch_vcpu_efer(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_EFER);
}
void arch_vcpu_set_efer(struct vcpu *v, uint64_t efer)
{
    uint64_t lma = arch_vcpu_efer(v) & X86_EFER_LMA; /* follows CR0.PG, not WRMSR */

    vendor->set_reg(v, VREG_EFER, (efer & ~(uint64_t)X86_EFER_LMA) | lma);
}
uint64_t arch_vcpu_rip(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_RIP);
}
void arch_vcpu_set_rip(struct vcpu *v, uint64_t rip)
{
    if (arch_vcpu_mode(v) != 64)
        rip = (uint32_t)rip;
    vendor->set_reg(v, VREG_RIP, rip);
    vendor->end_shadow(v);
}
uint64_t arch_vcpu_rflags(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_RFLAGS);
}
void arch_vcpu_set_rflags(struct vcpu *v, uint64_t rflags)
{
    vendor->set_reg(v, VREG_RFLAGS, rflags | 2);
}
unsigned arch_vcpu_cpl(const struct vcpu *v)
{
    return vendor->get_cpl(v);
}
uint64_t arch_vcpu_pat(const struct vcpu *v)
{
    return vendor->get_reg(v, VREG_PAT);
}
void arch_vcpu_set_pat(struct vcpu *v, uint64_t pat)
{
    vendor->set_reg(v, VREG_PAT, pat);
}

unsigned arch_vcpu_mode(const struct vcpu *v)
{
    struct segment cs;

    if (!(arch_vcpu_cr0(v) & X86_CR0_PE))
        return 16;
    vendor->get_segment(v, VSEG_CS, &cs);
    if ((arch_vcpu_efer(v) & X86_EFER_LMA) && (cs.attributes & SEG_ATTR_L))
        return 64;
    return cs.attributes & SEG_ATTR_DB ? 32 : 16;
}

uint64_t arch_vcpu_cs_base(const struct vcpu *v)
{
    struct segment cs;

    if (arch_vcpu_mode(v) == 64)
        return 0;
    vendor->get_segment(v, VSEG_CS, &cs);
    return cs.base;
}

bool arch_guest_is_32bit(const struct vcpu *v)
{
    return arch_vcpu_mode(v) != 64;
}

int arch_guest_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec)
{
    struct guest_paging pg = {
        .cr0 = arch_vcpu_cr0(v),
        .cr3 = arch_vcpu_cr3(v),
        .cr4 = arch_vcpu_cr4(v),
        .efer = arch_vcpu_efer(v),
    };

    return guest_walk(&pg, v->domain, va, access, ret_gpa, ret_pfec);
}

static void set_flat_segments(struct vcpu *v)
{
    static const struct segment code = { 0x8, 0xc9b, 0xffffffff, 0 }, data = { 0x10, 0xc93, 0xffffffff, 0 };
    static const struct segment tss = { 0x18, 0x08b, 0x67, 0 }, none = { 0, 0x082, 0, 0 };

    vendor->set_segment(v, VSEG_CS, &code);
    for (unsigned s = VSEG_ES; s <= VSEG_GS; s++)
        if (s != VSEG_CS)
            vendor->set_segment(v, (enum vseg)s, &data);
    vendor->set_segment(v, VSEG_TR, &tss);
    vendor->set_segment(v, VSEG_LDTR, &none);
}

/* Real mode with the given code segment, other registers as after RESET or INIT. */
static void set_real_mode(struct vcpu *v, uint16_t cs_selector, uint64_t cs_base, uint64_t rip)
{
    struct segment seg = { cs_selector, 0x9b, 0xffff, cs_base };
    struct segment sys = { 0, 0x82, 0xffff, 0 };

    vendor->set_segment(v, VSEG_CS, &seg);
    seg = (struct segment){ 0, 0x93, 0xffff, 0 };
    for (unsigned s = VSEG_ES; s <= VSEG_GS; s++)
        if (s != VSEG_CS)
            vendor->set_segment(v, (enum vseg)s, &seg);
    vendor->set_segment(v, VSEG_GDTR, &sys);
    vendor->set_segment(v, VSEG_IDTR, &sys);
    vendor->set_segment(v, VSEG_LDTR, &sys);
    sys.attributes = 0x8b;
    vendor->set_segment(v, VSEG_TR, &sys);
    vendor->set_reg(v, VREG_RIP, rip);
}

#define PAT_RESET 0x0007040600070406ULL

void arch_vcpu_reset(struct vcpu *v)
{
    memset(v->arch.gpr, 0, sizeof(v->arch.gpr));
    v->arch.gpr[RDX] = 0x600; /* processor family, as INIT leaves it */
    v->arch.event.valid = false;
    v->arch.nmi_pending = false;
    v->arch.nmi_masked = false;
    set_real_mode(v, 0xf000, 0xffff0000, 0xfff0);
    vendor->set_reg(v, VREG_CR0, X86_CR0_ET);
    vendor->set_reg(v, VREG_CR2, 0);
    vendor->set_reg(v, VREG_CR3, 0);
    vendor->set_reg(v, VREG_CR4, 0);
    vendor->set_reg(v, VREG_EFER, 0);
    vendor->set_reg(v, VREG_RFLAGS, 2);
    vendor->set_reg(v, VREG_DR6, 0xffff0ff0);
    vendor->set_reg(v, VREG_DR7, 0x400);
    vendor->set_reg(v, VREG_PAT, PAT_RESET);
    vendor->set_cpl(v, 0);
    vendor->end_shadow(v);
    memset(v->arch.dr, 0, sizeof(v->arch.dr));
    if (current_vcpu() == v)
        insn_write_breakpoints(v->arch.dr);
    fpu_vcpu_reset(v);
    v->arch.wait_sipi = true;
}

void arch_vcpu_set_pvh_entry(struct vcpu *v, uint32_t eip, uint32_t start_info)
{
    arch_vcpu_reset(v);
    set_flat_segments(v);
    vendor->set_reg(v, VREG_CR0, X86_CR0_PE | X86_CR0_ET);
    vendor->set_reg(v, VREG_RIP, eip);
    v->arch.gpr[RBX] = start_info;
    v->arch.wait_sipi = false;
    v->initialised = true;
}

void arch_vcpu_triple_fault(struct vcpu *v)
{
    struct domain *d = v->domain;

    log_err("d%uv%u: triple fault at rip 0x%lx\n", d->id, v->id, arch_vcpu_rip(v));
    domain_shutdown(d, (uint8_t)d->hvm_params[HVM_PARAM_TRIPLE_FAULT_REASON]);
}

static bool is_contributory(uint8_t vector)
{
    return vector == 0 || (vector >= 10 && vector <= 13);
}

/* Two exceptions at once: SDM volume 3, 6.15, "double fault". */
void arch_vcpu_inject_exception(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    const struct pending_event *old = &v->arch.event;

    if (old->valid && old->type == EVENT_NMI) { /* its delivery was cut short: it comes after the exception */
        v->arch.nmi_pending = true;
        v->arch.nmi_masked = false;
    } else if (old->valid) {
        bool old_pf = old->vector == X86_EXC_PF, new_pf = vector == X86_EXC_PF;

        if (old->vector == X86_EXC_DF) {
            arch_vcpu_triple_fault(v);
            return;
        }
        if ((is_contributory(old->vector) && is_contributory(vector)) ||
            (old_pf && (new_pf || is_contributory(vector)))) {
            vector = X86_EXC_DF;
            has_error = true;
            error = 0;
        }
    }
    v->arch.event = (struct pending_event){
        .valid = true, .vector = vector, .type = EVENT_EXCEPTION, .has_error = has_error, .error = error
    };
}

void arch_hypercall_page_fill(void *page)
{
    memset(page, 0xcc, PAGE_SIZE);
    for (unsigned nr = 0; nr < PAGE_SIZE / 32; nr++) {
        uint8_t *stub = (uint8_t *)page + nr * 32;

        stub[0] = 0xb8; /* mov $nr, %eax */
        memcpy(stub + 1, &nr, 4);
        memcpy(stub + 5, vendor->hypercall_insn, sizeof(vendor->hypercall_insn));
        stub[8] = 0xc3; /* ret */
    }
}

int arch_vcpu_init(struct vcpu *v)
{
    int rc;

    v->arch.sipi_page = -1;
    v->arch.asid_cpu = NR_CPUS;
    v->arch.msrs = hv_zalloc(sizeof(*v->arch.msrs));
    if (!v->arch.msrs)
        return -ENOMEM;
    msr_vcpu_init(v);
    rc = fpu_vcpu_init(v);
    if (!rc)
        rc = vendor->vcpu_init(v);
    if (rc) {
        arch_vcpu_destroy(v);
        return rc;
    }
    arch_vcpu_reset(v);
    return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    vendor->vcpu_destroy(v);
    fpu_vcpu_destroy(v);
    hv_free(v->arch.msrs);
    v->arch.msrs = NULL;
}

void arch_vcpu_nmi(struct vcpu *v)
{
    WRITE_ONCE(v->arch.nmi_pending, true);
    vcpu_unblock(v);
    vcpu_kick(v);
}

bool arch_vcpu_has_event(struct vcpu *v)
{
    if ((READ_ONCE(v->arch.nmi_pending) && !v->arch.nmi_masked) || READ_ONCE(v->arch.init_pending))
        return true;
    /* With interrupts disabled they are no reason: PV spinlocks poll that way. */
    return (arch_vcpu_rflags(v) & X86_RFLAGS_IF) && (evtchn_upcall_pending(v) || vlapic_pending(v) >= 0);
}

/* INIT and SIPI only leave a mark: the vCPU changes its own state before it enters the guest again. */
void arch_vcpu_init_signal(struct vcpu *v)
{
    if (v->arch.wait_sipi) /* reset already */
        return;
    WRITE_ONCE(v->arch.sipi_page, -1);
    WRITE_ONCE(v->arch.init_pending, true);
    vcpu_unblock(v);
    vcpu_kick(v);
}

void arch_vcpu_sipi(struct vcpu *v, uint8_t page)
{
    if (!v->arch.wait_sipi && !READ_ONCE(v->arch.init_pending))
        return;
    WRITE_ONCE(v->arch.sipi_page, page);
    bit_test_and_clear(&v->sched.pause_flags, VPF_DOWN);
    vcpu_wake(v);
    vcpu_kick(v);
}

/* False: v waits for a SIPI and may not run. */
static bool take_start_signals(struct vcpu *v)
{
    if (READ_ONCE(v->arch.init_pending)) {
        arch_vcpu_reset(v);
        WRITE_ONCE(v->arch.init_pending, false); /* after wait_sipi was set: a SIPI finds one or the other */
        vlapic_take_init(v);
        bit_test_and_set(&v->sched.pause_flags, VPF_DOWN);
    }
    int page = READ_ONCE(v->arch.sipi_page);
    if (v->arch.wait_sipi && page >= 0) {
        WRITE_ONCE(v->arch.sipi_page, -1);
        set_real_mode(v, (uint16_t)(page << 8), (uint64_t)page << 12, 0);
        v->arch.wait_sipi = false;
        v->initialised = true;
        bit_test_and_clear(&v->sched.pause_flags, VPF_DOWN);
    }
    if (!v->arch.wait_sipi)
        return true;
    vcpu_sleep_nosync(v);
    return false;
}

void arch_vcpu_run(struct vcpu *v)
{
    if (unlikely(v->arch.init_pending || v->arch.wait_sipi) && !take_start_signals(v))
        return;
    vendor->run(v);
}

#define MSR_TSC_AUX 0xc0000103

/* Registers that neither the world switch nor the FPU area carries. */
void arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
    const struct cpuid_policy *host_policy = &cpu_policies[CPU_POLICY_HOST];

    if (from)
        insn_read_breakpoints(from->arch.dr);
    fpu_switch(from, to);
    if (!to)
        return;
    insn_write_breakpoints(to->arch.dr);
    if (feature_test(host_policy, FEATURE_RDTSCP) || feature_test(host_policy, FEATURE_RDPID))
        insn_wrmsr(MSR_TSC_AUX, to->arch.msrs->tsc_aux);
}
