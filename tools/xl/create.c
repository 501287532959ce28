/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "base/daemon.h"
#include "xl/interrupt.h"
#include "xl/timing.h"

/* --- making it --- */

/* A boot loader talks on the console before the domain is made: show it then already. */
static void console_available(libxl_ctx *ctx, libxl_event *event, void *arg)
{
    struct life *life = arg;

    if (!life->console)
        life->console = console_start(life->xl, event->domid);
    libxl_event_free(ctx, event);
}

static int make(struct life *life)
{
    const libxl_asyncprogress_how console_how = { .callback = console_available, .for_callback = life };
    struct xl *xl = life->xl;
    struct interrupt interrupt;
    int rc;

    if (interrupt_begin(&interrupt, xl))
        return EXIT_NOT_CREATED;
    rc = libxl_domain_create_new(xl->ctx, &life->config, &life->domid, &interrupt.how, life->wish.console ? &console_how : NULL);
    rc = interrupt_end(&interrupt, rc);
    if (!rc)
        return 0;
    timing_end(xl, life->config.c_info.name, life->domid);
    if (rc == ERROR_ABORTED || rc == ERROR_BADFAIL)
        xl_fail_rc(xl, rc, "%s was not created", life->config.c_info.name);
    else
        xl_fail(xl, "%s was not created", life->config.c_info.name); /* the cause was said before */
    return EXIT_NOT_CREATED;
}

/*
 * Two at once may not count on the same memory of dom0's: only then is the lock held while a domain is made. Else each
 * claims its memory from the hypervisor, and any number are made at once.
 */
static int make_with_room(struct life *life)
{
    int lock _cleanup_close_ = -1;
    int status;

    if (!room_is_made(life->xl))
        return make(life);
    lock = lock_take(life->xl);
    if (lock < 0)
        return EXIT_NOT_CREATED;
    status = room_make(life->xl, &life->config);
    return status ? status : make(life);
}

int life_begin(struct life *life)
{
    struct xl *xl = life->xl;
    int rc, vcpu;

    if (!life->wish.ignore_masks && !conf_apply_masks(xl->ctx, &xl->conf, &life->config, &vcpu)) {
        xl_fail(xl, "vCPU %d may run on no CPU that xl.conf's masks allow; --ignore-global-affinity-masks is without them", vcpu);
        return EXIT_NOT_CREATED;
    }
    rc = make_with_room(life);
    if (rc)
        return rc;
    if (life->wish.console && !life->console)
        life->console = console_start(xl, life->domid);
    rc = life->wish.paused ? 0 : libxl_domain_unpause(xl->ctx, life->domid, NULL);
    timing_end(xl, life->config.c_info.name, life->domid);
    if (!rc && life->wish.viewer)
        viewer_start(xl, life->domid, life->wish.password);
    if (!rc)
        return 0;
    xl_fail_rc(xl, rc, "%s was created, and could not be unpaused", life->config.c_info.name);
    libxl_domain_destroy(xl->ctx, life->domid, NULL);
    return EXIT_NOT_CREATED;
}

/* --- looking after it, in the background --- */

/* Standard output and errors go to /var/log/xen/xl-NAME.log, as stock's xl has it. */
static int log_open(struct life *life)
{
    char *name _cleanup_free_ = NULL, *path _cleanup_free_ = NULL;
    int fd _cleanup_close_ = -1;

    if (asprintf(&name, "xl-%s", life->config.c_info.name) < 0)
        return xl_fail(life->xl, "no memory");
    if (libxl_create_logfile(life->xl->ctx, name, &path))
        return xl_fail(life->xl, "there is no log file for %s", life->config.c_info.name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return xl_fail(life->xl, "the log %s cannot be opened: %m", path);
    daemon_null_stdio();
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    return 0;
}

static int pidfile_write(struct life *life)
{
    const char *path = life->wish.pidfile;
    FILE *file = path ? fopen(path, "we") : NULL;
    bool ok = file && fprintf(file, "%ld\n", (long)getpid()) > 0;

    if (!path)
        return 0;
    if (file && fclose(file))
        ok = false;
    return ok ? 0 : xl_fail(life->xl, "the file %s for the process's number cannot be written: %m", path);
}

static void daemon_main(struct life *life) __attribute__((noreturn));

/* What is said before the log is there goes to the terminal. */
static void daemon_main(struct life *life)
{
    int ready = daemon_background(), status;
    char zero = 0;

    if (ready < 0)
        exit(xl_fail(life->xl, "no process to look after %s: %s", life->config.c_info.name, strerror(-ready)));
    life->console = 0; /* the parent's child */
    logger_show_all(life->xl);
    status = xl_context_of_child(life->xl);
    if (!status)
        status = pidfile_write(life);
    if (!status)
        status = log_open(life);
    if (status)
        exit(status);
    (void)!write(ready, &zero, 1); /* who waits for it is gone: fine */
    close(ready);
    exit(life_watch(life));
}

/* The domain runs on whether it can be looked after or not. */
static int attend(struct life *life)
{
    pid_t pid;
    int status;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        daemon_main(life);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            break;
    if (pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
        return 0;
    return xl_fail(life->xl, "%s runs, but nobody waits for its end: xl destroy it then", life->config.c_info.name);
}

int life_lead(struct life *life)
{
    const struct create_wish *wish = &life->wish;
    int status = life_begin(life);

    if (status) {
        console_wait(life->console); /* it ends with the domain */
        return status;
    }
    if (wish->foreground && !wish->unattended)
        return pidfile_write(life) ? 1 : life_watch(life);
    if (!wish->unattended)
        status = attend(life);
    console_wait(life->console);
    return status;
}
