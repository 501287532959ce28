/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsole/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/cleanup.h"

static int daemon_connect(void)
{
    const char *folder = getenv("XENCONSOLED_RUNDIR");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd, err;

    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
                         folder ? folder : RUNSTATEDIR "/xenconsoled") >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    err = -errno;
    if (fd >= 0)
        close(fd);
    return err;
}

static int all_write(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, text, n);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            text += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

/* Up to the end of the line, and no byte further. */
static int line_read(int fd, char *line, size_t size)
{
    for (size_t n = 0; n < size; n++) {
        ssize_t got;

        do
            got = read(fd, line + n, 1);
        while (got < 0 && errno == EINTR);
        if (got <= 0)
            return got < 0 ? -errno : -ECONNRESET;
        if (line[n] == '\n') {
            line[n] = 0;
            return 0;
        }
    }
    return -EPROTO;
}

int link_history(const struct console_request *request, uint64_t from, struct console_link *ret_link)
{
    char line[256], mode[3], state[5], start[32] = "", session[40] = "";
    struct console_link link = { .history = true };
    int err;

    link.fd = daemon_connect();
    if (link.fd < 0)
        return link.fd;
    if (from != UINT64_MAX)
        snprintf(start, sizeof(start), " from=%" PRIu64, from);
    if (request->session)
        snprintf(session, sizeof(session), " session=%" PRIu64, request->session);
    snprintf(line, sizeof(line), "attach %s %u%s%s%s\n", request->which, request->number, start,
             request->read_only ? " ro" : "", session);
    err = all_write(link.fd, line, strlen(line));
    if (!err)
        err = line_read(link.fd, line, sizeof(line));
    if (!err) {
        int words = sscanf(line, "ok %" SCNu64 " %2s %4s typed=%" SCNu64, &link.position, mode, state, &link.typed);

        link.comes_back = words == 4;
        err = words < 3 ? -ENOENT : 0;
    }
    if (err) {
        close(link.fd);
        return err;
    }
    link.heard = !strcmp(mode, "rw");
    link.live = !strcmp(state, "live");
    link.to_write = link.live && !request->read_only && strcmp(request->which, "hypervisor") != 0;
    *ret_link = link;
    return 0;
}

int link_list(void)
{
    char text[4096];
    ssize_t n;
    _cleanup_close_ int fd = daemon_connect();
    int err = fd < 0 ? fd : all_write(fd, "list\n", 5);

    if (err)
        return err;
    while ((n = read(fd, text, sizeof(text))) > 0)
        fwrite(text, 1, (size_t)n, stdout);
    return n < 0 ? -errno : 0;
}

static int tty_path(const struct console_request *request, char *path, size_t size)
{
    unsigned number = request->number;
    int domid = request->domid;

    if (!strcmp(request->type, "serial"))
        return snprintf(path, size, "/local/domain/%d/serial/%u/tty", domid, number);
    if (!strcmp(request->type, "vuart"))
        return snprintf(path, size, "/local/domain/%d/vuart/0/tty", domid);
    if (number == 0)
        return snprintf(path, size, "/local/domain/%d/console/tty", domid);
    return snprintf(path, size, "/local/domain/%d/device/console/%u/tty", domid, number);
}

static int tty_open(const char *tty)
{
    struct termios raw;
    int fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && tcgetattr(fd, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(fd, TCSANOW, &raw);
    }
    return fd < 0 ? -errno : fd;
}

/* The store tells when the node changes; until then, or the end of the time, it is waited for. */
static int tty_wait(struct xs_handle *store, const char *path, int seconds, char name[PTY_NAME_MAX])
{
    struct pollfd changed = { .fd = xs_fileno(store), .events = POLLIN };
    time_t end = time(NULL) + seconds;
    int left = seconds, fd = -ENOENT;

    while (left >= 0 && poll(&changed, 1, left * 1000) > 0) {
        unsigned count;
        _cleanup_free_ char *tty = NULL;

        free(xs_read_watch(store, &count));
        tty = xs_read(store, XBT_NULL, path, NULL);
        if (tty && *tty)
            fd = tty_open(tty);
        if (fd >= 0) {
            snprintf(name, PTY_NAME_MAX, "%s", tty);
            return fd;
        }
        left = (int)(end - time(NULL));
    }
    return fd;
}

int link_terminal(const struct console_request *request, int seconds, struct console_link *ret_link)
{
    struct console_link link = { .to_write = true, .heard = true, .live = true };
    struct xs_handle *store;
    char path[128];
    int fd;

    if (request->domid < 0)
        return -ENOENT;
    store = xs_open(0);
    if (!store)
        return -errno;
    tty_path(request, path, sizeof(path));
    fd = xs_watch(store, path, "tty") ? tty_wait(store, path, seconds, link.tty) : -errno;
    xs_close(store);
    if (fd < 0)
        return fd;
    link.fd = fd;
    *ret_link = link;
    return 0;
}

bool link_follows(const struct console_request *request, const char *tty)
{
    struct xs_handle *store = xs_open(0);
    _cleanup_free_ char *now = NULL;
    char path[128];

    if (!store)
        return false;
    tty_path(request, path, sizeof(path));
    now = xs_read(store, XBT_NULL, path, NULL);
    xs_close(store);
    return now && strcmp(now, tty) != 0;
}
