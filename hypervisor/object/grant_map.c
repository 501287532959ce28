/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of granted pages: handles, map, unmap, and what a dying domain still holds. */
#include "cpu.h"
#include "errno.h"
#include "grant_internal.h"
#include "page.h"

#define GPA_BITS 48

/* --- handles --- */

static struct maptrack *track_get(const struct grant_table *gt, uint32_t handle)
{
    return &gt->track[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* One more page of handles; lock held. False: limit, or no memory. */
static bool track_grow(struct grant_table *gt)
{
    uint32_t pages = gt->max_handles / (uint32_t)MAPTRACK_PER_PAGE, handle;
    struct maptrack *page;

    if (gt->nr_handles >= gt->max_handles)
        return false;
    if (!gt->track)
        gt->track = hv_zalloc(pages * sizeof(*gt->track));
    if (!gt->track)
        return false;
    page = hv_alloc_page();
    if (!page)
        return false;
    gt->track[gt->nr_handles / MAPTRACK_PER_PAGE] = page;
    gt->nr_handles += (uint32_t)MAPTRACK_PER_PAGE;
    for (handle = gt->nr_handles; handle-- > gt->nr_handles - (uint32_t)MAPTRACK_PER_PAGE;) {
        track_get(gt, handle)->ref = gt->free_handle;
        gt->free_handle = handle;
    }
    return true;
}

/* A busy handle; HANDLE_NONE when there is no more. */
static uint32_t handle_alloc(struct grant_table *gt)
{
    uint32_t handle = HANDLE_NONE;

    spin_lock(&gt->track_lock);
    if (gt->free_handle != HANDLE_NONE || track_grow(gt)) {
        handle = gt->free_handle;
        gt->free_handle = track_get(gt, handle)->ref;
        track_get(gt, handle)->state = HANDLE_BUSY;
    }
    spin_unlock(&gt->track_lock);
    return handle;
}

static void handle_free(struct grant_table *gt, uint32_t handle)
{
    struct maptrack *track = track_get(gt, handle);

    spin_lock(&gt->track_lock);
    track->state = HANDLE_FREE;
    track->granter = NULL;
    track->ref = gt->free_handle;
    gt->free_handle = handle;
    spin_unlock(&gt->track_lock);
}

/* mapped -> busy: nobody else undoes it meanwhile. A copy of what it says in *ret. */
static bool handle_claim(struct grant_table *gt, uint32_t handle, struct maptrack *ret)
{
    bool ok = false;

    spin_lock(&gt->track_lock);
    if (handle < gt->nr_handles && track_get(gt, handle)->state == HANDLE_MAPPED) {
        track_get(gt, handle)->state = HANDLE_BUSY;
        *ret = *track_get(gt, handle);
        ok = true;
    }
    spin_unlock(&gt->track_lock);
    return ok;
}

/* Make a busy handle valid. */
static void handle_publish(struct grant_table *gt, uint32_t handle, const struct maptrack *what)
{
    spin_lock(&gt->track_lock);
    *track_get(gt, handle) = *what;
    track_get(gt, handle)->state = HANDLE_MAPPED;
    spin_unlock(&gt->track_lock);
}

uint32_t grant_handles_used(struct grant_table *gt)
{
    uint32_t handle, used = 0;

    spin_lock(&gt->track_lock);
    for (handle = 0; handle < gt->nr_handles; handle++)
        used += track_get(gt, handle)->state != HANDLE_FREE;
    spin_unlock(&gt->track_lock);
    return used;
}

void grant_maptrack_destroy(struct grant_table *gt)
{
    uint32_t handle;

    for (handle = 0; handle < gt->nr_handles; handle += (uint32_t)MAPTRACK_PER_PAGE)
        hv_free_page(gt->track[handle / MAPTRACK_PER_PAGE]);
    hv_free(gt->track);
    gt->track = NULL;
    gt->nr_handles = 0;
}

/* --- the guest-physical side --- */

static bool is_grant_type(enum p2m_type type)
{
    return type == P2M_GRANT_RW || type == P2M_GRANT_RO;
}

/* Enter the owner's frame at gfn, whatever is there now, with a reference of its own. */
static int host_map(struct domain *d, gfn_t gfn, mfn_t mfn, domid_t owner, bool readonly)
{
    struct p2m_entry old = { .mfn = INVALID_MFN, .type = P2M_NONE };
    int rc;

    if (!page_get(mfn_to_page(mfn), owner))
        return -EINVAL;
    rc = p2m_set(d, gfn, mfn, ORDER_4K, readonly ? P2M_GRANT_RO : P2M_GRANT_RW, &old);
    if (rc)
        page_put(mfn_to_page(mfn));
    else
        p2m_release(d, &old);
    return rc;
}

/* Take the mapping away, if it is still there; its reference goes with it. */
static int host_unmap(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    struct p2m_entry e = p2m_lookup(d, gfn), old = { .mfn = INVALID_MFN, .type = P2M_NONE };
    int rc;

    if (!is_grant_type(e.type) || e.mfn != mfn)
        return -EINVAL;
    rc = p2m_set(d, gfn, INVALID_MFN, ORDER_4K, P2M_NONE, &old);
    if (!rc)
        p2m_release(d, &old);
    return rc;
}

/* --- map and unmap --- */

static int16_t map_pinned(struct domain *d, struct gnttab_map_grant_ref *arg, struct domain *granter, uint32_t handle,
                          mfn_t mfn)
{
    bool readonly = arg->flags & GNTMAP_readonly;
    struct maptrack track = {
        .granter = granter, .gfn = arg->host_addr >> PAGE_SHIFT, .mfn = mfn, .ref = arg->ref, .readonly = readonly
    };

    if (arg->host_addr >> GPA_BITS || host_map(d, track.gfn, mfn, granter->id, readonly)) {
        grant_unpin(granter, arg->ref, readonly);
        return GNTST_general_error;
    }
    handle_publish(d->grant, handle, &track);
    arg->handle = handle;
    arg->dev_bus_addr = mfn << PAGE_SHIFT;
    return GNTST_okay;
}

int16_t grant_map(struct domain *d, struct gnttab_map_grant_ref *arg, struct domain *granter)
{
    uint32_t handle = handle_alloc(d->grant);
    struct grant_pin pin;
    int16_t st;

    if (handle == HANDLE_NONE)
        return GNTST_no_space;
    st = grant_pin(granter, arg->ref, d->id, arg->flags & GNTMAP_readonly, true, &pin);
    if (!st)
        st = map_pinned(d, arg, granter, handle, pin.mfn);
    if (st)
        handle_free(d->grant, handle);
    return st;
}

int16_t grant_unmap(struct domain *d, uint32_t handle, uint64_t host_addr)
{
    struct maptrack track;

    if (!handle_claim(d->grant, handle, &track))
        return GNTST_bad_handle;
    /* Address 0 leaves the mapping and the handle as they are, as documented for fields that are zero. */
    if (host_addr == 0) {
        handle_publish(d->grant, handle, &track);
        return GNTST_okay;
    }
    if (host_addr >> PAGE_SHIFT != track.gfn || host_unmap(d, track.gfn, track.mfn)) {
        handle_publish(d->grant, handle, &track);
        return GNTST_general_error;
    }
    grant_unpin(track.granter, track.ref, track.readonly);
    handle_free(d->grant, handle);
    return GNTST_okay;
}

int grant_domain_release(struct domain *d)
{
    struct grant_table *gt = d->grant;
    struct maptrack track;

    if (!gt)
        return 0;
    while (gt->release_cursor < gt->nr_handles) {
        if (handle_claim(gt, gt->release_cursor, &track)) {
            host_unmap(d, track.gfn, track.mfn); /* may be gone already: the guest mapped over it */
            grant_unpin(track.granter, track.ref, track.readonly);
            handle_free(gt, gt->release_cursor);
        }
        gt->release_cursor++;
        if (cpu_should_preempt())
            return -ERESTART;
    }
    return 0;
}
