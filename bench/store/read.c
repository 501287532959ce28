/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store-read: the server without its keeper, and a client over a socket that reads one node as often as it is told. Under
 * callgrind it says what a read costs the server itself, without the kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "store/wire.h"
#include "xenstored/server.h"

#define PATH "/bench/d/k50"

static struct server sv;

/* --- the client --- */

static void ask(int fd, uint32_t type, const char *payload, size_t len)
{
    char message[128], answer[128];
    struct xsd_sockmsg hdr = { .type = type, .len = (uint32_t)len };

    memcpy(message, &hdr, sizeof(hdr));
    memcpy(message + sizeof(hdr), payload, len);
    need(write(fd, message, sizeof(hdr) + len) == (ssize_t)(sizeof(hdr) + len), "write");
    need(read(fd, answer, sizeof(answer)) > (ssize_t)sizeof(hdr), "read");
    memcpy(&hdr, answer, sizeof(hdr));
    need(hdr.type == type, "answer");
}

static void client(int fd, unsigned reads)
{
    ask(fd, XS_WRITE, PATH "\00012345678", sizeof(PATH) + 8);
    for (unsigned i = 0; i < reads; i++)
        ask(fd, XS_READ, PATH, sizeof(PATH));
    _exit(0);
}

/* --- the server --- */

static void on_conn(void *arg, struct conn *c)
{
    (void)arg;
    (void)c;
}

static void on_output(void *arg, struct conn *c)
{
    server_output(arg, c);
}

static const struct store_ops ops = { .connected = on_conn, .disconnected = on_conn, .output = on_output };

int main(int argc, char **argv)
{
    char folder[] = "/dev/shm/store-read-XXXXXX", journal[64];
    int pair[2], rc = 0;

    need(argc == 2 && mkdtemp(folder), "store-read NUMBER");
    snprintf(journal, sizeof(journal), "%s/journal", folder);
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    if (fork() == 0)
        client(pair[0], (unsigned)atoi(argv[1]));
    close(pair[0]);
    sv.journal_path = journal;
    need(loop_new(&sv.loop) == 0, "loop");
    need(server_start(&sv, &ops) == 1 && server_compact(&sv) == 0, journal);
    need(server_accept(&sv, 1, pair[1]) == 0, "accept");
    while (rc == 0 && sv.s->conns)
        rc = loop_run_once(sv.loop, -1);
    unlink(journal);
    rmdir(folder);
    return rc;
}
