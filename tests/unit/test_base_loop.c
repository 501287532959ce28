/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/base: the event loop: each kind of source, removal from inside callbacks, order, the kernel's refusals. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"

#define MS 1000000u

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __real_epoll_wait(int epfd, struct epoll_event *ev, int n, int ms);
int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int n, int ms);

static int fault; /* the error that the next wrapped call ends with */

static bool faulty(void)
{
    if (!fault)
        return false;
    errno = fault;
    fault = 0;
    return true;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return faulty() ? NULL : __real_calloc(n, size);
}

int __wrap_epoll_create1(int flags)
{
    return faulty() ? -1 : __real_epoll_create1(flags);
}

int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
    return faulty() ? -1 : __real_epoll_ctl(epfd, op, fd, ev);
}

int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int n, int ms)
{
    return faulty() ? -1 : __real_epoll_wait(epfd, ev, n, ms);
}

static struct loop *loop;
static char order[64];
static int calls;

static void called(char c)
{
    order[calls++] = c;
    order[calls] = 0;
}

static int setup(void **state)
{
    (void)state;
    calls = 0;
    order[0] = 0;
    return loop_new(&loop);
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

/* --- descriptors --- */

static struct loop_fd fds[2];

static void fd_read(struct loop_fd *src, uint32_t events)
{
    char c = 0;

    assert_true(events & EPOLLIN);
    assert_int_equal(read(src->fd, &c, 1), 1);
    called(c);
}

static void fd_removes_both(struct loop_fd *src, uint32_t events)
{
    (void)src;
    (void)events;
    called('r');
    loop_fd_remove(&fds[0]);
    loop_fd_remove(&fds[1]);
}

static void descriptors(void **state)
{
    int p[2], q[2];

    (void)state;
    assert_int_equal(pipe(p) | pipe(q), 0);
    assert_int_equal(loop_fd_add(loop, &fds[0], p[0], EPOLLIN, fd_read), 0);
    assert_int_equal(loop_fd_add(loop, &fds[1], q[0], EPOLLIN, fd_read), 0);
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(write(p[1], "ab", 2), 2);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_string_equal(order, "ab");
    assert_int_equal(write(p[1], "c", 1), 1);
    assert_int_equal(loop_fd_set(&fds[0], 0), 0); /* not asked for */
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_string_equal(order, "ab");
    assert_int_equal(loop_fd_set(&fds[0], EPOLLIN), 0);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_string_equal(order, "abc");

    /* Both are ready in one wait; the first that runs removes both, and the other is not called. */
    fds[0].fn = fds[1].fn = fd_removes_both;
    assert_int_equal(write(p[1], "x", 1) + write(q[1], "y", 1), 2);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_string_equal(order, "abcr");
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_string_equal(order, "abcr");
    loop_fd_remove(&fds[0]);
    for (int i = 0; i < 2; i++)
        close(p[i]), close(q[i]);
}

/* --- timers --- */

struct lettered {
    struct loop_timer timer;
    char letter;
};

static void timer_called(struct loop_timer *t)
{
    called(((struct lettered *)t)->letter);
}

static void timers(void **state)
{
    struct lettered t[5] = { { .letter = 'a' }, { .letter = 'b' }, { .letter = 'c' }, { .letter = 'd' },
                             { .letter = 'e' } };
    static const int at[] = { 3, 1, 2, 1, 60000 };
    uint64_t now = loop_now();

    (void)state;
    for (int i = 0; i < 5; i++)
        loop_timer_set(loop, &t[i].timer, now + (uint64_t)at[i] * MS, timer_called);
    while (calls < 4)
        assert_int_equal(loop_run_once(loop, -1), 0);
    assert_string_equal(order, "bdca"); /* by deadline, then by age */
    assert_true(loop_now() >= now + 3 * MS);

    loop_timer_set(loop, &t[0].timer, now, timer_called);
    loop_timer_set(loop, &t[0].timer, now + 60000ull * MS, timer_called); /* moved away */
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(calls, 4);
    loop_timer_set(loop, &t[4].timer, now, timer_called); /* moved here */
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_string_equal(order, "bdcae");
    loop_timer_remove(&t[0].timer);
    loop_timer_remove(&t[0].timer);
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_string_equal(order, "bdcae");
}

/* --- deferred calls --- */

static struct loop_deferred defers[3];

static void defer_c(struct loop_deferred *d)
{
    (void)d;
    called('c');
}

static void defer_b(struct loop_deferred *d)
{
    (void)d;
    called('b');
}

static void defer_a(struct loop_deferred *d)
{
    called('a');
    loop_defer(loop, &defers[2], defer_c); /* next round */
    loop_defer(loop, d, defer_a);
}

static void deferred(void **state)
{
    (void)state;
    loop_defer(loop, &defers[0], defer_a);
    loop_defer(loop, &defers[1], defer_b);
    loop_defer(loop, &defers[0], defer_b); /* pending: stays what it is */
    assert_int_equal(loop_run_once(loop, -1), 0); /* does not wait: there are more */
    assert_string_equal(order, "ab");
    loop_deferred_remove(&defers[0]);
    loop_deferred_remove(&defers[0]);
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_string_equal(order, "abc");
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_string_equal(order, "abc");
}

/* --- children --- */

static int child_status;

static void child_called(struct loop_child *src, int status)
{
    (void)src;
    child_status = status;
    loop_quit(loop, 7);
}

static void children(void **state)
{
    struct loop_child child = { 0 }, other = { 0 };
    int gate[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(gate), 0);
    pid = fork();
    if (pid == 0) {
        char c;
        close(gate[1]);
        if (read(gate[0], &c, 1) == 1)
            _exit(42);
        _exit(1);
    }
    close(gate[0]);
    assert_int_equal(loop_child_add(loop, &child, pid, child_called), 0);
    assert_int_equal(loop_child_add(loop, &other, pid, child_called), 0);
    loop_child_remove(&other);
    loop_child_remove(&other);
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(write(gate[1], "x", 1), 1);
    assert_int_equal(loop_run(loop), 7);
    assert_true(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 42);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped */
    assert_int_equal(loop_child_add(loop, &child, pid, child_called), -ESRCH);
    close(gate[1]);
}

/* --- signals --- */

static int signals_seen;

static void signal_called(struct loop_signals *src, int number)
{
    assert_ptr_equal(src->fd.loop, loop);
    signals_seen = signals_seen * 100 + number;
}

static void signals(void **state)
{
    static const int numbers[] = { SIGUSR1, SIGUSR2, 0 };
    struct loop_signals src = { 0 };

    (void)state;
    loop_signals_remove(&src);
    fault = ENOSPC;
    assert_int_equal(loop_signals_add(loop, &src, numbers, signal_called), -ENOSPC);
    assert_int_equal(loop_signals_add(loop, &src, numbers, signal_called), 0);
    kill(getpid(), SIGUSR1);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_int_equal(signals_seen, SIGUSR1);
    kill(getpid(), SIGUSR2);
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_int_equal(signals_seen, SIGUSR1 * 100 + SIGUSR2);
    loop_signals_remove(&src);
    loop_signals_remove(&src);
    kill(getpid(), SIGUSR1); /* still blocked */
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(signals_seen, SIGUSR1 * 100 + SIGUSR2);
}

/* --- what the kernel refuses --- */

static void faults(void **state)
{
    struct loop *other = NULL;
    int p[2];

    (void)state;
    fault = ENOMEM;
    assert_int_equal(loop_new(&other), -ENOMEM);
    assert_null(other);
    loop_free(NULL);
    assert_int_equal(pipe(p), 0);
    fault = ENOSPC;
    assert_int_equal(loop_fd_add(loop, &fds[0], p[0], EPOLLIN, fd_read), -ENOSPC);
    loop_fd_remove(&fds[0]); /* it never was there */
    assert_int_equal(loop_fd_add(loop, &fds[0], p[0], EPOLLIN, fd_read), 0);
    fault = ENOMEM;
    assert_int_equal(loop_fd_set(&fds[0], 0), -ENOMEM);
    assert_int_equal(write(p[1], "k", 1), 1);
    fault = EINTR;
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(loop_run_once(loop, -1), 0); /* still asks for what it asked for */
    assert_string_equal(order, "k");
    fault = EBADF;
    assert_int_equal(loop_run(loop), -EBADF);
    loop_fd_remove(&fds[0]);
    close(p[0]);
    close(p[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(timers, setup, teardown),
        cmocka_unit_test_setup_teardown(deferred, setup, teardown),
        cmocka_unit_test_setup_teardown(children, setup, teardown),
        cmocka_unit_test_setup_teardown(signals, setup, teardown),
        cmocka_unit_test_setup_teardown(faults, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
