/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages that bring a descriptor along. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd_message.h"

static int ends[2];

static int setup(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int teardown(void **state)
{
    (void)state;
    close(ends[0]);
    return close(ends[1]);
}

static void with_and_without(void **state)
{
    char text[16] = { 0 }, c;
    int p[2], passed = 7;

    (void)state;
    assert_int_equal(pipe(p), 0);
    assert_int_equal(fd_message_send(ends[0], "one", 3, p[0], 0), 0);
    assert_int_equal(fd_message_send(ends[0], "two", 3, -1, 0), 0);
    close(p[0]); /* the message has its own */
    assert_int_equal(fd_message_receive(ends[1], text, sizeof(text), &passed, 0), 3);
    assert_memory_equal(text, "one", 3);
    assert_true(passed >= 0);
    assert_int_equal(fcntl(passed, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(p[1], "x", 1), 1);
    assert_int_equal(read(passed, &c, 1), 1);
    close(passed);
    close(p[1]);
    assert_int_equal(fd_message_receive(ends[1], text, sizeof(text), &passed, 0), 3);
    assert_memory_equal(text, "two", 3);
    assert_int_equal(passed, -1);
}

static void errors(void **state)
{
    char text[16];
    int passed = 7;

    (void)state;
    assert_int_equal(fd_message_receive(ends[1], text, sizeof(text), &passed, MSG_DONTWAIT), -EAGAIN);
    assert_int_equal(passed, 7);
    assert_int_equal(fd_message_send(ends[0], "one", 3, 1000000, 0), -EBADF);
    shutdown(ends[0], SHUT_RDWR);
    assert_int_equal(fd_message_receive(ends[1], text, sizeof(text), &passed, 0), 0);
    assert_int_equal(fd_message_send(ends[1], "one", 3, -1, 0), -EPIPE); /* and no signal */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_and_without, setup, teardown),
        cmocka_unit_test_setup_teardown(errors, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
