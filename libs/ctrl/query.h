/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the hypervisor tells about itself and its domains. */
#ifndef XENOLITH_CTRL_QUERY_H
#define XENOLITH_CTRL_QUERY_H

#include "ctrl.h"
#include "public/domctl.h"

/* Up to max domains whose number is first or above, in order; returns how many. */
int ctrl_domain_list(struct ctrl_priv *p, uint32_t first, unsigned max, struct xen_domctl_getdomaininfo *infos);

/* -ESRCH when there is no such domain. */
int ctrl_domain_info(struct ctrl_priv *p, uint32_t domid, struct xen_domctl_getdomaininfo *ret_info);

/*
 * The hypervisor's log from *index on, which becomes the place behind what was read: begin with 0. What was overwritten
 * meanwhile is skipped. Returns how many bytes, 0 at the end.
 */
int ctrl_console_follow(struct ctrl_priv *p, uint32_t *index, char *text, uint32_t size);

/* All of the log that there is, from its beginning; clear empties it. Returns how many bytes. */
int ctrl_console_read(struct ctrl_priv *p, bool clear, char *text, uint32_t size);

#endif
