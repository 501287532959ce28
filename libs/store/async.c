/* SPDX-License-Identifier: LGPL-2.1-only */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/async_client.h"

#define MESSAGES_PER_DISPATCH 64 /* others want their turn, too */
#define OUT_MIN 4096u

/* --- open and close --- */

static int client_new(const struct transport *t, struct store_client **ret_client)
{
    struct store_client *c = calloc(1, sizeof(*c));
    int flags = fcntl(t->fd, F_GETFL);

    if (!c)
        return -ENOMEM;
    if (flags < 0 || fcntl(t->fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        int rc = -errno;

        free(c);
        return rc;
    }
    c->transport = *t;
    c->requests_end = &c->requests;
    *ret_client = c;
    return 0;
}

int store_open(struct store_client **ret_client)
{
    struct transport t;
    int rc = transport_open(&t);

    if (rc == 0) {
        rc = client_new(&t, ret_client);
        if (rc)
            transport_close(&t);
    }
    return rc;
}

int store_open_fd(int fd, struct store_client **ret_client)
{
    return client_new(&(struct transport){ .fd = fd, .is_socket = true }, ret_client);
}

/* Takes the first request out and tells its owner. */
static void request_end(struct store_client *c, int rc, const char *payload, size_t len)
{
    struct store_request *r = c->requests;

    c->requests = r->next;
    if (!c->requests)
        c->requests_end = &c->requests;
    if (r->fn)
        r->fn(r->arg, r->canceled ? -ECANCELED : rc, payload, len);
    free(r);
}

void store_close(struct store_client *client)
{
    struct store_watch *w;

    if (!client)
        return;
    if (!client->broken)
        client->broken = -ECANCELED;
    for (w = client->watches; w; w = w->next)
        w->fn = NULL;
    while (client->requests)
        request_end(client, -ECANCELED, NULL, 0);
    attempts_report(client);
    while ((w = client->watches)) {
        client->watches = w->next;
        free(w);
    }
    transport_close(&client->transport);
    free(client->out);
    free(client);
}

int store_fd(const struct store_client *client)
{
    return client->transport.fd;
}

short store_events(const struct store_client *client)
{
    bool busy = client->out_done < client->out_len || client->has_canceled || client->failed || client->more;

    return (short)(POLLIN | (busy ? POLLOUT : 0));
}

bool store_waiting(const struct store_client *client)
{
    return client->requests;
}

/* Everybody is told, once. Owners may give up watches when they hear of it, theirs and others. */
static int client_broken(struct store_client *c, int rc)
{
    struct store_watch *w;

    c->broken = rc;
    c->out_done = c->out_len = 0;
    while (c->requests)
        request_end(c, -ECONNRESET, NULL, 0);
    attempts_report(c);
    for (w = c->watches; w;) {
        store_event_fn *fn = w->fn;

        if (!fn) {
            w = w->next;
            continue;
        }
        w->fn = NULL;
        fn(w->arg, NULL);
        w = c->watches;
    }
    return rc;
}

void store_break(struct store_client *client)
{
    if (!client->broken)
        client_broken(client, -ECONNRESET);
}

/* --- out --- */

static int out_reserve(struct store_client *c, size_t more)
{
    size_t size = c->out_size ? c->out_size : OUT_MIN;
    char *out;

    if (c->out_done == c->out_len)
        c->out_done = c->out_len = c->out_message = 0;
    while (size < c->out_len + more)
        size *= 2;
    if (size == c->out_size)
        return 0;
    out = realloc(c->out, size);
    if (!out)
        return -ENOMEM;
    c->out = out;
    c->out_size = size;
    return 0;
}

int request_queue(struct store_client *c, uint32_t type, xs_transaction_t t, const struct iovec *parts, size_t n,
                  store_reply_fn *fn, void *arg, struct store_request **ret_request)
{
    struct xsd_sockmsg header = { .type = type, .tx_id = t };
    struct store_request *r;
    size_t len = 0;

    if (c->broken)
        return -ECONNRESET;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].iov_len > XENSTORE_PAYLOAD_MAX - len)
            return -E2BIG;
        len += parts[i].iov_len;
    }
    r = malloc(sizeof(*r));
    if (!r || out_reserve(c, sizeof(header) + len)) {
        free(r);
        return -ENOMEM;
    }
    header.req_id = ++c->next_id;
    header.len = (uint32_t)len;
    memcpy(c->out + c->out_len, &header, sizeof(header));
    c->out_len += sizeof(header);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].iov_len)
            memcpy(c->out + c->out_len, parts[i].iov_base, parts[i].iov_len);
        c->out_len += parts[i].iov_len;
    }
    *r = (struct store_request){ .id = header.req_id, .type = type, .fn = fn, .arg = arg };
    *c->requests_end = r;
    c->requests_end = &r->next;
    if (ret_request)
        *ret_request = r;
    return 0;
}

int store_request(struct store_client *client, uint32_t type, xs_transaction_t transaction, const void *payload,
                  size_t len, store_reply_fn *fn, void *arg, struct store_request **ret_request)
{
    struct iovec part = { (void *)payload, len };

    return request_queue(client, type, transaction, &part, 1, fn, arg, ret_request);
}

/* How much may go in one call: a device takes a message at a time. */
static size_t out_chunk(struct store_client *c)
{
    struct xsd_sockmsg header;

    if (c->transport.is_socket)
        return c->out_len - c->out_done;
    if (c->out_done == c->out_message) {
        memcpy(&header, c->out + c->out_done, sizeof(header));
        c->out_message += sizeof(header) + header.len;
    }
    return c->out_message - c->out_done;
}

static int send_pending(struct store_client *c)
{
    while (c->out_done < c->out_len) {
        ssize_t n = transport_send(&c->transport, c->out + c->out_done, out_chunk(c));

        if (n == -EINTR)
            continue;
        if (n == -EAGAIN)
            return 0;
        if (n < 0)
            return (int)n;
        c->out_done += (size_t)n;
    }
    return 0;
}

/* --- in --- */

void store_cancel(struct store_client *client, struct store_request *request)
{
    request->canceled = true;
    client->has_canceled = true;
}

/* The answers of canceled requests still come, in their order: they stay, without an owner. */
static void report_canceled(struct store_client *c)
{
    if (!c->has_canceled)
        return;
    c->has_canceled = false;
    for (struct store_request *r = c->requests; r; r = r->next) {
        store_reply_fn *fn = r->fn;

        if (!r->canceled || !fn)
            continue;
        r->fn = NULL;
        fn(r->arg, -ECANCELED, NULL, 0);
    }
}

static int take_event(struct store_client *c, const char *payload, size_t len)
{
    size_t pos = 0;
    const char *path = wire_string(payload, len, &pos), *token = wire_string(payload, len, &pos);
    uint32_t id;

    if (!path || !token)
        return -EPROTO;
    if (wire_parse_u32(token, UINT32_MAX, &id))
        return 0; /* not ours */
    for (struct store_watch *w = c->watches; w; w = w->next)
        if (w->id == id) {
            if (w->fn)
                w->fn(w->arg, path);
            break;
        }
    return 0;
}

static int take_reply(struct store_client *c, const struct xsd_sockmsg *header, const char *payload)
{
    const struct store_request *r = c->requests;
    char text[XENSTORE_PAYLOAD_MAX + 1];

    if (!r || header->req_id != r->id || (header->type != r->type && header->type != XS_ERROR))
        return -EPROTO;
    if (header->type == XS_ERROR) {
        request_end(c, -wire_error_number(payload, header->len), NULL, 0);
        return 0;
    }
    memcpy(text, payload, header->len); /* callbacks expect a NUL behind it */
    text[header->len] = 0;
    request_end(c, 0, text, header->len);
    return 0;
}

/* Returns 1 when more may be there, 0 when not, or -errno. */
static int take_message(struct store_client *c)
{
    struct xsd_sockmsg header;
    const char *payload;
    int rc = stream_next(&c->in, &header, &payload);
    size_t size;
    void *space;
    ssize_t n;

    if (rc < 0)
        return rc;
    if (rc) {
        rc = header.type == XS_WATCH_EVENT ? take_event(c, payload, header.len) : take_reply(c, &header, payload);
        return rc ? rc : 1;
    }
    space = stream_space(&c->in, &size);
    n = transport_receive(&c->transport, space, size);
    if (n == -EAGAIN)
        return 0;
    if (n == -EINTR)
        return 1;
    if (n <= 0)
        return n ? (int)n : -ECONNRESET;
    stream_received(&c->in, (size_t)n);
    return 1;
}

int store_dispatch(struct store_client *client)
{
    int rc = client->broken;

    if (rc)
        return rc;
    report_canceled(client);
    attempts_report(client);
    rc = send_pending(client);
    client->more = true;
    for (int i = 0; rc == 0 && client->more && i < MESSAGES_PER_DISPATCH; i++) {
        rc = take_message(client);
        client->more = rc > 0;
        rc = rc < 0 ? rc : 0;
    }
    if (rc == 0)
        rc = send_pending(client); /* what the callbacks have asked */
    return rc ? client_broken(client, rc) : 0;
}
