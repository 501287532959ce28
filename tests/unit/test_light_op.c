/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations whose steps do what a letter says; what happened is written down, and compared, or checked against what
 * must hold for every operation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <libxl.h>

#include "fake/fault.h"
#include "light/op.h"

/*
 * Of each step: how it starts. d: done; w: waits, and is done in the next round; e: an error; x: waits, then an error; h:
 * waits for ever; c: cancels the operation and is done, C: cancels it and waits for ever; p: two children; P: two children
 * and an error; f: two children of which one fails. Then how it is undone: d, w, e, x, p, or - for no undo.
 */
struct script {
    const char *start, *undo;
    bool unstoppable; /* h goes on until the round after everything else */
};

static struct loop *loop;
static const struct script *script;
static char happened[512];
static char logged[1024];
static int ended, result;
static struct {
    struct loop_deferred call;
    struct op *op;
    int rc;
} answers[16];

static void happen(char what, const struct op *op)
{
    size_t len = strlen(happened);

    snprintf(happened + len, sizeof(happened) - len, "%c%s ", what, op->steps[op->current - 1].name);
}

static void answer(struct loop_deferred *src)
{
    unsigned i = 0;

    while (&answers[i].call != src)
        i++;
    op_step_done(answers[i].op, answers[i].rc);
    answers[i].op = NULL;
}

static int later(struct op *op, int rc)
{
    unsigned i = 0;

    while (answers[i].op)
        i++;
    answers[i].op = op;
    answers[i].rc = rc;
    loop_defer(loop, &answers[i].call, answer);
    return OP_WAITS;
}

static int child_start(struct op *op)
{
    happen('(', op);
    return later(op, 0);
}

static int child_fails(struct op *op)
{
    happen('(', op);
    return op_fail(op, ERROR_INVAL, "the child cannot");
}

static int child_undo(struct op *op)
{
    happen(')', op);
    return 0;
}

static const struct op_step child_steps[] = {
    { .name = "one", .start = child_start, .undo = child_undo },
    { .name = "two", .start = child_start, .undo = child_undo },
};
static const struct op_step bad_child_steps[] = {
    { .name = "bad", .start = child_fails, .undo = child_undo },
};

static int children(struct op *op, bool one_fails, int rc)
{
    assert_non_null(op_child(op, child_steps, 2, NULL));
    assert_non_null(op_child(op, one_fails ? bad_child_steps : child_steps, one_fails ? 1 : 2, NULL));
    return rc;
}

static int behave(struct op *op, char how)
{
    switch (how) {
    case 'w':
        return later(op, 0);
    case 'e':
        return op_fail(op, ERROR_INVAL, "cannot");
    case 'x':
        return later(op, ERROR_NOMEM);
    case 'h':
        return OP_WAITS;
    case 'c':
        op_cancel(op);
        return 0;
    case 'C':
        op_cancel(op);
        return OP_WAITS;
    case 'p':
        return children(op, false, OP_WAITS);
    case 'P':
        return children(op, false, ERROR_FAIL);
    case 'f':
        return children(op, true, OP_WAITS);
    default:
        return 0;
    }
}

static int start(struct op *op)
{
    happen('+', op);
    return behave(op, script->start[op->current - 1]);
}

static int undo(struct op *op)
{
    happen('-', op);
    return behave(op, script->undo[op->current - 1]);
}

static void stop(struct op *op)
{
    happen('!', op);
    for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (answers[i].op == op) {
            loop_deferred_remove(&answers[i].call);
            answers[i].op = NULL;
        }
    }
}

static void done(void *arg, struct op *op, int rc)
{
    assert_ptr_equal(arg, happened);
    assert_true(!rc || rc == ERROR_ABORTED || op_error(op));
    ended++;
    result = rc;
}

static void step_reported(void *arg, const struct op *op, const struct op_step *step, bool undoing, uint64_t begun, int rc)
{
    assert_ptr_equal(arg, happened);
    assert_non_null(step->name);
    assert_in_range(begun, 1, loop_now());
    assert_true(undoing == op->undoing && rc <= 0);
}

static void note(void *arg, enum log_level level, const char *text)
{
    size_t len = strlen(logged);

    (void)arg;
    snprintf(logged + len, sizeof(logged) - len, "%c %s\n", "EWID"[level], text);
}

static const struct op_reports reports = { .step = step_reported, .done = done, .arg = happened };
static struct op_step steps[8];

static struct op *begin(const struct script *s)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    static const struct log log = { .fn = note, .max = LOG_LEVEL_DEBUG };
    struct op *op;

    happened[0] = logged[0] = '\0';
    ended = 0;
    script = s;
    memset(answers, 0, sizeof(answers));
    for (unsigned i = 0; i < strlen(s->start); i++)
        steps[i] = (struct op_step){ .name = names[i], .start = start, .undo = s->undo[i] == '-' ? NULL : undo,
                                     .stop = s->unstoppable ? NULL : stop };
    op = op_new(loop, &log, steps, (unsigned)strlen(s->start), NULL, &reports);
    assert_non_null(op);
    op->object = "domain 5";
    op_begin(op);
    assert_string_equal(happened, "");
    return op;
}

/* Rounds until the end, cancelled before round `cancel` (0: never); who hangs then is told so in the end. */
static void run(const struct script *s, int cancel)
{
    struct op *op = begin(s);

    for (int round = 1; !ended; round++) {
        assert_true(round < 200);
        if (round == cancel || (round == 100 && !cancel))
            op_cancel(op);
        if (round == 110)
            op_step_done(op, 0);
        assert_int_equal(loop_run_once(loop, 0), 0);
    }
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(ended, 1);
}

static void expect(const char *starts, const char *undos, int cancel, const char *want, int rc)
{
    struct script s = { .start = starts, .undo = undos };

    run(&s, cancel);
    assert_string_equal(happened, want);
    assert_int_equal(result, rc);
}

static void one_after_the_other(void **state)
{
    (void)state;
    expect("", "", 0, "", 0);
    expect("dwd", "ddd", 0, "+a +b +c ", 0);
    expect("dwe", "dd-", 0, "+a +b +c -b -a ", ERROR_INVAL);
    expect("dx", "wx", 0, "+a +b -b -a ", ERROR_NOMEM);
    expect("dde", "dew", 0, "+a +b +c -c -b -a ", ERROR_INVAL);
}

static void cancelled(void **state)
{
    (void)state;
    expect("dd", "dd", 1, "", ERROR_ABORTED);
    expect("dhd", "ddd", 5, "+a +b !b -b -a ", ERROR_ABORTED);
    expect("dcd", "ddd", 0, "+a +b -b -a ", ERROR_ABORTED);
    expect("dc", "dd", 0, "+a +b ", 0); /* the last step is done: too late */
    expect("dCd", "ddd", 0, "+a +b !b -b -a ", ERROR_ABORTED);
    expect("xd", "wd", 3, "+a -a ", ERROR_NOMEM); /* it fails already */
}

static void a_step_that_cannot_be_stopped_goes_on(void **state)
{
    struct script s = { .start = "hd", .undo = "dd", .unstoppable = true };

    (void)state;
    run(&s, 2);
    assert_string_equal(happened, "+a -a ");
    assert_int_equal(result, ERROR_ABORTED);
    s.start = "dh";
    run(&s, 2);
    assert_string_equal(happened, "+a +b ");
    assert_int_equal(result, 0);
}

static void committed(void **state)
{
    static const struct script s = { .start = "dwe", .undo = "ddd" };

    (void)state;
    for (int cancel = 1; cancel < 5; cancel++) {
        struct op *op = begin(&s);

        steps[1].commits = true;
        for (int round = 1; !ended; round++) {
            if (round == cancel)
                op_cancel(op);
            assert_int_equal(loop_run_once(loop, 0), 0);
        }
        assert_string_equal(happened, cancel == 1 ? "" : "+a +b +c -c -b -a ");
        assert_int_equal(result, cancel == 1 ? ERROR_ABORTED : ERROR_INVAL);
    }
}

static void children_run_beside_each_other(void **state)
{
    (void)state;
    expect("pd", "dd", 0, "+a (one (one (two (two +b ", 0);
    expect("dp", "dd", 3, "+a +b (one (one )one )one -b -a ", ERROR_ABORTED);
    expect("df", "dd", 0, "+a +b (one (bad )bad )one -b -a ", ERROR_INVAL);
    expect("dP", "dd", 0, "+a +b -b -a ", ERROR_FAIL);
    expect("de", "dp", 0, "+a +b -b (one (one (two (two -a ", ERROR_INVAL);
    expect("de", "df", 0, "+a +b -b (one (bad )bad (two -a ", ERROR_INVAL);
}

static void the_cause_comes_first(void **state)
{
    struct script s = { .start = "de", .undo = "ex" };

    (void)state;
    run(&s, 0);
    assert_string_equal(logged, "E domain 5: b: cannot\nW b: undoing it: it failed, and did not say why\n"
                                "W a: undoing it: cannot\n");
    s = (struct script){ .start = "f", .undo = "d" };
    run(&s, 0);
    assert_string_equal(logged, "E domain 5: bad: the child cannot\n");
    s = (struct script){ .start = "x", .undo = "d" };
    run(&s, 0);
    assert_string_equal(logged, "E domain 5: a: it failed, and did not say why\n");
    s = (struct script){ .start = "de", .undo = "df" };
    run(&s, 0);
    assert_string_equal(logged, "E domain 5: b: cannot\nW bad: undoing it: the child cannot\n");
    s = (struct script){ .start = "h", .undo = "d" };
    run(&s, 3);
    assert_string_equal(logged, "");
}

static void too_late(void **state)
{
    static const struct script s = { .start = "dh", .undo = "dd" };
    struct op *op = begin(&s);

    (void)state;
    steps[1].seconds = 1;
    (void)op;
    while (!ended)
        assert_int_equal(loop_run_once(loop, 100), 0);
    assert_string_equal(happened, "+a +b !b -b -a ");
    assert_int_equal(result, ERROR_TIMEDOUT);
    assert_string_equal(logged, "E domain 5: b: not done after 1 s\n");
}

/* Whatever the steps do and whenever it is cancelled: what began is undone once, last first, or nothing is. */
static void check(const struct script *s, int cancel)
{
    const char *at = happened;
    unsigned begun = 0;

    for (; *at == '+' || *at == '!' || *at == '(' || *at == ')'; at = strchr(at, ' ') + 1)
        begun += *at == '+';
    if (result == 0)
        assert_true(*at == '\0' && begun == strlen(s->start));
    for (unsigned i = begun; result && i-- > 0;) {
        if (s->undo[i] == '-')
            continue;
        if (at[0] != '-' || at[1] != (char)('a' + i))
            fail_msg("%s/%s cancelled at %d: %s", s->start, s->undo, cancel, happened);
        at = strchr(at, ' ') + 1;
        while (*at == '(' || *at == ')')
            at = strchr(at, ' ') + 1;
    }
    assert_int_equal(*at, 0);
}

static void every_script(void **state)
{
    static const char starts[] = "dwexhcCpPf", undos[] = "dwep-";
    char start_of[4] = "", undo_of[4] = "";

    (void)state;
    for (unsigned n = 0; n < 50 * 50 * 50; n += 1 + n % 7) {
        struct script s = { .start = start_of, .undo = undo_of };

        for (unsigned i = 0, m = n; i < 3; i++, m /= 50) {
            start_of[i] = starts[m % 10];
            undo_of[i] = undos[m / 10 % 5];
        }
        for (int cancel = 0; cancel < 8; cancel += 1 + (int)(n % 3)) {
            run(&s, cancel);
            check(&s, cancel);
        }
    }
}

static void no_memory(void **state)
{
    static const struct script s = { .start = "e", .undo = "d" };
    static const struct op_step none;

    (void)state;
    fault_at(FAULT_ALLOC, 1);
    assert_null(op_new(loop, NULL, &none, 0, NULL, NULL));
    begin(&s);
    fault_at(FAULT_ALLOC, 1);
    while (!ended)
        assert_int_equal(loop_run_once(loop, 0), 0);
    assert_true(fault_happened(FAULT_ALLOC));
    assert_int_equal(result, ERROR_INVAL);
    fault_at(FAULT_ALLOC, 0);
    op_free(op_new(loop, NULL, &none, 0, NULL, NULL));
    op_free(NULL);
}

/* What waits is stopped if it can be, nothing is undone or told of. */
static void forgotten(void **state)
{
    static const struct {
        struct script script;
        const char *want;
    } rows[] = {
        { { .start = "dh", .undo = "dd" }, "+a +b !b " },
        { { .start = "dh", .undo = "dd", .unstoppable = true }, "+a +b " },
        { { .start = "dp", .undo = "dd" }, "+a +b " }, /* its children have not begun */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct op *op = begin(&rows[i].script);

        assert_int_equal(loop_run_once(loop, 0), 0);
        op_free(op);
        assert_string_equal(happened, rows[i].want);
        assert_true(loop_deadline(loop) == UINT64_MAX);
        assert_int_equal(ended, 0);
    }
}

static int setup(void **state)
{
    (void)state;
    return loop_new(&loop);
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(a_step_that_cannot_be_stopped_goes_on),
        cmocka_unit_test(committed),
        cmocka_unit_test(children_run_beside_each_other),
        cmocka_unit_test(the_cause_comes_first),
        cmocka_unit_test(too_late),
        cmocka_unit_test(every_script),
        cmocka_unit_test(forgotten),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
