/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which consoles there are: the hypervisor says which domains live, the store where their consoles are. Of domain N's first
 * console /local/domain/N/console has ring-ref, port, limit and type. Others are devices, /local/domain/N/device/console/M:
 * they are ours when their type says so, and their state and the backend's, if they have any, shake hands as other devices'.
 */
#ifndef XENCONSOLED_DOMAIN_H
#define XENCONSOLED_DOMAIN_H

#include "ctrl/query.h"
#include "xenconsoled/daemon.h"

#define DOMAIN_BACKENDS "/local/domain/0/backend/console"

/* Asks the hypervisor who lives; begins with the new ones, ends the others, looks again at what did not work before. */
void domains_look(struct daemon *daemon);
/* One came: asks for those behind the newest only, and for all of them when there is none, or else within a second. */
void domains_look_for_new(struct daemon *daemon);
/* Something has changed at the backends of this domain's consoles. */
void domain_changed(struct daemon *daemon, uint32_t domid);
/* The connection to the store goes, and all watches with it. */
void domains_unwatch(struct daemon *daemon);
void domains_stop(struct daemon *daemon);

#endif
