/* SPDX-License-Identifier: GPL-2.0-only */
/* Our vsnprintf against written expectations and against the C library's. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define vsnprintf hv_vsnprintf
#define snprintf hv_snprintf
int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int hv_snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#include "../../hypervisor/lib/vsnprintf.c"
#undef vsnprintf
#undef snprintf

#define SAME(...)                                                        \
    do {                                                                 \
        char ours_[128], theirs_[128];                                   \
        int n_ = hv_snprintf(ours_, sizeof(ours_), __VA_ARGS__);         \
        int m_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);        \
        assert_string_equal(ours_, theirs_);                             \
        assert_int_equal(n_, m_);                                        \
    } while (0)

static void test_integers(void **state)
{
    (void)state;
    SAME("%d %i %u", -5, 17, 4000000000u);
    SAME("%ld %lu %lld %llu", LONG_MIN, ULONG_MAX, (long long)INT64_MIN, (unsigned long long)UINT64_MAX);
    SAME("%hd %hhd %hu %hhu", (short)-3, (signed char)-4, (unsigned short)65535, (unsigned char)255);
    SAME("%zu %td", (size_t)99, (ptrdiff_t)-99);
    SAME("[%5d] [%-5d] [%05d] [%+d] [% d] [%+05d]", 42, 42, 42, 42, 42, 42);
    SAME("[%.3d] [%8.3d] [%-8.3d] [%+.3d]", 7, 7, 7, 7);
    SAME("[%*d] [%-*d] [%.*d] [%*d]", 6, 1, 6, 2, 4, 3, -6, 4);
    SAME("[%.0d] [%.0d] [%5.0d]", 0, 1, 0);
}

static void test_bases(void **state)
{
    (void)state;
    SAME("%x %X %o", 0xdeadbeefu, 0xdeadbeefu, 0777u);
    SAME("%#x %#X %#o %#x %#o", 0xabu, 0xabu, 8u, 0u, 0u);
    SAME("%016lx %#018lx %-#12x|", 0x123456789abcUL, 0x123456789abcUL, 5u);
    SAME("%p", (void *)0x1234);
}

static void test_text(void **state)
{
    (void)state;
    SAME("%s|%10s|%-10s|%.2s|%5.1s", "abc", "abc", "abc", "abc", "abc");
    SAME("%c%c %3c|%-3c|%%", 'x', 'y', 'z', 'w');
    SAME("plain");
}

static void test_null_string(void **state)
{
    char buf[16];
    const char *volatile nothing = NULL;

    (void)state;
    assert_int_equal(hv_snprintf(buf, sizeof(buf), "<%s>", nothing), 8);
    assert_string_equal(buf, "<(null)>");
}

static void test_truncation(void **state)
{
    char buf[8];

    (void)state;
    memset(buf, 'Z', sizeof(buf));
    assert_int_equal(hv_snprintf(buf, 5, "%s", "abcdefgh"), 8);
    assert_string_equal(buf, "abcd");
    assert_int_equal(buf[5], 'Z');
    assert_int_equal(hv_snprintf(buf, 1, "%d", 12345), 5);
    assert_string_equal(buf, "");
    buf[0] = 'Q';
    assert_int_equal(hv_snprintf(buf, 0, "%d", 12345), 5);
    assert_int_equal(buf[0], 'Q');
    assert_int_equal(hv_snprintf(NULL, 0, "%s-%d", "ab", 1), 4);
}

static int call_v(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = hv_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}

static void test_unknown_conversion(void **state)
{
    char buf[32];

    (void)state;
    assert_int_equal(call_v(buf, sizeof(buf), "a%yb"), 4);
    assert_string_equal(buf, "a%yb");
    assert_int_equal(call_v(buf, sizeof(buf), "end%"), 3);
    assert_string_equal(buf, "end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),   cmocka_unit_test(test_bases),      cmocka_unit_test(test_text),
        cmocka_unit_test(test_null_string), cmocka_unit_test(test_truncation), cmocka_unit_test(test_unknown_conversion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
