/* SPDX-License-Identifier: GPL-2.0-only */
/* What device.c decides about a domain's addresses beyond device.h. */
#ifndef XENOLITH_PORTS_H
#define XENOLITH_PORTS_H

#include "types.h"

/*
 * First of the 8 ports of the UART that the hypervisor's console uses: hidden from dom0. 0: none, dom0 has them all.
 * COM1 until the console says otherwise.
 */
extern uint16_t device_console_port;

/*
 * May dom0 access these ports directly? Not if a model claims one, nor beyond the last port. What the lead's I/O
 * permission bitmap leaves open must agree with this.
 */
bool dom0_may_access_port(uint16_t port, unsigned size);

#endif
