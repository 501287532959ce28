/* SPDX-License-Identifier: GPL-2.0-only */
/* Random values of public types, by their tables: the same for the same seed. */
#ifndef TESTS_LIGHT_FILL_H
#define TESTS_LIGHT_FILL_H

#include "light/type.h"

void fill_seed(uint64_t seed);

/* Fills in most of an initialized value. */
void fill_value(const struct light_type *t, void *p);

#endif
