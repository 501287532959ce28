/* SPDX-License-Identifier: LGPL-2.1-only */
/* (ELF: System V ABI. The note: Xen's public header elfnote.h, number 18, and docs/misc/pvh.) */
#include "light/build/kernel_image.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STEP "kernel"
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define ADDRESS_END (1ULL << 32)
#define NOTES_MAX 1024 /* more are not looked at */
#define HEADERS_MAX 128

/* The part of both classes' program headers that counts. */
struct program_header {
    uint32_t type;
    uint64_t offset, paddr, filesz, memsz, align;
};

struct elf_file {
    const char *name;
    const uint8_t *data;
    size_t size;
    bool wide; /* ELF64 */
    uint64_t phoff;
    unsigned phnum, phentsize;
};

static bool within(uint64_t offset, uint64_t len, uint64_t size)
{
    return offset <= size && len <= size - offset;
}

static int not_elf(const struct elf_file *f, struct build_error *error, const char *why)
{
    return build_fail(error, STEP, -ENOEXEC, "kernel %s: %s", f->name, why);
}

static int header_read(struct elf_file *f, struct build_error *error)
{
    const unsigned char *ident = f->data;
    Elf64_Ehdr h64;
    Elf32_Ehdr h32;
    unsigned machine;

    if (f->size < sizeof(h64) || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return not_elf(f, error, "not an ELF file");
    f->wide = ident[EI_CLASS] == ELFCLASS64;
    if ((!f->wide && ident[EI_CLASS] != ELFCLASS32) || ident[EI_DATA] != ELFDATA2LSB)
        return not_elf(f, error, "an ELF file for another kind of machine");
    if (f->wide) {
        memcpy(&h64, f->data, sizeof(h64));
        machine = h64.e_machine;
        f->phoff = h64.e_phoff;
        f->phnum = h64.e_phnum;
        f->phentsize = h64.e_phentsize;
    } else {
        memcpy(&h32, f->data, sizeof(h32));
        machine = h32.e_machine;
        f->phoff = h32.e_phoff;
        f->phnum = h32.e_phnum;
        f->phentsize = h32.e_phentsize;
    }
    if (machine != EM_386 && machine != EM_X86_64)
        return not_elf(f, error, "an ELF file for another kind of machine");
    if (f->phentsize < (f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || f->phnum == 0 || f->phnum > HEADERS_MAX ||
        !within(f->phoff, (uint64_t)f->phnum * f->phentsize, f->size))
        return not_elf(f, error, "its ELF program headers make no sense");
    return 0;
}

static struct program_header program_header(const struct elf_file *f, unsigned i)
{
    const uint8_t *at = f->data + f->phoff + (size_t)i * f->phentsize;
    Elf64_Phdr p64;
    Elf32_Phdr p32;

    if (f->wide) {
        memcpy(&p64, at, sizeof(p64));
        return (struct program_header){ p64.p_type, p64.p_offset, p64.p_paddr, p64.p_filesz, p64.p_memsz, p64.p_align };
    }
    memcpy(&p32, at, sizeof(p32));
    return (struct program_header){ p32.p_type, p32.p_offset, p32.p_paddr, p32.p_filesz, p32.p_memsz, p32.p_align };
}

static int segment_add(const struct elf_file *f, const struct program_header *p, struct kernel_image *image,
                       struct build_error *error)
{
    if (p->memsz == 0)
        return 0;
    if (p->filesz > p->memsz || !within(p->offset, p->filesz, f->size))
        return not_elf(f, error, "a segment lies beyond the end of the ELF file: it is cut short or damaged");
    if (!within(p->paddr, p->memsz, ADDRESS_END))
        return not_elf(f, error, "a segment lies above 4 GiB, where a PVH kernel cannot be");
    if (image->nr_segments == KERNEL_SEGMENTS)
        return not_elf(f, error, "more segments than a kernel has");
    image->segments[image->nr_segments++] = (struct kernel_segment){
        .paddr = p->paddr, .filesz = p->filesz, .memsz = p->memsz, .data = f->data + p->offset
    };
    return 0;
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

/* Looks for Xen's note with the entry in one segment of notes; false: it is not there. */
static bool note_find(const struct elf_file *f, const struct program_header *p, uint64_t *ret_entry)
{
    uint64_t align = p->align == 8 ? 8 : 4, at = 0;

    if (!within(p->offset, p->filesz, f->size))
        return false;
    for (unsigned i = 0; i < NOTES_MAX && p->filesz - at >= sizeof(Elf32_Nhdr); i++) {
        const uint8_t *note = f->data + p->offset + at;
        uint64_t name, desc, left = p->filesz - at;
        Elf32_Nhdr h; /* the same in both classes */

        memcpy(&h, note, sizeof(h));
        name = sizeof(h);
        desc = round_up(name + h.n_namesz, align);
        if (desc > left || h.n_descsz > left - desc)
            return false;
        if (h.n_type == XEN_ELFNOTE_PHYS32_ENTRY && h.n_namesz == 4 && memcmp(note + name, "Xen", 4) == 0 &&
            (h.n_descsz == 4 || h.n_descsz == 8)) {
            *ret_entry = 0;
            memcpy(ret_entry, note + desc, h.n_descsz);
            return true;
        }
        if (round_up(desc + h.n_descsz, align) > left)
            return false;
        at += round_up(desc + h.n_descsz, align);
    }
    return false;
}

static int by_address(const void *a, const void *b)
{
    const struct kernel_segment *x = a, *y = b;

    return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

static int segments_check(const struct elf_file *f, struct kernel_image *image, struct build_error *error)
{
    const struct kernel_segment *s = image->segments;

    if (image->nr_segments == 0)
        return not_elf(f, error, "an ELF file without anything to load");
    qsort(image->segments, image->nr_segments, sizeof(*s), by_address);
    for (unsigned i = 1; i < image->nr_segments; i++)
        if (s[i - 1].paddr + s[i - 1].memsz > s[i].paddr)
            return not_elf(f, error, "two segments lie one over the other");
    image->start = s[0].paddr;
    image->end = s[image->nr_segments - 1].paddr + s[image->nr_segments - 1].memsz;
    return 0;
}

static int entry_check(const struct elf_file *f, struct kernel_image *image, bool found, uint64_t entry,
                       struct build_error *error)
{
    if (!found)
        return not_elf(f, error, "cannot be started as PVH: it has no ELF note XEN_ELFNOTE_PHYS32_ENTRY "
                                 "(Linux: CONFIG_PVH=y makes one)");
    for (unsigned i = 0; i < image->nr_segments; i++)
        if (entry >= image->segments[i].paddr && entry - image->segments[i].paddr < image->segments[i].memsz) {
            image->entry = (uint32_t)entry;
            return 0;
        }
    return not_elf(f, error, "its PVH entry (ELF note XEN_ELFNOTE_PHYS32_ENTRY) lies outside of what is loaded");
}

int kernel_image_parse(const char *name, const void *elf, size_t size, struct kernel_image *ret_image,
                       struct build_error *error)
{
    struct elf_file f = { .name = name, .data = elf, .size = size };
    struct kernel_image image = { .nr_segments = 0 };
    uint64_t entry = 0;
    bool found = false;
    int err = header_read(&f, error);

    for (unsigned i = 0; i < f.phnum && err == 0; i++) {
        struct program_header p = program_header(&f, i);

        if (p.type == PT_LOAD)
            err = segment_add(&f, &p, &image, error);
        else if (p.type == PT_NOTE && !found)
            found = note_find(&f, &p, &entry);
    }
    if (err == 0)
        err = segments_check(&f, &image, error);
    if (err == 0)
        err = entry_check(&f, &image, found, entry, error);
    if (err == 0)
        *ret_image = image;
    return err;
}
