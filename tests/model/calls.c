/* SPDX-License-Identifier: GPL-2.0-only */
/* Who calls, and with what memory; the choice of calls. */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object/grant_internal.h"
#include "op.h"
#include "sched.h"

#define MANY 1000000u

struct model_domain *caller, *other;
uint64_t calls_made;

domid_t id_of(const struct model_domain *m)
{
    return (domid_t)(m - model);
}

gfn_t random_gfn(void)
{
    if (one_in(12))
        return SUPERPAGE_GFN + model_random(1u << ORDER_2M);
    return FIRST_GFN + model_random(LAST_GFN - FIRST_GFN);
}

static void *memory_at(gpaddr_t gpa)
{
    void *p = fake_guest_ptr(caller->d, gpa);

    CHECK(p);
    return p;
}

void put_longs(gpaddr_t gpa, const uint64_t *v, unsigned n)
{
    memcpy(memory_at(gpa), v, n * sizeof(*v));
}

/* How often each kind of call succeeded, so that a test of nothing but refusals is seen. */
static struct {
    uint64_t calls, good;
} kinds[64];

int64_t call_part(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, void *arg, size_t size, unsigned times)
{
    uint64_t args[6] = { a0, a1, a2 };
    struct vcpu *v = caller->d->vcpu[0];
    bool restart = true;
    int64_t rc = 0;

    if (caller->d->vcpu[1] && one_in(4))
        v = caller->d->vcpu[1];
    fake_set_current(v);
    if (size)
        memcpy(memory_at(ARG), arg, size);
    for (unsigned i = 0; restart && i < times; i++) {
        this_cpu()->entered = 1;
        rc = hypercall(v, nr, args, false, &restart);
        CHECK(this_cpu()->lock_ranks == 0);
    }
    CHECK(!restart || times < MANY);
    if (size)
        memcpy(arg, memory_at(ARG), size);
    kinds[nr].calls++;
    kinds[nr].good += rc >= 0;
    return restart ? -ERESTART : rc;
}

int64_t call_arg(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, void *arg, size_t size)
{
    return call_part(nr, a0, a1, a2, arg, size, MANY);
}

static bool can_call(const struct model_domain *m)
{
    return m->d && m->d->state == DOMAIN_ALIVE && m->d->vcpu[0] && fake_guest_ptr(m->d, LIST_C) != NULL;
}

static void choose_domains(void)
{
    model_refresh();
    do
        caller = &model[model_random(MODEL_DOMAINS)];
    while (!can_call(caller));
    other = &model[model_random(MODEL_DOMAINS)];
}

void calls_step(void)
{
    static const struct {
        void (*fn)(void);
        unsigned weight;
    } choice[] = { { call_event, 30 }, { call_grant, 30 }, { call_memory, 20 }, { call_domctl, 12 }, { call_misc, 8 } };
    unsigned n = model_random(100), i = 0;

    choose_domains();
    while (n >= choice[i].weight)
        n -= choice[i++].weight;
    choice[i].fn();
    calls_made++;
}

/* dom0's tables are made as small as the model's. */
void calls_begin(struct domain *dom0_new)
{
    dom0_new->events.max_port = MODEL_PORTS - 1;
    dom0_new->grant->max_frames = 4;
    fake_set_current(dom0_new->vcpu[0]);
    model_refresh();
}

void calls_end(void)
{
    fake_set_current(NULL);
    caller = other = NULL;
}

void calls_report(void)
{
    for (unsigned nr = 0; nr < ARRAY_SIZE(kinds); nr++)
        if (kinds[nr].calls)
            printf("hypercall %2u: %llu calls, %llu good\n", nr, (unsigned long long)kinds[nr].calls,
                   (unsigned long long)kinds[nr].good);
}
