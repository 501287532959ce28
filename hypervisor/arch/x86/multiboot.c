/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot loader tells: multiboot 1 and 2 information into `host`, before anything else can overwrite it. */
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"

#define MB1_LOADED 0x2badb002
#define MB2_LOADED 0x36d76289

#define MB1_HAS_MEM (1u << 0)
#define MB1_HAS_CMDLINE (1u << 2)
#define MB1_HAS_MODULES (1u << 3)
#define MB1_HAS_MMAP (1u << 6)
#define MB1_HAS_LOADER (1u << 9)

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
};
struct mb1_module {
    uint32_t start, end, string, reserved;
};
struct mb1_mmap {
    uint32_t size; /* of the rest */
    uint64_t addr, len;
    uint32_t type;
} __packed;

enum mb2_tag_type {
    MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6, MB2_EFI64 = 12,
    MB2_RSDP_OLD = 14, MB2_RSDP_NEW = 15, MB2_EFI_MMAP = 17,
};
struct mb2_tag {
    uint32_t type, size;
};
struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char string[];
};
struct mb2_mmap {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
    uint8_t entries[];
};
struct mb2_mmap_entry {
    uint64_t addr, len;
    uint32_t type, zero;
};
struct efi_descriptor {
    uint32_t type, pad;
    uint64_t phys, virt, pages, attribute;
};

static char args_pool[MAX_MODULES * 512];
static size_t args_used;
static uint8_t rsdp_copy[64] __aligned(16);

/* The loader's structures lie below 4 GiB, which the boot tables map at DIRECT_BASE. */
static const void *loader_ptr(paddr_t pa)
{
    return (const void *)(DIRECT_BASE + pa);
}

static const char *args_keep(const char *s)
{
    char *copy = args_pool + args_used;
    size_t room = sizeof(args_pool) - args_used, len = strlen(s);
    if (room <= 1)
        return "";
    strlcpy(copy, s, room);
    args_used += min_u64(len + 1, room);
    return copy;
}

static void module_add(paddr_t start, paddr_t end, const char *args)
{
    if (host.nr_modules == MAX_MODULES || end < start) {
        log_warn("boot module at %#lx dropped\n", start);
        return;
    }
    host.module[host.nr_modules++] = (struct boot_module){ start, end - start, args_keep(args) };
    if (end > start)
        boot_reserve(round_down(start, PAGE_SIZE), round_up(end, PAGE_SIZE), BOOT_MODULE);
}

/* Loaders put the program's name first, as a shell does. */
static void cmdline_set(const char *s, bool has_name)
{
    if (has_name) {
        while (*s && *s != ' ')
            s++;
    }
    while (*s == ' ')
        s++;
    strlcpy(host.cmdline, s, sizeof(host.cmdline));
}

static uint32_t mmap_type(uint32_t type)
{
    return type >= E820_RAM && type <= E820_UNUSABLE ? type : E820_RESERVED;
}

static void mb1_parse(const struct mb1_info *mi)
{
    if (mi->flags & MB1_HAS_LOADER)
        strlcpy(host.loader, loader_ptr(mi->loader_name), sizeof(host.loader));
    if (mi->flags & MB1_HAS_CMDLINE)
        cmdline_set(loader_ptr(mi->cmdline), true);
    if (mi->flags & MB1_HAS_MMAP) {
        uint32_t off = 0;
        while (off + sizeof(struct mb1_mmap) <= mi->mmap_length) {
            const struct mb1_mmap *e = loader_ptr(mi->mmap_addr + off);
            e820_add(e->addr, e->len, mmap_type(e->type));
            off += e->size + 4;
        }
    } else if (mi->flags & MB1_HAS_MEM) {
        e820_add(0, KiB((uint64_t)mi->mem_lower), E820_RAM);
        e820_add(MiB(1UL), KiB((uint64_t)mi->mem_upper), E820_RAM);
    }
    if (mi->flags & MB1_HAS_MODULES) {
        const struct mb1_module *m = loader_ptr(mi->mods_addr);
        for (uint32_t i = 0; i < mi->mods_count; i++)
            module_add(m[i].start, m[i].end, m[i].string ? loader_ptr(m[i].string) : "");
    }
}

static void mb2_mmap_add(const struct mb2_mmap *t)
{
    for (uint32_t off = sizeof(*t); t->entry_size && off + t->entry_size <= t->tag.size; off += t->entry_size) {
        const struct mb2_mmap_entry *e = (const void *)((const char *)t + off);
        e820_add(e->addr, e->len, mmap_type(e->type));
    }
}

static uint32_t efi_type(uint32_t type)
{
    switch (type) {
    case 1: case 2: /* loader's code and data: GRUB has left */
    case 3: case 4: /* boot services: ended */
    case 7:
        return E820_RAM;
    case 8:
        return E820_UNUSABLE;
    case 9:
        return E820_ACPI;
    case 10:
        return E820_NVS;
    default:
        return E820_RESERVED;
    }
}

static void mb2_efi_mmap_add(const struct mb2_mmap *t)
{
    for (uint32_t off = sizeof(*t); t->entry_size && off + t->entry_size <= t->tag.size; off += t->entry_size) {
        const struct efi_descriptor *e = (const void *)((const char *)t + off);
        e820_add(e->phys, e->pages << PAGE_SHIFT, efi_type(e->type));
    }
}

/* The tag's copy of the RSDP goes with the loader's data, so keep our own. */
static void rsdp_keep(const struct mb2_tag *tag)
{
    size_t size = min_u64(tag->size - sizeof(*tag), sizeof(rsdp_copy));
    memcpy(rsdp_copy, tag + 1, size);
    host.rsdp = (paddr_t)rsdp_copy - IMAGE_BASE;
}

static void mb2_parse(paddr_t info)
{
    const uint32_t *head = loader_ptr(info);
    paddr_t end = info + head[0], at = info + 8;
    const struct mb2_mmap *efi_map = NULL;
    bool has_new_rsdp = false;

    while (at + sizeof(struct mb2_tag) <= end) {
        const struct mb2_tag *tag = loader_ptr(at);
        const char *text = (const char *)(tag + 1);
        if (tag->type == MB2_END || tag->size < sizeof(*tag))
            break;
        switch (tag->type) {
        case MB2_CMDLINE:
            cmdline_set(text, false);
            break;
        case MB2_LOADER:
            strlcpy(host.loader, text, sizeof(host.loader));
            break;
        case MB2_MODULE: {
            const struct mb2_module *m = (const void *)tag;
            module_add(m->start, m->end, m->string);
            break;
        }
        case MB2_MMAP:
            mb2_mmap_add((const void *)tag);
            break;
        case MB2_EFI_MMAP:
            efi_map = (const void *)tag;
            host.efi = true;
            break;
        case MB2_EFI64:
            host.efi = true;
            break;
        case MB2_RSDP_NEW:
            rsdp_keep(tag);
            has_new_rsdp = true;
            break;
        case MB2_RSDP_OLD:
            if (!has_new_rsdp)
                rsdp_keep(tag);
            break;
        default:
            break;
        }
        at = round_up(at + tag->size, 8UL);
    }
    if (!host.nr_e820 && efi_map)
        mb2_efi_mmap_add(efi_map);
}

void multiboot_parse(uint32_t magic, paddr_t info)
{
    if (magic == MB1_LOADED)
        mb1_parse(loader_ptr(info));
    else if (magic == MB2_LOADED)
        mb2_parse(info);
}
