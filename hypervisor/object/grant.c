/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: the shared frames, versions, and the pinning of entries. */
#include "arch.h"
#include "errno.h"
#include "grant_internal.h"
#include "lib.h"
#include "log.h"
#include "page.h"

#define HEADER_TRIES 5

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
        gt->nr_frames = nr_frames;
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

/* --- entries --- */

static uint64_t *entry_v1(const struct grant_table *gt, uint32_t ref)
{
    return (uint64_t *)gt->shared[ref / V1_PER_FRAME] + ref % V1_PER_FRAME;
}

static struct grant_entry_v2 *entry_v2(const struct grant_table *gt, uint32_t ref)
{
    return (struct grant_entry_v2 *)gt->shared[ref / V2_PER_FRAME] + ref % V2_PER_FRAME;
}

static uint16_t *entry_status(const struct grant_table *gt, uint32_t ref)
{
    return &gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
}

static bool in_use(const struct grant_active *act)
{
    return act->readers || act->writers;
}

/* The hypervisor's record of an entry; NULL: none was ever pinned near it. Lock held, ref checked. */
static struct grant_active *active_peek(const struct grant_table *gt, uint32_t ref)
{
    struct grant_active *page = gt->active[ref / ACTIVE_PER_PAGE];

    return page ? &page[ref % ACTIVE_PER_PAGE] : NULL;
}

static struct grant_active *active_get(struct grant_table *gt, uint32_t ref)
{
    struct grant_active **page = &gt->active[ref / ACTIVE_PER_PAGE];

    if (!*page)
        *page = hv_alloc_page();
    return active_peek(gt, ref);
}

/* Type, domain and direction of an entry's header must allow the access. */
static bool header_allows(uint16_t flags, domid_t domid, domid_t user, bool readonly, bool mapping)
{
    uint16_t mask = (uint16_t)(GTF_type_mask | (mapping ? GTF_sub_page : 0));

    return (flags & mask) == GTF_permit_access && domid == user && (readonly || !(flags & GTF_readonly));
}

/* Mark the shared entry as in use and copy what it says, all in one go (version 1: the entry is 8 bytes). */
static int16_t mark_v1(struct grant_table *gt, uint32_t ref, domid_t user, bool readonly, bool mapping,
                       struct grant_entry_v2 *ret)
{
    uint64_t *shared = entry_v1(gt, ref), old = READ_ONCE(*shared), marked;
    struct grant_entry_v1 e;
    unsigned i;

    for (i = 0; i < HEADER_TRIES; i++) {
        memcpy(&e, &old, sizeof(e));
        if (!header_allows(e.flags, e.domid, user, readonly, mapping))
            return GNTST_general_error;
        marked = old | GTF_reading | (readonly ? 0 : GTF_writing);
        if (__atomic_compare_exchange_n(shared, &old, marked, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            ret->flags = e.flags & (uint16_t)~GTF_sub_page; /* version 1 has whole pages only */
            ret->pad0 = 0;
            ret->frame = e.frame;
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

/* Take the in-use marks away that no pin needs any more. */
static void unmark(struct grant_table *gt, uint32_t ref, const struct grant_active *act)
{
    uint16_t stale = (uint16_t)((act->writers ? 0 : GTF_writing) | (in_use(act) ? 0 : GTF_reading));
    uint16_t *word = gt->version == 1 ? (uint16_t *)(void *)entry_v1(gt, ref) : entry_status(gt, ref);

    if (stale)
        __atomic_fetch_and(word, (uint16_t)~stale, __ATOMIC_SEQ_CST);
}

/* Version 2 has the marks apart: set them, then see whether the entry still says the same. */
static int16_t mark_v2(struct grant_table *gt, uint32_t ref, domid_t user, bool readonly, bool mapping,
                       const struct grant_active *act, struct grant_entry_v2 *ret)
{
    struct grant_entry_v2 *shared = entry_v2(gt, ref);
    uint32_t *header = (uint32_t *)(void *)shared;
    uint32_t seen = READ_ONCE(*header);

    if (!header_allows((uint16_t)seen, (domid_t)(seen >> 16), user, readonly, mapping))
        return GNTST_general_error;
    __atomic_fetch_or(entry_status(gt, ref), (uint16_t)(GTF_reading | (readonly ? 0 : GTF_writing)),
                      __ATOMIC_SEQ_CST);
    if (READ_ONCE(*header) != seen) {
        unmark(gt, ref, act);
        return GNTST_general_error;
    }
    ret->flags = (uint16_t)seen;
    ret->pad0 = READ_ONCE(shared->pad0);
    ret->frame = READ_ONCE(shared->frame);
    return GNTST_okay;
}

/*
 * The frame behind gfn. On an error *ret_mfn may hold a reference all the same, which the caller drops when it holds
 * no lock: it may be the last one of a third domain that is being destroyed.
 */
static int16_t frame_try(struct domain *d, gfn_t gfn, bool readonly, mfn_t *ret_mfn)
{
    int rc;

    *ret_mfn = INVALID_MFN;
    rc = p2m_get_page(d, gfn, !readonly, ret_mfn);
    if (rc)
        return rc == -EACCES ? GNTST_general_error : GNTST_bad_page;
    /* Mapped from elsewhere: not d's to give. */
    return mfn_to_page(*ret_mfn)->owner == d->id ? GNTST_okay : GNTST_bad_page;
}

int16_t grant_frame_get(struct domain *d, gfn_t gfn, bool readonly, mfn_t *ret_mfn)
{
    int16_t st = frame_try(d, gfn, readonly, ret_mfn);

    if (st && *ret_mfn != INVALID_MFN)
        page_put(mfn_to_page(*ret_mfn));
    return st;
}

/* Fill act from the entry, for its first pin, and reference the frame; *ret_mfn as frame_try has it. */
static int16_t activate(struct domain *granter, struct grant_active *act, domid_t user, bool readonly,
                        const struct grant_entry_v2 *e, mfn_t *ret_mfn)
{
    bool sub_page = e->flags & GTF_sub_page;
    int16_t st;

    if (sub_page && (uint32_t)e->page_off + e->length > PAGE_SIZE)
        return GNTST_general_error;
    st = frame_try(granter, e->frame, readonly, ret_mfn);
    if (st)
        return st;
    act->domid = user;
    act->sub_page = sub_page;
    act->sub_offset = sub_page ? e->page_off : 0;
    act->sub_length = sub_page ? e->length : (uint16_t)PAGE_SIZE;
    act->mfn = *ret_mfn;
    act->gfn = e->frame;
    return GNTST_okay;
}

/* One more pin of an entry in use: the frame stays what it was, even if the shared entry names another one now. */
static int16_t reactivate(struct domain *granter, const struct grant_active *act, bool readonly, mfn_t *ret_mfn)
{
    int16_t st;

    if (readonly || act->writers)
        return page_get(mfn_to_page(act->mfn), granter->id) ? GNTST_okay : GNTST_general_error;
    st = frame_try(granter, act->gfn, false, ret_mfn); /* the first writer: may it be written? */
    return !st && *ret_mfn != act->mfn ? GNTST_general_error : st;
}

/* grant_pin with the lock held and ref known to be in the table. On an error ret_pin->mfn is as frame_try has it. */
static int16_t pin_locked(struct domain *granter, uint32_t ref, domid_t user, bool readonly, bool mapping,
                          struct grant_pin *ret_pin)
{
    struct grant_table *gt = granter->grant;
    struct grant_active *act = active_get(gt, ref);
    struct grant_entry_v2 e;
    int16_t st;

    if (!act)
        return GNTST_no_space;
    if (in_use(act) && (act->domid != user || (mapping && act->sub_page)))
        return GNTST_general_error;
    if (!in_use(act) || (!readonly && !act->writers)) {
        st = gt->version == 1 ? mark_v1(gt, ref, user, readonly, mapping, &e)
                              : mark_v2(gt, ref, user, readonly, mapping, act, &e);
        if (st)
            return st;
    }
    st = in_use(act) ? reactivate(granter, act, readonly, &ret_pin->mfn)
                     : activate(granter, act, user, readonly, &e, &ret_pin->mfn);
    if (st) {
        unmark(gt, ref, act);
        return st;
    }
    if (readonly)
        act->readers++;
    else
        act->writers++;
    *ret_pin = (struct grant_pin){ act->mfn, act->sub_offset, act->sub_length };
    return GNTST_okay;
}

int16_t grant_pin(struct domain *granter, uint32_t ref, domid_t user, bool readonly, bool mapping,
                  struct grant_pin *ret_pin)
{
    struct grant_table *gt = granter->grant;
    struct grant_pin pin = { .mfn = INVALID_MFN };
    int16_t st = GNTST_bad_gntref;

    spin_lock(&gt->lock);
    if (ref < grant_nr_entries(gt))
        st = pin_locked(granter, ref, user, readonly, mapping, &pin);
    spin_unlock(&gt->lock);
    if (!st)
        *ret_pin = pin;
    else if (pin.mfn != INVALID_MFN)
        page_put(mfn_to_page(pin.mfn));
    return st;
}

void grant_unpin(struct domain *granter, uint32_t ref, bool readonly)
{
    struct grant_table *gt = granter->grant;
    struct grant_active *act;

    spin_lock(&gt->lock);
    act = active_peek(gt, ref);
    if (readonly)
        act->readers--;
    else
        act->writers--;
    unmark(gt, ref, act);
    spin_unlock(&gt->lock);
}

/* --- versions, swapping --- */

/* Is any entry but the tools' reserved ones in use? Lock held. */
static bool table_in_use(const struct grant_table *gt)
{
    uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES, nr = grant_nr_entries(gt);
    const struct grant_active *act;

    while (ref < nr) {
        act = active_peek(gt, ref);
        if (!act) {
            ref = (ref / ACTIVE_PER_PAGE + 1) * ACTIVE_PER_PAGE;
            continue;
        }
        if (in_use(act))
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
            memcpy(&ret[ref], entry_v1(gt, ref), sizeof(ret[ref]));
            continue;
        }
        e = entry_v2(gt, ref);
        flags = READ_ONCE(e->flags);
        ret[ref] = (struct grant_entry_v1){
            (uint16_t)(flags | READ_ONCE(*entry_status(gt, ref))), READ_ONCE(e->domid), (uint32_t)READ_ONCE(e->frame)
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
            memcpy(entry_v1(gt, ref), &saved[ref], sizeof(saved[ref]));
            continue;
        }
        *entry_status(gt, ref) = saved[ref].flags & marks;
        *entry_v2(gt, ref) = (struct grant_entry_v2){
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
    if (gt->version != version)
        rc = version_switch(gt, version);
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
    if (a >= grant_nr_entries(gt) || b >= grant_nr_entries(gt)) {
        st = GNTST_bad_gntref;
    } else if (a != b) {
        act_a = active_peek(gt, a);
        act_b = active_peek(gt, b);
        if ((act_a && in_use(act_a)) || (act_b && in_use(act_b))) {
            st = GNTST_eagain;
        } else {
            size = gt->version == 1 ? sizeof(struct grant_entry_v1) : sizeof(struct grant_entry_v2);
            pa = gt->version == 1 ? (void *)entry_v1(gt, a) : (void *)entry_v2(gt, a);
            pb = gt->version == 1 ? (void *)entry_v1(gt, b) : (void *)entry_v2(gt, b);
            memcpy(&tmp, pa, size);
            memcpy(pa, pb, size);
            memcpy(pb, &tmp, size);
        }
    }
    spin_unlock(&gt->lock);
    return st;
}

void grant_dump(struct domain *d)
{
    struct grant_table *gt = d->grant;
    const struct grant_active *act;
    uint32_t ref;

    spin_lock(&gt->lock);
    log_info("d%u grant table: version %u, %u of %u frames, %u handles made\n", d->id, gt->version, gt->nr_frames,
             gt->max_frames, gt->nr_handles);
    for (ref = 0; ref < grant_nr_entries(gt); ref++) {
        act = active_peek(gt, ref);
        if (act && in_use(act))
            log_info("  %5u d%u readers %u writers %u gfn %#llx mfn %#llx\n", ref, act->domid, act->readers,
                     act->writers, (unsigned long long)act->gfn, (unsigned long long)act->mfn);
    }
    spin_unlock(&gt->lock);
}
