/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer entry: dom0 does what it likes to the configuration space, BARs and MSI-X tables of two devices whose registers
 * are arbitrary, too. Whatever it does: the hypervisor touches no memory but theirs (and never RAM), a device that may
 * send sends to a CPU with a vector it was given, and no vector is lost.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "device/vpci.h"
#include "device/vpci_internal.h"
#include "domain.h"
#include "fake.h"
#include "fuzz.h"
#include "hv.h"
#include "lib.h"
#include "page.h"

#define NR_DEVICES 2
#define ECAM 0xb0000000ULL
#define RAM_END MiB(64ULL)
#define FIRST_BDF 0x10

static const uint8_t *data, *data_end;
static struct {
    uint8_t config[ECAM_CONFIG_SIZE];
    uint8_t table[0x8000]; /* what is behind its MSI-X BAR */
} devices[NR_DEVICES];
static uint32_t address;
static struct vcpu *vcpu;

static uint8_t take_byte(void)
{
    return data < data_end ? *data++ : 0;
}

static uint32_t take(unsigned bytes)
{
    uint32_t value = 0;

    while (bytes--)
        value = value << 8 | take_byte();
    return value;
}

/* --- the bus --- */

static uint8_t *config_at(uint32_t bdf, unsigned reg)
{
    return bdf - FIRST_BDF < NR_DEVICES ? &devices[bdf - FIRST_BDF].config[reg] : NULL;
}

static uint64_t port_read(uint16_t port, unsigned size)
{
    const uint8_t *p = config_at((uint16_t)(address >> 8), (address & 0xfc) + (port & 3u));
    uint64_t value = ~0ULL >> (64 - 8 * size);

    if (p) {
        value = 0;
        memcpy(&value, p, size);
    }
    return value;
}

static void port_write(uint16_t port, unsigned size, uint64_t value)
{
    uint8_t *p = config_at((uint16_t)(address >> 8), (address & 0xfc) + (port & 3u));

    if (port == PCI_PORT_ADDRESS)
        address = (uint32_t)value;
    else if (p)
        memcpy(p, &value, size);
}

/* Device memory is anywhere that is neither RAM nor a model's. */
static uint8_t *memory_at(paddr_t addr)
{
    if (addr - ECAM < MiB(256ULL))
        return config_at((uint32_t)((addr - ECAM) >> 12), addr & 0xfff);
    CHECK(addr >= RAM_END && addr >> host.phys_bits == 0 && addr >> 20 != 0xfee && addr >> PAGE_SHIFT != 0xfed00);
    return &devices[0].table[addr % (sizeof(devices[0].table) - 8)];
}

static uint64_t mmio_read(paddr_t addr, unsigned size)
{
    const uint8_t *p = memory_at(addr);
    uint64_t value = 0;

    CHECK(addr / PAGE_SIZE == (addr + size - 1) / PAGE_SIZE);
    if (p)
        memcpy(&value, p, size);
    return value;
}

static void mmio_write(paddr_t addr, unsigned size, uint64_t value)
{
    uint8_t *p = memory_at(addr);

    CHECK(addr / PAGE_SIZE == (addr + size - 1) / PAGE_SIZE);
    if (p)
        memcpy(p, &value, size);
}

/* --- dom0 --- */

static void access(bool write, uint64_t addr, unsigned size, uint64_t value)
{
    struct io_req req = { .addr = addr, .size = (uint8_t)size, .data = value, .write = write };

    if (device_claims_page(vcpu->domain, addr))
        device_mmio(vcpu, &req);
}

static void access_ports(bool write, uint16_t bdf, unsigned reg, unsigned size, uint32_t value)
{
    struct io_req select = { .addr = PCI_PORT_ADDRESS, .size = 4, .write = true };
    struct io_req req = { .addr = PCI_PORT_DATA + (reg & 3), .size = (uint8_t)size, .data = value, .write = write };

    select.data = 0x80000000 | (uint32_t)bdf << 8 | (reg & 0xfc);
    device_pio(vcpu, &select);
    device_pio(vcpu, &req);
}

/* Somewhere in the table of one of the models, or just beside it. */
static void access_table(bool write, unsigned size, uint32_t value)
{
    const struct vpci_function *f = vcpu->domain->vpci->functions;
    unsigned at = take(2);

    for (unsigned skip = take_byte() & 1; f && f->next && skip; skip--)
        f = f->next;
    if (f && f->msix.table)
        access(write, (f->msix.table + at % (f->msix.nr_entries * 16u + 16) - 8) & ~(uint64_t)(size - 1), size, value);
}

static void step(void)
{
    uint8_t op = take_byte(), what = take_byte();
    uint16_t bdf = (uint16_t)(FIRST_BDF + (what & 1));
    unsigned size = 1u << (what >> 1 & 3), reg = take(2) % ECAM_CONFIG_SIZE;
    uint32_t value = what & 0x80 ? 0xfee00000 | take(2) : take(size > 4 ? 4 : size);

    switch (op & 7) {
    case 0:
    case 1:
        access_table(op & 8, size, value);
        break;
    case 2:
        if (op & 8)
            devices[what & 1].config[take_byte() & 3] ^= 1; /* another one is plugged in */
        else if (op & 16)
            vpci_device_remove(vcpu->domain, bdf);
        else
            vpci_device_add(vcpu->domain, bdf);
        break;
    case 3:
        access(op & 8, ECAM + ((uint64_t)bdf << 12) + (reg & ~(size - 1)), size, value);
        break;
    default:
        if (size <= 4)
            access_ports(op & 8, bdf, reg & ~(size - 1), size, value);
        break;
    }
}

/* --- afterwards --- */

static unsigned vectors_in_use(void)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < FAKE_MSIS; i++)
        nr += fake.msi[i].used;
    return nr;
}

static unsigned vectors_of(const struct vpci_function *f)
{
    unsigned nr = f->msi.pos && f->msi.vector.handle >= 0;

    for (unsigned i = 0; f->msix.pos && i < f->msix.nr_entries; i++)
        nr += f->msix.entry[i].vector.handle >= 0;
    return nr;
}

/* The capability that is on in the device says what the model gave it. */
static void check_msi(const struct vpci_function *f)
{
    const uint8_t *c = devices[f->bdf - FIRST_BDF].config + f->msi.pos;
    uint32_t low;

    if (!f->msi.pos || !(c[2] & 1) || f->msi.vector.handle < 0)
        return;
    memcpy(&low, c + 4, 4);
    CHECK(low >> 20 == 0xfee && fake.msi[f->msi.vector.handle].domain == vcpu->domain);
}

static void set_up(void)
{
    fake_init(4);
    memset(&host, 0, sizeof(host));
    host.phys_bits = 40;
    host.mcfg_addr = ECAM;
    host.mcfg_bus_end = 0xff;
    host.hpet_addr = 0xfed00000;
    host.nr_e820 = 1;
    host.e820[0] = (struct e820_entry){ .size = RAM_END, .type = E820_RAM };
    vcpu = fake_domain(0, 2)->vcpu[0];
    fake.port_read = port_read;
    fake.port_write = port_write;
    fake.mmio_read = mmio_read;
    fake.mmio_write = mmio_write;
    memset(devices, 0, sizeof(devices));
}

/* Two capabilities where the lists begin, and input anywhere. */
static void fill_devices(void)
{
    for (unsigned i = 0; i < NR_DEVICES; i++) {
        uint8_t *c = devices[i].config;

        memcpy(c, "\xf4\x1a\x01\x10\x02\x00\x10\x00", 8);
        memcpy(c + 0x10, "\x04\x00\x00\xe0", 4);
        c[0x13] = (uint8_t)(0xe0 + i);
        c[0x34] = 0x50;
        memcpy(c + 0x50, "\x05\x70\x80\x01", 4);
        memcpy(c + 0x70, "\x11\x00\x03\x00\x00\x00\x00\x00", 8);
        for (unsigned n = take_byte() & 15; n; n--)
            c[take(2) % ECAM_CONFIG_SIZE] = take_byte();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned nr = 0;

    data = bytes;
    data_end = bytes + size;
    set_up();
    fill_devices();
    while (data < data_end)
        step();
    for (struct vpci_function *f = vcpu->domain->vpci->functions; f; f = f->next) {
        check_msi(f);
        nr += vectors_of(f);
    }
    CHECK(nr == vectors_in_use());
    vpci_destroy(vcpu->domain);
    CHECK(vectors_in_use() == 0);
    return 0;
}
