/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to outlive the daemon of one console: its history and how far every reader of it is, in a file on tmpfs that is
 * mapped and shared. A process that dies leaves the file as its last store left it; state_open() finds it so again.
 *
 * Bytes have positions: the first ever taken is 0. The file has room for `size` of them, the newest; it begins small and
 * grows up to the limit while memory lasts. A byte is taken once state_commit() has said so, not before.
 */
#ifndef XENCONSOLED_STATE_H
#define XENCONSOLED_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_CHUNK 4096u   /* most bytes of one commit: so many of the oldest may already be overwritten */
#define STATE_SIZE_MIN 16384u
#define STATE_NAME_MAX 96u
#define STATE_TYPED_MAX 1024u

/* A line or more on their way into the log file: enough to see after a death how much of it got there. */
struct state_log_write {
    uint64_t from, file_offset, device, inode;
    int64_t when;
    uint32_t length;
    uint16_t midline, pending;
};

/* What is on its way to the terminal, and to the guest: sluice.c. */
struct state_shown {
    uint64_t from;
    uint32_t length, stage;
};

struct state_typed {
    uint32_t stage, length;
    uint32_t begun, index; /* where in the guest's ring it begins */
    uint32_t done, pad;
    uint64_t session, session_before;
    char bytes[STATE_TYPED_MAX];
};

struct state_commit {
    uint64_t taken;
    uint32_t base; /* the source's own index of position 0, modulo 2^32 */
    uint32_t pad;
};

struct state_head {
    char magic[8];
    uint32_t size, limit;
    uint32_t domid, number;
    uint8_t handle[16];
    struct state_commit commits[2];
    uint32_t current; /* which of them counts */
    uint32_t dead;
    uint64_t died_at; /* orders the dead */
    uint64_t ring_ref; /* where the ring was, */
    uint32_t remote;   /* and the guest's port, */
    uint32_t wired;    /* if there was one */
    uint64_t pty_position, log_position;
    uint32_t log_midline, pad;
    struct state_log_write log_write;
    uint64_t session, session_typed; /* of the client that types: how much of what it sent was taken */
    struct state_shown shown;
    struct state_typed typed;
    char guest[128]; /* the domain's name, as far as it is known */
    char tty[64];
};

struct state {
    struct state_head *head;
    char *text;
    char path[256]; /* empty: memory only, when there was no file to be had */
};

/* The file folder/name as it is, or a new one; limit is what a new one may grow to. Never fails for want of a file. */
int state_open(const char *folder, const char *name, uint32_t limit, struct state *ret_state);
/* Is it a state file that makes sense? -EINVAL: no; maps it if so. */
int state_load(const char *folder, const char *name, struct state *ret_state);
void state_close(struct state *state);
/* Closes it and removes the file. */
void state_remove(struct state *state);

static inline const struct state_commit *state_now(const struct state *state)
{
    return &state->head->commits[__atomic_load_n(&state->head->current, __ATOMIC_ACQUIRE) & 1];
}

static inline uint64_t state_taken(const struct state *state)
{
    return state_now(state)->taken;
}

/* The oldest byte that is there. */
uint64_t state_oldest(const struct state *state);
/* Puts n bytes where they follow the last taken one and `behind` more: at most STATE_CHUNK in all before the commit. */
void state_append(struct state *state, size_t behind, const void *bytes, size_t n);
void state_commit(struct state *state, uint64_t taken, uint32_t base);
/* Bytes from a position on that lie in a row: how many (0: none yet), and where. position is not below the oldest. */
size_t state_read(const struct state *state, uint64_t position, const char **ret_bytes);

#endif
