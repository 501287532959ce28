/* SPDX-License-Identifier: LGPL-2.1-only */
/* The word that somebody may have meant. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word;
    size_t len;
    const char *best; /* the nearest of those that were offered; NULL: none is near */
    size_t distance;  /* of the best: letters to change, put in or take out */
};

void nearest_init(struct nearest *near, const char *word, size_t len);
void nearest_offer(struct nearest *near, const char *candidate);

#endif
