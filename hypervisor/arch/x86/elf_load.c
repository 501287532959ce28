/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parse an ELF32 or ELF64 kernel: PT_LOAD segments by physical address, and the PHYS32_ENTRY note by which a PVH
 * kernel names its entry point. The file is untrusted: every offset is checked against its end before use.
 */
#include "elf_load.h"

#include "errno.h"
#include "lib.h"

#define EM_386 3
#define EM_X86_64 62
#define PT_LOAD 1
#define PT_NOTE 4
#define SHT_NOTE 7
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define MAX_HEADERS 256 /* program or section headers looked at */

/* Offsets of the fields that are used, for each class of file. */
struct elf_layout {
    uint8_t word; /* bytes of an address */
    uint8_t ehdr_size, phoff, shoff, phentsize; /* phnum, shentsize, shnum follow phentsize */
    uint8_t phdr_size, p_offset, p_paddr, p_filesz, p_memsz;
    uint8_t shdr_size, sh_offset, sh_size;
};

static const struct elf_layout layout32 = { 4, 52, 28, 32, 42, 32, 4, 12, 16, 20, 40, 16, 20 };
static const struct elf_layout layout64 = { 8, 64, 32, 40, 54, 56, 8, 24, 32, 40, 64, 24, 32 };

static uint64_t load_le(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static bool range_ok(const struct elf_image *e, uint64_t offset, uint64_t len)
{
    return offset <= e->size && len <= e->size - offset;
}

bool elf_is_elf(const void *file, size_t size)
{
    return size >= 4 && memcmp(file, "\177ELF", 4) == 0;
}

/* Look through the notes in [offset, offset + len) for the entry point. */
static bool notes_find_entry(struct elf_image *e, uint64_t offset, uint64_t len)
{
    const uint8_t *p;
    uint64_t namesz, descsz, type, pos = 0;

    if (!range_ok(e, offset, len))
        return false;
    p = e->file + offset;
    while (len - pos >= 12) {
        namesz = load_le(p + pos, 4);
        descsz = load_le(p + pos + 4, 4);
        type = load_le(p + pos + 8, 4);
        pos += 12;
        if (round_up(namesz, 4ULL) > len - pos || descsz > len - pos - round_up(namesz, 4ULL))
            return false;
        if (type == XEN_ELFNOTE_PHYS32_ENTRY && namesz == 4 && memcmp(p + pos, "Xen", 4) == 0 &&
            (descsz == 4 || descsz == 8)) {
            uint64_t entry = load_le(p + pos + 4, (unsigned)descsz);

            e->entry = (uint32_t)entry;
            return entry <= UINT32_MAX;
        }
        pos += round_up(namesz, 4ULL);
        if (round_up(descsz, 4ULL) > len - pos)
            return false;
        pos += round_up(descsz, 4ULL);
    }
    return false;
}

static const char *segment_add(struct elf_image *e, const struct elf_layout *l, const uint8_t *ph)
{
    struct elf_segment s = {
        .offset = load_le(ph + l->p_offset, l->word),
        .paddr = load_le(ph + l->p_paddr, l->word),
        .filesz = load_le(ph + l->p_filesz, l->word),
        .memsz = load_le(ph + l->p_memsz, l->word),
    };

    if (s.memsz == 0)
        return NULL;
    if (s.filesz > s.memsz || !range_ok(e, s.offset, s.filesz))
        return "a segment of the ELF file lies outside the file";
    if (s.memsz > GiB(4ULL) || s.paddr > GiB(4ULL) - s.memsz)
        return "a segment of the ELF file is to be loaded above 4 GiB";
    if (e->nr_segments == ELF_MAX_SEGMENTS)
        return "the ELF file has too many segments";
    for (unsigned i = 0; i < e->nr_segments; i++)
        if (s.paddr < e->segment[i].paddr + e->segment[i].memsz && e->segment[i].paddr < s.paddr + s.memsz)
            return "segments of the ELF file overlap in memory";
    e->segment[e->nr_segments++] = s;
    e->start = min_u64(e->start, s.paddr);
    e->end = max_u64(e->end, s.paddr + s.memsz);
    return NULL;
}

static const char *parse_program_headers(struct elf_image *e, const struct elf_layout *l, bool *ret_entry)
{
    uint64_t phoff = load_le(e->file + l->phoff, l->word);
    unsigned size = (unsigned)load_le(e->file + l->phentsize, 2);
    unsigned nr = (unsigned)load_le(e->file + l->phentsize + 2, 2);

    if (size < l->phdr_size || nr == 0 || nr > MAX_HEADERS || !range_ok(e, phoff, (uint64_t)size * nr))
        return "the ELF file's program headers are damaged";
    for (unsigned i = 0; i < nr; i++) {
        const uint8_t *ph = e->file + phoff + (uint64_t)size * i;
        uint64_t type = load_le(ph, 4);
        const char *why = type == PT_LOAD ? segment_add(e, l, ph) : NULL;

        if (why)
            return why;
        if (type == PT_NOTE && !*ret_entry)
            *ret_entry = notes_find_entry(e, load_le(ph + l->p_offset, l->word), load_le(ph + l->p_filesz, l->word));
    }
    return NULL;
}

/* Small kernels may carry their notes in a section only. */
static bool sections_find_entry(struct elf_image *e, const struct elf_layout *l)
{
    uint64_t shoff = load_le(e->file + l->shoff, l->word);
    unsigned size = (unsigned)load_le(e->file + l->phentsize + 4, 2);
    unsigned nr = (unsigned)load_le(e->file + l->phentsize + 6, 2);

    if (shoff == 0 || size < l->shdr_size || nr > MAX_HEADERS || !range_ok(e, shoff, (uint64_t)size * nr))
        return false;
    for (unsigned i = 0; i < nr; i++) {
        const uint8_t *sh = e->file + shoff + (uint64_t)size * i;

        if (load_le(sh + 4, 4) == SHT_NOTE &&
            notes_find_entry(e, load_le(sh + l->sh_offset, l->word), load_le(sh + l->sh_size, l->word)))
            return true;
    }
    return false;
}

static bool entry_in_segment(const struct elf_image *e)
{
    for (unsigned i = 0; i < e->nr_segments; i++)
        if (e->entry >= e->segment[i].paddr && e->entry - e->segment[i].paddr < e->segment[i].filesz)
            return true;
    return false;
}

static const char *parse(struct elf_image *e)
{
    const struct elf_layout *l;
    const char *why;
    unsigned machine;
    bool entry = false;

    if (!elf_is_elf(e->file, e->size) || e->size < layout32.ehdr_size)
        return "not an ELF file";
    e->is64 = e->file[4] == 2;
    l = e->is64 ? &layout64 : &layout32;
    if (e->file[4] < 1 || e->file[4] > 2 || e->file[5] != 1 || e->size < l->ehdr_size)
        return "not a little-endian ELF32 or ELF64 file";
    machine = (unsigned)load_le(e->file + 18, 2);
    if (machine != EM_386 && machine != EM_X86_64)
        return "the ELF file is not for x86";
    why = parse_program_headers(e, l, &entry);
    if (why)
        return why;
    if (e->nr_segments == 0)
        return "the ELF file has nothing to load";
    if (!entry && !sections_find_entry(e, l))
        return "the ELF file has no PHYS32_ENTRY note: not a PVH kernel (Linux: CONFIG_PVH)";
    if (!entry_in_segment(e))
        return "the PVH entry point lies outside the loaded segments";
    return NULL;
}

int elf_parse(const void *file, size_t size, struct elf_image *ret, const char **ret_why)
{
    struct elf_image e = { .file = file, .size = size, .start = UINT64_MAX };
    const char *why = parse(&e);

    if (why) {
        *ret_why = why;
        return -ENOEXEC;
    }
    *ret = e;
    return 0;
}
