/* SPDX-License-Identifier: GPL-2.0-only */
/* The ACPI table IVRS: blocks, each of an IOMMU (IVHD) with entries for its devices. */
#include "ivrs.h"

#include "errno.h"
#include "lib.h"

#define TABLE_HEADER 48
#define BLOCK_HEADER 4

#define IVHD_BASIC 0x10
#define IVHD_EXTENDED 0x11
#define IVHD_WITH_ACPI 0x40

enum entry_type {
    ENTRY_PAD = 0,
    ENTRY_ALL = 1,
    ENTRY_ONE = 2,
    ENTRY_START = 3,
    ENTRY_END = 4,
    ENTRY_ALIAS = 0x42,
    ENTRY_ALIAS_START = 0x43,
    ENTRY_EXT_ONE = 0x46,
    ENTRY_EXT_START = 0x47,
    ENTRY_SPECIAL = 0x48, /* IO-APIC or HPET */
    ENTRY_ACPI = 0xf0,    /* a device that has a name instead of a place on a bus */
};

#define ACPI_UID_LENGTH 21 /* where an ENTRY_ACPI says how long its name is */
#define ACPI_SIZE 22       /* without the name */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* --- entries of a block --- */

struct block {
    const uint8_t *entry;
    size_t left;
    bool started; /* a range has begun and not ended */
    uint16_t first;
    uint8_t settings;
    struct ivrs *ivrs;
};

static size_t entry_size(const struct block *b)
{
    if (b->entry[0] == ENTRY_ACPI)
        return b->left < ACPI_SIZE ? SIZE_MAX : ACPI_SIZE + (size_t)b->entry[ACPI_UID_LENGTH];
    return (size_t)4 << (b->entry[0] >> 6);
}

static int range_add(struct ivrs *ivrs, uint16_t first, uint16_t last, uint8_t settings)
{
    if (ivrs->nr_ranges == IVRS_MAX_RANGES)
        return -E2BIG;
    ivrs->range[ivrs->nr_ranges++] = (struct ivrs_range){ first, last, settings };
    return 0;
}

static int range_start(struct block *b)
{
    if (b->started)
        return -EINVAL;
    b->started = true;
    b->first = get16(b->entry + 1);
    b->settings = b->entry[3];
    return 0;
}

static int range_end(struct block *b)
{
    uint16_t last = get16(b->entry + 1);

    if (!b->started || last < b->first)
        return -EINVAL;
    b->started = false;
    return range_add(b->ivrs, b->first, last, b->settings);
}

/* A type that is not known says nothing that we could use: its devices count as not covered. */
static int entry_parse(struct block *b)
{
    uint16_t bdf = get16(b->entry + 1), other;
    uint8_t settings = b->entry[3];
    int rc;

    switch (b->entry[0]) {
    case ENTRY_ALL:
        return range_add(b->ivrs, 0, 0xffff, settings);
    case ENTRY_ONE:
    case ENTRY_EXT_ONE:
    case ENTRY_ACPI:
        return range_add(b->ivrs, bdf, bdf, settings);
    case ENTRY_ALIAS: /* its requests may carry the id of the bridge before it */
        other = get16(b->entry + 5);
        rc = range_add(b->ivrs, bdf, bdf, settings);
        return rc ? rc : range_add(b->ivrs, other, other, settings);
    case ENTRY_ALIAS_START:
        other = get16(b->entry + 5);
        rc = range_add(b->ivrs, other, other, settings);
        return rc ? rc : range_start(b);
    case ENTRY_START:
    case ENTRY_EXT_START:
        return range_start(b);
    case ENTRY_END:
        return range_end(b);
    case ENTRY_SPECIAL:
        other = get16(b->entry + 5);
        return range_add(b->ivrs, other, other, settings);
    default:
        return 0;
    }
}

static int entries_parse(struct ivrs *ivrs, const uint8_t *start, size_t size)
{
    struct block b = { .entry = start, .left = size, .ivrs = ivrs };

    while (b.left > 0) {
        size_t n = entry_size(&b);
        int rc = n > b.left ? -EINVAL : entry_parse(&b);

        if (rc)
            return rc;
        b.entry += n;
        b.left -= n;
    }
    return b.started ? -EINVAL : 0;
}

/* --- blocks --- */

/* Blocks of several types may tell of one unit, for readers old and new. */
static int unit_add(struct ivrs *ivrs, const uint8_t *block)
{
    struct ivrs_unit u = {
        .flags = block[1], .bdf = get16(block + 4), .cap = get16(block + 6), .base = get64(block + 8)
    };

    if (u.base == 0 || (u.base & ~PAGE_MASK) || u.base >> 52 || u.cap > 0xff)
        return -EINVAL;
    for (unsigned i = 0; i < ivrs->nr_units; i++)
        if (ivrs->unit[i].bdf == u.bdf)
            return ivrs->unit[i].base == u.base ? 0 : -EINVAL;
    if (ivrs->nr_units == IVRS_MAX_UNITS)
        return -E2BIG;
    ivrs->unit[ivrs->nr_units++] = u;
    return 0;
}

static int ivhd_parse(struct ivrs *ivrs, const uint8_t *block, size_t size, size_t header)
{
    int rc;

    if (size < header)
        return -EINVAL;
    if (get16(block + 16) != 0)
        return -EOPNOTSUPP;
    rc = unit_add(ivrs, block);
    return rc ? rc : entries_parse(ivrs, block + header, size - header);
}

static int block_parse(struct ivrs *ivrs, const uint8_t *block, size_t size)
{
    switch (block[0]) {
    case IVHD_BASIC:
        return ivhd_parse(ivrs, block, size, 24);
    case IVHD_EXTENDED:
    case IVHD_WITH_ACPI:
        return ivhd_parse(ivrs, block, size, 40);
    default: /* memory that firmware uses is in dom0's map already; what is not known is passed over */
        return 0;
    }
}

int ivrs_parse(const void *table, size_t size, struct ivrs *ret)
{
    const uint8_t *block = (const uint8_t *)table + TABLE_HEADER;
    size_t left;

    ret->nr_units = ret->nr_ranges = 0;
    if (size < TABLE_HEADER)
        return -EINVAL;
    left = size - TABLE_HEADER;
    while (left > 0) {
        size_t n = left < BLOCK_HEADER ? 0 : get16(block + 2);
        int rc = n < BLOCK_HEADER || n > left ? -EINVAL : block_parse(ret, block, n);

        if (rc)
            return rc;
        block += n;
        left -= n;
    }
    return ret->nr_units ? 0 : -ENODEV;
}

bool ivrs_covers(const struct ivrs *ivrs, uint16_t bdf)
{
    for (unsigned i = 0; i < ivrs->nr_ranges; i++)
        if (ivrs->range[i].first <= bdf && bdf <= ivrs->range[i].last)
            return true;
    return false;
}
