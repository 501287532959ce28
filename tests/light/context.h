/* SPDX-License-Identifier: GPL-2.0-only */
/* A context of libxenlight's, whose warnings are kept. */
#ifndef TESTS_LIGHT_CONTEXT_H
#define TESTS_LIGHT_CONTEXT_H

#include <libxl.h>

extern libxl_ctx *ctx;
extern xentoollog_logger caught_log;
extern char log_text[4000]; /* what it was warned of, and errors, a line each; a test may empty it */

int context_setup(void **state);
int context_teardown(void **state);

/* Fails where the text is not in log_text; empties it. */
void expect_said(const char *text);

#endif
