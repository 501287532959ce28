/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/nearest.h"

#include <string.h>

#define MAX_WORD 48

void nearest_init(struct nearest *near, const char *word, size_t len)
{
    /* A third of the letters may be wrong, of a short word one. */
    *near = (struct nearest){ .word = word, .len = len, .distance = (len < 6 ? 1 : len / 3) + 1 };
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

/* Levenshtein's, a row at a time; neighbours that changed places count once. Case, and whether - or _, count nothing. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][MAX_WORD + 1];

    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *top = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1])));
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
                top[j - 2] + 1 < row[j])
                row[j] = top[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

void nearest_offer(struct nearest *near, const char *candidate)
{
    size_t m = strlen(candidate), d;

    if (near->len > MAX_WORD || m > MAX_WORD)
        return;
    d = distance(near->word, near->len, candidate, m);
    if (d < near->distance) {
        near->best = candidate;
        near->distance = d;
    }
}
