/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lanes are contexts of one thread. A schedule is the list of its deviations from "go on with the same lane"; it is run
 * from a new world each time, which finds the deviations possible after its last one. Depth first.
 */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "fake.h"
#include "hooks.h"
#include "model/model.h"

#define STACK_SIZE (256u << 10)
#define MAX_DEVIATIONS 64
#define MAX_CANDIDATES 8192
#define STUCK 10000u /* looks at a lock that nobody lets go of */
#define WORDS (1u << 20)

struct deviation {
    uint32_t event; /* the how-manieth event of the run */
    uint8_t lane;   /* who goes on */
    uint8_t cost;
};

static struct lane {
    ucontext_t context;
    void *stack;
    unsigned steps;
    bool inside, done;
    bool waiting;       /* for the word that it looked at last */
    uintptr_t looked_at, wrote; /* in its last access */
} lanes[MAX_LANES];

static const struct exploration *exploring;
static ucontext_t home;
static unsigned current;
static uint32_t event;
static struct deviation taken[MAX_DEVIATIONS], *found;
static unsigned nr_taken, next_taken, nr_found, idle_looks;
static uint64_t schedules;
/* Which lanes read and wrote a word atomically, in any schedule so far; by a hash, so now and then one too many. */
static struct {
    uint8_t readers, writers;
} touched[WORDS];

static void switch_to(unsigned lane)
{
    unsigned from = current;

    if (lane == from)
        return;
    current = lane;
    fake_set_cpu(lane);
    swapcontext(&lanes[from].context, &lanes[lane].context);
}

static bool can_run(unsigned lane)
{
    return !lanes[lane].done && !lanes[lane].waiting;
}

/*
 * An event at which others could go on. `to`: who does if the schedule says nothing. Events that are not worth a choice
 * are counted all the same: which they are is learned on the way.
 */
static unsigned decide(unsigned to, unsigned cost, bool choice)
{
    uint32_t now = event++;

    if (next_taken < nr_taken && taken[next_taken].event == now)
        return taken[next_taken++].lane;
    if (next_taken < nr_taken || !choice)
        return to;
    for (unsigned i = 0; i < exploring->lanes; i++) {
        if (i == to || !can_run(i))
            continue;
        CHECK(nr_found < MAX_CANDIDATES);
        found[nr_found++] = (struct deviation){ now, (uint8_t)i, (uint8_t)cost };
    }
    return to;
}

/* --- what the core does --- */

/* Another lane writes it, or reads what this one writes. */
static bool is_shared(uintptr_t addr, bool write)
{
    uint64_t word = (addr >> 3) * 0x9e3779b97f4a7c15ULL >> 44;
    uint8_t me = (uint8_t)(1u << current), others;

    if (write)
        touched[word].writers |= me;
    else
        touched[word].readers |= me;
    others = (uint8_t)~me & (touched[word].writers | (write ? touched[word].readers : 0));
    return others;
}

static void on_access(uintptr_t addr, size_t size, enum hook_access kind)
{
    bool write = kind == HOOK_SYNC_WRITE, again;

    (void)size;
    if (kind != HOOK_SYNC_READ && !write)
        return;
    again = !write && lanes[current].wrote >> 3 == addr >> 3; /* a ticket's turn is looked at when it is drawn */
    switch_to(decide(current, 1, is_shared(addr, write) && !again));
    lanes[current].looked_at = addr;
    lanes[current].wrote = write ? addr : 0;
    if (!write)
        return;
    idle_looks = 0;
    for (unsigned i = 0; i < exploring->lanes; i++)
        if (lanes[i].looked_at == addr)
            lanes[i].waiting = false;
}

static unsigned first_runnable(void)
{
    for (unsigned i = 0; i < exploring->lanes; i++)
        if (can_run(i))
            return i;
    return MAX_LANES;
}

/* The present lane waits for another to write what it looks at. */
static void on_relax(void)
{
    unsigned next;

    lanes[current].waiting = true;
    next = first_runnable();
    if (next == MAX_LANES) { /* it may wait for more than one word: let all look again */
        if (++idle_looks > STUCK)
            model_fail(__FILE__, __LINE__, "deadlock: every CPU waits");
        for (unsigned i = 0; i < exploring->lanes; i++)
            lanes[i].waiting = false;
        next = (current + 1) % exploring->lanes;
        while (lanes[next].done)
            next = (next + 1) % exploring->lanes;
        switch_to(next);
        return;
    }
    switch_to(decide(next, 0, true));
}

/* --- one schedule --- */

static bool all_quiet(void)
{
    for (unsigned i = 0; i < exploring->lanes; i++)
        if (lanes[i].inside)
            return false;
    return true;
}

static void lane_main(unsigned number)
{
    struct lane *l = &lanes[number];
    unsigned next;

    do {
        l->inside = true;
        l->done = !exploring->step(number, l->steps++);
        l->inside = false;
        if (all_quiet() && exploring->quiet) {
            hook_access = NULL;
            exploring->quiet();
            hook_access = on_access;
        }
        if (!l->done)
            switch_to(decide(number, 0, true));
    } while (!l->done);
    next = first_runnable();
    if (next == MAX_LANES) {
        for (unsigned i = 0; i < exploring->lanes; i++)
            lanes[i].waiting = false;
        next = first_runnable();
    }
    if (next != MAX_LANES)
        switch_to(decide(next, 0, true));
    setcontext(&home);
}

static void lane_begin(unsigned number)
{
    struct lane *l = &lanes[number];
    void *stack = l->stack ? l->stack : malloc(STACK_SIZE);

    *l = (struct lane){ .stack = stack };
    getcontext(&l->context);
    l->context.uc_stack.ss_sp = stack;
    l->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&l->context, (void (*)(void))lane_main, 1, number);
}

static void run(void)
{
    unsigned first;

    schedules++;
    hook_access = NULL;
    exploring->begin();
    for (unsigned i = 0; i < exploring->lanes; i++)
        lane_begin(i);
    event = 0;
    next_taken = nr_found = idle_looks = 0;
    fake.relax = on_relax;
    hook_access = on_access;
    first = decide(0, 0, true);
    current = first;
    fake_set_cpu(first);
    swapcontext(&home, &lanes[first].context);
    hook_access = NULL;
    fake.relax = NULL;
    CHECK(next_taken == nr_taken); /* the same world takes the same way */
    fake_set_cpu(0);
    for (unsigned i = 0; i < exploring->lanes; i++)
        CHECK(lanes[i].done);
    exploring->end();
}

/* The schedule in taken[], and all that begin with it. */
static void explore_from(unsigned budget)
{
    struct deviation *mine = malloc(MAX_CANDIDATES * sizeof(*mine));
    unsigned n;

    found = mine;
    run();
    n = nr_found;
    CHECK(nr_taken < MAX_DEVIATIONS);
    for (unsigned i = 0; i < n; i++) {
        if (mine[i].cost > budget)
            continue;
        taken[nr_taken++] = mine[i];
        explore_from(budget - mine[i].cost);
        nr_taken--;
    }
    free(mine);
}

uint64_t explore(const struct exploration *e)
{
    exploring = e;
    memset(touched, 0, sizeof(touched));
    schedules = 0;
    nr_taken = 0;
    if (e->bound) { /* learn which words are shared, before any of them is passed by */
        explore_from(0);
        schedules = 0;
    }
    explore_from(e->bound);
    for (unsigned i = 0; i < e->lanes; i++) {
        free(lanes[i].stack);
        lanes[i].stack = NULL;
    }
    return schedules;
}

void explore_print(void)
{
    printf("schedule:");
    for (unsigned i = 0; i < nr_taken; i++)
        printf(" at %u to %u,", taken[i].event, taken[i].lane);
    printf(" now event %u of lane %u, step %u\n", event, current, lanes[current].steps);
}
