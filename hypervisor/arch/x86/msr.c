/* SPDX-License-Identifier: GPL-2.0-only */
#include "msr.h"

#include "domain.h"

#include "../../device/vlapic.h"
#include "arch.h"
#include "cpuid.h"
#include "device.h"
#include "errno.h"
#include "log.h"
#include "page.h"
#include "vcpu_regs.h"
#include "vendor.h"

#define MSR_TSC 0x10
#define MSR_PRED_CMD 0x49
#define PRED_CMD_IBPB 1u
#define MSR_MTRR_VARIABLE 0x200
#define MSR_MTRR_FIX64K 0x250
#define MSR_MTRR_FIX16K 0x258
#define MSR_MTRR_FIX4K 0x268
#define MTRR_TYPE_WB 6
#define MTRR_DEF_ENABLE (1u << 11)
#define MTRR_DEF_VALID 0xcffu /* E, FE, type */
#define MTRR_MASK_VALID (1u << 11)
#define EFER_FFXSE (1u << 14)
#define HWCR_TSC_FREQ_SEL (1u << 24)
#define SYSCFG_VISIBLE 0x7c0000u /* MTRR and TOM2 enables; the rest (encryption) stays ours */
#define DE_CFG_LFENCE_SERIALISE (1u << 1)

struct msr_row {
    uint32_t first, last;
    const char *name;
    int (*read)(struct vcpu *v, uint32_t msr, uint64_t *ret);  /* NULL: #GP */
    int (*write)(struct vcpu *v, uint32_t msr, uint64_t val);  /* NULL: #GP */
};

static bool has(const struct vcpu *v, unsigned feature)
{
    return feature_test(v->domain->arch.cpuid, feature);
}

static int read_zero(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)v;
    (void)msr;
    *ret = 0;
    return 0;
}

/* The value is thrown away, as hardware may do with this register's reserved bits and as stock Xen does. */
static int write_drop(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)v;
    (void)msr;
    (void)val;
    return 0;
}

/* Nothing that it switches on is offered. */
static int write_zero_only(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)v;
    (void)msr;
    return val ? -EPERM : 0;
}

static int write_pred_cmd(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!has(v, FEATURE_IBPB) || (val & ~(uint64_t)PRED_CMD_IBPB))
        return -EPERM;
    return val ? host_wrmsr(msr, val) : 0;
}

/* The machine's, for everyone: microcode revision. */
static int read_host(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)v;
    return host_rdmsr(msr, ret);
}

/* The machine's, for dom0 only: where DRAM ends (its PCI code sizes windows by it). */
static int read_host_dom0(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    return v->domain->privileged ? host_rdmsr(msr, ret) : -EPERM;
}

static int read_syscfg(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    uint64_t val = 0;

    if (v->domain->privileged && host_rdmsr(msr, &val))
        val = 0;
    *ret = val & SYSCFG_VISIBLE;
    return 0;
}

static int read_hwcr(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = has(v, FEATURE_ITSC) ? HWCR_TSC_FREQ_SEL : 0;
    return 0;
}

static int read_de_cfg(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    uint64_t val;

    (void)v;
    *ret = host_rdmsr(msr, &val) ? 0 : val & DE_CFG_LFENCE_SERIALISE;
    return 0;
}

/* --- time --- */

static int read_tsc(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = host_tsc() + v->arch.msrs->tsc_offset;
    return 0;
}

void msr_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.msrs->tsc_offset = offset;
    vendor->set_reg(v, VREG_TSC_OFFSET, offset);
    vlapic_set_tsc_offset(v, (int64_t)offset); /* its deadline is in guest TSC */
    arch_update_time(v);                       /* and so is the para-virtual clock */
}

/* Writing either register moves the other with it: SDM volume 3, 18.17.3. */
static int write_tsc(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t offset = val - host_tsc();

    (void)msr;
    v->arch.msrs->tsc_adjust += offset - v->arch.msrs->tsc_offset;
    msr_set_tsc_offset(v, offset);
    return 0;
}

static int read_tsc_adjust(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    if (!has(v, FEATURE_TSC_ADJUST))
        return -EPERM;
    *ret = v->arch.msrs->tsc_adjust;
    return 0;
}

static int write_tsc_adjust(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)msr;
    if (!has(v, FEATURE_TSC_ADJUST))
        return -EPERM;
    msr_set_tsc_offset(v, v->arch.msrs->tsc_offset + val - v->arch.msrs->tsc_adjust);
    v->arch.msrs->tsc_adjust = val;
    return 0;
}

static int read_tsc_aux(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    if (!has(v, FEATURE_RDTSCP) && !has(v, FEATURE_RDPID))
        return -EPERM;
    *ret = v->arch.msrs->tsc_aux;
    return 0;
}

static int write_tsc_aux(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if ((!has(v, FEATURE_RDTSCP) && !has(v, FEATURE_RDPID)) || val > UINT32_MAX)
        return -EPERM;
    v->arch.msrs->tsc_aux = val;
    return host_wrmsr(msr, val);
}

/* --- memory types --- */

static bool memory_type_ok(uint8_t type)
{
    return type == 0 || type == 1 || (type >= 4 && type <= 6);
}

static bool memory_types_ok(uint64_t bytes, bool pat)
{
    for (unsigned i = 0; i < 8; i++) {
        uint8_t type = (uint8_t)(bytes >> (8 * i));

        if (!memory_type_ok(type) && !(pat && type == 7))
            return false;
    }
    return true;
}

bool msr_pat_valid(uint64_t pat)
{
    return memory_types_ok(pat, true);
}

static int read_pat(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = arch_vcpu_pat(v);
    return 0;
}

static int write_pat(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)msr;
    if (!memory_types_ok(val, true))
        return -EPERM;
    arch_vcpu_set_pat(v, val);
    return 0;
}

static int read_mtrr_cap(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)v;
    (void)msr;
    *ret = MTRR_CAPABILITIES;
    return 0;
}

static int read_mtrr_def_type(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = v->arch.msrs->mtrr_def_type;
    return 0;
}

static int write_mtrr_def_type(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)msr;
    if ((val & ~(uint64_t)MTRR_DEF_VALID) || !memory_type_ok((uint8_t)val))
        return -EPERM;
    v->arch.msrs->mtrr_def_type = val;
    return 0;
}

static uint64_t *mtrr_variable(struct vcpu *v, uint32_t msr)
{
    uint32_t i = msr - MSR_MTRR_VARIABLE;

    return &v->arch.msrs->mtrr_variable[i / 2][i % 2];
}

static int read_mtrr_variable(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    *ret = *mtrr_variable(v, msr);
    return 0;
}

static int write_mtrr_variable(struct vcpu *v, uint32_t msr, uint64_t val)
{
    unsigned phys_bits = v->domain->arch.cpuid->ext[8].a & 0xff;
    uint64_t address = (~0ULL >> (64 - (phys_bits ? phys_bits : 36))) & PAGE_MASK;
    bool is_mask = msr & 1;

    if (val & ~(address | (is_mask ? MTRR_MASK_VALID : 0xff)))
        return -EPERM;
    if (!is_mask && !memory_type_ok((uint8_t)val))
        return -EPERM;
    *mtrr_variable(v, msr) = val;
    return 0;
}

static uint64_t *mtrr_fixed(struct vcpu *v, uint32_t msr)
{
    uint64_t *f = v->arch.msrs->mtrr_fixed;

    if (msr >= MSR_MTRR_FIX4K)
        return &f[3 + msr - MSR_MTRR_FIX4K];
    return msr == MSR_MTRR_FIX64K ? &f[0] : &f[1 + msr - MSR_MTRR_FIX16K];
}

static int read_mtrr_fixed(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    *ret = *mtrr_fixed(v, msr);
    return 0;
}

static int write_mtrr_fixed(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!memory_types_ok(val, false))
        return -EPERM;
    *mtrr_fixed(v, msr) = val;
    return 0;
}

/* --- modes --- */

static int read_efer(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = arch_vcpu_efer(v);
    return 0;
}

static int write_efer(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t allowed = X86_EFER_LMA, old = arch_vcpu_efer(v);

    (void)msr;
    allowed |= has(v, FEATURE_SYSCALL) ? X86_EFER_SCE : 0;
    allowed |= has(v, FEATURE_LM) ? X86_EFER_LME : 0;
    allowed |= has(v, FEATURE_NX) ? X86_EFER_NX : 0;
    allowed |= has(v, FEATURE_FFXSR) ? EFER_FFXSE : 0;
    if (val & ~allowed)
        return -EPERM;
    if (((val ^ old) & X86_EFER_LME) && (arch_vcpu_cr0(v) & X86_CR0_PG))
        return -EPERM;
    arch_vcpu_set_efer(v, val);
    return 0;
}

static int read_mcg_status(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)msr;
    *ret = v->arch.msrs->mcg_status;
    return 0;
}

static int write_mcg_status(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)msr;
    if (val & ~7ULL)
        return -EPERM;
    v->arch.msrs->mcg_status = val;
    return 0;
}

/* Guest frame to be filled with hypercall stubs; the low bits choose the page, of which there is one. */
static int write_hypercall_page(struct vcpu *v, uint32_t msr, uint64_t val)
{
    struct domain *d = v->domain;
    gfn_t gfn = val >> PAGE_SHIFT;
    mfn_t mfn;

    (void)msr;
    if ((val & ~PAGE_MASK) || p2m_get_page(d, gfn, true, &mfn))
        return -EPERM;
    if (p2m_lookup(d, gfn).type != P2M_RAM_RW) {
        page_put(mfn_to_page(mfn));
        return -EPERM;
    }
    arch_hypercall_page_fill(mfn_to_virt(mfn));
    page_put(mfn_to_page(mfn));
    domain_latch_layout(v);
    return 0;
}

/*
 * Frequent ones first. What dom0 reads or does for real: PATCH_LEVEL, TOP_MEM, TOP_MEM2, three enables of SYSCFG, one
 * bit of DE_CFG, and IBPB through PRED_CMD. It writes no other register of the machine.
 *
 * Absent, so that Linux finds #GP: SPEC_CTRL and VIRT_SPEC_CTRL, LS_CFG, MISC_ENABLE and PLATFORM_ID (not AMD's), IBS,
 * OSVW (the feature is hidden), MPERF and APERF, P-states, VM_CR and VM_HSAVE_PA, SMCA banks, PPIN.
 */
static const struct msr_row rows[] = {
    { 0x6e0, 0x6e0, "TSC_DEADLINE", vlapic_rdmsr, vlapic_wrmsr },
    { 0x800, 0x8ff, "x2APIC", vlapic_rdmsr, vlapic_wrmsr },
    { MSR_TSC, MSR_TSC, "TSC", read_tsc, write_tsc },
    { 0xc0000080, 0xc0000080, "EFER", read_efer, write_efer },
    { MSR_PRED_CMD, MSR_PRED_CMD, "PRED_CMD", NULL, write_pred_cmd },
    { 0x1b, 0x1b, "APIC_BASE", vlapic_rdmsr, vlapic_wrmsr },
    { 0x3b, 0x3b, "TSC_ADJUST", read_tsc_adjust, write_tsc_adjust },
    { 0x8b, 0x8b, "PATCH_LEVEL", read_host, write_drop },
    { 0xce, 0xce, "PLATFORM_INFO", read_zero, NULL },
    { 0x140, 0x140, "MISC_FEATURES_ENABLES", read_zero, write_zero_only },
    { 0xfe, 0xfe, "MTRRcap", read_mtrr_cap, NULL },
    { 0x179, 0x179, "MCG_CAP", read_zero, NULL }, /* no machine-check banks */
    { 0x17a, 0x17a, "MCG_STATUS", read_mcg_status, write_mcg_status },
    { 0x1d9, 0x1d9, "DEBUGCTL", read_zero, write_zero_only },
    { 0x1db, 0x1de, "LAST_BRANCH", read_zero, NULL },
    { MSR_MTRR_VARIABLE, MSR_MTRR_VARIABLE + 2 * MTRR_NR_VARIABLE - 1, "MTRR_VARIABLE", read_mtrr_variable,
      write_mtrr_variable },
    { MSR_MTRR_FIX64K, MSR_MTRR_FIX64K, "MTRR_FIX64K", read_mtrr_fixed, write_mtrr_fixed },
    { MSR_MTRR_FIX16K, MSR_MTRR_FIX16K + 1, "MTRR_FIX16K", read_mtrr_fixed, write_mtrr_fixed },
    { MSR_MTRR_FIX4K, MSR_MTRR_FIX4K + 7, "MTRR_FIX4K", read_mtrr_fixed, write_mtrr_fixed },
    { 0x277, 0x277, "PAT", read_pat, write_pat },
    { 0x2ff, 0x2ff, "MTRRdefType", read_mtrr_def_type, write_mtrr_def_type },
    { 0x400, 0x47f, "MCi", read_zero, write_drop }, /* banks that MCG_CAP does not count */
    { 0x40000000, 0x40000000, "HYPERCALL_PAGE", read_zero, write_hypercall_page },
    { 0xc0000103, 0xc0000103, "TSC_AUX", read_tsc_aux, write_tsc_aux },
    { 0xc0010000, 0xc0010007, "PERFCTR", read_zero, write_drop }, /* never count: no virtual PMU */
    { 0xc0010010, 0xc0010010, "SYSCFG", read_syscfg, write_drop },
    { 0xc0010015, 0xc0010015, "HWCR", read_hwcr, write_drop },
    { 0xc001001a, 0xc001001a, "TOP_MEM", read_host_dom0, NULL },
    { 0xc001001d, 0xc001001d, "TOP_MEM2", read_host_dom0, NULL },
    { 0xc001001f, 0xc001001f, "NB_CFG", read_zero, write_drop },
    { 0xc0010055, 0xc0010055, "INT_PENDING", read_zero, write_drop },
    { 0xc0010058, 0xc0010058, "MMIO_CONF_BASE", read_zero, NULL }, /* no ECAM window (DESIGN D4) */
    { 0xc0010200, 0xc001020b, "PERFCTR_CORE", read_zero, write_drop },
    { 0xc0011029, 0xc0011029, "DE_CFG", read_de_cfg, write_drop },
};

static const struct msr_row *row_find(uint32_t msr)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return &rows[i];
    return NULL;
}

/* A guest may ask in a loop: at most ten lines in five seconds, for all of them together. */
static bool log_allowed(void)
{
    static stime_t window;
    static unsigned count;
    stime_t t = now();

    if (t - window > SECONDS(5)) {
        window = t;
        count = 0;
    }
    return count++ < 10;
}

static int refuse(const struct vcpu *v, const char *what, uint32_t msr, const struct msr_row *row, uint64_t val)
{
    if (log_allowed())
        log_debug("d%uv%u: %s of MSR %#x (%s) refused, value %#lx\n", v->domain->id, v->id, what, msr,
                  row ? row->name : "unknown", (unsigned long)val);
    return -EPERM;
}

int msr_read(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    const struct msr_row *row = row_find(msr);

    if (!row || !row->read || row->read(v, msr, ret))
        return refuse(v, "read", msr, row, 0);
    return 0;
}

int msr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const struct msr_row *row = row_find(msr);

    if (!row || !row->write || row->write(v, msr, val))
        return refuse(v, "write", msr, row, val);
    return 0;
}

/* Write-back everywhere and enabled, as PVH kernels expect to find it. */
void msr_vcpu_init(struct vcpu *v)
{
    struct vcpu_msrs *m = v->arch.msrs;

    *m = (struct vcpu_msrs){ .mtrr_def_type = MTRR_DEF_ENABLE | MTRR_TYPE_WB };
    for (unsigned i = 0; i < MTRR_NR_FIXED; i++)
        m->mtrr_fixed[i] = 0x0101010101010101ULL * MTRR_TYPE_WB;
}
