/* SPDX-License-Identifier: LGPL-2.1-only */
/* The ELF file that a kernel file holds: itself, or compressed, in a bzImage or alone. Files are hostile. */
#ifndef XENOLITH_LIGHT_KERNEL_UNPACK_H
#define XENOLITH_LIGHT_KERNEL_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "light/build/build_error.h"

#define KERNEL_UNPACKED_MAX (512u << 20) /* more is not a kernel */

/* Where in a file the kernel is, and how it is packed. */
struct kernel_payload {
    const uint8_t *data;
    size_t size;
    const struct kernel_packing *packing; /* NULL: it is an ELF file as it stands */
};

/* name: the file's, for errors. -ENOEXEC: nothing that is known. */
int kernel_payload_find(const char *name, const void *file, size_t size, struct kernel_payload *ret_payload,
                        struct build_error *error);
/* "xz", ...; "none" */
const char *kernel_payload_packing(const struct kernel_payload *payload);

/*
 * Unpacks into memory of its own, which the caller frees. -EBADMSG: it is damaged; -EFBIG: it is more than
 * KERNEL_UNPACKED_MAX; -ENOMEM. Memory that the decompressors themselves need is bounded too.
 */
int kernel_payload_unpack(const char *name, const struct kernel_payload *payload, void **ret_elf, size_t *ret_size,
                          struct build_error *error);

#endif
