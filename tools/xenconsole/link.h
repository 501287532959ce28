/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection to a console: our daemon's socket where there is one, else the pseudo-terminal that the store names. */
#ifndef XENCONSOLE_LINK_H
#define XENCONSOLE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pty.h"

struct console_request {
    char which[160];  /* a domain's number, name:NAME, or hypervisor */
    int domid;        /* -1: not by number */
    unsigned number;
    const char *type; /* pv, serial or vuart */
    bool read_only;
    uint64_t session; /* names us when we come back */
};

struct console_link {
    int fd;
    bool history;      /* the daemon's socket: `position` counts */
    char tty[PTY_NAME_MAX]; /* else the terminal's path */
    bool to_write;     /* what is typed is sent */
    bool heard, live;  /* it is heard: nobody else types there */
    uint64_t position; /* of the next byte that comes */
    bool comes_back;   /* the daemon knows our session: `typed` is what it took of what we sent */
    uint64_t typed;
};

/* -ENOENT: there is no such console, -ECONNREFUSED or -ENOENT: no daemon of ours. `from`: UINT64_MAX for all there is. */
int link_history(const struct console_request *request, uint64_t from, struct console_link *ret_link);
/* Waits for the terminal for some seconds: it may not be there yet. */
int link_terminal(const struct console_request *request, int seconds, struct console_link *ret_link);
/* The terminal of that path has hung up: is there another one, or will there be? */
bool link_follows(const struct console_request *request, const char *tty);
/* Prints the daemon's list. */
int link_list(void);

#endif
