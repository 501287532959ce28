/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's boot RAM (mm/page_alloc.c): frames that never were in the allocator and never will be (DESIGN D2). A pinned
 * frame is only ever RAM of its owner at the gfn of its own number; while it is given up it has no reference.
 */
#ifndef XENOLITH_PAGE_BOOT_H
#define XENOLITH_PAGE_BOOT_H

#include "page.h"

/*
 * At boot: make the RAM frames [start, end), which were not given to page_alloc_add, d's own for ever: PAGE_PINNED, one
 * reference each, counted in d->tot_pages. The caller enters them in d's p2m at gfn == mfn, and clears them as needed.
 */
void page_assign_boot(struct domain *d, mfn_t start, mfn_t end);

/* Is frame (or gfn) n boot RAM of domain id? */
static inline bool page_is_boot(domid_t id, mfn_t n)
{
    const struct page *pg = mfn_to_page(n);

    return pg != NULL && (pg->flags & PAGE_PINNED) && pg->owner == id;
}

/*
 * Take back a pinned frame that was given up: zeroed, one reference, counted in its owner's tot_pages. False when it
 * is not given up (somebody still holds a reference) or the owner is at its limit.
 */
bool page_reclaim_boot(struct domain *d, mfn_t mfn) __must_check;

/* Frames [0, n): no gfn at or above n is boot RAM of any domain. */
mfn_t page_boot_end(void);

#endif
