/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that does what it likes with its console's page, while the daemon takes from it, types into it, dies and comes
 * back. Nothing is read or written outside the page and the state; what was taken once stays as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "xenconsoled/ring.h"
#include "xenconsoled/sluice.h"

#define require(condition)                                                                                               \
    do {                                                                                                                 \
        if (!(condition))                                                                                                \
            abort();                                                                                                     \
    } while (0)

static struct state state;
static struct console_ring *ring;

static void start(void)
{
    if (ring)
        return;
    ring = malloc(sizeof(*ring)); /* of its own: sanitizers see its edges */
    require(ring && state_open("/nonexistent", "fuzz", 32768, &state) == 0);
}

static void check_take(uint32_t max)
{
    uint32_t cons = ring->out_cons;
    uint64_t before = state_taken(&state);
    int n = ring_take(ring, &state, max);
    const char *bytes;

    require(n < 0 || (uint32_t)n <= max);
    require(state_taken(&state) == before + (n > 0 ? (unsigned)n : 0));
    for (int i = 0; i < n; i++) {
        require(state_read(&state, before + (unsigned)i, &bytes) > 0);
        require(*bytes == ring->out[(cons + (unsigned)i) % CONSOLE_RING_OUT]);
    }
}

/* Something was typed; perhaps a daemon has died since, perhaps one that wrote nonsense. */
static void check_give(uint32_t value)
{
    struct state_typed *note = &state.head->typed;

    if (sluice_idle(&state))
        *note = (struct state_typed){ .stage = value & 3, .length = (value >> 2) % 1100, .done = (value >> 13) % 1100,
                                      .begun = value >> 24 & 1, .index = ring->in_prod - (value >> 25) };
    sluice_recover(&state, -1, -1); /* as each new daemon does */
    sluice_give(&state, ring);
    require(sluice_idle(&state) || note->done < note->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t *index[4];

    start();
    memset(ring, 0, sizeof(*ring));
    index[0] = &ring->in_cons;
    index[1] = &ring->in_prod;
    index[2] = &ring->out_cons;
    index[3] = &ring->out_prod;
    ring_attach(ring, &state);
    while (size >= 5) {
        uint32_t value;

        memcpy(&value, data + 1, sizeof(value));
        if (data[0] & 4)
            *index[data[0] & 3] = value;
        else if (data[0] & 8)
            *index[data[0] & 3] += value % 3000;
        else if (data[0] & 16)
            ring_attach(ring, &state);
        else if (data[0] & 32)
            require(ring_put(ring, (const char *)data, (uint32_t)size) <= size);
        else if (data[0] & 128)
            check_give(value);
        else if (data[0] & 64)
            ring->out[value % CONSOLE_RING_OUT] = (char)data[0];
        else
            check_take(value % (STATE_CHUNK + 1));
        require(ring_input_room(ring) <= CONSOLE_RING_IN);
        data += 5;
        size -= 5;
    }
    return 0;
}
