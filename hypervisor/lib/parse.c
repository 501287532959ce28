/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers out of text, and the bounded string copy. */
#include "lib.h"

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);

    if (size) {
        size_t n = len < size ? len : size - 1;
        memcpy(dst, src, n);
        dst[n] = 0;
    }
    return len;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

/* Numbers that do not fit are cut off at the greatest. */
uint64_t parse_u64(const char *s, const char **ret_end, unsigned base)
{
    uint64_t value = 0;
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;

    if ((base == 0 || base == 16) && hex) {
        s += 2;
        base = 16;
    } else if (base == 0) {
        base = s[0] == '0' ? 8 : 10;
    }
    for (; digit_value(*s) < base; s++) {
        if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit_value(*s), &value)) {
            while (digit_value(*s) < base)
                s++;
            value = UINT64_MAX;
            break;
        }
    }
    if (ret_end)
        *ret_end = s;
    return value;
}

static int suffix_shift(char c)
{
    switch (c) {
    case 'B': case 'b':
        return 0;
    case 'K': case 'k':
        return 10;
    case 'M': case 'm':
        return 20;
    case 'G': case 'g':
        return 30;
    case 'T': case 't':
        return 40;
    default:
        return -1;
    }
}

uint64_t parse_size(const char *s, const char **ret_end, unsigned default_shift)
{
    const char *end;
    uint64_t value = parse_u64(s, &end, 0);
    int shift = end == s ? -1 : suffix_shift(*end);

    if (shift >= 0)
        end++;
    else
        shift = (int)default_shift;
    if (ret_end)
        *ret_end = end;
    return value > UINT64_MAX >> shift ? UINT64_MAX : value << shift;
}
