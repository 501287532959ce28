/* SPDX-License-Identifier: GPL-2.0-only */
/* cmdline.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv.h"
#include "lib.h"

static void set(const char *s)
{
    strlcpy(host.cmdline, s, sizeof(host.cmdline));
}

static const char *get(const char *name)
{
    static char value[16];

    return cmdline_get(name, value, sizeof(value)) ? value : NULL;
}

static void test_get(void **state)
{
    (void)state;
    set("console=com1  noreboot\tdom0_mem=512M console=com1,e9 x= longname=1 ");
    assert_string_equal(get("console"), "com1,e9"); /* the last one */
    assert_string_equal(get("noreboot"), "");
    assert_string_equal(get("dom0_mem"), "512M");
    assert_string_equal(get("x"), "");
    assert_null(get("dom0"));
    assert_null(get("mem"));
    assert_null(get("long"));
    assert_null(get("com1"));
    set("");
    assert_null(get("console"));
    set("  lead=1");
    assert_string_equal(get("lead"), "1");
}

static void test_get_cuts(void **state)
{
    char value[4] = "ZZZ";

    (void)state;
    set("name=abcdef");
    assert_true(cmdline_get("name", value, sizeof(value)));
    assert_string_equal(value, "abc");
    assert_true(cmdline_get("name", NULL, 0));
    strcpy(value, "ZZZ");
    assert_false(cmdline_get("other", value, sizeof(value)));
    assert_string_equal(value, "ZZZ");
}

static bool ask(const char *line, bool dflt)
{
    set(line);
    return cmdline_bool("opt", dflt);
}

static void test_bool(void **state)
{
    (void)state;
    assert_true(ask("", true));
    assert_false(ask("", false));
    assert_true(ask("opt", false));
    assert_true(ask("opt=on", false));
    assert_true(ask("opt=1", false));
    assert_true(ask("opt=yes", false));
    assert_true(ask("opt=true", false));
    assert_false(ask("opt=off", true));
    assert_false(ask("opt=0", true));
    assert_false(ask("opt=no", true));
    assert_false(ask("opt=false", true));
    assert_false(ask("no-opt", true));
    assert_false(ask("opt no-opt", true));
    assert_true(ask("no-opt opt", false));
    assert_true(ask("opt=rubbish", true));
    assert_false(ask("opt=rubbish", false));
    assert_true(ask("option=off", true));
}

static void test_size(void **state)
{
    (void)state;
    set("a=512 b=64K c=2G d= e=12Q f=0x10 g");
    assert_true(cmdline_size("a", 7) == MiB(512ULL));
    assert_true(cmdline_size("b", 7) == KiB(64ULL));
    assert_true(cmdline_size("c", 7) == GiB(2ULL));
    assert_true(cmdline_size("d", 7) == 7);
    assert_true(cmdline_size("e", 7) == 7);
    assert_true(cmdline_size("f", 7) == MiB(16ULL));
    assert_true(cmdline_size("g", 7) == 7);
    assert_true(cmdline_size("z", 9) == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_get_cuts),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
