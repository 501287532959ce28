/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the program is told: events, and how its operations ended. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "light/events.h"
#include "light/store_link.h"

/* --- events --- */

libxl_event *light_event_new(libxl_event_type type, libxl_ev_user user)
{
    libxl_event *event = malloc(sizeof(*event));

    if (!event)
        return NULL;
    libxl_event_init(event);
    libxl_event_init_type(event, type);
    event->for_user = user;
    return event;
}

void light_event_occurred(libxl_ctx *ctx, libxl_event *event)
{
    TAILQ_INSERT_TAIL(&ctx->events->queue, event, link);
    light_changed(ctx->events);
}

static bool in_mask(const libxl_event *event, uint64_t mask)
{
    return mask & (UINT64_C(1) << event->type);
}

/* The first that is wanted, which is the caller's then; or NULL. */
static libxl_event *take(struct light_events *e, uint64_t mask, libxl_event_predicate *predicate, void *user)
{
    libxl_event *event;

    TAILQ_FOREACH(event, &e->queue, link) {
        if (in_mask(event, mask) && (!predicate || predicate(event, user))) {
            TAILQ_REMOVE(&e->queue, event, link);
            return event;
        }
    }
    return NULL;
}

static int check(libxl_ctx *ctx, bool wait, libxl_event **event_r, uint64_t mask, libxl_event_predicate *predicate,
                 void *user)
{
    libxl_event *event = NULL;
    int rc = 0;

    pthread_mutex_lock(&ctx->lock);
    if (!light_events(ctx)) {
        pthread_mutex_unlock(&ctx->lock);
        return ERROR_FAIL;
    }
    if (!wait)
        rc = light_look(ctx);
    while (rc == 0 && !(event = take(ctx->events, mask, predicate, user)) && wait)
        rc = light_wait(ctx);
    light_leave(ctx);
    if (event)
        *event_r = event;
    return rc ? rc : event ? 0 : ERROR_NOT_READY;
}

int libxl_event_check(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask, libxl_event_predicate *predicate,
                      void *predicate_user)
{
    return check(ctx, false, event_r, typemask, predicate, predicate_user);
}

int libxl_event_wait(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask, libxl_event_predicate *predicate,
                     void *predicate_user)
{
    return check(ctx, true, event_r, typemask, predicate, predicate_user);
}

void libxl_event_free(libxl_ctx *ctx, libxl_event *event)
{
    (void)ctx;
    libxl_event_dispose(event);
    free(event);
}

void libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user)
{
    pthread_mutex_lock(&ctx->lock);
    if (!light_events(ctx))
        light_no_memory(ctx);
    ctx->events->hooks = hooks ? *hooks : (libxl_event_hooks){ 0 };
    ctx->events->hooks_user = user;
    pthread_mutex_unlock(&ctx->lock);
}

void light_disaster(libxl_ctx *ctx, libxl_event_type type, int errnoval, const char *what)
{
    const libxl_event_hooks *hooks = &ctx->events->hooks;

    light_log(ctx, XTL_CRITICAL, errnoval ? errnoval : -1, "%s: events are lost", what);
    if (!hooks->disaster)
        exit(-1);
    hooks->disaster(ctx->events->hooks_user, type, what, errnoval);
}

/* --- progress of operations --- */

bool light_progress_new(libxl_ctx *ctx, const libxl_asyncprogress_how *how, libxl_event_type type,
                        struct light_progress **ret_progress)
{
    struct light_progress *p = how ? calloc(1, sizeof(*p)) : NULL;

    *ret_progress = p;
    if (!how)
        return true;
    if (p)
        *p = (struct light_progress){ .ctx = ctx, .how = *how, .event = light_event_new(type, how->for_event) };
    if (p && p->event)
        return true;
    free(p);
    *ret_progress = NULL;
    return false;
}

void light_progress_tell(struct light_progress *progress, uint32_t domid)
{
    struct light_events *e;

    if (!progress)
        return;
    e = progress->ctx->events;
    progress->event->domid = domid;
    light_changed(e);
    if (progress->how.callback) {
        TAILQ_INSERT_TAIL(&e->progress, progress, link);
        return;
    }
    light_event_occurred(progress->ctx, progress->event);
    free(progress);
}

void light_progress_free(struct light_progress *progress)
{
    if (!progress)
        return;
    libxl_event_free(progress->ctx, progress->event);
    free(progress);
}

/* --- operations --- */

struct op *light_op_new(libxl_ctx *ctx, const struct op_step *steps, unsigned count, size_t size)
{
    struct light_events *e = light_events(ctx);
    struct op *op = e ? op_new(e->loop, &e->log, steps, count, NULL, NULL) : NULL;

    if (op)
        op->arg = arena_alloc(&op->arena, size);
    if (op && op->arg)
        return op;
    op_free(op);
    light_log(ctx, XTL_ERROR, ENOMEM, "beginning: %s", steps[0].name);
    return NULL;
}

int light_op_drop(libxl_ctx *ctx, struct op *op, int rc, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    op_free(op);
    light_leave(ctx);
    return light_fail(ctx, rc, "%s", text);
}

static void work_free(libxl_ctx *ctx, struct light_work *work)
{
    if (work->event)
        libxl_event_free(ctx, work->event);
    free(work);
}

/* op_reports' done. What it is told with was made when it began. */
static void work_done(void *arg, struct op *op, int rc)
{
    struct light_work *work = arg;
    struct light_events *e = work->ctx->events;

    (void)op;
    TAILQ_REMOVE(&e->works, work, link);
    work->op = NULL;
    work->rc = rc;
    light_changed(e);
    if (work->how_given && work->how.callback) {
        TAILQ_INSERT_TAIL(&e->ended, work, link);
    } else if (work->how_given) {
        work->event->u.operation_complete.rc = rc;
        light_event_occurred(work->ctx, work->event);
        work->event = NULL;
        work_free(work->ctx, work);
    }
}

/* op_reports' step, of its children too: what the program is told of it. */
static void work_step(void *arg, const struct op *op, const struct op_step *step, bool undoing, uint64_t begun, int rc)
{
    const struct light_work *work = arg;
    const struct light_events *e = work->ctx->events;
    const struct light_step report = {
        .object = op->object,
        .name = step->name,
        .next = !undoing && op->current < op->count ? op->steps[op->current].name : NULL,
        .undoing = undoing,
        .begun = begun,
        .ended = loop_now(),
        .rc = rc,
    };

    if (e->step)
        e->step(e->step_arg, &report);
}

int light_report_steps(libxl_ctx *ctx, light_step_fn *fn, void *arg)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct light_events *e = light_events(ctx);

    if (!e)
        return ERROR_FAIL;
    e->step = fn;
    e->step_arg = arg;
    return 0;
}

static struct light_work *work_new(libxl_ctx *ctx, struct op *op, const libxl_asyncop_how *how)
{
    struct light_work *work = calloc(1, sizeof(*work));

    if (!work)
        return NULL;
    work->ctx = ctx;
    work->op = op;
    work->how_given = how;
    if (how)
        work->how = *how;
    if (how && !how->callback) {
        work->event = light_event_new(LIBXL_EVENT_TYPE_OPERATION_COMPLETE, how->u.for_event);
        if (!work->event) {
            free(work);
            return NULL;
        }
    }
    return work;
}

/* Until its end, which is returned. A loop that fails leaves it where it is, and answers of the store come to nobody. */
static int work_wait(libxl_ctx *ctx, struct light_work *work)
{
    int rc = 0;

    while (rc == 0 && work->op)
        rc = light_wait(ctx);
    if (work->op) {
        TAILQ_REMOVE(&ctx->events->works, work, link);
        light_store_drop(ctx);
        op_free(work->op);
        return rc;
    }
    return work->rc;
}

int light_op_run(libxl_ctx *ctx, struct op *op, const libxl_asyncop_how *how)
{
    struct light_work *work = work_new(ctx, op, how);
    int rc = work ? light_os_register(ctx) : light_fail(ctx, -ENOMEM, "beginning: %s", op->steps[0].name);

    if (rc) {
        if (work)
            work_free(ctx, work);
        op_free(op);
        light_leave(ctx);
        return rc;
    }
    op->reports = (struct op_reports){ .step = work_step, .done = work_done, .arg = work };
    TAILQ_INSERT_TAIL(&ctx->events->works, work, link);
    op_begin(op);
    if (!how) {
        rc = work_wait(ctx, work);
        work_free(ctx, work);
    }
    light_leave(ctx);
    return rc;
}

int libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how)
{
    struct light_work *work = NULL;

    pthread_mutex_lock(&ctx->lock);
    if (ctx->events) {
        TAILQ_FOREACH(work, &ctx->events->works, link) {
            if (work->how_given && work->how.callback == how->callback && work->how.u.for_event == how->u.for_event)
                break;
        }
    }
    if (work)
        op_cancel(work->op);
    light_leave(ctx);
    return work ? 0 : ERROR_NOTFOUND;
}

void light_works_free(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;
    struct light_progress *progress;
    struct light_work *work;
    libxl_event *event;

    while ((progress = TAILQ_FIRST(&e->progress))) {
        TAILQ_REMOVE(&e->progress, progress, link);
        light_progress_free(progress);
    }
    while ((work = TAILQ_FIRST(&e->works))) {
        TAILQ_REMOVE(&e->works, work, link);
        op_free(work->op);
        work_free(ctx, work);
    }
    while ((work = TAILQ_FIRST(&e->ended))) {
        TAILQ_REMOVE(&e->ended, work, link);
        work_free(ctx, work);
    }
    while ((event = TAILQ_FIRST(&e->queue))) {
        TAILQ_REMOVE(&e->queue, event, link);
        libxl_event_free(ctx, event);
    }
}

/* --- telling --- */

/* The first who is to be called, without the lock. False: there is none. */
static bool deliver_one(libxl_ctx *ctx)
{
    struct light_events *e = ctx->events;
    struct light_progress *progress = TAILQ_FIRST(&e->progress);
    struct light_work *work = progress ? NULL : TAILQ_FIRST(&e->ended);
    libxl_event *event = progress || work ? NULL : take(e, e->hooks.event_occurs_mask, NULL, NULL);
    libxl_event_hooks hooks = e->hooks;
    void *user = e->hooks_user;

    if (progress)
        TAILQ_REMOVE(&e->progress, progress, link);
    if (work)
        TAILQ_REMOVE(&e->ended, work, link);
    if (!progress && !work && !event)
        return false;
    pthread_mutex_unlock(&ctx->lock);
    if (progress) {
        progress->how.callback(ctx, progress->event, progress->how.for_callback);
        free(progress);
    } else if (work) {
        work->how.callback(ctx, work->rc, work->how.u.for_callback);
        work_free(ctx, work);
    } else {
        hooks.event_occurs(user, event);
    }
    pthread_mutex_lock(&ctx->lock);
    return true;
}

void light_deliver(libxl_ctx *ctx)
{
    while (deliver_one(ctx))
        ;
}
