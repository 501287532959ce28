/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest-physical maps. Writers hold p2m.lock; readers take no lock: entries are written with one store, and a table
 * lives until teardown. Teardown waits for the readers that are under way, which announce themselves per CPU.
 */
#include "cpu.h"
#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "log.h"
#include "memory_internal.h"
#include "p2m_internal.h"
#include "page.h"
#include "page_boot.h"

#define LEVELS 4
#define ENTRIES 512
#define GFN_BITS (9 * LEVELS)
#define CHUNK (1ULL << ORDER_2M) /* most frames that teardown releases in one step */

/* The map that each CPU is reading now. */
static struct {
    struct domain *d;
} __aligned(64) readers[NR_CPUS];

/* Where a walk ended: the entry, what it held, and its level. */
struct spot {
    uint64_t *entry;
    uint64_t value;
    unsigned level;
};

static unsigned level_order(unsigned level)
{
    return 9 * (level - 1);
}

static uint64_t *table_entry(mfn_t table, gfn_t gfn, unsigned level)
{
    return (uint64_t *)mfn_to_virt(table) + ((gfn >> level_order(level)) % ENTRIES);
}

static mfn_t entry_mfn(uint64_t value)
{
    enum p2m_type type;

    return arch_p2m_decode(value, &type);
}

static enum p2m_type entry_type(uint64_t value)
{
    enum p2m_type type;

    arch_p2m_decode(value, &type);
    return type;
}

/* --- readers --- */

static void read_begin(struct domain *d)
{
    WRITE_ONCE(readers[this_cpu()->id].d, d);
    smp_mb(); /* announced before the root is read; pairs with readers_wait */
}

static void read_end(void)
{
    __atomic_store_n(&readers[this_cpu()->id].d, NULL, __ATOMIC_RELEASE);
}

static void readers_wait(const struct domain *d)
{
    smp_mb();
    for (unsigned i = 0; i < NR_CPUS; i++)
        while (__atomic_load_n(&readers[i].d, __ATOMIC_ACQUIRE) == d)
            arch_relax();
}

/* Down to the leaf or hole that covers gfn. False: there is no map (any more). Under read_begin, or the lock. */
static bool walk(struct domain *d, gfn_t gfn, struct spot *s)
{
    mfn_t table = READ_ONCE(d->p2m.root);

    if (table == INVALID_MFN || gfn >> GFN_BITS)
        return false;
    for (s->level = LEVELS;; s->level--) {
        s->entry = table_entry(table, gfn, s->level);
        s->value = __atomic_load_n(s->entry, __ATOMIC_ACQUIRE);
        if (!arch_p2m_is_table(s->value, s->level))
            return true;
        table = entry_mfn(s->value);
    }
}

/* What a leaf or hole at a level says about gfn. */
static struct p2m_entry spot_entry(uint64_t value, unsigned level, gfn_t gfn)
{
    struct p2m_entry e = { .order = level_order(level > 3 ? 3 : level) };

    e.mfn = arch_p2m_decode(value, &e.type);
    if (e.type == P2M_NONE)
        e.mfn = INVALID_MFN;
    else
        e.mfn += gfn & ((1ULL << e.order) - 1);
    return e;
}

struct p2m_entry p2m_lookup(struct domain *d, gfn_t gfn)
{
    struct p2m_entry e = { .mfn = INVALID_MFN };
    struct spot s;

    read_begin(d);
    if (walk(d, gfn, &s))
        e = spot_entry(s.value, s.level, gfn);
    read_end();
    return e;
}

/* One try of p2m_get_page: -EAGAIN when the entry changed meanwhile. */
static int try_get_page(struct domain *d, gfn_t gfn, bool write, mfn_t *ret_mfn)
{
    struct p2m_entry e;
    struct page *pg;
    struct spot s;
    bool changed;

    read_begin(d);
    if (!walk(d, gfn, &s)) {
        read_end();
        return -EINVAL;
    }
    e = spot_entry(s.value, s.level, gfn);
    if (e.type == P2M_ON_DEMAND) {
        read_end();
        return pod_fill(d, gfn) ? -EINVAL : -EAGAIN;
    }
    pg = p2m_has_page(e.type) ? mfn_to_page(e.mfn) : NULL;
    if (pg == NULL || (write && !p2m_is_writable(e.type))) {
        read_end();
        return pg == NULL ? -EINVAL : -EACCES;
    }
    if (!page_get(pg, READ_ONCE(pg->owner)))
        pg = NULL;
    /* The entry holds a reference of its own: if it is still there, the frame was the right one all the time. */
    changed = __atomic_load_n(s.entry, __ATOMIC_ACQUIRE) != s.value;
    read_end();
    if (pg != NULL && !changed) {
        *ret_mfn = e.mfn;
        return 0;
    }
    if (pg != NULL)
        page_put(pg);
    return changed ? -EAGAIN : -EINVAL;
}

int p2m_get_page(struct domain *d, gfn_t gfn, bool write, mfn_t *ret_mfn)
{
    int rc;

    do
        rc = try_get_page(d, gfn, write, ret_mfn);
    while (unlikely(rc == -EAGAIN));
    return rc;
}

/* --- writers: the lock is held --- */

static mfn_t table_alloc(struct domain *d)
{
    void *table;

    if (d->p2m.pool_limit != 0 && d->p2m.table_pages >= d->p2m.pool_limit)
        return INVALID_MFN;
    table = hv_alloc_page();
    if (table == NULL)
        return INVALID_MFN;
    d->p2m.table_pages++;
    return virt_to_mfn(table);
}

/* Put a table in the place of a hole or superpage: every gfn keeps its translation. */
static int split(struct domain *d, uint64_t *entry, unsigned level)
{
    mfn_t table = table_alloc(d), mfn;
    enum p2m_type type;

    if (table == INVALID_MFN)
        return -ENOMEM;
    mfn = arch_p2m_decode(*entry, &type);
    if (type != P2M_NONE) {
        uint64_t *child = mfn_to_virt(table);

        for (unsigned i = 0; i < ENTRIES; i++)
            child[i] = arch_p2m_encode(mfn + ((mfn_t)i << level_order(level - 1)), type, level - 1);
    }
    __atomic_store_n(entry, arch_p2m_encode_table(table, level), __ATOMIC_RELEASE);
    return 0;
}

/* The entry for gfn at a level. make: create the tables above it; else stop at a hole (*ret_entry NULL). */
static int find_entry(struct domain *d, gfn_t gfn, unsigned level, bool make, uint64_t **ret_entry)
{
    mfn_t table = d->p2m.root;
    uint64_t *entry;

    for (unsigned l = LEVELS;; l--) {
        entry = table_entry(table, gfn, l);
        if (l == level)
            break;
        if (!arch_p2m_is_table(*entry, l)) {
            if (entry_type(*entry) == P2M_NONE && !make) {
                entry = NULL;
                break;
            }
            if (split(d, entry, l))
                return -ENOMEM;
        }
        table = entry_mfn(*entry);
    }
    *ret_entry = entry;
    return 0;
}

/* Overwrite an entry, or all that the table there maps; true when the hardware may hold old translations. */
static bool fill(struct p2m *p, uint64_t *entry, unsigned level, mfn_t mfn, enum p2m_type type)
{
    enum p2m_type old;
    bool flush = false;

    if (level > 1 && arch_p2m_is_table(*entry, level)) {
        uint64_t *child = mfn_to_virt(entry_mfn(*entry));

        for (unsigned i = 0; i < ENTRIES; i++)
            flush |= fill(p, &child[i], level - 1, mfn + ((mfn_t)i << level_order(level - 1)), type);
        return flush;
    }
    arch_p2m_decode(*entry, &old);
    if (old == P2M_ON_DEMAND)
        WRITE_ONCE(p->pod.entries, p->pod.entries - (1ULL << level_order(level)));
    if (type == P2M_ON_DEMAND)
        WRITE_ONCE(p->pod.entries, p->pod.entries + (1ULL << level_order(level)));
    __atomic_store_n(entry, arch_p2m_encode(mfn, type, level), __ATOMIC_RELEASE);
    return old != P2M_NONE && old != P2M_RETAINED && old != P2M_ON_DEMAND;
}

static bool matches(const struct p2m_entry *have, const struct p2m_entry *want)
{
    return have->type == want->type && have->mfn == want->mfn;
}

struct update {
    gfn_t gfn;
    mfn_t mfn;
    unsigned level;
    enum p2m_type type;
    const struct p2m_entry *expect; /* NULL: whatever is there */
    struct p2m_entry old;
    bool flush;
};

static int update_locked(struct domain *d, struct update *u)
{
    bool make = u->type != P2M_NONE;
    uint64_t *entry;
    int rc;

    if (d->p2m.root == INVALID_MFN || (make && d->state != DOMAIN_ALIVE))
        return -EINVAL;
    rc = find_entry(d, u->gfn, u->level, make, &entry);
    if (rc)
        return rc;
    if (entry == NULL || arch_p2m_is_table(*entry, u->level))
        u->old = (struct p2m_entry){ .mfn = INVALID_MFN, .order = entry == NULL ? level_order(u->level) : 0 };
    else
        u->old = spot_entry(*entry, u->level, u->gfn);
    if (u->expect != NULL &&
        (!matches(&u->old, u->expect) || (entry != NULL && arch_p2m_is_table(*entry, u->level))))
        return -EAGAIN;
    if (entry == NULL)
        return 0;
    u->flush = fill(&d->p2m, entry, u->level, u->mfn, u->type);
    if (make)
        d->p2m.max_gfn = max_u64(d->p2m.max_gfn, u->gfn + (1ULL << level_order(u->level)) - 1);
    return 0;
}

static int update(struct domain *d, struct update *u, unsigned order)
{
    uint64_t low = (1ULL << order) - 1;
    int rc;

    if ((order != ORDER_4K && order != ORDER_2M && order != ORDER_1G) || (u->gfn & low) || u->gfn >> GFN_BITS ||
        (u->type != P2M_NONE && ((u->mfn & low) || u->mfn >> (52 - PAGE_SHIFT))))
        return -EINVAL;
    u->level = order / 9 + 1;
    /* A hole where dom0's own frame belongs remembers that frame. */
    if (u->type == P2M_NONE && order == ORDER_4K && page_is_boot(d->id, u->gfn)) {
        u->type = P2M_RETAINED;
        u->mfn = u->gfn;
    }
    spin_lock(&d->p2m.lock);
    rc = update_locked(d, u);
    spin_unlock(&d->p2m.lock);
    if (rc == 0 && u->flush)
        arch_p2m_flush(d);
    else if (rc == 0 && u->type != P2M_NONE && u->type != P2M_RETAINED)
        arch_p2m_added(d);
    return rc;
}

int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, struct p2m_entry *ret_old)
{
    struct update u = { .gfn = gfn, .mfn = mfn, .type = type };
    int rc = update(d, &u, order);

    if (rc == 0 && ret_old != NULL)
        *ret_old = u.old;
    return rc;
}

int p2m_replace(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type,
                const struct p2m_entry *expect)
{
    struct update u = { .gfn = gfn, .mfn = mfn, .type = type, .expect = expect };

    return update(d, &u, order);
}

void p2m_release(struct domain *d, const struct p2m_entry *old)
{
    (void)d;
    if (!p2m_has_page(old->type))
        return;
    for (mfn_t m = old->mfn; m < old->mfn + (1ULL << old->order); m++)
        page_put(mfn_to_page(m));
}

/* --- life cycle --- */

int p2m_init(struct domain *d)
{
    void *root = hv_alloc_page();

    spin_lock_init(&d->p2m.lock, RANK_P2M);
    pod_init(d);
    d->p2m.root = INVALID_MFN;
    if (root == NULL)
        return -ENOMEM;
    d->p2m.root = virt_to_mfn(root);
    d->p2m.table_pages = 1;
    d->p2m.max_gfn = 0;
    d->p2m.teardown_cursor = 0;
    return 0;
}

/*
 * Take the entry at the cursor out of the map and move the cursor behind it. A 1 GiB page goes in chunks: it is first
 * marked RETAINED, which nobody can get frames from, and stays so until the last chunk.
 */
static struct p2m_entry teardown_step(struct domain *d)
{
    gfn_t gfn = d->p2m.teardown_cursor;
    uint64_t size;
    struct p2m_entry e;
    struct spot s;
    bool mapped;

    spin_lock(&d->p2m.lock);
    mapped = walk(d, gfn, &s);
    ASSERT(mapped);
    e = spot_entry(s.value, s.level, gfn);
    size = 1ULL << level_order(s.level);
    if (size <= CHUNK || (!p2m_has_page(e.type) && e.type != P2M_RETAINED)) {
        __atomic_store_n(s.entry, 0, __ATOMIC_RELEASE);
        d->p2m.teardown_cursor = (gfn | (size - 1)) + 1;
    } else {
        mfn_t base = entry_mfn(s.value);
        bool last = (gfn & (size - 1)) + CHUNK == size;

        __atomic_store_n(s.entry, last ? 0 : arch_p2m_encode(base, P2M_RETAINED, s.level), __ATOMIC_RELEASE);
        e.order = ORDER_2M;
        if (e.type == P2M_RETAINED)
            e.type = P2M_RAM_RW;
        d->p2m.teardown_cursor = gfn + CHUNK;
    }
    spin_unlock(&d->p2m.lock);
    return e;
}

/* Free a table (level: of its entries) and all below. -ERESTART leaves a smaller tree. */
static int tables_free(struct domain *d, mfn_t table, unsigned level)
{
    uint64_t *entry = mfn_to_virt(table);

    for (unsigned i = 0; i < ENTRIES && level > 1; i++) {
        if (!arch_p2m_is_table(entry[i], level))
            continue;
        if (tables_free(d, entry_mfn(entry[i]), level - 1))
            return -ERESTART;
        entry[i] = 0;
        if (level > 2 && cpu_should_preempt())
            return -ERESTART;
    }
    d->p2m.table_pages--;
    hv_free_page(entry);
    return 0;
}

int p2m_teardown(struct domain *d)
{
    struct p2m *p = &d->p2m;

    memory_domain_release(d);
    if (p->table_pages == 0) /* done, or p2m_init never came */
        return 0;
    if (pod_release(d))
        return -ERESTART;
    while (p->root != INVALID_MFN && p->teardown_cursor <= p->max_gfn) {
        struct p2m_entry e = teardown_step(d);

        p2m_release(d, &e);
        if ((e.order > 0 || p->teardown_cursor % 64 == 0) && cpu_should_preempt())
            return -ERESTART;
    }
    if (p->root != INVALID_MFN) {
        p->teardown_cursor = p->root; /* from here on the cursor names the root of the tables left */
        spin_lock(&p->lock);
        WRITE_ONCE(p->root, INVALID_MFN);
        spin_unlock(&p->lock);
        readers_wait(d);
    }
    return tables_free(d, p->teardown_cursor, LEVELS);
}
