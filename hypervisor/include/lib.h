/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure helpers (lib/): strings, numbers, formatted output. No state; also built for the host. */
#ifndef XENOLITH_LIB_H
#define XENOLITH_LIB_H

#include <stdarg.h>

#include "types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* Copy src into dst[size], always terminated; returns strlen(src). */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Parse an unsigned number (base 0: 0x, 0, decimal); *ret_end is the first character not used. */
uint64_t parse_u64(const char *s, const char **ret_end, unsigned base);
/* Parse a size with an optional suffix B, K, M, G or T; a bare number counts units of 1 << default_shift. */
uint64_t parse_size(const char *s, const char **ret_end, unsigned default_shift);

/* C99 formats d i u x X o c s p %% with flags, width, precision, hh h l ll z t; returns the full length. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

static inline unsigned fls64(uint64_t x) /* 1-based index of the highest set bit; 0 for 0 */
{
    return x ? 64 - (unsigned)__builtin_clzll(x) : 0;
}

static inline unsigned ffs64(uint64_t x) /* 1-based index of the lowest set bit; 0 for 0 */
{
    return (unsigned)__builtin_ffsll((long long)x);
}

/* (a * b) >> shift and a * b / c with a 128-bit intermediate. */
static inline uint64_t mul_shift(uint64_t a, uint64_t b, unsigned shift)
{
    return (uint64_t)(((unsigned __int128)a * b) >> shift);
}
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c);

#endif
