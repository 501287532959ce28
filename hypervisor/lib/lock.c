/* SPDX-License-Identifier: GPL-2.0-only */
/* Ticket spinlocks and the check of their order. */
#include "lock.h"

#include "cpu.h"
#include "arch.h"
#include "log.h"

/*
 * cpu->lock_ranks has a bit for each rank held. Of the ranks held the highest must be lower than the new one; the second
 * lock of a pair has the same rank and is not checked.
 */
static void rank_enter(const struct spinlock *l)
{
    struct cpu *c = this_cpu();

    if (unlikely(c->lock_ranks >> l->rank)) {
        uint32_t held = c->lock_ranks;
        c->lock_ranks = 0; /* the panic takes locks too */
        panic("lock order: rank %u taken with ranks %#x held", l->rank, held);
    }
    c->lock_ranks |= 1u << l->rank;
}

static void rank_leave(const struct spinlock *l)
{
    this_cpu()->lock_ranks &= ~(1u << l->rank);
}

static void lock_acquire(struct spinlock *l)
{
    uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

    while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
        arch_relax();
}

static void lock_release(struct spinlock *l)
{
    __atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

void spin_lock(struct spinlock *l)
{
    rank_enter(l);
    lock_acquire(l);
}

/* Waits for nobody, so it cannot deadlock and may go against the order; the rank is noted all the same. */
bool spin_trylock(struct spinlock *l)
{
    uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);
    uint16_t expected = owner;

    if (!__atomic_compare_exchange_n(&l->next, &expected, (uint16_t)(owner + 1), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    this_cpu()->lock_ranks |= 1u << l->rank;
    return true;
}

void spin_unlock(struct spinlock *l)
{
    lock_release(l);
    rank_leave(l);
}

void spin_lock_pair(struct spinlock *a, struct spinlock *b)
{
    if (a > b) {
        struct spinlock *t = a;
        a = b;
        b = t;
    }
    spin_lock(a);
    if (a != b)
        lock_acquire(b);
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
    if (a != b)
        lock_release(b);
    spin_unlock(a);
}
