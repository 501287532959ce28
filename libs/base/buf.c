/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

void buf_done(struct buf *b)
{
    free(b->mem);
    *b = (struct buf){ 0 };
}

int buf_reserve(struct buf *b, size_t n, void **ret_room)
{
    size_t len = buf_len(b), size = b->size ? b->size : FIRST_SIZE, need;
    uint8_t *mem;

    if (__builtin_add_overflow(len, n, &need) || need > SIZE_MAX / 2)
        return -ENOMEM;
    if (b->size - b->end < n) {
        /* Moving is paid for by what was consumed, at least as much as is moved. */
        if (b->start >= len && b->size >= need) {
            memmove(b->mem, b->mem + b->start, len);
        } else {
            while (size < need)
                size *= 2;
            mem = malloc(size);
            if (!mem)
                return -ENOMEM;
            if (len)
                memcpy(mem, b->mem + b->start, len);
            free(b->mem);
            b->mem = mem;
            b->size = size;
        }
        b->start = 0;
        b->end = len;
    }
    *ret_room = b->mem ? b->mem + b->end : NULL;
    return 0;
}

void buf_added(struct buf *b, size_t n)
{
    b->end += n;
}

int buf_append(struct buf *b, const void *data, size_t n)
{
    void *room;
    int rc = buf_reserve(b, n, &room);

    if (rc < 0)
        return rc;
    if (n)
        memcpy(room, data, n);
    buf_added(b, n);
    return 0;
}

int buf_appendf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    void *room;
    int n, rc;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return -EINVAL;
    rc = buf_reserve(b, (size_t)n + 1, &room);
    if (rc < 0)
        return rc;
    va_start(args, fmt);
    vsnprintf(room, (size_t)n + 1, fmt, args);
    va_end(args);
    buf_added(b, (size_t)n);
    return 0;
}

void buf_consume(struct buf *b, size_t n)
{
    b->start += n;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void buf_truncate(struct buf *b, size_t n)
{
    b->end = b->start + n;
}
