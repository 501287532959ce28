/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/child.h"

#include <errno.h>
#include <fcntl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "light/events.h"
#include "light/store_link.h"

#define TEXT_KEPT 512
#define NOT_EXECUTED 127 /* as a shell's */

struct light_process {
    libxl_ctx *ctx;
    pid_t pid;
    struct light_child *child; /* NULL: nobody waits for it any more */
    bool released;             /* it outlives the context */
    struct loop_fd pidfd;      /* loop NULL: the program says when it has ended */
    struct loop_fd output;     /* what it prints; loop NULL: it has closed it */
    char text[TEXT_KEPT];      /* the last of that, ends with NUL */
    size_t len;
    LIST_ENTRY(light_process) link;
};

static libxl_sigchld_owner owner_of(const libxl_ctx *ctx)
{
    return ctx->child_hooks ? ctx->child_hooks->chldowner : libxl_sigchld_owner_libxl;
}

/* --- what it prints --- */

static void output_close(struct light_process *p)
{
    if (!p->output.loop)
        return;
    loop_fd_remove(&p->output);
    close(p->output.fd);
}

/* All that is there now. One that prints without end gets his turn again. */
static void output_ready(struct loop_fd *src, uint32_t events)
{
    struct light_process *p = (struct light_process *)((char *)src - offsetof(struct light_process, output));
    char piece[TEXT_KEPT / 2];
    ssize_t n;

    (void)events;
    for (unsigned i = 0; i < 64; i++) {
        n = read(src->fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && errno != EAGAIN))
            output_close(p);
        if (n <= 0)
            return;
        if (p->len + (size_t)n >= sizeof(p->text)) {
            memmove(p->text, p->text + n, p->len > (size_t)n ? p->len - (size_t)n : 0);
            p->len -= p->len > (size_t)n ? (size_t)n : p->len;
        }
        memcpy(p->text + p->len, piece, (size_t)n);
        p->len += (size_t)n;
        p->text[p->len] = '\0';
    }
}

static const char *last_line(struct light_process *p)
{
    const char *line;

    while (p->len && strchr("\r\n\t ", p->text[p->len - 1]))
        p->text[--p->len] = '\0';
    line = strrchr(p->text, '\n');
    return line ? line + 1 : p->text;
}

/* --- its end --- */

static void process_free(struct light_process *p)
{
    LIST_REMOVE(p, link);
    output_close(p);
    if (p->pidfd.loop) {
        loop_fd_remove(&p->pidfd);
        close(p->pidfd.fd);
    }
    free(p);
}

/* SIGCHLD is the library's always, or as long as it waits for somebody. */
static void sigchld_settle(libxl_ctx *ctx)
{
    struct light_process *p;

    if (owner_of(ctx) != libxl_sigchld_owner_libxl)
        return;
    LIST_FOREACH(p, &ctx->events->processes, link) {
        if (!p->released)
            return;
    }
    sigchld_unwatch(&ctx->events->sigchld);
}

static void process_ended(struct light_process *p, int status)
{
    libxl_ctx *ctx = p->ctx;
    struct light_child *child = p->child;

    if (p->output.loop)
        output_ready(&p->output, EPOLLIN);
    light_log(ctx, XTL_DEBUG, -1, "process %ld has ended, status 0x%x", (long)p->pid, (unsigned)status);
    p->pid = 0;
    if (child) {
        child->process = NULL;
        child->ended(child, status, last_line(p));
    }
    process_free(p);
    sigchld_settle(ctx);
}

/* Whether it has ended; then it is gone. */
static bool process_reap(struct light_process *p)
{
    int status;
    pid_t got;

    do
        got = waitpid(p->pid, &status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    process_ended(p, got < 0 ? -1 : status);
    return true;
}

static void pidfd_ready(struct loop_fd *src, uint32_t events)
{
    (void)events;
    process_reap((struct light_process *)((char *)src - offsetof(struct light_process, pidfd)));
}

static struct light_process *process_find(libxl_ctx *ctx, pid_t pid)
{
    struct light_process *p;

    LIST_FOREACH(p, &ctx->events->processes, link) {
        if (p->pid == pid)
            break;
    }
    return p;
}

/* --- its beginning --- */

/* Neither of these becomes the child's standard input or output by itself. */
static int above_stdio(int fd)
{
    int high;

    if (fd < 0)
        return -errno;
    if (fd > STDERR_FILENO)
        return fd;
    high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high < 0)
        high = -errno;
    close(fd);
    return high;
}

/* The program's environment with the wish's settings before it: the first of a name counts for getenv(). */
static char **environment(const char *const *more)
{
    size_t n = 0, added = 0;
    char **env;

    while (more && more[added])
        added++;
    while (environ && environ[n])
        n++;
    env = calloc(n + added + 1, sizeof(*env));
    if (!env)
        return NULL;
    for (size_t i = 0; i < added; i++)
        env[i] = (char *)more[i];
    for (size_t i = 0, at = added; i < n; i++) {
        const char *equals = strchr(environ[i], '=');
        size_t len = equals ? (size_t)(equals - environ[i]) + 1 : strlen(environ[i]), k;

        for (k = 0; k < added && strncmp(more[k], environ[i], len); k++)
            ;
        if (k == added)
            env[at++] = environ[i];
    }
    return env;
}

/* What comes while all are blocked is for the new program, not for a handler of the old one's. */
static void signals_default(void)
{
    const struct sigaction plain = { .sa_handler = SIG_DFL };
    struct sigaction now;

    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL)
            sigaction(number, &plain, NULL);
    sigaction(SIGPIPE, &plain, NULL);
    sigaction(SIGCHLD, &plain, NULL);
}

static void give_up(int report, const char *cannot, const char *what) __attribute__((noreturn));

static void give_up(int report, const char *cannot, const char *what)
{
    const char *why = strerrordesc_np(errno), *const parts[] = { cannot, what, ": ", why ? why : "?" };

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        (void)!write(report, parts[i], strlen(parts[i]));
    _exit(NOT_EXECUTED);
}

/* In the child: other threads' locks are held for ever here, so nothing is allocated. */
static void become(const struct light_child_wish *wish, char **env, int null, int out, int report)
{
    const char *what;
    sigset_t none;

    setsid();
    signals_default();
    dup2(wish->terminal ? wish->terminal : null, STDIN_FILENO);
    dup2(wish->terminal ? wish->terminal : out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (wish->terminal)
        ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    what = wish->restricted.uid ? light_restrict_enter(&wish->restricted) : NULL;
    if (what)
        give_up(report, "cannot be restricted: ", what);
    execvpe(wish->argv[0], (char *const *)wish->argv, env);
    give_up(report, "cannot be executed", "");
}

/* Signals come to handlers of the program's before or after, not to those in the child. */
static pid_t fork_quietly(libxl_ctx *ctx, sigset_t *before)
{
    const libxl_childproc_hooks *hooks = ctx->child_hooks;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
    return hooks && hooks->fork_replacement ? hooks->fork_replacement(ctx->child_user) : fork();
}

static int process_fork(struct light_process *p, const struct light_child_wish *wish, int report)
{
    char **env _cleanup_free_ = environment(wish->env);
    int null _cleanup_close_ = above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
    int log _cleanup_close_ = wish->log ? above_stdio(open(wish->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) : -1;
    sigset_t before;
    int rc;

    if (!env)
        return -ENOMEM;
    if (null < 0 || (wish->log && log < 0))
        return null < 0 ? null : log;
    p->pid = fork_quietly(p->ctx, &before);
    if (p->pid == 0)
        become(wish, env, null, wish->log ? log : report, report);
    rc = p->pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* One that cannot be watched has to go at once. */
static int process_watch(struct light_process *p)
{
    struct loop *loop = p->ctx->events->loop;
    int fd, rc;

    if (owner_of(p->ctx) == libxl_sigchld_owner_mainloop)
        return 0;
    fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    rc = fd < 0 ? -errno : loop_fd_add(loop, &p->pidfd, fd, EPOLLIN, pidfd_ready);
    if (rc == 0)
        return 0;
    if (fd >= 0)
        close(fd);
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    return rc;
}

static void reap_all(struct loop_fd *src, uint32_t events);

static int begin(libxl_ctx *ctx, struct light_process *p, const struct light_child_wish *wish)
{
    struct light_events *e = ctx->events;
    int ends[2], rc = 0;

    if (owner_of(ctx) != libxl_sigchld_owner_mainloop && !e->sigchld.loop)
        rc = sigchld_watch(e->loop, &e->sigchld, reap_all);
    if (rc < 0)
        return rc;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    ends[0] = above_stdio(ends[0]);
    ends[1] = above_stdio(ends[1]);
    rc = ends[0] < 0 ? ends[0] : ends[1] < 0 ? ends[1] : 0;
    if (rc == 0)
        rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : loop_fd_add(e->loop, &p->output, ends[0], EPOLLIN, output_ready);
    if (rc < 0 && ends[0] >= 0)
        close(ends[0]);
    if (rc == 0)
        rc = process_fork(p, wish, ends[1]);
    if (ends[1] >= 0)
        close(ends[1]);
    return rc < 0 ? rc : process_watch(p);
}

int light_child_start(libxl_ctx *ctx, struct light_child *child, const struct light_child_wish *wish,
                      void (*ended)(struct light_child *child, int status, const char *said))
{
    struct light_events *e = light_events(ctx);
    struct light_process *p = e ? calloc(1, sizeof(*p)) : NULL;
    int rc;

    if (!p)
        return -ENOMEM;
    p->ctx = ctx;
    LIST_INSERT_HEAD(&e->processes, p, link);
    rc = begin(ctx, p, wish);
    if (rc < 0) {
        process_free(p);
        sigchld_settle(ctx);
        return rc;
    }
    p->child = child;
    child->process = p;
    child->what = wish->what;
    child->ended = ended;
    light_log(ctx, XTL_DEBUG, -1, "%s: process %ld: %s", wish->what, (long)p->pid, wish->argv[0]);
    return 0;
}

/* --- while it is there --- */

pid_t light_child_pid(const struct light_child *child)
{
    return child->process ? child->process->pid : 0;
}

/* Its session too: what a script has started. It may not have one yet. */
static void process_kill(const struct light_process *p)
{
    kill(-p->pid, SIGKILL);
    kill(p->pid, SIGKILL);
}

void light_child_kill(struct light_child *child)
{
    if (!child->process)
        return;
    process_kill(child->process);
    child->process->child = NULL;
    child->process = NULL;
}

void light_child_release(struct light_child *child)
{
    struct light_process *p = child->process;

    if (!p)
        return;
    p->released = true;
    p->child = NULL;
    child->process = NULL;
    sigchld_settle(p->ctx);
}

void light_children_free(libxl_ctx *ctx)
{
    struct light_process *p, *next;

    for (p = LIST_FIRST(&ctx->events->processes); p; p = next) {
        next = LIST_NEXT(p, link);
        if (!p->released) {
            process_kill(p);
            if (p->pidfd.loop)
                waitpid(p->pid, NULL, 0);
        }
        process_free(p);
    }
    sigchld_unwatch(&ctx->events->sigchld);
}

/* --- as a step --- */

const char *light_child_verdict(struct op *op, const struct light_child *child, int status, const char *said)
{
    const char *colon = said[0] ? ": " : "", *text = NULL;
    struct arena *arena = &op->arena;

    if (status == 0)
        return NULL;
    if (status == -1)
        text = arena_printf(arena, "%s: another part of this program has taken note of its end", child->what);
    else if (WIFSIGNALED(status))
        text = arena_printf(arena, "%s was ended by a signal, %s%s%s", child->what, strsignal(WTERMSIG(status)), colon, said);
    else if (WEXITSTATUS(status) == NOT_EXECUTED && said[0])
        text = arena_printf(arena, "%s %s", child->what, said);
    else
        text = arena_printf(arena, "%s has failed with exit status %d%s%s", child->what, WEXITSTATUS(status), colon, said);
    return text ? text : child->what;
}

static void step_ended(struct light_child *child, int status, const char *said)
{
    const char *failed = light_child_verdict(child->op, child, status, said);

    op_step_done(child->op, failed ? op_fail(child->op, ERROR_FAIL, "%s", failed) : 0);
}

int light_child_step(struct op *op, libxl_ctx *ctx, struct light_child *child, const struct light_child_wish *wish)
{
    int rc = light_child_start(ctx, child, wish, step_ended);

    child->op = op;
    return rc < 0 ? op_fail(op, ERROR_FAIL, "%s cannot be started: %s", wish->what, strerror(-rc)) : OP_WAITS;
}

int light_child_seconds(struct op *op, const char *variable, unsigned otherwise, unsigned *ret_seconds)
{
    const char *text = getenv(variable);
    unsigned long seconds;
    char *end;

    *ret_seconds = otherwise;
    if (!text)
        return 0;
    errno = 0;
    seconds = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || seconds > INT_MAX)
        return op_fail(op, ERROR_INVAL, "%s=%s is not a number of seconds", variable, text);
    *ret_seconds = (unsigned)seconds;
    return 0;
}

/* --- what programs say about children --- */

/* Another's, which only the program can know. */
static void reaped_other(libxl_ctx *ctx, pid_t pid, int status)
{
    const libxl_childproc_hooks *hooks = ctx->child_hooks;
    int rc = hooks && hooks->reaped_callback ? hooks->reaped_callback(pid, status, ctx->child_user) : ERROR_UNKNOWN_CHILD;

    if (rc == ERROR_UNKNOWN_CHILD)
        libxl_report_child_exitstatus(ctx, XTL_WARN, "an unknown child process", pid, status);
    else if (rc)
        light_disaster(ctx, 0, 0, "the program's reaped_callback has failed");
}

/*
 * Our own are found by their pidfds. Others' are reaped for a program that asks for it, by its callback or by saying that the
 * library does it always.
 */
static void reap_all(struct loop_fd *src, uint32_t events)
{
    struct light_events *e = (struct light_events *)((char *)src - offsetof(struct light_events, sigchld));
    libxl_ctx *ctx = e->log.arg;
    libxl_sigchld_owner owner = owner_of(ctx);
    struct light_process *p;
    int status;
    pid_t pid;

    (void)events;
    if (owner != libxl_sigchld_owner_libxl_always &&
        (owner != libxl_sigchld_owner_libxl || !ctx->child_hooks || !ctx->child_hooks->reaped_callback))
        return;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        p = process_find(ctx, pid);
        if (p)
            process_ended(p, status);
        else
            reaped_other(ctx, pid, status);
    }
}

void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user)
{
    libxl_sigchld_owner owner;
    struct light_events *e;

    pthread_mutex_lock(&ctx->lock);
    e = light_events(ctx);
    if (!e)
        light_no_memory(ctx);
    ctx->child_hooks = hooks;
    ctx->child_user = user;
    sigchld_unwatch(&e->sigchld);
    owner = owner_of(ctx);
    if ((owner == libxl_sigchld_owner_libxl_always || owner == libxl_sigchld_owner_libxl_always_selective_reap) &&
        (light_os_register(ctx) || sigchld_watch(e->loop, &e->sigchld, reap_all) < 0))
        light_disaster(ctx, 0, 0, "SIGCHLD cannot be watched");
    light_leave(ctx);
}

int libxl_childproc_reaped(libxl_ctx *ctx, pid_t pid, int status)
{
    struct light_process *p;

    pthread_mutex_lock(&ctx->lock);
    p = ctx->events ? process_find(ctx, pid) : NULL;
    if (p)
        process_ended(p, status);
    light_leave(ctx);
    return p ? 0 : ERROR_UNKNOWN_CHILD;
}

/* Whom an end makes begin or end is beside the list then: from the start again. */
void libxl_childproc_sigchld_occurred(libxl_ctx *ctx)
{
    struct light_process *p;

    pthread_mutex_lock(&ctx->lock);
    do {
        p = ctx->events ? LIST_FIRST(&ctx->events->processes) : NULL;
        while (p && !process_reap(p))
            p = LIST_NEXT(p, link);
    } while (p);
    light_leave(ctx);
}

/* The connections are the parent's: closed here, they end when he ends. */
void libxl_postfork_child_noexec(libxl_ctx *ctx)
{
    sigchld_forget();
    light_store_forget(ctx);
}
