/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame table and the buddy allocator.
 *
 * While a frame is owned by a domain its two link words hold the owner's address, so that the last page_put needs no
 * look-up; the domain's struct stays because a domain that owns frames holds a reference on itself.
 */
#include "alloc_fault.h"
#include "domain.h"
#include "arch.h"
#include "errno.h"
#include "lib.h"
#include "lock.h"
#include "log.h"
#include "mm_internal.h"
#include "page.h"
#include "page_boot.h"

#define MAX_ORDER ORDER_1G
#define NIL UINT32_MAX
#define LOW_LIMIT (GiB(4ULL) >> PAGE_SHIFT)
#define REFS_MAX 0x7fffffffu /* more references than this are refused: the count cannot wrap */

/* Two zones, split at 4 GiB. Blocks never straddle the border, because it is aligned to the largest order. */
enum { ZONE_LOW, ZONE_HIGH, NR_ZONES };

struct claim {
    struct list_node link;
    struct domain *d;
    uint64_t left;
};

struct page *frame_table;
mfn_t max_mfn;

static struct spinlock lock = SPINLOCK_INIT(RANK_HEAP);
static uint32_t free_head[NR_ZONES][MAX_ORDER + 1];
static uint64_t nr_free, nr_total;
static struct list_node claims = LIST_INIT(claims);
static uint64_t claimed;
static mfn_t boot_end;

/* --- free lists --- */

static unsigned zone_of(mfn_t mfn)
{
    return mfn < LOW_LIMIT ? ZONE_LOW : ZONE_HIGH;
}

static void block_link(mfn_t mfn, unsigned order)
{
    uint32_t *head = &free_head[zone_of(mfn)][order];
    struct page *pg = &frame_table[mfn];

    pg->order = (uint8_t)order;
    pg->flags |= PAGE_FREE;
    pg->prev = NIL;
    pg->next = *head;
    if (*head != NIL)
        frame_table[*head].prev = (uint32_t)mfn;
    *head = (uint32_t)mfn;
}

static void block_unlink(mfn_t mfn, unsigned order)
{
    struct page *pg = &frame_table[mfn];

    if (pg->prev == NIL)
        free_head[zone_of(mfn)][order] = pg->next;
    else
        frame_table[pg->prev].next = pg->next;
    if (pg->next != NIL)
        frame_table[pg->next].prev = pg->prev;
    pg->flags &= (uint8_t)~PAGE_FREE;
}

/* Put a block on the free lists, merged with its buddies. The lock is held. */
static void block_free(mfn_t mfn, unsigned order)
{
    nr_free += 1ULL << order;
    while (order < MAX_ORDER) {
        mfn_t buddy = mfn ^ (1ULL << order);

        if (buddy + (1ULL << order) > max_mfn || !(frame_table[buddy].flags & PAGE_FREE) ||
            frame_table[buddy].order != order)
            break;
        block_unlink(buddy, order);
        mfn &= ~(1ULL << order);
        order++;
    }
    block_link(mfn, order);
}

/* The lock is held. */
static mfn_t zone_alloc(unsigned zone, unsigned order)
{
    unsigned have = order;
    mfn_t mfn;

    while (have <= MAX_ORDER && free_head[zone][have] == NIL)
        have++;
    if (have > MAX_ORDER)
        return INVALID_MFN;
    mfn = free_head[zone][have];
    block_unlink(mfn, have);
    while (have > order) {
        have--;
        block_link(mfn + (1ULL << have), have);
    }
    nr_free -= 1ULL << order;
    return mfn;
}

/* --- claims; the lock is held --- */

static struct claim *claim_find(const struct domain *d)
{
    struct list_node *n;

    list_for_each(n, &claims) {
        struct claim *c = list_entry(n, struct claim, link);

        if (c->d == d)
            return c;
    }
    return NULL;
}

/* May d (NULL: the hypervisor) take n frames without eating into what others claimed? */
static bool claim_allows(const struct domain *d, uint64_t n)
{
    const struct claim *own;
    uint64_t others = claimed;

    if (claimed == 0 || d == NULL)
        return true;
    own = claim_find(d);
    if (own != NULL)
        others -= own->left;
    return nr_free >= n && nr_free - n >= others;
}

static void claim_use(const struct domain *d, uint64_t n)
{
    struct claim *own = claimed > 0 && d != NULL ? claim_find(d) : NULL;

    if (own == NULL)
        return;
    n = min_u64(n, own->left);
    own->left -= n;
    claimed -= n;
}

static mfn_t block_alloc(const struct domain *d, unsigned order, unsigned flags)
{
    mfn_t mfn = INVALID_MFN;

    if (order > MAX_ORDER)
        return INVALID_MFN;
    spin_lock(&lock);
    if (claim_allows(d, 1ULL << order)) {
        if (!(flags & ALLOC_LOW4G))
            mfn = zone_alloc(ZONE_HIGH, order);
        if (mfn == INVALID_MFN)
            mfn = zone_alloc(ZONE_LOW, order);
    }
    if (mfn != INVALID_MFN)
        claim_use(d, 1ULL << order);
    spin_unlock(&lock);
    return mfn;
}

/* --- owners --- */

static void page_set_domain(struct page *pg, struct domain *d)
{
    uint64_t p = (uint64_t)(uintptr_t)d;

    pg->next = (uint32_t)p;
    pg->prev = (uint32_t)(p >> 32);
}

static struct domain *page_domain(const struct page *pg)
{
    return (struct domain *)(uintptr_t)(pg->next | (uint64_t)pg->prev << 32);
}

/* Count n more frames to d; false at its limit. The first ones take the reference that frames hold together. */
static bool domain_charge(struct domain *d, uint64_t n)
{
    uint32_t old = __atomic_load_n(&d->tot_pages, __ATOMIC_RELAXED);

    do {
        if (old + n > READ_ONCE(d->max_pages))
            return false;
    } while (!__atomic_compare_exchange_n(&d->tot_pages, &old, old + (uint32_t)n, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    if (old == 0)
        domain_get(d);
    return true;
}

static void domain_uncharge(struct domain *d, uint32_t n)
{
    if (__atomic_fetch_sub(&d->tot_pages, n, __ATOMIC_ACQ_REL) == n)
        domain_put(d);
}

/* Hand a block out: clean if asked, then owner and first reference, in this order for concurrent page_get. */
static void block_assign(mfn_t mfn, unsigned order, domid_t owner, struct domain *d, bool zero)
{
    for (mfn_t m = mfn; m < mfn + (1ULL << order); m++) {
        struct page *pg = &frame_table[m];

        if (zero && (pg->flags & PAGE_DIRTY))
            arch_clear_page(mfn_to_virt(m));
        pg->flags = PAGE_DIRTY;
        pg->order = 0;
        pg->owner = owner;
        page_set_domain(pg, d);
        __atomic_store_n(&pg->refs, 1, __ATOMIC_RELEASE);
    }
}

/* --- public: boot --- */

void page_alloc_init(struct page *table, mfn_t nr_frames)
{
    ASSERT(nr_frames < NIL);
    for (mfn_t m = 0; m < nr_frames; m++)
        table[m] = (struct page){ .owner = PAGE_OWNER_NONE, .next = NIL, .prev = NIL };
    for (unsigned z = 0; z < NR_ZONES; z++)
        for (unsigned o = 0; o <= MAX_ORDER; o++)
            free_head[z][o] = NIL;
    frame_table = table;
    max_mfn = nr_frames;
    nr_free = nr_total = claimed = boot_end = 0;
    list_init(&claims);
    heap_reset();
}

void page_alloc_add(mfn_t start, mfn_t end)
{
    end = min_u64(end, max_mfn);
    spin_lock(&lock);
    for (mfn_t m = start; m < end; m++)
        frame_table[m].flags = PAGE_DIRTY;
    while (start < end) {
        unsigned order = MAX_ORDER;

        while ((start & ((1ULL << order) - 1)) || start + (1ULL << order) > end)
            order--;
        block_free(start, order);
        nr_total += 1ULL << order;
        start += 1ULL << order;
    }
    spin_unlock(&lock);
}

void page_account_boot(uint64_t nr)
{
    nr_total += nr;
}

void page_assign_boot(struct domain *d, mfn_t start, mfn_t end)
{
    bool ok = domain_charge(d, end - start);

    ASSERT(ok && end <= max_mfn);
    for (mfn_t m = start; m < end; m++) {
        ASSERT(!(frame_table[m].flags & PAGE_FREE) && frame_table[m].refs == 0);
        block_assign(m, ORDER_4K, d->id, d, false);
        frame_table[m].flags |= PAGE_PINNED;
    }
    boot_end = max_u64(boot_end, end);
}

mfn_t page_boot_end(void)
{
    return boot_end;
}

bool page_reclaim_boot(struct domain *d, mfn_t mfn)
{
    struct page *pg = mfn_to_page(mfn);
    uint32_t none = 0;

    /* REFS_MAX keeps page_get away while the frame still shows its old contents. */
    if (!page_is_boot(d->id, mfn) || __atomic_load_n(&pg->refs, __ATOMIC_ACQUIRE) != 0 || !domain_charge(d, 1))
        return false;
    if (!__atomic_compare_exchange_n(&pg->refs, &none, REFS_MAX, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        domain_uncharge(d, 1);
        return false;
    }
    arch_clear_page(mfn_to_virt(mfn));
    __atomic_store_n(&pg->refs, 1, __ATOMIC_RELEASE);
    return true;
}

/* --- public: allocation --- */

mfn_t page_alloc_raw(unsigned order, unsigned flags)
{
    mfn_t mfn = block_alloc(NULL, order, flags);

    if (mfn != INVALID_MFN)
        block_assign(mfn, order, PAGE_OWNER_HV, NULL, flags & ALLOC_ZERO);
    return mfn;
}

mfn_t hv_alloc_pages(unsigned order, unsigned flags)
{
    return alloc_must_fail() ? INVALID_MFN : page_alloc_raw(order, flags);
}

void hv_free_pages(mfn_t mfn, unsigned order)
{
    for (mfn_t m = mfn; m < mfn + (1ULL << order); m++)
        page_put(&frame_table[m]); /* a guest may still have one of them mapped */
}

void *hv_alloc_page(void)
{
    mfn_t mfn = hv_alloc_pages(ORDER_4K, ALLOC_ZERO);

    return mfn == INVALID_MFN ? NULL : mfn_to_virt(mfn);
}

void hv_free_page(void *page)
{
    if (page != NULL)
        hv_free_pages(virt_to_mfn(page), ORDER_4K);
}

int domain_alloc_pages(struct domain *d, unsigned order, unsigned flags, mfn_t *ret_mfn)
{
    mfn_t mfn;

    if (order > MAX_ORDER || alloc_must_fail() || !domain_charge(d, 1ULL << order))
        return -ENOMEM;
    mfn = block_alloc(d, order, flags);
    if (mfn == INVALID_MFN) {
        domain_uncharge(d, 1U << order);
        return -ENOMEM;
    }
    block_assign(mfn, order, d->id, d, true);
    *ret_mfn = mfn;
    return 0;
}

/* --- public: references --- */

bool page_get(struct page *pg, domid_t owner)
{
    uint32_t refs;

    if (pg == NULL)
        return false;
    refs = __atomic_load_n(&pg->refs, __ATOMIC_ACQUIRE);
    do {
        if (refs == 0 || refs >= REFS_MAX || READ_ONCE(pg->owner) != owner)
            return false;
    } while (!__atomic_compare_exchange_n(&pg->refs, &refs, refs + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    if (READ_ONCE(pg->owner) == owner)
        return true;
    page_put(pg); /* freed and given to somebody else between the two looks */
    return false;
}

static void page_release(struct page *pg)
{
    struct domain *d = page_domain(pg);

    if (!(pg->flags & PAGE_PINNED)) {
        pg->flags = PAGE_DIRTY;
        pg->owner = PAGE_OWNER_NONE;
        spin_lock(&lock);
        block_free(page_to_mfn(pg), ORDER_4K);
        spin_unlock(&lock);
    }
    if (d != NULL)
        domain_uncharge(d, 1);
}

void page_put(struct page *pg)
{
    uint32_t old = __atomic_fetch_sub(&pg->refs, 1, __ATOMIC_ACQ_REL);

    ASSERT(old > 0);
    if (old == 1)
        page_release(pg);
}

/* --- public: counts and claims --- */

uint64_t free_pages_count(void)
{
    return READ_ONCE(nr_free);
}

uint64_t total_pages_count(void)
{
    return nr_total;
}

uint64_t page_claims_outstanding(void)
{
    return READ_ONCE(claimed);
}

static void claim_drop(struct domain *d)
{
    struct claim *c;

    spin_lock(&lock);
    c = claim_find(d);
    if (c != NULL) {
        claimed -= c->left;
        list_remove(&c->link);
    }
    spin_unlock(&lock);
    hv_free(c);
}

int page_claim(struct domain *d, uint64_t pages)
{
    struct claim *c;
    uint32_t tot = READ_ONCE(d->tot_pages);
    int rc = 0;

    if (pages == 0) {
        claim_drop(d);
        return 0;
    }
    if (pages <= tot || pages > d->max_pages || READ_ONCE(d->state) != DOMAIN_ALIVE)
        return -EINVAL;
    c = hv_zalloc(sizeof(*c));
    if (c == NULL)
        return -ENOMEM;
    c->d = d;
    c->left = pages - tot;
    spin_lock(&lock);
    if (claim_find(d) != NULL)
        rc = -EINVAL;
    else if (nr_free < claimed || nr_free - claimed < c->left)
        rc = -ENOMEM;
    if (rc == 0) {
        claimed += c->left;
        list_push_back(&claims, &c->link);
    }
    spin_unlock(&lock);
    if (rc)
        hv_free(c);
    return rc;
}
