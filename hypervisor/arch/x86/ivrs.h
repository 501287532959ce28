/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ACPI table IVRS: which AMD IOMMUs there are and which devices are behind them. (AMD I/O Virtualization
 * Technology Specification, 48882, chapter 5.2.) A pure function of its bytes: also built for the host.
 */
#ifndef XENOLITH_IVRS_H
#define XENOLITH_IVRS_H

#include "hv.h"
#include "types.h"

#define IVRS_MAX_UNITS MAX_IOMMUS
#define IVRS_MAX_RANGES 512

/* Bits of a unit's flags that become bits of its control register. */
#define IVHD_HT_TUNNEL (1u << 0)
#define IVHD_PASS_PW (1u << 1)
#define IVHD_RES_PASS_PW (1u << 2)
#define IVHD_ISOCHRONOUS (1u << 3)

struct ivrs_unit {
    paddr_t base;          /* of its registers */
    uint16_t bdf, cap;     /* its own PCI function, and where its capability is there */
    uint8_t flags;
};

/* Devices first to last, by the ids that their requests carry. */
struct ivrs_range {
    uint16_t first, last;
    uint8_t settings;      /* what to pass and to block, as the table has it */
};

struct ivrs {
    struct ivrs_unit unit[IVRS_MAX_UNITS];
    unsigned nr_units;
    struct ivrs_range range[IVRS_MAX_RANGES];
    unsigned nr_ranges;
};

/*
 * Read the table, its header included. 0; -EINVAL: it contradicts itself; -E2BIG: more than *ret can hold;
 * -EOPNOTSUPP: a unit of another PCI segment than 0; -ENODEV: no unit. *ret is worth something after 0 only.
 */
int ivrs_parse(const void *table, size_t size, struct ivrs *ret);
bool ivrs_covers(const struct ivrs *ivrs, uint16_t bdf);

#endif
