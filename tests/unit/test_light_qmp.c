/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands to QEMU, which this test plays: right answers, wrong ones, none, and random ones; everything fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <libxl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake/fault.h"
#include "light/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define EMPTY "{\"return\": {}, \"id\": 1}\r\n"
#define PORT "{\"event\": \"RESUME\", \"data\": {}}\n{\"return\": {\"service\": \"5900\"}}\r\n"

static struct loop *loop;
static char folder[] = "/tmp/qmp-XXXXXX";
static char logged[1000];

/* --- QEMU: says one of its texts when a client comes, and one after each line --- */

static struct {
    const char *const *texts;
    unsigned next;
    int listener, client;
    struct loop_fd listening, talking;
    char heard[1000];
    size_t sent; /* of the current text */
    struct loop_deferred more;
} qemu;

static void hang_up(void)
{
    loop_fd_remove(&qemu.talking);
    if (qemu.client >= 0)
        close(qemu.client);
    qemu.client = -1;
}

/* In pieces. What has no end of line is the last. */
static void say(struct loop_deferred *src)
{
    const char *text = qemu.texts[qemu.next];
    size_t left = text ? strlen(text + qemu.sent) : 0, n = left < 700 ? left : 700;

    (void)src;
    if (!text)
        hang_up();
    if (qemu.client < 0)
        return;
    sendto(qemu.client, text + qemu.sent, n, MSG_NOSIGNAL, NULL, 0); /* which no fault is for */
    qemu.sent += n;
    if (n < left) {
        loop_defer(loop, &qemu.more, say);
        return;
    }
    qemu.next++;
    qemu.sent = 0;
    if (!left || text[strlen(text) - 1] != '\n')
        hang_up();
}

static void hear(struct loop_fd *src, uint32_t events)
{
    size_t len = strlen(qemu.heard);
    ssize_t n = recv(qemu.client, qemu.heard + len, sizeof(qemu.heard) - len - 1, 0);

    (void)src;
    (void)events;
    if (n <= 0) {
        hang_up();
        return;
    }
    qemu.heard[len + (size_t)n] = '\0';
    for (ssize_t i = 0; i < n; i++)
        if (qemu.heard[len + (size_t)i] == '\n')
            say(NULL);
}

static void come(struct loop_fd *src, uint32_t events)
{
    (void)events;
    qemu.client = accept(src->fd, NULL, NULL);
    assert_true(qemu.client >= 0);
    assert_int_equal(loop_fd_add(loop, &qemu.talking, qemu.client, EPOLLIN, hear), 0);
    say(NULL);
}

static void qemu_start(const char *const *texts)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    memset(&qemu, 0, sizeof(qemu));
    qemu.texts = texts;
    qemu.client = -1;
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/qmp-libxl-7", folder);
    unlink(at.sun_path);
    qemu.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(qemu.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(qemu.listener, 1), 0);
    assert_int_equal(loop_fd_add(loop, &qemu.listening, qemu.listener, EPOLLIN, come), 0);
}

static void qemu_stop(void)
{
    loop_deferred_remove(&qemu.more);
    loop_fd_remove(&qemu.listening);
    close(qemu.listener);
    hang_up();
}

/* --- who asks --- */

static struct light_qmp qmp;
static char port[20];
static bool ended;
static int result;
static const char *password;

static int next(struct light_qmp *q, const struct json_node *answer)
{
    const struct json_node *service;

    if (!answer)
        return light_qmp_ask(q, "change-vnc-password", "password", password);
    if (!strcmp(q->command, "change-vnc-password"))
        return light_qmp_ask(q, "query-vnc", NULL, NULL);
    service = answer->kind == JSON_OBJECT ? json_member(answer, "service") : NULL;
    light_qmp_plain(port, sizeof(port), service);
    return 0;
}

static int start(struct op *op)
{
    qmp.domid = 7;
    qmp.next = next;
    return light_qmp_run(op, &qmp);
}

static void stop(struct op *op)
{
    (void)op;
    light_qmp_stop(&qmp);
}

static const struct op_step steps[] = { { .name = "asking", .start = start, .stop = stop, .seconds = 20 } };

static void done(void *arg, struct op *op, int rc)
{
    (void)arg;
    (void)op;
    ended = true;
    result = rc;
}

static void note(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    snprintf(logged, sizeof(logged), "%s", text);
}

static const struct log log_to = { .fn = note, .max = LOG_LEVEL_WARN };

static void ask(void)
{
    static const struct op_reports reports = { .done = done };
    struct op *op = op_new(loop, &log_to, steps, 1, NULL, &reports);

    ended = false;
    result = 1;
    logged[0] = port[0] = '\0';
    memset(&qmp, 0, sizeof(qmp));
    if (!op)
        return;
    op->release = stop;
    op_begin(op);
    for (unsigned i = 0; !ended; i++) {
        assert_true(i < 100000);
        assert_true(loop_run_once(loop, 0) >= 0);
    }
}

static const char *const right[] = { GREETING, EMPTY, EMPTY, PORT, NULL };

static void expect_asked(void)
{
    assert_int_equal(result, 0);
    assert_string_equal(port, "5900");
    assert_string_equal(qemu.heard, "{\"execute\":\"qmp_capabilities\"}\n"
                        "{\"execute\":\"change-vnc-password\",\"arguments\":{\"password\":\"a\\\"},{\\\\\\n\"}}\n"
                        "{\"execute\":\"query-vnc\"}\n");
}

static void answers(void **state)
{
    (void)state;
    for (unsigned slow = 0; slow < 2; slow++) {
        qemu_start(right);
        fault_bytes(slow);
        ask();
        fault_bytes(false);
        expect_asked();
        qemu_stop();
    }
}

static char flood[LIGHT_QMP_LINE_MAX + 5000];

static void wrong_answers(void **state)
{
    static const struct {
        const char *const texts[5];
        const char *said;
    } rows[] = {
        { { NULL }, "QEMU has hung up" },
        { { GREETING, EMPTY, NULL }, "QEMU has hung up" },
        { { GREETING, "{\"return\": {}}", NULL }, "QEMU has hung up" }, /* no end of line */
        { { "hello\n" }, "QEMU does not speak its protocol" },
        { { "\n" }, "QEMU does not speak its protocol" },
        { { "{} {}\n" }, "QEMU does not speak its protocol" },
        { { "[1]\n" }, "what it was not asked for" },
        { { "7\n" }, "what it was not asked for" },
        { { EMPTY }, "what it was not asked for" },
        { { GREETING, GREETING }, "what it was not asked for" },
        { { GREETING, "{\"error\": {\"desc\": \"no\\nway\\u001b[2J\"}}\n" }, "QEMU refuses qmp_capabilities: no?way?[2J" },
        { { GREETING, EMPTY, "{\"error\": 5}\n" }, "QEMU refuses change-vnc-password: no reason" },
        { { GREETING, EMPTY, "{\"error\": {\"desc\": {}}}\n" }, "no reason" },
        { { flood }, "QEMU says more than" },
    };

    (void)state;
    memset(flood, ' ', sizeof(flood) - 1);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        qemu_start(rows[i].texts);
        ask();
        assert_int_equal(result, ERROR_FAIL);
        assert_non_null(strstr(logged, rows[i].said));
        qemu_stop();
    }
    ask();
    assert_int_equal(result, ERROR_FAIL);
    assert_non_null(strstr(logged, "qmp-libxl-7: Connection refused"));
}

/* Whatever it says, the operation ends. */
static void random_answers(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        char copies[4][120];
        const char *texts[5] = { copies[0], copies[1], copies[2], copies[3], NULL };

        for (unsigned i = 0; i < 4; i++) {
            size_t len = strlen(strcpy(copies[i], right[i]));

            for (unsigned n = (unsigned)rand_r(&seed) % 3; n; n--)
                copies[i][(unsigned)rand_r(&seed) % len] = (char)(rand_r(&seed) % 255 + 1);
        }
        texts[rand_r(&seed) % 5] = rand_r(&seed) % 2 ? NULL : "{\"return\": [[[]]]}\n";
        texts[4] = NULL;
        qemu_start(texts);
        ask();
        assert_true(result == 0 || (result == ERROR_FAIL && logged[0]));
        qemu_stop();
    }
}

static void faults(void **state)
{
    static const enum fault_call calls[] = { FAULT_ALLOC, FAULT_READ, FAULT_SEND, FAULT_OPEN };

    (void)state;
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            qemu_start(right);
            fault_at(calls[i], nth);
            ask();
            failed = fault_happened(calls[i]);
            fault_at(calls[i], 0);
            assert_true(failed || result == 0);
            assert_true(result == 0 || result == ERROR_NOMEM || logged[0] || !ended);
            assert_true(qmp.in.mem == NULL && qmp.out.mem == NULL && qmp.fd.loop == NULL);
            if (result == 0)
                expect_asked();
            qemu_stop();
            assert_true(nth < 1000);
        }
    }
}

/* Cancelled in each round: nothing stays open. */
static void cancelled(void **state)
{
    unsigned rounds = 0;

    (void)state;
    do {
        static const struct op_reports reports = { .done = done };
        struct op *op = op_new(loop, &log_to, steps, 1, NULL, &reports);

        qemu_start(right);
        ended = false;
        memset(&qmp, 0, sizeof(qmp));
        op->release = stop;
        op_begin(op);
        for (unsigned i = 0; i < rounds && !ended; i++)
            loop_run_once(loop, 0);
        if (!ended)
            op_cancel(op);
        while (!ended)
            loop_run_once(loop, 0);
        assert_true(result == 0 || result == ERROR_ABORTED);
        assert_true(qmp.fd.loop == NULL && qmp.in.mem == NULL);
        qemu_stop();
        rounds++;
    } while (result);
    assert_true(rounds > 4);
}

static int setup(void **state)
{
    (void)state;
    password = "a\"},{\\\n";
    light_qmp_folder = mkdtemp(folder);
    return light_qmp_folder ? loop_new(&loop) : -1;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers), cmocka_unit_test(wrong_answers), cmocka_unit_test(random_answers),
        cmocka_unit_test(faults), cmocka_unit_test(cancelled),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
