/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's lock, that stock's xl takes too: a record lock on xl.conf's lockfile. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "xl/xl.h"

int lock_take(struct xl *xl)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int rc, fd = open(xl->conf.lockfile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        xl_fail(xl, "the lock %s cannot be opened: %m", xl->conf.lockfile);
        return -1;
    }
    do
        rc = fcntl(fd, F_SETLKW, &whole);
    while (rc < 0 && errno == EINTR);
    if (rc == 0)
        return fd;
    xl_fail(xl, "the lock %s cannot be taken: %m", xl->conf.lockfile);
    close(fd);
    return -1;
}
