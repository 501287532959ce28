/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers (object/timer.c): one queue for each CPU, run from the CPU loop. */
#ifndef XENOLITH_TIMER_H
#define XENOLITH_TIMER_H

#include "lock.h"
#include "types.h"

struct timer {
    stime_t expires;
    void (*fn)(void *data); /* runs on the timer's CPU, no locks held; may set the timer again */
    void *data;
    uint32_t cpu;
    uint32_t slot; /* heap index + 1; 0: not queued */
};

struct timer_queue {
    struct spinlock lock; /* RANK_TIMER */
    struct timer **heap;  /* binary heap by expires */
    uint32_t count, size;
    uint32_t room;  /* length of heap */
};

void timer_queue_init(struct timer_queue *q); /* room is made by timer_init, so that timer_set cannot fail */
/* Bind to a CPU's queue and reserve a place in it; 0 or -ENOMEM. timer_kill gives the place back. */
int timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu);
void timer_set(struct timer *t, stime_t expires);
void timer_stop(struct timer *t);
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned cpu);
static inline bool timer_is_set(const struct timer *t)
{
    return READ_ONCE(t->slot) != 0;
}
/* Run what is due on this CPU and program the hardware for the next (arch_timer_program). */
void timer_run(void);
/* Earliest expiry on this CPU; STIME_NEVER when none. */
stime_t timer_next(void);

stime_t now(void); /* system time, ns since boot */

#endif
