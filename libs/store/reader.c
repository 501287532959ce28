/* SPDX-License-Identifier: LGPL-2.1-only */
/* The thread that reads for a handle with watches. */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/client.h"

/* A reply goes to the thread that waits for one; from a daemon that sends one unasked nothing else can be believed. */
static int reply_store(struct xs_handle *h, const struct xsd_sockmsg *header, const char *payload)
{
    int rc = 0;

    pthread_mutex_lock(&h->lock);
    if (!h->waits || h->has_reply) {
        rc = -EPROTO;
    } else {
        h->reply = *header;
        memcpy(h->reply_payload, payload, header->len);
        h->has_reply = true;
        pthread_cond_signal(&h->reply_came);
    }
    pthread_mutex_unlock(&h->lock);
    return rc;
}

bool reader_may_go_on(struct xs_handle *h)
{
    struct pollfd fds[] = { { .fd = h->transport.fd, .events = POLLIN }, { .fd = h->stop_fd, .events = POLLIN } };

    if (h->stop_fd < 0)
        return true;
    while (poll(fds, 2, -1) < 0)
        ;
    return !fds[1].revents;
}

static void *reader_run(void *arg)
{
    struct xs_handle *h = arg;
    struct xsd_sockmsg header;
    const char *payload;
    int rc = 0;

    while (rc == 0) {
        rc = client_receive(h, &header, &payload);
        if (rc)
            break;
        if (header.type == XS_WATCH_EVENT)
            rc = event_queue(h, payload, header.len);
        else
            rc = reply_store(h, &header, payload);
    }
    pthread_mutex_lock(&h->lock);
    client_break(h, EBADF);
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Signals are for the program's own threads; the stack holds little, but thread-local data of all libraries too. */
static int thread_start(struct xs_handle *h)
{
    sigset_t all, old;
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);

    if (rc)
        return -rc;
    pthread_attr_setstacksize(&attr, 256 * 1024 + (size_t)PTHREAD_STACK_MIN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&h->reader, &attr, reader_run, h);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return -rc;
}

int reader_start(struct xs_handle *h)
{
    int rc = 0;

    pthread_mutex_lock(&h->talk_lock);
    if (!h->has_reader) {
        if (!h->transport.is_socket && h->stop_fd < 0)
            h->stop_fd = eventfd(0, EFD_CLOEXEC);
        rc = !h->transport.is_socket && h->stop_fd < 0 ? -errno : thread_start(h);
        h->has_reader = rc == 0;
    }
    pthread_mutex_unlock(&h->talk_lock);
    return rc;
}

void reader_stop(struct xs_handle *h)
{
    static const uint64_t one = 1;

    if (!h->has_reader)
        return;
    if (h->transport.is_socket)
        shutdown(h->transport.fd, SHUT_RDWR);
    else if (write(h->stop_fd, &one, sizeof(one)) < 0)
        return; /* cannot be: the counter is 0 */
    pthread_join(h->reader, NULL);
    h->has_reader = false;
}
