/* SPDX-License-Identifier: GPL-2.0-only */
/* The process that lives on when the daemon is killed. It does next to nothing, so that it has no reason to die itself. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd_message.h"
#include "base/log.h"
#include "xenconsoled/keep.h"
#include "xenconsoled/keep_table.h"

#define PAUSE_MS 1000 /* before a daemon that did not get as far as being ready is started again */

static struct keep_table kept;
static bool was_ready;

void keep_table_put(struct keep_table *table, const char *name, size_t length, int fd)
{
    struct keep_row *rows;
    int old;

    if (length < KEEP_NAME_MAX) {
        char copy[KEEP_NAME_MAX] = { 0 };

        memcpy(copy, name, length);
        old = keep_table_take(table, copy);
        if (old >= 0)
            close(old);
        rows = reallocarray(table->rows, table->count + 1, sizeof(*rows));
        if (rows) {
            table->rows = rows;
            memcpy(rows[table->count].name, copy, sizeof(copy));
            rows[table->count++].fd = fd;
            return;
        }
    }
    close(fd);
}

int keep_table_take(struct keep_table *table, const char *name)
{
    for (unsigned i = 0; i < table->count; i++) {
        int fd = table->rows[i].fd;

        if (strcmp(table->rows[i].name, name) != 0)
            continue;
        table->rows[i] = table->rows[--table->count];
        return fd;
    }
    return -1;
}

void keep_table_inherit(struct keep_table *table)
{
    *table = kept;
    kept = (struct keep_table){ 0 };
}

/* One of the daemon's messages; false: there is no more. */
static bool message_take(int socket, int *ready)
{
    char text[KEEP_NAME_MAX + 64];
    const char *name;
    int fd;
    ssize_t n = fd_message_receive(socket, text, sizeof(text) - 1, &fd, MSG_DONTWAIT);

    if (n <= 0)
        return false;
    text[n] = 0;
    name = strstr(text, "FDNAME=");
    name = name ? name + strlen("FDNAME=") : "";
    if (!strncmp(text, "FDSTORE=1\n", 10) && fd >= 0) {
        keep_table_put(&kept, name, strlen(name), fd);
        return true;
    }
    if (fd < 0 && !strncmp(text, "FDSTOREREMOVE=1\n", 16))
        fd = keep_table_take(&kept, name);
    if (fd >= 0)
        close(fd);
    if (!strncmp(text, "READY=1", 7)) {
        was_ready = true;
        if (*ready >= 0 && write(*ready, "", 1) == 1) {
            close(*ready);
            *ready = -1;
        }
    }
    return true;
}

static int signals_block(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigprocmask(SIG_BLOCK, set, NULL);
    return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Passes signals on, holds descriptors; returns how the child ended. */
static int child_keep(pid_t child, int socket, int signals, int *ready)
{
    struct pollfd fds[2] = { { .fd = socket, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
    struct signalfd_siginfo info;
    int status;

    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            abort();
        while (message_take(socket, ready))
            ;
        if (fds[0].revents & POLLHUP)
            fds[0].fd = -1; /* the daemon's end is closed: what it said has been taken, its death is next */
        while (read(signals, &info, sizeof(info)) == sizeof(info))
            if (info.ssi_signo != SIGCHLD)
                kill(child, (int)info.ssi_signo);
        if (waitpid(child, &status, WNOHANG) == child) {
            while (message_take(socket, ready))
                ;
            return status;
        }
    }
}

int keeper_run(const struct log *log, int ready)
{
    sigset_t set;
    int pair[2], status = 0, signals = signals_block(&set);

    for (;;) {
        pid_t child;

        was_ready = false;
        if (signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
            exit(1);
        child = fork();
        if (child < 0)
            exit(1);
        if (child == 0) {
            if (ready >= 0)
                close(ready);
            close(pair[0]);
            close(signals);
            sigprocmask(SIG_UNBLOCK, &set, NULL);
            return pair[1];
        }
        close(pair[1]);
        status = child_keep(child, pair[0], signals, &ready);
        close(pair[0]);
        if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || !was_ready))
            exit(WEXITSTATUS(status));
        log_warn(log, "the daemon ended with status 0x%x: starting it again, with %u descriptors", (unsigned)status, kept.count);
        if (!was_ready)
            poll(NULL, 0, PAUSE_MS);
    }
}
