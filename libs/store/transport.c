/* SPDX-License-Identifier: LGPL-2.1-only */
#include "store/transport.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>

#define XENBUS_DEVICE "/dev/xen/xenbus"
#define XENBUS_PROC "/proc/xen/xenbus" /* kernels before 3.3 */

const char *xs_daemon_rundir(void)
{
    const char *dir = getenv("XENSTORED_RUNDIR");

    return dir ? dir : RUNSTATEDIR "/xenstored";
}

const char *xs_daemon_socket(void)
{
    static _Thread_local char path[PATH_MAX];
    const char *env = getenv("XENSTORED_PATH");

    if (env)
        return env;
    if ((size_t)snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir()) >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return path;
}

const char *xs_daemon_socket_ro(void)
{
    return xs_daemon_socket();
}

static int open_socket(const char *path, struct transport *ret_transport)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        int rc = -errno;

        close(fd);
        return rc;
    }
    *ret_transport = (struct transport){ .fd = fd, .is_socket = true };
    return 0;
}

static int open_path(const char *path, struct transport *ret_transport)
{
    struct stat st;
    int fd;

    if (stat(path, &st))
        return -errno;
    if (S_ISSOCK(st.st_mode))
        return open_socket(path, ret_transport);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_transport = (struct transport){ .fd = fd, .is_socket = false };
    return 0;
}

int transport_open(struct transport *ret_transport)
{
    const char *path = xs_daemon_socket();
    int rc = path ? open_path(path, ret_transport) : -errno;
    int device_rc;

    /* A socket that nobody listens at any more: the store was here and has died. Its kernel would wait for it for ever. */
    if (rc == 0 || rc == -ECONNREFUSED)
        return rc;
    device_rc = open_path(access(XENBUS_DEVICE, F_OK) ? XENBUS_PROC : XENBUS_DEVICE, ret_transport);
    if (device_rc == 0)
        return 0;
    return device_rc == -ENOENT ? rc : device_rc;
}

ssize_t transport_send(const struct transport *t, const void *data, size_t len)
{
    ssize_t n = t->is_socket ? send(t->fd, data, len, MSG_NOSIGNAL) : write(t->fd, data, len);

    return n < 0 ? -errno : n;
}

ssize_t transport_receive(const struct transport *t, void *data, size_t len)
{
    ssize_t n = read(t->fd, data, len);

    return n < 0 ? -errno : n;
}

void transport_close(struct transport *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}
