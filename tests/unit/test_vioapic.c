/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0's IO-APICs: registers, binding and masking of the physical pins, delivery, end of interrupt. */
#include "device_fixture.h"

#define MASKED 0x10000u
#define LEVEL 0x8000u
#define ACTIVE_LOW 0x2000u
#define REMOTE_IRR 0x4000u

static uint32_t io_read(uint64_t base, uint32_t index)
{
    mmio_write(vcpu[0], base, 4, index);
    return (uint32_t)mmio_read(vcpu[0], base + 0x10, 4);
}

static void io_write(uint64_t base, uint32_t index, uint32_t value)
{
    mmio_write(vcpu[0], base, 4, index);
    mmio_write(vcpu[0], base + 0x10, 4, value);
}

/* Pin of the first chip: destination (bits 56-63) first, as kernels do. */
static void pin_set(unsigned pin, uint32_t low, uint8_t dest)
{
    io_write(IOAPIC_ADDR, 0x11 + 2 * pin, (uint32_t)dest << 24);
    io_write(IOAPIC_ADDR, 0x10 + 2 * pin, low);
}

static uint32_t pin_low(unsigned pin)
{
    return io_read(IOAPIC_ADDR, 0x10 + 2 * pin);
}

static unsigned receivers(uint8_t vector)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < VCPUS; i++) {
        mask |= irr(vcpu[i], vector) ? 1u << i : 0;
        memset(&vcpu[i]->vlapic->reg[APIC_IRR], 0, 32);
    }
    return mask;
}

static void take_and_eoi(struct vcpu *v, int vector)
{
    assert_int_equal(take_interrupt(v), vector);
    apic_write(v, APIC_EOI, 0);
}

static void registers(void **state)
{
    (void)state;
    assert_int_equal(io_read(IOAPIC_ADDR, 0), 0x05000000);
    assert_int_equal(io_read(IOAPIC_ADDR, 1), 0x00170020);
    assert_int_equal(io_read(IOAPIC_ADDR, 2), 0x05000000);
    assert_int_equal(io_read(IOAPIC_ADDR, 3), 0xffffffff);
    assert_int_equal(io_read(IOAPIC2_ADDR, 0), 0x06000000);
    assert_int_equal(io_read(IOAPIC2_ADDR, 1), 0x00070020);
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        assert_int_equal(pin_low(pin), MASKED);
        assert_int_equal(io_read(IOAPIC_ADDR, 0x11 + 2 * pin), 0);
    }
    assert_int_equal(io_read(IOAPIC_ADDR, 0x10 + 2 * IOAPIC_PINS), 0xffffffff);
    assert_int_equal(io_read(IOAPIC2_ADDR, 0x10 + 2 * 8), 0xffffffff);
    io_write(IOAPIC_ADDR, 0, 0xffffffff);
    assert_int_equal(io_read(IOAPIC_ADDR, 0), 0x0f000000);
    io_write(IOAPIC_ADDR, 1, 0);
    assert_int_equal(io_read(IOAPIC_ADDR, 1), 0x00170020);
    io_write(IOAPIC_ADDR, 0x10, 0xffffffff); /* read-only and reserved bits stay 0 */
    io_write(IOAPIC_ADDR, 0x11, 0xffffffff);
    assert_int_equal(pin_low(0), 0x1afff);
    assert_int_equal(io_read(IOAPIC_ADDR, 0x11), 0xff000000);
}

static void access_sizes(void **state)
{
    (void)state;
    mmio_write(vcpu[0], IOAPIC_ADDR, 1, 1); /* the index may be a byte */
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR, 4), 1);
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR + 0x10, 1), 0x20);
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR + 0x12, 2), 0x17);
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR + 0x10, 8), ~0ULL);
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR + 0x13, 2), 0xffff);
    assert_int_equal(mmio_read(vcpu[0], IOAPIC_ADDR + 0x20, 4), 0xffffffff);
    mmio_write(vcpu[0], IOAPIC_ADDR, 4, 0x10);
    mmio_write(vcpu[0], IOAPIC_ADDR + 0x10, 1, 0x44);
    mmio_write(vcpu[0], IOAPIC_ADDR + 0x10, 8, 0x44);
    assert_int_equal(pin_low(0), MASKED);
}

static void binds_when_unmasked(void **state)
{
    (void)state;
    pin_set(4, 0x31 | MASKED, 0);
    assert_false(fake.irq[4].bound);
    pin_set(4, 0x31, 0);
    assert_true(fake.irq[4].bound);
    assert_false(fake.irq[4].level);
    assert_false(fake.irq[4].active_low);
    assert_int_equal(fake.irq[4].unmasks, 1);
    pin_set(4, 0x32, 0); /* a new vector: nothing to tell the machine */
    assert_int_equal(fake.irq[4].unmasks, 1);
    assert_int_equal(fake.irq[4].masks, 0);
    pin_set(4, 0x32 | MASKED, 0);
    assert_true(fake.irq[4].masked);
    pin_set(4, 0x32, 0);
    assert_false(fake.irq[4].masked);
    assert_int_equal(fake.irq[4].unmasks, 2);
    pin_set(4, 0x32 | LEVEL | ACTIVE_LOW, 0); /* bound anew */
    assert_true(fake.irq[4].level);
    assert_true(fake.irq[4].active_low);
    assert_false(fake.irq[4].masked);

    io_write(IOAPIC2_ADDR, 0x10 + 2 * 3, 0x55 | LEVEL); /* second chip: GSI 27 */
    assert_true(fake.irq[27].bound);
    assert_true(fake.irq[27].level);
}

static void edges(void **state)
{
    (void)state;
    apic_enable_all();
    vioapic_assert(d, 5); /* masked: lost */
    pin_set(5, 0x41, 2);
    assert_int_equal(receivers(0x41), 0);
    vioapic_assert(d, 5);
    assert_int_equal(receivers(0x41), 0x2);
    assert_int_equal(pin_low(5), 0x41);
    vioapic_assert(d, 5); /* an edge does not wait for anything */
    assert_int_equal(receivers(0x41), 0x2);
    assert_int_equal(fake.irq[5].masks, 0);
    vioapic_assert(d, 5);
    take_and_eoi(vcpu[1], 0x41);
    assert_int_equal(fake.irq[5].unmasks, 1);
    vioapic_assert(d, 999); /* no such pin */
}

static void level_cycle(void **state)
{
    (void)state;
    apic_enable_all();
    pin_set(16, 0x51 | LEVEL | ACTIVE_LOW, 6);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(fake.irq[16].unmasks, i);
        vioapic_assert(d, 16); /* arch has masked the pin */
        assert_int_equal(pin_low(16), 0x51 | LEVEL | ACTIVE_LOW | REMOTE_IRR);
        vioapic_assert(d, 16); /* cannot be, but must not deliver twice */
        assert_int_equal(irr_count(vcpu[3]), 1);
        take_and_eoi(vcpu[3], 0x51);
        assert_int_equal(irr_count(vcpu[3]), 0);
        assert_int_equal(pin_low(16), 0x51 | LEVEL | ACTIVE_LOW);
    }
}

/* Masked by the guest while in service: the physical pin opens only when both are over. */
static void level_masked_in_service(void **state)
{
    (void)state;
    apic_enable_all();
    pin_set(16, 0x51 | LEVEL, 0);
    vioapic_assert(d, 16);
    assert_int_equal(take_interrupt(vcpu[0]), 0x51);
    pin_set(16, 0x51 | LEVEL | MASKED, 0);
    assert_int_equal(fake.irq[16].unmasks, 1);
    apic_write(vcpu[0], APIC_EOI, 0);
    assert_int_equal(fake.irq[16].unmasks, 1);
    pin_set(16, 0x51 | LEVEL, 0);
    assert_int_equal(fake.irq[16].unmasks, 2);

    vioapic_assert(d, 16);
    pin_set(16, 0x51 | LEVEL | MASKED, 0);
    pin_set(16, 0x51 | LEVEL, 0); /* unmasked, but still in service */
    assert_int_equal(fake.irq[16].unmasks, 2);
    take_and_eoi(vcpu[0], 0x51);
    assert_int_equal(fake.irq[16].unmasks, 3);
}

/* Nobody takes it: not in service, and the next write of the entry opens the pin again. */
static void level_without_receiver(void **state)
{
    (void)state;
    apic_enable_all();
    pin_set(17, 0x61 | LEVEL, 0x70);
    vioapic_assert(d, 17);
    assert_int_equal(pin_low(17), 0x61 | LEVEL);
    assert_int_equal(fake.irq[17].unmasks, 1);
    io_write(IOAPIC_ADDR, 0x11 + 2 * 17, 4u << 24);
    assert_int_equal(fake.irq[17].unmasks, 2);
    vioapic_assert(d, 17);
    assert_int_equal(receivers(0x61), 0x4);
}

static void eoi_register(void **state)
{
    (void)state;
    apic_enable_all();
    pin_set(16, 0x51 | LEVEL, 0);
    pin_set(18, 0x51 | LEVEL, 0);
    pin_set(19, 0x52 | LEVEL, 0);
    vioapic_assert(d, 16);
    vioapic_assert(d, 18);
    vioapic_assert(d, 19);
    mmio_write(vcpu[0], IOAPIC_ADDR + 0x40, 4, 0x51);
    assert_int_equal(pin_low(16) & REMOTE_IRR, 0);
    assert_int_equal(pin_low(18) & REMOTE_IRR, 0);
    assert_int_equal(pin_low(19) & REMOTE_IRR, REMOTE_IRR);
    pin_set(19, 0x52 | MASKED, 0); /* to edge and back: also ends it */
    pin_set(19, 0x52 | LEVEL, 0);
    assert_int_equal(pin_low(19) & REMOTE_IRR, 0);
}

static void destinations(void **state)
{
    (void)state;
    apic_enable_all();
    for (unsigned i = 0; i < VCPUS; i++)
        apic_write(vcpu[i], APIC_LDR, 1u << (24 + i));
    pin_set(6, 0x71, 0xff);
    vioapic_assert(d, 6);
    assert_int_equal(receivers(0x71), 0xf);
    pin_set(6, 0x71 | 0x800, 0x0a);
    vioapic_assert(d, 6);
    assert_int_equal(receivers(0x71), 0xa);
    apic_write(vcpu[1], APIC_TPR, 0x90);
    pin_set(6, 0x71 | 0x900, 0x0a); /* lowest priority */
    vioapic_assert(d, 6);
    assert_int_equal(receivers(0x71), 0x8);
    pin_set(6, 0x471, 4); /* NMI */
    vioapic_assert(d, 6);
    assert_int_equal(vcpu[2]->arch.nmis, 1);
    assert_int_equal(receivers(0x71), 0);
    for (unsigned i = 0; i < VCPUS; i++)
        x2apic_enable(vcpu[i]);
    pin_set(6, 0x71, 6);
    vioapic_assert(d, 6);
    assert_int_equal(receivers(0x71), 0x8);
    pin_set(6, 0x71, 0xff);
    vioapic_assert(d, 6);
    assert_int_equal(receivers(0x71), 0xf);
}

static void virtual_lines(void **state)
{
    (void)state;
    apic_enable_all();
    pin_set(9, 0x81 | LEVEL, 0);
    vioapic_set_line(d, 9, true);
    vioapic_set_line(d, 9, true);
    assert_int_equal(take_interrupt(vcpu[0]), 0x81);
    apic_write(vcpu[0], APIC_EOI, 0); /* still up: again */
    assert_int_equal(take_interrupt(vcpu[0]), 0x81);
    vioapic_set_line(d, 9, false);
    apic_write(vcpu[0], APIC_EOI, 0);
    assert_int_equal(vlapic_pending(vcpu[0]), -1);

    pin_set(9, 0x81 | LEVEL | MASKED, 0);
    vioapic_set_line(d, 9, true);
    assert_int_equal(vlapic_pending(vcpu[0]), -1);
    pin_set(9, 0x81 | LEVEL, 0); /* seen when unmasked */
    assert_int_equal(receivers(0x81), 0x1);

    pin_set(10, 0x82, 0);
    vioapic_set_line(d, 10, true);
    assert_int_equal(receivers(0x82), 0x1);
    vioapic_set_line(d, 10, true); /* no new edge */
    assert_int_equal(receivers(0x82), 0);
    vioapic_set_line(d, 10, false);
    vioapic_pulse(d, 10);
    vioapic_pulse(d, 10);
    assert_int_equal(receivers(0x82), 0x1);
}

static void other_domains_have_none(void **state)
{
    struct domain *guest = fake_domain(7, 1);

    (void)state;
    assert_null(guest->vioapic);
    vioapic_assert(guest, 4);
    vioapic_pulse(guest, 4);
    vioapic_eoi(guest, 0x40);
    vioapic_dump(guest);
    vioapic_dump(d);
    assert_false(device_claims_page(guest, IOAPIC_ADDR));
    assert_true(device_claims_page(d, IOAPIC_ADDR));
    assert_true(device_claims_page(d, IOAPIC2_ADDR + 0xfff));
}

static void hostile_values(void **state)
{
    (void)state;
    apic_enable_all();
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t r = next_random();
        struct io_req req = { .addr = (r & 1 ? IOAPIC_ADDR : IOAPIC2_ADDR) + (r >> 32 & (r & 2 ? 0x40 : 0xfff)),
                              .data = next_random() >> (r >> 58), .size = (uint8_t)(1u << (r >> 3 & 3)),
                              .write = r >> 5 & 1 };

        device_mmio(vcpu[0], &req);
        if (r >> 6 & 1)
            vioapic_assert(d, r >> 8 & 0x3f);
        if (r >> 7 & 1)
            vioapic_set_line(d, r >> 8 & 0x1f, r >> 16 & 1);
        if (take_interrupt(vcpu[r >> 20 & 3]) >= 0 && (r >> 22 & 1))
            apic_write(vcpu[r >> 20 & 3], APIC_EOI, 0);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(registers), T(access_sizes), T(binds_when_unmasked), T(edges), T(level_cycle), T(level_masked_in_service),
        T(level_without_receiver), T(eoi_register), T(destinations), T(virtual_lines), T(other_domains_have_none),
        T(hostile_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
