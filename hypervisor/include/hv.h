/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot code found out about the machine, and the hypervisor's own command line. */
#ifndef XENOLITH_HV_H
#define XENOLITH_HV_H

#include "types.h"

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define E820_NVS 4
#define E820_UNUSABLE 5

struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
};
#define E820_MAX 256

struct boot_module {
    paddr_t addr;
    uint64_t size;
    const char *args; /* copied; never NULL */
};
#define MAX_MODULES 8

struct host_ioapic {
    paddr_t addr;
    uint32_t gsi_base, nr_pins;
    uint8_t id, version;
};
#define MAX_IOAPICS 8

struct host_irq_override { /* MADT type 2 */
    uint8_t source;
    uint32_t gsi;
    uint16_t flags;
};
#define MAX_OVERRIDES 24

#define MAX_IOMMUS 8
#define IOMMU_SIZE 0x4000u /* of the registers of one */

/* Filled at boot, constant afterwards. */
struct host {
    char cmdline[1024];
    char loader[64];
    struct e820_entry e820[E820_MAX]; /* sorted, not overlapping, as firmware says */
    unsigned nr_e820;
    struct boot_module module[MAX_MODULES];
    unsigned nr_modules;
    paddr_t image_start, image_end; /* the hypervisor itself */
    paddr_t trampoline;             /* page below 1 MiB kept for starting CPUs */
    paddr_t rsdp;                   /* 0: none */
    bool efi;

    uint32_t apic_ids[64];          /* enabled CPUs, boot CPU first */
    unsigned nr_apic_ids;
    struct host_ioapic ioapic[MAX_IOAPICS];
    unsigned nr_ioapics;
    struct host_irq_override override[MAX_OVERRIDES];
    unsigned nr_overrides;
    paddr_t lapic_addr, hpet_addr;
    uint16_t pm1a_cnt, pm1b_cnt, pm_timer, pm1a_evt, smi_cmd, sci_irq;
    uint8_t acpi_enable;
    uint8_t s5_typ_a;   /* SLP_TYPa for S5, or 0xff: unknown */
    paddr_t reset_addr; uint8_t reset_space, reset_value; /* FADT reset register; space 0xff: none */
    paddr_t mcfg_addr; uint8_t mcfg_bus_start, mcfg_bus_end; /* 0: none */
    paddr_t iommu[MAX_IOMMUS]; /* registers of each */
    unsigned nr_iommus;

    uint64_t tsc_khz, lapic_khz;
    uint32_t tsc_mul; int8_t tsc_shift; /* ns = ((tsc << shift) * mul) >> 32 */
    uint64_t boot_tsc;
    int64_t wallclock_boot; /* seconds since 1970 at system time 0 */
    uint64_t total_ram_pages;
    unsigned phys_bits;
};
extern struct host host;

/*
 * Options of the command line (cmdline.c): one table, documented in docs/command-line.md. Value of "name=value", or
 * "" for a bare "name"; NULL when it is not given. The last one counts. The result is cut at the next blank.
 */
bool cmdline_get(const char *name, char *ret_value, size_t size);
bool cmdline_bool(const char *name, bool dflt); /* name, no-name, name=on|off|1|0|yes|no|true|false */
uint64_t cmdline_size(const char *name, uint64_t dflt); /* with suffix; bare number: MiB as Xen's dom0_mem (KiB in Xen: see docs) */

#define XENOLITH_VERSION_MAJOR 4
#define XENOLITH_VERSION_MINOR 17
#define XENOLITH_EXTRAVERSION ".0-xenolith"

#endif
