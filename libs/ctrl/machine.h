/* SPDX-License-Identifier: LGPL-2.1-only */
/* The machine and its hypervisor: sysctl (public/sysctl.h) and xen_version (public/version.h). The log: query.h. */
#ifndef XENOLITH_CTRL_MACHINE_H
#define XENOLITH_CTRL_MACHINE_H

#include "ctrl.h"
#include "ctrl/domain.h"
#include "public/sysctl.h"
#include "public/version.h"

int ctrl_machine_info(struct ctrl_priv *p, struct xen_sysctl_physinfo *ret_info);
/* XEN_SCHEDULER_* of the first pool. */
int ctrl_machine_scheduler(struct ctrl_priv *p, uint32_t *ret_scheduler);
int ctrl_machine_debug_keys(struct ctrl_priv *p, const char *keys);
/* Free memory in bytes: of a node, -1 of all; between widths of addresses, 0: any. */
int ctrl_machine_free_memory(struct ctrl_priv *p, int32_t node, uint32_t min_bits, uint32_t max_bits, uint64_t *ret_bytes);

/* --- lists: up to max entries are filled in; returns how many. Without arrays: how many there are --- */
int64_t ctrl_machine_cpus(struct ctrl_priv *p, struct xen_sysctl_cputopo *cpus, uint32_t max);
/* How long each processor was idle, in nanoseconds. */
int64_t ctrl_machine_idle_times(struct ctrl_priv *p, struct xen_sysctl_cpuinfo *infos, uint32_t max);
/* distances: max * max, row for row; -1: unknown. */
int64_t ctrl_machine_nodes(struct ctrl_priv *p, struct xen_sysctl_meminfo *nodes, uint32_t *distances, uint32_t max);
/* The node of each device, XEN_INVALID_DEV for one that the hypervisor does not know. Returns 0. */
struct ctrl_pci_device {
    uint16_t segment;
    uint8_t bus, devfn;
};
int ctrl_machine_pci_nodes(struct ctrl_priv *p, const struct ctrl_pci_device *devices, uint32_t *nodes, uint32_t count);

/* Words of features; which is XEN_SYSCTL_cpu_featureset_*. Returns how many words there are. */
int64_t ctrl_machine_featureset(struct ctrl_priv *p, uint32_t which, uint32_t *words, uint32_t max);

/* --- pools of processors --- */
#define CTRL_POOL_ANY UINT32_MAX

/* *id: which it is to be, or CTRL_POOL_ANY; then which it is. */
int ctrl_pool_create(struct ctrl_priv *p, uint32_t scheduler, uint32_t *id);
int ctrl_pool_destroy(struct ctrl_priv *p, uint32_t id);
/* The pool with that id or the next above: -ENOENT when there is none. cpus: room for as many as it says. */
struct ctrl_pool {
    uint32_t id, scheduler, domains;
    struct ctrl_bitmap cpus;
};
int ctrl_pool_info(struct ctrl_priv *p, uint32_t id, struct ctrl_pool *pool);
int ctrl_pool_add_cpu(struct ctrl_priv *p, uint32_t id, uint32_t cpu);
int ctrl_pool_remove_cpu(struct ctrl_priv *p, uint32_t id, uint32_t cpu);
int ctrl_pool_move_domain(struct ctrl_priv *p, uint32_t id, uint32_t domid);
/* Processors that are in no pool. */
int ctrl_pool_free_cpus(struct ctrl_priv *p, struct ctrl_bitmap *ret_cpus);

/* --- what the hypervisor is --- */

/* major << 16 | minor; or -errno */
int ctrl_version(struct ctrl_priv *p);
/* Bytes of a page. */
int ctrl_version_page_size(struct ctrl_priv *p);
/* which: XENVER_extraversion, _capabilities, _changeset, _commandline; ret_text: room for size, ended with 0. */
int ctrl_version_text(struct ctrl_priv *p, unsigned which, char *ret_text, size_t size);
int ctrl_version_compile_info(struct ctrl_priv *p, struct xen_compile_info *ret_info);
int ctrl_version_virt_start(struct ctrl_priv *p, uint64_t *ret_start);
/* Returns how many bytes the build id has; -ENODATA: none. */
int ctrl_version_build_id(struct ctrl_priv *p, uint8_t *id, uint32_t max);

#endif
