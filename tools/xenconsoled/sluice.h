/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes between a terminal or a client and the state, none of them lost and none twice when the daemon is killed in the
 * middle: they pass through a pipe that outlives it. The kernel moves them between two descriptors in one step, and what is
 * left in the pipe tells the next daemon how far the last one came. Without a pipe (-1), or where the kernel cannot do that,
 * they go directly, and what is under way in the moment of death may be lost, or come twice.
 */
#ifndef XENCONSOLED_SLUICE_H
#define XENCONSOLED_SLUICE_H

#include "ctrl/console_ring.h"
#include "xenconsoled/state.h"

/* A pipe with one descriptor, made in this folder. -errno. */
int sluice_open(const char *folder);
/* To a terminal, what it has not had yet: how many bytes it took, 0 or -EAGAIN: none at present; or -errno. */
int sluice_show(int pipe, struct state *state, int terminal);
/*
 * From a terminal or a client, at most `most` bytes, which sluice_give() has then: how many, 0: the end, or -errno. Not
 * before all of the last ones were given (sluice_idle()). `session` is the client's, 0 for others: head->session_typed counts
 * what was taken from the client of head->session.
 */
int sluice_type(int pipe, struct state *state, int from, uint32_t most, uint64_t session);
bool sluice_idle(const struct state *state);
/* To the guest, as much as its ring has room for. Returns whether it was anything. */
bool sluice_give(struct state *state, struct console_ring *ring);

/* After the death of a daemon: where did it stop? -1: there is no such pipe any more. */
void sluice_recover(struct state *state, int in, int out);
/* What is left in it is nobody's. */
void sluice_empty(int pipe);

#endif
