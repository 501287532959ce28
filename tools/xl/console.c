/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes beside this one that show a console or a screen: the programs that libxl has for it. */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xl/create.h"

static void show(struct xl *xl, uint32_t domid, int notify) __attribute__((noreturn));

static void show(struct xl *xl, uint32_t domid, int notify)
{
    int rc = xl_context_of_child(xl);

    if (rc)
        _exit(rc);
    rc = libxl_primary_console_exec(xl->ctx, domid, notify);
    xl_fail_rc(xl, rc, "domain %u: its console is not shown", domid);
    _exit(1);
}

/* The program writes a byte when it reads the console: nothing that the domain says from then on is missed. */
static bool shown(int fd)
{
    char byte;
    ssize_t n;

    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

pid_t console_start(struct xl *xl, uint32_t domid)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) < 0) {
        xl_fail(xl, "domain %u: its console is not shown: %m", domid);
        return 0;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        show(xl, domid, ends[1]);
    }
    close(ends[1]);
    if (pid < 0)
        xl_fail(xl, "domain %u: its console is not shown: %m", domid);
    else if (!shown(ends[0]))
        xl_fail(xl, "domain %u: its console is not shown; xl console shows it later", domid);
    close(ends[0]);
    return pid < 0 ? 0 : pid;
}

void viewer_start(struct xl *xl, uint32_t domid, bool password)
{
    pid_t pid;
    int rc;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        xl_fail(xl, "domain %u: its screen is not shown: %m", domid);
    if (pid)
        return;
    rc = xl_context_of_child(xl);
    if (rc)
        _exit(rc);
    rc = libxl_vncviewer_exec(xl->ctx, domid, password);
    xl_fail_rc(xl, rc, "domain %u: its screen is not shown; xl vncviewer shows it later", domid);
    _exit(1);
}

void console_wait(pid_t console)
{
    while (console > 0 && waitpid(console, NULL, 0) < 0)
        if (errno != EINTR)
            break;
}
