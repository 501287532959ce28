/* SPDX-License-Identifier: GPL-2.0-only */
/* xenconsole: a domain's console on this terminal. xl runs it by this name and with these options. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "xenconsole/link.h"

#define ESCAPE 0x1d /* ^] */
#define TTY_SECONDS 5
#define RECONNECT_SECONDS 10
#define FOLLOW_SECONDS 60 /* a guest's memory is made meanwhile */

static struct termios cooked;
static bool is_raw;

static void terminal_restore(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &cooked);
    is_raw = false;
}

static void on_signal(int number)
{
    terminal_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static void terminal_raw(void)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &cooked) < 0)
        return;
    raw = cooked;
    cfmakeraw(&raw);
    is_raw = tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
    atexit(terminal_restore);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGHUP, on_signal);
}

static int show(const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, n);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

enum end { END_ESCAPE, END_CONSOLE, END_ERROR };

/* More than can be on its way to the daemon: what it had not taken when it was killed is sent again. */
#define TYPED_KEPT (512u * 1024u)
#define TYPED_AT_ONCE 512u

struct typed {
    char bytes[TYPED_KEPT];
    uint64_t sent, end; /* byte n is bytes[n % TYPED_KEPT] */
    uint64_t base;      /* the daemon counts from here */
    bool closed;
};

/* Returns true at the escape character; what was typed before it is still to be sent. */
static bool typed_read(struct typed *typed)
{
    char bytes[TYPED_AT_ONCE];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        typed->closed = true;
    for (ssize_t i = 0; i < n; i++) {
        if (is_raw && bytes[i] == ESCAPE)
            return true;
        typed->bytes[typed->end++ % TYPED_KEPT] = bytes[i];
    }
    return false;
}

static void typed_send(struct typed *typed, int fd)
{
    size_t place = typed->sent % TYPED_KEPT, n = (size_t)(typed->end - typed->sent);
    ssize_t written;

    if (n > TYPED_AT_ONCE)
        n = TYPED_AT_ONCE;
    written = write(fd, typed->bytes + place, n < TYPED_KEPT - place ? n : TYPED_KEPT - place);

    if (written > 0)
        typed->sent += (size_t)written;
}

/* Another daemon: it says how much the last one had taken, unless somebody else has typed since. */
static void typed_again(struct typed *typed, const struct console_link *link)
{
    uint64_t kept = typed->end > TYPED_KEPT ? typed->end - TYPED_KEPT : 0, taken = typed->base + link->typed;

    if (!link->comes_back)
        typed->base = typed->sent;
    else if (taken < typed->sent)
        typed->sent = taken > kept ? taken : kept;
}

/* Until the user leaves or the connection ends. Without a terminal, the end of the input is not the end of the output. */
static enum end talk(struct console_link *link, struct typed *typed)
{
    bool leaving = false;

    for (;;) {
        bool pending = typed->sent < typed->end && link->to_write;
        struct pollfd fds[2] = {
            { .fd = typed->closed || pending || leaving ? -1 : STDIN_FILENO, .events = POLLIN },
            { .fd = link->fd, .events = (short)(POLLIN | (pending ? POLLOUT : 0)) },
        };
        char bytes[4096];
        ssize_t n;

        if (leaving && !pending)
            return END_ESCAPE;
        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return END_ERROR;
        }
        if (fds[0].revents)
            leaving = typed_read(typed);
        if (!link->to_write)
            typed->sent = typed->end; /* nobody hears it */
        if (fds[1].revents & POLLOUT)
            typed_send(typed, link->fd);
        if (typed->closed && is_raw)
            return END_ESCAPE;
        if (!(fds[1].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        n = read(link->fd, bytes, sizeof(bytes));
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return END_CONSOLE;
        link->position += (size_t)n;
        if (show(bytes, (size_t)n) < 0)
            return END_ERROR;
    }
}

/* The daemon's history where there is one, also when it has begun while the terminal was waited for. */
static int attach(const struct console_request *request, int seconds, struct console_link *link)
{
    bool pv = !strcmp(request->type, "pv");
    struct console_link better;
    int err = pv ? link_history(request, UINT64_MAX, link) : -ENOENT;

    if (!err)
        return 0;
    err = link_terminal(request, seconds, link);
    if (!err && pv && link_history(request, UINT64_MAX, &better) == 0) {
        close(link->fd);
        *link = better;
    }
    return err;
}

/* A boot loader's terminal is followed by the guest's. What is typed in between is the guest's. */
static bool follow(const struct console_request *request, struct console_link *link, struct typed *typed)
{
    time_t end = time(NULL) + FOLLOW_SECONDS;
    const struct console_link old = *link;
    struct pollfd keys = { .fd = is_raw ? STDIN_FILENO : -1, .events = POLLIN };

    close(link->fd);
    link->fd = -1;
    while (time(NULL) < end && link_follows(request, old.tty)) {
        if (attach(request, 1, link) == 0) {
            typed_again(typed, link);
            return true;
        }
        if (poll(&keys, 1, 0) > 0 && (typed_read(typed) || typed->closed))
            return false;
    }
    return false;
}

/* The daemon may have been started anew: it goes on where we are. Returns false when the console has ended. */
static bool again(const struct console_request *request, struct console_link *link, struct typed *typed)
{
    uint64_t position = link->position;
    time_t end = time(NULL) + RECONNECT_SECONDS;
    int err;

    if (!link->history)
        return follow(request, link, typed);
    close(link->fd);
    while ((err = link_history(request, position, link)) < 0 && time(NULL) < end)
        poll(NULL, 0, 100); /* until somebody listens */
    if (err < 0) {
        fprintf(stderr, "xenconsole: the console daemon has gone\r\n");
        link->fd = -1;
        return false;
    }
    if (link->position > position)
        fprintf(stderr, "\r\nxenconsole: %llu bytes are lost\r\n", (unsigned long long)(link->position - position));
    if (link->to_write)
        typed_again(typed, link);
    if (link->live || link->position < position)
        return true;
    typed->closed = true;
    return talk(link, typed) == END_ERROR; /* a dead domain's last words */
}

static void tell_parent(int fd)
{
    if (fd < 0)
        return;
    if (write(fd, "", 1) != 1)
        fprintf(stderr, "xenconsole: could not notify parent with fd %d\n", fd);
    close(fd);
}

static int run(const struct console_request *request, int notify)
{
    struct console_link link = { .fd = -1 };
    static struct typed typed;
    int err = attach(request, TTY_SECONDS, &link);

    if (err) {
        fprintf(stderr, "xenconsole: could not open the console of %s: %s\n", request->which, strerror(-err));
        return 1;
    }
    if (link.to_write && !link.heard)
        fprintf(stderr, "xenconsole: somebody else types here: you are not heard until they leave\n");
    terminal_raw();
    tell_parent(notify);
    while (talk(&link, &typed) == END_CONSOLE && again(request, &link, &typed))
        ;
    terminal_restore();
    return 0;
}

static void usage(FILE *to, const char *name)
{
    fprintf(to,
            "Usage: %s [OPTION] DOMID\n"
            "Attaches to a virtual domain console: DOMID is a number, name:NAME (also of a domain that is dead), or hypervisor\n"
            "\n"
            "  -h, --help       display this help and exit\n"
            "  -n, --num N      use console number N\n"
            "  -t, --type TYPE  console type. must be 'pv', 'serial' or 'vuart'\n"
            "  -r, --read-only  only look\n"
            "  -i, --interactive  taken for compatibility, without effect\n"
            "  -l, --list       list the consoles that have a history, and exit\n"
            "  --start-notify-fd N file descriptor used to notify parent\n",
            name);
}

static int number_parse(const char *text, unsigned *ret_number)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || number > 65535)
        return -EINVAL;
    *ret_number = (unsigned)number;
    return 0;
}

static int request_parse(const char *text, struct console_request *request)
{
    char *end;
    long domid = strtol(text, &end, 10);

    request->domid = -1;
    if ((size_t)snprintf(request->which, sizeof(request->which), "%s", text) >= sizeof(request->which) ||
        strpbrk(text, " \n"))
        return -EINVAL;
    if (!strcmp(text, "hypervisor") || !strncmp(text, "name:", 5))
        return 0;
    if (*end || end == text || domid < 0 || domid > 0x7fef)
        return -EINVAL;
    request->domid = (int)domid;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option rows[] = {
        { "help", no_argument, NULL, 'h' },          { "num", required_argument, NULL, 'n' },
        { "type", required_argument, NULL, 't' },    { "start-notify-fd", required_argument, NULL, 's' },
        { "interactive", no_argument, NULL, 'i' },   { "read-only", no_argument, NULL, 'r' },
        { "list", no_argument, NULL, 'l' },          { NULL, 0, NULL, 0 },
    };
    struct console_request request = { .type = "pv" };
    int option, notify = -1, err;

    while ((option = getopt_long(argc, argv, "hn:t:irl", rows, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout, argv[0]);
            return 0;
        } else if (option == 'n') {
            if (number_parse(optarg, &request.number) < 0) {
                fprintf(stderr, "Invalid console number `%s'\n", optarg);
                return 22;
            }
        } else if (option == 't') {
            request.type = optarg;
        } else if (option == 's') {
            notify = atoi(optarg);
        } else if (option == 'r') {
            request.read_only = true;
        } else if (option == 'l') {
            err = link_list();
            if (err)
                fprintf(stderr, "xenconsole: %s\n", strerror(-err));
            return err ? 1 : 0;
        } else if (option != 'i') {
            usage(stderr, argv[0]);
            return 22;
        }
    }
    if (strcmp(request.type, "pv") && strcmp(request.type, "serial") && strcmp(request.type, "vuart")) {
        fprintf(stderr, "Invalid type argument\nConsole types supported are: serial, pv, vuart\n");
        return 22;
    }
    if (optind >= argc || request_parse(argv[optind], &request) < 0) {
        fprintf(stderr, optind < argc ? "Invalid DOMID `%s'\n" : "DOMID should be specified\n", argv[optind]);
        usage(stderr, argv[0]);
        return 22;
    }
    if (request.domid == 0) {
        fprintf(stderr, "Can't specify Domain-0\n");
        return 22;
    }
    signal(SIGPIPE, SIG_IGN);
    if (getrandom(&request.session, sizeof(request.session), GRND_NONBLOCK) != sizeof(request.session))
        request.session = (uint64_t)getpid() << 32 | (uint32_t)time(NULL);
    return run(&request, notify);
}
