/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Devices of domains: a constant row for each kind, and operations that are the same for all of them. What a device is in
 * the store: xenstore-paths(7), xen-vbd-interface(7).
 */
#ifndef XENOLITH_LIGHT_DEVICE_H
#define XENOLITH_LIGHT_DEVICE_H

#include <libxl.h>
#include <stdbool.h>
#include <stddef.h>

#include "light/device_script.h"
#include "light/op.h"
#include "light/state_wait.h"
#include "light/store_tx.h"
#include "light/type.h"

/* What Xen's buses have as states of both ends (xenbus.h of Linux, io/xenbus.h of the public headers). */
enum light_state { STATE_NONE, STATE_INITIALISING, STATE_INIT_WAIT, STATE_INITIALISED, STATE_CONNECTED, STATE_CLOSING, STATE_CLOSED };

/* Who has a node: FRONT: the guest; FRONT_KEPT: it is at his end, and he reads it. */
enum light_side { LIGHT_FRONT, LIGHT_FRONT_KEPT, LIGHT_BACK };

/* Bytes that a console daemon keeps, in stock's words. */
#define LIGHT_CONSOLE_LIMIT "1048576"

#define LIGHT_ANY_DEVID (-1)

struct light_device;
struct light_node_reader;

struct light_device_kind {
    const char *name; /* to people */
    const char *word; /* of its nodes: /libxl/DOMID/device/WORD/DEVID */
    const struct light_type *type; /* of its configuration */
    size_t list, count;            /* in libxl_domain_config */
    size_t devid, backend_domid, backend_domname; /* in its configuration; devid where number() is NULL */
    int first; /* number in the store: that of a configuration's devid 0 */
    /* What is not said, as stock decides it; may change d->backend and d->label. 0, or what op_fail() returned. */
    int (*complete)(struct op *op, struct light_device *d);
    /* Looks at what it is made of, before anything is changed; may be NULL. As a step's start. */
    int (*open)(struct op *op);
    /* Writes what is its own besides what all have, with light_device_write(). */
    void (*nodes)(struct light_device *d);
    /* Its nodes are there: does another use what it is made of? A step's start; may be NULL. */
    int (*look)(struct op *op);
    /* What else has to be there besides the backend: a step's start and its stop; may be NULL. */
    int (*await)(struct op *op);
    void (*await_stop)(struct op *op);
    /* The backend is there: gives it what it needs. A step's start; its undo. NULL: nothing, and nothing to wait for. */
    int (*up)(struct op *op);
    int (*up_undo)(struct op *op);
    /* Its configuration, as the nodes say it; 0 or ERROR_*. NULL: it cannot be told from them. */
    int (*from_nodes)(const struct light_node_reader *nodes, void *config);
    /* The number of a device that has no field for it; LIGHT_ANY_DEVID: none. */
    int (*number)(const void *config);
};

extern const struct light_device_kind light_device_channel, light_device_disk, light_device_nic, light_device_p9, light_device_vfb,
    light_device_vkb, light_device_vtpm;
/* All of them, up to NULL. */
extern const struct light_device_kind *const light_device_kinds[];

/* One that is attached. */
struct light_device {
    libxl_ctx *ctx;
    uint32_t domid;
    const struct light_device_kind *kind;
    void *config;
    int devid;              /* LIGHT_ANY_DEVID: the next one */
    uint32_t backend_domid;
    const char *backend;    /* the word of its backend: "vbd", "qdisk" */
    bool model_comes;       /* a device model is started later: do not wait for that */
    /* What complete() says: whose backend it has, and whether it comes by itself. */
    bool by_model, waits;
    const char *script; /* what connects it in place of up(); NULL: nothing does */
    const char *gateway; /* light_script's */
    /* The rest is the steps'. */
    char label[40];         /* to people: "disk xvda" */
    bool written;           /* its nodes are there */
    bool devid_chosen;      /* by us: another may be taken */
    bool script_begun;
    struct light_script run;
    int fd;                 /* closed with the operation; -1: none */
    char folder[80], front[80], back[80]; /* its paths */
    struct light_tx tx;
    struct light_state_wait wait;
    struct light_look others;
    void *own;              /* the kind's, of the operation's arena */
};

/* All devices of a new domain: completes them, chooses their numbers, and looks that none is there twice. *ret_by_model: some need one. */
int light_devices_complete(struct op *op, libxl_ctx *ctx, libxl_domain_config *config, bool *ret_by_model);

/* From kind->nodes. A value is formatted; BACK nodes are also kept in /libxl. */
void light_device_write(struct light_device *d, enum light_side side, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Attached by a child of op, inside of a step that returns OP_WAITS then. d has ctx, domid, kind, config and model_comes set,
 * and stays until the step is done. False: no memory, which was said.
 */
bool light_attach_begin(struct op *op, struct light_device *d);
/* The same, but it is only looked at: afterwards d->by_model is known, as it will be attached. */
bool light_attach_try(struct op *op, struct light_device *d);
/*
 * How a device is taken away: an error if the guest keeps it; all the same then; without asking, and none is fine too; the same,
 * of one whose script was not run.
 */
enum light_removal { LIGHT_SAFELY, LIGHT_AFTER_ALL, LIGHT_AT_ONCE, LIGHT_UNSCRIPTED };

/* Taken away in the same way as attached. */
bool light_detach_begin(struct op *op, libxl_ctx *ctx, uint32_t domid, const char *word, uint32_t devid,
                        enum light_removal how);
/* All devices that a domain has; ctx and domid are set. */
struct light_devices {
    libxl_ctx *ctx;
    uint32_t domid;
    /* The rest is device_detach.c's. */
    struct light_look look;
    struct light_value words;
    struct light_value *devids; /* of each word */
    const char **names;
    unsigned count;
    bool found, remove;
};

/* Each is what a step's start or undo returns; the structure stays until the step is done. Removed at once; found before if they were not. */
int light_devices_find(struct op *op, struct light_devices *devices);
int light_devices_remove(struct op *op, struct light_devices *devices);

/* A device's number as its configuration says it; LIGHT_ANY_DEVID: it does not. */
int light_device_number(const struct light_device_kind *kind, const void *config);

/* --- the kept configuration of a domain; ERROR_*; where none is kept nothing is done --- */
int light_device_keep(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, const void *config);
int light_device_forget(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid);

/* --- reading back, for calls that wait --- */

/* Of one device, from /libxl. */
struct light_node_reader {
    libxl_ctx *ctx;
    const char *folder;
    int devid;
    int *error; /* ERROR_*: what happened last */
};
/* From malloc(); NULL: there is none, or an error that is remembered. */
char *light_node_text(const struct light_node_reader *nodes, const char *name);
int light_node_number(const struct light_node_reader *nodes, const char *name, int otherwise);

#endif
