/* SPDX-License-Identifier: LGPL-2.1-only */
/* The rate of a vif, "RATE/s[@INTERVAL]" (xl-network-configuration(5)), as netback counts it. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "light/xlu/spec.h"

#define DEFAULT_INTERVAL_US 50000

static const struct xlu_word rate_units[] = { /* in bits */
    { "GB/s", 30 }, { "MB/s", 20 }, { "KB/s", 10 }, { "B/s", 0 },    { "Gb/s", 31 },
    { "Mb/s", 21 }, { "Kb/s", 11 }, { "b/s", 1 },   { NULL, 0 },
};
static const struct xlu_word interval_units[] = {
    { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "", 1000000 }, { NULL, 0 },
};

/* A number in front and its unit behind: 0, EINVAL, EOVERFLOW (also for zero). */
static int parse_amount(const struct xlu_part *part, const struct xlu_word *units, unsigned long *ret_number,
                        int *ret_unit)
{
    struct xlu_part number = { part->text, 0 }, unit;
    const struct xlu_word *word;

    while (number.len < part->len && part->text[number.len] >= '0' && part->text[number.len] <= '9')
        number.len++;
    unit = (struct xlu_part){ part->text + number.len, part->len - number.len };
    word = xlu_word_find(units, &unit);
    if (!number.len || !word)
        return EINVAL;
    if (!xlu_part_number(&number, 0, UINT32_MAX, ret_number) || !*ret_number)
        return EOVERFLOW;
    *ret_unit = word->value;
    return 0;
}

static int parse_rate(const struct xlu_part *part, uint64_t *ret_bytes)
{
    static const uint64_t scale[] = { 1, 1000, 1000000, 1000000000 };
    unsigned long number;
    int unit, error = parse_amount(part, rate_units, &number, &unit);

    if (!error)
        *ret_bytes = number * scale[unit / 10] / (unit % 10 ? 8 : 1);
    return error;
}

static int parse_interval(const struct xlu_part *part, uint32_t *ret_us)
{
    unsigned long number;
    int unit, error = parse_amount(part, interval_units, &number, &unit);

    if (!error && number > UINT32_MAX / (unsigned)unit)
        error = EOVERFLOW;
    if (!error)
        *ret_us = (uint32_t)(number * (unsigned)unit);
    return error;
}

int xlu_vif_parse_rate(XLU_Config *cfg, const char *rate, libxl_device_nic *nic)
{
    struct xlu_spec spec = { .cfg = cfg, .kind = "rate", .text = rate, .at = rate };
    const char *at = strchr(rate, '@');
    struct xlu_part part = { rate, at ? (size_t)(at - rate) : strlen(rate) };
    uint32_t interval = DEFAULT_INTERVAL_US;
    uint64_t bytes;
    int error = parse_rate(&part, &bytes);

    if (!error && at) {
        part = (struct xlu_part){ at + 1, strlen(at + 1) };
        error = parse_interval(&part, &interval);
    }
    if (!error && bytes && interval > UINT64_MAX / bytes)
        error = EOVERFLOW;
    if (error) {
        xlu_spec_wrong(&spec, &part, error == EOVERFLOW ? "zero, or too much" : "%s",
                       part.text == rate ? "no rate such as 10Mb/s or 250KB/s" : "no interval such as 20ms");
        return error;
    }
    nic->rate_bytes_per_interval = bytes * interval / 1000000;
    nic->rate_interval_usecs = interval;
    return 0;
}
