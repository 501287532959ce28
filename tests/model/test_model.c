/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rounds of random calls by dom0 and guests on a machine of their own; at the end of each every domain is destroyed and
 * all memory must be back. Environment: MODEL_SEED (the first round's; each next one is the next number), MODEL_CALLS;
 * SOAK=1: 50 million calls and, unless told, a seed from the clock.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "errno.h"
#include "fake.h"
#include "list.h"
#include "page.h"
#include "sched.h"

#define SHORT_CALLS 200000ULL
#define SOAK_CALLS 50000000ULL
#define ROUND_CALLS 20000u
#define CHECK_EVERY 97u
#define DEFAULT_SEED 20240601ULL

static uint64_t round_seed, random_state;
static unsigned preempt_one_in, fail_one_in; /* 0: never */
static bool calling; /* a call is under way: the machine may be short of memory */

uint32_t model_random(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

void model_fail(const char *file, int line, const char *what)
{
    printf("%s:%d: %s\nMODEL_SEED=%llu brings it back, in its first %u calls (this was call %llu in all)\n", file, line,
           what, (unsigned long long)round_seed, ROUND_CALLS, (unsigned long long)calls_made);
    fflush(stdout);
    abort();
}

static bool preempt(void)
{
    return preempt_one_in && model_random(preempt_one_in) == 0;
}

static bool fail_alloc(void)
{
    return calling && fail_one_in && model_random(fail_one_in) == 0;
}

static void random_begin(uint64_t seed)
{
    static const unsigned preempts[] = { 0, 2, 4, 50 }, fails[] = { 0, 0, 10, 200 };

    round_seed = seed;
    random_state = (seed + 1) * 0x9e3779b97f4a7c15ULL | 1;
    for (unsigned i = 0; i < 8; i++)
        model_random(2);
    preempt_one_in = preempts[model_random(ARRAY_SIZE(preempts))];
    fail_one_in = fails[model_random(ARRAY_SIZE(fails))];
}

/* In an order of its own each time: who holds what of whom must not matter. dom0 is the last. */
static void destroy_all(void)
{
    domid_t first = (domid_t)model_random(MODEL_DOMAINS);

    fake_set_current(NULL);
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        domid_t id = (domid_t)((first + i) % MODEL_DOMAINS);
        struct domain *d = id ? domain_get_by_id(id) : NULL;

        if (!d)
            continue;
        domain_put(d); /* it stays until it is killed, or others let go of its frames */
        while (domain_kill(d) == -ERESTART)
            model_check();
    }
    while (domain_kill(model[0].d) == -ERESTART)
        continue;
}

static void round_run(uint64_t seed, uint64_t calls)
{
    uint64_t pages, objects;

    random_begin(seed);
    fake_init(MODEL_RAM_MIB);
    pages = free_pages_count();
    objects = hv_heap_objects();
    fake_time = SECONDS(1);
    memset(model, 0, sizeof(model));
    calls_begin(fake_domain(0, 2));
    fake.preempt = preempt;
    fake.fail_alloc = fail_alloc;
    for (uint64_t n = 0; n < calls; n++) {
        calling = true;
        calls_step();
        calling = false;
        if (n % CHECK_EVERY == 0)
            model_check();
    }
    model_check();
    destroy_all();
    calls_end();
    CHECK(list_empty(&domain_list));
    CHECK(this_cpu()->lock_ranks == 0);
    CHECK(hv_heap_objects() == objects);
    for (mfn_t mfn = FAKE_BOOT_PAGES; free_pages_count() != pages && mfn < max_mfn; mfn++)
        if (mfn_to_page(mfn)->refs)
            printf("frame %#llx of %#x is still held (%u)\n", (unsigned long long)mfn, mfn_to_page(mfn)->owner,
                   mfn_to_page(mfn)->refs);
    CHECK(free_pages_count() == pages);
    for (mfn_t mfn = 0; mfn < FAKE_BOOT_PAGES; mfn++)
        CHECK(mfn_to_page(mfn)->refs == 0);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);

    return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

int main(void)
{
    bool soak = number("SOAK", 0) == 1;
    uint64_t seed = number("MODEL_SEED", soak ? (uint64_t)time(NULL) : DEFAULT_SEED);
    uint64_t calls = number("MODEL_CALLS", soak ? SOAK_CALLS : SHORT_CALLS);

    printf("MODEL_SEED=%llu MODEL_CALLS=%llu\n", (unsigned long long)seed, (unsigned long long)calls);
    fflush(stdout);
    while (calls_made < calls) {
        uint64_t left = calls - calls_made;

        round_run(seed++, left < ROUND_CALLS ? left : ROUND_CALLS);
    }
    calls_report();
    fake_done();
    return 0;
}
