/* SPDX-License-Identifier: LGPL-2.1-only */
/* What devices need of this host's kernel: files and block devices, loop devices, network interfaces. Errors are -errno. */
#ifndef XENOLITH_LIGHT_DEVICE_HOST_H
#define XENOLITH_LIGHT_DEVICE_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "light/device_route.h"

/* What a path is the name of: two paths are the same disk when these are equal. */
struct light_host_disk {
    bool is_block;
    uint64_t device, inode; /* of a block device: its number and 0 */
};

/* -EINVAL: neither a block device nor a file. */
int light_host_disk(const char *path, struct light_host_disk *ret_disk);
/* Looks that it can be opened. -EBUSY: this host uses the block device itself, as a file system for example. */
int light_host_disk_usable(const char *path, bool readonly);

#define LIGHT_LOOP_NAME 24

/*
 * A loop device with this file, which goes when *ret_fd is closed, however that happens, unless it is kept or someone else
 * has it open by then. *ret_device is its number.
 */
int light_host_loop_new(const char *file, bool readonly, int *ret_fd, char ret_name[LIGHT_LOOP_NAME], uint64_t *ret_device);
/* It stays until it is freed. */
int light_host_loop_keep(int fd);
/* It goes when nobody has it open any more. 0 also when it has no file, or by now another one than this (NULL: any). */
int light_host_loop_free(const char *name, const char *file);

/* As the kernel's node "physical-device" has it: "7:1", in hexadecimal. */
void light_host_device_text(uint64_t device, char *ret_text, size_t size);

/* A descriptor that is readable when interfaces have changed, until it was seen. */
int light_host_nic_watch(int *ret_fd);
void light_host_nic_seen(int fd);
bool light_host_nic_there(const char *name);

/* The first IPv4 address of an interface. -ENODEV: there is none of this name; -EADDRNOTAVAIL: it has none. */
int light_host_nic_address(const char *name, struct in_addr *ret_address);

/* new_name "": none. mtu 0: the bridge's, or its own, which is filled in. */
struct light_host_nic {
    const char *name, *new_name;
    const char *bridge; /* NULL: routed */
    unsigned mtu;
    /* Of one that is routed: light_route_up()'s. */
    struct in_addr address;
    const struct light_route *routes;
    unsigned num_routes;
    const struct light_route *refused; /* filled in */
};

/* The backend's interface into the bridge, or routed, and up. *ret_what: what failed. */
int light_host_nic_up(struct light_host_nic *nic, const char **ret_what);
/* Down, and its routes with it, if it is the one of this domain's device. 0 also when it has gone. */
int light_host_nic_down(const char *name, uint32_t domid, uint32_t devid);
extern const char *light_host_nics; /* where Linux has its folders of them */

#endif
