/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole store as bytes, and back. Trees that share nodes share them in the bytes too. What is read is not trusted:
 * it may make a store that nobody would want, but none that breaks this program.
 */
#ifndef XENSTORED_SNAPSHOT_H
#define XENSTORED_SNAPSHOT_H

#include "xenstored/store.h"

/* 0 or -ENOMEM. */
int snapshot_save(struct store *s, struct buf *out);

/* Into a store as store_new() makes it. 0, -ENOMEM, -EBADMSG; after an error it is only good for store_free(). */
int snapshot_load(struct store *s, const void *data, size_t size);

#endif
