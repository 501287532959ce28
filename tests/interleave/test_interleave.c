/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small worlds, seen to their end in every order: grants and events of two guests and dom0 that are mapped, copied,
 * ballooned out, closed, while a guest crashes or is destroyed. After each step that nobody is in the middle of, every
 * reference is counted again from what holds it; in the end everything has come back.
 *
 * First every sequence of whole steps up to a length, out of an alphabet; then scripts of CPUs that run at once and
 * change in the middle of steps. SOAK=1: longer sequences, more changes. INTERLEAVE=name: one script only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "fake.h"
#include "model/model.h"
#include "world.h"

#define MAX_STEPS 6
#define MAX_LENGTH 8

static const struct actor dom0_ = { 0, 0 }, guest1 = { 1, 0 }, guest2 = { 2, 0 };

/* --- sequences of whole steps --- */

static const struct letter {
    const struct actor *who;
    struct step step;
} alphabet[] = {
    { &guest1, GRANT(8, 2, DATA_GFN) },
    { &guest1, GRANT(8, 0, DATA_GFN) },
    { &guest2, MAP(1, 8, 0) },
    { &guest2, MAP_RO(1, 8, 1) },
    { &guest2, UNMAP(0) },
    { &guest2, UNMAP(1) },
    { &guest2, COPY(1, 8) },
    { &dom0_, MAP(1, 8, 0) },
    { &dom0_, UNMAP(0) },
    { &guest1, BALLOON(DATA_GFN) },
    { &guest1, POPULATE(DATA_GFN) },
    { &guest2, BALLOON(WINDOW_GFN) },
    { &guest1, VERSION(2) },
    { &guest1, VERSION(1) },
    { &guest1, SWAP(8, 9) },
    { &dom0_, FOREIGN(1, DATA_GFN) },
    { &dom0_, KILL(1) },
    { &dom0_, KILL_ALL(2) },
    { &guest1, CRASH },
    { &guest1, ALLOC(2, 0) },
    { &guest2, BIND(1, 1, 0) },
    { &guest2, SEND(0) },
    { &guest2, CLOSE(0) },
    { &guest1, RESET },
    { &guest1, FIFO },
    { &guest1, EXPAND },
    { &guest1, BALLOON(4) }, /* the array's page */
};

static unsigned sequence[MAX_LENGTH], length;

/* Short ones are the beginnings of long ones: only those of full length are run, with a check after each step. */
static void sequence_run(void)
{
    world_begin();
    for (unsigned i = 0; i < length; i++) {
        world_step(alphabet[sequence[i]].who, &alphabet[sequence[i]].step);
        world_check();
    }
    world_end();
}

static uint64_t sequences_run(void)
{
    uint64_t count = 0;
    unsigned i;

    memset(sequence, 0, sizeof(sequence));
    do {
        sequence_run();
        count++;
        for (i = length; i-- > 0 && ++sequence[i] == ARRAY_SIZE(alphabet);)
            sequence[i] = 0;
    } while (i != UINT32_MAX);
    return count;
}

/* --- CPUs at once --- */

struct script {
    const char *name;
    unsigned bound, soak_bound;
    struct step before[MAX_STEPS]; /* by guest 1, alone */
    struct {
        struct actor who;
        struct step step[MAX_STEPS];
    } lane[MAX_LANES];
};

static const struct script scripts[] = {
    { "map and unmap beside balloon", 1, 2, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 1, 0 }, { BALLOON(DATA_GFN), POPULATE(DATA_GFN) } } } },
    { "map beside destruction of the granter", 1, 2, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 0, 0 }, { KILL_ALL(1) } } } },
    { "copy beside destruction of the granter", 1, 2, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { COPY(1, 8), COPY(1, 8) } },
        { { 0, 0 }, { KILL_ALL(1) } } } },
    { "map beside destruction of the mapper", 0, 1, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), MAP_RO(1, 8, 1) } },
        { { 0, 0 }, { KILL_ALL(2) } },
        { { 1, 0 }, { BALLOON(DATA_GFN) } } } },
    { "two CPUs map one entry", 1, 2, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 2, 1 }, { MAP_RO(1, 8, 1), UNMAP(1) } } } },
    { "two CPUs unmap one handle", 1, 2, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 2, 1 }, { UNMAP(0), BALLOON(WINDOW_GFN) } } } },
    { "two CPUs map at one place", 1, 2, { GRANT(8, 2, DATA_GFN), GRANT(9, 2, DATA_GFN + 1) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 2, 1 }, { MAP(1, 9, 0), UNMAP(0) } } } },
    { "map beside change of version", 1, 2, { GRANT(8, 2, DATA_GFN), GRANT(7, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 1, 0 }, { VERSION(2), VERSION(1) } } } },
    { "copy of reserved entry beside change of version", 1, 2, { GRANT(7, 2, DATA_GFN) }, {
        { { 2, 0 }, { COPY(1, 7), COPY(1, 7) } },
        { { 1, 0 }, { VERSION(2), SETUP(3) } } } },
    { "map beside swap", 1, 2, { GRANT(8, 2, DATA_GFN), GRANT(9, 2, DATA_GFN + 1) }, {
        { { 2, 0 }, { MAP(1, 8, 0), MAP(1, 9, 1) } },
        { { 1, 0 }, { SWAP(8, 9) } } } },
    { "map, foreign map, balloon", 0, 1, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 0, 0 }, { FOREIGN(1, DATA_GFN) } },
        { { 1, 0 }, { BALLOON(DATA_GFN), POPULATE(DATA_GFN) } } } },
    { "copy, map, crash, destruction", 0, 1, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { COPY(1, 8), MAP(1, 8, 0) } },
        { { 1, 0 }, { BALLOON(DATA_GFN), CRASH } },
        { { 0, 0 }, { KILL_ALL(1) } } } },
    { "mapped by who destroys, beside crash", 1, 2, { GRANT(9, 0, DATA_GFN) }, {
        { { 0, 0 }, { MAP(1, 9, 0), KILL_ALL(1), UNMAP(0) } },
        { { 1, 0 }, { BALLOON(DATA_GFN), CRASH } } } },
    { "both destroyed", 0, 1, { GRANT(8, 2, DATA_GFN) }, {
        { { 2, 0 }, { MAP(1, 8, 0), UNMAP(0) } },
        { { 0, 0 }, { KILL_ALL(1) } },
        { { 0, 1 }, { KILL_ALL(2) } } } },
    { "both vCPUs go down", 2, 2, { UP }, {
        { { 1, 0 }, { DOWN } },
        { { 1, 1 }, { DOWN } } } },
    { "bind, send beside close", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0), CLOSE(0) } },
        { { 1, 0 }, { SEND(0), CLOSE(0) } } } },
    { "close from both ends", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), CLOSE(0), ALLOC(1, 1) } },
        { { 1, 0 }, { CLOSE(0), ALLOC(2, 1) } } } },
    { "two CPUs bind one port", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), CLOSE(0) } },
        { { 2, 1 }, { BIND(1, 1, 1), CLOSE(1) } } } },
    { "send beside reset", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 1, 0 }, { RESET } } } },
    { "send beside destruction of the receiver", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 0, 0 }, { KILL_ALL(1) } } } },
    { "FIFO format begun beside send", 1, 2, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 1, 0 }, { FIFO, EXPAND } } } },
    { "FIFO send beside reset", 1, 2, { FIFO, EXPAND, ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 1, 0 }, { RESET } } } },
    { "FIFO pages ballooned out, receiver destroyed beside send", 0, 1, { FIFO, EXPAND, ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 1, 0 }, { BALLOON(4), BALLOON(3) } },
        { { 0, 0 }, { KILL_ALL(1) } } } },
    { "bound ports of two that are destroyed", 0, 1, { ALLOC(2, 0) }, {
        { { 2, 0 }, { BIND(1, 1, 0), SEND(0) } },
        { { 0, 0 }, { KILL_ALL(1) } },
        { { 0, 1 }, { KILL_ALL(2) } } } },
};

static const struct script *script;

static void script_begin(void)
{
    world_begin();
    for (unsigned i = 0; i < MAX_STEPS && script->before[i].fn; i++)
        world_step(&guest1, &script->before[i]);
    world_check();
}

static bool script_step(unsigned lane, unsigned nr)
{
    const struct step *s = &script->lane[lane].step[nr];

    return nr < MAX_STEPS && s->fn && world_step(&script->lane[lane].who, s);
}

static uint64_t script_run(const struct script *s, bool soak)
{
    struct exploration e = {
        .bound = soak ? s->soak_bound : s->bound, .begin = script_begin, .step = script_step, .quiet = world_check,
        .end = world_end,
    };

    script = s;
    while (e.lanes < MAX_LANES && s->lane[e.lanes].step[0].fn)
        e.lanes++;
    return explore(&e);
}

/* --- the program --- */

uint32_t model_random(uint32_t n)
{
    return n - 1;
}

void model_fail(const char *file, int line, const char *what)
{
    printf("%s:%d: %s\n", file, line, what);
    if (script) {
        printf("script: %s\n", script->name);
        explore_print();
    } else {
        for (unsigned i = 0; i < length; i++)
            printf("d%u: %s %u %u %u\n", alphabet[sequence[i]].who->dom, alphabet[sequence[i]].step.name,
                   alphabet[sequence[i]].step.a, alphabet[sequence[i]].step.b, alphabet[sequence[i]].step.c);
    }
    fflush(stdout);
    abort();
}

int main(void)
{
    const char *one = getenv("INTERLEAVE"), *full = getenv("SOAK");
    bool soak = full && !strcmp(full, "1");

    length = soak ? 4 : 3;
    if (!one)
        printf("%llu sequences of %u steps\n", (unsigned long long)sequences_run(), length);
    for (unsigned i = 0; i < ARRAY_SIZE(scripts); i++) {
        if (one && strcmp(one, scripts[i].name))
            continue;
        printf("%s: %llu schedules\n", scripts[i].name, (unsigned long long)script_run(&scripts[i], soak));
        fflush(stdout);
    }
    fake_done();
    return 0;
}
