/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that the user may interrupt. */
#ifndef XL_INTERRUPT_H
#define XL_INTERRUPT_H

#include <pthread.h>
#include <signal.h>

#include "xl/xl.h"

struct interrupt {
    struct xl *xl;
    libxl_asyncop_how how; /* the operation's */
    int ends[2];
    pthread_t thread;
    struct sigaction old[3];
};

/* Before the operation is begun with i->how. 0 or an exit code, and it was said why. */
int interrupt_begin(struct interrupt *i, struct xl *xl);
/* Waits for its end; rc: what beginning it returned. What became of it: SIGINT, SIGTERM and SIGHUP make it ERROR_ABORTED. */
int interrupt_end(struct interrupt *i, int rc);

#endif
