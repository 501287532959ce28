/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The ACPI tables of a PVH guest: no more than how many processors there are, on which nodes, and that there is no other
 * ACPI hardware. (ACPI specification 6.5, chapter 5.)
 */
#ifndef XENOLITH_LIGHT_GUEST_ACPI_H
#define XENOLITH_LIGHT_GUEST_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "light/build/guest_numa.h"

/*
 * Writes the tables for paddr into area, RSDP first. A vCPU's APIC ID is twice its number, as CPUID tells the guest, its UID
 * the number itself; bit n of online: vCPU n is there from the start; NULL: all are. numa: NULL, or nodes that are right and
 * where they lie. Returns how many bytes, 0: area is too small.
 */
struct guest_acpi {
    unsigned nr_vcpus;
    const uint8_t *online;
    const struct guest_numa *numa;
    const struct guest_numa_map *numa_map;
};
size_t guest_acpi_build(uint8_t *area, size_t size, uint64_t paddr, const struct guest_acpi *acpi);

#endif
