/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests: one table, one dispatcher. */
#ifndef XENSTORED_REQUEST_H
#define XENSTORED_REQUEST_H

#include "xenstored/store.h"

#define REQUEST_ARGS 3

struct request {
    struct store *s;
    struct conn *c;
    struct xsd_sockmsg hdr;
    const char *arg[REQUEST_ARGS]; /* the strings that the payload begins with */
    unsigned nr_args;
    const void *rest; /* what follows them */
    size_t rest_len;
    struct transaction *tx; /* NULL: none */
    bool replied;
};

typedef int request_fn(struct request *r); /* 0 (and "OK" when it did not reply), or -errno and nothing was changed */

struct request_row {
    const char *name;
    request_fn *fn;
    uint8_t min_args, max_args;
    bool rest;       /* more may follow the arguments */
    bool privileged; /* dom0's only */
    bool no_tx;      /* the transaction's id is not looked at */
    bool pure;       /* outside of a transaction it changes nothing: if nobody heard the answer, it may be asked again */
};

extern const struct request_row request_table[XS_TYPE_COUNT];

/*
 * Executes the first request of c->in, which is complete (conn_has_request), and takes it out. force: an errno (negative)
 * that it is to fail with, or 0. Returns what the handler returned: -ENOMEM is not repeatable and has to be remembered.
 */
int request_execute(struct store *s, struct conn *c, int force);

/* Does the first request of c->in change nothing? */
bool request_is_pure(const struct conn *c);

void request_reply(struct request *r, const void *data, size_t len);

request_fn do_control, do_directory, do_directory_part, do_get_domain_path, do_get_perms, do_introduce,
    do_is_domain_introduced, do_mkdir, do_read, do_release, do_reset_watches, do_resume, do_rm, do_set_perms, do_set_target,
    do_transaction_end, do_transaction_start, do_unwatch, do_watch, do_write;

#endif
