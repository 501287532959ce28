/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/heap.c: small objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "page.h"

static uint64_t pages, objects;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    page_alloc_init(frame_table, max_mfn);
    page_alloc_add(FAKE_BOOT_PAGES, max_mfn);
    pages = free_pages_count();
    objects = hv_heap_objects();
    return 0;
}

static void zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = { 0, 1, 16, 17, 100, 496, 497, 1008, 2016, 2017, 4096, 4097, 20000, 300000 };
    uint8_t *p[ARRAY_SIZE(sizes)][2];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
            for (unsigned k = 0; k < 2; k++) {
                p[i][k] = hv_zalloc(sizes[i]);
                assert_non_null(p[i][k]);
                assert_int_equal((uintptr_t)p[i][k] % 16, 0);
                for (size_t n = 0; n < sizes[i]; n++)
                    assert_int_equal(p[i][k][n], 0);
                memset(p[i][k], (int)(i * 2 + k + 1), sizes[i]);
            }
        assert_int_equal(hv_heap_objects(), objects + 2 * ARRAY_SIZE(sizes));
        for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
            for (unsigned k = 0; k < 2; k++)
                for (size_t n = 0; n < sizes[i]; n++)
                    assert_int_equal(p[i][k][n], (uint8_t)(i * 2 + k + 1));
        for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
            for (unsigned k = 0; k < 2; k++)
                hv_free(p[i][k]);
        assert_int_equal(hv_heap_objects(), objects);
        assert_int_equal(free_pages_count(), pages);
    }
}

static void a_page_holds_many(void **state)
{
    void *p[252];

    (void)state;
    for (unsigned i = 0; i < 252; i++) /* (4096 - 64) / 16 */
        p[i] = hv_zalloc(16);
    assert_int_equal(free_pages_count(), pages - 1);
    hv_free(p[100]);
    assert_ptr_equal(hv_zalloc(16), p[100]);
    assert_non_null(hv_zalloc(10));
    assert_int_equal(free_pages_count(), pages - 2);
    for (unsigned i = 0; i < 252; i++)
        hv_free(p[i]);
    assert_int_equal(free_pages_count(), pages - 1);
}

static void null_and_too_much(void **state)
{
    (void)state;
    hv_free(NULL);
    assert_null(hv_zalloc(MiB(2UL) + 1));
    assert_null(hv_zalloc(SIZE_MAX));
    fake_fail_alloc_after(0);
    assert_null(hv_zalloc(32));
    assert_null(hv_zalloc(8192));
    assert_int_equal(hv_heap_objects(), objects);
}

static void memory_runs_out_and_comes_back(void **state)
{
    void *list = NULL, *p;
    uint64_t n = 0;

    (void)state;
    while ((p = hv_zalloc(2016)) != NULL) {
        *(void **)p = list;
        list = p;
        n++;
    }
    assert_int_equal(n, pages * 2);
    while (list != NULL) {
        p = *(void **)list;
        hv_free(list);
        list = p;
    }
    assert_int_equal(free_pages_count(), pages);
}

static void free_wild(void *arg)
{
    hv_free(arg);
}

static void wild_pointers_are_caught(void **state)
{
    uint8_t *page = hv_alloc_page();

    (void)state;
    assert_true(fake_expect_panic(free_wild, page + 128));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(zeroed_aligned_and_apart, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_page_holds_many, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(null_and_too_much, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(memory_runs_out_and_comes_back, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(wild_pointers_are_caught, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
