/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of mm/, and memory hypercalls, share beyond page.h. */
#ifndef XENOLITH_MM_INTERNAL_H
#define XENOLITH_MM_INTERNAL_H

#include "page.h"

struct domain;

/* Forget every object: called when the page allocator starts on new RAM. */
void heap_reset(void);
/* hv_alloc_pages without the fault injection hook: the heap has looked at it already. */
mfn_t page_alloc_raw(unsigned order, unsigned flags);

/*
 * Reserve `pages` free frames for d (XENMEM_claim_pages): other domains' allocations leave them alone; d's own use them
 * up. 0 pages ends the claim. -EINVAL: d has one already, or pages is not between d's tot_pages and max_pages; -ENOMEM.
 */
int page_claim(struct domain *d, uint64_t pages);
/* Pages claimed and not yet allocated, over all domains. */
uint64_t page_claims_outstanding(void);

#endif
