/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/light/xlu: what a configuration says, what is said of one that is wrong, and no memory. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "fault.h"
#include "light/xlu/xlu.h"
#include "xlu_fixture.h"

static XLU_Config *read_text(const char *text, int want)
{
    XLU_Config *cfg = xlu_begin();

    assert_int_equal(xlu_cfg_readdata(cfg, text, (int)strlen(text)), want);
    return cfg;
}

static void test_values(void **state)
{
    XLU_Config *cfg = read_text("a = 'x' # c\nb=0x10;c=[1,'two',[ 3,],\n]\nd=\"\"\na+=\"\\ty\\\"\"\nc+=[4]\n", 0);
    const char *text = "untouched";
    XLU_ConfigList *list, *inner;
    libxl_defbool truth;
    char *copy = strdup("old");
    long number;
    int n;

    (void)state;
    assert_int_equal(xlu_cfg_get_string(cfg, "a", &text, 0), 0);
    assert_string_equal(text, "x\ty\"");
    assert_int_equal(xlu_cfg_get_long(cfg, "b", &number, 0), 0);
    assert_int_equal(number, 16);
    assert_int_equal(xlu_cfg_get_defbool(cfg, "b", &truth, 0), 0);
    assert_int_equal(truth.val, 1);
    assert_int_equal(xlu_cfg_replace_string(cfg, "d", &copy, 0), 0);
    assert_string_equal(copy, "");
    free(copy);
    assert_int_equal(xlu_cfg_get_list(cfg, "c", &list, &n, 0), 0);
    assert_int_equal(n, 4);
    assert_string_equal(xlu_cfg_get_listitem(list, 0), "1");
    assert_string_equal(xlu_cfg_get_listitem(list, 3), "4");
    assert_null(xlu_cfg_get_listitem(list, 2));
    assert_null(xlu_cfg_get_listitem(list, 4));
    assert_null(xlu_cfg_get_listitem(list, -1));
    assert_int_equal(xlu_cfg_value_type(xlu_cfg_get_listitem2(list, 2)), XLU_LIST);
    assert_int_equal(xlu_cfg_value_get_list(cfg, xlu_cfg_get_listitem2(list, 2), &inner, 0), 0);
    assert_string_equal(xlu_cfg_get_listitem(inner, 0), "3");
    assert_int_equal(xlu_cfg_get_string(cfg, "e", &text, 0), ESRCH);
    xlu_end(cfg, "");
}

static void test_wrong_kinds(void **state)
{
    XLU_Config *cfg = read_text("a=[1,[2]]\nb='x'\nc=\"9223372036854775808\"\nd=5\ne+='1'\n", 0);
    libxl_string_list strings = (void *)1;
    const char *text = "untouched";
    XLU_ConfigList *list = (void *)1;
    char *item = "untouched";
    long number = 77;

    (void)state;
    assert_int_equal(xlu_cfg_get_string(cfg, "a", &text, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_list(cfg, "b", &list, NULL, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_long(cfg, "b", &number, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_long(cfg, "c", &number, 0), ERANGE);
    assert_int_equal(xlu_cfg_get_bounded_long(cfg, "d", 6, 7, &number, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_long(cfg, "e", &number, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_list_as_string_list(cfg, "a", &strings, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_string(cfg, "a", &text, 1), EINVAL);
    assert_int_equal(xlu_cfg_get_long(cfg, "b", &number, 1), EINVAL);
    assert_int_equal(xlu_cfg_get_list(cfg, "a", &list, NULL, 0), 0);
    assert_int_equal(xlu_cfg_value_get_string(cfg, xlu_cfg_get_listitem2(list, 1), &item, 0), EINVAL);
    assert_int_equal(xlu_cfg_value_get_list(cfg, xlu_cfg_get_listitem2(list, 0), &list, 0), EINVAL);
    assert_string_equal(text, "untouched");
    assert_string_equal(item, "untouched");
    assert_ptr_equal(strings, (void *)1);
    assert_int_equal(number, 77);
    xlu_end(cfg, "g.cfg:1:3: `a' is a list and should be one value\n"
             "g.cfg:2:3: `b' is one value and should be a list\n"
             "g.cfg:2:3: `b' is `x', no number\n"
             "g.cfg:3:3: `c' is `9223372036854775808', a number that is too large\n"
             "g.cfg:4:3: `d' is 5 and should be from 6 to 7\n"
             "g.cfg:5:4: `e' is `1', made with +=, which is for text and lists\n"
             "g.cfg:1:6: `a' holds a list and should hold texts only\n"
             "g.cfg:1:6: a list where text should be\n"
             "g.cfg:1:4: text where a list should be\n");
}

/* Where it is wrong, what was meant. */
static void test_reports(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "a=true\n", "g.cfg:1:3: `true' where text, a number or a [ is expected: write 1\n" },
        { "a=None\n", "g.cfg:1:3: `None' where text, a number or a [ is expected: write 0\n" },
        { "a=xvda\n", "g.cfg:1:3: `xvda' where text, a number or a [ is expected: text is written in quotes\n" },
        { "a=\n", "g.cfg:1:3: the line ends where text, a number or a [ is expected\n" },
        { "a", "g.cfg:1:2: the file ends where = or += is expected\n" },
        { "\n a=1 b=2", "g.cfg:2:6: `b' where the line's end or ; is expected: settings of one line are kept apart by ;\n" },
        { "a=[1\n2]", "g.cfg:2:1: `2' where , or ] is expected: a comma is missing\n" },
        { "a=[1,\nb=2\nc=3", "g.cfg:2:1: `b' where text, a number or a [ is expected: text is written in quotes\n" },
        { "a=[1\nb=2\nc=3", "g.cfg:2:1: `b' where , or ] is expected: is the ] of the list missing?\n" },
        { "a='x\nb=1\n", "g.cfg:1:3: `'x' where text, a number or a [ is expected: the quote is not closed in this line\n" },
        { "a=-5", "g.cfg:1:3: `-5' where text, a number or a [ is expected: a number with a sign is written in quotes\n" },
        { "Name='x'", "g.cfg:1:1: `Name' where the name of a setting is expected: names are in lower case\n" },
        { "on-crash=1", "g.cfg:1:3: `-crash' where = or += is expected: names have _, no -\n" },
        { "import os\n", "g.cfg:1:8: `os' where = or += is expected: a configuration is no Python program\n" },
        { "a=1\r\n", "g.cfg:1:4: `\\x0d' where the line's end or ; is expected: the lines end as those of DOS do; dos2unix "
                      "mends the file\n" },
        { "a=\"\\q\"\n", "g.cfg:1:4: \\ stands for nothing before this character; a backslash is written \\\\\n" },
        { "a=\"1\\x4\"\n", "g.cfg:1:5: \\x needs two hexadecimal digits\n" },
        { "a=\"\\400\"\n", "g.cfg:1:4: there is no such character\n" },
        { "a=\"\\1\"\n", "g.cfg:1:4: \\ with digits needs three octal ones\n" },
        { "a='x'\n\na+=[1]\n", "g.cfg:3:1: += adds text to text or a list to a list, but `a' is text (line 1)\n" },
        { "a=$\nb=1\nc=%\n", "g.cfg:1:3: `$' where text, a number or a [ is expected\n"
                             "g.cfg:3:3: `%' where text, a number or a [ is expected\n" },
        { "=1", "g.cfg:1:1: `=' where the name of a setting is expected\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        xlu_end(read_text(rows[i].text, EINVAL), rows[i].want);
}

/* Lists too deep; more mistakes than anybody reads; a zero byte. */
static void test_limits(void **state)
{
    char text[4096] = "a=";
    XLU_Config *cfg;

    (void)state;
    memset(text + 2, '[', 65);
    cfg = read_text(text, EINVAL);
    xlu_end(cfg, "g.cfg:1:67: lists in lists, more than 64 deep\n");
    memset(text + 2, '[', 64);
    memset(text + 66, ']', 64);
    text[130] = '\0';
    xlu_end(read_text(text, 0), "");
    for (size_t i = 0; i < 30; i++)
        strcpy(text + 4 * i, "a=$\n");
    cfg = read_text(text, EINVAL);
    fflush(cfg->report);
    assert_non_null(strstr(said, "g.cfg:20:3:"));
    assert_null(strstr(said, "g.cfg:21:3:"));
    assert_non_null(strstr(said, "g.cfg: and 10 more\n"));
    fclose(cfg->report);
    cfg->report = NULL;
    xlu_say(cfg, NULL, "to nobody");
    xlu_cfg_destroy(cfg);
    free(said);
    cfg = xlu_begin();
    assert_int_equal(xlu_cfg_readdata(cfg, "a='\0'", 5), EINVAL);
    assert_int_equal(xlu_cfg_readdata(cfg, "\0", 1), EINVAL);
    assert_int_equal(xlu_cfg_readdata(cfg, "", -1), EINVAL);
    xlu_end(cfg, "g.cfg:1:4: a zero byte\ng.cfg:1:1: `\\x00' where the name of a setting is expected\n");
}

/* Data from two places; each value knows its own. */
static void test_two_sources(void **state)
{
    XLU_Config *cfg = read_text("a=1\nb=2\n", 0);
    const char *text;

    (void)state;
    assert_int_equal(xlu_add_data(cfg, "command line", "b=[3]", 5), 0);
    assert_int_equal(xlu_cfg_get_string(cfg, "a", &text, 0), 0);
    assert_string_equal(text, "1");
    assert_int_equal(xlu_cfg_get_string(cfg, "b", &text, 0), EINVAL);
    xlu_end(cfg, "command line:1:3: `b' is a list and should be one value\n");
}

static void test_files(void **state)
{
    char path[] = "/tmp/xlcfg-XXXXXX";
    int fd = mkstemp(path);
    XLU_Config *cfg = xlu_begin();
    const char *text;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a=1\n", 4), 4);
    assert_int_equal(xlu_cfg_readfile(cfg, path), 0);
    assert_int_equal(xlu_cfg_get_string(cfg, "a", &text, 0), 0);
    assert_int_equal(ftruncate(fd, 17 << 20), 0);
    assert_int_equal(xlu_cfg_readfile(cfg, path), EFBIG);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(xlu_cfg_readfile(cfg, path), 0);
    close(fd);
    unlink(path);
    assert_int_equal(xlu_cfg_readfile(cfg, "/nowhere/g.cfg"), ENOENT);
    assert_int_equal(xlu_cfg_readfile(cfg, "/"), EISDIR);
    fflush(cfg->report);
    assert_non_null(strstr(said, "g.cfg: cannot read `/nowhere/g.cfg': No such file or directory\n"));
    fclose(cfg->report);
    cfg->report = NULL;
    free(said);
    xlu_cfg_destroy(cfg);
    xlu_cfg_destroy(NULL);
}

static int read_all(const char *path)
{
    static const char text[] = "a='x';b=[1,2,3,4,[5,'y'],6]\na+='z'\nb+=[7,8,9,10,11,12]\nc=['p','q']\n";
    FILE *nowhere = fopen("/dev/null", "w");
    XLU_Config *cfg = xlu_cfg_init(nowhere, "g.cfg");
    libxl_string_list strings = NULL;
    char *copy = NULL;
    int error = cfg ? xlu_cfg_readdata(cfg, text, sizeof(text) - 1) : ENOMEM;

    if (!error)
        error = xlu_cfg_readfile(cfg, path);
    if (!error)
        error = xlu_cfg_replace_string(cfg, "a", &copy, 0);
    if (!error)
        error = xlu_cfg_get_list_as_string_list(cfg, "c", &strings, 0);
    for (char **s = strings; s && *s; s++)
        free(*s);
    free(strings);
    free(copy);
    xlu_cfg_destroy(cfg);
    fclose(nowhere);
    return error;
}

static void test_no_memory(void **state)
{
    char path[] = "/tmp/xlcfg-XXXXXX";
    int fd = mkstemp(path);
    unsigned n = 0;
    int error;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "d=1\n", 4), 4);
    close(fd);
    do {
        fault_at(FAULT_ALLOC, ++n);
        error = read_all(path);
        assert_int_equal(error, fault_happened(FAULT_ALLOC) ? ENOMEM : 0);
    } while (fault_happened(FAULT_ALLOC));
    unlink(path);
    assert_true(n > 50);
}

static const char *nearest_of(const char *word, const char *const *words)
{
    struct nearest near;

    nearest_init(&near, word, strlen(word));
    for (; *words; words++)
        nearest_offer(&near, *words);
    return near.best ? near.best : "";
}

static void test_nearest(void **state)
{
    static const char *const words[] = { "memory", "maxmem", "vcpus", "on_crash", "vif", "kernel", NULL };
    char longer[200];

    (void)state;
    assert_string_equal(nearest_of("memmory", words), "memory");
    assert_string_equal(nearest_of("meomry", words), "memory");
    assert_string_equal(nearest_of("on-crash", words), "on_crash");
    assert_string_equal(nearest_of("VCPUS", words), "vcpus");
    assert_string_equal(nearest_of("vfi", words), "vif");
    assert_string_equal(nearest_of("vxx", words), "");
    assert_string_equal(nearest_of("unrelated", words), "");
    assert_string_equal(nearest_of("", words), "");
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_string_equal(nearest_of(longer, words), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),      cmocka_unit_test(test_wrong_kinds), cmocka_unit_test(test_reports),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_two_sources), cmocka_unit_test(test_files),
        cmocka_unit_test(test_no_memory),   cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
