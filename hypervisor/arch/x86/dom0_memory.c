/* SPDX-License-Identifier: GPL-2.0-only */
/* Which RAM is dom0's, what it is told about it, and its one-to-one map. */
#include "device.h"
#include "dom0_build.h"
#include "cpuid.h"
#include "domain.h"
#include "errno.h"
#include "host_cpu.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "page_boot.h"

#define FRAMES_4G (GiB(4UL) >> PAGE_SHIFT)
#define MIB_FRAMES(x) (MiB((uint64_t)(x)) >> PAGE_SHIFT)
#define HV_MIN_FRAMES MIB_FRAMES(24) /* what the hypervisor, dom0's nested tables and a small guest need */
#define HV_MAX_DEFAULT MIB_FRAMES(128)
#define DOM0_MIN_FRAMES MIB_FRAMES(32)
#define ROM_START 0xa0UL /* frames of the legacy video and ROM area */
#define ROM_END 0x100UL

struct frame_range dom0_ranges[DOM0_MAX_RANGES];
unsigned nr_dom0_ranges;
mfn_t dom0_acpi_mfn;

static uint64_t free_frames, wanted_frames, taken_frames, max_frames = UINT64_MAX;
static struct e820_entry dom0_e820[E820_MAX];
static unsigned nr_dom0_e820;

/* --- dom0_mem= --- */

/* One size in frames; negative ones are taken from all memory. Bare numbers are KiB, as on Xen. */
static bool parse_frames(const char *s, uint64_t *ret)
{
    bool negative = *s == '-';
    const char *end;
    uint64_t size;

    s += negative;
    size = parse_size(s, &end, 10);
    if (end == s || (*end && *end != ','))
        return false;
    size >>= PAGE_SHIFT;
    *ret = !negative ? size : size < free_frames ? free_frames - size : 0;
    return true;
}

/* [min:SIZE,][max:SIZE,][SIZE] in any order. False: not understood, nothing changed. */
static bool parse_dom0_mem(const char *s, uint64_t *ret_size)
{
    uint64_t size = UINT64_MAX, min = 0, max = UINT64_MAX;

    while (*s) {
        bool is_min = !strncmp(s, "min:", 4), is_max = !strncmp(s, "max:", 4);

        if (!parse_frames(s + (is_min || is_max ? 4 : 0), is_min ? &min : is_max ? &max : &size))
            return false;
        while (*s && *s != ',')
            s++;
        s += *s == ',';
    }
    if (size == UINT64_MAX)
        size = *ret_size;
    *ret_size = min_u64(max_u64(size, min), max);
    max_frames = max;
    return true;
}

static uint64_t choose_size(void)
{
    uint64_t reserve = max_u64(min_u64(free_frames / 16, HV_MAX_DEFAULT), HV_MIN_FRAMES);
    uint64_t most = free_frames > HV_MIN_FRAMES ? free_frames - HV_MIN_FRAMES : 0;
    uint64_t size = free_frames > reserve ? free_frames - reserve : 0;
    char value[64];

    if (cmdline_get("dom0_mem", value, sizeof(value)) && !parse_dom0_mem(value, &size))
        log_warn("dom0_mem=%s is not understood: dom0 gets the default\n", value);
    if (size > most) {
        log_warn("dom0_mem: cut to %lu MiB, the hypervisor needs the rest\n", most >> (20 - PAGE_SHIFT));
        size = most;
    }
    if (size < DOM0_MIN_FRAMES)
        panic("dom0 would have %lu MiB of memory: too little", size >> (20 - PAGE_SHIFT));
    return size;
}

uint64_t dom0_max_pages(void)
{
    return max_frames;
}

/* --- taking frames --- */

static void count_free(mfn_t start, mfn_t end)
{
    free_frames += end - start;
}

static void take_free(mfn_t start, mfn_t end)
{
    mfn_t stop = start + min_u64(end - start, wanted_frames - taken_frames);

    if (stop > start && nr_dom0_ranges < DOM0_MAX_RANGES) {
        dom0_ranges[nr_dom0_ranges++] = (struct frame_range){ start, stop };
        taken_frames += stop - start;
        start = stop;
    }
    if (start < end)
        page_alloc_add(start, end);
}

/* The top of dom0's highest range below 4 GiB becomes the place for its ACPI tables. */
static void take_acpi_frames(void)
{
    for (unsigned i = nr_dom0_ranges; i-- > 0;) {
        struct frame_range *r = &dom0_ranges[i];

        if (r->end > FRAMES_4G || r->end - r->start <= DOM0_ACPI_PAGES)
            continue;
        r->end -= DOM0_ACPI_PAGES;
        dom0_acpi_mfn = r->end;
        for (mfn_t m = r->end; m < r->end + DOM0_ACPI_PAGES; m++) {
            frame_table[m].owner = PAGE_OWNER_HV;
            frame_table[m].refs = 1;
        }
        return;
    }
    panic("no memory below 4 GiB for dom0");
}

void dom0_reserve_memory(void)
{
    boot_free_ranges(count_free);
    wanted_frames = choose_size();
    boot_free_ranges(take_free);
    take_acpi_frames();
    page_account_boot(taken_frames);
    nr_dom0_e820 = dom0_e820_make(host.e820, host.nr_e820, dom0_e820, ARRAY_SIZE(dom0_e820));
    log_info("dom0: %lu MiB of memory in %u ranges\n", taken_frames >> (20 - PAGE_SHIFT), nr_dom0_ranges);
}

bool dom0_owns(paddr_t start, paddr_t end)
{
    for (unsigned i = 0; i < nr_dom0_ranges; i++)
        if (start >= dom0_ranges[i].start << PAGE_SHIFT && end <= dom0_ranges[i].end << PAGE_SHIFT)
            return true;
    return false;
}

/* --- memory map --- */

struct e820_writer {
    struct e820_entry *out;
    unsigned nr, max;
};

static void e820_put(struct e820_writer *w, uint64_t start, uint64_t end, uint32_t type)
{
    struct e820_entry *last = w->nr ? &w->out[w->nr - 1] : NULL;

    if (start >= end)
        return;
    if (last && last->type == type && last->addr + last->size == start)
        last->size += end - start;
    else if (w->nr < w->max)
        w->out[w->nr++] = (struct e820_entry){ start, end - start, type };
}

/* What part of RAM [at, end) begins at `at`: its type, and where it ends. */
static uint32_t ram_piece(uint64_t at, uint64_t *end)
{
    struct frame_range acpi = { dom0_acpi_mfn, dom0_acpi_mfn + DOM0_ACPI_PAGES };

    for (unsigned i = 0; i <= nr_dom0_ranges; i++) {
        const struct frame_range *r = i < nr_dom0_ranges ? &dom0_ranges[i] : &acpi;
        uint64_t start = r->start << PAGE_SHIFT, stop = r->end << PAGE_SHIFT;

        if (start <= at && at < stop) {
            *end = min_u64(*end, stop);
            return r == &acpi ? E820_ACPI : E820_RAM;
        }
        if (start > at)
            *end = min_u64(*end, start);
    }
    return E820_UNUSABLE;
}

unsigned dom0_e820_make(const struct e820_entry *in, unsigned nr_in, struct e820_entry *out, unsigned max)
{
    struct e820_writer w = { .out = out, .max = max };

    for (unsigned i = 0; i < nr_in; i++) {
        uint64_t at = in[i].addr, end = in[i].addr + in[i].size;

        while (in[i].type == E820_RAM && at < end) {
            uint64_t stop = end;
            uint32_t type = ram_piece(at, &stop);

            e820_put(&w, at, stop, type);
            at = stop;
        }
        e820_put(&w, at, end, in[i].type); /* nothing is left of RAM */
    }
    return w.nr;
}

int arch_get_e820(struct domain *d, struct e820_entry *ret, unsigned max)
{
    unsigned nr = d->privileged ? (unsigned)min_u64(nr_dom0_e820, max) : 0;

    memcpy(ret, dom0_e820, nr * sizeof(*ret));
    return (int)nr;
}

/* --- nested page tables --- */

static int map_identity(struct domain *d, mfn_t start, mfn_t end, enum p2m_type type)
{
    bool huge = feature_test(&cpu_policies[CPU_POLICY_HOST], FEATURE_PAGE1GB);

    while (start < end) {
        unsigned order = huge ? ORDER_1G : ORDER_2M;
        int rc;

        while (order && ((start & ((1UL << order) - 1)) || end - start < 1UL << order))
            order = order == ORDER_1G ? ORDER_2M : ORDER_4K;
        rc = p2m_set(d, start, start, order, type, NULL);
        if (rc)
            return rc;
        start += 1UL << order;
    }
    return 0;
}

/* Device pages that are trapped, or the hypervisor's own, though firmware may call them reserved. */
static unsigned hidden_ranges(struct frame_range *ret)
{
    unsigned n = 0;

    ret[n++] = (struct frame_range){ PFN_DOWN(host.lapic_addr), PFN_DOWN(host.lapic_addr) + 1 };
    for (unsigned i = 0; i < host.nr_ioapics; i++)
        ret[n++] = (struct frame_range){ PFN_DOWN(host.ioapic[i].addr), PFN_DOWN(host.ioapic[i].addr) + 1 };
    for (unsigned i = 0; i < host.nr_iommus; i++)
        ret[n++] = (struct frame_range){ PFN_DOWN(host.iommu[i]), PFN_DOWN(host.iommu[i]) + PFN_DOWN(IOMMU_SIZE) };
    if (host.hpet_addr)
        ret[n++] = (struct frame_range){ PFN_DOWN(host.hpet_addr), PFN_DOWN(host.hpet_addr) + 1 };
    if (host.mcfg_addr) /* 1 MiB a bus; the window starts at bus 0 */
        ret[n++] = (struct frame_range){ PFN_DOWN(host.mcfg_addr),
                                         PFN_DOWN(host.mcfg_addr) + MIB_FRAMES(host.mcfg_bus_end + 1) };
    return n;
}

static int map_visible(struct domain *d, mfn_t start, mfn_t end, const struct frame_range *hidden, unsigned nr)
{
    while (start < end) {
        mfn_t stop = end;
        bool skip = false;
        int rc;

        for (unsigned i = 0; i < nr && !skip; i++) {
            skip = hidden[i].start <= start && start < hidden[i].end;
            if (skip)
                stop = min_u64(end, hidden[i].end);
            else if (hidden[i].start > start)
                stop = min_u64(stop, hidden[i].start);
        }
        rc = skip ? 0 : map_identity(d, start, stop, P2M_MMIO);
        if (rc)
            return rc;
        start = stop;
    }
    return 0;
}

static int map_firmware_ranges(struct domain *d)
{
    struct frame_range hidden[MAX_IOAPICS + MAX_IOMMUS + 4];
    unsigned nr = hidden_ranges(hidden);
    int rc = map_visible(d, ROM_START, ROM_END, hidden, nr);

    hidden[nr++] = (struct frame_range){ ROM_START, ROM_END }; /* done, whatever the firmware calls parts of it */
    for (unsigned i = 0; i < host.nr_e820 && !rc; i++) {
        const struct e820_entry *e = &host.e820[i];

        if (e->type != E820_RAM && e->type != E820_UNUSABLE)
            rc = map_visible(d, PFN_DOWN(e->addr), min_u64(PFN_UP(e->addr + e->size), FRAMES_4G), hidden, nr);
    }
    return rc;
}

int dom0_map_memory(struct domain *d)
{
    int rc = map_firmware_ranges(d);

    for (unsigned i = 0; i < nr_dom0_ranges && !rc; i++)
        rc = map_identity(d, dom0_ranges[i].start, dom0_ranges[i].end, P2M_RAM_RW);
    return rc ? rc : map_identity(d, dom0_acpi_mfn, dom0_acpi_mfn + DOM0_ACPI_PAGES, P2M_MMIO);
}
