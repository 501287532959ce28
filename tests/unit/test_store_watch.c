/* SPDX-License-Identifier: GPL-2.0-only */
/* libxenstore's watches: a handle with a reader thread. */
#include "store_fixture.h"

#include <poll.h>
#include <xenstore.h>

static bool readable(int fd, int timeout)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, timeout) == 1;
}

static void expect_event(char **event, const char *path, const char *token)
{
    assert_non_null(event);
    assert_string_equal(event[XS_WATCH_PATH], path);
    assert_string_equal(event[XS_WATCH_TOKEN], token);
    free(event);
}

static const struct step steps[] = {
    {XS_WATCH, S("/a\0tok"), 0, S("OK"), .event = "/a\0tok", .event_len = 7},
    {XS_WRITE, B("/a/b\0x"), 0, S("OK"), .event = "/a/b\0tok", .event_len = 9},
    {XS_READ, S("/none"), XS_ERROR, S("ENOENT")},
    {XS_WATCH, S("/a\0tok"), XS_ERROR, S("EEXIST")},
    {XS_READ, S("/a"), 0, S("x"), .event = "@releaseDomain\0other", .event_len = 21},
    {XS_UNWATCH, S("/a\0tok"), 0, S("OK"), .event = "/a/late\0tok", .event_len = 12},
    {XS_UNWATCH, S("/a\0tok"), XS_ERROR, S("ENOENT")},
};

static void run(unsigned long flags)
{
    struct server s;
    struct xs_handle *h;
    unsigned n = 0;
    int fd;

    server_start(&s, steps, sizeof(steps) / sizeof(steps[0]));
    h = xs_open(flags);
    assert_null(xs_check_watch(h));
    assert_int_equal(errno, EAGAIN);
    assert_true(xs_watch(h, "/a", "tok"));
    fd = xs_fileno(h);
    assert_int_equal(fd, xs_fileno(h));
    assert_true(readable(fd, 0)); /* the first event came before the answer */
    assert_true(xs_write(h, 0, "/a/b", "x", 1));
    expect_event(xs_read_watch(h, &n), "/a", "tok");
    assert_int_equal(n, 2);
    assert_true(readable(fd, 0));
    expect_event(xs_check_watch(h), "/a/b", "tok");
    assert_false(readable(fd, 0));
    assert_null(xs_check_watch(h));
    assert_int_equal(errno, EAGAIN);
    assert_null(xs_read(h, 0, "/none", NULL));
    assert_int_equal(errno, ENOENT);
    assert_false(xs_watch(h, "/a", "tok"));
    assert_int_equal(errno, EEXIST);
    free(xs_read(h, 0, "/a", NULL));
    assert_true(xs_unwatch(h, "/a", "tok"));
    expect_event(xs_check_watch(h), "@releaseDomain", "other");
    if (!(flags & XS_UNWATCH_FILTER))
        expect_event(xs_check_watch(h), "/a/late", "tok");
    assert_false(readable(fd, 0));
    assert_false(xs_unwatch(h, "/a", "tok"));
    xs_close(h);
    server_stop(&s);
}

static void test_events(void **state)
{
    (void)state;
    run(0);
    run(XS_UNWATCH_FILTER);
}

static void test_events_byte_by_byte(void **state)
{
    (void)state;
    fault_bytes(true);
    run(0);
    fault_bytes(false);
}

static void *read_one(void *arg)
{
    return xs_read_watch(arg, NULL);
}

static void test_wait_for_an_event(void **state)
{
    static const struct step one[] = {
        {XS_WATCH, S("/a\0tok"), 0, S("OK")},
        {XS_READ, S("/a"), 0, S("x"), .event = "/a\0tok", .event_len = 7},
        {XS_READ, S("/a"), 0, S("x"), .how = HANG_UP},
    };
    struct server s;
    struct xs_handle *h;
    pthread_t thread;
    void *event;

    (void)state;
    server_start(&s, one, 3);
    h = xs_open(0);
    assert_true(xs_watch(h, "/a", "tok"));
    assert_int_equal(pthread_create(&thread, NULL, read_one, h), 0);
    free(xs_read(h, 0, "/a", NULL));
    pthread_join(thread, &event);
    expect_event(event, "/a", "tok");
    /* the daemon hangs up: whoever waits is told */
    assert_int_equal(pthread_create(&thread, NULL, read_one, h), 0);
    assert_null(xs_read(h, 0, "/a", NULL));
    assert_int_equal(errno, EBADF);
    pthread_join(thread, &event);
    assert_null(event);
    assert_true(readable(xs_fileno(h), 0));
    assert_null(xs_check_watch(h));
    assert_int_equal(errno, EINVAL);
    xs_close(h);
    server_stop(&s);
}

static void *ask_often(void *arg)
{
    for (int i = 0; i < 200; i++) {
        char *value = xs_read(arg, 0, "/a", NULL);

        if (!value || strcmp(value, "x"))
            return "wrong";
        free(value);
    }
    return NULL;
}

static void test_threads_share_a_handle(void **state)
{
    static struct step many[801] = {{XS_WATCH, S("/a\0tok"), 0, S("OK")}};
    struct server s;
    struct xs_handle *h;
    pthread_t threads[4];
    void *wrong;

    (void)state;
    for (size_t i = 1; i < 801; i++)
        many[i] = (struct step){XS_READ, S("/a"), 0, S("x"), .event = "/a\0tok", .event_len = 7};
    server_start(&s, many, 801);
    h = xs_open(0);
    assert_true(xs_watch(h, "/a", "tok"));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, h), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    for (size_t i = 0; i < 700; i++) /* the rest is freed with the handle */
        expect_event(xs_check_watch(h), "/a", "tok");
    xs_close(h);
    server_stop(&s);
}

static void test_unasked_reply_ends_it(void **state)
{
    static const struct step twice[] = {
        {XS_WATCH, S("/a\0tok"), 0, S("OK")},
        {XS_READ, S("/a"), 0, S("x"), .how = TWICE},
    };
    struct server s;
    struct xs_handle *h;
    void *event;
    pthread_t thread;

    (void)state;
    server_start(&s, twice, 2);
    h = xs_open(0);
    assert_true(xs_watch(h, "/a", "tok"));
    free(xs_read(h, 0, "/a", NULL));
    assert_int_equal(pthread_create(&thread, NULL, read_one, h), 0);
    pthread_join(thread, &event); /* the reader has ended */
    assert_null(event);
    assert_null(xs_read(h, 0, "/a", NULL));
    assert_int_equal(errno, EBADF);
    xs_close(h);
    server_stop(&s);
}

static void test_faults(void **state)
{
    static const struct step one[] = {
        {XS_WATCH, S("/a\0tok"), 0, S("OK")},
        {XS_READ, S("/a"), 0, S("x"), .event = "/a\0tok", .event_len = 7},
    };
    struct server s;
    struct xs_handle *h;

    (void)state;
    server_start(&s, one, 2);
    h = xs_open(0);
    fault_at(FAULT_THREAD, 1);
    assert_false(xs_watch(h, "/a", "tok"));
    assert_int_equal(errno, EAGAIN);
    fault_at(FAULT_OPEN, 1);
    assert_true(xs_fileno(h) < 0);
    assert_true(xs_fileno(h) >= 0);
    assert_true(xs_watch(h, "/a", "tok"));
    fault_at(FAULT_ALLOC, 1); /* the event's: it cannot be lost silently */
    assert_null(xs_read(h, 0, "/a", NULL));
    assert_int_equal(errno, EBADF);
    assert_null(xs_read_watch(h, NULL));
    xs_close(h);
    server_stop(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_events_byte_by_byte),
        cmocka_unit_test(test_wait_for_an_event),
        cmocka_unit_test(test_threads_share_a_handle),
        cmocka_unit_test(test_unasked_reply_ends_it),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
