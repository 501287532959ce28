/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Client of the xenstore daemon; API and ABI of libxenstore.so.4 (symbol version VERS_4.0).
 *
 * A handle may be used by several threads. Functions that return a pointer return NULL, and those that return bool
 * return false, with the cause in errno: what the daemon answered (EACCES, ENOENT, EINVAL, EAGAIN, ...), ENOMEM, or
 * what became of the connection. What is returned through a pointer is the caller's to free(), in one piece, unless
 * said otherwise. Limits of paths and values are those of xen/io/xs_wire.h.
 */
#ifndef XENSTORE_H
#define XENSTORE_H

#include <xenstore_lib.h>

struct xs_handle;

typedef uint32_t xs_transaction_t;
#define XBT_NULL 0 /* outside of any transaction */

/* Flags of xs_open(). The first two are accepted and mean nothing. */
#define XS_OPEN_READONLY (1UL << 0)
#define XS_OPEN_SOCKETONLY (1UL << 1)
/*
 * After xs_unwatch() returned, no event of that watch is delivered: events that wait with the same token, below the
 * same path, are dropped. Path and token of two watches must then differ, or one must not be below the other.
 */
#define XS_UNWATCH_FILTER (1UL << 2)

/* --- connection --- */

/* Connect to the daemon's socket, else through the kernel (/dev/xen/xenbus). Works in the opening process only. */
struct xs_handle *xs_open(unsigned long flags);
/* Old names of xs_open(0). */
struct xs_handle *xs_daemon_open(void);
struct xs_handle *xs_domain_open(void);
struct xs_handle *xs_daemon_open_readonly(void);

/* End the connection and free the handle; NULL is accepted. No thread may be inside another call on it. */
void xs_close(struct xs_handle *xsh);
void xs_daemon_close(struct xs_handle *xsh);
/* Free a handle that a fork() copied into the child, without a word to the daemon. */
void xs_daemon_destroy_postfork(struct xs_handle *xsh);

/* --- nodes; `t` is a transaction or XBT_NULL; a path that does not begin with '/' is below the domain's home --- */

/* Names of the children: an array of *num strings (one free() for all). */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num);
/* A node's value, *len bytes (len may be NULL); a NUL that is not counted follows. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len);
/* Set a node's value; the node and its parents are made where they are missing. */
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len);
/* Make an empty node unless it exists. */
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);
/* Remove a node and all below it. ENOENT when its parent does not exist either. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);
/* A node's access list, *num entries. */
struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num);
/* Replace the access list; needs the owner or domain 0, which may read and write everything anyway. */
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms,
                        unsigned int num_perms);

/* --- transactions --- */

/* Begin one: reads see the store as it is now, writes are seen by nobody else. XBT_NULL on failure. */
xs_transaction_t xs_transaction_start(struct xs_handle *h);
/* End it: with `abort` its changes are dropped, else made. EAGAIN: another got in between; do it all again. */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

/* --- watches --- */

/* Be told when the node or one below it changes; the first event comes at once. `token` comes back in each event. */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);
/* Stop one. ENOENT when there is none. */
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);
/* A file descriptor that is readable while events wait. Starts no thread when called before the first xs_watch(). */
int xs_fileno(struct xs_handle *h);
/* The next event, [XS_WATCH_PATH] and [XS_WATCH_TOKEN]; EAGAIN when none waits. Call it until then. */
char **xs_check_watch(struct xs_handle *h);
/* The same, waiting for one; *num becomes 2. */
char **xs_read_watch(struct xs_handle *h, unsigned int *num);

/* --- domains; for toolstacks --- */

/* Tell the daemon of a domain's store page and event channel. */
bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn, unsigned int eventchn);
/* The domain is gone: end its connection. */
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
/* The domain runs again: its next shutdown is to be reported. */
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
/* The device model domain `domid` gets the rights of `target`. */
bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target);
/* "/local/domain/DOMID". */
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);
/* Whether the daemon knows the domain; false also on failure. */
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);
/* Requests of early versions: always false with ENOSYS. */
bool xs_restrict(struct xs_handle *h, unsigned domid);
/* The event channel that asks a domain to suspend, from the store; negative on failure. */
int xs_suspend_evtchn_port(int domid);

/* --- rest --- */

/* Whether `child` is `parent` or below it, by their text alone. */
bool xs_path_is_subpath(const char *parent, const char *child);
/* Send the daemon a command (xenstore-control), `len` bytes of arguments behind it; the answer's text. */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);

#endif
