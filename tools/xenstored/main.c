/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstored: the keeper, and the server that it starts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/daemon.h"
#include "xenstored/keeper.h"
#include "xenstored/options.h"
#include "xenstored/serve.h"

#define BACKLOG 1024

static struct log log_of(const struct options *o)
{
    struct log log = { .fn = o->no_fork ? log_to_stderr : log_to_syslog, .max = o->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO };

    if (!o->no_fork)
        openlog("xenstored", 0, LOG_DAEMON);
    return log;
}

/* --- the keeper's setup --- */

static bool somebody_listens(const struct sockaddr_un *addr)
{
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0;
}

static int socket_listen(const char *rundir)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    const char *path = getenv("XENSTORED_PATH");
    int n, fd;

    n = path ? snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path)
             : snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", rundir);
    if (n < 0 || (size_t)n >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    if (somebody_listens(&addr))
        return -EADDRINUSE;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    unlink(addr.sun_path);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || chmod(addr.sun_path, 0600) < 0 || listen(fd, BACKLOG) < 0) {
        int error = errno;

        close(fd);
        return -error;
    }
    return fd;
}

static void pid_file_write(const char *path, const struct log *log)
{
    FILE *f = path ? fopen(path, "we") : NULL;

    if (!path)
        return;
    if (!f || fprintf(f, "%ld\n", (long)getpid()) < 0)
        log_err(log, "%s: %s", path, strerror(errno));
    if (f)
        fclose(f);
}

struct announce {
    const struct options *o;
    const struct log *log;
    int pipe;
};

static void announce(void *arg)
{
    struct announce *a = arg;

    pid_file_write(a->o->pid_file, a->log);
    if (a->o->output_pid) {
        printf("%ld\n", (long)getpid());
        fflush(stdout);
    }
    if (a->pipe >= 0) {
        if (write(a->pipe, "", 1) < 0)
            log_err(a->log, "%s", strerror(errno));
        close(a->pipe);
        daemon_null_stdio();
    }
}

static int keeper_main(const struct options *o, char **argv)
{
    struct log log = log_of(o);
    struct announce a = { .o = o, .log = &log, .pipe = -1 };
    struct keeper_config config = { .argv = argv, .ready = announce, .ready_arg = &a, .log = &log };
    _cleanup_free_ struct keeper_passed *passed = NULL;
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    if (n < 0) {
        log_err(&log, "/proc/self/exe: %s", strerror(errno));
        return 1;
    }
    program[n] = 0;
    config.program = program;
    if (mkdir(o->rundir, 0755) < 0 && errno != EEXIST) {
        log_err(&log, "%s: %s", o->rundir, strerror(errno));
        return 1;
    }
    config.nr_passed = keeper_passed_take(&passed, &config.listen_fd);
    config.passed = passed;
    if (config.listen_fd < 0)
        config.listen_fd = socket_listen(o->rundir);
    if (config.listen_fd < 0) {
        log_err(&log, "the socket in %s: %s", o->rundir, strerror(-config.listen_fd));
        return 1;
    }
    if (!o->no_fork) {
        a.pipe = daemon_background();
        if (a.pipe < 0)
            return 1;
    }
    return keeper_run(&config);
}

int main(int argc, char **argv)
{
    struct rlimit files = { 65536, 65536 };
    struct options o;
    int rc = options_parse(argc, argv, &o);

    if (rc)
        return rc < 0;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk */
    umask(077);
    setrlimit(RLIMIT_NOFILE, &files); /* without the right, the limit that there is has to do */
    if (o.server < 0)
        return keeper_main(&o, argv);
    fcntl(o.server, F_SETFD, FD_CLOEXEC);
    struct log log = log_of(&o);
    return serve(&o, argv, &log);
}
