/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF kernels that carry a Xen PVH entry note (elf_load.c). Pure: works on a file in memory. */
#ifndef XENOLITH_ELF_LOAD_H
#define XENOLITH_ELF_LOAD_H

#include "types.h"

#define ELF_MAX_SEGMENTS 16

struct elf_segment {
    uint64_t paddr, memsz;   /* where it goes; bytes after filesz are zero */
    uint64_t offset, filesz; /* in the file */
};

struct elf_image {
    const uint8_t *file;
    size_t size;
    bool is64;
    uint32_t entry;       /* XEN_ELFNOTE_PHYS32_ENTRY */
    uint64_t start, end;  /* physical extent of all segments */
    unsigned nr_segments; /* with memsz > 0, not overlapping */
    struct elf_segment segment[ELF_MAX_SEGMENTS];
};

bool elf_is_elf(const void *file, size_t size);

/*
 * Check every header of the file and find the loadable segments and the 32-bit entry point. 0, or -ENOEXEC and
 * *ret_why, a sentence for the log. Nothing in *ret points outside the file or above 4 GiB afterwards.
 */
int elf_parse(const void *file, size_t size, struct elf_image *ret, const char **ret_why);

#endif
