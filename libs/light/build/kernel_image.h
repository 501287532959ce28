/* SPDX-License-Identifier: LGPL-2.1-only */
/* An ELF file as a kernel that is started as PVH: what goes where, and where it begins. Files are hostile. */
#ifndef XENOLITH_LIGHT_KERNEL_IMAGE_H
#define XENOLITH_LIGHT_KERNEL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "light/build/build_error.h"

#define KERNEL_SEGMENTS 16

struct kernel_segment {
    uint64_t paddr;
    uint64_t filesz, memsz; /* what is beyond filesz is zero */
    const uint8_t *data;    /* in the file */
};

struct kernel_image {
    struct kernel_segment segments[KERNEL_SEGMENTS]; /* by address, apart from one another, below 4 GiB */
    unsigned nr_segments;
    uint64_t start, end;
    uint32_t entry; /* of the note PHYS32_ENTRY, in a segment */
};

/*
 * name: the file's, for errors. -ENOEXEC: it is not what it should be, or has no PVH entry. The image points into elf.
 */
int kernel_image_parse(const char *name, const void *elf, size_t size, struct kernel_image *ret_image,
                       struct build_error *error);

#endif
