/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server around the store: brings input to it through the journal, and its output to the clients. Connections get
 * one request each in turn.
 */
#ifndef XENSTORED_SERVER_H
#define XENSTORED_SERVER_H

#include "base/loop.h"
#include "xenstored/journal.h"
#include "xenstored/store.h"

struct server;
struct link;

/* How bytes come and go: sockets, rings. */
struct link_ops {
    /* Some bytes into the journal's landing place: how many, 0 at the end of the connection, -EAGAIN, -errno. */
    ssize_t (*receive)(struct link *l);
    /* Could receive() take a request that is whole, and nothing else? Nothing is taken. */
    bool (*is_whole)(struct link *l);
    /* Is there input that nobody is told of again? NULL: there never is. */
    bool (*more)(struct link *l);
    /* What was received is recorded, or answered: the client may reuse the room. */
    void (*received)(struct link *l, uint32_t n);
    /* As much as there is room for: how many, -EAGAIN, -errno. transient: see journal_send(). */
    ssize_t (*send)(struct link *l, const void *data, size_t len, bool transient);
    /* Be told, by link_ready(), when there is input, and room for output when that is wanted. */
    void (*want)(struct link *l, bool input, bool output);
    void (*close)(struct link *l);
};

struct link { /* the server's side of a connection */
    struct server *sv;
    struct conn *c;
    uint32_t id; /* of the connection */
    struct journal_slot *slot;
    const struct link_ops *ops;
    struct link *prev, *next; /* of those that have something to do */
    bool queued;
    bool want_in, want_out;
    bool starved; /* there was no room for its input: until the next try */
    uint64_t waits_until; /* it spoiled others' transactions; 0: it did not */
    uint32_t spoils;      /* how often, of late */
    struct loop_fd src; /* sockets */
    struct ring *ring;  /* rings */
};

struct server {
    struct loop *loop;
    struct store *s;
    struct journal *j;
    const char *journal_path;
    const struct log *log;
    struct link *queue, *queue_last;
    unsigned nr_queued;
    struct loop_deferred work;
    struct loop_timer retry;           /* the journal was full */
    struct journal_record *current;    /* what is executed */
    uint64_t full_until;               /* there was no space for a snapshot: when to try again; 0: there was */
    bool replaying;
    bool stopping; /* connections are let go, not closed */
    struct keeper_link *keeper;        /* NULL: none */
    struct rings *rings;               /* NULL: no domains */
    const char *program;      /* what a live update starts */
    char *update_program;     /* unless it names another one */
    bool update;              /* this one, when its answer is on its way */
};

/* The store out of the journal's file: 0. There is no file: 1, a new store, and server_compact() makes one. Or -errno. */
int server_start(struct server *sv, const struct store_ops *ops);
/* Part of it: the store that sv->j has, into the new one sv->s. -EBADMSG: what it has makes no sense. */
int server_replay(struct server *sv);
/* Everything is as it was but for connections that nobody holds any more; they are closed. */
void server_resume(struct server *sv);
void server_stop(struct server *sv);

/* A connection of the store's gets its link; 0 or -errno. Output that is left is sent. */
int server_attach(struct server *sv, struct link *l, struct conn *c);
/* A new socket. 0 or -errno, and the descriptor is still the caller's. */
int server_accept(struct server *sv, uint32_t id, int fd);
/* The connection is at its end: recorded, and the store's side goes too. */
void server_close(struct link *l);
/* The store's side goes by itself. */
void server_detach(struct link *l);

/* There may be input, or room for output. */
void link_ready(struct link *l);
/* The output hook of the store. */
void server_output(struct server *sv, struct conn *c);

/* An event of a domain, recorded and given to the store. */
void server_domain_event(struct server *sv, enum journal_kind kind, unsigned domid);

/* Writes a snapshot now. 0 or -errno. */
int server_compact(struct server *sv);

extern const struct link_ops socket_ops;
int socket_attach(struct server *sv, struct conn *c, int fd);

#endif
