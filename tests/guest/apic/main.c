/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC by its page and by MSRs: power-up values, self IPIs, priorities, errors, mode changes, NMI. */
#include "guest.h"

#include "public/hvm.h"
#include "public/vcpu.h"

#define APIC_PAGE 0xfee00000ul
#define MSR_APIC_BASE 0x1b
#define VECTOR 0x41
#define VECTOR_HIGH 0x92
#define VECTOR_UPCALL 0xf3
#define VECTOR_SPURIOUS 0xff

static volatile unsigned taken[256];
static volatile unsigned order[16], nr_order;
static bool x2;

static uint32_t mmio_read(unsigned reg)
{
    return *(volatile uint32_t *)(APIC_PAGE + reg * 16);
}

static void mmio_write(unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(APIC_PAGE + reg * 16) = value;
}

static uint32_t apic_read(unsigned reg)
{
    uint64_t v = 0;

    if (!x2)
        return mmio_read(reg);
    rdmsr_ok(0x800 + reg, &v);
    return (uint32_t)v;
}

static void apic_write(unsigned reg, uint32_t value)
{
    if (x2)
        wrmsr_ok(0x800 + reg, value);
    else
        mmio_write(reg, value);
}

static void note(unsigned vector)
{
    taken[vector]++;
    order[nr_order++ & 15] = vector;
    apic_write(0x0b, 0);
}
static void on_low(void)
{
    note(VECTOR);
}
static void on_high(void)
{
    note(VECTOR_HIGH);
}
static void on_error(void)
{
    note(0xfe);
}
static struct vcpu_info vcpu_info __attribute__((aligned(64)));
static void on_upcall(void)
{
    vcpu_info.evtchn_upcall_pending = 0;
    note(VECTOR_UPCALL);
}
static volatile unsigned nmi_depth, nmi_depth_max, nmis;
static void on_nmi(void)
{
    nmis++;
    nmi_depth++;
    if (nmi_depth > nmi_depth_max)
        nmi_depth_max = nmi_depth;
    if (nmis == 1) { /* two more while in the handler: they are one, after it */
        apic_write(0x30, 0x40400);
        apic_write(0x30, 0x40400);
        for (volatile unsigned i = 0; i < 1000; i++)
            ;
    }
    nmi_depth--;
}

static void breathe(void)
{
    for (unsigned i = 0; i < 100; i++)
        __asm__ __volatile__("sti; nop; nop; cli" ::: "memory");
}

static void write_cr8(uint64_t v)
{
    __asm__ __volatile__("mov %0, %%cr8" ::"r"(v) : "memory");
}
static uint64_t read_cr8(void)
{
    uint64_t v;

    __asm__ __volatile__("mov %%cr8, %0" : "=r"(v));
    return v;
}

static void show_registers(const char *mode)
{
    for (unsigned reg = 0; reg < 0x40; reg++) {
        uint64_t v = 0;

        if (x2 && !rdmsr_ok(0x800 + reg, &v)) {
            out("%s register 0x%x: #GP\n", mode, reg);
            continue;
        }
        if (!x2)
            v = mmio_read(reg);
        out("%s register 0x%x: 0x%lx\n", mode, reg, v);
    }
    apic_write(0x28, 0);
    out("%s errors by then: 0x%x\n", mode, apic_read(0x28));
}

static void test_self_ipi(const char *mode)
{
    nr_order = 0;
    apic_write(0x30, 0x40000 | VECTOR);
    out("%s pending in IRR: 0x%x\n", mode, apic_read(0x20 + VECTOR / 32));
    apic_write(0x30, 0x40000 | VECTOR_HIGH);
    breathe();
    out("%s self IPIs: %u, first 0x%x then 0x%x\n", mode, nr_order, order[0], order[1]);
    out("%s left in IRR 0x%x ISR 0x%x\n", mode, apic_read(0x20 + VECTOR / 32), apic_read(0x10 + VECTOR / 32));
}

static void test_tpr(const char *mode)
{
    nr_order = 0;
    apic_write(0x08, 0x4f);
    out("%s TPR 0x4f: CR8 %lu PPR 0x%x\n", mode, read_cr8(), apic_read(0x0a));
    apic_write(0x30, 0x40000 | VECTOR);
    breathe();
    out("%s taken under TPR 0x4f: %u\n", mode, nr_order);
    write_cr8(3);
    breathe();
    out("%s taken after CR8 = 3: %u\n", mode, nr_order);
    out("%s TPR 0x%x\n", mode, apic_read(0x08));
    write_cr8(9);
    nr_order = 0;
    apic_write(0x30, 0x40000 | VECTOR_HIGH);
    apic_write(0x30, 0x40000 | VECTOR);
    breathe();
    out("%s taken under CR8 = 9: %u\n", mode, nr_order);
    write_cr8(5);
    breathe();
    out("%s taken under CR8 = 5: %u, 0x%x\n", mode, nr_order, order[0]);
    write_cr8(0);
    breathe();
    out("%s taken under CR8 = 0: %u\n", mode, nr_order);
    nr_order = 0;
    apic_write(0x30, 0x40000 | VECTOR); /* waits for the interrupt flag */
    write_cr8(9);
    write_cr8(1);
    breathe();
    out("%s taken after CR8 = 9 and 1: %u\n", mode, nr_order);
    write_cr8(0);
}

static void test_nmi(const char *mode)
{
    nmis = nmi_depth_max = 0;
    apic_write(0x30, 0x40400); /* shorthand self, NMI */
    breathe();
    out("%s NMIs: %u, deepest %u\n", mode, nmis, nmi_depth_max);
}

static void test_icr(const char *mode)
{
    apic_write(0x28, 0);
    apic_write(0x30, 0x40005); /* illegal vector */
    apic_write(0x28, 0);
    out("%s ICR vector 5: ESR 0x%x\n", mode, apic_read(0x28));
    taken[0xfe] = 0;
    apic_write(0x37, 0xfe);
    apic_write(0x30, 0x40005);
    breathe();
    out("%s error interrupts: %u\n", mode, taken[0xfe]);
    apic_write(0x37, 0x10000);
    apic_write(0x28, 0);
}

static void try(const char *what, uint32_t msr, uint64_t value)
{
    out("%s: %s\n", what, wrmsr_ok(msr, value) ? "done" : "#GP");
}

static void test_msr_faults(void)
{
    try("ID", 0x802, 0);
    try("version", 0x803, 0);
    try("TPR over 8 bits", 0x808, 0x100);
    try("TPR high half", 0x808, 1ull << 32);
    try("EOI 0", 0x80b, 0);
    try("EOI 1", 0x80b, 1);
    try("LDR", 0x80d, 0);
    try("DFR", 0x80e, 0);
    try("SVR reserved", 0x80f, 0x10000);
    try("ISR", 0x810, 0);
    try("ESR 1", 0x828, 1);
    try("ICR reserved", 0x830, 1ull << 20);
    try("LVTT reserved", 0x832, 1ull << 24);
    try("TDCR reserved", 0x83e, 0x10);
    try("self IPI high half", 0x83f, 1ull << 32);
    try("self IPI", 0x83f, VECTOR);
    try("hole 0x840", 0x840, 0);
    try("x2APIC to xAPIC", MSR_APIC_BASE, 0xfee00900);
    try("base reserved bit 0", MSR_APIC_BASE, 0xfee00d01);
}

static void show_upcall(const char *when)
{
    out("%s: SVR 0x%x IRR 0x%x taken %u\n", when, apic_read(0x0f), apic_read(0x20 + VECTOR_UPCALL / 32),
        taken[VECTOR_UPCALL]);
}

/* An upcall is pending as soon as vcpu_info is registered; the vector for it waits until the APIC is switched on. */
static void test_upcall(void)
{
    struct vcpu_register_vcpu_info where = {
        .mfn = (uint64_t)&vcpu_info / PAGE_SIZE, .offset = (uint64_t)&vcpu_info % PAGE_SIZE
    };
    struct xen_hvm_evtchn_upcall_vector vector = { .vector = VECTOR_UPCALL };

    apic_write(0x0f, VECTOR_SPURIOUS);
    out("register_vcpu_info: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, 10, 0, &where));
    out("set_evtchn_upcall_vector: %ld\n", hypercall2(__HYPERVISOR_hvm_op, 23, &vector));
    breathe();
    show_upcall("upcall with the APIC off");
    apic_write(0x0f, 0x100 | VECTOR_SPURIOUS);
    show_upcall("upcall with the APIC on");
    breathe();
    show_upcall("upcall with interrupts on");
}

void guest_test(const struct hvm_start_info *info)
{
    uint64_t base = 0;

    (void)info;
    set_handler(VECTOR_UPCALL, on_upcall);
    set_handler(VECTOR, on_low);
    set_handler(VECTOR_HIGH, on_high);
    set_handler(0xfe, on_error);
    set_handler(2, on_nmi);
    rdmsr_ok(MSR_APIC_BASE, &base);
    out("APIC_BASE 0x%lx\n", base);
    show_registers("xAPIC");
    try("EXTD without EN", MSR_APIC_BASE, 0xfee00500);
    apic_write(0x0f, 0x100 | VECTOR_SPURIOUS);
    test_self_ipi("xAPIC");
    test_tpr("xAPIC");
    test_icr("xAPIC");
    test_nmi("xAPIC");
    try("to x2APIC", MSR_APIC_BASE, 0xfee00d00);
    x2 = true;
    show_registers("x2APIC");
    test_self_ipi("x2APIC");
    test_tpr("x2APIC");
    test_icr("x2APIC");
    test_nmi("x2APIC");
    test_msr_faults();
    breathe();
    out("page while in x2APIC mode: 0x%x\n", mmio_read(2));
    try("off", MSR_APIC_BASE, 0xfee00100);
    try("off to x2APIC", MSR_APIC_BASE, 0xfee00d00);
    try("off to xAPIC", MSR_APIC_BASE, 0xfee00900);
    x2 = false;
    out("SVR after off and on: 0x%x\n", apic_read(0x0f));
    test_upcall();
}
