/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables, shared by grant.c (the table and its frames, pinning of entries), grant_map.c (mappings and their
 * handles) and grant_op.c (hypercall).
 *
 * Locking. The table's lock (RANK_GRANT) covers its frames and version, maptrack has one of its own (RANK_GRANT), and
 * each active entry one (RANK_GRANT_ENTRY). Who uses an entry does not take the table's lock but says so in a word of
 * its CPU's, and waits while the table is frozen: for a change of version, a swap (grant_pin.c). So CPUs that use two
 * entries write no line both. An operation on two domains holds one lock at a time: a handle that is being made or
 * undone is `busy`, which keeps others off. The guest's shared entry is read once and changed by compare-and-exchange;
 * it may change at any time.
 *
 * References. An entry in use holds one on its frame, the mapping in the p2m another. The frame keeps its owner, so
 * a mapping needs no reference on the granter.
 */
#ifndef XENOLITH_GRANT_INTERNAL_H
#define XENOLITH_GRANT_INTERNAL_H

#include "domain.h"
#include "grant.h"
#include "public/grant_table.h"
#include "types.h"

struct op;

#define GRANT_DEFAULT_FRAMES 64
#define GRANT_DEFAULT_MAPTRACK 1024
#define GRANT_MAX_FRAMES 4096 /* sanity limits for what the tools ask */
#define GRANT_MAX_MAPTRACK 4096

#define V1_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v2))
#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(uint16_t))

/* What the hypervisor remembers of an entry in use: later changes of the shared entry do not matter. */
struct grant_active {
    struct spinlock lock;      /* RANK_GRANT_ENTRY */
    uint32_t readers, writers; /* pins of each kind; 0 and 0: not in use */
    domid_t domid;             /* whose pins they are */
    uint16_t sub_offset, sub_length; /* of a sub-page grant */
    bool sub_page;
    mfn_t mfn; /* referenced while in use */
    gfn_t gfn;
} __aligned(64);
#define ACTIVE_PER_PAGE 64
_Static_assert(sizeof(struct grant_active) * ACTIVE_PER_PAGE == PAGE_SIZE, "grant_active");

enum handle_state { HANDLE_FREE, HANDLE_BUSY, HANDLE_MAPPED };

/* One mapping that a domain holds of another's page; its handle is the index. */
struct maptrack {
    struct domain *granter; /* as long as the entry is pinned */
    gfn_t gfn;              /* where it is mapped */
    mfn_t mfn;
    uint32_t ref;           /* HANDLE_FREE: the next free handle */
    uint8_t state;          /* enum handle_state */
    bool readonly;
};
#define MAPTRACK_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define MAPTRACK_PER_FRAME 256u /* handles for each maptrack frame that the tools allow */
#define HANDLE_NONE UINT32_MAX

struct grant_table {
    /* Seldom written; read by whoever uses an entry. */
    uint32_t version, max_version;
    uint32_t nr_frames, max_frames;
    void **shared;        /* [max_frames] */
    uint32_t nr_status;
    bool frozen;
    struct spinlock lock; /* RANK_GRANT */
    uint16_t **status;    /* [max_frames / 8 rounded up] */
    struct grant_active **active; /* pages, made when the first entry in them is pinned */

    struct spinlock track_lock __aligned(64); /* RANK_GRANT: what follows */
    struct maptrack **track; /* pages; NULL until the first mapping */
    uint32_t nr_handles, max_handles;
    uint32_t free_handle;
    uint32_t release_cursor;
};

/* A pinned entry, as the user of it sees it. */
struct grant_pin {
    mfn_t mfn; /* stays as long as the pin */
    uint16_t offset, length; /* what may be accessed */
};

/* Entries of the table in its version; stable under the lock, or while an entry is used. */
static inline uint32_t grant_nr_entries(const struct grant_table *gt)
{
    uint32_t nr_frames = __atomic_load_n(&gt->nr_frames, __ATOMIC_ACQUIRE);

    return nr_frames * (uint32_t)(gt->version == 1 ? V1_PER_FRAME : V2_PER_FRAME);
}

static inline bool grant_in_use(const struct grant_active *act)
{
    return act->readers || act->writers;
}

static inline uint64_t *grant_entry_v1(const struct grant_table *gt, uint32_t ref)
{
    return (uint64_t *)gt->shared[ref / V1_PER_FRAME] + ref % V1_PER_FRAME;
}

static inline struct grant_entry_v2 *grant_entry_v2(const struct grant_table *gt, uint32_t ref)
{
    return (struct grant_entry_v2 *)gt->shared[ref / V2_PER_FRAME] + ref % V2_PER_FRAME;
}

static inline uint16_t *grant_entry_status(const struct grant_table *gt, uint32_t ref)
{
    return &gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
}

/* The hypervisor's record of an entry; NULL: none was ever pinned near it. ref is checked. */
static inline struct grant_active *grant_active(const struct grant_table *gt, uint32_t ref)
{
    struct grant_active *page = __atomic_load_n(&gt->active[ref / ACTIVE_PER_PAGE], __ATOMIC_ACQUIRE);

    return page ? &page[ref % ACTIVE_PER_PAGE] : NULL;
}

/* grant.c. Results of type int16_t are GNTST_* codes, others 0 or -errno. */
int grant_grow(struct grant_table *gt, uint32_t nr_frames);
int grant_set_version(struct domain *d, uint32_t version);
int16_t grant_swap(struct domain *d, uint32_t a, uint32_t b);

/* grant_pin.c */
/* Nobody uses an entry from here on until the table thaws; its lock is held all the time. */
void grant_freeze(struct grant_table *gt);
void grant_thaw(struct grant_table *gt);
/*
 * Pin granter's entry ref for `user`: its frame stays what and where it is. mapping: the whole page must be granted.
 * Undo with grant_unpin, after which granter may be gone.
 */
int16_t grant_pin(struct domain *granter, uint32_t ref, domid_t user, bool readonly, bool mapping,
                  struct grant_pin *ret_pin);
void grant_unpin(struct domain *granter, uint32_t ref, bool readonly);
/* The frame behind gfn, referenced: GNTST_okay, bad_page, or general_error when it cannot be written. */
int16_t grant_frame_get(struct domain *d, gfn_t gfn, bool readonly, mfn_t *ret_mfn);

/* grant_map.c */
int16_t grant_map(struct domain *d, struct gnttab_map_grant_ref *arg, struct domain *granter);
int16_t grant_unmap(struct domain *d, uint32_t handle, uint64_t host_addr);
/* Handles of mappings there are now; for the dump. */
uint32_t grant_handles_used(struct grant_table *gt);
void grant_maptrack_destroy(struct grant_table *gt);

/*
 * grant_op.c: __HYPERVISOR_grant_table_op. raw[0] is the command, raw[1] the address of an array, raw[2] its length.
 * -ERESTART: raw[1] and raw[2] name what remains. -ENOSYS, -EINVAL, -EFAULT, else per-element status.
 */
int64_t do_grant_table_op(struct op *op);

#endif
