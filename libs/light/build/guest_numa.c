/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/guest_numa.h"

#include <errno.h>

#include "light/build/guest_layout.h"

/* Of ACPI's table of distances: a byte each, in which less than the local one has no meaning. */
#define LOCAL_DISTANCE 10
#define MAX_DISTANCE 255

static int vnode_check(const struct guest_numa *numa, unsigned i, struct build_error *error)
{
    const struct guest_vnode *v = &numa->vnodes[i];

    if (v->kib == 0 || v->kib % 4 || v->kib > GUEST_HIGH_END / 1024)
        return build_fail(error, "vnuma", -EINVAL, "vnuma: vnode %u has %llu KiB of memory, no number of pages", i,
                          (unsigned long long)v->kib);
    for (unsigned to = 0; to < numa->nr_vnodes; to++) {
        uint32_t distance = v->distances[to];

        if (to == i && distance != LOCAL_DISTANCE)
            return build_fail(error, "vnuma", -EINVAL, "vnuma: vnode %u is %u from itself and should be %u", i, distance,
                              LOCAL_DISTANCE);
        if (to != i && (distance <= LOCAL_DISTANCE || distance > MAX_DISTANCE))
            return build_fail(error, "vnuma", -EINVAL, "vnuma: vnode %u is %u from vnode %u, and should be from %u to %u", i,
                              distance, to, LOCAL_DISTANCE + 1, MAX_DISTANCE);
    }
    return 0;
}

int guest_numa_check(const struct guest_numa *numa, uint64_t ram, unsigned nr_vcpus, struct build_error *error)
{
    uint64_t kib = 0;

    if (numa->nr_vnodes == 0 || numa->nr_vnodes > GUEST_VNODES)
        return build_fail(error, "vnuma", -EINVAL, "vnuma: %u nodes, a guest can have 1 to %u", numa->nr_vnodes, GUEST_VNODES);
    for (unsigned i = 0; i < numa->nr_vnodes; i++) {
        int err = vnode_check(numa, i, error);

        if (err < 0)
            return err;
        kib += numa->vnodes[i].kib;
    }
    if (kib != ram / 1024)
        return build_fail(error, "vnuma", -EINVAL, "vnuma: the nodes have %llu KiB of memory, the guest %llu KiB",
                          (unsigned long long)kib, (unsigned long long)ram / 1024);
    for (unsigned i = 0; i < nr_vcpus; i++)
        if (numa->vcpu_to_vnode[i] >= numa->nr_vnodes)
            return build_fail(error, "vnuma", -EINVAL, "vnuma: vCPU %u is on vnode %u of %u", i, numa->vcpu_to_vnode[i],
                              numa->nr_vnodes);
    return 0;
}

static void add(struct guest_numa_map *map, uint64_t start, uint64_t end, unsigned vnode)
{
    if (start < end)
        map->ranges[map->nr_ranges++] = (struct xen_vmemrange){ .start = start, .end = end, .nid = vnode };
}

void guest_numa_map_make(const struct guest_numa *numa, struct guest_numa_map *ret_map)
{
    const uint64_t hole = GUEST_HIGH_START - GUEST_LOW_END;
    uint64_t at = 0;

    ret_map->nr_ranges = 0;
    for (unsigned i = 0; i < numa->nr_vnodes; i++) {
        uint64_t end = at + numa->vnodes[i].kib * 1024;

        if (at < GUEST_LOW_END)
            add(ret_map, at, end < GUEST_LOW_END ? end : GUEST_LOW_END, i);
        if (end > GUEST_LOW_END)
            add(ret_map, (at > GUEST_LOW_END ? at : GUEST_LOW_END) + hole, end + hole, i);
        at = end;
    }
}
