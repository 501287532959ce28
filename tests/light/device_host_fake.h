/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This host's kernel as devices see it (light/device_host.h), without one: programs that link device_host_fake.c before
 * libs/light have it. "/block/N" is block device N; other paths are what they are.
 */
#ifndef TESTS_LIGHT_DEVICE_HOST_FAKE_H
#define TESTS_LIGHT_DEVICE_HOST_FAKE_H

#include <stdbool.h>

/* No loop device, no fault; an interface is there when it is looked for the second time. */
void fake_host_reset(void);
/* The nth call from now on that can fail does, with -errno, once; 0: none. */
void fake_host_fail(unsigned nth, int error);
bool fake_host_failed(void);
/* Loop devices that are kept, or whose descriptor was not closed. */
unsigned fake_host_loops(void);
/* What is there of interfaces: none (they never come). */
extern bool fake_host_no_nics;
/*
 * What the last interface was told: "vif1.0 eth7 xenbr0 1500", or routed "vif1.0  192.0.2.1 1500 10.0.0.2"; and the last one that
 * was taken down: "eth7 of 1 0". 10.6.6.6 has a route, 10.6.6.7 can have none; interface nodev is not there, noaddr has no address.
 */
extern char fake_host_nic[160], fake_host_nic_down[40];

#endif
