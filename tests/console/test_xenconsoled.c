/* SPDX-License-Identifier: GPL-2.0-only */
/* The console daemon as a process, between guests, log files, terminals and its own clients. */
#include "world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const log_guests[] = { "--log=guest", NULL };

static void out_and_in(void **state)
{
    struct guest guest;
    char text[64], answer[80];
    size_t n = 0;
    int tty, client;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 1);
    tty = tty_open(&guest);
    guest_print(&guest, "hello from 1\r\n");
    assert_int_equal(read_all(tty, text, 14), 14);
    assert_memory_equal(text, "hello from 1\r\n", 14);
    assert_int_equal(write(tty, "typed\003", 6), 6);
    until((n += guest_read(&guest, text + n, sizeof(text) - n)) == 6);
    assert_memory_equal(text, "typed\003", 6);

    /* Our own client sees it from the beginning; it is the first that may write, the next one is not. */
    client = client_open("attach 1 0\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 rw live");
    assert_int_equal(read_all(client, text, 14), 14);
    assert_int_equal(write(client, "more", 4), 4);
    n = 0;
    until((n += guest_read(&guest, text + n, sizeof(text) - n)) == 4);
    assert_memory_equal(text, "more", 4);
    close(client_open("attach name:guest1 0 from=6\n", answer, sizeof(answer)));
    assert_string_equal(answer, "ok 6 ro live");

    guest_print(&guest, "last words\n");
    guest_end(&guest);
    assert_int_equal(read_all(client, text, sizeof(text)), 11);
    assert_memory_equal(text, "last words\n", 11);
    close(client);
    assert_int_equal(read_all(tty, text, 11), 11);
    close(tty);
    client = client_open("attach name:guest1 0\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 ro dead");
    assert_int_equal(read_all(client, text, sizeof(text)), 25);
    assert_memory_equal(text, "hello from 1\r\nlast words\n", 25);
    close(client);
    until(log_size(&guest) == 25);
    daemon_end();
    assert_int_equal(fake_ports_of_dom0(), 0);
}

static void wrong_words(void **state)
{
    static const struct {
        const char *line, *answer;
    } rows[] = {
        { "attach 77 0\n", "error no such console" },     { "attach name:nobody 0\n", "error no such console" },
        { "attach\n", "error no such command" },          { "attach x\n", "error no such command" },
        { "detach 1 0\n", "error no such command" },      { "attach 1x 0\n", "error no such console" },
        { "attach hypervisor 0\n", "error no such console" }, { "attach 1 0 what\n", "error no such word" },
        { "\n", "error no such command" },
    };
    char answer[80], line[300];

    (void)state;
    daemon_begin(log_guests);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        close(client_open(rows[i].line, answer, sizeof(answer)));
        assert_string_equal(answer, rows[i].answer);
    }
    memset(line, 'a', sizeof(line));
    line[sizeof(line) - 1] = 0;
    close(client_open(line, answer, sizeof(answer)));
    assert_string_equal(answer, "");
    daemon_end();
}

/* A flood goes into the log without a gap; so it does for a client that keeps up. */
static void flood(void **state)
{
    enum { SIZE = 512 * 1024 };
    static char got[SIZE];
    struct guest guest;
    int tty;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 2);
    tty = tty_open(&guest);
    for (size_t n = 0; n < SIZE;) {
        if (guest.written < SIZE)
            guest_flood(&guest, SIZE);
        n += read_all(tty, got + n, SIZE - n < 1000 ? SIZE - n : guest.written - n < 1000 ? guest.written - n : 1000);
    }
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(got[i], stream_byte(2, i));
    close(tty);
    until(log_size(&guest) == SIZE);
    assert_int_equal(log_compare(&guest, SIZE), 0);
    guest_end(&guest);
    daemon_end();
}

/* Indices that no guest may have: nothing is taken, nothing breaks, and others go on. */
static void hostile(void **state)
{
    struct guest bad, good;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&bad, 3);
    guest_begin(&good, 4);
    close(tty_open(&bad));
    close(tty_open(&good));
    for (unsigned i = 0; i < 200; i++) {
        bad.ring->out_prod = bad.ring->out_cons + CONSOLE_RING_OUT + 1 + i * 7919;
        bad.ring->in_prod = bad.ring->in_cons - i;
        ctrl_evtchn_notify(bad.evtchn, bad.port);
        guest_flood(&good, (i + 1) * 100);
    }
    until(good.written == 20000 || (guest_flood(&good, 20000), false));
    until(log_size(&good) == 20000);
    assert_int_equal(log_compare(&good, 20000), 0);
    assert_int_equal(log_size(&bad), 0);
    bad.ring->out_prod = bad.ring->out_cons; /* it comes to its senses */
    until(guest_flood(&bad, 5000), bad.written == 5000);
    until(log_size(&bad) == 5000);
    guest_end(&bad);
    guest_end(&good);
    daemon_end();
}

/* A client that goes on where it was: whatever it gets is the guest's text. */
struct follower {
    int fd;
    uint64_t position;
};

static void follow(struct follower *follower, const struct guest *guest)
{
    struct pollfd ready = { .fd = follower->fd, .events = POLLIN };
    char bytes[8192], line[80], answer[80];
    ssize_t n;

    while (follower->position < guest->written && poll(&ready, 1, 0) > 0) {
        n = read(follower->fd, bytes, sizeof(bytes));
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], stream_byte(guest->domid, follower->position++));
        if (n > 0)
            continue;
        close(follower->fd);
        snprintf(line, sizeof(line), "attach %u 0 from=%llu\n", guest->domid, (unsigned long long)follower->position);
        ready.fd = follower->fd = client_open(line, answer, sizeof(answer));
        snprintf(line, sizeof(line), "ok %llu rw live", (unsigned long long)follower->position);
        assert_string_equal(answer, line); /* not one byte is lost, nor comes twice */
    }
}

/* The terminal is the same one, and at its end is what came last. */
static void tty_ends_with(int tty, const char *text)
{
    size_t length = strlen(text);
    char last[16] = "";

    while (memcmp(last, text, length) != 0) {
        memmove(last, last + 1, length - 1);
        assert_int_equal(read_all(tty, last + length - 1, 1), 1);
    }
}

/* kill -9 at any moment, while guests write: every byte is in the log once, and for a client that comes back. */
static void killed(void **state)
{
    enum { GUESTS = 4 };
    unsigned kills = getenv("SOAK") ? 1000 : 40;
    struct guest guests[GUESTS];
    struct follower follower = { 0 };
    char answer[80];
    int tty;

    (void)state;
    srand(5);
    daemon_begin(log_guests);
    for (unsigned i = 0; i < GUESTS; i++)
        guest_begin(&guests[i], 10 + i);
    tty = tty_open(&guests[0]);
    close(tty_open(&guests[1]));
    follower.fd = client_open("attach 11 0\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 rw live");
    for (unsigned kill = 0; kill < kills; kill++) {
        uint64_t end = world_ms() + (unsigned)rand() % 40;

        do {
            for (unsigned i = 0; i < GUESTS; i++)
                guest_flood(&guests[i], UINT64_MAX);
            follow(&follower, &guests[1]);
        } while (world_ms() < end);
        daemon_kill();
    }
    for (unsigned i = 0; i < GUESTS; i++) {
        until(log_size(&guests[i]) == guests[i].written);
        assert_int_equal(log_compare(&guests[i], guests[i].written), 0);
        assert_true(guests[i].written > kills * 100);
        print_message("guest %u wrote %llu bytes\n", i, (unsigned long long)guests[i].written);
    }
    until(follow(&follower, &guests[1]), follower.position == guests[1].written);
    close(follower.fd);
    guest_print(&guests[0], "the end");
    tty_ends_with(tty, "the end");
    close(tty);
    for (unsigned i = 0; i < GUESTS; i++)
        guest_end(&guests[i]);
    daemon_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(out_and_in, world_after_test), cmocka_unit_test_teardown(wrong_words, world_after_test), cmocka_unit_test_teardown(flood, world_after_test),
        cmocka_unit_test_teardown(hostile, world_after_test),    cmocka_unit_test_teardown(killed, world_after_test),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
