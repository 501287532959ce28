/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/daemon.h"
#include "base/fd_message.h"

#define FAST_NS 1000000000ull /* a server that ends sooner than this after its start ... */
#define FAST_MAX 5            /* ... this often in a row cannot be helped */
#define LISTEN_FD 3           /* the first descriptor that a service manager passes */
#define CONN_NAME "connection"
#define KIND_NAME "device"

/* --- messages --- */

int keeper_send(int fd, uint32_t type, uint32_t id, int passed, int flags)
{
    return fd_message_send(fd, &(struct keeper_message){ type, id }, sizeof(struct keeper_message), passed, flags);
}

int keeper_receive(int fd, struct keeper_message *ret_message, int *ret_passed, int flags)
{
    ssize_t n = fd_message_receive(fd, ret_message, sizeof(*ret_message), ret_passed, flags);

    if (n < 0)
        return (int)n;
    return n == sizeof(*ret_message) ? 0 : -ECONNRESET;
}

void keeper_link_drop(struct keeper_link *k, uint32_t conn)
{
    keeper_send(k->src.fd, KEEPER_DROP, conn, -1, 0);
}

/* --- the keeper --- */

struct kept {
    uint32_t id;
    int fd;
};

struct keeper {
    const struct keeper_config *config;
    struct loop *loop;
    struct loop_fd listen, server;
    struct loop_signals signals;
    struct loop_child child;
    struct loop_timer again;
    struct kept *conn;
    uint32_t nr, room, next_id;
    int fd[KEEPER_FD_KINDS];
    uint64_t started;
    unsigned fast; /* ends in a row that came too soon */
    bool ready, stopping;
    int manager; /* the service manager's socket, or -1 */
};

/*
 * The service manager holds duplicates too: then nothing is lost with the keeper either. It has to keep up; who came while
 * it did not is lost with the keeper, as everybody is without a manager.
 */
static void manager_hold(const struct keeper *k, const char *what, uint32_t id, int fd)
{
    char text[80];

    if (k->manager < 0)
        return;
    snprintf(text, sizeof(text), "%s\nFDNAME=%s-%u", fd >= 0 ? "FDSTORE=1" : "FDSTOREREMOVE=1", what, id);
    fd_message_send(k->manager, text, strlen(text), fd, MSG_DONTWAIT);
}

static void conn_drop(struct keeper *k, uint32_t id)
{
    for (uint32_t i = 0; i < k->nr; i++) {
        if (k->conn[i].id == id) {
            manager_hold(k, CONN_NAME, id, -1);
            close(k->conn[i].fd);
            k->conn[i] = k->conn[--k->nr];
            return;
        }
    }
}

static bool conn_add(struct keeper *k, uint32_t id, int fd)
{
    if (k->nr == k->room) {
        uint32_t room = k->room ? 2 * k->room : 64;
        struct kept *more = realloc(k->conn, room * sizeof(*more));

        if (!more)
            return false;
        k->conn = more;
        k->room = room;
    }
    k->conn[k->nr++] = (struct kept){ id, fd };
    if (id >= k->next_id)
        k->next_id = id % 0x7fffffff + 1;
    return true;
}

/* Who connects while there is no server, or while it is busy, is in the backlog. */
static void listen_event(struct loop_fd *src, uint32_t events)
{
    struct keeper *k = (struct keeper *)((char *)src - offsetof(struct keeper, listen));
    int fd, rc;

    (void)events;
    fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (!conn_add(k, k->next_id, fd)) {
        close(fd);
        return;
    }
    manager_hold(k, CONN_NAME, k->conn[k->nr - 1].id, fd);
    rc = keeper_send(k->server.fd, KEEPER_CONN, k->conn[k->nr - 1].id, fd, MSG_DONTWAIT);
    if (rc == -EAGAIN) { /* told when there is room; in the order of the table, so nobody else before */
        loop_fd_remove(&k->listen);
        loop_fd_set(&k->server, EPOLLIN | EPOLLOUT);
    }
}

static void hand_over(struct keeper *k, int fd)
{
    for (unsigned i = 1; i < KEEPER_FD_KINDS; i++)
        if (k->fd[i] >= 0)
            keeper_send(fd, KEEPER_FD, i, k->fd[i], 0);
    for (uint32_t i = 0; i < k->nr; i++)
        if (keeper_send(fd, KEEPER_CONN, k->conn[i].id, k->conn[i].fd, 0) < 0)
            return; /* it is dead already */
    keeper_send(fd, KEEPER_ALL, 0, -1, 0);
}

static void server_message(struct keeper *k, const struct keeper_message *m, int fd)
{
    if (m->type == KEEPER_DROP)
        conn_drop(k, m->id);
    if (m->type == KEEPER_AGAIN)
        hand_over(k, k->server.fd);
    if (m->type == KEEPER_READY && !k->ready) {
        k->ready = true;
        if (k->manager >= 0)
            send(k->manager, "READY=1", strlen("READY=1"), MSG_NOSIGNAL);
        if (k->config->ready)
            k->config->ready(k->config->ready_arg);
    }
    if (m->type == KEEPER_FD && m->id < KEEPER_FD_KINDS && fd >= 0) {
        if (k->fd[m->id] >= 0)
            close(k->fd[m->id]);
        manager_hold(k, KIND_NAME, m->id, -1);
        manager_hold(k, KIND_NAME, m->id, fd);
        k->fd[m->id] = fd;
        fd = -1;
    }
    if (fd >= 0)
        close(fd);
}

static void server_event(struct loop_fd *src, uint32_t events)
{
    struct keeper *k = (struct keeper *)((char *)src - offsetof(struct keeper, server));
    struct keeper_message m;
    int fd;

    if (events & EPOLLOUT && k->nr) {
        if (keeper_send(src->fd, KEEPER_CONN, k->conn[k->nr - 1].id, k->conn[k->nr - 1].fd, MSG_DONTWAIT) != -EAGAIN) {
            loop_fd_set(src, EPOLLIN);
            loop_fd_add(k->loop, &k->listen, k->config->listen_fd, EPOLLIN, listen_event);
        }
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    if (keeper_receive(src->fd, &m, &fd, MSG_DONTWAIT) == 0)
        server_message(k, &m, fd);
    else
        loop_fd_set(src, 0); /* its end is told by the child's */
}

static void server_ended(struct loop_child *child, int status);

static pid_t server_fork(struct keeper *k, int fd, int other)
{
    char option[32];
    unsigned nr = 0;
    sigset_t none;
    char **argv;
    pid_t pid = fork();

    if (pid)
        return pid;
    close(other);
    for (nr = 0; k->config->argv[nr]; nr++)
        ;
    argv = calloc(nr + 2, sizeof(*argv));
    snprintf(option, sizeof(option), "--server=%d", dup(fd)); /* the duplicate is not closed on exec */
    if (argv) {
        memcpy(argv, k->config->argv, nr * sizeof(*argv));
        argv[nr] = option;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv(k->config->program, argv);
    }
    _exit(127);
}

static int server_begin(struct keeper *k)
{
    int pair[2], rc;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid = server_fork(k, pair[1], pair[0]);
    close(pair[1]);
    rc = pid < 0 ? -EAGAIN : loop_child_add(k->loop, &k->child, pid, server_ended);
    if (rc < 0) {
        close(pair[0]);
        return rc;
    }
    k->started = loop_now();
    hand_over(k, pair[0]);
    rc = loop_fd_add(k->loop, &k->server, pair[0], EPOLLIN, server_event);
    if (rc == 0 && !k->listen.loop)
        rc = loop_fd_add(k->loop, &k->listen, k->config->listen_fd, EPOLLIN, listen_event);
    return rc;
}

static void server_again(struct loop_timer *t)
{
    struct keeper *k = (struct keeper *)((char *)t - offsetof(struct keeper, again));

    if (server_begin(k) < 0)
        loop_timer_set(k->loop, t, loop_now() + FAST_NS, server_again);
}

/* What it still said is heard first: connections that it closed stay closed. */
static void last_words(struct keeper *k)
{
    struct keeper_message m;
    int fd;

    while (keeper_receive(k->server.fd, &m, &fd, MSG_DONTWAIT) == 0)
        server_message(k, &m, fd);
}

static void server_ended(struct loop_child *child, int status)
{
    struct keeper *k = (struct keeper *)((char *)child - offsetof(struct keeper, child));
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; /* by somebody: no fault of its own */
    bool fast = !killed && loop_now() < k->started + FAST_NS;

    last_words(k);
    loop_fd_remove(&k->listen);
    loop_fd_remove(&k->server);
    close(k->server.fd);
    if (k->stopping || (WIFEXITED(status) && (!k->ready || WEXITSTATUS(status) == 2))) { /* 2: it would end again */
        loop_quit(k->loop, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
        return;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        log_warn(k->config->log, "the server ended by %s %d and is started again", WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    k->fast = fast ? k->fast + 1 : 0;
    loop_timer_set(k->loop, &k->again, loop_now() + (k->fast > FAST_MAX ? FAST_NS : 0), server_again);
}

static void signal_came(struct loop_signals *src, int number)
{
    struct keeper *k = (struct keeper *)((char *)src - offsetof(struct keeper, signals));

    (void)number;
    k->stopping = true;
    if (k->child.pidfd.loop)
        kill(k->child.pid, SIGTERM);
    else
        loop_quit(k->loop, 0);
}

/* A name of ours with a number behind it? */
static bool name_number(const char *name, size_t length, const char *what, uint32_t max, uint32_t *ret_number)
{
    size_t n = strlen(what);
    unsigned long number;
    char *end;

    if (length < n + 2 || strncmp(name, what, n) != 0 || name[n] != '-')
        return false;
    number = strtoul(name + n + 1, &end, 10);
    *ret_number = (uint32_t)number;
    return end == name + length && number > 0 && number <= max;
}

unsigned keeper_passed_take(struct keeper_passed **ret_passed, int *ret_listen)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"), *name = getenv("LISTEN_FDNAMES");
    int n = pid && count && atol(pid) == (long)getpid() ? atoi(count) : 0;
    struct keeper_passed *passed = n > 0 ? calloc((size_t)n, sizeof(*passed)) : NULL;
    unsigned taken = 0;

    *ret_listen = -1;
    for (int i = 0; i < n; i++) {
        size_t length = name ? strcspn(name, ":") : 0;
        struct keeper_passed p = { .fd = LISTEN_FD + i };

        fcntl(p.fd, F_SETFD, FD_CLOEXEC);
        if (length && passed && name_number(name, length, CONN_NAME, 0x7fffffff, &p.id))
            passed[taken++] = p;
        else if (length && passed && name_number(name, length, KIND_NAME, KEEPER_FD_KINDS - 1, &p.kind))
            passed[taken++] = p;
        else if (*ret_listen < 0)
            *ret_listen = p.fd; /* whatever its unit calls it */
        else
            close(p.fd);
        if (name)
            name += length + (name[length] == ':');
    }
    *ret_passed = passed;
    if (*ret_listen >= 0)
        fcntl(*ret_listen, F_SETFL, O_NONBLOCK);
    return taken;
}

int keeper_run(const struct keeper_config *config)
{
    struct keeper k = { .config = config, .next_id = 1, .manager = daemon_notify_socket() };
    int rc;

    for (unsigned i = 0; i < KEEPER_FD_KINDS; i++)
        k.fd[i] = -1;
    for (unsigned i = 0; i < config->nr_passed; i++) {
        const struct keeper_passed *p = &config->passed[i];

        if (p->kind)
            k.fd[p->kind] = p->fd;
        else if (!conn_add(&k, p->id, p->fd))
            close(p->fd);
    }
    rc = loop_new(&k.loop);
    if (rc == 0)
        rc = loop_signals_add(k.loop, &k.signals, (const int[]){ SIGTERM, SIGINT, 0 }, signal_came);
    if (rc == 0)
        rc = server_begin(&k);
    if (rc == 0)
        rc = loop_run(k.loop);
    else
        log_err(config->log, "the server cannot be started: %s", strerror(-rc));
    loop_free(k.loop);
    free(k.conn);
    if (k.manager >= 0)
        close(k.manager);
    return rc < 0 ? 1 : rc;
}
