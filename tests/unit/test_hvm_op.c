/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "errno.h"
#include "public/hvm.h"

static int64_t set_param(struct domain *caller, domid_t target, uint32_t index, uint64_t value)
{
    *(struct xen_hvm_param *)guest(caller, ARG) =
        (struct xen_hvm_param){.domid = target, .index = index, .value = value};
    return call(caller, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0);
}

static int64_t get_param(struct domain *caller, domid_t target, uint32_t index, uint64_t *ret_value)
{
    struct xen_hvm_param *p = guest(caller, ARG);
    int64_t r;

    *p = (struct xen_hvm_param){.domid = target, .index = index, .value = 0xdead};
    r = call(caller, __HYPERVISOR_hvm_op, HVMOP_get_param, ARG, 0);
    *ret_value = p->value;
    return r;
}

static void test_toolstack_sets_guest_reads(void **state)
{
    uint64_t v;

    (void)state;
    assert_int_equal(set_param(d0, 1, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
    assert_int_equal(get_param(d1, DOMID_SELF, HVM_PARAM_STORE_PFN, &v), 0);
    assert_true(v == 0xfeffc);
    assert_int_equal(get_param(d0, 1, HVM_PARAM_STORE_PFN, &v), 0);
    assert_true(v == 0xfeffc);
    assert_int_equal(set_param(d1, DOMID_SELF, HVM_PARAM_STORE_PFN, 1), -EPERM);
    assert_int_equal(get_param(d1, DOMID_SELF, HVM_PARAM_TIMER_MODE, &v), -EPERM);
    assert_true(v == 0xdead);
    assert_int_equal(get_param(d0, 0, HVM_PARAM_TIMER_MODE, &v), -EPERM);
}

static void test_rights_and_targets(void **state)
{
    uint64_t v;

    (void)state;
    assert_int_equal(set_param(d1, 0, HVM_PARAM_STORE_EVTCHN, 1), -EPERM);
    assert_int_equal(get_param(d1, 0, HVM_PARAM_STORE_PFN, &v), -EPERM);
    assert_int_equal(set_param(d0, 77, HVM_PARAM_STORE_PFN, 1), -ESRCH);
    assert_int_equal(set_param(d0, DOMID_INVALID, HVM_PARAM_STORE_PFN, 1), -ESRCH);
    assert_int_equal(call(d0, __HYPERVISOR_hvm_op, HVMOP_set_param, BAD, 0), -EFAULT);
}

static void test_values_are_checked(void **state)
{
    uint64_t v;

    (void)state;
    assert_int_equal(set_param(d0, 1, HVM_NR_PARAMS, 0), -EINVAL);
    assert_int_equal(set_param(d0, 1, 0xffffffff, 0), -EINVAL);
    assert_int_equal(get_param(d0, 1, HVM_NR_PARAMS, &v), -EINVAL);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_PAE_ENABLED, 0), -EINVAL);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_TIMER_MODE, 3), 0);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_TIMER_MODE, 4), -EINVAL);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_TRIPLE_FAULT_REASON, 6), -EINVAL);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_VIRIDIAN, 0), 0);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_VIRIDIAN, 1), -EOPNOTSUPP);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_ALTP2M, 1), -EOPNOTSUPP);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_X87_FIP_WIDTH, 4), 0);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_X87_FIP_WIDTH, 5), -EINVAL);
}

static void test_callback(void **state)
{
    uint64_t vector = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56;

    (void)state;
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, vector | 0xf3), 0);
    assert_int_equal(fake.callback_vector, 0xf3);
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, vector | 0xf), -EINVAL);
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, 9), -EOPNOTSUPP);
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, (uint64_t)1 << 56 | 1), -EOPNOTSUPP);
    assert_int_equal(fake.callback_vector, 0xf3);
    d0->vcpu[0]->upcall_vector = 0xf3; /* now nothing would go through the line */
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, 9), 0);
    assert_int_equal(fake.callback_vector, 0);
    d0->vcpu[0]->upcall_vector = 0;
    assert_int_equal(set_param(d0, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, 0), 0);
    assert_int_equal(fake.callback_vector, 0);
}

/* The mode of who sets its callback is its domain's layout; that of a toolstack says nothing. */
static void test_callback_latches_the_layout(void **state)
{
    uint64_t vector = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | 0xf3;
    struct xen_hvm_param *p = guest(d1, ARG);

    (void)state;
    *p = (struct xen_hvm_param){.domid = DOMID_SELF, .index = HVM_PARAM_STORE_EVTCHN, .value = vector};
    d1->vcpu[0]->arch.abi32 = true;
    assert_int_equal(call32(d1, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0), 0);
    assert_false(d1->abi32);
    p->index = HVM_PARAM_CALLBACK_IRQ;
    assert_int_equal(call32(d1, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0), 0);
    assert_true(d1->abi32);
    assert_int_equal(set_param(d0, 1, HVM_PARAM_CALLBACK_IRQ, vector), 0);
    assert_true(d1->abi32);
    assert_false(d0->abi32);
    d1->vcpu[0]->arch.abi32 = false;
    assert_int_equal(set_param(d1, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, vector), 0);
    assert_false(d1->abi32);
}

static void test_upcall_vector(void **state)
{
    struct xen_hvm_evtchn_upcall_vector *a = guest(d1, ARG);

    (void)state;
    *a = (struct xen_hvm_evtchn_upcall_vector){.vcpu = 1, .vector = 0x40};
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, ARG, 0), 0);
    assert_int_equal(d1->vcpu[1]->upcall_vector, 0x40);
    assert_int_equal(d1->vcpu[0]->upcall_vector, 0);
    a->vcpu = 2;
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, ARG, 0), -ENOENT);
    *a = (struct xen_hvm_evtchn_upcall_vector){.vcpu = 0, .vector = 0xf};
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, ARG, 0), -EINVAL);
}

static void test_get_mem_type(void **state)
{
    struct xen_hvm_get_mem_type *a = guest(d1, ARG);

    (void)state;
    *a = (struct xen_hvm_get_mem_type){.domid = DOMID_SELF, .mem_type = 9, .pfn = 3};
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_get_mem_type, ARG, 0), 0);
    assert_int_equal(a->mem_type, HVMMEM_ram_rw);
    *a = (struct xen_hvm_get_mem_type){.domid = DOMID_SELF, .pfn = ~0ULL};
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_get_mem_type, ARG, 0), 0);
    assert_int_equal(a->mem_type, HVMMEM_mmio_dm);
}

static void test_time_and_flush(void **state)
{
    (void)state;
    fake_time = 123456789;
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_get_time, ARG, 0), 0);
    assert_true(*(uint64_t *)guest(d1, ARG) == 123456789);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_flush_tlbs, ARG, 0), -EINVAL);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_flush_tlbs, 0, 0), 0);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_pagetable_dying, ARG, 0), -EOPNOTSUPP);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_xentrace, ARG, 0), -ENOSYS);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, HVMOP_altp2m, ARG, 0), -EOPNOTSUPP);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, 6, ARG, 0), -ENOSYS);
    assert_int_equal(call(d1, __HYPERVISOR_hvm_op, 26, ARG, 0), -ENOSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        abi_test(test_toolstack_sets_guest_reads), abi_test(test_rights_and_targets),
        abi_test(test_values_are_checked),         abi_test(test_callback),
        abi_test(test_upcall_vector),              abi_test(test_get_mem_type),
        abi_test(test_time_and_flush),             abi_test(test_refused),
        abi_test(test_callback_latches_the_layout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
