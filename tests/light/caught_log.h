/* SPDX-License-Identifier: GPL-2.0-only */
/* A logger that keeps what libxenlight warns of. */
#ifndef TESTS_LIGHT_CAUGHT_LOG_H
#define TESTS_LIGHT_CAUGHT_LOG_H

#include <xentoollog.h>

extern xentoollog_logger caught_log;
extern char log_text[4000]; /* its warnings and errors, a line each; a test may empty it */

/* Fails where the text is not in log_text; empties it. */
void expect_said(const char *text);

#endif
