/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: stock's options, and few of our own. */
#ifndef XENSTORED_OPTIONS_H
#define XENSTORED_OPTIONS_H

#include <stdbool.h>

#include "xenstored/quota.h"

struct options {
    const char *rundir;
    const char *pid_file;
    const char *trace_file;
    bool no_fork, output_pid, no_domain_init, verbose;
    int server; /* the socket to the keeper; -1: this process is the keeper */
    bool again; /* in place of another program: see KEEPER_AGAIN */
    bool set[QUOTA_KINDS], set_soft[QUOTA_KINDS];
    uint32_t quota[QUOTA_KINDS], quota_soft[QUOTA_KINDS];
};

/* 0; 1: the help was asked for and printed; -EINVAL: what is wrong was printed. */
int options_parse(int argc, char **argv, struct options *ret_options);

#endif
