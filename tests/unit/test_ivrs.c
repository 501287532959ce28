/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/ivrs.c: every kind of block and entry, and every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/ivrs.h"
#include "errno.h"

#define BASE 0xfed80000ULL

static uint8_t table[8192];
static size_t used, block_at;
static struct ivrs ivrs;

static void put(uint64_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        table[used++] = (uint8_t)value;
}

static void block(uint8_t type, uint16_t bdf, uint64_t base, uint16_t segment)
{
    block_at = used;
    put(type, 1);
    put(0x2d, 1); /* flags */
    put(0, 2);
    put(bdf, 2);
    put(0x40, 2);
    put(base, 8);
    put(segment, 2);
    put(0, 6);
    if (type != 0x10) {
        put(0, 8);
        put(0, 8);
    }
}

static void entry(uint8_t type, uint16_t bdf, uint8_t settings)
{
    put(type, 1);
    put(bdf, 2);
    put(settings, 1);
}

static void long_entry(uint8_t type, uint16_t bdf, uint8_t settings, uint16_t other)
{
    entry(type, bdf, settings);
    put(0, 1);
    put(other, 2);
    put(0, 1);
}

static void block_end(void)
{
    uint16_t n = (uint16_t)(used - block_at);

    memcpy(table + block_at + 2, &n, 2);
}

/* From memory of exactly this size, so that the sanitizer sees a byte too many. */
static int parse(size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    int rc;

    assert_non_null(copy);
    memcpy(copy, table, size);
    rc = ivrs_parse(copy, size, &ivrs);
    free(copy);
    return rc;
}

static int start(void **state)
{
    (void)state;
    memset(table, 0, sizeof(table));
    used = 48;
    return 0;
}

/* What QEMU's machine has: one unit, an entry for each device, the IO-APIC. */
static void one_unit(void **state)
{
    (void)state;
    block(0x10, 0x0008, BASE, 0);
    entry(2, 0x00f8, 0);
    entry(2, 0x0010, 0);
    long_entry(0x48, 0, 0xd7, 0x00a0);
    block_end();
    assert_int_equal(parse(used), 0);
    assert_int_equal(ivrs.nr_units, 1);
    assert_true(ivrs.unit[0].base == BASE);
    assert_int_equal(ivrs.unit[0].bdf, 8);
    assert_int_equal(ivrs.unit[0].cap, 0x40);
    assert_int_equal(ivrs.unit[0].flags, 0x2d);
    assert_int_equal(ivrs.nr_ranges, 3);
    assert_true(ivrs_covers(&ivrs, 0xf8) && ivrs_covers(&ivrs, 0x10) && ivrs_covers(&ivrs, 0xa0));
    assert_false(ivrs_covers(&ivrs, 0x18) || ivrs_covers(&ivrs, 0) || ivrs_covers(&ivrs, 0xffff));
    assert_int_equal(ivrs.range[2].settings, 0xd7);
}

static void every_entry(void **state)
{
    static const uint16_t covered[] = { 0x100, 0x1ff, 0x200, 0x210, 0x300, 0x308, 0x310, 0x400, 0x500, 0x50f, 0x600 };
    static const uint16_t bare[] = { 0xff, 0x201, 0x2ff, 0x309, 0x311, 0x401, 0x4ff, 0x510, 0x700, 0x800 };

    (void)state;
    block(0x40, 0x0002, BASE, 0);
    entry(0, 0x700, 0); /* padding */
    entry(3, 0x100, 1);
    entry(4, 0x1ff, 0);
    long_entry(0x42, 0x200, 2, 0x210);
    long_entry(0x43, 0x300, 3, 0x310);
    entry(4, 0x308, 0);
    long_entry(0x46, 0x400, 4, 0);
    long_entry(0x47, 0x500, 5, 0);
    entry(4, 0x50f, 0);
    entry(0xf0, 0x600, 6);
    put(0, 8);
    put(0, 8);
    put(2, 1);
    put(3, 1);
    put(0x414243, 3);
    entry(0x90, 0x800, 0); /* not known: 16 bytes */
    put(0, 8);
    put(0, 4);
    block_end();
    assert_int_equal(parse(used), 0);
    for (unsigned i = 0; i < sizeof(covered) / 2; i++)
        assert_true(ivrs_covers(&ivrs, covered[i]));
    for (unsigned i = 0; i < sizeof(bare) / 2; i++)
        assert_false(ivrs_covers(&ivrs, bare[i]));
    assert_int_equal(ivrs.range[0].settings, 1);
}

static void all_devices(void **state)
{
    (void)state;
    block(0x10, 8, BASE, 0);
    entry(1, 0, 0);
    block_end();
    assert_int_equal(parse(used), 0);
    assert_true(ivrs_covers(&ivrs, 0) && ivrs_covers(&ivrs, 0xffff));
}

/* A unit told of by two blocks is one; blocks of other kinds are passed over. */
static void several_blocks(void **state)
{
    (void)state;
    block(0x10, 8, BASE, 0);
    entry(2, 0x10, 0);
    block_end();
    block(0x20, 8, BASE, 0);
    block_end();
    block(0x11, 8, BASE, 0);
    entry(2, 0x10, 0);
    block_end();
    block(0x11, 0x4008, BASE + 0x80000, 0);
    block_end();
    assert_int_equal(parse(used), 0);
    assert_int_equal(ivrs.nr_units, 2);
    assert_true(ivrs.unit[1].base == BASE + 0x80000);
    block(0x11, 8, BASE + 0x1000, 0); /* and now it lies elsewhere */
    block_end();
    assert_int_equal(parse(used), -EINVAL);
}

/* No prefix of a good table is read past its end, and none that cuts a block is good. */
static void cut_anywhere(void **state)
{
    (void)state;
    block(0x11, 8, BASE, 0);
    entry(3, 0x100, 0);
    entry(4, 0x1ff, 0);
    long_entry(0x48, 0, 0, 0xa0);
    block_end();
    for (size_t size = 0; size < used; size++)
        assert_int_equal(parse(size), size == 48 ? -ENODEV : -EINVAL);
    assert_int_equal(parse(used), 0);
}

static void bad_units(void **state)
{
    static const struct {
        uint64_t base;
        uint16_t segment, cap;
        int rc;
    } cases[] = {
        { 0, 0, 0x40, -EINVAL },
        { BASE + 8, 0, 0x40, -EINVAL },
        { 1ULL << 52, 0, 0x40, -EINVAL },
        { BASE, 0, 0x100, -EINVAL },
        { BASE, 1, 0x40, -EOPNOTSUPP },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(state);
        block(0x10, 8, cases[i].base, cases[i].segment);
        memcpy(table + block_at + 6, &cases[i].cap, 2);
        block_end();
        assert_int_equal(parse(used), cases[i].rc);
    }
}

static void bad_ranges(void **state)
{
    static const struct {
        uint8_t type[2];
        uint16_t bdf[2];
    } cases[] = {
        { { 4, 0 }, { 8, 0 } },        /* an end without a start */
        { { 3, 0 }, { 8, 0 } },        /* a start without an end */
        { { 3, 3 }, { 8, 16 } },       /* two starts */
        { { 3, 4 }, { 0x10, 0xf } },   /* backwards */
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(state);
        block(0x10, 8, BASE, 0);
        entry(cases[i].type[0], cases[i].bdf[0], 0);
        entry(cases[i].type[1], cases[i].bdf[1], 0);
        block_end();
        assert_int_equal(parse(used), -EINVAL);
    }
}

static void too_much(void **state)
{
    (void)state;
    block(0x10, 8, BASE, 0);
    for (unsigned i = 0; i < IVRS_MAX_RANGES; i++)
        entry(2, (uint16_t)i, 0);
    block_end();
    assert_int_equal(parse(used), 0);
    entry(2, 0x1000, 0);
    block_end();
    assert_int_equal(parse(used), -E2BIG);
    start(state);
    for (unsigned i = 0; i <= IVRS_MAX_UNITS; i++) {
        block(0x10, (uint16_t)(i * 8), BASE, 0);
        block_end();
        assert_int_equal(parse(used), i < IVRS_MAX_UNITS ? 0 : -E2BIG);
    }
}

static void block_lengths(void **state)
{
    (void)state;
    block(0x10, 8, BASE, 0);
    for (unsigned n = 0; n < 24; n++) {
        table[block_at + 2] = (uint8_t)n;
        assert_int_equal(parse(used), -EINVAL);
    }
    table[block_at + 2] = 25;
    assert_int_equal(parse(used), -EINVAL);
    table[block_at + 2] = 24;
    assert_int_equal(parse(used), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_unit, start),       cmocka_unit_test_setup(every_entry, start),
        cmocka_unit_test_setup(all_devices, start),    cmocka_unit_test_setup(several_blocks, start),
        cmocka_unit_test_setup(cut_anywhere, start),   cmocka_unit_test_setup(bad_units, start),
        cmocka_unit_test_setup(bad_ranges, start),     cmocka_unit_test_setup(too_much, start),
        cmocka_unit_test_setup(block_lengths, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
