/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/op.h"

#include <stddef.h>
#include <stdlib.h>

#include <libxl.h>


static const struct op_step *current_step(const struct op *op)
{
    return &op->steps[op->current - 1];
}

struct op *op_new(struct loop *loop, const struct log *log, const struct op_step *steps, unsigned count, void *arg,
                  const struct op_reports *reports)
{
    struct op *op = calloc(1, sizeof(*op));

    if (!op)
        return NULL;
    op->steps = steps;
    op->count = count;
    op->arg = arg;
    op->loop = loop;
    op->log = log;
    if (reports)
        op->reports = *reports;
    return op;
}

void op_free(struct op *op)
{
    bool by_itself = op && !op->first_child;

    if (!op)
        return;
    while (op->first_child) {
        struct op *child = op->first_child;

        op->first_child = child->next;
        op_free(child);
    }
    if (by_itself && op->waiting && !op->undoing && current_step(op)->stop)
        current_step(op)->stop(op);
    if (op->release)
        op->release(op);
    loop_deferred_remove(&op->advance);
    loop_timer_remove(&op->timer);
    arena_done(&op->arena);
    free(op);
}

/* --- errors --- */

static struct op *root_of(struct op *op)
{
    while (op->parent)
        op = op->parent;
    return op;
}

static bool is_undoing(const struct op *op)
{
    return op && (op->undoing || is_undoing(op->parent));
}

static const char *object_of(const struct op *op)
{
    while (op && !op->object)
        op = op->parent;
    return op ? op->object : NULL;
}

/* The first that is said is the root's error too, and is logged before anything is undone. */
static void remember(struct op *op, const char *text)
{
    struct op *root = root_of(op);
    const char *object = object_of(op);

    op->error = arena_printf(&op->arena, "%s%s%s: %s", object ? object : "", object ? ": " : "", current_step(op)->name, text);
    if (!op->error)
        op->error = "no memory"; /* not even for the reason */
    if (root->error && root != op) {
        log_debug(op->log, "%s", op->error);
        return;
    }
    log_err(op->log, "%s", op->error);
    if (root != op)
        root->error = arena_strdup(&root->arena, op->error);
}

int op_fail(struct op *op, int rc, const char *fmt, ...)
{
    const char *text;
    va_list args;

    va_start(args, fmt);
    text = arena_vprintf(&op->arena, fmt, args);
    va_end(args);
    if (!text)
        text = "no memory";
    op->said = true;
    if (is_undoing(op))
        log_warn(op->log, "%s: undoing it: %s", current_step(op)->name, text);
    else if (!op->error)
        remember(op, text);
    return rc;
}

const char *op_error(const struct op *op)
{
    return op->error;
}

/* --- children --- */

static void child_unlink(struct op *child)
{
    struct op *parent = child->parent;

    if (child->prev)
        child->prev->next = child->next;
    else
        parent->first_child = child->next;
    if (child->next)
        child->next->prev = child->prev;
}

/* The step has failed: the rest of its children need not go on, unless they undo something. */
static void children_fail(struct op *op, int rc)
{
    if (op->step_rc)
        return;
    op->step_rc = rc;
    op->said = true;
    for (struct op *child = op->first_child; child && !op->undoing; child = child->next)
        op_cancel(child);
}

struct op *op_child(struct op *parent, const struct op_step *steps, unsigned count, void *arg)
{
    struct op *child = op_new(parent->loop, parent->log, steps, count, arg, NULL);

    if (!child)
        return NULL;
    child->parent = parent;
    child->reports.step = parent->reports.step;
    child->reports.arg = parent->reports.arg;
    child->next = parent->first_child;
    if (child->next)
        child->next->prev = child;
    parent->first_child = child;
    op_begin(child);
    return child;
}

/* --- steps --- */

static void finish(struct op *op)
{
    struct op *parent = op->parent;

    if (op->reports.done)
        op->reports.done(op->reports.arg, op, op->rc);
    if (parent) {
        child_unlink(op);
        if (op->rc)
            children_fail(parent, op->rc);
        if (!parent->first_child)
            op_step_done(parent, parent->step_rc);
    }
    op_free(op);
}

static void advance(struct loop_deferred *src);

static void explain(struct op *op, int rc)
{
    if (rc && rc != ERROR_ABORTED && !op->said)
        op_fail(op, rc, "it failed, and did not say why");
}

void op_step_done(struct op *op, int rc)
{
    if (!op->waiting)
        return;
    explain(op, rc);
    if (op->first_child) { /* not over before they are */
        if (rc)
            children_fail(op, rc);
        return;
    }
    op->waiting = false;
    loop_timer_remove(&op->timer);
    if (rc && !op->undoing)
        op->rc = rc;
    if (op->reports.step)
        op->reports.step(op->reports.arg, op, current_step(op), op->undoing, op->begun, rc);
    if (!op->inside)
        loop_defer(op->loop, &op->advance, advance);
}

/* The current step, which waits, does so no more, if it can be stopped. */
static void stop(struct op *op, int rc)
{
    void (*fn)(struct op *op) = current_step(op)->stop;

    if (!op->first_child && !fn)
        return;
    if (!op->first_child)
        fn(op);
    op_step_done(op, rc);
}

static void too_late(struct loop_timer *timer)
{
    struct op *op = (struct op *)((char *)timer - offsetof(struct op, timer));

    op_fail(op, ERROR_TIMEDOUT, "not done after %u s", current_step(op)->seconds);
    stop(op, ERROR_TIMEDOUT);
}

static void call(struct op *op, int (*fn)(struct op *op))
{
    const struct op_step *step = current_step(op);
    int rc = 0;

    op->begun = loop_now();
    op->waiting = true;
    op->step_rc = 0;
    op->said = false;
    op->inside = true;
    if (fn)
        rc = fn(op);
    if (rc != OP_WAITS)
        op_step_done(op, rc);
    if (op->cancelled && op->waiting && !op->undoing)
        stop(op, ERROR_ABORTED);
    op->inside = false;
    if (op->waiting && !op->undoing && step->seconds && (step->stop || op->first_child))
        loop_timer_set(op->loop, &op->timer, loop_now() + step->seconds * LOOP_SECOND, too_late);
}

static void advance(struct loop_deferred *src)
{
    struct op *op = (struct op *)((char *)src - offsetof(struct op, advance));

    while (!op->waiting) {
        if (!op->undoing && !op->rc && op->current == op->count)
            break;
        if (!op->undoing && !op->rc && op->cancelled)
            op->rc = ERROR_ABORTED;
        if (!op->undoing && !op->rc) {
            op->current++;
            op->committed |= current_step(op)->commits;
            call(op, current_step(op)->start);
            continue;
        }
        if (op->undoing)
            op->current--;
        op->undoing = true;
        if (!op->current)
            break;
        call(op, current_step(op)->undo);
    }
    if (!op->waiting)
        finish(op);
}

void op_begin(struct op *op)
{
    loop_defer(op->loop, &op->advance, advance);
}

void op_cancel(struct op *op)
{
    if (op->committed || op->cancelled || op->undoing || op->rc)
        return;
    op->cancelled = true;
    if (op->waiting && !op->inside)
        stop(op, ERROR_ABORTED);
}

bool op_cancelled(const struct op *op)
{
    return op->cancelled;
}
