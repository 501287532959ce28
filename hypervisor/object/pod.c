/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Populate on demand: a guest starts with less memory than its map shows. Its other gfns are P2M_ON_DEMAND and get a
 * frame at the first access, from frames that the domain already owns (the cache), until its balloon has given up as
 * many gfns as there are frames too few. What the balloon gives up goes back into the cache while that is short.
 * Frames are handed out one by one, and none is taken back from a guest that only wrote zeroes to it.
 */
#include "arch.h"
#include "cpu.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "p2m_internal.h"
#include "page.h"

/* The cache is a stack: the first bytes of each frame, which no guest sees there, name the next one. */
static void push(struct pod *pod, mfn_t mfn)
{
    *(mfn_t *)mfn_to_virt(mfn) = pod->top;
    pod->top = mfn;
    WRITE_ONCE(pod->count, pod->count + 1);
}

static mfn_t pop(struct pod *pod)
{
    mfn_t mfn = pod->top, *link;

    if (mfn == INVALID_MFN)
        return mfn;
    link = mfn_to_virt(mfn);
    pod->top = *link;
    *link = 0;
    WRITE_ONCE(pod->count, pod->count - 1);
    return mfn;
}

void pod_init(struct domain *d)
{
    spin_lock_init(&d->p2m.pod.lock, RANK_POD);
    d->p2m.pod.top = INVALID_MFN;
}

/* Drop frames from the cache until it is as small as wanted, at most `most`. True: it is. */
static bool shrink(struct domain *d, uint64_t wanted, uint64_t most)
{
    struct pod *pod = &d->p2m.pod;

    for (;;) {
        mfn_t mfn = INVALID_MFN;

        spin_lock(&pod->lock);
        if (pod->count > wanted && most > 0)
            mfn = pop(pod);
        spin_unlock(&pod->lock);
        if (mfn == INVALID_MFN)
            return READ_ONCE(pod->count) <= wanted;
        page_put(mfn_to_page(mfn));
        most--;
    }
}

/* Frames that other mappings still held when the balloon gave them up are missing in the cache: replace them. */
static mfn_t frame_take(struct domain *d)
{
    mfn_t mfn = pop(&d->p2m.pod);

    if (mfn == INVALID_MFN && READ_ONCE(d->tot_pages) < d->p2m.pod.target &&
        domain_alloc_pages(d, ORDER_4K, ALLOC_ZERO, &mfn))
        return INVALID_MFN;
    return mfn;
}

int pod_fill(struct domain *d, gfn_t gfn)
{
    struct pod *pod = &d->p2m.pod;
    struct p2m_entry e;
    mfn_t mfn;
    int rc = 0;

    spin_lock(&pod->lock);
    e = p2m_lookup(d, gfn);
    if (e.type == P2M_ON_DEMAND) {
        mfn = frame_take(d);
        rc = mfn == INVALID_MFN ? -ENOMEM : p2m_replace(d, gfn, mfn, ORDER_4K, P2M_RAM_RW, &e);
        if (rc && mfn != INVALID_MFN)
            push(pod, mfn);
    }
    spin_unlock(&pod->lock);
    return rc == -EAGAIN ? 0 : rc;
}

bool pod_take_back(struct domain *d, mfn_t mfn)
{
    struct pod *pod = &d->p2m.pod;
    struct page *pg = mfn_to_page(mfn);
    bool ok;

    if (READ_ONCE(pod->entries) == 0)
        return false;
    spin_lock(&pod->lock);
    /* Out of the map nobody can take a new reference. Teardown empties the cache after the state has changed. */
    ok = pod->count < READ_ONCE(pod->entries) && READ_ONCE(pg->refs) == 1 && READ_ONCE(d->state) == DOMAIN_ALIVE;
    if (ok) {
        memset(mfn_to_virt(mfn), 0, PAGE_SIZE);
        push(pod, mfn);
    }
    spin_unlock(&pod->lock);
    return ok;
}

void pod_trim(struct domain *d, uint64_t most)
{
    shrink(d, READ_ONCE(d->p2m.pod.entries), most);
}

/* How large the cache has to be for d to own `target` frames. */
static uint64_t cache_wanted(const struct domain *d, uint64_t target)
{
    const struct pod *pod = &d->p2m.pod;
    uint64_t tot = READ_ONCE(d->tot_pages), populated = tot - pod->count;

    if (target < tot || (populated > 0 && pod->entries == 0))
        return pod->count; /* less memory, or a map without holes: it is the balloon that acts */
    return populated > 0 ? min_u64(target - populated, pod->entries) : target; /* none is populated: in creation */
}

int pod_set_target(struct domain *d, uint64_t target)
{
    struct pod *pod = &d->p2m.pod;
    uint64_t wanted;
    mfn_t mfn;

    spin_lock(&pod->lock);
    pod->target = target;
    wanted = cache_wanted(d, target);
    spin_unlock(&pod->lock);
    while (READ_ONCE(pod->count) < wanted) {
        if (READ_ONCE(d->state) != DOMAIN_ALIVE)
            return -EINVAL;
        if (domain_alloc_pages(d, ORDER_4K, ALLOC_ZERO, &mfn))
            return -ENOMEM;
        spin_lock(&pod->lock);
        if (READ_ONCE(d->state) == DOMAIN_ALIVE) {
            push(pod, mfn);
            mfn = INVALID_MFN;
        }
        spin_unlock(&pod->lock);
        if (mfn != INVALID_MFN)
            page_put(mfn_to_page(mfn));
        if (cpu_should_preempt())
            return -ERESTART;
    }
    while (!shrink(d, wanted, 64))
        if (cpu_should_preempt())
            return -ERESTART;
    return 0;
}

int pod_release(struct domain *d)
{
    while (!shrink(d, 0, 64))
        if (cpu_should_preempt())
            return -ERESTART;
    return 0;
}
