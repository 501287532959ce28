/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper: a small process, the parent of the server's. It accepts connections and holds duplicates of their sockets
 * and of other descriptors that must stay open when the server is killed; it starts the next server and hands them over.
 */
#ifndef XENSTORED_KEEPER_H
#define XENSTORED_KEEPER_H

#include <stdint.h>

#include "base/log.h"
#include "base/loop.h"

enum keeper_type {
    KEEPER_CONN = 1, /* to the server: a connection, with its descriptor */
    KEEPER_FD,       /* both ways: another descriptor, its kind in id */
    KEEPER_ALL,      /* to the server: that was everything that there is */
    KEEPER_DROP,     /* to the keeper: a connection is closed */
    KEEPER_READY,    /* to the keeper: the server serves */
    KEEPER_AGAIN,    /* to the keeper: another program is in the server's place; hand over again */
};

enum keeper_fd { KEEPER_EVTCHN = 1, KEEPER_GNTTAB, KEEPER_FD_KINDS };

struct keeper_message {
    uint32_t type, id;
};

/* One message with perhaps a descriptor (-1: none). 0 or -errno; -ECONNRESET at the end. flags: MSG_DONTWAIT or 0. */
int keeper_send(int fd, uint32_t type, uint32_t id, int passed, int flags);
int keeper_receive(int fd, struct keeper_message *ret_message, int *ret_passed, int flags);

/* --- the keeper --- */

/* What a service manager held for a keeper that was killed: a connection, or with kind another descriptor. */
struct keeper_passed {
    uint32_t kind, id;
    int fd;
};
/*
 * The descriptors that a service manager passes, by their names; *ret_listen is its socket, or -1. Returns how many others
 * there are, in an array that is the caller's.
 */
unsigned keeper_passed_take(struct keeper_passed **ret_passed, int *ret_listen);

struct keeper_config {
    const char *program;
    char *const *argv; /* of the server; an option that names its socket is added */
    int listen_fd;
    const struct keeper_passed *passed;
    unsigned nr_passed;
    void (*ready)(void *arg); /* called once, when the first server serves; may be NULL */
    void *ready_arg;
    const struct log *log;
};
/* Returns when it was told to stop, with the exit status. */
int keeper_run(const struct keeper_config *config);

/* --- the server's end --- */
struct keeper_link {
    struct loop_fd src;
    void (*message)(void *arg, const struct keeper_message *m, int fd); /* fd is the callee's, or -1 */
    void (*gone)(void *arg);
    void *arg;
};
void keeper_link_drop(struct keeper_link *k, uint32_t conn);

#endif
