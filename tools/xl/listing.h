/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains and pools that a command is about: the one that is named, or all. */
#ifndef XL_LISTING_H
#define XL_LISTING_H

#include "base/cleanup.h"
#include "xl/xl.h"

struct listing {
    libxl_dominfo *domains;
    int n;
};

void listing_done(struct listing *l);
#define _cleanup_listing_ _cleanup_(listing_done)

/* Says that there is no domain of this name, or, by the rc of the call that looked, why that is not known; 1. */
int domain_missing(struct xl *xl, const char *name, int rc);

/* name: NULL for all of them. 0, or an exit code, and it was said what is wrong. */
int listing_get(struct xl *xl, const char *name, struct listing *ret_listing);

struct pools {
    libxl_cpupoolinfo *pools;
    int n;
};

void pools_done(struct pools *p);
#define _cleanup_pools_ _cleanup_(pools_done)

int pools_get(struct xl *xl, struct pools *ret_pools);

/* A pool by name or number; 0, or an exit code, and it was said that there is none. */
int pool_find(struct xl *xl, const char *name, uint32_t *ret_poolid);

#endif
