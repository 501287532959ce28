/* SPDX-License-Identifier: LGPL-2.1-only */
/* The context's loop: in our own poll(), around the program's, or in the program's loop. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "light/child.h"
#include "light/events.h"
#include "light/store_link.h"

#define NS_PER_MS 1000000u

static void log_to_context(void *arg, enum log_level level, const char *text)
{
    static const xentoollog_level levels[] = { XTL_ERROR, XTL_WARN, XTL_DETAIL, XTL_DEBUG };

    light_log(arg, levels[level], -1, "%s", text);
}

struct light_events *light_events(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;
    int rc;

    if (e)
        return e;
    e = calloc(1, sizeof(*e));
    rc = e ? loop_new(&e->loop) : -ENOMEM;
    if (rc == 0) {
        e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        rc = e->wake_fd < 0 ? -errno : 0;
    }
    if (rc < 0) {
        light_log(ctx, XTL_ERROR, -rc, "no loop for events");
        if (e)
            loop_free(e->loop);
        free(e);
        return NULL;
    }
    e->timer.fd = -1;
    e->log = (struct log){ .fn = log_to_context, .arg = ctx, .max = LOG_LEVEL_DEBUG };
    TAILQ_INIT(&e->works);
    TAILQ_INIT(&e->ended);
    TAILQ_INIT(&e->progress);
    TAILQ_INIT(&e->queue);
    LIST_INIT(&e->processes);
    pthread_cond_init(&e->returned, NULL);
    ctx->events = e;
    return e;
}

void light_events_free(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;

    if (!e)
        return;
    e->log.fn = NULL; /* the program hears no more of it */
    e->step = NULL;
    light_store_free(ctx);
    light_works_free(ctx);
    light_children_free(ctx);
    light_deaths_free(ctx);
    light_ejects_free(ctx);
    if (e->timer.fd >= 0) {
        loop_fd_remove(&e->timer);
        close(e->timer.fd);
    }
    if (e->os_registered)
        e->os.fd_deregister(e->os_user, loop_poll_fd(e->loop), e->os_registration);
    pthread_cond_destroy(&e->returned);
    close(e->wake_fd);
    loop_free(e->loop);
    free(e);
    ctx->events = NULL;
}

/* --- our own waiting --- */

void light_changed(struct light_events *e)
{
    uint64_t one = 1;

    e->changes++;
    if (e->waiting)
        (void)!write(e->wake_fd, &one, sizeof(one)); /* it is full: he wakes up */
}

/* All that there is to do now. */
static int run(struct light_events *e)
{
    int rc;

    do
        rc = loop_run_once(e->loop, 0);
    while (rc == 0 && loop_deadline(e->loop) == 0);
    return rc;
}

static int until_ms(uint64_t deadline)
{
    uint64_t now = loop_now(), ms;

    if (deadline == UINT64_MAX)
        return -1;
    ms = deadline > now ? (deadline - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Without the lock, which others may take meanwhile, and do something about the loop. */
static int wait_here(libxl_ctx *ctx, struct light_events *e)
{
    struct pollfd fds[] = {
        { .fd = loop_poll_fd(e->loop), .events = POLLIN },
        { .fd = e->wake_fd, .events = POLLIN },
    };
    int ms, rc;

    e->waiting = true;
    e->deadline = loop_deadline(e->loop);
    ms = until_ms(e->deadline);
    pthread_mutex_unlock(&ctx->lock);
    rc = poll(fds, sizeof(fds) / sizeof(fds[0]), ms) < 0 && errno != EINTR ? -errno : 0;
    pthread_mutex_lock(&ctx->lock);
    e->waiting = false;
    if (fds[1].revents) {
        uint64_t count;

        (void)!read(e->wake_fd, &count, sizeof(count)); /* nothing there: fine too */
    }
    pthread_cond_broadcast(&e->returned);
    return rc;
}

int light_look(libxl_ctx *ctx)
{
    int rc = run(ctx->events);

    if (rc < 0)
        light_log(ctx, XTL_ERROR, -rc, "looking for events");
    light_deliver(ctx);
    return light_error(rc);
}

int light_wait(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;
    uint64_t changes = e->changes;
    int rc = light_look(ctx);

    if (rc || e->changes != changes)
        return rc;
    if (!e->waiting) {
        rc = wait_here(ctx, e);
        if (rc < 0)
            light_log(ctx, XTL_ERROR, -rc, "waiting for events");
        return light_error(rc);
    }
    if (loop_deadline(e->loop) < e->deadline)
        light_changed(e);
    pthread_cond_wait(&e->returned, &ctx->lock);
    return 0;
}

/* --- the program's loop --- */

static void timer_ready(struct loop_fd *src, uint32_t events)
{
    uint64_t count;

    (void)events;
    (void)!read(src->fd, &count, sizeof(count)); /* what is due is found by its deadline */
}

/* The program's loop gets one descriptor, which is readable for whatever is ours, and for our next deadline too. */
int light_os_register(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;
    int rc = 0;

    if (!e->os_given || e->os_registered)
        return 0;
    if (e->timer.fd < 0) {
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

        rc = fd < 0 ? -errno : loop_fd_add(e->loop, &e->timer, fd, EPOLLIN, timer_ready);
        if (rc < 0) {
            light_log(ctx, XTL_ERROR, -rc, "a timer for the program's loop");
            if (fd >= 0)
                close(fd);
            return light_error(rc);
        }
    }
    rc = e->os.fd_register(e->os_user, loop_poll_fd(e->loop), &e->os_registration, POLLIN, ctx);
    e->os_registered = rc == 0;
    return rc;
}

static void timer_arm(struct light_events *e)
{
    uint64_t deadline = loop_deadline(e->loop);
    struct itimerspec when = { 0 };

    if (e->timer.fd < 0 || deadline == e->timer_deadline)
        return;
    e->timer_deadline = deadline;
    if (deadline != UINT64_MAX) {
        deadline += deadline == 0; /* at once; 0 would mean never */
        when.it_value.tv_sec = (time_t)(deadline / LOOP_SECOND);
        when.it_value.tv_nsec = (long)(deadline % LOOP_SECOND);
    }
    timerfd_settime(e->timer.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void light_leave(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;

    if (e) {
        light_look(ctx);
        if (e->waiting && loop_deadline(e->loop) < e->deadline)
            light_changed(e);
        timer_arm(e);
    }
    pthread_mutex_unlock(&ctx->lock);
}

void libxl_osevent_register_hooks(libxl_ctx *ctx, const libxl_osevent_hooks *hooks, void *user)
{
    struct light_events *e;

    pthread_mutex_lock(&ctx->lock);
    e = light_events(ctx);
    if (!e)
        light_no_memory(ctx);
    e->os = *hooks;
    e->os_user = user;
    e->os_given = true;
    pthread_mutex_unlock(&ctx->lock);
}

/* Whichever it was: what there is to do is found by looking. */
static void occurred(libxl_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    light_leave(ctx);
}

void libxl_osevent_occurred_fd(libxl_ctx *ctx, void *for_libxl, int fd, short events, short revents)
{
    (void)for_libxl;
    (void)fd;
    (void)events;
    (void)revents;
    occurred(ctx);
}

void libxl_osevent_occurred_timeout(libxl_ctx *ctx, void *for_libxl)
{
    (void)for_libxl;
    occurred(ctx);
}

int libxl_osevent_beforepoll(libxl_ctx *ctx, int *nfds_io, struct pollfd *fds, int *timeout_upd, struct timeval now)
{
    int rc = 0, room = *nfds_io, ms;

    (void)now;
    pthread_mutex_lock(&ctx->lock);
    *nfds_io = ctx->events ? 1 : 0;
    if (room < *nfds_io) {
        rc = ERROR_BUFFERFULL;
    } else if (ctx->events) {
        fds[0] = (struct pollfd){ .fd = loop_poll_fd(ctx->events->loop), .events = POLLIN };
        ms = until_ms(loop_deadline(ctx->events->loop));
        if (ms >= 0 && (*timeout_upd < 0 || ms < *timeout_upd))
            *timeout_upd = ms;
    }
    pthread_mutex_unlock(&ctx->lock);
    return rc;
}

void libxl_osevent_afterpoll(libxl_ctx *ctx, int nfds, const struct pollfd *fds, struct timeval now)
{
    (void)nfds;
    (void)fds;
    (void)now;
    occurred(ctx);
}
