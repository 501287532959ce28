/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A program that reads what a guest has written runs as a user of its own, where it sees no network and no other process's end, and
 * may take only so much. What it leaves is read and removed as what an enemy has written.
 */
#ifndef XENOLITH_LIGHT_RESTRICT_H
#define XENOLITH_LIGHT_RESTRICT_H

#include <stdint.h>
#include <sys/types.h>

struct light_restrict {
    uid_t uid; /* 0: it is not restricted */
    gid_t gid;
};

/*
 * The user that `name` says; NULL: xen-qemuuser-range-base's number + domid, else xen-qemuuser-shared, as stock's device models.
 * 0, -ENOENT: there is none, -EPERM: it is root, or another -errno.
 */
int light_restrict_find(const char *name, uint32_t domid, struct light_restrict *ret_restrict);

/*
 * In a child, before it becomes the program: from here on it is. All it starts ends with it. Returns in another process than it was
 * called in; the first stays until that ends, and ends alike. NULL, or what cannot be done, with errno.
 */
const char *light_restrict_enter(const struct light_restrict *restrict_to);

/* A file of its own below the folder: a descriptor, or -errno. Not through links. */
int light_restrict_open(const struct light_restrict *restrict_to, const char *folder, const char *path);

/* A folder and all that is in it, whatever happens there meanwhile. */
void light_restrict_remove(const char *folder);

#endif
