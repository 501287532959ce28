/* SPDX-License-Identifier: GPL-2.0-only */
/* Every request: what it does, its errors, rights, the events that it causes; no memory at any point. */
#include "xenstored_fixture.h"

#include "xenstored/transaction.h"
#include "xenstored/watch.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

static int allocations_left = -1; /* -1: as many as you like */

static bool none_left(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return none_left() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return none_left() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return none_left() ? NULL : __real_realloc(p, size);
}

static struct conn *dom0, *guest, *other;

static int setup(void **state)
{
    (void)state;
    allocations_left = -1;
    fake_introduce_result = 7;
    if (store_new(&fake_ops, NULL, NULL, &store) < 0)
        return -1;
    dom0 = conn_new(store, 1, NULL);
    store_introduce(store, 3, 100, 1);
    store_introduce(store, 4, 101, 1);
    guest = domain_find(store, 3)->conn;
    other = domain_find(store, 4)->conn;
    ASK(dom0, XS_WRITE, "/local/domain/3/name\0a");
    ASK(dom0, XS_SET_PERMS, "/local/domain/3\0n3");
    ASK(dom0, XS_WRITE, "/local/domain/4/name\0b");
    ASK(dom0, XS_SET_PERMS, "/local/domain/4\0n4");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    allocations_left = -1;
    store_free(store);
    return 0;
}

static void assert_reads(struct conn *c, const char *path, const char *value)
{
    struct message m;

    assert_int_equal(ask_tx(c, XS_READ, 0, path, strlen(path) + 1, &m), 0);
    assert_int_equal(m.hdr.len, strlen(value));
    assert_string_equal(m.data, value);
}

/* Nobody who holds the list forgets a request: each row has a handler and a name of the wire's. */
static void table(void **state)
{
    unsigned rows = 0;

    (void)state;
    for (uint32_t i = 0; i < XS_TYPE_COUNT; i++) {
        if (!request_table[i].fn)
            continue;
        rows++;
        assert_string_equal(request_table[i].name, wire_type_name(i));
        assert_true(request_table[i].min_args <= request_table[i].max_args && request_table[i].max_args <= REQUEST_ARGS);
    }
    assert_int_equal(rows, 20);
    assert_int_equal(ASK(dom0, XS_WATCH_EVENT, "x"), -ENOSYS);
    assert_int_equal(ASK(dom0, XS_ERROR, "x"), -ENOSYS);
    assert_int_equal(ASK(dom0, 20, "x"), -ENOSYS);
    assert_int_equal(ASK(dom0, 0xffff, "x"), -ENOSYS);
}

static void arguments(void **state)
{
    static const struct {
        uint32_t type;
        const char *payload;
        size_t len;
    } bad[] = {
        { XS_READ, "", 0 },           { XS_READ, "/a", 2 },        { XS_READ, "/a\0b", 5 },
        { XS_READ, "", 1 },           { XS_READ, "a!", 3 },        { XS_READ, "/a/", 4 },
        { XS_READ, "/a//b", 6 },      { XS_READ, "/a.b", 5 },      { XS_READ, "@introduceDomain", 17 },
        { XS_WRITE, "/a", 2 },        { XS_WATCH, "/a", 3 },       { XS_WATCH, "/a\0t\0x", 7 },
        { XS_TRANSACTION_END, "X", 2 }, { XS_INTRODUCE, "5\0001", 4 }, { XS_INTRODUCE, "5\0001\0000", 6 },
        { XS_INTRODUCE, "5\0x\0001", 6 }, { XS_INTRODUCE, "99999\0001\0001", 10 }, { XS_RELEASE, "0", 2 },
        { XS_RESUME, "0", 2 },        { XS_SET_TARGET, "3", 2 },   { XS_SET_TARGET, "3\0000", 4 },
        { XS_SET_PERMS, "/local", 7 }, { XS_SET_PERMS, "/local\0x3", 10 }, { XS_SET_PERMS, "/local\0r3", 9 },
        { XS_GET_PERMS, "@nothing", 9 }, { XS_RM, "/", 2 }, { XS_GET_DOMAIN_PATH, "x", 2 },
        { XS_IS_DOMAIN_INTRODUCED, "-1", 3 }, { XS_DIRECTORY_PART, "/", 2 }, { XS_DIRECTORY_PART, "/\0x", 4 },
        { XS_CONTROL, "nothing", 8 }, { XS_CONTROL, "", 0 },
    };
    struct message m;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ask_tx(dom0, bad[i].type, 0, bad[i].payload, bad[i].len, &m), -EINVAL);
    assert_int_equal(ask_tx(dom0, XS_READ, 5, "/", 2, &m), -ENOENT); /* no such transaction */
    assert_int_equal(ask_tx(dom0, XS_TRANSACTION_START, 5, "", 1, &m), -ENOENT);
    assert_int_equal(ASK(dom0, XS_TRANSACTION_END, "T"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_UNWATCH, "/a\0t"), -ENOENT);
}

static void nodes(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(dom0, XS_READ, "/x"), -ENOENT);
    assert_int_equal(ask_tx(dom0, XS_WRITE, 0, "/x/y/z\0value", 12, &m), 0);
    assert_string_equal(m.data, "OK");
    assert_reads(dom0, "/x/y/z", "value");
    assert_reads(dom0, "/x", "");
    assert_int_equal(ASK(dom0, XS_MKDIR, "/x/b"), 0);
    assert_int_equal(ASK(dom0, XS_MKDIR, "/x/y/z"), 0); /* it is there: its value stays */
    assert_reads(dom0, "/x/y/z", "value");
    assert_int_equal(ask_tx(dom0, XS_DIRECTORY, 0, "/x", 3, &m), 0);
    assert_int_equal(m.hdr.len, 4);
    assert_memory_equal(m.data, "b\0y", 4);
    assert_int_equal(ASK(dom0, XS_RM, "/x/nothing"), 0);
    assert_int_equal(ASK(dom0, XS_RM, "/nothing/below"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_RM, "/x/y"), 0);
    assert_int_equal(ASK(dom0, XS_READ, "/x/y/z"), -ENOENT);
    assert_int_equal(ask_tx(dom0, XS_GET_DOMAIN_PATH, 0, "3", 2, &m), 0);
    assert_string_equal(m.data, "/local/domain/3");
}

#define LONG "long-names-are-alike"

/* Names that others begin with, and what sorts before the '/' behind them. */
static void names_alike(void **state)
{
    static const char *const names[] = { "a", "a-", "a-b", "a0", "aa", "ab", "A", "1", "10", "100", "2", "-", "_", "@", LONG,
                                         LONG "-", LONG "a", LONG "-a", LONG LONG "-", LONG LONG };
    static const char sorted[] = "-\0001\00010\000100\0002\0@\0A\0_\0a\0a-\0a-b\0a0\0aa\0ab\0" LONG "\0" LONG "-\0" LONG "-a\0"
                                 LONG "a\0" LONG LONG "\0" LONG LONG "-";
    char path[128];
    struct message m;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        n = (size_t)sprintf(path, "/k/%s/v%c%s", names[i], 0, names[i]);
        assert_int_equal(ask_tx(dom0, XS_WRITE, 0, path, n, &m), 0);
    }
    assert_int_equal(ask_tx(dom0, XS_DIRECTORY, 0, "/k", 3, &m), 0);
    assert_int_equal(m.hdr.len, sizeof(sorted));
    assert_memory_equal(m.data, sorted, sizeof(sorted));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        sprintf(path, "/k/%s/v", names[i]);
        assert_reads(dom0, path, names[i]);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        n = (size_t)sprintf(path, "/k/%s/v", names[i]) + 1;
        assert_int_equal(ask_tx(dom0, XS_RM, 0, path, n, &m), 0);
        assert_int_equal(ask_tx(dom0, XS_READ, 0, path, n, &m), -ENOENT);
        path[n - 3] = 0;
        assert_int_equal(ask_tx(dom0, XS_RM, 0, path, n - 2, &m), 0);
        assert_true(tree_check(store->root));
    }
    assert_int_equal(ask_tx(dom0, XS_DIRECTORY, 0, "/k", 3, &m), 0);
    assert_int_equal(m.hdr.len, 0);
}

/* A list that no message holds is asked for in parts. */
static void parts(void **state)
{
    char path[64], whole[16384], gen[32] = "";
    struct message m;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int n = sprintf(path, "/many/child%04d", i);

        assert_int_equal(ask_tx(dom0, XS_MKDIR, 0, path, (size_t)n + 1, &m), 0);
    }
    assert_int_equal(ASK(dom0, XS_DIRECTORY, "/many"), -E2BIG);
    for (;;) {
        size_t n = (size_t)sprintf(path, "/many%c%zu", 0, len) + 1, from;

        assert_int_equal(ask_tx(dom0, XS_DIRECTORY_PART, 0, path, n, &m), 0);
        from = strlen(m.data) + 1;
        assert_true(!gen[0] || !strcmp(gen, m.data));
        strcpy(gen, m.data);
        memcpy(whole + len, m.data + from, m.hdr.len - from);
        assert_int_equal(m.data[m.hdr.len - 1], 0); /* no name is cut */
        len += m.hdr.len - from;
        if (len >= 2 && !whole[len - 1] && !whole[len - 2])
            break;
    }
    assert_int_equal(len, 1000 * 10 + 1);
    for (int i = 0; i < 1000; i++) {
        sprintf(path, "child%04d", i);
        assert_string_equal(whole + 10 * i, path);
    }
}

static void rights(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(guest, XS_WRITE, "mine\0a"), 0);
    assert_reads(guest, "mine", "a");
    assert_reads(guest, "/local/domain/3/mine", "a");
    assert_int_equal(ASK(guest, XS_READ, "name"), -EACCES); /* dom0 did not let it */
    assert_int_equal(ASK(other, XS_READ, "/local/domain/3/mine"), -EACCES);
    assert_int_equal(ASK(other, XS_WRITE, "/local/domain/3/x\0y"), -EACCES);
    assert_int_equal(ASK(guest, XS_WRITE, "/x\0y"), -EACCES);
    assert_int_equal(ASK(guest, XS_READ, "/nothing"), -EACCES); /* it learns nothing of what is not there */
    assert_int_equal(ASK(dom0, XS_WRITE, "relative\0x"), 0);
    assert_reads(dom0, "/local/domain/0/relative", "x");
    (void)m;
}

static void permissions(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(guest, XS_WRITE, "mine\0x"), 0);
    assert_int_equal(ask_tx(dom0, XS_GET_PERMS, 0, "/local/domain/3/mine", 21, &m), 0);
    assert_int_equal(m.hdr.len, 3);
    assert_string_equal(m.data, "n3");
    assert_int_equal(ASK(other, XS_READ, "/local/domain/3/mine"), -EACCES);
    assert_int_equal(ASK(guest, XS_SET_PERMS, "mine\0n3\0r4"), 0);
    assert_reads(other, "/local/domain/3/mine", "x");
    assert_int_equal(ASK(other, XS_WRITE, "/local/domain/3/mine\0z"), -EACCES);
    assert_int_equal(ASK(guest, XS_SET_PERMS, "mine\0b3"), 0); /* anybody */
    assert_int_equal(ASK(other, XS_WRITE, "/local/domain/3/mine\0z"), 0);
    assert_reads(guest, "mine", "z");
    assert_int_equal(ASK(guest, XS_SET_PERMS, "mine\0n4"), -EPERM); /* owners do not give away */
    assert_int_equal(ASK(other, XS_SET_PERMS, "/local/domain/3/mine\0n4"), -EACCES);
    assert_int_equal(ASK(guest, XS_SET_PERMS, "mine\0n3\0r1\0r2\0r4\0r5\0r6"), -ENOSPC);
    assert_int_equal(ASK(guest, XS_GET_PERMS, "@releaseDomain"), -EACCES);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "@releaseDomain\0n0\0r3"), 0);
    assert_int_equal(ASK(guest, XS_GET_PERMS, "@releaseDomain"), 0);
}

/* What was permitted to a domain is not permitted to the next one with its number. */
static void permissions_of_the_dead(void **state)
{
    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/secret\0x"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/secret\0n0\0r4"), 0);
    assert_reads(other, "/secret", "x");
    store_domain_dead(store, 4);
    store_introduce(store, 4, 1, 1);
    other = domain_find(store, 4)->conn;
    assert_int_equal(ASK(other, XS_READ, "/secret"), -EACCES);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/secret\0n0\0r4"), 0);
    assert_reads(other, "/secret", "x");
}

static void targets(void **state)
{
    (void)state;
    assert_int_equal(ASK(other, XS_SET_TARGET, "4\0003"), -EACCES);
    assert_int_equal(ASK(dom0, XS_SET_TARGET, "4\0009"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_SET_TARGET, "4\0003"), 0);
    assert_int_equal(ASK(other, XS_WRITE, "/local/domain/3/x\0y"), 0);
    store_domain_dead(store, 3);
    assert_false(domain_find(store, 4)->has_target);
}

static void domains(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(guest, XS_INTRODUCE, "7\0001\0001"), -EACCES);
    assert_int_equal(ASK(guest, XS_RELEASE, "3"), -EACCES);
    fake_introduce_result = -EINVAL;
    assert_int_equal(ASK(dom0, XS_INTRODUCE, "7\0001\0001"), -EINVAL);
    fake_introduce_result = 12;
    assert_int_equal(ASK(dom0, XS_WATCH, "@introduceDomain\0i"), 0);
    assert_int_equal(ASK(dom0, XS_WATCH, "@releaseDomain\0r"), 0);
    while (next_message(dom0, &m))
        ;
    send_tx(dom0, XS_INTRODUCE, 0, "7\00055\0003", 7);
    assert_true(next_message(dom0, &m) && m.hdr.type == XS_WATCH_EVENT);
    assert_memory_equal(m.data, "@introduceDomain\0i", 19);
    assert_int_equal(reply_to(dom0, &m), 0);
    assert_int_equal(domain_find(store, 7)->mfn, 55);
    assert_int_equal(ask_tx(dom0, XS_IS_DOMAIN_INTRODUCED, 0, "7", 2, &m), 0);
    assert_string_equal(m.data, "T");
    store_domain_shutdown(store, 7);
    assert_true(next_message(dom0, &m) && m.hdr.type == XS_WATCH_EVENT);
    assert_memory_equal(m.data, "@releaseDomain\0r", 17);
    store_domain_shutdown(store, 7); /* said once */
    assert_false(next_message(dom0, &m));
    assert_int_equal(ASK(dom0, XS_RESUME, "7"), 0);
    store_domain_shutdown(store, 7);
    assert_true(next_message(dom0, &m));
    assert_int_equal(ASK(dom0, XS_RELEASE, "7"), 0);
    assert_int_equal(ASK(dom0, XS_RELEASE, "7"), -ENOENT);
    assert_int_equal(ask_tx(dom0, XS_IS_DOMAIN_INTRODUCED, 0, "7", 2, &m), 0);
    assert_string_equal(m.data, "F");
}

static void nodes_of_the_dead(void **state)
{
    (void)state;
    assert_int_equal(ASK(guest, XS_WRITE, "a/b\0x"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/shared\0x"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/shared\0b0"), 0);
    assert_int_equal(ASK(guest, XS_WRITE, "/shared/of3/x\0x"), 0);
    assert_int_equal(domain_find(store, 3)->nodes, 5);
    store_domain_dead(store, 3);
    assert_int_equal(ASK(dom0, XS_READ, "/shared/of3"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_READ, "/local/domain/3"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_READ, "/shared"), 0);
    assert_true(tree_check(store->root));
}

/* --- watches --- */

static void assert_event(struct conn *c, const char *path, const char *token)
{
    struct message m;

    assert_true(next_message(c, &m));
    assert_int_equal(m.hdr.type, XS_WATCH_EVENT);
    assert_int_equal(m.hdr.req_id + m.hdr.tx_id, 0);
    assert_string_equal(m.data, path);
    assert_string_equal(m.data + strlen(path) + 1, token);
    assert_int_equal(m.hdr.len, strlen(path) + strlen(token) + 2);
}

static void watches(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WATCH, "/w\0t"), 0);
    assert_event(dom0, "/w", "t"); /* at once */
    assert_int_equal(ASK(dom0, XS_WATCH, "/w\0t"), -EEXIST);
    assert_int_equal(ASK(dom0, XS_WATCH, "/w\0u"), 0);
    assert_event(dom0, "/w", "u");
    assert_int_equal(ASK(dom0, XS_UNWATCH, "/w\0u"), 0);
    assert_int_equal(ASK(guest, XS_WRITE, "x\0y"), 0);
    assert_false(next_message(dom0, &m));
    send_tx(dom0, XS_WRITE, 0, "/w/a/b\0x", 8);
    assert_event(dom0, "/w/a/b", "t");
    assert_int_equal(reply_to(dom0, &m), 0);
    assert_int_equal(ASK(dom0, XS_WATCH, "/w/a/b\0deep"), 0);
    assert_event(dom0, "/w/a/b", "deep");
    send_tx(dom0, XS_RM, 0, "/w/a", 5);
    assert_event(dom0, "/w/a", "t");
    assert_event(dom0, "/w/a/b", "deep"); /* who watches below is told what he watches */
    assert_int_equal(reply_to(dom0, &m), 0);
    send_tx(dom0, XS_RM, 0, "/w/a", 5); /* nothing happens: nothing is said */
    assert_true(next_message(dom0, &m) && m.hdr.type == XS_RM);
    assert_int_equal(ASK(dom0, XS_RESET_WATCHES, ""), 0);
    assert_int_equal(store->nr_watches, 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/w/a\0x"), 0);
    assert_false(next_message(dom0, &m));
}

static void watches_with_depth(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WATCH, "/w\0t\0001"), 0);
    assert_event(dom0, "/w", "t");
    send_tx(dom0, XS_WRITE, 0, "/w/a\0", 6);
    assert_event(dom0, "/w/a", "t");
    assert_int_equal(reply_to(dom0, &m), 0);
    send_tx(dom0, XS_WRITE, 0, "/w/a/b\0", 8);
    assert_true(next_message(dom0, &m) && m.hdr.type == XS_WRITE);
}

/* Relative watches are told relative paths, and nobody hears of what he may not read. */
static void watches_of_guests(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(guest, XS_WATCH, "a\0t"), 0);
    assert_event(guest, "a", "t");
    assert_int_equal(ASK(other, XS_WATCH, "/local/domain/3\0o"), 0);
    assert_event(other, "/local/domain/3", "o");
    send_tx(guest, XS_WRITE, 0, "a/b\0x", 5);
    assert_event(guest, "a/b", "t");
    assert_int_equal(reply_to(guest, &m), 0);
    assert_false(next_message(other, &m));
    send_tx(guest, XS_SET_PERMS, 0, "a/b\0n3\0r4", 10);
    assert_event(guest, "a/b", "t");
    assert_int_equal(reply_to(guest, &m), 0);
    assert_event(other, "/local/domain/3/a/b", "o");
    assert_int_equal(ASK(dom0, XS_RM, "/local/domain/3/a/b"), 0);
    assert_event(other, "/local/domain/3/a/b", "o"); /* he could read it */
    assert_event(guest, "a/b", "t");
}

/* --- transactions --- */

static uint32_t tx_begin(struct conn *c)
{
    struct message m;

    assert_int_equal(ask_tx(c, XS_TRANSACTION_START, 0, "", 1, &m), 0);
    return (uint32_t)atoi(m.data);
}

static void transactions(void **state)
{
    struct message m;
    uint32_t a = tx_begin(dom0), b = tx_begin(dom0), c;

    (void)state;
    assert_int_equal(ask_tx(dom0, XS_TRANSACTION_START, a, "", 1, &m), -EBUSY);
    assert_int_equal(ASK(dom0, XS_WATCH, "/t\0w"), 0);
    assert_event(dom0, "/t", "w");
    assert_int_equal(ASK_TX(dom0, XS_WRITE, a, "/t/a\0x"), 0);
    assert_int_equal(ASK_TX(dom0, XS_WRITE, b, "/u/b\0y"), 0);
    assert_int_equal(ASK(dom0, XS_READ, "/t/a"), -ENOENT);
    assert_int_equal(ASK_TX(dom0, XS_READ, a, "/t/a"), 0);
    assert_int_equal(ASK_TX(dom0, XS_READ, b, "/t/a"), -ENOENT); /* looked for, and so depends on it */
    send_tx(dom0, XS_TRANSACTION_END, a, "T", 2);
    assert_event(dom0, "/t/a", "w"); /* not before the end */
    assert_int_equal(reply_to(dom0, &m), 0);
    assert_reads(dom0, "/t/a", "x");
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, b, "T"), -EAGAIN);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, b, "T"), -ENOENT);
    c = tx_begin(dom0);
    assert_int_equal(ASK_TX(dom0, XS_RM, c, "/t"), 0);
    assert_int_equal(ASK_TX(dom0, XS_READ, c, "/t/a"), -ENOENT);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, c, "F"), 0);
    assert_reads(dom0, "/t/a", "x");
}

/* What is looked at again is not remembered again, however much there is of it. */
static void transactions_that_look_at_much(void **state)
{
    struct message m;
    char path[32];
    uint32_t tx;

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ask_tx(dom0, XS_MKDIR, 0, path, (size_t)sprintf(path, "/m/n%d", i) + 1, &m), 0);
    tx = tx_begin(dom0);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(ask_tx(dom0, XS_READ, tx, path, (size_t)sprintf(path, "/m/n%d", i % 1000) + 1, &m), 0);
    assert_int_equal(dom0->transactions->nr_access, 1000);
    assert_int_equal(ASK(dom0, XS_WRITE, "/m/n500\0x"), 0);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, tx, "T"), -EAGAIN);
}

/* Different nodes, different sides of one: both transactions end well. */
static void transactions_that_commute(void **state)
{
    uint32_t a, b;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/c/x\0001"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/c/y\0001"), 0);
    a = tx_begin(dom0);
    b = tx_begin(dom0);
    assert_int_equal(ASK_TX(dom0, XS_READ, a, "/c/x"), 0);
    assert_int_equal(ASK_TX(dom0, XS_WRITE, a, "/c/x\0002"), 0);
    assert_int_equal(ASK_TX(dom0, XS_READ, a, "/c"), 0);
    assert_int_equal(ASK_TX(dom0, XS_WRITE, b, "/c/y\0002"), 0);
    assert_int_equal(ASK_TX(dom0, XS_WRITE, b, "/c/new\0002"), 0);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, b, "T"), 0);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, a, "T"), 0);
    assert_reads(dom0, "/c/x", "2");
    assert_reads(dom0, "/c/y", "2");
    assert_reads(dom0, "/c/new", "2");
    a = tx_begin(dom0);
    assert_int_equal(ASK_TX(dom0, XS_DIRECTORY, a, "/c"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/c/x\0003"), 0); /* not the list */
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, a, "T"), 0);
    a = tx_begin(dom0);
    assert_int_equal(ASK_TX(dom0, XS_DIRECTORY, a, "/c"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/c/newer\0003"), 0);
    assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, a, "T"), -EAGAIN);
}

/* What a transaction was refused it does not do at its end. */
static void transactions_and_rights(void **state)
{
    uint32_t a;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/p\0001"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/p\0r0"), 0);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_WRITE, a, "/p\0002"), -EACCES);
    assert_int_equal(ASK(dom0, XS_WRITE, "/p\0003"), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), 0);
    assert_reads(dom0, "/p", "3");
    a = tx_begin(guest); /* rights that are taken away meanwhile */
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/p\0b0"), 0);
    assert_int_equal(ASK_TX(guest, XS_WRITE, a, "/p/x\0002"), -EACCES);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "F"), 0);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_WRITE, a, "/p/x/y\0002"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/p\0r0"), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), -EAGAIN);
    assert_int_equal(ASK(dom0, XS_READ, "/p/x"), -ENOENT);
}

/* Whose change a transaction is refused for is known: he waits (server.c). */
static void spoilers(void **state)
{
    uint32_t a;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/s/x\0001"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/s\0b0"), 0);
    assert_int_equal(ASK(dom0, XS_SET_PERMS, "/s/x\0b0"), 0);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_READ, a, "/s/x"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/other\0002"), 0);
    assert_int_equal(ASK(other, XS_WRITE, "/s/x\0002"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/other\0003"), 0);
    assert_int_equal(store->spoiler, NOBODY);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), -EAGAIN);
    assert_int_equal(store->spoiler, 4);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_READ, a, "/s/y"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_WRITE, "/s/y\0002"), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), -EAGAIN);
    assert_int_equal(store->spoiler, 0);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_READ, a, "/s/x"), 0);
    assert_int_equal(ASK(other, XS_RM, "/s/x"), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), -EAGAIN);
    assert_int_equal(store->spoiler, 4);
    a = tx_begin(guest);
    assert_int_equal(ASK_TX(guest, XS_DIRECTORY, a, "/s"), 0);
    assert_int_equal(ASK(other, XS_WRITE, "/s/z\0"), 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(ASK(dom0, XS_WRITE, "/other\0003"), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, a, "T"), -EAGAIN);
    assert_int_equal(store->spoiler, NOBODY); /* long ago */
}

static void controls(void **state)
{
    struct message m;

    (void)state;
    assert_int_equal(ASK(guest, XS_CONTROL, "help"), -EACCES);
    assert_int_equal(ask_tx(dom0, XS_CONTROL, 0, "help", 5, &m), 0);
    assert_non_null(strstr(m.data, "quota"));
    assert_int_equal(ask_tx(dom0, XS_CONTROL, 0, "quota\0set\0nodes\0004", 18, &m), 0);
    assert_string_equal(m.data, "OK");
    assert_int_equal(ASK(guest, XS_WRITE, "1/2/3\0"), 0);
    assert_int_equal(ASK(guest, XS_WRITE, "4\0"), -ENOSPC);
    assert_int_equal(ask_tx(dom0, XS_CONTROL, 0, "quota\0003", 8, &m), 0);
    assert_non_null(strstr(m.data, "nodes"));
    assert_int_equal(ASK(dom0, XS_CONTROL, "quota\0""99"), -ENOENT);
    assert_int_equal(ASK(dom0, XS_CONTROL, "quota\0set\0nothing\0001"), -EINVAL);
    assert_int_equal(ASK(dom0, XS_CONTROL, "quota-soft\0set\0nodes\0003"), 0);
    assert_int_equal(ASK(dom0, XS_CONTROL, "check"), 0);
    assert_int_equal(ASK(dom0, XS_CONTROL, "memreport"), 0);
    assert_int_equal(ASK(dom0, XS_CONTROL, "print\0text"), 0);
    assert_int_equal(ASK(dom0, XS_CONTROL, "print"), -EINVAL);
}

/* --- faults: each request, with each of its allocations failing --- */

static const struct {
    uint32_t type;
    bool in_tx;
    const char *payload;
    size_t len;
} sequence[] = {
    { XS_WRITE, false, "/f/a/b\0value", 13 },  { XS_WRITE, false, "/f/a/b\0other", 13 },
    { XS_MKDIR, false, "/f/c", 5 },            { XS_SET_PERMS, false, "/f/c\0n0\0r3", 11 },
    { XS_READ, false, "/f/a/b", 7 },           { XS_DIRECTORY, false, "/f", 3 },
    { XS_GET_PERMS, false, "/f/c", 5 },        { XS_WATCH, false, "/f/q/w\0t", 9 },
    { XS_WRITE, true, "/f/q/w/e\0r", 11 },     { XS_RM, true, "/f/a", 5 },
    { XS_WRITE, true, "/f/a/new\0v", 10 },     { XS_SET_PERMS, true, "/f/c\0n0\0r4", 11 },
    { XS_DIRECTORY, true, "/f", 3 },           { XS_INTRODUCE, false, "9\00011\00012", 8 },
    { XS_SET_TARGET, false, "9\0003", 4 },     { XS_RM, false, "/f/c", 5 },
};

/* Fails with -ENOMEM until there is enough; then the tree is as if nothing had happened before. */
static void with_faults(uint32_t type, uint32_t tx, const void *data, size_t len)
{
    for (int n = 0; n < 200; n++) {
        struct message m;
        uint64_t nodes_before = domain_find(store, 0)->nodes;
        int rc;

        assert_int_equal(conn_reserve(dom0), 0);
        allocations_left = n;
        rc = -1;
        if (buf_len(&dom0->in) == 0) {
            struct xsd_sockmsg hdr = { .type = type, .req_id = 77, .tx_id = tx, .len = (uint32_t)len };

            allocations_left = -1;
            assert_int_equal(buf_append(&dom0->in, &hdr, sizeof(hdr)) | buf_append(&dom0->in, data, len), 0);
            allocations_left = n;
        }
        request_execute(store, dom0, 0);
        allocations_left = -1;
        rc = reply_to(dom0, &m);
        while (next_message(dom0, &m))
            ;
        assert_true(tree_check(store->root));
        if (rc != -ENOMEM) {
            assert_int_equal(rc, 0);
            return;
        }
        assert_int_equal(domain_find(store, 0)->nodes, nodes_before);
    }
    fail();
}

static void faults(void **state)
{
    uint32_t tx;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/f/z\0"), 0);
    tx = tx_begin(dom0);
    for (size_t i = 0; i < sizeof(sequence) / sizeof(sequence[0]); i++) {
        if (i == 8) { /* after what came before, or it could not be committed */
            assert_int_equal(ASK_TX(dom0, XS_TRANSACTION_END, tx, "F"), 0);
            tx = tx_begin(dom0);
        }
        with_faults(sequence[i].type, sequence[i].in_tx ? tx : 0, sequence[i].payload, sequence[i].len);
        if (i == 12)
            with_faults(XS_TRANSACTION_END, tx, "T", 2);
    }
    assert_int_equal(ASK(dom0, XS_READ, "/f/a/b"), -ENOENT);
    assert_reads(dom0, "/f/a/new", "v");
    assert_int_equal(ASK(dom0, XS_READ, "/f/c"), -ENOENT);
}

/* What the walks of a folder rely on is looked at when a snapshot is loaded. */
static void names_out_of_order(void **state)
{
    struct buf saved = { 0 };
    struct store *s;
    char *first, *second;

    (void)state;
    assert_int_equal(ASK(dom0, XS_WRITE, "/f/first\0"), 0);
    assert_int_equal(ASK(dom0, XS_WRITE, "/f/later\0"), 0);
    assert_int_equal(snapshot_save(store, &saved), 0);
    assert_int_equal(store_new(&fake_ops, NULL, NULL, &s), 0);
    assert_int_equal(snapshot_load(s, buf_data(&saved), buf_len(&saved)), 0);
    store_free(s);
    first = memmem(buf_data(&saved), buf_len(&saved), "first", 5);
    second = memmem(buf_data(&saved), buf_len(&saved), "later", 5);
    assert_true(first && second);
    memcpy(first, "later", 5);
    for (unsigned twice = 0; twice < 2; twice++) { /* the same name twice, then in the wrong order */
        assert_int_equal(store_new(&fake_ops, NULL, NULL, &s), 0);
        assert_int_equal(snapshot_load(s, buf_data(&saved), buf_len(&saved)), -EBADMSG);
        store_free(s);
        memcpy(second, "first", 5);
    }
    buf_done(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table, setup, teardown),
        cmocka_unit_test_setup_teardown(arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(names_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(parts, setup, teardown),
        cmocka_unit_test_setup_teardown(rights, setup, teardown),
        cmocka_unit_test_setup_teardown(permissions, setup, teardown),
        cmocka_unit_test_setup_teardown(permissions_of_the_dead, setup, teardown),
        cmocka_unit_test_setup_teardown(targets, setup, teardown),
        cmocka_unit_test_setup_teardown(domains, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_of_the_dead, setup, teardown),
        cmocka_unit_test_setup_teardown(watches, setup, teardown),
        cmocka_unit_test_setup_teardown(watches_with_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(watches_of_guests, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions_that_look_at_much, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions_that_commute, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions_and_rights, setup, teardown),
        cmocka_unit_test_setup_teardown(spoilers, setup, teardown),
        cmocka_unit_test_setup_teardown(controls, setup, teardown),
        cmocka_unit_test_setup_teardown(faults, setup, teardown),
        cmocka_unit_test_setup_teardown(names_out_of_order, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
