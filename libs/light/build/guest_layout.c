/* SPDX-License-Identifier: LGPL-2.1-only */
/* (The start info: Xen's public document docs/misc/pvh, "HVM direct boot ABI"; structures in public/xen.h.) */
#include "light/build/guest_layout.h"

#include <errno.h>
#include <string.h>

#include "public/xen.h"

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define MIB (1ULL << 20)
#define FIRST_FREE MIB /* below it kernels keep what starts processors, and do not look for modules */

static uint64_t pages_up(uint64_t size)
{
    return (size + GUEST_PAGE - 1) & ~(uint64_t)(GUEST_PAGE - 1);
}

static void map_add(struct guest_layout *l, uint64_t start, uint64_t end, uint32_t type)
{
    l->map[l->nr_map++] = (struct xen_e820_entry){ .addr = start, .size = end - start, .type = type };
}

static void map_make(struct guest_layout *l, size_t acpi_size)
{
    map_add(l, 0, l->low_end, E820_RAM);
    if (acpi_size)
        map_add(l, GUEST_ACPI, GUEST_ACPI + pages_up(acpi_size), E820_ACPI);
    map_add(l, GUEST_SPECIAL, GUEST_SPECIAL_END, E820_RESERVED);
    if (l->high_end)
        map_add(l, GUEST_HIGH_START, l->high_end, E820_RAM);
}

/* What of the start info is at which place behind its beginning. */
struct info_places {
    size_t map, modules, cmdlines, size;
};

static struct info_places info_places(const struct guest_wish *wish, const struct guest_layout *l)
{
    struct info_places at = { .map = sizeof(struct hvm_start_info) };

    at.modules = at.map + l->nr_map * sizeof(struct hvm_memmap_table_entry);
    at.cmdlines = at.modules + wish->nr_modules * sizeof(struct hvm_modlist_entry);
    at.size = at.cmdlines + strlen(wish->cmdline) + 1;
    for (unsigned i = 0; i < wish->nr_modules; i++)
        at.size += wish->modules[i].cmdline ? strlen(wish->modules[i].cmdline) + 1 : 0;
    return at;
}

static int wish_check(const struct guest_wish *wish, struct build_error *error)
{
    size_t text = strlen(wish->cmdline);

    if (wish->ram == 0 || wish->ram % GUEST_PAGE || wish->ram > GUEST_HIGH_END)
        return build_fail(error, "memory", -EINVAL, "memory: %llu bytes are not what a guest can have",
                          (unsigned long long)wish->ram);
    if (wish->acpi_size > GUEST_ACPI_MAX)
        return build_fail(error, "ACPI", -E2BIG, "ACPI: tables of %zu bytes", wish->acpi_size);
    if (wish->nr_modules > GUEST_MODULES)
        return build_fail(error, "modules", -EINVAL, "modules: %u, a guest can have %u", wish->nr_modules, GUEST_MODULES);
    for (unsigned i = 0; i < wish->nr_modules; i++)
        text += wish->modules[i].cmdline ? strlen(wish->modules[i].cmdline) : 0;
    if (text >= GUEST_CMDLINE_MAX)
        return build_fail(error, "command line", -E2BIG, "command line: %zu characters, a guest can have %u", text,
                          GUEST_CMDLINE_MAX - 1);
    return 0;
}

/* `other`: what ramdisk and start info take, in whole pages. */
static int too_small(const struct guest_wish *wish, uint64_t other, struct build_error *error)
{
    const struct kernel_image *k = wish->kernel;
    uint64_t behind = pages_up(k->end > FIRST_FREE ? k->end : FIRST_FREE) + other;
    uint64_t least = FIRST_FREE + other <= k->start ? k->end : behind;

    return build_fail(error, "memory", -ENOMEM, "memory: %llu KiB are too few: kernel and ramdisk need %llu KiB%s",
                      (unsigned long long)(wish->ram >> 10), (unsigned long long)((least + 1023) >> 10),
                      least > GUEST_LOW_END ? ", and below 3840 MiB" : "");
}

int guest_layout_make(const struct guest_wish *wish, struct guest_layout *ret_layout, struct build_error *error)
{
    struct guest_layout l = { .low_end = wish->ram < GUEST_LOW_END ? wish->ram : GUEST_LOW_END };
    uint64_t needed, at, limit;
    int err = wish_check(wish, error);

    if (err < 0)
        return err;
    if (wish->ram > GUEST_LOW_END)
        l.high_end = GUEST_HIGH_START + (wish->ram - GUEST_LOW_END);
    map_make(&l, wish->acpi_size);
    l.start_info_size = info_places(wish, &l).size;
    needed = pages_up(l.start_info_size);
    for (unsigned i = 0; i < wish->nr_modules; i++) {
        if (wish->modules[i].size > GUEST_LOW_END)
            return build_fail(error, "modules", -EFBIG, "modules: one of %zu MiB is more than fits below 4 GiB",
                              wish->modules[i].size >> 20);
        needed += pages_up(wish->modules[i].size);
    }
    /* Behind the kernel, low, where its first page tables reach; else before it. */
    at = pages_up(wish->kernel->end > FIRST_FREE ? wish->kernel->end : FIRST_FREE);
    limit = l.low_end;
    if (wish->kernel->end > limit)
        return too_small(wish, needed, error);
    if (at > limit || needed > limit - at) {
        at = FIRST_FREE;
        limit = wish->kernel->start & ~(uint64_t)(GUEST_PAGE - 1);
    }
    if (at > limit || needed > limit - at)
        return too_small(wish, needed, error);
    l.start_info = at;
    at += pages_up(l.start_info_size);
    for (unsigned i = 0; i < wish->nr_modules; i++) {
        l.modules[i] = at;
        at += pages_up(wish->modules[i].size);
    }
    *ret_layout = l;
    return 0;
}

/* Copies a string to *at in the area, and moves that behind it; returns the guest's address. */
static uint64_t put_text(const struct guest_layout *l, uint8_t *area, size_t *at, const char *text)
{
    uint64_t where = l->start_info + *at;

    memcpy(area + *at, text, strlen(text) + 1);
    *at += strlen(text) + 1;
    return where;
}

void guest_start_info_write(const struct guest_wish *wish, const struct guest_layout *l, uint64_t rsdp, void *ret_area)
{
    struct info_places at = info_places(wish, l);
    struct hvm_start_info info = {
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .nr_modules = wish->nr_modules,
        .modlist_paddr = wish->nr_modules ? l->start_info + at.modules : 0,
        .rsdp_paddr = rsdp,
        .memmap_paddr = l->start_info + at.map,
        .memmap_entries = l->nr_map,
    };
    uint8_t *area = ret_area;
    size_t text = at.cmdlines;

    info.cmdline_paddr = put_text(l, area, &text, wish->cmdline);
    for (unsigned i = 0; i < wish->nr_modules; i++) {
        struct hvm_modlist_entry m = { .paddr = l->modules[i], .size = wish->modules[i].size };

        if (wish->modules[i].cmdline)
            m.cmdline_paddr = put_text(l, area, &text, wish->modules[i].cmdline);
        memcpy(area + at.modules + i * sizeof(m), &m, sizeof(m));
    }
    for (unsigned i = 0; i < l->nr_map; i++) {
        struct hvm_memmap_table_entry e = { .addr = l->map[i].addr, .size = l->map[i].size, .type = l->map[i].type };

        memcpy(area + at.map + i * sizeof(e), &e, sizeof(e));
    }
    memcpy(area, &info, sizeof(info));
}
