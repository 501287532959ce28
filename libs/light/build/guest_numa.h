/* SPDX-License-Identifier: LGPL-2.1-only */
/* A guest's virtual NUMA: what is wished, and where in the guest's memory each node lies then. */
#ifndef XENOLITH_LIGHT_GUEST_NUMA_H
#define XENOLITH_LIGHT_GUEST_NUMA_H

#include <stdint.h>

#include "light/build/build_error.h"
#include "public/memory.h"

#define GUEST_VNODES 128u /* more no guest can have */
#define GUEST_VRANGES (GUEST_VNODES + 1) /* one node lies around the hole below 4 GiB */
#define GUEST_ANY_PNODE UINT32_MAX

struct guest_vnode {
    uint64_t kib;              /* whole pages */
    uint32_t pnode;            /* of the machine, or GUEST_ANY_PNODE */
    const uint32_t *distances; /* to each node, itself included */
};

struct guest_numa {
    unsigned nr_vnodes;
    const struct guest_vnode *vnodes;
    const uint32_t *vcpu_to_vnode; /* as many as the guest has vCPUs */
};

/* Ranges of the guest's RAM in ascending order, each of one node. */
struct guest_numa_map {
    unsigned nr_ranges;
    struct xen_vmemrange ranges[GUEST_VRANGES];
};

/* Nodes of a guest of that many bytes of RAM and vCPUs. -EINVAL: what is wrong with which of them. */
int guest_numa_check(const struct guest_numa *numa, uint64_t ram, unsigned nr_vcpus, struct build_error *error);
/* Where they lie, of one that is right. */
void guest_numa_map_make(const struct guest_numa *numa, struct guest_numa_map *ret_map);

#endif
