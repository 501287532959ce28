/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two core dumps of the same domain (docs/misc/dump-core-format of Xen):
 *     core_compare ONE OTHER     in what they differ, a line each; 0 when both are well formed
 *     core_compare ONE           its vCPUs' registers, eight bytes a line, where they are not 0
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "public/vcpu_context.h"

#define PAGE 4096u
#define NO_PFN UINT64_MAX
#define NOTE_HEADER 0x2000001u

struct core {
    const char *name;
    const uint8_t *bytes;
    uint64_t size;
    const Elf64_Ehdr *elf;
    const Elf64_Shdr *sections;
    const uint64_t *pfns;
    uint64_t nr_pfns;
};

static void bad(const struct core *c, const char *what)
{
    fprintf(stderr, "%s: %s\n", c->name, what);
    exit(1);
}

static const uint8_t *part(const struct core *c, uint64_t at, uint64_t size)
{
    if (at > c->size || size > c->size - at)
        bad(c, "something is behind its end");
    return c->bytes + at;
}

static const char *section_name(const struct core *c, const Elf64_Shdr *s)
{
    return (const char *)c->bytes + c->sections[c->elf->e_shstrndx].sh_offset + s->sh_name;
}

static const Elf64_Shdr *section(const struct core *c, const char *name)
{
    for (unsigned i = 1; i < c->elf->e_shnum; i++)
        if (!strcmp(section_name(c, &c->sections[i]), name))
            return &c->sections[i];
    return NULL;
}

static const Elf64_Shdr *section_needed(const struct core *c, const char *name)
{
    const Elf64_Shdr *s = section(c, name);

    if (!s)
        bad(c, name);
    return s;
}

static struct core core_open(const char *name)
{
    struct core c = { .name = name };
    const Elf64_Shdr *pages;
    struct stat st;
    int fd = open(name, O_RDONLY);

    if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(*c.elf))
        bad(&c, "cannot be read");
    c.size = (uint64_t)st.st_size;
    c.bytes = mmap(NULL, c.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (c.bytes == MAP_FAILED)
        bad(&c, "cannot be mapped");
    c.elf = (const Elf64_Ehdr *)c.bytes;
    if (memcmp(c.bytes, ELFMAG, SELFMAG) || c.elf->e_type != ET_CORE || c.elf->e_shstrndx >= c.elf->e_shnum)
        bad(&c, "is no core");
    c.sections = (const Elf64_Shdr *)part(&c, c.elf->e_shoff, c.elf->e_shnum * sizeof(*c.sections));
    for (unsigned i = 1; i < c.elf->e_shnum; i++)
        part(&c, c.sections[i].sh_offset, c.sections[i].sh_size);
    pages = section_needed(&c, ".xen_pages");
    c.nr_pfns = section_needed(&c, ".xen_pfn")->sh_size / sizeof(*c.pfns);
    c.pfns = (const uint64_t *)(c.bytes + section_needed(&c, ".xen_pfn")->sh_offset);
    if (pages->sh_size != c.nr_pfns * PAGE)
        bad(&c, "has not as many pages as numbers of them");
    while (c.nr_pfns && c.pfns[c.nr_pfns - 1] == NO_PFN) /* room that was not needed */
        c.nr_pfns--;
    for (uint64_t i = 1; i < c.nr_pfns; i++)
        if (c.pfns[i] <= c.pfns[i - 1]) {
            fprintf(stderr, "%s: page %lu of %lu is %#lx, the one before %#lx\n", c.name, i, c.nr_pfns, c.pfns[i], c.pfns[i - 1]);
            exit(1);
        }
    return c;
}

/* --- in what two differ --- */

static void compare_headers(const struct core *a, const struct core *b)
{
    const Elf64_Ehdr *x = a->elf, *y = b->elf;

    for (unsigned i = 1; i < x->e_shnum; i++)
        if (!section(b, section_name(a, &a->sections[i])))
            printf("section %s: only in %s\n", section_name(a, &a->sections[i]), a->name);
    for (unsigned i = 1; i < y->e_shnum; i++) {
        const Elf64_Shdr *s = &b->sections[i], *t = section(a, section_name(b, s));

        if (!t)
            printf("section %s: only in %s\n", section_name(b, s), b->name);
        else if (s->sh_type != t->sh_type || s->sh_flags != t->sh_flags || s->sh_entsize != t->sh_entsize ||
                 s->sh_link != t->sh_link || s->sh_info != t->sh_info || s->sh_addr != t->sh_addr)
            printf("section %s: type %u flags %lu entries of %lu, other: %u %lu %lu\n", section_name(b, s), t->sh_type,
                   t->sh_flags, t->sh_entsize, s->sh_type, s->sh_flags, s->sh_entsize);
    }
    for (unsigned i = 0; i < EI_NIDENT; i++)
        if (x->e_ident[i] != y->e_ident[i])
            printf("ELF header: byte %u of its identification is %u, other: %u\n", i, x->e_ident[i], y->e_ident[i]);
    if (x->e_machine != y->e_machine || x->e_version != y->e_version || x->e_phnum != y->e_phnum || x->e_flags != y->e_flags ||
        x->e_ehsize != y->e_ehsize || x->e_shentsize != y->e_shentsize || x->e_phentsize != y->e_phentsize)
        printf("ELF header: machine %u version %u program headers %u of %u flags %u size %u sections of %u, other: %u %u %u %u %u %u %u\n",
               x->e_machine, x->e_version, x->e_phnum, x->e_phentsize, x->e_flags, x->e_ehsize, x->e_shentsize, y->e_machine,
               y->e_version, y->e_phnum, y->e_phentsize, y->e_flags, y->e_ehsize, y->e_shentsize);
}

/* The nth note, its contents in *ret_desc. */
static const Elf64_Nhdr *note(const struct core *c, unsigned nth, const uint8_t **ret_desc)
{
    const Elf64_Shdr *s = section_needed(c, ".note.Xen");
    const uint8_t *at = c->bytes + s->sh_offset, *end = at + s->sh_size;

    while (at + sizeof(Elf64_Nhdr) <= end) {
        const Elf64_Nhdr *n = (const Elf64_Nhdr *)at;

        *ret_desc = at + sizeof(*n) + ((n->n_namesz + 3) & ~3u);
        if (!nth--)
            return n;
        at = *ret_desc + ((n->n_descsz + 3) & ~3u);
    }
    return NULL;
}

static void compare_notes(const struct core *a, const struct core *b)
{
    const uint8_t *x, *y;

    for (unsigned i = 0;; i++) {
        const Elf64_Nhdr *m = note(a, i, &x), *n = note(b, i, &y);

        if (!m && !n)
            return;
        if (!m || !n || memcmp(m, n, sizeof(*m)) || memcmp(m + 1, n + 1, m->n_namesz)) {
            printf("note %u: another kind, or there is none\n", i);
            return;
        }
        for (unsigned at = 0; at < m->n_descsz; at += 8) {
            unsigned size = m->n_descsz - at < 8 ? m->n_descsz - at : 8;
            /* how many pages there are, is said below */
            if (memcmp(x + at, y + at, size) && !(m->n_type == NOTE_HEADER && at == 16))
                printf("note %x: byte %u\n", m->n_type, at);
        }
    }
}

static void compare_registers(const struct core *a, const struct core *b)
{
    const Elf64_Shdr *s = section_needed(a, ".xen_prstatus"), *t = section_needed(b, ".xen_prstatus");

    if (s->sh_size != t->sh_size)
        printf("registers of %lu vCPUs, other: %lu\n", s->sh_size / sizeof(struct vcpu_guest_context),
               t->sh_size / sizeof(struct vcpu_guest_context));
    else if (memcmp(a->bytes + s->sh_offset, b->bytes + t->sh_offset, s->sh_size))
        printf("the registers\n");
}

/* A run of pages that only one has. */
static struct run {
    const struct core *in;
    uint64_t first, count;
} run;

static void only_in(const struct core *c, uint64_t pfn)
{
    if (run.in && (c != run.in || pfn != run.first + run.count)) {
        printf("pages %#lx, %lu: only in %s\n", run.first, run.count, run.in->name);
        run.in = NULL;
    }
    if (!run.in)
        run = (struct run){ .in = c, .first = pfn };
    run.count++;
}

static void compare_pages(const struct core *a, const struct core *b)
{
    const uint8_t *x = a->bytes + section(a, ".xen_pages")->sh_offset, *y = b->bytes + section(b, ".xen_pages")->sh_offset;
    uint64_t i = 0, j = 0, same = 0;

    while (i < a->nr_pfns || j < b->nr_pfns) {
        if (j == b->nr_pfns || (i < a->nr_pfns && a->pfns[i] < b->pfns[j])) {
            only_in(a, a->pfns[i++]);
        } else if (i == a->nr_pfns || b->pfns[j] < a->pfns[i]) {
            only_in(b, b->pfns[j++]);
        } else {
            if (memcmp(x + i * PAGE, y + j * PAGE, PAGE))
                printf("page %#lx\n", a->pfns[i]);
            else
                same++;
            i++;
            j++;
        }
    }
    only_in(NULL, 0);
    printf("%lu pages are the same\n", same);
}

static void print_registers(const struct core *c)
{
    const Elf64_Shdr *s = section_needed(c, ".xen_prstatus");
    const unsigned words = sizeof(struct vcpu_guest_context) / 8;

    for (uint64_t i = 0; i < s->sh_size / 8; i++) {
        uint64_t word;

        memcpy(&word, c->bytes + s->sh_offset + i * 8, sizeof(word));
        if (i % words == 0)
            printf("vCPU %lu\n", i / words);
        if (word)
            printf("%lu %016lx\n", i % words * 8, word);
    }
}

int main(int argc, char **argv)
{
    struct core one, other;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: core_compare ONE [OTHER]\n");
        return 2;
    }
    one = core_open(argv[1]);
    if (argc == 2) {
        print_registers(&one);
        return 0;
    }
    other = core_open(argv[2]);
    compare_headers(&one, &other);
    compare_notes(&one, &other);
    compare_registers(&one, &other);
    compare_pages(&one, &other);
    return 0;
}
