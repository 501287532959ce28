/* SPDX-License-Identifier: GPL-2.0-only */
/* libxenstore's requests against a daemon that follows a script. */
#include "store_fixture.h"

#include <fcntl.h>
#include <xenstore.h>

#define RUN(steps, body)                                                                                               \
    do {                                                                                                               \
        struct server s;                                                                                               \
        struct xs_handle *h;                                                                                           \
                                                                                                                       \
        server_start(&s, steps, sizeof(steps) / sizeof((steps)[0]));                                                   \
        h = xs_open(0);                                                                                                \
        assert_non_null(h);                                                                                            \
        body;                                                                                                          \
        xs_close(h);                                                                                                   \
        server_stop(&s);                                                                                               \
    } while (0)

static const struct step nodes[] = {
    {XS_READ, S("/a"), 0, B("value"), .tx = 7},
    {XS_READ, S("/empty"), 0, B("")},
    {XS_READ, S("/none"), XS_ERROR, S("ENOENT")},
    {XS_WRITE, B("/a\0value"), 0, S("OK")},
    {XS_WRITE, S("/a"), 0, S("OK")},
    {XS_MKDIR, S("/d"), 0, S("OK"), .tx = 7},
    {XS_RM, S("/d"), XS_ERROR, S("EACCES")},
    {XS_RM, S("/d"), XS_ERROR, S("ESTRANGE")},
    {XS_DIRECTORY, S("/"), 0, S("tool\0local")},
    {XS_DIRECTORY, S("/leaf"), 0, B("")},
    {XS_GET_PERMS, S("/a"), 0, S("n0\0r1\0b7")},
    {XS_GET_PERMS, S("/a"), 0, S("n0\0q1")},
    {XS_SET_PERMS, S("/a\0w3\0r5"), 0, S("OK")},
};

static void run_nodes(struct xs_handle *h)
{
    struct xs_permissions perms[] = {{3, XS_PERM_WRITE}, {5, XS_PERM_READ}}, *got;
    struct xs_permissions odd = {3, XS_PERM_OWNER};
    unsigned n = 99;
    char *value, **names;

    value = xs_read(h, 7, "/a", &n);
    assert_string_equal(value, "value");
    assert_int_equal(n, 5);
    free(value);
    value = xs_read(h, 0, "/empty", &n);
    assert_string_equal(value, "");
    assert_int_equal(n, 0);
    free(value);
    n = 99;
    assert_null(xs_read(h, 0, "/none", &n));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(n, 99);
    assert_true(xs_write(h, 0, "/a", "value", 5));
    assert_true(xs_write(h, 0, "/a", NULL, 0));
    assert_true(xs_mkdir(h, 7, "/d"));
    assert_false(xs_rm(h, 0, "/d"));
    assert_int_equal(errno, EACCES);
    assert_false(xs_rm(h, 0, "/d"));
    assert_int_equal(errno, EINVAL);
    names = xs_directory(h, 0, "/", &n);
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "tool");
    assert_string_equal(names[1], "local");
    free(names);
    names = xs_directory(h, 0, "/leaf", &n);
    assert_non_null(names);
    assert_int_equal(n, 0);
    free(names);
    got = xs_get_permissions(h, 0, "/a", &n);
    assert_int_equal(n, 3);
    assert_true(got[2].id == 7 && got[2].perms == (XS_PERM_READ | XS_PERM_WRITE) && got[0].perms == XS_PERM_NONE);
    free(got);
    assert_null(xs_get_permissions(h, 0, "/a", &n));
    assert_int_equal(errno, EINVAL);
    assert_true(xs_set_permissions(h, 0, "/a", perms, 2));
    assert_false(xs_set_permissions(h, 0, "/a", &odd, 1)); /* nothing was sent */
    assert_int_equal(errno, EINVAL);
}

static void test_nodes(void **state)
{
    (void)state;
    RUN(nodes, run_nodes(h));
}

static void test_nodes_byte_by_byte(void **state)
{
    (void)state;
    fault_bytes(true);
    RUN(nodes, run_nodes(h));
    fault_bytes(false);
}

static void test_domains_and_transactions(void **state)
{
    static const struct step steps[] = {
        {XS_TRANSACTION_START, S(""), 0, S("4711")},
        {XS_TRANSACTION_END, S("T"), XS_ERROR, S("EAGAIN"), .tx = 4711},
        {XS_TRANSACTION_END, S("F"), 0, S("OK"), .tx = 4711},
        {XS_TRANSACTION_START, S(""), 0, S("nonsense")},
        {XS_INTRODUCE, S("5\00018446744073709551615\0003"), 0, S("OK")},
        {XS_RELEASE, S("5"), 0, S("OK")},
        {XS_RESUME, S("5"), XS_ERROR, S("EINVAL")},
        {XS_SET_TARGET, S("5\0006"), 0, S("OK")},
        {XS_GET_DOMAIN_PATH, S("5"), 0, S("/local/domain/5")},
        {XS_IS_DOMAIN_INTRODUCED, S("5"), 0, S("T")},
        {XS_IS_DOMAIN_INTRODUCED, S("6"), 0, S("F")},
        {XS_IS_DOMAIN_INTRODUCED, S("7"), XS_ERROR, S("EACCES")},
        {XS_CONTROL, B("print\0hello"), 0, S("OK")},
    };
    char *text;

    (void)state;
    RUN(steps, {
        assert_int_equal(xs_transaction_start(h), 4711);
        assert_false(xs_transaction_end(h, 4711, false));
        assert_int_equal(errno, EAGAIN);
        assert_true(xs_transaction_end(h, 4711, true));
        assert_int_equal(xs_transaction_start(h), XBT_NULL);
        assert_int_equal(errno, EPROTO);
        assert_true(xs_introduce_domain(h, 5, ~0ul, 3));
        assert_true(xs_release_domain(h, 5));
        assert_false(xs_resume_domain(h, 5));
        assert_true(xs_set_target(h, 5, 6));
        text = xs_get_domain_path(h, 5);
        assert_string_equal(text, "/local/domain/5");
        free(text);
        assert_true(xs_is_domain_introduced(h, 5));
        assert_false(xs_is_domain_introduced(h, 6));
        assert_false(xs_is_domain_introduced(h, 7));
        text = xs_debug_command(h, "print", "hello", 5);
        assert_string_equal(text, "OK");
        free(text);
        assert_false(xs_restrict(h, 5));
        assert_int_equal(errno, ENOSYS);
    });
}

static void test_listing_in_parts(void **state)
{
    static const struct step steps[] = {
        {XS_DIRECTORY, S("/d"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/d\0000"), 0, S("17\0a\0bb")},
        {XS_DIRECTORY_PART, S("/d\0005"), 0, S("18\0stale")}, /* the node changed: again from the start */
        {XS_DIRECTORY_PART, S("/d\0000"), 0, S("18\0x\0yy")},
        {XS_DIRECTORY_PART, S("/d\0005"), 0, S("18\0z\0")},
        {XS_DIRECTORY, S("/d"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/d\0000"), 0, S("18\0")}, /* it is empty now */
        {XS_DIRECTORY, S("/d"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/d\0000"), 0, S("18")}, /* no part at all */
        {XS_DIRECTORY, S("/d"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/d\0000"), 0, B("18\0first\0sec")}, /* daemons may cut a name */
        {XS_DIRECTORY_PART, S("/d\0009"), 0, S("18\0ond\0")},
        {XS_DIRECTORY, S("/d"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/d\0000"), XS_ERROR, S("ENOENT")},
    };
    char **names;
    unsigned n;

    (void)state;
    RUN(steps, {
        names = xs_directory(h, 0, "/d", &n);
        assert_int_equal(n, 3);
        assert_string_equal(names[0], "x");
        assert_string_equal(names[2], "z");
        free(names);
        names = xs_directory(h, 0, "/d", &n);
        assert_int_equal(n, 0);
        free(names);
        assert_null(xs_directory(h, 0, "/d", &n));
        assert_int_equal(errno, EPROTO);
        names = xs_directory(h, 0, "/d", &n);
        assert_int_equal(n, 2);
        assert_string_equal(names[1], "second");
        free(names);
        assert_null(xs_directory(h, 0, "/d", &n));
        assert_int_equal(errno, ENOENT);
    });
}

static void test_requests_too_long_are_not_sent(void **state)
{
    static const struct step steps[] = {{XS_READ, S("/a"), 0, S("x")}};
    static char data[XENSTORE_PAYLOAD_MAX];
    struct xs_permissions perms[500] = {0};

    (void)state;
    for (size_t i = 0; i < 500; i++)
        perms[i].id = UINT32_MAX;
    RUN(steps, {
        assert_false(xs_write(h, 0, "/a", data, sizeof(data)));
        assert_int_equal(errno, E2BIG);
        assert_false(xs_set_permissions(h, 0, "/a", perms, 500));
        assert_int_equal(errno, E2BIG);
        free(xs_read(h, 0, "/a", NULL));
    });
}

static void broken_after(const struct step *step, int error)
{
    struct server s;
    struct xs_handle *h;

    server_start(&s, step, 1);
    h = xs_open(0);
    assert_non_null(h);
    assert_null(xs_read(h, 0, "/a", NULL));
    assert_int_equal(errno, error);
    assert_false(xs_write(h, 0, "/a", "x", 1)); /* and no more */
    assert_int_equal(errno, EBADF);
    assert_null(xs_check_watch(h));
    assert_int_equal(errno, EINVAL);
    xs_close(h);
    server_stop(&s);
}

static void test_connections_that_break(void **state)
{
    static const struct step steps[] = {
        {XS_READ, S("/a"), 0, S(""), .how = HANG_UP}, {XS_READ, S("/a"), 0, S(""), .how = CUT},
        {XS_READ, S("/a"), 0, S(""), .how = WRONG_ID}, {XS_READ, S("/a"), XS_WRITE, S("")},
    };
    static const struct step too_long = {XS_READ, S("/a"), 0, S(""), .how = TOO_LONG};
    static const struct step bad_event = {XS_READ, S("/a"), 0, S(""), .event = "/a", .event_len = 3};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        broken_after(&steps[i], EBADF);
    broken_after(&too_long, EPROTO);
    broken_after(&bad_event, EPROTO);
}

static void test_faults_of_calls(void **state)
{
    static const struct step steps[] = {{XS_READ, S("/a"), 0, S("x")}};
    static const struct {
        enum fault_call call;
        int error;
    } rows[] = {{FAULT_SEND, EPIPE}, {FAULT_READ, EIO}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct server s;
        struct xs_handle *h;

        server_start(&s, steps, 1);
        h = xs_open(0);
        fault_at(rows[i].call, 1);
        assert_null(xs_read(h, 0, "/a", NULL));
        assert_int_equal(errno, rows[i].error);
        assert_true(fault_happened(rows[i].call));
        assert_null(xs_read(h, 0, "/a", NULL));
        assert_int_equal(errno, EBADF);
        xs_close(h);
        server_stop(&s);
    }
}

/* Each allocation of a call fails once: ENOMEM, the connection goes on, nothing leaks. */
static void test_faults_of_allocations(void **state)
{
    static const struct step steps[] = {
        {XS_READ, S("/a"), 0, S("x")},
        {XS_READ, S("/a"), 0, S("x")},
        {XS_DIRECTORY, S("/a"), 0, S("x")},
        {XS_DIRECTORY, S("/a"), 0, S("x")},
        {XS_DIRECTORY, S("/a"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/a\0000"), 0, S("17\0x\0")},
        {XS_DIRECTORY, S("/a"), XS_ERROR, S("E2BIG")},
        {XS_DIRECTORY_PART, S("/a\0000"), 0, S("17\0x\0")},
        {XS_GET_PERMS, S("/a"), 0, S("n0")},
        {XS_GET_PERMS, S("/a"), 0, S("n0")},
        {XS_READ, S("/a"), 0, S("x")},
    };
    unsigned n = 5;

    (void)state;
    RUN(steps, {
        fault_at(FAULT_ALLOC, 1);
        assert_null(xs_read(h, 0, "/a", &n));
        assert_int_equal(errno, ENOMEM);
        free(xs_read(h, 0, "/a", &n));
        for (unsigned i = 1; i <= 2; i++) {
            fault_at(FAULT_ALLOC, i);
            assert_null(xs_directory(h, 0, "/a", &n));
            assert_int_equal(errno, ENOMEM);
        }
        /* the first is the error's, in which nothing is allocated */
        for (unsigned i = 1; i <= 2; i++) {
            fault_at(FAULT_ALLOC, i);
            assert_null(xs_directory(h, 0, "/a", &n));
            assert_int_equal(errno, ENOMEM);
        }
        for (unsigned i = 1; i <= 2; i++) {
            fault_at(FAULT_ALLOC, i);
            assert_null(xs_get_permissions(h, 0, "/a", &n));
            assert_int_equal(errno, ENOMEM);
        }
        free(xs_read(h, 0, "/a", &n));
    });
    fault_at(FAULT_ALLOC, 1);
    assert_null(xs_open(0));
    assert_int_equal(errno, ENOMEM);
}

static void test_where_the_daemon_is(void **state)
{
    char path[200];

    (void)state;
    unsetenv("XENSTORED_PATH");
    unsetenv("XENSTORED_RUNDIR");
    assert_string_equal(xs_daemon_rundir(), RUNSTATEDIR "/xenstored");
    assert_string_equal(xs_daemon_socket(), RUNSTATEDIR "/xenstored/socket");
    setenv("XENSTORED_RUNDIR", "/nowhere", 1);
    assert_string_equal(xs_daemon_socket(), "/nowhere/socket");
    assert_string_equal(xs_daemon_socket_ro(), "/nowhere/socket");
    setenv("XENSTORED_PATH", "/else/where", 1);
    assert_string_equal(xs_daemon_rundir(), "/nowhere");
    assert_string_equal(xs_daemon_socket(), "/else/where");
    assert_null(xs_open(0));
    assert_int_equal(errno, ENOENT);
    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = 0;
    setenv("XENSTORED_PATH", path, 1);
    assert_null(xs_open(0));
    unsetenv("XENSTORED_PATH");
    unsetenv("XENSTORED_RUNDIR");
    fault_at(FAULT_OPEN, 1);
    assert_null(xs_open(0));
    fault_at(FAULT_OPEN, 0);
}

static void test_what_needs_no_daemon(void **state)
{
    struct xs_permissions perms[2];
    int fds[2];
    char text[8] = "";

    (void)state;
    assert_true(xs_path_is_subpath("/a", "/a"));
    assert_true(xs_path_is_subpath("/a", "/a/b"));
    assert_true(xs_path_is_subpath("/", "/a"));
    assert_false(xs_path_is_subpath("/a", "/ab"));
    assert_false(xs_path_is_subpath("/a/b", "/a"));
    assert_false(xs_path_is_subpath("/a", "a"));
    assert_true(xs_strings_to_perms(perms, 2, "r1\0w2"));
    assert_true(perms[1].id == 2 && perms[1].perms == XS_PERM_WRITE);
    assert_false(xs_strings_to_perms(perms, 2, "r1\0z2"));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(pipe(fds), 0);
    fault_bytes(true);
    assert_true(xs_write_all(fds[1], "1234", 4));
    fault_bytes(false);
    assert_int_equal(read(fds[0], text, sizeof(text) - 1), 4);
    assert_string_equal(text, "1234");
    close(fds[0]);
    close(fds[1]);
    assert_false(xs_write_all(fds[1], "x", 1));
    assert_int_equal(errno, EBADF);
    xs_close(NULL);
    xs_daemon_destroy_postfork(NULL);
}

static void test_suspend_port(void **state)
{
    static const struct step steps[][1] = {
        {{XS_READ, S("/local/domain/5/device/suspend/event-channel"), 0, B("12")}},
        {{XS_READ, S("/local/domain/5/device/suspend/event-channel"), 0, B("-1")}},
        {{XS_READ, S("/local/domain/5/device/suspend/event-channel"), XS_ERROR, S("ENOENT")}},
    };
    static const int ports[] = {12, -1, -1};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct server s;

        server_start(&s, steps[i], 1);
        assert_int_equal(xs_suspend_evtchn_port(5), ports[i]);
        server_stop(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_nodes_byte_by_byte),
        cmocka_unit_test(test_domains_and_transactions),
        cmocka_unit_test(test_listing_in_parts),
        cmocka_unit_test(test_requests_too_long_are_not_sent),
        cmocka_unit_test(test_connections_that_break),
        cmocka_unit_test(test_faults_of_calls),
        cmocka_unit_test(test_faults_of_allocations),
        cmocka_unit_test(test_where_the_daemon_is),
        cmocka_unit_test(test_what_needs_no_daemon),
        cmocka_unit_test(test_suspend_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
