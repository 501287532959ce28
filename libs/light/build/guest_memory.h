/* SPDX-License-Identifier: LGPL-2.1-only */
/* A guest's memory: given in the largest extents, written through foreign mappings of many pages at a time. */
#ifndef XENOLITH_LIGHT_GUEST_MEMORY_H
#define XENOLITH_LIGHT_GUEST_MEMORY_H

#include <stdbool.h>

#include "ctrl/ctrl.h"
#include "light/build/build_error.h"

struct guest_memory {
    struct ctrl_priv *priv;
    uint32_t domid;
    uint32_t flags;      /* for populate: XENMEMF_* */
    bool zeroed;         /* the hypervisor gives zeroed pages: zeros need not be written */
    uint64_t populated;  /* pages so far */
    uint64_t written;    /* pages that were mapped so far */
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
