/* SPDX-License-Identifier: GPL-2.0-only */
/* A pseudo-terminal in raw mode. Both ends stay open here, so that it never hangs up; clients open the slave by its name. */
#ifndef XENCONSOLED_PTY_H
#define XENCONSOLED_PTY_H

#include <stdbool.h>

#include "base/pty.h"

struct pty {
    int master, slave; /* -1: none */
    char name[PTY_NAME_MAX];
    int watch;    /* inotify's, or -1 */
    int clients;  /* how many times the slave is open elsewhere; at least one of that is a guess after a restart */
};

#define PTY_NONE { .master = -1, .slave = -1, .watch = -1 }

int pty_new(struct pty *pty);
/* A master that was kept over the daemon's death; it becomes this pty's. */
int pty_adopt(struct pty *pty, int master);
void pty_close(struct pty *pty);

/* Counts clients from now on by the descriptor of inotify_init; without it there is always one. */
void pty_watch(struct pty *pty, int inotify);
/* What inotify said about this pty. Returns whether the number of clients changed. */
bool pty_watched(struct pty *pty, unsigned mask);
/* Has everything that was written been read by a client? */
bool pty_drained(const struct pty *pty);

#endif
