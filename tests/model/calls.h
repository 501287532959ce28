/* SPDX-License-Identifier: GPL-2.0-only */
/* How the random calls are made: calls.c has the caller and its memory, calls_*.c the calls of each object. */
#ifndef XENOLITH_MODEL_CALLS_H
#define XENOLITH_MODEL_CALLS_H

#include "errno.h"
#include "fake.h"
#include "model.h"
#include "p2m.h"

#define ARG 0x2000  /* the argument structure: gfn 2 of the caller, which no call takes away */
#define LIST_A 0x4000
#define LIST_B 0x5000
#define LIST_C 0x6000
#define LIST_D 0x7000
#define FIRST_GFN 8 /* gfns from here on change at random */
#define LAST_GFN 160
#define SUPERPAGE_GFN 512 /* the same, and 2 MiB pages come here */
#define PAGES 64    /* of a new guest */
#define NO_DOMAIN 99 /* an id that nobody has */

/* The caller: one that is alive; another domain in any state, perhaps the same. */
extern struct model_domain *caller, *other;
domid_t id_of(const struct model_domain *m);

/* Place the argument in the caller's memory, make the call until it is through; the argument comes back. */
int64_t call_arg(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, void *arg, size_t size);
/* The same, but at most this often: the call may be left unfinished (-ERESTART). */
int64_t call_part(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, void *arg, size_t size, unsigned times);
/* n longs into the caller's page at gpa. */
void put_longs(gpaddr_t gpa, const uint64_t *v, unsigned n);

gfn_t random_gfn(void);
static inline bool one_in(uint32_t n)
{
    return model_random(n) == 0;
}

void call_event(void);
void call_grant(void);
void call_memory(void);
void call_domctl(void);
void call_misc(void);

#endif
