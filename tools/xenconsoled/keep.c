/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xenconsoled/keep_table.h"

#define FIRST_LISTEN_FD 3

static struct keep_table table;
static int notify_socket = -1;

/* systemd's socket is an address in the environment; the keeper's is there already. */
static int notify_connect(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = 0;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '/'))) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

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
    notify_socket = notify_connect();
    listen_fds_take();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static void notify_send(const char *text, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct cmsghdr *header;

    if (notify_socket < 0)
        return;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    while (sendmsg(notify_socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
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

void keep_notify(const char *state)
{
    notify_send(state, -1);
}
