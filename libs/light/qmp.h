/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * QEMU's machine protocol (its qmp-spec): a few commands to a domain's device model, one after the other, and what they
 * return. A step of an operation; what comes from QEMU is not trusted, which its guest may have taken over.
 */
#ifndef XENOLITH_LIGHT_QMP_H
#define XENOLITH_LIGHT_QMP_H

#include "base/buf.h"
#include "light/json.h"
#include "light/op.h"

#define LIGHT_QMP_SECONDS 30         /* for the step that runs it: QEMU serves one client after the other */
#define LIGHT_QMP_LINE_MAX (1u << 20) /* bytes of an answer */

extern const char *light_qmp_folder; /* of its sockets */

struct light_qmp {
    uint32_t domid;
    void *arg; /* the caller's */
    const char *log; /* where QEMU says why it has ended; NULL: nobody knows */
    /*
     * Asks for the next command with light_qmp_ask(), or returns what the step does. answer: what the last one returned, gone
     * afterwards; NULL: nothing was asked yet.
     */
    int (*next)(struct light_qmp *qmp, const struct json_node *answer);
    /* The rest is qmp.c's. */
    struct op *op;
    const char *command; /* that is on its way; NULL: QEMU has to greet first */
    struct loop_fd fd;
    struct buf in, out;
    size_t looked; /* bytes of in without an end of line */
};

/* The structure, whose first four fields are set, stays until the step is done. */
int light_qmp_run(struct op *op, struct light_qmp *qmp);
/* The step's stop, and the operation's release; for one that does not run nothing happens. */
void light_qmp_stop(struct light_qmp *qmp);

/* From next(), which returns what this does. key is that of the command's only argument, or NULL; command: a constant. */
int light_qmp_ask(struct light_qmp *qmp, const char *command, const char *key, const char *value);

/* What QEMU says, to people: up to size - 1 printable characters. */
void light_qmp_plain(char *text, size_t size, const struct json_node *node);

#endif
