/* SPDX-License-Identifier: GPL-2.0-only */
/* object/pod.c: populate on demand, through memory_op and through what reads guests' memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "public/memory.h"

#include "cpu.h"
#include "errno.h"
#include "fake.h"
#include "hv.h"
#include "mm/mm_internal.h"
#include "object/p2m_internal.h"
#include "op.h"
#include "page.h"

#define ARG 0x3000 /* guest addresses: virtual is physical here */
#define LIST 0x4000
#define FIRST 512  /* the first gfn on demand */

static struct domain *zero, *guest;
static uint64_t pages;

static int setup(void **state)
{
    (void)state;
    fake_init(32);
    fake_time = 1; /* or a clock that is read first would seem never to have been read */
    zero = fake_domain(0, 1);
    pages = free_pages_count();
    guest = fake_domain(5, 1);
    guest->p2m.pool_limit = 0;
    guest->max_pages = 4096;
    return 0;
}

static int64_t call(struct domain *d, unsigned cmd, void *arg, size_t size)
{
    struct op op = { .vcpu = d->vcpu[0], .caller = d, .raw = { cmd, ARG } };
    int64_t rc;

    fake_set_current(d->vcpu[0]);
    memcpy(fake_guest_ptr(d, ARG), arg, size);
    rc = op_dispatch(&op, memory_ops, nr_memory_ops, cmd, ARG);
    memcpy(arg, fake_guest_ptr(d, ARG), size);
    return rc;
}

static int64_t reserve(struct domain *d, unsigned cmd, gfn_t gfn, unsigned order, unsigned flags)
{
    struct xen_memory_reservation r = { .extent_start = LIST, .nr_extents = 1, .extent_order = order, .domid = 5,
                                        .mem_flags = flags };

    *(uint64_t *)fake_guest_ptr(d, LIST) = gfn;
    return call(d, cmd, &r, sizeof(r));
}

static int64_t on_demand(gfn_t gfn, unsigned order)
{
    return reserve(zero, XENMEM_populate_physmap, gfn, order, XENMEMF_populate_on_demand);
}

static int64_t give_up(gfn_t gfn)
{
    return reserve(zero, XENMEM_decrease_reservation, gfn, 0, 0);
}

/* Also checks what the answer says. */
static int64_t set_target(uint64_t target)
{
    struct xen_pod_target t = { .target_pages = target, .domid = 5 };
    int64_t rc = call(zero, XENMEM_set_pod_target, &t, sizeof(t));

    if (rc == 0) {
        assert_int_equal(t.tot_pages, guest->tot_pages);
        assert_int_equal(t.pod_cache_pages, guest->p2m.pod.count);
        assert_int_equal(t.pod_entries, guest->p2m.pod.entries);
    }
    return rc;
}

static void touch(gfn_t gfn, uint8_t value)
{
    uint8_t old = 0xff;

    assert_int_equal(copy_from_gpa(guest, &old, gfn << PAGE_SHIFT, 1), 0);
    assert_int_equal(old, 0);
    assert_int_equal(copy_to_gpa(guest, gfn << PAGE_SHIFT, &value, 1), 0);
}

static void frames_come_at_the_first_access(void **state)
{
    (void)state;
    assert_int_equal(on_demand(FIRST, 9), 1);
    assert_int_equal(p2m_lookup(guest, FIRST + 7).type, P2M_ON_DEMAND);
    assert_int_equal(p2m_lookup(guest, FIRST + 7).order, 9);
    assert_int_equal(guest->p2m.pod.entries, 512);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 3), 0);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 3);
    assert_int_equal(guest->p2m.pod.count, 3);
    for (unsigned i = 0; i < 3; i++)
        touch(FIRST + i * 5, 1);
    assert_int_equal(p2m_lookup(guest, FIRST).type, P2M_RAM_RW);
    assert_int_equal(p2m_lookup(guest, FIRST + 1).type, P2M_ON_DEMAND);
    assert_int_equal(guest->p2m.pod.entries, 509);
    assert_int_equal(pod_fill(guest, FIRST), 0); /* another vCPU was faster */
    assert_int_equal(pod_fill(guest, FIRST + 1), -ENOMEM);
    assert_int_equal(copy_to_gpa(guest, (FIRST + 1) << PAGE_SHIFT, "x", 1), -EFAULT);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 3);
}

static void the_balloon_refills_the_cache(void **state)
{
    mfn_t held;

    (void)state;
    assert_int_equal(on_demand(FIRST, 9), 1);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 2), 0);
    touch(FIRST, 0x55);
    touch(FIRST + 1, 0x66);
    assert_int_equal(give_up(FIRST), 1);
    assert_int_equal(guest->p2m.pod.count, 1);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 2);
    touch(FIRST + 2, 0x77); /* finds zeroes */
    /* a frame that somebody else maps cannot be used again: another one replaces it when it is wanted */
    assert_int_equal(p2m_get_page(guest, FIRST + 1, true, &held), 0);
    assert_int_equal(give_up(FIRST + 1), 1);
    assert_int_equal(guest->p2m.pod.count, 0);
    assert_int_equal(pod_fill(guest, FIRST + 3), -ENOMEM);
    page_put(mfn_to_page(held));
    assert_int_equal(pod_fill(guest, FIRST + 3), 0);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 2);
}

static void the_cache_is_never_larger_than_what_is_missing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(on_demand(FIRST + i, 0), 1);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 100), 0);
    assert_int_equal(guest->p2m.pod.count, 8);
    assert_int_equal(give_up(FIRST), 1);
    assert_int_equal(guest->p2m.pod.count, 7);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 7);
    touch(FIRST + 1, 1);
    assert_int_equal(give_up(FIRST + 1), 1); /* six gfns, six frames */
    assert_int_equal(guest->p2m.pod.count, 6);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 2), 0); /* less is up to the balloon */
    assert_int_equal(guest->p2m.pod.count, 6);
    for (unsigned i = 2; i < 8; i++)
        touch(FIRST + i, 1);
    assert_int_equal(guest->p2m.pod.entries, 0);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 100), 0);
    assert_int_equal(guest->p2m.pod.count, 0);
    assert_int_equal(give_up(FIRST + 2), 1);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 5);
}

static bool always(void)
{
    return true;
}

static void a_domain_in_creation(void **state)
{
    (void)state;
    for (gfn_t gfn = 0; gfn < FAKE_DOMAIN_PAGES; gfn++)
        assert_int_equal(give_up(gfn), 1);
    assert_int_equal(guest->tot_pages, 0);
    fake.preempt = always; /* goes on by itself */
    assert_int_equal(set_target(20), -ERESTART);
    assert_in_range(guest->tot_pages, 1, 3);
    fake.preempt = NULL;
    this_cpu()->entered = 0;
    assert_int_equal(set_target(20), 0); /* before there is a map */
    assert_int_equal(guest->p2m.pod.count, 20);
    assert_int_equal(on_demand(0, 9), 1);
    touch(511, 3);
    assert_int_equal(guest->p2m.pod.count, 19);
    assert_int_equal(set_target(4097), -EINVAL);
    fake_fail_alloc_after(2);
    assert_int_equal(set_target(30), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(guest->tot_pages, 22);
}

static void other_mappings_replace_entries(void **state)
{
    struct xen_add_to_physmap a = { .domid = 5, .space = XENMAPSPACE_shared_info, .gpfn = FIRST + 2 };

    (void)state;
    assert_int_equal(on_demand(FIRST, 9), 1);
    assert_int_equal(call(zero, XENMEM_add_to_physmap, &a, sizeof(a)), 0);
    assert_int_equal(guest->p2m.pod.entries, 511);
    assert_int_equal(on_demand(FIRST, 0), 0); /* there is one already */
    assert_int_equal(on_demand(FIRST + 2, 0), 0);
    assert_int_equal(on_demand(1024 + 1, 3), 0); /* not aligned */
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, FIRST, 0, 0), 0);
    assert_int_equal(guest->p2m.pod.entries, 511);
    /* nobody builds himself so, and dom0's map is its RAM */
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, 1024, 0, XENMEMF_populate_on_demand), 0);
}

static void destruction_returns_everything(void **state)
{
    unsigned restarts = 0;
    int rc;

    (void)state;
    assert_int_equal(on_demand(FIRST, 9), 1);
    assert_int_equal(set_target(FAKE_DOMAIN_PAGES + 200), 0);
    touch(FIRST + 9, 1);
    fake_set_current(zero->vcpu[0]);
    fake.preempt = always;
    for (rc = domain_kill(guest); rc == -ERESTART; restarts++)
        rc = domain_kill(guest);
    assert_int_equal(rc, 0);
    assert_true(restarts > 3);
    assert_int_equal(free_pages_count(), pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_come_at_the_first_access, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(the_balloon_refills_the_cache, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(the_cache_is_never_larger_than_what_is_missing, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_domain_in_creation, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(other_mappings_replace_entries, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(destruction_returns_everything, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
