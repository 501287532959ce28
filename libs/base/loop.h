/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * An event loop over epoll: file descriptors, timers, children, signals, deferred calls.
 *
 * A source is a struct of the caller's, all zeros before its first add; the loop allocates nothing for it. Its memory
 * may be reused once it was removed, also from inside any callback: a removed source is never called again, not even
 * for an event that was already fetched. Removing what is not there does nothing. One thread.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

struct loop;

int loop_new(struct loop **ret_loop);
/* Sources that are still there are forgotten, not called. NULL is fine. */
void loop_free(struct loop *loop);

/* --- file descriptors: fn is called while any of `events` (EPOLLIN, EPOLLOUT; errors always) holds --- */
struct loop_fd {
    struct loop *loop;
    int fd;
    uint32_t events;
    void (*fn)(struct loop_fd *src, uint32_t events);
};

/* 0 or epoll_ctl's error. The descriptor stays the caller's, and is removed before it is closed. */
int loop_fd_add(struct loop *loop, struct loop_fd *src, int fd, uint32_t events,
                void (*fn)(struct loop_fd *src, uint32_t events));
int loop_fd_set(struct loop_fd *src, uint32_t events);
void loop_fd_remove(struct loop_fd *src);

/* --- timers: fn is called once, at `deadline` (CLOCK_MONOTONIC, ns) or soon after --- */
struct loop_timer {
    struct loop *loop; /* while it is armed */
    struct loop_timer *prev, *next;
    uint64_t deadline;
    void (*fn)(struct loop_timer *src);
};

#define LOOP_SECOND UINT64_C(1000000000)
uint64_t loop_now(void);
/* Arms it, or moves it when it is armed. */
void loop_timer_set(struct loop *loop, struct loop_timer *src, uint64_t deadline,
                    void (*fn)(struct loop_timer *src));
void loop_timer_remove(struct loop_timer *src);

/* --- children: fn is called once the process has ended, with waitpid's status; it has been reaped --- */
struct loop_child {
    struct loop_fd pidfd;
    pid_t pid;
    void (*fn)(struct loop_child *src, int status);
};

/* 0 or pidfd_open's error. */
int loop_child_add(struct loop *loop, struct loop_child *src, pid_t pid, void (*fn)(struct loop_child *src, int status));
void loop_child_remove(struct loop_child *src);

/* --- signals: fn is called for each that comes; they are blocked in the caller's mask, and stay so when it is removed --- */
struct loop_signals {
    struct loop_fd fd;
    void (*fn)(struct loop_signals *src, int number);
};

/* `numbers` ends with 0. 0, or the error of signalfd. */
int loop_signals_add(struct loop *loop, struct loop_signals *src, const int *numbers,
                     void (*fn)(struct loop_signals *src, int number));
void loop_signals_remove(struct loop_signals *src);

/* --- deferred calls: fn is called once, before the loop next waits --- */
struct loop_deferred {
    struct loop *loop; /* while it is pending */
    struct loop_deferred *prev, *next;
    void (*fn)(struct loop_deferred *src);
};

/* Pending already: nothing changes. Calls that are deferred by a deferred call run in the next round. */
void loop_defer(struct loop *loop, struct loop_deferred *src, void (*fn)(struct loop_deferred *src));
void loop_deferred_remove(struct loop_deferred *src);

/*
 * One round: deferred calls, then waits up to timeout_ms (-1: for ever) for anything, then calls. Returns 0, or the
 * error of epoll_wait; a signal ends the waiting and is no error.
 */
int loop_run_once(struct loop *loop, int timeout_ms);
/*
 * For a loop inside of another: a descriptor that is readable when a round would call something for a descriptor, and the
 * earliest deadline (UINT64_MAX: none; 0: there are deferred calls), both to be asked for again after each round.
 */
int loop_poll_fd(const struct loop *loop);
uint64_t loop_deadline(const struct loop *loop);
/* Rounds until loop_quit() is called: its code, or the error of a round. */
int loop_run(struct loop *loop);
void loop_quit(struct loop *loop, int code);
/* Was it called? For who makes the rounds himself. */
bool loop_quitting(const struct loop *loop);

#endif
