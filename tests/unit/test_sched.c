/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

#include "public/sched.h"
#include "public/vcpu.h"
#include "sched/runstate.h"
#include "sched/sched_ctl.h"
#include "sched/sched_internal.h"

static int setup(void **state)
{
    (void)state;
    machine_start(NULL, 2);
    return 0;
}

static void choice_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(sched, &sched_credit2);
    assert_int_equal(sched_init("nonesuch"), -EINVAL);
    machine_start("null", 2);
    assert_ptr_equal(sched, &sched_null);
    assert_int_equal(sched_ctl_id(), XEN_SCHEDULER_NULL);
    machine_start("credit2", 2);
    assert_int_equal(sched_ctl_id(), XEN_SCHEDULER_CREDIT2);
    assert_string_equal(sched_ctl_name(), "SMP Credit Scheduler rev2");
}

/* At boot the timer queue is made after the choice: the scheduler must not have set up anything in it. */
static void cpus_not_online_are_left_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < nr_cpus; i++) {
        cpus[i]->sched = NULL;
        cpus[i]->online = i == 1;
    }
    assert_int_equal(sched_init("credit2"), 0);
    assert_null(cpus[0]->sched);
    assert_non_null(cpus[1]->sched);
    timer_queue_init(&cpus[0]->timers);
    assert_int_equal(sched_cpu_init(cpus[0]), 0);
    assert_int_equal(cpus[0]->timers.size, 1);
    assert_int_equal(sched_cpu_init(cpus[0]), 0);
    assert_int_equal(cpus[0]->timers.size, 1);
    assert_ptr_equal(cpus[0]->sched->lock, cpus[1]->sched->lock);
}

static void runnable_needs_every_reason_gone(void **state)
{
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    (void)state;
    assert_true(bit_test(&v->sched.pause_flags, VPF_DOWN));
    assert_false(vcpu_runnable(v));
    domain_start(d);
    assert_true(vcpu_runnable(v));
    vcpu_pause_nosync(v);
    vcpu_pause_nosync(v);
    domain_pause_nosync(d);
    vcpu_unpause(v);
    assert_false(vcpu_runnable(v));
    vcpu_unpause(v);
    assert_false(vcpu_runnable(v));
    cpus_settle();
    assert_null(cpus[v->sched.cpu]->current);
    domain_unpause(d);
    assert_true(vcpu_runnable(v));
    cpus_settle();
    assert_ptr_equal(cpus[v->sched.cpu]->current, v);
    assert_true(v->sched.running);
}

static void runstates_add_up(void **state)
{
    uint64_t spent[RUNSTATE_COUNT];
    enum runstate now_in;
    stime_t since;

    (void)state;
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    fake_time = MILLISECS(3);
    domain_start(d);
    fake_time += MILLISECS(1); /* waits for a CPU */
    cpus_settle();
    fake_time += MILLISECS(5);
    fake_set_cpu(v->sched.cpu);
    vcpu_block(v);
    cpus_settle();
    assert_false(v->sched.running);
    fake_time += MILLISECS(7);
    vcpu_unblock(v);
    cpus_settle();
    fake_time += MILLISECS(2);
    vcpu_runstate_get(v, spent, &now_in, &since);
    assert_int_equal(now_in, RUNSTATE_RUNNING);
    assert_int_equal(since, MILLISECS(16));
    assert_int_equal(spent[RUNSTATE_OFFLINE], MILLISECS(3));
    assert_int_equal(spent[RUNSTATE_RUNNABLE], MILLISECS(1));
    assert_int_equal(spent[RUNSTATE_RUNNING], MILLISECS(7));
    assert_int_equal(spent[RUNSTATE_BLOCKED], MILLISECS(7));
}

static void block_does_not_lose_an_event(void **state)
{
    (void)state;
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    domain_start(d);
    cpus_settle();
    fake_set_cpu(v->sched.cpu);
    ((struct vcpu_info *)v->info)->evtchn_upcall_pending = 1;
    vcpu_block(v);
    assert_true(vcpu_runnable(v));
    ((struct vcpu_info *)v->info)->evtchn_upcall_pending = 0;
    vcpu_block(v);
    assert_false(vcpu_runnable(v));
    vcpu_unblock(v); /* before the CPU came to switch: it just goes on */
    cpus_settle();
    assert_ptr_equal(cpus[v->sched.cpu]->current, v);
}

static void switch_calls_arch(void **state)
{
    (void)state;
    machine_start(NULL, 1);
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    domain_start(d);
    fake.switches = 0;
    cpus_settle();
    assert_int_equal(fake.switches, 1);
    assert_null(fake.switched_from);
    assert_ptr_equal(fake.switched_to, v);
    assert_ptr_equal(schedule(), v);
    assert_int_equal(fake.switches, 1);
    fake_time += MILLISECS(4);
    vcpu_block(v);
    assert_null(schedule());
    assert_int_equal(fake.switches, 2);
    assert_ptr_equal(fake.switched_from, v);
    assert_null(fake.switched_to);
    assert_int_equal(cpus[0]->idle_since, MILLISECS(4));
    fake_time += MILLISECS(6);
    stime_t idle = cpus[0]->idle_time;

    vcpu_unblock(v);
    assert_ptr_equal(schedule(), v);
    assert_int_equal(cpus[0]->idle_time - idle, MILLISECS(6));
}

static void affinity_moves_queued_and_running(void **state)
{
    struct cpumask first = {{1}}, second = {{2}}, nobody = {{1ULL << 40}};

    (void)state;
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    assert_int_equal(sched_ctl_set_affinity(v, &nobody, NULL), -EINVAL);
    assert_int_equal(sched_ctl_set_affinity(v, &first, NULL), 0);
    assert_int_equal(v->sched.cpu, 0);
    domain_start(d);
    cpus_settle();
    assert_ptr_equal(cpus[0]->current, v);
    assert_int_equal(sched_ctl_set_affinity(v, &second, NULL), 0);
    cpus_settle();
    assert_null(cpus[0]->current);
    assert_ptr_equal(cpus[1]->current, v);
    assert_int_equal(v->sched.cpu, 1);
    assert_int_equal(v->singleshot.cpu, 1);
}

static void runstate_area_is_written(void **state)
{
    struct vcpu_runstate_info *area, seen;

    (void)state;
    machine_start(NULL, 1);
    struct domain *d = fake_domain(1, 1);
    struct vcpu *v = d->vcpu[0];

    area = fake_guest_ptr(d, 0x2100);
    v->runstate_area = 0x2100;
    vcpu_runstate_publish(v); /* not current: nothing */
    assert_int_equal(area->state_entry_time, 0);
    domain_start(d);
    fake_time = MILLISECS(2);
    cpus_settle();
    vcpu_runstate_info(v, &seen);
    assert_memory_equal(area, &seen, sizeof(seen));
    assert_int_equal(area->state, RUNSTATE_running);
    assert_int_equal(area->state_entry_time, MILLISECS(2));
    assert_int_equal(area->time_runnable, MILLISECS(2));
    v->runstate_update_flag = true;
    fake_time = MILLISECS(5);
    vcpu_block(v);
    cpus_settle();
    assert_int_equal(area->state, RUNSTATE_blocked);
    assert_int_equal(area->state_entry_time, MILLISECS(5)); /* and the update bit is clear again */
    assert_int_equal(area->time_running, MILLISECS(3));
}

static void runstate_area_of_32_bit_domain(void **state)
{
    (void)state;
    machine_start(NULL, 1);
    struct domain *d = fake_domain(1, 1);
    uint8_t *area = fake_guest_ptr(d, 0x2000);
    uint64_t entry, runnable;

    d->abi32 = true;
    d->vcpu[0]->runstate_area = 0x2000;
    memset(area, 0xee, 64);
    fake_time = 12345;
    domain_start(d);
    fake_time = 20000;
    cpus_settle();
    memcpy(&entry, area + 4, 8);
    memcpy(&runnable, area + 20, 8);
    assert_int_equal(entry, 20000);
    assert_int_equal(runnable, 20000 - 12345);
    assert_int_equal(area[44], 0xee);
}

static void pool_and_parameters(void **state)
{
    struct sched_pool_info info;
    struct sched_params p;
    uint32_t us;

    (void)state;
    struct domain *d = fake_domain(1, 1);

    fake_domain(2, 1);
    assert_int_equal(sched_ctl_pool_info(0, &info), 0);
    assert_int_equal(info.nr_domains, 2);
    assert_int_equal(info.sched_id, XEN_SCHEDULER_CREDIT2);
    assert_int_equal(info.cpus.bits[0], 3);
    assert_int_equal(sched_ctl_pool_info(1, &info), -ENOENT);

    assert_int_equal(sched_ctl_get_domain(d, XEN_SCHEDULER_CREDIT, &p), -EINVAL);
    assert_int_equal(sched_ctl_get_domain(d, XEN_SCHEDULER_CREDIT2, &p), 0);
    assert_int_equal(p.weight, 256);
    p = (struct sched_params){.weight = 0, .cap = 40};
    assert_int_equal(sched_ctl_set_domain(d, XEN_SCHEDULER_CREDIT2, &p), 0);
    assert_int_equal(sched_ctl_get_domain(d, XEN_SCHEDULER_CREDIT2, &p), 0);
    assert_int_equal(p.weight, 256);
    assert_int_equal(p.cap, 40);

    assert_int_equal(sched_ctl_get_ratelimit(0, XEN_SCHEDULER_CREDIT2, &us), 0);
    assert_int_equal(us, 1000);
    assert_int_equal(sched_ctl_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 99), -EINVAL);
    assert_int_equal(sched_ctl_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 500001), -EINVAL);
    assert_int_equal(sched_ctl_set_ratelimit(1, XEN_SCHEDULER_CREDIT2, 1000), -ESRCH);
    assert_int_equal(sched_ctl_set_ratelimit(0, XEN_SCHEDULER_NULL, 1000), -EINVAL);
    assert_int_equal(sched_ctl_set_ratelimit(0, XEN_SCHEDULER_CREDIT2, 1000), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(choice_by_name), TEST(cpus_not_online_are_left_alone), TEST(runnable_needs_every_reason_gone), TEST(runstates_add_up),
        TEST(block_does_not_lose_an_event), TEST(switch_calls_arch), TEST(affinity_moves_queued_and_running),
        TEST(runstate_area_is_written), TEST(runstate_area_of_32_bit_domain), TEST(pool_and_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
