/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random sequences of requests, well-formed and not, to two daemons: diff SOCKET SOCKET [SEQUENCES [SEED]]. Each has two
 * connections. What they answer must be the same, and the events that both connections get. Let pass: numbers of
 * transactions and generations, the order of a directory's names (ours sorts), events that come more than once, and
 * the differences of excepted().
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#define CONNS 2
#define STEPS 24
#define TRANSACTIONS 3
#define EVENTS 4096

struct event {
    char text[512];
};

struct side { /* a daemon */
    int fd[CONNS];
    uint32_t tx[CONNS][TRANSACTIONS]; /* 0: none */
    struct event *event[CONNS];
    unsigned nr_events[CONNS];
};

struct request {
    unsigned conn;
    uint32_t type;
    int tx; /* index, -1: none, -2: one that is not there */
    char payload[XENSTORE_PAYLOAD_MAX];
    uint32_t len;
    bool spoiled;
};

struct reply {
    uint32_t type, len;
    char payload[XENSTORE_PAYLOAD_MAX + 1];
};

static struct side sides[2];
static char trail[STEPS + 8][700];
static unsigned nr_trail;

static void die(const char *fmt, ...)
{
    va_list args;

    for (unsigned i = 0; i < nr_trail; i++)
        printf("%s\n", trail[i]);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    exit(1);
}

static void readable(char *to, size_t room, const char *data, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 5 < room; i++)
        n += (size_t)snprintf(to + n, room - n, data[i] >= 32 && data[i] < 127 ? "%c" : "\\%o", (unsigned char)data[i]);
    to[n] = 0;
}

static int socket_open(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        die("%s: %s", path, strerror(errno));
    return fd;
}

static void take(const struct side *s, int fd, void *to, size_t n)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = recv(fd, (char *)to + have, n - have, 0);

        if (got <= 0)
            die("daemon %d has closed the connection (%s)", (int)(s - sides), got ? strerror(errno) : "end");
        have += (size_t)got;
    }
}

/* The next message that is no event; events are kept. */
static void take_reply(struct side *s, unsigned conn, struct reply *r)
{
    for (;;) {
        struct xsd_sockmsg hdr;

        take(s, s->fd[conn], &hdr, sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX)
            die("a reply of %u bytes", hdr.len);
        take(s, s->fd[conn], r->payload, hdr.len);
        r->payload[hdr.len] = 0;
        r->type = hdr.type;
        r->len = hdr.len;
        if (hdr.type != XS_WATCH_EVENT)
            return;
        if (s->nr_events[conn] < EVENTS)
            readable(s->event[conn][s->nr_events[conn]++].text, sizeof(struct event), r->payload, r->len);
    }
}

static void ask(struct side *s, unsigned conn, uint32_t type, uint32_t tx, const char *payload, uint32_t len,
                struct reply *r)
{
    char message[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg hdr = { .type = type, .req_id = 5, .tx_id = tx, .len = len };

    memcpy(message, &hdr, sizeof(hdr));
    memcpy(message + sizeof(hdr), payload, len);
    if (send(s->fd[conn], message, sizeof(hdr) + len, MSG_NOSIGNAL) != (ssize_t)(sizeof(hdr) + len))
        die("cannot send: %s", strerror(errno));
    take_reply(s, conn, r);
}

/* --- making requests --- */

static unsigned roll(unsigned n)
{
    return (unsigned)rand() % n;
}

static const char *path_any(void)
{
    static const char *const paths[] = { "/t", "/t/a", "/t/b", "/t/a/c", "/t/a/c/d", "/t/b/e", "/t/a", "/t/b", "/t", "rel",
                                         "rel/x", "/t/none/deep", "/" };
    static const char *const bad[] = { "", "/t/", "//t", "/t//a", "/t/a!", "t a", "@nothing", "@releaseDomain", "/t/\x80" };

    return roll(12) ? paths[roll(sizeof(paths) / sizeof(paths[0]))] : bad[roll(sizeof(bad) / sizeof(bad[0]))];
}

static void add(struct request *q, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    q->len += (uint32_t)vsnprintf(q->payload + q->len, sizeof(q->payload) - q->len, fmt, args) + 1;
    va_end(args);
}

static void add_perms(struct request *q)
{
    static const char *const perms[] = { "n0", "r0", "w3", "b5", "n7", "r2", "b0", "x1", "n", "x", "" };

    for (unsigned i = 1 + roll(3); i; i--)
        add(q, "%s", perms[roll(roll(4) ? 7 : 11)]);
}

static void random_request(struct request *q)
{
    static const uint32_t types[] = { XS_READ,  XS_READ,       XS_WRITE,          XS_WRITE,          XS_WRITE,
                                      XS_MKDIR, XS_RM,         XS_DIRECTORY,      XS_GET_PERMS,      XS_SET_PERMS,
                                      XS_WATCH, XS_UNWATCH,    XS_TRANSACTION_START, XS_TRANSACTION_END, XS_TRANSACTION_END,
                                      XS_GET_DOMAIN_PATH, XS_IS_DOMAIN_INTRODUCED, XS_RELEASE, XS_RESUME, XS_SET_TARGET,
                                      XS_RESET_WATCHES, XS_WATCH_EVENT };

    *q = (struct request){ .conn = roll(CONNS), .tx = roll(3) ? -1 : (int)roll(TRANSACTIONS) };
    q->type = roll(40) ? types[roll(sizeof(types) / sizeof(types[0]))] : roll(26);
    if (q->type == XS_INTRODUCE || q->type == XS_CONTROL || q->type == XS_DIRECTORY_PART)
        q->type = XS_READ;
    if (roll(60) == 0)
        q->tx = -2;
    switch (q->type) {
    case XS_WRITE:
        add(q, "%s", path_any());
        add(q, "%0*u", (int)roll(6), roll(1000));
        q->len--;
        break;
    case XS_SET_PERMS:
        add(q, "%s", path_any());
        add_perms(q);
        break;
    case XS_WATCH:
    case XS_UNWATCH:
        add(q, "%s", path_any());
        add(q, "tok%u", roll(2));
        break;
    case XS_TRANSACTION_END:
        add(q, roll(20) ? roll(4) ? "T" : "F" : "Q");
        break;
    case XS_TRANSACTION_START:
        q->tx = roll(20) ? -1 : q->tx;
        add(q, "");
        break;
    case XS_RESET_WATCHES:
        add(q, "");
        break;
    case XS_GET_DOMAIN_PATH:
    case XS_IS_DOMAIN_INTRODUCED:
    case XS_RELEASE:
    case XS_RESUME:
        add(q, "%u", roll(3) * 77);
        break;
    case XS_SET_TARGET:
        add(q, "%u", 77);
        add(q, "%u", 99);
        break;
    default:
        add(q, "%s", path_any());
    }
    /* Stock's C daemon may end at permissions of what is not special, or a path that is cut or not alone: it is spared. */
    if (q->payload[0] == '@' && (q->type == XS_GET_PERMS || q->type == XS_SET_PERMS))
        q->type = XS_UNWATCH;
    if (q->type == XS_READ || q->type == XS_DIRECTORY || q->type == XS_MKDIR || q->type == XS_RM || q->type == XS_GET_PERMS)
        return;
    if (roll(30) == 0) {
        q->len = roll(q->len + 1); /* cut */
        q->spoiled = true;
    }
    if (roll(50) == 0) {
        add(q, "more");
        q->spoiled = true;
    }
}

/* --- comparing --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Names sorted, each with its NUL. */
static void sort_names(struct reply *r)
{
    char sorted[XENSTORE_PAYLOAD_MAX + 1], *name[512];
    size_t nr = 0, n = 0;

    for (uint32_t i = 0; i < r->len && nr < 512; i += (uint32_t)strlen(r->payload + i) + 1)
        name[nr++] = r->payload + i;
    for (size_t i = 1; i < nr; i++)
        for (size_t k = i; k && strcmp(name[k - 1], name[k]) > 0; k--) {
            char *swap = name[k];

            name[k] = name[k - 1];
            name[k - 1] = swap;
        }
    for (size_t i = 0; i < nr; i++)
        n += (size_t)sprintf(sorted + n, "%s", name[i]) + 1;
    memcpy(r->payload, sorted, n < r->len ? n : r->len);
}

static void unique_events(struct side *s, unsigned conn)
{
    unsigned n = 0;

    qsort(s->event[conn], s->nr_events[conn], sizeof(struct event), by_text);
    for (unsigned i = 0; i < s->nr_events[conn]; i++)
        if (!n || strcmp(s->event[conn][n - 1].text, s->event[conn][i].text))
            s->event[conn][n++] = s->event[conn][i];
    s->nr_events[conn] = n;
}

static void events_compare(unsigned conn)
{
    for (unsigned i = 0; i < 2; i++)
        unique_events(&sides[i], conn);
    for (unsigned i = 0; i < sides[0].nr_events[conn] || i < sides[1].nr_events[conn]; i++) {
        const char *a = i < sides[0].nr_events[conn] ? sides[0].event[conn][i].text : "(none)";
        const char *b = i < sides[1].nr_events[conn] ? sides[1].event[conn][i].text : "(none)";

        if (strcmp(a, b))
            die("connection %u has event %s of the first, %s of the second", conn, a, b);
    }
    sides[0].nr_events[conn] = sides[1].nr_events[conn] = 0;
}

/*
 * What the daemons may answer differently: payloads that are none, of which stock takes some; whether dom0 has a ring of its own; permissions of special nodes,
 * which stock lets be set and not be read.
 */
static bool excepted(const struct request *q, const struct reply *a, const struct reply *b)
{
    return (q->spoiled && (a->type == XS_ERROR || b->type == XS_ERROR)) ||
           (q->type == XS_IS_DOMAIN_INTRODUCED && q->payload[0] == '0') || (q->type == XS_GET_PERMS && q->payload[0] == '@');
}

static unsigned exceptions, conflicts[2], isolations;
static bool stale[CONNS][TRANSACTIONS]; /* something was changed outside of the transaction since it began */

static void note_changes(const struct request *q, const struct reply *r)
{
    bool inside = q->tx >= 0 && sides[0].tx[q->conn][q->tx] && q->type != XS_TRANSACTION_END;

    if (r->type == XS_ERROR || inside || (r->type != XS_WRITE && r->type != XS_MKDIR && r->type != XS_RM &&
                                          r->type != XS_SET_PERMS && r->type != XS_TRANSACTION_END))
        return;
    memset(stale, true, sizeof(stale));
}

/* False: from here on the two stores may differ. */
static bool step(const struct request *q)
{
    struct reply r[2], sync;
    char text[600], words[2][600];

    readable(text, sizeof(text), q->payload, q->len);
    snprintf(trail[nr_trail++], sizeof(trail[0]), "connection %u, type %u, transaction %d: %s", q->conn, q->type, q->tx, text);
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &sides[i];
        uint32_t tx = q->tx == -2 ? 0x7fffff00 : q->tx < 0 ? 0 : s->tx[q->conn][q->tx];

        ask(s, q->conn, q->type, tx, q->payload, q->len, &r[i]);
        if (q->type == XS_DIRECTORY && r[i].type == XS_DIRECTORY)
            sort_names(&r[i]);
        readable(words[i], sizeof(words[i]), r[i].payload, r[i].len);
        if (r[i].type == XS_TRANSACTION_START) {
            unsigned slot = 0;

            while (slot < TRANSACTIONS && s->tx[q->conn][slot])
                slot++;
            if (slot < TRANSACTIONS)
                s->tx[q->conn][slot] = (uint32_t)atoi(r[i].payload);
            if (slot < TRANSACTIONS)
                stale[q->conn][slot] = false;
            strcpy(words[i], "number");
        }
    }
    if (r[0].type != r[1].type && q->type == XS_TRANSACTION_END &&
        !strcmp(r[r[0].type == XS_ERROR ? 0 : 1].payload, "EAGAIN")) {
        conflicts[r[0].type == XS_ERROR]++; /* what is a conflict is the daemon's to say */
        return false;
    }
    note_changes(q, &r[0]);
    if (r[0].type != r[1].type || strcmp(words[0], words[1])) {
        if (q->tx >= 0 && sides[0].tx[q->conn][q->tx] && stale[q->conn][q->tx]) {
            isolations++; /* stock's transactions see what others do meanwhile at nodes that they have not touched */
            return false;
        }
        if (!excepted(q, &r[0], &r[1]))
            die("the first: %u %s; the second: %u %s", r[0].type, words[0], r[1].type, words[1]);
        exceptions++;
        return false;
    }
    for (unsigned i = 0; i < 2; i++)
        for (unsigned conn = 0; conn < CONNS; conn++)
            ask(&sides[i], conn, XS_GET_DOMAIN_PATH, 0, "1", 2, &sync); /* what was said before has come then */
    if (q->type == XS_TRANSACTION_END && q->tx >= 0 && r[0].type == r[1].type &&
        (r[0].type != XS_ERROR || !strcmp(r[0].payload, "EAGAIN")))
        sides[0].tx[q->conn][q->tx] = sides[1].tx[q->conn][q->tx] = 0;
    if (q->type == XS_RESET_WATCHES && r[0].type == XS_RESET_WATCHES)
        for (unsigned i = 0; i < 2; i++)
            memset(sides[i].tx[q->conn], 0, sizeof(sides[i].tx[q->conn]));
    for (unsigned conn = 0; conn < CONNS; conn++)
        events_compare(conn);
    return true;
}

static void clean(void)
{
    static const char *const roots[] = { "/t", "/local/domain/0/rel" };
    struct reply r;

    nr_trail = 0;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned conn = 0; conn < CONNS; conn++)
            ask(&sides[i], conn, XS_RESET_WATCHES, 0, "", 1, &r);
        for (unsigned k = 0; k < 2; k++)
            ask(&sides[i], 0, XS_RM, 0, roots[k], (uint32_t)strlen(roots[k]) + 1, &r);
        ask(&sides[i], 0, XS_SET_PERMS, 0, "/\0n0", 5, &r);
        ask(&sides[i], 0, XS_MKDIR, 0, "/t/a", 5, &r);
        ask(&sides[i], 0, XS_WRITE, 0, "/\0", 2, &r);
        ask(&sides[i], 0, XS_SET_PERMS, 0, "@releaseDomain\0n0", 18, &r);
        memset(sides[i].tx, 0, sizeof(sides[i].tx));
        for (unsigned conn = 0; conn < CONNS; conn++)
            sides[i].nr_events[conn] = 0;
    }
}

int main(int argc, char **argv)
{
    unsigned sequences = argc > 3 ? (unsigned)atoi(argv[3]) : 1000;
    struct request q;

    srand(argc > 4 ? (unsigned)atoi(argv[4]) : 1);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned conn = 0; conn < CONNS; conn++) {
            sides[i].fd[conn] = socket_open(argv[1 + i]);
            sides[i].event[conn] = calloc(EVENTS, sizeof(struct event));
        }
    for (unsigned n = 0; n < sequences; n++) {
        clean();
        for (unsigned i = 0; i < STEPS; i++) {
            random_request(&q);
            if (!step(&q))
                break;
        }
    }
    printf("%u sequences of up to %u requests: the same; %u excepted, %u saw others' changes; conflicts of only the first %u, "
           "of only the second %u\n", sequences, STEPS, exceptions, isolations, conflicts[1], conflicts[0]);
    return 0;
}
