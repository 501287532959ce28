/* SPDX-License-Identifier: LGPL-2.1-only */
/* Memory that lives as long as an operation: allocated piece by piece, freed at once. One thread. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* all zeros at first; the newest first */
};

/* Zeroed memory, aligned for anything; NULL when there is none. A size of 0 gives an address too. */
void *arena_alloc(struct arena *arena, size_t size);

/* NULL for NULL, and when there is no memory. */
char *arena_strdup(struct arena *arena, const char *text);

/* As asprintf(); NULL when there is no memory. */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* Frees all of it; the arena may be used again. */
void arena_done(struct arena *arena);

#endif
