/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The store for programs with an event loop: nothing here waits. The caller polls store_fd() for store_events() and
 * calls store_dispatch() when it is ready; answers and watch events come as callbacks from there (and from
 * store_close()). One thread at a time.
 *
 * Ownership: a request is the client's from store_request() until its callback has returned, which is called exactly
 * once. A watch is its owner's until store_unwatch(). Callbacks may make and cancel requests, add and remove watches;
 * they may not close the client.
 */
#ifndef STORE_ASYNC_H
#define STORE_ASYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenstore.h>

struct store_client;
struct store_request;
struct store_watch;

/*
 * An answer: `rc` is 0, or -errno of what the daemon said, -ECANCELED after store_cancel(), -ECONNRESET when the
 * connection broke. With 0, `payload` has `len` bytes and a NUL behind them; it is good until the callback returns.
 */
typedef void store_reply_fn(void *arg, int rc, const char *payload, size_t len);

/* An event of a watch. `path` is NULL when the connection broke: there will be no more. */
typedef void store_event_fn(void *arg, const char *path);

/* Connect, as xs_open() does. Returns 0 or -errno. */
int store_open(struct store_client **ret_client);
/* The same on a connected socket, which becomes the client's. */
int store_open_fd(int fd, struct store_client **ret_client);
/* As if the connection had broken: all callbacks are called, watches' too. What is broken already stays so. */
void store_break(struct store_client *client);
/* Ends the connection and frees the watches; requests that wait get -ECANCELED before. NULL is accepted. */
void store_close(struct store_client *client);

int store_fd(const struct store_client *client);
/* POLLIN, and POLLOUT while something waits to be sent or, already here, to be told. */
short store_events(const struct store_client *client);
/* Is there an answer that has not come yet? */
bool store_waiting(const struct store_client *client);
/*
 * Sends and receives what can be, without waiting, and calls back. Returns 0, or -errno when the connection is broken:
 * all callbacks have been called then, and every further request fails at once.
 */
int store_dispatch(struct store_client *client);

/*
 * Queue a request whose payload is the `len` bytes at `payload`. *ret_request, unless ret_request is NULL, names it to
 * store_cancel(). Returns 0; -E2BIG, -ENOMEM, -ECONNRESET: nothing was queued, no callback will come.
 */
int store_request(struct store_client *client, uint32_t type, xs_transaction_t transaction, const void *payload,
                  size_t len, store_reply_fn *fn, void *arg, struct store_request **ret_request);

/* Have the callback come with -ECANCELED, at the next store_dispatch(); what the daemon does about it is not known. */
void store_cancel(struct store_client *client, struct store_request *request);

/* --- what most requests are --- */

int store_read(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg);
int store_write(struct store_client *client, xs_transaction_t t, const char *path, const void *data, size_t len,
                store_reply_fn *fn, void *arg);
int store_mkdir(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg);
int store_rm(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg);
int store_directory(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg);
int store_set_permissions(struct store_client *client, xs_transaction_t t, const char *path,
                          const struct xs_permissions *perms, unsigned n, store_reply_fn *fn, void *arg);

/*
 * For programs that wait: the values of n nodes, asked for at once, on a connection of its own. ret_values: from malloc(), with a NUL
 * behind each; NULL where there is no such node. Returns 0 or -errno: then they are all NULL.
 */
int store_read_many(const char *const *paths, unsigned n, char **ret_values);

/*
 * Watch a path. The first event comes at once. Returns 0 or -errno as store_request(); what the daemon refuses later is
 * told by an event without a path.
 */
int store_watch(struct store_client *client, const char *path, store_event_fn *fn, void *arg,
                struct store_watch **ret_watch);
/* No event comes any more, also none that is on its way. The watch is gone. NULL is accepted. */
void store_unwatch(struct store_client *client, struct store_watch *watch);

/*
 * Do all of it or nothing: `body` is called with a transaction that has begun, queues requests in it and, when their
 * answers are there, calls store_commit(); it is called again when others got in between, at most STORE_ATTEMPTS times.
 * `done` is called once: with 0, or with -errno of the first thing that failed (-EAGAIN: others got in between each
 * time); nothing of it has happened then.
 */
#define STORE_ATTEMPTS 100
struct store_attempt;
typedef void store_body_fn(void *arg, struct store_attempt *attempt, xs_transaction_t t);
int store_transaction(struct store_client *client, store_body_fn *body, store_reply_fn *done, void *arg);
/* The body has asked for everything: commit, or with rc != 0 give up with that. */
void store_commit(struct store_attempt *attempt, int rc);

#endif
