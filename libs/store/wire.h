/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Checked views of xenstore messages, for the daemon and for clients. Nothing here allocates, keeps state or trusts a
 * length. Numbers, structures and limits of the protocol are in include/xen/io/xs_wire.h.
 */
#ifndef STORE_WIRE_H
#define STORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>
#include <xenstore_lib.h>

#define WIRE_MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
#define WIRE_PERM_MAX 12 /* a permission as text: a letter, ten digits, the NUL */

/* Name of a message's type, for logs; NULL when it is none. */
const char *wire_type_name(uint32_t type);

/* Name that goes over the wire for a positive errno; "EINVAL" for what the protocol has no name for. */
const char *wire_error_name(int error);

/* The errno for an XS_ERROR's payload, with or without NUL; EINVAL for names that are not known, and for success. */
int wire_error_number(const void *payload, size_t len);

/*
 * Strings of a payload. `*pos` begins at 0. Returns the next string, which ends in a NUL inside the payload, and moves
 * *pos behind that; NULL when none is left or the rest has no NUL.
 */
const char *wire_string(const void *payload, size_t len, size_t *pos);

/* How many NULs a payload has. */
size_t wire_count_strings(const void *payload, size_t len);

/* Decimal digits only, the whole string, at most `max`. Returns 0 or -EINVAL; *ret_value is untouched on failure. */
int wire_parse_u32(const char *s, uint32_t max, uint32_t *ret_value);

enum wire_path_kind {
    WIRE_PATH_NONE,     /* not a path */
    WIRE_PATH_ABSOLUTE, /* begins with '/' */
    WIRE_PATH_RELATIVE, /* to the client's home */
    WIRE_PATH_SPECIAL,  /* begins with '@': what only watches may name */
};

/*
 * What a string is as a path: letters, digits and -/_@ only, no empty component, no '/' at the end but for the root,
 * and within the limits of length.
 */
enum wire_path_kind wire_path_kind(const char *path);

/* Permission as text ("r5", "b0", "n7", "w3") and back. Returns 0 or -EINVAL; outputs are untouched on failure. */
int wire_parse_perm(const char *s, struct xs_permissions *ret_perm);
int wire_format_perm(const struct xs_permissions *perm, char *ret_text, size_t size);

/* `n` of them, each with its NUL: what SET_PERMS has behind the path. Returns 0, -EINVAL, or -E2BIG when `size` is
 * short. */
int wire_format_perms(const struct xs_permissions *perms, size_t n, char *ret_text, size_t size, size_t *ret_len);

#endif
