/* SPDX-License-Identifier: LGPL-2.1-only */
/* What cpuid= asks for, on top of the policy that the hypervisor has given the domain. */
#include <errno.h>
#include <string.h>

#include "ctrl/hvm.h"
#include "public/sysctl.h"
#include "light/cpuid.h"
#include "light/ctx.h"
#include "light/domain_settle.h"

/* bits: as in cpuid.h, width of them. */
static uint64_t bits_apply(const char *bits, unsigned width, uint64_t policy, uint64_t host)
{
    for (unsigned i = 0; i < width && bits[i]; i++) {
        uint64_t bit = UINT64_C(1) << (width - 1 - i);

        if (bits[i] == '1')
            policy |= bit;
        else if (bits[i] == '0')
            policy &= ~bit;
        else if (bits[i] != 'x')
            policy = (policy & ~bit) | (host & bit);
    }
    return policy;
}

/* NULL: it has none such. Who says nothing of subleaves means the first. */
static struct xen_cpuid_leaf *leaf_find(struct ctrl_cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
    struct xen_cpuid_leaf *first = NULL;

    for (uint32_t i = 0; i < p->nr_leaves; i++) {
        if (p->leaves[i].leaf == leaf && p->leaves[i].subleaf == subleaf)
            return &p->leaves[i];
        if (p->leaves[i].leaf == leaf && p->leaves[i].subleaf == 0 && subleaf == CPUID_NO_SUBLEAF)
            first = &p->leaves[i];
    }
    return first;
}

static struct xen_msr_entry *msr_find(struct ctrl_cpu_policy *p, uint32_t index)
{
    for (uint32_t i = 0; i < p->nr_msrs; i++) {
        if (p->msrs[i].idx == index)
            return &p->msrs[i];
    }
    return NULL;
}

/* Room for what the hypervisor says, and for what is added. */
static bool policy_room(struct op *op, const struct ctrl_cpu_policy *size, const struct libxl__cpu_policy *more,
                        struct ctrl_cpu_policy *ret_policy)
{
    struct ctrl_cpu_policy p = { .nr_leaves = size->nr_leaves, .nr_msrs = size->nr_msrs };

    p.leaves = arena_alloc(&op->arena, (p.nr_leaves + more->nr_leaves) * sizeof(*p.leaves));
    p.msrs = arena_alloc(&op->arena, (p.nr_msrs + more->nr_msrs) * sizeof(*p.msrs));
    *ret_policy = p;
    return p.leaves && p.msrs;
}

static void leaf_apply(struct ctrl_cpu_policy *policy, struct ctrl_cpu_policy *host, const struct cpuid_leaf *row)
{
    static const struct xen_cpuid_leaf nothing;
    const struct xen_cpuid_leaf *of_host = leaf_find(host, row->leaf, row->subleaf);
    struct xen_cpuid_leaf *leaf = leaf_find(policy, row->leaf, row->subleaf);
    uint32_t *registers[4];
    uint32_t values[4];

    if (!leaf) {
        leaf = &policy->leaves[policy->nr_leaves++];
        *leaf = (struct xen_cpuid_leaf){ .leaf = row->leaf, .subleaf = row->subleaf };
    }
    if (!of_host)
        of_host = &nothing;
    memcpy(values, (uint32_t[4]){ of_host->a, of_host->b, of_host->c, of_host->d }, sizeof(values));
    memcpy(registers, (uint32_t *[4]){ &leaf->a, &leaf->b, &leaf->c, &leaf->d }, sizeof(registers));
    for (unsigned i = 0; i < 4; i++)
        *registers[i] = (uint32_t)bits_apply(row->registers[i], 32, *registers[i], values[i]);
}

static void msr_apply(struct ctrl_cpu_policy *policy, struct ctrl_cpu_policy *host, const struct cpuid_msr *row)
{
    const struct xen_msr_entry *of_host = msr_find(host, row->index);
    struct xen_msr_entry *msr = msr_find(policy, row->index);

    if (!msr) {
        msr = &policy->msrs[policy->nr_msrs++];
        *msr = (struct xen_msr_entry){ .idx = row->index };
    }
    msr->val = bits_apply(row->bits, 64, msr->val, of_host ? of_host->val : 0);
}

static int refused(struct op *op, int rc, const struct ctrl_cpu_policy_fault *fault)
{
    if (fault->leaf != UINT32_MAX)
        return op_fail(op, ERROR_INVAL, "the hypervisor does not take what cpuid= says of leaf 0x%x, subleaf 0x%x: %s", fault->leaf,
                       fault->subleaf, strerror(-rc));
    if (fault->msr != UINT32_MAX)
        return op_fail(op, ERROR_INVAL, "the hypervisor does not take what cpuid= says of MSR 0x%x: %s", fault->msr, strerror(-rc));
    return op_fail(op, ERROR_FAIL, "cpuid= cannot be applied: %s", strerror(-rc));
}

int light_settle_cpuid(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_cpuid_policy_list *list)
{
    struct ctrl_cpu_policy size = { 0 }, host, policy;
    struct ctrl_cpu_policy_fault fault = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
    const struct libxl__cpu_policy *rows = *list;
    int rc;

    if (!rows)
        return 0;
    rc = ctrl_machine_cpu_policy(ctx->priv, XEN_SYSCTL_cpu_policy_host, &size);
    if (rc < 0)
        return refused(op, rc, &fault);
    if (!policy_room(op, &size, rows, &host) || !policy_room(op, &size, rows, &policy))
        return op_fail(op, ERROR_NOMEM, "no memory");
    rc = ctrl_machine_cpu_policy(ctx->priv, XEN_SYSCTL_cpu_policy_host, &host);
    if (rc == 0)
        rc = ctrl_domain_get_cpu_policy(ctx->priv, domid, &policy);
    if (rc < 0)
        return refused(op, rc, &fault);
    for (size_t i = 0; i < rows->nr_leaves; i++)
        leaf_apply(&policy, &host, &rows->leaves[i]);
    for (size_t i = 0; i < rows->nr_msrs; i++)
        msr_apply(&policy, &host, &rows->msrs[i]);
    rc = ctrl_domain_set_cpu_policy(ctx->priv, domid, &policy, &fault);
    return rc < 0 ? refused(op, rc, &fault) : 0;
}
