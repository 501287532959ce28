/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's virtual NUMA: the toolstack describes it (domctl), the guest and whoever populates it ask (memory_op). The
 * hypervisor does nothing with it but keep it; this machine is one node.
 */
#include "public/memory.h"

#include "copy.h"
#include "domctl_rows.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "memory_internal.h"
#include "page.h"

#define MAX_VNODES MAX_VCPUS
#define MAX_RANGES (2 * MAX_VNODES) /* of each node, one below 4 GiB and one above */
#define NODE 0u
#define NO_NODE UINT32_MAX /* on any */

/* Not changed once it is the domain's. The arrays lie behind it. */
struct vnuma {
    uint32_t refs; /* the domain's lock: one is the domain's */
    uint32_t nr_vnodes, nr_vcpus, nr_ranges;
    struct xen_vmemrange *ranges;
    uint32_t *distance, *vcpu_to_vnode, *vnode_to_pnode;
};

/* --- whose it is --- */

static struct vnuma *vnuma_get(struct domain *d)
{
    struct vnuma *v;

    spin_lock(&d->lock);
    v = d->vnuma;
    if (v)
        v->refs++;
    spin_unlock(&d->lock);
    return v;
}

static void vnuma_put(struct domain *d, struct vnuma *v)
{
    bool last = false;

    if (!v)
        return;
    spin_lock(&d->lock);
    last = --v->refs == 0;
    spin_unlock(&d->lock);
    if (last)
        hv_free(v);
}

/* new: NULL, or with one reference, the domain's from now on. */
static void vnuma_replace(struct domain *d, struct vnuma *new)
{
    struct vnuma *old;

    spin_lock(&d->lock);
    old = d->vnuma;
    d->vnuma = new;
    spin_unlock(&d->lock);
    vnuma_put(d, old);
}

void vnuma_release(struct domain *d)
{
    vnuma_replace(d, NULL);
}

/* --- the description --- */

static struct vnuma *vnuma_new(const struct xen_domctl_vnuma *a)
{
    size_t distances = (size_t)a->nr_vnodes * a->nr_vnodes;
    size_t words = distances + a->nr_vcpus + a->nr_vnodes;
    struct vnuma *v = hv_zalloc(sizeof(*v) + a->nr_vmemranges * sizeof(*v->ranges) + words * sizeof(uint32_t));

    if (!v)
        return NULL;
    *v = (struct vnuma){ .refs = 1, .nr_vnodes = a->nr_vnodes, .nr_vcpus = a->nr_vcpus, .nr_ranges = a->nr_vmemranges };
    v->ranges = (struct xen_vmemrange *)(v + 1);
    v->distance = (uint32_t *)(v->ranges + v->nr_ranges);
    v->vcpu_to_vnode = v->distance + distances;
    v->vnode_to_pnode = v->vcpu_to_vnode + v->nr_vcpus;
    return v;
}

static int vnuma_read(struct vnuma *v, const struct xen_domctl_vnuma *a)
{
    const size_t word = sizeof(uint32_t);
    int r = copy_from_guest(v->distance, a->vdistance, v->nr_vnodes * v->nr_vnodes * word);

    if (!r)
        r = copy_from_guest(v->vcpu_to_vnode, a->vcpu_to_vnode, v->nr_vcpus * word);
    if (!r)
        r = copy_from_guest(v->vnode_to_pnode, a->vnode_to_pnode, v->nr_vnodes * word);
    return r ? r : copy_from_guest(v->ranges, a->vmemrange, v->nr_ranges * sizeof(*v->ranges));
}

/* Do the numbers in it name what there is? Whether ranges are the guest's memory, the guest will see. */
static bool vnuma_ok(const struct vnuma *v)
{
    for (uint32_t i = 0; i < v->nr_vcpus; i++)
        if (v->vcpu_to_vnode[i] >= v->nr_vnodes)
            return false;
    for (uint32_t i = 0; i < v->nr_vnodes; i++)
        if (v->vnode_to_pnode[i] != NODE && v->vnode_to_pnode[i] != NO_NODE)
            return false;
    for (uint32_t i = 0; i < v->nr_ranges; i++)
        if (v->ranges[i].nid >= v->nr_vnodes || v->ranges[i].flags || v->ranges[i].start >= v->ranges[i].end)
            return false;
    return true;
}

int64_t domctl_setvnumainfo(struct op *op)
{
    const struct xen_domctl_vnuma *a = &domctl_arg(op)->u.vnuma;
    struct vnuma *v;
    int r;

    if (op->target == op->caller || op->target->state != DOMAIN_ALIVE || a->pad)
        return -EINVAL;
    if (a->nr_vnodes == 0 || a->nr_vnodes > MAX_VNODES || a->nr_vmemranges == 0 || a->nr_vmemranges > MAX_RANGES ||
        a->nr_vcpus != op->target->nr_vcpus)
        return -EINVAL;
    v = vnuma_new(a);
    if (!v)
        return -ENOMEM;
    r = vnuma_read(v, a);
    if (!r && !vnuma_ok(v))
        r = -EINVAL;
    if (r)
        hv_free(v);
    else
        vnuma_replace(op->target, v);
    return r;
}

/* --- questions --- */

static int vnuma_tell(const struct op *op, const struct vnuma *v, const struct xen_vnuma_topology_info *a)
{
    const uint64_t mask = op->abi32 ? UINT32_MAX : UINT64_MAX; /* a pointer in a field of 64 bits */
    const size_t word = sizeof(uint32_t);
    int r = copy_to_guest(a->vdistance & mask, v->distance, v->nr_vnodes * v->nr_vnodes * word);

    if (!r)
        r = copy_to_guest(a->vcpu_to_vnode & mask, v->vcpu_to_vnode, v->nr_vcpus * word);
    return r ? r : copy_to_guest(a->vmemrange & mask, v->ranges, v->nr_ranges * sizeof(*v->ranges));
}

int64_t memory_get_vnumainfo(struct op *op)
{
    struct xen_vnuma_topology_info *a = op_arg(op);
    struct vnuma *v;
    bool fits;
    int r;

    if (a->pad)
        return -EINVAL;
    v = vnuma_get(op->target);
    if (!v)
        return -EOPNOTSUPP;
    fits = a->nr_vnodes >= v->nr_vnodes && a->nr_vcpus >= v->nr_vcpus && a->nr_vmemranges >= v->nr_ranges;
    a->nr_vnodes = v->nr_vnodes;
    a->nr_vcpus = v->nr_vcpus;
    a->nr_vmemranges = v->nr_ranges;
    /* How many there are goes out with a refusal too. */
    if (fits)
        r = vnuma_tell(op, v, a);
    else
        r = op_copy_out(op) ? -EFAULT : -ENOBUFS;
    vnuma_put(op->target, v);
    return r;
}

bool vnuma_node_ok(struct domain *d, uint32_t mem_flags)
{
    unsigned node = XENMEMF_get_node(mem_flags);
    struct vnuma *v;
    bool ok;

    if (!(mem_flags & XENMEMF_vnode))
        return !(mem_flags & XENMEMF_exact_node_request) || node == NODE || node == XENMEMF_get_node(0u);
    v = vnuma_get(d);
    ok = !v || node < v->nr_vnodes;
    vnuma_put(d, v);
    return ok;
}
