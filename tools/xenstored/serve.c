/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "xenstored/keeper.h"
#include "xenstored/ring.h"
#include "xenstored/server.h"

struct process {
    struct server sv;
    struct keeper_link keeper;
    struct loop_signals signals;
    const struct options *o;
    char **argv;
    FILE *trace;
    struct log trace_log;
    bool all;   /* the keeper has handed over everything */
    int failed; /* a descriptor of its could not be taken */
    int evtchn_fd; /* that it held, or -1 */
};

static struct process *process_of(struct server *sv)
{
    return (struct process *)((char *)sv - offsetof(struct process, sv));
}

/* --- what the store asks for --- */

/* What was answered before a restart is answered again; what was not, is done for all domains together later. */
static int on_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port)
{
    struct server *sv = arg;

    (void)mfn; /* the page is granted */
    if (sv->current->answer == JOURNAL_UNSET)
        sv->current->answer = sv->replaying ? 0 : sv->rings ? rings_introduce(sv->rings, domid, port) : -EINVAL;
    return sv->current->answer;
}

static void on_connected(void *arg, struct conn *c)
{
    struct server *sv = arg;

    if (sv->rings && !sv->replaying)
        rings_connected(sv->rings, c);
}

static void on_disconnected(void *arg, struct conn *c)
{
    (void)arg;
    if (c->link)
        server_detach(c->link);
}

static void on_output(void *arg, struct conn *c)
{
    server_output(arg, c);
}

static void trace_line(void *arg, enum log_level level, const char *text)
{
    (void)level;
    fprintf(arg, "%s\n", text);
    fflush(arg);
}

static int trace_open(struct process *p, const char *path)
{
    FILE *f = fopen(path, "ae");

    if (!f)
        return -errno;
    if (p->trace)
        fclose(p->trace);
    p->trace = f;
    p->trace_log = (struct log){ .fn = trace_line, .arg = f, .max = LOG_LEVEL_INFO };
    p->sv.s->access_log = &p->trace_log;
    return 0;
}

/* The argument number n of a command, or NULL. */
static const char *argument(const void *args, size_t len, unsigned n)
{
    const char *s = NULL;
    size_t pos = 0;

    for (unsigned i = 0; i <= n; i++)
        s = wire_string(args, len, &pos);
    return s;
}

static int control_log(struct process *p, const void *args, size_t len, struct buf *reply)
{
    const char *what = argument(args, len, 0);

    (void)reply;
    if (!what || (strcmp(what, "on") && strcmp(what, "off")))
        return -EINVAL;
    if (!strcmp(what, "on") && !p->trace)
        return trace_open(p, "/dev/null") < 0 ? -EIO : 0;
    p->sv.s->access_log = !strcmp(what, "on") ? &p->trace_log : NULL;
    return 0;
}

static int control_logfile(struct process *p, const void *args, size_t len, struct buf *reply)
{
    const char *path = argument(args, len, 0);

    (void)reply;
    if (!path)
        return -EINVAL;
    return p->sv.replaying || trace_open(p, path) == 0 ? 0 : -EINVAL;
}

/*
 * Stock's client says -f FILE, -c OPTIONS, then -s [-t SECONDS] [-F]; "-a" takes it back. Nothing has to be waited for:
 * also open transactions go on in the next program.
 */
static int control_live_update(struct process *p, const void *args, size_t len, struct buf *reply)
{
    const char *what = argument(args, len, 0), *file = argument(args, len, 1);

    if (!what)
        return -EINVAL;
    if (!strcmp(what, "-f")) {
        if (!file || (!p->sv.replaying && access(file, X_OK) < 0))
            return file ? -ENOENT : -EINVAL;
        free(p->sv.update_program);
        p->sv.update_program = strdup(file);
        return p->sv.update_program ? 0 : -ENOMEM;
    }
    if (!strcmp(what, "-c"))
        return 0;
    if (!strcmp(what, "-a")) {
        free(p->sv.update_program);
        p->sv.update_program = NULL;
        return 0;
    }
    if (strcmp(what, "-s"))
        return -EINVAL;
    if (buf_append(reply, "OK", 2) < 0) /* nothing fails after that */
        return -ENOMEM;
    p->sv.update = !p->sv.replaying;
    return 0;
}

static const struct {
    const char *name;
    int (*fn)(struct process *p, const void *args, size_t len, struct buf *reply);
} commands[] = {
    { "live-update", control_live_update },
    { "log", control_log },
    { "logfile", control_logfile },
};

static int on_control(void *arg, const char *command, const void *args, size_t len, struct buf *reply)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!strcmp(commands[i].name, command))
            return commands[i].fn(process_of(arg), args, len, reply);
    return -ENOSYS;
}

static uint32_t on_figure(void *arg, uint32_t now)
{
    struct server *sv = arg;

    if (sv->current->answer == JOURNAL_UNSET)
        sv->current->answer = (int32_t)now;
    return (uint32_t)sv->current->answer;
}

static const struct store_ops ops = {
    .introduce = on_introduce,
    .connected = on_connected,
    .disconnected = on_disconnected,
    .control = on_control,
    .output = on_output,
    .figure = on_figure,
};

/* --- the keeper --- */

static void keeper_message(struct process *p, const struct keeper_message *m, int fd)
{
    struct conn *c = m->type == KEEPER_CONN ? conn_find(p->sv.s, m->id) : NULL;
    int rc = -EINVAL;

    if (m->type == KEEPER_ALL)
        p->all = true;
    if (m->type == KEEPER_FD && m->id == KEEPER_EVTCHN && fd >= 0 && p->evtchn_fd < 0) {
        p->evtchn_fd = fd;
        return;
    }
    if (m->type == KEEPER_CONN && fd >= 0)
        rc = c ? socket_attach(&p->sv, c, fd) : server_accept(&p->sv, m->id, fd);
    if (rc == -ENOMEM && c) /* it was served before */
        p->failed = rc;
    if (rc < 0 && m->type == KEEPER_CONN && !p->failed) {
        log_err(p->sv.log, "connection %u is refused: %s", m->id, strerror(-rc));
        keeper_link_drop(&p->keeper, m->id);
    }
    if (rc < 0 && fd >= 0)
        close(fd);
}

static void keeper_event(struct loop_fd *src, uint32_t events)
{
    struct process *p = (struct process *)((char *)src - offsetof(struct process, keeper.src));
    struct keeper_message m;
    int fd, rc = keeper_receive(src->fd, &m, &fd, MSG_DONTWAIT);

    (void)events;
    if (rc == 0) {
        keeper_message(p, &m, fd);
    } else if (rc != -EAGAIN) {
        log_err(p->sv.log, "the keeper is gone: if the server is killed now, its clients lose their connections");
        loop_fd_remove(src);
        p->sv.keeper = NULL;
    }
}

static int keeper_begin(struct process *p)
{
    struct keeper_message m;
    int fd, rc = 0;

    p->sv.keeper = &p->keeper;
    p->keeper.src.fd = p->o->server;
    if (p->o->again)
        rc = keeper_send(p->o->server, KEEPER_AGAIN, 0, -1, 0);
    while (rc == 0 && !p->all) {
        rc = keeper_receive(p->o->server, &m, &fd, 0);
        if (rc == 0)
            keeper_message(p, &m, fd);
    }
    if (rc == 0)
        rc = p->failed;
    if (rc == 0)
        rc = loop_fd_add(p->sv.loop, &p->keeper.src, p->o->server, EPOLLIN, keeper_event);
    return rc;
}

/* --- the process --- */

static void signal_came(struct loop_signals *src, int number)
{
    struct process *p = (struct process *)((char *)src - offsetof(struct process, signals));

    (void)number;
    loop_quit(p->sv.loop, 0);
}

/* Of a new store: what was set since then stays. */
static void quotas_set(const struct options *o, struct store *s)
{
    for (enum quota q = 0; q < QUOTA_KINDS; q++) {
        if (o->set[q])
            s->quota[q] = o->quota[q];
        if (o->set_soft[q])
            s->quota_soft[q] = o->quota_soft[q];
    }
}

/* Another program in this process: it finds everything in the journal, and asks the keeper for the descriptors. */
static void live_update(struct process *p)
{
    const char *program = p->sv.update_program ? p->sv.update_program : p->sv.program;
    char server[32], again[] = "--again";
    _cleanup_free_ char **argv = NULL;
    unsigned nr = 0;
    int fd, rc;

    p->sv.update = false;
    rc = server_compact(&p->sv);
    fd = rc == 0 ? dup(p->o->server) : -1;
    while (p->argv[nr])
        nr++;
    argv = calloc(nr + 3, sizeof(*argv));
    if (fd < 0 || !argv || !p->sv.keeper) {
        log_err(p->sv.log, "no live update: %s", p->sv.keeper ? strerror(rc ? -rc : errno) : "there is no keeper");
        return;
    }
    nr = 0;
    for (unsigned i = 0; p->argv[i]; i++)
        if (strncmp(p->argv[i], "--server=", 9) && strcmp(p->argv[i], "--again"))
            argv[nr++] = p->argv[i];
    snprintf(server, sizeof(server), "--server=%d", fd);
    argv[nr++] = server;
    argv[nr++] = again;
    log_info(p->sv.log, "live update: %s", program);
    execv(program, argv);
    log_err(p->sv.log, "%s: %s; the old program goes on", program, strerror(errno));
    close(fd);
}

static int run(struct process *p)
{
    int rc = 0;

    while (rc == 0) {
        rc = loop_run_once(p->sv.loop, -1);
        if (p->sv.update)
            live_update(p);
        if (rc == 0 && loop_quitting(p->sv.loop))
            break;
    }
    return rc;
}

/* Something that may be there another time. */
static bool ran_out(int rc)
{
    return rc == -ENOMEM || rc == -ENOSPC || rc == -EMFILE || rc == -ENFILE;
}

/* Without a hypervisor there are sockets only. 0, or what ran out. */
static int rings_begin(struct process *p)
{
    struct server *sv = &p->sv;
    int rc = rings_open(sv, p->evtchn_fd, &sv->rings);

    if (ran_out(rc))
        return rc;
    if (rc < 0) {
        log_info(sv->log, "no domains: %s", strerror(-rc));
        return 0;
    }
    keeper_send(p->o->server, KEEPER_FD, KEEPER_EVTCHN, rings_evtchn_fd(sv->rings), 0);
    rc = rings_attach_all(sv->rings);
    if (rc < 0)
        return rc;
    rc = p->o->no_domain_init ? 0 : rings_dom0(sv->rings);
    if (rc < 0)
        log_warn(sv->log, "dom0's own ring is not connected: %s", strerror(-rc));
    return 0;
}

/*
 * There is one server: a lock that the kernel takes back when it dies. One that outlived its keeper is told to go; what it
 * did is in the journal.
 */
static int lock_take(const struct options *o)
{
    char path[4096], text[16] = "";
    int fd, n;

    snprintf(path, sizeof(path), "%s/lock", o->rundir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (pread(fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) > 1)
            kill((pid_t)atoi(text), SIGTERM);
        if (flock(fd, LOCK_EX) < 0)
            return -errno;
    }
    n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    return ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0 ? -errno : 0; /* kept open */
}

static int begin(struct process *p)
{
    int rc = lock_take(p->o);

    if (rc == 0)
        rc = loop_new(&p->sv.loop);
    if (rc == 0)
        rc = loop_signals_add(p->sv.loop, &p->signals, (const int[]){ SIGTERM, SIGINT, 0 }, signal_came);
    if (rc == 0)
        rc = server_start(&p->sv, &ops);
    if (rc == 1) {
        quotas_set(p->o, p->sv.s);
        rc = server_compact(&p->sv);
    }
    if (rc < 0)
        return rc;
    if (p->o->trace_file && trace_open(p, p->o->trace_file) < 0)
        log_err(p->sv.log, "%s: %s", p->o->trace_file, strerror(errno));
    rc = keeper_begin(p);
    if (rc < 0)
        return rc;
    rc = rings_begin(p);
    if (rc < 0)
        return rc;
    server_resume(&p->sv);
    return keeper_send(p->o->server, KEEPER_READY, 0, -1, 0);
}

/* Everything that needs a right is open; the journal and the devices are root's own. Programs it starts get none either. */
static int rights_drop(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &header, none) < 0)
        return -errno;
    return 0;
}

int serve(const struct options *o, char **argv, const struct log *log)
{
    static struct process p;
    char path[4096], program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    int rc;

    snprintf(path, sizeof(path), "%s/journal", o->rundir);
    program[n > 0 ? n : 0] = 0;
    p = (struct process){ .o = o, .argv = argv, .evtchn_fd = -1 };
    p.sv.log = log;
    p.sv.journal_path = path;
    p.sv.program = program;
    rc = begin(&p);
    if (rc == 0)
        rc = rights_drop();
    if (rc < 0) {
        log_err(log, "the server cannot start: %s", strerror(-rc));
        return ran_out(rc) ? 1 : 2;
    }
    rc = run(&p);
    p.sv.stopping = true;
    server_stop(&p.sv);
    rings_close(p.sv.rings);
    loop_free(p.sv.loop);
    return rc < 0;
}
