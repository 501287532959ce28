/* SPDX-License-Identifier: LGPL-2.1-only */
/* Parts of a domain's end, for steps of operations and for what they undo. */
#ifndef XENOLITH_LIGHT_DOMAIN_FREE_H
#define XENOLITH_LIGHT_DOMAIN_FREE_H

#include <libxl.h>

#include "light/device.h"
#include "light/device_model.h"
#include "light/domain_op.h"
#include "light/store_link.h"

struct light_free {
    struct light_domain on;
    libxl_uuid uuid;
    /* The rest is domain_destroy.c's. */
    struct op *op;
    struct loop_timer again;
    struct light_asks asks;
    struct light_look look;
    struct light_value backends, vm;
    char vm_path[40];
    struct light_devices devices;
    struct light_model model;
};

/* Each is what a step's function returns; the structure stays until the step is done. */
int light_free_memory(struct op *op, struct light_free *f);
int light_free_nodes(struct op *op, struct light_free *f);

/* For the operation's release: nothing of it is called any more. */
void light_free_release(struct light_free *f);

#endif
