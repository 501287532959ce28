/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/hvm.h"
#include "public/multicall.h"
#include "public/platform.h"
#include "public/version.h"
#include "wire.h"

static const struct wire *const all[] = {
#define WIRE(name, native, compat, fields) &wire_##name,
#include "public/all.def"
#undef WIRE
};

/* Sizes by an independent walk over the layout. */
static void layout_sizes(const char *s, size_t *ret_native, size_t *ret_compat)
{
    static const struct {
        char letter;
        uint8_t native, compat, compat_align;
    } kinds[] = {{'b', 1, 1, 1}, {'h', 2, 2, 2}, {'w', 4, 4, 4}, {'l', 8, 8, 4}, {'L', 8, 8, 8}, {'p', 8, 4, 4}};
    size_t n = 0, c = 0, na = 1, ca = 1;

    while (*s) {
        size_t count = 0;

        for (; *s >= '0' && *s <= '9'; s++)
            count = count * 10 + (size_t)(*s - '0');
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
            if (kinds[i].letter != *s)
                continue;
            n = round_up(n, (size_t)kinds[i].native) + (count ? count : 1) * kinds[i].native;
            c = round_up(c, (size_t)kinds[i].compat_align) + (count ? count : 1) * kinds[i].compat;
            na = max_u64(na, kinds[i].native);
            ca = max_u64(ca, kinds[i].compat_align);
        }
        s++;
    }
    *ret_native = round_up(n, na);
    *ret_compat = round_up(c, ca);
}

static void test_layouts_match_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        size_t native, compat;

        layout_sizes(all[i]->layout, &native, &compat);
        if (native != all[i]->native_size || compat != all[i]->compat_size)
            fail_msg("%s: layout %s gives %zu/%zu", all[i]->name, all[i]->layout, native, compat);
        assert_true(all[i]->native_size <= WIRE_MAX_SIZE);
    }
}

/* Every byte pattern that fits the 32-bit layout survives widening and narrowing; what is outside is not touched. */
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        uint8_t compat[WIRE_MAX_SIZE], native[WIRE_MAX_SIZE + 8], again[WIRE_MAX_SIZE + 8], twice[WIRE_MAX_SIZE + 8];

        for (size_t b = 0; b < sizeof(compat); b++)
            compat[b] = (uint8_t)(b * 7 + 1);
        memset(native, 0xee, sizeof(native));
        memset(again, 0xee, sizeof(again));
        wire_widen(all[i], native, compat);
        wire_narrow(all[i], again, native);
        wire_widen(all[i], twice, again);
        assert_memory_equal(twice, native, all[i]->native_size);
        assert_int_equal(native[all[i]->native_size], 0xee);
        assert_int_equal(again[all[i]->compat_size], 0xee);
    }
}

static void test_pointer_is_zero_extended(void **state)
{
    struct compat_multicall_entry c = {.op = 0xffffffff, .args0 = 0x80000001, .args5 = 7};
    struct multicall_entry n;

    (void)state;
    memset(&n, 0xff, sizeof(n));
    wire_widen(&wire_multicall_entry, &n, &c);
    assert_true(n.op == 0xffffffff);
    assert_true(n.args0 == 0x80000001);
    assert_true(n.args1 == 0);
    assert_true(n.args5 == 7);
}

static void test_u64_moves_by_alignment(void **state)
{
    struct platform_op_settime64 n = {.cmd = 62, .secs = 0x1122334455667788, .nsecs = 5, .system_time = 9};
    struct compat_platform_op_settime64 c;

    (void)state;
    wire_narrow(&wire_platform_op_settime64, &c, &n);
    assert_int_equal(c.cmd, 62);
    assert_true(c.secs == 0x1122334455667788);
    assert_int_equal(c.nsecs, 5);
    assert_true(c.system_time == 9);
}

static void test_bytes_are_repeated(void **state)
{
    struct xen_compile_info a, b;

    (void)state;
    memset(&a, 0x41, sizeof(a));
    a.compile_date[31] = 0x5a;
    wire_widen(&wire_xen_compile_info, &b, &a);
    assert_memory_equal(&a, &b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_match_sizes),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_pointer_is_zero_extended),
        cmocka_unit_test(test_u64_moves_by_alignment),
        cmocka_unit_test(test_bytes_are_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
