/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the attacking test kernel share. */
#ifndef XENOLITH_ATTACK_H
#define XENOLITH_ATTACK_H

#include "guest.h"

#define PLAYGROUND 0x1000000ull /* memory that calls and instructions may do anything with: 16 to 24 MiB */
#define PLAYGROUND_PAGES 2048u
#define NR_VCPUS 2
#define DATA_PAGES 4u

struct attacker { /* of each vCPU; start.S knows the members up to reg */
    uint64_t rsp, rip; /* where a fault goes on; rip 0: nowhere */
    uint64_t id, faults;
    uint64_t code, reg[16]; /* for attack_run */
    uint64_t random, ops, calls_ok;
    uint8_t data[DATA_PAGES * 4096] __attribute__((aligned(4096))); /* arguments */
};

extern struct attacker attackers[NR_VCPUS];
extern uint16_t own_domid, other_domid;

static inline uint64_t random64(struct attacker *a)
{
    a->random ^= a->random << 13;
    a->random ^= a->random >> 7;
    a->random ^= a->random << 17;
    return a->random * 0x2545f4914f6cdd1dull;
}
static inline uint32_t below(struct attacker *a, uint32_t n)
{
    return (uint32_t)((random64(a) >> 32) * n >> 32);
}
static inline bool one_in(struct attacker *a, uint32_t n)
{
    return below(a, n) == 0;
}

/* A number that may mean something: a frame, an address, a domain, a small number, a limit. */
uint64_t half_valid(struct attacker *a);

/* One thing each that a guest can do. */
void attack_hypercall(struct attacker *a);
void attack_msr(struct attacker *a);
void attack_port(struct attacker *a);
void attack_instruction(struct attacker *a);
void attack_instruction_init(void);

/* start.S: calls fn(a) and comes back, whatever fn did to the registers, also from a fault or an interrupt. */
void attack_guarded(void (*fn)(struct attacker *), struct attacker *a);
void attack_run(struct attacker *a); /* a->reg into the registers, and on to a->code */

#endif
