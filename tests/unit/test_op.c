/* SPDX-License-Identifier: GPL-2.0-only */
/* The dispatcher on a table of its own: each duty is seen to happen, and in the right order. */
#include "abi_fixture.h"

#include "ctl.h"
#include "errno.h"
#include "public/hvm.h"
#include "public/multicall.h"

static unsigned decoded, applied;
static bool lock_seen;
static int64_t apply_result;
static int decode_result;
static struct domain *target_seen;
static uint32_t refs_seen;

static int test_decode(struct op *op)
{
    (void)op;
    decoded++;
    return decode_result;
}

static int64_t test_apply(struct op *op)
{
    struct xen_hvm_param *p = op_arg(op);

    applied++;
    target_seen = op->target;
    refs_seen = op->target->refs;
    lock_seen = spin_is_locked(op->row->lock == OP_LOCK_DOMCTL ? &domctl_lock : &op->target->lock);
    p->value++;
    return apply_result;
}

#define PARAM .decode = test_decode, .apply = test_apply, .wire = &wire_xen_hvm_param
#define DOMID .target_offset = offsetof(struct xen_hvm_param, domid)

static const struct op_row rows[] = {
    [0] = {.name = "inout", PARAM, DOMID, .copy = OP_COPY_INOUT, .right = RIGHT_SELF_OR_DM, .lock = OP_LOCK_DOMAIN},
    [2] = {.name = "refused", .error = -EOPNOTSUPP},
    [3] = {.name = "out", PARAM, .target_offset = OP_NO_TARGET, .copy = OP_COPY_OUT, .right = RIGHT_ANY},
    [4] = {.name = "in", PARAM, DOMID, .copy = OP_COPY_IN, .right = RIGHT_PRIV, .lock = OP_LOCK_DOMCTL},
};

static int64_t run(struct domain *caller, bool abi32, unsigned nr, guest_va_t arg)
{
    struct op op = {.vcpu = caller->vcpu[0], .caller = caller, .abi32 = abi32};

    fake_set_current(caller->vcpu[0]);
    decoded = applied = 0;
    target_seen = NULL;
    return op_dispatch(&op, rows, ARRAY_SIZE(rows), nr, arg);
}

static int op_setup(void **state)
{
    apply_result = 0;
    decode_result = 0;
    return abi_setup(state);
}

static struct xen_hvm_param *param(struct domain *d, domid_t target)
{
    struct xen_hvm_param *p = guest(d, ARG);

    *p = (struct xen_hvm_param){.domid = target, .index = 3, .value = 0x100000000};
    return p;
}

static void test_holes_and_bounds(void **state)
{
    (void)state;
    assert_int_equal(run(d0, false, 1, ARG), -ENOSYS);
    assert_int_equal(run(d0, false, 5, ARG), -ENOSYS);
    assert_int_equal(run(d0, false, ~0u, ARG), -ENOSYS);
    assert_int_equal(run(d0, false, 2, ARG), -EOPNOTSUPP);
    assert_int_equal(applied, 0);
}

static void test_target_lock_and_copy(void **state)
{
    struct xen_hvm_param *p = param(d0, 1);
    uint32_t refs = d1->refs;

    (void)state;
    assert_int_equal(run(d0, false, 0, ARG), 0);
    assert_ptr_equal(target_seen, d1);
    assert_int_equal(refs_seen, refs + 1);
    assert_int_equal(d1->refs, refs);
    assert_true(lock_seen);
    assert_false(spin_is_locked(&d1->lock));
    assert_true(p->value == 0x100000001);
}

static void test_self(void **state)
{
    (void)state;
    param(d1, DOMID_SELF);
    assert_int_equal(run(d1, false, 0, ARG), 0);
    assert_ptr_equal(target_seen, d1);
    param(d1, 1);
    assert_int_equal(run(d1, false, 0, ARG), 0);
}

static void test_order_of_refusals(void **state)
{
    (void)state;
    assert_int_equal(run(d1, false, 0, BAD), -EFAULT);
    param(d1, 55);
    assert_int_equal(run(d1, false, 0, ARG), -ESRCH);
    param(d1, 0);
    assert_int_equal(run(d1, false, 0, ARG), -EPERM);
    assert_int_equal(decoded, 0);
    decode_result = -EINVAL;
    param(d1, 1);
    assert_int_equal(run(d1, false, 0, ARG), -EINVAL);
    assert_int_equal(decoded, 1);
    assert_int_equal(applied, 0);
    assert_false(spin_is_locked(&d1->lock));
}

static void test_nothing_out_on_error(void **state)
{
    struct xen_hvm_param *p = param(d1, 1);

    (void)state;
    apply_result = -EINVAL;
    assert_int_equal(run(d1, false, 0, ARG), -EINVAL);
    assert_true(p->value == 0x100000000);
    apply_result = -ERESTART; /* the cursor in an in-out structure goes out */
    assert_int_equal(run(d1, false, 0, ARG), -ERESTART);
    assert_true(p->value == 0x100000001);
    apply_result = 5;
    assert_int_equal(run(d1, false, 0, ARG), 5);
    assert_true(p->value == 0x100000002);
}

static void test_out_starts_from_zero(void **state)
{
    struct xen_hvm_param *p = param(d1, 1);

    (void)state;
    assert_int_equal(run(d1, false, 3, ARG), 0);
    assert_int_equal(p->domid, 0);
    assert_int_equal(p->index, 0);
    assert_true(p->value == 1);
    assert_int_equal(run(d1, false, 3, BAD), -EFAULT);
    assert_int_equal(applied, 1);
}

static void test_domctl_lock_is_tried(void **state)
{
    struct xen_hvm_param *p = param(d0, 1);

    (void)state;
    assert_int_equal(run(d0, false, 4, ARG), 0);
    assert_true(lock_seen);
    assert_true(p->value == 0x100000000);
    spin_lock(&domctl_lock);
    assert_int_equal(run(d0, false, 4, ARG), -ERESTART);
    assert_int_equal(applied, 0);
    spin_unlock(&domctl_lock);
}

/* 32-bit layout: the 64-bit field of compat structures is where 4-byte alignment puts it. */
static void test_compat(void **state)
{
    struct compat_xen_hvm_param *p = guest(d1, ARG);

    (void)state;
    *p = (struct compat_xen_hvm_param){.domid = DOMID_SELF, .index = 3, .value = 0xffffffff};
    assert_int_equal(run(d1, true, 0, ARG), 0);
    assert_true(p->value == 0x100000000);
}

/* Every table that hypercalls use: a row either works or refuses, never both, and names what it copies. */
static void test_tables(void **state)
{
    const struct {
        const struct op_row *rows;
        unsigned nr;
    } tables[] = {
        {event_ops, nr_event_ops},       {vcpu_ops, nr_vcpu_ops},         {sched_ops, nr_sched_ops},
        {version_ops, nr_version_ops},   {hvm_ops, nr_hvm_ops},           {physdev_ops, nr_physdev_ops},
        {platform_ops, nr_platform_ops}, {memory_ops, nr_memory_ops},
    };

    (void)state;
    for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
        for (unsigned i = 0; i < tables[t].nr; i++) {
            const struct op_row *row = &tables[t].rows[i];

            if (!row->name)
                continue;
            assert_true(row->error ? row->error < 0 && !row->apply : !!row->apply);
            if (row->target_offset != OP_NO_TARGET && row->wire)
                assert_true(row->target_offset + sizeof(domid_t) <= row->wire->native_size);
            if (row->copy)
                assert_non_null(row->wire);
        }
    }
}

#define op_test(f) cmocka_unit_test_setup_teardown(f, op_setup, abi_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        op_test(test_holes_and_bounds), op_test(test_target_lock_and_copy), op_test(test_self),
        op_test(test_order_of_refusals), op_test(test_nothing_out_on_error), op_test(test_out_starts_from_zero),
        op_test(test_domctl_lock_is_tried), op_test(test_compat), op_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
