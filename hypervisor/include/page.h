/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host memory (mm/): the frame table, the buddy allocator, small objects.
 *
 * Every frame of host RAM has a struct page: owner and reference count. A frame that a domain owns starts
 * with one reference (its place in the owner's p2m); each foreign, grant or hypervisor mapping holds one more. The
 * frame returns to the allocator when the last reference goes, whoever drops it.
 */
#ifndef XENOLITH_PAGE_H
#define XENOLITH_PAGE_H

#include "types.h"

struct domain;

#define PAGE_OWNER_HV 0x7ff2   /* DOMID_XEN: the hypervisor's own frames */
#define PAGE_OWNER_NONE 0x7ff4 /* DOMID_INVALID: free, or not RAM */

enum page_flags {
    PAGE_FREE = 1 << 0,     /* head of a free block of `order` */
    PAGE_PINNED = 1 << 1,   /* dom0's boot RAM: stays dom0's for ever, is never given back to the allocator */
    PAGE_SHARED = 1 << 2,   /* hypervisor frame that guests may map: shared info, grant frames */
    PAGE_DIRTY = 1 << 3,    /* must be scrubbed before it is handed out */
};

struct page {
    uint32_t refs;  /* 0: free; atomic */
    domid_t owner;  /* meaningful while refs > 0 */
    uint8_t order;  /* of the free block that this page heads */
    uint8_t flags;  /* enum page_flags */
    uint32_t next, prev; /* frame numbers: free list links */
};
_Static_assert(sizeof(struct page) == 16, "16 bytes for each 4 KiB of RAM");

extern struct page *frame_table; /* indexed by mfn, for mfn < max_mfn; entries of non-RAM have owner NONE, refs 0 */
extern mfn_t max_mfn;

static inline struct page *mfn_to_page(mfn_t mfn)
{
    return mfn < max_mfn ? &frame_table[mfn] : NULL;
}
static inline mfn_t page_to_mfn(const struct page *pg)
{
    return (mfn_t)(pg - frame_table);
}

enum alloc_flags {
    ALLOC_ZERO = 1 << 0,  /* contents zeroed */
    ALLOC_LOW4G = 1 << 1, /* below 4 GiB */
};

/* Give RAM frames [start, end) to the allocator at boot (page_alloc_init has set up the frame table). */
void page_alloc_init(struct page *table, mfn_t nr_frames);
void page_alloc_add(mfn_t start, mfn_t end);

/* 2^order frames, naturally aligned, for the hypervisor itself; INVALID_MFN when there are none. */
mfn_t hv_alloc_pages(unsigned order, unsigned flags);
void hv_free_pages(mfn_t mfn, unsigned order);
/* One zeroed hypervisor page by address; NULL when there is none. */
void *hv_alloc_page(void);
void hv_free_page(void *page);

/*
 * 2^order frames owned by d, one reference each, zeroed; counted in d->tot_pages and refused above d->max_pages.
 * 0, or -ENOMEM.
 */
int domain_alloc_pages(struct domain *d, unsigned order, unsigned flags, mfn_t *ret_mfn);

/* Take a reference if the frame is in use and owned by `owner` (PAGE_OWNER_*, or a domid). */
bool page_get(struct page *pg, domid_t owner) __must_check;
/* Drop one. The last one frees the frame: to the allocator, d->tot_pages of the owner less one. */
void page_put(struct page *pg);

uint64_t free_pages_count(void);  /* free 4 KiB frames */
uint64_t total_pages_count(void); /* frames given by page_alloc_add, and by page_account_boot: dom0's, the hypervisor's */
void page_account_boot(uint64_t nr);

/* Small zeroed objects out of hypervisor pages; sizes up to several pages. NULL when memory is short. */
void *hv_zalloc(size_t size);
void hv_free(void *p);
/* Bytes and objects in use, for leak tests and debug key 'm'. */
uint64_t hv_heap_objects(void);
/* Pages that small objects are in now. */
uint64_t hv_heap_slabs(void);

#endif
