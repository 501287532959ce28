/* SPDX-License-Identifier: GPL-2.0-only */
/* The console daemon as a process, between guests, log files, terminals and its own clients. */
#include "world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TYPIST 500u /* whose text it is that is typed */

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
    until(fake_ports_of_dom0() <= 1); /* the store's VIRQ_DOM_EXC */
}

/* Who comes second is heard when the first has left, and when it comes back after the daemon's death. */
static void second_client(void **state)
{
    char text[64], answer[80];
    int first, second, unread;
    struct guest guest;
    size_t n = 0;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 8);
    close(tty_open(&guest));
    first = client_open("attach 8 0 session=1\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 rw live");
    second = client_open("attach 8 0 session=2\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 ro live");
    assert_int_equal(write(second, "unheard", 7), 7);
    until(ioctl(second, SIOCOUTQ, &unread) == 0 && unread == 0);
    assert_int_equal(write(first, "first", 5), 5);
    close(first); /* it is gone before its words are taken, perhaps: they count */
    until((n += guest_read(&guest, text + n, sizeof(text) - n)) == 5);
    assert_int_equal(write(second, "heard", 5), 5);
    until((n += guest_read(&guest, text + n, sizeof(text) - n)) == 10);
    assert_memory_equal(text, "firstheard", 10);
    daemon_kill();
    close(second);
    until(close(second = client_open("attach 8 0 session=2\n", answer, sizeof(answer))),
          !strcmp(answer, "ok 0 rw live typed=12"));
    guest_end(&guest);
    daemon_end();
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

/* A client, or who sits at the terminal: whatever it gets is the guest's text, and what the guest gets is what it typed. */
struct follower {
    int fd;
    uint64_t position, typed, heard;
};

static void type_on(struct follower *follower)
{
    struct pollfd ready = { .fd = follower->fd, .events = POLLOUT };
    char bytes[64];
    ssize_t n;

    if (poll(&ready, 1, 0) <= 0 || ready.revents != POLLOUT || follower->typed > follower->heard + 4096)
        return;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = stream_byte(TYPIST, follower->typed + i);
    n = write(follower->fd, bytes, sizeof(bytes));
    if (n > 0)
        follower->typed += (size_t)n;
}

static void hear(struct follower *follower, struct guest *guest)
{
    char bytes[CONSOLE_RING_IN];
    size_t n = guest_read(guest, bytes, sizeof(bytes));

    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], stream_byte(TYPIST, follower->heard++));
}

/* The terminal is the same one all the time. */
static void watch_tty(struct follower *follower, const struct guest *guest)
{
    struct pollfd ready = { .fd = follower->fd, .events = POLLIN };
    char bytes[4096];

    while (poll(&ready, 1, 0) > 0) {
        ssize_t n = read(follower->fd, bytes, sizeof(bytes));

        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], stream_byte(guest->domid, follower->position++));
    }
}

static void follow(struct follower *follower, const struct guest *guest)
{
    struct pollfd ready = { .fd = follower->fd, .events = POLLIN };
    char bytes[8192], line[80], answer[80];
    unsigned long long typed;
    ssize_t n;

    while (poll(&ready, 1, 0) > 0) {
        n = read(follower->fd, bytes, sizeof(bytes));
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], stream_byte(guest->domid, follower->position++));
        if (n > 0)
            continue;
        close(follower->fd);
        snprintf(line, sizeof(line), "attach %u 0 from=%llu session=5\n", guest->domid, (unsigned long long)follower->position);
        ready.fd = follower->fd = client_open(line, answer, sizeof(answer));
        snprintf(line, sizeof(line), "ok %llu rw live typed=%%llu", (unsigned long long)follower->position);
        assert_int_equal(sscanf(answer, line, &typed), 1); /* not one byte is lost, nor comes twice */
        assert_true(typed <= follower->typed);
        follower->typed = typed;
    }
}

/*
 * kill -9 at any moment, while guests write and are typed to: every byte is once in the log, on the terminal, with a client
 * that comes back, and, of what was typed at the terminal and by the client, with the guest.
 */
static void killed(void **state)
{
    enum { GUESTS = 4 };
    unsigned kills = getenv("SOAK") ? 1000 : 40;
    struct guest guests[GUESTS];
    struct follower follower = { 0 }, tty = { 0 };
    char answer[80];

    (void)state;
    srand(5);
    daemon_begin(log_guests);
    for (unsigned i = 0; i < GUESTS; i++)
        guest_begin(&guests[i], 10 + i);
    tty.fd = tty_open(&guests[0]);
    close(tty_open(&guests[1]));
    follower.fd = client_open("attach 11 0 session=5\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 rw live");
    for (unsigned kill = 0; kill < kills; kill++) {
        uint64_t end = world_ms() + (unsigned)rand() % 40;

        do {
            for (unsigned i = 0; i < GUESTS; i++)
                guest_flood(&guests[i], UINT64_MAX);
            type_on(&follower);
            type_on(&tty);
            follow(&follower, &guests[1]);
            watch_tty(&tty, &guests[0]);
            hear(&follower, &guests[1]);
            hear(&tty, &guests[0]);
        } while (world_ms() < end);
        daemon_kill();
    }
    for (unsigned i = 0; i < GUESTS; i++) {
        until(log_size(&guests[i]) == guests[i].written);
        assert_int_equal(log_compare(&guests[i], guests[i].written), 0);
        assert_true(guests[i].written > kills * 100);
        print_message("guest %u wrote %llu bytes\n", i, (unsigned long long)guests[i].written);
    }
    until(follow(&follower, &guests[1]), hear(&follower, &guests[1]),
          follower.position == guests[1].written && follower.heard == follower.typed);
    until(watch_tty(&tty, &guests[0]), hear(&tty, &guests[0]), tty.position == guests[0].written && tty.heard == tty.typed);
    print_message("%llu bytes typed at the terminal, %llu by the client\n", (unsigned long long)tty.typed,
                  (unsigned long long)follower.typed);
    assert_true(tty.typed > kills * 10 && follower.typed > kills * 10);
    close(follower.fd);
    close(tty.fd);
    for (unsigned i = 0; i < GUESTS; i++)
        guest_end(&guests[i]);
    daemon_end();
}

/* Many guests write at once, on one loop; nothing is lost. */
static void many(void **state)
{
    unsigned count = getenv("SOAK") ? 1000 : 50, done = 0;
    struct guest *guests = calloc(count, sizeof(*guests));
    enum { SIZE = 65536 };
    uint64_t start;

    (void)state;
    assert_non_null(guests);
    daemon_begin(log_guests);
    for (unsigned i = 0; i < count; i++)
        guest_begin(&guests[i], 20 + i);
    start = world_ms();
    while (done < count) {
        done = 0;
        for (unsigned i = 0; i < count; i++) {
            guest_flood(&guests[i], SIZE);
            done += guests[i].written == SIZE;
        }
        assert_true(world_ms() < start + 600 * 1000);
    }
    for (unsigned i = 0; i < count; i++)
        until(log_size(&guests[i]) == SIZE);
    print_message("%u guests, %u bytes each, in %llu ms\n", count, SIZE, (unsigned long long)(world_ms() - start));
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(log_compare(&guests[i], SIZE), 0);
        guest_end(&guests[i]);
    }
    free(guests);
    daemon_end();
    until(fake_ports_of_dom0() <= 1); /* the store's VIRQ_DOM_EXC */
}

static size_t log_read(const char *name, char *bytes, size_t size)
{
    char path[200];
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "%s/log/%s", world_folder, name);
    file = fopen(path, "r");
    n = file ? fread(bytes, 1, size - 1, file) : 0;
    bytes[n] = 0;
    if (file)
        fclose(file);
    return n;
}

/* The hypervisor's log: what was there, what comes; once, also after a death; a client follows it. */
static void hypervisor(void **state)
{
    static const char *const options[] = { "--log=hv", NULL };
    char text[200], path[200], moved[200], answer[80];
    int client;

    (void)state;
    fake_hv_print("(XEN) before\n");
    daemon_begin(options);
    until(log_read("hypervisor.log", text, sizeof(text)) == 13);
    client = client_open("attach hypervisor 0\n", answer, sizeof(answer));
    assert_string_equal(answer, "ok 0 ro live");
    fake_hv_print("(XEN) now\n");
    assert_int_equal(read_all(client, text, 23), 23);
    assert_memory_equal(text, "(XEN) before\n(XEN) now\n", 23);
    daemon_kill();
    fake_hv_print("(XEN) then\n");
    until(log_read("hypervisor.log", text, sizeof(text)) == 34);
    assert_string_equal(text, "(XEN) before\n(XEN) now\n(XEN) then\n");
    close(client);

    /* logrotate has moved the file. */
    snprintf(path, sizeof(path), "%s/log/hypervisor.log", world_folder);
    snprintf(moved, sizeof(moved), "%s/log/hypervisor.log.old", world_folder);
    assert_int_equal(rename(path, moved), 0);
    daemon_signal(SIGHUP);
    until(access(path, F_OK) == 0);
    fake_hv_print("(XEN) new\n");
    until(log_read("hypervisor.log", text, sizeof(text)) == 10);
    assert_string_equal(text, "(XEN) new\n");
    daemon_end();
}

/* Nobody reads the terminal. Asked to keep, a guest is held up rather than that a byte goes; then all of it comes. */
static void overflow_keep(void **state)
{
    static const char *const options[] = { "--overflow-data=keep", "--history=64", NULL };
    struct guest guest;
    char bytes[1000];
    const uint64_t most = 65536 - 4096 + CONSOLE_RING_OUT;
    struct pollfd tty = { .events = POLLIN };
    uint64_t got = 0, end;

    (void)state;
    daemon_begin(options);
    guest_begin(&guest, 5);
    until(guest_flood(&guest, UINT64_MAX), guest.written >= most);
    end = world_ms() + 500;
    while (world_ms() < end)
        guest_flood(&guest, UINT64_MAX);
    assert_int_equal(guest.written, most);
    tty.fd = tty_open(&guest);
    while (got < 300000) {
        ssize_t n;

        until(guest_flood(&guest, UINT64_MAX), poll(&tty, 1, 0) == 1);
        n = read(tty.fd, bytes, sizeof(bytes));
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++, got++)
            if (bytes[i] != stream_byte(5, got))
                fail_msg("byte %llu is wrong, %llu were written", (unsigned long long)got, (unsigned long long)guest.written);
    }
    close(tty.fd);
    guest_end(&guest);
    daemon_end();
}

/* Else the guest goes on, and the oldest bytes go: the terminal and the history have the newest. */
static void overflow_discard(void **state)
{
    static const char *const options[] = { "--log=guest", "--history=64", NULL };
    static char bytes[65536];
    struct guest guest;
    char answer[80], expected[80];
    size_t n;
    int client;

    (void)state;
    daemon_begin(options);
    guest_begin(&guest, 6);
    until(guest_flood(&guest, 500000), guest.written == 500000);
    until(log_size(&guest) == 500000);
    client = client_open("attach 6 0\n", answer, sizeof(answer));
    snprintf(expected, sizeof(expected), "ok %u rw live", 500000u - (65536 - 4096));
    assert_string_equal(answer, expected);
    n = read_all(client, bytes, 65536 - 4096);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], stream_byte(6, 500000 - (65536 - 4096) + i));
    close(client);
    guest_end(&guest);
    daemon_end();
}

/* xenconsole, as xl runs it: it tells when it is ready, shows, types, survives the daemon's death, ends with the guest. */
static void client_program(void **state)
{
    int in[2], out[2], ready[2], status;
    struct guest guest;
    char text[100], fd[16];
    pid_t pid;
    size_t n = 0;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 7);
    guest_print(&guest, "early\n");
    until(log_size(&guest) == 6);
    assert_int_equal(pipe(in) | pipe(out) | pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        close(ready[0]);
        snprintf(fd, sizeof(fd), "%d", ready[1]);
        execl("tools/xenconsole/xenconsole", "xenconsole", "7", "--num", "0", "--type", "pv", "--start-notify-fd", fd, NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(ready[1]);
    assert_int_equal(read_all(ready[0], text, 1), 1);
    assert_int_equal(text[0], 0);
    assert_int_equal(read_all(out[0], text, 6), 6);
    assert_memory_equal(text, "early\n", 6);
    assert_int_equal(write(in[1], "typed", 5), 5);
    until((n += guest_read(&guest, text + n, sizeof(text) - n)) == 5);
    daemon_kill();
    guest_print(&guest, "later\n");
    assert_int_equal(read_all(out[0], text, 6), 6);
    assert_memory_equal(text, "later\n", 6);
    guest_print(&guest, "bye\n");
    guest_end(&guest);
    assert_int_equal(read_all(out[0], text, sizeof(text)), 4);
    assert_memory_equal(text, "bye\n", 4);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(in[1]);
    close(out[0]);
    close(ready[0]);
    daemon_end();
}

/*
 * Each call of the daemon's fails once, in a run of its own: it may refuse to start, which it says by its status; else, when
 * the next guest comes at the latest, all is as if nothing had happened. Nothing crashes (then the status were another one).
 */
static void faults(void **state)
{
    static const char *const options[] = { "--log=all", NULL };
    unsigned step = getenv("SOAK") ? 1 : 23;
    unsigned first = getenv("FAULT_FIRST") ? (unsigned)atoi(getenv("FAULT_FIRST")) : 1, refused = 0;
    char file[200], nth[16], name[32];
    struct guest guests[2];

    (void)state;
    world_path(file, sizeof(file), "fault");
    setenv("FAULT_FILE", file, 1);
    for (unsigned n = first + (unsigned)getpid() % step;; n += step) {
        int status;

        unlink(file);
        snprintf(nth, sizeof(nth), "%u", n);
        setenv("FAULT_NTH", nth, 1);
        setenv("FAULT_NOW", nth, 1);
        status = daemon_try("tests/console/xenconsoled_faulty", options);
        unsetenv("FAULT_NTH");
        if (status != 0) {
            assert_int_equal(status, 1 << 8);
            assert_int_equal(access(file, F_OK), 0);
            world_after_test(NULL);
            refused++;
            until(daemon_try("tests/console/xenconsoled_fake", options) == 0); /* its place is free when it has ended */
        }
        for (unsigned i = 0; i < 2; i++) {
            snprintf(name, sizeof(name), "%u-%u", n, i);
            guest_begin_as(&guests[i], 3 + i, name);
            guest_print(&guests[i], "hello");
        }
        for (unsigned i = 0; i < 2; i++)
            until(log_size(&guests[i]) == 5 || (world_ms() % 512 == 0 && (guest_introduce(&guests[i]), false)));
        for (unsigned i = 0; i < 2; i++)
            guest_end(&guests[i]);
        if (access(file, F_OK) < 0) {
            print_message("%u calls, %u of those that failed kept it from starting\n", n, refused);
            daemon_end();
            return;
        }
        if (daemon_worker() > 1)
            daemon_end();
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(out_and_in, world_after_test),
        cmocka_unit_test_teardown(second_client, world_after_test),
        cmocka_unit_test_teardown(wrong_words, world_after_test),
        cmocka_unit_test_teardown(flood, world_after_test),
        cmocka_unit_test_teardown(hostile, world_after_test),
        cmocka_unit_test_teardown(killed, world_after_test),
        cmocka_unit_test_teardown(many, world_after_test),
        cmocka_unit_test_teardown(hypervisor, world_after_test),
        cmocka_unit_test_teardown(overflow_keep, world_after_test),
        cmocka_unit_test_teardown(overflow_discard, world_after_test),
        cmocka_unit_test_teardown(client_program, world_after_test),
        cmocka_unit_test_teardown(faults, world_after_test),
    };
    const struct CMUnitTest with_our_store[] = {
        cmocka_unit_test_teardown(out_and_in, world_after_test),
        cmocka_unit_test_teardown(killed, world_after_test),
        cmocka_unit_test_teardown(many, world_after_test),
    };
    int failed;

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed = cmocka_run_group_tests(tests, world_setup, world_teardown);
    return failed + cmocka_run_group_tests(with_our_store, world_setup_with_store, world_teardown);
}
