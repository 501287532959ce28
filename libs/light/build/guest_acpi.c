/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/guest_acpi.h"

#include <stdbool.h>
#include <string.h>

#define packed __attribute__((packed))

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} packed;

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} packed;
#define RSDP_OLD_LENGTH 20 /* what the first checksum is over */

#define XSDT_TABLES 4 /* fixed description, processors; nodes and distances, if there are any */

/* Of the fixed description, what is not zero. */
struct fadt {
    struct table_header h;
    uint32_t facs, dsdt;
    uint8_t before_boot_arch[109 - 44];
    uint16_t boot_arch;
    uint8_t reserved;
    uint32_t flags;
    uint8_t before_x_dsdt[140 - 116];
    uint64_t x_dsdt;
    uint8_t rest[276 - 148];
} packed;
_Static_assert(sizeof(struct table_header) == 36 && sizeof(struct rsdp) == 36 && sizeof(struct fadt) == 276, "ACPI 5.2");
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 5.2.9");

#define BOOT_ARCH_NO_VGA (1u << 2)
#define BOOT_ARCH_NO_RTC (1u << 5)
#define FADT_WBINVD (1u << 0)
#define FADT_NO_POWER_BUTTON (1u << 4) /* none of the fixed kind */
#define FADT_NO_SLEEP_BUTTON (1u << 5)
#define FADT_HARDWARE_REDUCED (1u << 20)
#define FADT_REVISION 6

struct madt {
    struct table_header h;
    uint32_t lapic_addr, flags;
} packed;
#define MADT_REVISION 4
#define LAPIC_ADDR 0xfee00000u
#define APIC_ENABLED 1u
#define XAPIC_IDS 255u /* larger ones need the other kind of entry */

struct madt_lapic {
    uint8_t type, length, uid, apic_id;
    uint32_t flags;
} packed;
#define MADT_LAPIC 0

struct madt_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t apic_id, flags, uid;
} packed;
#define MADT_X2APIC 9

/* Which processors and which memory are of which node. */
struct srat {
    struct table_header h;
    uint32_t always_1;
    uint8_t reserved[8];
} packed;
#define SRAT_REVISION 3

struct srat_lapic {
    uint8_t type, length, node, apic_id;
    uint32_t flags;
    uint8_t eid, node_high[3];
    uint32_t clock;
} packed;
#define SRAT_LAPIC 0

struct srat_memory {
    uint8_t type, length;
    uint32_t node;
    uint16_t reserved;
    uint64_t base, size;
    uint32_t reserved2, flags;
    uint64_t reserved3;
} packed;
#define SRAT_MEMORY 1

struct srat_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t node, apic_id, flags, clock, reserved2;
} packed;
#define SRAT_X2APIC 2
#define SRAT_ENABLED 1u
_Static_assert(sizeof(struct srat) == 48 && sizeof(struct srat_lapic) == 16 && sizeof(struct srat_memory) == 40 &&
               sizeof(struct srat_x2apic) == 24, "ACPI 5.2.16");

/* Distances follow, a byte each. */
struct slit {
    struct table_header h;
    uint64_t nr_nodes;
} packed;
#define SLIT_REVISION 1

/* Output: room is looked at once for each piece. */
struct writer {
    uint8_t *area;
    size_t size, used;
    bool full;
};

static void put(struct writer *w, const void *piece, size_t len)
{
    w->full |= len > w->size - w->used;
    if (w->full)
        return;
    memcpy(w->area + w->used, piece, len);
    w->used += len;
}

static uint8_t checksum(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return (uint8_t)-sum;
}

static struct table_header header(const char *signature, uint8_t revision)
{
    struct table_header h = { .revision = revision, .oem_revision = 1, .creator_revision = 1 };

    memcpy(h.signature, signature, sizeof(h.signature));
    memcpy(h.oem_id, "XENLTH", sizeof(h.oem_id));
    memcpy(h.oem_table_id, "XENOLITH", sizeof(h.oem_table_id));
    memcpy(h.creator_id, "XNLT", sizeof(h.creator_id));
    return h;
}

/* The table that began at start is whole: its length and checksum. Tables begin at multiples of 8. */
static void finish(struct writer *w, size_t start)
{
    static const uint8_t zeros[8];
    struct table_header *h = (struct table_header *)(w->area + start);

    if (w->full)
        return;
    h->length = (uint32_t)(w->used - start);
    h->checksum = checksum(w->area + start, h->length);
    put(w, zeros, -w->used & 7);
}

static uint32_t apic_id(unsigned vcpu)
{
    return vcpu * 2;
}

static void put_madt(struct writer *w, const struct guest_acpi *acpi)
{
    struct madt m = { .h = header("APIC", MADT_REVISION), .lapic_addr = LAPIC_ADDR };

    put(w, &m, sizeof(m));
    for (unsigned i = 0; i < acpi->nr_vcpus; i++) {
        uint32_t flags = !acpi->online || (acpi->online[i / 8] >> i % 8 & 1) ? APIC_ENABLED : 0, id = apic_id(i);

        if (id < XAPIC_IDS) {
            struct madt_lapic e = { MADT_LAPIC, sizeof(e), (uint8_t)i, (uint8_t)id, flags };
            put(w, &e, sizeof(e));
        } else {
            struct madt_x2apic e = { MADT_X2APIC, sizeof(e), 0, id, flags, i };
            put(w, &e, sizeof(e));
        }
    }
}

static void put_srat(struct writer *w, const struct guest_acpi *acpi)
{
    struct srat s = { .h = header("SRAT", SRAT_REVISION), .always_1 = 1 };

    put(w, &s, sizeof(s));
    for (unsigned i = 0; i < acpi->nr_vcpus; i++) {
        uint32_t node = acpi->numa->vcpu_to_vnode[i], id = apic_id(i);

        if (id < XAPIC_IDS) {
            struct srat_lapic e = { .type = SRAT_LAPIC, .length = sizeof(e), .node = (uint8_t)node, .apic_id = (uint8_t)id,
                                    .flags = SRAT_ENABLED };
            put(w, &e, sizeof(e));
        } else {
            struct srat_x2apic e = { .type = SRAT_X2APIC, .length = sizeof(e), .node = node, .apic_id = id,
                                     .flags = SRAT_ENABLED };
            put(w, &e, sizeof(e));
        }
    }
    for (unsigned i = 0; i < acpi->numa_map->nr_ranges; i++) {
        const struct xen_vmemrange *r = &acpi->numa_map->ranges[i];
        struct srat_memory e = { .type = SRAT_MEMORY, .length = sizeof(e), .node = r->nid, .base = r->start,
                                 .size = r->end - r->start, .flags = SRAT_ENABLED };

        put(w, &e, sizeof(e));
    }
}

static void put_slit(struct writer *w, const struct guest_acpi *acpi)
{
    const unsigned n = acpi->numa->nr_vnodes;
    struct slit s = { .h = header("SLIT", SLIT_REVISION), .nr_nodes = n };

    put(w, &s, sizeof(s));
    for (unsigned from = 0; from < n; from++)
        for (unsigned to = 0; to < n; to++) {
            uint8_t distance = (uint8_t)acpi->numa->vnodes[from].distances[to];

            put(w, &distance, 1);
        }
}

static void put_dsdt(struct writer *w, const struct guest_acpi *acpi)
{
    struct table_header dsdt = header("DSDT", 2); /* of no code */

    (void)acpi;
    put(w, &dsdt, sizeof(dsdt));
}

/* Returns where the table is. */
static uint64_t table(struct writer *w, uint64_t paddr, void (*put_it)(struct writer *, const struct guest_acpi *),
                      const struct guest_acpi *acpi)
{
    size_t at = w->used;

    put_it(w, acpi);
    finish(w, at);
    return paddr + at;
}

size_t guest_acpi_build(uint8_t *area, size_t size, uint64_t paddr, const struct guest_acpi *acpi)
{
    struct writer w = { .area = area, .size = size };
    struct rsdp rsdp = { .signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' }, .oem_id = { 'X', 'E', 'N', 'L', 'T', 'H' },
                         .revision = 2, .length = sizeof(rsdp) };
    struct table_header xsdt = header("XSDT", 1);
    struct fadt fadt = { .h = header("FACP", FADT_REVISION), .boot_arch = BOOT_ARCH_NO_VGA | BOOT_ARCH_NO_RTC,
                         .flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_HARDWARE_REDUCED };
    uint64_t tables[XSDT_TABLES];
    unsigned n = 0;
    size_t at;

    put(&w, &rsdp, sizeof(rsdp));
    put(&w, "\0\0\0\0", -w.used & 7);
    fadt.x_dsdt = table(&w, paddr, put_dsdt, acpi);
    fadt.dsdt = (uint32_t)fadt.x_dsdt;
    at = w.used;
    tables[n++] = paddr + at;
    put(&w, &fadt, sizeof(fadt));
    finish(&w, at);
    tables[n++] = table(&w, paddr, put_madt, acpi);
    if (acpi->numa) {
        tables[n++] = table(&w, paddr, put_srat, acpi);
        tables[n++] = table(&w, paddr, put_slit, acpi);
    }
    at = w.used;
    rsdp.xsdt = paddr + at;
    put(&w, &xsdt, sizeof(xsdt));
    put(&w, tables, n * sizeof(tables[0]));
    finish(&w, at);
    if (w.full)
        return 0;
    rsdp.checksum = checksum((const uint8_t *)&rsdp, RSDP_OLD_LENGTH);
    rsdp.extended_checksum = checksum((const uint8_t *)&rsdp, sizeof(rsdp));
    memcpy(area, &rsdp, sizeof(rsdp));
    return w.used;
}
