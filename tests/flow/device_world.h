/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the flow tests of devices run in, besides world.h: a kernel that is none (device_host_fake.h), a process that plays the
 * backends and the consoles' daemon, and for each test a guest without devices.
 */
#ifndef TESTS_FLOW_DEVICE_WORLD_H
#define TESTS_FLOW_DEVICE_WORLD_H

#include <libxl.h>
#include <stdbool.h>
#include <stdint.h>

enum backend_mode { WORKS, CONNECTS, REFUSES, KEEPS };
extern enum backend_mode *backend_mode; /* shared with the player */
extern char image[64];                  /* a file */
extern uint32_t domid;                  /* the guest */

/* For the group of tests; for each test. The last looks that nothing is left. */
int devices_setup(void **state);
int devices_teardown(void **state);
int guest_setup(void **state);
int guest_teardown(void **state);

/* Configurations; the caller disposes of them. */
libxl_device_disk disk_of(const char *path, const char *vdev, bool writes);
libxl_device_nic nic_of(const char *bridge);
libxl_device_nic routed_of(const char *gateway, const char *ip);
/* A domain "made" without devices; with two disks and two interfaces; a file that can be its kernel. */
void config_plain(libxl_domain_config *config, const char *kernel);
void config_of(libxl_domain_config *config, const char *kernel);
/* With one disk, the image. */
void config_one_disk(libxl_domain_config *config, const char *kernel);
/* The same, but this boot loader finds the kernel. */
void config_bootloader(libxl_domain_config *config, const char *kernel, const char *program);
void kernel_write(char path[80]);

/* Good until the fourth from now on. */
char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

int kept_disks(void);
unsigned open_fds(void);
/* Nothing of the guest's disk is there; nothing of a domain. */
void expect_no_disk(int devid);
void expect_nothing_of(uint32_t id);
/* Processes that were started have ended, but for the store and the player. */
void expect_no_children(void);
/* What of a folder's node the store has, and who may read it. */
void expect_node(const char *folder, const char *name, const char *value, unsigned owner, unsigned reader);

/* What a test lets fail: the nth time from now on that it is asked for. Whether it has; nothing does from then on. */
enum what_fails { KERNEL, HYPERCALLS, MEMORY, SENDING, READING, KINDS };
void fault_begin(enum what_fails what, unsigned nth);
bool fault_end(enum what_fails what);

/* Cancels what was begun with `how` after so many looks at what has happened, `ms` before each: 0 or ERROR_ABORTED. */
int cancelled_after(const libxl_asyncop_how *how, unsigned looks, int ms);

#endif
