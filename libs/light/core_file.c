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
#define PAGES_AT (4 * PAGE) /* headers, names and notes are before */
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

/* The order of sections; their names follow each other in the first. */
enum section { NO_SECTION, NAMES, NOTES, PRSTATUS, PAGES, PFNS, SECTIONS };
static const char *const names[SECTIONS] = { "", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_pages", ".xen_pfn" };

/* What is before the pages. */
struct front {
    Elf64_Ehdr elf;
    Elf64_Shdr sections[SECTIONS];
    char names[128];
    size_t names_size, notes_size;
    unsigned char notes[2048];
};

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
    uint64_t at = PAGES_AT + (uint64_t)core->nr_pages * PAGE;
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

static void note_add(struct front *front, uint32_t type, const void *desc, size_t size)
{
    const Elf64_Nhdr header = { .n_namesz = 4, .n_descsz = (uint32_t)size, .n_type = type };
    unsigned char *at = front->notes + front->notes_size;

    memcpy(at, &header, sizeof(header));
    memcpy(at + sizeof(header), "Xen", 4);
    if (size)
        memcpy(at + sizeof(header) + 4, desc, size);
    front->notes_size += sizeof(header) + 4 + ((size + 3) & ~(size_t)3);
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

static int notes_make(struct front *front, const struct core_file *core, struct ctrl_priv *priv)
{
    const struct note_header header = { MAGIC_HVM, core->nr_contexts, core->nr_pages, PAGE };
    const uint64_t format = FORMAT_VERSION;
    struct note_version version = { 0 };
    int rc = version_fill(priv, &version);

    note_add(front, NOTE_NONE, NULL, 0);
    note_add(front, NOTE_HEADER, &header, sizeof(header));
    note_add(front, NOTE_XEN_VERSION, &version, sizeof(version));
    note_add(front, NOTE_FORMAT_VERSION, &format, sizeof(format));
    return rc;
}

static void section_set(struct front *front, enum section s, uint32_t type, uint64_t at, uint64_t size, uint64_t entry)
{
    front->sections[s] = (Elf64_Shdr){ .sh_name = (uint32_t)front->names_size, .sh_type = type, .sh_offset = at, .sh_size = size,
                                       .sh_entsize = entry, .sh_addralign = type == SHT_NULL ? 0 : 1 };
    memcpy(front->names + front->names_size, names[s], strlen(names[s]) + 1);
    front->names_size += strlen(names[s]) + 1;
}

static void headers_make(struct front *front, const struct core_file *core)
{
    uint64_t pfns_at = PAGES_AT + (uint64_t)core->nr_pages * PAGE;
    uint64_t contexts_at = pfns_at + core->nr_pages * sizeof(*core->gfns);

    memcpy(front->elf.e_ident, (unsigned char[]){ ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV },
           8);
    front->elf.e_type = ET_CORE;
    front->elf.e_machine = EM_X86_64;
    front->elf.e_version = EV_CURRENT;
    front->elf.e_ehsize = sizeof(front->elf);
    front->elf.e_shoff = offsetof(struct front, sections);
    front->elf.e_shentsize = sizeof(front->sections[0]);
    front->elf.e_shnum = SECTIONS;
    front->elf.e_shstrndx = NAMES;
    section_set(front, NO_SECTION, SHT_NULL, 0, 0, 0);
    section_set(front, NAMES, SHT_STRTAB, offsetof(struct front, names), 0, 0);
    section_set(front, NOTES, SHT_NOTE, offsetof(struct front, notes), front->notes_size, 0);
    section_set(front, PRSTATUS, SHT_PROGBITS, contexts_at, core->nr_contexts * sizeof(*core->contexts), sizeof(*core->contexts));
    section_set(front, PAGES, SHT_PROGBITS, PAGES_AT, (uint64_t)core->nr_pages * PAGE, PAGE);
    section_set(front, PFNS, SHT_PROGBITS, pfns_at, core->nr_pages * sizeof(*core->gfns), sizeof(*core->gfns));
    front->sections[NAMES].sh_size = front->names_size;
}

int core_file_end(struct core_file *core, struct ctrl_priv *priv)
{
    struct front front;
    int rc;

    _Static_assert(sizeof(front) <= PAGES_AT, "what is before the pages");
    memset(&front, 0, sizeof(front));
    rc = notes_make(&front, core, priv);
    if (rc < 0)
        return rc;
    headers_make(&front, core);
    rc = write_at(core->fd, core->gfns, core->nr_pages * sizeof(*core->gfns), front.sections[PFNS].sh_offset);
    if (rc == 0)
        rc = write_at(core->fd, core->contexts, core->nr_contexts * sizeof(*core->contexts), front.sections[PRSTATUS].sh_offset);
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
