/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at what the store says about a console: its nodes are asked for at once; when all have answered, it is judged. */
#ifndef XENCONSOLED_LOOK_H
#define XENCONSOLED_LOOK_H

#include "xenconsoled/daemon.h"

#define LOOK_ALL UINT32_MAX /* in place of a number: which other consoles are there? */

enum look_node {
    LOOK_NAME,  /* of the domain */
    LOOK_NAMES, /* of the folders of its other consoles */
    LOOK_TYPE, LOOK_LIMIT, LOOK_RING_REF, LOOK_PORT, LOOK_TTY,
    LOOK_STATE, LOOK_BACK_STATE, LOOK_BACK_ONLINE, /* of other consoles than the first */
    LOOK_NODES
};

struct domain;
struct look;

struct look_answer {
    struct look *look;
    char *value; /* NULL: there is no such node */
    size_t length;
};

struct look {
    struct look *next;
    struct domain *domain; /* NULL: it has gone meanwhile */
    uint32_t number;
    unsigned waiting;
    bool again, failed;
    struct look_answer answers[LOOK_NODES];
};

/* Of a domain, what is being looked at; and what is done with the answers. */
struct domain {
    struct daemon *daemon;
    uint32_t domid;
    uint8_t handle[16];
    bool seen;
    bool named; /* its first console's state says whose it is */
    uint64_t warned; /* when; 0: never */
    bool failed; /* not everything worked: it is tried again when the domains are looked at */
    struct store_watch *watches[2];
    struct look *looks;
};

/* Looks at a console; again, when one look at it is under way already. */
void look_begin(struct domain *domain, uint32_t number);
/* Nobody is interested in the answers any more. */
void looks_leave(struct domain *domain);
/* A number that fills its node; false: it is none. */
bool look_number(const struct look *look, enum look_node node, uint64_t *ret_number);
/* The path of a node, for writing. */
void look_path(const struct look *look, enum look_node node, char *path, size_t size);

/* domain.c: all has been answered. */
void domain_looked(struct domain *domain, const struct look *look);

#endif
