/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: a binary heap for each CPU, keyed by expiry.
 *
 * queue->size counts the places that timer_init has reserved, not the length of the array: that follows from it
 * (heap_room), so a timer that exists always has a place to be set in. A timer is bound to the queue of
 * timer->cpu, whose lock also guards timer->cpu itself; fn == NULL marks one that is dead or was never made.
 */
#include "timer.h"

#include "cpu.h"

#include "arch.h"
#include "errno.h"
#include "lib.h"
#include "page.h"

#define HEAP_MIN 16u

static struct timer *running[NR_CPUS]; /* whose fn a CPU is in; compared, never followed */

void timer_queue_init(struct timer_queue *q)
{
    *q = (struct timer_queue){0};
    spin_lock_init(&q->lock, RANK_TIMER);
}

/* --- the heap --- */

static void heap_place(struct timer_queue *q, uint32_t i, struct timer *t)
{
    q->heap[i] = t;
    WRITE_ONCE(t->slot, i + 1);
}

static void heap_up(struct timer_queue *q, uint32_t i, struct timer *t)
{
    while (i > 0 && q->heap[(i - 1) / 2]->expires > t->expires) {
        heap_place(q, i, q->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_place(q, i, t);
}

static void heap_down(struct timer_queue *q, uint32_t i, struct timer *t)
{
    for (uint32_t child; (child = 2 * i + 1) < q->count; i = child) {
        if (child + 1 < q->count && q->heap[child + 1]->expires < q->heap[child]->expires)
            child++;
        if (q->heap[child]->expires >= t->expires)
            break;
        heap_place(q, i, q->heap[child]);
    }
    heap_place(q, i, t);
}

static void heap_insert(struct timer_queue *q, struct timer *t)
{
    heap_up(q, q->count++, t);
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
    uint32_t i = t->slot - 1;
    struct timer *last = q->heap[--q->count];

    WRITE_ONCE(t->slot, 0);
    if (last == t)
        return;
    if (last->expires < t->expires)
        heap_up(q, i, last);
    else
        heap_down(q, i, last);
}

/* Length of the array that backs `size` reserved places. */
static uint32_t heap_room(uint32_t size)
{
    if (size == 0)
        return 0;
    return size <= HEAP_MIN ? HEAP_MIN : 1u << fls64(size - 1);
}

/* Move the heap to an array of `room` places, which are enough; q->lock held. */
static int heap_resize(struct timer_queue *q, uint32_t room)
{
    struct timer **heap = room ? hv_zalloc(room * sizeof(*heap)) : NULL;

    if (room && !heap)
        return -ENOMEM;
    if (heap && q->heap)
        memcpy(heap, q->heap, q->count * sizeof(*heap));
    hv_free(q->heap);
    q->heap = heap;
    q->room = room;
    return 0;
}

/* Reserve a place; q->lock held. */
static int queue_reserve(struct timer_queue *q)
{
    uint32_t room = heap_room(q->size + 1);

    if (room > q->room && heap_resize(q, room))
        return -ENOMEM;
    q->size++;
    return 0;
}

/* Memory that many guests needed goes back with them; when there is none for a smaller array, at the next timer's end. */
static void queue_unreserve(struct timer_queue *q)
{
    uint32_t room = heap_room(--q->size);

    if (room < q->room)
        (void)heap_resize(q, room);
}

/* --- timers --- */

static struct timer_queue *timer_lock(struct timer *t)
{
    for (;;) {
        uint32_t cpu = READ_ONCE(t->cpu);
        struct timer_queue *q = &cpus[cpu]->timers;

        spin_lock(&q->lock);
        if (t->cpu == cpu)
            return q;
        spin_unlock(&q->lock);
    }
}

/* t became the first of its queue: the CPU must program its hardware anew. Queue lock held. */
static void timer_became_first(struct timer *t)
{
    if (t->cpu != this_cpu()->id || t->expires <= now())
        cpu_raise(t->cpu, WORK_TIMER);
    else
        arch_timer_program(t->expires);
}

int timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu)
{
    struct timer_queue *q = &cpus[cpu]->timers;

    *t = (struct timer){.fn = fn, .data = data, .cpu = cpu};
    spin_lock(&q->lock);
    int rc = queue_reserve(q);
    spin_unlock(&q->lock);
    if (rc)
        t->fn = NULL;
    return rc;
}

void timer_set(struct timer *t, stime_t expires)
{
    struct timer_queue *q = timer_lock(t);

    if (t->slot)
        heap_remove(q, t);
    t->expires = expires;
    if (t->fn) {
        heap_insert(q, t);
        if (t->slot == 1)
            timer_became_first(t);
    }
    spin_unlock(&q->lock);
}

void timer_stop(struct timer *t)
{
    struct timer_queue *q = timer_lock(t);

    if (t->slot)
        heap_remove(q, t);
    spin_unlock(&q->lock);
}

/* The memory of a killed timer goes away, so a fn that another CPU is in must have ended. */
static void wait_not_running(const struct timer *t)
{
    for (unsigned i = 0; i < nr_cpus; i++)
        while (i != this_cpu()->id && __atomic_load_n(&running[i], __ATOMIC_ACQUIRE) == t)
            arch_relax();
}

void timer_kill(struct timer *t)
{
    if (!t->fn)
        return;
    struct timer_queue *q = timer_lock(t);

    if (t->slot)
        heap_remove(q, t);
    if (t->fn)
        queue_unreserve(q);
    t->fn = NULL;
    spin_unlock(&q->lock);
    wait_not_running(t);
}

/* The timer's present queue and `to`, both locked; NULL (nothing locked) when they are the same. */
static struct timer_queue *timer_lock_pair(struct timer *t, struct timer_queue *to)
{
    for (;;) {
        struct timer_queue *from = &cpus[READ_ONCE(t->cpu)]->timers;

        if (from == to)
            return NULL;
        spin_lock_pair(&from->lock, &to->lock);
        if (from == &cpus[t->cpu]->timers)
            return from;
        spin_unlock_pair(&from->lock, &to->lock);
    }
}

/* Best effort when memory is short: a timer that cannot move still fires, only elsewhere. */
void timer_migrate(struct timer *t, unsigned cpu)
{
    struct timer_queue *to = &cpus[cpu]->timers, *from = t->fn ? timer_lock_pair(t, to) : NULL;

    if (!from)
        return;
    if (t->fn && !queue_reserve(to)) {
        bool queued = t->slot != 0;

        if (queued)
            heap_remove(from, t);
        queue_unreserve(from);
        WRITE_ONCE(t->cpu, cpu);
        if (queued)
            heap_insert(to, t);
        if (t->slot == 1)
            timer_became_first(t);
    }
    spin_unlock_pair(&from->lock, &to->lock);
}

stime_t timer_next(void)
{
    struct timer_queue *q = &this_cpu()->timers;

    spin_lock(&q->lock);
    stime_t next = q->count ? q->heap[0]->expires : STIME_NEVER;
    spin_unlock(&q->lock);
    return next;
}

/* Take the first timer if it is due and call it; false when none is. q->lock is held, and dropped around fn. */
static bool run_first(struct timer_queue *q, unsigned cpu, stime_t due)
{
    struct timer *t = q->count ? q->heap[0] : NULL;

    if (!t || t->expires > due)
        return false;
    void (*fn)(void *) = t->fn;
    void *data = t->data;

    heap_remove(q, t);
    WRITE_ONCE(running[cpu], t);
    spin_unlock(&q->lock);
    fn(data);
    __atomic_store_n(&running[cpu], NULL, __ATOMIC_RELEASE); /* t may be gone from here on */
    spin_lock(&q->lock);
    return true;
}

/* At most one call for each timer that was queued, so that one that sets itself in the past cannot hold the CPU. */
void timer_run(void)
{
    struct cpu *c = this_cpu();
    struct timer_queue *q = &c->timers;
    stime_t due = now();

    spin_lock(&q->lock);
    for (uint32_t budget = q->count; budget > 0 && run_first(q, c->id, due); budget--)
        continue;
    stime_t next = q->count ? q->heap[0]->expires : STIME_NEVER;
    spin_unlock(&q->lock);
    if (next <= due)
        cpu_raise(c->id, WORK_TIMER);
    else
        arch_timer_program(next);
}
