/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Two pseudo-terminals, one for a program and one for whoever looks at it by its path; bytes go both ways on the loop. What nobody
 * reads is dropped, oldest first; what the program does not read waits in the other terminal.
 */
#ifndef XENOLITH_LIGHT_RELAY_H
#define XENOLITH_LIGHT_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "base/pty.h"

#define LIGHT_RELAY_KEPT 16384u

struct light_relay_end {
    int master, slave; /* -1: closed */
    char name[PTY_NAME_MAX];
    struct loop_fd src;             /* loop NULL: it has hung up */
    char bytes[LIGHT_RELAY_KEPT]; /* that are to be written to it; byte n is bytes[n % LIGHT_RELAY_KEPT] */
    size_t taken, put;
};

/* All zeros before light_relay_open(). */
struct light_relay {
    bool open;
    struct light_relay_end program, person;
};

/* 0, or -errno: then nothing is open. Both slaves are open here, so that neither hangs up before somebody has it. */
int light_relay_open(struct light_relay *r, struct loop *loop);
/* The program has its slave, and alone: when it ends, nothing more comes from it. */
void light_relay_given(struct light_relay *r);
/* Nothing happens for one that is not open. */
void light_relay_close(struct light_relay *r);

#endif
