/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/string.c (under other names, beside the C library's) and lib/parse.c, lib/muldiv.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib.h"

#define memcpy hv_memcpy
#define memmove hv_memmove
#define memset hv_memset
#define memcmp hv_memcmp
#define strlen hv_strlen
#define strnlen hv_strnlen
#define strcmp hv_strcmp
#define strncmp hv_strncmp
#define strchr hv_strchr
#define strstr hv_strstr
void *hv_memcpy(void *dst, const void *src, size_t n);
void *hv_memmove(void *dst, const void *src, size_t n);
void *hv_memset(void *dst, int c, size_t n);
int hv_memcmp(const void *a, const void *b, size_t n);
size_t hv_strlen(const char *s);
size_t hv_strnlen(const char *s, size_t max);
int hv_strcmp(const char *a, const char *b);
int hv_strncmp(const char *a, const char *b, size_t n);
char *hv_strchr(const char *s, int c);
char *hv_strstr(const char *s, const char *what);
#include "../../hypervisor/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr

#define BUF 96

static void fill(uint8_t *buf)
{
    for (unsigned i = 0; i < BUF; i++)
        buf[i] = (uint8_t)(i * 7 + 1);
}

static void test_copy_and_move(void **state)
{
    uint8_t ours[BUF], theirs[BUF];

    (void)state;
    for (unsigned from = 0; from < 24; from++) {
        for (unsigned to = 0; to < 24; to++) {
            for (unsigned n = 0; n < 40; n++) {
                fill(ours);
                fill(theirs);
                assert_ptr_equal(hv_memmove(ours + to, ours + from, n), ours + to);
                memmove(theirs + to, theirs + from, n);
                assert_memory_equal(ours, theirs, BUF);
            }
        }
    }
    for (unsigned n = 0; n < 40; n++) {
        uint8_t src[BUF];
        fill(src);
        memset(ours, 0, BUF);
        memset(theirs, 0, BUF);
        assert_ptr_equal(hv_memcpy(ours + 3, src + 1, n), ours + 3);
        memcpy(theirs + 3, src + 1, n);
        assert_memory_equal(ours, theirs, BUF);
    }
}

static void test_set(void **state)
{
    uint8_t ours[BUF], theirs[BUF];

    (void)state;
    for (unsigned at = 0; at < 9; at++) {
        for (unsigned n = 0; n < 40; n++) {
            fill(ours);
            fill(theirs);
            assert_ptr_equal(hv_memset(ours + at, 0x1a5, n), ours + at);
            memset(theirs + at, 0xa5, n);
            assert_memory_equal(ours, theirs, BUF);
        }
    }
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void test_compare(void **state)
{
    uint8_t a[BUF], b[BUF];

    (void)state;
    fill(a);
    fill(b);
    assert_int_equal(hv_memcmp(a, b, BUF), 0);
    for (unsigned i = 0; i < 40; i++) {
        b[i] ^= 0x80;
        assert_int_equal(sign(hv_memcmp(a, b, BUF)), sign(memcmp(a, b, BUF)));
        assert_int_equal(hv_memcmp(a, b, i), 0);
        b[i] ^= 0x80;
    }
    assert_int_equal(hv_strcmp("abc", "abc"), 0);
    assert_true(hv_strcmp("abc", "abd") < 0);
    assert_true(hv_strcmp("abc", "ab") > 0);
    assert_true(hv_strcmp("\xff", "a") > 0);
    assert_int_equal(hv_strncmp("abcX", "abcY", 3), 0);
    assert_true(hv_strncmp("abcX", "abcY", 4) < 0);
    assert_int_equal(hv_strncmp("ab", "ab", 10), 0);
}

static void test_find(void **state)
{
    const char *s = "hello world";

    (void)state;
    assert_int_equal(hv_strlen(s), 11);
    assert_int_equal(hv_strnlen(s, 4), 4);
    assert_int_equal(hv_strnlen(s, 40), 11);
    assert_ptr_equal(hv_strchr(s, 'o'), s + 4);
    assert_ptr_equal(hv_strchr(s, 0), s + 11);
    assert_null(hv_strchr(s, 'z'));
    assert_ptr_equal(hv_strstr(s, "wor"), s + 6);
    assert_ptr_equal(hv_strstr(s, ""), s);
    assert_null(hv_strstr(s, "worm"));
}

static void test_strlcpy(void **state)
{
    char buf[4] = "ZZZ";

    (void)state;
    assert_int_equal(strlcpy(buf, "abcdef", sizeof(buf)), 6);
    assert_string_equal(buf, "abc");
    assert_int_equal(strlcpy(buf, "x", sizeof(buf)), 1);
    assert_string_equal(buf, "x");
    assert_int_equal(strlcpy(buf, "yy", 0), 2);
    assert_string_equal(buf, "x");
}

static void check_u64(const char *s, unsigned base, uint64_t want, const char *rest)
{
    const char *end;

    assert_true(parse_u64(s, &end, base) == want);
    assert_string_equal(end, rest);
}

static void test_parse_u64(void **state)
{
    (void)state;
    check_u64("123abc", 0, 123, "abc");
    check_u64("0x1fg", 0, 0x1f, "g");
    check_u64("0X1F", 16, 0x1f, "");
    check_u64("1f", 16, 0x1f, "");
    check_u64("0755", 0, 0755, "");
    check_u64("0755", 10, 755, "");
    check_u64("0xg", 0, 0, "xg");
    check_u64("", 0, 0, "");
    check_u64("-1", 0, 0, "-1");
    check_u64("18446744073709551615", 0, UINT64_MAX, "");
    check_u64("18446744073709551616z", 0, UINT64_MAX, "z");
    assert_int_equal(parse_u64("7", NULL, 0), 7);
}

static void check_size(const char *s, unsigned shift, uint64_t want, const char *rest)
{
    const char *end;

    assert_true(parse_size(s, &end, shift) == want);
    assert_string_equal(end, rest);
}

static void test_parse_size(void **state)
{
    (void)state;
    check_size("512", 20, 512ULL << 20, "");
    check_size("512", 0, 512, "");
    check_size("3K", 20, 3072, "");
    check_size("2g,rest", 20, 2ULL << 30, ",rest");
    check_size("1T", 20, 1ULL << 40, "");
    check_size("0x10B", 20, 0x10b << 20, ""); /* B is a hexadecimal digit */
    check_size("16B", 20, 16, "");
    check_size("99999999999T", 0, UINT64_MAX, "");
    check_size("K", 20, 0, "K");
}

static void test_muldiv(void **state)
{
    uint64_t x = 88172645463325252ULL;

    (void)state;
    assert_true(muldiv64(10, 20, 7) == 28);
    assert_true(muldiv64(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(muldiv64(UINT64_MAX, 3, 2) == UINT64_MAX); /* does not fit */
    assert_true(muldiv64(5, 5, 0) == UINT64_MAX);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t v[3];
        unsigned __int128 want;
        for (unsigned k = 0; k < 3; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            v[k] = x >> (x & 31);
        }
        want = (unsigned __int128)v[0] * v[1] / v[2];
        assert_true(muldiv64(v[0], v[1], v[2]) == (want >> 64 ? UINT64_MAX : (uint64_t)want));
    }
    assert_true(mul_shift(1ULL << 63, 6, 32) == 3ULL << 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_and_move), cmocka_unit_test(test_set),       cmocka_unit_test(test_compare),
        cmocka_unit_test(test_find),          cmocka_unit_test(test_strlcpy),   cmocka_unit_test(test_parse_u64),
        cmocka_unit_test(test_parse_size),    cmocka_unit_test(test_muldiv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
