/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations and events of a context: waited for by the library, around poll(), in the program's loop, by threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake/fault.h"
#include "light/context.h"
#include "light/events.h"


/* --- operations of the tests' own --- */

struct wish {
    int rc;             /* what it ends with */
    unsigned ms;        /* that it waits before */
    struct op **waits;  /* it waits until somebody ends it by this; NULL: not */
    struct op **ends;   /* whom it ends, once he is there; NULL: nobody */
    struct loop_timer timer;
};

static void wish_end(struct loop_timer *timer)
{
    struct wish *w = (struct wish *)((char *)timer - offsetof(struct wish, timer));
    struct op *op = (struct op *)(void *)w->waits; /* of who waits for time: itself */

    op_step_done(op, w->rc);
}

static void wish_look(struct loop_timer *timer)
{
    struct wish *w = (struct wish *)((char *)timer - offsetof(struct wish, timer));
    struct op *self = (struct op *)(void *)w->waits;

    if (!*w->ends) {
        loop_timer_set(ctx->events->loop, &w->timer, loop_now() + 100000, wish_look);
        return;
    }
    op_step_done(*w->ends, 0);
    *w->ends = NULL;
    op_step_done(self, w->rc);
}

static int wish_start(struct op *op)
{
    struct wish *w = op->arg;

    if (w->ends || w->ms) {
        w->waits = (struct op **)(void *)op;
        loop_timer_set(op->loop, &w->timer, loop_now() + w->ms * 1000000u, w->ends ? wish_look : wish_end);
        return OP_WAITS;
    }
    if (w->waits) {
        *w->waits = op;
        return OP_WAITS;
    }
    return w->rc ? op_fail(op, w->rc, "as the test wants it") : 0;
}

static void wish_stop(struct op *op)
{
    loop_timer_remove(&((struct wish *)op->arg)->timer);
}

static const struct op_step wish_steps[] = { { .name = "wish", .start = wish_start, .stop = wish_stop } };

static int wish(struct wish w, const libxl_asyncop_how *how)
{
    struct op *op;

    pthread_mutex_lock(&ctx->lock);
    op = light_op_new(ctx, wish_steps, 1, sizeof(w));
    if (!op) {
        pthread_mutex_unlock(&ctx->lock);
        return ERROR_NOMEM;
    }
    *(struct wish *)op->arg = w;
    return light_op_run(ctx, op, how);
}

/* --- callbacks --- */

static unsigned called;
static int called_rc;

static void callback(libxl_ctx *c, int rc, void *for_callback)
{
    assert_ptr_equal(c, ctx);
    assert_ptr_equal(for_callback, &called);
    called++;
    called_rc = rc;
}

static void callback_that_calls(libxl_ctx *c, int rc, void *for_callback)
{
    assert_int_equal(wish((struct wish){ .rc = ERROR_INVAL, .ms = 1 }, NULL), ERROR_INVAL);
    callback(c, rc, for_callback);
}

static const libxl_asyncop_how by_callback = { .callback = callback, .u.for_callback = &called };
static const libxl_asyncop_how by_event = { .u.for_event = 77 };

static void expect_event(libxl_event *event, int rc)
{
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    assert_int_equal(event->for_user, 77);
    assert_int_equal(event->u.operation_complete.rc, rc);
    libxl_event_free(ctx, event);
}

/* --- tests --- */

static void waited_for_here(void **state)
{
    (void)state;
    assert_int_equal(wish((struct wish){ 0 }, NULL), 0);
    assert_int_equal(wish((struct wish){ .rc = ERROR_NI }, NULL), ERROR_NI);
    assert_int_equal(wish((struct wish){ .rc = ERROR_NI, .ms = 3 }, NULL), ERROR_NI);
}

static char steps[200];

static void note_step(void *arg, const struct light_step *step)
{
    assert_ptr_equal(arg, &steps);
    assert_true(step->begun && step->begun <= step->ended);
    snprintf(steps + strlen(steps), sizeof(steps) - strlen(steps), "%s%s:%s:%d:%s ", step->undoing ? "undoing " : "",
             step->object, step->name, step->rc, step->next ? step->next : "-");
}

static int two_run(struct wish w)
{
    static const struct op_step two_steps[] = { { .name = "one", .undo = wish_start }, wish_steps[0] };
    struct op *op;

    pthread_mutex_lock(&ctx->lock);
    op = light_op_new(ctx, two_steps, 2, sizeof(w));
    assert_non_null(op);
    *(struct wish *)op->arg = w;
    op->object = "it";
    return light_op_run(ctx, op, NULL);
}

/* Each step is told of, when it has ended, and what comes next; those that undo too. */
static void told_of_steps(void **state)
{
    (void)state;
    steps[0] = '\0';
    assert_int_equal(light_report_steps(ctx, note_step, &steps), 0);
    assert_int_equal(two_run((struct wish){ 0 }), 0);
    assert_string_equal(steps, "it:one:0:wish it:wish:0:- ");
    steps[0] = '\0';
    assert_int_equal(two_run((struct wish){ .rc = ERROR_NI }), ERROR_NI);
    assert_string_equal(steps, "it:one:0:wish it:wish:-4:- undoing it:wish:0:- undoing it:one:-4:- ");
    steps[0] = '\0';
    assert_int_equal(light_report_steps(ctx, NULL, NULL), 0);
    assert_int_equal(two_run((struct wish){ 0 }), 0);
    assert_string_equal(steps, "");
}

static void told_by_an_event(void **state)
{
    libxl_event *event = NULL;

    (void)state;
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    assert_int_equal(wish((struct wish){ .rc = ERROR_FAIL, .ms = 5 }, &by_event), 0);
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    expect_event(event, ERROR_FAIL);
    assert_int_equal(wish((struct wish){ 0 }, &by_event), 0);
    assert_int_equal(libxl_event_check(ctx, &event, 1u << LIBXL_EVENT_TYPE_DOMAIN_DEATH, NULL, NULL), ERROR_NOT_READY);
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    expect_event(event, 0);
}

static void told_by_a_callback(void **state)
{
    static const libxl_asyncop_how calls = { .callback = callback_that_calls, .u.for_callback = &called };
    libxl_event *event;

    (void)state;
    called = 0;
    assert_int_equal(wish((struct wish){ .rc = ERROR_FAIL }, &by_callback), 0);
    assert_int_equal(called, 1);
    assert_int_equal(called_rc, ERROR_FAIL);
    assert_int_equal(wish((struct wish){ .ms = 2 }, &calls), 0);
    assert_int_equal(wish((struct wish){ .ms = 20 }, NULL), 0); /* it is called while we wait for something else */
    assert_int_equal(called, 2);
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
}

static void event_occurs(void *user, libxl_event *event)
{
    assert_ptr_equal(user, &called);
    called++;
    expect_event(event, 0);
    assert_int_equal(wish((struct wish){ .ms = 1 }, NULL), 0);
}

static void told_by_a_hook(void **state)
{
    static const libxl_event_hooks hooks = {
        .event_occurs_mask = 1u << LIBXL_EVENT_TYPE_OPERATION_COMPLETE,
        .event_occurs = event_occurs,
    };

    (void)state;
    called = 0;
    libxl_event_register_callbacks(ctx, &hooks, &called);
    assert_int_equal(wish((struct wish){ 0 }, &by_event), 0);
    assert_int_equal(called, 1);
}

static void aborted(void **state)
{
    libxl_event *event;

    (void)state;
    called = 0;
    assert_int_equal(libxl_ao_abort(ctx, &by_event), ERROR_NOTFOUND);
    assert_int_equal(wish((struct wish){ .ms = 100000 }, &by_event), 0);
    assert_int_equal(wish((struct wish){ .ms = 100000 }, &by_callback), 0);
    assert_int_equal(libxl_ao_abort(ctx, &by_callback), 0);
    assert_int_equal(called, 1);
    assert_int_equal(called_rc, ERROR_ABORTED);
    assert_int_equal(libxl_ao_abort(ctx, &by_callback), ERROR_NOTFOUND);
    assert_int_equal(libxl_ao_abort(ctx, &by_event), 0);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    expect_event(event, ERROR_ABORTED);
}

static void around_poll(void **state)
{
    struct timeval now = { 0 };
    struct pollfd fds[4];
    int n = 0, timeout = -1;

    (void)state;
    called = 0;
    assert_int_equal(wish((struct wish){ .ms = 5 }, &by_callback), 0);
    assert_int_equal(libxl_osevent_beforepoll(ctx, &n, NULL, &timeout, now), ERROR_BUFFERFULL);
    assert_int_equal(n, 1);
    while (!called) {
        n = 4;
        timeout = 100000;
        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &timeout, now), 0);
        assert_in_range(timeout, 0, 5);
        poll(fds, (nfds_t)n, timeout);
        libxl_osevent_afterpoll(ctx, n, fds, now);
    }
}

static int os_fd = -1, os_refuse;
static void *os_for_libxl;

static int fd_register(void *user, int fd, void **for_app, short events, void *for_libxl)
{
    assert_ptr_equal(user, &os_fd);
    assert_int_equal(events, POLLIN);
    if (os_refuse)
        return os_refuse;
    assert_int_equal(os_fd, -1);
    os_fd = fd;
    os_for_libxl = for_libxl;
    *for_app = &os_for_libxl;
    return 0;
}

static void fd_deregister(void *user, int fd, void *for_app)
{
    assert_ptr_equal(user, &os_fd);
    assert_int_equal(fd, os_fd);
    assert_ptr_equal(for_app, &os_for_libxl);
    os_fd = -1;
}

static void in_the_programs_loop(void **state)
{
    static const libxl_osevent_hooks hooks = { .fd_register = fd_register, .fd_deregister = fd_deregister };

    (void)state;
    called = 0;
    libxl_osevent_register_hooks(ctx, &hooks, &os_fd);
    os_refuse = 5;
    assert_int_equal(wish((struct wish){ 0 }, &by_callback), 5);
    os_refuse = 0;
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(wish((struct wish){ .ms = i }, &by_callback), 0);
        while (called < i) {
            struct pollfd fd = { .fd = os_fd, .events = POLLIN };

            assert_int_equal(poll(&fd, 1, 10000), 1);
            libxl_osevent_occurred_fd(ctx, os_for_libxl, os_fd, POLLIN, fd.revents);
        }
    }
}

/* --- progress --- */

static libxl_event *progress_event;

static void progress(libxl_ctx *c, libxl_event *event, void *for_callback)
{
    assert_ptr_equal(c, ctx);
    assert_ptr_equal(for_callback, &progress_event);
    assert_int_equal(called, 0); /* before the operation's end */
    assert_int_equal(wish((struct wish){ .rc = ERROR_INVAL, .ms = 1 }, NULL), ERROR_INVAL);
    progress_event = event;
}

static struct light_progress *progress_new(const libxl_asyncprogress_how *how)
{
    struct light_progress *p;

    assert_non_null(light_events(ctx));
    assert_true(light_progress_new(ctx, how, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE, &p));
    return p;
}

static void told_of_progress(void **state)
{
    const libxl_asyncprogress_how by_event_too = { .for_event = 12 };
    const libxl_asyncprogress_how by_call = { .callback = progress, .for_event = 13, .for_callback = &progress_event };
    libxl_event *event;

    (void)state;
    assert_null(progress_new(NULL));
    light_progress_tell(NULL, 4);
    light_progress_free(progress_new(&by_call));
    light_progress_tell(progress_new(&by_event_too), 5);
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE);
    assert_int_equal(event->domid, 5);
    assert_int_equal(event->for_user, 12);
    libxl_event_free(ctx, event);
    called = 0;
    progress_event = NULL;
    pthread_mutex_lock(&ctx->lock);
    light_progress_tell(progress_new(&by_call), 6);
    pthread_mutex_unlock(&ctx->lock);
    assert_int_equal(wish((struct wish){ 0 }, &by_callback), 0);
    assert_int_equal(called, 1);
    assert_non_null(progress_event);
    assert_int_equal(progress_event->domid, 6);
    assert_int_equal(progress_event->for_user, 13);
    libxl_event_free(ctx, progress_event);
    /* Nobody looks any more: the context's end frees it. */
    light_progress_tell(progress_new(&by_call), 7);
    light_progress_tell(progress_new(&by_event_too), 7);
    for (unsigned nth = 1; nth <= 2; nth++) {
        struct light_progress *p;

        fault_at(FAULT_ALLOC, nth);
        assert_false(light_progress_new(ctx, &by_call, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE, &p));
        assert_null(p);
    }
}

/* --- threads: half of the operations end by others, which other threads wait for --- */
#define PAIRS 4
#define ROUNDS 200

static struct op *waiting[PAIRS];

static void *waits(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        if (wish((struct wish){ .waits = arg }, NULL))
            return arg;
    return NULL;
}

static void *ends(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        if (wish((struct wish){ .ends = arg, .rc = i % 2 ? ERROR_NI : 0 }, NULL) != (i % 2 ? ERROR_NI : 0))
            return arg;
    return NULL;
}

static void threads_wait_for_each_other(void **state)
{
    pthread_t threads[2 * PAIRS];
    void *failed;

    (void)state;
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i % 2 ? waits : ends, &waiting[i / 2]), 0);
    for (unsigned i = 0; i < 2 * PAIRS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static void freed_in_the_middle(void **state)
{
    (void)state;
    called = 0;
    assert_int_equal(wish((struct wish){ .ms = 100000 }, &by_event), 0);
    assert_int_equal(wish((struct wish){ .ms = 100000 }, &by_callback), 0);
    assert_int_equal(wish((struct wish){ .ms = 0 }, &by_event), 0);
}

static void no_memory(void **state)
{
    bool happened = true;

    (void)state;
    for (unsigned nth = 1; happened; nth++) {
        int rc;

        called = 0;
        fault_at(FAULT_ALLOC, nth);
        rc = wish((struct wish){ .rc = ERROR_NI }, nth % 2 ? &by_callback : NULL);
        happened = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc == ERROR_NOMEM || rc == ERROR_NI || (rc == 0 && called == 1));
    }
    fault_at(FAULT_ALLOC, 4);
    assert_int_equal(wish((struct wish){ .rc = ERROR_NI }, &by_event), ERROR_NOMEM);
    assert_true(fault_happened(FAULT_ALLOC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waited_for_here, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(told_by_an_event, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(told_by_a_callback, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(told_by_a_hook, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(aborted, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(around_poll, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(in_the_programs_loop, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(told_of_progress, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(told_of_steps, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(threads_wait_for_each_other, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(freed_in_the_middle, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(no_memory, context_setup, context_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
