/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects. A slab is one page: a header, then objects of one size, the free ones chained through their first
 * word. Larger objects are whole pages; those begin on a page boundary, which an object in a slab never does.
 */
#include "alloc_fault.h"
#include "arch.h"
#include "lib.h"
#include "list.h"
#include "lock.h"
#include "log.h"
#include "mm_internal.h"
#include "page.h"

#define SLAB_MAGIC 0x51ab51abu
#define MAX_PAGES_ORDER ORDER_2M /* no object is larger than 2 MiB */

struct slab {
    struct list_node link; /* in partial[class] while it has a free object */
    void *free;
    uint32_t magic;
    uint16_t class, used;
};
#define SLAB_HEADER 64
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "slab header");

/* As many of each as fit behind the header, multiples of 16. */
static const uint16_t class_size[] = { 16, 32, 64, 128, 256, 496, 1008, 2016 };
#define NR_CLASSES ARRAY_SIZE(class_size)
#define SLAB_MAX 2016

static struct spinlock lock = SPINLOCK_INIT(RANK_HEAP);
static struct list_node partial[NR_CLASSES];
static uint64_t nr_objects, nr_slabs;

void heap_reset(void)
{
    for (unsigned c = 0; c < NR_CLASSES; c++)
        list_init(&partial[c]);
    nr_objects = nr_slabs = 0;
}

static void count_objects(int64_t n)
{
    __atomic_fetch_add(&nr_objects, (uint64_t)n, __ATOMIC_RELAXED);
}

static unsigned class_of(size_t size)
{
    unsigned c = 0;

    while (class_size[c] < size)
        c++;
    return c;
}

static struct slab *slab_create(unsigned class)
{
    mfn_t mfn = page_alloc_raw(ORDER_4K, 0);
    struct slab *s;
    uint8_t *obj;

    if (mfn == INVALID_MFN)
        return NULL;
    __atomic_fetch_add(&nr_slabs, 1, __ATOMIC_RELAXED);
    s = mfn_to_virt(mfn);
    *s = (struct slab){ .magic = SLAB_MAGIC, .class = (uint16_t)class };
    list_init(&s->link);
    obj = (uint8_t *)s + SLAB_HEADER;
    for (; obj + class_size[class] <= (uint8_t *)s + PAGE_SIZE; obj += class_size[class]) {
        *(void **)(void *)obj = s->free;
        s->free = obj;
    }
    return s;
}

/* Take an object from the first slab with room; NULL when there is none. The lock is held. */
static void *class_take(unsigned class)
{
    struct slab *s;
    void *obj;

    if (list_empty(&partial[class]))
        return NULL;
    s = list_entry(partial[class].next, struct slab, link);
    obj = s->free;
    s->free = *(void **)obj;
    s->used++;
    if (s->free == NULL)
        list_remove(&s->link);
    count_objects(1);
    return obj;
}

static void *small_alloc(unsigned class)
{
    struct slab *s;
    void *obj;

    spin_lock(&lock);
    obj = class_take(class);
    spin_unlock(&lock);
    if (obj != NULL)
        return obj;
    s = slab_create(class); /* without the lock: the page allocator's has the same rank */
    if (s == NULL)
        return NULL;
    spin_lock(&lock);
    list_push_front(&partial[class], &s->link);
    obj = class_take(class);
    spin_unlock(&lock);
    return obj;
}

static void *large_alloc(size_t size)
{
    unsigned order = fls64((size - 1) >> PAGE_SHIFT);
    mfn_t mfn;

    if (order > MAX_PAGES_ORDER)
        return NULL;
    mfn = page_alloc_raw(order, ALLOC_ZERO);
    if (mfn == INVALID_MFN)
        return NULL;
    mfn_to_page(mfn)->order = (uint8_t)order;
    count_objects(1);
    return mfn_to_virt(mfn);
}

void *hv_zalloc(size_t size)
{
    void *obj;

    if (alloc_must_fail())
        return NULL;
    if (size > SLAB_MAX)
        return large_alloc(size);
    obj = small_alloc(class_of(size));
    if (obj != NULL)
        memset(obj, 0, class_size[class_of(size)]);
    return obj;
}

static void large_free(void *p)
{
    mfn_t mfn = virt_to_mfn(p);

    count_objects(-1);
    hv_free_pages(mfn, mfn_to_page(mfn)->order);
}

void hv_free(void *p)
{
    struct slab *s = (struct slab *)((uintptr_t)p & PAGE_MASK);
    bool empty;

    if (p == NULL)
        return;
    if ((void *)s == p) {
        large_free(p);
        return;
    }
    ASSERT(s->magic == SLAB_MAGIC);
    spin_lock(&lock);
    if (s->free == NULL)
        list_push_front(&partial[s->class], &s->link);
    *(void **)p = s->free;
    s->free = p;
    count_objects(-1);
    empty = --s->used == 0;
    if (empty)
        list_remove(&s->link);
    spin_unlock(&lock);
    if (empty) {
        s->magic = 0;
        __atomic_fetch_sub(&nr_slabs, 1, __ATOMIC_RELAXED);
        hv_free_page(s);
    }
}

uint64_t hv_heap_objects(void)
{
    return READ_ONCE(nr_objects);
}

uint64_t hv_heap_slabs(void)
{
    return READ_ONCE(nr_slabs);
}
