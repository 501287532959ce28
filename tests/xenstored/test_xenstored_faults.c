/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and space run out, at one point after the other: each call of the server's that needs them fails once, in a run of
 * its own, while it starts, serves, lets its journal grow, is replaced by a live update, or goes on after a kill. What would
 * change something may be refused then. What was acknowledged is there, what was refused is not, each change has its event,
 * no connection is closed that was served, a guest's ring goes on. Every 7th call; with SOAK=1 every one. $FAULT_PHASE and
 * $FAULT_FIRST: only this phase, from that call on.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/ctrl_fake.h"
#include "harness.h"

#define KEYS 12
#define BIG 4000
#define GROWTH ((1 << 20) / BIG) /* writes after which the journal's file has to grow */

enum phase { START, SERVE, GROW, UPDATE, KILL, PHASES };
static const char *const names[PHASES] = { "start", "serve", "grow", "update", "kill" };

static char armed[100], happened[100], journal[100];
static struct client client, guest;
static unsigned value[KEYS]; /* 0: the node is absent */
static unsigned next_value, events, expected, refused;

static void arm(bool on)
{
    int fd = on ? open(armed, O_CREAT | O_WRONLY, 0600) : -1;

    if (on)
        close(fd);
    else
        unlink(armed);
}

static bool has_happened(void)
{
    return access(happened, F_OK) == 0;
}

/* 0 or the errno. Only once something fails. */
static int ask_as(struct client *c, uint32_t type, uint32_t tx, const void *payload, size_t len, char *ret_text)
{
    struct xsd_sockmsg hdr;
    int rc;

    client_ask(c, type, tx, payload, len);
    for (client_take(c, &hdr, ret_text); hdr.type == XS_WATCH_EVENT; client_take(c, &hdr, ret_text))
        events++;
    assert_int_equal(hdr.req_id, c->req_id);
    rc = hdr.type == XS_ERROR ? wire_error_number(ret_text, hdr.len) : 0;
    if (rc == 12 /* ENOMEM */ || rc == 28 /* ENOSPC */) {
        assert_true(has_happened());
        refused++;
    }
    return rc;
}

static int ask(uint32_t type, uint32_t tx, const void *payload, size_t len)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];

    return ask_as(&client, type, tx, payload, len, text);
}

static bool is_refusal(int rc)
{
    return rc == 12 || rc == 28;
}

static int write_key(unsigned key, uint32_t tx, unsigned v, size_t size)
{
    char payload[XENSTORE_PAYLOAD_MAX];
    size_t n = (size_t)sprintf(payload, "/f/%u", key) + 1, len;

    memset(payload + n, ' ', size);
    len = (size_t)sprintf(payload + n, "%u", v);
    payload[n + len] = ' ';
    return ask(XS_WRITE, tx, payload, n + size);
}

static void change(unsigned key, size_t size)
{
    int rc = write_key(key, 0, ++next_value, size);

    assert_true(rc == 0 || is_refusal(rc));
    if (rc == 0) {
        value[key] = next_value;
        expected++;
    }
}

static void take_away(unsigned key)
{
    char path[16];
    int rc = ask(XS_RM, 0, path, (size_t)sprintf(path, "/f/%u", key) + 1);

    assert_true(rc == 0 || is_refusal(rc));
    if (rc == 0) {
        expected += value[key] != 0;
        value[key] = 0;
    }
}

/* One that was not committed for want of something is still there, and can be. */
static void transact(unsigned key, unsigned other)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    unsigned v = ++next_value;
    uint32_t tx;
    int rc;

    if (is_refusal(ask_as(&client, XS_TRANSACTION_START, 0, "", 1, text)))
        return;
    tx = (uint32_t)atoi(text);
    if (write_key(key, tx, v, 20) || write_key(other, tx, v, 20)) {
        while ((rc = ask(XS_TRANSACTION_END, tx, "F", 2)))
            assert_true(is_refusal(rc));
        return;
    }
    while ((rc = ask(XS_TRANSACTION_END, tx, "T", 2)))
        assert_true(is_refusal(rc));
    value[key] = value[other] = v;
    expected += 2;
}

static void guest_writes(void)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    int rc = ask_as(&guest, XS_WRITE, 0, "n\0v", 3, text);

    assert_true(rc == 0 || is_refusal(rc));
}

static void some_of_everything(void)
{
    change(1, 20);
    change(2, BIG);
    transact(3, 4);
    take_away(1);
    guest_writes();
    change(1, 20);
    transact(1, 2);
    take_away(4);
    if (ask(XS_WATCH, 0, "/g\0t", 5) == 0) {
        expected++; /* it is told of once at the beginning */
        assert_int_equal(ask(XS_UNWATCH, 0, "/g\0t", 5), 0);
    }
}

static void all_is_as_it_was_told(void)
{
    char path[16], text[XENSTORE_PAYLOAD_MAX + 1];

    for (unsigned i = 0; i < KEYS; i++) {
        int rc = ask_as(&client, XS_READ, 0, path, (size_t)sprintf(path, "/f/%u", i) + 1, text);

        assert_int_equal(rc, value[i] ? 0 : 2 /* ENOENT */);
        assert_true(rc || (unsigned)atoi(text) == value[i]);
    }
    assert_int_equal(ask(XS_CONTROL, 0, "check", 6), 0);
    assert_int_equal(events, expected);
}

static void live_update(void)
{
    int rc = ask(XS_CONTROL, 0, "live-update\0-s", 15);

    assert_true(rc == 0 || is_refusal(rc));
}

/* The daemon serves; false: it refused to start for what failed, and was started again. */
static bool begin(enum phase phase, const char *nth)
{
    bool refuses;
    int status;

    setenv("FAULT_NTH", nth, 1);
    if (phase == START)
        arm(true);
    status = daemon_try();
    refuses = status != 0;
    arm(false);
    if (refuses) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(has_happened());
        assert_int_equal(daemon_try(), 0);
    }
    return !refuses;
}

static void clients_begin(enum phase phase)
{
    arm(phase == SERVE);
    do /* a new connection may be refused */
        client_socket(&client, 1);
    while (!client_answered(&client));
    arm(false);
    client_ring(&guest, 1, &client);
    events = expected = 0;
    memset(value, 0, sizeof(value));
    arm(phase == SERVE);
    while (ask(XS_WATCH, 0, "/f\0t", 5))
        ;
    expected++;
}

/* One run; false: there are not that many calls. */
static bool run(enum phase phase, unsigned nth, unsigned *ret_refused_starts)
{
    char number[16];

    unlink(happened);
    unlink(journal);
    sprintf(number, "%u", nth);
    *ret_refused_starts += !begin(phase, number);
    clients_begin(phase);
    some_of_everything();
    arm(false);
    if (phase == GROW)
        for (unsigned i = 0; i < GROWTH; i++) {
            arm(i > GROWTH - 12);
            change(5, BIG);
        }
    arm(phase == UPDATE);
    if (phase == UPDATE)
        live_update();
    some_of_everything();
    arm(phase == KILL);
    kill(server_wait(0), SIGKILL);
    some_of_everything();
    arm(false);
    all_is_as_it_was_told();
    kill(server_wait(0), SIGKILL);
    all_is_as_it_was_told();
    client_done(&client);
    client_done(&guest);
    fake_domain_free(1);
    daemon_end();
    return has_happened();
}

static void each_call_fails_once(void **state)
{
    const char *only = getenv("FAULT_PHASE"), *first = getenv("FAULT_FIRST");
    unsigned step = getenv("SOAK") ? 1 : 7;

    (void)state;
    daemon_program = "tests/xenstored/xenstored_faulty";
    snprintf(armed, sizeof(armed), "%s/armed", world_folder);
    snprintf(happened, sizeof(happened), "%s/happened", world_folder);
    snprintf(journal, sizeof(journal), "%s/journal", world_folder);
    setenv("FAULT_ARMED", armed, 1);
    setenv("FAULT_FILE", happened, 1);
    setenv("FAULT_ONCE", "1", 1);
    setenv("FAULT_ARGUMENT", "--server", 1);
    for (enum phase phase = START; phase < PHASES; phase++) {
        unsigned starts = 0, n = first ? (unsigned)atoi(first) : 1 + (unsigned)getpid() % step;

        if (only && strcmp(only, names[phase]))
            continue;
        for (refused = 0; run(phase, n, &starts); n += step)
            ;
        print_message("%s: %u calls; %u requests and %u starts refused\n", names[phase], n - 1, refused, starts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(each_call_fails_once, world_setup, world_teardown) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
