/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store-bench: what requests to the store cost, through libxenstore, in microseconds each (thousands of instructions in
 * icount mode), for the daemon of $XENSTORED_PATH. One line each: a key and the figure.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#include "common.h"

#define TIMES 300
#define BIG 100 /* folders of as many nodes */

static struct xs_handle *store, *watcher;
static unsigned count;

static void value_read(const char *path)
{
    unsigned len;
    void *value = xs_read(store, XBT_NULL, path, &len);

    need(value, "read");
    free(value);
}

static void value_write(xs_transaction_t t, const char *path)
{
    need(xs_write(store, t, path, "12345678", 8), "write");
}

/* --- what is measured --- */

static void read_8(void)
{
    value_read("/bench/d/k50");
}

static void write_8(void)
{
    value_write(XBT_NULL, "/bench/d/k50");
}

static void directory(void)
{
    unsigned n;
    char **names = xs_directory(store, XBT_NULL, "/bench/d", &n);

    need(names && n == 100, "directory");
    free(names);
}

static void transaction(void)
{
    xs_transaction_t t = xs_transaction_start(store);
    unsigned len;

    free(xs_read(store, t, "/bench/d/k1", &len));
    value_write(t, "/bench/d/k2");
    need(xs_transaction_end(store, t, false), "commit");
}

static void ten_writes(void)
{
    xs_transaction_t t = xs_transaction_start(store);
    char path[32];

    for (unsigned i = 0; i < 10; i++) {
        sprintf(path, "/bench/d/k%u", i);
        value_write(t, path);
    }
    need(xs_transaction_end(store, t, false), "commit");
}

static void write_and_watch(void)
{
    unsigned n;

    value_write(XBT_NULL, "/bench/w");
    free(xs_read_watch(watcher, &n));
}

static const struct {
    const char *key;
    void (*fn)(void);
} figures[] = {
    { "read", read_8 },           { "write", write_8 },           { "directory", directory },
    { "transaction", transaction }, { "ten-writes", ten_writes }, { "write-watch", write_and_watch },
};

/* --- the kernel's floor: as many bytes there and back, in one piece or in two --- */

static void floor_echo(int fd, size_t first, size_t second)
{
    char data[64];

    while (read(fd, data, first) == (ssize_t)first) {
        if (second && read(fd, data, second) != (ssize_t)second)
            break;
        if (write(fd, data, first) < 0 || (second && write(fd, data, second) < 0))
            break;
    }
    _exit(0);
}

static void floor_measure(const char *key, size_t first, size_t second)
{
    char data[64] = "";
    double begin;
    int pair[2];

    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    if (fork() == 0) {
        close(pair[0]);
        floor_echo(pair[1], first, second);
    }
    close(pair[1]);
    begin = now_us();
    for (unsigned i = 0; i < TIMES; i++) {
        need(write(pair[0], data, first) > 0 && (!second || write(pair[0], data, second) > 0), "write");
        need(read(pair[0], data, first) > 0 && (!second || read(pair[0], data, second) > 0), "read");
    }
    printf("%s %.1f\n", key, (now_us() - begin) / TIMES);
    close(pair[0]);
    wait(NULL);
}

/* --- many nodes --- */

static void big(void)
{
    char path[64];
    double begin;

    for (unsigned i = 0; i < BIG; i++) {
        for (unsigned k = 0; k < BIG; k++) {
            sprintf(path, "/bench/big/%u/%u", i, k);
            value_write(XBT_NULL, path);
        }
    }
    begin = now_us();
    for (unsigned i = 0; i < TIMES; i++)
        value_read("/bench/big/50/50");
    printf("read-big %.1f\n", (now_us() - begin) / TIMES);
    begin = now_us();
    need(xs_rm(store, XBT_NULL, "/bench/big"), "rm");
    printf("rm-10000 %.1f\n", now_us() - begin);
}

int main(void)
{
    char path[32];

    store = xs_open(0);
    watcher = xs_open(0);
    need(store && watcher, "xs_open");
    for (unsigned i = 0; i < 100; i++) {
        sprintf(path, "/bench/d/k%u", i);
        value_write(XBT_NULL, path);
    }
    need(xs_watch(watcher, "/bench/w", "token"), "watch");
    free(xs_read_watch(watcher, &count));
    for (unsigned i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        double begin = now_us();

        for (unsigned k = 0; k < TIMES; k++)
            figures[i].fn();
        printf("%s %.1f\n", figures[i].key, (now_us() - begin) / TIMES);
    }
    big();
    xs_rm(store, XBT_NULL, "/bench");
    floor_measure("floor-one", 64, 0);
    floor_measure("floor-two", 16, 48);
    return 0;
}
