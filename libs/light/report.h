/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What becomes of operations, step by step: for our own programs, which link the archive. The shared library has no such
 * function, as stock's has none.
 */
#ifndef XENOLITH_LIGHT_REPORT_H
#define XENOLITH_LIGHT_REPORT_H

#include <libxl.h>
#include <stdbool.h>
#include <stdint.h>

/* A step that has ended. Texts are good during the call; times are nanoseconds of CLOCK_MONOTONIC. */
struct light_step {
    const char *object; /* "domain 5"; NULL: not known yet */
    const char *name;
    const char *next; /* that is begun now, if this one has not failed; NULL: none */
    bool undoing;
    uint64_t begun, ended;
    int rc;
};

/* Is called with the context's lock, and calls nothing of the library. */
typedef void light_step_fn(void *arg, const struct light_step *step);

/* Of operations that begin from now on; NULL: no more. 0 or ERROR_*. Weak: NULL where it is not there. */
int light_report_steps(libxl_ctx *ctx, light_step_fn *fn, void *arg) __attribute__((weak));

#endif
