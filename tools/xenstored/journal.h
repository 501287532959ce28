/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a new process needs to go on exactly where a killed one was. It lies in a file on tmpfs that is mapped shared, so
 * what was stored is there whatever becomes of the process; the power going away is not its business.
 *
 * The file is a snapshot of the store (snapshot.h), then what happened since: records of input and events, in their
 * order. The store is a state machine, so executing them again gives the same state and the same output. Bytes are taken
 * from a socket and given to it by recvmmsg() and sendmmsg() with their counts in the file: the kernel writes a count
 * before the call returns, so no kill comes between the bytes and their count.
 *
 * Input lands in the landing place. A request that changes nothing is executed from there, and when its whole answer is
 * sent it is forgotten; everything else becomes a record before it is executed. Stores are in the order of the program,
 * which is all that is needed: the reader is the next process, not another processor.
 */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/buf.h"

#define JOURNAL_MAGIC "XLSTORE1"
#define JOURNAL_LANDING 8192 /* bytes that are taken at once */
#define JOURNAL_CONNS 16384
#define JOURNAL_UNSET INT32_MIN
#define JOURNAL_NO_COUNT UINT32_MAX

enum journal_kind {
    JOURNAL_ACCEPT = 1, /* a socket's connection */
    JOURNAL_CLOSE,      /* any connection's end */
    JOURNAL_INPUT,      /* bytes of a connection */
    JOURNAL_EXECUTE,    /* its next request is executed */
    JOURNAL_SHUTDOWN,   /* conn is the domain's number here and below */
    JOURNAL_DEAD,
    JOURNAL_DOM0, /* dom0's ring: a payload of struct journal_dom0 */
    JOURNAL_MUTE,
    JOURNAL_UNMUTE,
    JOURNAL_KINDS
};

#define JOURNAL_AND_EXECUTE 1u /* flag of INPUT: its first request is executed at once */

struct journal_record {
    uint32_t size; /* with the payload, without what fills up to the next record's alignment */
    uint16_t kind;
    uint16_t flags;
    uint32_t conn;
    int32_t outcome;  /* of what it executes: JOURNAL_UNSET until it was; 0; or the errno (negative) that it has to fail with */
    int32_t answer;   /* what the outside said to store_ops.introduce, or JOURNAL_UNSET */
    uint32_t replied; /* bytes of the answer that were sent before this was recorded */
    uint32_t attempts;
    uint32_t unused;
    uint64_t seq; /* of the landing that it was, or 0 */
    uint8_t payload[];
};

struct journal_dom0 {
    uint64_t mfn;
    uint32_t port, unused;
};

struct journal_ring_pos { /* one store of 64 bits */
    uint32_t in, out;
};

struct journal_slot { /* one for each connection */
    uint32_t conn; /* 0: free */
    uint32_t port; /* a ring's event channel, as long as somebody keeps it bound */
    uint64_t sent; /* of what the records and the snapshot produced */
    struct journal_ring_pos pos;
};

struct journal_landing {
    uint64_t seq;
    uint32_t armed;
    uint32_t conn;
    struct journal_ring_pos before; /* the slot's position when it was armed */
    int32_t force;                  /* becomes the record's outcome */
    struct mmsghdr mm;              /* msg_len: bytes that landed, or JOURNAL_NO_COUNT */
    struct iovec iov;
    uint8_t data[JOURNAL_LANDING];
};

struct journal_sending {
    uint64_t seq; /* of the landing that is answered without a record, or 0 */
    uint32_t armed;
    uint32_t slot;
    uint64_t before; /* slot.sent */
    struct journal_ring_pos pos_before;
    struct mmsghdr mm;
    struct iovec iov;
};

struct journal_head {
    char magic[8];
    char boot[40]; /* the kernel's: what another one left is of domains that are no more */
    uint32_t head_size; /* sizeof(struct journal_head): another build with another layout does not read it */
    uint32_t nr_slots;  /* used so far */
    uint64_t snapshot_size;
    uint32_t virq_port; /* as a slot's port */
    uint32_t unused;
    uint64_t tail; /* end of the last record, from the beginning of the file */
    struct journal_landing landing;
    struct journal_sending sending;
    struct journal_slot slot[JOURNAL_CONNS];
};

struct journal {
    int fd; /* -1: memory of the caller's (tests) */
    struct journal_head *head;
    size_t mapped;
    size_t size;  /* allocated in the file system */
    size_t start; /* of the records */
    size_t limit; /* when the tail is there, a new snapshot is due */
};

/*
 * A new file at `path` with this snapshot and no records, in place of what was there; slots are taken over from `from`
 * unless NULL. 0 or -errno (-ENOSPC) and the old file is still there.
 */
int journal_create(const char *path, const struct buf *snapshot, const struct journal *from, struct journal **ret_journal);

/* The file as another process left it. -ENOENT: there is none since the host was booted. -EBADMSG: it is none of ours. */
int journal_open(const char *path, struct journal **ret_journal);
/* The same for bytes in memory, which are the caller's. */
int journal_open_memory(void *data, size_t size, struct journal *ret_journal);
void journal_close(struct journal *j);

const void *journal_snapshot(const struct journal *j, size_t *ret_size);

/* The record at *pos (0: the first one), and *pos moves to the next. NULL at the end, and at the first one that is bad. */
struct journal_record *journal_next(const struct journal *j, uint64_t *pos);

/* 0 or -ENOSPC. */
int journal_append(struct journal *j, enum journal_kind kind, uint32_t flags, uint32_t conn, const void *payload,
                   size_t len, struct journal_record **ret_record);
bool journal_has_room(struct journal *j, size_t len);

/* NULL: no such connection, or no slot for another one. */
struct journal_slot *journal_slot_find(const struct journal *j, uint32_t conn);
struct journal_slot *journal_slot_add(struct journal *j, uint32_t conn);

/* --- landing --- */

/* From a socket: bytes that are in head->landing.data, 0 at its end, or -errno. */
ssize_t journal_receive(struct journal *j, const struct journal_slot *slot, int fd);
/* For a ring: armed; the caller fills landing.data, then calls journal_landed(). */
void journal_arm(struct journal *j, const struct journal_slot *slot);
void journal_landed(struct journal *j, uint32_t n);
/* What landed becomes a record, `replied` bytes of its answer were sent. 0 or -ENOSPC and it is still only landed. */
int journal_keep(struct journal *j, uint32_t flags, uint32_t replied, struct journal_record **ret_record);
/* It is answered, or recorded, or was nothing. */
void journal_land_done(struct journal *j);

/* --- sending: as much as the socket takes, or -errno --- */
ssize_t journal_send(struct journal *j, struct journal_slot *slot, int fd, const void *data, size_t len, bool transient);
/* A ring: before the bytes are copied, and after. */
void journal_send_arm(struct journal *j, struct journal_slot *slot, bool transient);
void journal_send_done(struct journal *j, struct journal_slot *slot, uint32_t n, bool ring, bool transient);

/* --- after a restart --- */

/* Sets slots right; what had landed becomes a record. 0, or -ENOSPC. */
int journal_recover(struct journal *j);

#endif
