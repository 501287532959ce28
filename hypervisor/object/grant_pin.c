/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: the use of entries. What the guest says in one is copied and marked, its frame held. */
#include "arch.h"
#include "cpu.h"
#include "errno.h"
#include "grant_internal.h"
#include "lib.h"
#include "page.h"

#define HEADER_TRIES 5

/* --- users of entries, and whoever changes the whole table --- */

/* The table of which each CPU uses an entry now. */
static struct {
    const struct grant_table *gt;
} __aligned(64) users[NR_CPUS];

static void use_end(void)
{
    __atomic_store_n(&users[this_cpu()->id].gt, NULL, __ATOMIC_RELEASE);
}

/* Until use_end the version stays, and entries are where they are. */
static void use_begin(const struct grant_table *gt)
{
    for (;;) {
        WRITE_ONCE(users[this_cpu()->id].gt, gt);
        smp_mb(); /* announced first, then the look; grant_freeze does the reverse */
        if (likely(!READ_ONCE(gt->frozen)))
            return;
        use_end();
        while (READ_ONCE(gt->frozen))
            arch_relax();
    }
}

/* Users take no lock that is lower than an entry's, so it is sound to wait for them with the table's held. */
void grant_freeze(struct grant_table *gt)
{
    WRITE_ONCE(gt->frozen, true);
    smp_mb();
    for (unsigned i = 0; i < NR_CPUS; i++)
        while (__atomic_load_n(&users[i].gt, __ATOMIC_ACQUIRE) == gt)
            arch_relax();
}

void grant_thaw(struct grant_table *gt)
{
    __atomic_store_n(&gt->frozen, false, __ATOMIC_RELEASE);
}

/* --- entries --- */

/* The record of an entry, made if need be: there may be two who make one. NULL: no memory. */
static struct grant_active *active_get(struct grant_table *gt, uint32_t ref)
{
    struct grant_active **slot = &gt->active[ref / ACTIVE_PER_PAGE], *page, *there = NULL;

    if (grant_active(gt, ref))
        return grant_active(gt, ref);
    page = hv_alloc_page();
    if (!page)
        return NULL;
    for (unsigned i = 0; i < ACTIVE_PER_PAGE; i++)
        spin_lock_init(&page[i].lock, RANK_GRANT_ENTRY);
    if (!__atomic_compare_exchange_n(slot, &there, page, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        hv_free_page(page);
    return grant_active(gt, ref);
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
    uint64_t *shared = grant_entry_v1(gt, ref), old = READ_ONCE(*shared), marked;
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
    uint16_t stale = (uint16_t)((act->writers ? 0 : GTF_writing) | (grant_in_use(act) ? 0 : GTF_reading));
    uint16_t *word = gt->version == 1 ? (uint16_t *)(void *)grant_entry_v1(gt, ref) : grant_entry_status(gt, ref);

    if (stale)
        __atomic_fetch_and(word, (uint16_t)~stale, __ATOMIC_SEQ_CST);
}

/* Version 2 has the marks apart: set them, then see whether the entry still says the same. */
static int16_t mark_v2(struct grant_table *gt, uint32_t ref, domid_t user, bool readonly, bool mapping,
                       const struct grant_active *act, struct grant_entry_v2 *ret)
{
    struct grant_entry_v2 *shared = grant_entry_v2(gt, ref);
    uint32_t *header = (uint32_t *)(void *)shared;
    uint32_t seen = READ_ONCE(*header);

    if (!header_allows((uint16_t)seen, (domid_t)(seen >> 16), user, readonly, mapping))
        return GNTST_general_error;
    __atomic_fetch_or(grant_entry_status(gt, ref), (uint16_t)(GTF_reading | (readonly ? 0 : GTF_writing)),
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

/* Fill act from the entry, for its first pin, and reference the frame. *ret_drop: one too many, as frame_try has it. */
static int16_t activate(struct domain *granter, struct grant_active *act, domid_t user, bool readonly,
                        const struct grant_entry_v2 *e, mfn_t *ret_drop)
{
    bool sub_page = e->flags & GTF_sub_page;
    int16_t st;

    if (sub_page && (uint32_t)e->page_off + e->length > PAGE_SIZE)
        return GNTST_general_error;
    st = frame_try(granter, e->frame, readonly, ret_drop);
    if (st)
        return st;
    act->mfn = *ret_drop;
    *ret_drop = INVALID_MFN;
    act->domid = user;
    act->sub_page = sub_page;
    act->sub_offset = sub_page ? e->page_off : 0;
    act->sub_length = sub_page ? e->length : (uint16_t)PAGE_SIZE;
    act->gfn = e->frame;
    return GNTST_okay;
}

/* One more pin of an entry in use: the frame stays what it was, even if the shared entry names another one now. */
static int16_t reactivate(struct domain *granter, const struct grant_active *act, bool readonly, mfn_t *ret_drop)
{
    int16_t st;

    if (readonly || act->writers)
        return GNTST_okay;
    st = frame_try(granter, act->gfn, false, ret_drop); /* the first writer: may it be written? */
    return !st && *ret_drop != act->mfn ? GNTST_general_error : st;
}

/* grant_pin of the entry that act is the locked record of. *ret_drop: a reference to put when it is unlocked. */
static int16_t pin_locked(struct domain *granter, uint32_t ref, struct grant_active *act, domid_t user, bool readonly,
                          bool mapping, mfn_t *ret_drop)
{
    struct grant_table *gt = granter->grant;
    struct grant_entry_v2 e;
    int16_t st;

    if (grant_in_use(act) && (act->domid != user || (mapping && act->sub_page)))
        return GNTST_general_error;
    if (!grant_in_use(act) || (!readonly && !act->writers)) {
        st = gt->version == 1 ? mark_v1(gt, ref, user, readonly, mapping, &e)
                              : mark_v2(gt, ref, user, readonly, mapping, act, &e);
        if (st)
            return st;
    }
    st = grant_in_use(act) ? reactivate(granter, act, readonly, ret_drop)
                           : activate(granter, act, user, readonly, &e, ret_drop);
    if (st) {
        unmark(gt, ref, act);
        return st;
    }
    if (readonly)
        act->readers++;
    else
        act->writers++;
    return GNTST_okay;
}

int16_t grant_pin(struct domain *granter, uint32_t ref, domid_t user, bool readonly, bool mapping,
                  struct grant_pin *ret_pin)
{
    struct grant_table *gt = granter->grant;
    struct grant_active *act;
    int16_t st = GNTST_bad_gntref;
    mfn_t drop = INVALID_MFN;

    if (ref >= grant_nr_entries(gt))
        return GNTST_bad_gntref;
    act = active_get(gt, ref);
    if (!act)
        return GNTST_no_space;
    use_begin(gt);
    if (ref < grant_nr_entries(gt)) { /* the version may be another one now */
        spin_lock(&act->lock);
        st = pin_locked(granter, ref, act, user, readonly, mapping, &drop);
        if (!st)
            *ret_pin = (struct grant_pin){ act->mfn, act->sub_offset, act->sub_length };
        spin_unlock(&act->lock);
    }
    use_end();
    if (drop != INVALID_MFN)
        page_put(mfn_to_page(drop));
    return st;
}

void grant_unpin(struct domain *granter, uint32_t ref, bool readonly)
{
    struct grant_table *gt = granter->grant;
    struct grant_active *act = grant_active(gt, ref);
    mfn_t drop = INVALID_MFN;

    use_begin(gt);
    spin_lock(&act->lock);
    if (readonly)
        act->readers--;
    else
        act->writers--;
    unmark(gt, ref, act);
    if (!grant_in_use(act))
        drop = act->mfn;
    spin_unlock(&act->lock);
    use_end();
    if (drop != INVALID_MFN)
        page_put(mfn_to_page(drop)); /* granter may go with it */
}
