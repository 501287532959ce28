/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/page_alloc.c: the buddy allocator, owners and references, boot RAM, claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "errno.h"
#include "fake.h"
#include "mm/mm_internal.h"
#include "page.h"
#include "page_boot.h"

#define RAM_MIB 16
#define ALL_PAGES (RAM_MIB * 256 - FAKE_BOOT_PAGES)

static int setup(void **state)
{
    (void)state;
    fake_init(RAM_MIB);
    return 0;
}

/* An allocator from which nobody has taken anything. */
static int setup_bare(void **state)
{
    setup(state);
    page_alloc_init(frame_table, max_mfn);
    page_alloc_add(FAKE_BOOT_PAGES, max_mfn);
    return 0;
}

static void counts_and_alignment(void **state)
{
    (void)state;
    assert_int_equal(free_pages_count(), ALL_PAGES);
    assert_int_equal(total_pages_count(), ALL_PAGES);
    for (unsigned order = 0; order <= 10; order++) {
        mfn_t mfn = hv_alloc_pages(order, 0);

        assert_true(mfn >= FAKE_BOOT_PAGES && mfn + (1ULL << order) <= max_mfn);
        assert_int_equal(mfn % (1ULL << order), 0);
        assert_int_equal(free_pages_count(), ALL_PAGES - (1ULL << order));
        assert_int_equal(mfn_to_page(mfn)->refs, 1);
        assert_int_equal(mfn_to_page(mfn)->owner, PAGE_OWNER_HV);
        hv_free_pages(mfn, order);
        assert_int_equal(free_pages_count(), ALL_PAGES);
    }
    assert_int_equal(hv_alloc_pages(ORDER_1G, 0), INVALID_MFN);
    assert_int_equal(hv_alloc_pages(ORDER_1G + 1, 0), INVALID_MFN);
}

static void every_page_once_and_merged_again(void **state)
{
    static uint8_t seen[RAM_MIB * 256];
    mfn_t mfn, big;
    unsigned n = 0;

    (void)state;
    memset(seen, 0, sizeof(seen));
    big = hv_alloc_pages(11, 0); /* 8 MiB: only one aligned block of it exists */
    assert_int_equal(big, 2048);
    hv_free_pages(big, 11);
    while ((mfn = hv_alloc_pages(0, 0)) != INVALID_MFN) {
        assert_int_equal(seen[mfn]++, 0);
        n++;
    }
    assert_int_equal(n, ALL_PAGES);
    assert_int_equal(free_pages_count(), 0);
    for (mfn = FAKE_BOOT_PAGES; mfn < max_mfn; mfn++)
        hv_free_pages(mfn ^ 1, 0); /* not in the order of their numbers */
    assert_int_equal(free_pages_count(), ALL_PAGES);
    assert_int_equal(hv_alloc_pages(11, 0), 2048);
}

static bool is_zero(mfn_t mfn)
{
    const uint8_t *p = mfn_to_virt(mfn);

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (p[i])
            return false;
    return true;
}

static void domain_pages_are_clean_and_counted(void **state)
{
    struct domain *d = fake_domain(1, 1);
    uint32_t base = d->tot_pages, refs = d->refs;
    mfn_t mfn;

    (void)state;
    assert_int_equal(base, FAKE_DOMAIN_PAGES);
    assert_int_equal(domain_alloc_pages(d, 3, 0, &mfn), 0);
    assert_int_equal(d->tot_pages, base + 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(is_zero(mfn + i)); /* RAM was 0xcc */
        assert_int_equal(mfn_to_page(mfn + i)->owner, 1);
        memset(mfn_to_virt(mfn + i), 0x77, PAGE_SIZE);
        page_put(mfn_to_page(mfn + i));
    }
    assert_int_equal(d->tot_pages, base);
    assert_int_equal(d->refs, refs);
    assert_int_equal(domain_alloc_pages(d, 3, 0, &mfn), 0);
    for (unsigned i = 0; i < 8; i++)
        assert_true(is_zero(mfn + i));
    d->max_pages = base + 9;
    assert_int_equal(domain_alloc_pages(d, 1, 0, &mfn), -ENOMEM);
    assert_int_equal(domain_alloc_pages(d, 0, 0, &mfn), 0);
    assert_int_equal(domain_alloc_pages(d, 0, 0, &mfn), -ENOMEM);
    assert_int_equal(d->tot_pages, base + 9);
}

static void references_keep_a_frame(void **state)
{
    struct domain *d = fake_domain(1, 1);
    uint64_t before = free_pages_count();
    struct page *pg;
    mfn_t mfn;

    (void)state;
    assert_int_equal(domain_alloc_pages(d, 0, 0, &mfn), 0);
    pg = mfn_to_page(mfn);
    assert_false(page_get(pg, 2));
    assert_false(page_get(pg, PAGE_OWNER_HV));
    assert_false(page_get(NULL, 1));
    assert_true(page_get(pg, 1));
    assert_int_equal(pg->refs, 2);
    page_put(pg);
    assert_int_equal(free_pages_count(), before - 1);
    page_put(pg);
    assert_int_equal(free_pages_count(), before);
    assert_false(page_get(pg, 1));
    assert_false(page_get(pg, PAGE_OWNER_NONE));
    assert_int_equal(pg->refs, 0);
}

static void reference_count_does_not_wrap(void **state)
{
    struct page *pg = mfn_to_page(hv_alloc_pages(0, 0));

    (void)state;
    pg->refs = 0x7ffffffe;
    assert_true(page_get(pg, PAGE_OWNER_HV));
    assert_false(page_get(pg, PAGE_OWNER_HV));
    assert_int_equal(pg->refs, 0x7fffffff);
    pg->refs = 1;
}

static void put_once_more(void *arg)
{
    page_put(arg);
}

static void one_put_too_many_is_caught(void **state)
{
    mfn_t mfn = hv_alloc_pages(0, 0);

    (void)state;
    hv_free_pages(mfn, 0);
    assert_true(fake_expect_panic(put_once_more, mfn_to_page(mfn)));
}

/* The struct of a domain outlives its frames, whoever holds them. */
static void domain_lives_while_it_owns_frames(void **state)
{
    struct domain *d = fake_domain(1, 1);
    struct p2m_entry e = p2m_lookup(d, 3);
    uint64_t objects;

    (void)state;
    assert_true(page_get(mfn_to_page(e.mfn), 1));
    while (domain_kill(d) == -ERESTART)
        ;
    assert_int_equal(d->tot_pages, 1);
    assert_int_equal(mfn_to_page(e.mfn)->owner, 1);
    objects = hv_heap_objects();
    page_put(mfn_to_page(e.mfn));
    assert_true(hv_heap_objects() < objects); /* now the struct has gone too */
    assert_null(domain_get_by_id(1));
}

static void dead_domains_leave_nothing(void **state)
{
    uint64_t pages = free_pages_count(), objects = hv_heap_objects();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct domain *d = fake_domain(7, 2);

        while (domain_kill(d) == -ERESTART)
            ;
        assert_int_equal(hv_heap_objects(), objects);
        assert_int_equal(free_pages_count(), pages);
    }
}

static void boot_frames_stay(void **state)
{
    struct domain *d = fake_domain(0, 1);
    uint64_t before = free_pages_count();
    struct page *pg = mfn_to_page(5);

    (void)state;
    assert_true(page_is_boot(0, 5));
    assert_false(page_is_boot(0, FAKE_DOMAIN_PAGES));
    assert_int_equal(page_boot_end(), FAKE_DOMAIN_PAGES);
    memset(mfn_to_virt(5), 0x55, PAGE_SIZE);
    assert_false(page_reclaim_boot(d, 5)); /* in use */
    page_put(pg);
    assert_int_equal(d->tot_pages, FAKE_DOMAIN_PAGES - 1);
    assert_int_equal(free_pages_count(), before);
    assert_false(page_get(pg, 0));
    assert_true(page_is_boot(0, 5));
    assert_true(page_reclaim_boot(d, 5));
    assert_int_equal(d->tot_pages, FAKE_DOMAIN_PAGES);
    assert_true(is_zero(5));
    assert_int_equal(pg->refs, 1);
    assert_false(page_reclaim_boot(d, FAKE_BOOT_PAGES + 1)); /* not boot RAM */
}

static void boot_frame_respects_the_limit(void **state)
{
    struct domain *d = fake_domain(0, 1);

    (void)state;
    page_put(mfn_to_page(5));
    d->max_pages = FAKE_DOMAIN_PAGES - 1;
    assert_false(page_reclaim_boot(d, 5));
    assert_int_equal(mfn_to_page(5)->refs, 0);
}

static void claims_hold_pages_back(void **state)
{
    struct domain *a = fake_domain(1, 1), *b = fake_domain(2, 1);
    uint64_t avail = free_pages_count();
    mfn_t mfn;

    (void)state;
    assert_int_equal(page_claim(a, 64), -EINVAL); /* no more than it has */
    assert_int_equal(page_claim(a, FAKE_DOMAIN_PAGES + avail + 1), -ENOMEM);
    assert_int_equal(page_claim(a, FAKE_DOMAIN_PAGES + 1024), 0);
    assert_int_equal(page_claim(a, FAKE_DOMAIN_PAGES + 1024), -EINVAL); /* one at a time */
    assert_int_equal(page_claims_outstanding(), 1024);
    assert_int_equal(page_claim(b, FAKE_DOMAIN_PAGES + avail - 1000), -ENOMEM);
    while (domain_alloc_pages(b, 0, 0, &mfn) == 0)
        ;
    assert_int_equal(free_pages_count(), 1024);
    assert_int_equal(domain_alloc_pages(a, 9, 0, &mfn), 0);
    assert_int_equal(page_claims_outstanding(), 512);
    assert_int_equal(domain_alloc_pages(b, 0, 0, &mfn), -ENOMEM);
    assert_int_equal(page_claim(a, 0), 0);
    assert_int_equal(page_claims_outstanding(), 0);
    assert_int_equal(domain_alloc_pages(b, 0, 0, &mfn), 0);
}

static void failures_are_injected(void **state)
{
    mfn_t mfn;

    (void)state;
    fake_fail_alloc_after(1);
    mfn = hv_alloc_pages(0, 0);
    assert_int_not_equal(mfn, INVALID_MFN);
    assert_int_equal(hv_alloc_pages(0, 0), INVALID_MFN);
    assert_null(hv_alloc_page());
    assert_null(hv_zalloc(16));
    fake_fail_alloc_after(-1);
    assert_non_null(hv_alloc_page());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_and_alignment, setup_bare, fake_teardown),
        cmocka_unit_test_setup_teardown(every_page_once_and_merged_again, setup_bare, fake_teardown),
        cmocka_unit_test_setup_teardown(domain_pages_are_clean_and_counted, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(references_keep_a_frame, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(reference_count_does_not_wrap, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(one_put_too_many_is_caught, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(domain_lives_while_it_owns_frames, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(dead_domains_leave_nothing, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(boot_frames_stay, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(boot_frame_respects_the_limit, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(claims_hold_pages_back, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(failures_are_injected, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
