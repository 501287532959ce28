/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs as users write them: 0-3,^1,nodes:1 or all. */
#ifndef XL_CPUSET_H
#define XL_CPUSET_H

#include <libxl.h>
#include <libxl_utils.h>
#include <stdbool.h>

#define CPUSET_WHY 160

/* A-B or A, all of the text, of which neither is more than max; false: it is none. */
bool range_parse(const char *text, int base, unsigned long max, unsigned long *ret_first, unsigned long *ret_last);

/*
 * The set, allocated for the host's CPUs; those that the host does not have are left out. False: why says what is wrong,
 * and the map is still to be disposed of.
 */
bool cpuset_parse(libxl_ctx *ctx, const char *text, libxl_bitmap *map, char why[CPUSET_WHY]);

#endif
