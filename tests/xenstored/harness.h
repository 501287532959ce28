/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenstored as it runs, in a folder of its own with a hypervisor of one file (fake/ctrl_fake.h), and clients over sockets
 * and rings that know every byte that they are to be sent.
 */
#ifndef TESTS_XENSTORED_HARNESS_H
#define TESTS_XENSTORED_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ctrl/ctrl.h"
#include "store/wire.h"

#define NODES 12 /* of a client's own */
#define SECONDS 60

extern char world_folder[];

int world_setup(void **state);
int world_teardown(void **state);
uint64_t world_ms(void);

/* The daemon: the keeper is our child. It may write files of that size; 0: as it likes. */
extern uint64_t daemon_file_limit;
extern const char *daemon_program;
void daemon_begin(void);
/* 0 and it answers, or the status with which it ended. */
int daemon_try(void);
void daemon_end(void); /* SIGTERM; both processes are gone */
pid_t keeper_pid(void);
pid_t server_pid(void); /* 0: there is none at the moment */
/* A server that is not `before`. */
pid_t server_wait(pid_t before);

struct client {
    int fd;       /* of a socket, or -1 */
    unsigned domid; /* of a ring */
    struct xenstore_domain_interface *page;
    struct ctrl_evtchn *evtchn;
    uint32_t port;
    uint32_t in, out; /* a ring's, as the guest remembers them */
    bool lost;        /* the socket was closed by the daemon */
    struct buf send, received;
    struct buf expect; /* what is still to come, byte for byte: of clients that know */
    uint32_t req_id;
    char prefix[32]; /* of its paths */
    bool there[NODES];
    uint32_t value[NODES];
    uint64_t compared; /* bytes */
};

void client_socket(struct client *c, unsigned number);
/* Is a new socket's client answered? False: its connection was closed. */
bool client_answered(const struct client *c);
/* A new domain, introduced by `dom0`. */
void client_ring(struct client *c, unsigned domid, struct client *dom0);
void client_done(struct client *c);

/* A message goes to the end of c->send. */
void client_ask(struct client *c, uint32_t type, uint32_t tx, const void *payload, size_t len);
/* What the daemon is to answer comes to the end of c->expect. */
void client_expect(struct client *c, uint32_t type, uint32_t req_id, const void *payload, size_t len);

/* Some bytes go and come, as many as there are or fewer; what comes is compared, unless nothing is expected. */
void client_move(struct client *c);
/* Until all was sent and all that is expected has come. */
void client_settle(struct client *c);
/* One message, waited for; its payload ends in a NUL. For clients without expectations. */
void client_take(struct client *c, struct xsd_sockmsg *ret_hdr, char *ret_payload);

/* A watch on everything of its own; then random requests, with their answers and events. */
void client_begin(struct client *c);
void client_random(struct client *c);
/* Asks for everything that it wrote. */
void client_verify(struct client *c);

#endif
