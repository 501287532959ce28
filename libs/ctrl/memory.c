/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl/memory.h"

#include <errno.h>
#include <string.h>

#include "call.h"

static long memory_op(struct ctrl_priv *p, unsigned cmd, void *arg, size_t size)
{
    return ctrl_op(p, __HYPERVISOR_memory_op, cmd, arg, size);
}

static long reservation(struct ctrl_priv *p, unsigned cmd, const uint64_t *gfns, struct xen_memory_reservation *r)
{
    _cleanup_(bounce_done) struct bounce list = { 0 };
    long ret;

    if (r->nr_extents == 0)
        return 0;
    ret = bounce_new(&list, p, gfns, r->nr_extents * sizeof(*gfns));
    if (ret < 0)
        return ret;
    r->extent_start = bounce_addr(&list);
    ret = memory_op(p, cmd, r, sizeof(*r));
    return ret > (long)r->nr_extents ? -EPROTO : ret;
}

long ctrl_memory_populate(struct ctrl_priv *p, uint32_t domid, const uint64_t *gfns, size_t count, unsigned order,
                          uint32_t flags)
{
    struct xen_memory_reservation r = {
        .nr_extents = count, .extent_order = order, .mem_flags = flags, .domid = wire_domid(domid)
    };

    return reservation(p, XENMEM_populate_physmap, gfns, &r);
}

long ctrl_memory_decrease(struct ctrl_priv *p, uint32_t domid, const uint64_t *gfns, size_t count, unsigned order)
{
    struct xen_memory_reservation r = { .nr_extents = count, .extent_order = order, .domid = wire_domid(domid) };

    return reservation(p, XENMEM_decrease_reservation, gfns, &r);
}

int ctrl_memory_claim(struct ctrl_priv *p, uint32_t domid, uint64_t pages)
{
    struct xen_memory_reservation r = { .nr_extents = pages, .domid = wire_domid(domid) };

    return (int)memory_op(p, XENMEM_claim_pages, &r, sizeof(r));
}

int ctrl_memory_set_map(struct ctrl_priv *p, uint32_t domid, const struct xen_e820_entry *entries, uint32_t count)
{
    struct xen_foreign_memory_map map = { .domid = wire_domid(domid), .nr_entries = count };
    _cleanup_(bounce_done) struct bounce list = { 0 };
    int err = count ? bounce_new(&list, p, entries, count * sizeof(*entries)) : -EINVAL;

    if (err < 0)
        return err;
    map.buffer = bounce_addr(&list);
    return (int)memory_op(p, XENMEM_set_memory_map, &map, sizeof(map));
}

int ctrl_memory_add_to_physmap(struct ctrl_priv *p, uint32_t domid, uint32_t space, uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap add = { .domid = wire_domid(domid), .space = space, .idx = idx, .gpfn = gfn };

    return (int)memory_op(p, XENMEM_add_to_physmap, &add, sizeof(add));
}

int ctrl_memory_remove_from_physmap(struct ctrl_priv *p, uint32_t domid, uint64_t gfn)
{
    struct xen_remove_from_physmap del = { .domid = wire_domid(domid), .gpfn = gfn };

    return (int)memory_op(p, XENMEM_remove_from_physmap, &del, sizeof(del));
}

static int pod_target(struct ctrl_priv *p, unsigned cmd, struct xen_pod_target t, struct xen_pod_target *ret)
{
    int err = (int)memory_op(p, cmd, &t, sizeof(t));

    if (err == 0 && ret)
        *ret = t;
    return err;
}

int ctrl_memory_set_pod_target(struct ctrl_priv *p, uint32_t domid, uint64_t pages, struct xen_pod_target *ret)
{
    return pod_target(p, XENMEM_set_pod_target,
                      (struct xen_pod_target){ .domid = wire_domid(domid), .target_pages = pages }, ret);
}

int ctrl_memory_get_pod_target(struct ctrl_priv *p, uint32_t domid, struct xen_pod_target *ret)
{
    return pod_target(p, XENMEM_get_pod_target, (struct xen_pod_target){ .domid = wire_domid(domid) }, ret);
}

int64_t ctrl_memory_max_gfn(struct ctrl_priv *p, uint32_t domid)
{
    struct xen_memory_domain d = { .domid = wire_domid(domid) };

    return memory_op(p, XENMEM_maximum_gpfn, &d, sizeof(d));
}

static int64_t memory_question(struct ctrl_priv *p, unsigned cmd)
{
    uint64_t args[5] = { cmd };

    return ctrl_hypercall(p, __HYPERVISOR_memory_op, args);
}

int64_t ctrl_memory_sharing_freed(struct ctrl_priv *p)
{
    return memory_question(p, XENMEM_get_sharing_freed_pages);
}

int64_t ctrl_memory_sharing_used(struct ctrl_priv *p)
{
    return memory_question(p, XENMEM_get_sharing_shared_pages);
}

/* The hypervisor says how many there are also when the room is too small: nothing was written then. */
int ctrl_memory_get_vnuma(struct ctrl_priv *p, uint32_t domid, struct ctrl_vnuma_room *room)
{
    _cleanup_(bounce_done) struct bounce distance = { 0 }, vcpus = { 0 }, ranges = { 0 }, arg = { 0 };
    struct xen_vnuma_topology_info info = {
        .domid = wire_domid(domid),
        .nr_vnodes = room->nr_vnodes,
        .nr_vcpus = room->nr_vcpus,
        .nr_vmemranges = room->nr_vmemranges,
    };
    size_t distances = (size_t)room->nr_vnodes * room->nr_vnodes * sizeof(uint32_t);
    uint64_t args[5] = { XENMEM_get_vnumainfo };
    int err = bounce_new(&distance, p, NULL, distances + !distances);

    if (err == 0)
        err = bounce_new(&vcpus, p, NULL, (room->nr_vcpus + 1) * sizeof(uint32_t));
    if (err == 0)
        err = bounce_new(&ranges, p, NULL, (room->nr_vmemranges + 1) * sizeof(struct xen_vmemrange));
    info.vdistance = bounce_addr(&distance);
    info.vcpu_to_vnode = bounce_addr(&vcpus);
    info.vmemrange = bounce_addr(&ranges);
    if (err == 0)
        err = bounce_new(&arg, p, &info, sizeof(info));
    if (err < 0)
        return err;
    args[1] = bounce_addr(&arg);
    err = (int)ctrl_hypercall(p, __HYPERVISOR_memory_op, args);
    if (err > 0)
        return -EPROTO;
    if (err < 0 && err != -ENOBUFS)
        return err;
    memcpy(&info, arg.data, sizeof(info));
    if (err == 0 && (info.nr_vnodes > room->nr_vnodes || info.nr_vcpus > room->nr_vcpus ||
                     info.nr_vmemranges > room->nr_vmemranges))
        return -EPROTO;
    room->nr_vnodes = info.nr_vnodes;
    room->nr_vcpus = info.nr_vcpus;
    room->nr_vmemranges = info.nr_vmemranges;
    if (err == 0) {
        memcpy(room->distance, distance.data, (size_t)info.nr_vnodes * info.nr_vnodes * sizeof(uint32_t));
        memcpy(room->vcpu_to_vnode, vcpus.data, info.nr_vcpus * sizeof(uint32_t));
        memcpy(room->ranges, ranges.data, info.nr_vmemranges * sizeof(struct xen_vmemrange));
    }
    return err;
}
