/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes of the library's: as steps, killed, let go of, and reaped by whom the program wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/fault.h"
#include "light/context.h"
#include "light/child.h"
#include "light/events.h"


/* --- an operation of one step, which is a shell's command --- */

struct shell {
    const char *command, *log;
    const char *const *env;
    struct light_child child;
};

static int shell_start(struct op *op)
{
    struct shell *s = op->arg;
    const char *argv[] = { "sh", "-c", s->command, NULL };
    const char *missing[] = { "/nowhere/program", NULL };
    const struct light_child_wish wish = { .what = "the test's command", .argv = s->command ? argv : missing, .env = s->env, .log = s->log };

    return light_child_step(op, ctx, &s->child, &wish);
}

static void shell_stop(struct op *op)
{
    light_child_kill(&((struct shell *)op->arg)->child);
}

static const struct op_step steps[] = { { .name = "running", .start = shell_start, .stop = shell_stop, .seconds = 20 } };

static int shell(struct shell s, const libxl_asyncop_how *how)
{
    struct op *op;

    pthread_mutex_lock(&ctx->lock);
    op = light_op_new(ctx, steps, 1, sizeof(s));
    if (!op) {
        pthread_mutex_unlock(&ctx->lock);
        return ERROR_NOMEM;
    }
    *(struct shell *)op->arg = s;
    op->release = shell_stop;
    return light_op_run(ctx, op, how);
}

static int run(const char *command)
{
    log_text[0] = '\0';
    return shell((struct shell){ .command = command }, NULL);
}

/* --- the environment --- */

static struct sigaction sigchld_now(void)
{
    struct sigaction now;

    sigaction(SIGCHLD, NULL, &now);
    return now;
}

/* Nobody is left, and SIGCHLD is as it was. */
static int teardown(void **state)
{
    if (context_teardown(state))
        return -1;
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD && sigchld_now().sa_handler == SIG_DFL ? 0 : -1;
}

static void no_children(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* --- tests --- */

static void ends_of_a_step(void **state)
{
    (void)state;
    assert_int_equal(run("exit 0"), 0);
    assert_string_equal(log_text, "");
    assert_int_equal(run("echo more; echo the bridge is not there >&2; exit 3"), ERROR_FAIL);
    expect_said("the test's command has failed with exit status 3: the bridge is not there");
    assert_int_equal(run("kill -9 $$"), ERROR_FAIL);
    expect_said("was ended by a signal, Killed");
    assert_int_equal(run("exit 127"), ERROR_FAIL);
    expect_said("exit status 127");
    assert_int_equal(run(NULL), ERROR_FAIL);
    expect_said("the test's command cannot be executed: No such file or directory");
    no_children();
}

static void prints_more_than_is_kept(void **state)
{
    (void)state;
    assert_int_equal(run("i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo line $i; done; exit 1"), ERROR_FAIL);
    expect_said("exit status 1: line 9000\n");
    assert_int_equal(run("printf '%01000d' 7 >&2; exit 1"), ERROR_FAIL);
}

static void what_it_is_given(void **state)
{
    const char *const env[] = { "script_word=given", "PATH=/bin:/usr/bin", NULL };
    int fd = open("/dev/null", O_RDONLY); /* without FD_CLOEXEC */
    char command[100];

    (void)state;
    snprintf(command, sizeof(command), "[ ! -e /proc/self/fd/%d ]", fd);
    assert_int_equal(run(command), 0);
    close(fd);
    setenv("script_word", "from outside", 1);
    assert_int_equal(shell((struct shell){ .command = "[ $script_word = given ] && [ $PATH = /bin:/usr/bin ]", .env = env }, NULL), 0);
    assert_int_equal(run("[ \"$script_word\" = 'from outside' ]"), 0);
    assert_int_equal(run("read line"), ERROR_FAIL);                               /* its input is empty */
    assert_int_equal(run("[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ]"), 0); /* a session of its own */
}

static void into_a_log(void **state)
{
    char path[] = "/tmp/light-child-XXXXXX", text[40] = "";
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(shell((struct shell){ .command = "echo one; echo two >&2", .log = path }, NULL), 0);
    assert_int_equal(shell((struct shell){ .command = "echo three", .log = path }, NULL), 0);
    assert_int_equal(read(fd, text, sizeof(text) - 1), 14);
    assert_string_equal(text, "one\ntwo\nthree\n");
    assert_int_equal(shell((struct shell){ .command = NULL, .log = path }, NULL), ERROR_FAIL);
    expect_said("cannot be executed: No such file or directory");
    assert_int_equal(shell((struct shell){ .command = "true", .log = "/nowhere/log" }, NULL), ERROR_FAIL);
    expect_said("the test's command cannot be started: No such file or directory");
    close(fd);
    unlink(path);
}

/* Who has closed standard input and output gets none of our descriptors there. */
static void without_standard_output(void **state)
{
    int kept[2] = { dup(0), dup(1) }, status;

    (void)state;
    assert_int_equal(run("exit 0"), 0); /* the context's own descriptors are not what is looked at */
    close(0);
    close(1);
    status = run("echo text >&2; exit 4");
    dup2(kept[0], 0);
    dup2(kept[1], 1);
    close(kept[0]);
    close(kept[1]);
    assert_int_equal(status, ERROR_FAIL);
    expect_said("exit status 4: text");
}

static unsigned called;
static int called_rc;

static void callback(libxl_ctx *c, int rc, void *for_callback)
{
    (void)c;
    (void)for_callback;
    called++;
    called_rc = rc;
}

static const libxl_asyncop_how by_callback = { .callback = callback };

/* Until the callback has come, by whatever wakes the library up. */
static void until_called(void)
{
    libxl_event *event;

    while (!called) {
        struct pollfd fds[2];
        int n = 2, ms = 20000;
        struct timeval now = { 0 };

        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &ms, now), 0);
        assert_true(poll(fds, (nfds_t)n, ms) >= 0);
        libxl_osevent_afterpoll(ctx, n, fds, now);
    }
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
}

static void killed_when_cancelled(void **state)
{
    char fifo[] = "/tmp/light-child-XXXXXX", command[100], byte;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(fifo));
    snprintf(command, sizeof(command), "%s/fifo", fifo);
    assert_int_equal(mkfifo(command, 0600), 0);
    fd = open(command, O_RDONLY | O_NONBLOCK);
    snprintf(command, sizeof(command), "(echo x; exec sleep 1000) >%s/fifo & wait", fifo);
    called = 0;
    assert_int_equal(shell((struct shell){ .command = command }, &by_callback), 0);
    assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 20000), 1);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(libxl_ao_abort(ctx, &by_callback), 0);
    until_called();
    assert_int_equal(called_rc, ERROR_ABORTED);
    fcntl(fd, F_SETFL, 0);
    while (read(fd, &byte, 1) > 0) /* the end comes when its own child is dead too */
        ;
    close(fd);
    snprintf(command, sizeof(command), "rm -r %s", fifo);
    assert_int_equal(run(command), 0);
}

static void killed_with_the_context(void **state)
{
    (void)state;
    called = 0;
    assert_int_equal(shell((struct shell){ .command = "sleep 1000" }, &by_callback), 0);
}

static void ends_somewhere(struct light_child *child, int status, const char *said)
{
    (void)child;
    (void)said;
    called++;
    called_rc = status;
}

static void released(void **state)
{
    const char *argv[] = { "sleep", "1000", NULL };
    struct light_child child = { 0 };
    pid_t pid;

    (void)state;
    pthread_mutex_lock(&ctx->lock);
    assert_int_equal(light_child_start(ctx, &child, &(struct light_child_wish){ .what = "a sleep", .argv = argv }, ends_somewhere), 0);
    pid = light_child_pid(&child);
    assert_true(pid > 0);
    light_child_release(&child);
    light_child_release(&child);
    light_child_kill(&child);
    assert_int_equal(light_child_pid(&child), 0);
    pthread_mutex_unlock(&ctx->lock);
    assert_int_equal(sigchld_now().sa_handler == SIG_DFL, true);
    context_teardown(NULL);
    assert_int_equal(kill(pid, 0), 0);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(context_setup(NULL), 0);
}

/* --- the program's hooks --- */

static unsigned forks;
static pid_t own, told;
static int told_status, told_rc;

static pid_t counted_fork(void *user)
{
    assert_ptr_equal(user, &forks);
    forks++;
    return fork();
}

static pid_t no_fork(void *user)
{
    (void)user;
    errno = EAGAIN;
    return -1;
}

static int reaped(pid_t pid, int status, void *user)
{
    assert_ptr_equal(user, &forks);
    told = pid;
    told_status = status;
    return told_rc;
}

/* The program's own child has ended, and nobody has reaped it. */
static void own_child(int status)
{
    siginfo_t info;

    own = fork();
    if (own == 0)
        _exit(status);
    assert_int_equal(waitid(P_PID, (id_t)own, &info, WEXITED | WNOWAIT), 0);
}

static void sigchld_is_ours_meanwhile(void **state)
{
    static const libxl_childproc_hooks hooks = { .fork_replacement = counted_fork, .reaped_callback = reaped };
    char command[60];
    int until[2];

    (void)state;
    assert_int_equal(pipe(until), 0);
    snprintf(command, sizeof(command), "read it </proc/%d/fd/%d", getpid(), until[0]);
    forks = 0;
    told = 0;
    told_rc = 0;
    libxl_childproc_setmode(ctx, &hooks, &forks);
    assert_true(sigchld_now().sa_handler == SIG_DFL);
    own_child(5);
    called = 0;
    assert_int_equal(shell((struct shell){ .command = command }, &by_callback), 0);
    assert_true(sigchld_now().sa_handler != SIG_DFL);
    assert_int_equal(write(until[1], "\n", 1), 1);
    until_called();
    close(until[0]);
    close(until[1]);
    assert_int_equal(called_rc, 0);
    assert_int_equal(forks, 1);
    assert_int_equal(told, own);
    assert_int_equal(WEXITSTATUS(told_status), 5);
    assert_true(sigchld_now().sa_handler == SIG_DFL);
    /* It knows no such child. */
    own_child(6);
    told_rc = ERROR_UNKNOWN_CHILD;
    assert_int_equal(run("exit 0"), 0);
    expect_said("an unknown child process");
    no_children();
    libxl_childproc_setmode(ctx, NULL, NULL);
    assert_int_equal(run("exit 0"), 0);
    assert_int_equal(forks, 2);
}

/* A signal that comes to the child before it is another program. */
static volatile sig_atomic_t handled;

static void handler(int number)
{
    static const char text[] = "the program's handler has run\n";

    (void)number;
    handled = 1;
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
}

static pid_t fork_and_signal(void *user)
{
    pid_t pid = fork();

    (void)user;
    if (pid == 0)
        kill(getpid(), SIGUSR1);
    return pid;
}

static void handlers_are_not_the_childs(void **state)
{
    static const libxl_childproc_hooks hooks = { .fork_replacement = fork_and_signal };
    const struct sigaction ours = { .sa_handler = handler }, ignored = { .sa_handler = SIG_IGN };
    struct sigaction before, after;

    (void)state;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    sigaction(SIGUSR1, &ours, &before);
    assert_int_equal(run("exit 0"), ERROR_FAIL);
    expect_said("the test's command was ended by a signal, User defined signal 1\n");
    sigaction(SIGUSR1, &ignored, &after);
    assert_ptr_equal(after.sa_handler, handler);
    assert_int_equal(run("exit 0"), 0); /* what is ignored stays so */
    sigaction(SIGUSR1, &before, NULL);
    assert_int_equal(handled, 0);
}

static void fork_fails(void **state)
{
    static const libxl_childproc_hooks hooks = { .fork_replacement = no_fork };

    (void)state;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    assert_int_equal(run("exit 0"), ERROR_FAIL);
    expect_said("cannot be started: Resource temporarily unavailable");
}

static void sigchld_is_ours_always(void **state)
{
    static const libxl_childproc_hooks hooks = {
        .chldowner = libxl_sigchld_owner_libxl_always, .reaped_callback = reaped };
    libxl_event *event;

    (void)state;
    told = 0;
    told_rc = 0;
    libxl_childproc_setmode(ctx, &hooks, &forks);
    assert_true(sigchld_now().sa_handler != SIG_DFL);
    own = fork();
    if (own == 0)
        _exit(9);
    while (!told) {
        struct pollfd fds[2];
        int n = 2, ms = 20000;
        struct timeval now = { 0 };

        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &ms, now), 0);
        assert_true(poll(fds, (nfds_t)n, ms) >= 0 || errno == EINTR);
        libxl_osevent_afterpoll(ctx, n, fds, now);
    }
    assert_int_equal(told, own);
    assert_int_equal(WEXITSTATUS(told_status), 9);
    assert_int_equal(run("exit 7"), ERROR_FAIL);
    expect_said("exit status 7");
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
}

static void reaps_selectively(void **state)
{
    static const libxl_childproc_hooks hooks = { .chldowner = libxl_sigchld_owner_libxl_always_selective_reap };
    int status;

    (void)state;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    assert_true(sigchld_now().sa_handler != SIG_DFL);
    own_child(8);
    assert_int_equal(run("exit 0"), 0);
    assert_int_equal(waitpid(own, &status, 0), own);
    assert_int_equal(WEXITSTATUS(status), 8);
}

static void the_program_reaps(void **state)
{
    static const libxl_childproc_hooks hooks = { .chldowner = libxl_sigchld_owner_mainloop };
    int status;
    pid_t pid;

    (void)state;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    assert_int_equal(libxl_childproc_reaped(ctx, 1, 0), ERROR_UNKNOWN_CHILD);
    libxl_childproc_sigchld_occurred(ctx);
    called = 0;
    assert_int_equal(shell((struct shell){ .command = "exit 2" }, &by_callback), 0);
    assert_true(sigchld_now().sa_handler == SIG_DFL);
    pid = waitpid(-1, &status, 0);
    assert_true(pid > 0);
    assert_int_equal(called, 0);
    assert_int_equal(libxl_childproc_reaped(ctx, pid, status), 0);
    assert_int_equal(libxl_childproc_reaped(ctx, pid, status), ERROR_UNKNOWN_CHILD);
    assert_int_equal(called, 1);
    assert_int_equal(called_rc, ERROR_FAIL);
    expect_said("exit status 2");
    /* Or it only says that there was a signal. */
    for (called = 0; called < 2;) {
        siginfo_t info;
        unsigned before = called;

        assert_int_equal(shell((struct shell){ .command = "exit 0" }, &by_callback), 0);
        assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
        libxl_childproc_sigchld_occurred(ctx);
        assert_int_equal(called, before + 1);
        assert_int_equal(called_rc, 0);
    }
}

/* A program that reaps what is ours gets an error, not a success. */
static void reaped_behind_our_back(void **state)
{
    (void)state;
    called = 0;
    assert_int_equal(shell((struct shell){ .command = "exit 0" }, &by_callback), 0);
    assert_true(waitpid(-1, NULL, 0) > 0);
    until_called();
    assert_int_equal(called_rc, ERROR_FAIL);
    expect_said("another part of this program");
}

static void in_a_forked_child(void **state)
{
    static const libxl_childproc_hooks hooks = { .chldowner = libxl_sigchld_owner_libxl_always };
    int status;
    pid_t pid;

    (void)state;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    pid = fork();
    if (pid == 0) {
        libxl_postfork_child_noexec(ctx);
        if (sigchld_now().sa_handler != SIG_DFL || context_setup(NULL))
            _exit(1);
        libxl_childproc_setmode(ctx, &hooks, NULL);
        _exit(run("exit 0") || sigchld_now().sa_handler == SIG_DFL);
    }
    libxl_childproc_setmode(ctx, NULL, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void no_memory(void **state)
{
    const enum fault_call calls[] = { FAULT_ALLOC, FAULT_OPEN };
    bool happened;

    (void)state;
    for (unsigned c = 0; c < 2; c++) {
        happened = true;
        for (unsigned nth = 1; happened; nth++) {
            int rc;

            fault_at(calls[c], nth);
            rc = run("exit 0");
            happened = fault_happened(calls[c]);
            fault_at(calls[c], 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || rc == ERROR_FAIL);
            assert_true(happened || rc == 0);
            no_children();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_of_a_step, context_setup, teardown),
        cmocka_unit_test_setup_teardown(prints_more_than_is_kept, context_setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_is_given, context_setup, teardown),
        cmocka_unit_test_setup_teardown(into_a_log, context_setup, teardown),
        cmocka_unit_test_setup_teardown(without_standard_output, context_setup, teardown),
        cmocka_unit_test_setup_teardown(killed_when_cancelled, context_setup, teardown),
        cmocka_unit_test_setup_teardown(killed_with_the_context, context_setup, teardown),
        cmocka_unit_test_setup_teardown(released, context_setup, teardown),
        cmocka_unit_test_setup_teardown(sigchld_is_ours_meanwhile, context_setup, teardown),
        cmocka_unit_test_setup_teardown(handlers_are_not_the_childs, context_setup, teardown),
        cmocka_unit_test_setup_teardown(fork_fails, context_setup, teardown),
        cmocka_unit_test_setup_teardown(sigchld_is_ours_always, context_setup, teardown),
        cmocka_unit_test_setup_teardown(reaps_selectively, context_setup, teardown),
        cmocka_unit_test_setup_teardown(the_program_reaps, context_setup, teardown),
        cmocka_unit_test_setup_teardown(reaped_behind_our_back, context_setup, teardown),
        cmocka_unit_test_setup_teardown(in_a_forked_child, context_setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory, context_setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
