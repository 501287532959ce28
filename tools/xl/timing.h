/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the time of an operation goes: --timing, --progress and what a terminal shows meanwhile. */
#ifndef XL_TIMING_H
#define XL_TIMING_H

#include "xl/xl.h"

/* From now on the steps of the context's operations are noted and shown, as the options say. 0 or an exit code. */
int timing_begin(struct xl *xl, const struct xl_args *args);
/* The line on the terminal goes away; --timing is printed, of the operation on that domain. */
void timing_end(struct xl *xl, const char *name, uint32_t domid);

#endif
