/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The ACPI tables of a PVH guest: no more than how many processors there are, and that there is no other ACPI hardware.
 * (ACPI specification 6.5, chapter 5.)
 */
#ifndef XENOLITH_LIGHT_GUEST_ACPI_H
#define XENOLITH_LIGHT_GUEST_ACPI_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes the tables for paddr into area, RSDP first. A vCPU's APIC ID is twice its number, as CPUID tells the guest, its UID
 * the number itself; bit n of online: vCPU n is there from the start; NULL: all are. Returns how many bytes, 0: area is too
 * small.
 */
size_t guest_acpi_build(uint8_t *area, size_t size, uint64_t paddr, unsigned nr_vcpus, const uint8_t *online);

#endif
