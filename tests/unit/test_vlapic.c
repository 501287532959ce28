/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC: registers in both modes, priorities, interrupt commands, timer, hostile values. */
#include "device_fixture.h"

/* --- registers --- */

static void power_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VCPUS; i++) {
        uint64_t base;

        assert_int_equal(apic_read(vcpu[i], APIC_ID), (2 * i) << 24);
        assert_int_equal(apic_read(vcpu[i], APIC_VERSION), 0x00050014);
        assert_int_equal(apic_read(vcpu[i], APIC_SVR), 0xff);
        assert_int_equal(apic_read(vcpu[i], APIC_DFR), 0xffffffff);
        assert_int_equal(apic_read(vcpu[i], APIC_LDR), 0);
        assert_int_equal(apic_read(vcpu[i], APIC_TPR), 0);
        for (unsigned lvt = APIC_LVTT; lvt <= APIC_LVT_ERROR; lvt++)
            assert_int_equal(apic_read(vcpu[i], lvt), 0x10000);
        assert_int_equal(vlapic_rdmsr(vcpu[i], MSR_APIC_BASE, &base), 0);
        assert_int_equal(base, i == 0 ? 0xfee00900 : 0xfee00800);
        assert_true(vlapic_enabled(vcpu[i]));
        assert_false(vlapic_x2apic_mode(vcpu[i]));
        assert_int_equal(vlapic_pending(vcpu[i]), -1);
    }
}

static void access_sizes(void **state)
{
    struct vcpu *v = vcpu[1];

    (void)state;
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x20, 4), 0x02000000);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x23, 1), 0x02);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x30, 2), 0x0014);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x32, 2), 0x0005);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x30, 8), ~0ULL);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x34, 4), 0xffffffff);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x33, 2), 0xffff);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x400, 4), 0xffffffff); /* behind the registers */
    assert_int_equal(mmio_read(v, PAGE_APIC + 0xfff, 1), 0xff);
    mmio_write(v, PAGE_APIC + 0x80, 1, 0x20);
    mmio_write(v, PAGE_APIC + 0x80, 2, 0x20);
    mmio_write(v, PAGE_APIC + 0x80, 8, 0x20);
    mmio_write(v, PAGE_APIC + 0x84, 4, 0x20);
    assert_int_equal(apic_read(v, APIC_TPR), 0);
    mmio_write(v, PAGE_APIC + 0x80, 4, 0xffffff20);
    assert_int_equal(apic_read(v, APIC_TPR), 0x20);
}

static void writable_bits(void **state)
{
    static const struct {
        unsigned reg;
        uint32_t ones, zeros;
    } rows[] = {
        { APIC_ID, 0, 0 },           { APIC_VERSION, 0x50014, 0x50014 }, { APIC_TPR, 0xff, 0 },
        { APIC_LDR, 0xff000000, 0 }, { APIC_DFR, 0xffffffff, 0x0fffffff }, { APIC_SVR, 0x3ff, 0 },
        { APIC_ICR2, 0xff000000, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        apic_write(vcpu[0], rows[i].reg, 0xffffffff);
        assert_int_equal(apic_read(vcpu[0], rows[i].reg), rows[i].ones);
        apic_write(vcpu[0], rows[i].reg, 0);
        assert_int_equal(apic_read(vcpu[0], rows[i].reg), rows[i].zeros);
    }
    apic_enable(vcpu[0]);
    for (unsigned lvt = APIC_LVTT; lvt <= APIC_LVT_ERROR; lvt++) {
        static const uint32_t kept[] = { 0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff };

        apic_write(vcpu[0], lvt, 0xffffffff);
        assert_int_equal(apic_read(vcpu[0], lvt), kept[lvt - APIC_LVTT]);
    }
}

/* Software disable masks every LVT entry and keeps it masked; a fixed interrupt waits until the APIC is enabled. */
static void software_disable(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    vlapic_raise(v, 0x40, false);
    assert_int_equal(irr_count(v), 1);
    assert_int_equal(vlapic_pending(v), -1);
    apic_enable(v);
    assert_int_equal(vlapic_pending(v), 0x40);
    apic_write(v, APIC_LVT_LINT0, 0x700);
    assert_int_equal(apic_read(v, APIC_LVT_LINT0), 0x700);
    apic_write(v, APIC_SVR, 0xff);
    assert_int_equal(apic_read(v, APIC_LVT_LINT0), 0x10700);
    apic_write(v, APIC_LVT_LINT0, 0x700);
    assert_int_equal(apic_read(v, APIC_LVT_LINT0), 0x10700);
    apic_enable(v);
    assert_int_equal(apic_read(v, APIC_LVT_LINT0), 0x10700);
    apic_write(v, APIC_LVT_LINT0, 0x700);
    assert_int_equal(apic_read(v, APIC_LVT_LINT0), 0x700);
}

/* --- modes --- */

static uint64_t base_of_mode(unsigned mode)
{
    return APIC_DEFAULT_BASE | APIC_BASE_BSP | (uint64_t)mode << 10;
}

static void mode_transitions(void **state)
{
    static const bool allowed[4][4] = { /* from row to column; 1 is not a mode */
        { true, false, true, false }, { false }, { true, false, true, true }, { true, false, false, true },
    };
    struct vcpu *v = vcpu[0];

    (void)state;
    for (unsigned from = 0; from < 4; from++) {
        for (unsigned to = 0; to < 4 && from != 1; to++) {
            uint64_t base;

            v->vlapic->base_msr = base_of_mode(from);
            assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, base_of_mode(to)), allowed[from][to] ? 0 : -EPERM);
            assert_int_equal(vlapic_rdmsr(v, MSR_APIC_BASE, &base), 0);
            assert_int_equal(base, base_of_mode(allowed[from][to] ? to : from));
        }
    }
}

static void base_register_bits(void **state)
{
    struct vcpu *v = vcpu[0];
    uint64_t base;

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        bool reserved = (bit < 12 && bit != 8 && bit != 10 && bit != 11) || bit >= host.phys_bits;

        if (reserved)
            assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, base_of_mode(2) | 1ULL << bit), -EPERM);
    }
    /* the boot CPU stays the boot CPU, the page moves and is not where it was */
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, 0xd0000000 | APIC_BASE_EN), 0);
    assert_int_equal(vlapic_rdmsr(v, MSR_APIC_BASE, &base), 0);
    assert_int_equal(base, 0xd0000000 | APIC_BASE_EN | APIC_BASE_BSP);
    assert_int_equal(mmio_read(v, 0xd0000030, 4), 0x00050014);
    assert_int_equal(mmio_read(v, PAGE_APIC + 0x30, 4), 0xffffffff);
    assert_int_equal(mmio_read(vcpu[1], PAGE_APIC + 0x30, 4), 0x00050014);
}

static void x2apic_identity(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VCPUS; i++) {
        uint64_t value;

        x2apic_enable(vcpu[i]);
        assert_int_equal(vlapic_rdmsr(vcpu[i], 0x802, &value), 0);
        assert_int_equal(value, 2 * i);
        assert_int_equal(vlapic_rdmsr(vcpu[i], 0x80d, &value), 0);
        assert_int_equal(value, 1u << (2 * i));
        /* the page is dead but still ours */
        assert_int_equal(mmio_read(vcpu[i], PAGE_APIC + 0x20, 4), 0xffffffff);
        mmio_write(vcpu[i], PAGE_APIC + 0x80, 4, 0x50);
        assert_int_equal(vlapic_get_tpr(vcpu[i]), 0);
    }
    /* off again: power-up registers, xAPIC identity */
    assert_int_equal(vlapic_wrmsr(vcpu[1], MSR_APIC_BASE, APIC_DEFAULT_BASE), 0);
    assert_false(vlapic_enabled(vcpu[1]));
    assert_int_equal(vlapic_wrmsr(vcpu[1], MSR_APIC_BASE, APIC_DEFAULT_BASE | APIC_BASE_EN), 0);
    assert_int_equal(apic_read(vcpu[1], APIC_ID), 0x02000000);
    assert_int_equal(apic_read(vcpu[1], APIC_SVR), 0xff);
}

static bool in_list(unsigned n, const uint8_t *list, size_t len)
{
    return memchr(list, (int)n, len) != NULL;
}

/* Every MSR of the range, read and written with 0, in x2APIC mode and outside. */
static void x2apic_msr_access(void **state)
{
    static const uint8_t readable[] = {
        0x02, 0x03, 0x08, 0x0a, 0x0d, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a,
        0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x30, 0x32, 0x33,
        0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3e,
    };
    static const uint8_t writable[] = {
        0x08, 0x0b, 0x0f, 0x28, 0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x3e, 0x3f,
    };
    struct vcpu *v = vcpu[0];
    uint64_t value;

    (void)state;
    for (unsigned nr = 0; nr < 0x100; nr++) {
        assert_int_equal(vlapic_rdmsr(v, 0x800 + nr, &value), -EPERM);
        assert_int_equal(vlapic_wrmsr(v, 0x800 + nr, 0), -EPERM);
    }
    x2apic_enable(v);
    for (unsigned nr = 0; nr < 0x100; nr++) {
        bool reads = in_list(nr, readable, sizeof(readable)), writes = in_list(nr, writable, sizeof(writable));

        assert_int_equal(vlapic_rdmsr(v, 0x800 + nr, &value), reads ? 0 : -EPERM);
        assert_int_equal(vlapic_wrmsr(v, 0x800 + nr, 0), writes ? 0 : -EPERM);
        if (nr != 0x30)
            assert_int_equal(vlapic_wrmsr(v, 0x800 + nr, 1ULL << 32), -EPERM);
    }
    assert_int_equal(vlapic_rdmsr(v, 0x1c, &value), -EPERM);
    assert_int_equal(vlapic_wrmsr(v, 0x1c, 0), -EPERM);
}

static void x2apic_reserved_bits(void **state)
{
    static const struct {
        unsigned nr;
        uint32_t valid;
    } rows[] = {
        { 0x08, 0xff },    { 0x0b, 0 },       { 0x0f, 0x3ff },   { 0x28, 0 },       { 0x30, 0xccfff },
        { 0x32, 0x710ff }, { 0x33, 0x117ff }, { 0x34, 0x117ff }, { 0x35, 0x1f7ff }, { 0x36, 0x1f7ff },
        { 0x37, 0x110ff }, { 0x3e, 0xb },     { 0x3f, 0xff },
    };

    (void)state;
    x2apic_enable(vcpu[0]);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned bit = 0; bit < 32; bit++)
            assert_int_equal(vlapic_wrmsr(vcpu[0], 0x800 + rows[i].nr, 1ULL << bit),
                             rows[i].valid >> bit & 1 ? 0 : -EPERM);
}

static void x2apic_icr_is_one_register(void **state)
{
    uint64_t value;

    (void)state;
    x2apic_enable(vcpu[0]);
    assert_int_equal(vlapic_wrmsr(vcpu[0], 0x830, 0x12345678000000f0ULL), 0);
    assert_int_equal(vlapic_rdmsr(vcpu[0], 0x830, &value), 0);
    assert_int_equal(value, 0x12345678000000f0ULL);
}

/* --- priorities --- */

static void priority_matrix(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    for (unsigned tpr = 0; tpr < 0x100; tpr += 5) {
        for (unsigned vector = 16; vector < 0x100; vector += 3) {
            int want = vector >> 4 > tpr >> 4 ? (int)vector : -1;

            memset(&v->vlapic->reg[APIC_IRR], 0, 32);
            vlapic_set_tpr(v, (uint8_t)tpr);
            vlapic_raise(v, (uint8_t)vector, false);
            assert_int_equal(vlapic_pending(v), want);
            assert_int_equal(apic_read(v, APIC_PPR), tpr);
        }
    }
}

/* What waits for TPR alone, so that a write to CR8 has to exit. */
static void held_by_tpr(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    assert_false(vlapic_held_by_tpr(v));
    vlapic_raise(v, 0x52, false);
    assert_false(vlapic_held_by_tpr(v)); /* is not held */
    vlapic_set_tpr(v, 0x50);
    assert_int_equal(vlapic_pending(v), -1);
    assert_true(vlapic_held_by_tpr(v));
    vlapic_set_tpr(v, 0x4f);
    assert_false(vlapic_held_by_tpr(v));
    vlapic_accept(v, 0x52);
    vlapic_raise(v, 0x51, false);
    vlapic_set_tpr(v, 0xf0);
    assert_false(vlapic_held_by_tpr(v)); /* EOI comes first, and exits */
    apic_write(v, APIC_SVR, 0xff);
    vlapic_raise(v, 0x99, false);
    assert_false(vlapic_held_by_tpr(v));
}

static void nesting_and_eoi(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    vlapic_raise(v, 0x41, false);
    vlapic_raise(v, 0x4f, false);
    vlapic_raise(v, 0x35, false);
    assert_int_equal(take_interrupt(v), 0x4f);
    assert_int_equal(vlapic_pending(v), -1); /* 0x41 is of the same class */
    assert_int_equal(apic_read(v, APIC_PPR), 0x40);
    vlapic_raise(v, 0x50, false);
    assert_int_equal(take_interrupt(v), 0x50);
    assert_int_equal(apic_read(v, APIC_PPR), 0x50);
    assert_int_equal(apic_read(v, APIC_ISR + 2), 0x00018000);
    apic_write(v, APIC_EOI, 0);
    assert_int_equal(apic_read(v, APIC_PPR), 0x40);
    vlapic_set_tpr(v, 0x4b);
    assert_int_equal(apic_read(v, APIC_PPR), 0x4b);
    apic_write(v, APIC_EOI, 0);
    assert_int_equal(vlapic_pending(v), -1);
    vlapic_set_tpr(v, 0x30);
    assert_int_equal(take_interrupt(v), 0x41);
    apic_write(v, APIC_EOI, 0);
    assert_int_equal(vlapic_pending(v), -1); /* 0x35 waits for TPR */
    vlapic_set_tpr(v, 0x2f);
    assert_int_equal(take_interrupt(v), 0x35);
    apic_write(v, APIC_EOI, 0);
    apic_write(v, APIC_EOI, 0); /* nothing in service: nothing happens */
    assert_int_equal(irr_count(v), 0);
}

static void raise_wakes(void **state)
{
    struct vcpu *v = vcpu[2];

    (void)state;
    apic_enable(v);
    bit_set(&v->sched.pause_flags, VPF_BLOCKED);
    vlapic_raise(v, 0x60, false);
    assert_false(bit_test(&v->sched.pause_flags, VPF_BLOCKED));
}

static void errors(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    vlapic_raise(v, 15, false);
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(apic_read(v, APIC_ESR), 0); /* shown only after a write */
    apic_write(v, APIC_ESR, 0);
    assert_int_equal(apic_read(v, APIC_ESR), APIC_ESR_RECV_ILLEGAL);
    apic_write(v, APIC_ICR, 0x4000e | 0);
    apic_write(v, APIC_ESR, 0);
    assert_int_equal(apic_read(v, APIC_ESR), APIC_ESR_SEND_ILLEGAL);
    apic_read(v, 0x00);
    apic_write(v, APIC_ESR, 0);
    assert_int_equal(apic_read(v, APIC_ESR), APIC_ESR_BAD_REGISTER);
    apic_write(v, APIC_ESR, 0);
    assert_int_equal(apic_read(v, APIC_ESR), 0);

    apic_write(v, APIC_LVT_ERROR, 0xfe);
    apic_write(v, APIC_VERSION, 1);
    assert_true(irr(v, 0xfe));
    memset(&v->vlapic->reg[APIC_IRR], 0, 32);
    apic_write(v, APIC_LVT_ERROR, 3); /* an illegal vector for the error itself */
    vlapic_raise(v, 1, false);
    assert_int_equal(irr_count(v), 0);
}

/* A vCPU's own upcall vector: an APIC that is off does not take it, and looks for upcalls when it is switched on. */
static void upcall_vector(void **state)
{
    struct vcpu_info info = { .evtchn_upcall_pending = 1 };
    struct vcpu *v = vcpu[1];

    (void)state;
    vlapic_raise_upcall(v); /* it has none */
    assert_int_equal(v->vlapic->reg[APIC_IRR], 0);
    v->info = &info;
    v->upcall_vector = 0xf3;
    vlapic_raise_upcall(v);
    assert_false(irr(v, 0xf3));
    apic_enable(v);
    assert_int_equal(take_interrupt(v), 0xf3);
    apic_write(v, APIC_EOI, 0);
    apic_enable(v); /* it was on: nothing is lost */
    assert_int_equal(vlapic_pending(v), -1);
    vlapic_raise_upcall(v);
    assert_int_equal(take_interrupt(v), 0xf3);
    apic_write(v, APIC_EOI, 0);

    vlapic_take_init(v); /* forgets what was raised, not what is pending */
    info.evtchn_upcall_pending = 0;
    apic_enable(v);
    assert_int_equal(vlapic_pending(v), -1);
    vlapic_take_init(v);
    info.evtchn_upcall_pending = 1;
    apic_enable(v);
    assert_int_equal(vlapic_pending(v), 0xf3);
    v->info = NULL;
}

/* --- interrupt commands --- */

static unsigned receivers(uint8_t vector)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < VCPUS; i++) {
        if (irr(vcpu[i], vector))
            mask |= 1u << i;
        memset(&vcpu[i]->vlapic->reg[APIC_IRR], 0, 32);
    }
    return mask;
}

static unsigned send(uint32_t dest, uint32_t low)
{
    apic_write(vcpu[1], APIC_ICR2, dest << 24);
    apic_write(vcpu[1], APIC_ICR, low);
    return receivers((uint8_t)low);
}

static void icr_physical(void **state)
{
    (void)state;
    apic_enable_all();
    for (unsigned dest = 0; dest < 0x100; dest++) {
        unsigned want = dest == 0xff ? 0xf : dest % 2 == 0 && dest / 2 < VCPUS ? 1u << dest / 2 : 0;

        assert_int_equal(send(dest, 0x0080), want);
    }
    assert_int_equal(send(4, 0x40080), 0x2); /* self */
    assert_int_equal(send(4, 0x80080), 0xf); /* all */
    assert_int_equal(send(4, 0xc0080), 0xd); /* all others */
    vcpu[2]->vlapic->reg[APIC_SVR] = 0xff;
    assert_int_equal(send(4, 0x80080), 0xb);
    assert_int_equal(vlapic_wrmsr(vcpu[0], MSR_APIC_BASE, APIC_DEFAULT_BASE), 0);
    assert_int_equal(send(0xff, 0x0080), 0xa);
}

static void icr_logical(void **state)
{
    (void)state;
    apic_enable_all();
    assert_int_equal(send(0xff, 0x0880), 0); /* nobody has a logical address yet */
    for (unsigned i = 0; i < VCPUS; i++)
        apic_write(vcpu[i], APIC_LDR, 1u << (24 + i));
    for (unsigned dest = 0; dest < 0x100; dest++)
        assert_int_equal(send(dest, 0x0880), dest & 0xf);
    for (unsigned i = 0; i < VCPUS; i++) { /* clusters 0 and 1 of two */
        apic_write(vcpu[i], APIC_DFR, 0);
        apic_write(vcpu[i], APIC_LDR, (i / 2) << 28 | 1u << (24 + i % 2));
    }
    assert_int_equal(send(0x01, 0x0880), 0x1);
    assert_int_equal(send(0x03, 0x0880), 0x3);
    assert_int_equal(send(0x12, 0x0880), 0x8);
    assert_int_equal(send(0x2f, 0x0880), 0);
    assert_int_equal(send(0xff, 0x0880), 0xf);
    assert_int_equal(send(0xf1, 0x0880), 0x5);
}

static unsigned send_x2(uint32_t dest, uint32_t low)
{
    assert_int_equal(vlapic_wrmsr(vcpu[1], 0x830, (uint64_t)dest << 32 | low), 0);
    return receivers((uint8_t)low);
}

static void icr_x2apic(void **state)
{
    (void)state;
    apic_enable_all();
    for (unsigned i = 0; i < VCPUS; i++)
        x2apic_enable(vcpu[i]);
    assert_int_equal(send_x2(0, 0x80), 0x1);
    assert_int_equal(send_x2(6, 0x80), 0x8);
    assert_int_equal(send_x2(0xff, 0x80), 0); /* 8 bits are no broadcast here */
    assert_int_equal(send_x2(0xffffffff, 0x80), 0xf);
    assert_int_equal(send_x2(0x0005, 0x880), 0x3);
    assert_int_equal(send_x2(0x0055, 0x880), 0xf);
    assert_int_equal(send_x2(0x10001, 0x880), 0); /* another cluster */
    assert_int_equal(send_x2(0xffffffff, 0x880), 0xf);
    assert_int_equal(send_x2(0, 0xc0080), 0xd);
    assert_int_equal(vlapic_wrmsr(vcpu[3], 0x83f, 0x90), 0);
    assert_int_equal(receivers(0x90), 0x8);
}

static void icr_mixed_modes(void **state)
{
    (void)state;
    apic_enable_all();
    x2apic_enable(vcpu[3]);
    assert_int_equal(send(6, 0x80), 0x8);
    assert_int_equal(send(0xff, 0x80), 0xf);
    x2apic_enable(vcpu[1]);
    assert_int_equal(send_x2(0xffffffff, 0x80), 0xf);
    assert_int_equal(send_x2(4, 0x80), 0x4);
}

static void lowest_priority(void **state)
{
    (void)state;
    apic_enable_all();
    for (unsigned i = 0; i < VCPUS; i++)
        apic_write(vcpu[i], APIC_TPR, 0x40 - 0x10 * i);
    assert_int_equal(send(0xff, 0x180), 0x8);
    vcpu[3]->vlapic->reg[APIC_SVR] = 0xff;
    assert_int_equal(send(0xff, 0x180), 0x4);
    assert_int_equal(send(0x02, 0x180), 0x2);
    assert_int_equal(send(0x77, 0x180), 0);
}

static void count_signals(unsigned ret[3][VCPUS])
{
    for (unsigned i = 0; i < VCPUS; i++) {
        ret[0][i] = vcpu[i]->arch.nmis;
        ret[1][i] = vcpu[i]->arch.inits;
        ret[2][i] = vcpu[i]->arch.sipis;
        vcpu[i]->arch.nmis = vcpu[i]->arch.inits = vcpu[i]->arch.sipis = 0;
    }
}

/* Delivery modes x shorthands for what is not an interrupt vector: which of the vCPUs hear it. */
static void icr_signals(void **state)
{
    static const struct {
        uint32_t low;
        unsigned kind, mask; /* 0 NMI, 1 INIT, 2 SIPI */
    } rows[] = {
        { 0x00400, 0, 0x4 }, { 0x40400, 0, 0x2 }, { 0x80400, 0, 0xf }, { 0xc0400, 0, 0xd },
        { 0x04500, 1, 0x4 }, { 0x44500, 1, 0 },   { 0x84500, 1, 0 },   { 0xc4500, 1, 0xd },
        { 0x0c500, 1, 0x4 }, { 0x08500, 1, 0 }, /* level: assert, then de-assert */
        { 0xc8500, 1, 0 },
        { 0x00699, 2, 0x4 }, { 0x40699, 2, 0 },   { 0x80699, 2, 0 },   { 0xc0699, 2, 0xd },
        { 0x00600, 2, 0x4 }, /* page 0 is an address like another */
        { 0x00200, 0, 0 },   { 0x00380, 0, 0 },   { 0x00780, 0, 0 }, /* SMI, reserved, ExtINT */
    };

    (void)state; /* switched off by SVR: these get through */
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned seen[3][VCPUS];

        apic_write(vcpu[1], APIC_ICR2, 4 << 24);
        apic_write(vcpu[1], APIC_ICR, rows[i].low);
        count_signals(seen);
        for (unsigned kind = 0; kind < 3; kind++)
            for (unsigned n = 0; n < VCPUS; n++)
                assert_int_equal(seen[kind][n], kind == rows[i].kind ? rows[i].mask >> n & 1 : 0);
    }
    apic_write(vcpu[1], APIC_ICR, 0x0069a);
    assert_int_equal(vcpu[2]->arch.sipi_page, 0x9a);
}

static void init_keeps_mode(void **state)
{
    uint64_t value;

    (void)state;
    x2apic_enable(vcpu[2]);
    vlapic_raise(vcpu[2], 0x33, false);
    assert_int_equal(vlapic_wrmsr(vcpu[2], 0x838, 100), 0);
    vlapic_take_init(vcpu[2]);
    assert_true(vlapic_x2apic_mode(vcpu[2]));
    assert_int_equal(vlapic_rdmsr(vcpu[2], 0x802, &value), 0);
    assert_int_equal(value, 4);
    assert_int_equal(vlapic_rdmsr(vcpu[2], 0x80f, &value), 0);
    assert_int_equal(value, 0xff);
    assert_int_equal(irr_count(vcpu[2]), 0);
    time_to(vcpu[2], SECONDS(1));
    assert_int_equal(irr_count(vcpu[2]), 0);
}

/* --- timer: a count is 10 ns times the divider, which is 2 after power-up --- */

static void timer_one_shot(void **state)
{
    struct vcpu *v = vcpu[1];

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_LVTT, 0x31);
    assert_int_equal(apic_read(v, APIC_TMCCT), 0);
    apic_write(v, APIC_TMICT, 1000);
    assert_int_equal(apic_read(v, APIC_TMCCT), 1000);
    time_to(v, 5000);
    assert_int_equal(apic_read(v, APIC_TMCCT), 750);
    time_to(v, 19999);
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(apic_read(v, APIC_TMCCT), 1);
    time_to(v, 20000);
    assert_true(irr(v, 0x31));
    assert_int_equal(apic_read(v, APIC_TMCCT), 0);
    assert_int_equal(take_interrupt(v), 0x31);
    time_to(v, SECONDS(1));
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(apic_read(v, APIC_TMICT), 1000);
}

static void timer_dividers(void **state)
{
    static const struct {
        uint32_t tdcr;
        stime_t divide;
    } rows[] = { { 0, 2 }, { 1, 4 }, { 2, 8 }, { 3, 16 }, { 8, 32 }, { 9, 64 }, { 10, 128 }, { 11, 1 } };
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_LVTT, 0x31);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        stime_t start = fake_time;

        apic_write(v, APIC_TDCR, rows[i].tdcr | 0xfffffff4);
        assert_int_equal(apic_read(v, APIC_TDCR), rows[i].tdcr);
        apic_write(v, APIC_TMICT, 500);
        time_to(v, start + 5000 * rows[i].divide - 1);
        assert_int_equal(irr_count(v), 0);
        time_to(v, start + 5000 * rows[i].divide);
        assert_int_equal(receivers(0x31), 1);
    }
    /* a change while counting keeps the count and changes the rate */
    apic_write(v, APIC_TMICT, 1000); /* divided by 1 */
    fake_time += 5000;
    apic_write(v, APIC_TDCR, 0);
    assert_int_equal(apic_read(v, APIC_TMCCT), 500);
    time_to(v, fake_time + 9999);
    assert_int_equal(irr_count(v), 0);
    time_to(v, fake_time + 1);
    assert_int_equal(receivers(0x31), 1);
}

static void timer_periodic(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_LVTT, 0x20032);
    apic_write(v, APIC_TMICT, 50000); /* 1 ms */
    for (unsigned i = 1; i < 4; i++) {
        time_to(v, MILLISECS(i) - 1);
        assert_int_equal(irr_count(v), 0);
        time_to(v, MILLISECS(i));
        assert_int_equal(receivers(0x32), 1);
        assert_int_equal(apic_read(v, APIC_TMCCT), 50000);
    }
    time_to(v, MICROSECS(10500)); /* seven are missed; one comes, the phase stays */
    assert_int_equal(receivers(0x32), 1);
    assert_int_equal(apic_read(v, APIC_TMCCT), 25000);
    time_to(v, MILLISECS(11));
    assert_int_equal(receivers(0x32), 1);
    apic_write(v, APIC_LVTT, 0x30032); /* masked: it runs on silently */
    time_to(v, MILLISECS(12));
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(apic_read(v, APIC_TMCCT), 50000);
    apic_write(v, APIC_TMICT, 0); /* stops */
    apic_write(v, APIC_LVTT, 0x20032);
    time_to(v, MILLISECS(20));
    assert_int_equal(irr_count(v), 0);
}

/* A period of a few nanoseconds must not become a storm. */
static void timer_period_is_bounded(void **state)
{
    struct vcpu *v = vcpu[0];
    unsigned count = 0;

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_TDCR, 0xb);
    apic_write(v, APIC_LVTT, 0x20032);
    apic_write(v, APIC_TMICT, 1);
    for (unsigned us = 1; us <= 1000; us++) {
        time_to(v, MICROSECS(us));
        count += receivers(0x32);
    }
    assert_in_range(count, 10, 11);
}

static void timer_tsc_deadline(void **state)
{
    struct vcpu *v = vcpu[0];
    uint64_t value;

    (void)state;
    apic_enable(v);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 2000), 0); /* not in this mode: ignored */
    assert_int_equal(vlapic_rdmsr(v, MSR_TSC_DEADLINE, &value), 0);
    assert_int_equal(value, 0);
    apic_write(v, APIC_LVTT, 0x40033);
    apic_write(v, APIC_TMICT, 10);
    assert_int_equal(apic_read(v, APIC_TMICT), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 2000), 0);
    assert_int_equal(vlapic_rdmsr(v, MSR_TSC_DEADLINE, &value), 0);
    assert_int_equal(value, 2000);
    assert_int_equal(apic_read(v, APIC_TMCCT), 0);
    time_to(v, 999);
    assert_int_equal(irr_count(v), 0);
    time_to(v, 1000);
    assert_int_equal(receivers(0x33), 1);
    assert_int_equal(vlapic_rdmsr(v, MSR_TSC_DEADLINE, &value), 0);
    assert_int_equal(value, 0);
    time_to(v, SECONDS(1));
    assert_int_equal(irr_count(v), 0);

    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 5), 0); /* in the past: at once */
    time_to(v, fake_time);
    assert_int_equal(receivers(0x33), 1);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, ~0ULL), 0); /* the end of time */
    time_to(v, SECONDS(1000000));
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 2 * (uint64_t)fake_time + 2000), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 0), 0); /* disarmed */
    time_to(v, fake_time + SECONDS(1));
    assert_int_equal(irr_count(v), 0);

    vlapic_set_tsc_offset(v, 1000); /* the guest is ahead by 1000 ticks */
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 2 * (uint64_t)fake_time + 3000), 0);
    time_to(v, fake_time + 999);
    assert_int_equal(irr_count(v), 0);
    time_to(v, fake_time + 1);
    assert_int_equal(receivers(0x33), 1);
}

static void timer_mode_change_disarms(void **state)
{
    struct vcpu *v = vcpu[0];
    uint64_t value;

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_LVTT, 0x31);
    apic_write(v, APIC_TMICT, 1000);
    apic_write(v, APIC_LVTT, 0x40031);
    time_to(v, MILLISECS(1));
    assert_int_equal(irr_count(v), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 2 * (uint64_t)fake_time + 2000), 0);
    apic_write(v, APIC_LVTT, 0x31);
    time_to(v, MILLISECS(2));
    assert_int_equal(irr_count(v), 0);
    apic_write(v, APIC_LVTT, 0x40031);
    assert_int_equal(vlapic_rdmsr(v, MSR_TSC_DEADLINE, &value), 0);
    assert_int_equal(value, 0);
    apic_write(v, APIC_LVTT, 0x60031); /* reserved mode: never counts */
    apic_write(v, APIC_TMICT, 10);
    time_to(v, MILLISECS(3));
    assert_int_equal(irr_count(v), 0);
    apic_write(v, APIC_LVTT, 0x31); /* one-shot and periodic change into each other while counting */
    apic_write(v, APIC_TMICT, 50000);
    apic_write(v, APIC_LVTT, 0x20031);
    time_to(v, MILLISECS(4));
    assert_int_equal(receivers(0x31), 1);
    time_to(v, MILLISECS(5));
    assert_int_equal(receivers(0x31), 1);
}

/* The vCPU has moved: the timer is set on its present CPU. */
static void timer_follows_vcpu(void **state)
{
    struct vcpu *v = vcpu[0];

    (void)state;
    apic_enable(v);
    apic_write(v, APIC_LVTT, 0x31);
    v->sched.cpu = (v->sched.cpu + 1) % FAKE_CPUS;
    apic_write(v, APIC_TMICT, 1000);
    assert_int_equal(v->vlapic->timer.cpu, v->sched.cpu);
    time_to(v, 20000);
    assert_true(irr(v, 0x31));
}

/* --- hostile values: nothing to observe but the sanitizers and a machine that still works --- */

static void hostile_values(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t r = next_random(), value = next_random() >> (r >> 58);
        struct vcpu *v = vcpu[r & 3];
        struct io_req req = { .addr = PAGE_APIC + (r >> 8 & 0xfff), .data = value,
                              .size = (uint8_t)(1u << (r >> 4 & 3)), .write = r >> 6 & 1 };

        if (r >> 20 & 1) {
            device_mmio(v, &req);
        } else if (r >> 21 & 1) {
            vlapic_wrmsr(v, 0x800 + (uint32_t)(r >> 8 & 0x3f), r >> 22 & 1 ? value : value & 0x7ffff);
        } else if ((r >> 21 & 0x7e) == 0) {
            vlapic_wrmsr(v, r >> 30 & 1 ? MSR_APIC_BASE : MSR_TSC_DEADLINE, value);
        } else {
            take_interrupt(v);
        }
        if (i % 64 == 0)
            time_to(v, fake_time + (stime_t)(r >> 40));
        assert_true(vlapic_pending(v) == -1 || vlapic_pending(v) >= 16);
    }
    vlapic_reset(vcpu[0]);
    apic_enable(vcpu[0]);
    vlapic_raise(vcpu[0], 0x77, false);
    assert_int_equal(take_interrupt(vcpu[0]), 0x77);
}

#define T(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(power_up), T(access_sizes), T(writable_bits), T(software_disable),
        T(mode_transitions), T(base_register_bits), T(x2apic_identity), T(x2apic_msr_access),
        T(x2apic_reserved_bits), T(x2apic_icr_is_one_register),
        T(priority_matrix), T(held_by_tpr), T(nesting_and_eoi), T(raise_wakes), T(errors),
        T(upcall_vector),
        T(icr_physical), T(icr_logical), T(icr_x2apic), T(icr_mixed_modes), T(lowest_priority), T(icr_signals),
        T(init_keeps_mode),
        T(timer_one_shot), T(timer_dividers), T(timer_periodic), T(timer_period_is_bounded), T(timer_tsc_deadline),
        T(timer_mode_change_disarms), T(timer_follows_vcpu),
        T(hostile_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
