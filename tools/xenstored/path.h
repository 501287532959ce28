/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths as clients give them, made absolute. */
#ifndef XENSTORED_PATH_H
#define XENSTORED_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include <xen/io/xs_wire.h>

struct conn;

#define PATH_SIZE (XENSTORE_ABS_PATH_MAX + 1)
#define PATH_HOME_SIZE sizeof("/local/domain/65535")

/* What relative paths of a domain begin with. */
void path_home(unsigned domid, char *ret_home);

/*
 * The path that c means by `given`. Relative ones are below its domain's home, of a socket dom0's; those that begin with '@' are taken where
 * `special` says so. Longer than `max` bytes, not counted the home of a domain, are none. 0 or -EINVAL; ret_path has
 * PATH_SIZE bytes.
 */
int path_resolve(const struct conn *c, const char *given, bool special, size_t max, char *ret_path);

/* Is `path` equal to `above`, or below it? */
bool path_is_below(const char *path, const char *above);

/* How many components `path` has more than its ancestor `above`. */
unsigned path_depth_below(const char *path, const char *above);

#endif
