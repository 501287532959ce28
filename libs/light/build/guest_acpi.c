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

struct xsdt {
    struct table_header h;
    uint64_t fadt, madt;
} packed;

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

static void put_madt(struct writer *w, unsigned nr_vcpus, const uint8_t *online)
{
    struct madt m = { .h = header("APIC", MADT_REVISION), .lapic_addr = LAPIC_ADDR };

    put(w, &m, sizeof(m));
    for (unsigned i = 0; i < nr_vcpus; i++) {
        uint32_t flags = !online || (online[i / 8] >> i % 8 & 1) ? APIC_ENABLED : 0, id = i * 2;

        if (id < XAPIC_IDS) {
            struct madt_lapic e = { MADT_LAPIC, sizeof(e), (uint8_t)i, (uint8_t)id, flags };
            put(w, &e, sizeof(e));
        } else {
            struct madt_x2apic e = { MADT_X2APIC, sizeof(e), 0, id, flags, i };
            put(w, &e, sizeof(e));
        }
    }
}

size_t guest_acpi_build(uint8_t *area, size_t size, uint64_t paddr, unsigned nr_vcpus, const uint8_t *online)
{
    struct writer w = { .area = area, .size = size };
    struct rsdp rsdp = { .signature = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' }, .oem_id = { 'X', 'E', 'N', 'L', 'T', 'H' },
                         .revision = 2, .length = sizeof(rsdp) };
    struct xsdt xsdt = { .h = header("XSDT", 1) };
    struct table_header dsdt = header("DSDT", 2);
    struct fadt fadt = { .h = header("FACP", FADT_REVISION), .boot_arch = BOOT_ARCH_NO_VGA | BOOT_ARCH_NO_RTC,
                         .flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_HARDWARE_REDUCED };
    size_t at;

    put(&w, &rsdp, sizeof(rsdp));
    put(&w, "\0\0\0\0", -w.used & 7);
    at = w.used; /* a DSDT of no code */
    fadt.x_dsdt = paddr + at;
    fadt.dsdt = (uint32_t)fadt.x_dsdt;
    put(&w, &dsdt, sizeof(dsdt));
    finish(&w, at);
    at = w.used;
    xsdt.fadt = paddr + at;
    put(&w, &fadt, sizeof(fadt));
    finish(&w, at);
    at = w.used;
    xsdt.madt = paddr + at;
    put_madt(&w, nr_vcpus, online);
    finish(&w, at);
    at = w.used;
    rsdp.xsdt = paddr + at;
    put(&w, &xsdt, sizeof(xsdt));
    finish(&w, at);
    if (w.full)
        return 0;
    rsdp.checksum = checksum((const uint8_t *)&rsdp, RSDP_OLD_LENGTH);
    rsdp.extended_checksum = checksum((const uint8_t *)&rsdp, sizeof(rsdp));
    memcpy(area, &rsdp, sizeof(rsdp));
    return w.used;
}
