/* SPDX-License-Identifier: GPL-2.0-only */
/* Small PVH kernels, as ELF files, for the tests of libs/light/build. */
#ifndef TESTS_ELF_FIXTURE_H
#define TESTS_ELF_FIXTURE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ELF_DATA 0x1000u        /* where in the file its one page of data is */
#define ELF_SIZE 0x2000u
#define ELF_PADDR 0x200000u
#define ELF_MEMSZ 0x3000u       /* a page of data, two of zeros */
#define ELF_ENTRY (ELF_PADDR + 0x10)

struct elf_kernel {
    Elf64_Ehdr header;
    Elf64_Phdr load, note;
    struct {
        Elf32_Nhdr header;
        char name[4];
        uint32_t entry;
    } xen;
    uint8_t gap[ELF_DATA - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr) - sizeof(Elf32_Nhdr) - 8];
    uint8_t data[ELF_SIZE - ELF_DATA];
};
_Static_assert(sizeof(struct elf_kernel) == ELF_SIZE, "the file as it lies");

static inline void elf_kernel_make(struct elf_kernel *k)
{
    memset(k, 0, sizeof(*k));
    memcpy(k->header.e_ident, ELFMAG, SELFMAG);
    k->header.e_ident[EI_CLASS] = ELFCLASS64;
    k->header.e_ident[EI_DATA] = ELFDATA2LSB;
    k->header.e_machine = EM_X86_64;
    k->header.e_phoff = offsetof(struct elf_kernel, load);
    k->header.e_phentsize = sizeof(Elf64_Phdr);
    k->header.e_phnum = 2;
    k->load = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_offset = ELF_DATA, .p_paddr = ELF_PADDR, .p_filesz = sizeof(k->data), .p_memsz = ELF_MEMSZ
    };
    k->note = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(struct elf_kernel, xen), .p_filesz = sizeof(k->xen) };
    k->xen.header = (Elf32_Nhdr){ .n_namesz = 4, .n_descsz = 4, .n_type = 18 };
    memcpy(k->xen.name, "Xen", 4);
    k->xen.entry = ELF_ENTRY;
    for (unsigned i = 0; i < sizeof(k->data); i++)
        k->data[i] = (uint8_t)(i * 7 + i / 256);
}

#endif
