/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/quota.h"

#include <string.h>

#include "xenstored/store.h"

const struct quota_row quota_table[QUOTA_KINDS] = {
    [QUOTA_NODES] = { "nodes", 1000, 0, "Nodes per domain", NULL },
    [QUOTA_WATCHES] = { "watches", 128, 0, "Watches per domain", NULL },
    [QUOTA_TRANSACTIONS] = { "transactions", 10, 0, "Transactions per domain", NULL },
    [QUOTA_OUTSTANDING] = { "outstanding", 20, 0, "Outstanding requests per domain", NULL },
    [QUOTA_ACCESSED] = { "transaction-nodes", 1024, 0, "Max. number of accessed nodes per transaction", NULL },
    [QUOTA_MEMORY] = { "memory", 2560 << 10, 2048 << 10, "Total Xenstore memory per domain (error level)",
                       "Total Xenstore memory per domain (warning level)" },
    [QUOTA_ENTRY_SIZE] = { "node-size", 2048, 0, "Max. size of a node", NULL },
    [QUOTA_PATH] = { "path-max", XENSTORE_REL_PATH_MAX, 0, "Max. length of a node path", NULL },
    [QUOTA_PERMS] = { "permissions", 5, 0, "Max. number of permissions per node", NULL },
};

enum quota quota_by_name(const char *name)
{
    enum quota q;

    for (q = 0; q < QUOTA_KINDS; q++)
        if (!strcmp(quota_table[q].name, name))
            break;
    return q;
}

bool quota_is_total(enum quota q)
{
    return q <= QUOTA_OUTSTANDING || q == QUOTA_MEMORY;
}

uint32_t quota_used(const struct domain *d, enum quota q)
{
    switch (q) {
    case QUOTA_NODES:
        return d->nodes;
    case QUOTA_WATCHES:
        return d->watches;
    case QUOTA_TRANSACTIONS:
        return d->transactions;
    case QUOTA_OUTSTANDING:
        return d->conn ? conn_outstanding(d->conn) : 0;
    case QUOTA_MEMORY:
        return (uint32_t)(domain_bytes(d) < UINT32_MAX ? domain_bytes(d) : UINT32_MAX);
    default:
        return 0;
    }
}

bool quota_allows(struct store *s, struct domain *d, enum quota q, uint32_t used)
{
    uint32_t soft = s->quota_soft[q];

    if (d->domid == DOM0)
        return true;
    if (soft && used >= soft && !(d->soft_warned & 1u << q)) {
        d->soft_warned |= 1u << q;
        log_warn(s->log, "domain %u exceeds the soft limit of %s (%u)", d->domid, quota_table[q].name, soft);
    }
    return !s->quota[q] || used < s->quota[q];
}

bool quota_allows_memory(struct store *s, struct domain *d, int64_t more)
{
    uint64_t used = domain_bytes(d) + (uint64_t)more;

    return more <= 0 || quota_allows(s, d, QUOTA_MEMORY, (uint32_t)(used <= UINT32_MAX ? used - 1 : UINT32_MAX));
}
