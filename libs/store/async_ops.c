/* SPDX-License-Identifier: LGPL-2.1-only */
/* Requests on nodes, and watches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/async_client.h"

static int path_request(struct store_client *c, uint32_t type, xs_transaction_t t, const char *path, store_reply_fn *fn,
                        void *arg)
{
    return store_request(c, type, t, path, strlen(path) + 1, fn, arg, NULL);
}

int store_read(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg)
{
    return path_request(client, XS_READ, t, path, fn, arg);
}

int store_mkdir(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg)
{
    return path_request(client, XS_MKDIR, t, path, fn, arg);
}

int store_rm(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg)
{
    return path_request(client, XS_RM, t, path, fn, arg);
}

int store_directory(struct store_client *client, xs_transaction_t t, const char *path, store_reply_fn *fn, void *arg)
{
    return path_request(client, XS_DIRECTORY, t, path, fn, arg);
}

int store_write(struct store_client *client, xs_transaction_t t, const char *path, const void *data, size_t len,
                store_reply_fn *fn, void *arg)
{
    struct iovec parts[] = { { (void *)path, strlen(path) + 1 }, { (void *)data, len } };

    return request_queue(client, XS_WRITE, t, parts, 2, fn, arg, NULL);
}

int store_set_permissions(struct store_client *client, xs_transaction_t t, const char *path,
                          const struct xs_permissions *perms, unsigned n, store_reply_fn *fn, void *arg)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct iovec parts[] = { { (void *)path, strlen(path) + 1 }, { text, 0 } };
    int rc = wire_format_perms(perms, n, text, sizeof(text), &parts[1].iov_len);

    return rc ? rc : request_queue(client, XS_SET_PERMS, t, parts, 2, fn, arg, NULL);
}

/* --- watches --- */

enum { TOKEN_MAX = MAX_STRLEN(uint32_t) };

static int watch_request(struct store_client *c, uint32_t type, const struct store_watch *w, store_reply_fn *fn,
                         void *arg, struct store_request **ret_request)
{
    char token[TOKEN_MAX];
    struct iovec parts[] = { { (void *)w->path, strlen(w->path) + 1 }, { token, 0 } };

    parts[1].iov_len = (size_t)snprintf(token, sizeof(token), "%u", w->id) + 1;
    return request_queue(c, type, XBT_NULL, parts, 2, fn, arg, ret_request);
}

static void watch_answered(void *arg, int rc, const char *payload, size_t len)
{
    struct store_watch *w = arg;
    store_event_fn *fn = w->fn;

    (void)payload;
    (void)len;
    w->request = NULL;
    if (rc == 0 || !fn)
        return;
    w->fn = NULL;
    fn(w->arg, NULL);
}

int store_watch(struct store_client *client, const char *path, store_event_fn *fn, void *arg,
                struct store_watch **ret_watch)
{
    size_t size = strlen(path) + 1;
    struct store_watch *w = malloc(sizeof(*w) + size);
    int rc;

    if (!w)
        return -ENOMEM;
    *w = (struct store_watch){ .next = client->watches, .id = ++client->next_id, .fn = fn, .arg = arg };
    memcpy(w->path, path, size);
    rc = watch_request(client, XS_WATCH, w, watch_answered, w, &w->request);
    if (rc) {
        free(w);
        return rc;
    }
    client->watches = w;
    *ret_watch = w;
    return 0;
}

void store_unwatch(struct store_client *client, struct store_watch *watch)
{
    struct store_watch **link = &client->watches;

    if (!watch)
        return;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    if (watch->request)
        watch->request->fn = NULL;
    if (!client->broken) /* without memory for the request its events go on coming, to nobody */
        watch_request(client, XS_UNWATCH, watch, NULL, NULL, NULL);
    free(watch);
}
