/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A guest's memory: given in the largest extents; written by the hypervisor's copy, into pages that the builder grants to
 * itself in the guest's empty grant table, or else through foreign mappings of many pages at a time.
 */
#ifndef XENOLITH_LIGHT_GUEST_MEMORY_H
#define XENOLITH_LIGHT_GUEST_MEMORY_H

#include <stdbool.h>

#include "ctrl/ctrl.h"
#include "light/build/build_error.h"
#include "public/grant_table.h"

struct guest_memory {
    struct ctrl_priv *priv;
    uint32_t domid;
    uint32_t flags;      /* for populate: XENMEMF_* */
    bool zeroed;         /* the hypervisor gives zeroed pages: zeros need not be written */
    struct ctrl_gnttab *gnttab;    /* NULL: pages are mapped */
    struct grant_entry_v1 *grants; /* the first page of the guest's table, as it is mapped here; NULL: the same */
    uint64_t populated;  /* pages so far */
    uint64_t written;    /* the same of pages, or parts, that had to be written */
};

/* RAM at gfns [start, end). -ENOMEM: the machine has no more. */
int guest_memory_populate(struct guest_memory *m, uint64_t start, uint64_t end, struct build_error *error);

/* Something to write: size bytes of data at paddr, and zeros behind them. */
struct guest_piece {
    const char *what; /* for errors */
    uint64_t paddr;
    const void *data; /* may be NULL when size is 0 */
    uint64_t size, zeros;
};

int guest_memory_write(struct guest_memory *m, const struct guest_piece *pieces, unsigned count, struct build_error *error);

#endif
