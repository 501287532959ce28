/* SPDX-License-Identifier: GPL-2.0-only */
/* The console daemon beside a store that does not answer, dies and comes back; and the consoles that are devices. */
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const log_guests[] = { "--log=guest", NULL };

static void flood_to(struct guest *guest, uint64_t end)
{
    until(guest_flood(guest, end), guest->written == end);
    until(log_size(guest) == end);
    assert_int_equal(log_compare(guest, end), 0);
}

/*
 * The daemon has asked, and has no answer: consoles go on. A guest that came meanwhile has its console afterwards. 70 s with
 * SOAK=1.
 */
static void no_answer(void **state)
{
    struct guest old, new;
    char text[8];
    size_t n = 0;
    int tty;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&old, 1);
    tty = tty_open(&old);
    store_put("/hold", "1");
    guest_begin(&new, 2);
    console_write(&old, "limit", "65536"); /* it is asked of the old one, too */
    flood_to(&old, 100000);
    assert_int_equal(write(tty, "typed", 5), 5);
    until((n += guest_read(&old, text + n, sizeof(text) - n)) == 5);
    assert_true(store_has("/connections", "2")); /* ours and the daemon's */
    if (getenv("SOAK")) { /* for so long that it is asked anew, on another connection */
        for (uint64_t end = world_ms() + 70000; world_ms() < end;)
            flood_to(&old, old.written + 1000);
        assert_false(store_has("/connections", "2"));
    }
    assert_int_equal(log_size(&new), 0);
    store_put("/hold", "0");
    close(tty_open(&new));
    flood_to(&new, 5000);
    close(tty);
    guest_end(&old);
    guest_end(&new);
    daemon_end();
}

/*
 * The store dies: consoles go on, also when the daemon is killed then; who dies meanwhile is seen to be dead. A store that
 * comes back, with what it had or without, is served.
 */
static void store_dies(void **state)
{
    struct guest stays, ends, comes;
    char answer[80], byte;
    int client;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&stays, 6);
    guest_begin(&ends, 7);
    close(tty_open(&stays));
    close(tty_open(&ends));
    for (unsigned round = 1; round <= 3; round++) {
        store_kill();
        flood_to(&stays, round * 50000);
        daemon_kill();
        flood_to(&stays, round * 50000 + 20000);
        if (round == 1) {
            flood_to(&ends, 3000);
            client = client_open("attach 7 0 from=3000\n", answer, sizeof(answer));
            assert_string_equal(answer, "ok 3000 rw live");
            fake_domain_die(7);
            assert_int_equal(read_all(client, &byte, 1), 0);
            close(client);
        }
        assert_true(store_start());
        guest_begin(&comes, 10 + round);
        close(tty_open(&comes));
        flood_to(&comes, 5000);
        guest_introduce(&stays); /* the toolstack writes it once more, should it have been lost */
        close(tty_open(&stays));
        flood_to(&stays, round * 50000 + 40000);
        guest_end(&comes);
    }
    guest_end(&ends);
    guest_end(&stays);
    daemon_end();
    until(fake_ports_of_dom0() <= 1); /* the store's VIRQ_DOM_EXC */
}

/* Domains come and go behind the newest; one whose id is below it, and whose introduction nobody tells, is found all the same. */
static void ids_in_any_order(void **state)
{
    struct guest high, low, newer, newest;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&high, 40);
    close(tty_open(&high));
    guest_begin(&low, 8);
    close(tty_open(&low));
    guest_end(&low);
    guest_begin(&newer, 42);
    close(tty_open(&newer));
    guest_make(&low, 9, "lower");
    guest_begin(&newest, 43);
    close(tty_open(&newest));
    close(tty_open(&low));
    guest_end(&high);
    guest_end(&low);
    guest_end(&newer);
    guest_end(&newest);
    daemon_end();
}

/* --- other consoles --- */

static void expect_echo(struct guest *guest, int tty)
{
    char text[16];
    size_t n = 0;

    guest_print(guest, "from the guest\n");
    assert_int_equal(read_all(tty, text, 15), 15);
    assert_memory_equal(text, "from the guest\n", 15);
    assert_int_equal(write(tty, "to it", 5), 5);
    until((n += guest_read(guest, text + n, sizeof(text) - n)) == 5);
    assert_memory_equal(text, "to it", 5);
}

/* A device whose driver shakes hands; connected, closed, connected again, taken away by the toolstack. */
static void handshake(void **state)
{
    static const char *const back = "/local/domain/0/backend/console/3/1/state";
    struct guest guest, other, again;
    char answer[80];
    int tty;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 3);
    other_begin(&other, &guest, 1);
    store_put("/local/domain/0/backend/console/3/1/frontend-id", "3");
    store_put("/local/domain/0/backend/console/3/1/online", "1");
    store_put(back, "1");
    console_write(&other, "state", "1");
    console_write(&other, "type", "xenconsoled");
    until(store_has(back, "2"));
    other_connect(&other);
    console_write(&other, "state", "3");
    until(store_has(back, "4"));
    tty = tty_open(&other);
    expect_echo(&other, tty);
    console_write(&other, "state", "4");
    guest_print(&guest, "the first one\n");
    until(log_size(&guest) == 14 && log_size(&other) == 15);

    /* The daemon dies: it goes on. */
    daemon_kill();
    expect_echo(&other, tty);
    close(client_open("attach 3 1\n", answer, sizeof(answer)));
    assert_string_equal(answer, "ok 0 rw live");

    /* The driver closes, and another one connects. */
    console_write(&other, "state", "5");
    until(store_has(back, "6"));
    console_write(&other, "state", "6");
    other_free(&other);
    console_write(&other, "state", "1");
    until(store_has(back, "2"));
    other_begin(&again, &guest, 1);
    other_connect(&again);
    console_write(&again, "state", "3");
    until(store_has(back, "4"));
    expect_echo(&again, tty);
    until(log_size(&again) == 45);
    close(tty);

    /* It is taken away: its text stays, as a dead one's. Then there is one of the same number. */
    store_put("/local/domain/0/backend/console/3/1/online", "0");
    store_put(back, "5");
    until(store_has(back, "6"));
    close(client_open("attach 3 1\n", answer, sizeof(answer)));
    assert_string_equal(answer, "ok 0 ro dead");
    store_remove("/local/domain/3/device/console/1");
    store_remove("/local/domain/0/backend/console/3");
    other_free(&again);
    other_begin(&other, &guest, 1);
    console_write(&other, "type", "xenconsoled");
    other_connect(&other);
    tty = tty_open(&other);
    expect_echo(&other, tty);
    close(tty);
    other_free(&other);
    guest_end(&guest);
    close(client_open("attach 3 1\n", answer, sizeof(answer)));
    assert_string_equal(answer, "ok 0 ro dead");
    daemon_end();
    until(fake_ports_of_dom0() <= 1);
}

/* What is somebody else's, or nothing, is left alone; too many are refused; nobody else is harmed. */
static void not_ours(void **state)
{
    struct guest guest, other, ours;
    char path[80], answer[80];

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 4);
    other_begin(&other, &guest, 1);
    console_write(&other, "type", "ioemu");
    other_connect(&other);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "/local/domain/4/device/console/%u/type", 5 + i);
        store_put(path, i % 2 ? "xenconsoled" : "");
        snprintf(path, sizeof(path), "/local/domain/4/device/console/%u/ring-ref", 5 + i);
        store_put(path, i % 3 ? "99999999999999999999" : "7");
        snprintf(path, sizeof(path), "/local/domain/4/device/console/%u/port", 5 + i);
        store_put(path, i % 5 ? "-1" : "77");
    }
    store_put("/local/domain/4/device/console/01/type", "xenconsoled");
    store_put("/local/domain/4/device/console/x/type", "xenconsoled");
    other_begin(&ours, &guest, 2);
    console_write(&ours, "type", "xenconsoled");
    other_connect(&ours);
    close(tty_open(&ours));
    flood_to(&ours, 5000);
    flood_to(&guest, 5000);
    assert_true(store_has("/local/domain/4/device/console/1/tty", NULL));
    close(client_open("attach 4 1\n", answer, sizeof(answer)));
    assert_string_equal(answer, "error no such console");
    console_write(&ours, "type", "ioemu"); /* the toolstack changed its mind */
    until(close(client_open("attach 4 2\n", answer, sizeof(answer))), !strcmp(answer, "ok 0 ro dead"));
    other_free(&other);
    other_free(&ours);
    guest_end(&guest);
    daemon_end();
    until(fake_ports_of_dom0() <= 1);
}

/* --- xenconsole's -n and -t --- */

/* Runs it with these arguments, nothing to type, and the text it shows until it ends. Its exit status. */
static int xenconsole(const char *const *arguments, const char *expected)
{
    const char *argv[16] = { "xenconsole" };
    int out[2], status;
    char text[200];
    size_t n;
    pid_t pid;

    for (unsigned i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    assert_int_equal(pipe(out), 0);
    pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(out[1], 1);
        dup2(open("/dev/null", O_WRONLY), 2);
        close(out[0]);
        execv("tools/xenconsole/xenconsole", (char **)(uintptr_t)argv);
        _exit(127);
    }
    close(out[1]);
    n = read_all(out[0], text, strlen(expected));
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
    if (*expected)
        kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(out[0]);
    return status;
}

static void client_options(void **state)
{
    static const struct {
        const char *arguments[6], *shown;
        int status;
    } rows[] = {
        { { "5" }, "first\n", SIGTERM },
        { { "5", "-n", "0", "-t", "pv" }, "first\n", SIGTERM },
        { { "5", "-n", "1" }, "second\n", SIGTERM },
        { { "5", "--num=1", "--type=pv", "-r" }, "second\n", SIGTERM },
        { { "name:guest5", "-n", "1" }, "second\n", SIGTERM },
        { { "5", "-n", "0", "-t", "serial" }, "from a serial port\n", SIGTERM },
        { { "5", "-t", "vuart" }, "from a vuart\n", SIGTERM },
        { { "5", "-n", "1x" }, "", 22 << 8 },
        { { "5", "-n", "-1" }, "", 22 << 8 },
        { { "5", "-t", "other" }, "", 22 << 8 },
        { { "0" }, "", 22 << 8 },
        { { "x" }, "", 22 << 8 },
        { { NULL }, "", 22 << 8 },
    };
    struct guest guest, other;
    int serial, vuart;

    (void)state;
    daemon_begin(log_guests);
    guest_begin(&guest, 5);
    other_begin(&other, &guest, 1);
    console_write(&other, "type", "xenconsoled");
    other_connect(&other);
    guest_print(&guest, "first\n");
    guest_print(&other, "second\n");
    until(log_size(&guest) == 6 && log_size(&other) == 7);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        serial = terminal_put("/local/domain/5/serial/0/tty", "from a serial port\n");
        vuart = terminal_put("/local/domain/5/vuart/0/tty", "from a vuart\n");
        assert_int_equal(xenconsole(rows[i].arguments, rows[i].shown), rows[i].status);
        close(serial);
        close(vuart);
    }
    other_free(&other);
    guest_end(&guest);
    daemon_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_answer, world_after_test),
        cmocka_unit_test_teardown(store_dies, world_after_test),
        cmocka_unit_test_teardown(ids_in_any_order, world_after_test),
        cmocka_unit_test_teardown(handshake, world_after_test),
        cmocka_unit_test_teardown(not_ours, world_after_test),
        cmocka_unit_test_teardown(client_options, world_after_test),
    };
    const struct CMUnitTest with_our_store[] = {
        cmocka_unit_test_teardown(store_dies, world_after_test),
        cmocka_unit_test_teardown(handshake, world_after_test),
    };
    int failed;

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed = cmocka_run_group_tests(tests, world_setup, world_teardown);
    return failed + cmocka_run_group_tests(with_our_store, world_setup_with_store, world_teardown);
}
