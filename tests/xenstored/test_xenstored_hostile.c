/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that attack over their rings: bytes that are no messages, lengths and indices that cannot be, transactions and
 * watches that never end, answers that are never taken, changes that spoil others' transactions. The daemon lives, their
 * quotas hold, and a client over a socket gets all its answers; how fast is printed. SOAK=1: for 5 minutes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake/ctrl_fake.h"
#include "harness.h"

#define ATTACKERS 3
#define SAMPLES 200000

static struct client dom0, good, attacker[ATTACKERS];
static double sample[SAMPLES];
static unsigned nr_samples;

static void ring_put(struct client *c, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        c->page->req[MASK_XENSTORE_IDX(c->out + i)] = ((const char *)data)[i];
    c->out += (uint32_t)n;
    *(volatile uint32_t *)&c->page->req_prod = c->out;
    ctrl_evtchn_notify(c->evtchn, c->port);
}

static void request(struct client *c, uint32_t type, uint32_t tx, uint32_t len, const char *payload, size_t n)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = 1, .tx_id = tx, .len = len };

    ring_put(c, &hdr, sizeof(hdr));
    ring_put(c, payload, n);
}

/* It is introduced again once it has made its connection useless. */
static void introduce(struct client *c)
{
    char payload[64], text[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg hdr;
    int n;

    memset(c->page, 0, sizeof(*c->page));
    c->in = c->out = 0;
    n = snprintf(payload, sizeof(payload), "%u%c%u%c%u", c->domid, 0, 1u, 0, c->port) + 1;
    client_ask(&dom0, XS_INTRODUCE, 0, payload, (size_t)n);
    client_take(&dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_INTRODUCE);
}

static void attack(struct client *c)
{
    char junk[512];
    unsigned n = (unsigned)rand() % sizeof(junk);

    for (unsigned i = 0; i < n; i++)
        junk[i] = (char)rand();
    switch (rand() % 400 ? rand() % 8 : 8 + rand() % 3) {
    case 0:
        request(c, (uint32_t)rand() % 30, (uint32_t)rand() % 12, n, junk, n);
        break;
    case 1:
        request(c, XS_TRANSACTION_START, 0, 1, "", 1);
        break;
    case 2:
        n = (unsigned)sprintf(junk, "w%d%ct%d", rand() % 500, 0, rand() % 500) + 1;
        request(c, XS_WATCH, 0, n, junk, n);
        break;
    case 3:
        n = (unsigned)sprintf(junk, "n/%d/%d%cvalue", rand() % 100, rand() % 100, 0);
        request(c, XS_WRITE, (uint32_t)rand() % 12, n, junk, n);
        break;
    case 4:
        n = (unsigned)sprintf(junk, "/open/%d%cspoilt", rand() % 4, 0);
        request(c, XS_WRITE, 0, n, junk, n);
        break;
    case 5:
        request(c, XS_TRANSACTION_END, (uint32_t)rand() % 12, 2, rand() % 2 ? "T" : "F", 2);
        break;
    case 6:
        *(volatile uint32_t *)&c->page->rsp_cons = *(volatile uint32_t *)&c->page->rsp_prod;
        ctrl_evtchn_notify(c->evtchn, c->port);
        break;
    case 7:
        for (int i = 0; i < 20; i++)
            ctrl_evtchn_notify(c->evtchn, c->port);
        break;
    case 8:
        request(c, XS_READ, 0, XENSTORE_PAYLOAD_MAX + 1 + (uint32_t)rand(), junk, 10);
        break;
    case 9:
        *(volatile uint32_t *)&c->page->req_prod = (uint32_t)rand();
        ctrl_evtchn_notify(c->evtchn, c->port);
        break;
    default:
        *(volatile uint32_t *)&c->page->rsp_cons = (uint32_t)rand();
        introduce(c);
    }
}

static double us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ask(struct client *c, uint32_t type, uint32_t tx, const char *payload, size_t len, char *text)
{
    double begin = us();
    struct xsd_sockmsg hdr;

    client_ask(c, type, tx, payload, len);
    client_take(c, &hdr, text);
    if (nr_samples < SAMPLES)
        sample[nr_samples++] = us() - begin;
    return hdr.type == XS_ERROR ? wire_error_number(text, hdr.len) : 0;
}

/* A transaction over what the attackers write, until it is committed. */
static unsigned good_transaction(void)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    unsigned tries = 0;
    uint32_t tx;
    int rc;

    do {
        assert_int_equal(ask(&good, XS_TRANSACTION_START, 0, "", 1, text), 0);
        tx = (uint32_t)atoi(text);
        assert_int_equal(ask(&good, XS_READ, tx, "/open/1", 8, text), 0);
        assert_int_equal(ask(&good, XS_WRITE, tx, "/open/sum\0001", 11, text), 0);
        rc = ask(&good, XS_TRANSACTION_END, tx, "T", 2, text);
        assert_true(rc == 0 || rc == 11 /* EAGAIN */);
        tries++;
    } while (rc);
    return tries;
}

static unsigned quota_of(unsigned domid, const char *name)
{
    char payload[16], text[XENSTORE_PAYLOAD_MAX + 1];
    int n = sprintf(payload, "quota%c%u", 0, domid) + 1;
    const char *found;

    assert_int_equal(ask(&good, XS_CONTROL, 0, payload, (size_t)n, text), 0);
    found = strstr(text, name);
    return found ? (unsigned)atoi(strchr(found, ':') + 1) : 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* A line of /proc/PID/status. */
static void assert_status(pid_t pid, const char *expected)
{
    char path[64], line[256];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        found |= !strcmp(line, expected);
    fclose(f);
    assert_true(found);
}

static void attacked(void **state)
{
    uint64_t end = world_ms() + (getenv("SOAK") ? 300000 : 3000);
    char text[XENSTORE_PAYLOAD_MAX + 1];
    unsigned commits = 0, tries = 0;
    pid_t server;

    (void)state;
    srand(3);
    daemon_begin();
    server = server_pid();
    client_socket(&dom0, 1);
    client_socket(&good, 2);
    assert_int_equal(ask(&good, XS_READ, 0, "/", 2, text), 0); /* it has begun */
    assert_status(server, "CapEff:\t0000000000000000\n");
    assert_status(server, "CapPrm:\t0000000000000000\n");
    for (unsigned i = 0; i < ATTACKERS; i++)
        client_ring(&attacker[i], i + 1, &dom0);
    for (int i = 0; i < 4; i++) {
        int n = sprintf(text, "/open/%d%c0", i, 0);

        assert_int_equal(ask(&good, XS_WRITE, 0, text, (size_t)n, text), 0);
        n = sprintf(text, "/open/%d%cb0", i, 0) + 1;
        assert_int_equal(ask(&good, XS_SET_PERMS, 0, text, (size_t)n, text), 0);
    }
    while (world_ms() < end) {
        for (unsigned i = 0; i < 30; i++)
            attack(&attacker[rand() % ATTACKERS]);
        tries += good_transaction();
        commits++;
    }
    for (unsigned i = 1; i <= ATTACKERS; i++) {
        assert_true(quota_of(i, "nodes") <= 1000);
        assert_true(quota_of(i, "watches") <= 128);
        assert_true(quota_of(i, "transactions") <= 10);
        assert_true(quota_of(i, "outstanding") <= 20);
        assert_true(quota_of(i, "memory") <= 2560 << 10);
    }
    assert_int_equal(ask(&good, XS_CONTROL, 0, "check", 6, text), 0);
    assert_int_equal(server_pid(), server); /* it never ended */
    qsort(sample, nr_samples, sizeof(sample[0]), by_size);
    print_message("%u commits in %u tries; answers within %.0f us (median), %.0f us (99 %%)\n", commits, tries,
                  sample[nr_samples / 2], sample[nr_samples * 99 / 100]);
    client_done(&dom0);
    client_done(&good);
    for (unsigned i = 0; i < ATTACKERS; i++)
        client_done(&attacker[i]);
    daemon_end();
}

/*
 * A domain that asks and takes no answers is not listened to from its 20th on, as many as it may send; also by the server
 * after one that was killed. When it takes them, all come.
 */
static void answers_are_not_taken(void **state)
{
    enum { ASKED = 56 }; /* what its ring has room for */
    char text[XENSTORE_PAYLOAD_MAX + 1], value[300] = "/local/domain/1/v";
    uint64_t deadline = world_ms() + SECONDS * 1000;
    struct client *c = &attacker[0];
    struct xsd_sockmsg hdr;

    (void)state;
    daemon_begin();
    client_socket(&dom0, 1);
    client_socket(&good, 2);
    client_ring(c, 1, &dom0);
    memset(value + 18, 'v', 200);
    assert_int_equal(ask(&good, XS_WRITE, 0, value, 18 + 200, text), 0);
    assert_int_equal(ask(&good, XS_SET_PERMS, 0, "/local/domain/1/v\0n1", 21, text), 0);
    for (unsigned i = 0; i < ASKED; i++)
        request(c, XS_READ, 0, 2, "v", 2);
    while (quota_of(1, "outstanding") < 20)
        assert_true(world_ms() < deadline);
    for (int i = 0; i < 50; i++)
        assert_int_equal(quota_of(1, "outstanding"), 20);
    kill(server_pid(), SIGKILL);
    for (int i = 0; i < 50; i++)
        assert_int_equal(quota_of(1, "outstanding"), 20);
    for (unsigned i = 0; i < ASKED; i++) {
        client_take(c, &hdr, text);
        assert_int_equal(hdr.type, XS_READ);
        assert_int_equal(hdr.len, 200);
    }
    assert_int_equal(quota_of(1, "outstanding"), 0);
    client_done(&dom0);
    client_done(&good);
    client_done(c);
    daemon_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attacked, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(answers_are_not_taken, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
