/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way in which a few CPUs can take turns (explore.c). Each lane is one CPU with a list of steps; lanes change
 * freely between steps, and, as often as the bound says, in the middle of one: before an atomic or volatile access to
 * memory that another lane also touches so. Waiting for a lock makes a lane change that costs nothing.
 */
#ifndef XENOLITH_EXPLORE_H
#define XENOLITH_EXPLORE_H

#include "types.h"

#define MAX_LANES 3

struct exploration {
    unsigned lanes;
    unsigned bound;                      /* changes in the middle of steps */
    void (*begin)(void);                 /* a new world */
    bool (*step)(unsigned lane, unsigned nr); /* the lane's nr-th step; false: there are no more */
    void (*quiet)(void);                 /* no lane is inside a step */
    void (*end)(void);                   /* all lanes have ended */
};

/* The number of schedules that were run. */
uint64_t explore(const struct exploration *e);
/* The present schedule, for a report. */
void explore_print(void);

#endif
