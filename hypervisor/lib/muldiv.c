/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiplication and division with a wide intermediate. */
#include "lib.h"

/* Quotients that do not fit (and division by zero) give the greatest number. */
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product, quotient = 0;

    if (high >= c)
        return UINT64_MAX;
    if (!high)
        return low / c;
    /* Long division by bits; the remainder stays below c, and needs 65 bits for a moment. */
    for (int bit = 63; bit >= 0; bit--) {
        bool carry = high >> 63;
        high = high << 1 | ((low >> bit) & 1);
        quotient <<= 1;
        if (carry || high >= c) {
            high -= c;
            quotient |= 1;
        }
    }
    return quotient;
}
