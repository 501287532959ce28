/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * api_life KERNEL: a program as people write them on libxl's public headers, and nothing else: domains that are made and ended
 * by calls that wait, by events, and by callbacks in a loop of the program's own. The kernel shuts down with reason N for
 * "shutdown=N" on its command line (tests/guest/domu). What it prints says nothing that is only so on this host, so that it is
 * the same with any libxenlight.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <xentoollog.h>

#define FDS 64
#define PATIENCE_MS 200000

static xentoollog_logger *logger;
static libxl_ctx *ctx;

static void must(int good, const char *what)
{
    if (good)
        return;
    printf("failed: %s\n", what);
    exit(1);
}

/* --- a domain's configuration --- */

static void configure(libxl_domain_config *config, const char *name, const char *kernel, const char *words)
{
    libxl_domain_config_init(config);
    config->c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    config->c_info.name = strdup(name);
    libxl_uuid_generate(&config->c_info.uuid);
    libxl_domain_build_info_init_type(&config->b_info, LIBXL_DOMAIN_TYPE_PVH);
    config->b_info.max_vcpus = 1;
    libxl_cpu_bitmap_alloc(ctx, &config->b_info.avail_vcpus, 1);
    libxl_bitmap_set(&config->b_info.avail_vcpus, 0);
    config->b_info.max_memkb = config->b_info.target_memkb = 32 * 1024;
    config->b_info.kernel = strdup(kernel);
    config->b_info.cmdline = strdup(words);
}

static void show(uint32_t domid)
{
    char *name = libxl_domid_to_name(ctx, domid);
    libxl_dominfo info;
    int count = 0, there = 0;
    libxl_dominfo *list = libxl_list_domain(ctx, &count);

    libxl_dominfo_init(&info);
    for (int i = 0; i < count; i++)
        there |= list[i].domid == domid;
    libxl_dominfo_list_free(list, count);
    printf("listed %d, name %s, info %d", there, name ? name : "-", libxl_domain_info(ctx, &info, domid));
    printf(", paused %d, shutdown %d, type %s, vcpus %u\n", info.paused, info.shutdown,
           libxl_domain_type_to_string(info.domain_type), info.vcpu_max_id + 1);
    libxl_dominfo_dispose(&info);
    free(name);
}

/* --- calls that wait, events that are waited for --- */

static void expect(uint32_t domid, libxl_event_type type)
{
    libxl_event *event = NULL;

    must(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0, "waiting for an event");
    printf("event %s, ours %d, for %d", libxl_event_type_to_string(event->type), event->domid == domid, (int)event->for_user);
    if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        printf(", reason %d", event->u.domain_shutdown.shutdown_reason);
    if (event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE)
        printf(", rc %d", event->u.operation_complete.rc);
    printf("\n");
    must(event->type == type, "another event was expected");
    libxl_event_free(ctx, event);
}

static void by_waiting(const char *kernel)
{
    libxl_evgen_domain_death *death;
    libxl_domain_config config;
    uint32_t domid = 0;

    printf("== calls that wait\n");
    configure(&config, "api-one", kernel, "shutdown=3");
    printf("create %d\n", libxl_domain_create_new(ctx, &config, &domid, NULL, NULL));
    show(domid);
    printf("watch %d\n", libxl_evenable_domain_death(ctx, domid, 11, &death));
    printf("unpause %d\n", libxl_domain_unpause(ctx, domid, NULL));
    expect(domid, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN);
    show(domid);
    printf("destroy %d\n", libxl_domain_destroy(ctx, domid, NULL));
    expect(domid, LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    libxl_evdisable_domain_death(ctx, death);
    for (int tries = 0; libxl_domain_info(ctx, NULL, domid) == 0 && tries < 1000; tries++)
        poll(NULL, 0, 20); /* the daemons still look at what it has left */
    printf("info of none %d\n", libxl_domain_info(ctx, NULL, domid));
    libxl_domain_config_dispose(&config);
}

static void by_events(const char *kernel)
{
    const libxl_asyncop_how how = { .u.for_event = 21 };
    const libxl_asyncprogress_how console = { .for_event = 22 };
    libxl_domain_config config;
    uint32_t domid = 0;

    printf("== operations that end in events\n");
    configure(&config, "api-two", kernel, "shutdown=0");
    printf("begin %d\n", libxl_domain_create_new(ctx, &config, &domid, &how, &console));
    libxl_event *event = NULL;
    must(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0, "waiting for the console");
    printf("event %s, for %d\n", libxl_event_type_to_string(event->type), (int)event->for_user);
    libxl_event_free(ctx, event);
    must(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0, "waiting for the end of create");
    printf("event %s, for %d, rc %d\n", libxl_event_type_to_string(event->type), (int)event->for_user,
           event->u.operation_complete.rc);
    libxl_event_free(ctx, event);
    show(domid);
    printf("nothing left %d\n", libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == ERROR_NOT_READY);
    printf("destroy %d\n", libxl_domain_destroy(ctx, domid, &how));
    must(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0, "waiting for the end of destroy");
    printf("event %s, rc %d\n", libxl_event_type_to_string(event->type), event->u.operation_complete.rc);
    libxl_event_free(ctx, event);
    libxl_domain_config_dispose(&config);
}

/* --- a loop of our own --- */

struct watch {
    int fd;
    short events;
    void *for_libxl;
    int is_timer;
    struct timeval when;
    int used;
};

static struct watch watches[FDS];
static int ended, ended_rc, died, shut;

static struct watch *watch_new(void **out)
{
    for (int i = 0; i < FDS; i++) {
        if (!watches[i].used) {
            memset(&watches[i], 0, sizeof(watches[i]));
            watches[i].used = 1;
            *out = &watches[i];
            return &watches[i];
        }
    }
    must(0, "room for what libxl watches");
    return NULL;
}

static int fd_register(void *user, int fd, void **out, short events, void *for_libxl)
{
    struct watch *w = watch_new(out);

    (void)user;
    w->fd = fd;
    w->events = events;
    w->for_libxl = for_libxl;
    return 0;
}

static int fd_modify(void *user, int fd, void **update, short events)
{
    (void)user;
    (void)fd;
    ((struct watch *)*update)->events = events;
    return 0;
}

static void fd_deregister(void *user, int fd, void *registration)
{
    (void)user;
    (void)fd;
    ((struct watch *)registration)->used = 0;
}

static int timeout_register(void *user, void **out, struct timeval when, void *for_libxl)
{
    struct watch *w = watch_new(out);

    (void)user;
    w->is_timer = 1;
    w->when = when;
    w->for_libxl = for_libxl;
    return 0;
}

static int timeout_modify(void *user, void **update, struct timeval when)
{
    (void)user;
    ((struct watch *)*update)->when = when;
    return 0;
}

static void timeout_deregister(void *user, void *registration)
{
    (void)user;
    ((struct watch *)registration)->used = 0;
}

static const libxl_osevent_hooks hooks = { fd_register, fd_modify, fd_deregister, timeout_register, timeout_modify,
                                           timeout_deregister };

static long until_ms(struct timeval when)
{
    struct timeval now;
    long ms;

    gettimeofday(&now, NULL);
    ms = (when.tv_sec - now.tv_sec) * 1000 + (when.tv_usec - now.tv_usec) / 1000;
    return ms < 0 ? 0 : ms;
}

static void turn(void)
{
    struct pollfd fds[FDS];
    struct watch *of[FDS];
    int n = 0, ready;
    long ms = PATIENCE_MS;

    for (int i = 0; i < FDS; i++) {
        if (watches[i].used && watches[i].is_timer && until_ms(watches[i].when) < ms)
            ms = until_ms(watches[i].when);
        if (!watches[i].used || watches[i].is_timer)
            continue;
        of[n] = &watches[i];
        fds[n++] = (struct pollfd){ .fd = watches[i].fd, .events = watches[i].events };
    }
    ready = poll(fds, (nfds_t)n, (int)ms);
    must(ready != 0 || ms < PATIENCE_MS, "anything to happen");
    if (ready < 0) /* SIGCHLD: libxl has children */
        return;
    for (int i = 0; i < n; i++) {
        if (fds[i].revents && of[i]->used && of[i]->fd == fds[i].fd)
            libxl_osevent_occurred_fd(ctx, of[i]->for_libxl, fds[i].fd, fds[i].events, fds[i].revents);
    }
    for (int i = 0; i < FDS; i++) {
        if (watches[i].used && watches[i].is_timer && until_ms(watches[i].when) == 0) {
            watches[i].used = 0;
            libxl_osevent_occurred_timeout(ctx, watches[i].for_libxl);
        }
    }
}

static void callback(libxl_ctx *c, int rc, void *for_callback)
{
    (void)c;
    (void)for_callback;
    ended++;
    ended_rc = rc;
}

static void event_occurs(void *user, libxl_event *event)
{
    (void)user;
    died += event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH;
    if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        shut = 1 + event->u.domain_shutdown.shutdown_reason;
    libxl_event_free(ctx, event);
}

static void disaster(void *user, libxl_event_type type, const char *msg, int errnoval)
{
    (void)user;
    (void)type;
    (void)errnoval;
    must(0, msg);
}

static void by_own_loop(const char *kernel)
{
    static const libxl_event_hooks told = { .event_occurs_mask = LIBXL_EVENTMASK_ALL, .event_occurs = event_occurs,
                                            .disaster = disaster };
    const libxl_asyncop_how how = { .callback = callback };
    libxl_evgen_domain_death *death;
    libxl_domain_config config;
    uint32_t domid = 0;

    printf("== a loop of the program's own\n");
    libxl_event_register_callbacks(ctx, &told, NULL);
    libxl_osevent_register_hooks(ctx, &hooks, NULL);
    configure(&config, "api-three", kernel, "shutdown=1");
    printf("begin %d\n", libxl_domain_create_new(ctx, &config, &domid, &how, NULL));
    while (!ended)
        turn();
    printf("created %d\n", ended_rc);
    show(domid);
    printf("watch %d\n", libxl_evenable_domain_death(ctx, domid, 0, &death));
    printf("unpause %d\n", libxl_domain_unpause(ctx, domid, NULL));
    while (!shut)
        turn();
    printf("shut down, reason %d\n", shut - 1);
    ended = 0;
    printf("begin %d\n", libxl_domain_destroy(ctx, domid, &how));
    while (!ended || !died)
        turn();
    printf("destroyed %d, died %d\n", ended_rc, died);
    libxl_evdisable_domain_death(ctx, death);
    libxl_domain_config_dispose(&config);
    /* What cannot be: no kernel. */
    configure(&config, "api-four", "/nowhere/kernel", "");
    ended = 0;
    printf("begin %d\n", libxl_domain_create_new(ctx, &config, &domid, &how, NULL));
    while (!ended)
        turn();
    printf("no kernel: failed %d\n", ended_rc != 0);
    libxl_domain_config_dispose(&config);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "api_life KERNEL\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    logger = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_WARN, 0);
    must(logger && libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, logger) == 0, "a context");
    by_waiting(argv[1]);
    by_events(argv[1]);
    libxl_ctx_free(ctx);
    must(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, logger) == 0, "another context");
    by_own_loop(argv[1]);
    libxl_ctx_free(ctx);
    xtl_logger_destroy(logger);
    printf("done\n");
    return 0;
}
