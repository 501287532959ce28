/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Processes that the library starts, without waiting for them. Who reaps them is as libxl_childproc_setmode() says. Whoever
 * calls holds the context's lock.
 */
#ifndef XENOLITH_LIGHT_CHILD_H
#define XENOLITH_LIGHT_CHILD_H

#include <sys/types.h>

#include "light/ctx.h"
#include "light/op.h"
#include "light/restrict.h"

struct light_process;

/* What is to be started; all of it is used before light_child_start() returns, but for `what`. */
struct light_child_wish {
    const char *what;        /* it is, for messages: "the block script"; good until its end */
    const char *const *argv; /* ends with NULL; argv[0] is looked for in PATH */
    const char *const *env;  /* beside the program's own environment, "NAME=value"; ends with NULL; NULL: nothing */
    const char *log;         /* a file that it appends what it prints to; NULL: the last line is kept */
    struct light_restrict restricted; /* to whom; uid 0: it is not */
    int terminal;            /* its input, output and controlling terminal, only what it says of errors is kept; 0: it has none */
};

/* The caller's memory: zeros before it is started, there until it has ended or is let go. */
struct light_child {
    struct light_process *process; /* NULL: there is none */
    const char *what;
    /*
     * It has ended and was reaped; waitpid()'s status, or -1 when somebody else has reaped it. said: the last line that it
     * printed, or why it could not be executed; "" when there is none.
     */
    void (*ended)(struct light_child *child, int status, const char *said);
    struct op *op; /* light_child_step()'s */
};

/*
 * Starts it, in a session of its own, with nothing but /dev/null for its input unless it has a terminal; ended() is called from
 * the context's loop. That the program cannot be executed is an end, too: status 127. -errno: nothing was started.
 */
int light_child_start(libxl_ctx *ctx, struct light_child *child, const struct light_child_wish *wish,
                      void (*ended)(struct light_child *child, int status, const char *said));

/* 0: none is running. */
pid_t light_child_pid(const struct light_child *child);

/* Kills it and what it has started, and lets go of it. For a child that is none nothing happens. */
void light_child_kill(struct light_child *child);

/* Lets go of it: it goes on, also when the context ends. */
void light_child_release(struct light_child *child);

/*
 * As a step: starts it and returns OP_WAITS; the step fails unless it exits with 0. The step's stop, and the operation's
 * release, call light_child_kill().
 */
int light_child_step(struct op *op, libxl_ctx *ctx, struct light_child *child, const struct light_child_wish *wish);

/* From ended(): why it has not done what it was to do, of op's arena; NULL: it has exited with 0. */
const char *light_child_verdict(struct op *op, const struct light_child *child, int status, const char *said);

/* How long one may take: what this variable of the environment says; 0: for ever. 0, or what op_fail() returned. */
int light_child_seconds(struct op *op, const char *variable, unsigned otherwise, unsigned *ret_seconds);

/* The context's end: kills all that was not let go of. */
void light_children_free(libxl_ctx *ctx);

/* --- sigchld.c: the process's SIGCHLD, which contexts share --- */

/* fn is called after each SIGCHLD. 0 or -errno. */
int sigchld_watch(struct loop *loop, struct loop_fd *src, void (*fn)(struct loop_fd *src, uint32_t events));
void sigchld_unwatch(struct loop_fd *src);
/* In a child of the program's: SIGCHLD is as it was before the first watch. */
void sigchld_forget(void);

#endif
