/* SPDX-License-Identifier: LGPL-2.1-only */
/* vnuma= of a configuration, for domain creation. */
#ifndef XENOLITH_LIGHT_VNUMA_H
#define XENOLITH_LIGHT_VNUMA_H

#include <libxl.h>

#include "ctrl/ctrl.h"
#include "light/build/guest_numa.h"
#include "light/op.h"

/* The memory of all nodes, for a domain of which nothing else is said; LIBXL_MEMKB_DEFAULT: a node does not say. */
uint64_t light_vnuma_memkb(const libxl_domain_build_info *b);

/*
 * The nodes, checked, in the operation's memory and the configuration's; *ret_numa as it was when there are none. 0, or
 * an ERROR_* for a step to return: it was said which node is wrong and why.
 */
int light_vnuma_read(struct op *op, struct ctrl_priv *priv, const libxl_domain_build_info *b, struct guest_numa *ret_numa);

#endif
