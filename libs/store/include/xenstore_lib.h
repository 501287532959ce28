/* SPDX-License-Identifier: LGPL-2.1-only */
/* What xenstore's clients and its daemon have in common; ABI of libxenstore.so.4. Included by xenstore.h. */
#ifndef XENSTORE_LIB_H
#define XENSTORE_LIB_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/* One entry of a node's access list. The first names the owner, and what domains that no entry names may do. */
struct xs_permissions {
    unsigned int id;    /* a domain */
    unsigned int perms; /* XS_PERM_READ, XS_PERM_WRITE */
};

#define XS_PERM_NONE 0x00
#define XS_PERM_READ 0x01
#define XS_PERM_WRITE 0x02
/* The daemon's own; never in what a client gives or gets. */
#define XS_PERM_ENOENT_OK 0x04
#define XS_PERM_OWNER 0x08
#define XS_PERM_IGNORE 0x10 /* the entry's domain is gone */

/* Room for an integer of x's type in decimal: three digits for each ten bits, a sign, the NUL. */
#define MAX_STRLEN(x) ((sizeof(x) * CHAR_BIT + CHAR_BIT - 1) / 10 * 3 + 2)

/* The daemon's folder: $XENSTORED_RUNDIR, else the one configured. The result belongs to the library. */
const char *xs_daemon_rundir(void);

/* The daemon's socket: $XENSTORED_PATH, else "socket" in the folder above. NULL with errno when the path is too long.
 */
const char *xs_daemon_socket(void);

/* The same; daemons have no read-only socket any more. */
const char *xs_daemon_socket_ro(void);

/* Write all of it, however many calls that takes. False with errno. */
bool xs_write_all(int fd, const void *data, unsigned int len);

/* `num` permissions as the wire has them ("r5" NUL "b0" NUL ...) into `perms`. False with errno when one is none. */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings);

#endif
