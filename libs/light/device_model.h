/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * QEMU as the backend of a PVH guest's disks, screens and keyboards (its machine "xenpv"): started with the domain, ended
 * with it. Steps of operations.
 */
#ifndef XENOLITH_LIGHT_DEVICE_MODEL_H
#define XENOLITH_LIGHT_DEVICE_MODEL_H

#include "light/child.h"
#include "light/device.h"
#include "light/qmp.h"
#include "light/state_wait.h"
#include "light/store_tx.h"

#define LIGHT_QEMU "/usr/libexec/xen-qemu-system-i386" /* where the distribution has it */
#define LIGHT_MODEL_CHANNEL "libxl-channel%d" /* QEMU's name of a channel's socket; with the devid of its configuration */

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
    const char *log; /* its file, of op's arena */
    bool starting;
    struct light_qmp qmp;
    const char *vnc_listen, *vnc_port; /* of op's arena; NULL: it was not asked */
    const char *program;
    bool runs;             /* one does that is not ours to end */
    bool alone;            /* keep it unless another was started meanwhile */
    int fd; /* of the process that ends */
    struct loop_fd ended;
    struct loop_timer timer;
};

/* vnclisten=ADDRESS:DISPLAY, where an address of IPv6 is in brackets. */
bool light_vnc_listen_has_display(const char *listen);

/*
 * A step's start, before it is started for a domain that is there: `runs` is whether one does. What is left in the store of one that has
 * ended goes.
 */
int light_model_find(struct op *op, struct light_model *m);
/* Its undo, when one that was started has ended. */
int light_model_forget(struct op *op, struct light_model *m);

/* A step's start: runs it and waits until it serves its devices; and the step's stop. ctx, domid and config are set. */
int light_model_start(struct op *op, struct light_model *m);
void light_model_stop(struct light_model *m);

/*
 * The next step's start, for LIGHT_QMP_SECONDS, and its stop is light_qmp_stop(): it gets the password of its screen, and says
 * which port that has.
 */
int light_model_ask(struct op *op, struct light_model *m);
/* What it has said becomes nodes. */
void light_model_tell(struct light_tx *tx, const struct light_model *m);

/*
 * The next step's start: from then on it stays, whatever becomes of us; what it has said is told to the store. With `alone` it goes
 * where another one runs by now, and sets `runs`.
 */
int light_model_keep(struct op *op, struct light_model *m);

/* A step's start or undo: ends that of a domain, whoever started it, if there is one. ctx and domid are set. */
int light_model_end(struct op *op, struct light_model *m);
/* For the operation's release. */
void light_model_release(struct light_model *m);

#endif
