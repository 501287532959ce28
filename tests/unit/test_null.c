/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

static int setup(void **state)
{
    (void)state;
    machine_start("null", 2);
    return 0;
}

static void take_down(struct vcpu *v)
{
    bit_test_and_set(&v->sched.pause_flags, VPF_DOWN);
    fake_set_cpu(0);
    vcpu_sleep_nosync(v);
    cpus_settle();
}

static void one_vcpu_for_each_cpu(void **state)
{
    (void)state;
    struct domain *d = fake_domain(1, 3);

    domain_start(d);
    run_until(SECONDS(1));
    assert_int_equal(time_run(d->vcpu[0]), SECONDS(1));
    assert_int_equal(time_run(d->vcpu[1]), SECONDS(1));
    assert_int_equal(time_run(d->vcpu[2]), 0);
    assert_int_not_equal(d->vcpu[0]->sched.cpu, d->vcpu[1]->sched.cpu);
    assert_true(fake.timer_deadline[0] == STIME_NEVER);
}

static void blocked_vcpu_keeps_its_cpu(void **state)
{
    (void)state;
    struct domain *d = fake_domain(1, 3);
    struct vcpu *v = d->vcpu[0];

    domain_start(d);
    cpus_settle();
    unsigned cpu = v->sched.cpu;

    fake_set_cpu(cpu);
    vcpu_block(v);
    cpus_settle();
    assert_null(cpus[cpu]->current);
    assert_false(d->vcpu[2]->sched.running);
    vcpu_unblock(v);
    cpus_settle();
    assert_ptr_equal(cpus[cpu]->current, v);
}

static void cpu_given_back_goes_to_the_first_waiter(void **state)
{
    (void)state;
    struct domain *d = fake_domain(1, 4);

    domain_start(d);
    cpus_settle();
    unsigned cpu = d->vcpu[0]->sched.cpu;

    take_down(d->vcpu[0]);
    assert_ptr_equal(cpus[cpu]->current, d->vcpu[2]);
    assert_false(d->vcpu[3]->sched.running);
    take_down(d->vcpu[2]);
    assert_ptr_equal(cpus[cpu]->current, d->vcpu[3]);
    bit_test_and_clear(&d->vcpu[0]->sched.pause_flags, VPF_DOWN);
    vcpu_wake(d->vcpu[0]);
    cpus_settle();
    assert_false(d->vcpu[0]->sched.running); /* waits its turn */
}

static void affinity_picks_the_cpu(void **state)
{
    struct cpumask second = {{2}}, first = {{1}};

    (void)state;
    struct domain *d = fake_domain(1, 2);

    vcpu_set_affinity(d->vcpu[0], &second, NULL);
    vcpu_set_affinity(d->vcpu[1], &second, NULL);
    domain_start(d);
    cpus_settle();
    assert_ptr_equal(cpus[1]->current, d->vcpu[0]);
    assert_null(cpus[0]->current);
    vcpu_set_affinity(d->vcpu[1], &first, NULL);
    cpus_settle();
    assert_ptr_equal(cpus[0]->current, d->vcpu[1]);
    assert_ptr_equal(cpus[1]->current, d->vcpu[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_vcpu_for_each_cpu), TEST(blocked_vcpu_keeps_its_cpu), TEST(cpu_given_back_goes_to_the_first_waiter),
        TEST(affinity_picks_the_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
