/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ACPI table IVRS of arbitrary bytes. Beyond the sanitizers: what is accepted names units whose registers are whole
 * pages, each once, and ranges that are in order and covered.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/x86/ivrs.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ivrs ivrs;
    uint8_t *copy = malloc(size + 48); /* of its own, so that a byte too many is seen */

    CHECK(copy);
    memset(copy, 0, 48);
    memcpy(copy + 48, data, size);
    if (ivrs_parse(copy, size + 48, &ivrs) == 0) {
        CHECK(ivrs.nr_units > 0 && ivrs.nr_units <= IVRS_MAX_UNITS && ivrs.nr_ranges <= IVRS_MAX_RANGES);
        for (unsigned i = 0; i < ivrs.nr_units; i++) {
            CHECK(ivrs.unit[i].base && ivrs.unit[i].base % PAGE_SIZE == 0);
            for (unsigned j = 0; j < i; j++)
                CHECK(ivrs.unit[i].bdf != ivrs.unit[j].bdf);
        }
        for (unsigned i = 0; i < ivrs.nr_ranges; i++)
            CHECK(ivrs.range[i].first <= ivrs.range[i].last && ivrs_covers(&ivrs, ivrs.range[i].last));
    }
    free(copy);
    return 0;
}
