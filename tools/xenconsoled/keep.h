/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that outlive the daemon: copies are held by systemd (FDSTORE=1) or, without it, by our keeper, which is the
 * daemon's parent, starts it again when it was killed, and then has them for it. Both are told in systemd's words.
 */
#ifndef XENCONSOLED_KEEP_H
#define XENCONSOLED_KEEP_H

#include <stdbool.h>

struct log;

/* Takes over what systemd or the keeper (at `keeper`, -1: none) has for us. */
void keep_start(int keeper);
/* A copy is held from now on. Where nobody holds copies, nothing happens. */
void keep_fd(const char *name, int fd);
void keep_forget(const char *name);
/* The descriptor that was held under this name, which is then the caller's; -1: none. */
int keep_take(const char *name);
/* Closes, and has forgotten, what has not been taken and is not wanted later either. */
void keep_drop_rest(bool (*wanted)(const void *arg, const char *name), const void *arg);
/* Tells whoever started us that we are ready; `state` is a line of sd_notify(3). -errno: nobody has heard it. */
int keep_notify(const char *state);

/*
 * Becomes the keeper: returns in a child (its end of the keeper's socket, the descriptors in place for keep_start()), again in
 * a new one each time the child is killed. The keeper itself never returns; it exits with the child.
 */
int keeper_run(const struct log *log, int ready);

#endif
