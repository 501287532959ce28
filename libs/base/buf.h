/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A buffer that grows at its end and is consumed from its start. All zeros is an empty buffer. The readable bytes are
 * buf_data() .. + buf_len(); a pointer into it is good until the next call that takes the buffer without const.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *mem;
    size_t start; /* of the readable bytes */
    size_t end;   /* of the readable bytes; room goes on to size */
    size_t size;
};

/* Frees what it holds and leaves it empty. */
void buf_done(struct buf *b);

/* Room for n more bytes at the end, which *ret_room points to; buf_added() then says how many were filled. -ENOMEM. */
int buf_reserve(struct buf *b, size_t n, void **ret_room);
void buf_added(struct buf *b, size_t n);

/* All of it or, with -ENOMEM, nothing is appended. */
int buf_append(struct buf *b, const void *data, size_t n);
int buf_appendf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The first n bytes are gone; n is at most buf_len(). */
void buf_consume(struct buf *b, size_t n);

/* Only the first n bytes are kept; n is at most buf_len(). */
void buf_truncate(struct buf *b, size_t n);

static inline void *buf_data(const struct buf *b)
{
    return b->mem ? b->mem + b->start : NULL;
}

static inline size_t buf_len(const struct buf *b)
{
    return b->end - b->start;
}

#endif
