/* SPDX-License-Identifier: GPL-2.0-only */
/* store/async.h, with the daemon's end of a socket in the test's hand. */
#include "store_fixture.h"

#include <poll.h>

#include "store/async.h"

static int peer;        /* the daemon's end */
static bool slow_bytes; /* the client's calls move a byte each */
static struct store_client *client;
static struct {
    unsigned calls;
    int rc;
    char payload[64];
    char path[64]; /* of an event; "gone" when the connection broke */
    unsigned events;
} seen;

static int setup(void **state)
{
    int fds[2];

    (void)state;
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peer = fds[1];
    assert_int_equal(store_open_fd(fds[0], &client), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    slow_bytes = false;
    fault_bytes(false);
    store_close(client);
    close(peer);
    return 0;
}

static void on_reply(void *arg, int rc, const char *payload, size_t len)
{
    (void)arg;
    seen.calls++;
    seen.rc = rc;
    snprintf(seen.payload, sizeof(seen.payload), "%s", payload ? payload : "");
    if (payload)
        assert_int_equal(payload[len], 0);
}

static void on_event(void *arg, const char *path)
{
    (void)arg;
    seen.events++;
    snprintf(seen.path, sizeof(seen.path), "%s", path ? path : "gone");
}

/* The next request at the daemon: its header; the payload is as expected. */
static struct xsd_sockmsg expect(uint32_t type, const char *payload, size_t len)
{
    struct xsd_sockmsg header;
    char data[XENSTORE_PAYLOAD_MAX];

    for (int i = 0; i < 10000 && store_events(client) & POLLOUT; i++) /* byte by byte, perhaps */
        assert_int_equal(store_dispatch(client), 0);
    fault_bytes(false);
    assert_true(server_get(peer, &header, sizeof(header)));
    assert_int_equal(header.type, type);
    assert_int_equal(header.len, len);
    assert_true(server_get(peer, data, header.len));
    fault_bytes(slow_bytes);
    assert_memory_equal(data, payload, len);
    return header;
}

static void answer(const struct xsd_sockmsg *to, uint32_t type, const char *payload, size_t len)
{
    fault_bytes(false);
    server_put(peer, type, to->req_id, to->tx_id, payload, len);
    fault_bytes(slow_bytes);
}

static void dispatch(void)
{
    struct pollfd p = {.fd = store_fd(client), .events = POLLIN};

    while (poll(&p, 1, 0) == 1)
        if (store_dispatch(client))
            return;
}

static void test_answers_in_order(void **state)
{
    struct xs_permissions perms[] = {{0, XS_PERM_NONE}, {5, XS_PERM_READ}};
    struct xsd_sockmsg h[4];

    (void)state;
    assert_int_equal(store_events(client), POLLIN);
    assert_int_equal(store_read(client, 7, "/a", on_reply, NULL), 0);
    assert_int_equal(store_events(client), POLLIN | POLLOUT);
    assert_int_equal(store_write(client, 0, "/b", "xy", 2, on_reply, NULL), 0);
    assert_int_equal(store_set_permissions(client, 0, "/c", perms, 2, on_reply, NULL), 0);
    assert_int_equal(store_rm(client, 0, "/d", NULL, NULL), 0);
    h[0] = expect(XS_READ, S("/a"));
    assert_int_equal(h[0].tx_id, 7);
    h[1] = expect(XS_WRITE, B("/b\0xy"));
    h[2] = expect(XS_SET_PERMS, S("/c\0n0\0r5"));
    h[3] = expect(XS_RM, S("/d"));
    assert_int_equal(seen.calls, 0);
    answer(&h[0], XS_READ, B("value"));
    dispatch();
    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.payload, "value");
    answer(&h[1], XS_WRITE, S("OK"));
    answer(&h[2], XS_ERROR, S("EACCES"));
    answer(&h[3], XS_RM, S("OK"));
    dispatch();
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.rc, -EACCES);
}

/* More messages than one turn takes, in one piece: the caller hears that there are more though nothing comes any more. */
static void test_more_than_a_turn(void **state)
{
    static const char event[] = "/a\0001";
    struct {
        struct xsd_sockmsg header;
        char payload[sizeof(event)];
    } __attribute__((packed)) events[200];
    struct store_watch *watch;
    struct xsd_sockmsg h;

    (void)state;
    assert_int_equal(store_watch(client, "/a", on_event, NULL, &watch), 0);
    assert_true(store_waiting(client));
    h = expect(XS_WATCH, S("/a\0001"));
    answer(&h, XS_WATCH, S("OK"));
    dispatch();
    assert_false(store_waiting(client));
    for (unsigned i = 0; i < 200; i++) {
        events[i].header = (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = sizeof(event)};
        memcpy(events[i].payload, event, sizeof(event));
    }
    assert_int_equal(send(peer, events, sizeof(events), 0), (ssize_t)sizeof(events));
    for (unsigned turns = 0; seen.events < 200; turns++) {
        assert_true(turns < 10);
        assert_true(turns == 0 || (store_events(client) & POLLOUT));
        assert_int_equal(store_dispatch(client), 0);
    }
    assert_int_equal(store_dispatch(client), 0);
    assert_int_equal(store_events(client), POLLIN);
}

static void test_byte_by_byte(void **state)
{
    slow_bytes = true;
    fault_bytes(true);
    test_answers_in_order(state);
}

static void test_cancel(void **state)
{
    struct store_request *r;
    struct xsd_sockmsg h;

    (void)state;
    assert_int_equal(store_request(client, XS_READ, 0, S("/a"), on_reply, NULL, &r), 0);
    h = expect(XS_READ, S("/a"));
    store_cancel(client, r);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(store_events(client), POLLIN | POLLOUT);
    store_dispatch(client);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.rc, -ECANCELED);
    assert_int_equal(store_events(client), POLLIN);
    answer(&h, XS_READ, B("late"));
    dispatch();
    assert_int_equal(seen.calls, 1);
    assert_int_equal(store_request(client, XS_READ, 0, S("/b"), on_reply, NULL, &r), 0);
    store_cancel(client, r); /* the answer is there before the dispatch: still once, still canceled */
    store_dispatch(client);
    assert_int_equal(seen.calls, 2);
}

static void test_watches(void **state)
{
    struct store_watch *a, *b, *c;
    struct xsd_sockmsg h;

    (void)state;
    assert_int_equal(store_watch(client, "/a", on_event, NULL, &a), 0);
    h = expect(XS_WATCH, S("/a\0001"));
    server_put(peer, XS_WATCH_EVENT, 0, 0, S("/a\0001"));
    answer(&h, XS_WATCH, S("OK"));
    server_put(peer, XS_WATCH_EVENT, 0, 0, S("/a/b\0001"));
    server_put(peer, XS_WATCH_EVENT, 0, 0, S("/a/b\000999")); /* nobody's */
    server_put(peer, XS_WATCH_EVENT, 0, 0, S("/a/b\0token"));
    dispatch();
    assert_int_equal(seen.events, 2);
    assert_string_equal(seen.path, "/a/b");
    store_unwatch(client, a);
    h = expect(XS_UNWATCH, S("/a\0001"));
    server_put(peer, XS_WATCH_EVENT, 0, 0, S("/a/late\0001"));
    answer(&h, XS_UNWATCH, S("OK"));
    dispatch();
    assert_int_equal(seen.events, 2);
    /* refused; and given up before the answer */
    assert_int_equal(store_watch(client, "/b", on_event, NULL, &b), 0);
    h = expect(XS_WATCH, S("/b\0004"));
    answer(&h, XS_ERROR, S("E2BIG"));
    dispatch();
    assert_int_equal(seen.events, 3);
    assert_string_equal(seen.path, "gone");
    store_unwatch(client, b);
    h = expect(XS_UNWATCH, S("/b\0004"));
    answer(&h, XS_ERROR, S("ENOENT"));
    assert_int_equal(store_watch(client, "/c", on_event, NULL, &c), 0);
    store_unwatch(client, c);
    h = expect(XS_WATCH, S("/c\0007"));
    answer(&h, XS_ERROR, S("EINVAL"));
    h = expect(XS_UNWATCH, S("/c\0007"));
    answer(&h, XS_UNWATCH, S("OK"));
    dispatch();
    assert_int_equal(seen.events, 3);
}

static void give_up(void *arg, const char *path)
{
    struct store_watch **watches = arg;

    on_event(NULL, path);
    if (!path) { /* both */
        store_unwatch(client, watches[0]);
        store_unwatch(client, watches[1]);
        watches[0] = watches[1] = NULL;
    }
}

static void test_connection_breaks(void **state)
{
    struct store_watch *watches[2];

    (void)state;
    assert_int_equal(store_watch(client, "/a", give_up, watches, &watches[0]), 0);
    assert_int_equal(store_watch(client, "/b", give_up, watches, &watches[1]), 0);
    assert_int_equal(store_read(client, 0, "/a", on_reply, NULL), 0);
    shutdown(peer, SHUT_RDWR);
    assert_true(store_dispatch(client) < 0);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.rc, -ECONNRESET);
    assert_int_equal(seen.events, 1);
    assert_string_equal(seen.path, "gone");
    assert_int_equal(store_read(client, 0, "/a", on_reply, NULL), -ECONNRESET);
    assert_true(store_dispatch(client) < 0);
    assert_int_equal(seen.calls, 1);
}

static void broken_by(const char *bytes, size_t len)
{
    setup(NULL);
    assert_int_equal(store_read(client, 0, "/a", on_reply, NULL), 0);
    expect(XS_READ, S("/a"));
    assert_int_equal(send(peer, bytes, len, 0), (ssize_t)len);
    assert_int_equal(store_dispatch(client), -EPROTO);
    assert_int_equal(seen.rc, -ECONNRESET);
    teardown(NULL);
}

static void test_daemon_talks_nonsense(void **state)
{
    static const struct xsd_sockmsg bad[] = {
        {.type = XS_READ, .req_id = 2},                                /* nobody asked that */
        {.type = XS_WRITE, .req_id = 1},                               /* of another type */
        {.type = XS_READ, .req_id = 1, .len = XENSTORE_PAYLOAD_MAX + 1},
        {.type = XS_WATCH_EVENT},                                      /* without strings */
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        broken_by((const char *)&bad[i], sizeof(bad[i]));
    setup(state);
}

/* --- transactions --- */

static unsigned bodies;
static int body_rc;

static void in_body(void *arg, int rc, const char *payload, size_t len)
{
    (void)payload;
    (void)len;
    store_commit(arg, rc ? rc : body_rc);
}

static void body(void *arg, struct store_attempt *attempt, xs_transaction_t t)
{
    (void)arg;
    bodies++;
    if (store_write(client, t, "/a", "1", 1, in_body, attempt))
        store_commit(attempt, -ENOMEM);
}

static void transact_once(const char *end, const char *end_payload, const char *end_answer)
{
    struct xsd_sockmsg h = expect(XS_TRANSACTION_START, S(""));

    answer(&h, XS_TRANSACTION_START, S("9"));
    dispatch();
    h = expect(XS_WRITE, B("/a\0001"));
    assert_int_equal(h.tx_id, 9);
    answer(&h, XS_WRITE, S("OK"));
    dispatch();
    h = expect(XS_TRANSACTION_END, end, 2);
    assert_int_equal(h.tx_id, 9);
    answer(&h, end_payload ? XS_ERROR : XS_TRANSACTION_END, end_answer, strlen(end_answer) + 1);
    dispatch();
}

static void test_transaction(void **state)
{
    (void)state;
    bodies = 0;
    body_rc = 0;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    transact_once("T", "error", "EAGAIN");
    assert_int_equal(seen.calls, 0);
    transact_once("T", NULL, "OK");
    assert_int_equal(bodies, 2);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.rc, 0);
    /* given up by the body: its error, whatever the daemon says */
    body_rc = -ENOENT;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    transact_once("F", NULL, "OK");
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.rc, -ENOENT);
    /* refused */
    body_rc = 0;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    transact_once("T", "error", "ENOSPC");
    assert_int_equal(seen.rc, -ENOSPC);
}

static void test_transaction_gives_up(void **state)
{
    (void)state;
    bodies = 0;
    body_rc = 0;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    for (int i = 0; i < STORE_ATTEMPTS; i++) {
        assert_int_equal(seen.calls, 0);
        transact_once("T", "error", "EAGAIN");
    }
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.rc, -EAGAIN);
    assert_int_equal(bodies, STORE_ATTEMPTS);
}

static void test_transaction_on_a_broken_connection(void **state)
{
    struct xsd_sockmsg h;

    (void)state;
    body_rc = 0;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    h = expect(XS_TRANSACTION_START, S(""));
    answer(&h, XS_TRANSACTION_START, S("9"));
    dispatch();
    shutdown(peer, SHUT_RDWR);
    assert_true(store_dispatch(client) < 0);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.rc, -ECONNRESET);
}

static void test_faults(void **state)
{
    static char long_value[XENSTORE_PAYLOAD_MAX];
    struct xs_permissions odd = {0, XS_PERM_OWNER};
    struct store_watch *w = NULL;
    struct store_client *other = NULL;

    (void)state;
    assert_int_equal(store_write(client, 0, "/a", long_value, sizeof(long_value), on_reply, NULL), -E2BIG);
    assert_int_equal(store_set_permissions(client, 0, "/a", &odd, 1, on_reply, NULL), -EINVAL);
    for (unsigned i = 1; i <= 2; i++) {
        fault_at(FAULT_ALLOC, i);
        assert_int_equal(store_read(client, 0, "/a", on_reply, NULL), -ENOMEM);
    }
    for (unsigned i = 1; i <= 2; i++) {
        fault_at(FAULT_ALLOC, i);
        assert_int_equal(store_watch(client, "/a", on_event, NULL, &w), -ENOMEM);
        fault_at(FAULT_ALLOC, i);
        assert_int_equal(store_transaction(client, body, on_reply, NULL), -ENOMEM);
    }
    assert_null(w);
    fault_at(FAULT_ALLOC, 1);
    assert_int_equal(store_open_fd(peer, &other), -ENOMEM);
    assert_int_equal(store_open_fd(-1, &other), -EBADF);
    assert_null(other);
    assert_int_equal(store_events(client), POLLIN); /* nothing was queued */
    /* the end of a transaction: reported by the next dispatch */
    bodies = 0;
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    {
        struct xsd_sockmsg h = expect(XS_TRANSACTION_START, S(""));

        answer(&h, XS_TRANSACTION_START, S("9"));
        dispatch();
        h = expect(XS_WRITE, B("/a\0001"));
        answer(&h, XS_WRITE, S("OK"));
        fault_at(FAULT_ALLOC, 1);
        store_dispatch(client);
        assert_true(fault_happened(FAULT_ALLOC));
        assert_int_equal(seen.calls, 0);
        assert_int_equal(store_events(client), POLLIN | POLLOUT);
        store_dispatch(client);
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.rc, -ENOMEM);
    }
}

static void test_close_tells_all(void **state)
{
    struct store_watch *w;

    (void)state;
    assert_int_equal(store_read(client, 0, "/a", on_reply, NULL), 0);
    assert_int_equal(store_transaction(client, body, on_reply, NULL), 0);
    assert_int_equal(store_watch(client, "/a", on_event, NULL, &w), 0);
    store_close(client);
    client = NULL;
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.rc, -ECANCELED);
    assert_int_equal(seen.events, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_answers_in_order),
        TEST(test_byte_by_byte),
        TEST(test_cancel),
        TEST(test_watches),
        TEST(test_connection_breaks),
        TEST(test_more_than_a_turn),
        cmocka_unit_test_teardown(test_daemon_talks_nonsense, teardown),
        TEST(test_transaction),
        TEST(test_transaction_gives_up),
        TEST(test_transaction_on_a_broken_connection),
        TEST(test_faults),
        TEST(test_close_tells_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
