/* SPDX-License-Identifier: LGPL-2.1-only */
#include "store/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *h = malloc(sizeof(*h));
    int rc;

    if (!h)
        return NULL;
    memset(h, 0, offsetof(struct xs_handle, reply_payload));
    h->events_end = &h->events;
    h->stop_fd = h->event_fd = -1;
    h->unwatch_filter = flags & XS_UNWATCH_FILTER;
    rc = transport_open(&h->transport);
    if (rc) {
        free(h);
        errno = -rc;
        return NULL;
    }
    pthread_mutex_init(&h->talk_lock, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->reply_came, NULL);
    pthread_cond_init(&h->event_came, NULL);
    return h;
}

static void handle_free(struct xs_handle *h)
{
    transport_close(&h->transport);
    if (h->event_fd >= 0)
        close(h->event_fd);
    if (h->stop_fd >= 0)
        close(h->stop_fd);
    events_free(h);
    free(h);
}

void xs_close(struct xs_handle *xsh)
{
    if (!xsh)
        return;
    reader_stop(xsh);
    pthread_cond_destroy(&xsh->event_came);
    pthread_cond_destroy(&xsh->reply_came);
    pthread_mutex_destroy(&xsh->lock);
    pthread_mutex_destroy(&xsh->talk_lock);
    handle_free(xsh);
}

/* In the child there is no reader, and the locks are as they were at the fork. */
void xs_daemon_destroy_postfork(struct xs_handle *xsh)
{
    if (xsh)
        handle_free(xsh);
}

void client_break(struct xs_handle *h, int error)
{
    static const uint64_t one = 1;

    if (!h->broken)
        h->broken = error;
    pthread_cond_broadcast(&h->reply_came);
    pthread_cond_broadcast(&h->event_came);
    if (h->event_fd >= 0 && write(h->event_fd, &one, sizeof(one)) < 0)
        return; /* it is readable already */
}

int client_receive(struct xs_handle *h, struct xsd_sockmsg *ret_header, const char **ret_payload)
{
    for (;;) {
        int rc = stream_next(&h->in, ret_header, ret_payload);
        size_t size;
        void *space;
        ssize_t n;

        if (rc)
            return rc < 0 ? rc : 0;
        if (!reader_may_go_on(h))
            return -EBADF;
        space = stream_space(&h->in, &size);
        n = transport_receive(&h->transport, space, size);
        if (n == -EINTR)
            continue;
        if (n <= 0)
            return n ? (int)n : -EBADF;
        stream_received(&h->in, (size_t)n);
    }
}

static int send_all(struct xs_handle *h, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = transport_send(&h->transport, h->out + done, len - done);

        if (n == -EINTR)
            continue;
        if (n < 0)
            return (int)n;
        done += (size_t)n;
    }
    return 0;
}

/* Puts the message together in h->out. */
static int make_request(struct xs_handle *h, struct xsd_sockmsg *header, const struct iovec *parts, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (parts[i].iov_len > XENSTORE_PAYLOAD_MAX - len)
            return -E2BIG;
        if (parts[i].iov_len)
            memcpy(h->out + sizeof(*header) + len, parts[i].iov_base, parts[i].iov_len);
        len += parts[i].iov_len;
    }
    header->req_id = ++h->next_id;
    header->len = (uint32_t)len;
    memcpy(h->out, header, sizeof(*header));
    return 0;
}

/* The answer, read by ourselves. */
static int read_reply(struct xs_handle *h, struct xsd_sockmsg *ret_reply, const char **ret_payload)
{
    for (;;) {
        int rc = client_receive(h, ret_reply, ret_payload);

        if (rc || ret_reply->type != XS_WATCH_EVENT)
            return rc;
        rc = event_queue(h, *ret_payload, ret_reply->len);
        if (rc)
            return rc;
    }
}

/* The answer, from the reader. */
static int await_reply(struct xs_handle *h, struct xsd_sockmsg *ret_reply, const char **ret_payload)
{
    int rc = 0;

    pthread_mutex_lock(&h->lock);
    while (!h->has_reply && !h->broken)
        pthread_cond_wait(&h->reply_came, &h->lock);
    h->waits = false;
    if (h->has_reply) {
        *ret_reply = h->reply;
        *ret_payload = h->reply_payload; /* the reader leaves it alone until somebody waits again */
        h->has_reply = false;
    } else {
        rc = -h->broken;
    }
    pthread_mutex_unlock(&h->lock);
    return rc;
}

/* Breaks the connection for a request that got no answer. What it fails with is the first cause; all later, EBADF. */
static int talk_failed(struct xs_handle *h, int rc)
{
    pthread_mutex_lock(&h->lock);
    h->waits = false;
    client_break(h, EBADF);
    pthread_mutex_unlock(&h->lock);
    return rc;
}

static int take_payload(const struct xsd_sockmsg *reply, const char *payload, void **ret_payload, size_t *ret_len)
{
    char *copy;

    if (!ret_payload)
        return 0;
    copy = malloc(reply->len + (size_t)1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, payload, reply->len);
    copy[reply->len] = 0;
    *ret_payload = copy;
    if (ret_len)
        *ret_len = reply->len;
    return 0;
}

static int talk_locked(struct xs_handle *h, struct xsd_sockmsg *request, void **ret_payload, size_t *ret_len)
{
    struct xsd_sockmsg reply;
    const char *payload;
    int rc;

    pthread_mutex_lock(&h->lock);
    rc = -h->broken;
    h->waits = rc == 0;
    pthread_mutex_unlock(&h->lock);
    if (rc)
        return rc;

    rc = send_all(h, sizeof(*request) + request->len);
    if (rc && !h->transport.is_socket) { /* the kernel's own answer to a request that it does not pass on */
        pthread_mutex_lock(&h->lock);
        h->waits = false;
        pthread_mutex_unlock(&h->lock);
        return rc;
    }
    if (rc == 0)
        rc = h->has_reader ? await_reply(h, &reply, &payload) : read_reply(h, &reply, &payload);
    if (rc)
        return talk_failed(h, rc);
    if (reply.req_id != request->req_id || (reply.type != request->type && reply.type != XS_ERROR))
        return talk_failed(h, -EBADF); /* the daemon answers something else */
    if (reply.type == XS_ERROR)
        return -wire_error_number(payload, reply.len);
    return take_payload(&reply, payload, ret_payload, ret_len);
}

int client_talk(struct xs_handle *h, uint32_t type, xs_transaction_t t, const struct iovec *parts, size_t n,
                void **ret_payload, size_t *ret_len)
{
    struct xsd_sockmsg request = { .type = type, .tx_id = t };
    int rc;

    pthread_mutex_lock(&h->talk_lock);
    rc = make_request(h, &request, parts, n);
    if (rc == 0)
        rc = talk_locked(h, &request, ret_payload, ret_len);
    pthread_mutex_unlock(&h->talk_lock);
    return rc;
}
