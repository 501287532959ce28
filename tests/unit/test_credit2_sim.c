/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * credit2 in simulated time: many vCPUs that compute all the time, or compute and sleep by turns, on 1, 2 and 4 CPUs. What
 * holds at every event is checked at every event: affinity, no idle CPU while somebody waits who may run there, nobody
 * waits for long. At the end of a run: shares by weight and caps within 1 %, how soon a waking sleeper ran. Seeds are fixed;
 * SOAK=1 in the environment is more of them, and longer runs.
 */
#include <stdlib.h>

#include "sched_fixture.h"

#include "sched/credit2.h"

#define ACTORS_MAX 24

struct actor {
    struct vcpu *v;
    stime_t on, off;      /* mean times of computing and sleeping; off 0: it never sleeps */
    stime_t target;       /* time_run at which it goes to sleep */
    stime_t wakes;        /* asleep: until when */
    stime_t waits_since;  /* runnable and not running: since when; else STIME_NEVER */
    bool asleep, woken;   /* woken: and has not run since */
    stime_t latency;      /* longest from waking to running */
    stime_t start;        /* time_run when the measurement began */
    double expected;      /* share of a CPU that it should get */
};

static struct actor actor[ACTORS_MAX];
static unsigned nr_actors;
static uint64_t rng;
static stime_t starve_bound; /* for those without a cap */
static double within;        /* of what is expected */
static stime_t stall_mean;   /* not 0: mean time between stalls of the whole machine, as an emulator's host makes them */

static uint64_t random_below(uint64_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng % n;
}

static bool soak(void)
{
    const char *s = getenv("SOAK");

    return s && strcmp(s, "1") == 0;
}

static stime_t run_length(void)
{
    return soak() ? SECONDS(120) : SECONDS(30);
}

static unsigned seeds(void)
{
    return soak() ? 20 : 4;
}

/* --- actors --- */

static struct domain *add_domain(unsigned vcpus, uint16_t weight, uint16_t cap, stime_t on, stime_t off)
{
    struct sched_params p = {.weight = weight, .cap = cap};
    static domid_t id;
    struct domain *d = fake_domain(nr_actors ? ++id : (id = 1), vcpus);

    assert_int_equal(sched->set_params(d, &p), 0);
    domain_start(d);
    for (unsigned i = 0; i < vcpus; i++) {
        assert_true(nr_actors < ACTORS_MAX);
        actor[nr_actors++] = (struct actor){.v = d->vcpu[i], .on = on, .off = off, .target = on,
                                            .waits_since = STIME_NEVER};
    }
    return d;
}

static struct domain *add_hogs(unsigned vcpus, uint16_t weight, uint16_t cap)
{
    return add_domain(vcpus, weight, cap, 0, 0);
}

static void pin(struct vcpu *v, uint64_t cpus_mask)
{
    vcpu_set_affinity(v, &(struct cpumask){{cpus_mask}}, NULL);
}

static bool is_running(const struct actor *a)
{
    return cpus[a->v->sched.cpu]->current == a->v;
}

static bool cap_allows(const struct actor *a)
{
    return c2_cap_allows(c2_domain_of(a->v->domain));
}

static void actor_act(struct actor *a)
{
    if (!a->off)
        return;
    if (a->asleep && fake_time >= a->wakes) {
        fake_set_cpu((unsigned)random_below(nr_cpus));
        a->asleep = false;
        a->woken = true;
        a->target = time_run(a->v) + a->on / 2 + (stime_t)random_below((uint64_t)a->on);
        a->waits_since = fake_time;
        vcpu_unblock(a->v);
    } else if (!a->asleep && is_running(a) && time_run(a->v) >= a->target) {
        fake_set_cpu(a->v->sched.cpu);
        a->asleep = true;
        a->wakes = fake_time + a->off / 2 + (stime_t)random_below((uint64_t)a->off);
        bit_test_and_set(&a->v->sched.pause_flags, VPF_BLOCKED);
        vcpu_sleep_nosync(a->v);
    }
}

static stime_t actor_next(const struct actor *a)
{
    if (a->off && a->asleep)
        return a->wakes;
    if (a->off && is_running(a))
        return fake_time + (a->target - time_run(a->v));
    return STIME_NEVER;
}

/* --- what always holds --- */

static void check_waiting(struct actor *a)
{
    if (a->asleep || is_running(a)) {
        if (a->woken && !a->asleep) {
            a->woken = false;
            if (fake_time - a->waits_since > a->latency)
                a->latency = fake_time - a->waits_since;
        }
        a->waits_since = STIME_NEVER;
        return;
    }
    if (a->waits_since == STIME_NEVER)
        a->waits_since = fake_time;
    if (c2_domain_of(a->v->domain)->cap)
        return;
    if (fake_time - a->waits_since > starve_bound)
        fail_msg("d%uv%u waits for %lld us", a->v->domain->id, a->v->id,
                 (long long)((fake_time - a->waits_since) / 1000));
}

static void check_cpu(unsigned cpu)
{
    struct vcpu *v = cpus[cpu]->current;

    if (v) {
        assert_true(bit_test(v->sched.hard.bits, cpu));
        assert_int_equal(v->sched.cpu, cpu);
        assert_true(v->sched.running && vcpu_runnable(v));
        return;
    }
    for (unsigned i = 0; i < nr_actors; i++) {
        struct actor *a = &actor[i];

        if (!a->asleep && !is_running(a) && bit_test(a->v->sched.hard.bits, cpu) && cap_allows(a))
            fail_msg("at %lld us CPU %u is idle and d%uv%u waits", (long long)(fake_time / 1000), cpu,
                     a->v->domain->id, a->v->id);
    }
}

static void check_now(void)
{
    for (unsigned i = 0; i < nr_actors; i++)
        check_waiting(&actor[i]);
    for (unsigned i = 0; i < nr_cpus; i++)
        check_cpu(i);
}

/* --- time --- */

/* From event to event up to `end`. */
static void simulate(stime_t end)
{
    while (fake_time < end) {
        stime_t next = end;

        for (unsigned i = 0; i < nr_actors; i++)
            actor_act(&actor[i]);
        cpus_settle();
        check_now();
        for (unsigned i = 0; i < nr_actors; i++)
            if (actor_next(&actor[i]) < next)
                next = actor_next(&actor[i]);
        for (unsigned i = 0; i < nr_cpus; i++)
            if (fake.timer_deadline[i] < next)
                next = fake.timer_deadline[i];
        if (stall_mean && random_below((uint64_t)stall_mean) < (uint64_t)(next - fake_time))
            next += (stime_t)random_below(MILLISECS(60));
        fake_time = next > fake_time ? next : fake_time + 1;
    }
}

static void sim_start(unsigned nr, uint64_t seed)
{
    machine_start("credit2", nr);
    nr_actors = 0;
    rng = seed * 0x9e3779b97f4a7c15ULL + 1;
    starve_bound = MILLISECS(200);
    stall_mean = 0;
    within = 0.01;
}

/* A second to settle, then the measurement. */
static void measure(stime_t length)
{
    simulate(fake_time + SECONDS(1));
    for (unsigned i = 0; i < nr_actors; i++)
        actor[i].start = time_run(actor[i].v);
    simulate(fake_time + length);
}

static double share(const struct actor *a, stime_t length)
{
    return (double)(time_run(a->v) - a->start) / (double)length;
}

static unsigned weight_of(const struct actor *a)
{
    return c2_domain_of(a->v->domain)->weight;
}

/*
 * What is fair among hogs that may run anywhere: in proportion to the weights, but nobody more than one CPU; what such a
 * one cannot use goes to the others.
 */
static void expect_fair(double capacity)
{
    bool again = true;

    for (unsigned i = 0; i < nr_actors; i++)
        actor[i].expected = 0;
    while (again) {
        double left = capacity, sum = 0;

        again = false;
        for (unsigned i = 0; i < nr_actors; i++) {
            left -= actor[i].expected;
            sum += actor[i].expected == 0 ? weight_of(&actor[i]) : 0;
        }
        for (unsigned i = 0; i < nr_actors && !again; i++) {
            if (actor[i].expected == 0 && left * weight_of(&actor[i]) > sum) {
                actor[i].expected = 1;
                again = true;
            }
        }
        for (unsigned i = 0; i < nr_actors && !again; i++)
            if (actor[i].expected == 0)
                actor[i].expected = left * weight_of(&actor[i]) / sum;
    }
}

static void check_shares(stime_t length)
{
    for (unsigned i = 0; i < nr_actors; i++) {
        double got = share(&actor[i], length), want = actor[i].expected;

        if (got < want * (1 - within) || got > want * (1 + within))
            fail_msg("%u CPUs: d%uv%u with weight %u has %.4f of a CPU, not %.4f", nr_cpus,
                     actor[i].v->domain->id, actor[i].v->id, weight_of(&actor[i]), got, want);
    }
}

static void check_latency(stime_t bound)
{
    for (unsigned i = 0; i < nr_actors; i++)
        if (actor[i].off && actor[i].latency > bound)
            fail_msg("%u CPUs: d%uv%u ran %lld us after it was woken", nr_cpus, actor[i].v->domain->id,
                     actor[i].v->id, (long long)(actor[i].latency / 1000));
}

/* --- the runs --- */

static const unsigned machines[] = {1, 2, 4};

/* run once for each machine and seed, with the number of CPUs */
static void each(void (*run)(unsigned cpus_nr))
{
    for (unsigned m = 0; m < ARRAY_SIZE(machines); m++) {
        for (unsigned seed = 1; seed <= seeds(); seed++) {
            sim_start(machines[m], seed);
            run(machines[m]);
            fake_done();
        }
    }
}

static void run_hogs(unsigned nr)
{
    static const uint16_t weight[] = {64, 128, 256, 256, 384, 512, 1024};
    unsigned domains = nr + 1 + (unsigned)random_below(2 * nr + 2);

    for (unsigned i = 0; i < domains && nr_actors < ACTORS_MAX - 2; i++)
        add_hogs(1 + (unsigned)random_below(2), weight[random_below(ARRAY_SIZE(weight))], 0);
    measure(run_length());
    expect_fair(nr);
    check_shares(run_length());
}

static void hogs_share_by_weight(void **state)
{
    (void)state;
    each(run_hogs);
}

/* Sleepers take less than their share: they get all they want, and soon; the hogs share the rest. */
static void run_mixed(unsigned nr)
{
    static const uint16_t weight[] = {128, 256, 256, 512};
    double sum = 0, left = nr;
    unsigned sleepers;

    for (unsigned i = 0; i < nr; i++)
        add_domain(1, 256, 0, MICROSECS(300 + 100 * i), MILLISECS(10 + 7 * i));
    sleepers = nr_actors;
    for (unsigned i = 0; i < nr + 1 + random_below(4); i++)
        add_hogs(2, weight[random_below(ARRAY_SIZE(weight))], 0);
    measure(run_length());
    for (unsigned i = 0; i < nr_actors; i++) {
        if (i < sleepers)
            left -= actor[i].expected = share(&actor[i], run_length());
        else
            sum += weight_of(&actor[i]);
    }
    for (unsigned i = sleepers; i < nr_actors; i++)
        actor[i].expected = left * weight_of(&actor[i]) / sum;
    check_shares(run_length());
    check_latency(MILLISECS(3));
}

static void sleepers_among_hogs(void **state)
{
    (void)state;
    each(run_mixed);
}

static void run_caps(unsigned nr, bool stalls)
{
    unsigned cap = 5 + (unsigned)random_below(40), wide = 10 + (unsigned)random_below(90);
    unsigned capped = 1 + (nr > 1 ? 2 : 0);

    add_hogs(1, 512, (uint16_t)cap);
    actor[0].expected = cap / 100.0;
    if (nr > 1) {
        add_hogs(2, 512, (uint16_t)wide);
        actor[1].expected = actor[2].expected = wide / 200.0;
    }
    add_hogs(nr, 256, 0);
    if (stalls) {
        stall_mean = MILLISECS(200);
        within = 0.02; /* the debt of a stall at the end is not paid yet */
        starve_bound = SECONDS(1);
    }
    measure(run_length());
    for (unsigned i = capped; i < nr_actors; i++)
        actor[i].expected = (nr - (cap + (nr > 1 ? wide : 0)) / 100.0) / nr;
    if (nr > 1) { /* how the two of a domain divide their cap is not promised */
        double both = (share(&actor[1], run_length()) + share(&actor[2], run_length())) / 2;

        assert_true(both > wide / 200.0 * (1 - within) && both < wide / 200.0 * (1 + within));
        actor[1].expected = share(&actor[1], run_length());
        actor[2].expected = share(&actor[2], run_length());
    }
    check_shares(run_length());
}

static void run_caps_smoothly(unsigned nr)
{
    run_caps(nr, false);
}

static void run_caps_with_stalls(unsigned nr)
{
    run_caps(nr, true);
}

static void caps_hold(void **state)
{
    (void)state;
    each(run_caps_smoothly);
}

static void caps_hold_when_time_jumps(void **state)
{
    (void)state;
    each(run_caps_with_stalls);
}

/* More vCPUs than CPUs in a domain with a cap, alone on the machine and against sleepers. */
static void run_cap_alone(unsigned nr)
{
    unsigned cap = 10 + (unsigned)random_below(nr * 100 - 20), vcpus = nr + 1;
    stime_t all = 0;

    add_hogs(vcpus, 256, (uint16_t)cap);
    add_domain(1, 256, 0, MICROSECS(200), MILLISECS(20));
    measure(run_length());
    for (unsigned i = 0; i < vcpus; i++)
        all += time_run(actor[i].v) - actor[i].start;
    double got = (double)all / (double)run_length() * 100;

    if (got < cap * 0.99 || got > cap * 1.01)
        fail_msg("%u CPUs: %.3f %% with a cap of %u %%", nr, got, cap);
}

static void caps_of_wide_domains(void **state)
{
    (void)state;
    each(run_cap_alone);
}

/* Pinned to its CPUs each, two groups share theirs by weight whatever the others do. */
static void pinned_apart(void **state)
{
    static const uint16_t weight[] = {256, 256, 1024, 128, 512};

    (void)state;
    sim_start(2, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        pin(add_hogs(1, weight[i], 0)->vcpu[0], i < 2 ? 1 : 2);
    starve_bound = MILLISECS(400);
    measure(run_length());
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        actor[i].expected = i < 2 ? 0.5 : weight[i] / 1664.0;
    check_shares(run_length());
    fake_done();
}

/* One that was alone on its CPU for a minute has no debt when others come. */
static void pinned_alone_is_free(void **state)
{
    (void)state;
    sim_start(2, 1);
    struct domain *one = add_hogs(1, 256, 0);

    pin(one->vcpu[0], 2);
    for (unsigned i = 0; i < 3; i++)
        pin(add_hogs(1, 256, 0)->vcpu[0], 1);
    simulate(SECONDS(60));
    for (unsigned i = 0; i < 4; i++)
        pin(actor[i].v, 3);
    starve_bound = MILLISECS(50);
    measure(run_length());
    expect_fair(2);
    check_shares(run_length());
    fake_done();
}

/* Affinities, weights and caps change all the time: only what holds at every event is checked. */
static void run_changes(unsigned nr)
{
    struct domain *d[5];

    starve_bound = SECONDS(2);
    for (unsigned i = 0; i < ARRAY_SIZE(d); i++)
        d[i] = i < 2 ? add_domain(2, 256, 0, MILLISECS(1 + i), MILLISECS(5)) : add_hogs(2, 256, 0);
    while (fake_time < run_length()) {
        struct actor *a = &actor[random_below(nr_actors)];
        struct sched_params p = {.weight = (uint16_t)(64 + random_below(960)),
                                 .cap = (uint16_t)(random_below(3) ? 0 : 20 + random_below(100))};

        fake_set_cpu((unsigned)random_below(nr));
        pin(a->v, 1 + random_below((1ULL << nr) - 1));
        if (random_below(4) == 0)
            assert_int_equal(sched->set_params(d[random_below(ARRAY_SIZE(d))], &p), 0);
        simulate(fake_time + (stime_t)random_below(MILLISECS(30)));
    }
}

static void changes_at_random(void **state)
{
    (void)state;
    each(run_changes);
}

/* The same with a run queue for each CPU: whoever is idle takes work from the others. */
static void changes_with_a_queue_for_each_cpu(void **state)
{
    (void)state;
    c2_group_cpus = 1;
    each(run_changes);
    c2_group_cpus = C2_GROUP_CPUS;
}

/* Who was next to one of the greatest weight waits no longer than others when that one has gone. */
static void debts_shrink(void **state)
{
    (void)state;
    sim_start(1, 1);
    struct domain *heavy = add_hogs(1, 65535, 0), *light = add_hogs(1, 1, 0);

    add_hogs(1, 256, 0);
    starve_bound = SECONDS(100);
    simulate(SECONDS(3));
    domain_pause_nosync(heavy);
    actor[0].asleep = true;
    simulate(SECONDS(4));
    struct sched_params p = {.weight = 256};

    assert_int_equal(sched->set_params(light, &p), 0);
    actor[1].waits_since = STIME_NEVER;
    starve_bound = MILLISECS(200);
    simulate(SECONDS(5));
    fake_done();
}

/* A vCPU that could not be made leaves the cap of its domain as it was. */
static void cap_survives_a_failed_vcpu(void **state)
{
    (void)state;
    sim_start(1, 1);
    struct domain *d = add_hogs(2, 256, 30);
    struct vcpu *gone = d->vcpu[1];

    nr_actors = 1;
    domain_pause_nosync(d);
    cpus_settle();
    vcpu_destroy(gone);
    fake.fail_init = -ENOMEM;
    assert_int_equal(vcpu_create(d, 1), -ENOMEM);
    fake.fail_init = 0;
    domain_unpause(d);
    actor[0].expected = 0.3;
    measure(run_length());
    check_shares(run_length());
    fake_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hogs_share_by_weight),
        cmocka_unit_test(sleepers_among_hogs),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(caps_hold_when_time_jumps),
        cmocka_unit_test(caps_of_wide_domains),
        cmocka_unit_test(pinned_apart),
        cmocka_unit_test(pinned_alone_is_free),
        cmocka_unit_test(changes_at_random),
        cmocka_unit_test(changes_with_a_queue_for_each_cpu),
        cmocka_unit_test(debts_shrink),
        cmocka_unit_test(cap_survives_a_failed_vcpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
