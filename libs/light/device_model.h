/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * QEMU as the backend of a PVH guest's disks, screens and keyboards (its machine "xenpv"): started with the domain, ended
 * with it. Steps of operations.
 */
#ifndef XENOLITH_LIGHT_DEVICE_MODEL_H
#define XENOLITH_LIGHT_DEVICE_MODEL_H

#include "light/child.h"
#include "light/state_wait.h"
#include "light/store_tx.h"

extern const char *light_model_logs; /* the folder of what they print */

struct light_model {
    libxl_ctx *ctx;
    uint32_t domid;
    const libxl_domain_config *config; /* light_model_start()'s */
    /* The rest is device_model.c's. */
    struct light_child child;
    struct light_state_wait wait;
    struct light_tx tx;
    struct light_look look;
    struct light_value pid;
    struct op *op;
    bool starting;
    int fd; /* of the process that ends */
    struct loop_fd ended;
    struct loop_timer timer;
};

/* A step's start: runs it and waits until it serves its devices; and the step's stop. ctx, domid and config are set. */
int light_model_start(struct op *op, struct light_model *m);
void light_model_stop(struct light_model *m);

/* The next step's start: from then on it stays, whatever becomes of us. */
int light_model_keep(struct op *op, struct light_model *m);

/* A step's start or undo: ends that of a domain, whoever started it, if there is one. ctx and domid are set. */
int light_model_end(struct op *op, struct light_model *m);
/* For the operation's release. */
void light_model_release(struct light_model *m);

#endif
