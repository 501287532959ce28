/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/vnuma.h"

#include <libxl_utils.h>

#include "ctrl/machine.h"
#include "light/ctx.h"

#define NOWHERE UINT32_MAX

uint64_t light_vnuma_memkb(const libxl_domain_build_info *b)
{
    uint64_t sum = 0;

    for (int i = 0; i < b->num_vnuma_nodes; i++) {
        if (b->vnuma_nodes[i].memkb == LIBXL_MEMKB_DEFAULT)
            return LIBXL_MEMKB_DEFAULT;
        sum += b->vnuma_nodes[i].memkb;
    }
    return sum;
}

static int vnode_read(struct op *op, const libxl_domain_build_info *b, int which, uint32_t pnodes, struct guest_vnode *ret)
{
    const libxl_vnode_info *v = &b->vnuma_nodes[which];

    if (v->memkb == LIBXL_MEMKB_DEFAULT)
        return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vnode %d does not say how much memory it has: size=", which);
    if (v->num_distances != b->num_vnuma_nodes)
        return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vnode %d has %d distances, there are %d nodes", which,
                       v->num_distances, b->num_vnuma_nodes);
    if (v->pnode != GUEST_ANY_PNODE && v->pnode >= pnodes)
        return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vnode %d is to be on node %u of a machine that has %u: pnode=",
                       which, v->pnode, pnodes);
    *ret = (struct guest_vnode){ .kib = v->memkb, .pnode = v->pnode, .distances = v->distances };
    return 0;
}

/* Each vCPU is on one node. */
static int vcpus_read(struct op *op, const libxl_domain_build_info *b, uint32_t *vcpu_to_vnode)
{
    const unsigned nr_vcpus = (unsigned)b->max_vcpus;
    unsigned vcpu;

    for (vcpu = 0; vcpu < nr_vcpus; vcpu++)
        vcpu_to_vnode[vcpu] = NOWHERE;
    for (int i = 0; i < b->num_vnuma_nodes; i++) {
        libxl_for_each_set_bit(vcpu, b->vnuma_nodes[i].vcpus) {
            if (vcpu >= nr_vcpus)
                return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vnode %d has vCPU %u of a domain of %u", i, vcpu,
                               nr_vcpus);
            if (vcpu_to_vnode[vcpu] != NOWHERE)
                return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vCPU %u is on vnode %u and on vnode %d", vcpu,
                               vcpu_to_vnode[vcpu], i);
            vcpu_to_vnode[vcpu] = (uint32_t)i;
        }
    }
    for (vcpu = 0; vcpu < nr_vcpus; vcpu++)
        if (vcpu_to_vnode[vcpu] == NOWHERE)
            return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "vnuma: vCPU %u is on no vnode", vcpu);
    return 0;
}

int light_vnuma_read(struct op *op, struct ctrl_priv *priv, const libxl_domain_build_info *b, struct guest_numa *ret_numa)
{
    const unsigned n = (unsigned)b->num_vnuma_nodes;
    struct build_error error = { .text = "" };
    struct guest_vnode *vnodes;
    uint32_t *vcpu_to_vnode;
    int64_t pnodes;
    int rc = 0;

    if (n == 0)
        return 0;
    pnodes = ctrl_machine_nodes(priv, NULL, NULL, 0);
    if (pnodes < 0)
        return op_fail(op, light_error((int)pnodes), "vnuma: how many nodes the machine has");
    vnodes = arena_alloc(&op->arena, n * sizeof(*vnodes));
    vcpu_to_vnode = arena_alloc(&op->arena, (size_t)b->max_vcpus * sizeof(*vcpu_to_vnode));
    if (!vnodes || !vcpu_to_vnode)
        return op_fail(op, ERROR_NOMEM, "no memory");
    for (unsigned i = 0; i < n && rc == 0; i++)
        rc = vnode_read(op, b, (int)i, (uint32_t)pnodes, &vnodes[i]);
    if (rc == 0)
        rc = vcpus_read(op, b, vcpu_to_vnode);
    if (rc)
        return rc;
    *ret_numa = (struct guest_numa){ n, vnodes, vcpu_to_vnode };
    if (guest_numa_check(ret_numa, b->max_memkb * 1024, (unsigned)b->max_vcpus, &error))
        return op_fail(op, ERROR_VNUMA_CONFIG_INVALID, "%s", error.text);
    return 0;
}
