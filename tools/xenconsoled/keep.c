/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/daemon.h"
#include "base/fd_message.h"
#include "xenconsoled/keep_table.h"

#define FIRST_LISTEN_FD 3

static struct keep_table table;
static int notify_socket = -1;

static void listen_fds_take(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");

    if (!pid || atol(pid) != getpid() || !count || !names)
        return;
    for (int i = 0; i < atoi(count); i++) {
        size_t length = strcspn(names, ":");

        fcntl(FIRST_LISTEN_FD + i, F_SETFD, FD_CLOEXEC);
        keep_table_put(&table, names, length, FIRST_LISTEN_FD + i);
        names += length + (names[length] == ':');
    }
}

void keep_start(int keeper)
{
    if (keeper >= 0) {
        notify_socket = keeper;
        keep_table_inherit(&table);
        return;
    }
    notify_socket = daemon_notify_socket(); /* the keeper's is there already */
    listen_fds_take();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static int notify_send(const char *text, int fd)
{
    ssize_t sent;

    if (notify_socket < 0)
        return 0;
    do
        sent = fd_message_send(notify_socket, text, strlen(text), fd, 0);
    while (sent == -EINTR);
    return sent < 0 ? (int)sent : 0;
}

void keep_fd(const char *name, int fd)
{
    char text[KEEP_NAME_MAX + 32];

    snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name);
    notify_send(text, fd);
}

void keep_forget(const char *name)
{
    char text[KEEP_NAME_MAX + 32];

    snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
    notify_send(text, -1);
}

int keep_take(const char *name)
{
    return keep_table_take(&table, name);
}

void keep_drop_rest(bool (*wanted)(const void *arg, const char *name), const void *arg)
{
    for (unsigned i = 0; i < table.count;) {
        if (wanted(arg, table.rows[i].name)) {
            i++;
            continue;
        }
        keep_forget(table.rows[i].name);
        close(keep_table_take(&table, table.rows[i].name));
    }
}

int keep_notify(const char *state)
{
    return notify_send(state, -1);
}
