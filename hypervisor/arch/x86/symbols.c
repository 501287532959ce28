/* SPDX-License-Identifier: GPL-2.0-only */
/* Names for addresses: the table that mksyms.sh makes from the first link. */
#include "host_cpu.h"
#include "log.h"

extern const uint32_t symbol_count;
extern const uint32_t symbol_offset[]; /* from IMAGE_BASE, ascending */
extern const uint32_t symbol_name[];   /* into symbol_names */
extern const char symbol_names[];
extern char text_start[], text_end[];

const char *symbol_lookup(uint64_t addr, uint64_t *ret_offset, uint64_t *ret_size)
{
    uint32_t low = 0, high = symbol_count, at = (uint32_t)(addr - IMAGE_BASE);

    if (addr < (uint64_t)text_start || addr >= (uint64_t)text_end || !symbol_count || at < symbol_offset[0])
        return NULL;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (symbol_offset[mid] <= at)
            low = mid;
        else
            high = mid;
    }
    *ret_offset = at - symbol_offset[low];
    *ret_size = (low + 1 < symbol_count ? symbol_offset[low + 1] : (uint32_t)((uint64_t)text_end - IMAGE_BASE)) -
                symbol_offset[low];
    return symbol_names + symbol_name[low];
}

static void print_address(uint64_t addr, const char *mark)
{
    uint64_t offset, size;
    const char *name = symbol_lookup(addr, &offset, &size);

    if (name)
        log_err("   [<%016lx>] %s %s+%#lx/%#lx\n", addr, mark, name, offset, size);
    else
        log_err("   [<%016lx>] %s ?\n", addr, mark);
}

void backtrace(uint64_t rip, uint64_t rbp)
{
    log_err("Call trace:\n");
    print_address(rip, "R");
    for (unsigned depth = 0; depth < 32; depth++) {
        const uint64_t *frame = (const uint64_t *)rbp;
        bool in_image = rbp >= (uint64_t)text_end && rbp < IMAGE_BASE + MiB(16UL);
        bool in_vmap = rbp >= VMAP_BASE && rbp < VMAP_END;
        if ((!in_image && !in_vmap) || (rbp & 7) || !frame[1])
            break;
        print_address(frame[1], "F");
        if (frame[0] <= rbp)
            break;
        rbp = frame[0];
    }
}
