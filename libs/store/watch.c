/* SPDX-License-Identifier: LGPL-2.1-only */
/* Watches and the events that wait to be read. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/client.h"

static void event_fd_raise(struct xs_handle *h)
{
    static const uint64_t one = 1;

    if (h->event_fd >= 0 && write(h->event_fd, &one, sizeof(one)) < 0)
        return; /* it is readable already */
}

/* The last event was taken: xs_fileno() is quiet again, but on a broken connection. */
static void event_fd_lower(struct xs_handle *h)
{
    uint64_t count;

    if (h->event_fd >= 0 && !h->broken && read(h->event_fd, &count, sizeof(count)) < 0)
        return; /* it was quiet */
}

static struct event *event_new(const char *payload, size_t len)
{
    size_t pos = 0;
    const char *path = wire_string(payload, len, &pos);
    const char *token = wire_string(payload, len, &pos);
    struct event *event;

    if (!path || !token) {
        errno = EPROTO;
        return NULL;
    }
    event = malloc(sizeof(*event) + pos);
    if (!event)
        return NULL;
    memcpy(event->bytes, payload, pos);
    event->strings[XS_WATCH_PATH] = event->bytes;
    event->strings[XS_WATCH_TOKEN] = event->bytes + (token - path);
    event->next = NULL;
    return event;
}

int event_queue(struct xs_handle *h, const char *payload, size_t len)
{
    struct event *event = event_new(payload, len);

    if (!event)
        return -errno;
    pthread_mutex_lock(&h->lock);
    if (!h->events)
        event_fd_raise(h);
    *h->events_end = event;
    h->events_end = &event->next;
    pthread_cond_signal(&h->event_came);
    pthread_mutex_unlock(&h->lock);
    return 0;
}

void events_free(struct xs_handle *h)
{
    while (h->events) {
        struct event *event = h->events;

        h->events = event->next;
        free(event);
    }
    h->events_end = &h->events;
}

static char **event_take(struct xs_handle *h, bool may_wait)
{
    struct event *event;

    pthread_mutex_lock(&h->lock);
    while (!h->events && !h->broken && may_wait)
        pthread_cond_wait(&h->event_came, &h->lock);
    event = h->events;
    if (event) {
        h->events = event->next;
        if (!h->events) {
            h->events_end = &h->events;
            event_fd_lower(h);
        }
    } else {
        errno = h->broken ? EINVAL : EAGAIN;
    }
    pthread_mutex_unlock(&h->lock);
    return event ? event->strings : NULL;
}

char **xs_check_watch(struct xs_handle *h)
{
    return event_take(h, false);
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
    char **strings = event_take(h, true);

    if (strings && num)
        *num = 2;
    return strings;
}

int xs_fileno(struct xs_handle *h)
{
    int fd;

    pthread_mutex_lock(&h->lock);
    if (h->event_fd < 0) {
        h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (h->events || h->broken)
            event_fd_raise(h);
    }
    fd = h->event_fd;
    pthread_mutex_unlock(&h->lock);
    return fd;
}

static int watch_talk(struct xs_handle *h, uint32_t type, const char *path, const char *token)
{
    struct iovec parts[] = { { (void *)path, strlen(path) + 1 }, { (void *)token, strlen(token) + 1 } };

    return client_talk(h, type, XBT_NULL, parts, 2, NULL, NULL);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    int rc = reader_start(h);

    if (rc == 0)
        rc = watch_talk(h, XS_WATCH, path, token);
    if (rc)
        errno = -rc;
    return rc == 0;
}

/* Events of a watch that is gone leave the queue. */
static void events_drop(struct xs_handle *h, const char *path, const char *token)
{
    pthread_mutex_lock(&h->lock);
    h->events_end = &h->events;
    for (struct event *event = h->events, *next; event; event = next) {
        next = event->next;
        if (!strcmp(event->strings[XS_WATCH_TOKEN], token) && xs_path_is_subpath(path, event->strings[XS_WATCH_PATH])) {
            free(event);
            continue;
        }
        *h->events_end = event;
        h->events_end = &event->next;
    }
    *h->events_end = NULL;
    if (!h->events)
        event_fd_lower(h);
    pthread_mutex_unlock(&h->lock);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    int rc = watch_talk(h, XS_UNWATCH, path, token);

    if (rc == 0 && h->unwatch_filter)
        events_drop(h, path, token);
    if (rc)
        errno = -rc;
    return rc == 0;
}
