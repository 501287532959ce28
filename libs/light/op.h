/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Operations that take time: a list of steps, run one after the other on a loop, without waiting in any of them. When one
 * fails, all that began are undone, last first. How it ended is told once.
 *
 * Return codes are libxl's: 0, or ERROR_* (negative). One thread, or a lock around the loop and all calls.
 */
#ifndef LIGHT_OP_H
#define LIGHT_OP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/loop.h"

struct op;

/* A step's start or undo has begun something: op_step_done() will be called. */
#define OP_WAITS 1

struct op_step {
    const char *name; /* what it does, for messages: "load the kernel" */
    /* 0: done; OP_WAITS; or an error, better said by op_fail(). */
    int (*start)(struct op *op);
    /*
     * Undoes whatever start has done, also when it failed or was stopped half-way; may be NULL. 0, OP_WAITS or an error,
     * which is logged: the others are undone all the same.
     */
    int (*undo)(struct op *op);
    /*
     * While start waits: op_step_done() will not be called for it, forget what is awaited. NULL: it goes on to its end
     * whatever happens, and only then is it looked at whether the operation was cancelled or is too late.
     */
    void (*stop)(struct op *op);
    unsigned seconds; /* that start may wait, where it can be stopped; 0: for ever. Then ERROR_TIMEDOUT. */
    bool commits;     /* once it has begun, it is too late to cancel the operation */
};

/* How an operation is told of. Each may be NULL. */
struct op_reports {
    /* A step's start (undoing: undo) has ended, with rc; it began at `begun`, on loop_now()'s clock. */
    void (*step)(void *arg, const struct op *op, const struct op_step *step, bool undoing, uint64_t begun, int rc);
    /* The end: called once. The operation is freed when it returns. */
    void (*done)(void *arg, struct op *op, int rc);
    void *arg;
};

struct op {
    const struct op_step *steps;
    unsigned count;
    void *arg;          /* the steps' */
    struct arena arena; /* freed with it */
    struct loop *loop;
    const struct log *log;
    const char *object; /* whom messages are about: "domain 5"; may be NULL, may change */
    struct op_reports reports;
    void (*release)(struct op *op); /* what steps have opened for themselves, at its end however it ends; may be NULL */
    /* The rest is op.c's. */
    struct op *parent;
    struct op *first_child, *prev, *next; /* children of one parent are a list */
    struct loop_deferred advance;
    struct loop_timer timer;
    unsigned current;   /* steps that have begun and are not undone */
    uint64_t begun;     /* when the current step, or its undo, did */
    int rc;             /* the operation's */
    int step_rc;        /* what the children of the current step have made of it so far */
    const char *error;
    bool waiting;       /* for the current step, or its undo */
    bool inside;        /* a function of the current step is running */
    bool said;          /* op_fail() was called for the current step, or for its undo */
    bool undoing, committed, cancelled;
};

/*
 * A new operation; nothing has begun. `steps` outlives it; `log` and `reports` may be NULL. NULL: no memory.
 */
struct op *op_new(struct loop *loop, const struct log *log, const struct op_step *steps, unsigned count, void *arg,
                  const struct op_reports *reports);

/* Its first step begins in the loop's next round; so nothing is called back from here. */
void op_begin(struct op *op);

/*
 * One that has not begun; or forget it in the middle, with its children: a step that waits is stopped if it can be, nothing is
 * undone. What else may call its steps is the caller's to end before, and `release`'s. NULL is fine.
 */
void op_free(struct op *op);

/*
 * An operation that is part of the current step of `parent`, which returns OP_WAITS: the step is done when all its
 * children are. The first that fails makes the step fail, and the others are cancelled; its error is the parent's.
 * Children are begun at once; their log, loop and reports of steps are the parent's. NULL: no memory.
 */
struct op *op_child(struct op *parent, const struct op_step *steps, unsigned count, void *arg);

/* The step that waits is done (0), or failed. For a step that does not wait (any more) nothing happens. */
void op_step_done(struct op *op, int rc);

/*
 * Have it end with ERROR_ABORTED: a step that can be stopped is, no other one begins, all is undone. Too late when the
 * last step is done, or when it is failing already. May be called at any time until `done` is called.
 */
void op_cancel(struct op *op);
/* For steps that go on for long without waiting. */
bool op_cancelled(const struct op *op);

/*
 * From a step, says why: the first such text of an operation is its error, which is logged when it ends; what comes while it is undone
 * is a warning. Returns rc, so that a step can return it.
 */
int op_fail(struct op *op, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The text of its error, with step and object; NULL when there is none. Good until it is freed. */
const char *op_error(const struct op *op);

#endif
