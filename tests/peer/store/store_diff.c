/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_diff STOCK-SOCKET OTHER-SOCKET SEQUENCES SEED EXCEPTIONS [STOCK-FOLDER]: sends the same random requests to two
 * store daemons and compares what they answer, and which watch events come. A sequence ends at its first difference;
 * one that no line of EXCEPTIONS describes makes the program fail. After one whose line begins with "+ " it goes on:
 * both stores are as they were. The rest of a line is an fnmatch() pattern for [guest] TYPE PAYLOAD [in transaction |
 * in stale transaction | in no transaction]: FIRST ANSWER != SECOND ANSWER where stale is one during which the store
 * has changed, and none one that was never begun.
 *
 * With STOCK-FOLDER all clients but the first are domains, with rings in that folder and in $FAKE_WORLD, which
 * "store_diff world FOLDER" makes (store_diff_ring.c).
 */
#include "store_diff.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_EVENTS 400
#define MAX_EXCEPTIONS 64
#define MAX_SHOWN 40
#define REQUESTS_MAX 40
#define BAD_TRANSACTION 0x7ffffff0u

struct message {
    struct xsd_sockmsg header; /* type XS_INVALID: the connection has ended */
    char payload[XENSTORE_PAYLOAD_MAX];
};

struct client {
    struct ring *ring; /* of a domain, else NULL */
    int fd;
    uint32_t transactions[NR_TRANSACTIONS];
    char *events[MAX_EVENTS];
    size_t nr_events;
};

struct daemon {
    const char *path;
    struct client clients[NR_CLIENTS];
    uint32_t next_id;
};

static struct daemon daemons[2];
static bool open_slots[NR_CLIENTS][NR_TRANSACTIONS];
static bool stale_slots[NR_CLIENTS][NR_TRANSACTIONS]; /* the store has changed since the transaction began */
static struct {
    char *pattern;
    bool goes_on;
    unsigned long used;
} exceptions[MAX_EXCEPTIONS];
static size_t nr_exceptions;
static unsigned long nr_requests, nr_answers, nr_errors, nr_events_seen, nr_excepted, nr_bad, nr_chance;
static bool verbose;
static char problem[4200]; /* what was wrong with the sequence that runs */

static void die(const char *what)
{
    fprintf(stderr, "store_diff: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int connect_to(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
        die(path);
    return fd;
}

static bool receive(struct client *c, void *data, size_t len)
{
    if (c->ring) {
        ring_receive(c->ring, data, len);
        return true;
    }
    for (size_t done = 0; done < len;) {
        struct pollfd p = { .fd = c->fd, .events = POLLIN };
        ssize_t n;

        if (poll(&p, 1, 20000) == 0) {
            fprintf(stderr, "store_diff: a daemon does not answer\n");
            exit(2);
        }
        n = read(c->fd, (char *)data + done, len - done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* --- text --- */

static size_t text_payload(char *out, size_t size, const char *payload, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 8 < size; i++) {
        unsigned char c = (unsigned char)payload[i];
        size_t run = 1;

        while (i + run < len && payload[i + run] == payload[i])
            run++;
        if (run > 8) { /* long paths and values */
            n += (size_t)snprintf(out + n, size - n, "%c{%zu}", c > ' ' && c < 0x7f ? c : '?', run);
            i += run - 1;
            continue;
        }
        if (c == 0)
            out[n++] = '|';
        else if (c > ' ' && c < 0x7f)
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
    }
    out[n] = 0;
    return n;
}

static void text_message(char *out, size_t size, const struct message *m)
{
    size_t n = 0;

    if (m->header.type == XS_INVALID) {
        snprintf(out, size, "END");
        return;
    }
    if (m->header.type != XS_ERROR)
        n = (size_t)snprintf(out, size, "OK ");
    text_payload(out + n, size - n, m->payload, m->header.len);
}

/* --- one exchange --- */

static void keep_event(struct client *c, const struct message *m)
{
    char text[512];

    nr_events_seen++;
    if (c->nr_events == MAX_EVENTS)
        return;
    text_payload(text, sizeof(text), m->payload, m->header.len);
    c->events[c->nr_events] = strdup(text);
    if (!c->events[c->nr_events++])
        die("memory");
}

/* Sends a request and takes what comes until its answer. */
static void ask(struct daemon *d, const struct request *r, struct message *answer)
{
    struct client *c = &d->clients[r->client];
    struct xsd_sockmsg header = { .type = r->type, .req_id = ++d->next_id, .len = r->len };
    char bytes[sizeof(header) + sizeof(r->payload)];

    if (r->transaction >= 0)
        header.tx_id = c->transactions[r->transaction];
    else if (r->transaction == -2)
        header.tx_id = BAD_TRANSACTION;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), r->payload, r->size);
    answer->header.type = XS_INVALID;
    if (c->ring)
        ring_send(c->ring, bytes, sizeof(header) + r->size);
    else if (send(c->fd, bytes, sizeof(header) + r->size, MSG_NOSIGNAL) < 0)
        return;
    for (;;) {
        struct message m;

        if (!receive(c, &m.header, sizeof(m.header)) || m.header.len > sizeof(m.payload) ||
            !receive(c, m.payload, m.header.len))
            return;
        if (m.header.type == XS_WATCH_EVENT) {
            keep_event(c, &m);
            continue;
        }
        *answer = m;
        if (m.header.req_id != header.req_id || m.header.tx_id != header.tx_id ||
            (m.header.type != r->type && m.header.type != XS_ERROR)) {
            answer->header.type = XS_ERROR;
            answer->header.len = (uint32_t)snprintf(answer->payload, 99, "wrong header in the answer");
        }
        return;
    }
}

static void fence(unsigned client)
{
    struct request r = { .type = XS_GET_DOMAIN_PATH, .client = client, .transaction = -1, .len = 2, .size = 2 };
    struct message m;

    memcpy(r.payload, "0", 2);
    for (int i = 0; i < 2; i++)
        ask(&daemons[i], &r, &m);
}

/* --- comparison --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Does the sequence go on after it? */
static bool differ(unsigned long sequence, unsigned step, const char *difference)
{
    for (size_t i = 0; i < nr_exceptions; i++)
        if (!fnmatch(exceptions[i].pattern, difference, 0) ||
            (!strncmp(difference, "guest ", 6) && !fnmatch(exceptions[i].pattern, difference + 6, 0))) {
            exceptions[i].used++;
            nr_excepted++;
            return exceptions[i].goes_on;
        }
    snprintf(problem, sizeof(problem), "sequence %lu, request %u: %.4000s", sequence, step, difference);
    return false;
}

static void drop_events(struct client *c)
{
    while (c->nr_events)
        free(c->events[--c->nr_events]);
}

/* In order, each once: to stock an event that waits already is not a new one. */
static void sort_events(struct client *c)
{
    size_t n = 0;

    qsort(c->events, c->nr_events, sizeof(c->events[0]), by_text);
    for (size_t i = 0; i < c->nr_events; i++)
        if (n && !strcmp(c->events[n - 1], c->events[i]))
            free(c->events[i]);
        else
            c->events[n++] = c->events[i];
    c->nr_events = n;
}

/* The events that each client has got since, in any order. */
static bool same_events(unsigned long sequence, unsigned step)
{
    bool same = true;

    for (unsigned i = 0; i < NR_CLIENTS; i++) {
        struct client *a = &daemons[0].clients[i], *b = &daemons[1].clients[i];
        size_t k;
        char difference[2048];

        fence(i);
        sort_events(a);
        sort_events(b);
        for (k = 0; verbose && k < a->nr_events + b->nr_events; k++)
            printf("  [%u] %s event %s\n", i, k < a->nr_events ? "first" : "second",
                   k < a->nr_events ? a->events[k] : b->events[k - a->nr_events]);
        k = 0;
        while (k < a->nr_events && k < b->nr_events && !strcmp(a->events[k], b->events[k]))
            k++;
        if (same && (k < a->nr_events || k < b->nr_events)) {
            snprintf(difference, sizeof(difference), "events: %zu, first %s != %zu, first %s", a->nr_events,
                     k < a->nr_events ? a->events[k] : "none", b->nr_events, k < b->nr_events ? b->events[k] : "none");
            same = differ(sequence, step, difference);
        }
        drop_events(a);
        drop_events(b);
    }
    return same;
}

/* Names in alphabetical order: the protocol promises none. */
static void sort_names(struct message *m, size_t from)
{
    char *names[XENSTORE_PAYLOAD_MAX], sorted[XENSTORE_PAYLOAD_MAX];
    size_t n = 0, pos = from, len = 0;

    while ((names[n] = (char *)wire_string(m->payload, m->header.len, &pos)))
        n++;
    qsort(names, n, sizeof(names[0]), by_text);
    for (size_t i = 0; i < n; i++)
        len += (size_t)sprintf(sorted + len, "%s", names[i]) + 1;
    memcpy(m->payload + from, sorted, len);
}

/* What may differ by nature: ids of transactions, generation counts, the order of names. */
static void neutralise(const struct request *r, struct message *m)
{
    size_t n;

    if (m->header.type != r->type)
        return;
    if (r->type == XS_TRANSACTION_START) {
        m->header.len = (uint32_t)snprintf(m->payload, 9, "ID") + 1;
    } else if (r->type == XS_DIRECTORY) {
        sort_names(m, 0);
    } else if (r->type == XS_DIRECTORY_PART) {
        n = strnlen(m->payload, m->header.len);
        memmove(m->payload, m->payload + n, m->header.len - n);
        m->header.len -= (uint32_t)n;
        sort_names(m, 1);
    }
}

static const char *text_transaction(const struct request *r)
{
    if (r->transaction == -2)
        return " in no transaction";
    if (r->transaction < 0)
        return "";
    return stale_slots[r->client][r->transaction] ? " in stale transaction" : " in transaction";
}

static bool same_answers(unsigned long sequence, unsigned step, const struct request *r, struct message *m)
{
    char request[1200], answers[2][1200], difference[4096];
    const char *name = wire_type_name(r->type);

    neutralise(r, &m[0]);
    neutralise(r, &m[1]);
    if (m[0].header.type == m[1].header.type && m[0].header.type != XS_INVALID && !verbose &&
        m[0].header.len == m[1].header.len && !memcmp(m[0].payload, m[1].payload, m[0].header.len))
        return true;
    text_payload(request, sizeof(request), r->payload, r->size);
    text_message(answers[0], sizeof(answers[0]), &m[0]);
    text_message(answers[1], sizeof(answers[1]), &m[1]);
    snprintf(difference, sizeof(difference), "%s%s %s%s: %s != %s", daemons[0].clients[r->client].ring ? "guest " : "",
             name ? name : "UNKNOWN", request, text_transaction(r), answers[0], answers[1]);
    if (verbose)
        printf("  [%u] %s\n", r->client, difference);
    if (!strcmp(answers[0], answers[1]))
        return true;
    return differ(sequence, step, difference);
}

/* --- sequences --- */

/* A request about DIR, or DIR/NAME. */
static void request_path(struct request *r, uint32_t type, const char *dir, const char *name)
{
    *r = (struct request){ .type = type, .transaction = -1 };
    r->size = (size_t)snprintf(r->payload, sizeof(r->payload), "%s%s%s", dir, *name ? "/" : "", name) + 1;
    r->len = (uint32_t)r->size;
}

/* Removes what the sequence has made below `dir`; what was there is in `keep`. */
static void clean(struct daemon *d, const char *dir, const char *keep)
{
    static struct request r;
    struct message listing, m;
    size_t pos = 0;
    const char *name;

    request_path(&r, XS_DIRECTORY, dir, "");
    ask(d, &r, &listing);
    while (listing.header.type == XS_DIRECTORY && (name = wire_string(listing.payload, listing.header.len, &pos))) {
        if (strstr(keep, name))
            continue;
        request_path(&r, XS_RM, dir[1] ? dir : "", name);
        ask(d, &r, &m);
    }
}

/* What cannot be removed. */
static void reset(struct daemon *d)
{
    static const char *const paths[] = {
        "/", "/local", "/local/domain", "/local/domain/0", "@introduceDomain", "@releaseDomain"
    };
    static struct request r;
    struct message m;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        request_path(&r, XS_WRITE, paths[i], "");
        ask(d, &r, &m);
        r.type = XS_SET_PERMS;
        memcpy(r.payload + r.size, "n0", 3);
        r.size = r.len += 3;
        ask(d, &r, &m);
    }
}

/* A request of dom0's that must be granted. */
static void must(struct daemon *d, uint32_t type, const void *payload, size_t len)
{
    static struct request r;
    struct message m;

    r = (struct request){ .type = type, .transaction = -1, .len = (uint32_t)len, .size = len };
    memcpy(r.payload, payload, len);
    ask(d, &r, &m);
    if (m.header.type != type) {
        fprintf(stderr, "store_diff: %s refuses %s: %.20s\n", d->path, wire_type_name(type), m.payload);
        exit(2);
    }
}

/* A domain's home as the toolstack makes it. */
static void make_home(struct daemon *d, unsigned domid)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "/local/domain/%u", domid) + 1;

    must(d, XS_WRITE, text, (size_t)n);
    n += snprintf(text + n, sizeof(text) - (size_t)n, "n%u", domid) + 1;
    must(d, XS_SET_PERMS, text, (size_t)n);
}

static void introduce(struct daemon *d, unsigned domid, const struct ring *ring)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%u%c1%c%u", domid, 0, 0, ring_port(ring)) + 1;

    must(d, XS_INTRODUCE, text, (size_t)n);
}

/* Watches and transactions of a domain end; a socket's end with it. */
static void client_begin(struct daemon *d, unsigned k)
{
    struct request r = { .type = XS_RESET_WATCHES, .client = k, .transaction = -1, .len = 1, .size = 1 };
    struct client *c = &d->clients[k];
    struct message m;

    if (!c->ring) {
        c->fd = connect_to(d->path);
        return;
    }
    ask(d, &r, &m);
    drop_events(c);
}

static void sequence_begin(void)
{
    memset(stale_slots, 0, sizeof(stale_slots));
    memset(open_slots, 0, sizeof(open_slots));
    for (int i = 0; i < 2; i++)
        for (unsigned k = 0; k < NR_CLIENTS; k++) {
            client_begin(&daemons[i], k);
            if (daemons[i].clients[k].ring)
                make_home(&daemons[i], FIRST_GUEST + k - 1);
        }
}

static void sequence_end(void)
{
    for (int i = 0; i < 2; i++) {
        struct daemon *d = &daemons[i];

        for (unsigned k = 0; k < NR_CLIENTS; k++) {
            drop_events(&d->clients[k]);
            if (!d->clients[k].ring)
                close(d->clients[k].fd);
            else
                client_begin(d, k);
        }
        d->clients[0].fd = connect_to(d->path);
        clean(d, "/", "tool local");
        clean(d, "/local", "domain");
        clean(d, "/local/domain", "0");
        clean(d, "/local/domain/0", "");
        reset(d);
        close(d->clients[0].fd);
    }
}

static void guests_begin(const char *stock_dir)
{
    for (unsigned k = 1; k < NR_CLIENTS; k++) {
        daemons[0].clients[k].ring = ring_stock(stock_dir, FIRST_GUEST + k - 1);
        daemons[1].clients[k].ring = ring_world(FIRST_GUEST + k - 1);
    }
    for (int i = 0; i < 2; i++) {
        daemons[i].clients[0].fd = connect_to(daemons[i].path);
        for (unsigned k = 1; k < NR_CLIENTS; k++)
            introduce(&daemons[i], FIRST_GUEST + k - 1, daemons[i].clients[k].ring);
        close(daemons[i].clients[0].fd);
    }
}

static bool changes(uint32_t type)
{
    return type == XS_WRITE || type == XS_MKDIR || type == XS_RM || type == XS_SET_PERMS || type == XS_TRANSACTION_END;
}

/* Keeps track of the transactions that both have. */
static void follow_transactions(const struct request *r, const struct message *m, const uint32_t *ids)
{
    bool *open = open_slots[r->client];

    if (r->type == XS_TRANSACTION_END && r->transaction >= 0 && strncmp(m[0].payload, "EINVAL", 6))
        open[r->transaction] = false; /* also when it was in vain */
    if (m[0].header.type != r->type)
        return;
    if (r->type == XS_RESET_WATCHES)
        memset(open, false, NR_TRANSACTIONS * sizeof(*open));
    if (changes(r->type) && (r->transaction < 0 || r->type == XS_TRANSACTION_END))
        memset(stale_slots, true, sizeof(stale_slots));
    for (int slot = 0; r->type == XS_TRANSACTION_START && slot < NR_TRANSACTIONS; slot++)
        if (!open[slot]) {
            open[slot] = true;
            stale_slots[r->client][slot] = false;
            daemons[0].clients[r->client].transactions[slot] = ids[0];
            daemons[1].clients[r->client].transactions[slot] = ids[1];
            return;
        }
}

static void sequence_run(unsigned long sequence)
{
    unsigned n = 2 + random_below(REQUESTS_MAX);

    sequence_begin();
    for (unsigned step = 1; step <= n; step++) {
        static struct request r;
        static struct message m[2];
        uint32_t ids[2] = { 0, 0 };

        request_make(&r, random_below(NR_CLIENTS), open_slots[r.client]);
        if (r.transaction >= 0 && !open_slots[r.client][r.transaction])
            r.transaction = -1;
        for (int i = 0; i < 2; i++) {
            ask(&daemons[i], &r, &m[i]);
            if (r.type == XS_TRANSACTION_START && m[i].header.type == r.type)
                ids[i] = (uint32_t)strtoul(m[i].payload, NULL, 10);
        }
        nr_requests++;
        nr_answers += m[0].header.type == r.type;
        nr_errors += m[0].header.type == XS_ERROR;
        if (!same_answers(sequence, step, &r, m) || m[0].header.type == XS_INVALID)
            break;
        follow_transactions(&r, m, ids);
        if ((!random_below(6) || step == n) && !same_events(sequence, step))
            break;
    }
    sequence_end();
}

/* What does not come again was chance: daemons notice that clients go when they get to it. */
static void sequence_judge(unsigned long sequence)
{
    for (int again = 0; again < 2; again++) {
        problem[0] = 0;
        random_seed(sequence);
        sequence_run(sequence);
        if (!problem[0]) {
            nr_chance += again > 0;
            return;
        }
    }
    if (nr_bad++ < MAX_SHOWN)
        printf("%s\n", problem);
}

static void read_exceptions(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[1024];

    if (!f)
        die(path);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = 0;
        if (!line[0] || line[0] == '#')
            continue;
        if (nr_exceptions == MAX_EXCEPTIONS)
            die("too many exceptions");
        exceptions[nr_exceptions].goes_on = !strncmp(line, "+ ", 2);
        exceptions[nr_exceptions].pattern = strdup(line + 2 * exceptions[nr_exceptions].goes_on);
        nr_exceptions++;
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    unsigned long count, seed;

    if (argc == 3 && !strcmp(argv[1], "world")) {
        world_make(argv[2]);
        return 0;
    }
    if (argc != 6 && argc != 7) {
        fprintf(stderr, "usage: store_diff STOCK-SOCKET OTHER-SOCKET SEQUENCES SEED EXCEPTIONS [STOCK-FOLDER]\n"
                        "       store_diff world FOLDER\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    daemons[0].path = argv[1];
    daemons[1].path = argv[2];
    count = strtoul(argv[3], NULL, 10);
    seed = strtoul(argv[4], NULL, 10);
    verbose = getenv("STORE_DIFF_VERBOSE");
    read_exceptions(argv[5]);
    if (argc == 7)
        guests_begin(argv[6]);
    for (unsigned long i = 0; i < count; i++)
        sequence_judge(seed + i);
    for (size_t i = 0; i < nr_exceptions; i++)
        printf("%6lu differences as written: %s\n", exceptions[i].used, exceptions[i].pattern);
    printf("%lu sequences, %lu requests: %lu answered, %lu refused, %lu events; %lu differences as written, "
           "%lu by chance, %lu others\n",
           count, nr_requests, nr_answers, nr_errors, nr_events_seen, nr_excepted, nr_chance, nr_bad);
    return nr_bad != 0;
}
