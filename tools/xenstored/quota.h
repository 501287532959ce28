/* SPDX-License-Identifier: GPL-2.0-only */
/* What one domain may have. dom0 and what comes over sockets may have more. */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct domain;
struct buf;

enum quota {
    QUOTA_NODES,        /* owned by the domain */
    QUOTA_WATCHES,      /* registered */
    QUOTA_TRANSACTIONS, /* open */
    QUOTA_OUTSTANDING,  /* requests whose replies were not taken yet */
    QUOTA_ACCESSED,     /* nodes that one transaction touches */
    QUOTA_MEMORY,       /* bytes of its nodes, watches and transactions */
    QUOTA_ENTRY_SIZE,   /* bytes of a node: value, permissions, names of its children */
    QUOTA_PATH,         /* bytes of a path, without the home of a domain */
    QUOTA_PERMS,        /* entries of a node's list */
    QUOTA_KINDS
};

struct quota_row {
    const char *name; /* as CONTROL quota has it */
    uint32_t preset;
    uint32_t preset_soft;
    const char *text, *text_soft;
};

extern const struct quota_row quota_table[QUOTA_KINDS];

/* QUOTA_KINDS when there is none of that name. */
enum quota quota_by_name(const char *name);

/* Is it of a domain as a whole, and not of a single thing? */
bool quota_is_total(enum quota q);
/* What the domain uses of it; 0 for limits of single things. */
uint32_t quota_used(const struct domain *d, enum quota q);

/* May d, which has quota_used(), have one more? Says in the log, once, when the soft limit is passed. */
bool quota_allows(struct store *s, struct domain *d, enum quota q, uint32_t used);
/* May it have as many bytes more, or fewer? */
bool quota_allows_memory(struct store *s, struct domain *d, int64_t more);

#endif
