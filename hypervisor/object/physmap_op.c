/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op's sub-operations that put frames which are not a domain's own RAM into its map: shared info, grant table
 * frames, another domain's pages. Whatever was at the gfn goes; dom0's own frame is found again by its number when the
 * gfn is populated later (page_boot.h). Grant mappings are only taken away by the grant table, which counts them.
 */
#include "public/memory.h"

#include "copy.h"
#include "cpu.h"
#include "arch.h"
#include "errno.h"
#include "grant.h"
#include "memory_internal.h"
#include "p2m_internal.h"
#include "page.h"

#define DEFAULT_GRANT_FRAMES 64
#define STATUS_PER_FRAME 8 /* grant frames whose status words (version 2) fit into one status frame */

static bool is_pinned_mapping(enum p2m_type t)
{
    return t == P2M_GRANT_RW || t == P2M_GRANT_RO || t == P2M_MMIO;
}

int physmap_put(struct domain *d, gfn_t gfn, mfn_t mfn, enum p2m_type type)
{
    struct p2m_entry e;
    int rc;

    do {
        e = p2m_lookup(d, gfn);
        if (is_pinned_mapping(e.type))
            return -EBUSY;
        rc = p2m_replace(d, gfn, mfn, ORDER_4K, type, &e);
    } while (rc == -EAGAIN);
    if (rc)
        return rc;
    e.order = ORDER_4K;
    p2m_release(d, &e);
    return 0;
}

/* --- where frames come from: each function takes a reference for the caller --- */

typedef int (*grant_frame_fn)(struct domain *d, uint32_t idx, mfn_t *ret_mfn);

/*
 * A frame of d's grant table. The table may shrink (version change) between the look and page_get; a second look that
 * gives the same frame while we hold it says that it is the table's.
 */
static int grant_frame_get(struct domain *d, grant_frame_fn fn, uint32_t idx, mfn_t *ret_mfn)
{
    mfn_t mfn, again;
    int rc = fn(d, idx, &mfn);

    if (rc)
        return rc;
    if (!page_get(mfn_to_page(mfn), PAGE_OWNER_HV))
        return -EINVAL;
    rc = fn(d, idx, &again);
    if (rc == 0 && again == mfn) {
        *ret_mfn = mfn;
        return 0;
    }
    page_put(mfn_to_page(mfn));
    return rc ? rc : -EAGAIN;
}

static int shared_info_get(struct domain *d, uint64_t idx, mfn_t *ret_mfn)
{
    mfn_t mfn;

    if (idx != 0 || d->shared_info == NULL)
        return -EINVAL;
    mfn = virt_to_mfn(d->shared_info);
    if (!page_get(mfn_to_page(mfn), PAGE_OWNER_HV))
        return -EINVAL;
    *ret_mfn = mfn;
    return 0;
}

/* A page of another domain's own RAM, or of what the hypervisor shares with it; not what it maps from others. */
static int foreign_get(struct domain *fd, gfn_t gfn, mfn_t *ret_mfn, enum p2m_type *ret_type)
{
    domid_t owner;
    int rc = p2m_get_page(fd, gfn, true, ret_mfn);

    *ret_type = P2M_FOREIGN_RW;
    if (rc == -EACCES) {
        *ret_type = P2M_FOREIGN_RO;
        rc = p2m_get_page(fd, gfn, false, ret_mfn);
    }
    if (rc)
        return rc;
    owner = mfn_to_page(*ret_mfn)->owner;
    if (owner == fd->id || owner == PAGE_OWNER_HV)
        return 0;
    page_put(mfn_to_page(*ret_mfn));
    return -EINVAL;
}

struct source {
    unsigned space;
    struct domain *foreign; /* gmfn_foreign: referenced; or NULL and error says why not */
    int error;
};

static int source_get(struct domain *d, const struct source *s, uint64_t idx, mfn_t *ret_mfn, enum p2m_type *ret_type)
{
    *ret_type = P2M_SHARED;
    switch (s->space) {
    case XENMAPSPACE_shared_info:
        return shared_info_get(d, idx, ret_mfn);
    case XENMAPSPACE_grant_table:
        if (idx > UINT32_MAX)
            return -EINVAL;
        if (idx & XENMAPIDX_grant_table_status)
            return grant_frame_get(d, grant_get_status_frame, (uint32_t)idx & ~XENMAPIDX_grant_table_status, ret_mfn);
        return grant_frame_get(d, grant_get_shared_frame, (uint32_t)idx, ret_mfn);
    case XENMAPSPACE_gmfn_foreign:
        return s->foreign == NULL ? s->error : foreign_get(s->foreign, idx, ret_mfn, ret_type);
    case XENMAPSPACE_gmfn:
        return -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}

static int add_one(struct domain *d, const struct source *s, uint64_t idx, gfn_t gfn)
{
    enum p2m_type type;
    mfn_t mfn;
    int rc = source_get(d, s, idx, &mfn, &type);

    if (rc)
        return rc;
    rc = physmap_put(d, gfn, mfn, type);
    if (rc)
        page_put(mfn_to_page(mfn));
    return rc;
}

/* --- add_to_physmap, add_to_physmap_batch, remove_from_physmap --- */

int64_t memory_add_to_physmap(struct op *op)
{
    const struct xen_add_to_physmap *a = op_arg(op);
    struct source s = { .space = a->space };

    if (a->space == XENMAPSPACE_gmfn_foreign)
        return -ENOSYS; /* only the batch names the other domain */
    if (a->space == XENMAPSPACE_gmfn_range)
        return -EOPNOTSUPP;
    return add_one(op->target, &s, a->idx, a->gpfn);
}

/* Find the foreign domain; a failure is each element's, not the call's. */
static void source_open(struct op *op, const struct xen_add_to_physmap_batch *b, struct source *s)
{
    struct domain *d = op->target;

    s->space = b->space;
    if (b->space != XENMAPSPACE_gmfn_foreign)
        return;
    s->foreign = domain_get_by_id(b->foreign_domid); /* DOMID_SELF is none */
    if (s->foreign == NULL)
        s->error = -ESRCH;
    else if (s->foreign == d)
        s->error = -EINVAL;
    else
        s->error = rights_check(d, s->foreign, RIGHT_DM);
    if (s->error && s->foreign != NULL) {
        domain_put(s->foreign);
        s->foreign = NULL;
    }
}

static int batch_chunk(struct op *op, const struct xen_add_to_physmap_batch *b, const struct source *s, uint64_t done,
                       unsigned n)
{
    uint64_t idx[MEMORY_CHUNK], gfn[MEMORY_CHUNK];
    int32_t err[MEMORY_CHUNK];

    if (op_read_longs(op, b->idxs, done, n, idx) || op_read_longs(op, b->gpfns, done, n, gfn))
        return -EFAULT;
    for (unsigned i = 0; i < n; i++)
        err[i] = add_one(op->target, s, idx[i], gfn[i]);
    return copy_to_guest(b->errs + done * sizeof(err[0]), err, n * sizeof(err[0]));
}

int64_t memory_add_to_physmap_batch(struct op *op)
{
    const struct xen_add_to_physmap_batch *b = op_arg(op);
    uint64_t done = memory_cursor(op);
    struct source s = { 0 };
    int64_t rc = 0;

    if (b->space == XENMAPSPACE_gmfn_range)
        return -EOPNOTSUPP;
    if (done > b->size)
        return -EILSEQ;
    source_open(op, b, &s);
    while (done < b->size && rc == 0) {
        unsigned n = (unsigned)min_u64(MEMORY_CHUNK, b->size - done);

        rc = batch_chunk(op, b, &s, done, n);
        done += n;
        if (rc == 0 && done < b->size && cpu_should_preempt())
            rc = memory_cursor_set(op, done);
    }
    if (s.foreign != NULL)
        domain_put(s.foreign);
    return rc;
}

int64_t memory_remove_from_physmap(struct op *op)
{
    const struct xen_remove_from_physmap *r = op_arg(op);
    struct p2m_entry e;
    int rc;

    do {
        e = p2m_lookup(op->target, r->gpfn);
        if (!p2m_has_page(e.type))
            return -ENOENT;
        if (is_pinned_mapping(e.type))
            return -EBUSY;
        rc = p2m_replace(op->target, r->gpfn, INVALID_MFN, ORDER_4K, P2M_NONE, &e);
    } while (rc == -EAGAIN);
    if (rc == 0) {
        e.order = ORDER_4K;
        p2m_release(op->target, &e);
    }
    return rc;
}

/* --- acquire_resource --- */

/* Frames that the resource can ever have; 0: there is no such resource. */
static uint32_t resource_max_frames(const struct domain *d, uint16_t type, uint32_t id)
{
    uint32_t frames = d->config.max_grant_frames >= 0 ? (uint32_t)d->config.max_grant_frames : DEFAULT_GRANT_FRAMES;

    if (type != XENMEM_resource_grant_table)
        return 0;
    if (id == XENMEM_resource_grant_table_id_shared)
        return frames;
    if (id == XENMEM_resource_grant_table_id_status)
        return (frames + STATUS_PER_FRAME - 1) / STATUS_PER_FRAME;
    return 0;
}

static int resource_map(struct op *op, const struct xen_mem_acquire_resource *r, uint64_t i, gfn_t gfn)
{
    grant_frame_fn fn =
        r->id == XENMEM_resource_grant_table_id_shared ? grant_get_shared_frame : grant_get_status_frame;
    mfn_t mfn;
    int rc = grant_frame_get(op->target, fn, (uint32_t)(r->frame + i), &mfn);

    if (rc)
        return rc;
    rc = physmap_put(op->caller, gfn, mfn, P2M_FOREIGN_RW);
    if (rc)
        page_put(mfn_to_page(mfn));
    return rc;
}

static int64_t resource_map_all(struct op *op, const struct xen_mem_acquire_resource *r)
{
    uint64_t done = memory_cursor(op), gfn[MEMORY_CHUNK];
    int rc = 0;

    while (done < r->nr_frames) {
        unsigned n = (unsigned)min_u64(MEMORY_CHUNK, r->nr_frames - done);

        rc = op_read_longs(op, r->frame_list, done, n, gfn);
        for (unsigned i = 0; i < n && rc == 0; i++, done += rc == 0)
            rc = resource_map(op, r, done, gfn[i]);
        if (rc)
            return done > 0 ? -EIO : rc; /* -EIO: some are mapped, the caller takes them away */
        if (done < r->nr_frames && cpu_should_preempt())
            return memory_cursor_set(op, done);
    }
    return 0;
}

int64_t memory_acquire_resource(struct op *op)
{
    struct xen_mem_acquire_resource *r = op_arg(op);
    uint32_t max;

    if (r->pad != 0 || memory_cursor(op) > r->nr_frames)
        return -EINVAL;
    if (r->domid == DOMID_SELF)
        return -ESRCH;
    if (op->target == op->caller)
        return -EPERM;
    if (r->nr_frames != 0 && (r->frame > UINT32_MAX || r->frame + r->nr_frames > UINT32_MAX))
        return -EINVAL;
    max = resource_max_frames(op->target, r->type, r->id);
    if (max == 0 || (r->frame_list == 0 && r->nr_frames != 0))
        return -EINVAL;
    if (r->frame_list == 0) {
        r->nr_frames = max;
        return 0;
    }
    return resource_map_all(op, r);
}
