/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors by name. */
#ifndef XENCONSOLED_KEEP_TABLE_H
#define XENCONSOLED_KEEP_TABLE_H

#include <stddef.h>

#define KEEP_NAME_MAX 128

struct keep_table {
    struct keep_row {
        char name[KEEP_NAME_MAX];
        int fd;
    } *rows;
    unsigned count;
};

/* The descriptor is the table's; one of the same name is closed. One that does not fit is closed too. */
void keep_table_put(struct keep_table *table, const char *name, size_t length, int fd);
/* It is the caller's again, or -1. */
int keep_table_take(struct keep_table *table, const char *name);
/* In a keeper's child: what the keeper had when the child was made. */
void keep_table_inherit(struct keep_table *table);

#endif
