/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before the page allocator: who uses what, allocation from the top of RAM down, moving the boot modules out of
 * dom0's way, the frame table.
 */
#include "cpu.h"
#include "arch.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"
#include "page.h"

#define MAX_BOOT_RANGES 64

struct boot_range boot_ranges[MAX_BOOT_RANGES];
unsigned nr_boot_ranges;
static bool handed_over;

void boot_reserve(paddr_t start, paddr_t end, enum boot_use use)
{
    for (unsigned i = 0; i < nr_boot_ranges; i++) {
        struct boot_range *r = &boot_ranges[i];
        if (use == BOOT_TABLES && r->use == use && r->start == end) { /* these come one by one, downwards */
            r->start = start;
            return;
        }
    }
    if (nr_boot_ranges == MAX_BOOT_RANGES)
        panic("too many boot memory ranges");
    boot_ranges[nr_boot_ranges++] = (struct boot_range){ start, end, use };
}

void boot_release(paddr_t start, paddr_t end)
{
    for (unsigned i = 0; i < nr_boot_ranges; i++) {
        if (boot_ranges[i].start == start && boot_ranges[i].end == end) {
            boot_ranges[i] = boot_ranges[--nr_boot_ranges];
            return;
        }
    }
}

/* The range in use that overlaps [start, end); of several the lowest. */
static const struct boot_range *range_overlapping(paddr_t start, paddr_t end)
{
    const struct boot_range *found = NULL;
    for (unsigned i = 0; i < nr_boot_ranges; i++) {
        const struct boot_range *r = &boot_ranges[i];
        if (r->start < end && r->end > start && (!found || r->start < found->start))
            found = r;
    }
    return found;
}

/* Highest place for size bytes in [start, end); 0: none. */
static paddr_t range_fit(paddr_t start, paddr_t end, uint64_t size, uint64_t align)
{
    while (end > start && end - start >= size) {
        paddr_t at = round_down(end - size, align);
        const struct boot_range *r;
        if (at < start)
            return 0;
        r = range_overlapping(at, at + size);
        if (!r)
            return at;
        end = r->start;
    }
    return 0;
}

paddr_t boot_alloc(uint64_t size, uint64_t align, paddr_t limit, enum boot_use use)
{
    size = round_up(size, PAGE_SIZE);
    for (unsigned i = host.nr_e820; i-- > 0;) {
        const struct e820_entry *e = &host.e820[i];
        paddr_t start = round_up(e->addr, PAGE_SIZE), end = round_down(e->addr + e->size, PAGE_SIZE), at;
        if (e->type != E820_RAM)
            continue;
        start = max_u64(start, MiB(1UL));
        end = min_u64(end, limit);
        at = range_fit(start, end, size, align);
        if (at) {
            boot_reserve(at, at + size, use);
            return at;
        }
    }
    return 0;
}

void *boot_alloc_page(void)
{
    paddr_t pa;
    void *page;

    if (handed_over)
        return hv_alloc_page();
    /* Below 4 GiB: the loader's tables, with which the first pages are written, end there. */
    pa = boot_alloc(PAGE_SIZE, PAGE_SIZE, GiB(4UL), BOOT_TABLES);
    if (!pa)
        return NULL;
    page = mfn_to_virt(pa >> PAGE_SHIFT);
    memset(page, 0, PAGE_SIZE);
    return page;
}

static void walk_free(paddr_t start, paddr_t end, void (*fn)(mfn_t start, mfn_t end))
{
    while (start < end) {
        const struct boot_range *r = range_overlapping(start, end);
        paddr_t stop = r ? r->start : end;
        if (stop > start)
            fn(start >> PAGE_SHIFT, stop >> PAGE_SHIFT);
        if (!r)
            return;
        start = r->end;
    }
}

void boot_free_ranges(void (*fn)(mfn_t start, mfn_t end))
{
    handed_over = true;
    for (unsigned i = 0; i < host.nr_e820; i++) {
        const struct e820_entry *e = &host.e820[i];
        if (e->type == E820_RAM)
            walk_free(max_u64(round_up(e->addr, PAGE_SIZE), PAGE_SIZE), round_down(e->addr + e->size, PAGE_SIZE), fn);
    }
}

void e820_add(uint64_t addr, uint64_t size, uint32_t type)
{
    if (!size || addr + size < addr)
        return;
    if (host.nr_e820 == E820_MAX) {
        log_warn("memory map is too long: %#lx+%#lx dropped\n", addr, size);
        return;
    }
    host.e820[host.nr_e820++] = (struct e820_entry){ addr, size, type };
}

static void sort_addresses(uint64_t *a, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t x = a[i];
        unsigned j = i;
        for (; j && a[j - 1] > x; j--)
            a[j] = a[j - 1];
        a[j] = x;
    }
}

/* Type of the bytes from addr on, up to the next boundary: where entries overlap, the most restrictive. 0: a hole. */
static uint32_t type_at(const struct e820_entry *map, unsigned n, uint64_t addr)
{
    static const uint8_t severity[] = { 0, 1, 4, 2, 3, 5 };
    uint32_t type = 0;
    for (unsigned i = 0; i < n; i++) {
        uint32_t t = map[i].type;
        if (t >= ARRAY_SIZE(severity) || !t)
            t = E820_RESERVED;
        if (addr >= map[i].addr && addr - map[i].addr < map[i].size && severity[t] > severity[type])
            type = t;
    }
    return type;
}

void e820_sanitise(void)
{
    static struct e820_entry in[E820_MAX];
    static uint64_t bound[2 * E820_MAX];
    unsigned n = host.nr_e820;

    memcpy(in, host.e820, sizeof(in));
    for (unsigned i = 0; i < n; i++) {
        bound[2 * i] = in[i].addr;
        bound[2 * i + 1] = in[i].addr + in[i].size;
    }
    sort_addresses(bound, 2 * n);
    host.nr_e820 = 0;
    for (unsigned i = 0; i + 1 < 2 * n; i++) {
        uint64_t size = bound[i + 1] - bound[i];
        uint32_t type = size ? type_at(in, n, bound[i]) : 0;
        struct e820_entry *last = host.nr_e820 ? &host.e820[host.nr_e820 - 1] : NULL;
        if (!type)
            continue;
        if (last && last->type == type && last->addr + last->size == bound[i])
            last->size += size;
        else
            e820_add(bound[i], size, type);
    }
}

/* Out of the low memory that dom0's kernel needs: every module goes to the top of RAM. */
static void module_move(struct boot_module *m)
{
    paddr_t start = round_down(m->addr, PAGE_SIZE), end = round_up(m->addr + m->size, PAGE_SIZE), to;

    if (!m->size)
        return;
    to = boot_alloc(m->size, PAGE_SIZE, UINT64_MAX, BOOT_MODULE);
    if (!to) {
        log_warn("no room to move a boot module away from %#lx\n", m->addr);
        return;
    }
    memcpy(mfn_to_virt(to >> PAGE_SHIFT), (char *)mfn_to_virt(0) + m->addr, m->size);
    boot_release(start, end);
    m->addr = to;
}

static void ram_count(void)
{
    for (unsigned i = 0; i < host.nr_e820; i++) {
        const struct e820_entry *e = &host.e820[i];
        if (e->type != E820_RAM)
            continue;
        host.total_ram_pages += PFN_DOWN(e->addr + e->size) - PFN_UP(e->addr);
        max_mfn = PFN_DOWN(e->addr + e->size);
    }
}

static void frame_table_build(void)
{
    uint64_t size = max_mfn * sizeof(struct page);
    paddr_t pa = boot_alloc(size, PAGE_SIZE, UINT64_MAX, BOOT_FRAME_TABLE);
    if (!pa)
        panic("no room for the frame table (%lu KiB)", size >> 10);
    memset(mfn_to_virt(pa >> PAGE_SHIFT), 0, size);
    page_alloc_init(mfn_to_virt(pa >> PAGE_SHIFT), max_mfn);
}

void memory_init(void)
{
    ram_count();
    for (unsigned i = 0; i < host.nr_modules; i++)
        module_move(&host.module[i]);
    frame_table_build();
}
