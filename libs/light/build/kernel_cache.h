/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Unpacked kernels in a folder of ours: a kernel is unpacked once, whatever is created from it. An entry is found by the
 * packed file's device, inode, size and times to the nanosecond, of which the change time cannot be set by who writes it;
 * a file that has just been written is not entered, because it might change once more within a tick of the clock. There is
 * no hash of the contents: it would cost a part of what unpacking does, and say nothing that these do not.
 *
 * The folder, and those that it is in, are made when they are not there. One that others than this user may write to is
 * not used, nor is an entry that is not a plain file of this user's alone. Whatever goes wrong: the kernel is unpacked as if
 * there were no cache.
 */
#ifndef XENOLITH_LIGHT_KERNEL_CACHE_H
#define XENOLITH_LIGHT_KERNEL_CACHE_H

#include <stddef.h>
#include <sys/stat.h>

#define KERNEL_CACHE_ENTRIES 16 /* the one that was not used for longest goes */

/* Maps the entry of the packed file, for reading; munmap() it. */
int kernel_cache_get(const char *folder, const struct stat *packed, void **ret_data, size_t *ret_size);

/* Enters data. now: what fstat() says of the packed file after it was read, which has to be what it said before. */
int kernel_cache_put(const char *folder, const struct stat *before, const struct stat *now, const void *data, size_t size);

#endif
