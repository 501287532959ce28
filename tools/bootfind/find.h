/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel a guest's disk would boot. */
#ifndef XENOLITH_BOOTFIND_FIND_H
#define XENOLITH_BOOTFIND_FIND_H

#include "bootfind/disk.h"
#include "bootfind/menu.h"

/* To standard error, with the program's name before it. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Fills the menu (zeros) with what the disk offers: the entries of the first grub.cfg that has some, else those of the Boot
 * Loader Specification, else the newest kernel by its name. The partition it is on, or -1: there is none, which was said.
 */
int find_menu(struct disk *disk, struct menu *menu);

/* Whether an entry can be booted, and the nth that can: -1, there are fewer. */
bool find_bootable(const struct menu_entry *entry);
int find_nth(const struct menu *menu, unsigned nth);

/*
 * Appends the file to fd: from that partition, else with or without /boot before its path, else from another partition. 0, or
 * -1, which was said.
 */
int find_copy(struct disk *disk, unsigned part, const char *what, const char *path, size_t max, int fd);

#endif
