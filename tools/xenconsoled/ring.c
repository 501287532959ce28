/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/ring.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *index, uint32_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* The ring's index that goes with what has been taken. */
static uint32_t own_index(const struct state *state)
{
    const struct state_commit *now = state_now(state);

    return now->base + (uint32_t)now->taken;
}

static void follow(struct state *state, uint32_t index)
{
    uint64_t taken = state_taken(state);

    state_commit(state, taken, index - (uint32_t)taken);
}

void ring_attach(struct console_ring *ring, struct state *state)
{
    uint32_t cons = load(&ring->out_cons), prod = load(&ring->out_prod), own = own_index(state);

    if (own - cons <= CONSOLE_RING_OUT && prod - own <= CONSOLE_RING_OUT)
        store(&ring->out_cons, own);
    else
        follow(state, cons);
}

int ring_take(struct console_ring *ring, struct state *state, uint32_t max)
{
    uint32_t cons = load(&ring->out_cons), prod = load(&ring->out_prod), n = prod - cons;
    uint32_t place = cons % CONSOLE_RING_OUT, first = CONSOLE_RING_OUT - place;

    if (n > CONSOLE_RING_OUT)
        return -EPROTO;
    if (cons != own_index(state)) /* the guest began anew with its ring: it may, it is its own output */
        follow(state, cons);
    if (n > max)
        n = max;
    if (n == 0)
        return 0;
    if (first > n)
        first = n;
    state_append(state, 0, ring->out + place, first);
    state_append(state, first, ring->out, n - first);
    state_commit(state, state_taken(state) + n, state_now(state)->base);
    store(&ring->out_cons, cons + n);
    return (int)n;
}

uint32_t ring_input_room(const struct console_ring *ring)
{
    uint32_t used = load(&ring->in_prod) - load(&ring->in_cons);

    return used > CONSOLE_RING_IN ? 0 : CONSOLE_RING_IN - used;
}

uint32_t ring_put(struct console_ring *ring, const char *bytes, uint32_t n)
{
    uint32_t prod = load(&ring->in_prod), used = prod - load(&ring->in_cons), place = prod % CONSOLE_RING_IN;
    uint32_t first = CONSOLE_RING_IN - place;

    if (used > CONSOLE_RING_IN)
        return 0;
    if (n > CONSOLE_RING_IN - used)
        n = CONSOLE_RING_IN - used;
    if (first > n)
        first = n;
    memcpy(ring->in + place, bytes, first);
    memcpy(ring->in, bytes + first, n - first);
    store(&ring->in_prod, prod + n);
    return n;
}
