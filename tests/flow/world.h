/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the flow tests of libxenlight run in: our xenstored as a process of its own, and for each test the hypervisor's core in
 * this one, with a context.
 */
#ifndef TESTS_FLOW_WORLD_H
#define TESTS_FLOW_WORLD_H

#include <libxl.h>
#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "ctrl/domain.h"
#include "light/context.h"

#define WORLD_PAGES 600 /* that a guest has */

extern char world_folder[];  /* of files, removed at the end */
extern struct xs_handle *xs; /* the test's own */
extern struct ctrl_priv *priv;

/* For the group of tests; for each test. */
int world_setup(void **state);
int world_teardown(void **state);
int machine_setup(void **state);
int machine_setup_of(unsigned ram_mib);
int machine_teardown(void **state);

/* xenstored ends, all connections with it; begins again, with xs as a new one. False: it did not. */
void store_stop(void);
bool store_start(void);

bool there(const char *path);
void value_is(const char *path, const char *want);

/* A guest with memory, and what the store says of one. */
uint32_t domain_new(void);

/* To xenstored's server, whose parent is the keeper. */
void store_signal(int number);

/* No domain, and nothing of this one. */
void expect_gone(uint32_t domid);

/* Sweeps of faults take every `step`th one of many, and each one with SOAK=1. */
unsigned sweep_step(unsigned step);

#endif
