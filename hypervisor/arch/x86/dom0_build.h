/* SPDX-License-Identifier: GPL-2.0-only */
/* Making dom0: its memory (dom0_memory.c), its ACPI tables (dom0_acpi.c), its kernel and start info (dom0_build.c). */
#ifndef XENOLITH_DOM0_BUILD_H
#define XENOLITH_DOM0_BUILD_H

#include "hv.h"
#include "types.h"

struct domain;

#define DOM0_ACPI_PAGES 1
#define DOM0_MAX_RANGES 64

/* RAM frames [start, end). */
struct frame_range {
    mfn_t start, end;
};

/*
 * Boot CPU, after the frame table is there: choose dom0's frames (dom0_mem=), the lowest free ones, and give all others
 * to the allocator. Panics when the machine has too little memory.
 */
void dom0_reserve_memory(void);
/* Boot CPU, everything else being up: create dom0 from the boot modules, ready but paused. 0 or -errno, logged. */
int dom0_build(void);

/* --- dom0_memory.c --- */
extern struct frame_range dom0_ranges[DOM0_MAX_RANGES]; /* ascending */
extern unsigned nr_dom0_ranges;
extern mfn_t dom0_acpi_mfn; /* DOM0_ACPI_PAGES frames, the hypervisor's, that dom0 sees as ACPI memory */
uint64_t dom0_max_pages(void); /* of dom0_mem=max: */
/* The lowest `want` of RAM [start, end) that is dom0's; false: not all of it is. */
bool dom0_owns(paddr_t start, paddr_t end);
/*
 * dom0's memory map out of the host's: what it owns is RAM, the rest of RAM unusable, everything else unchanged.
 * Returns the number of entries, at most max.
 */
unsigned dom0_e820_make(const struct e820_entry *in, unsigned nr_in, struct e820_entry *out, unsigned max);
/* Map dom0's RAM and the firmware's reserved ranges below 4 GiB one to one. 0 or -ENOMEM. */
int dom0_map_memory(struct domain *d);
/* Entries of dom0's map copied to ret, at most max; 0 for other domains. */
int arch_get_e820(struct domain *d, struct e820_entry *ret, unsigned max);

/* --- dom0_acpi.c --- */
struct acpi_source { /* a table of the machine, as its XSDT lists it */
    char signature[4];
    paddr_t addr;
};
/*
 * Build RSDP, XSDT and MADT in area[size], which dom0 sees at area_pa; the RSDP is at its start. Of the machine's
 * tables only those of the allow-list are linked. Bytes used, or 0 when they do not fit.
 */
size_t dom0_acpi_build(uint8_t *area, size_t size, paddr_t area_pa, const struct acpi_source *tables,
                       unsigned nr_tables, unsigned nr_vcpus);

#endif
