/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests for watches and transactions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xenstored/request.h"
#include "xenstored/transaction.h"
#include "xenstored/watch.h"

/* A third argument, when it is there and not empty, is how far below the path events are wanted. */
static int depth_arg(struct request *r, uint32_t *ret_depth)
{
    if (r->nr_args < 3 || !r->arg[2][0]) {
        *ret_depth = WATCH_ANY_DEPTH;
        return 0;
    }
    return wire_parse_u32(r->arg[2], WATCH_ANY_DEPTH - 1, ret_depth);
}

int do_watch(struct request *r)
{
    char path[PATH_SIZE];
    struct watch *w;
    uint32_t depth;
    int rc = path_resolve(r->c, r->arg[0], true, r->s->quota[QUOTA_PATH], path);

    if (rc == 0)
        rc = depth_arg(r, &depth);
    if (rc < 0)
        return rc;
    if (r->c->domain && !quota_allows(r->s, r->c->domain, QUOTA_WATCHES, r->c->domain->watches))
        return -E2BIG;
    if (r->c->domain && !quota_allows_memory(r->s, r->c->domain, (int64_t)watch_bytes(path, r->arg[1])))
        return -ENOMEM;
    rc = watch_add(r->s, r->c, path, r->arg[0], r->arg[1], depth, &w);
    if (rc < 0)
        return rc;
    request_reply(r, "OK", 3);
    watch_fire_one(r->s, w, path);
    return 0;
}

int do_unwatch(struct request *r)
{
    char path[PATH_SIZE];
    int rc = path_resolve(r->c, r->arg[0], true, r->s->quota[QUOTA_PATH], path);

    return rc < 0 ? -ENOENT : watch_remove(r->s, r->c, path, r->arg[1]); /* what no watch can have */
}

int do_reset_watches(struct request *r)
{
    watch_reset(r->s, r->c);
    transaction_reset(r->s, r->c);
    return 0;
}

int do_transaction_start(struct request *r)
{
    struct transaction *tx;
    char id[16];
    int rc;

    if (r->tx)
        return -EBUSY;
    if (r->c->domain && !quota_allows(r->s, r->c->domain, QUOTA_TRANSACTIONS, r->c->domain->transactions))
        return -ENOSPC;
    rc = transaction_start(r->s, r->c, &tx);
    if (rc == 0)
        request_reply(r, id, (size_t)snprintf(id, sizeof(id), "%u", tx->id) + 1);
    return rc;
}

int do_transaction_end(struct request *r)
{
    bool commit = !strcmp(r->arg[0], "T");

    if (!commit && strcmp(r->arg[0], "F"))
        return -EINVAL;
    if (!r->tx)
        return -ENOENT;
    return transaction_end(r->s, r->c, r->tx, commit);
}
