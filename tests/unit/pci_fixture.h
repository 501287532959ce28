/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated PCI bus under dom0's configuration space: a few functions with 4096 bytes of registers, reached by CF8/CFC
 * and by memory, and one BAR of memory each.
 */
#ifndef TEST_PCI_FIXTURE_H
#define TEST_PCI_FIXTURE_H

#include "device_fixture.h"

#include "device/vpci.h"
#include "device/vpci_internal.h"

#define NR_FUNCTIONS 3
#define ECAM 0xb0000000ULL
#define BAR_SIZE 0x8000u
#define BAR_REG 0x20 /* BAR 4, 64-bit memory */

static struct function {
    uint16_t bdf;
    uint8_t config[4096];
    uint8_t memory[BAR_SIZE];
} bus[NR_FUNCTIONS];
static uint32_t bus_address;
static unsigned bus_writes, memory_writes;

static struct function *bus_at(uint16_t bdf)
{
    for (unsigned i = 0; i < NR_FUNCTIONS; i++) {
        if (bus[i].bdf == bdf)
            return &bus[i];
    }
    return NULL;
}

static void bus_config_write(struct function *f, unsigned reg, unsigned size, uint64_t value)
{
    uint32_t low;

    bus_writes++;
    if (!f)
        return;
    memcpy(&f->config[reg], &value, size);
    memcpy(&low, &f->config[BAR_REG], 4);
    low = (low & ~(BAR_SIZE - 1)) | 4;
    if (!(f->config[PCI_HEADER_TYPE] & 0x7f))
        memcpy(&f->config[BAR_REG], &low, 4);
}

static uint64_t bus_port_read(uint16_t port, unsigned size)
{
    const struct function *f = bus_address & 0x80000000 ? bus_at((uint16_t)(bus_address >> 8)) : NULL;
    uint64_t value = ~0ULL >> (64 - 8 * size);

    assert_in_range(port, 0xcfc, 0xd00 - size);
    if (f) {
        value = 0;
        memcpy(&value, &f->config[(bus_address & 0xfc) + (port & 3)], size);
    }
    return value;
}

static void bus_port_write(uint16_t port, unsigned size, uint64_t value)
{
    if (port == 0xcf8) {
        assert_int_equal(size, 4);
        bus_address = (uint32_t)value;
        return;
    }
    assert_in_range(port, 0xcfc, 0xd00 - size);
    bus_config_write(bus_at((uint16_t)(bus_address >> 8)), (bus_address & 0xfc) + (port & 3), size, value);
}

static uint64_t bus_bar(const struct function *f)
{
    uint64_t bar;

    memcpy(&bar, &f->config[BAR_REG], 8);
    return f->config[PCI_COMMAND] & PCI_COMMAND_MEMORY ? bar & ~0xfULL : 0;
}

/* What device memory is at addr; NULL: the hypervisor touches what is none. */
static uint8_t *bus_memory(paddr_t addr, unsigned size)
{
    for (unsigned i = 0; i < NR_FUNCTIONS; i++) {
        uint64_t bar = bus_bar(&bus[i]);

        if (bar && addr >= bar && addr + size <= bar + BAR_SIZE)
            return &bus[i].memory[addr - bar];
    }
    return NULL;
}

static uint64_t bus_mmio_read(paddr_t addr, unsigned size)
{
    uint64_t value = 0;

    if (addr - ECAM < MiB(256ULL)) {
        const struct function *f = bus_at((uint16_t)((addr - ECAM) >> 12));

        if (!f)
            return ~0ULL >> (64 - 8 * size);
        memcpy(&value, &f->config[addr & 0xfff], size);
        return value;
    }
    assert_non_null(bus_memory(addr, size));
    memcpy(&value, bus_memory(addr, size), size);
    return value;
}

static void bus_mmio_write(paddr_t addr, unsigned size, uint64_t value)
{
    if (addr - ECAM < MiB(256ULL)) {
        bus_config_write(bus_at((uint16_t)((addr - ECAM) >> 12)), addr & 0xfff, size, value);
        return;
    }
    memory_writes++;
    assert_non_null(bus_memory(addr, size));
    memcpy(bus_memory(addr, size), &value, size);
}

static inline void put16(uint8_t *p, uint16_t value)
{
    memcpy(p, &value, 2);
}

static inline void put32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, 4);
}

static inline uint16_t get16(const uint8_t *p)
{
    uint16_t value;

    memcpy(&value, p, 2);
    return value;
}

static inline uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, 4);
    return value;
}

/* A capability whose body is filled with its own number, so that showing through is seen. */
static inline void cap_put(unsigned fn, uint8_t pos, uint8_t id, uint8_t next, unsigned size)
{
    memset(&bus[fn].config[pos], id, size);
    bus[fn].config[pos] = id;
    bus[fn].config[pos + 1] = next;
}

static inline void function_put(unsigned fn, uint16_t bdf, uint8_t header, uint8_t first_cap)
{
    uint8_t *c = bus[fn].config;

    memset(&bus[fn], 0, sizeof(bus[fn]));
    bus[fn].bdf = bdf;
    for (unsigned i = 0x80; i < 256; i++)
        c[i] = (uint8_t)i;
    put16(&c[0], 0x1af4);
    put16(&c[2], (uint16_t)(0x1000 + fn));
    put16(&c[6], first_cap ? 0x0010 : 0);
    c[0x0e] = header;
    c[header == 2 ? 0x14 : 0x34] = first_cap;
}

/* --- dom0's accesses --- */

static inline void cfg_select(uint16_t bdf, uint8_t reg)
{
    struct io_req req = { .addr = 0xcf8, .size = 4, .write = true };

    req.data = 0x80000000 | (uint32_t)bdf << 8 | (reg & 0xfc);
    assert_true(device_pio(vcpu[0], &req));
}

static inline uint32_t get(uint16_t bdf, uint8_t reg, unsigned size)
{
    struct io_req req = { .addr = 0xcfc + (reg & 3u), .size = (uint8_t)size };

    cfg_select(bdf, reg);
    assert_true(device_pio(vcpu[0], &req));
    return (uint32_t)req.data;
}

static inline void put(uint16_t bdf, uint8_t reg, unsigned size, uint32_t value)
{
    struct io_req req = { .addr = 0xcfc + (reg & 3u), .size = (uint8_t)size, .data = value, .write = true };

    cfg_select(bdf, reg);
    assert_true(device_pio(vcpu[0], &req));
}

static inline uint64_t ecam(uint16_t bdf, unsigned reg)
{
    return ECAM + ((uint64_t)bdf << 12) + reg;
}

static uint64_t objects; /* of the machine alone */

static inline int pci_setup(void **state)
{
    device_setup(state);
    host.mcfg_addr = ECAM;
    host.mcfg_bus_end = 0xff;
    host.nr_e820 = 1;
    host.e820[0] = (struct e820_entry){ .addr = 0, .size = GiB(1ULL), .type = E820_RAM };
    memset(bus, 0, sizeof(bus));
    for (unsigned i = 0; i < NR_FUNCTIONS; i++)
        bus[i].bdf = 0xffff;
    fake.port_read = bus_port_read;
    fake.port_write = bus_port_write;
    fake.mmio_read = bus_mmio_read;
    fake.mmio_write = bus_mmio_write;
    objects = hv_heap_objects();
    bus_writes = memory_writes = 0;
    return 0;
}

/* What the models hold goes with them. */
static inline int pci_teardown(void **state)
{
    vpci_destroy(d);
    assert_true(hv_heap_objects() < objects);
    for (unsigned i = 0; i < FAKE_MSIS; i++)
        assert_false(fake.msi[i].used);
    return device_teardown(state);
}

#define PCI_TEST(name) cmocka_unit_test_setup_teardown(name, pci_setup, pci_teardown)

#endif
