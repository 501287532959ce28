/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kill -9 at random points, under clients over sockets and rings that compare every byte that they are sent: no answer and
 * no event is lost, cut or doubled. Transactions add to one number, which is the number of commits in the end.
 * KILL_SEED; KILL_POINTS, or SOAK=1 for 1000.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/ctrl_fake.h"
#include "harness.h"

#define SOCKETS 5
#define RINGS 4
#define ADDERS 2
#define AHEAD 1500 /* bytes of requests that are not sent yet */

static struct client clients[SOCKETS + RINGS], dom0;

/* --- those who add --- */

static struct adder {
    struct client c;
    uint32_t tx;
    unsigned added, refused;
    enum { START, READ, WRITE, END } state;
    unsigned value;
} adders[ADDERS];

static void adder_ask(struct adder *a)
{
    char payload[32];
    int n;

    switch (a->state) {
    case START:
        client_ask(&a->c, XS_TRANSACTION_START, 0, "", 1);
        break;
    case READ:
        client_ask(&a->c, XS_READ, a->tx, "/sum", 5);
        break;
    case WRITE:
        n = snprintf(payload, sizeof(payload), "/sum%c%u", 0, a->value + 1);
        client_ask(&a->c, XS_WRITE, a->tx, payload, (size_t)n);
        break;
    case END:
        client_ask(&a->c, XS_TRANSACTION_END, a->tx, "T", 2);
        break;
    }
}

static void adder_answered(struct adder *a, const struct xsd_sockmsg *hdr, const char *text)
{
    assert_int_equal(hdr->req_id, a->c.req_id);
    if (a->state == END) {
        bool refused = hdr->type == XS_ERROR && !strcmp(text, "EAGAIN");

        assert_true(refused || hdr->type == XS_TRANSACTION_END);
        a->added += !refused;
        a->refused += refused;
        a->state = START;
    } else {
        assert_int_equal(hdr->type, a->state == START ? XS_TRANSACTION_START : a->state == READ ? XS_READ : XS_WRITE);
        if (a->state == START)
            a->tx = (uint32_t)atoi(text);
        if (a->state == READ)
            a->value = (unsigned)atoi(text);
        a->state++;
    }
    adder_ask(a);
}

static void adder_move(struct adder *a)
{
    struct xsd_sockmsg hdr;

    client_move(&a->c);
    if (buf_len(&a->c.received) < sizeof(hdr))
        return;
    memcpy(&hdr, buf_data(&a->c.received), sizeof(hdr));
    if (buf_len(&a->c.received) >= sizeof(hdr) + hdr.len) {
        char text[XENSTORE_PAYLOAD_MAX + 1];

        client_take(&a->c, &hdr, text);
        adder_answered(a, &hdr, text);
    }
}

/* --- load --- */

static void load_begin(void)
{
    struct xsd_sockmsg hdr;
    char text[XENSTORE_PAYLOAD_MAX + 1];

    client_socket(&dom0, 99);
    client_ask(&dom0, XS_WRITE, 0, "/sum\0000", 6);
    client_take(&dom0, &hdr, text);
    for (unsigned i = 0; i < SOCKETS; i++)
        client_socket(&clients[i], i);
    for (unsigned i = 0; i < RINGS; i++)
        client_ring(&clients[SOCKETS + i], i + 1, &dom0);
    for (unsigned i = 0; i < SOCKETS + RINGS; i++)
        client_begin(&clients[i]);
    for (unsigned i = 0; i < ADDERS; i++) {
        adders[i] = (struct adder){ .tx = 0 };
        client_socket(&adders[i].c, 50 + i);
        adder_ask(&adders[i]);
    }
}

static void load_move(void)
{
    for (unsigned i = 0; i < SOCKETS + RINGS; i++) {
        struct client *c = &clients[i];

        while (buf_len(&c->send) < AHEAD && buf_len(&c->expect) < 4 * AHEAD)
            client_random(c);
        client_move(c);
        assert_false(c->lost);
    }
    for (unsigned i = 0; i < ADDERS; i++) {
        adder_move(&adders[i]);
        assert_false(adders[i].c.lost);
    }
}

static uint64_t bytes_compared(void)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < SOCKETS + RINGS; i++)
        n += clients[i].compared;
    return n;
}

/* Has everybody been answered? Else his connection may be one that nobody has accepted yet. */
static bool all_served(void)
{
    for (unsigned i = 0; i < SOCKETS + RINGS; i++)
        if (!clients[i].compared)
            return false;
    for (unsigned i = 0; i < ADDERS; i++)
        if (!adders[i].tx)
            return false;
    return true;
}

static unsigned load_end(void)
{
    struct xsd_sockmsg hdr;
    char text[XENSTORE_PAYLOAD_MAX + 1];
    unsigned added = 0;

    for (unsigned i = 0; i < SOCKETS + RINGS; i++) {
        client_settle(&clients[i]);
        client_verify(&clients[i]);
        client_done(&clients[i]);
    }
    for (unsigned i = 0; i < ADDERS; i++) {
        while (adders[i].state != START)
            adder_move(&adders[i]);
        added += adders[i].added;
        client_done(&adders[i].c);
    }
    client_ask(&dom0, XS_READ, 0, "/sum", 5);
    client_take(&dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_READ);
    assert_int_equal(atoi(text), added);
    client_ask(&dom0, XS_CONTROL, 0, "check", 6);
    client_take(&dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_CONTROL);
    client_done(&dom0);
    for (unsigned i = 0; i < RINGS; i++)
        fake_domain_free(i + 1);
    return added;
}

/* Load goes on until then, for some bytes at least, and until everybody has his part. */
static void load_until(uint64_t ms, uint64_t bytes)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;

    while (world_ms() < ms || bytes_compared() < bytes || !all_served()) {
        load_move();
        if (world_ms() > deadline)
            fail_msg("no answers any more");
    }
}

static void live_update(void)
{
    struct xsd_sockmsg hdr;
    char text[XENSTORE_PAYLOAD_MAX + 1];

    client_ask(&dom0, XS_CONTROL, 0, "live-update\0-s", 15);
    client_take(&dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_CONTROL);
    assert_string_equal(text, "OK");
}

static void killed_at_random_points(void **state)
{
    const char *seed = getenv("KILL_SEED"), *points = getenv("KILL_POINTS");
    unsigned nr = points ? (unsigned)atoi(points) : getenv("SOAK") ? 1000 : 30, updates = 0, added;
    uint64_t bytes = 0, begin = world_ms();
    pid_t last = 0;

    (void)state;
    srand(seed ? (unsigned)atoi(seed) : 1);
    daemon_begin();
    load_begin();
    for (unsigned i = 0; i < nr; i++) {
        /* Some die before they have answered anything. */
        load_until(world_ms() + (uint64_t)rand() % 12, rand() % 4 ? bytes + 2000 : 0);
        if (i % 10 == 9) {
            live_update();
            updates++;
        }
        last = server_wait(last);
        assert_int_equal(kill(last, SIGKILL), 0);
        bytes = bytes_compared();
    }
    load_until(world_ms() + 50, bytes + 5000);
    bytes = bytes_compared();
    added = load_end();
    daemon_end();
    print_message("%u kills, %u live updates, %llu bytes compared, %u commits, %llu ms\n", nr, updates,
                  (unsigned long long)bytes, added, (unsigned long long)(world_ms() - begin));
}

/* How many lines of the log have this text. */
static unsigned log_lines(const char *text)
{
    char path[100], line[1000];
    unsigned nr = 0;
    FILE *f;

    snprintf(path, sizeof(path), "%s/log", world_folder);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        nr += strstr(line, text) != NULL;
    fclose(f);
    return nr;
}

/* Another client finds what one that is gone has written. */
static void verify_for(const struct client *gone, unsigned number)
{
    struct client c;

    client_socket(&c, number);
    memcpy(c.there, gone->there, sizeof(c.there));
    memcpy(c.value, gone->value, sizeof(c.value));
    client_verify(&c);
    client_done(&c);
}

/*
 * Without the keeper the server goes on, and says so. When it dies then, the clients over sockets lose their connections,
 * which is said of each; what was written is there, and rings go on where they were.
 */
static void keeper_killed(bool server_too)
{
    unsigned lost = 0;
    pid_t server;

    srand(2);
    daemon_begin();
    load_begin();
    load_until(world_ms() + 20, 5000);
    server = server_pid();
    kill(keeper_pid(), SIGKILL);
    assert_int_equal(waitpid(keeper_pid(), NULL, 0), keeper_pid());
    load_until(world_ms() + 20, bytes_compared() + 5000);
    for (uint64_t deadline = world_ms() + SECONDS * 1000; !log_lines("the keeper is gone"); load_move())
        assert_true(world_ms() < deadline);
    for (unsigned i = 0; i < SOCKETS; i++)
        client_settle(&clients[i]);
    if (server_too) {
        kill(server, SIGKILL);
        while (kill(server, 0) == 0) /* the fake hypervisor takes it for alive until somebody has waited for it */
            usleep(1000);
    }
    daemon_begin();
    while (kill(server, 0) == 0) /* the next server has told it to go */
        usleep(1000);
    for (unsigned i = 0; i < SOCKETS; i++) {
        uint8_t byte[4096];

        while (recv(clients[i].fd, byte, sizeof(byte), 0) > 0) /* an answer that was sent before */
            ;
        verify_for(&clients[i], i);
        client_done(&clients[i]);
        lost++;
    }
    for (unsigned i = 0; i < RINGS; i++) {
        client_settle(&clients[SOCKETS + i]);
        client_verify(&clients[SOCKETS + i]);
        client_done(&clients[SOCKETS + i]);
        fake_domain_free(i + 1);
    }
    for (unsigned i = 0; i < ADDERS; i++)
        client_done(&adders[i].c);
    client_done(&dom0);
    daemon_end();
    assert_int_equal(lost, SOCKETS);
    assert_int_equal(log_lines("is lost: nobody held its socket"), SOCKETS + ADDERS + 1);
}

static void the_keeper_is_killed(void **state)
{
    (void)state;
    keeper_killed(true);
}

static void the_server_outlives_the_keeper(void **state)
{
    (void)state;
    keeper_killed(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_random_points, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_keeper_is_killed, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_server_outlives_the_keeper, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
