/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the store says of a new PVH domain (xenstore-paths(7)), and that nobody else has its name. */
#ifndef XENOLITH_LIGHT_DOMAIN_NODES_H
#define XENOLITH_LIGHT_DOMAIN_NODES_H

#include <libxl.h>

#include "light/build/pvh_build.h"
#include "light/op.h"
#include "light/store_tx.h"

struct light_nodes {
    uint32_t domid;
    const char *name;
    const libxl_uuid *uuid;
    unsigned nr_vcpus;
    const libxl_bitmap *online;
    uint64_t max_kib, target_kib;
    const struct pvh_built *built; /* NULL: not yet; what it says is written when they are written again */
    const char *tty; /* its console's; NULL: none yet */
    bool written; /* it was, or may have been */
    struct light_tx tx; /* domain_nodes.c's */
};

/*
 * Writes all of it in one transaction, as a step of op: returns OP_WAITS, or an error that was said. The structure stays
 * until the step is done.
 */
int light_nodes_write(struct op *op, libxl_ctx *ctx, struct light_nodes *nodes);

#endif
