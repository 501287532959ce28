/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO format: an event word for each port in pages that the guest gives (the event array), and for each vCPU
 * a control block with the heads of 16 queues. The hypervisor appends, the guest takes from the head; a word's link
 * field names the next port. All of it is guest memory and may say anything: the hypervisor never follows a link, it
 * keeps the tails itself, and it retries a contended word a fixed number of times.
 */
#include "arch.h"
#include "console.h"
#include "errno.h"
#include "event_internal.h"
#include "page.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))
#define MAX_ARRAY_PAGES (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define LINK_TRIES 8
#define QUEUE_TRIES 3

#define WORD_PENDING (1u << EVTCHN_FIFO_PENDING)
#define WORD_MASKED (1u << EVTCHN_FIFO_MASKED)
#define WORD_LINKED (1u << EVTCHN_FIFO_LINKED)
#define WORD_BUSY (1u << EVTCHN_FIFO_BUSY)

struct fifo_queue {
    struct spinlock lock; /* RANK_EVENT_QUEUE */
    uint32_t tail;        /* port appended last; 0: none */
};

struct evtchn_fifo_vcpu {
    struct evtchn_fifo_control_block *control; /* in guest memory; NULL: not given yet */
    mfn_t control_mfn;
    struct fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

struct fifo_array {
    uint32_t nr_pages; /* published after the page */
    uint32_t *page[MAX_ARRAY_PAGES];
    mfn_t mfn[MAX_ARRAY_PAGES];
};

static uint32_t *word_of(const struct domain *d, uint32_t port)
{
    const struct fifo_array *array = d->events.fifo;
    uint32_t nr = port / WORDS_PER_PAGE;

    if (nr >= __atomic_load_n(&array->nr_pages, __ATOMIC_ACQUIRE))
        return NULL;
    return &array->page[nr][port % WORDS_PER_PAGE];
}

static uint32_t word_set(uint32_t *word, uint32_t bits)
{
    return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static uint32_t word_clear(uint32_t *word, uint32_t bits)
{
    return __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
}

/* Take one of d's own writable pages to share with it. No lock held: a put may free another, dying domain. */
static int guest_page_get(struct domain *d, gfn_t gfn, mfn_t *ret_mfn)
{
    mfn_t mfn;

    if (p2m_get_page(d, gfn, true, &mfn))
        return -EINVAL;
    if (mfn_to_page(mfn)->owner != d->id) {
        page_put(mfn_to_page(mfn));
        return -EINVAL;
    }
    *ret_mfn = mfn;
    return 0;
}

/* --- queues --- */

/*
 * Make port the successor of the event whose word this is. False: that event has left the queue, so the queue is
 * empty. A guest that keeps changing the word loses events of its own only.
 */
static bool link_behind(struct domain *d, uint32_t *word, uint32_t port)
{
    uint32_t old, new;
    unsigned i;

    for (i = 0; i < LINK_TRIES; i++) {
        old = READ_ONCE(*word);
        if (!(old & WORD_LINKED)) {
            word_clear(word, WORD_BUSY);
            return false;
        }
        new = (old & ~(EVTCHN_FIFO_LINK_MASK | WORD_BUSY)) | port;
        if (__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return true;
        if (i == LINK_TRIES / 2)
            word_set(word, WORD_BUSY); /* asks the guest to leave the word alone */
    }
    word_clear(word, WORD_BUSY);
    log_guest(LOG_INFO, d, "event %u not linked: the word before it keeps changing\n", port);
    return true;
}

static struct fifo_queue *queue_of(const struct domain *d, uint32_t last_queue)
{
    const struct vcpu *v = domain_vcpu(d, last_queue >> 8);

    return v && v->evtchn_fifo ? &v->evtchn_fifo->queue[last_queue & 0xff] : NULL;
}

/*
 * Lock the queue that chn goes to and the one that it was in last: as long as it is that one's tail, nothing may be
 * appended behind it there. NULL: it kept moving.
 */
static struct fifo_queue *queues_lock(struct domain *d, struct vcpu *v, struct evtchn *chn, unsigned prio,
                                      struct fifo_queue **ret_old)
{
    struct fifo_queue *q = &v->evtchn_fifo->queue[prio], *old;
    uint32_t last;
    unsigned i;

    for (i = 0; i < QUEUE_TRIES; i++) {
        last = READ_ONCE(chn->last_queue);
        old = queue_of(d, last);
        if (!old)
            old = q;
        spin_lock_pair(&old->lock, &q->lock);
        if (chn->last_queue == last) {
            *ret_old = old;
            return q;
        }
        spin_unlock_pair(&old->lock, &q->lock);
    }
    log_guest(LOG_INFO, d, "event %u lost: it changes queues too often\n", chn->port);
    return NULL;
}

/* Append chn; both queues locked. True if it became the head, so that the guest must be told. */
static bool queue_append(struct domain *d, struct vcpu *v, struct evtchn *chn, unsigned prio, struct fifo_queue *q)
{
    uint32_t *tail = q->tail ? word_of(d, q->tail) : NULL;
    bool linked = false;

    chn->last_queue = v->id << 8 | prio;
    if (tail && q->tail != chn->port)
        linked = link_behind(d, tail, chn->port);
    if (!linked)
        WRITE_ONCE(v->evtchn_fifo->control->head[prio], chn->port);
    q->tail = chn->port;
    return !linked;
}

static void event_link(struct domain *d, struct vcpu *v, struct evtchn *chn, uint32_t *word)
{
    unsigned prio = READ_ONCE(chn->priority);
    struct fifo_queue *q, *old;
    bool tell = false;

    if (!v || !v->evtchn_fifo || !READ_ONCE(v->evtchn_fifo->control))
        return;
    q = queues_lock(d, v, chn, prio, &old);
    if (!q)
        return;
    if (!(word_set(word, WORD_LINKED) & WORD_LINKED)) {
        word_clear(word, EVTCHN_FIFO_LINK_MASK); /* it is the last now */
        if (old->tail == chn->port)
            old->tail = 0; /* it left that queue, which is therefore empty */
        tell = queue_append(d, v, chn, prio, q);
    }
    spin_unlock_pair(&old->lock, &q->lock);
    if (tell && !(word_set(&v->evtchn_fifo->control->ready, 1u << prio) & (1u << prio)))
        evtchn_mark_upcall(v);
}

/* --- struct evtchn_abi --- */

static uint32_t fifo_max_ports(const struct domain *d)
{
    (void)d;
    return EVTCHN_FIFO_NR_CHANNELS;
}

static void fifo_init_port(struct domain *d, struct evtchn *chn)
{
    (void)d;
    chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
}

static void fifo_set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
    uint32_t *word = word_of(d, chn->port), old;

    if (!word) {
        /* Remember it for evtchn_fifo_expand_array, which looks after it has published the page. */
        __atomic_store_n(&chn->raised_early, true, __ATOMIC_SEQ_CST);
        word = word_of(d, chn->port);
        if (!word || !__atomic_exchange_n(&chn->raised_early, false, __ATOMIC_SEQ_CST))
            return;
    }
    old = word_set(word, WORD_PENDING);
    if (!(old & (WORD_MASKED | WORD_LINKED)))
        event_link(d, v, chn, word);
}

static void fifo_clear_pending(struct domain *d, struct evtchn *chn)
{
    uint32_t *word = word_of(d, chn->port);

    chn->raised_early = false;
    if (word)
        word_clear(word, WORD_PENDING); /* the guest takes it out of its queue */
}

static void fifo_unmask(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
    uint32_t *word = word_of(d, chn->port);

    if (!word)
        return;
    word_clear(word, WORD_MASKED);
    if (READ_ONCE(*word) & WORD_PENDING)
        fifo_set_pending(d, v, chn);
}

static bool fifo_is_pending(struct domain *d, const struct evtchn *chn)
{
    const uint32_t *word = word_of(d, chn->port);

    return word ? READ_ONCE(*word) & WORD_PENDING : READ_ONCE(chn->raised_early);
}

static bool fifo_is_masked(struct domain *d, const struct evtchn *chn)
{
    const uint32_t *word = word_of(d, chn->port);

    return !word || (READ_ONCE(*word) & WORD_MASKED);
}

static bool fifo_is_busy(struct domain *d, const struct evtchn *chn)
{
    const uint32_t *word = word_of(d, chn->port);

    return word && (READ_ONCE(*word) & WORD_LINKED);
}

static int fifo_set_priority(struct domain *d, struct evtchn *chn, uint32_t priority)
{
    (void)d;
    if (priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -EINVAL;
    WRITE_ONCE(chn->priority, (uint8_t)priority);
    return 0;
}

const struct evtchn_abi evtchn_abi_fifo = {
    .name = "FIFO",
    .max_ports = fifo_max_ports,
    .init_port = fifo_init_port,
    .set_pending = fifo_set_pending,
    .clear_pending = fifo_clear_pending,
    .unmask = fifo_unmask,
    .is_pending = fifo_is_pending,
    .is_masked = fifo_is_masked,
    .is_busy = fifo_is_busy,
    .set_priority = fifo_set_priority,
};

/* --- setting up --- */

int evtchn_fifo_vcpu_init(struct vcpu *v)
{
    struct evtchn_fifo_vcpu *fv;
    unsigned i;

    if (v->evtchn_fifo)
        return 0;
    fv = hv_zalloc(sizeof(*fv));
    if (!fv)
        return -ENOMEM;
    for (i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        spin_lock_init(&fv->queue[i].lock, RANK_EVENT_QUEUE);
    v->evtchn_fifo = fv;
    return 0;
}

void evtchn_fifo_vcpu_destroy(struct vcpu *v)
{
    struct evtchn_fifo_vcpu *fv = v->evtchn_fifo;

    if (!fv)
        return;
    if (fv->control)
        page_put(mfn_to_page(fv->control_mfn));
    v->evtchn_fifo = NULL;
    hv_free(fv);
}

/* The domain's array and every vCPU's queues; table locked. 0 or -ENOMEM and nothing is left. */
static int fifo_alloc(struct domain *d)
{
    struct fifo_array *array = hv_zalloc(sizeof(*array));
    uint32_t i;

    if (!array)
        return -ENOMEM;
    for (i = 0; i < d->nr_vcpus; i++) {
        if (d->vcpu[i] && evtchn_fifo_vcpu_init(d->vcpu[i])) {
            while (i--) {
                if (d->vcpu[i])
                    evtchn_fifo_vcpu_destroy(d->vcpu[i]);
            }
            hv_free(array);
            return -ENOMEM;
        }
    }
    d->events.fifo = array;
    return 0;
}

void evtchn_fifo_destroy(struct domain *d)
{
    struct fifo_array *array = d->events.fifo;
    uint32_t i;

    if (!array)
        return;
    d->events.abi = &evtchn_abi_2l;
    d->events.fifo = NULL;
    for (i = 0; i < d->nr_vcpus; i++) {
        if (d->vcpu[i])
            evtchn_fifo_vcpu_destroy(d->vcpu[i]);
    }
    for (i = 0; i < array->nr_pages; i++)
        page_put(mfn_to_page(array->mfn[i]));
    hv_free(array);
}

/*
 * Open ports come along with what is pending in the 2-level bits. First the new format, then the look at the old bits:
 * a sender does it the other way round (evtchn_raise), so one of the two sees the other.
 */
static void ports_take_over(struct domain *d)
{
    struct evtchn *chn;
    uint32_t port;

    for (port = 1; port < d->events.valid_ports; port++) {
        chn = evtchn_lookup(d, port);
        chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        chn->last_queue = 0;
        chn->raised_early = false;
    }
    __atomic_store_n(&d->events.abi, &evtchn_abi_fifo, __ATOMIC_SEQ_CST);
    smp_mb();
    for (port = 1; port < d->events.valid_ports; port++) {
        chn = evtchn_lookup(d, port);
        if (chn->state > PORT_RESERVED && evtchn_abi_2l.is_pending(d, chn))
            __atomic_store_n(&chn->raised_early, true, __ATOMIC_SEQ_CST);
    }
}

static int control_map(struct vcpu *v, mfn_t mfn, uint32_t offset)
{
    struct evtchn_fifo_vcpu *fv = v->evtchn_fifo;

    if (!fv || fv->control)
        return -EINVAL;
    fv->control_mfn = mfn;
    __atomic_store_n(&fv->control, (void *)((char *)mfn_to_virt(mfn) + offset), __ATOMIC_RELEASE);
    return 0;
}

/* Table locked. The reference on mfn is used up if it works. */
static int control_set(struct domain *d, struct vcpu *v, mfn_t mfn, uint32_t offset)
{
    bool first = !d->events.fifo;
    int rc = first ? fifo_alloc(d) : 0;

    if (rc)
        return rc;
    rc = control_map(v, mfn, offset);
    if (rc && first)
        evtchn_fifo_destroy(d);
    else if (first)
        ports_take_over(d);
    return rc;
}

int evtchn_fifo_init_control(struct domain *d, uint32_t vcpu, gfn_t gfn, uint32_t offset)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    mfn_t mfn;
    int rc;

    if (!v)
        return -ENOENT;
    if (offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || offset % 8)
        return -EINVAL;
    rc = guest_page_get(d, gfn, &mfn);
    if (rc)
        return rc;
    spin_lock(&d->events.lock);
    rc = control_set(d, v, mfn, offset);
    spin_unlock(&d->events.lock);
    if (rc)
        page_put(mfn_to_page(mfn));
    return rc;
}

/* Raise what was raised before the new page's words existed; table locked. */
static void raise_early_ones(struct domain *d, uint32_t first)
{
    struct evtchn *chn;
    uint32_t port;

    for (port = first; port < first + WORDS_PER_PAGE; port++) {
        chn = evtchn_lookup(d, port);
        if (!chn)
            break;
        port_lock(chn);
        if (__atomic_exchange_n(&chn->raised_early, false, __ATOMIC_SEQ_CST) && chn->state > PORT_RESERVED)
            evtchn_raise(d, chn);
        port_unlock(chn);
    }
}

int evtchn_fifo_expand_array(struct domain *d, gfn_t gfn)
{
    struct fifo_array *array;
    uint32_t nr;
    mfn_t mfn;
    int rc;

    if (!READ_ONCE(d->events.fifo))
        return -EOPNOTSUPP;
    rc = guest_page_get(d, gfn, &mfn);
    if (rc)
        return rc;
    spin_lock(&d->events.lock);
    array = d->events.fifo;
    if (!array) {
        rc = -EOPNOTSUPP;
    } else if (array->nr_pages >= MAX_ARRAY_PAGES) {
        rc = -ENOSPC;
    } else {
        nr = array->nr_pages;
        array->page[nr] = mfn_to_virt(mfn);
        array->mfn[nr] = mfn;
        __atomic_store_n(&array->nr_pages, nr + 1, __ATOMIC_SEQ_CST);
        raise_early_ones(d, nr * (uint32_t)WORDS_PER_PAGE);
    }
    spin_unlock(&d->events.lock);
    if (rc)
        page_put(mfn_to_page(mfn));
    return rc;
}
