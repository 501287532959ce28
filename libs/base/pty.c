/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int close_failed(int fd)
{
    int rc = -errno;

    close(fd);
    return rc;
}

int pty_open_master(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (master < 0)
        return -errno;
    return grantpt(master) < 0 || unlockpt(master) < 0 ? close_failed(master) : master;
}

int pty_open_slave(int master, char name[PTY_NAME_MAX])
{
    struct termios raw;
    int slave;

    errno = ptsname_r(master, name, PTY_NAME_MAX);
    if (errno)
        return -errno;
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return -errno;
    if (tcgetattr(slave, &raw) < 0)
        return close_failed(slave);
    cfmakeraw(&raw);
    return tcsetattr(slave, TCSANOW, &raw) < 0 ? close_failed(slave) : slave;
}
