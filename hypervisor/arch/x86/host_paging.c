/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own page tables: direct map, image (W^X), device registers, guarded stacks. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "lock.h"
#include "log.h"
#include "page.h"

#define PTE_PRESENT (1ULL << 0)
#define PTE_WRITE (1ULL << 1)
#define PTE_PWT (1ULL << 3)
#define PTE_PCD (1ULL << 4)
#define PTE_ACCESSED (1ULL << 5)
#define PTE_DIRTY (1ULL << 6)
#define PTE_LARGE (1ULL << 7)
#define PTE_GLOBAL (1ULL << 8)
#define PTE_NX (1ULL << 63)
#define PTE_ADDR 0x000ffffffffff000ULL
#define PTE_TABLE (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

extern char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], bss_end[], image_end[];

static uint64_t host_l4[512] __aligned(4096);
static uint64_t trampoline_l4[512] __aligned(4096);
static uint64_t vmap_next = VMAP_BASE;
static struct spinlock vmap_lock = SPINLOCK_INIT(RANK_IRQ);
static bool has_1g_pages;

void *mfn_to_virt(mfn_t mfn)
{
    return (void *)(DIRECT_BASE + (mfn << PAGE_SHIFT));
}

mfn_t virt_to_mfn(const void *p)
{
    uint64_t va = (uint64_t)p;
    return (va >= IMAGE_BASE ? va - IMAGE_BASE : va - DIRECT_BASE) >> PAGE_SHIFT;
}

static uint64_t *table_of(uint64_t entry)
{
    return mfn_to_virt((entry & PTE_ADDR) >> PAGE_SHIFT);
}

static uint64_t *table_new(uint64_t *entry)
{
    uint64_t *table = boot_alloc_page();
    if (!table)
        panic("no memory for page tables");
    *entry = virt_to_mfn(table) << PAGE_SHIFT | PTE_TABLE;
    return table;
}

/* Replace a large leaf at `level` by a table of smaller ones that map the same. */
static void leaf_split(uint64_t *entry, unsigned level)
{
    uint64_t old = *entry, step = 1ULL << (12 + 9 * (level - 2));
    uint64_t *table = table_new(entry);
    for (unsigned i = 0; i < 512; i++)
        table[i] = (old + i * step) & (level == 2 ? ~PTE_LARGE : ~0ULL);
}

static void map_leaf(uint64_t *l4, uint64_t va, uint64_t leaf, unsigned level)
{
    uint64_t *table = l4;
    for (unsigned l = 4; l > level; l--) {
        uint64_t *entry = &table[(va >> (12 + 9 * (l - 1))) & 511];
        if (!(*entry & PTE_PRESENT))
            table = table_new(entry);
        else {
            if (*entry & PTE_LARGE)
                leaf_split(entry, l);
            table = table_of(*entry);
        }
    }
    table[(va >> (12 + 9 * (level - 1))) & 511] = leaf;
}

static uint64_t pte_bits(unsigned flags)
{
    uint64_t bits = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL;
    if (flags & MAP_WRITE)
        bits |= PTE_WRITE;
    if (!(flags & MAP_EXEC))
        bits |= PTE_NX;
    if (flags & MAP_UNCACHED)
        bits |= PTE_PCD | PTE_PWT;
    return bits;
}

static unsigned largest_level(uint64_t va, paddr_t pa, uint64_t size)
{
    if (has_1g_pages && !((va | pa) & (GiB(1UL) - 1)) && size >= GiB(1UL))
        return 3;
    if (!((va | pa) & (MiB(2UL) - 1)) && size >= MiB(2UL))
        return 2;
    return 1;
}

void host_map(uint64_t va, paddr_t pa, uint64_t size, unsigned flags)
{
    uint64_t bits = pte_bits(flags);
    while (size) {
        unsigned level = largest_level(va, pa, size);
        uint64_t step = 1ULL << (12 + 9 * (level - 1));
        map_leaf(host_l4, va, pa | bits | (level > 1 ? PTE_LARGE : 0), level);
        invlpg((void *)va);
        va += step;
        pa += step;
        size -= step;
    }
}

static void map_direct(paddr_t start, paddr_t end)
{
    host_map(DIRECT_BASE + start, start, end - start, MAP_WRITE);
}

/* RAM and firmware memory everywhere, and below 4 GiB all that the map names. Neighbours merge into large pages. */
static void map_all_ram(void)
{
    paddr_t start = 0, end = MiB(1UL);

    for (unsigned i = 0; i < host.nr_e820; i++) {
        const struct e820_entry *e = &host.e820[i];
        paddr_t s = round_down(e->addr, PAGE_SIZE), t = round_up(e->addr + e->size, PAGE_SIZE);
        if (e->type == E820_UNUSABLE || (e->type == E820_RESERVED && t > GiB(4UL)) || t <= end)
            continue;
        if (s > end) {
            map_direct(start, end);
            start = s;
        }
        end = t;
    }
    map_direct(start, end);
}

static void map_image_part(const char *start, const char *end, unsigned flags)
{
    uint64_t va = (uint64_t)start, pa = va - IMAGE_BASE;
    host_map(va, pa, (uint64_t)(end - start), flags);
    if (!(flags & MAP_WRITE))
        host_map(DIRECT_BASE + pa, pa, (uint64_t)(end - start), 0);
}

void host_paging_init(void)
{
    has_1g_pages = cpuid(0x80000000).eax >= 0x80000001 && (cpuid(0x80000001).edx & (1u << 26));
    map_all_ram();
    map_image_part(text_start, text_end, MAP_EXEC);
    map_image_part(rodata_start, rodata_end, 0);
    map_image_part(data_start, bss_end, MAP_WRITE);
    write_cr3((uint64_t)host_l4 - IMAGE_BASE);
    /* Global entries of the loader's tables go when PGE is toggled. */
    write_cr4(read_cr4() & ~CR4_PGE);
    write_cr4(read_cr4() | CR4_PGE);
}

paddr_t host_paging_trampoline(void)
{
    memcpy(trampoline_l4, host_l4, sizeof(trampoline_l4));
    trampoline_l4[0] = 0; /* the host's tables have nothing there */
    map_leaf(trampoline_l4, host.trampoline, host.trampoline | PTE_PRESENT | PTE_ACCESSED, 1);
    return (paddr_t)trampoline_l4 - IMAGE_BASE;
}

static uint64_t vmap_take(uint64_t size)
{
    uint64_t va = vmap_next;
    if (size > VMAP_END - va)
        panic("no address space for mappings");
    vmap_next += size;
    return va;
}

void *map_mmio(paddr_t pa, size_t size)
{
    paddr_t start = round_down(pa, PAGE_SIZE);
    uint64_t len = round_up(pa + size, PAGE_SIZE) - start, va;

    spin_lock(&vmap_lock);
    va = vmap_take(len);
    for (uint64_t off = 0; off < len; off += PAGE_SIZE)
        host_map(va + off, start + off, PAGE_SIZE, MAP_WRITE | MAP_UNCACHED);
    spin_unlock(&vmap_lock);
    return (void *)(va + (pa - start));
}

/* --- registers that are touched now and then: each CPU has a page of address space to see them through --- */

static struct {
    uint64_t va;
    paddr_t page; /* 0: none yet */
} mmio_window[NR_CPUS];

static volatile void *window_open(paddr_t addr)
{
    unsigned cpu = this_cpu()->id;
    paddr_t page = addr & PAGE_MASK;

    if (!page || mmio_window[cpu].page != page) {
        spin_lock(&vmap_lock);
        if (!mmio_window[cpu].va)
            mmio_window[cpu].va = vmap_take(PAGE_SIZE);
        host_map(mmio_window[cpu].va, page, PAGE_SIZE, MAP_WRITE | MAP_UNCACHED);
        spin_unlock(&vmap_lock);
        mmio_window[cpu].page = page;
    }
    return (volatile void *)(mmio_window[cpu].va + (addr - page));
}

uint64_t arch_mmio_read(paddr_t addr, unsigned size)
{
    const volatile void *p = window_open(addr);

    switch (size) {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}

void arch_mmio_write(paddr_t addr, unsigned size, uint64_t value)
{
    volatile void *p = window_open(addr);

    switch (size) {
    case 1:
        *(volatile uint8_t *)p = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)p = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)p = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)p = value;
        break;
    }
}

void *map_guarded_stack(size_t size)
{
    uint64_t va;

    spin_lock(&vmap_lock);
    va = vmap_take(size + PAGE_SIZE) + PAGE_SIZE;
    for (uint64_t off = 0; off < size; off += PAGE_SIZE) {
        void *page = boot_alloc_page();
        if (!page) {
            spin_unlock(&vmap_lock);
            return NULL;
        }
        host_map(va + off, virt_to_mfn(page) << PAGE_SHIFT, PAGE_SIZE, MAP_WRITE);
    }
    spin_unlock(&vmap_lock);
    return (void *)va;
}

static bool in_direct_map(paddr_t pa)
{
    uint64_t *table = host_l4;
    uint64_t va = DIRECT_BASE + pa;
    for (unsigned l = 4; l > 0; l--) {
        uint64_t entry = table[(va >> (12 + 9 * (l - 1))) & 511];
        if (!(entry & PTE_PRESENT))
            return false;
        if (l == 1 || (entry & PTE_LARGE))
            return true;
        table = table_of(entry);
    }
    return false;
}

const void *map_firmware(paddr_t pa, size_t size)
{
    bool direct = true;
    paddr_t first = round_down(pa, PAGE_SIZE);

    if (pa + size < pa || pa + size > 1ULL << host.phys_bits)
        return NULL;
    for (paddr_t p = first; p < pa + size; p += PAGE_SIZE)
        direct &= in_direct_map(p);
    return direct ? (const void *)(DIRECT_BASE + pa) : map_mmio(pa, size);
}
