/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

#include "event.h"
#include "public/sched.h"

#define ARG 0x3000
#define PORTS 0x3100

static struct domain *d;
static struct vcpu *v;

static int setup(void **state)
{
    (void)state;
    machine_start(NULL, 1);
    d = fake_domain(1, 1);
    v = d->vcpu[0];
    domain_start(d);
    cpus_settle();
    assert_ptr_equal(current_vcpu(), v);
    return 0;
}

static int64_t sched_op(unsigned cmd, const void *arg, size_t size)
{
    if (arg)
        memcpy(fake_guest_ptr(d, ARG), arg, size);
    return call(__HYPERVISOR_sched_op, cmd, ARG, 0);
}

static int64_t poll_ports(unsigned nr, uint64_t timeout)
{
    struct sched_poll a = {.ports = PORTS, .nr_ports = nr, .timeout = timeout};

    return sched_op(SCHEDOP_poll, &a, sizeof(a));
}

static uint32_t new_port(void)
{
    uint32_t port;

    assert_int_equal(evtchn_alloc_unbound(d, DOMID_SELF, &port), 0);
    return port;
}

static void block_enables_events_and_waits(void **state)
{
    struct vcpu_info *info = v->info;

    (void)state;
    info->evtchn_upcall_mask = 1;
    assert_int_equal(sched_op(SCHEDOP_block, NULL, 0), 0);
    assert_int_equal(info->evtchn_upcall_mask, 0);
    assert_false(vcpu_runnable(v));
    cpus_settle();
    assert_null(cpus[0]->current);
    vcpu_unblock(v);
    cpus_settle();
    info->evtchn_upcall_mask = 1;
    info->evtchn_upcall_pending = 1; /* masked so far: the wake-up is not lost */
    assert_int_equal(sched_op(SCHEDOP_block, NULL, 0), 0);
    assert_true(vcpu_runnable(v));
}

static void yield_asks_for_a_switch(void **state)
{
    (void)state;
    cpus[0]->work = 0;
    assert_int_equal(sched_op(SCHEDOP_yield, NULL, 0), 0);
    assert_true(bit_test(&cpus[0]->work, WORK_RESCHED));
    assert_true(vcpu_runnable(v));
}

static void poll_checks_its_ports(void **state)
{
    uint32_t *ports = fake_guest_ptr(d, PORTS);

    (void)state;
    assert_int_equal(poll_ports(129, 0), -EINVAL);
    ports[0] = 0xffffffff;
    assert_int_equal(poll_ports(1, 0), -EINVAL);
    fake.walk_fault_start = 0x100000;
    fake.walk_fault_end = UINT64_MAX;
    struct sched_poll a = {.ports = 0x200000, .nr_ports = 1};

    assert_int_equal(sched_op(SCHEDOP_poll, &a, sizeof(a)), -EFAULT);
    assert_false(v->polling);
    assert_int_equal(d->poll_count, 0);
    assert_true(vcpu_runnable(v));
}

static void poll_times_out(void **state)
{
    uint32_t *ports = fake_guest_ptr(d, PORTS);

    (void)state;
    ports[0] = new_port();
    assert_int_equal(poll_ports(1, MILLISECS(5)), 0);
    assert_true(v->polling);
    assert_int_equal(v->poll_port, ports[0]);
    assert_int_equal(d->poll_count, 1);
    cpus_settle();
    assert_null(cpus[0]->current);
    run_until(MILLISECS(4));
    assert_null(cpus[0]->current);
    run_until(MILLISECS(5));
    assert_ptr_equal(cpus[0]->current, v);
    assert_false(v->polling);
    assert_int_equal(d->poll_count, 0);
}

static void poll_ends_with_another_event(void **state)
{
    uint32_t *ports = fake_guest_ptr(d, PORTS);

    (void)state;
    ports[0] = new_port();
    ports[1] = new_port();
    assert_int_equal(poll_ports(2, SECONDS(5)), 0);
    assert_int_equal(v->poll_port, UINT32_MAX);
    assert_true(timer_is_set(&v->poll));
    vcpu_unblock(v);
    assert_false(v->polling);
    assert_false(timer_is_set(&v->poll));
    assert_int_equal(d->poll_count, 0);
    assert_true(vcpu_runnable(v));
}

static void poll_of_a_pending_port_returns(void **state)
{
    uint32_t *ports = fake_guest_ptr(d, PORTS), port = new_port();
    struct shared_info *si = d->shared_info;

    (void)state;
    ports[0] = port;
    si->evtchn_pending[port / 64] |= 1ULL << (port % 64);
    assert_int_equal(poll_ports(1, 0), 0);
    assert_true(vcpu_runnable(v));
    assert_false(v->polling);
    assert_int_equal(d->poll_count, 0);
}

static void shutdown_stops_the_domain(void **state)
{
    struct sched_shutdown a = {.reason = SHUTDOWN_crash};

    (void)state;
    assert_int_equal(sched_op(SCHEDOP_shutdown, &a, sizeof(a)), 0);
    assert_true(d->shutting_down);
    assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
    assert_false(vcpu_runnable(v));
}

static void remote_shutdown_needs_rights(void **state)
{
    struct sched_remote_shutdown a = {.domain_id = 2, .reason = SHUTDOWN_reboot};
    struct domain *other = fake_domain(2, 1);

    (void)state;
    assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &a, sizeof(a)), -EPERM);
    assert_false(other->shutting_down);
    a.domain_id = 77;
    assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &a, sizeof(a)), -ESRCH);
}

static void watchdog_bites_unless_fed(void **state)
{
    struct sched_watchdog a = {.id = 0, .timeout = 2}, feed = {.id = 1, .timeout = 3};

    (void)state;
    assert_int_equal(sched_op(SCHEDOP_watchdog, &feed, sizeof(feed)), -EINVAL);
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), 1);
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), 2);
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), -ENOSPC);
    a = (struct sched_watchdog){.id = 2, .timeout = 0};
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), 0);
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), -EINVAL);
    a = (struct sched_watchdog){.id = 3, .timeout = 1};
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), -EINVAL);
    a = (struct sched_watchdog){0};
    assert_int_equal(sched_op(SCHEDOP_watchdog, &a, sizeof(a)), -EINVAL);
    run_until(SECONDS(1));
    assert_int_equal(sched_op(SCHEDOP_watchdog, &feed, sizeof(feed)), 0);
    run_until(SECONDS(4) - 1);
    assert_false(d->shutting_down);
    run_until(SECONDS(4));
    assert_true(d->shutting_down);
    assert_int_equal(d->shutdown_code, SHUTDOWN_watchdog);
    sched_domain_destroy(d);
}

static void unknown_is_refused(void **state)
{
    (void)state;
    assert_int_equal(sched_op(SCHEDOP_pin_override, NULL, 0), -ENOSYS);
    assert_int_equal(sched_op(8, NULL, 0), -ENOSYS);
    assert_int_equal(sched_op(0xffffffff, NULL, 0), -ENOSYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(block_enables_events_and_waits), TEST(yield_asks_for_a_switch), TEST(poll_checks_its_ports),
        TEST(poll_times_out), TEST(poll_ends_with_another_event), TEST(poll_of_a_pending_port_returns),
        TEST(shutdown_stops_the_domain), TEST(remote_shutdown_needs_rights), TEST(watchdog_bites_unless_fed),
        TEST(unknown_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
