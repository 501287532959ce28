/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which consoles there are: the hypervisor says which domains live, the store where their consoles are. Of domain N's first
 * console /local/domain/N/console has ring-ref, port, limit, type; of others /local/domain/N/device/console/M, when their
 * type says that they are ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "xenconsoled/console.h"

#define RETRY_NS (1000 * 1000000ull)
#define DOMAINS_AT_ONCE 64u
#define EVENTS_AT_ONCE 64u
#define TYPE "xenconsoled"

char *store_get(struct daemon *daemon, const char *folder, const char *key)
{
    char path[256];

    if (!daemon->store || (size_t)snprintf(path, sizeof(path), "%s/%s", folder, key) >= sizeof(path))
        return NULL;
    return xs_read(daemon->store, XBT_NULL, path, NULL);
}

int store_set(struct daemon *daemon, const char *folder, const char *key, const char *value)
{
    char path[256];

    if (!daemon->store)
        return -ENOTCONN;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, key) >= sizeof(path))
        return -ENAMETOOLONG;
    return xs_write(daemon->store, XBT_NULL, path, value, (unsigned)strlen(value)) ? 0 : -errno;
}

/* A number that fills its node; false: there is none. */
static bool number_get(struct daemon *daemon, const char *folder, const char *key, uint64_t *ret_number)
{
    _cleanup_free_ char *text = store_get(daemon, folder, key);
    unsigned long long number;
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (*end || errno)
        return false;
    *ret_number = number;
    return true;
}

static void name_learn(struct console *console)
{
    struct state_head *head = console->state.head;
    char folder[64];

    snprintf(folder, sizeof(folder), "/local/domain/%u", console->domid);
    _cleanup_free_ char *name = store_get(console->daemon, folder, "name");
    if (name && !head->guest[0])
        snprintf(head->guest, sizeof(head->guest), "%s", name);
}

static void console_look(struct console *console)
{
    struct daemon *daemon = console->daemon;
    _cleanup_free_ char *type = store_get(daemon, console->folder, "type");
    uint64_t ring_ref, port;
    int err;

    if (type ? strcmp(type, TYPE) != 0 : console->number != 0)
        return;
    if (!number_get(daemon, console->folder, "ring-ref", &ring_ref) || !number_get(daemon, console->folder, "port", &port) ||
        port > UINT32_MAX)
        return;
    name_learn(console);
    err = console_connect(console, ring_ref, (uint32_t)port, console->number != 0);
    if (err)
        log_warn(&daemon->log, "domain %u: its console's ring (%llu, port %llu): %s", console->domid,
                 (unsigned long long)ring_ref, (unsigned long long)port, strerror(-err));
}

static void console_watch(struct console *console, bool on)
{
    char token[32];

    snprintf(token, sizeof(token), "con %u", console->domid);
    if (!console->daemon->store)
        return;
    if (on)
        xs_watch(console->daemon->store, console->folder, token);
    else
        xs_unwatch(console->daemon->store, console->folder, token);
}

static void domain_begin(struct daemon *daemon, const struct xen_domctl_getdomaininfo *info)
{
    uint64_t limit = daemon->options.history;
    struct console *console;
    char folder[64];

    snprintf(folder, sizeof(folder), "/local/domain/%u/console", info->domain);
    if (number_get(daemon, folder, "limit", &limit) && limit > daemon->options.history)
        limit = daemon->options.history;
    console = console_new(daemon, info->domain, 0, info->handle, (uint32_t)limit);
    if (!console) {
        log_err(&daemon->log, "domain %u: no memory for its console", info->domain);
        return;
    }
    if (console_dead(console)) { /* the same name once more, after all numbers were used */
        console_free(console);
        return;
    }
    daemon->primary[info->domain] = console;
    console_watch(console, true); /* fires at once: then it is looked at */
}

static void domain_end(struct console *console)
{
    log_info(&console->daemon->log, "domain %u is gone", console->domid);
    console_watch(console, false);
    console_die(console);
}

static void domain_seen(struct daemon *daemon, const struct xen_domctl_getdomaininfo *info)
{
    struct console *console = info->domain < DOMIDS ? daemon->primary[info->domain] : NULL;

    if (info->domain == 0 || info->domain >= DOMIDS)
        return;
    if (console && (info->flags & XEN_DOMINF_dying || memcmp(console->state.head->handle, info->handle, 16))) {
        domain_end(console);
        console = NULL;
    }
    if (console && (!console->ring || !console->state.head->guest[0]))
        console_look(console); /* what failed last time may work now */
    if (!console && !(info->flags & XEN_DOMINF_dying))
        domain_begin(daemon, info);
    if (daemon->primary[info->domain])
        daemon->primary[info->domain]->seen = true;
}

static void domains_look(struct daemon *daemon)
{
    struct xen_domctl_getdomaininfo infos[DOMAINS_AT_ONCE];
    struct console *next;
    int n;

    for (uint32_t first = 1; first < DOMIDS && (n = ctrl_domain_list(daemon->priv, first, DOMAINS_AT_ONCE, infos)) != 0;
         first = infos[n - 1].domain + 1u) {
        if (n < 0) {
            log_err(&daemon->log, "the list of domains: %s", strerror(-n));
            return;
        }
        for (int i = 0; i < n; i++)
            domain_seen(daemon, &infos[i]);
    }
    for (struct console *console = daemon->consoles; console; console = next) {
        next = console->next;
        if (!console_dead(console) && console->domid < DOMIDS && !console->seen)
            domain_end(console);
        console->seen = false;
    }
    console_trim_dead(daemon);
}

static void store_lost(struct daemon *daemon);

static void store_event(struct daemon *daemon, const char *token)
{
    unsigned domid;

    if (!strcmp(token, "domains"))
        domains_look(daemon);
    else if (sscanf(token, "con %u", &domid) == 1 && domid < DOMIDS && daemon->primary[domid])
        console_look(daemon->primary[domid]);
}

static void store_ready(struct loop_fd *src, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)src - offsetof(struct daemon, store_src));

    for (unsigned i = 0; i < EVENTS_AT_ONCE && daemon->store; i++) {
        _cleanup_free_ char **watch = xs_check_watch(daemon->store);

        if (!watch) {
            if (errno != EAGAIN || (events & (EPOLLHUP | EPOLLERR)))
                store_lost(daemon);
            return;
        }
        store_event(daemon, watch[XS_WATCH_TOKEN]);
    }
}

static void store_connect(struct loop_timer *timer)
{
    struct daemon *daemon = (struct daemon *)((char *)timer - offsetof(struct daemon, store_retry));

    daemon->store = xs_open(0);
    if (!daemon->store || !xs_watch(daemon->store, "@introduceDomain", "domains") ||
        !xs_watch(daemon->store, "@releaseDomain", "domains") ||
        loop_fd_add(daemon->loop, &daemon->store_src, xs_fileno(daemon->store), EPOLLIN, store_ready) < 0) {
        store_lost(daemon);
        return;
    }
    domains_look(daemon);
    for (struct console *console = daemon->consoles; console; console = console->next)
        if (!console_dead(console) && console->domid < DOMIDS)
            console_watch(console, true);
}

/* Consoles that are connected go on; the rest waits until there is a store again. */
static void store_lost(struct daemon *daemon)
{
    if (daemon->store)
        log_err(&daemon->log, "the store has gone; trying again every second");
    store_stop(daemon);
    loop_timer_set(daemon->loop, &daemon->store_retry, loop_now() + RETRY_NS, store_connect);
}

void store_stop(struct daemon *daemon)
{
    loop_timer_remove(&daemon->store_retry);
    loop_fd_remove(&daemon->store_src);
    if (daemon->store)
        xs_close(daemon->store);
    daemon->store = NULL;
}

void store_start(struct daemon *daemon)
{
    store_connect(&daemon->store_retry);
    if (!daemon->store)
        domains_look(daemon);
}
