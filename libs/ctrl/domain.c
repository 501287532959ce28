/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl/domain.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "public/memory.h"
#include "public/sched.h"

#define XEN_ERESTART 85 /* the hypervisor's own number, which an interrupted command may show */

static struct xen_domctl domctl_of(uint32_t cmd, uint32_t domid)
{
    return (struct xen_domctl){ .cmd = cmd, .domain = wire_domid(domid) };
}

static int domctl_plain(struct ctrl_priv *p, uint32_t cmd, uint32_t domid)
{
    struct xen_domctl op = domctl_of(cmd, domid);

    return ctrl_domctl(p, &op);
}

/* --- life --- */

int ctrl_domain_create(struct ctrl_priv *p, const struct xen_domctl_createdomain *config, uint32_t domid,
                       uint32_t *ret_domid)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_createdomain, domid);
    int err;

    if (domid >= DOMID_FIRST_RESERVED) /* the hypervisor would take any */
        return -EINVAL;
    op.u.createdomain = *config;
    err = ctrl_domctl(p, &op);
    if (err < 0)
        return err;
    *ret_domid = op.domain;
    return 0;
}

int ctrl_domain_destroy_step(struct ctrl_priv *p, uint32_t domid)
{
    int err = domctl_plain(p, XEN_DOMCTL_destroydomain, domid);

    return err == -XEN_ERESTART ? -EAGAIN : err;
}

int ctrl_domain_destroy(struct ctrl_priv *p, uint32_t domid)
{
    int err;

    do
        err = ctrl_domain_destroy_step(p, domid);
    while (err == -EAGAIN);
    return err;
}

int ctrl_domain_pause(struct ctrl_priv *p, uint32_t domid)
{
    return domctl_plain(p, XEN_DOMCTL_pausedomain, domid);
}

int ctrl_domain_unpause(struct ctrl_priv *p, uint32_t domid)
{
    return domctl_plain(p, XEN_DOMCTL_unpausedomain, domid);
}

int ctrl_domain_resume(struct ctrl_priv *p, uint32_t domid)
{
    return domctl_plain(p, XEN_DOMCTL_resumedomain, domid);
}

int ctrl_domain_shutdown(struct ctrl_priv *p, uint32_t domid, uint32_t reason)
{
    struct sched_remote_shutdown arg = { .domain_id = wire_domid(domid), .reason = reason };

    return (int)ctrl_op(p, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &arg, sizeof(arg));
}

int ctrl_domain_shutdown_reason(const struct xen_domctl_getdomaininfo *info)
{
    if (!(info->flags & XEN_DOMINF_shutdown))
        return -1;
    return (int)(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
}

int ctrl_domain_set_handle(struct ctrl_priv *p, uint32_t domid, const uint8_t handle[16])
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_setdomainhandle, domid);

    memcpy(op.u.setdomainhandle.handle, handle, sizeof(op.u.setdomainhandle.handle));
    return ctrl_domctl(p, &op);
}

int ctrl_domain_send_trigger(struct ctrl_priv *p, uint32_t domid, uint32_t trigger, uint32_t vcpu)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_sendtrigger, domid);

    op.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = trigger, .vcpu = vcpu };
    return ctrl_domctl(p, &op);
}

int ctrl_domain_set_time_offset(struct ctrl_priv *p, uint32_t domid, int64_t seconds)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_settimeoffset, domid);

    op.u.settimeoffset.time_offset_seconds = seconds;
    return ctrl_domctl(p, &op);
}

int ctrl_domain_set_tsc_info(struct ctrl_priv *p, uint32_t domid, const struct xen_domctl_tsc_info *info)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_settscinfo, domid);

    op.u.tsc_info = *info;
    return ctrl_domctl(p, &op);
}

int ctrl_domain_get_tsc_info(struct ctrl_priv *p, uint32_t domid, struct xen_domctl_tsc_info *ret_info)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_gettscinfo, domid);
    int err = ctrl_domctl(p, &op);

    if (err == 0)
        *ret_info = op.u.tsc_info;
    return err;
}

int ctrl_domain_set_target(struct ctrl_priv *p, uint32_t domid, uint32_t target)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_set_target, domid);

    op.u.set_target.target = wire_domid(target);
    return ctrl_domctl(p, &op);
}

/* --- limits --- */

int ctrl_domain_max_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t max)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_max_vcpus, domid);

    op.u.max_vcpus.max = max;
    return ctrl_domctl(p, &op);
}

int ctrl_domain_max_mem(struct ctrl_priv *p, uint32_t domid, uint64_t kib)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_max_mem, domid);

    op.u.max_mem.max_memkb = kib;
    return ctrl_domctl(p, &op);
}

int ctrl_domain_set_paging_pool(struct ctrl_priv *p, uint32_t domid, uint64_t size)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_set_paging_mempool_size, domid);

    op.u.paging_mempool.size = size;
    return ctrl_domctl(p, &op);
}

int ctrl_domain_get_paging_pool(struct ctrl_priv *p, uint32_t domid, uint64_t *ret_size)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_get_paging_mempool_size, domid);
    int err = ctrl_domctl(p, &op);

    if (err == 0)
        *ret_size = op.u.paging_mempool.size;
    return err;
}

/* --- vCPUs --- */

int ctrl_vcpu_info(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct xen_domctl_getvcpuinfo *ret_info)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_getvcpuinfo, domid);
    int err;

    op.u.getvcpuinfo.vcpu = vcpu;
    err = ctrl_domctl(p, &op);
    if (err == 0)
        *ret_info = op.u.getvcpuinfo;
    return err;
}

/* The hypervisor reads and writes whole bytes. */
static int bitmap_bounce(struct bounce *b, struct ctrl_priv *p, const struct ctrl_bitmap *map, struct xenctl_bitmap *ret_map)
{
    int err = map->count ? bounce_new(b, p, map->bits, (map->count + 7) / 8) : -EINVAL;

    if (err < 0)
        return err;
    *ret_map = (struct xenctl_bitmap){ .bitmap = bounce_addr(b), .nr_bits = map->count };
    return 0;
}

static void bitmap_take(struct ctrl_bitmap *map, const struct bounce *b)
{
    if (map)
        memcpy(map->bits, b->data, b->size);
}

static int affinity(struct ctrl_priv *p, struct xen_domctl *op, struct ctrl_bitmap *hard, struct ctrl_bitmap *soft)
{
    _cleanup_(bounce_done) struct bounce hard_bits = { 0 }, soft_bits = { 0 };
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    int err = hard ? bitmap_bounce(&hard_bits, p, hard, &a->cpumap_hard) : 0;

    if (err == 0 && soft)
        err = bitmap_bounce(&soft_bits, p, soft, &a->cpumap_soft);
    if (err < 0)
        return err;
    a->flags |= (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    err = ctrl_domctl(p, op);
    if (err < 0)
        return err;
    bitmap_take(hard, &hard_bits);
    bitmap_take(soft, &soft_bits);
    return 0;
}

int ctrl_vcpu_set_affinity(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct ctrl_bitmap *hard,
                           struct ctrl_bitmap *soft, bool force)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_setvcpuaffinity, domid);

    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = force ? XEN_VCPUAFFINITY_FORCE : 0;
    return affinity(p, &op, hard, soft);
}

int ctrl_vcpu_get_affinity(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct ctrl_bitmap *ret_hard,
                           struct ctrl_bitmap *ret_soft)
{
    struct xen_domctl op = domctl_of(XEN_DOMCTL_getvcpuaffinity, domid);

    op.u.vcpuaffinity.vcpu = vcpu;
    return affinity(p, &op, ret_hard, ret_soft);
}

static int node_affinity(struct ctrl_priv *p, uint32_t cmd, uint32_t domid, const struct ctrl_bitmap *nodes,
                         struct ctrl_bitmap *ret_nodes)
{
    _cleanup_(bounce_done) struct bounce bits = { 0 };
    struct xen_domctl op = domctl_of(cmd, domid);
    int err = bitmap_bounce(&bits, p, nodes, &op.u.nodeaffinity.nodemap);

    if (err == 0)
        err = ctrl_domctl(p, &op);
    if (err == 0)
        bitmap_take(ret_nodes, &bits);
    return err;
}

int ctrl_domain_set_node_affinity(struct ctrl_priv *p, uint32_t domid, const struct ctrl_bitmap *nodes)
{
    return node_affinity(p, XEN_DOMCTL_setnodeaffinity, domid, nodes, NULL);
}

int ctrl_domain_get_node_affinity(struct ctrl_priv *p, uint32_t domid, struct ctrl_bitmap *ret_nodes)
{
    return node_affinity(p, XEN_DOMCTL_getnodeaffinity, domid, ret_nodes, ret_nodes);
}

int ctrl_vcpu_get_context(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct vcpu_guest_context *ret_context)
{
    _cleanup_(bounce_done) struct bounce context = { 0 };
    struct xen_domctl op = domctl_of(XEN_DOMCTL_getvcpucontext, domid);
    int err = bounce_new(&context, p, NULL, sizeof(*ret_context));

    if (err < 0)
        return err;
    op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = vcpu, .ctxt = bounce_addr(&context) };
    err = ctrl_domctl(p, &op);
    if (err == 0)
        memcpy(ret_context, context.data, context.size);
    return err;
}

int ctrl_domain_pages_present(struct ctrl_priv *p, uint32_t domid, uint64_t gfn, uint32_t count, bool *ret_present)
{
    _cleanup_(bounce_done) struct bounce list = { 0 };
    struct xen_domctl op = domctl_of(XEN_DOMCTL_getpageframeinfo3, domid);
    int err = bounce_new(&list, p, NULL, count * sizeof(uint64_t));
    uint64_t *types = list.data;

    if (err < 0)
        return err;
    for (uint32_t i = 0; i < count; i++)
        types[i] = gfn + i;
    op.u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){ .num = count, .array = bounce_addr(&list) };
    err = ctrl_domctl(p, &op);
    for (uint32_t i = 0; i < count && err == 0; i++) {
        uint32_t type = (uint32_t)types[i] & XEN_DOMCTL_PFINFO_LTAB_MASK;

        ret_present[i] = type != XEN_DOMCTL_PFINFO_XTAB && type != XEN_DOMCTL_PFINFO_XALLOC && type != XEN_DOMCTL_PFINFO_BROKEN;
    }
    return err;
}

/* --- virtual NUMA --- */

int ctrl_domain_set_vnuma(struct ctrl_priv *p, uint32_t domid, const struct ctrl_vnuma *vnuma)
{
    _cleanup_(bounce_done) struct bounce distance = { 0 }, vcpus = { 0 }, nodes = { 0 }, ranges = { 0 };
    struct xen_domctl op = domctl_of(XEN_DOMCTL_setvnumainfo, domid);
    const size_t word = sizeof(uint32_t);
    int err = bounce_new(&distance, p, vnuma->distance, (size_t)vnuma->nr_vnodes * vnuma->nr_vnodes * word);

    if (err == 0)
        err = bounce_new(&vcpus, p, vnuma->vcpu_to_vnode, vnuma->nr_vcpus * word);
    if (err == 0)
        err = bounce_new(&nodes, p, vnuma->vnode_to_pnode, vnuma->nr_vnodes * word);
    if (err == 0)
        err = bounce_new(&ranges, p, vnuma->ranges, vnuma->nr_vmemranges * sizeof(*vnuma->ranges));
    if (err < 0)
        return err;
    op.u.vnuma = (struct xen_domctl_vnuma){
        .nr_vnodes = vnuma->nr_vnodes, .nr_vmemranges = vnuma->nr_vmemranges, .nr_vcpus = vnuma->nr_vcpus,
        .vdistance = bounce_addr(&distance), .vcpu_to_vnode = bounce_addr(&vcpus),
        .vnode_to_pnode = bounce_addr(&nodes), .vmemrange = bounce_addr(&ranges),
    };
    return ctrl_domctl(p, &op);
}
