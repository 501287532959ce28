/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct pty none = PTY_NONE;

/* The slave's settings last as long as somebody has it open: that is us. */
static int slave_open(struct pty *pty)
{
    pty->slave = pty_open_slave(pty->master, pty->name);
    return pty->slave < 0 ? pty->slave : 0;
}

int pty_new(struct pty *pty)
{
    int err;

    *pty = none;
    pty->master = pty_open_master();
    if (pty->master < 0)
        return pty->master;
    err = slave_open(pty);
    if (err)
        pty_close(pty);
    return err;
}

int pty_adopt(struct pty *pty, int master)
{
    int err;

    *pty = none;
    pty->master = master;
    err = fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ? -errno : slave_open(pty);
    if (err)
        pty_close(pty);
    else
        pty->clients = 1;
    return err;
}

void pty_close(struct pty *pty)
{
    if (pty->slave >= 0)
        close(pty->slave);
    if (pty->master >= 0)
        close(pty->master);
    *pty = none;
}

void pty_watch(struct pty *pty, int inotify)
{
    pty->watch = inotify < 0 ? -1 : inotify_add_watch(inotify, pty->name, IN_OPEN | IN_CLOSE);
    if (pty->watch < 0)
        pty->clients = 1;
}

bool pty_watched(struct pty *pty, unsigned mask)
{
    int before = pty->clients;

    if (mask & IN_OPEN)
        pty->clients++;
    if ((mask & IN_CLOSE) && pty->clients > 0)
        pty->clients--;
    return (pty->clients > 0) != (before > 0);
}

bool pty_drained(const struct pty *pty)
{
    int unread = 0;

    return pty->slave < 0 || ioctl(pty->slave, FIONREAD, &unread) < 0 || unread == 0;
}
