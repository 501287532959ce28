/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypervisor for libs/ctrl made of one file and some FIFOs in a folder: domains with a few pages, grants, event
 * channels, the hypervisor's log. Programs that link ctrl_fake.c and have FAKE_WORLD=FOLDER in their environment see
 * it through ctrl_transport as domain 0; the test that made it plays the domains. It outlives any of them: what a killed
 * program had bound is closed by fake_reap(), or when somebody else opens event channels.
 */
#ifndef TESTS_FAKE_CTRL_FAKE_H
#define TESTS_FAKE_CTRL_FAKE_H

#include "ctrl/ctrl.h"

#define FAKE_DOMAINS 1100u
#define FAKE_PAGES 4u
#define FAKE_GFN 0x1000u /* a domain's first page */
#define FAKE_GRANTS 8u

/* Makes the world in a folder that exists; this process is then in it too. */
int fake_world_new(const char *folder);
/* Maps the world of $FAKE_WORLD, if that has not happened yet. */
int fake_world_join(void);
void fake_world_leave(void);

/* A domain begins with zeroed pages; gives VIRQ_DOM_EXC when it dies, and its pages and ports are there until it is freed. */
int fake_domain_new(uint32_t domid);
void fake_domain_shutdown(uint32_t domid);
void fake_domain_die(uint32_t domid);
void fake_domain_free(uint32_t domid);
/* This process's view of a page: valid while it is in the world. */
void *fake_page(uint32_t domid, unsigned page);
void fake_grant(uint32_t domid, uint32_t ref, unsigned page);
void fake_ungrant(uint32_t domid, uint32_t ref);

/* Event channels as another domain. */
int fake_evtchn_open(uint32_t domid, struct ctrl_evtchn **ret_evtchn);
/* Closes what a dead process had. */
void fake_reap(int pid);
/* How many ports domain 0 has open; the tests count them before and after. */
unsigned fake_ports_of_dom0(void);

void fake_hv_print(const char *text);

#endif
