/* SPDX-License-Identifier: GPL-2.0-only */
/* What libs/light's questions are asked of: the real core (ctrl_loop.h) with some guests, and a store of the test's own. */
#ifndef TESTS_LIGHT_INFO_WORLD_H
#define TESTS_LIGHT_INFO_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/domain.h"
#include "light/context.h"

#define GUESTS 3 /* guest0, guest1, guest2; the last is the first's device model */
#define NOBODY 77

extern const libxl_uuid first_uuid, second_uuid; /* the guests' */
extern struct ctrl_priv *priv;
extern uint32_t domids[GUESTS];

extern bool store_closed;   /* nobody can connect to it */
extern int store_error;     /* that answers all; 0: none */
extern int store_conflicts; /* of the next transactions */
extern char written[64];    /* the last path that was changed */

/* For the group of tests: a folder for userdata. For each test: a context, and the guests. */
int info_begin(void **state);
int info_end(void **state);
int info_setup(void **state);
int info_teardown(void **state);

#endif
