/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_load CLIENTS PAUSE-MS: clients of libxenstore, a process each, that know what the store has to say, until SIGTERM.
 * In every round a client writes, reads back, changes two nodes in a transaction and adds one to a number that it shares
 * with three others in another; its watch on all of its own has to tell each change once and in order. In the end every
 * node has what was acknowledged last, and each number is the sum of what was added. It says "running" when every client
 * has done a round, and in the end how much was done; its status is 0 if all of it was right.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#define NODES 8
#define SHARERS 4
#define ANSWER_MS 120000

/* What the clients tell their parent. */
struct account {
    unsigned rounds, added, refused;
};

static volatile sig_atomic_t stopped;
static struct xs_handle *h;
static unsigned number;
static struct account *own;
static char home[32], sum[32];
static unsigned value[NODES];

static void on_term(int sig)
{
    (void)sig;
    stopped = 1;
}

static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...)
{
    int error = errno;
    va_list args;

    printf("client %u, round %u: ", number, own->rounds);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(" (%s)\n", strerror(error));
    fflush(stdout);
    _exit(1);
}

static unsigned read_number(xs_transaction_t t, const char *path)
{
    unsigned len, n;
    char *text = xs_read(h, t, path, &len);

    if (!text)
        wrong("no %s", path);
    n = (unsigned)strtoul(text, NULL, 10);
    free(text);
    return n;
}

static bool write_number(xs_transaction_t t, const char *path, unsigned n)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "%u", n);

    return xs_write(h, t, path, text, (unsigned)len);
}

static const char *node(unsigned i)
{
    static char path[48];

    snprintf(path, sizeof(path), "%s/node%u", home, i);
    return path;
}

/* The next event is of this path. */
static void expect_event(const char *path)
{
    struct pollfd fd = { .fd = xs_fileno(h), .events = POLLIN };
    unsigned nr;
    char **event;
    int rc;

    do
        rc = poll(&fd, 1, ANSWER_MS);
    while (rc < 0 && errno == EINTR);
    if (rc != 1)
        wrong("no event of %s", path);
    event = xs_read_watch(h, &nr);
    if (!event)
        wrong("no event of %s, but an error", path);
    if (strcmp(event[XS_WATCH_PATH], path) || strcmp(event[XS_WATCH_TOKEN], home))
        wrong("an event of %s with %s, not of %s", event[XS_WATCH_PATH], event[XS_WATCH_TOKEN], path);
    free(event);
}

static void write_one(unsigned i)
{
    if (!write_number(XBT_NULL, node(i), ++value[i]))
        wrong("%s is not written", node(i));
    expect_event(node(i));
    if (read_number(XBT_NULL, node(i)) != value[i])
        wrong("%s is not %u", node(i), value[i]);
}

/* Nobody else writes there, so it has to be done at once. */
static void write_two(unsigned i, unsigned j)
{
    xs_transaction_t t = xs_transaction_start(h);

    if (!t)
        wrong("no transaction");
    if (read_number(t, node(i)) != value[i] || read_number(t, node(j)) != value[j])
        wrong("a transaction reads something else");
    if (!write_number(t, node(i), ++value[i]) || !write_number(t, node(j), ++value[j]))
        wrong("a transaction writes nothing");
    if (!xs_transaction_end(h, t, false))
        wrong("a transaction of its own is refused");
    expect_event(node(i));
    expect_event(node(j));
}

static void add_one(void)
{
    for (;;) {
        xs_transaction_t t = xs_transaction_start(h);

        if (!t)
            wrong("no transaction");
        if (!write_number(t, sum, read_number(t, sum) + 1))
            wrong("%s is not written", sum);
        if (xs_transaction_end(h, t, false))
            break;
        if (errno != EAGAIN)
            wrong("a transaction ends in an error");
        own->refused++;
    }
    own->added++;
}

static void client_begin(void)
{
    h = xs_open(0);
    if (!h)
        wrong("no connection");
    for (unsigned i = 0; i < NODES; i++)
        if (!write_number(XBT_NULL, node(i), 0))
            wrong("%s is not written", node(i));
    if (!xs_watch(h, home, home))
        wrong("no watch");
    expect_event(home);
}

static void client_end(void)
{
    struct pollfd fd = { .fd = xs_fileno(h), .events = POLLIN };

    for (unsigned i = 0; i < NODES; i++)
        if (read_number(XBT_NULL, node(i)) != value[i])
            wrong("in the end %s is not %u", node(i), value[i]);
    /* An event that came twice would be before the one of this. */
    write_one(0);
    if (poll(&fd, 1, 0) > 0)
        wrong("an event too many");
    xs_close(h);
}

static void __attribute__((noreturn)) client(unsigned pause_ms)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(home, sizeof(home), "/load/client%u", number);
    snprintf(sum, sizeof(sum), "/load/sum%u", number / SHARERS);
    srand(number);
    client_begin();
    while (!stopped) {
        unsigned i = (unsigned)rand() % NODES;

        write_one(i);
        write_two(i, (i + 1) % NODES);
        add_one();
        own->rounds++;
        poll(NULL, 0, (int)pause_ms);
    }
    client_end();
    _exit(0);
}

/* All clients have done a round, or one has ended; how it ended is seen afterwards. */
static void wait_for_round(const struct account *accounts, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        while (!accounts[i].rounds && !stopped) {
            siginfo_t info = { .si_pid = 0 };

            if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
                return;
            poll(NULL, 0, 20);
        }
    printf("running\n");
    fflush(stdout);
}

static bool sums_right(const struct account *accounts, unsigned nr)
{
    bool right = true;

    for (unsigned i = 0; i < nr; i += SHARERS) {
        unsigned added = 0, have;

        for (unsigned j = i; j < nr && j < i + SHARERS; j++)
            added += accounts[j].added;
        snprintf(sum, sizeof(sum), "/load/sum%u", i / SHARERS);
        have = read_number(XBT_NULL, sum);
        if (have != added) {
            printf("%s is %u, added were %u\n", sum, have, added);
            right = false;
        }
    }
    return right;
}

/* The clients hear of the end from us. */
static bool clients_end(const pid_t *pids, unsigned nr)
{
    bool right = true, told = false;
    unsigned left = nr;

    while (left) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid < 0)
            return false;
        if (pid > 0) {
            left--;
            right = right && told && status == 0;
            continue;
        }
        for (unsigned i = 0; stopped && !told && i < nr; i++)
            kill(pids[i], SIGTERM);
        told = stopped;
        poll(NULL, 0, 20);
    }
    return right;
}

static bool summary(const struct account *accounts, unsigned nr, bool right)
{
    unsigned rounds = 0, least = ~0U, added = 0, refused = 0;

    for (unsigned i = 0; i < nr; i++) {
        rounds += accounts[i].rounds;
        added += accounts[i].added;
        refused += accounts[i].refused;
        if (accounts[i].rounds < least)
            least = accounts[i].rounds;
    }
    printf("%u clients: %u rounds, %u at least; %u added, %u conflicts; %s\n", nr, rounds, least, added, refused,
           right ? "all right" : "WRONG");
    return right;
}

static bool sums_begin(unsigned nr)
{
    h = xs_open(0);
    for (unsigned i = 0; h && i < nr; i += SHARERS) {
        snprintf(sum, sizeof(sum), "/load/sum%u", i / SHARERS);
        if (!write_number(XBT_NULL, sum, 0))
            return false;
    }
    return h;
}

int main(int argc, char **argv)
{
    struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
    unsigned nr = argc == 3 ? (unsigned)atoi(argv[1]) : 0;
    struct account *accounts;
    bool right;
    pid_t *pids;

    if (!nr) {
        fprintf(stderr, "usage: %s CLIENTS PAUSE-MS\n", argv[0]);
        return 2;
    }
    accounts = mmap(NULL, (nr + 1) * sizeof(*accounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pids = calloc(nr, sizeof(*pids));
    if (accounts == MAP_FAILED || !pids || !sums_begin(nr)) {
        perror("the load does not begin");
        return 1;
    }
    own = &accounts[nr]; /* the parent's, if it has to complain */
    number = nr;
    sigaction(SIGTERM, &term, NULL);
    for (unsigned i = 0; i < nr; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            number = i;
            own = &accounts[i];
            client((unsigned)atoi(argv[2]));
        }
    }
    wait_for_round(accounts, nr);
    right = clients_end(pids, nr) && sums_right(accounts, nr);
    xs_rm(h, XBT_NULL, "/load");
    return summary(accounts, nr, right) ? 0 : 1;
}
