/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "errno.h"
#include "public/memory.h"
#include "public/multicall.h"
#include "public/version.h"

static void test_unknown_numbers(void **state)
{
    (void)state;
    assert_int_equal(call(d0, 0, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, 28, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, 1000, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, ~0ULL, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, __HYPERVISOR_xsm_op, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, __HYPERVISOR_argo_op, 0, 0, 0), -ENOSYS);
    assert_int_equal(call(d0, __HYPERVISOR_dm_op, 0, 0, 0), -ENOSYS);
    assert_false(abi_restart);
}

/* What is looked at before what, where stock Xen's order shows. */
static void test_order_of_errors(void **state)
{
    (void)state;
    /* vCPU, then command, then argument */
    assert_int_equal(call(d0, __HYPERVISOR_vcpu_op, 99, 1000, BAD), -ENOENT);
    assert_int_equal(call(d0, __HYPERVISOR_vcpu_op, 8, 1000, BAD), -ENOENT);
    assert_int_equal(call(d0, __HYPERVISOR_vcpu_op, 99, 0, BAD), -ENOSYS);
    assert_int_equal(call(d0, __HYPERVISOR_vcpu_op, 8, 0, BAD), -EFAULT);
    /* Reservations say how far they came; claims and questions are refused. */
    assert_int_equal(call(d0, __HYPERVISOR_memory_op, XENMEM_increase_reservation, BAD, 0), 0);
    assert_int_equal(call(d0, __HYPERVISOR_memory_op, XENMEM_decrease_reservation | 5 << 6, BAD, 0), 5);
    assert_int_equal(call(d0, __HYPERVISOR_memory_op, XENMEM_populate_physmap | 7 << 6, BAD, 0), 7);
    assert_int_equal(call(d0, __HYPERVISOR_memory_op, XENMEM_claim_pages, BAD, 0), -EFAULT);
    assert_int_equal(call(d0, __HYPERVISOR_memory_op, XENMEM_current_reservation, BAD, 0), -EFAULT);
}

static void test_compat_arguments_are_cut(void **state)
{
    (void)state;
    /* The upper halves of registers mean nothing to a 32-bit caller. */
    assert_int_equal(call32(d1, 0xffffffff00000000 | __HYPERVISOR_xen_version, 0xabcd00000000 | XENVER_version, 0, 0),
                     4 << 16 | 17);
}

static void entry_set(struct domain *d, unsigned i, uint64_t op, uint64_t a0, uint64_t a1)
{
    struct multicall_entry *e = (struct multicall_entry *)guest(d, ARG) + i;

    memset(e, 0, sizeof(*e));
    e->op = op;
    e->result = 0x5555;
    e->args0 = a0;
    e->args1 = a1;
}

static int64_t entry_result(struct domain *d, unsigned i)
{
    return (int64_t)((struct multicall_entry *)guest(d, ARG))[i].result;
}

static void test_multicall_results(void **state)
{
    (void)state;
    entry_set(d1, 0, __HYPERVISOR_xen_version, XENVER_version, 0);
    entry_set(d1, 1, 999, 0, 0);
    entry_set(d1, 2, __HYPERVISOR_multicall, ARG, 1);
    entry_set(d1, 3, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    entry_set(d1, 4, __HYPERVISOR_xen_version, XENVER_version, 0);
    assert_int_equal(call(d1, __HYPERVISOR_multicall, ARG, 4, 0), 0);
    assert_int_equal(entry_result(d1, 0), 4 << 16 | 17);
    assert_int_equal(entry_result(d1, 1), -ENOSYS);
    assert_int_equal(entry_result(d1, 2), -EINVAL);
    assert_int_equal(entry_result(d1, 3), 4096);
    assert_int_equal(entry_result(d1, 4), 0x5555); /* not asked for */
}

static void test_multicall_compat(void **state)
{
    struct compat_multicall_entry *e = guest(d1, ARG);

    (void)state;
    e[0] = (struct compat_multicall_entry){.op = __HYPERVISOR_xen_version, .args0 = XENVER_version};
    e[1] = (struct compat_multicall_entry){.op = 77};
    assert_int_equal(call32(d1, __HYPERVISOR_multicall, ARG, 2, 0), 0);
    assert_int_equal(e[0].result, 4 << 16 | 17);
    assert_int_equal((int32_t)e[1].result, -ENOSYS);
}

static void test_multicall_bad_list(void **state)
{
    (void)state;
    assert_int_equal(call(d1, __HYPERVISOR_multicall, BAD, 1, 0), -EFAULT);
    assert_int_equal(call(d1, __HYPERVISOR_multicall, BAD, 0, 0), 0);
    assert_false(abi_restart);
}

/* A call that has taken long stops between entries and says how to go on. */
static void test_multicall_continues(void **state)
{
    uint64_t args[6] = {ARG, 3, 0, 0, 0, 0};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        entry_set(d1, i, __HYPERVISOR_xen_version, XENVER_version, 0);
    /* The exit that is being handled began long ago. */
    fake_time = SECONDS(10);
    cpus[0]->entered = 1;
    assert_int_equal(call_mode(d1, false, __HYPERVISOR_multicall, args), -ERESTART);
    assert_true(abi_restart);
    assert_true(args[0] == ARG + sizeof(struct multicall_entry));
    assert_true(args[1] == 2);
    assert_int_equal(entry_result(d1, 0), 4 << 16 | 17);
    assert_int_equal(entry_result(d1, 1), 0x5555);
    cpus[0]->entered = 0;
    assert_int_equal(call_mode(d1, false, __HYPERVISOR_multicall, args), 0);
    assert_int_equal(entry_result(d1, 2), 4 << 16 | 17);
}

static void test_vm_assist(void **state)
{
    (void)state;
    assert_int_equal(call(d1, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 5, 0), 0);
    assert_true(d1->vcpu[0]->runstate_update_flag && d1->vcpu[1]->runstate_update_flag);
    assert_int_equal(call(d1, __HYPERVISOR_vm_assist, VMASST_CMD_disable, 5, 0), 0);
    assert_false(d1->vcpu[1]->runstate_update_flag);
    assert_int_equal(call(d1, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 2, 0), -EINVAL);
    assert_int_equal(call(d1, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 1ULL << 40 | 5, 0), -EINVAL);
    assert_int_equal(call(d1, __HYPERVISOR_vm_assist, 9, 5, 0), -ENOSYS);
}

static void test_console_io_is_dom0s(void **state)
{
    (void)state;
    assert_int_equal(call(d1, __HYPERVISOR_console_io, CONSOLEIO_write, 4, BUF), -EPERM);
    assert_int_equal(call(d0, __HYPERVISOR_console_io, CONSOLEIO_write, 0, BUF), 0);
    assert_int_equal(call(d0, __HYPERVISOR_console_io, CONSOLEIO_write, 4, BAD), -EFAULT);
    assert_int_equal(call(d0, __HYPERVISOR_console_io, CONSOLEIO_read, 16, BUF), 0);
    assert_int_equal(call(d0, __HYPERVISOR_console_io, 2, 0, 0), -ENOSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        abi_test(test_unknown_numbers),
        abi_test(test_order_of_errors),
        abi_test(test_compat_arguments_are_cut),
        abi_test(test_multicall_results),
        abi_test(test_multicall_compat),
        abi_test(test_multicall_bad_list),
        abi_test(test_multicall_continues),
        abi_test(test_vm_assist),
        abi_test(test_console_io_is_dom0s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
