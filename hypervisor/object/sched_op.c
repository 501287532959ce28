/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of the sched_op hypercall: what a guest says to the scheduler. */
#include "sched_op.h"

#include "copy.h"
#include "domain.h"
#include "errno.h"
#include "list.h"
#include "log.h"
#include "op.h"
#include "page.h"
#include "public/sched.h"
#include "vcpu_timer.h"

#define POLL_MAX_PORTS 128u
#define NR_WATCHDOGS 2u

/* --- yield, block, shutdown --- */

static int64_t yield(struct op *op)
{
    vcpu_yield(op->vcpu);
    return 0;
}

/* Blocking enables event delivery, as if the guest had cleared its mask and then waited, without a gap in between. */
static int64_t block(struct op *op)
{
    struct vcpu_info *info = op->vcpu->info; /* this field is at the same place in both layouts */

    if (info)
        WRITE_ONCE(info->evtchn_upcall_mask, 0);
    vcpu_block(op->vcpu);
    return 0;
}

static int64_t shutdown_self(struct op *op)
{
    const struct sched_shutdown *a = op_arg(op);

    domain_shutdown(op->caller, (uint8_t)a->reason);
    return 0;
}

static int64_t remote_shutdown(struct op *op)
{
    const struct sched_remote_shutdown *a = op_arg(op);

    domain_shutdown(op->target, (uint8_t)a->reason);
    return 0;
}

/* --- poll --- */

static int poll_decode(struct op *op)
{
    const struct sched_poll *a = op_arg(op);

    return a->nr_ports > POLL_MAX_PORTS ? -EINVAL : 0;
}

static void poll_begin(struct vcpu *v, uint32_t port)
{
    timer_stop(&v->poll);
    v->poll_port = port;
    __atomic_fetch_add(&v->domain->poll_count, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&v->polling, true, __ATOMIC_SEQ_CST);
}

void vcpu_poll_end(struct vcpu *v)
{
    timer_stop(&v->poll); /* first: once the flag is clear, v may begin another poll with a port and timer of its own */
    if (__atomic_exchange_n(&v->polling, false, __ATOMIC_SEQ_CST))
        __atomic_fetch_sub(&v->domain->poll_count, 1, __ATOMIC_SEQ_CST);
}

static bool any_pending(struct domain *d, const uint32_t *ports, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        if (evtchn_port_pending(d, ports[i]))
            return true;
    return false;
}

/*
 * First say that we wait, then look: a sender does it the other way round, so one of the two sees the other. The
 * waiting itself begins after the return to the CPU loop.
 */
static int64_t poll(struct op *op)
{
    const struct sched_poll *a = op_arg(op);
    struct domain *d = op->caller;
    struct vcpu *v = op->vcpu;
    uint32_t ports[POLL_MAX_PORTS];

    if (a->nr_ports && copy_from_guest(ports, a->ports, a->nr_ports * sizeof(ports[0])))
        return -EFAULT;
    for (unsigned i = 0; i < a->nr_ports; i++)
        if (ports[i] >= READ_ONCE(d->events.valid_ports))
            return -EINVAL;
    poll_begin(v, a->nr_ports == 1 ? ports[0] : UINT32_MAX);
    vcpu_block(v);
    if (any_pending(d, ports, a->nr_ports))
        vcpu_unblock(v);
    /* vcpu_block found an event, or a sender ended the wait between the two. */
    if (!bit_test(&v->sched.pause_flags, VPF_BLOCKED) || !READ_ONCE(v->polling)) {
        vcpu_unblock(v);
        return 0;
    }
    if (a->timeout) {
        timer_migrate(&v->poll, this_cpu()->id);
        timer_set(&v->poll, vcpu_time_to_host(v, a->timeout));
    }
    return 0;
}

/* --- shutdown_code, watchdog --- */

/* The code is reported whatever a later shutdown says; the first one latched stays. */
static int64_t latch_shutdown_code(struct op *op)
{
    const struct sched_shutdown *a = op_arg(op);
    struct domain *d = op->caller;

    if (!d->shutting_down)
        d->shutdown_code = (uint8_t)a->reason;
    return 0;
}

struct watchdogs {
    struct list_node link;
    struct domain *domain;
    bool used[NR_WATCHDOGS];
    struct timer timer[NR_WATCHDOGS];
};

static struct list_node all_watchdogs = LIST_INIT(all_watchdogs);
static struct spinlock watchdog_lock = SPINLOCK_INIT(RANK_DEVICE);

static struct watchdogs *watchdogs_of(struct domain *d)
{
    struct list_node *n;

    list_for_each(n, &all_watchdogs)
        if (list_entry(n, struct watchdogs, link)->domain == d)
            return list_entry(n, struct watchdogs, link);
    return NULL;
}

static void watchdog_bites(void *data)
{
    struct watchdogs *w = data;

    if (w->domain->shutting_down || w->domain->state != DOMAIN_ALIVE)
        return;
    log_warn("d%u: watchdog expired\n", w->domain->id);
    domain_shutdown(w->domain, SHUTDOWN_watchdog);
}

static struct watchdogs *watchdogs_create(struct domain *d)
{
    struct watchdogs *w = hv_zalloc(sizeof(*w));
    unsigned cpu = this_cpu()->id, made = 0;

    if (!w)
        return NULL;
    w->domain = d;
    while (made < NR_WATCHDOGS && !timer_init(&w->timer[made], watchdog_bites, w, cpu))
        made++;
    if (made == NR_WATCHDOGS) {
        list_push_back(&all_watchdogs, &w->link);
        return w;
    }
    while (made-- > 0)
        timer_kill(&w->timer[made]);
    hv_free(w);
    return NULL;
}

void domain_watchdog_destroy(struct domain *d)
{
    spin_lock(&watchdog_lock);
    struct watchdogs *w = watchdogs_of(d);

    if (w)
        list_remove(&w->link);
    spin_unlock(&watchdog_lock);
    if (!w)
        return;
    for (unsigned i = 0; i < NR_WATCHDOGS; i++)
        timer_kill(&w->timer[i]);
    hv_free(w);
}

/* Take a free watchdog of d; returns its id (1-based), -ENOSPC, -ENOMEM. */
static int64_t watchdog_start(struct domain *d, uint32_t seconds)
{
    struct watchdogs *w = watchdogs_of(d);

    if (!w)
        w = watchdogs_create(d);
    if (!w)
        return -ENOMEM;
    for (unsigned i = 0; i < NR_WATCHDOGS; i++) {
        if (w->used[i])
            continue;
        w->used[i] = true;
        timer_set(&w->timer[i], now() + SECONDS(seconds));
        return i + 1;
    }
    return -ENOSPC;
}

static int64_t watchdog_change(struct domain *d, uint32_t id, uint32_t seconds)
{
    struct watchdogs *w = watchdogs_of(d);

    if (!w || !w->used[id - 1])
        return -EINVAL;
    if (seconds) {
        timer_set(&w->timer[id - 1], now() + SECONDS(seconds));
    } else {
        timer_stop(&w->timer[id - 1]);
        w->used[id - 1] = false;
    }
    return 0;
}

static int watchdog_decode(struct op *op)
{
    const struct sched_watchdog *a = op_arg(op);

    return a->id > NR_WATCHDOGS || (a->id == 0 && a->timeout == 0) ? -EINVAL : 0;
}

static int64_t watchdog(struct op *op)
{
    const struct sched_watchdog *a = op_arg(op);
    int64_t r;

    spin_lock(&watchdog_lock);
    r = a->id ? watchdog_change(op->caller, a->id, a->timeout) : watchdog_start(op->caller, a->timeout);
    spin_unlock(&watchdog_lock);
    return r;
}

#define SELF .target_offset = OP_NO_TARGET, .right = RIGHT_ANY

const struct op_row sched_ops[] = {
    [SCHEDOP_yield] = {.name = "yield", .apply = yield, SELF},
    [SCHEDOP_block] = {.name = "block", .apply = block, SELF},
    [SCHEDOP_shutdown] = {.name = "shutdown", .apply = shutdown_self, .wire = &wire_sched_shutdown, .copy = OP_COPY_IN,
                          SELF},
    [SCHEDOP_poll] = {.name = "poll", .decode = poll_decode, .apply = poll, .wire = &wire_sched_poll, .copy = OP_COPY_IN,
                      SELF},
    [SCHEDOP_remote_shutdown] = {.name = "remote_shutdown", .apply = remote_shutdown,
                                 .wire = &wire_sched_remote_shutdown, .copy = OP_COPY_IN,
                                 .target_offset = offsetof(struct sched_remote_shutdown, domain_id),
                                 .right = RIGHT_DM},
    [SCHEDOP_shutdown_code] = {.name = "shutdown_code", .apply = latch_shutdown_code, .wire = &wire_sched_shutdown,
                               .copy = OP_COPY_IN, SELF},
    [SCHEDOP_watchdog] = {.name = "watchdog", .decode = watchdog_decode, .apply = watchdog, .wire = &wire_sched_watchdog,
                          .copy = OP_COPY_IN, SELF},
    [SCHEDOP_pin_override] = {.name = "pin_override", .error = -ENOSYS},
};
const unsigned nr_sched_ops = ARRAY_SIZE(sched_ops);
