/* SPDX-License-Identifier: GPL-2.0-only */
/* Between a guest's console ring, in which anything may stand at any moment, and the state. */
#ifndef XENCONSOLED_RING_H
#define XENCONSOLED_RING_H

#include "ctrl/console_ring.h"
#include "xenconsoled/state.h"

/*
 * The ring is there (again): what a daemon before us took and did not get to tell the guest is told now; else the state goes
 * on at the ring's own index.
 */
void ring_attach(struct console_ring *ring, struct state *state);

/*
 * Takes at most max bytes of what the guest has written. Returns how many, after which the guest wants to be notified, or
 * -EPROTO: its indices make no sense, nothing was taken.
 */
int ring_take(struct console_ring *ring, struct state *state, uint32_t max);

/* How much fits into the guest's input now; and puts that much at most. Returns how many bytes went in. */
uint32_t ring_input_room(const struct console_ring *ring);
uint32_t ring_put(struct console_ring *ring, const char *bytes, uint32_t n);

#endif
