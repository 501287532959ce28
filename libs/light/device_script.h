/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Hotplug scripts that configurations name (script= of xl-network-configuration(5) and xl-disk-configuration(5)): what connects a
 * device in place of the library. A script is told of the device by its arguments, its environment and the backend's nodes, and
 * leaves there what it has to say. Two steps of an operation each: it runs, then it is looked how that went.
 */
#ifndef XENOLITH_LIGHT_DEVICE_SCRIPT_H
#define XENOLITH_LIGHT_DEVICE_SCRIPT_H

#include "light/child.h"
#include "light/store_tx.h"

/* What nodes have as the script of devices that the library connects itself. */
#define LIGHT_BLOCK_SCRIPT "/etc/xen/scripts/block"
#define LIGHT_BRIDGE_SCRIPT "/etc/xen/scripts/vif-bridge"
#define LIGHT_ROUTE_SCRIPT "/etc/xen/scripts/vif-route" /* and no bridge: one for which it was named has one, by default */

extern const char *light_script_folder; /* of names without a slash */
extern const char *light_script_log;    /* where the distribution's scripts leave what they say */

struct light_script {
    libxl_ctx *ctx;
    const char *path;
    const char *word, *back; /* the device's kind, and its backend's folder in the store */
    uint32_t domid, devid;
    const char *gateway;     /* interface that a nic's packets leave by (gatewaydev=); NULL: none is known */
    bool comes;              /* or it goes */
    bool must;               /* a failure is the step's; else it is a warning */
    /* The rest is device_script.c's. */
    struct op *op;
    struct light_child child;
    struct loop_timer timer;
    struct light_look look;
    struct light_value error, status, device;
    const char *failed; /* why; NULL: it has not */
    int rc;
    long long logged;   /* the log's size before */
    unsigned seconds;   /* that it has; 0: for ever */
};

/* Of op's arena; NULL: no memory. */
const char *light_script_path(struct op *op, const char *name);
/*
 * Whether the library does itself what this script would: it is the distribution's for disks, or the one for bridges. That one
 * makes the firewall's rules, too, for a nic with addresses (ip), and is run for those where it is installed.
 */
bool light_script_is_own(const char *path, const char *ip);
/* Whether nodes with this script and bridge (NULL: none) are of a nic that the library has routed. */
bool light_script_is_routing(const char *path, const char *bridge);
/* Before anything is done: 0, or what op_fail() returned. */
int light_script_check(struct op *op, const char *path);

/* The first step's start, with the fields above set, and its stop, which is also for the operation's release. */
int light_script_run(struct op *op, struct light_script *s);
void light_script_stop(struct light_script *s);
/* The second step's start. */
int light_script_look(struct op *op, struct light_script *s);

#endif
