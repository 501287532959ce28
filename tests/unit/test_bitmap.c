/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/bitmap.c and the inline operations of bitmap.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bitmap.h"

#define BITS 150

static void test_single_bits(void **state)
{
    uint64_t map[BITMAP_WORDS(BITS)] = { 0 };

    (void)state;
    bit_set(map, 0);
    bit_set(map, 63);
    bit_set(map, 64);
    assert_true(map[0] == (1ULL << 63 | 1));
    assert_true(map[1] == 1);
    assert_true(bit_test(map, 63));
    assert_false(bit_test(map, 62));
    bit_clear(map, 63);
    assert_true(map[0] == 1);
    assert_true(bit_test_and_clear(map, 64));
    assert_false(bit_test_and_clear(map, 64));
    assert_false(bit_test_and_set(map, 149));
    assert_true(bit_test_and_set(map, 149));
    assert_true(map[2] == 1ULL << 21);
}

/* Every search against the plain loop, at every start. */
static void check_searches(const uint64_t *map)
{
    unsigned weight = 0;

    for (unsigned start = 0; start <= BITS; start++) {
        unsigned set = start, clear = start;
        while (set < BITS && !bit_test(map, set))
            set++;
        while (clear < BITS && bit_test(map, clear))
            clear++;
        assert_int_equal(bitmap_next_set(map, BITS, start), set);
        assert_int_equal(bitmap_next_clear(map, BITS, start), clear);
    }
    for (unsigned i = 0; i < BITS; i++)
        weight += bit_test(map, i);
    assert_int_equal(bitmap_weight(map, BITS), weight);
}

static void test_searches(void **state)
{
    uint64_t map[BITMAP_WORDS(BITS)] = { 0 }, x = 0x9e3779b97f4a7c15ULL;

    (void)state;
    check_searches(map);
    memset(map, 0xff, sizeof(map)); /* bits past the end are set too, and must not be seen */
    check_searches(map);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned w = 0; w < BITMAP_WORDS(BITS); w++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            map[w] = round % 2 ? x & x >> 3 & x << 5 : x | x >> 9;
        }
        check_searches(map);
    }
}

static void test_edges(void **state)
{
    uint64_t map[2] = { 0, 0 };

    (void)state;
    assert_int_equal(bitmap_next_set(map, 64, 0), 64);
    assert_int_equal(bitmap_next_set(map, 0, 0), 0);
    assert_int_equal(bitmap_next_set(map, 64, 1000), 64);
    map[1] = 1;
    assert_int_equal(bitmap_next_set(map, 64, 0), 64);
    assert_int_equal(bitmap_next_set(map, 65, 0), 64);
    assert_int_equal(bitmap_weight(map, 64), 0);
    assert_int_equal(bitmap_weight(map, 65), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_bits),
        cmocka_unit_test(test_searches),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
