/* SPDX-License-Identifier: LGPL-2.1-only */
/* The kernel's devices, for transport.c. */
#ifndef XENOLITH_CTRL_LINUX_DEVICES_H
#define XENOLITH_CTRL_LINUX_DEVICES_H

#include "ctrl.h"

int linux_evtchn_open(struct ctrl_evtchn **ret_evtchn);
int linux_evtchn_adopt(int fd, struct ctrl_evtchn **ret_evtchn);
int linux_gnttab_open(struct ctrl_gnttab **ret_gnttab);
int linux_priv_open(struct ctrl_priv **ret_priv);

#endif
