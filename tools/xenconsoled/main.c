/* SPDX-License-Identifier: GPL-2.0-only */
/* xenconsoled: options, becoming a daemon, and the loop. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/daemon.h"
#include "public/xen.h"
#include "xenconsoled/console.h"
#include "xenconsoled/domain.h"
#include "xenconsoled/keep.h"
#include "xenconsoled/options.h"
#include "xenconsoled/registry.h"
#include "xenconsoled/sluice.h"

#define PORTS_AT_ONCE 64u
#define HV_CHUNKS 1024u /* more than the log of any hypervisor has */

static void log_start(struct daemon *daemon)
{
    daemon->log = (struct log){ .fn = daemon->options.interactive ? log_to_stderr : log_to_syslog, .max = LOG_LEVEL_WARN };
    if (daemon->options.verbose)
        daemon->log.max = LOG_LEVEL_DEBUG;
    if (!daemon->options.interactive)
        openlog("xenconsoled", LOG_PID, LOG_DAEMON);
}

/* --- events --- */

static void hv_event(struct daemon *daemon)
{
    for (unsigned i = 0; i < HV_CHUNKS && daemon->hv && console_pump(daemon->hv) > 0; i++)
        ;
    if (daemon->hv_port)
        ctrl_evtchn_unmask(daemon->evtchn, daemon->hv_port);
}

static void evtchn_ready(struct loop_fd *src, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)src - offsetof(struct daemon, evtchn_src));
    uint32_t ports[PORTS_AT_ONCE];
    int n = ctrl_evtchn_pending(daemon->evtchn, ports, PORTS_AT_ONCE);

    (void)events;
    if (n < 0) { /* without events there is nothing to do for us: a new start binds all anew, and loses nothing */
        log_err(&daemon->log, "event channels: %s", strerror(-n));
        loop_quit(daemon->loop, n);
    }
    for (int i = 0; i < n; i++) {
        struct console *console = wire_console(daemon, ports[i]);

        if (console)
            console_event(console);
        else if (ports[i] == daemon->hv_port)
            hv_event(daemon);
    }
}

static void inotify_ready(struct loop_fd *src, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)src - offsetof(struct daemon, inotify_src));
    char buffer[4096] __attribute__((aligned(8)));
    ssize_t length = read(src->fd, buffer, sizeof(buffer));

    (void)events;
    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);

        for (struct console *console = daemon->consoles; console; console = console->next)
            if (console->pty.watch == event->wd) {
                console_pty_client(console, event->mask);
                break;
            }
        at += (ssize_t)(sizeof(*event) + event->len);
    }
}

static void signal_came(struct loop_signals *src, int number)
{
    struct daemon *daemon = (struct daemon *)((char *)src - offsetof(struct daemon, signals));

    if (number != SIGHUP) {
        loop_quit(daemon->loop, 0);
        return;
    }
    for (struct console *console = daemon->consoles; console; console = console->next)
        console_reopen_log(console);
}

/* --- start --- */

static void inotify_start(struct daemon *daemon)
{
    daemon->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (daemon->inotify >= 0 &&
        loop_fd_add(daemon->loop, &daemon->inotify_src, daemon->inotify, EPOLLIN, inotify_ready) < 0) {
        close(daemon->inotify);
        daemon->inotify = -1;
    }
    if (daemon->inotify < 0)
        log_warn(&daemon->log, "no inotify: terminals are written to whether or not somebody reads them");
}

static int devices_start(struct daemon *daemon)
{
    int err = ctrl_transport->evtchn_open(&daemon->evtchn);

    if (!err)
        err = ctrl_transport->gnttab_open(&daemon->gnttab);
    if (!err)
        err = ctrl_transport->priv_open(&daemon->priv);
    if (!err)
        err = loop_fd_add(daemon->loop, &daemon->evtchn_src, daemon->evtchn->fd, EPOLLIN, evtchn_ready);
    return err;
}

static void hv_start(struct daemon *daemon)
{
    int err;

    if (!daemon->options.log_hv)
        return;
    daemon->hv = console_new_hv(daemon);
    if (!daemon->hv)
        return;
    console_reopen_log(daemon->hv);
    err = ctrl_evtchn_bind_virq(daemon->evtchn, VIRQ_CON_RING, &daemon->hv_port);
    if (err)
        log_err(&daemon->log, "VIRQ_CON_RING: %s", strerror(-err));
    hv_event(daemon);
}

static void files_raise(struct daemon *daemon)
{
    struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };

    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    log_warn(&daemon->log, "%llu files at most: enough for %llu consoles", (unsigned long long)limit.rlim_cur,
             (unsigned long long)limit.rlim_cur / 4);
}

static int folder_make(const char *path)
{
    char part[PATH_MAX];

    if ((size_t)snprintf(part, sizeof(part), "%s", path) >= sizeof(part))
        return -ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(part, 0755);
        *slash = '/';
    }
    return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* An earlier daemon's, or a new one. */
static int sluice_get(struct daemon *daemon, const char *name)
{
    int fd = keep_take(name);

    if (fd >= 0)
        return fd;
    daemon->sluices_kept = false;
    fd = sluice_open(daemon->options.run_folder);
    if (fd < 0) {
        log_warn(&daemon->log, "no pipe: %s; what is typed and shown in the moment of our death may be lost or come twice",
                 strerror(-fd));
        return -1;
    }
    keep_fd(name, fd);
    return fd;
}

static int daemon_start(struct daemon *daemon)
{
    int err = loop_new(&daemon->loop);

    signal(SIGPIPE, SIG_IGN);
    if (!err)
        err = loop_signals_add(daemon->loop, &daemon->signals, (const int[]){ SIGTERM, SIGINT, SIGHUP, 0 }, signal_came);
    if (!err)
        err = folder_make(daemon->options.run_folder);
    if (!err)
        err = devices_start(daemon);
    if (err)
        return err;
    files_raise(daemon);
    inotify_start(daemon);
    hv_start(daemon);
    daemon->sluices_kept = true;
    daemon->sluice_in = sluice_get(daemon, "sluice-in");
    daemon->sluice_out = sluice_get(daemon, "sluice-out");
    console_load(daemon);
    domains_look(daemon);
    registry_start(daemon);
    err = server_start(daemon);
    if (err)
        log_err(&daemon->log, "%s: %s: only terminals, no history for clients", daemon->options.run_folder, strerror(-err));
    return 0;
}

static void daemon_stop(struct daemon *daemon)
{
    domains_stop(daemon);
    registry_stop(daemon);
    server_stop(daemon);
    while (daemon->consoles)
        console_free(daemon->consoles);
    ctrl_evtchn_close(daemon->evtchn);
    ctrl_gnttab_close(daemon->gnttab);
    ctrl_priv_close(daemon->priv);
    free(daemon->by_port);
    if (daemon->sluice_in >= 0)
        close(daemon->sluice_in);
    if (daemon->sluice_out >= 0)
        close(daemon->sluice_out);
    loop_free(daemon->loop);
}

/* --- becoming a daemon --- */

/* Held locked for as long as the process that it names lives. */
static int pid_file_write(const char *path)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char text[16];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETLK, &lock) < 0 || ftruncate(fd, 0) < 0 || write(fd, text, (size_t)length) != length) {
        int err = -errno;

        close(fd);
        return err;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    int err, ready = -1, keeper = -1;

    err = options_parse(argc, argv, &daemon.options);
    if (err)
        return err < 0 ? 1 : 0;
    log_start(&daemon);
    if (!daemon.options.interactive) {
        ready = daemon_background();
        if (ready < 0)
            return 1;
        umask(022);
        daemon_null_stdio();
    }
    if (daemon.options.pid_file) {
        err = pid_file_write(daemon.options.pid_file);
        if (err) {
            log_err(&daemon.log, "%s: %s", daemon.options.pid_file, strerror(-err));
            return 1;
        }
    }
    if (daemon.options.keeper)
        keeper = keeper_run(&daemon.log, ready);
    keep_start(keeper);
    err = daemon_start(&daemon);
    if (err) {
        log_err(&daemon.log, "cannot start: %s", strerror(-err));
        return 1;
    }
    keep_drop_rest(console_lives, &daemon);
    err = keep_notify("READY=1\n");
    if (err) { /* who waits for it would wait for ever */
        log_err(&daemon.log, "cannot say that we are ready: %s", strerror(-err));
        return 1;
    }
    if (keeper < 0 && ready >= 0 && write(ready, "", 1) == 1)
        close(ready);
    err = loop_run(daemon.loop);
    daemon_stop(&daemon);
    return err < 0 ? 1 : 0;
}
