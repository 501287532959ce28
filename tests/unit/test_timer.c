/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

#include "page.h"

static unsigned fired[64], order[256], nr_order;
static struct timer timers[64];

static void note(void *data)
{
    unsigned i = (unsigned)(uintptr_t)data;

    fired[i]++;
    order[nr_order++ % ARRAY_SIZE(order)] = i;
}

static int setup(void **state)
{
    (void)state;
    machine_start(NULL, 2);
    memset(fired, 0, sizeof(fired));
    memset(timers, 0, sizeof(timers));
    nr_order = 0;
    return 0;
}

static void make(unsigned i, unsigned cpu)
{
    assert_int_equal(timer_init(&timers[i], note, (void *)(uintptr_t)i, cpu), 0);
}

static void runs_in_order_of_expiry(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        make(i, 0);
        timer_set(&timers[i], 1000 + (i * 37 % 64) * 10);
    }
    assert_int_equal(timer_next(), 1000);
    assert_int_equal(fake.timer_deadline[0], 1000);
    fake_time = 999;
    timer_run();
    assert_int_equal(nr_order, 0);
    fake_time = 1000 + 31 * 10;
    timer_run();
    assert_int_equal(nr_order, 32);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(order[i] * 37 % 64, i);
    assert_int_equal(timer_next(), 1320);
    assert_int_equal(fake.timer_deadline[0], 1320);
    fake_time = 5000;
    timer_run();
    assert_int_equal(nr_order, 64);
    assert_int_equal(timer_next(), STIME_NEVER);
    assert_true(fake.timer_deadline[0] == STIME_NEVER);
}

static void stop_and_set_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        make(i, 0);
        timer_set(&timers[i], 100 + i);
    }
    timer_stop(&timers[0]);
    timer_stop(&timers[5]);
    timer_stop(&timers[5]);
    timer_set(&timers[7], 50);
    timer_set(&timers[1], 500);
    assert_false(timer_is_set(&timers[5]));
    assert_true(timer_is_set(&timers[7]));
    assert_int_equal(timer_next(), 50);
    fake_time = 1000;
    timer_run();
    static const unsigned expect[] = {7, 2, 3, 4, 6, 1};

    assert_int_equal(nr_order, ARRAY_SIZE(expect));
    assert_memory_equal(order, expect, sizeof(expect));
}

static void past_time_is_due_at_once(void **state)
{
    (void)state;
    fake_time = 1000;
    make(0, 0);
    cpus[0]->work = 0;
    timer_set(&timers[0], 10);
    assert_true(bit_test(&cpus[0]->work, WORK_TIMER));
    timer_run();
    assert_int_equal(fired[0], 1);
}

static void other_cpu_is_told(void **state)
{
    (void)state;
    make(0, 1);
    make(1, 1);
    cpus[1]->work = 0;
    unsigned kicks = cpus[1]->arch.kicks;

    timer_set(&timers[0], 100);
    assert_true(bit_test(&cpus[1]->work, WORK_TIMER));
    assert_int_equal(cpus[1]->arch.kicks, kicks + 1);
    cpus[1]->work = 0;
    timer_set(&timers[1], 200); /* not the first: nothing to program */
    assert_int_equal(cpus[1]->work, 0);
    fake_set_cpu(1);
    timer_run();
    assert_int_equal(fake.timer_deadline[1], 100);
    fake_time = 300;
    timer_run();
    assert_int_equal(nr_order, 2);
}

static struct timer again;
static unsigned again_count;

static void set_again(void *data)
{
    again_count++;
    timer_set(data, fake_time - 1);
}

static void fn_sets_itself(void **state)
{
    (void)state;
    again_count = 0;
    assert_int_equal(timer_init(&again, set_again, &again, 0), 0);
    timer_set(&again, 1);
    fake_time = 10;
    cpus[0]->work = 0;
    timer_run();
    assert_int_equal(again_count, 1); /* the CPU does other things before it runs again */
    assert_true(bit_test(&cpus[0]->work, WORK_TIMER));
    timer_run();
    assert_int_equal(again_count, 2);
    timer_kill(&again);
    timer_run();
    assert_int_equal(again_count, 2);
}

static void kill_both(void *data)
{
    fired[63]++;
    timer_kill(data);
    timer_kill(&timers[1]);
    assert_false(spin_is_locked(&cpus[0]->timers.lock));
}

static void fn_kills_itself_and_others(void **state)
{
    (void)state;
    assert_int_equal(timer_init(&timers[0], kill_both, &timers[0], 0), 0);
    make(1, 0);
    make(2, 0);
    timer_set(&timers[0], 1);
    timer_set(&timers[1], 2);
    timer_set(&timers[2], 3);
    fake_time = 10;
    timer_run();
    timer_run();
    assert_int_equal(fired[63], 1);
    assert_int_equal(fired[1], 0);
    assert_int_equal(fired[2], 1);
    timer_set(&timers[0], 20); /* dead: ignored */
    assert_false(timer_is_set(&timers[0]));
}

static void migrate_takes_the_expiry_along(void **state)
{
    (void)state;
    make(0, 0);
    make(1, 0);
    timer_set(&timers[0], 100);
    cpus[1]->work = 0;
    timer_migrate(&timers[0], 1);
    timer_migrate(&timers[1], 1);
    assert_true(bit_test(&cpus[1]->work, WORK_TIMER));
    assert_int_equal(timers[0].cpu, 1);
    assert_true(timer_is_set(&timers[0]));
    assert_false(timer_is_set(&timers[1]));
    fake_time = 200;
    timer_run();
    assert_int_equal(nr_order, 0);
    fake_set_cpu(1);
    timer_run();
    assert_int_equal(nr_order, 1);
}

static void places_are_given_back(void **state)
{
    uint32_t size = cpus[0]->timers.size;
    uint64_t objects = hv_heap_objects();

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 64; i++)
            make(i, 0);
        assert_int_equal(cpus[0]->timers.size, size + 64);
        for (unsigned i = 0; i < 64; i++)
            timer_kill(&timers[i]);
        timer_kill(&timers[0]); /* again: harmless */
        assert_int_equal(cpus[0]->timers.size, size);
    }
    assert_int_equal(hv_heap_objects(), objects);
}

static void no_memory_is_reported(void **state)
{
    (void)state;
    unsigned made = 0;

    fake_fail_alloc_after(0);
    while (made < 64 && timer_init(&timers[made], note, NULL, 0) == 0)
        made++;
    fake_fail_alloc_after(-1);
    assert_in_range(made, 1, 63); /* what was reserved at once, then -ENOMEM */
    assert_int_equal(timer_init(&timers[made], note, NULL, 0), 0);
    timer_set(&timers[made], 5);
    assert_int_equal(timer_next(), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_in_order_of_expiry), TEST(stop_and_set_again), TEST(past_time_is_due_at_once), TEST(other_cpu_is_told),
        TEST(fn_sets_itself), TEST(fn_kills_itself_and_others), TEST(migrate_takes_the_expiry_along),
        TEST(places_are_given_back), TEST(no_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
