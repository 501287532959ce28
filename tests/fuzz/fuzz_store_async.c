/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that says anything at all to a client with requests, a watch and a transaction open. Beyond the sanitizers:
 * every callback of a request comes once, and none after the end of the connection.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/async.h"

#define REQUESTS 4

static unsigned calls[REQUESTS + 1];
static volatile size_t bytes_seen;

static void on_reply(void *arg, int rc, const char *payload, size_t len)
{
    calls[(uintptr_t)arg]++;
    CHECK((rc == 0) == (payload != NULL));
    if (payload)
        bytes_seen += strnlen(payload, len) + (size_t)payload[len];
}

static void on_event(void *arg, const char *path)
{
    (void)arg;
    if (path)
        bytes_seen += strlen(path);
}

static void body(void *arg, struct store_attempt *attempt, xs_transaction_t t)
{
    (void)arg;
    CHECK(t != XBT_NULL);
    store_commit(attempt, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_client *client;
    struct store_watch *watch;
    int fds[2], rc = 0;

    memset(calls, 0, sizeof(calls));
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(store_open_fd(fds[0], &client) == 0);
    for (uintptr_t i = 0; i < REQUESTS; i++)
        CHECK(store_read(client, 0, "/a", on_reply, (void *)i) == 0);
    CHECK(store_watch(client, "/w", on_event, NULL, &watch) == 0);
    CHECK(store_transaction(client, body, on_reply, (void *)(uintptr_t)REQUESTS) == 0);
    CHECK(send(fds[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    for (int i = 0; i < 4 && rc == 0; i++)
        rc = store_dispatch(client);
    for (unsigned i = 0; i <= REQUESTS; i++)
        CHECK(calls[i] <= 1 && (rc == 0 || calls[i] == 1));
    store_close(client);
    close(fds[1]);
    for (unsigned i = 0; i <= REQUESTS; i++)
        CHECK(calls[i] == 1);
    return 0;
}
