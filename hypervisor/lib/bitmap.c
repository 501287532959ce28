/* SPDX-License-Identifier: GPL-2.0-only */
/* Searches in bit arrays. */
#include "bitmap.h"

/* invert: all ones to look for clear bits. */
static unsigned next_bit(const uint64_t *map, unsigned bits, unsigned start, uint64_t invert)
{
    unsigned word = start / 64;
    uint64_t w;

    if (start >= bits)
        return bits;
    w = (READ_ONCE(map[word]) ^ invert) & (~0ULL << (start % 64));
    while (!w) {
        if (++word >= BITMAP_WORDS(bits))
            return bits;
        w = READ_ONCE(map[word]) ^ invert;
    }
    start = word * 64 + (unsigned)__builtin_ctzll(w);
    return start < bits ? start : bits;
}

unsigned bitmap_next_set(const uint64_t *map, unsigned bits, unsigned start)
{
    return next_bit(map, bits, start, 0);
}

unsigned bitmap_next_clear(const uint64_t *map, unsigned bits, unsigned start)
{
    return next_bit(map, bits, start, ~0ULL);
}

/* Bits of one word: sums of pairs, fours, bytes, then all bytes by one multiplication. */
static unsigned word_weight(uint64_t w)
{
    w -= (w >> 1) & 0x5555555555555555ULL;
    w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
    w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
    return (unsigned)((w * 0x0101010101010101ULL) >> 56);
}

unsigned bitmap_weight(const uint64_t *map, unsigned bits)
{
    unsigned n = 0, i;

    for (i = 0; i < bits / 64; i++)
        n += word_weight(READ_ONCE(map[i]));
    if (bits % 64)
        n += word_weight(READ_ONCE(map[i]) & ((1ULL << (bits % 64)) - 1));
    return n;
}
