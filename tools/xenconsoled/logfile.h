/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A console's log file. What is written is noted in the state before and after, so a daemon that was killed in between goes
 * on at the exact byte. Times stand at the beginning of lines.
 */
#ifndef XENCONSOLED_LOGFILE_H
#define XENCONSOLED_LOGFILE_H

#include "xenconsoled/state.h"

struct logfile_options {
    bool stamps, replace_escape;
    uint64_t size_max; /* a file that has become larger is set aside; 0: never */
    unsigned keep;     /* how many such files stay: FILE.1 is the newest */
};

struct logfile {
    int fd; /* -1: closed */
    char path[512];
    uint64_t size;
};

#define LOGFILE_CLOSED { .fd = -1 }

/* Opens it at its end. A write that was under way when a daemon died is finished. */
int logfile_open(struct logfile *log, const char *path, const struct logfile_options *options, struct state *state);
void logfile_close(struct logfile *log);
/* Writes what the state has taken and the log has not, or -errno: then the rest is still to be written. */
int logfile_write(struct logfile *log, const struct logfile_options *options, struct state *state);

#endif
