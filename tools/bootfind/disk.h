/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's disk, read with GRUB's file systems: grub-fstest, a process for each question, in the sandbox. */
#ifndef XENOLITH_BOOTFIND_DISK_H
#define XENOLITH_BOOTFIND_DISK_H

#include <stdbool.h>
#include <stddef.h>

#define DISK_PARTS 64
#define DISK_PART_NAME 64

struct disk {
    const char *program; /* disk_program()'s */
    const char *path;    /* of the disk, as the process sees it */
    char parts[DISK_PARTS][DISK_PART_NAME]; /* "loop0,msdos1": GRUB's names */
    unsigned count;
    char error[256]; /* why the last call failed, in the reader's words */
};

/* Where grub-fstest is; NULL: it is not installed. */
const char *disk_program(void);

/* Fills parts: the whole disk, its partitions, LVM's volumes. 0 or -errno with disk->error. */
int disk_look(struct disk *disk);

/* A partition's name for people: "partition msdos1"; its file system's kind. The text is good until the next call. */
const char *disk_part_name(const struct disk *disk, unsigned part);
void disk_part_kind(struct disk *disk, unsigned part, char *kind, size_t size);

/* Names of a folder, separated by blanks; "" when there is none. The caller frees them. */
int disk_list(struct disk *disk, unsigned part, const char *path, char **ret_names);

/* A whole file; -ENOENT when it cannot be read, -EFBIG. The caller frees it; it ends with NUL. */
int disk_read(struct disk *disk, unsigned part, const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Appends the file to fd. */
int disk_copy(struct disk *disk, unsigned part, const char *path, size_t max, int fd);

#endif
