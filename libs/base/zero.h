/* SPDX-License-Identifier: LGPL-2.1-only */
#ifndef XENOLITH_BASE_ZERO_H
#define XENOLITH_BASE_ZERO_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* len > 0 */
static inline bool is_zero(const void *data, size_t len)
{
    return *(const char *)data == 0 && memcmp(data, (const char *)data + 1, len - 1) == 0;
}

#endif
