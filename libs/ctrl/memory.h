/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain's memory: memory_op (public/memory.h). Counts are pages of 4 KiB; an extent of order n is 2^n of them. */
#ifndef XENOLITH_CTRL_MEMORY_H
#define XENOLITH_CTRL_MEMORY_H

#include "ctrl.h"
#include "public/memory.h"

/*
 * Gives the domain memory at each gfn, an extent of that order; flags: XENMEMF_*. Returns how many of the extents it got,
 * from the first on: fewer than count when memory ends, or the hypervisor does not have extents that large.
 */
long ctrl_memory_populate(struct ctrl_priv *p, uint32_t domid, const uint64_t *gfns, size_t count, unsigned order,
                          uint32_t flags);
/* The opposite. */
long ctrl_memory_decrease(struct ctrl_priv *p, uint32_t domid, const uint64_t *gfns, size_t count, unsigned order);

/* Sets pages aside for the domain to populate, 0: no longer. -ENOMEM: there are not so many. */
int ctrl_memory_claim(struct ctrl_priv *p, uint32_t domid, uint64_t pages);

/* What the domain is told of its memory. */
int ctrl_memory_set_map(struct ctrl_priv *p, uint32_t domid, const struct xen_e820_entry *entries, uint32_t count);

/* space: XENMAPSPACE_* */
int ctrl_memory_add_to_physmap(struct ctrl_priv *p, uint32_t domid, uint32_t space, uint64_t idx, uint64_t gfn);
int ctrl_memory_remove_from_physmap(struct ctrl_priv *p, uint32_t domid, uint64_t gfn);

/* Populate on demand: the domain shall have that many pages; ret (may be NULL) is what it has. */
int ctrl_memory_set_pod_target(struct ctrl_priv *p, uint32_t domid, uint64_t pages, struct xen_pod_target *ret);
int ctrl_memory_get_pod_target(struct ctrl_priv *p, uint32_t domid, struct xen_pod_target *ret);

/* The highest gfn that the domain has had; or -errno. */
int64_t ctrl_memory_max_gfn(struct ctrl_priv *p, uint32_t domid);
/* Pages that sharing between domains saves, and pages that are shared. */
int64_t ctrl_memory_sharing_freed(struct ctrl_priv *p);
int64_t ctrl_memory_sharing_used(struct ctrl_priv *p);

/*
 * The domain's virtual NUMA: *info says how much room the arrays have, and then how many there are. -ENOBUFS: more than
 * that, *info says how many; -EOPNOTSUPP: it has none.
 */
struct ctrl_vnuma_room {
    uint32_t nr_vnodes, nr_vcpus, nr_vmemranges;
    uint32_t *distance, *vcpu_to_vnode;
    struct xen_vmemrange *ranges;
};
int ctrl_memory_get_vnuma(struct ctrl_priv *p, uint32_t domid, struct ctrl_vnuma_room *room);

#endif
