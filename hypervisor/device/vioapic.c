/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual IO-APICs of dom0, one for each physical one. A pin is bound to the machine's when it is first unmasked;
 * from then on the physical pin is masked whenever the virtual one is. A physical level interrupt arrives with its pin
 * masked by arch and is unmasked again at the guest's end of interrupt.
 */
#include "vioapic.h"

#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "vlapic.h"

#define REG_SELECT 0x00
#define REG_WINDOW 0x10
#define REG_EOI 0x40

#define INDEX_ID 0x00
#define INDEX_VERSION 0x01
#define INDEX_ARBITRATION 0x02
#define INDEX_REDIR 0x10

#define VERSION 0x20u /* has an EOI register */
#define ID_SHIFT 24
#define REDIR_READ_ONLY (REDIR_STATUS | REDIR_REMOTE_IRR)
#define REDIR_DEFINED (0x1ffffULL | 0xffULL << REDIR_DEST_SHIFT)

static struct vioapic_chip *chip_of_gsi(const struct vioapic *s, uint32_t gsi)
{
    for (unsigned i = 0; i < s->nr_chips; i++) {
        if (gsi - s->chip[i]->gsi_base < s->chip[i]->nr_pins)
            return s->chip[i];
    }
    return NULL;
}

static struct vioapic_chip *chip_of_addr(const struct vioapic *s, uint64_t addr)
{
    for (unsigned i = 0; i < s->nr_chips; i++) {
        if ((addr & PAGE_MASK) == (s->chip[i]->base & PAGE_MASK))
            return s->chip[i];
    }
    return NULL;
}

static struct vioapic_pin *pin_of_gsi(const struct vioapic *s, uint32_t gsi)
{
    struct vioapic_chip *chip = chip_of_gsi(s, gsi);

    return chip ? &chip->pin[gsi - chip->gsi_base] : NULL;
}

/* --- the physical pin --- */

static void host_bind(struct domain *d, struct vioapic_pin *pin, uint32_t gsi)
{
    int rc = arch_irq_bind(d, gsi, pin->redir & REDIR_LEVEL, pin->redir & REDIR_ACTIVE_LOW);

    pin->bound = rc == 0;
    pin->host_masked = true;
    if (rc && !pin->refused)
        log_warn("d%u: GSI %u cannot be bound: error %d\n", d->id, gsi, rc);
    pin->refused = rc != 0;
}

/* Bring the physical pin in line with the entry. While its interrupt is in service it stays masked. */
static void host_sync(struct domain *d, struct vioapic_pin *pin, uint32_t gsi)
{
    bool want_masked = pin->redir & (REDIR_MASKED | REDIR_REMOTE_IRR);

    if (!pin->bound && !(pin->redir & REDIR_MASKED))
        host_bind(d, pin, gsi);
    if (!pin->bound || want_masked == pin->host_masked)
        return;
    pin->host_masked = want_masked;
    if (want_masked)
        arch_irq_mask(gsi);
    else
        arch_irq_unmask(gsi);
}

/* --- sending --- */

static void msg_of_redir(uint64_t redir, struct apic_msg *ret_msg)
{
    *ret_msg = (struct apic_msg){
        .dest = (uint32_t)(redir >> REDIR_DEST_SHIFT),
        .vector = redir & REDIR_VECTOR,
        .mode = (redir >> REDIR_MODE_SHIFT) & 7,
        .level = redir & REDIR_LEVEL,
        .logical = redir & REDIR_LOGICAL,
    };
}

/* May the pin send now? If so it is marked in service (level), and *ret_msg is to be delivered after unlocking. */
static bool pin_take(struct vioapic_pin *pin, struct apic_msg *ret_msg)
{
    if (pin->redir & (REDIR_MASKED | REDIR_REMOTE_IRR))
        return false;
    msg_of_redir(pin->redir, ret_msg);
    if (pin->redir & REDIR_LEVEL)
        pin->redir |= REDIR_REMOTE_IRR;
    return true;
}

/* A level interrupt that nobody took is not in service: the next write to its entry tries again. */
static void pin_deliver(struct domain *d, struct vioapic_pin *pin, const struct apic_msg *msg)
{
    if (vlapic_deliver(d, msg) || !msg->level)
        return;
    spin_lock(&d->vioapic->lock);
    pin->redir &= ~REDIR_REMOTE_IRR;
    spin_unlock(&d->vioapic->lock);
}

void vioapic_assert(struct domain *d, uint32_t gsi)
{
    struct vioapic *s = d->vioapic;
    struct vioapic_pin *pin = s ? pin_of_gsi(s, gsi) : NULL;
    struct apic_msg msg;
    bool send;

    if (!pin)
        return;
    spin_lock(&s->lock);
    if (pin->redir & REDIR_LEVEL)
        pin->host_masked = true;
    send = pin_take(pin, &msg); /* an edge at a masked pin is lost, as with the real chip */
    spin_unlock(&s->lock);
    if (send)
        pin_deliver(d, pin, &msg);
}

void vioapic_set_line(struct domain *d, uint32_t gsi, bool level)
{
    struct vioapic *s = d->vioapic;
    struct vioapic_pin *pin = s ? pin_of_gsi(s, gsi) : NULL;
    struct apic_msg msg;
    bool send = false;

    if (!pin)
        return;
    spin_lock(&s->lock);
    if (level && (!pin->line || (pin->redir & REDIR_LEVEL)))
        send = pin_take(pin, &msg);
    pin->line = level;
    spin_unlock(&s->lock);
    if (send)
        pin_deliver(d, pin, &msg);
}

void vioapic_pulse(struct domain *d, uint32_t gsi)
{
    vioapic_set_line(d, gsi, true);
    vioapic_set_line(d, gsi, false);
}

/* --- end of interrupt --- */

/* True: a virtual device still holds the line up, *ret_msg is the next interrupt. */
static bool pin_eoi(struct domain *d, struct vioapic_pin *pin, uint32_t gsi, struct apic_msg *ret_msg)
{
    pin->redir &= ~REDIR_REMOTE_IRR;
    if (pin->line && pin_take(pin, ret_msg))
        return true;
    host_sync(d, pin, gsi);
    return false;
}

static void chip_eoi(struct domain *d, struct vioapic_chip *chip, uint8_t vector)
{
    for (uint32_t i = 0; i < chip->nr_pins; i++) {
        struct vioapic_pin *pin = &chip->pin[i];
        struct apic_msg msg;
        bool again = false;

        spin_lock(&d->vioapic->lock);
        if ((pin->redir & REDIR_REMOTE_IRR) && (pin->redir & REDIR_VECTOR) == vector)
            again = pin_eoi(d, pin, chip->gsi_base + i, &msg);
        spin_unlock(&d->vioapic->lock);
        if (again)
            pin_deliver(d, pin, &msg);
    }
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
    for (unsigned i = 0; d->vioapic && i < d->vioapic->nr_chips; i++)
        chip_eoi(d, d->vioapic->chip[i], vector);
}

/* --- registers --- */

static uint32_t index_read(const struct vioapic_chip *chip)
{
    unsigned entry = (chip->select - INDEX_REDIR) / 2u;

    switch (chip->select) {
    case INDEX_ID:
    case INDEX_ARBITRATION:
        return (uint32_t)chip->id << ID_SHIFT;
    case INDEX_VERSION:
        return (chip->nr_pins - 1) << 16 | VERSION;
    }
    if (chip->select < INDEX_REDIR || entry >= chip->nr_pins)
        return ~0u;
    return (uint32_t)(chip->pin[entry].redir >> (chip->select & 1 ? 32 : 0));
}

static uint64_t redir_merge(uint64_t redir, bool high, uint32_t value)
{
    uint64_t merged = high ? (redir & 0xffffffff) | (uint64_t)value << 32 : (redir & ~0xffffffffULL) | value;

    merged = (merged & REDIR_DEFINED & ~REDIR_READ_ONLY) | (redir & REDIR_READ_ONLY);
    if (!(merged & REDIR_LEVEL))
        merged &= ~REDIR_REMOTE_IRR; /* an edge pin is never in service: how old kernels clear a stuck one */
    return merged;
}

/* Returns true when an interrupt (*ret_msg) is to be sent after unlocking: the line is up at a pin just opened. */
static bool redir_write(struct domain *d, struct vioapic_chip *chip, uint32_t value, struct apic_msg *ret_msg)
{
    uint32_t entry = (chip->select - INDEX_REDIR) / 2u;
    struct vioapic_pin *pin = &chip->pin[entry];
    uint64_t old = pin->redir;

    pin->redir = redir_merge(old, chip->select & 1, value);
    if ((old ^ pin->redir) & (REDIR_LEVEL | REDIR_ACTIVE_LOW)) {
        if (pin->bound && !pin->host_masked)
            arch_irq_mask(chip->gsi_base + entry);
        pin->bound = false; /* bound again as it is now, when unmasked */
        pin->host_masked = true;
    }
    if (pin->line && (pin->redir & REDIR_LEVEL) && pin_take(pin, ret_msg))
        return true;
    host_sync(d, pin, chip->gsi_base + entry);
    return false;
}

static void window_write(struct domain *d, struct vioapic_chip *chip, uint32_t value)
{
    struct vioapic *s = d->vioapic;
    struct apic_msg msg;
    bool send = false;
    unsigned select;

    spin_lock(&s->lock);
    select = chip->select;
    if (select == INDEX_ID)
        chip->id = (value >> ID_SHIFT) & 0xf;
    else if (select >= INDEX_REDIR && (select - INDEX_REDIR) / 2u < chip->nr_pins)
        send = redir_write(d, chip, value, &msg);
    spin_unlock(&s->lock);
    if (send)
        pin_deliver(d, &chip->pin[(select - INDEX_REDIR) / 2u], &msg);
}

static void chip_write(struct domain *d, struct vioapic_chip *chip, unsigned offset, uint32_t value)
{
    switch (offset) {
    case REG_SELECT:
        spin_lock(&d->vioapic->lock); /* it stays while another vCPU's write to the window is checked and done */
        chip->select = (uint8_t)value;
        spin_unlock(&d->vioapic->lock);
        break;
    case REG_WINDOW:
        window_write(d, chip, value);
        break;
    case REG_EOI:
        chip_eoi(d, chip, (uint8_t)value);
        break;
    }
}

static uint32_t chip_read(struct vioapic *s, const struct vioapic_chip *chip, unsigned offset)
{
    uint32_t value = ~0u;

    spin_lock(&s->lock);
    if (offset == REG_SELECT)
        value = chip->select;
    else if (offset == REG_WINDOW)
        value = index_read(chip);
    spin_unlock(&s->lock);
    return value;
}

bool vioapic_claims(const struct domain *d, uint64_t addr)
{
    return d->vioapic && chip_of_addr(d->vioapic, addr);
}

bool vioapic_mmio_match(const struct vcpu *v, uint64_t addr)
{
    return vioapic_claims(v->domain, addr);
}

/* Reads of any size inside a 32-bit register; writes of 32 bits, and of less to the select register. */
void vioapic_mmio(struct vcpu *v, struct io_req *req)
{
    struct domain *d = v->domain;
    struct vioapic_chip *chip = chip_of_addr(d->vioapic, req->addr);
    unsigned offset = (unsigned)(req->addr - chip->base) & (PAGE_SIZE - 1), byte = offset & 3;
    bool inside = byte + req->size <= 4;

    if (!req->write) {
        req->data = ~0ULL >> (8 * (8 - req->size));
        if (inside)
            req->data &= chip_read(d->vioapic, chip, offset & ~3u) >> (8 * byte);
    } else if (inside && byte == 0 && (req->size == 4 || offset == REG_SELECT)) {
        chip_write(d, chip, offset, (uint32_t)req->data);
    }
}

/* --- life --- */

static struct vioapic_chip *chip_create(const struct host_ioapic *hw)
{
    struct vioapic_chip *chip = hv_zalloc(sizeof(*chip));

    if (!chip)
        return NULL;
    chip->base = hw->addr;
    chip->gsi_base = hw->gsi_base;
    chip->nr_pins = hw->nr_pins < VIOAPIC_MAX_PINS ? hw->nr_pins : VIOAPIC_MAX_PINS;
    chip->id = hw->id & 0xf;
    for (uint32_t i = 0; i < chip->nr_pins; i++) {
        chip->pin[i].redir = REDIR_MASKED;
        chip->pin[i].host_masked = true;
    }
    return chip;
}

int vioapic_create(struct domain *d)
{
    struct vioapic *s = hv_zalloc(sizeof(*s));

    if (!s)
        return -ENOMEM;
    spin_lock_init(&s->lock, RANK_DEVICE);
    d->vioapic = s;
    for (unsigned i = 0; i < host.nr_ioapics && i < MAX_IOAPICS; i++) {
        s->chip[i] = chip_create(&host.ioapic[i]);
        if (!s->chip[i]) {
            vioapic_destroy(d);
            return -ENOMEM;
        }
        s->nr_chips++;
    }
    return 0;
}

void vioapic_destroy(struct domain *d)
{
    if (!d->vioapic)
        return;
    for (unsigned i = 0; i < d->vioapic->nr_chips; i++)
        hv_free(d->vioapic->chip[i]);
    hv_free(d->vioapic);
    d->vioapic = NULL;
}

void vioapic_dump(struct domain *d)
{
    for (unsigned i = 0; d->vioapic && i < d->vioapic->nr_chips; i++) {
        const struct vioapic_chip *chip = d->vioapic->chip[i];

        log_info("d%u: IO-APIC %u at %llx, GSI %u-%u\n", d->id, chip->id, (unsigned long long)chip->base,
                 chip->gsi_base, chip->gsi_base + chip->nr_pins - 1);
        for (uint32_t p = 0; p < chip->nr_pins; p++) {
            const struct vioapic_pin *pin = &chip->pin[p];

            if (pin->bound || !(pin->redir & REDIR_MASKED))
                log_info("  GSI %u: %016llx%s%s%s\n", chip->gsi_base + p, (unsigned long long)pin->redir,
                         pin->bound ? " bound" : "", pin->host_masked ? " masked" : "", pin->line ? " up" : "");
        }
    }
}
