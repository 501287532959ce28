/* SPDX-License-Identifier: LGPL-2.1-only */
/* Disks: what device_disk.c and its neighbours share. */
#ifndef XENOLITH_LIGHT_DEVICE_DISK_H
#define XENOLITH_LIGHT_DEVICE_DISK_H

#include "light/device.h"
#include "light/device_host.h"

/* "xvda", "hdb2", "sdc", "d0p1", "51712". -EINVAL. */
int light_vdev_number(const char *name, int *ret_number);

/* A disk's own. */
struct light_disk {
    struct light_host_disk at;
    char node[LIGHT_LOOP_NAME]; /* its loop device, "": it has none */
    uint64_t device;
};

/* light_device_kind's look: nobody else writes what it uses, and nobody uses what it writes. */
int light_disk_look(struct op *op);

#endif
