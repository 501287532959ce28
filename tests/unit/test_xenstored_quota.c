/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain may have of everything: each quota to its limit, and one more. */
#include "xenstored_fixture.h"

#include "xenstored/quota.h"
#include "xenstored/transaction.h"

static struct conn *dom0, *guest;
static char logged[256];
static unsigned nr_logged;

static void log_line(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    snprintf(logged, sizeof(logged), "%s", text);
    nr_logged++;
}

static const struct log test_log = { .fn = log_line, .max = LOG_LEVEL_INFO };

static int setup(void **state)
{
    (void)state;
    nr_logged = 0;
    if (store_new(&fake_ops, NULL, &test_log, &store) < 0)
        return -1;
    dom0 = conn_new(store, 1, NULL);
    store_introduce(store, 3, 100, 1);
    guest = domain_find(store, 3)->conn;
    ASK(dom0, XS_WRITE, "/local/domain/3/name\0a");
    ASK(dom0, XS_SET_PERMS, "/local/domain/3\0n3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static uint64_t used(void)
{
    return domain_bytes(domain_find(store, 3));
}

static void quota_set(const char *command, const char *name, unsigned value)
{
    struct message m;
    char payload[64];
    int n = sprintf(payload, "%s%cset%c%s%c%u", command, 0, 0, name, 0, value) + 1;

    assert_int_equal(ask_tx(dom0, XS_CONTROL, 0, payload, (size_t)n, &m), 0);
}

/* A node of the guest's with a value of that size. */
static int write_node(unsigned i, uint32_t tx, size_t size)
{
    char payload[XENSTORE_PAYLOAD_MAX];
    size_t n = (size_t)sprintf(payload, "m%u/%u", i / 100, i % 100) + 1;
    struct message m;

    memset(payload + n, 'v', size);
    return ask_tx(guest, XS_WRITE, tx, payload, n + size, &m);
}

static uint32_t tx_begin(void)
{
    struct message m;

    assert_int_equal(ask_tx(guest, XS_TRANSACTION_START, 0, "", 1, &m), 0);
    return (uint32_t)atoi(m.data);
}


static void each_but_memory(void **state)
{
    char payload[4096] = "big", path[32];
    struct message m;
    uint32_t tx = 0;
    int rc;

    (void)state;
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 99; k++) {
            size_t n = (size_t)sprintf(path, "q/%d/%d", i, k) + 1;

            assert_int_equal(ask_tx(guest, XS_MKDIR, 0, path, n, &m), i < 9 || k < 97 ? 0 : -ENOSPC);
        }
    assert_int_equal(domain_find(store, 3)->nodes, 1000); /* one is its home */
    assert_int_equal(ASK(guest, XS_RM, "q"), 0);
    assert_int_equal(domain_find(store, 3)->nodes, 1);
    for (int i = 0; i < 129; i++) {
        size_t n = (size_t)sprintf(path, "w%c%d", 0, i) + 1;

        assert_int_equal(ask_tx(guest, XS_WATCH, 0, path, n, &m), i < 128 ? 0 : -E2BIG);
    }
    for (int i = 0; i < 11; i++)
        assert_int_equal(ask_tx(guest, XS_TRANSACTION_START, 0, "", 1, &m), i < 10 ? 0 : -ENOSPC);
    tx = guest->transactions->id;
    for (int i = 0; i < 400; i++) { /* the list of names gets too long */
        size_t n = (size_t)sprintf(path, "t/name%d", i) + 1;

        rc = ask_tx(guest, XS_WRITE, tx, path, n, &m);
        assert_true(i < 255 ? rc == 0 : i > 270 ? rc == -ENOSPC : 1);
    }
    for (int i = 0; i < 1100; i++) { /* nodes that are looked for are touched too */
        size_t n = (size_t)sprintf(path, "z%d", i) + 1;

        rc = ask_tx(guest, XS_READ, tx, path, n, &m);
        assert_true(rc == -ENOENT || (i > 600 && rc == -ENOSPC));
    }
    assert_int_equal(ASK_TX(guest, XS_READ, tx, "more"), -ENOSPC);
    assert_int_equal(ask_tx(guest, XS_WRITE, 0, payload, 4 + 1900, &m), 0);
    assert_int_equal(ask_tx(guest, XS_WRITE, 0, payload, 4 + 2048, &m), -ENOSPC);
    payload[0] = '/';
    assert_int_equal(ask_tx(dom0, XS_WRITE, 0, payload, 4096, &m), 0);
    memset(payload, 'a', 2100);
    payload[2100] = 0;
    assert_int_equal(ask_tx(guest, XS_READ, 0, payload, 2101, &m), -EINVAL);
}

/* Whatever a domain has or does, when it is gone nothing is accounted to it; what it has is not more than it may. */
static void memory(void **state)
{
    uint64_t home = used(), full;
    unsigned nr;
    int rc = 0;

    (void)state;
    for (nr = 0; nr < 980 && rc == 0; nr++)
        rc = write_node(nr, 0, 1800);
    assert_int_equal(rc, 0); /* so many nodes are within the default */
    assert_true(used() > 980 * 1800u);
    full = used() + 5000;
    quota_set("quota", "memory", (unsigned)full);
    for (nr = 0; rc == 0; nr++)
        rc = write_node(nr, 0, 1900);
    assert_int_equal(rc, -ENOMEM);
    assert_in_range(nr, 40, 60); /* each took 100 bytes more */
    assert_true(used() <= full);
    rc = write_node(979, 0, 1800);
    assert_int_equal(rc, 0); /* no more than before */
    assert_int_equal(write_node(979, 0, 10), 0);
    assert_int_equal(ASK(dom0, XS_RM, "/local/domain/3/m0/0"), 0);
    assert_int_equal(write_node(0, 0, 1800), 0);
    quota_set("quota", "memory", 0); /* none */
    assert_int_equal(write_node(980, 0, 1900), 0);
    for (nr = 0; nr < 10; nr++) {
        struct message m;
        char path[16];

        assert_int_equal(ask_tx(guest, XS_RM, 0, path, (size_t)sprintf(path, "m%u", nr) + 1, &m), 0);
    }
    assert_int_equal(used(), home);
}

static void memory_of_watches(void **state)
{
    uint64_t before = used();
    struct message m;
    char payload[2100];
    int rc = 0, nr;

    (void)state;
    quota_set("quota", "memory", (unsigned)before + 20000);
    memset(payload, 't', sizeof(payload));
    for (nr = 0; nr < 128 && rc == 0; nr++) {
        size_t n = (size_t)sprintf(payload, "w%d", nr) + 1;

        payload[n] = 't';
        payload[n + 2000] = 0;
        rc = ask_tx(guest, XS_WATCH, 0, payload, n + 2001, &m);
        payload[n + 2000] = 't';
    }
    assert_int_equal(rc, -ENOMEM);
    assert_int_equal(nr, 10);
    assert_true(used() <= before + 20000);
    assert_int_equal(ASK(guest, XS_RESET_WATCHES, ""), 0);
    assert_int_equal(used(), before);
}

static void memory_of_transactions(void **state)
{
    uint64_t before = used();
    uint32_t tx = tx_begin();
    unsigned nr;
    int rc = 0;

    (void)state;
    quota_set("quota", "memory", (unsigned)before + 50000);
    for (nr = 0; nr < 100 && rc == 0; nr++) /* the same one: what was written before is not given back */
        rc = write_node(0, tx, 1900);
    assert_int_equal(rc, -ENOMEM);
    assert_in_range(nr, 24, 27);
    assert_true(used() <= before + 50000);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, tx, "F"), 0);
    assert_int_equal(used(), before);

    tx = tx_begin();
    for (nr = 0; nr < 20; nr++)
        assert_int_equal(write_node(nr, tx, 1900), 0);
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, tx, "T"), 0); /* what the transaction took goes with it */
    assert_in_range(used(), before + 20 * 1900, before + 20 * 2100);

    tx = tx_begin();
    quota_set("quota", "memory", (unsigned)used() + 500);
    assert_int_equal(write_node(20, tx, 100), 0);
    quota_set("quota", "memory", (unsigned)before);
    before = used();
    assert_int_equal(ASK_TX(guest, XS_TRANSACTION_END, tx, "T"), -ENOSPC);
    assert_in_range(used(), before - 1000, before - 1);
    assert_null(guest->transactions);
    assert_int_equal(ASK(guest, XS_READ, "m0/20"), -ENOENT);
}

/* A soft limit is said once, with the domain and the name, and stops nothing. */
static void soft(void **state)
{
    (void)state;
    quota_set("quota-soft", "memory", (unsigned)used() + 1000);
    quota_set("quota-soft", "nodes", 5);
    assert_int_equal(write_node(0, 0, 500), 0);
    assert_int_equal(nr_logged, 0);
    assert_int_equal(write_node(1, 0, 500), 0);
    assert_int_equal(nr_logged, 1);
    assert_non_null(strstr(logged, "domain 3 "));
    assert_non_null(strstr(logged, " memory "));
    assert_int_equal(write_node(2, 0, 500), 0);
    assert_int_equal(write_node(3, 0, 500), 0);
    assert_int_equal(nr_logged, 2);
    assert_non_null(strstr(logged, "domain 3 "));
    assert_non_null(strstr(logged, " nodes "));
    assert_int_equal(write_node(4, 0, 500), 0);
    assert_int_equal(nr_logged, 2);
    quota_set("quota-soft", "memory", 1000);
    assert_int_equal(ASK(dom0, XS_WRITE, "/x\0y"), 0); /* dom0 has no limits */
    assert_int_equal(nr_logged, 2);
}

/* Replies are outstanding until their last byte was taken; events are none. */
static void outstanding(void **state)
{
    struct message m;
    size_t first;

    (void)state;
    assert_int_equal(ASK(guest, XS_WATCH, "w\0t"), 0);
    conn_sent(guest, buf_len(&guest->out));
    assert_int_equal(conn_outstanding(guest), 0);
    send_tx(guest, XS_READ, 0, "name", 5);
    first = buf_len(&guest->out);
    send_tx(guest, XS_WRITE, 0, "w\0v", 3);
    assert_int_equal(quota_used(domain_find(store, 3), QUOTA_OUTSTANDING), 2);
    assert_int_equal(ask_tx(dom0, XS_CONTROL, 0, "quota\0003", 8, &m), 0);
    assert_non_null(strstr(m.data, "outstanding      :        2\n"));
    assert_non_null(strstr(m.data, "memory           : "));
    conn_sent(guest, first - 1);
    assert_int_equal(conn_outstanding(guest), 2);
    conn_sent(guest, 1);
    assert_int_equal(conn_outstanding(guest), 1);
    conn_sent_unrecorded(guest, 5);
    assert_int_equal(conn_outstanding(guest), 1);
    conn_sent(guest, buf_len(&guest->out) - 1);
    assert_int_equal(conn_outstanding(guest), 1);
    conn_sent(guest, 1);
    assert_int_equal(conn_outstanding(guest), 0);
    assert_int_equal(conn_outstanding(dom0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_but_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(memory, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_of_watches, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_of_transactions, setup, teardown),
        cmocka_unit_test_setup_teardown(soft, setup, teardown),
        cmocka_unit_test_setup_teardown(outstanding, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
