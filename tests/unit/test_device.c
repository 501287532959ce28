/* SPDX-License-Identifier: GPL-2.0-only */
/* Who owns an address: port and memory ranges of dom0 and of guests, split accesses, shutdown and reset ports. */
#include "device_fixture.h"

#include "device/ports.h"
#include "public/sched.h"

#define PM1A 0x604
#define PM1B 0x704

static int setup(void **state)
{
    device_setup(state);
    host.pm1a_cnt = PM1A;
    host.pm1b_cnt = PM1B;
    host.s5_typ_a = 5;
    host.mcfg_addr = 0xb0000000;
    host.mcfg_bus_end = 0xff;
    fake.port_value = 0x8877665544332211ULL;
    device_console_port = 0x3f8;
    return 0;
}

static uint64_t in(struct vcpu *v, uint16_t port, unsigned size)
{
    struct io_req req = { .addr = port, .size = (uint8_t)size, .data = 0xaaaaaaaaaaaaaaaaULL };

    device_pio(v, &req);
    return req.data;
}

static void out(struct vcpu *v, uint16_t port, unsigned size, uint64_t value)
{
    struct io_req req = { .addr = port, .size = (uint8_t)size, .data = value, .write = true };

    device_pio(v, &req);
}

static void absent_ports(void **state)
{
    static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x43, 0x61, 0x3f8, 0x3fb, 0x3ff };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        assert_int_equal(in(vcpu[0], ports[i], 1), 0xff);
        out(vcpu[0], ports[i], 1, 0);
        assert_true(device_claims_port(d, ports[i]));
        assert_false(dom0_may_access_port(ports[i], 1));
    }
    assert_int_equal(fake.port_writes, 0);
    assert_int_equal(in(vcpu[0], 0x40, 2), 0xffff);
    assert_int_equal(in(vcpu[0], 0x40, 4), 0xffffffff);
}

static void stopped_counter(void **state)
{
    struct vcpu *readers[] = { vcpu[0], fake_domain(3, 1)->vcpu[0] };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        out(readers[i], 0x42, 1, 0xff);
        assert_int_equal(in(readers[i], 0x42, 1), 0);
    }
    assert_true(device_claims_port(d, 0x42));
    assert_int_equal(fake.port_writes, 0);
}

static void passthrough_ports(void **state)
{
    (void)state;
    assert_int_equal(in(vcpu[0], 0x70, 1), 0x11);
    assert_int_equal(in(vcpu[0], 0x2f8, 2), 0x2211);
    assert_int_equal(in(vcpu[0], 0xc000, 4), 0x44332211);
    out(vcpu[0], 0xc004, 4, 0xdeadbeef);
    assert_int_equal(fake.port_written, 0xc004);
    assert_int_equal(fake.port_data, 0xdeadbeef);
    assert_true(dom0_may_access_port(0xc000, 4));
    assert_false(dom0_may_access_port(0x3f6, 4)); /* reaches into the console */
    assert_true(dom0_may_access_port(0xffff, 1));
    assert_false(dom0_may_access_port(0xffff, 2));
    assert_false(device_claims_port(d, 0x70));
}

static void console_in_use_or_not(void **state)
{
    (void)state;
    device_console_port = 0;
    assert_int_equal(in(vcpu[0], 0x3f8, 1), 0x11);
    assert_false(device_claims_port(d, 0x3f8));
    assert_false(device_claims_port(d, 0));
    device_console_port = 0x2f8;
    assert_int_equal(in(vcpu[0], 0x2ff, 1), 0xff);
    assert_int_equal(in(vcpu[0], 0x300, 1), 0x11);
}

/* Across borders each byte goes its own way. */
static void split_accesses(void **state)
{
    (void)state;
    assert_int_equal(in(vcpu[0], 0x3f6, 4), 0xffff1111); /* two of the machine, two of the hidden console */
    out(vcpu[0], 0x3f7, 2, 0x1234);
    assert_int_equal(fake.port_writes, 1);
    assert_int_equal(fake.port_written, 0x3f7);
    assert_int_equal(fake.port_data, 0x34);
    assert_int_equal(in(vcpu[0], 0xffff, 4), 0xffffff11); /* the end of the ports */
    out(vcpu[0], 0xffff, 4, 0x55667788);
    assert_int_equal(fake.port_writes, 2);
    assert_int_equal(fake.port_data, 0x88);
    assert_int_equal(in(vcpu[0], 0x43, 2), 0x11ff);
}

static void odd_sizes(void **state)
{
    struct io_req req = { .addr = 0x70, .size = 8 };

    (void)state;
    assert_false(device_pio(vcpu[0], &req));
    assert_int_equal(req.data, ~0ULL);
    req = (struct io_req){ .addr = 0x70, .size = 3 };
    assert_false(device_pio(vcpu[0], &req));
    req = (struct io_req){ .addr = 0x10000, .size = 1 };
    assert_false(device_pio(vcpu[0], &req));
    req = (struct io_req){ .addr = PAGE_APIC, .size = 3 };
    assert_false(device_mmio(vcpu[0], &req));
    req = (struct io_req){ .addr = PAGE_APIC, .size = 0 };
    assert_false(device_mmio(vcpu[0], &req));
}

static void guests_have_no_ports(void **state)
{
    struct domain *guest = fake_domain(3, 1);

    (void)state;
    for (unsigned port = 0; port < 0x10000; port++) {
        struct io_req req = { .addr = port, .size = (uint8_t)(1u << (port % 3)) };

        if (port + req.size > 0x42 && port <= 0x42)
            continue; /* stopped_counter */
        assert_false(device_pio(guest->vcpu[0], &req));
        assert_int_equal(req.data, 0xffffffff >> (32 - 8 * req.size));
        req = (struct io_req){ .addr = port, .size = 1, .data = 0xfe, .write = true };
        assert_false(device_pio(guest->vcpu[0], &req));
        assert_false(device_claims_port(guest, (uint16_t)port));
    }
    assert_int_equal(fake.port_writes, 0);
    assert_false(guest->shutting_down);
}

/* --- what stops dom0 --- */

struct out_args {
    uint16_t port;
    unsigned size;
    uint64_t value;
};

static void out_args_run(void *arg)
{
    const struct out_args *a = arg;

    out(vcpu[0], a->port, a->size, a->value);
}

/* 1: restarts the machine, 0: powers it off, -1: neither. */
static int ends_with(uint16_t port, unsigned size, uint64_t value)
{
    struct out_args args = { port, size, value };
    unsigned before = fake.host_shutdowns;

    fake_expect_panic(out_args_run, &args);
    if (fake.host_shutdowns == before)
        return -1;
    device_teardown(NULL);
    bool reboot = fake.host_reboot;
    setup(NULL);
    return reboot;
}

static void reset_ports(void **state)
{
    (void)state;
    assert_int_equal(ends_with(0xcf9, 1, 0x06), 1);
    assert_int_equal(ends_with(0xcf9, 1, 0x04), 1);
    assert_int_equal(ends_with(0xcf9, 1, 0x02), -1);
    assert_int_equal(fake.port_data, 0x02);
    assert_int_equal(ends_with(0x64, 1, 0xfe), 1);
    assert_int_equal(ends_with(0x64, 1, 0xf0), 1);
    assert_int_equal(ends_with(0x64, 1, 0xff), -1); /* pulses nothing */
    assert_int_equal(ends_with(0x64, 1, 0x60), -1);
    assert_int_equal(ends_with(0x60, 1, 0x00), -1); /* data of another command */
    assert_int_equal(ends_with(0x64, 1, 0xd1), -1);
    assert_int_equal(ends_with(0x60, 1, 0xdf), -1);
    assert_int_equal(ends_with(0x60, 1, 0xde), -1); /* only the byte right behind it */
    assert_int_equal(ends_with(0x64, 1, 0xd1), -1);
    assert_int_equal(ends_with(0x60, 1, 0xde), 1);
    assert_int_equal(ends_with(0x92, 1, 0x01), 1);
    assert_int_equal(ends_with(0x92, 1, 0x02), -1);
    assert_int_equal(fake.port_data, 0x02);
    assert_int_equal(ends_with(0x91, 2, 0x0100), 1); /* as the second byte */
    assert_int_equal(in(vcpu[0], 0x64, 1), 0x11);
}

static void acpi_reset_register(void **state)
{
    (void)state;
    assert_int_equal(ends_with(0xb2, 1, 0x7f), -1);
    host.reset_space = 1;
    host.reset_addr = 0xb2;
    host.reset_value = 0x7f;
    assert_int_equal(ends_with(0xb2, 1, 0x7e), -1);
    assert_int_equal(fake.port_data, 0x7e);
    assert_true(device_claims_port(d, 0xb2));
    assert_int_equal(ends_with(0xb2, 1, 0x7f), 1);
}

static void acpi_sleep(void **state)
{
    unsigned writes = fake.port_writes;

    (void)state;
    assert_int_equal(in(vcpu[0], PM1A, 2), 0x2211);
    assert_int_equal(ends_with(PM1A, 2, 5 << 10), -1); /* the type alone */
    assert_int_equal(fake.port_writes, writes + 1);
    assert_int_equal(ends_with(PM1A, 2, 1 << 13 | 3 << 10), -1); /* S3 */
    assert_int_equal(ends_with(PM1B, 2, 1 << 13 | 5 << 10), -1);
    assert_int_equal(fake.port_writes, writes + 1);
    assert_int_equal(ends_with(PM1A + 1, 1, 1 << 5 | 3 << 2), -1);
    assert_int_equal(fake.port_writes, writes + 1);
    assert_int_equal(ends_with(PM1A + 1, 1, 1 << 5 | 5 << 2), 0);
    assert_int_equal(ends_with(PM1A, 2, 1 << 13 | 5 << 10 | 1), 0);
    host.s5_typ_a = 0xff;
    assert_int_equal(ends_with(PM1A, 2, 1 << 13 | 7 << 10), 0);
    assert_int_equal(ends_with(PM1A, 4, 1 << 13 | 5 << 10), 0); /* wider than the register */
}

/* --- memory --- */

static void memory_claims(void **state)
{
    struct domain *guest = fake_domain(3, 2);
    struct io_req req = { .addr = 0xfed00000, .size = 4, .data = 7 };

    (void)state;
    assert_false(device_mmio(vcpu[0], &req));
    assert_int_equal(req.data, 7);
    assert_false(device_claims_page(d, 0xfed00000));
    assert_true(device_claims_page(guest, PAGE_APIC));
    assert_false(device_claims_page(guest, 0xb0000000));
    assert_true(device_claims_page(d, 0xb0000000));
    assert_true(device_claims_page(d, 0xbffff000));
    assert_false(device_claims_page(d, 0xc0000000));
    assert_false(device_claims_page(d, 0xaffff000));
    assert_int_equal(mmio_read(vcpu[0], 0xb0012344, 4), 0xffffffff);
    mmio_write(vcpu[0], 0xb0012344, 4, 0);
    assert_int_equal(mmio_read(vcpu[0], 0xfeeff000, 8), ~0ULL); /* the rest of the interrupt window */
    assert_int_equal(vlapic_wrmsr(guest->vcpu[1], MSR_APIC_BASE, 0xd0000000 | APIC_BASE_EN), 0);
    assert_true(device_claims_page(guest, 0xd0000123));
    host.mcfg_addr = 0;
    assert_false(device_claims_page(d, 0));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(absent_ports), T(stopped_counter), T(passthrough_ports), T(console_in_use_or_not), T(split_accesses),
        T(odd_sizes),
        T(guests_have_no_ports), T(reset_ports), T(acpi_reset_register), T(acpi_sleep), T(memory_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
