/* SPDX-License-Identifier: LGPL-2.1-only */
/* The state in which a PVH guest's first vCPU begins. (Xen's docs/misc/pvh: "HVM direct boot ABI".) */
#ifndef XENOLITH_LIGHT_PVH_CONTEXT_H
#define XENOLITH_LIGHT_PVH_CONTEXT_H

#include "ctrl/ctrl.h"
#include "light/build/build_error.h"

/* entry: the kernel's; start_info: in EBX. The other vCPUs wait for whom the guest itself starts. */
int pvh_context_set(struct ctrl_priv *p, uint32_t domid, unsigned nr_vcpus, uint32_t entry, uint32_t start_info,
                    struct build_error *error);

#endif
