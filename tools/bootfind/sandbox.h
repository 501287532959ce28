/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a guest's disk is read: processes that see no network, no other processes, no files but the system's programs and
 * libraries, and the disk; as nobody, with few system calls, without new rights.
 */
#ifndef XENOLITH_BOOTFIND_SANDBOX_H
#define XENOLITH_BOOTFIND_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

/* Where the disk is then, unless there are no namespaces. */
#define SANDBOX_DISK "/disk"

/*
 * As fork(): the child is in namespaces of its own. *ret_apart: 0, or the errno for which there are none. -errno.
 */
pid_t sandbox_fork(int *ret_apart);

/*
 * In that child: sees nothing but /usr and the disk, which is disk_fd, as SANDBOX_DISK, unless it is not apart; is nobody. 0 or -errno, and *ret_what
 * could not be done.
 */
int sandbox_enter(const char *path, int disk_fd, bool apart, uid_t uid, gid_t gid, const char **ret_what);

/* In a process that is about to execute the reader: limits, and a filter for its system calls. 0 or -errno. */
int sandbox_close(void);

#endif
