/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel files (bzimage.c): find the ELF image in a Linux bzImage, a compressed file or a plain ELF file.
 * Decompression is liblzma's, whose memory comes from an arena that the caller gives; docs/decisions.md says why.
 */
#ifndef XENOLITH_BZIMAGE_H
#define XENOLITH_BZIMAGE_H

#include "types.h"

enum kernel_format {
    KERNEL_ELF,
    KERNEL_XZ,
    KERNEL_GZIP,
    KERNEL_BZIP2,
    KERNEL_LZMA,
    KERNEL_LZO,
    KERNEL_LZ4,
    KERNEL_ZSTD,
    KERNEL_UNKNOWN,
};

struct kernel_payload {
    const uint8_t *data; /* inside the file */
    size_t size;
    enum kernel_format format;
    bool bzimage; /* it was wrapped in a bzImage */
};

/* Locate and classify the payload. 0, or -ENOEXEC and *ret_why (a damaged bzImage header). */
int kernel_find_payload(const void *file, size_t size, struct kernel_payload *ret, const char **ret_why);

/* Bytes that the payload unpacks to, as a bzImage says (untrusted: a hint for how much to set aside); 0: unknown. */
uint64_t kernel_unpacked_size(const struct kernel_payload *payload);

/*
 * The ELF image of a kernel file: in the file itself, or unpacked into out[out_size] with decoder memory from
 * arena[arena_size] (64-byte aligned). 0; -ENOEXEC (format or damage) or -ENOMEM (out or arena too small), and
 * *ret_why.
 */
int kernel_unpack(const struct kernel_payload *payload, void *out, size_t out_size, void *arena, size_t arena_size,
                  const void **ret_elf, size_t *ret_size, const char **ret_why);

#endif
