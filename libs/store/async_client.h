/* SPDX-License-Identifier: LGPL-2.1-only */
/* Inside of store/async.h. */
#ifndef STORE_ASYNC_CLIENT_H
#define STORE_ASYNC_CLIENT_H

#include <sys/uio.h>

#include "store/async.h"
#include "store/stream.h"
#include "store/transport.h"

struct store_request {
    struct store_request *next;
    uint32_t id, type;
    bool canceled;
    store_reply_fn *fn; /* NULL: called, or nobody is interested */
    void *arg;
};

struct store_watch {
    struct store_watch *next;
    uint32_t id;                   /* its token */
    struct store_request *request; /* that adds it; NULL: answered */
    store_event_fn *fn;
    void *arg;
    char path[];
};

struct store_client {
    struct transport transport;
    int broken; /* 0 or -errno */
    uint32_t next_id;
    struct store_request *requests, **requests_end; /* in the order in which they will be answered */
    bool has_canceled;
    bool more; /* messages may lie in `in` that nobody has looked at */
    struct store_watch *watches;
    struct store_attempt *failed; /* transactions whose end could not be asked for */
    char *out;
    size_t out_done, out_len, out_size; /* out[done..len) is to be sent */
    size_t out_message;                 /* where the message ends that is being sent */
    struct stream in;
};

/* store_request() with the payload in parts. */
int request_queue(struct store_client *c, uint32_t type, xs_transaction_t t, const struct iovec *parts, size_t n,
                  store_reply_fn *fn, void *arg, struct store_request **ret_request);

/* async_transaction.c: `done` for the transactions in c->failed. */
void attempts_report(struct store_client *c);

#endif
