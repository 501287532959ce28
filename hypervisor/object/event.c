/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channel ports: allocation, binding, closing, sending. */
#include "arch.h"
#include "cpu.h"
#include "errno.h"
#include "event_internal.h"
#include "lib.h"
#include "log.h"
#include "page.h"

struct evtchn *evtchn_lookup(const struct domain *d, uint32_t port)
{
    const struct event_table *t = &d->events;

    if (port >= __atomic_load_n(&t->valid_ports, __ATOMIC_ACQUIRE))
        return NULL;
    return &t->buckets[port / PORTS_PER_BUCKET][port % PORTS_PER_BUCKET];
}

void port_lock(struct evtchn *chn)
{
    while (__atomic_exchange_n(&chn->lock, 1, __ATOMIC_ACQUIRE)) {
        while (READ_ONCE(chn->lock))
            arch_relax();
    }
}

void port_unlock(struct evtchn *chn)
{
    __atomic_store_n(&chn->lock, 0, __ATOMIC_RELEASE);
}

static void port_lock_pair(struct evtchn *a, struct evtchn *b)
{
    port_lock(a < b ? a : b);
    if (a != b)
        port_lock(a < b ? b : a);
}

static void port_unlock_pair(struct evtchn *a, struct evtchn *b)
{
    port_unlock(a);
    if (a != b)
        port_unlock(b);
}

/* --- the table --- */

static int bucket_add(struct domain *d)
{
    struct event_table *t = &d->events;
    uint32_t first = t->valid_ports;
    struct evtchn *bucket = hv_alloc_page();
    uint32_t i;

    if (!bucket)
        return -ENOMEM;
    for (i = 0; i < PORTS_PER_BUCKET; i++)
        bucket[i].port = first + i;
    t->buckets[first / PORTS_PER_BUCKET] = bucket;
    __atomic_store_n(&t->valid_ports, first + (uint32_t)PORTS_PER_BUCKET, __ATOMIC_RELEASE);
    return 0;
}

int evtchn_domain_init(struct domain *d, uint32_t max_port)
{
    struct event_table *t = &d->events;
    struct evtchn *zero;

    max_port = (uint32_t)min_u64(max_port, EVTCHN_MAX_PORTS - 1);
    memset(t, 0, sizeof(*t));
    spin_lock_init(&t->lock, RANK_EVENT);
    t->max_port = max_port;
    t->abi = &evtchn_abi_2l;
    t->buckets = hv_zalloc((max_port / PORTS_PER_BUCKET + 1) * sizeof(*t->buckets));
    if (!t->buckets)
        return -ENOMEM;
    if (bucket_add(d)) {
        hv_free(t->buckets);
        t->buckets = NULL;
        return -ENOMEM;
    }
    zero = evtchn_lookup(d, 0);
    zero->state = PORT_RESERVED;
    zero->reset_cursor = 1;
    zero->free_hint = 1;
    return 0;
}

void evtchn_domain_destroy(struct domain *d)
{
    struct event_table *t = &d->events;
    uint32_t port;

    if (!t->buckets)
        return;
    evtchn_fifo_destroy(d);
    for (port = 0; port < t->valid_ports; port += (uint32_t)PORTS_PER_BUCKET)
        hv_free_page(t->buckets[port / PORTS_PER_BUCKET]);
    t->valid_ports = 0;
    hv_free(t->buckets);
    t->buckets = NULL;
}

int evtchn_vcpu_init(struct vcpu *v)
{
    return v->domain->events.fifo ? evtchn_fifo_vcpu_init(v) : 0;
}

void evtchn_vcpu_destroy(struct vcpu *v)
{
    evtchn_fifo_vcpu_destroy(v);
}

/*
 * The lowest port that is free and no longer in any queue of the guest; table lock held. 0 and *ret_chn, -EINVAL: the
 * domain is dying, -ENOSPC, -ENOMEM.
 */
static int port_find_free(struct domain *d, struct evtchn **ret_chn)
{
    struct event_table *t = &d->events;
    struct evtchn *zero = evtchn_lookup(d, 0), *chn;
    uint32_t limit = (uint32_t)min_u64(t->max_port + 1ULL, t->abi->max_ports(d));
    bool seen_free = false;
    uint32_t port;

    if (READ_ONCE(d->state) != DOMAIN_ALIVE)
        return -EINVAL;
    for (port = zero->free_hint; port < limit; port++) {
        if (port >= t->valid_ports && bucket_add(d))
            return -ENOMEM;
        chn = evtchn_lookup(d, port);
        if (chn->state != PORT_FREE)
            continue;
        if (!seen_free)
            zero->free_hint = port;
        seen_free = true;
        if (t->abi->is_busy(d, chn))
            continue;
        *ret_chn = chn;
        return 0;
    }
    return -ENOSPC;
}

/* Make a free port live; table and port lock held. The type's own fields are set by the caller before. */
static void port_open(struct domain *d, struct evtchn *chn, enum port_state state, uint32_t vcpu)
{
    chn->notify_vcpu = vcpu;
    chn->raised_early = false;
    d->events.abi->init_port(d, chn);
    d->events.active++;
    chn->state = (uint8_t)state;
}

/* The reverse; table and port lock held. */
static void port_free(struct domain *d, struct evtchn *chn)
{
    struct evtchn *zero = evtchn_lookup(d, 0);

    d->events.abi->clear_pending(d, chn);
    chn->state = PORT_FREE;
    chn->notify_vcpu = 0;
    chn->remote = NULL;
    chn->remote_port = 0;
    d->events.active--;
    if (chn->port < zero->free_hint)
        zero->free_hint = chn->port;
}

/* --- binding --- */

int evtchn_alloc_unbound(struct domain *d, domid_t remote, uint32_t *ret_port)
{
    struct evtchn *chn;
    int rc;

    spin_lock(&d->events.lock);
    rc = port_find_free(d, &chn);
    if (!rc) {
        port_lock(chn);
        chn->unbound_remote = remote;
        port_open(d, chn, PORT_UNBOUND, 0);
        port_unlock(chn);
        *ret_port = chn->port;
    }
    spin_unlock(&d->events.lock);
    return rc;
}

/* Join the free port chn of d with rd's unbound port rchn; both tables locked. */
static void port_join(struct domain *d, struct evtchn *chn, struct domain *rd, struct evtchn *rchn)
{
    port_lock_pair(chn, rchn);
    chn->remote = rd;
    chn->remote_port = rchn->port;
    port_open(d, chn, PORT_INTERDOMAIN, 0);
    rchn->remote = d;
    rchn->remote_port = chn->port;
    rchn->state = PORT_INTERDOMAIN;
    /* What the remote end sent while it was unbound is lost: assume that it did. */
    evtchn_raise(d, chn);
    port_unlock_pair(chn, rchn);
}

int evtchn_bind_interdomain(struct domain *d, struct domain *rd, uint32_t remote_port, uint32_t *ret_port)
{
    struct evtchn *chn, *rchn;
    int rc;

    spin_lock_pair(&d->events.lock, &rd->events.lock);
    rc = port_find_free(d, &chn);
    if (!rc) {
        rchn = evtchn_lookup(rd, remote_port);
        if (!rchn || rchn->state != PORT_UNBOUND || rchn->unbound_remote != d->id) {
            rc = -EINVAL;
        } else {
            port_join(d, chn, rd, rchn);
            *ret_port = chn->port;
        }
    }
    spin_unlock_pair(&d->events.lock, &rd->events.lock);
    return rc;
}

static bool virq_is_global(uint32_t virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *ret_port)
{
    struct evtchn *chn;
    struct vcpu *v;
    int rc;

    if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
        return -EINVAL;
    v = domain_vcpu(d, vcpu);
    if (!v)
        return -ENOENT;
    spin_lock(&d->events.lock);
    rc = v->virq_port[virq] ? -EEXIST : port_find_free(d, &chn);
    if (!rc) {
        port_lock(chn);
        chn->virq = virq;
        port_open(d, chn, PORT_VIRQ, vcpu);
        port_unlock(chn);
        *ret_port = chn->port;
        __atomic_store_n(&v->virq_port[virq], chn->port, __ATOMIC_RELEASE);
    }
    spin_unlock(&d->events.lock);
    return rc;
}

int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *ret_port)
{
    struct evtchn *chn;
    int rc;

    if (!domain_vcpu(d, vcpu))
        return -ENOENT;
    spin_lock(&d->events.lock);
    rc = port_find_free(d, &chn);
    if (!rc) {
        port_lock(chn);
        port_open(d, chn, PORT_IPI, vcpu);
        port_unlock(chn);
        *ret_port = chn->port;
    }
    spin_unlock(&d->events.lock);
    return rc;
}

int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
    struct evtchn *chn;
    int rc = -EINVAL;

    if (!domain_vcpu(d, vcpu))
        return -ENOENT;
    chn = evtchn_lookup(d, port);
    if (!chn)
        return -EINVAL;
    spin_lock(&d->events.lock);
    port_lock(chn);
    if (chn->state == PORT_UNBOUND || chn->state == PORT_INTERDOMAIN ||
        (chn->state == PORT_VIRQ && virq_is_global(chn->virq))) {
        chn->notify_vcpu = vcpu;
        rc = 0;
    }
    port_unlock(chn);
    spin_unlock(&d->events.lock);
    return rc;
}

/* --- closing --- */

/* Close a port that has no other end; table locked. */
static void port_close_local(struct domain *d, struct evtchn *chn)
{
    struct vcpu *v;

    port_lock(chn);
    if (chn->state == PORT_VIRQ) {
        v = domain_vcpu(d, virq_is_global(chn->virq) ? 0 : chn->notify_vcpu);
        if (v)
            WRITE_ONCE(v->virq_port[chn->virq], 0);
    }
    port_free(d, chn);
    port_unlock(chn);
}

/* Close one end of a pair; the other becomes unbound again. Both tables locked. */
static void port_part(struct domain *d, struct evtchn *chn)
{
    struct evtchn *rchn = evtchn_lookup(chn->remote, chn->remote_port);

    port_lock_pair(chn, rchn);
    rchn->state = PORT_UNBOUND;
    rchn->remote = NULL;
    rchn->unbound_remote = d->id;
    port_free(d, chn);
    port_unlock_pair(chn, rchn);
}

/*
 * chn was seen bound to rd under d's table lock, which is held here and released. rd->events.lock may come first in
 * the order, so let go, take both and look again. False: the binding changed meanwhile, try again.
 */
static bool port_close_pair(struct domain *d, struct evtchn *chn, struct domain *rd)
{
    bool same;

    domain_get(rd); /* it is alive: its end of the pair cannot be closed while our table is locked */
    spin_unlock(&d->events.lock);
    spin_lock_pair(&d->events.lock, &rd->events.lock);
    same = chn->state == PORT_INTERDOMAIN && chn->remote == rd;
    if (same)
        port_part(d, chn);
    spin_unlock_pair(&d->events.lock, &rd->events.lock);
    domain_put(rd);
    return same;
}

int evtchn_close(struct domain *d, uint32_t port)
{
    struct evtchn *chn = evtchn_lookup(d, port);

    if (!chn)
        return -EINVAL;
    for (;;) {
        spin_lock(&d->events.lock);
        if (chn->state == PORT_FREE || chn->state == PORT_RESERVED) {
            spin_unlock(&d->events.lock);
            return -EINVAL;
        }
        if (chn->state != PORT_INTERDOMAIN) {
            port_close_local(d, chn);
            spin_unlock(&d->events.lock);
            return 0;
        }
        if (port_close_pair(d, chn, chn->remote))
            return 0;
    }
}

static int close_ports(struct domain *d, bool preemptible)
{
    struct evtchn *zero = evtchn_lookup(d, 0);
    uint32_t port = READ_ONCE(zero->reset_cursor);

    for (; port < READ_ONCE(d->events.valid_ports); port++) {
        evtchn_close(d, port); /* -EINVAL: not open */
        if (preemptible && cpu_should_preempt()) {
            WRITE_ONCE(zero->reset_cursor, port + 1);
            return -ERESTART;
        }
    }
    WRITE_ONCE(zero->reset_cursor, 1);
    return 0;
}

int evtchn_close_some(struct domain *d)
{
    return d->events.buckets ? close_ports(d, true) : 0;
}

void evtchn_domain_close(struct domain *d)
{
    if (!d->events.buckets)
        return;
    close_ports(d, false);
    spin_lock(&d->events.lock);
    evtchn_fifo_destroy(d);
    spin_unlock(&d->events.lock);
}

int evtchn_reset(struct domain *d)
{
    int rc = close_ports(d, true);

    if (rc)
        return rc;
    spin_lock(&d->events.lock);
    if (d->events.active)
        rc = -EAGAIN;
    else
        evtchn_fifo_destroy(d);
    spin_unlock(&d->events.lock);
    return rc;
}

/* --- raising --- */

static void pollers_wake(struct domain *d, uint32_t port)
{
    struct vcpu *v;
    uint32_t i;

    smp_mb(); /* the event first, then the look; SCHEDOP_poll does the reverse */
    if (!READ_ONCE(d->poll_count))
        return;
    for (i = 0; i < d->nr_vcpus; i++) {
        v = d->vcpu[i];
        if (!v || !READ_ONCE(v->polling))
            continue;
        if (READ_ONCE(v->poll_port) != port && READ_ONCE(v->poll_port) != UINT32_MAX)
            continue;
        vcpu_unblock(v); /* ends the poll */
    }
}

void evtchn_raise(struct domain *d, struct evtchn *chn)
{
    const struct evtchn_abi *abi = READ_ONCE(d->events.abi), *after;
    struct vcpu *v = domain_vcpu(d, READ_ONCE(chn->notify_vcpu));

    abi->set_pending(d, v, chn);
    pollers_wake(d, chn->port); /* a barrier, too */
    after = READ_ONCE(d->events.abi);
    if (unlikely(after != abi)) /* the guest went over to the other format meanwhile: it may not look at the old bits */
        after->set_pending(d, v, chn);
}

int evtchn_send(struct domain *d, uint32_t port)
{
    struct evtchn *chn = evtchn_lookup(d, port);
    int rc = 0;

    if (!chn)
        return -EINVAL;
    port_lock(chn);
    switch (chn->state) {
    case PORT_INTERDOMAIN:
        evtchn_raise(chn->remote, evtchn_lookup(chn->remote, chn->remote_port));
        break;
    case PORT_IPI:
        evtchn_raise(d, chn);
        break;
    case PORT_UNBOUND: /* nobody listens: dropped */
        break;
    default:
        rc = -EINVAL;
        break;
    }
    port_unlock(chn);
    return rc;
}

void evtchn_virq(struct vcpu *v, uint32_t virq)
{
    struct domain *d = v->domain;
    struct evtchn *chn;
    uint32_t port;

    port = __atomic_load_n(&v->virq_port[virq], __ATOMIC_ACQUIRE);
    if (!port)
        return;
    chn = evtchn_lookup(d, port);
    port_lock(chn);
    if (chn->state == PORT_VIRQ && chn->virq == virq && (virq_is_global(virq) || chn->notify_vcpu == v->id))
        evtchn_raise(d, chn);
    port_unlock(chn);
}

void evtchn_global_virq(uint32_t virq)
{
    struct vcpu *v = dom0 ? domain_vcpu(dom0, 0) : NULL;

    if (v)
        evtchn_virq(v, virq);
}

void evtchn_mark_upcall(struct vcpu *v)
{
    struct vcpu_info *info = READ_ONCE(v->info); /* this field is at offset 0 in both layouts */

    if (!info || __atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    arch_event_upcall(v);
    vcpu_kick(v);
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
    const struct vcpu_info *info = READ_ONCE(v->info);

    return info && READ_ONCE(info->evtchn_upcall_pending) && !READ_ONCE(info->evtchn_upcall_mask);
}

/*
 * Bits that were set in the old place, or while there was none, may be lost: mark everything, the guest looks at
 * each port and finds what is really pending.
 */
void evtchn_vcpu_info_moved(struct vcpu *v)
{
    struct vcpu_info *info = v->info;
    struct compat_vcpu_info *info32 = v->info;

    if (!info)
        return;
    if (v->domain->abi32)
        __atomic_store_n(&info32->evtchn_pending_sel, UINT32_MAX, __ATOMIC_SEQ_CST);
    else
        __atomic_store_n(&info->evtchn_pending_sel, UINT64_MAX, __ATOMIC_SEQ_CST);
    __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    arch_event_upcall(v);
    vcpu_kick(v);
}

/* --- queries and small operations --- */

bool evtchn_port_pending(struct domain *d, uint32_t port)
{
    struct evtchn *chn = evtchn_lookup(d, port);
    bool pending;

    if (!chn)
        return false;
    port_lock(chn);
    pending = chn->state > PORT_RESERVED && d->events.abi->is_pending(d, chn);
    port_unlock(chn);
    return pending;
}

int evtchn_unmask(struct domain *d, uint32_t port)
{
    struct evtchn *chn = evtchn_lookup(d, port);

    if (!chn)
        return -EINVAL;
    port_lock(chn);
    if (chn->state > PORT_RESERVED)
        d->events.abi->unmask(d, domain_vcpu(d, chn->notify_vcpu), chn);
    port_unlock(chn);
    return 0;
}

int evtchn_set_priority(struct domain *d, uint32_t port, uint32_t priority)
{
    struct evtchn *chn = evtchn_lookup(d, port);
    int rc;

    if (!chn)
        return -EINVAL;
    port_lock(chn);
    if (!d->events.abi->set_priority)
        rc = -ENOSYS;
    else if (chn->state <= PORT_RESERVED)
        rc = -EACCES;
    else
        rc = d->events.abi->set_priority(d, chn, priority);
    port_unlock(chn);
    return rc;
}

void evtchn_dump(struct domain *d)
{
    static const char *const names[] = { "free", "reserved", "unbound", "interdomain", "virq", "ipi" };
    struct evtchn *chn;
    uint32_t port;

    log_info("d%u event channels: %s, %u open\n", d->id, d->events.abi->name, d->events.active);
    for (port = 1; port < READ_ONCE(d->events.valid_ports); port++) {
        chn = evtchn_lookup(d, port);
        port_lock(chn);
        if (chn->state != PORT_FREE)
            log_info("  %4u %s vcpu %u pending %d masked %d id %u port %u\n", port, names[chn->state],
                     chn->notify_vcpu, d->events.abi->is_pending(d, chn), d->events.abi->is_masked(d, chn),
                     chn->state == PORT_INTERDOMAIN ? chn->remote->id
                     : chn->state == PORT_VIRQ      ? chn->virq
                     : chn->state == PORT_UNBOUND   ? chn->unbound_remote : 0,
                     chn->state == PORT_INTERDOMAIN ? chn->remote_port : 0);
        port_unlock(chn);
    }
}
