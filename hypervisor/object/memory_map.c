/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory maps (E820) that memory_map reports: dom0's from boot, others' as the toolstack stored them. */
#include "public/memory.h"

#include "../mm/mm_internal.h"
#include "copy.h"
#include "errno.h"
#include "lib.h"
#include "list.h"
#include "memory_internal.h"
#include "page.h"

struct stored_map {
    struct list_node link;
    const struct domain *d;
    unsigned nr;
    struct xen_e820_entry entry[];
};

struct list_node memory_maps = LIST_INIT(memory_maps);
static struct spinlock lock = SPINLOCK_INIT(RANK_EVENT); /* leaf: nothing but memory copies under it */

static struct stored_map *map_find(const struct domain *d)
{
    struct list_node *n;

    list_for_each(n, &memory_maps) {
        struct stored_map *m = list_entry(n, struct stored_map, link);

        if (m->d == d)
            return m;
    }
    return NULL;
}

/* Store a map in place of d's old one; NULL: only drop that. */
static void map_replace(struct domain *d, struct stored_map *new)
{
    struct stored_map *old;

    spin_lock(&lock);
    old = map_find(d);
    if (old != NULL)
        list_remove(&old->link);
    if (new != NULL)
        list_push_back(&memory_maps, &new->link);
    spin_unlock(&lock);
    hv_free(old);
}

void memory_domain_release(struct domain *d)
{
    map_replace(d, NULL);
    vnuma_release(d);
    page_claim(d, 0);
}

int64_t memory_set_memory_map(struct op *op)
{
    const struct xen_foreign_memory_map *a = op_arg(op);
    uint32_t nr = (uint32_t)a->nr_entries; /* the upper half is padding */
    struct stored_map *m;

    if (nr > E820_MAX)
        return -EINVAL;
    m = hv_zalloc(sizeof(*m) + nr * sizeof(m->entry[0]));
    if (m == NULL)
        return -ENOMEM;
    m->d = op->target;
    m->nr = nr;
    if (copy_from_guest(m->entry, a->buffer, nr * sizeof(m->entry[0]))) {
        hv_free(m);
        return -EFAULT;
    }
    if (op->target->state != DOMAIN_ALIVE) { /* its teardown has passed memory_domain_release */
        hv_free(m);
        return -EINVAL;
    }
    map_replace(op->target, m);
    return 0;
}

/* Entries of d's map; *ret_map of room for E820_MAX. 0: none was stored. */
static unsigned map_read(struct domain *d, struct xen_e820_entry *ret_map)
{
    const struct stored_map *m;
    unsigned nr = 0;

    spin_lock(&lock);
    m = map_find(d);
    if (m != NULL) {
        nr = m->nr;
        memcpy(ret_map, m->entry, nr * sizeof(*ret_map));
    }
    spin_unlock(&lock);
    return nr;
}

static unsigned boot_map_read(struct domain *d, struct xen_e820_entry *ret_map)
{
    struct e820_entry *e = hv_zalloc(E820_MAX * sizeof(*e));
    int nr = e != NULL ? arch_get_e820(d, e, E820_MAX) : 0;

    for (int i = 0; i < nr; i++)
        ret_map[i] = (struct xen_e820_entry){ .addr = e[i].addr, .size = e[i].size, .type = e[i].type };
    hv_free(e);
    return nr > 0 ? (unsigned)nr : 0;
}

int64_t memory_memory_map(struct op *op)
{
    struct xen_memory_map *a = op_arg(op);
    struct xen_e820_entry *map = hv_zalloc(E820_MAX * sizeof(*map));
    unsigned nr;
    int rc;

    if (map == NULL)
        return -ENOMEM;
    nr = map_read(op->target, map);
    if (nr == 0 && op->target->privileged)
        nr = boot_map_read(op->target, map);
    a->nr_entries = (uint32_t)min_u64(a->nr_entries, nr);
    rc = nr == 0 ? -ENOSYS : copy_to_guest(a->buffer, map, a->nr_entries * sizeof(*map));
    hv_free(map);
    return rc;
}
