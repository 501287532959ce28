/* SPDX-License-Identifier: MIT */
/*
 * xenstore's wire protocol: what goes over the daemon's socket, over /dev/xen/xenbus and through a guest's ring. The names
 * are the public ones; the protocol's text is docs/misc/xenstore.txt of the Xen project. Integers are little-endian.
 */
#ifndef XEN_IO_XS_WIRE_H
#define XEN_IO_XS_WIRE_H

#include <errno.h>
#include <stdint.h>

/* Type of a message. A reply has its request's type, or XS_ERROR. 20 was a request that is gone. */
enum xsd_sockmsg_type {
    XS_CONTROL = 0,
    XS_DEBUG = XS_CONTROL,
    XS_DIRECTORY = 1,
    XS_READ = 2,
    XS_GET_PERMS = 3,
    XS_WATCH = 4,
    XS_UNWATCH = 5,
    XS_TRANSACTION_START = 6,
    XS_TRANSACTION_END = 7,
    XS_INTRODUCE = 8,
    XS_RELEASE = 9,
    XS_GET_DOMAIN_PATH = 10,
    XS_WRITE = 11,
    XS_MKDIR = 12,
    XS_RM = 13,
    XS_SET_PERMS = 14,
    XS_WATCH_EVENT = 15,
    XS_ERROR = 16,
    XS_IS_DOMAIN_INTRODUCED = 17,
    XS_RESUME = 18,
    XS_SET_TARGET = 19,
    XS_RESET_WATCHES = 21,
    XS_DIRECTORY_PART = 22,
    XS_TYPE_COUNT = 23,
    XS_INVALID = 0xffff, /* will never be a type */
};

/* Each message begins with this header; `len` bytes of payload follow. */
struct xsd_sockmsg {
    uint32_t type;
    uint32_t req_id; /* the client's; the reply has it too. Watch events have 0 */
    uint32_t tx_id;  /* the transaction that the request belongs to; 0: none */
    uint32_t len;
};

/* Larger payloads end the connection; longer paths are refused. */
#define XENSTORE_PAYLOAD_MAX 4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

/* What the strings of a watch event are, and what xs_read_watch() returns. */
enum xs_watch_type {
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN = 1,
};

/* Errors go as names, because their numbers differ between systems. */
struct xsd_errors {
    int errnum;
    const char *errstring;
};
#define XSD_ERROR(name) {name, #name}
static const struct xsd_errors xsd_errors[] __attribute__((unused)) = {
    XSD_ERROR(EINVAL), XSD_ERROR(EACCES), XSD_ERROR(EEXIST),    XSD_ERROR(EISDIR),
    XSD_ERROR(ENOENT), XSD_ERROR(ENOMEM), XSD_ERROR(ENOSPC),    XSD_ERROR(EIO),
    XSD_ERROR(ENOTEMPTY), XSD_ERROR(ENOSYS), XSD_ERROR(EROFS),  XSD_ERROR(EBUSY),
    XSD_ERROR(EAGAIN), XSD_ERROR(EISCONN), XSD_ERROR(E2BIG),    XSD_ERROR(EPERM),
};

/* Words of early versions of the WRITE request, still in the interface. */
#define XS_WRITE_NONE "NONE"
#define XS_WRITE_CREATE "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

/*
 * The page that a guest and the daemon share: two rings of bytes. The guest writes req and req_prod, reads rsp and moves
 * rsp_cons; the daemon the others. Indices run freely; a byte's place is its index modulo the size.
 */
#define XENSTORE_RING_SIZE 1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))

struct xenstore_domain_interface {
    char req[XENSTORE_RING_SIZE];
    char rsp[XENSTORE_RING_SIZE];
    XENSTORE_RING_IDX req_cons, req_prod;
    XENSTORE_RING_IDX rsp_cons, rsp_prod;
    uint32_t server_features; /* XENSTORE_SERVER_FEATURE_*, by the daemon */
    uint32_t connection;      /* XENSTORE_CONNECTED, XENSTORE_RECONNECT */
    uint32_t error;           /* XENSTORE_ERROR_*, by the daemon */
};

/* The guest may ask for a fresh connection; `error` is used. */
#define XENSTORE_SERVER_FEATURE_RECONNECTION 1
#define XENSTORE_SERVER_FEATURE_ERROR 2

/* The guest sets RECONNECT and sends an event; the daemon drops watches, transactions and both rings' contents, then sets
   CONNECTED and sends an event. */
#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1

#define XENSTORE_ERROR_NONE 0
#define XENSTORE_ERROR_COMM 1    /* event channel or page */
#define XENSTORE_ERROR_RINGIDX 2 /* indices more than a ring apart */
#define XENSTORE_ERROR_PROTO 3   /* a payload too long */

#endif
