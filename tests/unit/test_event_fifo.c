/* SPDX-License-Identifier: GPL-2.0-only */
/* object/event_fifo.c: queues in order and by priority, and guests that break the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../hypervisor/object/event_internal.h"
#include "errno.h"
#include "fake.h"
#include "page.h"

#define CONTROL_GFN 10
#define ARRAY_GFN 20
#define W_PENDING (1u << EVTCHN_FIFO_PENDING)
#define W_MASKED (1u << EVTCHN_FIFO_MASKED)
#define W_LINKED (1u << EVTCHN_FIFO_LINKED)

static struct domain *d;
static uint32_t *words;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    fake_domain(0, 1);
    d = fake_domain(5, 2);
    return 0;
}

static struct evtchn_fifo_control_block *control(unsigned vcpu)
{
    return fake_guest_ptr(d, (CONTROL_GFN + vcpu) * PAGE_SIZE + 128);
}

static void fifo_on(void)
{
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 128), 0);
    assert_int_equal(evtchn_fifo_init_control(d, 1, CONTROL_GFN + 1, 128), 0);
    assert_int_equal(evtchn_fifo_expand_array(d, ARRAY_GFN), 0);
    words = fake_guest_ptr(d, ARRAY_GFN * PAGE_SIZE);
}

static uint32_t ipi(unsigned vcpu)
{
    uint32_t port = 0;

    assert_int_equal(evtchn_bind_ipi(d, vcpu, &port), 0);
    return port;
}

/* The guest's side: take the head of a queue; 0 when it is empty. */
static uint32_t take(unsigned vcpu, unsigned prio)
{
    struct evtchn_fifo_control_block *c = control(vcpu);
    uint32_t port = c->head[prio], link;

    if (!port)
        return 0;
    link = words[port] & EVTCHN_FIFO_LINK_MASK;
    words[port] &= ~(W_LINKED | W_PENDING | EVTCHN_FIFO_LINK_MASK);
    c->head[prio] = link;
    if (!link)
        c->ready &= ~(1u << prio);
    return port;
}

static void test_errors(void **state)
{
    uint32_t refs = mfn_to_page(p2m_lookup(d, CONTROL_GFN).mfn)->refs;
    uint64_t objects = hv_heap_objects();
    uint32_t port = 0;

    (void)state;
    assert_int_equal(evtchn_fifo_expand_array(d, ARRAY_GFN), -EOPNOTSUPP);
    assert_int_equal(evtchn_fifo_init_control(d, 2, CONTROL_GFN, 0), -ENOENT);
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 4096 - 64), -EINVAL);
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 4), -EINVAL);
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, UINT32_MAX - 7), -EINVAL);
    assert_int_equal(evtchn_fifo_init_control(d, 0, 5000, 0), -EINVAL); /* nothing there */
    assert_int_equal(hv_heap_objects(), objects);
    assert_ptr_equal(d->events.abi, &evtchn_abi_2l);
    for (int n = 0; n < 3; n++) {
        fake_fail_alloc_after(n);
        if (evtchn_fifo_init_control(d, 0, CONTROL_GFN, 0) == 0)
            break;
        fake_fail_alloc_after(-1);
        assert_int_equal(hv_heap_objects(), objects);
        assert_null(d->vcpu[0]->evtchn_fifo);
    }
    fake_fail_alloc_after(-1);
    if (!d->events.fifo)
        assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 4096 - 72), 0);
    assert_ptr_equal(d->events.abi, &evtchn_abi_fifo);
    assert_int_equal(mfn_to_page(p2m_lookup(d, CONTROL_GFN).mfn)->refs, refs + 1);
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 0), -EINVAL); /* again */
    assert_int_equal(evtchn_fifo_expand_array(d, 5000), -EINVAL);
    assert_int_equal(evtchn_set_priority(d, 1, 3), -EACCES); /* not open */
    assert_int_equal(evtchn_bind_ipi(d, 0, &port), 0);
    assert_int_equal(evtchn_set_priority(d, port, 16), -EINVAL);
    assert_int_equal(evtchn_set_priority(d, 1 << 20, 1), -EINVAL);
}

static void test_no_memory_leaves_2l(void **state)
{
    uint64_t objects = hv_heap_objects();

    (void)state;
    fake_fail_alloc_after(0);
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 0), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(hv_heap_objects(), objects);
    assert_ptr_equal(d->events.abi, &evtchn_abi_2l);
    assert_null(d->events.fifo);
}

static void test_order(void **state)
{
    uint32_t p[4];

    (void)state;
    fifo_on();
    for (int i = 0; i < 4; i++)
        p[i] = ipi(0);
    assert_int_equal(evtchn_send(d, p[2]), 0);
    assert_int_equal(evtchn_send(d, p[0]), 0);
    assert_int_equal(evtchn_send(d, p[3]), 0);
    assert_int_equal(evtchn_send(d, p[0]), 0); /* is pending already */
    assert_int_equal(d->vcpu[0]->arch.upcalls, 1);
    assert_int_equal(control(0)->ready, 1u << 7);
    assert_int_equal(words[p[2]], W_PENDING | W_LINKED | p[0]);
    assert_int_equal(words[p[0]], W_PENDING | W_LINKED | p[3]);
    assert_int_equal(words[p[3]], W_PENDING | W_LINKED);
    assert_int_equal(take(0, 7), p[2]);
    assert_int_equal(evtchn_send(d, p[2]), 0); /* goes to the end */
    assert_int_equal(take(0, 7), p[0]);
    assert_int_equal(take(0, 7), p[3]);
    assert_int_equal(take(0, 7), p[2]);
    assert_int_equal(take(0, 7), 0);
    assert_int_equal(control(0)->ready, 0);
    /* an empty queue starts with a head again, and tells */
    ((struct vcpu_info *)d->vcpu[0]->info)->evtchn_upcall_pending = 0;
    assert_int_equal(evtchn_send(d, p[1]), 0);
    assert_int_equal(d->vcpu[0]->arch.upcalls, 2);
    assert_int_equal(take(0, 7), p[1]);
}

static void test_priorities(void **state)
{
    uint32_t lo, hi;

    (void)state;
    fifo_on();
    lo = ipi(1);
    hi = ipi(1);
    assert_int_equal(evtchn_set_priority(d, lo, EVTCHN_FIFO_PRIORITY_MIN), 0);
    assert_int_equal(evtchn_set_priority(d, hi, EVTCHN_FIFO_PRIORITY_MAX), 0);
    assert_int_equal(evtchn_send(d, lo), 0);
    assert_int_equal(evtchn_send(d, hi), 0);
    assert_int_equal(control(1)->ready, 1u << 15 | 1u << 0);
    assert_int_equal(control(1)->head[0], hi);
    assert_int_equal(control(1)->head[15], lo);
    assert_int_equal(control(0)->ready, 0);
}

/* Ports that are sent on again as soon as they are taken wait behind all others: each has its turn in each round. */
static void test_fairness(void **state)
{
    enum { PORTS = 6, ROUNDS = 20 };
    uint32_t p[PORTS], next = 0, got;

    (void)state;
    fifo_on();
    for (unsigned i = 0; i < PORTS; i++)
        p[i] = ipi(0);
    for (unsigned i = 0; i < PORTS; i++)
        assert_int_equal(evtchn_send(d, p[i]), 0);
    for (unsigned i = 0; i < PORTS * ROUNDS; i++) {
        got = take(0, EVTCHN_FIFO_PRIORITY_DEFAULT);
        assert_int_equal(got, p[next]);
        assert_int_equal(evtchn_send(d, got), 0);
        assert_int_equal(evtchn_send(d, p[0]), 0); /* one who cannot wait gains nothing */
        next = (next + 1) % PORTS;
    }
}

/* A port that is a queue's tail and moves to another queue must not be appended to in its old one. */
static void test_tail_changes_queue(void **state)
{
    uint32_t x, y;

    (void)state;
    fifo_on();
    x = ipi(0);
    y = ipi(0);
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(take(0, 7), x);
    assert_int_equal(evtchn_set_priority(d, x, 3), 0);
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(control(0)->head[3], x);
    assert_int_equal(evtchn_send(d, y), 0);
    assert_int_equal(control(0)->head[7], y);
    assert_int_equal(words[x] & EVTCHN_FIFO_LINK_MASK, 0);
    assert_int_equal(take(0, 3), x);
    assert_int_equal(take(0, 7), y);
}

static void test_mask(void **state)
{
    uint32_t x;

    (void)state;
    fifo_on();
    x = ipi(0);
    words[x] = W_MASKED;
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(words[x], W_MASKED | W_PENDING);
    assert_true(evtchn_port_pending(d, x));
    assert_int_equal(d->vcpu[0]->arch.upcalls, 0);
    assert_int_equal(evtchn_unmask(d, x), 0);
    assert_int_equal(words[x], W_PENDING | W_LINKED);
    assert_int_equal(d->vcpu[0]->arch.upcalls, 1);
}

static void test_early_events(void **state)
{
    uint32_t x = ipi(0), y = ipi(0);

    (void)state;
    ((struct shared_info *)d->shared_info)->evtchn_pending[0] = 1ULL << y; /* pending in the 2-level format */
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 128), 0);
    assert_int_equal(evtchn_send(d, x), 0); /* its word does not exist yet */
    assert_true(evtchn_port_pending(d, x));
    assert_int_equal(control(0)->ready, 0);
    words = fake_guest_ptr(d, ARRAY_GFN * PAGE_SIZE);
    assert_int_equal(evtchn_fifo_expand_array(d, ARRAY_GFN), 0);
    assert_int_equal(control(0)->ready, 1u << 7);
    assert_int_equal(take(0, 7), x);
    assert_int_equal(take(0, 7), y);
    assert_int_equal(take(0, 7), 0);
}

/* No control block: the event stays pending and nothing is touched. */
static void test_vcpu_without_control(void **state)
{
    uint32_t x;

    (void)state;
    assert_int_equal(evtchn_fifo_init_control(d, 0, CONTROL_GFN, 128), 0);
    assert_int_equal(evtchn_fifo_expand_array(d, ARRAY_GFN), 0);
    words = fake_guest_ptr(d, ARRAY_GFN * PAGE_SIZE);
    x = ipi(1);
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(words[x], W_PENDING);
    assert_int_equal(d->vcpu[1]->arch.upcalls, 0);
}

static void test_linked_port_is_not_reused(void **state)
{
    uint32_t x, y;

    (void)state;
    fifo_on();
    x = ipi(0);
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(evtchn_close(d, x), 0);
    assert_int_equal(words[x], W_LINKED); /* no longer pending; the guest takes it out */
    y = ipi(0);
    assert_int_not_equal(y, x);
    words[x] = 0;
    assert_int_equal(ipi(0), x);
}

/* Garbage in every word, links to nowhere, heads that lie: sending ends, and only the guest's own pages change. */
static void test_hostile_words(void **state)
{
    uint32_t x, y, z;

    (void)state;
    fifo_on();
    x = ipi(0);
    y = ipi(0);
    z = ipi(0);
    assert_int_equal(evtchn_send(d, x), 0);
    words[x] |= EVTCHN_FIFO_LINK_MASK | 1u << EVTCHN_FIFO_BUSY; /* link far outside the array */
    control(0)->head[7] = UINT32_MAX;
    assert_int_equal(evtchn_send(d, y), 0);
    assert_int_equal(words[x], W_PENDING | W_LINKED | y); /* the link is ours again, BUSY gone */
    words[y] = 0; /* the guest unlinks the tail behind our back: the queue counts as empty */
    assert_int_equal(evtchn_send(d, z), 0);
    assert_int_equal(control(0)->head[7], z);
    words[x] = W_LINKED | x; /* loop */
    words[z] = W_LINKED | z;
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(evtchn_send(d, z), 0);
    for (uint32_t i = 0; i < 1024; i++)
        words[i] = UINT32_MAX;
    assert_int_equal(evtchn_send(d, x), 0);
    assert_int_equal(evtchn_send(d, y), 0);
    assert_int_equal(evtchn_close(d, y), 0);
    for (uint32_t i = 0; i < 1024; i++)
        words[i] = 0;
    assert_int_equal(evtchn_send(d, x), 0);
    assert_true(words[x] & W_PENDING);
}

static void test_reset_returns_pages(void **state)
{
    mfn_t c = p2m_lookup(d, CONTROL_GFN).mfn, w = p2m_lookup(d, ARRAY_GFN).mfn;
    uint64_t objects = hv_heap_objects();

    (void)state;
    fifo_on();
    ipi(0);
    assert_int_equal(mfn_to_page(c)->refs, 2);
    assert_int_equal(mfn_to_page(w)->refs, 2);
    assert_int_equal(evtchn_reset(d), 0);
    assert_int_equal(mfn_to_page(c)->refs, 1);
    assert_int_equal(mfn_to_page(w)->refs, 1);
    assert_ptr_equal(d->events.abi, &evtchn_abi_2l);
    assert_int_equal(hv_heap_objects(), objects);
    fifo_on();
    evtchn_domain_close(d);
    assert_int_equal(mfn_to_page(c)->refs, 1);
    assert_int_equal(mfn_to_page(w)->refs, 1);
}

static void test_array_is_bounded(void **state)
{
    int n = 1, rc;

    (void)state;
    fifo_on();
    while ((rc = evtchn_fifo_expand_array(d, ARRAY_GFN)) == 0)
        n++;
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(n, 128);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(test_errors), T(test_no_memory_leaves_2l), T(test_order), T(test_priorities), T(test_fairness),
        T(test_tail_changes_queue),
        T(test_mask), T(test_early_events), T(test_vcpu_without_control), T(test_linked_port_is_not_reused),
        T(test_hostile_words), T(test_reset_returns_pages), T(test_array_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
