/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORE_DIFF_H
#define STORE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/wire.h"

#define NR_CLIENTS 3
#define NR_TRANSACTIONS 3 /* a client keeps at most so many */

struct request {
    uint32_t type;
    unsigned client;
    int transaction; /* the client's slot; -1: none, -2: an id that was never given */
    uint32_t len;    /* what the header says */
    size_t size;     /* what the payload has */
    char payload[XENSTORE_PAYLOAD_MAX + 64];
};

/* The next number of the sequence, below `n`. */
uint32_t random_below(uint32_t n);
void random_seed(uint64_t seed);

/* A request, well-formed or not. `open` says which slots of the client's transactions are in use. */
void request_make(struct request *r, unsigned client, const bool *open);

#endif
