/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPUID instruction of a guest: its domain's policy, overlaid with what depends on the vCPU and on control
 * registers, and the Xen leaves.
 */
#include "cpuid.h"

#include "device.h"
#include "domain.h"
#include "hv.h"
#include "lib.h"
#include "vcpu_regs.h"

#define XSAVE_LEGACY 576u /* x87, SSE and the header */
#define CR4_PKE (1ULL << 22)
#define LEAF7_ECX_OSPKE (1u << 4)
#define XSTATE_ALIGN64 (1u << 1) /* leaf 0xd, sub-leaf n, ECX */

/* Public: arch-x86/cpuid.h. */
#define XEN_SIGNATURE_EBX 0x566e6558 /* "XenV" */
#define XEN_SIGNATURE_ECX 0x65584d4d /* "MMXe" */
#define XEN_SIGNATURE_EDX 0x4d4d566e /* "nVMM" */
#define XEN_TSC_HOST_RELIABLE (1u << 1)
#define XEN_TSC_RDTSCP (1u << 2)
#define XEN_HVM_VCPU_ID_PRESENT (1u << 3)
#define XEN_HVM_DOMID_PRESENT (1u << 4)
#define XEN_HVM_UPCALL_VECTOR (1u << 6)

uint32_t cpuid_xsave_size(const struct cpuid_policy *p, uint64_t xcr0, bool compact)
{
    uint32_t size = XSAVE_LEGACY;

    for (unsigned i = 2; i < CPUID_NR_XSTATE; i++) {
        const struct cpuid_leaf *x = &p->xstate[i];

        if (!((xcr0 >> i) & 1) || !x->a)
            continue;
        if (!compact)
            size = (uint32_t)max_u64(size, x->b + x->a);
        else
            size = (x->c & XSTATE_ALIGN64 ? round_up(size, 64u) : size) + x->a;
    }
    return size;
}

static void put(uint32_t ret[4], const struct cpuid_leaf *l)
{
    ret[0] = l->a;
    ret[1] = l->b;
    ret[2] = l->c;
    ret[3] = l->d;
}

static void query_xstate(const struct cpuid_policy *p, uint64_t xcr0, uint32_t sub, uint32_t ret[4])
{
    if (sub >= CPUID_NR_XSTATE)
        return;
    put(ret, &p->xstate[sub]);
    if (sub == 0)
        ret[1] = ret[0] ? cpuid_xsave_size(p, xcr0, false) : 0;
    else if (sub == 1)
        ret[1] = feature_test(p, FEATURE_XSAVEC) ? cpuid_xsave_size(p, xcr0, true) : 0;
}

void cpuid_policy_query(const struct cpuid_policy *p, uint64_t xcr0, uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    memset(ret, 0, 4 * sizeof(ret[0]));
    if (leaf >= CPUID_EXT_BASE) {
        if (leaf <= p->ext[0].a && leaf - CPUID_EXT_BASE < CPUID_NR_EXT)
            put(ret, &p->ext[leaf - CPUID_EXT_BASE]);
        return;
    }
    if (leaf > p->basic[0].a || leaf >= CPUID_NR_BASIC)
        return;
    switch (leaf) {
    case 4:
        if (sub < CPUID_NR_CACHE)
            put(ret, &p->cache[sub]);
        break;
    case 7:
        if (sub < CPUID_NR_FEAT && sub <= p->feat[0].a)
            put(ret, &p->feat[sub]);
        break;
    case 0xb:
        if (sub < CPUID_NR_TOPO)
            put(ret, &p->topo[sub]);
        break;
    case 0xd:
        query_xstate(p, xcr0, sub, ret);
        break;
    default:
        put(ret, &p->basic[leaf]);
        break;
    }
}

static void xen_time_leaf(const struct vcpu *v, uint32_t sub, uint32_t ret[4])
{
    const struct cpuid_policy *p = v->domain->arch.cpuid;

    switch (sub) {
    case 0: /* flags, TSC mode, kHz, incarnation */
        ret[0] = (feature_test(&cpu_policies[CPU_POLICY_HOST], FEATURE_ITSC) ? XEN_TSC_HOST_RELIABLE : 0) |
                 (feature_test(p, FEATURE_RDTSCP) ? XEN_TSC_RDTSCP : 0);
        ret[1] = READ_ONCE(v->domain->tsc_mode);
        ret[2] = (uint32_t)host.tsc_khz;
        break;
    case 1: /* offset of an emulated TSC (none), and the scale from TSC to ns */
        ret[2] = host.tsc_mul;
        ret[3] = (uint8_t)host.tsc_shift;
        break;
    case 2:
        ret[0] = (uint32_t)host.tsc_khz;
        break;
    default:
        break;
    }
}

static void query_xen(const struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    memset(ret, 0, 4 * sizeof(ret[0]));
    switch (leaf - CPUID_XEN_BASE) {
    case 0:
        ret[0] = CPUID_XEN_BASE + CPUID_NR_XEN;
        ret[1] = XEN_SIGNATURE_EBX;
        ret[2] = XEN_SIGNATURE_ECX;
        ret[3] = XEN_SIGNATURE_EDX;
        break;
    case 1:
        ret[0] = XENOLITH_VERSION_MAJOR << 16 | XENOLITH_VERSION_MINOR;
        break;
    case 2: /* hypercall pages, and the MSR that places them */
        ret[0] = 1;
        ret[1] = CPUID_XEN_BASE;
        break;
    case 3:
        xen_time_leaf(v, sub, ret);
        break;
    case 4:
        /*
         * Not IOMMU_MAPPINGS: it promises that DMA to foreign pages works, which needs translation (DESIGN D3).
         * Leaf 5 describes PV guests and stays empty, as on stock Xen.
         */
        ret[0] = XEN_HVM_VCPU_ID_PRESENT | XEN_HVM_DOMID_PRESENT | XEN_HVM_UPCALL_VECTOR;
        ret[1] = v->id;
        ret[2] = v->domain->id;
        break;
    default:
        break;
    }
}

/* What the policy cannot hold, because it differs between vCPUs or changes with CR4. */
static void overlay(const struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    uint32_t apic_id = vlapic_id_of_vcpu(v->id);

    switch (leaf) {
    case 1:
        ret[1] = (ret[1] & 0x00ffffff) | apic_id << 24;
        if (arch_vcpu_cr4_osxsave(v))
            ret[2] |= 1u << (FEATURE_OSXSAVE % 32);
        break;
    case 7:
        if (sub == 0 && (arch_vcpu_cr4(v) & CR4_PKE))
            ret[2] |= LEAF7_ECX_OSPKE;
        break;
    case 0xb: /* Intel's in principle; offered to all because it belongs to x2APIC. No levels, only the ID. */
        if (feature_test(v->domain->arch.cpuid, FEATURE_X2APIC)) {
            ret[2] = sub & 0xff;
            ret[3] = apic_id;
        }
        break;
    default:
        break;
    }
}

void cpuid_query(struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    const struct cpuid_policy *p = v->domain->arch.cpuid;

    if (leaf - CPUID_XEN_BASE < 0x100) {
        query_xen(v, leaf, sub, ret);
        return;
    }
    cpuid_policy_query(p, v->arch.xcr0, leaf, sub, ret);
    if (leaf <= p->basic[0].a)
        overlay(v, leaf, sub, ret);
}
