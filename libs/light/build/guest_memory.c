/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/guest_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/zero.h"
#include "ctrl/machine.h"
#include "ctrl/memory.h"

/* --- giving --- */

#define EXTENTS 1024 /* in one hypercall */
static const unsigned orders[] = { 18, 9, 0 }; /* 1 GiB, 2 MiB, 4 KiB */
#define NR_ORDERS (sizeof(orders) / sizeof(orders[0]))

static bool fits(uint64_t at, uint64_t end, unsigned order)
{
    return !(at & ((1ULL << order) - 1)) && end - at >= 1ULL << order;
}

/* How many extents of that order begin at `at`, before end and before a larger one fits. */
static size_t run_length(uint64_t at, uint64_t end, unsigned which, unsigned largest)
{
    size_t count = 0;

    do
        at += 1ULL << orders[which];
    while (++count < EXTENTS && fits(at, end, orders[which]) && (which == largest || !fits(at, end, orders[which - 1])));
    return count;
}

static int no_more(const struct guest_memory *m, uint64_t wanted, struct build_error *error)
{
    struct xen_sysctl_physinfo info = { 0 };
    char where[24] = "";

    ctrl_machine_info(m->priv, &info); /* only for what is told */
    if (m->flags & XENMEMF_exact_node_request)
        snprintf(where, sizeof(where), " on node %u", XENMEMF_get_node(m->flags));
    return build_fail(error, "memory", -ENOMEM,
                      "memory: the domain got %llu KiB, then none for %llu KiB more%s (free in the machine: %llu KiB)",
                      (unsigned long long)m->populated * 4, (unsigned long long)wanted * 4, where,
                      (unsigned long long)info.free_pages * 4);
}

/*
 * An extent that cannot be had, because the hypervisor has no block so large or does not give any, is had in the next
 * smaller kind: small_until is where that one ends.
 */
int guest_memory_populate(struct guest_memory *m, uint64_t start, uint64_t end, struct build_error *error)
{
    uint64_t gfns[EXTENTS], at = start, small_until[NR_ORDERS] = { 0 };

    while (at < end) {
        unsigned which = 0, largest;
        uint64_t stop = end;
        size_t count;
        long done;

        while (at < small_until[which])
            stop = small_until[which++];
        largest = which;
        while (!fits(at, stop, orders[which]))
            which++;
        count = run_length(at, stop, which, largest);
        for (size_t i = 0; i < count; i++)
            gfns[i] = at + (i << orders[which]);
        done = ctrl_memory_populate(m->priv, m->domid, gfns, count, orders[which], m->flags);
        if (done < 0)
            return build_fail_errno(error, "memory", (int)done, "memory: populating gfn %#llx", (unsigned long long)at);
        at += (uint64_t)done << orders[which];
        m->populated += (uint64_t)done << orders[which];
        if ((size_t)done == count)
            continue;
        if (orders[which] == 0)
            return no_more(m, end - at, error);
        for (unsigned larger = 0; larger <= which; larger++)
            if (small_until[larger] < at + (1ULL << orders[which]))
                small_until[larger] = at + (1ULL << orders[which]);
    }
    return 0;
}

/* --- writing --- */

#define GRANTS_FIRST 8u /* the first are for store and console, and what else might become reserved */
#define WINDOW (CTRL_PAGE_SIZE / sizeof(struct grant_entry_v1) - GRANTS_FIRST) /* pages that are written at once */
#define BUILDER_DOMID 0

struct window {
    unsigned count;
    uint64_t gfns[WINDOW];
    struct part {
        const uint8_t *data; /* NULL: zeros */
        unsigned at, len;    /* in the page */
    } parts[WINDOW];
};

static const uint8_t zeros[CTRL_PAGE_SIZE] __attribute__((aligned(CTRL_PAGE_SIZE)));

static int window_copy(struct guest_memory *m, const struct window *w, const char *what, struct build_error *error)
{
    volatile struct grant_entry_v1 *grants = m->grants + GRANTS_FIRST;
    struct ctrl_grant_write writes[WINDOW];
    int err;

    for (unsigned i = 0; i < w->count; i++) {
        const struct part *part = &w->parts[i];

        grants[i].domid = BUILDER_DOMID;
        grants[i].frame = (uint32_t)w->gfns[i];
        __atomic_thread_fence(__ATOMIC_RELEASE);
        grants[i].flags = GTF_permit_access;
        writes[i] = (struct ctrl_grant_write){
            .data = part->data ? part->data : zeros, .to = { m->domid, GRANTS_FIRST + i }, .offset = (uint16_t)part->at,
            .len = (uint16_t)part->len,
        };
    }
    err = ctrl_gnttab_write(m->gnttab, writes, w->count);
    for (unsigned i = 0; i < w->count; i++) {
        grants[i].flags = 0;
        grants[i].frame = 0;
    }
    return err < 0 ? build_fail_errno(error, "load", err, "%s: writing the guest's pages from gfn %#llx on", what,
                                      (unsigned long long)w->gfns[0])
                   : 0;
}

static int window_map(struct guest_memory *m, const struct window *w, const char *what, struct build_error *error)
{
    uint8_t *pages;
    void *area;
    int err = ctrl_map_foreign(m->priv, m->domid, PROT_READ | PROT_WRITE, w->count, w->gfns, NULL, &area);
    if (err < 0)
        return build_fail_errno(error, "load", err, "%s: mapping the guest's pages from gfn %#llx on", what,
                                (unsigned long long)w->gfns[0]);
    pages = area;
    for (unsigned i = 0; i < w->count; i++, pages += CTRL_PAGE_SIZE) {
        const struct part *part = &w->parts[i];

        if (part->data)
            memcpy(pages + part->at, part->data, part->len);
        else
            memset(pages + part->at, 0, part->len);
    }
    ctrl_unmap(m->priv, area, w->count);
    return 0;
}

static int window_flush(struct guest_memory *m, struct window *w, const char *what, struct build_error *error)
{
    int err = 0;

    if (w->count)
        err = m->gnttab && m->grants ? window_copy(m, w, what, error) : window_map(m, w, what, error);
    m->written += w->count;
    w->count = 0;
    return err;
}

/* data: NULL for zeros. */
static int window_add(struct guest_memory *m, struct window *w, const struct guest_piece *piece, uint64_t paddr,
                      const uint8_t *data, uint64_t size, struct build_error *error)
{
    while (size) {
        unsigned at = (unsigned)(paddr % CTRL_PAGE_SIZE);
        unsigned len = size < CTRL_PAGE_SIZE - at ? (unsigned)size : CTRL_PAGE_SIZE - at;

        if (!m->zeroed || (data && !is_zero(data, len))) {
            int err = w->count == WINDOW ? window_flush(m, w, piece->what, error) : 0;

            if (err < 0)
                return err;
            w->gfns[w->count] = paddr / CTRL_PAGE_SIZE;
            w->parts[w->count++] = (struct part){ .data = data, .at = at, .len = len };
        }
        paddr += len;
        size -= len;
        if (data)
            data += len;
    }
    return 0;
}

int guest_memory_write(struct guest_memory *m, const struct guest_piece *pieces, unsigned count, struct build_error *error)
{
    _cleanup_free_ struct window *w = calloc(1, sizeof(*w));
    int err = 0;

    if (!w)
        return build_fail_errno(error, "load", -ENOMEM, "load");
    for (unsigned i = 0; i < count && err == 0; i++) {
        const struct guest_piece *p = &pieces[i];

        err = window_add(m, w, p, p->paddr, p->data, p->size, error);
        if (err == 0)
            err = window_add(m, w, p, p->paddr + p->size, NULL, p->zeros, error);
    }
    return err < 0 ? err : window_flush(m, w, count ? pieces[count - 1].what : "", error);
}
