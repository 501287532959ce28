/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/core_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/zero.h"
#include "ctrl/machine.h"

#define PAGE 4096u
#define MAGIC_HVM 0xf00febeeu
#define FORMAT_VERSION 1u /* 0.1 */

enum note_type { NOTE_NONE = 0x2000000, NOTE_HEADER, NOTE_XEN_VERSION, NOTE_FORMAT_VERSION }; /* xen/elfnote.h */

struct note_header {
    uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct note_version {
    uint64_t major, minor;
    char extra[16];
    struct xen_compile_info compile;
    char capabilities[1024], changeset[64];
    uint64_t virt_start, page_size;
};

/* The order of sections, and of their names in the first. */
enum section { NO_SECTION, NAMES, NOTES, PRSTATUS, PAGES, PFNS, SECTIONS };
static const char names[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_pages\0.xen_pfn";

#define NOTE_SIZE(size) (sizeof(Elf64_Nhdr) + 4 + (size))
#define NOTES_SIZE (NOTE_SIZE(0) + NOTE_SIZE(sizeof(struct note_header)) + NOTE_SIZE(sizeof(struct note_version)) + NOTE_SIZE(8))

/* What a file begins with. Behind it are contexts, then from the next page on pages, their numbers, names. */
struct front {
    Elf64_Ehdr elf;
    Elf64_Shdr sections[SECTIONS];
    unsigned char notes[NOTES_SIZE];
};

static uint64_t pages_at(const struct core_file *core)
{
    return (sizeof(struct front) + core->nr_contexts * sizeof(*core->contexts) + PAGE - 1) / PAGE * PAGE;
}

static int write_at(int fd, const void *data, size_t size, uint64_t at)
{
    const char *from = data;

    while (size) {
        ssize_t n = pwrite(fd, from, size, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -ENOSPC;
        from += n;
        size -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

/* Pages of zeros are holes of a file. */
static bool hole(const struct core_file *core, const char *page)
{
    return core->regular && is_zero(page, PAGE);
}

static int pages_write(struct core_file *core, const char *pages, size_t count)
{
    uint64_t at = pages_at(core) + (uint64_t)core->nr_pages * PAGE;
    int rc = 0;

    for (size_t i = 0, run; i < count && rc == 0; i += run) {
        bool is_hole = hole(core, pages + i * PAGE);

        for (run = 1; i + run < count && hole(core, pages + (i + run) * PAGE) == is_hole; run++)
            ;
        if (!is_hole)
            rc = write_at(core->fd, pages + i * PAGE, run * PAGE, at + i * PAGE);
    }
    return rc;
}

int core_file_pages(struct core_file *core, const void *pages, const uint64_t *gfns, size_t count)
{
    int rc;

    if (core->nr_pages + count > core->room) {
        size_t room = 2 * core->room + count;
        uint64_t *grown = realloc(core->gfns, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        core->gfns = grown;
        core->room = room;
    }
    rc = pages_write(core, pages, count);
    if (rc < 0)
        return rc;
    memcpy(core->gfns + core->nr_pages, gfns, count * sizeof(*gfns));
    core->nr_pages += count;
    return 0;
}

/* At *at, which goes on behind it. Its size is a multiple of 4. */
static void note_add(unsigned char **at, uint32_t type, const void *desc, size_t size)
{
    const Elf64_Nhdr header = { .n_namesz = 4, .n_descsz = (uint32_t)size, .n_type = type };

    memcpy(*at, &header, sizeof(header));
    memcpy(*at + sizeof(header), "Xen", 4);
    if (size)
        memcpy(*at + sizeof(header) + 4, desc, size);
    *at += NOTE_SIZE(size);
}

static int version_fill(struct ctrl_priv *priv, struct note_version *v)
{
    int version = ctrl_version(priv), rc = version < 0 ? version : 0;

    if (rc == 0)
        rc = ctrl_version_text(priv, XENVER_extraversion, v->extra, sizeof(v->extra));
    if (rc == 0)
        rc = ctrl_version_compile_info(priv, &v->compile);
    if (rc == 0)
        rc = ctrl_version_text(priv, XENVER_capabilities, v->capabilities, sizeof(v->capabilities));
    if (rc == 0)
        rc = ctrl_version_text(priv, XENVER_changeset, v->changeset, sizeof(v->changeset));
    if (rc == 0)
        rc = ctrl_version_virt_start(priv, &v->virt_start);
    v->major = (uint64_t)version >> 16;
    v->minor = (uint64_t)version & 0xffff;
    v->page_size = PAGE;
    return rc;
}

static int notes_make(unsigned char *at, const struct core_file *core, struct ctrl_priv *priv)
{
    const struct note_header header = { MAGIC_HVM, core->nr_contexts, core->nr_pages, PAGE };
    const uint64_t format = FORMAT_VERSION;
    struct note_version version = { 0 };
    int rc = version_fill(priv, &version);

    note_add(&at, NOTE_NONE, NULL, 0);
    note_add(&at, NOTE_HEADER, &header, sizeof(header));
    note_add(&at, NOTE_XEN_VERSION, &version, sizeof(version));
    note_add(&at, NOTE_FORMAT_VERSION, &format, sizeof(format));
    return rc;
}

/* Sections follow each other but for the names, which are the last. */
static void sections_make(Elf64_Shdr *sections, const struct core_file *core)
{
    uint64_t nr_pages = core->nr_pages, pfns_at = pages_at(core) + nr_pages * PAGE;
    const Elf64_Shdr all[SECTIONS] = {
        [NAMES] = { .sh_type = SHT_STRTAB, .sh_offset = pfns_at + nr_pages * sizeof(*core->gfns), .sh_size = sizeof(names) },
        [NOTES] = { .sh_type = SHT_NOTE, .sh_offset = offsetof(struct front, notes), .sh_size = NOTES_SIZE },
        [PRSTATUS] = { .sh_type = SHT_PROGBITS, .sh_offset = sizeof(struct front), .sh_addralign = 8,
                       .sh_size = core->nr_contexts * sizeof(*core->contexts), .sh_entsize = sizeof(*core->contexts) },
        [PAGES] = { .sh_type = SHT_PROGBITS, .sh_offset = pages_at(core), .sh_addralign = PAGE, .sh_size = nr_pages * PAGE,
                    .sh_entsize = PAGE },
        [PFNS] = { .sh_type = SHT_PROGBITS, .sh_offset = pfns_at, .sh_addralign = 8, .sh_size = nr_pages * sizeof(*core->gfns),
                   .sh_entsize = sizeof(*core->gfns) },
    };

    memcpy(sections, all, sizeof(all));
    for (unsigned s = NAMES, name = 1; s < SECTIONS; s++) {
        sections[s].sh_name = name;
        name += (unsigned)strlen(names + name) + 1;
    }
}

static void elf_make(Elf64_Ehdr *elf)
{
    *elf = (Elf64_Ehdr){
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV,
                     [EI_ABIVERSION] = 1 },
        .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_shoff = offsetof(struct front, sections),
        .e_ehsize = sizeof(*elf), .e_phentsize = sizeof(Elf64_Phdr), .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS,
        .e_shstrndx = NAMES,
    };
}

int core_file_end(struct core_file *core, struct ctrl_priv *priv)
{
    struct front front;
    int rc;

    memset(&front, 0, sizeof(front));
    rc = notes_make(front.notes, core, priv);
    if (rc < 0)
        return rc;
    elf_make(&front.elf);
    sections_make(front.sections, core);
    rc = write_at(core->fd, core->gfns, core->nr_pages * sizeof(*core->gfns), front.sections[PFNS].sh_offset);
    if (rc == 0)
        rc = write_at(core->fd, names, sizeof(names), front.sections[NAMES].sh_offset);
    if (rc == 0)
        rc = write_at(core->fd, core->contexts, core->nr_contexts * sizeof(*core->contexts), sizeof(front));
    return rc ? rc : write_at(core->fd, &front, sizeof(front), 0);
}

void core_file_free(struct core_file *core)
{
    if (core->fd >= 0)
        close(core->fd);
    free(core->gfns);
    free(core->contexts);
    *core = (struct core_file){ .fd = -1 };
}
