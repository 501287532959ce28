/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A PVH guest out of plain values: first the domain, then what is in it. Neither undoes anything: who asked destroys the
 * domain. Functions return 0 or -errno, and say in *error (which may be NULL) what went wrong with what, and why.
 */
#ifndef XENOLITH_LIGHT_PVH_BUILD_H
#define XENOLITH_LIGHT_PVH_BUILD_H

#include "ctrl/ctrl.h"
#include "light/build/build_error.h"
#include "light/build/guest_layout.h"
#include "light/build/guest_numa.h"

/* --- the domain --- */
struct pvh_domain {
    uint8_t uuid[16];
    uint32_t ssidref, cpupool;
    unsigned nr_vcpus;         /* that it may ever have */
    uint64_t max_kib;          /* of RAM that it may ever have */
    uint64_t paging_kib;       /* for its page tables; 0: as much as such a guest needs */
    uint32_t max_port;         /* highest event channel; 0: 1023 */
    int32_t max_grant_frames, max_maptrack_frames; /* -1: the hypervisor's default */
    unsigned grant_version;    /* highest; 0: 2 */
    uint32_t tsc_mode;         /* XEN_TSC_MODE_* */
    uint32_t flags, misc_flags; /* XEN_DOMCTL_CDF_* beside hvm and hap, XEN_X86_MSR_* */
};

/* A paused domain with vCPUs and limits, without memory. On an error there is none. domid: which, or 0 for any. */
int pvh_domain_new(struct ctrl_priv *p, const struct pvh_domain *wish, uint32_t domid, uint32_t *ret_domid,
                   struct build_error *error);

/* --- what is in it --- */
struct pvh_guest {
    uint32_t domid;
    unsigned nr_vcpus;
    const uint8_t *online;            /* bit n: vCPU n is there from the start; NULL: all are */
    uint64_t max_kib, target_kib;     /* RAM; target less than max: populated on demand */
    const struct guest_numa *numa;    /* virtual NUMA that guest_numa_check() has passed; NULL: none */
    bool claim;                       /* take the memory all at once or not at all */
    bool no_acpi;
    const char *kernel_name;          /* for errors */
    const struct kernel_image *kernel;
    const char *cmdline;              /* may be NULL */
    const struct guest_module *modules;
    unsigned nr_modules;
    uint32_t store_domid, console_domid; /* where the daemons run: 0 */
    bool map_pages; /* write its memory through mappings, also where the hypervisor's copy is to be had */
};

/* Where the guest's ends of store and console are: for the store's introduction, and nodes that say it. */
struct pvh_built {
    uint64_t store_gfn, console_gfn;
    uint32_t store_port, console_port;
    uint64_t ram_end; /* the lowest gfn above RAM that is below 4 GiB */
    uint64_t written; /* pages that had to be written */
};

int pvh_build(struct ctrl_priv *p, const struct pvh_guest *guest, struct pvh_built *ret_built, struct build_error *error);

#endif
