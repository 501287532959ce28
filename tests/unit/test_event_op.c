/* SPDX-License-Identifier: GPL-2.0-only */
/* object/event_op.c: the rows of event_channel_op through the dispatcher, native and 32-bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../hypervisor/object/event_internal.h"
#include "errno.h"
#include "fake.h"
#include "op.h"
#include "page.h"

#define ARG 0x3000 /* guest address of the argument: guest-virtual is guest-physical here */

static struct domain *a, *b;
static uint32_t refs_a, refs_b;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    a = fake_domain(0, 2);
    b = fake_domain(5, 2);
    refs_a = a->refs;
    refs_b = b->refs;
    return 0;
}

/* Domain d's vCPU 0 makes the call; arg goes through its memory and back. */
static int64_t call(struct domain *d, unsigned cmd, void *arg, size_t size)
{
    static struct op op;
    int64_t rc;

    memset(&op, 0, sizeof(op));
    fake_set_current(d->vcpu[0]);
    op.vcpu = d->vcpu[0];
    op.caller = d;
    op.raw[0] = cmd;
    op.raw[1] = ARG;
    memcpy(fake_guest_ptr(d, ARG), arg, size);
    rc = op_dispatch(&op, event_ops, nr_event_ops, cmd, ARG);
    memcpy(arg, fake_guest_ptr(d, ARG), size);
    return rc;
}

#define CALL(d, cmd, arg) call(d, EVTCHNOP_##cmd, &(arg), sizeof(arg))

static void test_bad_numbers(void **state)
{
    struct evtchn_send s = { .port = 1 };

    (void)state;
    assert_int_equal(nr_event_ops, 14);
    assert_int_equal(call(a, 14, &s, sizeof(s)), -ENOSYS);
    assert_int_equal(call(a, UINT32_MAX, &s, sizeof(s)), -ENOSYS);
    fake.walk_fault_start = ARG;
    fake.walk_fault_end = ARG + 1;
    assert_int_equal(CALL(a, send, s), -EFAULT);
}

static void test_alloc_bind_send_status_close(void **state)
{
    struct evtchn_alloc_unbound alloc = { .dom = 5, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = 5 };
    struct evtchn_status st = { .dom = 5 };
    struct evtchn_close cl;
    struct evtchn_send send;

    (void)state;
    assert_int_equal(CALL(a, alloc_unbound, alloc), 0); /* the tools, for a guest: remote is the caller */
    assert_int_equal(alloc.port, 1);
    st.port = 1;
    assert_int_equal(CALL(a, status, st), 0);
    assert_int_equal(st.status, EVTCHNSTAT_unbound);
    assert_int_equal(st.u_id, 0);
    bind.remote_port = 1;
    assert_int_equal(CALL(a, bind_interdomain, bind), 0);
    assert_int_equal(bind.local_port, 1);
    assert_int_equal(CALL(a, status, st), 0);
    assert_int_equal(st.status, EVTCHNSTAT_interdomain);
    assert_int_equal(st.u_id, 0);
    assert_int_equal(st.u_port, 1);
    send.port = bind.local_port;
    assert_int_equal(CALL(a, send, send), 0);
    assert_true(evtchn_port_pending(b, 1));
    cl.port = 1;
    assert_int_equal(CALL(b, close, cl), 0);
    assert_int_equal(CALL(b, close, cl), -EINVAL);
    assert_int_equal(CALL(a, status, st), 0);
    assert_int_equal(st.status, EVTCHNSTAT_closed);
    assert_int_equal(a->refs, refs_a);
    assert_int_equal(b->refs, refs_b);
}

static void test_rights_and_targets(void **state)
{
    struct evtchn_alloc_unbound alloc = { .dom = 0, .remote_dom = 5, .port = 99 };
    struct evtchn_bind_interdomain bind = { .remote_dom = 77, .remote_port = 1 };
    struct evtchn_status st = { .dom = 0, .port = 1 };
    struct evtchn_reset reset = { .dom = 0 };

    (void)state;
    assert_int_equal(CALL(b, alloc_unbound, alloc), -EPERM);
    assert_int_equal(alloc.port, 99);
    assert_int_equal(CALL(b, status, st), -EPERM);
    assert_int_equal(CALL(b, reset, reset), -EPERM);
    alloc.dom = 77;
    assert_int_equal(CALL(a, alloc_unbound, alloc), -ESRCH);
    assert_int_equal(CALL(a, bind_interdomain, bind), -ESRCH);
    bind.remote_dom = 5;
    assert_int_equal(CALL(a, bind_interdomain, bind), -EINVAL);
    st.dom = DOMID_SELF;
    st.port = 1 << 20;
    assert_int_equal(CALL(b, status, st), -EINVAL);
    alloc.dom = DOMID_SELF;
    assert_int_equal(CALL(b, alloc_unbound, alloc), 0);
    assert_int_equal(b->refs, refs_b);
}

static void test_virq_ipi_vcpu(void **state)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 1 };
    struct evtchn_bind_ipi i = { .vcpu = 1 };
    struct evtchn_bind_vcpu bv = { .vcpu = 0 };
    struct evtchn_bind_pirq pirq = { .pirq = 4 };
    struct evtchn_unmask um = { .port = 5000 };
    struct evtchn_status st = { .dom = DOMID_SELF };

    (void)state;
    assert_int_equal(CALL(b, bind_virq, virq), 0);
    assert_int_equal(CALL(b, bind_virq, virq), -EEXIST);
    st.port = virq.port;
    assert_int_equal(CALL(b, status, st), 0);
    assert_int_equal(st.status, EVTCHNSTAT_virq);
    assert_int_equal(st.u_id, VIRQ_TIMER);
    assert_int_equal(st.vcpu, 1);
    assert_int_equal(CALL(b, bind_ipi, i), 0);
    st.port = i.port;
    assert_int_equal(CALL(b, status, st), 0);
    assert_int_equal(st.status, EVTCHNSTAT_ipi);
    bv.port = i.port;
    assert_int_equal(CALL(b, bind_vcpu, bv), -EINVAL);
    assert_int_equal(CALL(b, bind_pirq, pirq), -EINVAL);
    assert_int_equal(CALL(b, unmask, um), -EINVAL);
}

static void test_fifo_and_reset(void **state)
{
    struct evtchn_expand_array ea = { .array_gfn = 21 };
    struct evtchn_init_control ic = { .control_gfn = 20, .offset = 0, .vcpu = 0 };
    struct evtchn_set_priority pr = { .port = 1, .priority = 2 };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_reset reset = { .dom = DOMID_SELF };
    struct evtchn_reset other = { .dom = 5 };

    (void)state;
    assert_int_equal(CALL(b, set_priority, pr), -ENOSYS);
    assert_int_equal(CALL(b, expand_array, ea), -EOPNOTSUPP);
    assert_int_equal(CALL(b, init_control, ic), 0);
    assert_int_equal(ic.link_bits, 17);
    assert_int_equal(CALL(b, expand_array, ea), 0);
    assert_int_equal(CALL(b, set_priority, pr), -EACCES);
    assert_int_equal(CALL(b, bind_ipi, ipi), 0);
    pr.port = ipi.port;
    assert_int_equal(CALL(b, set_priority, pr), 0);
    b->controller_pause_count = 0;
    assert_int_equal(CALL(a, reset, other), -EINVAL); /* not paused */
    assert_ptr_equal(b->events.abi, &evtchn_abi_fifo);
    b->controller_pause_count = 1;
    assert_int_equal(CALL(a, reset, other), 0);
    assert_ptr_equal(b->events.abi, &evtchn_abi_2l);
    assert_int_equal(CALL(b, reset, reset), 0);
}

static void test_wire_layouts(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct evtchn_bind_interdomain, remote_port), 4);
    assert_int_equal(offsetof(struct evtchn_status, port), 4);
    assert_int_equal(offsetof(struct evtchn_status, u_id), 16);
    assert_int_equal(offsetof(struct evtchn_status, u_port), 20);
    assert_int_equal(offsetof(struct evtchn_init_control, link_bits), 16);
    for (unsigned i = 0; i < nr_event_ops; i++) {
        assert_non_null(event_ops[i].name);
        assert_non_null(event_ops[i].wire);
        assert_int_equal(event_ops[i].wire->native_size, event_ops[i].wire->compat_size);
        assert_true(event_ops[i].apply != NULL || event_ops[i].error < 0);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(test_bad_numbers), T(test_alloc_bind_send_status_close), T(test_rights_and_targets), T(test_virq_ipi_vcpu),
        T(test_fifo_and_reset), T(test_wire_layouts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
