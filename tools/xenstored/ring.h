/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains' connections: the shared page and the event channel of each, and what the hypervisor says of domains. */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include "xenstored/server.h"

struct rings;

/*
 * Event channels, grants and hypercalls are opened; evtchn_fd: event channels that an earlier server had open and that are
 * still bound, or -1. -ENOENT and the like: there is no hypervisor.
 */
int rings_open(struct server *sv, int evtchn_fd, struct rings **ret_rings);
void rings_close(struct rings *r);

/* The descriptor that has to stay open for the ports to stay bound; -1: none. */
int rings_evtchn_fd(const struct rings *r);

/* dom0's own ring, unless the store has it. 0, or -errno (-ENOENT: the kernel has none for us). */
int rings_dom0(struct rings *r);

/* Links for all connections of domains that have none. 0 or -ENOMEM; what else goes wrong with one is logged. */
int rings_attach_all(struct rings *r);

/* The store's hooks (store_ops). */
int rings_introduce(struct rings *r, unsigned domid, uint32_t port);
void rings_connected(struct rings *r, struct conn *c);

#endif
