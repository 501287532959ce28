/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What happens in a context: its loop, which threads take turns to wait on, the operations that go on, and the events that
 * the program has not taken yet. Whoever calls holds the context's lock, once.
 */
#ifndef XENOLITH_LIGHT_EVENTS_H
#define XENOLITH_LIGHT_EVENTS_H

#include <libxl.h>
#include <libxl_event.h>
#include <sys/queue.h>

#include "base/loop.h"
#include "light/ctx.h"
#include "light/evgen.h"
#include "light/op.h"
#include "light/report.h"

/* An operation that the program asked for. */
struct light_work {
    libxl_ctx *ctx;
    struct op *op; /* NULL: it has ended */
    int rc;
    bool how_given;
    libxl_asyncop_how how;
    libxl_event *event; /* what the program will be told with, when not by a callback */
    TAILQ_ENTRY(light_work) link;
};

/* That an operation has come so far, made before it begins. */
struct light_progress {
    libxl_ctx *ctx;
    libxl_asyncprogress_how how;
    libxl_event *event;
    TAILQ_ENTRY(light_progress) link;
};

TAILQ_HEAD(light_works, light_work);
TAILQ_HEAD(light_steps_done, light_progress);
TAILQ_HEAD(light_queue, libxl_event);

struct light_events {
    struct loop *loop;
    struct log log;           /* operations' messages, to the context's logger */
    struct light_works works; /* that go on */
    struct light_works ended; /* whose callbacks are to be called */
    struct light_steps_done progress; /* whose callbacks are to be called, before those of ends */
    struct light_queue queue; /* that the program has not taken */
    libxl_event_hooks hooks;
    void *hooks_user;
    light_step_fn *step; /* light_report_steps() */
    void *step_arg;
    LIST_HEAD(, light_process) processes; /* child.c: that have not ended */
    struct loop_fd sigchld;
    struct light_evgens evgens;

    /* One thread waits in poll(), without the lock; others wait for it to return. */
    bool waiting;
    int wake_fd;       /* written to when what he waits for may have come */
    uint64_t deadline; /* that he waits for */
    uint64_t changes;  /* ends of operations, and events */
    pthread_cond_t returned;

    /* The program's loop. */
    libxl_osevent_hooks os;
    void *os_user, *os_registration;
    bool os_given, os_registered;
    struct loop_fd timer; /* our next deadline as a descriptor, for such a loop; fd -1: none */
    uint64_t timer_deadline;
};

/* The context's events, made at the first call; on failure NULL and it was logged. */
struct light_events *light_events(libxl_ctx *ctx);
/* Operations that go on are forgotten. */
void light_events_free(libxl_ctx *ctx);

/*
 * What may be done without waiting is; callbacks are called, without the lock. Then unlocks. The last thing that a public
 * function does which may have begun something.
 */
void light_leave(libxl_ctx *ctx);

/* Does what may be done without waiting, and calls callbacks. */
int light_look(libxl_ctx *ctx);

/* Waits until something has happened, or may have. 0, or an ERROR_* when the loop fails. */
int light_wait(libxl_ctx *ctx);

/* Hands an event over to the program: by its hook, or libxl_event_check(). It is the program's then. */
void light_event_occurred(libxl_ctx *ctx, libxl_event *event);

/*
 * The program wants to hear of it as `how` says; NULL: not at all, and *ret_progress is NULL. False: no memory. _tell: it has
 * come so far; _free: it will not. Both want to be called once, and do nothing for NULL.
 */
bool light_progress_new(libxl_ctx *ctx, const libxl_asyncprogress_how *how, libxl_event_type type,
                        struct light_progress **ret_progress);
void light_progress_tell(struct light_progress *progress, uint32_t domid);
void light_progress_free(struct light_progress *progress);

/* Events (of that type; 0: of any) were lost. Tells the program, or ends it. errnoval: 0, or why. */
void light_disaster(libxl_ctx *ctx, libxl_event_type type, int errnoval, const char *what);

/*
 * Runs the operation as `how` says (NULL: until its end). The operation is begun here, and is the library's from now on,
 * also on errors. Called with the lock; returns without it. Returns what the public function does.
 */
int light_op_run(libxl_ctx *ctx, struct op *op, const libxl_asyncop_how *how);

/* A new operation of the context's loop; `size` zeroed bytes for its steps are op->arg. NULL: it was logged. */
struct op *light_op_new(libxl_ctx *ctx, const struct op_step *steps, unsigned count, size_t size);

/*
 * Gives up an operation that was not run, and the lock: says what failed with 0 > rc = -errno, and returns the public error
 * for it.
 */
int light_op_drop(libxl_ctx *ctx, struct op *op, int rc, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* --- between event.c and wait.c --- */

/* Who waits shall look. */
void light_changed(struct light_events *e);
/* Calls callbacks that are due, without the lock. */
void light_deliver(libxl_ctx *ctx);
/* With a loop of the program's: our descriptor is in it. What the hook says. */
int light_os_register(libxl_ctx *ctx);
/* Forgets operations and events. */
void light_works_free(libxl_ctx *ctx);

#endif
