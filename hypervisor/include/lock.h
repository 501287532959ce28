/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks. The hypervisor takes interrupts only at one point of the CPU loop (cpu.h), so no lock
 * needs an interrupt-safe variant. Ranks give the lock order: a lock may only be taken while every lock held has
 * a lower rank; debug builds check it. docs/locking.md says what each rank protects.
 */
#ifndef XENOLITH_LOCK_H
#define XENOLITH_LOCK_H

#include "types.h"

enum lock_rank {
    RANK_DOMCTL,  /* one domctl that changes the set of domains at a time */
    RANK_DOMAIN,  /* one domain's life cycle and configuration */
    RANK_DEVICE,  /* one device model of a domain: vioapic, vlapic, vpci */
    RANK_GRANT,   /* one domain's grant table */
    RANK_GRANT_ENTRY, /* one entry of a grant table */
    RANK_POD,     /* one domain's frames for populate on demand */
    RANK_P2M,     /* one domain's p2m */
    RANK_EVENT,   /* one domain's event channel table */
    RANK_EVENT_QUEUE, /* one FIFO queue */
    RANK_DOMLIST, /* the list of domains; a leaf: the last domain_put may come from anywhere */
    RANK_SCHED,   /* one CPU's run queue */
    RANK_TIMER,   /* one CPU's timer queue */
    RANK_IOMMU,   /* command and event rings of the IOMMUs */
    RANK_IRQ,     /* physical interrupt descriptors, IO-APIC */
    RANK_HEAP,    /* page and small-object allocator */
    RANK_CONSOLE, /* log ring and serial port */
    RANK_COUNT,
};

struct spinlock {
    uint16_t next, owner; /* next: ticket to hand out; owner: ticket being served */
    uint8_t rank;         /* enum lock_rank */
};

#define SPINLOCK_INIT(r) { .next = 0, .owner = 0, .rank = (r) }

static inline void spin_lock_init(struct spinlock *l, enum lock_rank rank)
{
    *l = (struct spinlock)SPINLOCK_INIT((uint8_t)rank);
}

void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
static inline bool spin_is_locked(const struct spinlock *l)
{
    return READ_ONCE(l->next) != READ_ONCE(l->owner);
}
/* Two locks of one rank, in address order; a may equal b. */
void spin_lock_pair(struct spinlock *a, struct spinlock *b);
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);

#endif
