/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: everything that survives a restart. It is a state machine: what it becomes and what it answers depends on
 * nothing but the requests and events that it is given, in their order (journal.h). It does no input or output of its
 * own; what it asks of the outside it asks through store_ops.
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "store/wire.h"
#include "xenstored/path.h"
#include "xenstored/quota.h"
#include "xenstored/tree.h"

#define DOMAIN_IDS 0x7ff0 /* those above have special meanings */
#define DOM0 0
#define DOMAIN_BUCKETS 256

struct transaction;
struct watch;
struct watch_node;
struct store;

struct domain { /* one that has a connection, or that some list of permissions or a node's ownership names */
    struct domain *next; /* of all */
    struct domain *same; /* in its bucket */
    unsigned domid;
    uint64_t gen; /* when it came to be known: what was permitted before was permitted to another one */
    bool introduced;
    bool shutdown; /* and that was announced */
    bool has_target;
    unsigned target;
    uint64_t mfn;
    uint32_t remote_port;
    struct conn *conn;
    uint32_t nodes, watches, transactions; /* that it owns */
    uint64_t node_bytes;                   /* of the store's tree, without what transactions still have */
    uint64_t other_bytes;                  /* of watches and transactions */
    uint32_t soft_warned;                  /* bit per enum quota: the log has it */
};

struct conn {
    struct conn *prev, *next;
    uint32_t id;
    unsigned domid;
    struct domain *domain; /* NULL: a socket, which is as good as dom0 */
    struct buf in;         /* received and not yet a complete request that was executed */
    struct buf out;        /* to be sent */
    uint64_t produced;     /* bytes that ever went into out */
    struct buf ends;       /* of a guest: where in those each reply ends that it has not taken, a uint64_t each */
    bool broken;           /* a message that is none: nothing more is taken from it, and it is to be closed */
    bool muted;            /* it takes nothing: events are not kept for it */
    struct watch *watches, *watches_last;
    struct transaction *transactions;
    void *link; /* the server's side of it */
};

/* What the store asks of the outside. The answers are part of the journal, so that a replay does not ask again. */
struct store_ops {
    /* Map the domain's page and bind its event channel (again, when it has a connection): 0 or -errno. */
    int (*introduce)(void *arg, unsigned domid, uint64_t mfn, uint32_t port);
    /* The store made, or is about to free, this connection of a domain. */
    void (*connected)(void *arg, struct conn *c);
    void (*disconnected)(void *arg, struct conn *c);
    /* A CONTROL command that is not the store's own business: 0 with text in *reply, or -errno; -ENOSYS: unknown. */
    int (*control)(void *arg, const char *command, const void *args, size_t len, struct buf *reply);
    /* There is something new in c->out. */
    void (*output)(void *arg, struct conn *c);
    /* A figure for a reply that may be another one when the request is executed again: what it was the first time. */
    uint32_t (*figure)(void *arg, uint32_t now);
};

#define CHANGERS 256
#define NOBODY UINT32_MAX

struct store {
    struct node *root;
    struct node *special; /* below it, "@introduceDomain" and "@releaseDomain" for their permissions */
    uint64_t gen;         /* last generation given */
    uint32_t next_tx;
    uint32_t quota[QUOTA_KINDS];
    uint32_t quota_soft[QUOTA_KINDS]; /* 0: none */
    struct domain *domains[DOMAIN_BUCKETS]; /* by number */
    struct domain *known;               /* all of them */
    struct conn *conns, *conns_last;
    struct watch_node *watch_root, *watch_special;
    uint32_t nr_watches;
    const struct store_ops *ops;
    void *ops_arg;
    const struct log *log;
    const struct log *access_log; /* NULL: off */
    /* Who made the last changes, up to which generation: for the server's fairness only, and not saved. */
    struct changer {
        uint64_t gen;
        unsigned domid;
    } changer[CHANGERS];
    unsigned nr_changers;
    unsigned spoiler; /* whose change a transaction was just refused for, or NOBODY */
};

/* A store with dom0 known, the root node and the special ones. 0 or -ENOMEM. */
int store_new(const struct store_ops *ops, void *ops_arg, const struct log *log, struct store **ret_store);
void store_free(struct store *s);

/* --- domains --- */
static inline struct domain *domain_find(const struct store *s, unsigned domid)
{
    struct domain *d = s->domains[domid % DOMAIN_BUCKETS];

    while (d && d->domid != domid)
        d = d->same;
    return d;
}

static inline uint64_t domain_bytes(const struct domain *d)
{
    return d->node_bytes + d->other_bytes;
}

/* The domain, made known when it is not; NULL without memory. */
struct domain *domain_get(struct store *s, unsigned domid);

/* Makes what is known of the domain and is its own disappear: connection, nodes. */
void domain_gone(struct store *s, struct domain *d);
/* What the hypervisor says: the domain has shut down (announced once), or is no more. */
void store_domain_shutdown(struct store *s, unsigned domid);
void store_domain_dead(struct store *s, unsigned domid);

/* dom0's own ring, without a request. 0 or -errno. */
int store_introduce(struct store *s, unsigned domid, uint64_t mfn, uint32_t port);

/* --- connections --- */

/* domain: whose ring it is, or NULL. NULL without memory. */
struct conn *conn_new(struct store *s, uint32_t id, struct domain *domain);
/* Its watches and transactions go with it. */
void conn_free(struct store *s, struct conn *c);
struct conn *conn_find(struct store *s, uint32_t id);

/*
 * A client that does not take its output hears of no more events; when it took all of it, it is told of each watch once,
 * for whatever happened meanwhile.
 */
void conn_mute(struct store *s, struct conn *c, bool mute);

/* Replies that a guest has not taken. */
static inline uint32_t conn_outstanding(const struct conn *c)
{
    return (uint32_t)(buf_len(&c->ends) / sizeof(uint64_t));
}

static inline bool conn_privileged(const struct conn *c)
{
    return c->domid == DOM0;
}

/* Room for the longest message is reserved first (conn_reserve); then sending cannot fail. */
int conn_reserve(struct conn *c);
void conn_send(struct store *s, struct conn *c, const struct xsd_sockmsg *hdr, const void *a, size_t a_len,
               const void *b, size_t b_len);
/* The first n bytes of c->out went to the client. */
void conn_sent(struct conn *c, size_t n);
/* The same of bytes that the journal knows nothing of: as if they had never been in c->out. */
void conn_sent_unrecorded(struct conn *c, size_t n);

/* Is there a complete request in c->in? Sets c->broken on one that is too long. */
bool conn_has_request(struct conn *c);

/* A node more, or fewer (sign -1), of its owner's. The domain is known when there is one more. */
void store_count_node(struct store *s, const struct node *n, int sign);
/* The same for a node and everything below it, which was taken out of the tree. */
void store_count_removed(struct store *s, const struct node *n);

#endif
