/* SPDX-License-Identifier: LGPL-2.1-only */
/* Listings: in one answer, or in parts when they do not fit one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/client.h"

struct listing {
    char *names; /* strings, one behind the other */
    size_t len;
};

static int listing_append(struct listing *l, const char *names, size_t len)
{
    char *more = realloc(l->names, l->len + len + 1);

    if (!more)
        return -ENOMEM;
    memcpy(more + l->len, names, len);
    l->names = more;
    l->len += len;
    return 0;
}

/*
 * Adds what lies at the offset l->len. `generation` is the node's, as the first part said; when the node has changed
 * since, the listing begins anew. Returns 1 when the last part came, 0 when more do, or -errno.
 */
static int listing_part(struct xs_handle *h, xs_transaction_t t, const char *path, struct listing *l, char **generation)
{
    char offset[MAX_STRLEN(size_t)];
    struct iovec parts[] = { { (void *)path, strlen(path) + 1 }, { offset, 0 } };
    char *part = NULL;
    size_t len, pos = 0;
    bool last;
    int rc;

    parts[1].iov_len = (size_t)snprintf(offset, sizeof(offset), "%zu", l->len) + 1;
    rc = client_talk(h, XS_DIRECTORY_PART, t, parts, 2, (void **)&part, &len);
    if (rc)
        return rc;
    if (!wire_string(part, len, &pos) || pos == len) {
        free(part);
        return -EPROTO;
    }
    if (*generation && strcmp(*generation, part)) {
        free(*generation);
        free(part);
        *generation = NULL;
        l->len = 0;
        return 0;
    }
    last = !part[len - 1] && !part[len - 2]; /* an empty name ends the listing; parts may end within one */
    rc = listing_append(l, part + pos, len - pos - last);
    if (rc || *generation)
        free(part);
    else
        *generation = part; /* its first string */
    return rc ? rc : last;
}

static int listing_in_parts(struct xs_handle *h, xs_transaction_t t, const char *path, char **ret_names,
                            size_t *ret_len)
{
    struct listing l = { 0 };
    char *generation = NULL;
    int rc;

    do
        rc = listing_part(h, t, path, &l, &generation);
    while (rc == 0);
    free(generation);
    if (rc < 0) {
        free(l.names);
        return rc;
    }
    *ret_names = l.names;
    *ret_len = l.len;
    return 0;
}

/* The array that the caller gets: pointers, then the names. */
static char **names_to_array(const char *names, size_t len, unsigned *ret_n)
{
    size_t n = wire_count_strings(names, len), pos = 0;
    char **array = malloc(n * sizeof(*array) + len + 1);
    char *copy;

    if (!array)
        return NULL;
    copy = (char *)(array + n);
    memcpy(copy, names, len);
    for (size_t i = 0; i < n; i++)
        array[i] = (char *)wire_string(copy, len, &pos);
    *ret_n = (unsigned)n;
    return array;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
    struct iovec part = { (void *)path, strlen(path) + 1 };
    char *names = NULL, **array;
    size_t len;
    int rc = client_talk(h, XS_DIRECTORY, t, &part, 1, (void **)&names, &len);

    if (rc == -E2BIG)
        rc = listing_in_parts(h, t, path, &names, &len);
    if (rc) {
        errno = -rc;
        return NULL;
    }
    array = names_to_array(names, len, num);
    free(names);
    return array;
}
