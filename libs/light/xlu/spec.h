/* SPDX-License-Identifier: LGPL-2.1-only */
/* Specifications of devices: parameters with commas between them. What disk.c, pci.c, rdm.c and vif.c share. */
#ifndef LIGHT_XLU_SPEC_H
#define LIGHT_XLU_SPEC_H

#include "light/xlu/xlu.h"

/* A part of a specification. */
struct xlu_part {
    const char *text;
    size_t len;
};

struct xlu_spec {
    const XLU_Config *cfg;
    const char *kind; /* "disk", "pci", ...: how messages begin */
    const char *text; /* all of it */
    const char *at;   /* what is not read yet */
};

/* A word and what it stands for; a row without word ends the table. */
struct xlu_word {
    const char *word;
    int value;
};

/* Says what is wrong, where in the specification, and returns EINVAL. */
int xlu_spec_wrong(const struct xlu_spec *spec, const struct xlu_part *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "no such KEY; nearest": EINVAL. */
int xlu_spec_unknown(const struct xlu_spec *spec, const struct xlu_part *part, const char *what,
                     const struct xlu_word *words);

/* Up to the next comma or the end; the comma is gone. False: nothing is left. */
bool xlu_spec_next(struct xlu_spec *spec, struct xlu_part *ret_part);

bool xlu_part_is(const struct xlu_part *part, const char *word);

/* KEY=VALUE in two; false: there is no =. */
bool xlu_part_split(const struct xlu_part *part, struct xlu_part *ret_key, struct xlu_part *ret_value);

const struct xlu_word *xlu_word_find(const struct xlu_word *words, const struct xlu_part *part);

/* An unsigned number, all of the part, in decimal or as C writes it. False: it is none, or more than max. */
bool xlu_part_number(const struct xlu_part *part, int base, unsigned long max, unsigned long *ret_number);

/* *text is now the part. ENOMEM. */
int xlu_part_replace(char **text, const struct xlu_part *part);

#endif
