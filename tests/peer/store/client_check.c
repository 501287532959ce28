/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every function of libxenstore's public API on whatever daemon is there; what comes back is printed. The same text is
 * expected of each library with each daemon (tests/peer/store-clients.sh). client_check [NUMBER]: names in a large
 * folder.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#define ROOT "/check"

static struct xs_handle *h;
static int many = 400; /* names: more than fit one answer */

static void show(const char *what, bool ok)
{
    int error = errno;

    printf("%s: %s\n", what, ok ? "ok" : strerror(error));
}

static void show_value(const char *what, xs_transaction_t t, const char *path)
{
    unsigned len = 0;
    char *value = xs_read(h, t, path, &len);

    if (!value)
        show(what, false);
    else
        printf("%s: %u bytes, %.40s, NUL behind: %d\n", what, len, value, value[len] == 0);
    free(value);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_directory(const char *what, xs_transaction_t t, const char *path)
{
    unsigned n = 0;
    char **names = xs_directory(h, t, path, &n);
    size_t total = 0;

    if (!names) {
        show(what, false);
        return;
    }
    qsort(names, n, sizeof(*names), by_name);
    for (unsigned i = 0; i < n; i++)
        total += strlen(names[i]);
    printf("%s: %u names, %zu letters, %s ... %s\n", what, n, total, n ? names[0] : "", n ? names[n - 1] : "");
    free(names);
}

static void show_perms(const char *what, const char *path)
{
    unsigned n = 0;
    struct xs_permissions *perms = xs_get_permissions(h, XBT_NULL, path, &n);

    if (!perms)
        show(what, false);
    for (unsigned i = 0; perms && i < n; i++)
        printf("%s: %u may %x\n", what, perms[i].id, perms[i].perms);
    free(perms);
}

static void nodes(void)
{
    struct xs_permissions perms[] = { { 0, XS_PERM_NONE }, { 5, XS_PERM_READ }, { 6, XS_PERM_READ | XS_PERM_WRITE } };
    static char big[4000];
    char path[64];

    memset(big, 'x', sizeof(big));
    show("write", xs_write(h, XBT_NULL, ROOT "/a", "value", 5));
    show("write deep", xs_write(h, XBT_NULL, ROOT "/d/e/e/p", "", 0));
    show("write NULs", xs_write(h, XBT_NULL, ROOT "/z", "a\0b", 3));
    show("write 2000", xs_write(h, XBT_NULL, ROOT "/big", big, 2000));
    show("write too much", xs_write(h, XBT_NULL, ROOT "/big", big, 4096));
    show("write bad path", xs_write(h, XBT_NULL, ROOT "//b", "x", 1));
    show_value("read", XBT_NULL, ROOT "/a");
    show_value("read NULs", XBT_NULL, ROOT "/z");
    show_value("read 2000", XBT_NULL, ROOT "/big");
    show_value("read empty", XBT_NULL, ROOT "/d/e");
    show_value("read nothing", XBT_NULL, ROOT "/none");
    show("mkdir", xs_mkdir(h, XBT_NULL, ROOT "/m"));
    show("mkdir again", xs_mkdir(h, XBT_NULL, ROOT "/m"));
    show_directory("directory", XBT_NULL, ROOT);
    show_directory("directory empty", XBT_NULL, ROOT "/m");
    show_directory("directory of nothing", XBT_NULL, ROOT "/none");
    for (int i = 0; i < many; i++) {
        snprintf(path, sizeof(path), ROOT "/many/a-rather-long-name-%04d", i);
        if (!xs_mkdir(h, XBT_NULL, path))
            show(path, false);
    }
    show_directory("directory in parts", XBT_NULL, ROOT "/many");
    show_perms("get perms", ROOT "/a");
    show("set perms", xs_set_permissions(h, XBT_NULL, ROOT "/a", perms, 3));
    show_perms("get perms", ROOT "/a");
    show("set perms of nothing", xs_set_permissions(h, XBT_NULL, ROOT "/none", perms, 1));
    perms[0].perms = XS_PERM_OWNER;
    show("set odd perms", xs_set_permissions(h, XBT_NULL, ROOT "/a", perms, 1));
    show("rm", xs_rm(h, XBT_NULL, ROOT "/d"));
    show("rm again", xs_rm(h, XBT_NULL, ROOT "/d"));
    show("rm without parent", xs_rm(h, XBT_NULL, ROOT "/d/e"));
}

static void transactions(void)
{
    struct xs_handle *other = xs_open(0);
    xs_transaction_t t = xs_transaction_start(h);

    show("start", t != XBT_NULL);
    show("write inside", xs_write(h, t, ROOT "/t", "1", 1));
    show_value("read inside", t, ROOT "/t");
    show_value("read outside", XBT_NULL, ROOT "/t");
    show("commit", xs_transaction_end(h, t, false));
    show_value("read after", XBT_NULL, ROOT "/t");
    show("end again", xs_transaction_end(h, t, false));

    t = xs_transaction_start(h);
    show("write inside", xs_write(h, t, ROOT "/t", "2", 1));
    show("abort", xs_transaction_end(h, t, true));
    show_value("read after", XBT_NULL, ROOT "/t");

    t = xs_transaction_start(h);
    show_value("read inside", t, ROOT "/t");
    show("write between", xs_write(other, XBT_NULL, ROOT "/t", "3", 1));
    show("write inside", xs_write(h, t, ROOT "/t", "4", 1));
    show("commit", xs_transaction_end(h, t, false));
    show_value("read after", XBT_NULL, ROOT "/t");
    show("in no transaction", xs_write(h, 12345678, ROOT "/t", "5", 1));
    xs_close(other);
}

static void show_event(const char *what, char **event)
{
    if (event)
        printf("%s: %s, token %s\n", what, event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
    else
        show(what, false);
    free(event);
}

static char **next_event(struct xs_handle *w)
{
    unsigned n = 0; /* stock's library wants it */
    char **event = xs_read_watch(w, &n);

    return n == 2 ? event : NULL;
}

static void *read_event(void *arg)
{
    return next_event(arg);
}

static void watches(void)
{
    struct xs_handle *w = xs_open(XS_UNWATCH_FILTER);
    struct pollfd p;
    pthread_t thread;
    void *event;
    unsigned n = 0;

    show_event("check before", xs_check_watch(w));
    p = (struct pollfd){ .fd = xs_fileno(w), .events = POLLIN };
    printf("quiet: %d\n", poll(&p, 1, 0));
    show("watch", xs_watch(w, ROOT "/w", "tok"));
    printf("readable: %d\n", poll(&p, 1, 10000));
    show_event("first", xs_read_watch(w, &n));
    printf("strings: %u\n", n);
    show("watch again", xs_watch(w, ROOT "/w", "tok"));
    pthread_create(&thread, NULL, read_event, w);
    show("write", xs_write(h, XBT_NULL, ROOT "/w/x", "1", 1));
    pthread_join(thread, &event);
    show_event("event", event);
    show("answers go on", xs_write(w, XBT_NULL, ROOT "/w/y", "1", 1));
    show_event("own event", next_event(w));
    show("rm", xs_rm(h, XBT_NULL, ROOT "/w"));
    show_event("rm event", next_event(w));
    show("write", xs_write(h, XBT_NULL, ROOT "/w/z", "1", 1));
    printf("readable: %d\n", poll(&p, 1, 10000));
    show("unwatch", xs_unwatch(w, ROOT "/w", "tok"));
    show_event("check after", xs_check_watch(w));
    show("unwatch again", xs_unwatch(w, ROOT "/w", "tok"));
    show("watch bad path", xs_watch(w, ROOT "//", "tok"));
    show("watch special", xs_watch(w, "@releaseDomain", "r"));
    show_event("first", next_event(w));
    xs_close(w);
}

static void domains(void)
{
    char *text = xs_get_domain_path(h, 7);

    printf("domain path: %s\n", text ? text : strerror(errno));
    free(text);
    printf("domain 7: %d\n", xs_is_domain_introduced(h, 7));
    show("release", xs_release_domain(h, 7));
    show("resume", xs_resume_domain(h, 7));
    show("set target", xs_set_target(h, 7, 8));
    show("introduce", xs_introduce_domain(h, 0, 0, 0));
    printf("restrict: %d\n", xs_restrict(h, 7));
    printf("suspend port: %d\n", xs_suspend_evtchn_port(7));
    show("suspend", xs_write(h, XBT_NULL, "/local/domain/7/device/suspend/event-channel", "12", 2));
    printf("suspend port: %d\n", xs_suspend_evtchn_port(7));
    show("rm", xs_rm(h, XBT_NULL, "/local/domain/7"));
}

static void rest(void)
{
    static const char *const pairs[][2] = {
        { "/a", "/a" }, { "/a", "/a/b" }, { "/a", "/ab" }, { "/a/b", "/a" }, { "/a", "b" }
    };
    struct xs_permissions perms[2];
    int status;
    pid_t child;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        printf("below %s is %s: %d\n", pairs[i][0], pairs[i][1], xs_path_is_subpath(pairs[i][0], pairs[i][1]));
    printf("perms: %d", xs_strings_to_perms(perms, 2, "r3\0b4"));
    printf(" %u %x %u %x\n", perms[0].id, perms[0].perms, perms[1].id, perms[1].perms);
    printf("bad perms: %d\n", xs_strings_to_perms(perms, 1, "q3"));
    fflush(stdout);
    printf("write all: %d\n", xs_write_all(STDOUT_FILENO, "all\n", 4));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        xs_daemon_destroy_postfork(h);
        _exit(3);
    }
    waitpid(child, &status, 0);
    printf("child: %d\n", WEXITSTATUS(status));
    show_value("after the fork", XBT_NULL, ROOT "/a");
    xs_daemon_close(xs_daemon_open());
    xs_daemon_close(xs_daemon_open_readonly());
    xs_close(xs_domain_open());
    xs_close(NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        many = atoi(argv[1]); /* oxenstored knows no parts and ends the connection */

    setvbuf(stdout, NULL, _IOLBF, 0);
    h = xs_open(0);
    if (!h) {
        perror("xs_open");
        return 1;
    }
    nodes();
    transactions();
    watches();
    domains();
    rest();
    show("rm", xs_rm(h, XBT_NULL, ROOT));
    xs_close(h);
    return 0;
}
