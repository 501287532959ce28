/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store-scale: many at once, and much, for the daemon in $XENSTORED_RUNDIR, which it kills and updates. One line for each
 * figure: a key and the figure. Ends with 1 when something is missing or somebody had to wait for ever.
 *
 *   store-scale starts NUMBER   guests started in parallel, each by a client of its own in one transaction
 *   store-scale nodes NUMBER    that many nodes: made, walked, there after a kill and a live update
 *   store-scale reads NUMBER    reads of one node
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenstore.h>

#include "common.h"

#define FOLDER 100    /* nodes of one */
#define TRIES_MAX 100 /* of a transaction: more is starving */

static void put(struct xs_handle *h, xs_transaction_t t, const char *path, const char *value)
{
    need(xs_write(h, t, path, value, (unsigned)strlen(value)), path);
}

/* --- starts --- */

struct start {
    pthread_t thread;
    unsigned number;
    unsigned tries;
    double ms;
};

static pthread_barrier_t all_there;

/* About what xl writes for a guest with a disk and a network, in folders that others write to as well. */
static void start_write(struct xs_handle *h, xs_transaction_t t, unsigned n)
{
    static const char *const frontend[] = { "backend-id", "state", "handle", "mac", "protocol", "ring-ref", "event-channel" };
    static const char *const backend[] = { "frontend", "frontend-id", "online", "state", "script", "bridge", "params" };
    static const char *const own[] = { "name", "vm", "memory/target", "memory/static-max", "domid", "store/port", "control" };
    struct xs_permissions perms[] = { { 0, XS_PERM_NONE }, { n, XS_PERM_READ } };
    char path[128], value[32];

    snprintf(value, sizeof(value), "%u", n);
    for (unsigned i = 0; i < 7; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", n, own[i]);
        put(h, t, path, value);
        for (unsigned k = 0; k < 2; k++) {
            const char *type = k ? "vbd" : "vif";

            snprintf(path, sizeof(path), "/local/domain/%u/device/%s/0/%s", n, type, frontend[i]);
            put(h, t, path, value);
            snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/0/%s", type, n, backend[i]);
            put(h, t, path, value);
        }
    }
    snprintf(path, sizeof(path), "/local/domain/%u", n);
    need(xs_set_permissions(h, t, path, perms, 2), path);
}

static void *start_run(void *arg)
{
    struct start *s = arg;
    struct xs_handle *h = xs_open(0);
    double begin;
    bool done = false;

    need(h, "xs_open");
    pthread_barrier_wait(&all_there);
    begin = now_ms();
    while (!done && s->tries < TRIES_MAX) {
        xs_transaction_t t = xs_transaction_start(h);

        need(t != XBT_NULL, "transaction");
        s->tries++;
        start_write(h, t, s->number);
        done = xs_transaction_end(h, t, false);
        need(done || errno == EAGAIN, "commit");
    }
    s->ms = now_ms() - begin;
    xs_close(h);
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    double x = ((const struct start *)a)->ms, y = ((const struct start *)b)->ms;

    return x < y ? -1 : x > y;
}

static int starts(unsigned nr)
{
    struct start *s = calloc(nr, sizeof(*s));
    unsigned tries = 0, most = 0;

    need(s, "calloc");
    pthread_barrier_init(&all_there, NULL, nr);
    for (unsigned i = 0; i < nr; i++) {
        s[i].number = i + 1;
        errno = pthread_create(&s[i].thread, NULL, start_run, &s[i]);
        need(!errno, "thread");
    }
    for (unsigned i = 0; i < nr; i++) {
        pthread_join(s[i].thread, NULL);
        tries += s[i].tries;
        most = s[i].tries > most ? s[i].tries : most;
    }
    qsort(s, nr, sizeof(*s), by_time);
    printf("starts %u\ntries %u\ntries-most %u\nms-median %.1f\nms-last %.1f\n", nr, tries, most, s[nr / 2].ms, s[nr - 1].ms);
    free(s);
    return most >= TRIES_MAX;
}

/* --- nodes --- */

static pid_t server_pid(void)
{
    const char *folder = getenv("XENSTORED_RUNDIR");
    char path[256], text[16] = "";
    FILE *f;

    snprintf(path, sizeof(path), "%s/lock", folder ? folder : "/var/run/xenstored");
    f = fopen(path, "r");
    need(f && fgets(text, sizeof(text), f) && atol(text) > 1, path);
    fclose(f);
    return (pid_t)atol(text);
}

static unsigned long server_kib(void)
{
    char path[64], line[256];
    unsigned long kib = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)server_pid());
    f = fopen(path, "r");
    need(f, path);
    while (fgets(line, sizeof(line), f))
        sscanf(line, "RssAnon: %lu", &kib);
    fclose(f);
    return kib;
}

/* Every node below, with its value; how many that are. */
static unsigned walk(struct xs_handle *h, const char *path)
{
    unsigned nr, len, count = 1;
    char **names = xs_directory(h, XBT_NULL, path, &nr), below[256];

    free(xs_read(h, XBT_NULL, path, &len));
    need(names, path);
    for (unsigned i = 0; i < nr; i++) {
        snprintf(below, sizeof(below), "%s/%s", path, names[i]);
        count += walk(h, below);
    }
    free(names);
    return count;
}

static unsigned timed_walk(struct xs_handle *h, const char *key)
{
    double begin = now_ms();
    unsigned n = walk(h, "/scale");

    printf("%s %.0f\n", key, now_ms() - begin);
    return n;
}

/* Until the next answer. */
static void timed_answer(struct xs_handle *h, const char *key)
{
    double begin = now_ms();
    unsigned len;
    char *value = xs_read(h, XBT_NULL, "/scale", &len);

    need(value, "read");
    free(value);
    printf("%s %.0f\n", key, now_ms() - begin);
}

static int nodes(unsigned nr)
{
    struct xs_handle *h = xs_open(0);
    unsigned made = 1, before, after;
    unsigned long kib;
    char path[64], *answer;
    double begin;

    need(h, "xs_open");
    kib = server_kib();
    begin = now_ms();
    put(h, XBT_NULL, "/scale", "");
    for (unsigned i = 0; made < nr; i++, made++)
        for (unsigned k = 0; k < FOLDER && made < nr; k++, made++) {
            snprintf(path, sizeof(path), "/scale/%u/%u", i, k);
            put(h, XBT_NULL, path, "12345678");
        }
    printf("nodes %u\nmake-ms %.0f\nbytes-a-node %.0f\n", made, now_ms() - begin,
           (double)(server_kib() - kib) * 1024 / (double)made);
    before = timed_walk(h, "walk-ms");
    kill(server_pid(), SIGKILL);
    timed_answer(h, "kill-ms");
    after = timed_walk(h, "walk-after-kill-ms");
    answer = xs_control_command(h, "live-update", (char[]){ "-s" }, 3);
    need(answer && !strcmp(answer, "OK"), "live-update");
    free(answer);
    timed_answer(h, "update-ms");
    if (before != made || after != made || walk(h, "/scale") != made) {
        fprintf(stderr, "%u nodes of %u, %u after the kill\n", before, made, after);
        return 1;
    }
    begin = now_ms();
    need(xs_rm(h, XBT_NULL, "/scale"), "rm");
    printf("rm-ms %.0f\n", now_ms() - begin);
    xs_close(h);
    return 0;
}

static int reads(unsigned nr)
{
    struct xs_handle *h = xs_open(0);
    unsigned len;

    need(h, "xs_open");
    put(h, XBT_NULL, "/bench/d/k", "12345678");
    for (unsigned i = 0; i < nr; i++)
        free(xs_read(h, XBT_NULL, "/bench/d/k", &len));
    xs_close(h);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*fn)(unsigned nr);
    } what[] = { { "starts", starts }, { "nodes", nodes }, { "reads", reads } };

    for (size_t i = 0; argc == 3 && i < sizeof(what) / sizeof(what[0]); i++)
        if (!strcmp(argv[1], what[i].name))
            return what[i].fn((unsigned)atoi(argv[2]));
    fprintf(stderr, "usage: store-scale starts|nodes|reads NUMBER\n");
    return 2;
}
