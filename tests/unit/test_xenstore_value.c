/* SPDX-License-Identifier: GPL-2.0-only */
/* Values as text and back; paths put together (tools/xenstore/value.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xenstore/xenstore.h"

static void test_escape(void **state)
{
    static const char value[] = "a\t\n\r\\\0\x07\x08\x1f ~\x7f\xff\"";
    char *text = value_escape(value, sizeof(value) - 1);

    (void)state;
    assert_string_equal(text, "a\\t\\n\\r\\\\\\000\\007\\x08\\x1f ~\\x7f\\xff\"");
    free(text);
    text = value_escape("", 0);
    assert_string_equal(text, "");
    free(text);
}

static void test_unescape(void **state)
{
    static const struct {
        const char *text, *value;
        size_t len;
    } rows[] = {
        { "plain", "plain", 5 },  { "\\t\\n\\r\\\\", "\t\n\r\\", 4 }, { "\\x41\\x4a\\x4Ag", "AJJg", 4 },
        { "\\x4", "\x04", 1 },    { "\\xg", "xg", 2 },                { "\\101\\1\\1234", "A\001S4", 4 },
        { "a\\0b", "a\0b", 3 },   { "\\8\\a\\\"", "8a\"", 3 },        { "end\\", "end\0", 4 },
        { "\\400", "\0", 1 },     { "", "", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = strdup(rows[i].text);

        assert_int_equal(value_unescape(text), rows[i].len);
        assert_memory_equal(text, rows[i].value, rows[i].len);
        free(text);
    }
}

static void test_there_and_back(void **state)
{
    char value[255], *text;

    (void)state;
    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (char)i;
    text = value_escape(value, sizeof(value));
    assert_non_null(text);
    assert_int_equal(value_unescape(text), sizeof(value));
    assert_memory_equal(text, value, sizeof(value));
    free(text);
}

static void test_paths(void **state)
{
    char path[XENSTORE_ABS_PATH_MAX + 1], longest[XENSTORE_ABS_PATH_MAX];

    (void)state;
    assert_int_equal(path_join(path, "/", "a"), 0);
    assert_string_equal(path, "/a");
    assert_int_equal(path_join(path, "/a", "b"), 0);
    assert_string_equal(path, "/a/b");
    assert_int_equal(path_join(path, "", "b"), 0);
    assert_string_equal(path, "/b");
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(path_join(path, "", longest), 0);
    assert_int_equal(path_join(path, "a", longest), -ENAMETOOLONG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
