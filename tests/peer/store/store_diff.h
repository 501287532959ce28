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

/* --- rings of domains (store_diff_ring.c) --- */

#define FIRST_GUEST 5 /* client 1; the next ones follow */

struct ring;

/* A world for our daemon to run in, in an empty folder. */
void world_make(const char *dir);
/* A domain's end; not introduced yet. They exit when something is wrong. */
struct ring *ring_stock(const char *dir, unsigned domid);
struct ring *ring_world(unsigned domid);
uint32_t ring_port(const struct ring *r);
void ring_send(struct ring *r, const void *data, size_t len);
void ring_receive(struct ring *r, void *data, size_t len);

#endif
