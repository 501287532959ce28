/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads and checks ACPI tables. */
#ifndef TESTS_ACPI_FIXTURE_H
#define TESTS_ACPI_FIXTURE_H

#include <stdint.h>
#include <string.h>

static inline uint64_t acpi_le(const uint8_t *where, size_t bytes)
{
    uint64_t v = 0;

    memcpy(&v, where, bytes);
    return v;
}

/* Fails where the bytes' sum is not 0. */
static inline void acpi_check_sum(const uint8_t *where, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + where[i]);
    assert_int_equal(sum, 0);
}

/* The table at where, in an area that lies at paddr: whole, with that name. */
static inline const uint8_t *acpi_table(const uint8_t *area, size_t size, uint64_t paddr, uint64_t where, const char *signature)
{
    const uint8_t *table = area + (where - paddr);

    assert_true(where >= paddr && where - paddr + 36 <= size && where % 8 == 0);
    assert_memory_equal(table, signature, 4);
    assert_in_range(acpi_le(table + 4, 4), 36, size - (where - paddr));
    acpi_check_sum(table, acpi_le(table + 4, 4));
    return table;
}

/* The table of that name, by way of the XSDT; NULL: the area, which begins with the root pointer, has none. */
static inline const uint8_t *acpi_find(const uint8_t *area, size_t size, uint64_t paddr, const char *signature)
{
    const uint8_t *xsdt = acpi_table(area, size, paddr, acpi_le(area + 24, 8), "XSDT");

    for (unsigned i = 36; i < acpi_le(xsdt + 4, 4); i += 8) {
        uint64_t where = acpi_le(xsdt + i, 8);

        if (where - paddr < size && memcmp(area + (where - paddr), signature, 4) == 0)
            return acpi_table(area, size, paddr, where, signature);
    }
    return NULL;
}

#endif
