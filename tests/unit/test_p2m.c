/* SPDX-License-Identifier: GPL-2.0-only */
/* object/p2m.c: entries of every size, splits, references, the pool, teardown, readers beside a writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "errno.h"
#include "fake.h"
#include "object/p2m_internal.h"
#include "page.h"

static struct domain *d;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    d = fake_domain(1, 1);
    d->p2m.pool_limit = 0;
    return 0;
}

static void expect(gfn_t gfn, mfn_t mfn, enum p2m_type type, unsigned order)
{
    struct p2m_entry e = p2m_lookup(d, gfn);

    assert_int_equal(e.type, type);
    assert_true(e.mfn == mfn);
    assert_int_equal(e.order, order);
}

static void holes(void **state)
{
    (void)state;
    expect(FAKE_DOMAIN_PAGES, INVALID_MFN, P2M_NONE, ORDER_4K);
    expect(0x200, INVALID_MFN, P2M_NONE, ORDER_2M);
    expect(0x40000, INVALID_MFN, P2M_NONE, ORDER_1G);
    expect((1ULL << 36) - 1, INVALID_MFN, P2M_NONE, ORDER_1G);
    expect(1ULL << 36, INVALID_MFN, P2M_NONE, 0);
    expect(INVALID_GFN, INVALID_MFN, P2M_NONE, 0);
}

static void bad_arguments(void **state)
{
    (void)state;
    assert_int_equal(p2m_set(d, 0x200, 0x200, 1, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 0x201, 0x200, 9, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 0x200, 0x201, 9, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 0x40200, 0x40000, 18, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 1ULL << 36, 0x200, 0, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 0x200, 1ULL << 40, 0, P2M_MMIO, NULL), -EINVAL);
    assert_int_equal(p2m_set(d, 1ULL << 36, INVALID_MFN, 0, P2M_NONE, NULL), -EINVAL);
}

static void superpages_split(void **state)
{
    struct p2m_entry old;
    unsigned flushes = d->arch.flushes;
    uint32_t tables = d->p2m.table_pages;

    (void)state;
    assert_int_equal(p2m_set(d, 0x80000, 0x1c0000, 18, P2M_MMIO, NULL), 0);
    assert_int_equal(d->p2m.max_gfn, 0xbffff);
    expect(0x80000 + 0x12345, 0x1c0000 + 0x12345, P2M_MMIO, ORDER_1G);
    assert_int_equal(d->arch.flushes, flushes); /* nothing was there */
    assert_int_equal(p2m_set(d, 0x80205, 0xabc, 0, P2M_MMIO, &old), 0);
    assert_int_equal(old.type, P2M_MMIO);
    assert_true(old.mfn == 0x1c0205);
    assert_int_equal(old.order, 0);
    assert_int_equal(d->arch.flushes, flushes + 1);
    assert_int_equal(d->p2m.table_pages, tables + 2);
    expect(0x80205, 0xabc, P2M_MMIO, ORDER_4K);
    expect(0x80204, 0x1c0204, P2M_MMIO, ORDER_4K);
    expect(0x803ff, 0x1c03ff, P2M_MMIO, ORDER_4K);
    expect(0x80400, 0x1c0400, P2M_MMIO, ORDER_2M);
    expect(0x801ff, 0x1c01ff, P2M_MMIO, ORDER_2M);
    /* A superpage over tables fills them: a reader may be inside. */
    assert_int_equal(p2m_set(d, 0x80000, 0x40000, 18, P2M_MMIO, NULL), 0);
    expect(0x80205, 0x40205, P2M_MMIO, ORDER_4K);
    expect(0x80400, 0x40400, P2M_MMIO, ORDER_2M);
    assert_int_equal(p2m_set(d, 0x80200, INVALID_MFN, 9, P2M_NONE, NULL), 0);
    expect(0x80205, INVALID_MFN, P2M_NONE, ORDER_4K);
    assert_int_equal(d->p2m.table_pages, tables + 2);
}

static void clearing_a_hole_makes_no_tables(void **state)
{
    struct p2m_entry old = { .type = P2M_MMIO };
    uint32_t tables = d->p2m.table_pages;
    unsigned flushes = d->arch.flushes;

    (void)state;
    assert_int_equal(p2m_set(d, 0x123456, INVALID_MFN, 0, P2M_NONE, &old), 0);
    assert_int_equal(old.type, P2M_NONE);
    assert_int_equal(d->p2m.table_pages, tables);
    assert_int_equal(d->arch.flushes, flushes);
}

static void no_memory_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(p2m_set(d, 0x80000, 0x1c0000, 18, P2M_MMIO, NULL), 0);
    for (int n = 0; n < 2; n++) {
        fake_fail_alloc_after(n);
        assert_int_equal(p2m_set(d, 0x80205, 0xabc, 0, P2M_MMIO, NULL), -ENOMEM);
        assert_true(p2m_lookup(d, 0x80205).mfn == 0x1c0205);
        assert_int_equal(p2m_lookup(d, 0x80205).type, P2M_MMIO);
    }
    fake_fail_alloc_after(-1);
    assert_int_equal(p2m_set(d, 0x80205, 0xabc, 0, P2M_MMIO, NULL), 0);
}

static void the_pool_is_a_limit(void **state)
{
    (void)state;
    d->p2m.pool_limit = d->p2m.table_pages + 1;
    assert_int_equal(p2m_set(d, 0x200, 0x1, 0, P2M_MMIO, NULL), 0);
    assert_int_equal(d->p2m.table_pages, d->p2m.pool_limit);
    assert_int_equal(p2m_set(d, 0x201, 0x2, 0, P2M_MMIO, NULL), 0);
    assert_int_equal(p2m_set(d, 0x400, 0x3, 0, P2M_MMIO, NULL), -ENOMEM);
    assert_int_equal(p2m_lookup(d, 0x400).type, P2M_NONE);
}

static void replacing_needs_the_expected_entry(void **state)
{
    struct p2m_entry e = p2m_lookup(d, 3), wrong = e;

    (void)state;
    wrong.mfn++;
    assert_int_equal(p2m_replace(d, 3, INVALID_MFN, 0, P2M_NONE, &wrong), -EAGAIN);
    wrong = e;
    wrong.type = P2M_RAM_RO;
    assert_int_equal(p2m_replace(d, 3, INVALID_MFN, 0, P2M_NONE, &wrong), -EAGAIN);
    expect(3, e.mfn, P2M_RAM_RW, 0);
    assert_int_equal(p2m_replace(d, 3, INVALID_MFN, 0, P2M_NONE, &e), 0);
    expect(3, INVALID_MFN, P2M_NONE, 0);
    assert_int_equal(p2m_replace(d, 0, 0x200, 9, P2M_MMIO, &(struct p2m_entry){ .mfn = INVALID_MFN }), -EAGAIN);
    p2m_release(d, &e);
}

static void getting_a_page(void **state)
{
    mfn_t mfn = INVALID_MFN, ram = p2m_lookup(d, 7).mfn;

    (void)state;
    assert_int_equal(p2m_get_page(d, 7, true, &mfn), 0);
    assert_true(mfn == ram);
    assert_int_equal(mfn_to_page(ram)->refs, 2);
    page_put(mfn_to_page(ram));
    assert_int_equal(p2m_get_page(d, FAKE_DOMAIN_PAGES, false, &mfn), -EINVAL);
    assert_int_equal(p2m_get_page(d, INVALID_GFN, false, &mfn), -EINVAL);
    assert_int_equal(p2m_set(d, 100, 0xfee00, 0, P2M_MMIO, NULL), 0);
    assert_int_equal(p2m_get_page(d, 100, false, &mfn), -EINVAL);
    /* RAM types beyond the frame table (a bug elsewhere) are no crash */
    assert_int_equal(p2m_set(d, 101, max_mfn, 0, P2M_RAM_RW, NULL), 0);
    assert_int_equal(p2m_get_page(d, 101, false, &mfn), -EINVAL);
    assert_int_equal(p2m_set(d, 101, INVALID_MFN, 0, P2M_NONE, NULL), 0);
    assert_int_equal(p2m_set(d, 7, ram, 0, P2M_RAM_RO, NULL), 0);
    assert_int_equal(p2m_get_page(d, 7, true, &mfn), -EACCES);
    assert_int_equal(p2m_get_page(d, 7, false, &mfn), 0);
    page_put(mfn_to_page(ram));
    assert_int_equal(mfn_to_page(ram)->refs, 1);
}

static void a_frame_inside_a_superpage(void **state)
{
    mfn_t base, mfn;

    (void)state;
    assert_int_equal(domain_alloc_pages(d, 9, 0, &base), 0);
    assert_int_equal(p2m_set(d, 0x200, base, 9, P2M_RAM_RW, NULL), 0);
    assert_int_equal(p2m_get_page(d, 0x2a5, true, &mfn), 0);
    assert_true(mfn == base + 0xa5);
    assert_int_equal(mfn_to_page(mfn)->refs, 2);
    assert_int_equal(mfn_to_page(base)->refs, 1);
    page_put(mfn_to_page(mfn));
}

static void boot_frames_are_remembered(void **state)
{
    struct domain *zero = fake_domain(0, 1);
    struct p2m_entry old, e;

    (void)state;
    assert_int_equal(p2m_set(zero, 9, INVALID_MFN, 0, P2M_NONE, &old), 0);
    assert_int_equal(old.type, P2M_RAM_RW);
    assert_int_equal(old.mfn, 9);
    e = p2m_lookup(zero, 9);
    assert_int_equal(e.type, P2M_RETAINED);
    assert_int_equal(e.mfn, 9);
    assert_int_equal(p2m_get_page(zero, 9, false, &(mfn_t){ 0 }), -EINVAL);
    p2m_release(zero, &e);
    assert_int_equal(mfn_to_page(9)->refs, 1);
    p2m_release(zero, &old);
    assert_int_equal(mfn_to_page(9)->refs, 0);
    assert_int_equal(p2m_set(zero, 100, INVALID_MFN, 0, P2M_NONE, NULL), 0); /* no boot frame */
    assert_int_equal(p2m_lookup(zero, 100).type, P2M_NONE);
}

static void teardown_returns_everything(void **state)
{
    struct domain *other = fake_domain(2, 1);
    uint64_t before;
    struct page *foreign = mfn_to_page(p2m_lookup(other, 1).mfn);
    mfn_t mfn;

    (void)state;
    before = free_pages_count() + d->tot_pages + d->p2m.table_pages;
    assert_int_equal(domain_alloc_pages(d, 9, 0, &mfn), 0);
    assert_int_equal(p2m_set(d, 0x200, mfn, 9, P2M_RAM_RW, NULL), 0);
    assert_int_equal(domain_alloc_pages(d, 0, 0, &mfn), 0);
    assert_int_equal(p2m_set(d, (1ULL << 36) - 1, mfn, 0, P2M_RAM_RW, NULL), 0);
    assert_true(page_get(foreign, 2));
    assert_int_equal(p2m_set(d, 0x12345, page_to_mfn(foreign), 0, P2M_FOREIGN_RW, NULL), 0);
    assert_int_equal(p2m_set(d, 0x80000, 0x80000, 18, P2M_MMIO, NULL), 0); /* no frames behind it */
    d->state = DOMAIN_DYING;
    assert_int_equal(p2m_set(d, 0x400, 1, 0, P2M_MMIO, NULL), -EINVAL);
    while (p2m_teardown(d) == -ERESTART)
        ;
    assert_int_equal(p2m_teardown(d), 0);
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(d->p2m.table_pages, 0);
    assert_int_equal(free_pages_count(), before);
    assert_int_equal(foreign->refs, 1);
    assert_int_equal(p2m_lookup(d, 1).type, P2M_NONE);
    assert_int_equal(p2m_get_page(d, 1, false, &mfn), -EINVAL);
    assert_int_equal(p2m_set(d, 1, 1, 0, P2M_MMIO, NULL), -EINVAL);
}

static void teardown_stops_and_goes_on(void **state)
{
    uint64_t before = free_pages_count() + d->tot_pages + d->p2m.table_pages;
    unsigned restarts = 0;
    mfn_t mfn;

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(domain_alloc_pages(d, 9, 0, &mfn), 0);
        assert_int_equal(p2m_set(d, (gfn_t)i << 27 | 0x200, mfn, 9, P2M_RAM_RW, NULL), 0);
    }
    d->state = DOMAIN_DYING;
    cpus[0]->entered = 1;
    fake_time = SECONDS(1); /* every look at the clock says that time is up */
    while (p2m_teardown(d) == -ERESTART)
        assert_true(++restarts < 100000);
    assert_true(restarts > 6);
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(free_pages_count(), before);
}

#define ROUNDS 20000
static bool stop;

/* On CPU 1: every page that p2m_get_page gives is the domain's, for as long as it is held. */
static void *reader(void *arg)
{
    uintptr_t bad = 0;

    (void)arg;
    fake_set_cpu(1);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        mfn_t mfn;

        if (p2m_get_page(d, 0x205, true, &mfn))
            continue;
        bad += mfn_to_page(mfn)->owner != d->id || mfn_to_page(mfn)->refs == 0;
        page_put(mfn_to_page(mfn));
    }
    return (void *)bad;
}

static void readers_beside_a_writer(void **state)
{
    uint32_t tot = d->tot_pages;
    pthread_t thread;
    void *bad;

    (void)state;
    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, reader, NULL), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct p2m_entry old;
        mfn_t mfn;

        assert_int_equal(domain_alloc_pages(d, 0, 0, &mfn), 0);
        assert_int_equal(p2m_set(d, 0x205, mfn, 0, P2M_RAM_RW, &old), 0);
        p2m_release(d, &old);
        if (i % 3 == 0) {
            assert_int_equal(p2m_set(d, 0x205, INVALID_MFN, 0, P2M_NONE, &old), 0);
            p2m_release(d, &old);
        }
    }
    while (p2m_teardown(d) == -ERESTART)
        ;
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, &bad);
    assert_int_equal((uintptr_t)bad, 0);
    assert_int_equal(tot, FAKE_DOMAIN_PAGES);
    assert_int_equal(d->tot_pages, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(holes, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(bad_arguments, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(superpages_split, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(clearing_a_hole_makes_no_tables, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(no_memory_changes_nothing, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(the_pool_is_a_limit, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(replacing_needs_the_expected_entry, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(getting_a_page, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_frame_inside_a_superpage, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(boot_frames_are_remembered, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(teardown_returns_everything, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(teardown_stops_and_goes_on, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(readers_beside_a_writer, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
