/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random calls against a model of what they may change: what the files of this folder share. calls.c makes the calls,
 * model.c counts everything again from the objects themselves, test_model.c runs the rounds.
 */
#ifndef XENOLITH_MODEL_H
#define XENOLITH_MODEL_H

#include "domain.h"
#include "types.h"

#define MODEL_DOMAINS 5    /* dom0 and as many guests less one, with the ids below this */
#define MODEL_PORTS 256    /* a guest's highest port is below; dom0's are refused above */
#define MODEL_RAM_MIB 8
#define MODEL_FIFO_PAGES 256

/* Ends the test, and says which seed brings it back. */
void model_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define CHECK(x) ((x) ? (void)0 : model_fail(__FILE__, __LINE__, #x))

/* What the answers of the calls say of a port. */
struct model_port {
    uint8_t state; /* enum port_state */
    domid_t peer;  /* interdomain: the other end; unbound: who may bind */
    uint32_t peer_port, virq;
};

struct model_domain {
    struct domain *d; /* while it is in the hypervisor's list */
    struct model_port port[MODEL_PORTS];
    mfn_t fifo[MODEL_FIFO_PAGES]; /* frames that the FIFO format holds */
    unsigned nr_fifo;
    uint32_t handles; /* grant mappings that it holds, as the calls said */
    uint32_t mapped;  /* and as its table says */
};
extern struct model_domain model[MODEL_DOMAINS];

/* A number below n, from the round's seed. */
uint32_t model_random(uint32_t n);

/* Find out which domains are left. */
void model_refresh(void);
/* Forget what domain id had bound: it was reset, or is new. */
void model_forget_ports(domid_t id);
/* Compare everything; between two calls only. */
void model_check(void);
/* The part that needs nothing of the calls' answers: frames, pins, references of domains. */
void model_check_memory(void);

/* One random call, or another step of the guests. */
void calls_step(void);
/* The number of calls made since the program began. */
extern uint64_t calls_made;
/* dom0, from the machine's birth; then nobody. */
void calls_begin(struct domain *dom0_new);
void calls_end(void);
/* How many calls of each kind worked. */
void calls_report(void);

#endif
