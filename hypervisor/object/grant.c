/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: the shared frames, versions, swapping. */
#include "arch.h"
#include "errno.h"
#include "grant_internal.h"
#include "lib.h"
#include "log.h"
#include "page.h"

static uint32_t status_frames_for(uint32_t nr_frames)
{
    return (uint32_t)((nr_frames * V2_PER_FRAME + STATUS_PER_FRAME - 1) / STATUS_PER_FRAME);
}

/* --- life cycle --- */

static void *shared_page_alloc(void)
{
    void *page = hv_alloc_page();

    if (page)
        mfn_to_page(virt_to_mfn(page))->flags |= PAGE_SHARED;
    return page;
}

/* Guests may still map it: it goes when the last of them lets go. */
static void shared_page_free(void *page)
{
    hv_free_page(page);
}

static void table_free(struct grant_table *gt)
{
    uint32_t i, pages = PFN_UP(gt->max_frames * V1_PER_FRAME * sizeof(struct grant_active));

    for (i = 0; i < gt->nr_frames; i++)
        shared_page_free(gt->shared[i]);
    for (i = 0; i < gt->nr_status; i++)
        shared_page_free(gt->status[i]);
    for (i = 0; gt->active && i < pages; i++) {
        if (gt->active[i])
            hv_free_page(gt->active[i]);
    }
    hv_free(gt->shared);
    hv_free(gt->status);
    hv_free(gt->active);
    hv_free(gt);
}

static struct grant_table *table_alloc(uint32_t max_frames)
{
    struct grant_table *gt = hv_zalloc(sizeof(*gt));

    if (!gt)
        return NULL;
    spin_lock_init(&gt->lock, RANK_GRANT);
    spin_lock_init(&gt->track_lock, RANK_GRANT);
    gt->max_frames = max_frames;
    gt->shared = hv_zalloc(max_frames * sizeof(*gt->shared));
    gt->status = hv_zalloc(status_frames_for(max_frames) * sizeof(*gt->status));
    gt->active = hv_zalloc(PFN_UP(max_frames * V1_PER_FRAME * sizeof(struct grant_active)) * sizeof(*gt->active));
    if (!gt->shared || !gt->status || !gt->active || grant_grow(gt, 1)) {
        table_free(gt);
        return NULL;
    }
    return gt;
}

int grant_domain_init(struct domain *d, int32_t max_frames, int32_t max_maptrack, uint32_t max_version)
{
    struct grant_table *gt;

    if (max_frames < 0)
        max_frames = GRANT_DEFAULT_FRAMES;
    if (max_maptrack < 0)
        max_maptrack = GRANT_DEFAULT_MAPTRACK;
    if (max_version == 0)
        max_version = 2;
    if (max_frames < 1 || max_frames > GRANT_MAX_FRAMES || max_maptrack > GRANT_MAX_MAPTRACK || max_version > 2)
        return -EINVAL;
    gt = table_alloc((uint32_t)max_frames);
    if (!gt)
        return -ENOMEM;
    gt->version = 1;
    gt->max_version = max_version;
    gt->max_handles = (uint32_t)max_maptrack * MAPTRACK_PER_FRAME;
    gt->free_handle = HANDLE_NONE;
    d->grant = gt;
    return 0;
}

void grant_domain_destroy(struct domain *d)
{
    if (!d->grant)
        return;
    grant_maptrack_destroy(d->grant);
    table_free(d->grant);
    d->grant = NULL;
}

/* --- frames --- */

/* Status frames for nr_frames shared ones; all or nothing. */
static int status_populate(struct grant_table *gt, uint32_t nr_frames)
{
    uint32_t want = status_frames_for(nr_frames), had = gt->nr_status;

    while (gt->nr_status < want) {
        gt->status[gt->nr_status] = shared_page_alloc();
        if (!gt->status[gt->nr_status]) {
            while (gt->nr_status > had)
                shared_page_free(gt->status[--gt->nr_status]);
            return -ENOMEM;
        }
        gt->nr_status++;
    }
    return 0;
}

/* Make the table at least nr_frames (<= max_frames) large; lock held. -ENOMEM leaves it as it was. */
int grant_grow(struct grant_table *gt, uint32_t nr_frames)
{
    uint32_t had = gt->nr_frames, had_status = gt->nr_status, nr;

    if (gt->version == 2 && status_populate(gt, nr_frames))
        return -ENOMEM;
    for (nr = had; nr < nr_frames; nr++) {
        gt->shared[nr] = shared_page_alloc();
        if (!gt->shared[nr]) {
            while (nr > had)
                shared_page_free(gt->shared[--nr]);
            while (gt->nr_status > had_status)
                shared_page_free(gt->status[--gt->nr_status]);
            return -ENOMEM;
        }
    }
    if (nr_frames > had)
        __atomic_store_n(&gt->nr_frames, nr_frames, __ATOMIC_RELEASE); /* the frames are there */
    return 0;
}

int grant_get_shared_frame(struct domain *d, uint32_t idx, mfn_t *ret_mfn)
{
    struct grant_table *gt = d->grant;
    int rc = 0;

    spin_lock(&gt->lock);
    if (idx >= gt->max_frames)
        rc = -EINVAL;
    else if (idx >= gt->nr_frames)
        rc = grant_grow(gt, idx + 1);
    if (!rc)
        *ret_mfn = virt_to_mfn(gt->shared[idx]);
    spin_unlock(&gt->lock);
    return rc;
}

int grant_get_status_frame(struct domain *d, uint32_t idx, mfn_t *ret_mfn)
{
    struct grant_table *gt = d->grant;
    int rc = 0;

    spin_lock(&gt->lock);
    if (gt->version != 2 || idx >= status_frames_for(gt->max_frames))
        rc = -EINVAL;
    else if (idx >= gt->nr_status) /* the first shared frame whose status is in frame idx makes it */
        rc = grant_grow(gt, (uint32_t)(idx * (STATUS_PER_FRAME / V2_PER_FRAME) + 1));
    if (!rc)
        *ret_mfn = virt_to_mfn(gt->status[idx]);
    spin_unlock(&gt->lock);
    return rc;
}

/* --- versions, swapping --- */

/* Is any entry but the tools' reserved ones in use? The table is frozen. */
static bool table_in_use(const struct grant_table *gt)
{
    uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES, nr = grant_nr_entries(gt);
    const struct grant_active *act;

    while (ref < nr) {
        act = grant_active(gt, ref);
        if (!act) {
            ref = (ref / ACTIVE_PER_PAGE + 1) * ACTIVE_PER_PAGE;
            continue;
        }
        if (grant_in_use(act))
            return true;
        ref++;
    }
    return false;
}

/* Read the reserved entries in the form that both versions share; -ERANGE: one says what version 1 cannot. */
static int reserved_save(const struct grant_table *gt, struct grant_entry_v1 *ret)
{
    struct grant_entry_v2 *e;
    uint32_t ref;
    uint16_t flags;

    for (ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        if (gt->version == 1) {
            memcpy(&ret[ref], grant_entry_v1(gt, ref), sizeof(ret[ref]));
            continue;
        }
        e = grant_entry_v2(gt, ref);
        flags = READ_ONCE(e->flags);
        ret[ref] = (struct grant_entry_v1){
            (uint16_t)(flags | READ_ONCE(*grant_entry_status(gt, ref))), READ_ONCE(e->domid),
            (uint32_t)READ_ONCE(e->frame)
        };
        if ((flags & GTF_type_mask) == GTF_transitive ||
            ((flags & GTF_type_mask) == GTF_permit_access && READ_ONCE(e->frame) >> 32))
            return -ERANGE;
    }
    return 0;
}

static void reserved_restore(const struct grant_table *gt, const struct grant_entry_v1 *saved)
{
    const uint16_t marks = GTF_reading | GTF_writing;
    uint32_t ref;

    for (ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        if (gt->version == 1) {
            memcpy(grant_entry_v1(gt, ref), &saved[ref], sizeof(saved[ref]));
            continue;
        }
        *grant_entry_status(gt, ref) = saved[ref].flags & marks;
        *grant_entry_v2(gt, ref) = (struct grant_entry_v2){
            .flags = (uint16_t)(saved[ref].flags & ~marks), .domid = saved[ref].domid, .frame = saved[ref].frame
        };
    }
}

/* Status frames go with version 2, unless a guest still maps one. */
static int status_unpopulate(struct grant_table *gt)
{
    uint32_t i;

    for (i = 0; i < gt->nr_status; i++) {
        if (READ_ONCE(mfn_to_page(virt_to_mfn(gt->status[i]))->refs) > 1)
            return -EBUSY;
    }
    while (gt->nr_status)
        shared_page_free(gt->status[--gt->nr_status]);
    return 0;
}

static int version_switch(struct grant_table *gt, uint32_t version)
{
    struct grant_entry_v1 saved[GNTTAB_NR_RESERVED_ENTRIES];
    uint32_t i;
    int rc;

    if (table_in_use(gt))
        return -EBUSY;
    rc = reserved_save(gt, saved);
    if (!rc)
        rc = version == 2 ? status_populate(gt, gt->nr_frames) : status_unpopulate(gt);
    if (rc)
        return rc;
    for (i = 0; i < gt->nr_frames; i++)
        arch_clear_page(gt->shared[i]);
    gt->version = version;
    reserved_restore(gt, saved);
    return 0;
}

int grant_set_version(struct domain *d, uint32_t version)
{
    struct grant_table *gt = d->grant;
    int rc = 0;

    if (version != 1 && version != 2)
        return -EINVAL;
    if (version > gt->max_version)
        return -ENOSYS;
    spin_lock(&gt->lock);
    if (gt->version != version) {
        grant_freeze(gt);
        rc = version_switch(gt, version);
        grant_thaw(gt);
    }
    spin_unlock(&gt->lock);
    return rc;
}

int16_t grant_swap(struct domain *d, uint32_t a, uint32_t b)
{
    struct grant_table *gt = d->grant;
    const struct grant_active *act_a, *act_b;
    struct grant_entry_v2 tmp;
    size_t size;
    void *pa, *pb;
    int16_t st = GNTST_okay;

    spin_lock(&gt->lock);
    grant_freeze(gt);
    if (a >= grant_nr_entries(gt) || b >= grant_nr_entries(gt)) {
        st = GNTST_bad_gntref;
    } else if (a != b) {
        act_a = grant_active(gt, a);
        act_b = grant_active(gt, b);
        if ((act_a && grant_in_use(act_a)) || (act_b && grant_in_use(act_b))) {
            st = GNTST_eagain;
        } else {
            size = gt->version == 1 ? sizeof(struct grant_entry_v1) : sizeof(struct grant_entry_v2);
            pa = gt->version == 1 ? (void *)grant_entry_v1(gt, a) : (void *)grant_entry_v2(gt, a);
            pb = gt->version == 1 ? (void *)grant_entry_v1(gt, b) : (void *)grant_entry_v2(gt, b);
            memcpy(&tmp, pa, size);
            memcpy(pa, pb, size);
            memcpy(pb, &tmp, size);
        }
    }
    grant_thaw(gt);
    spin_unlock(&gt->lock);
    return st;
}

void grant_dump(struct domain *d)
{
    struct grant_table *gt = d->grant;
    const struct grant_active *act;
    uint32_t ref, handles = grant_handles_used(gt);

    spin_lock(&gt->lock);
    log_info("d%u grant table: version %u, %u of %u frames, %u handles in use, in %u pages\n", d->id, gt->version,
             gt->nr_frames, gt->max_frames, handles, gt->nr_handles / (uint32_t)MAPTRACK_PER_PAGE);
    for (ref = 0; ref < grant_nr_entries(gt); ref++) {
        act = grant_active(gt, ref);
        if (act && grant_in_use(act))
            log_info("  %5u d%u readers %u writers %u gfn %#llx mfn %#llx\n", ref, act->domid, act->readers,
                     act->writers, (unsigned long long)act->gfn, (unsigned long long)act->mfn);
    }
    spin_unlock(&gt->lock);
}
