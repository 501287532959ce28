/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0's PCI configuration space over a simulated bus: the ways in, hidden capabilities, damaged lists. */
#include "pci_fixture.h"

static uint32_t address(void)
{
    struct io_req req = { .addr = 0xcf8, .size = 4 };

    device_pio(vcpu[0], &req);
    return (uint32_t)req.data;
}

static void address_latch(void **state)
{
    struct io_req req = { .addr = 0xcf8, .size = 4, .data = 0xffffffff, .write = true };

    (void)state;
    vpci_address_port(vcpu[0], &req);
    assert_int_equal(address(), 0x80fffffc);
    req = (struct io_req){ .addr = 0xcf8, .size = 2, .data = 0, .write = true };
    vpci_address_port(vcpu[0], &req);
    assert_int_equal(address(), 0x80fffffc);
    req = (struct io_req){ .addr = 0xcf8, .size = 2 };
    vpci_address_port(vcpu[0], &req);
    assert_int_equal(req.data, 0xffff);
    req = (struct io_req){ .addr = 0xcf8, .size = 4, .data = 0, .write = true };
    vpci_address_port(vcpu[0], &req);
    req = (struct io_req){ .addr = 0xcfd, .size = 2 };
    vpci_data_port(vcpu[0], &req); /* not enabled */
    assert_int_equal(req.data, 0xffff);
    req = (struct io_req){ .addr = 0xcfc, .size = 4, .data = 1, .write = true };
    vpci_data_port(vcpu[0], &req);
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
    assert_int_equal(bus_writes, 2);
    assert_int_equal(get(0x0110, 0, 4), 0xffffffff); /* nobody there, nothing remembered */
    assert_int_equal(get(0x0110, 0x34, 1), 0xff);
    put(0x0110, 0x04, 2, 7);
    assert_int_equal(bus_writes, 2);
    assert_int_equal(hv_heap_objects(), objects + 1);
}

/* The same model by memory, all 4096 bytes of it, in every size. */
static void ecam_window(void **state)
{
    (void)state;
    function_put(0, 0x0108, 0, 0);
    for (unsigned i = 0x100; i < 0x120; i++)
        bus[0].config[i] = (uint8_t)i;
    assert_int_equal(mmio_read(vcpu[0], ecam(0x108, 0), 4), 0x10001af4);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x108, 2), 2), 0x1000);
    assert_true(mmio_read(vcpu[0], ecam(0x108, 0x80), 8) == 0x8786858483828180);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x108, 0x104), 4), 0x07060504);
    assert_true(mmio_read(vcpu[0], ecam(0x108, 0x101), 8) == 0x0807060504030201);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x108, 0x103), 2), 0x0403); /* across dwords */
    mmio_write(vcpu[0], ecam(0x108, 0x108), 8, 0x1122334455667788);
    assert_int_equal(get32(&bus[0].config[0x108]), 0x55667788);
    assert_int_equal(get32(&bus[0].config[0x10c]), 0x11223344);
    mmio_write(vcpu[0], ecam(0x108, 0x10b), 2, 0xabcd);
    assert_int_equal(get32(&bus[0].config[0x108]), 0xcd667788);
    assert_int_equal(get32(&bus[0].config[0x10c]), 0x112233ab);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x109, 0x100), 4), 0xffffffff);
    host.mcfg_bus_end = 0; /* no window of the machine's for that bus */
    assert_int_equal(pci_host_read(0x108, 0x100, 4), 0xffffffff);
    pci_host_write(0x108, 0x100, 4, 0);
    assert_int_equal(bus[0].config[0x101], 1);
}

/* PM (kept) -> MSI-X of no BAR -> MSI -> vendor (kept) -> a second MSI */
static void middle_and_end_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x01, 0x50, 8);
    cap_put(0, 0x50, 0x11, 0x60, 12);
    bus[0].config[0x54] = 7;
    cap_put(0, 0x60, 0x05, 0x90, 24);
    put16(&bus[0].config[0x62], 0x0180); /* 64 bits, with masks: 24 bytes */
    cap_put(0, 0x90, 0x09, 0xa0, 16);
    cap_put(0, 0xa0, 0x05, 0, 10);
    put16(&bus[0].config[0xa2], 0);
    assert_int_equal(get(0x0018, 0x34, 1), 0x40);
    assert_int_equal(get(0x0018, 0x06, 2), 0x0010);
    assert_int_equal(get(0x0018, 0x40, 2), 0x6001);
    assert_int_equal(get(0x0018, 0x41, 1), 0x60);
    assert_int_equal(get(0x0018, 0x40, 4), 0x01016001);
    assert_int_equal(get(0x0018, 0x60, 4), 0x01809005);
    assert_int_equal(get(0x0018, 0x90, 2), 0x0009);
    assert_int_equal(get(0x0018, 0x9c, 4), 0x09090909);
    for (unsigned reg = 0x50; reg < 0xb0; reg++) {
        bool hidden = reg < 0x5c || (reg >= 0xa0 && reg < 0xac);

        if (hidden)
            assert_int_equal(get(0x0018, (uint8_t)reg, 1), 0);
        else if (reg != 0x91 && (reg < 0x60 || reg >= 0x78))
            assert_int_equal(get(0x0018, (uint8_t)reg, 1), bus[0].config[reg]);
    }
    bus_writes = 0;
    put(0x0018, 0x52, 2, 0x8000); /* enabling MSI-X, or the other MSI */
    put(0x0018, 0xa2, 2, 1);
    put(0x0018, 0xa8, 4, 1);
    assert_int_equal(bus_writes, 0);
    put(0x0018, 0x78, 4, 1);
    put(0x0018, 0x44, 2, 3);
    assert_int_equal(bus_writes, 2);
}

static void all_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x98);
    cap_put(0, 0x98, 0x11, 0x40, 12);
    cap_put(0, 0x40, 0x11, 0, 12);
    bus[0].config[0x9c] = bus[0].config[0x44] = 6;
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
    function_put(0, 0x0018, 2, 0x40); /* CardBus: the head is elsewhere, and it has no BAR for a table */
    cap_put(0, 0x40, 0x11, 0x80, 12);
    bus[0].config[0x44] = 0;
    cap_put(0, 0x80, 0x01, 0, 8);
    assert_int_equal(get(0x0018, 0x14, 1), 0x80);
    assert_int_equal(get(0x0018, 0x06, 2), 0x0010);
    function_put(1, 0x0020, 1, 0x40); /* a bridge has two BARs */
    cap_put(1, 0x40, 0x11, 0x81, 12); /* low bits of a pointer do not count */
    bus[1].config[0x44] = 2;
    cap_put(1, 0x80, 0x0d, 0, 8);
    assert_int_equal(get(0x0020, 0x34, 1), 0x80);
}

/* AER -> SR-IOV -> LTR: the middle one is none, and only leads on. */
static void virtual_functions_are_hidden(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0);
    put32(&bus[0].config[0x100], 0x14010001);
    put32(&bus[0].config[0x140], 0x18010010);
    put32(&bus[0].config[0x144], 0x00000002);
    put32(&bus[0].config[0x148], 0x12345678);
    put32(&bus[0].config[0x180], 0x00010018);
    put32(&bus[0].config[0x184], 0x55aa55aa);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x18, 0x100), 4), 0x14010001);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x18, 0x140), 4), 0x18000000);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x18, 0x180), 4), 0x00010018);
    for (unsigned reg = 0x144; reg < 0x180; reg += 4)
        assert_int_equal(mmio_read(vcpu[0], ecam(0x18, reg), 4), 0);
    bus_writes = 0;
    mmio_write(vcpu[0], ecam(0x18, 0x148), 4, 1); /* VF enable */
    mmio_write(vcpu[0], ecam(0x18, 0x140), 4, 1);
    assert_int_equal(bus_writes, 0);
    mmio_write(vcpu[0], ecam(0x18, 0x184), 4, 1);
    assert_int_equal(bus_writes, 1);
    function_put(1, 0x0020, 0, 0); /* a loop ends */
    put32(&bus[1].config[0x100], 0x10010001);
    assert_int_equal(mmio_read(vcpu[0], ecam(0x20, 0x100), 4), 0x10010001);
}

/* Two capabilities that share registers: the second is hidden, and what is the second's of the first with it. */
static void overlapping(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x50);
    cap_put(0, 0x50, 0x05, 0x60, 24);
    put16(&bus[0].config[0x52], 0x0180);
    cap_put(0, 0x60, 0x11, 0, 12);
    put32(&bus[0].config[0x64], 0);
    assert_int_equal(get(0x0018, 0x50, 4), 0x01800005);
    bus_writes = 0;
    put(0x0018, 0x60, 4, 0x80000000);
    assert_int_equal(bus_writes, 0);
    assert_int_equal(get(0x0018, 0x60, 4), 0);
}

/* What class says is an IOMMU can be looked at. */
static void iommu_is_read_only(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x50);
    put16(&bus[0].config[PCI_CLASS], PCI_CLASS_IOMMU);
    cap_put(0, 0x50, 0x0f, 0, 16);
    assert_int_equal(get(0x0018, 0x54, 4), 0x0f0f0f0f);
    bus_writes = 0;
    put(0x0018, 0x54, 4, 0);
    mmio_write(vcpu[0], ecam(0x18, 0x04), 2, 0);
    assert_int_equal(bus_writes, 0);
}

static void another_device_in_the_slot(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x11, 0, 12);
    bus[0].config[0x44] = 7;
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    function_put(0, 0x0018, 0, 0x40);
    put16(&bus[0].config[2], 0x7777);
    cap_put(0, 0x40, 0x01, 0, 8);
    assert_int_equal(get(0x0018, 0x40, 4), 0x01010001);
    assert_int_equal(get(0x0018, 0x34, 1), 0x40);
    bus[0].bdf = 0xffff; /* gone */
    assert_int_equal(get(0x0018, 0x40, 4), 0xffffffff);
    bus[0].bdf = 0x0018; /* back */
    assert_int_equal(get(0x0018, 0x40, 4), 0x01010001);
}

/* Lists that loop, run into the header or are all the same byte end; what is hidden stays hidden. */
static void damaged_lists(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x11, 0x50, 12);
    bus[0].config[0x44] = 7;
    cap_put(0, 0x50, 0x01, 0x40, 8);
    assert_int_equal(get(0x0018, 0x34, 1), 0x50);
    assert_int_equal(get(0x0018, 0x42, 2), 0);
    function_put(1, 0x0020, 0, 0x40);
    cap_put(1, 0x40, 0x11, 0x10, 12);
    bus[1].config[0x44] = 7;
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

/* Without memory for a model there is no device; without memory for its table there is no MSI-X. */
static void without_memory(void **state)
{
    (void)state;
    function_put(0, 0x0018, 0, 0x40);
    cap_put(0, 0x40, 0x11, 0, 12);
    put32(&bus[0].config[0x44], 4);
    fake_fail_alloc_after(0);
    bus_writes = 0;
    assert_int_equal(get(0x0018, 0, 4), 0xffffffff);
    put(0x0018, 0x90, 4, 0);
    assert_int_equal(bus_writes, 0);
    assert_int_equal(hv_heap_objects(), objects);
    fake_fail_alloc_after(1);
    assert_int_equal(get(0x0018, 0x40, 4), 0);
    assert_int_equal(get(0x0018, 0x34, 1), 0);
    assert_int_equal(hv_heap_objects(), objects + 1);
    fake_fail_alloc_after(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PCI_TEST(address_latch), PCI_TEST(forwarding), PCI_TEST(ecam_window), PCI_TEST(middle_and_end_hidden),
        PCI_TEST(all_hidden), PCI_TEST(head_hidden), PCI_TEST(virtual_functions_are_hidden),
        PCI_TEST(overlapping), PCI_TEST(iommu_is_read_only), PCI_TEST(another_device_in_the_slot), PCI_TEST(damaged_lists), PCI_TEST(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
