/* SPDX-License-Identifier: LGPL-2.1-only */
/* Many nodes at once, for programs that wait: all are asked for before the first answer. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "store/async.h"

struct reading {
    char **value;
    int *error; /* the first of all */
};

static void answered(void *arg, int rc, const char *payload, size_t len)
{
    struct reading *r = arg;

    if (rc == 0) {
        *r->value = malloc(len + 1);
        rc = *r->value ? 0 : -ENOMEM;
    }
    if (rc == 0)
        memcpy(*r->value, payload, len + 1);
    else if (rc != -ENOENT && *r->error == 0)
        *r->error = rc;
}

static int wait_for_all(struct store_client *client)
{
    int rc = 0;

    while (rc == 0 && store_waiting(client)) {
        struct pollfd p = { .fd = store_fd(client), .events = store_events(client) };

        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return -errno;
        rc = store_dispatch(client);
    }
    return rc;
}

int store_read_many(const char *const *paths, unsigned n, char **ret_values)
{
    struct reading *readings = calloc(n + !n, sizeof(*readings));
    struct store_client *client = NULL;
    int error = 0, rc = readings ? store_open(&client) : -ENOMEM;

    memset(ret_values, 0, n * sizeof(*ret_values));
    for (unsigned i = 0; i < n && rc == 0; i++) {
        readings[i] = (struct reading){ &ret_values[i], &error };
        rc = store_read(client, XBT_NULL, paths[i], answered, &readings[i]);
    }
    if (rc == 0)
        rc = wait_for_all(client);
    store_close(client);
    free(readings);
    if (rc == 0)
        rc = error;
    for (unsigned i = 0; i < n && rc < 0; i++) {
        free(ret_values[i]);
        ret_values[i] = NULL;
    }
    return rc;
}
