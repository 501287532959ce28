/* SPDX-License-Identifier: GPL-2.0-only */
#include "sched_fixture.h"

#include "object/vcpu_timer.h"
#include "public/vcpu.h"

#define ARG 0x3000 /* guest address of arguments */

static struct domain *d;
static struct vcpu *v;

static int setup(void **state)
{
    (void)state;
    machine_start(NULL, 1);
    d = fake_domain(1, 2);
    v = d->vcpu[0];
    domain_start(d);
    bit_set(&d->vcpu[1]->sched.pause_flags, VPF_DOWN);
    vcpu_sleep_nosync(d->vcpu[1]);
    cpus_settle();
    assert_ptr_equal(current_vcpu(), v);
    v->virq_port[VIRQ_TIMER] = 0;
    return 0;
}

static int64_t vcpu_op(unsigned cmd, uint64_t vcpu, const void *arg, size_t size)
{
    if (arg)
        memcpy(fake_guest_ptr(d, ARG), arg, size);
    return call(__HYPERVISOR_vcpu_op, cmd, vcpu, ARG);
}

static void unknown_vcpu_and_command(void **state)
{
    (void)state;
    assert_int_equal(vcpu_op(VCPUOP_is_up, 2, NULL, 0), -ENOENT);
    assert_int_equal(vcpu_op(VCPUOP_is_up, 0xffffffff, NULL, 0), -ENOENT);
    assert_int_equal(vcpu_op(14, 0, NULL, 0), -ENOSYS);
    assert_int_equal(vcpu_op(VCPUOP_initialise, 1, NULL, 0), -EOPNOTSUPP);
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, NULL, 0), -ENOSYS);
    assert_int_equal(vcpu_op(VCPUOP_get_physid, 0, NULL, 0), -EINVAL);
}

static void up_and_down(void **state)
{
    (void)state;
    assert_int_equal(vcpu_op(VCPUOP_is_up, 0, NULL, 0), 1);
    assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL, 0), 0);
    assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL, 0), -EINVAL);
    d->vcpu[1]->initialised = true;
    assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL, 0), 0);
    assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL, 0), 1);
    assert_true(vcpu_runnable(d->vcpu[1]));
    assert_int_equal(vcpu_op(VCPUOP_down, 1, NULL, 0), 0);
    assert_false(vcpu_runnable(d->vcpu[1]));
    assert_false(d->shutting_down);
    assert_int_equal(vcpu_op(VCPUOP_down, 0, NULL, 0), 0); /* the last one */
    assert_true(d->shutting_down);
    assert_int_equal(d->shutdown_code, 0);
}

static void singleshot(void **state)
{
    struct vcpu_set_singleshot_timer a = {.timeout_abs_ns = MILLISECS(8), .flags = VCPU_SSHOTTMR_future};

    (void)state;
    fake_time = MILLISECS(9);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &a, sizeof(a)), 0);
    assert_true(timer_is_set(&v->singleshot)); /* past, and due at once */
    a.timeout_abs_ns = MILLISECS(20);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &a, sizeof(a)), 0);
    assert_int_equal(v->singleshot.expires, MILLISECS(20));
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 1, &a, sizeof(a)), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL, 0), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL, 0), 0);
    assert_false(timer_is_set(&v->singleshot));
    /* The guest's clock is ahead of the host's. */
    d->time_offset = MILLISECS(5);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &a, sizeof(a)), 0);
    assert_int_equal(v->singleshot.expires, MILLISECS(15));
    a.timeout_abs_ns = UINT64_MAX;
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &a, sizeof(a)), 0);
    assert_int_equal(v->singleshot.expires, 0);
}

static void singleshot_of_32_bit_caller(void **state)
{
    uint8_t a[12] = {0x40, 0x42, 0x0f, 0x00, 1}; /* 0x1_000f4240 */

    (void)state;
    v->arch.abi32 = true;
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, a, sizeof(a)), 0);
    assert_int_equal(v->singleshot.expires, 0x1000f4240);
}

static void periodic(void **state)
{
    struct vcpu_set_periodic_timer a = {.period_ns = 999999};

    (void)state;
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &a, sizeof(a)), -EINVAL);
    a.period_ns = UINT64_MAX;
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &a, sizeof(a)), -EINVAL);
    a.period_ns = MILLISECS(2);
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 5, &a, sizeof(a)), -ENOENT);
    fake_time = MILLISECS(1);
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &a, sizeof(a)), 0);
    assert_int_equal(v->periodic.expires, MILLISECS(3));
    fake_time = MILLISECS(3) + 100;
    timer_run();
    assert_int_equal(v->periodic.expires, MILLISECS(5)); /* in phase */
    /* Off its CPU there are no ticks; back on it, the next one is where it would have been. */
    vcpu_block(v);
    cpus_settle();
    assert_false(timer_is_set(&v->periodic));
    fake_time = MILLISECS(10);
    vcpu_unblock(v);
    cpus_settle();
    assert_int_equal(v->periodic.expires, MILLISECS(11));
    assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL, 0), 0);
    assert_false(timer_is_set(&v->periodic));
    assert_int_equal(v->periodic_period, 0);
}

static void set_timer_op(void **state)
{
    struct op op = {.vcpu = v, .raw = {MILLISECS(50)}};

    (void)state;
    assert_int_equal(do_set_timer_op(&op), 0);
    assert_int_equal(v->singleshot.expires, MILLISECS(50));
    op.raw[0] = 0;
    assert_int_equal(do_set_timer_op(&op), 0);
    assert_false(timer_is_set(&v->singleshot));
    op.abi32 = true;
    op.raw[0] = 7;
    op.raw[1] = 1;
    assert_int_equal(do_set_timer_op(&op), 0);
    assert_int_equal(v->singleshot.expires, 0x100000007);
    op.abi32 = false;
    op.raw[0] = (uint64_t)1 << 60;
    assert_int_equal(do_set_timer_op(&op), 0);
    assert_int_equal(v->singleshot.expires, MILLISECS(100));
}

static void runstate(void **state)
{
    struct vcpu_runstate_info *r = fake_guest_ptr(d, ARG);
    struct vcpu_register_runstate_memory_area a = {.addr = 0x4010};

    (void)state;
    fake_time = MILLISECS(6);
    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 1, NULL, 0), 0);
    assert_int_equal(r->state, RUNSTATE_offline);
    assert_int_equal(r->time_offline, MILLISECS(6));
    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 0, NULL, 0), 0);
    assert_int_equal(r->state, RUNSTATE_running);
    assert_int_equal(r->time_running, MILLISECS(6));
    assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a, sizeof(a)), 0);
    assert_int_equal(v->runstate_area, 0x4010);
    r = fake_guest_ptr(d, 0x4010);
    assert_int_equal(r->time_running, MILLISECS(6));
    assert_int_equal(r->state, RUNSTATE_running);
}

static void vcpu_info_moves(void **state)
{
    struct vcpu_register_vcpu_info a = {.mfn = 8, .offset = 4096 - 64 + 8};
    struct vcpu_info *old = v->info, *info = fake_guest_ptr(d, 0x8040);

    (void)state;
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &a, sizeof(a)), -ENXIO);
    a.offset = 0x44;
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &a, sizeof(a)), -ENXIO);
    a.offset = 0x40;
    a.mfn = 1 << 20;
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &a, sizeof(a)), -EINVAL);
    a.mfn = 8;
    old->arch_cr2 = 0x1234;
    old->evtchn_upcall_mask = 1;
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &a, sizeof(a)), 0);
    assert_ptr_equal(v->info, info);
    assert_int_equal(info->arch_cr2, 0x1234);
    assert_int_equal(info->evtchn_upcall_mask, 1);
    assert_int_equal(info->evtchn_upcall_pending, 1);
    assert_int_equal(info->evtchn_pending_sel, UINT64_MAX);
    assert_int_equal(mfn_to_page(v->info_mfn)->refs, 2);
    a.mfn = 9;
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &a, sizeof(a)), -EINVAL); /* once only */
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 1, &a, sizeof(a)), 0);       /* it is down */
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 7, &a, sizeof(a)), -ENOENT);
}

static void vcpu_info_of_another_that_is_up(void **state)
{
    struct vcpu_register_vcpu_info a = {.mfn = 8};

    (void)state;
    bit_clear(&d->vcpu[1]->sched.pause_flags, VPF_DOWN);
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 1, &a, sizeof(a)), -EINVAL);
}

static void nmi(void **state)
{
    (void)state;
    assert_int_equal(vcpu_op(VCPUOP_send_nmi, 1, NULL, 0), 0);
    assert_int_equal(d->vcpu[1]->arch.nmis, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_vcpu_and_command), TEST(up_and_down), TEST(singleshot), TEST(singleshot_of_32_bit_caller),
        TEST(periodic), TEST(set_timer_op), TEST(runstate), TEST(vcpu_info_moves), TEST(vcpu_info_of_another_that_is_up),
        TEST(nmi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
