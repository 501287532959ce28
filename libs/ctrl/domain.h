/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A domain's life, its vCPUs and limits: domctl, in the hypervisor's words (public/domctl.h). Which domains there are:
 * query.h. Every function returns 0 or -errno; -ESRCH: there is no such domain.
 */
#ifndef XENOLITH_CTRL_DOMAIN_H
#define XENOLITH_CTRL_DOMAIN_H

#include "ctrl.h"
#include "public/domctl.h"
#include "public/vcpu_context.h"

/* --- life --- */

/* A domain that is paused, without vCPUs and memory. domid: which it is to be, -EEXIST if that is taken; 0: any. */
int ctrl_domain_create(struct ctrl_priv *p, const struct xen_domctl_createdomain *config, uint32_t domid,
                       uint32_t *ret_domid);

/* As far as the hypervisor goes at once. -EAGAIN: call it again. The domain is gone when nobody maps its pages any more. */
int ctrl_domain_destroy_step(struct ctrl_priv *p, uint32_t domid);
/* The same until there is no more to do. */
int ctrl_domain_destroy(struct ctrl_priv *p, uint32_t domid);

/* Pauses count: -EINVAL when there is none to take back. */
int ctrl_domain_pause(struct ctrl_priv *p, uint32_t domid);
int ctrl_domain_unpause(struct ctrl_priv *p, uint32_t domid);
/* It runs again after a shutdown of the kind suspend. */
int ctrl_domain_resume(struct ctrl_priv *p, uint32_t domid);
/* As if it had shut itself down: reason is SHUTDOWN_*. */
int ctrl_domain_shutdown(struct ctrl_priv *p, uint32_t domid, uint32_t reason);

/* Why it shut down, SHUTDOWN_*; -1: it has not. */
int ctrl_domain_shutdown_reason(const struct xen_domctl_getdomaininfo *info);

int ctrl_domain_set_handle(struct ctrl_priv *p, uint32_t domid, const uint8_t handle[16]);
/* trigger: XEN_DOMCTL_SENDTRIGGER_* */
int ctrl_domain_send_trigger(struct ctrl_priv *p, uint32_t domid, uint32_t trigger, uint32_t vcpu);
int ctrl_domain_set_time_offset(struct ctrl_priv *p, uint32_t domid, int64_t seconds);
int ctrl_domain_set_tsc_info(struct ctrl_priv *p, uint32_t domid, const struct xen_domctl_tsc_info *info);
int ctrl_domain_get_tsc_info(struct ctrl_priv *p, uint32_t domid, struct xen_domctl_tsc_info *ret_info);
/* domid becomes the device model of target. */
int ctrl_domain_set_target(struct ctrl_priv *p, uint32_t domid, uint32_t target);

/* --- limits --- */

/* Makes all its vCPUs; max is what it was created with. */
int ctrl_domain_max_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t max);
int ctrl_domain_max_mem(struct ctrl_priv *p, uint32_t domid, uint64_t kib);
/* Memory for its nested page tables: bytes, whole pages. */
int ctrl_domain_set_paging_pool(struct ctrl_priv *p, uint32_t domid, uint64_t size);
int ctrl_domain_get_paging_pool(struct ctrl_priv *p, uint32_t domid, uint64_t *ret_size);

/* --- vCPUs --- */

/* Sets of processors and nodes: bit n is bit n % 8 of byte n / 8. */
struct ctrl_bitmap {
    uint8_t *bits;
    uint32_t count;
};

int ctrl_vcpu_info(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct xen_domctl_getvcpuinfo *ret_info);
/*
 * Where it may (hard) and would best (soft) run; NULL: leave that alone. Sets get what became of them. force: also
 * where it is pinned for a while.
 */
int ctrl_vcpu_set_affinity(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct ctrl_bitmap *hard,
                           struct ctrl_bitmap *soft, bool force);
int ctrl_vcpu_get_affinity(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct ctrl_bitmap *ret_hard,
                           struct ctrl_bitmap *ret_soft);
int ctrl_domain_set_node_affinity(struct ctrl_priv *p, uint32_t domid, const struct ctrl_bitmap *nodes);
int ctrl_domain_get_node_affinity(struct ctrl_priv *p, uint32_t domid, struct ctrl_bitmap *ret_nodes);

/* Its registers. -ENODATA: it has not been started; -EINVAL: there is none, or it is of the caller's own domain. */
int ctrl_vcpu_get_context(struct ctrl_priv *p, uint32_t domid, uint32_t vcpu, struct vcpu_guest_context *ret_context);

/* Whether it has a page at gfn and at each of those behind it; at most XEN_DOMCTL_PFINFO_MAX. */
int ctrl_domain_pages_present(struct ctrl_priv *p, uint32_t domid, uint64_t gfn, uint32_t count, bool *ret_present);

/* --- virtual NUMA --- */
struct ctrl_vnuma {
    uint32_t nr_vnodes, nr_vcpus, nr_vmemranges;
    const uint32_t *distance;      /* nr_vnodes * nr_vnodes */
    const uint32_t *vcpu_to_vnode; /* nr_vcpus */
    const uint32_t *vnode_to_pnode;
    const struct xen_vmemrange *ranges; /* public/memory.h */
};

int ctrl_domain_set_vnuma(struct ctrl_priv *p, uint32_t domid, const struct ctrl_vnuma *vnuma);

#endif
