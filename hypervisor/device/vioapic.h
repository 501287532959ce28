/* SPDX-License-Identifier: GPL-2.0-only */
/* The IO-APIC model's inside, for device.c and tests. Reference: Intel 82093AA data sheet, ICH EOI register. */
#ifndef XENOLITH_VIOAPIC_H
#define XENOLITH_VIOAPIC_H

#include "device.h"
#include "hv.h"
#include "lock.h"
#include "vcpu.h"

#define VIOAPIC_MAX_PINS 120 /* what an 8-bit register index reaches */

#define REDIR_VECTOR 0xffULL
#define REDIR_MODE_SHIFT 8
#define REDIR_LOGICAL (1ULL << 11)
#define REDIR_STATUS (1ULL << 12)
#define REDIR_ACTIVE_LOW (1ULL << 13)
#define REDIR_REMOTE_IRR (1ULL << 14)
#define REDIR_LEVEL (1ULL << 15)
#define REDIR_MASKED (1ULL << 16)
#define REDIR_DEST_SHIFT 56

struct vioapic_pin {
    uint64_t redir;
    bool line;        /* a virtual device holds the line up */
    bool bound;       /* arch_irq_bind succeeded with the present trigger and polarity */
    bool refused;     /* it failed; logged once */
    bool host_masked; /* the physical pin is masked: by us, or by arch when a level interrupt came */
};

struct vioapic_chip {
    uint64_t base;
    uint32_t gsi_base, nr_pins;
    uint8_t id, select;
    struct vioapic_pin pin[VIOAPIC_MAX_PINS];
};

struct vioapic {
    struct spinlock lock; /* RANK_DEVICE; not held while a message goes to the local APICs */
    unsigned nr_chips;
    struct vioapic_chip *chip[MAX_IOAPICS];
};

/* One chip for each of host.ioapic. -ENOMEM. */
int vioapic_create(struct domain *d);
void vioapic_destroy(struct domain *d);
bool vioapic_mmio_match(const struct vcpu *v, uint64_t addr);
bool vioapic_claims(const struct domain *d, uint64_t addr);
void vioapic_mmio(struct vcpu *v, struct io_req *req);

#endif
