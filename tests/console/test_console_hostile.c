/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that do what they like with their consoles' pages, ports and nodes in the store, beside one that just writes: the
 * daemon lives, the honest guest loses nothing and does not wait, and nothing is left when they have gone. 5 minutes with
 * SOAK=1.
 */
#include "world.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAD = 6, SAMPLES = 200000 };

/* --- what they do --- */

static void any_indices(struct guest *guest)
{
    guest->ring->out_prod = (uint32_t)rand() * 7u;
    guest->ring->out_cons = (uint32_t)rand() * 11u;
    guest->ring->in_prod = (uint32_t)rand() * 13u;
    guest->ring->in_cons = (uint32_t)rand() * 17u;
}

static void near_indices(struct guest *guest)
{
    guest->ring->out_prod = guest->ring->out_cons + (uint32_t)rand() % (CONSOLE_RING_OUT + 3);
    guest->ring->in_cons = guest->ring->in_prod - (uint32_t)rand() % (CONSOLE_RING_IN + 3);
}

static void backwards(struct guest *guest)
{
    guest->ring->out_prod -= (uint32_t)rand() % 5000;
    guest->ring->in_cons -= (uint32_t)rand() % 3;
}

static void any_bytes(struct guest *guest)
{
    for (unsigned i = 0; i < CONSOLE_RING_OUT; i++)
        guest->ring->out[i] = (char)rand();
    guest->ring->out_prod = guest->ring->out_cons + CONSOLE_RING_OUT;
}

static void rings_often(struct guest *guest)
{
    for (unsigned i = 0; i < 300; i++)
        ctrl_evtchn_notify(guest->evtchn, guest->port);
}

static void any_number(struct guest *guest)
{
    static const char *const keys[] = { "ring-ref", "port", "limit", "state", "tty", "type" };
    static const char *const values[] = { "", "-1", "0", "1", "5", "7", "99", "4096", "4294967295", "18446744073709551616",
                                          "0x10", "1 2", "xenconsoled", "ioemu", "/dev/pts/0", "\n" };

    console_write(guest, keys[(unsigned)rand() % 6], values[(unsigned)rand() % 16]);
}

static void closes(struct guest *guest)
{
    uint32_t port;

    ctrl_evtchn_unbind(guest->evtchn, guest->port);
    if (ctrl_evtchn_bind_unbound(guest->evtchn, 0, &port) == 0)
        guest->port = port;
}

static void begins_anew(struct guest *guest)
{
    char number[16];

    memset(guest->ring, 0, sizeof(*guest->ring));
    snprintf(number, sizeof(number), "%u", guest->port);
    console_write(guest, "type", "xenconsoled");
    console_write(guest, "state", "3");
    console_write(guest, "ring-ref", guest->number == 0 ? "4096" : guest->number == 1 ? "2" : "3");
    console_write(guest, "port", number);
}

static void (*const acts[])(struct guest *) = { any_indices, near_indices, near_indices, backwards, any_bytes,
                                                any_bytes, rings_often, any_number, closes, begins_anew, begins_anew };

static void act(struct guest *guest)
{
    acts[(unsigned)rand() % (sizeof(acts) / sizeof(acts[0]))](guest);
    ctrl_evtchn_notify(guest->evtchn, guest->port);
}

/* --- how the honest one fares --- */

static unsigned waits[SAMPLES], count; /* microseconds until a line is in the log */

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void honest_line(struct guest *guest)
{
    uint64_t start = now_us(), end = guest->written + 64;

    until(guest_flood(guest, end), guest->written == end);
    until(log_size(guest) == end);
    if (count < SAMPLES)
        waits[count++] = (unsigned)(now_us() - start);
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

/* Descriptors of the daemon. */
static unsigned files_open(pid_t pid)
{
    struct dirent *entry;
    unsigned files = 0;
    char path[32], target[256];
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

        target[n > 0 ? n : 0] = 0;
        files += n > 0 && !strstr(target, "/bell."); /* the fake hypervisor's, one for each who was ever rung */
    }
    closedir(folder);
    return files;
}

static void attacked(void **state)
{
    static const char *const options[] = { "--log=guest", "--dead=0", "--history=64", NULL };
    uint64_t end = world_ms() + (getenv("SOAK") ? 300000 : 1500);
    struct guest good, bad[BAD][3];
    unsigned files, rounds = 0;
    pid_t worker;

    (void)state;
    srand(7);
    count = 0;
    daemon_begin(options);
    worker = daemon_worker();
    guest_begin(&good, 1);
    honest_line(&good);
    files = files_open(worker);
    for (unsigned i = 0; i < BAD; i++) {
        guest_begin(&bad[i][0], 2 + i);
        for (unsigned k = 1; k < 3; k++)
            other_begin(&bad[i][k], &bad[i][0], k);
    }
    for (; world_ms() < end; rounds++) {
        uint64_t pause = world_ms() + 10; /* who rings more than 30 times in 200 ms waits: the honest one does not */

        do
            act(&bad[(unsigned)rand() % BAD][(unsigned)rand() % 3]);
        while (world_ms() < pause);
        honest_line(&good);
    }
    assert_int_equal(log_compare(&good, good.written), 0);
    for (unsigned i = 0; i < BAD; i++) {
        for (unsigned k = 1; k < 3; k++)
            other_free(&bad[i][k]);
        guest_end(&bad[i][0]);
    }
    honest_line(&good);
    until(files_open(worker) == files); /* terminals linger for a moment, when somebody had them open */
    assert_int_equal(daemon_worker(), worker);
    guest_end(&good);
    daemon_end();
    until(fake_ports_of_dom0() <= 1);
    qsort(waits, count, sizeof(waits[0]), by_size);
    print_message("%u rounds of attacks; a line of the honest guest is in its log after %u us (median), %u us (p99), %u us (longest)\n",
                  rounds, waits[count / 2], waits[(uint64_t)count * 99 / 100], waits[count - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(attacked, world_after_test),
    };
    int failed = cmocka_run_group_tests(tests, world_setup, world_teardown);

    return failed + cmocka_run_group_tests(tests, world_setup_with_store, world_teardown);
}
