/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/wire.h"

static void test_every_type_has_one_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < XS_TYPE_COUNT; i++) {
        const char *name = wire_type_name(i);

        assert_true(i == 20 ? !name : name && *name); /* 20 is a request that is gone */
        for (uint32_t j = 0; name && j < i; j++)
            assert_true(!wire_type_name(j) || strcmp(name, wire_type_name(j)));
    }
    assert_null(wire_type_name(XS_TYPE_COUNT));
    assert_null(wire_type_name(UINT32_MAX));
}

static void test_errors_go_and_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        const char *name = wire_error_name(xsd_errors[i].errnum);

        assert_string_equal(name, xsd_errors[i].errstring);
        assert_int_equal(wire_error_number(name, strlen(name) + 1), xsd_errors[i].errnum);
        assert_int_equal(wire_error_number(name, strlen(name)), xsd_errors[i].errnum);
    }
    assert_string_equal(wire_error_name(0), "EINVAL");
    assert_string_equal(wire_error_name(EPIPE), "EINVAL");
    assert_int_equal(wire_error_number("ENO", 4), EINVAL);
    assert_int_equal(wire_error_number("ENOENTX", 8), EINVAL);
    assert_int_equal(wire_error_number("", 0), EINVAL);
    assert_int_equal(wire_error_number("OK", 3), EINVAL);
}

static void test_strings_end_inside(void **state)
{
    static const char two[] = {'a', 0, 0, 'b'};
    size_t pos = 0;

    (void)state;
    assert_string_equal(wire_string(two, 4, &pos), "a");
    assert_string_equal(wire_string(two, 4, &pos), "");
    assert_null(wire_string(two, 4, &pos)); /* "b" has no end */
    assert_int_equal(pos, 3);
    assert_int_equal(wire_count_strings(two, 4), 2);
    assert_int_equal(wire_count_strings(two, 0), 0);
    assert_int_equal(wire_count_strings("a", 1), 0);
    assert_int_equal(wire_count_strings("a", 2), 1);
}

static void test_numbers(void **state)
{
    uint32_t v = 77;

    (void)state;
    assert_int_equal(wire_parse_u32("0", 0, &v), 0);
    assert_int_equal(v, 0);
    assert_int_equal(wire_parse_u32("4294967295", UINT32_MAX, &v), 0);
    assert_int_equal(v, UINT32_MAX);
    v = 77;
    assert_int_equal(wire_parse_u32("4294967296", UINT32_MAX, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("99999999999999999999999", UINT32_MAX, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("8", 7, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("", 7, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("-1", 7, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("+1", 7, &v), -EINVAL);
    assert_int_equal(wire_parse_u32(" 1", 7, &v), -EINVAL);
    assert_int_equal(wire_parse_u32("1x", 7, &v), -EINVAL);
    assert_int_equal(v, 77);
}

static void test_paths(void **state)
{
    static const struct {
        const char *path;
        enum wire_path_kind kind;
    } rows[] = {
        {"/", WIRE_PATH_ABSOLUTE},
        {"/local/domain/0", WIRE_PATH_ABSOLUTE},
        {"/a-b_c@d/Z9", WIRE_PATH_ABSOLUTE},
        {"device/vbd/51712", WIRE_PATH_RELATIVE},
        {"a", WIRE_PATH_RELATIVE},
        {"@introduceDomain", WIRE_PATH_SPECIAL},
        {"", WIRE_PATH_NONE},
        {"//", WIRE_PATH_NONE},
        {"/a//b", WIRE_PATH_NONE},
        {"//a", WIRE_PATH_NONE},
        {"a//b", WIRE_PATH_NONE},
        {"a/b/", WIRE_PATH_NONE},
        {"/a/", WIRE_PATH_NONE},
        {"a/", WIRE_PATH_NONE},
        {"/a b", WIRE_PATH_NONE},
        {"/a.b", WIRE_PATH_NONE},
        {"/\xc3\xa4", WIRE_PATH_NONE},
        {"/a\n", WIRE_PATH_NONE},
    };
    char longest[XENSTORE_ABS_PATH_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (wire_path_kind(rows[i].path) != rows[i].kind)
            fail_msg("\"%s\": %d", rows[i].path, (int)wire_path_kind(rows[i].path));
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    longest[XENSTORE_ABS_PATH_MAX] = 0;
    assert_int_equal(wire_path_kind(longest), WIRE_PATH_ABSOLUTE);
    longest[XENSTORE_ABS_PATH_MAX] = 'a';
    longest[XENSTORE_ABS_PATH_MAX + 1] = 0;
    assert_int_equal(wire_path_kind(longest), WIRE_PATH_NONE);
    longest[0] = 'a';
    longest[XENSTORE_REL_PATH_MAX] = 0;
    assert_int_equal(wire_path_kind(longest), WIRE_PATH_RELATIVE);
    longest[XENSTORE_REL_PATH_MAX] = 'a';
    longest[XENSTORE_REL_PATH_MAX + 1] = 0;
    assert_int_equal(wire_path_kind(longest), WIRE_PATH_NONE);
}

static void test_permissions(void **state)
{
    static const char *const good[] = {"n0", "r1", "w32751", "b4294967295"};
    static const char *const bad[] = {"", "n", "x1", "r-1", "r1 ", "rb1", "b4294967296"};
    struct xs_permissions perm = {.id = 9, .perms = 9};
    struct xs_permissions perms[] = {{0, XS_PERM_NONE}, {7, XS_PERM_READ | XS_PERM_WRITE}};
    char text[WIRE_PERM_MAX] = "same", list[2 * WIRE_PERM_MAX];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(wire_parse_perm(bad[i], &perm), -EINVAL);
    assert_true(perm.id == 9 && perm.perms == 9);
    assert_int_equal(wire_format_perm(&perm, text, sizeof(text)), -EINVAL);
    assert_string_equal(text, "same");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(wire_parse_perm(good[i], &perm), 0);
        assert_int_equal(wire_format_perm(&perm, text, sizeof(text)), 0);
        assert_string_equal(text, good[i]);
    }
    assert_int_equal(wire_format_perm(&perm, text, strlen(text)), -EINVAL);
    assert_int_equal(wire_format_perms(perms, 2, list, sizeof(list), &len), 0);
    assert_int_equal(len, 6);
    assert_memory_equal(list, "n0\0b7", 6);
    len = 1;
    assert_int_equal(wire_format_perms(perms, 2, list, WIRE_PERM_MAX + 2, &len), -E2BIG);
    perms[1].perms = XS_PERM_OWNER;
    assert_int_equal(wire_format_perms(perms, 2, list, sizeof(list), &len), -EINVAL);
    assert_int_equal(len, 1);
    perm.perms |= XS_PERM_IGNORE;
    assert_int_equal(wire_format_perm(&perm, text, sizeof(text)), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_has_one_name),
        cmocka_unit_test(test_errors_go_and_come),
        cmocka_unit_test(test_strings_end_inside),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_permissions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
