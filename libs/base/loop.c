/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define NS_PER_MS 1000000u

struct loop {
    int epoll;
    struct epoll_event batch[BATCH]; /* what the last wait fetched; data.ptr is NULL when the source was removed since */
    int batch_next, batch_end;
    struct loop_timer *timers;  /* earliest first */
    struct loop_timer *latest;  /* new deadlines are mostly late ones */
    struct loop_deferred *deferred, *deferred_last;
    struct loop_deferred round_end; /* what was deferred before it is called in this round */
    bool quit;
    int code;
};

int loop_new(struct loop **ret_loop)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    int rc;

    if (!loop)
        return -ENOMEM;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        rc = -errno;
        free(loop);
        return rc;
    }
    *ret_loop = loop;
    return 0;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll);
    free(loop);
}

/* --- file descriptors --- */

int loop_fd_add(struct loop *loop, struct loop_fd *src, int fd, uint32_t events,
                void (*fn)(struct loop_fd *src, uint32_t events))
{
    struct epoll_event ev = { .events = events, .data.ptr = src };

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
        return -errno;
    *src = (struct loop_fd){ .loop = loop, .fd = fd, .events = events, .fn = fn };
    return 0;
}

int loop_fd_set(struct loop_fd *src, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = src };

    if (src->events == events)
        return 0;
    if (epoll_ctl(src->loop->epoll, EPOLL_CTL_MOD, src->fd, &ev) < 0)
        return -errno;
    src->events = events;
    return 0;
}

void loop_fd_remove(struct loop_fd *src)
{
    struct loop *loop = src->loop;

    if (!loop)
        return;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, src->fd, NULL);
    for (int i = loop->batch_next; i < loop->batch_end; i++)
        if (loop->batch[i].data.ptr == src)
            loop->batch[i].data.ptr = NULL;
    src->loop = NULL;
}

/* --- timers --- */

uint64_t loop_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 * NS_PER_MS + (uint64_t)ts.tv_nsec;
}

void loop_timer_set(struct loop *loop, struct loop_timer *src, uint64_t deadline, void (*fn)(struct loop_timer *src))
{
    struct loop_timer *before;

    loop_timer_remove(src);
    for (before = loop->latest; before && before->deadline > deadline; before = before->prev)
        ;
    *src = (struct loop_timer){ .loop = loop, .deadline = deadline, .fn = fn, .prev = before };
    src->next = before ? before->next : loop->timers;
    *(before ? &before->next : &loop->timers) = src;
    *(src->next ? &src->next->prev : &loop->latest) = src;
}

void loop_timer_remove(struct loop_timer *src)
{
    struct loop *loop = src->loop;

    if (!loop)
        return;
    *(src->prev ? &src->prev->next : &loop->timers) = src->next;
    *(src->next ? &src->next->prev : &loop->latest) = src->prev;
    src->loop = NULL;
}

/* Due is what was due at the start: a timer that arms itself anew lets other sources have their turn. */
static void timers_run(struct loop *loop)
{
    uint64_t now = loop->timers ? loop_now() : 0;

    while (loop->timers && loop->timers->deadline <= now) {
        struct loop_timer *src = loop->timers;

        loop_timer_remove(src);
        src->fn(src);
        if (loop->quit)
            return;
    }
}

/* --- children --- */

static struct loop_child *child_of(struct loop_fd *pidfd)
{
    return (struct loop_child *)((char *)pidfd - offsetof(struct loop_child, pidfd));
}

static void child_ended(struct loop_fd *pidfd, uint32_t events)
{
    struct loop_child *src = child_of(pidfd);
    int status = 0;
    pid_t pid = src->pid;

    (void)events;
    if (waitpid(pid, &status, WNOHANG) == 0)
        return;
    loop_child_remove(src);
    src->fn(src, status);
}

int loop_child_add(struct loop *loop, struct loop_child *src, pid_t pid, void (*fn)(struct loop_child *src, int status))
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0), rc;

    if (fd < 0)
        return -errno;
    rc = loop_fd_add(loop, &src->pidfd, fd, EPOLLIN, child_ended);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    src->pid = pid;
    src->fn = fn;
    return 0;
}

void loop_child_remove(struct loop_child *src)
{
    if (!src->pidfd.loop)
        return;
    loop_fd_remove(&src->pidfd);
    close(src->pidfd.fd);
}

/* --- signals --- */

static void signal_came(struct loop_fd *fd, uint32_t events)
{
    struct loop_signals *src = (struct loop_signals *)((char *)fd - offsetof(struct loop_signals, fd));
    struct signalfd_siginfo info;

    (void)events;
    if (read(fd->fd, &info, sizeof(info)) == sizeof(info))
        src->fn(src, (int)info.ssi_signo);
}

int loop_signals_add(struct loop *loop, struct loop_signals *src, const int *numbers,
                     void (*fn)(struct loop_signals *src, int number))
{
    sigset_t set;
    int fd, rc;

    sigemptyset(&set);
    while (*numbers)
        sigaddset(&set, *numbers++);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    rc = loop_fd_add(loop, &src->fd, fd, EPOLLIN, signal_came);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    src->fn = fn;
    return 0;
}

void loop_signals_remove(struct loop_signals *src)
{
    if (!src->fd.loop)
        return;
    loop_fd_remove(&src->fd);
    close(src->fd.fd);
}

/* --- deferred calls --- */

void loop_defer(struct loop *loop, struct loop_deferred *src, void (*fn)(struct loop_deferred *src))
{
    if (src->loop)
        return;
    *src = (struct loop_deferred){ .loop = loop, .fn = fn, .prev = loop->deferred_last };
    *(src->prev ? &src->prev->next : &loop->deferred) = src;
    loop->deferred_last = src;
}

void loop_deferred_remove(struct loop_deferred *src)
{
    struct loop *loop = src->loop;

    if (!loop)
        return;
    *(src->prev ? &src->prev->next : &loop->deferred) = src->next;
    *(src->next ? &src->next->prev : &loop->deferred_last) = src->prev;
    src->loop = NULL;
}

static void deferred_run(struct loop *loop)
{
    struct loop_deferred *end = &loop->round_end;

    if (!loop->deferred)
        return;
    loop_defer(loop, end, NULL);
    while (loop->deferred != end && !loop->quit) {
        struct loop_deferred *src = loop->deferred;

        loop_deferred_remove(src);
        src->fn(src);
    }
    loop_deferred_remove(end);
}

/* --- rounds --- */

static int wait_ms(struct loop *loop, int timeout_ms)
{
    uint64_t now, ms;

    if (loop->deferred)
        return 0;
    if (!loop->timers)
        return timeout_ms;
    now = loop_now();
    if (loop->timers->deadline <= now)
        return 0;
    ms = (loop->timers->deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    if (ms > INT_MAX)
        ms = INT_MAX;
    return timeout_ms < 0 || (uint64_t)timeout_ms > ms ? (int)ms : timeout_ms;
}

int loop_run_once(struct loop *loop, int timeout_ms)
{
    int n;

    deferred_run(loop);
    if (loop->quit)
        return 0;
    n = epoll_wait(loop->epoll, loop->batch, BATCH, wait_ms(loop, timeout_ms));
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    loop->batch_end = n;
    for (loop->batch_next = 0; loop->batch_next < loop->batch_end && !loop->quit;) {
        struct epoll_event *ev = &loop->batch[loop->batch_next++];
        struct loop_fd *src = ev->data.ptr;

        if (src)
            src->fn(src, ev->events);
    }
    loop->batch_next = loop->batch_end = 0;
    if (!loop->quit)
        timers_run(loop);
    return 0;
}

int loop_poll_fd(const struct loop *loop)
{
    return loop->epoll;
}

uint64_t loop_deadline(const struct loop *loop)
{
    if (loop->deferred)
        return 0;
    return loop->timers ? loop->timers->deadline : UINT64_MAX;
}

int loop_run(struct loop *loop)
{
    int rc = 0;

    while (!loop->quit && rc == 0)
        rc = loop_run_once(loop, -1);
    loop->quit = false;
    return rc < 0 ? rc : loop->code;
}

void loop_quit(struct loop *loop, int code)
{
    loop->quit = true;
    loop->code = code;
}

bool loop_quitting(const struct loop *loop)
{
    return loop->quit;
}
