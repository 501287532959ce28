/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's ACPI tables: CPUs, interrupt controllers, timers, power. (ACPI specification 6.5, chapter 5.) */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "host_cpu.h"
#include "hv.h"
#include "iommu.h"
#include "lib.h"
#include "log.h"

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision, creator_id, creator_revision;
} __packed;
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __packed;

struct acpi_gas {
    uint8_t space, bits, offset, access;
    uint64_t address;
} __packed;

struct acpi_fadt {
    struct acpi_header h;
    uint32_t facs, dsdt;
    uint8_t reserved0, profile;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
    uint8_t lengths[21]; /* register lengths, latencies, RTC fields we have no use for */
    uint16_t ia_boot_flags;
    uint8_t reserved1;
    uint32_t flags;
    struct acpi_gas reset;
    uint8_t reset_value;
    uint8_t reserved2[3];
    uint64_t x_facs, x_dsdt;
} __packed;
_Static_assert(offsetof(struct acpi_fadt, flags) == 112, "ACPI 5.2.9");
_Static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "ACPI 5.2.9");

#define FADT_RESET_SUPPORTED (1u << 10)

static paddr_t root_addr;
static uint32_t root_entries;
static uint8_t root_entry_size;

static bool checksum_ok(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + b[i]);
    return sum == 0;
}

/* Map a table; NULL when its length or sum is wrong. */
static const struct acpi_header *table_map(paddr_t pa)
{
    const struct acpi_header *h = pa ? map_firmware(pa, sizeof(*h)) : NULL;
    uint32_t length;

    if (!h)
        return NULL;
    length = h->length;
    if (length < sizeof(*h) || length > MiB(16))
        return NULL;
    h = map_firmware(pa, length);
    return h && checksum_ok(h, length) ? h : NULL;
}

paddr_t acpi_table_address(unsigned i)
{
    const char *entry;
    uint64_t address = 0;

    if (i >= root_entries)
        return 0;
    entry = map_firmware(root_addr + sizeof(struct acpi_header), (size_t)root_entries * root_entry_size);
    if (entry)
        memcpy(&address, entry + (size_t)i * root_entry_size, root_entry_size);
    return address;
}

const void *acpi_find_table(const char *signature, unsigned index)
{
    for (unsigned i = 0; i < root_entries; i++) {
        const struct acpi_header *h = table_map(acpi_table_address(i));
        if (h && !memcmp(h->signature, signature, 4) && index-- == 0)
            return h;
    }
    return NULL;
}

static paddr_t rsdp_scan(paddr_t start, paddr_t end)
{
    for (paddr_t pa = start; pa + 20 <= end; pa += 16) {
        const char *p = (const char *)mfn_to_virt(0) + pa;
        if (!memcmp(p, "RSD PTR ", 8) && checksum_ok(p, 20))
            return pa;
    }
    return 0;
}

static void rsdp_find(void)
{
    paddr_t ebda;

    if (host.rsdp)
        return;
    ebda = (paddr_t) * (const uint16_t *)((const char *)mfn_to_virt(0) + 0x40e) << 4;
    if (ebda >= 0x80000 && ebda < 0xa0000)
        host.rsdp = rsdp_scan(ebda, ebda + 1024);
    if (!host.rsdp)
        host.rsdp = rsdp_scan(0xe0000, 0x100000);
}

static bool root_find(void)
{
    const struct acpi_rsdp *r = host.rsdp ? map_firmware(host.rsdp, sizeof(*r)) : NULL;
    const struct acpi_header *h = NULL;

    if (!r)
        return false;
    if (r->revision >= 2 && r->xsdt) {
        root_addr = r->xsdt;
        root_entry_size = 8;
        h = table_map(root_addr);
    }
    if (!h) {
        root_addr = r->rsdt;
        root_entry_size = 4;
        h = table_map(root_addr);
    }
    if (h)
        root_entries = (h->length - (uint32_t)sizeof(*h)) / root_entry_size;
    return h != NULL;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static void madt_cpu(uint32_t id, uint32_t flags)
{
    if (!(flags & 1))
        return;
    for (unsigned i = 0; i < host.nr_apic_ids; i++) {
        if (host.apic_ids[i] == id)
            return;
    }
    if (host.nr_apic_ids == ARRAY_SIZE(host.apic_ids)) {
        log_warn("CPU with APIC ID %u ignored: too many\n", id);
        return;
    }
    host.apic_ids[host.nr_apic_ids++] = id;
}

static void madt_ioapic(const uint8_t *e)
{
    if (host.nr_ioapics < MAX_IOAPICS)
        host.ioapic[host.nr_ioapics++] = (struct host_ioapic){ .id = e[2], .addr = get32(e + 4), .gsi_base = get32(e + 8) };
}

static void madt_override(const uint8_t *e)
{
    if (host.nr_overrides < MAX_OVERRIDES)
        host.override[host.nr_overrides++] =
            (struct host_irq_override){ .source = e[3], .gsi = get32(e + 4), .flags = get16(e + 8) };
}

static void madt_entry(const uint8_t *e)
{
    switch (e[0]) {
    case 0: /* local APIC */
        if (e[1] >= 8)
            madt_cpu(e[3], get32(e + 4));
        break;
    case 1:
        if (e[1] >= 12)
            madt_ioapic(e);
        break;
    case 2:
        if (e[1] >= 10)
            madt_override(e);
        break;
    case 5: /* local APIC address override */
        if (e[1] >= 12)
            memcpy(&host.lapic_addr, e + 4, 8);
        break;
    case 9: /* local x2APIC */
        if (e[1] >= 16)
            madt_cpu(get32(e + 4), get32(e + 8));
        break;
    default:
        break;
    }
}

static void madt_parse(void)
{
    const uint8_t *t = acpi_find_table("APIC", 0);
    uint32_t length;

    host.apic_ids[host.nr_apic_ids++] = apic_id(); /* the boot CPU comes first */
    host.lapic_addr = 0xfee00000;
    if (!t)
        return;
    length = get32(t + 4);
    if (length < 44)
        return;
    host.lapic_addr = get32(t + 36);
    for (uint32_t off = 44; off + 2 <= length && t[off + 1] >= 2 && off + t[off + 1] <= length; off += t[off + 1])
        madt_entry(t + off);
}

/* One element of an AML package of integers: its value, and the next position; -1: not a small integer. */
static int aml_integer(const uint8_t *p, unsigned *pos)
{
    switch (p[*pos]) {
    case 0x00: case 0x01: /* ZeroOp, OneOp */
        return p[(*pos)++];
    case 0x0a: /* BytePrefix */
        *pos += 2;
        return p[*pos - 1];
    default:
        return -1;
    }
}

/* Name (\_S5_, Package {a, ...}): found by its bytes, as the first element needs no AML interpreter. */
static void s5_find(const uint8_t *dsdt, uint32_t length)
{
    for (uint32_t i = 38; i + 16 < length; i++) {
        const uint8_t *p = dsdt + i;
        unsigned pos = 5;
        int value;
        if (memcmp(p, "_S5_", 4) || p[4] != 0x12)
            continue;
        if (p[-1] != 0x08 && !(p[-1] == '\\' && p[-2] == 0x08))
            continue;
        pos += 1 + (p[5] >> 6); /* package length */
        pos++;                  /* number of elements */
        value = aml_integer(p, &pos);
        if (value >= 0 && value < 8) {
            host.s5_typ_a = (uint8_t)value;
            return;
        }
    }
}

static void fadt_parse(void)
{
    const struct acpi_fadt *f = acpi_find_table("FACP", 0);
    const struct acpi_header *dsdt = NULL;

    host.s5_typ_a = 0xff;
    host.reset_space = 0xff;
    if (!f || f->h.length < 116)
        return;
    host.sci_irq = f->sci_int;
    host.smi_cmd = (uint16_t)f->smi_cmd;
    host.acpi_enable = f->acpi_enable;
    host.pm1a_evt = (uint16_t)f->pm1a_evt;
    host.pm1a_cnt = (uint16_t)f->pm1a_cnt;
    host.pm1b_cnt = (uint16_t)f->pm1b_cnt;
    host.pm_timer = (uint16_t)f->pm_tmr;
    if (f->h.length >= 129 && (f->flags & FADT_RESET_SUPPORTED) && f->reset.space <= 1) {
        host.reset_addr = f->reset.address;
        host.reset_space = f->reset.space;
        host.reset_value = f->reset_value;
    }
    if (f->h.length >= 148 && f->x_dsdt)
        dsdt = table_map(f->x_dsdt);
    if (!dsdt)
        dsdt = table_map(f->dsdt);
    if (dsdt)
        s5_find((const uint8_t *)dsdt, dsdt->length);
}

static void other_tables_parse(void)
{
    const uint8_t *hpet = acpi_find_table("HPET", 0), *mcfg = acpi_find_table("MCFG", 0);
    const uint8_t *ivrs = acpi_find_table("IVRS", 0);

    if (hpet && get32(hpet + 4) >= 56 && hpet[40] == 0)
        memcpy(&host.hpet_addr, hpet + 44, 8);
    if (mcfg && get32(mcfg + 4) >= 60 && get16(mcfg + 52) == 0) { /* segment 0 */
        memcpy(&host.mcfg_addr, mcfg + 44, 8);
        host.mcfg_bus_start = mcfg[54];
        host.mcfg_bus_end = mcfg[55];
    }
    if (ivrs)
        iommu_probe(ivrs, get32(ivrs + 4));
}

void acpi_init(void)
{
    rsdp_find();
    if (!root_find())
        log_warn("no ACPI tables\n");
    madt_parse();
    fadt_parse();
    other_tables_parse();
    log_info("ACPI: RSDP %#lx, %u tables, %u CPUs, %u IO-APICs%s\n", host.rsdp, root_entries, host.nr_apic_ids,
             host.nr_ioapics, host.nr_iommus ? ", AMD-Vi" : "");
}

int acpi_enable_mode(void)
{
    if (!host.pm1a_cnt || !host.smi_cmd || !host.acpi_enable || (inw(host.pm1a_cnt) & 1))
        return 0;
    outb(host.smi_cmd, host.acpi_enable);
    for (unsigned i = 0; i < 3000; i++) {
        if (inw(host.pm1a_cnt) & 1)
            return 0;
        delay_us(1000);
    }
    return -EIO;
}
