/* SPDX-License-Identifier: LGPL-2.1-only */
/* A kernel's file, read, unpacked and checked. */
#ifndef XENOLITH_LIGHT_KERNEL_FILE_H
#define XENOLITH_LIGHT_KERNEL_FILE_H

#include <stdbool.h>

#include "light/build/kernel_image.h"

struct kernel_file {
    struct kernel_image image; /* points into data */
    void *data;                /* the ELF file */
    size_t size;
    bool mapped;               /* of the cache, else from malloc() */
    bool cached;               /* it was there */
};

/*
 * cache: a folder where unpacked kernels are kept (kernel_cache.h), or NULL. -ENOENT and other errors of files; those of
 * kernel_unpack.h and kernel_image.h.
 */
int kernel_file_open(const char *path, const char *cache, struct kernel_file *ret_file, struct build_error *error);

/* A zeroed one, or one that is closed, is fine. */
void kernel_file_close(struct kernel_file *file);

/* A whole file in memory, which the caller frees: a ramdisk. what: "ramdisk", for errors. -EFBIG: larger than max. */
int kernel_file_read(const char *what, const char *path, size_t max, void **ret_data, size_t *ret_size,
                     struct build_error *error);

#endif
