/* SPDX-License-Identifier: GPL-2.0-only */
/* Bit arrays of uint64_t words: plain and atomic operations. */
#ifndef XENOLITH_BITMAP_H
#define XENOLITH_BITMAP_H

#include "types.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bit_test(const uint64_t *map, unsigned bit)
{
    return (READ_ONCE(map[bit / 64]) >> (bit % 64)) & 1;
}
static inline void bit_set(uint64_t *map, unsigned bit)
{
    map[bit / 64] |= 1ULL << (bit % 64);
}
static inline void bit_clear(uint64_t *map, unsigned bit)
{
    map[bit / 64] &= ~(1ULL << (bit % 64));
}
/* Atomic, sequentially consistent; return the old value. */
static inline bool bit_test_and_set(uint64_t *map, unsigned bit)
{
    uint64_t m = 1ULL << (bit % 64);
    return __atomic_fetch_or(&map[bit / 64], m, __ATOMIC_SEQ_CST) & m;
}
static inline bool bit_test_and_clear(uint64_t *map, unsigned bit)
{
    uint64_t m = 1ULL << (bit % 64);
    return __atomic_fetch_and(&map[bit / 64], ~m, __ATOMIC_SEQ_CST) & m;
}
/* Lowest set (clear) bit at or after start; returns bits when there is none. */
unsigned bitmap_next_set(const uint64_t *map, unsigned bits, unsigned start);
unsigned bitmap_next_clear(const uint64_t *map, unsigned bits, unsigned start);
unsigned bitmap_weight(const uint64_t *map, unsigned bits);

#endif
