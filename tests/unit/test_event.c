/* SPDX-License-Identifier: GPL-2.0-only */
/* object/event.c and event_2l.c: ports, binding, closing, sending; the 2-level format in both layouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../hypervisor/object/event_internal.h"
#include "errno.h"
#include "fake.h"
#include "page.h"

static struct domain *a, *b; /* dom0 with 4 vCPUs, a guest with 2 */
static uint32_t refs_a, refs_b;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    a = fake_domain(0, 4);
    b = fake_domain(5, 2);
    refs_a = a->refs;
    refs_b = b->refs;
    return 0;
}

static bool bit_of(const uint64_t *map, unsigned bit)
{
    return (map[bit / 64] >> (bit % 64)) & 1;
}

static struct shared_info *info(struct domain *d)
{
    return d->shared_info;
}

static struct vcpu_info *vinfo(struct domain *d, unsigned id)
{
    return d->vcpu[id]->info;
}

/* The guest's upcall handler: everything is seen. */
static void drain(struct domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        vinfo(d, i)->evtchn_upcall_pending = 0;
        vinfo(d, i)->evtchn_pending_sel = 0;
        d->vcpu[i]->arch.upcalls = 0;
    }
    for (unsigned i = 0; i < 64; i++)
        info(d)->evtchn_pending[i] = 0;
}

/* a's port (returned) bound to b's port *ret_b. */
static uint32_t pair(uint32_t *ret_b)
{
    uint32_t pa = 0;

    assert_int_equal(evtchn_alloc_unbound(b, 0, ret_b), 0);
    assert_int_equal(evtchn_bind_interdomain(a, b, *ret_b, &pa), 0);
    drain(a);
    return pa;
}

static void test_ports_lowest_first(void **state)
{
    uint32_t p1 = 0, p2 = 0, p3 = 0;

    (void)state;
    assert_int_equal(evtchn_alloc_unbound(a, 5, &p1), 0);
    assert_int_equal(evtchn_alloc_unbound(a, 5, &p2), 0);
    assert_int_equal(p1, 1);
    assert_int_equal(p2, 2);
    assert_int_equal(a->events.active, 2);
    assert_int_equal(evtchn_close(a, 1), 0);
    assert_int_equal(evtchn_alloc_unbound(a, 5, &p3), 0);
    assert_int_equal(p3, 1);
    assert_int_equal(evtchn_close(a, 0), -EINVAL);
    assert_int_equal(evtchn_close(a, 3), -EINVAL);
    assert_int_equal(evtchn_close(a, 4000000), -EINVAL);
}

static void test_ports_limit(void **state)
{
    uint32_t port = 0, last = 0;
    int rc;

    (void)state;
    while ((rc = evtchn_alloc_unbound(b, 0, &port)) == 0)
        last = port;
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(last, 1023);
    assert_int_equal(evtchn_close(b, 500), 0);
    assert_int_equal(evtchn_alloc_unbound(b, 0, &port), 0);
    assert_int_equal(port, 500);
}

static void test_no_memory(void **state)
{
    uint32_t port = 77;
    int i;

    (void)state;
    for (i = 1; i < 128; i++)
        assert_int_equal(evtchn_alloc_unbound(b, 0, &port), 0);
    assert_int_equal(port, 127);
    fake_fail_alloc_after(0);
    assert_int_equal(evtchn_alloc_unbound(b, 0, &port), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(port, 127);
    assert_int_equal(evtchn_alloc_unbound(b, 0, &port), 0);
    assert_int_equal(port, 128);
}

static void test_dying_domain_gets_none(void **state)
{
    uint32_t port = 0;

    (void)state;
    b->state = DOMAIN_DYING;
    assert_int_equal(evtchn_alloc_unbound(b, 0, &port), -EINVAL);
    b->state = DOMAIN_ALIVE;
}

static void test_interdomain(void **state)
{
    uint32_t pa = 0, pb = 0;

    (void)state;
    assert_int_equal(evtchn_alloc_unbound(b, 0, &pb), 0);
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &pa), 0);
    /* the binder is told at once: what was sent before is lost */
    assert_true(bit_of(info(a)->evtchn_pending, pa));
    assert_int_equal(a->vcpu[0]->arch.upcalls, 1);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 0);

    assert_int_equal(evtchn_send(a, pa), 0);
    assert_true(bit_of(info(b)->evtchn_pending, pb));
    assert_int_equal(vinfo(b, 0)->evtchn_pending_sel, 1);
    assert_int_equal(vinfo(b, 0)->evtchn_upcall_pending, 1);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    assert_true(evtchn_port_pending(b, pb));
    assert_true(evtchn_upcall_pending(b->vcpu[0]));
    /* a second one changes nothing */
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    drain(a);
    assert_int_equal(evtchn_send(b, pb), 0);
    assert_int_equal(a->vcpu[0]->arch.upcalls, 1);
}

static void test_interdomain_refusals(void **state)
{
    uint32_t pa = 9, pb = 0, mine = 0;

    (void)state;
    assert_int_equal(evtchn_bind_interdomain(a, b, 1, &pa), -EINVAL); /* free */
    assert_int_equal(evtchn_bind_interdomain(a, b, 0, &pa), -EINVAL); /* reserved */
    assert_int_equal(evtchn_bind_interdomain(a, b, 1 << 20, &pa), -EINVAL);
    assert_int_equal(evtchn_alloc_unbound(b, 3, &pb), 0); /* for another domain */
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &pa), -EINVAL);
    assert_int_equal(pa, 9);
    pa = pair(&pb);
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &mine), -EINVAL); /* bound already */
    assert_int_equal(a->events.active, 1);
}

static void test_close_parts_the_pair(void **state)
{
    uint32_t pb = 0, pa = pair(&pb), again = 0;

    (void)state;
    assert_int_equal(evtchn_close(a, pa), 0);
    assert_int_equal(evtchn_lookup(b, pb)->state, PORT_UNBOUND);
    assert_int_equal(evtchn_lookup(b, pb)->unbound_remote, 0);
    assert_int_equal(evtchn_send(b, pb), 0); /* nobody listens */
    assert_int_equal(evtchn_send(a, pa), -EINVAL);
    assert_int_equal(a->events.active, 0);
    assert_int_equal(b->events.active, 1);
    assert_int_equal(a->refs, refs_a);
    assert_int_equal(b->refs, refs_b);
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &again), 0);
    assert_int_equal(again, pa);
}

static void test_loopback(void **state)
{
    uint32_t p1 = 0, p2 = 0;

    (void)state;
    assert_int_equal(evtchn_alloc_unbound(a, 0, &p1), 0);
    assert_int_equal(evtchn_bind_interdomain(a, a, p1, &p2), 0);
    drain(a);
    assert_int_equal(evtchn_send(a, p2), 0);
    assert_true(evtchn_port_pending(a, p1));
    assert_false(evtchn_port_pending(a, p2));
    assert_int_equal(evtchn_close(a, p2), 0);
    assert_int_equal(evtchn_lookup(a, p1)->state, PORT_UNBOUND);
}

static void test_close_clears_pending(void **state)
{
    uint32_t pb = 0, pa = pair(&pb);

    (void)state;
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_int_equal(evtchn_close(b, pb), 0);
    assert_false(bit_of(info(b)->evtchn_pending, pb));
    assert_false(evtchn_port_pending(b, pb));
}

static void test_virq(void **state)
{
    uint32_t p = 0, q = 0;

    (void)state;
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 1, &p), 0);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 1, &q), -EEXIST);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 0, &q), 0);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 2, &q), -ENOENT);
    assert_int_equal(evtchn_bind_virq(b, NR_VIRQS, 0, &q), -EINVAL);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_CONSOLE, 0, &q), 0); /* may be bound, is never raised */
    assert_int_equal(evtchn_bind_virq(a, VIRQ_CONSOLE, 1, &q), -EINVAL);
    evtchn_virq(b->vcpu[1], VIRQ_TIMER);
    assert_int_equal(b->vcpu[1]->arch.upcalls, 1);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 0);
    assert_true(bit_of(info(b)->evtchn_pending, p));
    evtchn_virq(b->vcpu[1], VIRQ_DEBUG); /* not bound */
    assert_int_equal(b->vcpu[1]->arch.upcalls, 1);
    assert_int_equal(evtchn_send(b, p), -EINVAL);
    assert_int_equal(evtchn_bind_vcpu(b, p, 0), -EINVAL); /* it belongs to its vCPU */
    assert_int_equal(evtchn_close(b, p), 0);
    assert_int_equal(b->vcpu[1]->virq_port[VIRQ_TIMER], 0);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 1, &q), 0);
}

static void test_global_virq(void **state)
{
    uint32_t p = 0;

    (void)state;
    evtchn_global_virq(VIRQ_CONSOLE); /* not bound: nothing */
    assert_int_equal(evtchn_bind_virq(a, VIRQ_CONSOLE, 0, &p), 0);
    evtchn_global_virq(VIRQ_CONSOLE);
    assert_int_equal(a->vcpu[0]->arch.upcalls, 1);
    drain(a);
    assert_int_equal(evtchn_bind_vcpu(a, p, 3), 0);
    evtchn_global_virq(VIRQ_CONSOLE);
    assert_int_equal(a->vcpu[0]->arch.upcalls, 0);
    assert_int_equal(a->vcpu[3]->arch.upcalls, 1);
    assert_int_equal(evtchn_close(a, p), 0);
    assert_int_equal(a->vcpu[0]->virq_port[VIRQ_CONSOLE], 0);
}

static void test_ipi(void **state)
{
    uint32_t p = 0;

    (void)state;
    assert_int_equal(evtchn_bind_ipi(b, 2, &p), -ENOENT);
    assert_int_equal(evtchn_bind_ipi(b, 1, &p), 0);
    assert_int_equal(evtchn_send(b, p), 0);
    assert_int_equal(b->vcpu[1]->arch.upcalls, 1);
    assert_int_equal(evtchn_bind_vcpu(b, p, 0), -EINVAL);
}

static void test_bind_vcpu(void **state)
{
    uint32_t pb = 0, pa = pair(&pb);

    (void)state;
    assert_int_equal(evtchn_bind_vcpu(a, pa, 4), -ENOENT);
    assert_int_equal(evtchn_bind_vcpu(a, 5000, 1), -EINVAL);
    assert_int_equal(evtchn_bind_vcpu(a, pa + 1, 1), -EINVAL); /* free */
    assert_int_equal(evtchn_bind_vcpu(a, pa, 2), 0);
    assert_int_equal(evtchn_send(b, pb), 0);
    assert_int_equal(a->vcpu[2]->arch.upcalls, 1);
    assert_int_equal(a->vcpu[0]->arch.upcalls, 0);
}

static void test_mask(void **state)
{
    uint32_t pb = 0, pa = pair(&pb);

    (void)state;
    info(b)->evtchn_mask[0] = 1ULL << pb;
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_true(evtchn_port_pending(b, pb));
    assert_int_equal(b->vcpu[0]->arch.upcalls, 0);
    assert_int_equal(evtchn_unmask(b, pb), 0);
    assert_int_equal(info(b)->evtchn_mask[0], 0);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    assert_int_equal(evtchn_unmask(b, 1 << 20), -EINVAL);
    assert_int_equal(evtchn_unmask(b, 900), -EINVAL); /* no struct yet */
    assert_int_equal(evtchn_set_priority(b, pb, 3), -ENOSYS);
}

static void test_compat_layout(void **state)
{
    struct compat_shared_info *si = b->shared_info;
    struct compat_vcpu_info *vi = b->vcpu[0]->info;
    uint32_t pa = 0, pb = 0, port = 0, last = 0;

    (void)state;
    b->abi32 = true;
    while (last < 40)
        assert_int_equal(evtchn_alloc_unbound(b, 0, &last), 0);
    pb = last;
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &pa), 0);
    si->evtchn_mask[1] = 1u << (pb - 32);
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_int_equal(si->evtchn_pending[1], 1u << (pb - 32));
    assert_int_equal(vi->evtchn_pending_sel, 0);
    assert_int_equal(evtchn_unmask(b, pb), 0);
    assert_int_equal(vi->evtchn_pending_sel, 2); /* word 1 of 32 bits */
    assert_int_equal(vi->evtchn_upcall_pending, 1);
    assert_int_equal(si->evtchn_mask[1], 0);
    b->events.max_port = 4000; /* the layout limits it to 1024 */
    while (evtchn_alloc_unbound(b, 0, &port) == 0)
        last = port;
    assert_int_equal(last, 1023);
}

/* The guest's driver starts in 32-bit mode and says so while events are pending. */
static void test_layout_changes(void **state)
{
    struct compat_shared_info *si = b->shared_info;
    struct compat_vcpu_info *vi = b->vcpu[0]->info;
    uint32_t pa = 0, pb = 0, masked = 0, pm = 0;
    unsigned updates = fake.wallclock_updates;

    (void)state;
    while (pb < 40)
        assert_int_equal(evtchn_alloc_unbound(b, 0, &pb), 0);
    assert_int_equal(evtchn_bind_interdomain(a, b, pb, &pa), 0);
    assert_int_equal(evtchn_alloc_unbound(b, 0, &masked), 0);
    assert_int_equal(evtchn_bind_interdomain(a, b, masked, &pm), 0);
    si->evtchn_mask[1] = 1u << (masked - 32); /* where the guest will have its masks */
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_int_equal(evtchn_send(a, pm), 0);
    assert_int_equal(vinfo(b, 0)->evtchn_pending_sel, 1); /* in the 64-bit place */
    vi->evtchn_upcall_pending = 0;
    b->vcpu[0]->arch.upcalls = 0;
    b->vcpu[0]->arch.abi32 = true;
    domain_latch_layout(b->vcpu[0]);
    assert_true(b->abi32);
    assert_int_equal(fake.wallclock_updates, updates + 1);
    assert_int_equal(vi->evtchn_pending_sel, 2);
    assert_int_equal(vi->evtchn_upcall_pending, 1);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    assert_int_equal(si->evtchn_pending[1], 3u << (pb - 32));
    assert_int_equal(si->evtchn_mask[1], 1u << (masked - 32));
    drain(b);
    vi->evtchn_pending_sel = 0;
    si->evtchn_mask[1] = 0;
    assert_int_equal(evtchn_send(a, pm), 0);
    assert_int_equal(vi->evtchn_pending_sel, 2);
    domain_latch_layout(b->vcpu[0]); /* no news */
    assert_int_equal(fake.wallclock_updates, updates + 1);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    /* And back: a 64-bit kernel is started by the 32-bit one. */
    b->vcpu[0]->arch.abi32 = false;
    domain_latch_layout(b->vcpu[0]);
    assert_false(b->abi32);
    assert_int_equal(vinfo(b, 0)->evtchn_pending_sel, 1);
}

static void test_no_vcpu_info(void **state)
{
    uint32_t pb = 0, pa = pair(&pb);
    void *kept = b->vcpu[0]->info;

    (void)state;
    b->vcpu[0]->info = NULL;
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 0);
    assert_false(evtchn_upcall_pending(b->vcpu[0]));
    b->vcpu[0]->info = kept;
    evtchn_vcpu_info_moved(b->vcpu[0]);
    assert_int_equal(b->vcpu[0]->arch.upcalls, 1);
    assert_true(vinfo(b, 0)->evtchn_pending_sel == UINT64_MAX);
    assert_int_equal(vinfo(b, 0)->evtchn_upcall_pending, 1);
    assert_true(evtchn_port_pending(b, pb));
    vinfo(b, 0)->evtchn_upcall_mask = 1;
    assert_false(evtchn_upcall_pending(b->vcpu[0]));
}

static void poll_on(struct vcpu *v, uint32_t port)
{
    v->poll_port = port;
    v->polling = true;
    v->domain->poll_count++;
    v->sched.pause_flags |= 1ULL << VPF_BLOCKED;
}

static void test_pollers(void **state)
{
    uint32_t pb = 0, pa = pair(&pb);

    (void)state;
    info(b)->evtchn_mask[0] = UINT64_MAX; /* pollers look at masked ports too */
    poll_on(b->vcpu[0], pb + 1);
    poll_on(b->vcpu[1], pb);
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_false(b->vcpu[1]->polling);
    assert_false(b->vcpu[1]->sched.pause_flags & (1ULL << VPF_BLOCKED));
    assert_true(b->vcpu[0]->polling); /* waits for another one */
    assert_int_equal(b->poll_count, 1);
    b->vcpu[0]->poll_port = UINT32_MAX; /* several */
    info(b)->evtchn_pending[0] = 0;
    assert_int_equal(evtchn_send(a, pa), 0);
    assert_false(b->vcpu[0]->polling);
    assert_int_equal(b->poll_count, 0);
}

static void test_reset_and_close_all(void **state)
{
    uint32_t pb = 0, pa = pair(&pb), p = 0;

    (void)state;
    assert_int_equal(evtchn_bind_ipi(b, 0, &p), 0);
    assert_int_equal(evtchn_bind_virq(b, VIRQ_TIMER, 0, &p), 0);
    assert_int_equal(evtchn_reset(b), 0);
    assert_int_equal(b->events.active, 0);
    assert_int_equal(b->vcpu[0]->virq_port[VIRQ_TIMER], 0);
    assert_int_equal(evtchn_lookup(a, pa)->state, PORT_UNBOUND);
    assert_int_equal(evtchn_lookup(a, pa)->unbound_remote, 5);
    assert_int_equal(evtchn_alloc_unbound(b, 0, &p), 0);
    assert_int_equal(p, 1);
    assert_int_equal(evtchn_close_some(b), 0);
    assert_int_equal(b->events.active, 0);
    evtchn_domain_close(a);
    assert_int_equal(a->events.active, 0);
}

static void test_reset_is_preemptible(void **state)
{
    uint32_t p = 0, rounds = 0;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(evtchn_bind_ipi(b, 0, &p), 0);
    this_cpu()->entered = 1; /* one port a call */
    fake_time = SECONDS(1);
    while (evtchn_reset(b) == -ERESTART) {
        rounds++;
        if (rounds <= 3)
            assert_int_equal(b->events.active, 3 - rounds);
    }
    this_cpu()->entered = 0;
    assert_int_equal(rounds, 63);
    assert_int_equal(evtchn_bind_ipi(b, 0, &p), 0);
    assert_int_equal(p, 1);
    assert_int_equal(evtchn_reset(b), 0); /* begins at the beginning again */
    assert_int_equal(b->events.active, 0);
}

static void test_destroy_frees_all(void **state)
{
    uint32_t pb = 0;
    uint64_t before;
    int rc;

    (void)state;
    pair(&pb);
    before = free_pages_count();
    domain_get(b);
    while ((rc = domain_kill(b)) == -ERESTART)
        ;
    assert_int_equal(rc, 0);
    assert_int_equal(b->events.active, 0);
    domain_put(b);
    assert_true(free_pages_count() > before);
    assert_int_equal(a->events.active, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(test_ports_lowest_first), T(test_ports_limit), T(test_no_memory), T(test_dying_domain_gets_none),
        T(test_interdomain), T(test_interdomain_refusals), T(test_close_parts_the_pair), T(test_loopback),
        T(test_close_clears_pending), T(test_virq), T(test_global_virq), T(test_ipi), T(test_bind_vcpu), T(test_mask),
        T(test_compat_layout), T(test_layout_changes), T(test_no_vcpu_info), T(test_pollers), T(test_reset_and_close_all),
        T(test_reset_is_preemptible),
        T(test_destroy_frees_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
