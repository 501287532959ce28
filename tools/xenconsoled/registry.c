/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>

#include "xen/io/xs_wire.h"
#include "xenconsoled/domain.h"

#define RETRY_NS (1000 * 1000000ull)
#define SILENCE_NS (30 * 1000 * 1000000ull) /* who has not answered for so long is asked anew */

static const char *const special[] = { "@introduceDomain", "@releaseDomain", DOMAIN_BACKENDS };
_Static_assert(sizeof(special) / sizeof(special[0]) == sizeof(((struct daemon *)0)->store_watches) / sizeof(struct store_watch *),
               "a watch for each");

static void registry_connect(struct loop_timer *timer);

void registry_stop(struct daemon *daemon)
{
    struct store_client *client = daemon->store;

    loop_timer_remove(&daemon->store_retry);
    loop_timer_remove(&daemon->store_silence);
    loop_deferred_remove(&daemon->store_work);
    loop_fd_remove(&daemon->store_src);
    domains_unwatch(daemon);
    memset(daemon->store_watches, 0, sizeof(daemon->store_watches));
    daemon->store = NULL;
    store_close(client);
}

static void registry_lost(struct daemon *daemon, const char *why)
{
    if (!daemon->store_is_lost)
        log_err(&daemon->log, "the store: %s; trying again every second", why);
    daemon->store_is_lost = true;
    registry_stop(daemon);
    loop_timer_set(daemon->loop, &daemon->store_retry, loop_now() + RETRY_NS, registry_connect);
}

static void silence(struct loop_timer *timer)
{
    registry_lost((struct daemon *)((char *)timer - offsetof(struct daemon, store_silence)), "it does not answer");
}

static void registry_run(struct daemon *daemon, bool heard)
{
    int err = store_dispatch(daemon->store);

    if (!err && daemon->store_refuses)
        err = -EACCES;
    if (!err)
        err = loop_fd_set(&daemon->store_src, (uint32_t)store_events(daemon->store));
    if (err)
        registry_lost(daemon, strerror(-err));
    else if (!store_waiting(daemon->store))
        loop_timer_remove(&daemon->store_silence);
    else if (heard || !daemon->store_silence.loop)
        loop_timer_set(daemon->loop, &daemon->store_silence, loop_now() + SILENCE_NS, silence);
}

static void registry_ready(struct loop_fd *src, uint32_t events)
{
    registry_run((struct daemon *)((char *)src - offsetof(struct daemon, store_src)), events & EPOLLIN);
}

static void registry_work(struct loop_deferred *work)
{
    registry_run((struct daemon *)((char *)work - offsetof(struct daemon, store_work)), false);
}

/* --- requests: they leave once the loop is back, in one piece --- */

static int asked(struct daemon *daemon, int rc)
{
    if (rc == 0)
        loop_defer(daemon->loop, &daemon->store_work, registry_work);
    return rc;
}

int registry_ask(struct daemon *daemon, uint32_t type, const char *path, store_reply_fn *fn, void *arg)
{
    if (!daemon->store)
        return -ENOTCONN;
    return asked(daemon, store_request(daemon->store, type, XBT_NULL, path, strlen(path) + 1, fn, arg, NULL));
}

static void written(void *arg, int rc, const char *payload, size_t len)
{
    struct daemon *daemon = arg;

    (void)payload;
    (void)len;
    if (rc && rc != -ECONNRESET && rc != -ECANCELED)
        log_warn(&daemon->log, "the store refuses a value: %s", strerror(-rc));
}

void registry_write(struct daemon *daemon, const char *path, const char *value)
{
    if (daemon->store)
        asked(daemon, store_write(daemon->store, XBT_NULL, path, value, strlen(value), written, daemon));
}

int registry_watch(struct daemon *daemon, const char *path, store_event_fn *fn, void *arg, struct store_watch **ret_watch)
{
    *ret_watch = NULL;
    return daemon->store ? asked(daemon, store_watch(daemon->store, path, fn, arg, ret_watch)) : -ENOTCONN;
}

void registry_unwatch(struct daemon *daemon, struct store_watch **watch)
{
    if (daemon->store && *watch) {
        store_unwatch(daemon->store, *watch);
        asked(daemon, 0);
    }
    *watch = NULL;
}

/* --- the connection --- */

static void special_event(void *arg, const char *path)
{
    struct daemon *daemon = arg;
    unsigned domid;

    if (!path)
        daemon->store_refuses = true; /* without these watches nothing works: from the beginning, in a while */
    else if (!strcmp(path, "@introduceDomain"))
        domains_look_for_new(daemon);
    else if (path[0] == '@')
        domains_look(daemon);
    else if (sscanf(path, DOMAIN_BACKENDS "/%u/", &domid) == 1)
        domain_changed(daemon, domid);
}

/*
 * To its socket where a daemon of this domain has one, and only there: the kernel's way to the store waits, in the kernel,
 * until there is a daemon.
 */
static int socket_connect(void)
{
    const char *path = xs_daemon_socket();
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd, err;

    if (!path || strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static int client_open(struct store_client **ret_client)
{
    const char *socket_path = xs_daemon_socket();
    struct stat st;
    int fd, err;

    if (access(xs_daemon_rundir(), F_OK) < 0 || (socket_path && stat(socket_path, &st) == 0 && !S_ISSOCK(st.st_mode)))
        return store_open(ret_client);
    fd = socket_connect();
    if (fd < 0)
        return fd;
    err = store_open_fd(fd, ret_client);
    if (err)
        close(fd);
    return err;
}

static void registry_connect(struct loop_timer *timer)
{
    struct daemon *daemon = (struct daemon *)((char *)timer - offsetof(struct daemon, store_retry));
    int err = client_open(&daemon->store);

    daemon->store_refuses = false;
    if (!err)
        err = loop_fd_add(daemon->loop, &daemon->store_src, store_fd(daemon->store), EPOLLIN, registry_ready);
    for (unsigned i = 0; !err && i < sizeof(special) / sizeof(special[0]); i++)
        err = registry_watch(daemon, special[i], special_event, daemon, &daemon->store_watches[i]);
    if (err) {
        registry_lost(daemon, strerror(-err));
    } else {
        if (daemon->store_is_lost)
            log_warn(&daemon->log, "the store is there again");
        daemon->store_is_lost = false;
    }
    domains_look(daemon); /* without a store nobody else tells who has gone */
}

void registry_start(struct daemon *daemon)
{
    registry_connect(&daemon->store_retry);
}
