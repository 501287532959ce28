/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's IO-APICs. Each bound pin has a vector of its own and goes to CPU 0. A level interrupt is masked at the
 * pin until its guest has dealt with it, so that it can be acknowledged at once.
 */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "device.h"
#include "host_cpu.h"
#include "hv.h"
#include "lock.h"
#include "log.h"

#define IOAPIC_VERSION 1
#define IOAPIC_REDIRECTION 0x10 /* two registers a pin */
#define RTE_ACTIVE_LOW (1u << 13)
#define RTE_LEVEL (1u << 15)
#define RTE_MASKED (1u << 16)
#define MAX_PINS 240

struct irq {
    struct domain *domain;
    void (*handler)(void); /* of the hypervisor itself */
    uint32_t gsi;
    bool level, active_low, bound, masked;
};

static volatile uint32_t *ioapic_page[MAX_IOAPICS];
static struct irq irqs[NR_DEVICE_VECTORS]; /* by vector */
static struct spinlock irq_lock = SPINLOCK_INIT(RANK_IRQ);

static uint32_t ioapic_read(unsigned i, uint32_t reg)
{
    ioapic_page[i][0] = reg;
    return ioapic_page[i][4];
}
static void ioapic_write(unsigned i, uint32_t reg, uint32_t v)
{
    ioapic_page[i][0] = reg;
    ioapic_page[i][4] = v;
}

static bool pin_find(uint32_t gsi, unsigned *ret_ioapic, uint32_t *ret_pin)
{
    for (unsigned i = 0; i < host.nr_ioapics; i++) {
        if (gsi - host.ioapic[i].gsi_base < host.ioapic[i].nr_pins) {
            *ret_ioapic = i;
            *ret_pin = gsi - host.ioapic[i].gsi_base;
            return true;
        }
    }
    return false;
}

static void pin_program(const struct irq *irq)
{
    uint32_t low = (uint32_t)(VECTOR_DEVICE + (irq - irqs)), pin;
    unsigned i;

    if (!pin_find(irq->gsi, &i, &pin))
        return;
    low |= (irq->level ? RTE_LEVEL : 0) | (irq->active_low ? RTE_ACTIVE_LOW : 0);
    /* Masked while the two halves do not fit together. */
    ioapic_write(i, IOAPIC_REDIRECTION + 2 * pin, low | RTE_MASKED);
    ioapic_write(i, IOAPIC_REDIRECTION + 2 * pin + 1, boot_host_cpu.apic_id << 24);
    if (!irq->masked)
        ioapic_write(i, IOAPIC_REDIRECTION + 2 * pin, low);
}

static struct irq *irq_find(uint32_t gsi)
{
    for (unsigned i = 0; i < ARRAY_SIZE(irqs); i++) {
        if (irqs[i].bound && irqs[i].gsi == gsi)
            return &irqs[i];
    }
    return NULL;
}

static struct irq *irq_alloc(uint32_t gsi)
{
    struct irq *irq = irq_find(gsi);
    int vector = irq ? 0 : vector_alloc(VECTOR_GSI);

    return irq ? irq : vector >= VECTOR_DEVICE ? &irqs[vector - VECTOR_DEVICE] : NULL;
}

static int irq_bind(uint32_t gsi, struct irq what)
{
    struct irq *irq;
    unsigned i;
    uint32_t pin;
    int error = 0;

    if (!pin_find(gsi, &i, &pin))
        return -EINVAL;
    spin_lock(&irq_lock);
    irq = irq_alloc(gsi);
    if (!irq)
        error = -ENOSPC;
    else if (irq->bound && (irq->domain != what.domain || irq->handler != what.handler))
        error = -EBUSY;
    else {
        what.gsi = gsi;
        what.bound = true;
        *irq = what;
        pin_program(irq);
    }
    spin_unlock(&irq_lock);
    return error;
}

int arch_irq_bind(struct domain *d, uint32_t gsi, bool level, bool active_low)
{
    return irq_bind(gsi, (struct irq){ .domain = d, .level = level, .active_low = active_low });
}

int ioapic_bind_host(uint32_t gsi, bool level, bool active_low, void (*handler)(void))
{
    return irq_bind(gsi, (struct irq){ .handler = handler, .level = level, .active_low = active_low });
}

static void irq_set_masked(uint32_t gsi, bool masked)
{
    struct irq *irq;

    spin_lock(&irq_lock);
    irq = irq_find(gsi);
    if (irq && !irq->handler && irq->masked != masked) {
        irq->masked = masked;
        pin_program(irq);
    }
    spin_unlock(&irq_lock);
}

void arch_irq_mask(uint32_t gsi)
{
    irq_set_masked(gsi, true);
}
void arch_irq_unmask(uint32_t gsi)
{
    irq_set_masked(gsi, false);
}

void ioapic_interrupt(uint8_t vector)
{
    struct irq *irq = &irqs[vector - VECTOR_DEVICE], now;

    spin_lock(&irq_lock);
    if (irq->bound && irq->level) {
        irq->masked = true;
        pin_program(irq);
    }
    now = *irq;
    spin_unlock(&irq_lock);
    apic_eoi();
    if (!now.bound)
        return;
    if (now.handler)
        now.handler();
    else
        vioapic_assert(now.domain, now.gsi);
}

void ioapic_isa_to_gsi(uint8_t irq, uint32_t *ret_gsi, bool *ret_level, bool *ret_active_low)
{
    *ret_gsi = irq;
    *ret_level = false;
    *ret_active_low = false;
    for (unsigned i = 0; i < host.nr_overrides; i++) {
        const struct host_irq_override *o = &host.override[i];
        if (o->source != irq)
            continue;
        *ret_gsi = o->gsi;
        *ret_level = (o->flags & 0xc) == 0xc;
        *ret_active_low = (o->flags & 3) == 3;
    }
}

/* Both PICs: vectors out of the way of exceptions, every line masked. */
void pic_disable(void)
{
    outb(0x20, 0x11);
    outb(0xa0, 0x11);
    outb(0x21, VECTOR_PIC);
    outb(0xa1, VECTOR_PIC + 8);
    outb(0x21, 4);
    outb(0xa1, 2);
    outb(0x21, 1);
    outb(0xa1, 1);
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

void ioapic_init(void)
{
    for (unsigned i = 0; i < host.nr_ioapics; i++) {
        struct host_ioapic *io = &host.ioapic[i];
        uint32_t version;
        ioapic_page[i] = map_mmio(io->addr, 32);
        version = ioapic_read(i, IOAPIC_VERSION);
        io->version = (uint8_t)version;
        io->nr_pins = ((version >> 16) & 0xff) + 1;
        if (io->nr_pins > MAX_PINS)
            io->nr_pins = MAX_PINS;
        for (uint32_t pin = 0; pin < io->nr_pins; pin++)
            ioapic_write(i, IOAPIC_REDIRECTION + 2 * pin, RTE_MASKED);
        log_info("IO-APIC %u at %#lx: GSIs %u-%u\n", io->id, io->addr, io->gsi_base, io->gsi_base + io->nr_pins - 1);
    }
}
