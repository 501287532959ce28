/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's ACPI root: an XSDT that names a chosen few of the machine's tables, where they are, and a MADT and an MCFG of
 * our own. (ACPI specification 6.5, chapter 5; PCI Firmware Specification 3.2, 4.1.2.) Unknown tables are left out: they
 * may describe what is the hypervisor's (IOMMU, NUMA, HPET).
 */
#include "device.h"
#include "dom0_build.h"
#include "lib.h"

struct sdt_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} __packed;

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} __packed;
_Static_assert(sizeof(struct sdt_header) == 36 && sizeof(struct rsdp) == 36, "ACPI 5.2.5, 5.2.6");

struct madt {
    struct sdt_header h;
    uint32_t lapic_addr, flags;
} __packed;

struct madt_lapic {
    uint8_t type, length, processor, apic_id;
    uint32_t flags;
} __packed;

struct madt_ioapic {
    uint8_t type, length, id, reserved;
    uint32_t addr, gsi_base;
} __packed;

struct madt_override {
    uint8_t type, length, bus, source;
    uint32_t gsi;
    uint16_t flags;
} __packed;

struct madt_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t id, flags, processor;
} __packed;
struct mcfg {
    uint8_t reserved[8];
    uint64_t base;
    uint16_t segment;
    uint8_t bus_start, bus_end;
    uint32_t reserved2;
} __packed;
_Static_assert(sizeof(struct madt_override) == 10 && sizeof(struct madt_x2apic) == 16, "ACPI 5.2.12");

#define MADT_LAPIC 0
#define MADT_IOAPIC 1
#define MADT_OVERRIDE 2
#define MADT_X2APIC 9
#define APIC_ENABLED 1u
#define XSDT_OFFSET 64
#define OEM_ID "XENLTH"
#define OEM_TABLE_ID "XENOLITH"

/* FACS and DSDT hang off the FADT. */
static const char allowed[][4] = { { 'F', 'A', 'C', 'P' }, { 'S', 'S', 'D', 'T' } };

/* Output cursor: room is checked once for each record. */
struct writer {
    uint8_t *area;
    size_t size, used;
    bool full;
};

static void put(struct writer *w, const void *record, size_t len)
{
    if (w->full || len > w->size - w->used) {
        w->full = true;
        return;
    }
    memcpy(w->area + w->used, record, len);
    w->used += len;
}

static uint8_t checksum(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + b[i]);
    return (uint8_t)-sum;
}

static void put_header(struct writer *w, const char *signature, uint8_t revision)
{
    struct sdt_header h = { .revision = revision, .oem_revision = 1, .creator_revision = 1 };

    memcpy(h.signature, signature, 4);
    memcpy(h.oem_id, OEM_ID, sizeof(h.oem_id));
    memcpy(h.oem_table_id, OEM_TABLE_ID, sizeof(h.oem_table_id));
    memcpy(h.creator_id, OEM_ID, sizeof(h.creator_id));
    put(w, &h, sizeof(h));
}

/* The table from `start` to the cursor is complete: length and sum. */
static void finish(struct writer *w, size_t start)
{
    struct sdt_header *h = (struct sdt_header *)(w->area + start);

    if (w->full)
        return;
    h->length = (uint32_t)(w->used - start);
    h->checksum = 0;
    h->checksum = checksum(h, h->length);
}

static bool is_allowed(const struct acpi_source *t)
{
    for (unsigned i = 0; i < ARRAY_SIZE(allowed); i++)
        if (memcmp(t->signature, allowed[i], 4) == 0)
            return true;
    return false;
}

static void put_processors(struct writer *w, unsigned nr_vcpus)
{
    for (unsigned i = 0; i < nr_vcpus; i++) {
        uint32_t id = vlapic_id_of_vcpu(i);
        struct madt_lapic xapic = { MADT_LAPIC, sizeof(xapic), (uint8_t)i, (uint8_t)id, APIC_ENABLED };
        struct madt_x2apic x2apic = { MADT_X2APIC, sizeof(x2apic), 0, id, APIC_ENABLED, i };

        if (id < 255)
            put(w, &xapic, sizeof(xapic));
        else
            put(w, &x2apic, sizeof(x2apic));
    }
}

static void put_madt(struct writer *w, unsigned nr_vcpus)
{
    uint32_t start[2] = { (uint32_t)host.lapic_addr, 0 }; /* not PCAT_COMPAT: dom0 has no 8259s */

    put_header(w, "APIC", 4);
    put(w, start, sizeof(start));
    put_processors(w, nr_vcpus);
    for (unsigned i = 0; i < host.nr_ioapics; i++) {
        const struct host_ioapic *io = &host.ioapic[i];
        struct madt_ioapic e = { MADT_IOAPIC, sizeof(e), io->id, 0, (uint32_t)io->addr, io->gsi_base };

        put(w, &e, sizeof(e));
    }
    for (unsigned i = 0; i < host.nr_overrides; i++) {
        const struct host_irq_override *o = &host.override[i];
        struct madt_override e = { MADT_OVERRIDE, sizeof(e), 0, o->source, o->gsi, o->flags };

        put(w, &e, sizeof(e));
    }
}

/* The window that is trapped (device/vpci.c): segment 0. */
static void put_mcfg(struct writer *w, unsigned nr_vcpus)
{
    struct mcfg m = { .base = host.mcfg_addr, .bus_start = host.mcfg_bus_start, .bus_end = host.mcfg_bus_end };

    (void)nr_vcpus;
    put_header(w, "MCFG", 1);
    put(w, &m, sizeof(m));
}

/* Our own tables, in this order; the last only where the machine has the window. */
static void (*const own_tables[])(struct writer *w, unsigned nr_vcpus) = { put_madt, put_mcfg };

static unsigned nr_own_tables(void)
{
    return host.mcfg_addr ? 2 : 1;
}

static void put_xsdt(struct writer *w, const struct acpi_source *tables, unsigned nr, const uint64_t *own)
{
    put_header(w, "XSDT", 1);
    for (unsigned i = 0; i < nr; i++)
        if (is_allowed(&tables[i]))
            put(w, &tables[i].addr, sizeof(uint64_t));
    put(w, own, nr_own_tables() * sizeof(*own));
}

static void make_rsdp(uint8_t *area, uint64_t xsdt)
{
    struct rsdp r = { .revision = 2, .length = sizeof(r), .xsdt = xsdt };

    memcpy(r.signature, "RSD PTR ", 8);
    memcpy(r.oem_id, OEM_ID, sizeof(r.oem_id));
    r.checksum = checksum(&r, 20);
    r.extended_checksum = checksum(&r, sizeof(r));
    memcpy(area, &r, sizeof(r));
}

size_t dom0_acpi_build(uint8_t *area, size_t size, paddr_t area_pa, const struct acpi_source *tables,
                       unsigned nr_tables, unsigned nr_vcpus)
{
    struct writer w = { .area = area, .size = size, .used = XSDT_OFFSET };
    uint64_t own[ARRAY_SIZE(own_tables)] = { 0 };
    size_t end;

    if (size < XSDT_OFFSET)
        return 0;
    memset(area, 0, size);
    put_xsdt(&w, tables, nr_tables, own);
    for (unsigned i = 0; i < nr_own_tables(); i++) {
        size_t start = round_up(w.used, (size_t)8);

        if (w.full || start > size)
            return 0;
        w.used = start;
        own[i] = area_pa + start;
        own_tables[i](&w, nr_vcpus);
        finish(&w, start);
    }
    end = w.used;
    w.used = XSDT_OFFSET; /* again, now that the places are known */
    put_xsdt(&w, tables, nr_tables, own);
    finish(&w, XSDT_OFFSET);
    make_rsdp(area, area_pa + XSDT_OFFSET);
    return w.full ? 0 : end;
}
