/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory blocks and strings, with C's names and meanings. Host builds use the C library's instead. */
#include "lib.h"

/* Eight bytes at any address. */
struct word {
    uint64_t v;
} __packed __attribute__((may_alias));

void *memset(void *dst, int c, size_t n)
{
    uint64_t v = (uint8_t)c * 0x0101010101010101ULL;
    uint8_t *d = dst;

    for (; n >= 8; n -= 8, d += 8)
        ((struct word *)d)->v = v;
    while (n--)
        *d++ = (uint8_t)c;
    return dst;
}

void *memcpy(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    for (; n >= 8; n -= 8, d += 8, s += 8)
        ((struct word *)d)->v = ((const struct word *)s)->v;
    while (n--)
        *d++ = *s++;
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(dst, src, n); /* forwards, each word read before it can be overwritten */
    for (d += n, s += n; n >= 8; n -= 8) {
        d -= 8;
        s -= 8;
        ((struct word *)d)->v = ((const struct word *)s)->v;
    }
    while (n--)
        *--d = *--s;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n >= 8 && ((const struct word *)x)->v == ((const struct word *)y)->v; n -= 8, x += 8, y += 8)
        ;
    for (; n; n--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

char *strstr(const char *s, const char *what)
{
    size_t len = strlen(what);

    for (;; s++) {
        if (!strncmp(s, what, len))
            return (char *)s;
        if (!*s)
            return NULL;
    }
}
