/* SPDX-License-Identifier: GPL-2.0-only */
/* What the device model tests share: a machine with one IO-APIC and dom0 of four vCPUs. */
#ifndef TEST_DEVICE_FIXTURE_H
#define TEST_DEVICE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bitmap.h"
#include "device/vioapic.h"
#include "device/vlapic.h"
#include "domain.h"
#include "errno.h"
#include "fake.h"
#include "hv.h"
#include "page.h"
#include "sched.h"
#include "timer.h"

#define VCPUS 4
#define IOAPIC_ADDR 0xfec00000ULL
#define IOAPIC_PINS 24
#define IOAPIC2_ADDR 0xfec10000ULL
#define PAGE_APIC APIC_DEFAULT_BASE

static struct domain *d;
static struct vcpu *vcpu[VCPUS];

static inline int device_setup(void **state)
{
    (void)state;
    fake_init(8);
    memset(&host, 0, sizeof(host));
    host.phys_bits = 40;
    host.tsc_mul = 1u << 31; /* 2 GHz: a tick is half a nanosecond */
    host.reset_space = 0xff;
    host.nr_ioapics = 2;
    host.ioapic[0] = (struct host_ioapic){ .addr = IOAPIC_ADDR, .nr_pins = IOAPIC_PINS, .id = 5, .version = 0x11 };
    host.ioapic[1] = (struct host_ioapic){ .addr = IOAPIC2_ADDR, .gsi_base = IOAPIC_PINS, .nr_pins = 8, .id = 6 };
    for (unsigned i = 0; i < nr_cpus && !cpus[0]->sched; i++)
        timer_queue_init(&cpus[i]->timers);
    if (!cpus[0]->sched)
        assert_int_equal(sched_init(NULL), 0);
    d = fake_domain(0, VCPUS);
    for (unsigned i = 0; i < VCPUS; i++)
        vcpu[i] = d->vcpu[i];
    fake_set_current(vcpu[0]);
    return 0;
}

static inline int device_teardown(void **state)
{
    (void)state;
    fake_set_cpu(0);
    fake_set_current(NULL);
    fake_done();
    return 0;
}

/* Accesses through device_mmio, which must find a model. */
static inline uint64_t mmio_read(struct vcpu *v, uint64_t addr, unsigned size)
{
    struct io_req req = { .addr = addr, .size = (uint8_t)size, .data = 0x5555555555555555ULL };

    assert_true(device_mmio(v, &req));
    return req.data;
}

static inline void mmio_write(struct vcpu *v, uint64_t addr, unsigned size, uint64_t value)
{
    struct io_req req = { .addr = addr, .size = (uint8_t)size, .data = value, .write = true };

    assert_true(device_mmio(v, &req));
}

static inline uint32_t apic_read(struct vcpu *v, unsigned reg)
{
    return (uint32_t)mmio_read(v, PAGE_APIC + reg * 16, 4);
}

static inline void apic_write(struct vcpu *v, unsigned reg, uint32_t value)
{
    mmio_write(v, PAGE_APIC + reg * 16, 4, value);
}

static inline void apic_enable(struct vcpu *v)
{
    apic_write(v, APIC_SVR, 0x1ff);
}

static inline void apic_enable_all(void)
{
    for (unsigned i = 0; i < VCPUS; i++)
        apic_enable(vcpu[i]);
}

static inline void x2apic_enable(struct vcpu *v)
{
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, v->vlapic->base_msr | APIC_BASE_EXTD | APIC_BASE_EN), 0);
    assert_int_equal(vlapic_wrmsr(v, 0x80f, 0x1ff), 0);
}

static inline bool irr(const struct vcpu *v, uint8_t vector)
{
    return (v->vlapic->reg[APIC_IRR + vector / 32] >> (vector % 32)) & 1;
}

static inline unsigned irr_count(const struct vcpu *v)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 8; i++)
        n += (unsigned)__builtin_popcount(v->vlapic->reg[APIC_IRR + i]);
    return n;
}

/* Take the interrupt that is due, as an entry to the guest does. */
static inline int take_interrupt(struct vcpu *v)
{
    int vector = vlapic_pending(v);

    if (vector >= 0)
        vlapic_accept(v, (uint8_t)vector);
    return vector;
}

static inline void time_to(struct vcpu *v, stime_t time)
{
    fake_time = time;
    fake_set_cpu(v->sched.cpu);
    timer_run();
    fake_set_cpu(0);
}

/* xorshift: the same numbers in every run. */
static inline uint64_t next_random(void)
{
    static uint64_t x = 0x9e3779b97f4a7c15ULL;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

#endif
