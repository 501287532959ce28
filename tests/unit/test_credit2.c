/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

#include "sched/credit2.h"

#define RUN SECONDS(60)

static struct domain *busy_domain(domid_t id, unsigned vcpus, uint16_t weight, uint16_t cap)
{
    struct sched_params p = {.weight = weight, .cap = cap};
    struct domain *d = fake_domain(id, vcpus);

    assert_int_equal(sched->set_params(d, &p), 0);
    domain_start(d);
    return d;
}

/* v ran for `percent` hundredths of one CPU, within 1 % of that. */
static void assert_share(struct vcpu *v, stime_t from, double percent)
{
    double got = (double)(time_run(v) - from) * 100.0 / (double)RUN;

    if (got < percent * 0.99 || got > percent * 1.01)
        fail_msg("d%uv%u ran %.3f %% of a CPU, not %.3f %%", v->domain->id, v->id, got, percent);
}

static void weights_share_one_cpu(void **state)
{
    static const uint16_t weight[] = {256, 512, 1024, 128, 64};
    struct domain *d[ARRAY_SIZE(weight)];

    (void)state;
    machine_start("credit2", 1);
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        d[i] = busy_domain((domid_t)(i + 1), 1, weight[i], 0);
    run_until(RUN);
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        assert_share(d[i]->vcpu[0], 0, 100.0 * weight[i] / 1984);
    fake_done();
}

static void weights_share_two_cpus(void **state)
{
    static const uint16_t weight[] = {256, 256, 512, 512, 128, 384};
    struct domain *d[ARRAY_SIZE(weight)];

    (void)state;
    machine_start("credit2", 2);
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        d[i] = busy_domain((domid_t)(i + 1), 1, weight[i], 0);
    run_until(RUN);
    for (unsigned i = 0; i < ARRAY_SIZE(weight); i++)
        assert_share(d[i]->vcpu[0], 0, 200.0 * weight[i] / 2048);
    fake_done();
}

static void equal_vcpus_share_equally(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        machine_start("credit2", n);
        struct domain *d = busy_domain(1, 7, 256, 0);

        run_until(RUN);
        for (unsigned i = 0; i < 7; i++)
            assert_share(d->vcpu[i], 0, 100.0 * n / 7);
        fake_done();
    }
}

/* Three on two CPUs: one runs alone while two alternate, unless the queue moves them about. */
static void odd_number_on_two_cpus(void **state)
{
    (void)state;
    machine_start("credit2", 2);
    struct domain *d = busy_domain(1, 3, 256, 0);

    run_until(RUN);
    for (unsigned i = 0; i < 3; i++)
        assert_share(d->vcpu[i], 0, 200.0 / 3);
    fake_done();
}

/* A vCPU that had the CPU for itself for long does not pay for that when company comes. */
static void lonely_time_is_free(void **state)
{
    (void)state;
    machine_start("credit2", 1);
    struct domain *a = busy_domain(1, 1, 256, 0);

    run_until(RUN);
    assert_int_equal(time_run(a->vcpu[0]), RUN);
    assert_true(fake.timer_deadline[0] == STIME_NEVER); /* alone: no slice timer */
    struct domain *b = busy_domain(2, 1, 256, 0);
    stime_t from = time_run(a->vcpu[0]);

    run_until(2 * RUN);
    assert_share(a->vcpu[0], from, 50);
    assert_share(b->vcpu[0], 0, 50);
    fake_done();
}

static void cap_limits_a_domain(void **state)
{
    (void)state;
    machine_start("credit2", 2);
    struct domain *one = busy_domain(1, 1, 256, 30), *two = busy_domain(2, 2, 256, 50);

    run_until(RUN);
    assert_share(one->vcpu[0], 0, 30);
    assert_share(two->vcpu[0], 0, 25);
    assert_share(two->vcpu[1], 0, 25);
    /* Without a cap it has at least its fair share, though the others come back to full credit in each period. */
    struct sched_params p = {.weight = 256};

    assert_int_equal(sched->set_params(one, &p), 0);
    stime_t from = time_run(one->vcpu[0]);

    run_until(2 * RUN);
    assert_true(time_run(one->vcpu[0]) - from > RUN * 2 / 3);
    assert_share(two->vcpu[0], 0, 50);
    sched->get_params(two, &p);
    assert_int_equal(p.cap, 50);
    assert_int_equal(p.weight, 256);
    fake_done();
}

static void hard_affinity_holds(void **state)
{
    struct cpumask second = {{2}};

    (void)state;
    machine_start("credit2", 2);
    struct domain *d = busy_domain(1, 3, 256, 0);

    vcpu_set_affinity(d->vcpu[0], &second, NULL);
    vcpu_set_affinity(d->vcpu[1], &second, NULL);
    vcpu_set_affinity(d->vcpu[2], &second, NULL);
    run_until(RUN);
    assert_null(cpus[0]->current);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(d->vcpu[i]->sched.cpu, 1);
        assert_share(d->vcpu[i], 0, 100.0 / 3);
    }
    assert_true(cpus[0]->idle_time + fake_time - cpus[0]->idle_since >= RUN - MILLISECS(1));
    fake_done();
}

static void slices_are_bounded(void **state)
{
    stime_t longest = 0, since = 0;
    struct vcpu *last = NULL;
    unsigned changes = 0;

    (void)state;
    machine_start("credit2", 1);
    busy_domain(1, 1, 256, 0);
    busy_domain(2, 1, 256, 0);
    while (fake_time < SECONDS(1)) {
        run_until(fake_time + MICROSECS(100));
        if (cpus[0]->current == last)
            continue;
        if (last && fake_time - since > longest)
            longest = fake_time - since;
        changes++;
        last = cpus[0]->current;
        since = fake_time;
    }
    assert_in_range(longest, MILLISECS(1), C2_SLICE_MAX + MICROSECS(100));
    assert_in_range(changes, 100, 1000); /* not more often than the rate limit */
    fake_done();
}

static void wake_preempts_after_rate_limit(void **state)
{
    (void)state;
    machine_start("credit2", 1);
    struct domain *d = busy_domain(1, 2, 256, 0);
    struct vcpu *sleeper = d->vcpu[1];

    run_until(MILLISECS(5));
    bit_test_and_set(&sleeper->sched.pause_flags, VPF_BLOCKED);
    fake_set_cpu(0);
    vcpu_sleep_nosync(sleeper);
    run_until(MILLISECS(500));
    assert_ptr_equal(cpus[0]->current, d->vcpu[0]);
    vcpu_unblock(sleeper);
    cpus_settle();
    assert_ptr_equal(cpus[0]->current, sleeper);
    /* It ran for a moment only: one that is woken now has to wait for the rest of the millisecond. */
    struct domain *other = busy_domain(2, 1, 256, 0);

    fake_time += MICROSECS(100);
    vcpu_yield(other->vcpu[0]);
    cpus_settle();
    assert_ptr_equal(cpus[0]->current, sleeper);
    run_until(fake_time + MILLISECS(12));
    assert_true(time_run(other->vcpu[0]) > 0);
    fake_done();
}

static void wake_uses_idle_cpu(void **state)
{
    (void)state;
    machine_start("credit2", 2);
    struct domain *d = busy_domain(1, 2, 256, 0);

    cpus_settle();
    assert_non_null(cpus[0]->current);
    assert_non_null(cpus[1]->current);
    assert_ptr_not_equal(cpus[0]->current, cpus[1]->current);
    assert_true(d->vcpu[0]->sched.running && d->vcpu[1]->sched.running);
    fake_done();
}

/* One queue for each CPU: whoever goes idle takes work from the others. */
static void idle_cpu_steals(void **state)
{
    struct cpumask first = {{1}}, both = {{3}};

    (void)state;
    c2_group_cpus = 1;
    machine_start("credit2", 2);
    assert_ptr_not_equal(cpus[0]->sched->lock, cpus[1]->sched->lock);
    struct domain *d = busy_domain(1, 2, 256, 0);

    vcpu_set_affinity(d->vcpu[0], &first, NULL);
    vcpu_set_affinity(d->vcpu[1], &first, NULL);
    run_until(SECONDS(1));
    assert_null(cpus[1]->current);
    vcpu_set_affinity(d->vcpu[1], &both, NULL);
    /* It waits in CPU 0's queue, or comes back to it: the idle CPU is told when it is queued again. */
    run_until(SECONDS(2));
    assert_ptr_equal(cpus[1]->current, d->vcpu[1]);
    assert_ptr_equal(cpus[0]->current, d->vcpu[0]);
    assert_true(d->vcpu[1]->sched.running);
    domain_pause_nosync(d);
    cpus_settle();
    assert_false(d->vcpu[1]->sched.running);
    c2_group_cpus = C2_GROUP_CPUS;
    fake_done();
}

static void yield_gives_way(void **state)
{
    (void)state;
    machine_start("credit2", 1);
    struct domain *d = busy_domain(1, 2, 256, 0);

    cpus_settle();
    struct vcpu *first = cpus[0]->current;

    assert_non_null(first);
    fake_set_cpu(0);
    vcpu_yield(first);
    cpus_settle();
    assert_non_null(cpus[0]->current);
    assert_ptr_not_equal(cpus[0]->current, first);
    assert_int_equal(d->vcpu[0]->sched.running + d->vcpu[1]->sched.running, 1);
    fake_done();
}

static void weight_zero_is_refused(void **state)
{
    struct sched_params p = {.weight = 0};

    (void)state;
    machine_start("credit2", 1);
    struct domain *d = busy_domain(1, 1, 77, 0);

    assert_int_equal(sched->set_params(d, &p), -EINVAL);
    sched->get_params(d, &p);
    assert_int_equal(p.weight, 77);
    assert_int_equal(p.cap, 0);
    fake_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_share_one_cpu),
        cmocka_unit_test(weights_share_two_cpus),
        cmocka_unit_test(equal_vcpus_share_equally),
        cmocka_unit_test(odd_number_on_two_cpus),
        cmocka_unit_test(lonely_time_is_free),
        cmocka_unit_test(cap_limits_a_domain),
        cmocka_unit_test(hard_affinity_holds),
        cmocka_unit_test(slices_are_bounded),
        cmocka_unit_test(wake_preempts_after_rate_limit),
        cmocka_unit_test(wake_uses_idle_cpu),
        cmocka_unit_test(idle_cpu_steals),
        cmocka_unit_test(yield_gives_way),
        cmocka_unit_test(weight_zero_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
