/* SPDX-License-Identifier: GPL-2.0-only */
/* Two terminals and what goes from one to the other: this process is the program at one and the person at the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "light/relay.h"

static struct loop *loop;
static struct light_relay relay;
static int program, person;

/* --- calls that fail --- */

static unsigned calls, failing; /* the nth fails */

static int fails(void)
{
    if (++calls != failing)
        return 0;
    errno = EIO;
    return -1;
}

#define WRAPPED(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters { return fails() ? (type)-1 : __real_##name arguments; }

WRAPPED(int, posix_openpt, (int flags), (flags))
WRAPPED(int, grantpt, (int fd), (fd))
WRAPPED(int, unlockpt, (int fd), (fd))
WRAPPED(int, tcgetattr, (int fd, struct termios *t), (fd, t))
WRAPPED(int, tcsetattr, (int fd, int when, const struct termios *t), (fd, when, t))
WRAPPED(int, epoll_ctl, (int e, int op, int fd, struct epoll_event *event), (e, op, fd, event))

WRAPPED(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))

int __real_ptsname_r(int fd, char *name, size_t size);
int __wrap_ptsname_r(int fd, char *name, size_t size);

int __wrap_ptsname_r(int fd, char *name, size_t size)
{
    return fails() ? EIO : __real_ptsname_r(fd, name, size);
}

/* --- both ends --- */

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int setup(void **state)
{
    (void)state;
    calls = failing = 0;
    relay = (struct light_relay){ .open = false };
    if (loop_new(&loop) || light_relay_open(&relay, loop))
        return -1;
    program = open(relay.program.name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    person = open(relay.person.name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    light_relay_given(&relay);
    return program < 0 || person < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    light_relay_close(&relay);
    light_relay_close(&relay);
    loop_free(loop);
    close(program);
    close(person);
    return 0;
}

/* Until nothing is left to do. */
static void settle(void)
{
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(loop_run_once(loop, 0), 0);
}

/* A byte says where it is in the stream. */
static char byte_at(size_t i)
{
    return (char)(i % 251);
}

/* As much as goes until nobody takes more. */
static size_t pour(int fd, size_t from, size_t most)
{
    size_t sent = from;
    char bytes[700];
    ssize_t n;

    for (unsigned idle = 0;; idle++) {
        size_t some = most - sent < sizeof(bytes) ? most - sent : sizeof(bytes);

        for (size_t i = 0; i < some; i++)
            bytes[i] = byte_at(sent + i);
        n = some ? write(fd, bytes, some) : -1;
        if (n > 0) {
            sent += (size_t)n;
            idle = 0;
        }
        settle();
        if (sent == most || idle == 50)
            return sent;
        if (n <= 0)
            poll(NULL, 0, 10);
    }
}

/* `most` bytes, or what comes before nothing has come for a while: the kernel moves them from end to end in its own time. */
static size_t drain(int fd, char *to, size_t most)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    size_t n = 0;

    for (unsigned idle = 0; n < most && idle < 50; idle++) {
        ssize_t got;

        settle();
        got = poll(&ready, 1, 10) > 0 ? read(fd, to + n, most - n) : 0;
        if (got > 0) {
            n += (size_t)got;
            idle = 0;
        }
    }
    return n;
}

static void check_from(size_t start, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], byte_at(start + i));
}

/* --- tests --- */

static char large[400000];

static void all_bytes_both_ways(void **state)
{
    const int fds[2][2] = { { program, person }, { person, program } };

    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        size_t sent = 0, seen = 0;

        while (sent < 100000) {
            sent = pour(fds[way][0], sent, sent + 1000);
            seen += drain(fds[way][1], large + seen, sent - seen);
        }
        assert_int_equal(seen, sent);
        check_from(0, large, seen);
    }
}

/* The last of it is there for who comes later, behind what the terminal itself keeps. */
static void nobody_looks(void **state)
{
    size_t n, at;

    (void)state;
    assert_int_equal(pour(program, 0, 300000), 300000);
    n = drain(person, large, sizeof(large));
    assert_true(n > LIGHT_RELAY_KEPT && n < LIGHT_RELAY_KEPT + 70000);
    at = n - LIGHT_RELAY_KEPT;
    check_from(300000 - LIGHT_RELAY_KEPT, large + at, LIGHT_RELAY_KEPT);
    check_from(0, large, 1000);
}

/* Nothing that was typed is lost; who types waits. */
static void the_program_does_not_read(void **state)
{
    size_t sent = pour(person, 0, 300000), seen;

    (void)state;
    assert_true(sent > 1000 && sent < 100000);
    seen = drain(program, large, sent);
    assert_int_equal(seen, sent);
    check_from(0, large, seen);
}

/* What it said last is shown; it is not looked at for ever. */
static void the_program_ends(void **state)
{
    (void)state;
    assert_int_equal(write(program, "end", 3), 3);
    close(program);
    assert_int_equal(drain(person, large, 3), 3);
    assert_memory_equal(large, "end", 3);
    while (relay.program.src.loop)
        settle();
    assert_int_equal(write(person, "?", 1), 1);
    settle();
    assert_non_null(relay.person.src.loop);
    program = open("/dev/null", O_RDONLY);
}

static void a_write_fails(void **state)
{
    (void)state;
    assert_int_equal(write(person, "x", 1), 1);
    failing = calls + 2; /* it is asked to be called for that, then it is written */
    while (relay.program.src.loop)
        settle();
    assert_non_null(relay.person.src.loop);
}

static void each_call_fails(void **state)
{
    unsigned files = open_files();
    int rc;

    (void)state;
    assert_int_equal(loop_new(&loop), 0);
    for (unsigned nth = 1; ; nth++) {
        calls = 0;
        failing = nth;
        rc = light_relay_open(&relay, loop);
        if (rc == 0)
            break;
        assert_int_equal(rc, -EIO);
        assert_false(relay.open);
        assert_int_equal(open_files(), files + 1); /* the loop's */
    }
    assert_int_equal(calls, 14);
    light_relay_close(&relay);
    loop_free(loop);
    assert_int_equal(open_files(), files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_bytes_both_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_looks, setup, teardown),
        cmocka_unit_test_setup_teardown(the_program_does_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(the_program_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_fails, setup, teardown),
        cmocka_unit_test(each_call_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
