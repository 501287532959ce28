/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0's PCI configuration space over a simulated bus: forwarding, hidden capabilities, damaged lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The model is included, not linked: its ports are those of the bus below, not the fake machine's. */
#define arch_port_read bus_port_read
#define arch_port_write bus_port_write
#include "device/vpci.c"
#undef arch_port_read
#undef arch_port_write

#include "fake.h"

/* --- the bus: a few functions of 256 bytes --- */

#define NR_FUNCTIONS 3

static struct function {
    uint16_t bdf;
    uint8_t config[256];
} bus[NR_FUNCTIONS];
static uint32_t bus_address;
static unsigned bus_writes;

static struct function *bus_selected(void)
{
    for (unsigned i = 0; i < NR_FUNCTIONS; i++) {
        if ((bus_address & 0x80000000) && bus[i].bdf == (uint16_t)(bus_address >> 8))
            return &bus[i];
    }
    return NULL;
}

uint64_t bus_port_read(uint16_t port, unsigned size)
{
    const struct function *f = bus_selected();
    uint32_t value = ~0u >> (32 - 8 * size);

    assert_in_range(port, 0xcfc, 0xd00 - size);
    if (f) {
        value = 0;
        memcpy(&value, &f->config[(bus_address & 0xfc) + (port & 3)], size);
    }
    return value;
}

void bus_port_write(uint16_t port, unsigned size, uint64_t value)
{
    struct function *f;

    if (port == 0xcf8) {
        assert_int_equal(size, 4);
        bus_address = (uint32_t)value;
        return;
    }
    assert_in_range(port, 0xcfc, 0xd00 - size);
    bus_writes++;
    f = bus_selected();
    if (f)
        memcpy(&f->config[(bus_address & 0xfc) + (port & 3)], &value, size);
}

static void put16(uint8_t *p, uint16_t value)
{
    memcpy(p, &value, 2);
}

/* A capability whose body is filled with its own number, so that showing through is seen. */
static void cap_put(unsigned fn, uint8_t pos, uint8_t id, uint8_t next, unsigned size)
{
    memset(&bus[fn].config[pos], id, size);
    bus[fn].config[pos] = id;
    bus[fn].config[pos + 1] = next;
}

static void function_put(unsigned fn, uint16_t bdf, uint8_t header, uint8_t first_cap)
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

/* --- dom0 --- */

static struct domain domain;
static struct vcpu vcpu = { .domain = &domain };
static uint64_t objects; /* of the machine alone */

static int setup(void **state)
{
    (void)state;
    fake_init(4);
    objects = hv_heap_objects();
    domain = (struct domain){ .privileged = true };
    memset(bus, 0, sizeof(bus));
    bus_writes = 0;
    for (unsigned i = 0; i < NR_FUNCTIONS; i++)
        bus[i].bdf = 0xffff;
    return vpci_create(&domain);
}

static int teardown(void **state)
{
    (void)state;
    vpci_destroy(&domain);
    assert_int_equal(hv_heap_objects(), objects);
    fake_done();
    return 0;
}

static void address_set(uint32_t value)
{
    struct io_req req = { .addr = 0xcf8, .size = 4, .data = value, .write = true };

    vpci_address_port(&vcpu, &req);
}

static uint32_t get(uint16_t bdf, uint8_t reg, unsigned size)
{
    struct io_req req = { .addr = 0xcfc + (reg & 3), .size = (uint8_t)size, .data = ~0ULL };

    address_set(0x80000000 | (uint32_t)bdf << 8 | (reg & 0xfc));
    vpci_data_port(&vcpu, &req);
    assert_int_equal(req.data >> 32, 0);
    return (uint32_t)req.data;
}

static void put(uint16_t bdf, uint8_t reg, unsigned size, uint32_t value)
{
    struct io_req req = { .addr = 0xcfc + (reg & 3), .size = (uint8_t)size, .data = value, .write = true };

    address_set(0x80000000 | (uint32_t)bdf << 8 | (reg & 0xfc));
    vpci_data_port(&vcpu, &req);
}

static void address_latch(void **state)
{
    struct io_req req = { .addr = 0xcf8, .size = 4 };

    (void)state;
    address_set(0xffffffff);
    vpci_address_port(&vcpu, &req);
    assert_int_equal(req.data, 0x80fffffc);
    req = (struct io_req){ .addr = 0xcf8, .size = 2, .data = 0x1234, .write = true };
    vpci_address_port(&vcpu, &req); /* not a dword: dropped */
    req = (struct io_req){ .addr = 0xcf8, .size = 2 };
    vpci_address_port(&vcpu, &req);
    assert_int_equal(req.data, 0xffff);
    req = (struct io_req){ .addr = 0xcf8, .size = 4 };
    vpci_address_port(&vcpu, &req);
    assert_int_equal(req.data, 0x80fffffc);

    function_put(0, 0x0010, 0, 0);
    address_set(0x00001000); /* not enabled: the data ports are dead */
    req = (struct io_req){ .addr = 0xcfc, .size = 4 };
    vpci_data_port(&vcpu, &req);
    assert_int_equal(req.data, 0xffffffff);
    req = (struct io_req){ .addr = 0xcfd, .size = 1, .data = 1, .write = true };
    vpci_data_port(&vcpu, &req);
    assert_int_equal(bus_writes, 0);
}

static void forwarding(void **state)
{
    (void)state;
    function_put(0, 0x0108, 0, 0);
    assert_int_equal(get(0x0108, 0, 4), 0x10001af4);
    assert_int_equal(get(0x0108, 0, 2), 0x1af4);
    assert_int_equal(get(0x0108, 1, 1), 0x1a);
    assert_int_equal(get(0x0108, 1, 2), 0x001a);
    assert_int_equal(get(0x0108, 0x84, 4), 0x87868584);
    assert_int_equal(get(0x0108, 0x85, 2), 0x8685);
    put(0x0108, 0x86, 1, 0xaa);
    put(0x0108, 0x90, 4, 0x11223344);
    assert_int_equal(get(0x0108, 0x84, 4), 0x87aa8584);
    assert_int_equal(get(0x0108, 0x90, 4), 0x11223344);
    assert_int_equal(get(0x0110, 0, 4), 0xffffffff); /* nobody there, nothing remembered */
    assert_int_equal(get(0x0110, 0x34, 1), 0xff);
    assert_int_equal(hv_heap_objects(), objects + 2);
}

/* PM (kept) -> MSI-X -> MSI -> vendor (kept) -> MSI-X */
static void middle_and_end_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x01, 0x50, 8);
    cap_put(0, 0x50, 0x11, 0x60, 12);
    cap_put(0, 0x60, 0x05, 0x90, 24);
    put16(&bus[0].config[0x62], 0x0180); /* 64 bits, with masks: 24 bytes */
    cap_put(0, 0x90, 0x09, 0xa0, 16);
    cap_put(0, 0xa0, 0x11, 0, 12);
    assert_int_equal(get(0x0018, 0x34, 1), 0x40);
    assert_int_equal(get(0x0018, 0x06, 2), 0x0010);
    assert_int_equal(get(0x0018, 0x40, 2), 0x9001);
    assert_int_equal(get(0x0018, 0x41, 1), 0x90);
    assert_int_equal(get(0x0018, 0x40, 4), 0x01019001);
    assert_int_equal(get(0x0018, 0x90, 2), 0x0009);
    assert_int_equal(get(0x0018, 0x9c, 4), 0x09090909);
    for (unsigned reg = 0x50; reg < 0xb0; reg++) {
        bool hidden = reg < 0x5c || (reg >= 0x60 && reg < 0x78) || (reg >= 0xa0 && reg < 0xac);

        if (hidden)
            assert_int_equal(get(0x0018, (uint8_t)reg, 1), 0);
        else if (reg != 0x91)
            assert_int_equal(get(0x0018, (uint8_t)reg, 1), bus[0].config[reg]);
    }
    bus_writes = 0;
    put(0x0018, 0x52, 2, 0x8000); /* enabling MSI-X, or MSI */
    put(0x0018, 0x62, 2, 1);
    put(0x0018, 0x74, 4, 1);
    put(0x0018, 0xa8, 4, 1);
    assert_int_equal(bus_writes, 0);
    put(0x0018, 0x78, 4, 1);
    put(0x0018, 0x44, 2, 3);
    assert_int_equal(bus_writes, 2);
}

static void sizes_of_msi(void **state)
{
    static const struct {
        uint16_t control;
        unsigned size; /* whole dwords */
    } rows[] = { { 0, 12 }, { 0x80, 16 }, { 0x100, 20 }, { 0x180, 24 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        function_put(0, (uint16_t)(0x20 + i), 0, 0x80);
        cap_put(0, 0x80, 0x05, 0, 32);
        put16(&bus[0].config[0x82], rows[i].control);
        for (unsigned at = 0; at < 32; at += 4)
            assert_int_equal(get(bus[0].bdf, (uint8_t)(0x80 + at), 4) == 0, at < rows[i].size);
    }
}

static void all_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x98);
    cap_put(0, 0x98, 0x11, 0x40, 12);
    cap_put(0, 0x40, 0x05, 0, 12);
    bus[0].config[7] = 0x02;
    assert_int_equal(get(0x0018, 0x34, 1), 0);
    assert_int_equal(get(0x0018, 0x06, 2), 0x0200); /* no list */
    assert_int_equal(get(0x0018, 0x06, 1), 0);
    assert_int_equal(get(0x0018, 0x07, 1), 0x02);
    assert_int_equal(get(0x0018, 0x04, 4), 0x02000000);
    assert_int_equal(get(0x0018, 0x05, 2), 0x0000);
}

static void head_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 2, 0x40); /* CardBus: the head is elsewhere */
    cap_put(0, 0x40, 0x05, 0x80, 12);
    cap_put(0, 0x80, 0x01, 0, 8);
    assert_int_equal(get(0x0018, 0x14, 1), 0x80);
    assert_int_equal(get(0x0018, 0x06, 2), 0x0010);
    function_put(1, 0x0020, 1, 0x40); /* a bridge: as a plain device */
    cap_put(1, 0x40, 0x05, 0x81, 12); /* low bits of a pointer do not count */
    cap_put(1, 0x80, 0x0d, 0, 8);
    assert_int_equal(get(0x0020, 0x34, 1), 0x80);
}

static void another_device_in_the_slot(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x05, 0, 12);
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    function_put(0, 0x0018, 0, 0x40);
    put16(&bus[0].config[2], 0x7777);
    cap_put(0, 0x40, 0x01, 0, 8);
    assert_int_equal(get(0x0018, 0x40, 4), 0x01010001);
    assert_int_equal(get(0x0018, 0x34, 1), 0x40);
    bus[0].bdf = 0xffff; /* gone */
    assert_int_equal(get(0x0018, 0x40, 4), 0xffffffff);
}

/* Lists that loop, run into the header or are all the same byte end; what is hidden stays hidden. */
static void damaged_lists(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x05, 0x50, 12);
    cap_put(0, 0x50, 0x01, 0x40, 8);
    assert_int_equal(get(0x0018, 0x34, 1), 0x50);
    assert_int_equal(get(0x0018, 0x42, 2), 0);
    function_put(1, 0x0020, 0, 0x40);
    cap_put(1, 0x40, 0x11, 0x10, 12);
    assert_int_equal(get(0x0020, 0x34, 1), 0);
    function_put(2, 0x0028, 0, 0xfc);
    cap_put(2, 0xfc, 0x05, 0, 4);
    assert_int_equal(get(0x0028, 0xfc, 4), 0);
    for (unsigned seed = 1; seed < 3000; seed++) {
        uint32_t x = seed * 2654435761u;

        function_put(0, 0x0018, (uint8_t)(seed & 3), 0x40);
        put16(&bus[0].config[2], (uint16_t)seed);
        for (unsigned i = 0x40; i < 256; i++) {
            x = x * 1664525 + 1013904223;
            bus[0].config[i] = i & 1 ? (uint8_t)(x >> 24) | 0x40 : x >> 28 < 6 ? 0x05 : 0x11;
        }
        get(0x0018, 0x34, 1);
        for (unsigned reg = 0; reg < 256; reg += 4)
            get(0x0018, (uint8_t)reg, 4);
    }
}

static void without_memory(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x05, 0, 12);
    fake_fail_alloc_after(0);
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    assert_int_equal(get(0x0018, 0x34, 1), 0);
    assert_int_equal(hv_heap_objects(), objects + 1);
    fake_fail_alloc_after(-1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(address_latch), T(forwarding), T(middle_and_end_hidden), T(sizes_of_msi), T(all_hidden), T(head_hidden),
        T(another_device_in_the_slot), T(damaged_lists), T(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
