/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI and MSI-X of dom0's devices over a simulated bus: what the device is told, what dom0 sees and gets. */
#include "pci_fixture.h"

#include "object/p2m_internal.h"

#define DEV 0x0018
#define CAP 0x50 /* of either kind */
#define TABLE_BAR_4 4u
#define TABLE_OFFSET 0x1ff0u /* the first entry is in one page, the others in the next */
#define ENTRIES 4
#define BAR 0xe0000000ULL
#define ENTRY(n) (BAR + TABLE_OFFSET + 16 * (n))

/* --- MSI --- */

static void msi_put(uint16_t control)
{
    function_put(0, DEV, 0, CAP);
    cap_put(0, CAP, 0x05, 0, 24);
    put16(&bus[0].config[CAP + 2], control);
    apic_enable_all();
}

static void msi_set(bool wide, uint32_t address, uint16_t data)
{
    put(DEV, CAP + 4, 4, address);
    if (wide)
        put(DEV, CAP + 8, 4, 0);
    put(DEV, CAP + (wide ? 12 : 8), 2, data);
}

/* What the device would send, sent: true when it means something. */
static bool msi_fire(uint32_t address, uint32_t data)
{
    unsigned handle = data - 0x30;

    if (address >> 20 != 0xfee || handle >= FAKE_MSIS || !fake.msi[handle].used)
        return false;
    assert_int_equal(address >> 12 & 0xff, fake.msi[handle].cpu);
    vmsi_deliver(fake.msi[handle].domain, &fake.msi[handle].as);
    return true;
}

static bool msi_fire_device(bool wide)
{
    const uint8_t *c = &bus[0].config[CAP];

    if (!(c[2] & 1))
        return false;
    assert_int_equal(wide ? get32(c + 8) : 0, 0);
    return msi_fire(get32(c + 4), get16(c + (wide ? 12 : 8)));
}

static void msi_layouts(void **state)
{
    static const uint16_t controls[] = { 0, 0x80, 0x100, 0x180 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
        bool wide = controls[i] & 0x80;
        unsigned mask = wide ? CAP + 16 : CAP + 12;

        msi_put(controls[i] | 0x000b); /* eight messages possible; on, as firmware left it */
        put16(&bus[0].config[2], (uint16_t)(0x2000 + i));
        assert_int_equal(get(DEV, CAP + 2, 2), controls[i]); /* one message, off */
        assert_int_equal(bus[0].config[CAP + 2], 0);
        assert_int_equal(get(DEV, CAP, 1), 5);
        msi_set(wide, 0xfee02003, 0x4051);
        assert_int_equal(get(DEV, CAP + 4, 4), 0xfee02000);
        assert_int_equal(get(DEV, wide ? CAP + 12 : CAP + 8, 4), 0x4051);
        assert_false(msi_fire_device(wide));
        put(DEV, CAP + 2, 2, 0x0011); /* on, two messages allowed */
        assert_int_equal(get(DEV, CAP + 2, 2), controls[i] | 0x11);
        assert_int_equal(bus[0].config[CAP + 2], 1);
        assert_true(msi_fire_device(wide));
        assert_true(irr(vcpu[1], 0x51));
        assert_int_equal(take_interrupt(vcpu[1]), 0x51);
        if (controls[i] & 0x100) {
            put(DEV, (uint8_t)mask, 1, 0xff);
            assert_int_equal(get(DEV, (uint8_t)mask, 4), 1);
            assert_int_equal(get32(&bus[0].config[mask]), 1);
            assert_int_equal(get(DEV, (uint8_t)(mask + 4), 4), get32(&bus[0].config[mask + 4]));
        }
        put(DEV, CAP + 2, 2, 0);
        assert_int_equal(bus[0].config[CAP + 2], 0);
        assert_false(fake.msi[0].used);
        vlapic_reset(vcpu[1]);
    }
}

/* Another CPU: the same vector of the machine's, and only the low half of the address changes. */
static void msi_moves(void **state)
{
    uint32_t data;

    (void)state;
    msi_put(0x80);
    vcpu[2]->sched.cpu = 3;
    msi_set(true, 0xfee00000, 0x61);
    put(DEV, CAP + 2, 1, 1);
    assert_true(msi_fire_device(true));
    assert_true(irr(vcpu[0], 0x61));
    data = get16(&bus[0].config[CAP + 12]);
    put(DEV, CAP + 4, 4, 0xfee04000);
    put(DEV, CAP + 12, 2, 0x71);
    assert_int_equal(get16(&bus[0].config[CAP + 12]), data);
    assert_int_equal(fake.msi[0].cpu, 3);
    assert_true(msi_fire_device(true));
    assert_true(irr(vcpu[2], 0x71));
    assert_int_equal(irr_count(vcpu[2]), 1);
    assert_int_equal(irr_count(vcpu[0]), 1);
}

static void destinations(void **state)
{
    static const struct {
        uint32_t address, data;
        uint8_t vector;
        unsigned takers; /* bit per vCPU; 0x80: any one of them all */
    } rows[] = {
        { 0xfee00000, 0x0050, 0x50, 1 }, { 0xfee06000, 0xc051, 0x51, 8 }, { 0xfeeff000, 0x0052, 0x52, 15 },
        { 0xfee06004, 0x0053, 0x53, 6 }, { 0xfee0f00c, 0x0154, 0x54, 0x80 }, { 0xfee09008, 0x0155, 0x55, 0 },
        { 0xfee01000, 0x0056, 0x56, 0 },
    };

    (void)state;
    msi_put(0x80);
    for (unsigned i = 0; i < VCPUS; i++) {
        apic_write(vcpu[i], APIC_DFR, 0xffffffff);
        apic_write(vcpu[i], APIC_LDR, 1u << (24 + i));
    }
    put(DEV, CAP + 2, 1, 1);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned takers = 0;

        msi_set(true, rows[i].address, (uint16_t)rows[i].data);
        assert_true(msi_fire_device(true));
        for (unsigned v = 0; v < VCPUS; v++)
            takers |= (unsigned)irr(vcpu[v], rows[i].vector) << v;
        if (rows[i].takers == 0x80)
            assert_int_equal(__builtin_popcount(takers), 1);
        else
            assert_int_equal(takers, rows[i].takers);
    }
}

/* What is no interrupt is kept, and the device stays silent. */
static void bad_messages(void **state)
{
    static const struct {
        uint32_t low, high, data;
    } rows[] = {
        { 0x12345000, 0, 0x51 }, { 0xfed00000, 0, 0x51 }, { 0xfef00000, 0, 0x51 }, { 0xfee00000, 1, 0x51 },
        { 0xfee00000, 0x80000000, 0x51 }, { 0xfee00000, 0, 0x0f }, { 0xfee00000, 0, 0x251 }, { 0xfee00000, 0, 0x451 },
        { 0xfee00000, 0, 0x551 }, { 0xfee00000, 0, 0x751 }, { 0, 0, 0 },
    };

    (void)state;
    msi_put(0x80);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *c = &bus[0].config[CAP];

        put(DEV, CAP + 4, 4, rows[i].low);
        put(DEV, CAP + 8, 4, rows[i].high);
        put(DEV, CAP + 12, 2, rows[i].data);
        put(DEV, CAP + 2, 2, 1);
        assert_int_equal(get(DEV, CAP + 2, 2), 0x81);
        assert_int_equal(get(DEV, CAP + 4, 4), rows[i].low);
        assert_int_equal(get(DEV, CAP + 8, 4), rows[i].high);
        assert_int_equal(get(DEV, CAP + 12, 4), rows[i].data);
        assert_int_equal(c[2] & 1, 0);
        assert_false(fake.msi[0].used);
        put(DEV, CAP + 8, 4, 0);
        msi_set(true, 0xfee00000, 0x51); /* now it is one */
        assert_int_equal(c[2] & 1, 1);
        assert_true(fake.msi[0].used);
        put(DEV, CAP + 2, 2, 0);
    }
    vmsi_deliver(d, &(struct msi_message){ .address = 0xfee00000, .data = 0x400 }); /* no NMI either */
    assert_int_equal(vcpu[0]->arch.nmis, 0);
}

static void vectors_run_out(void **state)
{
    (void)state;
    msi_put(0x80);
    for (unsigned i = 0; i < FAKE_MSIS; i++)
        fake.msi[i].used = true;
    msi_set(true, 0xfee00000, 0x51);
    put(DEV, CAP + 2, 2, 1);
    assert_int_equal(get(DEV, CAP + 2, 2), 0x81);
    assert_int_equal(bus[0].config[CAP + 2], 0);
    fake.msi[5].used = false;
    put(DEV, CAP + 2, 2, 1);
    assert_int_equal(bus[0].config[CAP + 2], 1);
    assert_int_equal(get16(&bus[0].config[CAP + 12]), 0x35);
    for (unsigned i = 0; i < FAKE_MSIS; i++)
        fake.msi[i].used &= i == 5;
}

/* dom0 says that the device is gone, though it is not: it is switched off. */
static void removed(void **state)
{
    (void)state;
    msi_put(0x80);
    msi_set(true, 0xfee00000, 0x51);
    put(DEV, CAP + 2, 2, 1);
    assert_int_equal(vpci_device_remove(d, DEV), 0);
    assert_int_equal(bus[0].config[CAP + 2], 0);
    assert_false(fake.msi[0].used);
    assert_int_equal(vpci_device_remove(d, DEV), -ENODEV);
    assert_int_equal(get(DEV, CAP + 4, 4), 0);
    put(DEV, CAP + 4, 4, 0xfee00000);
    put(DEV, CAP + 12, 2, 0x51);
    put(DEV, CAP + 2, 2, 1);
    function_put(0, DEV, 0, 0); /* another device: nothing is written to it */
    put16(&bus[0].config[2], 0x4444);
    bus_writes = 0;
    assert_int_equal(get(DEV, 0, 4), 0x44441af4);
    assert_int_equal(bus_writes, 0);
    assert_false(fake.msi[0].used);
}

/* --- MSI-X --- */

static void decode(bool on)
{
    put(DEV, PCI_COMMAND, 2, on ? 7 : 1);
}

static void bar_move(uint64_t to)
{
    decode(false);
    put(DEV, BAR_REG, 4, (uint32_t)to);
    put(DEV, BAR_REG + 4, 4, (uint32_t)(to >> 32));
    decode(true);
}

static void msix_put(void)
{
    function_put(0, DEV, 0, CAP);
    memset(bus[0].memory, 0x5a, BAR_SIZE);
    cap_put(0, CAP, 0x11, 0, 12);
    put16(&bus[0].config[CAP + 2], 0x8000 | (ENTRIES - 1));
    put32(&bus[0].config[CAP + 4], TABLE_OFFSET | TABLE_BAR_4);
    put32(&bus[0].config[CAP + 8], 0x3000 | TABLE_BAR_4);
    put32(&bus[0].config[BAR_REG], 4);
    apic_enable_all();
    bar_move(BAR);
}

static void entry_set(uint64_t entry, uint32_t address, uint32_t data, uint32_t control)
{
    mmio_write(vcpu[0], entry, 4, address);
    mmio_write(vcpu[0], entry + 4, 4, 0);
    mmio_write(vcpu[0], entry + 8, 4, data);
    mmio_write(vcpu[0], entry + 12, 4, control);
}

static bool msix_fire(unsigned n)
{
    const uint8_t *e = &bus[0].memory[TABLE_OFFSET + 16 * n];

    if ((get16(&bus[0].config[CAP + 2]) & 0xc000) != 0x8000 || (e[12] & 1))
        return false;
    assert_int_equal(get32(e + 4), 0);
    return msi_fire(get32(e), get32(e + 8));
}

static void msix_works(void **state)
{
    (void)state;
    msix_put();
    assert_int_equal(get(DEV, CAP + 2, 2), ENTRIES - 1); /* firmware's enable is gone */
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0);
    assert_int_equal(get(DEV, CAP + 4, 4), TABLE_OFFSET | TABLE_BAR_4);
    put(DEV, CAP + 4, 4, 0);
    assert_int_equal(get(DEV, CAP + 4, 4), TABLE_OFFSET | TABLE_BAR_4);
    put(DEV, CAP + 3, 1, 0xc0); /* on, all masked */
    assert_int_equal(get(DEV, CAP + 2, 2), 0xc000 | (ENTRIES - 1));
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0xc000);
    for (unsigned n = 0; n < ENTRIES; n++) {
        assert_int_equal(bus[0].memory[TABLE_OFFSET + 16 * n + 12], 1);
        assert_int_equal(mmio_read(vcpu[0], ENTRY(n) + 12, 4), 1);
        entry_set(ENTRY(n), 0xfee00000 | n << 13, 0x60 + n, n == 3);
    }
    assert_false(msix_fire(0));
    put(DEV, CAP + 2, 2, 0x8000);
    for (unsigned n = 0; n < ENTRIES; n++) {
        assert_int_equal(msix_fire(n), n != 3);
        assert_int_equal(irr(vcpu[n], (uint8_t)(0x60 + n)), n != 3);
        assert_true(mmio_read(vcpu[0], ENTRY(n), 8) == (0xfee00000ULL | n << 13));
        assert_true(mmio_read(vcpu[0], ENTRY(n) + 8, 8) == ((n == 3 ? 1ULL << 32 : 0) | (0x60 + n)));
    }
    mmio_write(vcpu[0], ENTRY(3) + 8, 8, 0x70); /* data and unmasked at once */
    assert_true(msix_fire(3));
    assert_true(irr(vcpu[3], 0x70));
    mmio_write(vcpu[0], ENTRY(1) + 12, 4, 1);
    assert_false(msix_fire(1));
    assert_true(fake.msi[1].used); /* kept for the next time */
    vpci_dump(d);
    mmio_write(vcpu[0], ENTRY(1), 4, 0xfee06000);
    mmio_write(vcpu[0], ENTRY(1) + 12, 4, 0);
    assert_true(msix_fire(1));
    assert_true(irr(vcpu[3], 0x61));
    put(DEV, CAP + 2, 2, 0);
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0);
    for (unsigned n = 0; n < ENTRIES; n++)
        assert_false(fake.msi[n].used);
}

static void msix_bad_messages(void **state)
{
    (void)state;
    msix_put();
    put(DEV, CAP + 2, 2, 0x8000);
    entry_set(ENTRY(0), 0x1000, 0x60, 0); /* memory */
    entry_set(ENTRY(1), 0xfee00000, 0x260, 0);
    mmio_write(vcpu[0], ENTRY(2), 8, 0x1fee00000);
    mmio_write(vcpu[0], ENTRY(2) + 8, 8, 0x60);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(bus[0].memory[TABLE_OFFSET + 16 * n + 12], 1);
    assert_int_equal(mmio_read(vcpu[0], ENTRY(0), 4), 0x1000);
    assert_true(mmio_read(vcpu[0], ENTRY(2), 8) == 0x1fee00000);
    for (unsigned i = 0; i < FAKE_MSIS; i++)
        fake.msi[i].used = true;
    entry_set(ENTRY(0), 0xfee00000, 0x60, 0); /* no vector is left */
    assert_int_equal(bus[0].memory[TABLE_OFFSET + 12], 1);
    memset(fake.msi, 0, sizeof(fake.msi));
}

/* In the table's pages: odd accesses to it, and plain registers beside it. */
static void msix_pages(void **state)
{
    struct domain *guest = fake_domain(2, 1);

    (void)state;
    objects = hv_heap_objects();
    msix_put();
    assert_true(device_claims_page(d, BAR + 0x1000));
    assert_true(device_claims_page(d, BAR + 0x2fff));
    assert_false(device_claims_page(d, BAR));
    assert_false(device_claims_page(d, BAR + 0x3000));
    assert_false(device_claims_page(guest, BAR + 0x1000));
    assert_int_equal(mmio_read(vcpu[0], BAR + 0x1fe8, 8), 0x5a5a5a5a5a5a5a5a);
    mmio_write(vcpu[0], BAR + 0x1fe8, 2, 0x1234);
    assert_int_equal(get16(&bus[0].memory[0x1fe8]), 0x1234);
    assert_int_equal(mmio_read(vcpu[0], ENTRY(4), 4), 0x5a5a5a5a);
    memory_writes = 0;
    assert_int_equal(mmio_read(vcpu[0], ENTRY(1) + 2, 2), 0xffff);
    assert_int_equal(mmio_read(vcpu[0], ENTRY(1) + 12, 1), 0xff);
    assert_true(mmio_read(vcpu[0], ENTRY(1) + 4, 8) == ~0ULL);
    assert_true(mmio_read(vcpu[0], ENTRY(0) - 4, 8) == ~0ULL);
    mmio_write(vcpu[0], ENTRY(1) + 12, 1, 0);
    mmio_write(vcpu[0], ENTRY(1) + 4, 8, 0);
    mmio_write(vcpu[0], ENTRY(0) - 4, 8, 0);
    assert_int_equal(memory_writes, 0);
    assert_int_equal(mmio_read(vcpu[0], ENTRY(1) + 12, 4), 1);
}

/* The BAR goes elsewhere, is sized, is not decoded: the table is where it says, and dom0's map has a hole there. */
static void msix_follows_its_bar(void **state)
{
    gfn_t to = 0xd0001;
    struct p2m_entry old;

    (void)state;
    msix_put();
    assert_int_equal(p2m_set(d, 0xd0000, 0xd0000, ORDER_4K, P2M_MMIO, &old), 0);
    assert_int_equal(p2m_set(d, to, to, ORDER_4K, P2M_MMIO, &old), 0);
    put(DEV, CAP + 2, 2, 0x8000);
    entry_set(ENTRY(0), 0xfee00000, 0x60, 0);
    decode(false);
    assert_false(device_claims_page(d, BAR + 0x1000));
    put(DEV, BAR_REG, 4, 0xffffffff);
    assert_int_equal(get(DEV, BAR_REG, 4), 0xffff8004);
    put(DEV, BAR_REG + 4, 4, 0);
    bar_move(0xd0000000);
    assert_true(device_claims_page(d, to << PAGE_SHIFT));
    assert_int_equal(p2m_lookup(d, to).type, P2M_NONE);
    assert_int_equal(p2m_lookup(d, 0xd0000).type, P2M_MMIO);
    assert_int_equal(mmio_read(vcpu[0], 0xd0000000 + TABLE_OFFSET + 8, 4), 0x60);
    assert_true(msix_fire(0));
    decode(false);
    put(DEV, CAP + 2, 2, 0x8000); /* out of reach it is not switched on */
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0);
    decode(true);
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0x8000);
    assert_true(msix_fire(0));
    bar_move(0x120000000); /* above 4 GiB */
    assert_true(device_claims_page(d, 0x120001000));
}

/* Where it may not be: RAM, other models, past the end, on another table; somebody else's page in dom0's map. */
static void msix_places_refused(void **state)
{
    static const uint64_t bad[] = {
        0x100000, 0x3fff8000, 0xfee00000, 0xfed00000, ECAM, 0xffffffffffff8000, 1ULL << 40, 0,
    };
    struct p2m_entry old;

    (void)state;
    host.hpet_addr = 0xfed01000;
    msix_put();
    put(DEV, CAP + 2, 2, 0x8000);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        memory_writes = 0;
        bar_move(bad[i]);
        assert_int_equal(memory_writes, 0);
        assert_true(!bad[i] || !(get16(&bus[0].config[CAP + 2]) & 0x8000));
        bar_move(BAR);
        assert_int_equal(get16(&bus[0].config[CAP + 2]), 0x8000);
    }
    assert_int_equal(p2m_set(d, 0xd0001, 5, ORDER_4K, P2M_RAM_RW, &old), 0);
    bar_move(0xd0000000);
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0);
    assert_int_equal(p2m_lookup(d, 0xd0001).type, P2M_RAM_RW);
    bar_move(BAR);
    bus[1] = bus[0];
    bus[1].bdf = DEV + 8;
    assert_int_equal(get(DEV + 8, 0, 2), 0x1af4); /* at the same place as the first */
    put(DEV + 8, CAP + 2, 2, 0x8000);
    assert_int_equal(get16(&bus[1].config[CAP + 2]), 0);
    put(DEV + 8, BAR_REG, 4, BAR + 0x8000);
    assert_int_equal(get16(&bus[1].config[CAP + 2]), 0x8000);
    assert_true(device_claims_page(d, BAR + 0x9000));
    assert_int_equal(vpci_device_remove(d, DEV), 0);
    assert_false(device_claims_page(d, BAR + 0x1000));
}

/* No memory to split a large page: the table is not had, and MSI-X stays off. */
static void msix_without_memory(void **state)
{
    struct p2m_entry old;

    (void)state;
    msix_put();
    put(DEV, CAP + 2, 2, 0x8000);
    assert_int_equal(p2m_set(d, 0xd0000, 0xd0000, ORDER_2M, P2M_MMIO, &old), 0);
    fake_fail_alloc_after(0);
    bar_move(0xd0000000);
    fake_fail_alloc_after(-1);
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0);
    assert_false(device_claims_page(d, 0xd0001000));
    bar_move(0xd0000000);
    assert_int_equal(get16(&bus[0].config[CAP + 2]), 0x8000);
    assert_int_equal(p2m_lookup(d, 0xd0001).type, P2M_NONE);
    assert_int_equal(p2m_lookup(d, 0xd0003).type, P2M_MMIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PCI_TEST(msi_layouts), PCI_TEST(msi_moves), PCI_TEST(destinations), PCI_TEST(bad_messages),
        PCI_TEST(vectors_run_out), PCI_TEST(removed), PCI_TEST(msix_works), PCI_TEST(msix_bad_messages),
        PCI_TEST(msix_pages), PCI_TEST(msix_follows_its_bar), PCI_TEST(msix_places_refused),
        PCI_TEST(msix_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
