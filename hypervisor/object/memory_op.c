/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: the table of sub-operations, and those that change how much memory a domain has.
 *
 * dom0 keeps its boot frames (DESIGN D2): what it gives up stays reserved for the same gfn, what it asks for is that
 * frame or nothing. Other domains' frames come from and go to the allocator.
 */
#include "public/memory.h"

#include "../mm/mm_internal.h"
#include "copy.h"
#include "cpu.h"
#include "errno.h"
#include "memory_internal.h"
#include "p2m_internal.h"
#include "page.h"
#include "page_boot.h"

/* An extent is not preemptible, and it is cleared: 1 GiB would be too long. Toolstacks fall back to 2 MiB. */
#define MAX_ORDER ORDER_2M

/* --- shared helpers --- */

int op_read_longs(const struct op *op, guest_va_t array, uint64_t index, unsigned n, uint64_t *ret)
{
    uint32_t narrow[MEMORY_CHUNK];
    int rc;

    if (!op->abi32)
        return copy_from_guest(ret, array + index * 8, (size_t)n * 8);
    rc = copy_from_guest(narrow, array + index * 4, (size_t)n * 4);
    for (unsigned i = 0; rc == 0 && i < n; i++)
        ret[i] = narrow[i];
    return rc;
}

static uint64_t command(const struct op *op)
{
    return op->abi32 ? (uint32_t)op->raw[0] : op->raw[0];
}

uint64_t memory_cursor(const struct op *op)
{
    return command(op) >> MEMOP_EXTENT_SHIFT;
}

int64_t memory_cursor_set(struct op *op, uint64_t done)
{
    op->raw[0] = (op->raw[0] & MEMOP_CMD_MASK) | done << MEMOP_EXTENT_SHIFT;
    return -ERESTART;
}

/* For sub-operations that are no lists. */
static int no_cursor_decode(struct op *op)
{
    return memory_cursor(op) == 0 ? 0 : -EINVAL;
}

/* --- one extent --- */

static bool is_own(enum p2m_type t)
{
    return p2m_is_ram(t) || t == P2M_ON_DEMAND;
}

/* What the removed entry stood for goes back: to the frames for populate on demand if those are short. */
static void put_back(struct domain *d, const struct p2m_entry *old)
{
    uint64_t n = 1ULL << old->order;

    if (old->type == P2M_ON_DEMAND) {
        pod_trim(d, n);
        return;
    }
    for (mfn_t m = old->mfn; m < old->mfn + n; m++)
        if (!pod_take_back(d, m))
            page_put(mfn_to_page(m));
}

/* Take 2^order pages at gfn out of d's map. Nothing happens when they are not one superpage of RAM. */
static bool remove_superpage(struct domain *d, gfn_t gfn, unsigned order)
{
    struct p2m_entry e = p2m_lookup(d, gfn);

    if (order == ORDER_4K || e.order < order || !is_own(e.type) || (gfn & ((1ULL << order) - 1)) ||
        p2m_replace(d, gfn, INVALID_MFN, order, P2M_NONE, &e))
        return false;
    e.order = order;
    put_back(d, &e);
    return true;
}

static bool remove_page(struct domain *d, gfn_t gfn)
{
    struct p2m_entry e;
    int rc;

    do {
        e = p2m_lookup(d, gfn);
        if (!is_own(e.type))
            return false;
        rc = p2m_replace(d, gfn, INVALID_MFN, ORDER_4K, P2M_NONE, &e);
    } while (rc == -EAGAIN);
    if (rc)
        return false;
    e.order = ORDER_4K;
    put_back(d, &e);
    return true;
}

static bool decrease_extent(struct domain *d, gfn_t gfn, unsigned order)
{
    gfn_t end = gfn + (1ULL << order);

    if (end < gfn)
        return false;
    if (!page_is_boot(d->id, gfn) && (order == ORDER_2M || order == ORDER_1G) && remove_superpage(d, gfn, order))
        return true;
    if (order > ORDER_2M) /* page by page it would take too long */
        return false;
    for (gfn_t g = gfn; g < end; g++)
        if (!is_own(p2m_lookup(d, g).type))
            return false;
    for (; gfn < end; gfn++)
        if (!remove_page(d, gfn))
            return false;
    return true;
}

/* Enter a block of frames into holes of d's map, in the largest pieces that fit. On failure nothing is mapped. */
static int map_block(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type)
{
    static const unsigned orders[] = { ORDER_1G, ORDER_2M, ORDER_4K };
    uint64_t total = 1ULL << order, done = 0;
    int rc = 0;

    while (done < total && rc == 0) {
        struct p2m_entry e = p2m_lookup(d, gfn + done);
        unsigned i = 0;

        while (orders[i] > order || orders[i] > e.order || (((gfn + done) | done) & ((1ULL << orders[i]) - 1)))
            i++;
        rc = e.type != P2M_NONE ? -EEXIST
                                : p2m_replace(d, gfn + done, mfn + done, orders[i], type, &e);
        if (rc == 0)
            done += 1ULL << orders[i];
        else if (rc == -EAGAIN)
            rc = 0; /* another vCPU was faster: look again */
    }
    for (uint64_t i = 0; rc != 0 && i < done; i++)
        p2m_set(d, gfn + i, INVALID_MFN, ORDER_4K, P2M_NONE, NULL); /* the caller drops the references */
    return rc;
}

static bool populate_guest(struct domain *d, gfn_t gfn, unsigned order, unsigned flags)
{
    mfn_t mfn;

    /* Larger unaligned extents would be mapped page by page, for long. */
    if (order > ORDER_2M && (gfn & ((1ULL << order) - 1)))
        return false;
    if (p2m_lookup(d, gfn).type != P2M_NONE || domain_alloc_pages(d, order, flags, &mfn))
        return false;
    if (map_block(d, gfn, mfn, order, P2M_RAM_RW) == 0)
        return true;
    for (mfn_t m = mfn; m < mfn + (1ULL << order); m++)
        page_put(mfn_to_page(m));
    return false;
}

/* dom0: one of its own boot frames comes back, zeroed, to its own gfn. */
static bool populate_boot_page(struct domain *d, gfn_t gfn)
{
    struct p2m_entry e = p2m_lookup(d, gfn);

    if ((e.type != P2M_NONE && e.type != P2M_RETAINED) || !page_reclaim_boot(d, gfn))
        return false;
    if (p2m_replace(d, gfn, gfn, ORDER_4K, P2M_RAM_RW, &e) == 0)
        return true;
    page_put(mfn_to_page(gfn));
    return false;
}

static bool populate_boot(struct domain *d, gfn_t gfn, unsigned order)
{
    uint64_t n = 1ULL << order, done = 0;

    if (order > ORDER_2M)
        return false;
    while (done < n && populate_boot_page(d, gfn + done))
        done++;
    if (done == n)
        return true;
    while (done > 0)
        remove_page(d, gfn + --done);
    return false;
}

/* on_demand: no frames are taken now. */
static bool populate_extent(struct domain *d, gfn_t gfn, unsigned order, unsigned flags, bool on_demand)
{
    if (gfn + (1ULL << order) < gfn)
        return false;
    if (on_demand)
        return !(gfn & ((1ULL << order) - 1)) && map_block(d, gfn, gfn, order, P2M_ON_DEMAND) == 0;
    return d->privileged ? populate_boot(d, gfn, order) : populate_guest(d, gfn, order, flags);
}

/* --- reservations: lists of extents. They return how many are done --- */

/* May the list be begun or gone on with? */
static bool reservation_ok(const struct op *op, const struct xen_memory_reservation *r)
{
    uint64_t most = (op->abi32 ? UINT32_MAX : UINT64_MAX) >> MEMOP_EXTENT_SHIFT;

    return r->nr_extents <= most && memory_cursor(op) < r->nr_extents && r->extent_order <= MAX_ORDER;
}

/* True when frames below the asked width can be had; *ret_flags says how. */
static bool reservation_flags(const struct xen_memory_reservation *r, unsigned *ret_flags)
{
    unsigned bits = XENMEMF_get_address_bits(r->mem_flags);

    *ret_flags = 0;
    if (bits == 0 || bits >= 64 || (max_mfn << PAGE_SHIFT) >> bits == 0)
        return true;
    *ret_flags = ALLOC_LOW4G;
    return bits >= 32;
}

static int64_t reservation_run(struct op *op, const struct xen_memory_reservation *r, bool populate, unsigned flags)
{
    uint64_t done = memory_cursor(op), gfn[MEMORY_CHUNK];

    while (done < r->nr_extents) {
        unsigned n = (unsigned)min_u64(MEMORY_CHUNK, r->nr_extents - done);

        if (op_read_longs(op, r->extent_start, done, n, gfn)) {
            n = 1; /* the list may end in unmapped memory: what is before it counts */
            if (op_read_longs(op, r->extent_start, done, n, gfn))
                break;
        }
        for (unsigned i = 0; i < n; i++) {
            bool ok = populate ? populate_extent(op->target, gfn[i], r->extent_order, flags,
                                                 r->mem_flags & XENMEMF_populate_on_demand)
                               : decrease_extent(op->target, gfn[i], r->extent_order);

            if (!ok)
                return (int64_t)done;
            done++;
            if (r->extent_order > 0 && done < r->nr_extents && cpu_should_preempt())
                return memory_cursor_set(op, done);
        }
        if (done < r->nr_extents && cpu_should_preempt())
            return memory_cursor_set(op, done);
    }
    return (int64_t)done;
}

/* Frames outside the map make no sense for a translated domain: no extent is ever done. */
static int64_t increase_reservation(struct op *op)
{
    return (int64_t)memory_cursor(op);
}

static int64_t decrease_reservation(struct op *op)
{
    struct xen_memory_reservation *r = op_arg(op);

    return reservation_ok(op, r) ? reservation_run(op, r, false, 0) : (int64_t)memory_cursor(op);
}

static int64_t populate_physmap(struct op *op)
{
    struct xen_memory_reservation *r = op_arg(op);
    unsigned flags;

    /* On demand is for those who build others. */
    if (!reservation_ok(op, r) || !reservation_flags(r, &flags) || !vnuma_node_ok(op->target, r->mem_flags) ||
        ((r->mem_flags & XENMEMF_populate_on_demand) && (op->target == op->caller || op->target->privileged)))
        return (int64_t)memory_cursor(op);
    return reservation_run(op, r, true, flags);
}

static int64_t claim_pages(struct op *op)
{
    struct xen_memory_reservation *r = op_arg(op);

    if (r->extent_start != 0 || r->extent_order != 0 || r->mem_flags != 0)
        return -EINVAL;
    return page_claim(op->target, r->nr_extents);
}

/* --- questions --- */

static int64_t maximum_ram_page(struct op *op)
{
    (void)op;
    return (int64_t)max_mfn;
}

static int64_t current_reservation(struct op *op)
{
    return READ_ONCE(op->target->tot_pages);
}

static int64_t maximum_reservation(struct op *op)
{
    return op->target->max_pages;
}

static int64_t maximum_gpfn(struct op *op)
{
    return (int64_t)READ_ONCE(op->target->p2m.max_gfn);
}

/* Page sharing between domains is not offered: no page is shared, none is saved by it. */
static int64_t no_sharing(struct op *op)
{
    (void)op;
    return 0;
}

static int64_t get_pod_target(struct op *op)
{
    struct xen_pod_target *t = op_arg(op);

    t->tot_pages = READ_ONCE(op->target->tot_pages);
    t->pod_cache_pages = READ_ONCE(op->target->p2m.pod.count);
    t->pod_entries = READ_ONCE(op->target->p2m.pod.entries);
    return 0;
}

static int64_t set_pod_target(struct op *op)
{
    const struct xen_pod_target *t = op_arg(op);
    int rc;

    if (t->target_pages > op->target->max_pages)
        return -EINVAL;
    rc = op->target->privileged ? 0 : pod_set_target(op->target, t->target_pages);
    return rc ? rc : get_pod_target(op);
}

/* --- the table --- */

#define DOMID_AT(type) offsetof(struct type, domid)

#define RESERVATION(nr, fn, access) \
    [nr] = { .name = #nr, .apply = fn, .wire = &wire_xen_memory_reservation, .copy = OP_COPY_IN, .right = access, \
             .target_offset = DOMID_AT(xen_memory_reservation) }
#define QUESTION(nr, fn) \
    [nr] = { .name = #nr, .decode = no_cursor_decode, .apply = fn, .wire = &wire_xen_memory_domain, \
             .copy = OP_COPY_IN, .right = RIGHT_SELF_OR_DM, .target_offset = DOMID_AT(xen_memory_domain) }
#define PLAIN(nr, fn) \
    [nr] = { .name = #nr, .decode = no_cursor_decode, .apply = fn, .right = RIGHT_ANY, \
             .target_offset = OP_NO_TARGET }
#define POD(nr, fn) \
    [nr] = { .name = #nr, .decode = no_cursor_decode, .apply = fn, .wire = &wire_xen_pod_target, \
             .copy = OP_COPY_INOUT, .right = RIGHT_PRIV, .target_offset = DOMID_AT(xen_pod_target) }
#define REFUSED(nr, err) \
    [nr] = { .name = #nr, .right = RIGHT_ANY, .target_offset = OP_NO_TARGET, .error = -(err) }

const struct op_row memory_ops[] = {
    RESERVATION(XENMEM_increase_reservation, increase_reservation, RIGHT_SELF_OR_DM),
    RESERVATION(XENMEM_decrease_reservation, decrease_reservation, RIGHT_SELF_OR_DM),
    PLAIN(XENMEM_maximum_ram_page, maximum_ram_page),
    QUESTION(XENMEM_current_reservation, current_reservation),
    QUESTION(XENMEM_maximum_reservation, maximum_reservation),
    REFUSED(XENMEM_machphys_mfn_list, ENOSYS),
    RESERVATION(XENMEM_populate_physmap, populate_physmap, RIGHT_SELF_OR_DM),
    [XENMEM_add_to_physmap] = { .name = "XENMEM_add_to_physmap", .decode = no_cursor_decode,
                                .apply = memory_add_to_physmap, .wire = &wire_xen_add_to_physmap, .copy = OP_COPY_IN,
                                .right = RIGHT_SELF_OR_DM, .target_offset = DOMID_AT(xen_add_to_physmap) },
    [XENMEM_memory_map] = { .name = "XENMEM_memory_map", .decode = no_cursor_decode, .apply = memory_memory_map,
                            .wire = &wire_xen_memory_map, .copy = OP_COPY_INOUT, .right = RIGHT_ANY,
                            .target_offset = OP_NO_TARGET },
    REFUSED(XENMEM_machine_memory_map, ENOSYS),
    REFUSED(XENMEM_exchange, EOPNOTSUPP),
    REFUSED(XENMEM_machphys_mapping, ENOSYS),
    [XENMEM_set_memory_map] = { .name = "XENMEM_set_memory_map", .decode = no_cursor_decode,
                                .apply = memory_set_memory_map, .wire = &wire_xen_foreign_memory_map,
                                .copy = OP_COPY_IN, .right = RIGHT_DM,
                                .target_offset = DOMID_AT(xen_foreign_memory_map) },
    QUESTION(XENMEM_maximum_gpfn, maximum_gpfn),
    [XENMEM_remove_from_physmap] = { .name = "XENMEM_remove_from_physmap", .decode = no_cursor_decode,
                                     .apply = memory_remove_from_physmap, .wire = &wire_xen_remove_from_physmap,
                                     .copy = OP_COPY_IN, .right = RIGHT_SELF_OR_DM,
                                     .target_offset = DOMID_AT(xen_remove_from_physmap) },
    POD(XENMEM_set_pod_target, set_pod_target),
    POD(XENMEM_get_pod_target, get_pod_target),
    PLAIN(XENMEM_get_sharing_freed_pages, no_sharing),
    PLAIN(XENMEM_get_sharing_shared_pages, no_sharing),
    REFUSED(XENMEM_paging_op, ENOSYS),
    REFUSED(XENMEM_access_op, EOPNOTSUPP),
    REFUSED(XENMEM_sharing_op, ENOSYS),
    [XENMEM_add_to_physmap_batch] = { .name = "XENMEM_add_to_physmap_batch", .apply = memory_add_to_physmap_batch,
                                      .wire = &wire_xen_add_to_physmap_batch, .copy = OP_COPY_IN,
                                      .right = RIGHT_SELF_OR_DM,
                                      .target_offset = DOMID_AT(xen_add_to_physmap_batch) },
    RESERVATION(XENMEM_claim_pages, claim_pages, RIGHT_PRIV),
    REFUSED(XENMEM_machphys_compat_mfn_list, EOPNOTSUPP),
    [XENMEM_get_vnumainfo] = { .name = "XENMEM_get_vnumainfo", .decode = no_cursor_decode,
                               .apply = memory_get_vnumainfo, .wire = &wire_xen_vnuma_topology_info,
                               .copy = OP_COPY_INOUT, .right = RIGHT_SELF_OR_DM,
                               .target_offset = DOMID_AT(xen_vnuma_topology_info) },
    REFUSED(XENMEM_reserved_device_memory_map, ENOSYS),
    [XENMEM_acquire_resource] = { .name = "XENMEM_acquire_resource", .apply = memory_acquire_resource,
                                  .wire = &wire_xen_mem_acquire_resource, .copy = OP_COPY_INOUT, .right = RIGHT_DM,
                                  .target_offset = DOMID_AT(xen_mem_acquire_resource) },
};
const unsigned nr_memory_ops = ARRAY_SIZE(memory_ops);
