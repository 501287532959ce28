/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the hypervisor and the store say of domains, for the library's own use. Errors are libxl's. */
#ifndef XENOLITH_LIGHT_INFO_H
#define XENOLITH_LIGHT_INFO_H

#include <libxl.h>

#include "ctrl/domain.h"
#include "ctrl/query.h"

/* Domains in order, an array from malloc(). */
int light_domains(libxl_ctx *ctx, struct xen_domctl_getdomaininfo **ret_infos, size_t *ret_count);

/* A set as the hypervisor wants it. */
static inline struct ctrl_bitmap light_set_of(libxl_bitmap *map)
{
    struct ctrl_bitmap set = {map->map, map->size * 8};

    return set;
}

/* Whether text is nothing but a decimal number that fits. */
bool light_number(const char *text, uint32_t *ret_number);

/* The node's value, from malloc(). NULL: there is none, of which nothing is said, or *ret_error says what failed. */
char *light_store_read(libxl_ctx *ctx, int *ret_error, const char *path, ...) __attribute__((format(printf, 3, 4)));

struct xs_permissions;

/* A node and what it shall say; without permissions of its own it has its folder's. */
struct light_node {
    const char *path, *value;
    const struct xs_permissions *perms;
    unsigned nr_perms;
};

/* Writes all or none of them, in this order. ERROR_*, which was logged. */
int light_store_write(libxl_ctx *ctx, const struct light_node *nodes, unsigned count);

#endif
