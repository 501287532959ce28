/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest-physical to host-physical maps (object/p2m.c): a four-level radix tree that the hardware walks as nested
 * page tables; arch code (arch.h) encodes the entries.
 *
 * References: an entry of type RAM stands for the reference that the frame was allocated with; FOREIGN, GRANT and
 * SHARED entries stand for one that the caller took with page_get before p2m_set and that p2m_clear hands back.
 */
#ifndef XENOLITH_P2M_H
#define XENOLITH_P2M_H

#include "lock.h"
#include "types.h"

struct domain;

enum p2m_type {
    P2M_NONE = 0,    /* nothing there */
    P2M_RAM_RW,
    P2M_RAM_RO,
    P2M_RAM_LOGDIRTY, /* RAM, read-only in hardware until written */
    P2M_MMIO,         /* device memory or firmware tables, identity, no struct page */
    P2M_FOREIGN_RW,   /* another domain's RAM */
    P2M_FOREIGN_RO,
    P2M_GRANT_RW,
    P2M_GRANT_RO,
    P2M_SHARED,       /* a hypervisor page: shared info, grant frames */
    P2M_RETAINED,     /* not mapped; the entry remembers dom0's own frame (DESIGN D2) */
    P2M_ON_DEMAND,    /* not mapped; gets a frame at the first access (pod.c); its mfn is its gfn */
};

static inline bool p2m_is_ram(enum p2m_type t)
{
    return t == P2M_RAM_RW || t == P2M_RAM_RO || t == P2M_RAM_LOGDIRTY;
}
/* Backed by a struct page, so that p2m_get_page can take a reference. */
static inline bool p2m_has_page(enum p2m_type t)
{
    return t != P2M_NONE && t != P2M_MMIO && t != P2M_RETAINED && t != P2M_ON_DEMAND;
}
static inline bool p2m_is_writable(enum p2m_type t)
{
    return t == P2M_RAM_RW || t == P2M_RAM_LOGDIRTY || t == P2M_FOREIGN_RW || t == P2M_GRANT_RW || t == P2M_SHARED;
}

struct p2m_entry {
    mfn_t mfn;          /* of this gfn (not of the superpage's start); INVALID_MFN when type is NONE */
    enum p2m_type type;
    unsigned order;     /* of the entry found: 0, 9 or 18 (for NONE: of the hole) */
};

/* Populate on demand. */
struct pod {
    struct spinlock lock; /* RANK_POD */
    mfn_t top;            /* of the stack of cached frames; INVALID_MFN */
    uint32_t count;       /* frames in it */
    uint64_t target;      /* frames that the domain is to own, as the toolstack said last */
    uint64_t entries;     /* ON_DEMAND gfns; RANK_P2M */
};

struct p2m {
    struct spinlock lock; /* RANK_P2M: writers; readers walk without it */
    mfn_t root;
    uint32_t table_pages; /* in use */
    uint32_t pool_limit;  /* paging pool in pages: the most that table_pages may reach; 0: no limit (dom0) */
    gfn_t max_gfn;        /* highest gfn ever set */
    gfn_t teardown_cursor;
    struct pod pod;
};

int p2m_init(struct domain *d);
/* Drop every entry and its reference, then the tables. -ERESTART: call again; 0: done. */
int p2m_teardown(struct domain *d);

struct p2m_entry p2m_lookup(struct domain *d, gfn_t gfn);
/*
 * Set 2^order entries (order 0, 9 or 18; gfn and mfn aligned) to mfn, type. Superpages are split as needed. What was
 * there before is returned in *ret_old when order is 0 (ret_old may be NULL only where the old entry cannot hold a
 * reference). Flushes the domain's TLBs when a present entry changed. -ENOMEM leaves the map as it was.
 */
int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, struct p2m_entry *ret_old);
/* Put back the reference that a removed entry stood for. */
void p2m_release(struct domain *d, const struct p2m_entry *old);

/*
 * Translate gfn and take a reference on the frame: 0 and *ret_mfn, or -EINVAL (nothing usable there), -EACCES (write
 * wanted, entry read-only). Undo with page_put(mfn_to_page(mfn)). A gfn on demand is populated: no lock of RANK_POD or
 * higher is held.
 */
int p2m_get_page(struct domain *d, gfn_t gfn, bool write, mfn_t *ret_mfn);

/* Give an ON_DEMAND gfn a frame. 0: look again; -ENOMEM: there is none; -EINVAL: d is being destroyed. */
int pod_fill(struct domain *d, gfn_t gfn);

/* Bytes to or from guest-physical memory of any domain. 0 or -EFAULT (some bytes may have been copied). */
int copy_from_gpa(struct domain *d, void *dst, gpaddr_t src, size_t len);
int copy_to_gpa(struct domain *d, gpaddr_t dst, const void *src, size_t len);

#endif
