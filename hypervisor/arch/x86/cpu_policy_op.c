/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID policies on the wire: a list of leaves, in the form that the toolstack's library reads and writes, and the
 * back-ends of the sysctls and domctls that carry them.
 */
#include "arch_ctl.h"
#include "copy.h"
#include "cpuid.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "page.h"
#include "public/sysctl.h"

#define MSR_PLATFORM_INFO 0xce /* the one MSR of stock's policies; zero: no CPUID faulting */

_Static_assert(sizeof(struct policy_leaf) == 24 && sizeof(struct policy_msr) == 16, "public ABI");

/* Where leaves with sub-leaves live. */
static const struct {
    uint32_t leaf;
    uint16_t offset, nr;
} tables[] = {
    { 4, offsetof(struct cpuid_policy, cache), CPUID_NR_CACHE },
    { 7, offsetof(struct cpuid_policy, feat), CPUID_NR_FEAT },
    { 0xb, offsetof(struct cpuid_policy, topo), CPUID_NR_TOPO },
    { 0xd, offsetof(struct cpuid_policy, xstate), CPUID_NR_XSTATE },
};

static int table_find(uint32_t leaf)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
        if (tables[i].leaf == leaf)
            return (int)i;
    return -1;
}

static unsigned put_out(struct policy_leaf *out, unsigned n, uint32_t leaf, uint32_t sub, const struct cpuid_leaf *l)
{
    out[n] = (struct policy_leaf){ leaf, sub, *l };
    return n + 1;
}

/*
 * Sub-leaves that say nothing are left out, but for the first two of each leaf and the one that ends a list. Stock's
 * library writes the policy that it has read back into a buffer of as many leaves: fewer would be too few for it.
 */
static unsigned serialise_table(const struct cpuid_policy *p, unsigned t, struct policy_leaf *out, unsigned n)
{
    static const struct cpuid_leaf none;
    const struct cpuid_leaf *l = (const struct cpuid_leaf *)((const char *)p + tables[t].offset);

    for (uint32_t i = 0; i < tables[t].nr; i++)
        if (i < 2 || memcmp(&l[i], &none, sizeof(none)) || memcmp(&l[i - 1], &none, sizeof(none)))
            n = put_out(out, n, tables[t].leaf, i, &l[i]);
    return n;
}

unsigned cpu_policy_serialise(const struct cpuid_policy *p, struct policy_leaf *out)
{
    static const struct cpuid_leaf no_limit; /* of the hypervisor's own leaves */
    uint32_t max = (uint32_t)min_u64(p->basic[0].a, CPUID_NR_BASIC - 1);
    unsigned n = 0;

    for (uint32_t i = 0; i <= max; i++) {
        int t = table_find(i);

        n = t < 0 ? put_out(out, n, i, CPUID_NO_SUBLEAF, &p->basic[i]) : serialise_table(p, (unsigned)t, out, n);
    }
    n = put_out(out, n, CPUID_XEN_BASE, CPUID_NO_SUBLEAF, &no_limit);
    n = put_out(out, n, CPUID_XEN_BASE + 0x100, CPUID_NO_SUBLEAF, &no_limit);
    for (uint32_t i = 0; i < CPUID_NR_EXT && CPUID_EXT_BASE + i <= p->ext[0].a; i++)
        n = put_out(out, n, CPUID_EXT_BASE + i, CPUID_NO_SUBLEAF, &p->ext[i]);
    return n;
}

int cpu_policy_put_leaf(struct cpuid_policy *p, const struct policy_leaf *leaf)
{
    int t = table_find(leaf->leaf);

    if (t >= 0) {
        if (leaf->subleaf >= tables[t].nr)
            return -ERANGE;
        ((struct cpuid_leaf *)((char *)p + tables[t].offset))[leaf->subleaf] = leaf->value;
        return 0;
    }
    if (leaf->subleaf != CPUID_NO_SUBLEAF)
        return -ERANGE;
    if (leaf->leaf < CPUID_NR_BASIC)
        p->basic[leaf->leaf] = leaf->value;
    else if (leaf->leaf >= CPUID_EXT_BASE && leaf->leaf - CPUID_EXT_BASE < CPUID_NR_EXT)
        p->ext[leaf->leaf - CPUID_EXT_BASE] = leaf->value;
    else if ((leaf->leaf & ~0x1ffu) != CPUID_XEN_BASE || (leaf->leaf & 0xff))
        return -ERANGE; /* 0x40000000 and 0x40000100 limit the hypervisor leaves: accepted, ours are fixed */
    return 0;
}

int arch_sysctl_cpu_featureset(struct xen_sysctl_cpu_featureset *arg)
{
    enum { RAW, HOST, PV, HVM, PV_MAX, HVM_MAX };
    static const uint8_t kind[] = {
        [RAW] = CPU_POLICY_RAW, [HOST] = CPU_POLICY_HOST, [HVM] = CPU_POLICY_DEFAULT, [HVM_MAX] = CPU_POLICY_MAX
    };
    uint32_t words[CPU_FEATURE_WORDS], nr = (uint32_t)min_u64(arg->nr_features, CPU_FEATURE_WORDS);

    if (arg->index > HVM_MAX)
        return -EINVAL;
    if (arg->index == PV || arg->index == PV_MAX)
        return -EOPNOTSUPP;
    if (!arg->features) {
        arg->nr_features = CPU_FEATURE_WORDS;
        return 0;
    }
    cpu_policy_features(&cpu_policies[kind[arg->index]], words);
    if (copy_to_guest(arg->features, words, nr * sizeof(words[0])))
        return -EFAULT;
    arg->nr_features = nr;
    return nr < CPU_FEATURE_WORDS ? -ENOBUFS : 0;
}

static int leaves_to_guest(const struct cpuid_policy *p, uint32_t *nr_leaves, guest_va_t leaves)
{
    struct policy_leaf *out;
    unsigned n;
    int rc = 0;

    if (!leaves) {
        *nr_leaves = POLICY_MAX_LEAVES;
        return 0;
    }
    out = hv_zalloc(POLICY_MAX_LEAVES * sizeof(*out));
    if (!out)
        return -ENOMEM;
    n = cpu_policy_serialise(p, out);
    if (n > *nr_leaves)
        rc = -ENOBUFS;
    else if (copy_to_guest(leaves, out, n * sizeof(*out)))
        rc = -EFAULT;
    else
        *nr_leaves = n;
    hv_free(out);
    return rc;
}

static int policy_to_guest(const struct cpuid_policy *p, uint32_t *nr_leaves, guest_va_t leaves, uint32_t *nr_msrs,
                           guest_va_t msrs)
{
    struct policy_msr platform_info = { .idx = MSR_PLATFORM_INFO };
    int rc = leaves_to_guest(p, nr_leaves, leaves);

    if (rc)
        return rc;
    if (msrs && *nr_msrs < POLICY_MAX_MSRS)
        return -ENOBUFS;
    if (msrs && copy_to_guest(msrs, &platform_info, sizeof(platform_info)))
        return -EFAULT;
    *nr_msrs = POLICY_MAX_MSRS;
    return 0;
}

int arch_sysctl_cpu_policy(struct xen_sysctl_cpu_policy *arg)
{
    enum { RAW, HOST, PV_MAX, HVM_MAX, PV_DEFAULT, HVM_DEFAULT };
    static const uint8_t kind[] = {
        [RAW] = CPU_POLICY_RAW, [HOST] = CPU_POLICY_HOST, [HVM_MAX] = CPU_POLICY_MAX, [HVM_DEFAULT] = CPU_POLICY_DEFAULT
    };

    if (arg->index > HVM_DEFAULT || arg->_rsvd)
        return -EINVAL;
    if (arg->index == PV_MAX || arg->index == PV_DEFAULT)
        return -EOPNOTSUPP;
    return policy_to_guest(&cpu_policies[kind[arg->index]], &arg->nr_leaves, arg->leaves, &arg->nr_msrs, arg->msrs);
}

int arch_domctl_get_cpu_policy(struct domain *d, uint32_t *nr_leaves, guest_va_t leaves, uint32_t *nr_msrs,
                               guest_va_t msrs)
{
    return policy_to_guest(d->arch.cpuid, nr_leaves, leaves, nr_msrs, msrs);
}

static int leaves_from_guest(struct cpuid_policy *p, uint32_t nr, guest_va_t leaves, uint32_t ret_err[3])
{
    for (uint32_t i = 0; i < nr; i++) {
        struct policy_leaf leaf;

        if (copy_from_guest(&leaf, leaves + (guest_va_t)i * sizeof(leaf), sizeof(leaf)))
            return -EFAULT;
        if (cpu_policy_put_leaf(p, &leaf)) {
            ret_err[0] = leaf.leaf;
            ret_err[1] = leaf.subleaf;
            return -ERANGE;
        }
    }
    return 0;
}

static int msrs_from_guest(uint32_t nr, guest_va_t msrs, uint32_t ret_err[3])
{
    for (uint32_t i = 0; i < nr; i++) {
        struct policy_msr msr;

        if (copy_from_guest(&msr, msrs + (guest_va_t)i * sizeof(msr), sizeof(msr)))
            return -EFAULT;
        ret_err[2] = msr.idx;
        if (msr.flags)
            return -EINVAL;
        if (msr.idx != MSR_PLATFORM_INFO)
            return -ERANGE;
        if (msr.val) /* CPUID faulting is not offered */
            return -EINVAL;
    }
    ret_err[2] = UINT32_MAX;
    return 0;
}

int arch_domctl_set_cpu_policy(struct domain *d, uint32_t nr_leaves, guest_va_t leaves, uint32_t nr_msrs,
                               guest_va_t msrs, uint32_t ret_err[3])
{
    struct cpuid_policy *p;
    int rc;

    ret_err[0] = ret_err[1] = ret_err[2] = UINT32_MAX;
    if (nr_leaves > POLICY_MAX_LEAVES + 2 || nr_msrs > POLICY_MAX_MSRS)
        return -E2BIG;
    p = hv_zalloc(sizeof(*p));
    if (!p)
        return -ENOMEM;
    *p = *d->arch.cpuid;
    rc = leaves_from_guest(p, nr_leaves, leaves, ret_err);
    if (!rc)
        rc = msrs_from_guest(nr_msrs, msrs, ret_err);
    if (!rc) {
        cpu_policy_clamp(p);
        *d->arch.cpuid = *p;
    }
    hv_free(p);
    return rc;
}
