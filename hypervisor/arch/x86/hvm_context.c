/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPU state as HVM context records (public/hvm_save.h): what a toolstack reads, and writes to start a guest or to
 * go on with one. save and load of each record stand side by side; one table lists them.
 */
#include "arch_ctl.h"
#include "copy.h"
#include "cpuid.h"
#include "device.h"
#include "device/vlapic.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "insn.h"
#include "lib.h"
#include "log.h"
#include "msr.h"
#include "page.h"
#include "public/hvm_save.h"
#include "vcpu_regs.h"
#include "vendor.h"

/* --- CPU --- */

/* Fields of struct hvm_hw_cpu that are one register each. */
#define REG(f, r) { offsetof(struct hvm_hw_cpu, f), VREG_##r }
static const struct {
    uint16_t offset;
    uint8_t reg;
} cpu_regs[] = {
    REG(rip, RIP), REG(rflags, RFLAGS), REG(cr0, CR0), REG(cr2, CR2), REG(cr3, CR3), REG(cr4, CR4), REG(dr6, DR6),
    REG(dr7, DR7), REG(sysenter_cs, SYSENTER_CS), REG(sysenter_esp, SYSENTER_ESP), REG(sysenter_eip, SYSENTER_EIP),
    REG(shadow_gs, KERNEL_GS_BASE), REG(msr_lstar, LSTAR), REG(msr_star, STAR), REG(msr_cstar, CSTAR),
    REG(msr_syscall_mask, SFMASK), REG(msr_efer, EFER),
};

/* The order in which the record holds the general registers. */
static const uint8_t gpr_order[NR_GPRS] = { RAX, RBX, RCX, RDX, RBP, RSI, RDI, RSP, R8, R9, R10, R11, R12, R13, R14, R15 };

static const uint8_t seg_order[HVM_NR_TABLES] = {
    [HVM_SEG_CS] = VSEG_CS, [HVM_SEG_DS] = VSEG_DS, [HVM_SEG_ES] = VSEG_ES, [HVM_SEG_FS] = VSEG_FS,
    [HVM_SEG_GS] = VSEG_GS, [HVM_SEG_SS] = VSEG_SS, [HVM_SEG_TR] = VSEG_TR, [HVM_SEG_LDTR] = VSEG_LDTR,
    [HVM_TABLE_IDTR] = VSEG_IDTR, [HVM_TABLE_GDTR] = VSEG_GDTR,
};

#define PENDING_ERROR (1u << 11)
#define PENDING_VALID (1u << 31)

static void cpu_save(struct vcpu *v, void *data)
{
    struct hvm_hw_cpu *c = data;
    const struct pending_event *e = &v->arch.event;

    for (unsigned i = 0; i < ARRAY_SIZE(cpu_regs); i++) {
        uint64_t value = vendor->get_reg(v, (enum vreg)cpu_regs[i].reg);
        memcpy((char *)c + cpu_regs[i].offset, &value, sizeof(value));
    }
    for (unsigned i = 0; i < NR_GPRS; i++)
        (&c->rax)[i] = v->arch.gpr[gpr_order[i]];
    for (unsigned i = 0; i < HVM_NR_TABLES; i++) {
        struct segment s;

        vendor->get_segment(v, (enum vseg)seg_order[i], &s);
        c->limit[i] = s.limit;
        c->base[i] = s.base;
        if (i < HVM_NR_SEGS) {
            c->sel[i] = s.selector;
            c->arbytes[i] = s.attributes;
        }
    }
    memcpy(&c->dr0, v->arch.dr, sizeof(v->arch.dr));
    memcpy(c->fpu_regs, v->arch.xsave_area, sizeof(c->fpu_regs));
    c->flags = XEN_X86_FPU_INITIALISED;
    c->msr_tsc_aux = v->arch.msrs->tsc_aux;
    c->tsc = host_tsc() + v->arch.msrs->tsc_offset;
    if (e->valid) {
        c->pending_event = PENDING_VALID | (e->has_error ? PENDING_ERROR : 0) | (uint32_t)e->type << 8 | e->vector;
        c->error_code = e->error;
    }
}

#define EFER_KNOWN (X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NX)

static int cpu_check(const struct vcpu *v, const void *data)
{
    const struct hvm_hw_cpu *c = data;
    bool paging = c->cr0 & X86_CR0_PG, pe = c->cr0 & X86_CR0_PE;

    (void)v;
    if ((c->cr0 >> 32) || (paging && !pe) || (c->msr_efer & ~(uint64_t)EFER_KNOWN))
        return -EINVAL;
    if (c->msr_tsc_aux >> 32) /* the processor would refuse it, when it is loaded for the vCPU */
        return -EINVAL;
    if ((c->msr_efer & X86_EFER_LMA) && !(paging && (c->msr_efer & X86_EFER_LME) && (c->cr4 & X86_CR4_PAE)))
        return -EINVAL;
    return 0;
}

static void cpu_load(struct vcpu *v, const void *data)
{
    const struct hvm_hw_cpu *c = data;

    arch_vcpu_reset(v);
    for (unsigned i = 0; i < ARRAY_SIZE(cpu_regs); i++) {
        uint64_t value;
        memcpy(&value, (const char *)c + cpu_regs[i].offset, sizeof(value));
        vendor->set_reg(v, (enum vreg)cpu_regs[i].reg, value);
    }
    vendor->set_reg(v, VREG_RFLAGS, c->rflags | 2);
    for (unsigned i = 0; i < NR_GPRS; i++)
        v->arch.gpr[gpr_order[i]] = (&c->rax)[i];
    for (unsigned i = 0; i < HVM_NR_TABLES; i++) {
        struct segment s = { .limit = c->limit[i], .base = c->base[i] };

        if (i < HVM_NR_SEGS) {
            s.selector = (uint16_t)c->sel[i];
            s.attributes = (uint16_t)c->arbytes[i];
        }
        vendor->set_segment(v, (enum vseg)seg_order[i], &s);
    }
    vendor->set_cpl(v, c->arbytes[HVM_SEG_SS] >> 5 & 3);
    memcpy(v->arch.dr, &c->dr0, sizeof(v->arch.dr));
    if (c->flags & XEN_X86_FPU_INITIALISED)
        fpu_vcpu_load_legacy(v, c->fpu_regs);
    v->arch.msrs->tsc_aux = c->msr_tsc_aux;
    v->arch.event = (struct pending_event){
        .valid = c->pending_event & PENDING_VALID, .has_error = c->pending_event & PENDING_ERROR,
        .vector = (uint8_t)c->pending_event, .type = c->pending_event >> 8 & 7, .error = c->error_code,
    };
    if (v->id == 0) /* one offset for the domain: its vCPUs' counters must agree */
        for (unsigned i = 0; i < v->domain->nr_vcpus; i++)
            if (v->domain->vcpu[i])
                msr_set_tsc_offset(v->domain->vcpu[i], c->tsc - host_tsc());
    v->arch.wait_sipi = false;
    v->initialised = true;
    bit_test_and_clear(&v->sched.pause_flags, VPF_DOWN);
}

/* --- LAPIC, LAPIC_REGS --- */

static void lapic_save(struct vcpu *v, void *data)
{
    struct hvm_hw_lapic *l = data;

    l->apic_base_msr = v->vlapic->base_msr;
    l->disabled = (vlapic_enabled(v) ? 0 : 1) | (v->vlapic->reg[APIC_SVR] & APIC_SVR_ENABLE ? 0 : 2);
    l->tdt_msr = v->vlapic->tsc_deadline;
}

static void lapic_regs_save(struct vcpu *v, void *data)
{
    struct hvm_hw_lapic_regs *r = data;

    for (unsigned i = 0; i < APIC_NR_REGS; i++)
        memcpy(r->data + i * 16, &v->vlapic->reg[i], sizeof(uint32_t));
}

/* --- MTRR --- */

static void mtrr_save(struct vcpu *v, void *data)
{
    struct hvm_hw_mtrr *m = data;
    const struct vcpu_msrs *s = v->arch.msrs;

    m->msr_pat_cr = arch_vcpu_pat(v);
    memcpy(m->msr_mtrr_var, s->mtrr_variable, sizeof(m->msr_mtrr_var));
    memcpy(m->msr_mtrr_fixed, s->mtrr_fixed, sizeof(m->msr_mtrr_fixed));
    m->msr_mtrr_cap = MTRR_CAPABILITIES;
    m->msr_mtrr_def_type = s->mtrr_def_type;
}

static int mtrr_check(const struct vcpu *v, const void *data)
{
    const struct hvm_hw_mtrr *m = data;

    (void)v;
    return msr_pat_valid(m->msr_pat_cr) ? 0 : -EINVAL;
}

static void mtrr_load(struct vcpu *v, const void *data)
{
    const struct hvm_hw_mtrr *m = data;
    struct vcpu_msrs *s = v->arch.msrs;

    arch_vcpu_set_pat(v, m->msr_pat_cr);
    memcpy(s->mtrr_variable, m->msr_mtrr_var, sizeof(m->msr_mtrr_var));
    memcpy(s->mtrr_fixed, m->msr_mtrr_fixed, sizeof(m->msr_mtrr_fixed));
    s->mtrr_def_type = m->msr_mtrr_def_type;
}

/* --- the records --- */

static const struct record {
    uint16_t code, length;
    void (*save)(struct vcpu *v, void *data); /* data is zeroed */
    int (*check)(const struct vcpu *v, const void *data); /* changes nothing; NULL: any contents */
    void (*load)(struct vcpu *v, const void *data); /* NULL: cannot be loaded yet */
} records[] = {
    { HVM_SAVE_CODE_CPU, sizeof(struct hvm_hw_cpu), cpu_save, cpu_check, cpu_load },
    { HVM_SAVE_CODE_LAPIC, sizeof(struct hvm_hw_lapic), lapic_save, NULL, NULL },
    { HVM_SAVE_CODE_LAPIC_REGS, sizeof(struct hvm_hw_lapic_regs), lapic_regs_save, NULL, NULL },
    { HVM_SAVE_CODE_MTRR, sizeof(struct hvm_hw_mtrr), mtrr_save, mtrr_check, mtrr_load },
};

static uint32_t context_size(const struct domain *d)
{
    uint32_t size = sizeof(struct hvm_save_header) + 2 * sizeof(struct hvm_save_descriptor), per_vcpu = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
        per_vcpu += sizeof(struct hvm_save_descriptor) + records[i].length;
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        size += d->vcpu[i] ? per_vcpu : 0;
    return size;
}

static uint8_t *put_descriptor(uint8_t *at, uint16_t code, uint16_t instance, uint32_t length)
{
    struct hvm_save_descriptor desc = { code, instance, length };

    memcpy(at, &desc, sizeof(desc));
    return at + sizeof(desc);
}

static void save_all(struct domain *d, uint8_t *at)
{
    struct hvm_save_header h = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION };
    uint32_t r[4];

    host_cpuid(1, 0, r);
    h.cpuid = r[0];
    h.gtsc_khz = (uint32_t)host.tsc_khz;
    at = put_descriptor(at, HVM_SAVE_CODE_HEADER, 0, sizeof(h));
    memcpy(at, &h, sizeof(h));
    at += sizeof(h);
    for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
        for (unsigned n = 0; n < d->nr_vcpus; n++)
            if (d->vcpu[n]) {
                at = put_descriptor(at, records[i].code, (uint16_t)n, records[i].length);
                records[i].save(d->vcpu[n], at);
                at += records[i].length;
            }
    put_descriptor(at, HVM_SAVE_CODE_END, 0, 0);
}

int arch_domctl_get_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t *size)
{
    uint32_t needed = context_size(d);
    uint8_t *buf;
    int rc = 0;

    if (!buffer) {
        *size = needed;
        return 0;
    }
    if (*size < needed)
        return -ENOSPC;
    buf = hv_zalloc(needed);
    if (!buf)
        return -ENOMEM;
    domain_pause(d);
    save_all(d, buf);
    domain_unpause(d);
    if (copy_to_guest(buffer, buf, needed))
        rc = -EFAULT;
    *size = needed;
    hv_free(buf);
    return rc;
}

static const struct record *record_find(uint16_t code)
{
    for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
        if (records[i].code == code)
            return &records[i];
    return NULL;
}

/* One pass over the records: with load false only checks, with load true changes the vCPUs. */
static int walk_records(struct domain *d, const uint8_t *buf, uint32_t size, bool load)
{
    uint32_t at = 0;

    for (;;) {
        struct hvm_save_descriptor desc;
        const struct record *r;
        struct vcpu *v;

        if (size - at < sizeof(desc))
            return -ENODATA;
        memcpy(&desc, buf + at, sizeof(desc));
        at += sizeof(desc);
        if (desc.typecode == HVM_SAVE_CODE_END)
            return 0;
        if (desc.length > size - at)
            return -ENODATA;
        if ((at == sizeof(desc)) != (desc.typecode == HVM_SAVE_CODE_HEADER))
            return -EINVAL; /* HEADER comes first, and once */
        if (desc.typecode != HVM_SAVE_CODE_HEADER) {
            r = record_find(desc.typecode);
            v = domain_vcpu(d, desc.instance);
            if (!r || !r->load || desc.length != r->length || !v)
                return -EINVAL;
            if (load)
                r->load(v, buf + at);
            else if (r->check && r->check(v, buf + at))
                return -EINVAL;
        } else {
            struct hvm_save_header h;

            if (desc.length != sizeof(h))
                return -EINVAL;
            memcpy(&h, buf + at, sizeof(h));
            if (h.magic != HVM_FILE_MAGIC || h.version != HVM_FILE_VERSION)
                return -EINVAL;
        }
        at += desc.length;
    }
}

int arch_domctl_set_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t size)
{
    uint8_t *buf;
    int rc;

    if (!size || size > context_size(d) + PAGE_SIZE)
        return -EINVAL;
    buf = hv_zalloc(size);
    if (!buf)
        return -ENOMEM;
    rc = copy_from_guest(buf, buffer, size);
    if (!rc)
        rc = walk_records(d, buf, size, false);
    if (!rc) {
        domain_pause(d);
        rc = walk_records(d, buf, size, true);
        domain_unpause(d);
    }
    hv_free(buf);
    return rc;
}
