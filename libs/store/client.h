/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Inside of libxenstore: one connection, one request at a time. Until the first watch the thread that asks also reads
 * the answer; from then on a reader thread reads everything, hands the answer to the thread that waits and queues
 * events.
 *
 * Locks: talk_lock is held from a request to its answer, lock for each look at what the reader shares; talk_lock first.
 */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H

#include <pthread.h>
#include <sys/uio.h>

#include <xenstore.h>

#include "store/stream.h"
#include "store/transport.h"

/* What xs_read_watch() returns: free() of `strings` frees the event. */
struct event {
    char *strings[2]; /* XS_WATCH_PATH, XS_WATCH_TOKEN */
    struct event *next;
    char bytes[];
};

struct xs_handle {
    struct transport transport;
    bool unwatch_filter;
    pthread_mutex_t talk_lock;
    uint32_t next_id;
    struct stream in; /* talk_lock's, then the reader's */

    pthread_mutex_t lock;
    pthread_cond_t reply_came, event_came;
    int broken; /* 0, or the errno of every further call */
    bool has_reader, waits, has_reply;
    pthread_t reader;
    int stop_fd;  /* tells a reader on a device to end; -1: none */
    int event_fd; /* xs_fileno()'s: readable while events wait; -1: none yet */
    struct event *events, **events_end;
    struct xsd_sockmsg reply;
    char reply_payload[XENSTORE_PAYLOAD_MAX];

    char out[WIRE_MESSAGE_MAX];
};

/* The next message; waits. Returns 0 or -errno; -EBADF when the daemon is gone. The payload lies in h->in. */
int client_receive(struct xs_handle *h, struct xsd_sockmsg *ret_header, const char **ret_payload);

/*
 * Send a request with the payload of `n` parts, wait for its answer. Its payload goes to malloc()ed memory with a NUL
 * behind it, unless ret_payload is NULL. Returns 0 or -errno, also for what the daemon refused.
 */
int client_talk(struct xs_handle *h, uint32_t type, xs_transaction_t t, const struct iovec *parts, size_t n,
                void **ret_payload, size_t *ret_len);

/* alive.c: it has broken, or the daemon has closed it; no request is on its way. */
bool client_is_broken(struct xs_handle *h);

/* The connection is of no use from now on: wakes all who wait. `lock` held. */
void client_break(struct xs_handle *h, int error);

/* watch.c: an event that was read goes into the queue. Returns 0 or -errno: the connection cannot go on then. */
int event_queue(struct xs_handle *h, const char *payload, size_t len);
void events_free(struct xs_handle *h);

/* reader.c: start the thread unless it runs; end it and wait for its end. */
int reader_start(struct xs_handle *h);
void reader_stop(struct xs_handle *h);

/* A device cannot be shut down: its reader waits for input or for its end. False: the latter came. */
bool reader_may_go_on(struct xs_handle *h);

#endif
