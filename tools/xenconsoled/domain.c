/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/domain.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenconsoled/console.h"
#include "xenconsoled/look.h"
#include "xenconsoled/registry.h"

#define DOMAINS_AT_ONCE 64u
#define NUMBER_MAX 65535u
#define OTHERS_MAX 16u /* consoles of a domain beside the first */
#define TYPE "xenconsoled"
#define WARN_NS (60 * 1000 * 1000000ull)

/* States of a device's two ends. */
enum { UNKNOWN, INITIALISING, INIT_WAIT, INITIALISED, CONNECTED, CLOSING, CLOSED };

static struct console *console_of(const struct domain *domain, uint32_t number)
{
    for (struct console *c = domain->daemon->consoles; c; c = c->next)
        if (c->domid == domain->domid && c->number == number && !console_dead(c))
            return c;
    return NULL;
}

/* --- what was found --- */

/* A guest may be wrong as often as it likes, but not fill our log. */
static bool may_warn(struct domain *domain)
{
    uint64_t now = loop_now();

    if (domain->warned && now < domain->warned + WARN_NS)
        return false;
    domain->warned = now;
    return true;
}

static struct console *console_begin(struct domain *domain, const struct look *look)
{
    struct daemon *daemon = domain->daemon;
    uint64_t limit = daemon->options.history;
    struct console *console = console_of(domain, look->number);

    if (console)
        return console;
    if (!look_number(look, LOOK_LIMIT, &limit) || limit > daemon->options.history)
        limit = daemon->options.history;
    console = console_new(daemon, domain->domid, look->number, domain->handle, (uint32_t)limit);
    if (!console)
        log_err(&daemon->log, "domain %u: no memory for its console", domain->domid);
    domain->named = false;
    return console;
}

/* Its ring is where the store says; false: it says nothing, or it cannot be. */
static bool ring_looked(struct domain *domain, const struct look *look)
{
    const char *name = look->answers[LOOK_NAME].value, *tty = look->answers[LOOK_TTY].value;
    struct daemon *daemon = domain->daemon;
    struct console *console;
    uint64_t ring_ref, port;
    char path[128];
    int err;

    if (!look_number(look, LOOK_RING_REF, &ring_ref) || !look_number(look, LOOK_PORT, &port) || port > UINT32_MAX)
        return false;
    console = console_begin(domain, look);
    if (!console)
        return false;
    if (name && !console->state.head->guest[0])
        snprintf(console->state.head->guest, sizeof(console->state.head->guest), "%s", name);
    err = console_connect(console, ring_ref, (uint32_t)port);
    if (err && may_warn(domain))
        log_warn(&daemon->log, "domain %u: its console's ring (%llu, port %llu): %s", domain->domid,
                 (unsigned long long)ring_ref, (unsigned long long)port, strerror(-err));
    if (console->pty.master >= 0 && (!tty || strcmp(tty, console->pty.name) != 0)) {
        look_path(look, LOOK_TTY, path, sizeof(path));
        registry_write(daemon, path, console->pty.name);
    }
    if (err || console->pty.master < 0)
        domain->failed = true;
    return err == 0;
}

static void back_state_set(const struct look *look, uint64_t state)
{
    char path[128], text[] = { (char)('0' + state), 0 };
    uint64_t is;

    if (!look->answers[LOOK_BACK_STATE].value || (look_number(look, LOOK_BACK_STATE, &is) && is == state))
        return;
    look_path(look, LOOK_BACK_STATE, path, sizeof(path));
    registry_write(look->domain->daemon, path, text);
}

static void other_looked(struct domain *domain, const struct look *look)
{
    const char *type = look->answers[LOOK_TYPE].value;
    struct console *console = console_of(domain, look->number);
    uint64_t front = INITIALISED, back = UNKNOWN, online = 1; /* without a handshake: ring and port are all it needs */

    if (!type || strcmp(type, TYPE) != 0) {
        if (console)
            console_die(console);
        return;
    }
    look_number(look, LOOK_STATE, &front);
    look_number(look, LOOK_BACK_STATE, &back);
    look_number(look, LOOK_BACK_ONLINE, &online);
    if (back == CLOSING || !online) { /* the toolstack takes it away, and waits for our word */
        if (console)
            console_die(console);
        back_state_set(look, CLOSED);
    } else if (front == CLOSING || front == CLOSED) {
        if (console)
            console_disconnect(console);
        back_state_set(look, CLOSED);
    } else if (front == INITIALISED || (front == CONNECTED && back != CLOSED)) {
        if (ring_looked(domain, look))
            back_state_set(look, CONNECTED);
    } else if (front == INITIALISING) {
        if (console)
            console_disconnect(console);
        back_state_set(look, INIT_WAIT);
    }
}

/* Is it a console's number, as it would be written? */
static bool number_parse(const char *name, uint32_t *ret_number)
{
    unsigned long number = strtoul(name, NULL, 10);
    char text[24];

    snprintf(text, sizeof(text), "%lu", number);
    if (strcmp(text, name) != 0 || number == 0 || number > NUMBER_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static void others_looked(struct domain *domain, const struct look *look)
{
    const struct look_answer *names = &look->answers[LOOK_NAMES];
    unsigned count = 0;
    uint32_t number;
    struct console *next;

    for (struct console *c = domain->daemon->consoles; c; c = c->next)
        c->seen = false;
    for (size_t at = 0; names->value && at < names->length; at += strlen(names->value + at) + 1) {
        struct console *console;

        if (!number_parse(names->value + at, &number))
            continue;
        if (++count > OTHERS_MAX) {
            if (may_warn(domain))
                log_warn(&domain->daemon->log, "domain %u: %u consoles beside the first are enough", domain->domid, OTHERS_MAX);
            break;
        }
        console = console_of(domain, number);
        if (console)
            console->seen = true;
        look_begin(domain, number);
    }
    if (!look->answers[LOOK_NAME].value) /* the store knows nothing of the domain: it began anew */
        return;
    for (struct console *c = domain->daemon->consoles; c; c = next) {
        next = c->next;
        if (c->domid == domain->domid && c->number && !c->seen && !console_dead(c))
            console_die(c);
    }
}

void domain_looked(struct domain *domain, const struct look *look)
{
    const char *type = look->answers[LOOK_TYPE].value;

    if (look->number == LOOK_ALL)
        others_looked(domain, look);
    else if (look->number)
        other_looked(domain, look);
    else if (!type || !strcmp(type, TYPE))
        ring_looked(domain, look);
    console_trim_dead(domain->daemon); /* devices that were taken away */
}

/* --- watches --- */

static void first_event(void *arg, const char *path)
{
    struct domain *domain = arg;

    if (path)
        look_begin(domain, 0);
    else
        registry_unwatch(domain->daemon, &domain->watches[0]); /* once more when the domains are looked at */
}

static void others_event(void *arg, const char *path)
{
    struct domain *domain = arg;

    if (path)
        look_begin(domain, LOOK_ALL);
    else
        registry_unwatch(domain->daemon, &domain->watches[1]);
}

static void domain_watch(struct domain *domain)
{
    char path[64];

    if (!domain->watches[0]) {
        snprintf(path, sizeof(path), "/local/domain/%u/console", domain->domid);
        registry_watch(domain->daemon, path, first_event, domain, &domain->watches[0]);
    }
    if (!domain->watches[1]) {
        snprintf(path, sizeof(path), "/local/domain/%u/device/console", domain->domid);
        registry_watch(domain->daemon, path, others_event, domain, &domain->watches[1]);
    }
}

void domains_unwatch(struct daemon *daemon)
{
    for (uint32_t i = 0; i < daemon->domains_end; i++)
        if (daemon->domains[i])
            memset(daemon->domains[i]->watches, 0, sizeof(daemon->domains[i]->watches));
}

void domain_changed(struct daemon *daemon, uint32_t domid)
{
    if (domid < DOMIDS && daemon->domains[domid])
        look_begin(daemon->domains[domid], LOOK_ALL);
}

/* --- domains that come and go --- */

static void domain_free(struct domain *domain)
{
    domain->daemon->domains[domain->domid] = NULL;
    registry_unwatch(domain->daemon, &domain->watches[0]);
    registry_unwatch(domain->daemon, &domain->watches[1]);
    looks_leave(domain);
    free(domain);
}

static void consoles_die(struct daemon *daemon, uint32_t domid)
{
    struct console *next;

    for (struct console *c = daemon->consoles; c; c = next) {
        next = c->next;
        if (c->domid == domid && !console_dead(c))
            console_die(c);
    }
}

static struct domain *domain_end(struct domain *domain)
{
    log_info(&domain->daemon->log, "domain %u is gone", domain->domid);
    consoles_die(domain->daemon, domain->domid);
    domain_free(domain);
    return NULL;
}

/* An earlier daemon may have left its consoles: they go on at once, whether or not there is a store. */
static struct domain *domain_begin(struct daemon *daemon, const struct xen_domctl_getdomaininfo *info)
{
    struct domain *domain = calloc(1, sizeof(*domain));
    struct console *next;

    if (!domain) {
        log_err(&daemon->log, "domain %u: no memory", info->domain);
        return NULL;
    }
    domain->daemon = daemon;
    domain->domid = info->domain;
    memcpy(domain->handle, info->handle, sizeof(domain->handle));
    daemon->domains[info->domain] = domain;
    daemon->domain_newest = info->domain;
    if (daemon->domains_end <= info->domain)
        daemon->domains_end = info->domain + 1u;
    for (struct console *c = daemon->consoles; c; c = next) {
        next = c->next;
        if (c->domid != info->domain || console_dead(c))
            continue;
        if (memcmp(c->state.head->handle, info->handle, sizeof(domain->handle)) != 0)
            console_die(c);
        else
            console_reconnect(c);
    }
    return domain;
}

static void domain_seen(struct daemon *daemon, const struct xen_domctl_getdomaininfo *info)
{
    struct domain *domain = info->domain < DOMIDS ? daemon->domains[info->domain] : NULL;
    bool dying = info->flags & XEN_DOMINF_dying;
    const struct console *first;

    if (info->domain == 0 || info->domain >= DOMIDS)
        return;
    if (domain && (dying || memcmp(domain->handle, info->handle, sizeof(domain->handle)) != 0))
        domain = domain_end(domain);
    if (!domain && !dying)
        domain = domain_begin(daemon, info);
    if (!domain)
        return;
    domain->seen = true;
    if (!daemon->store)
        return;
    domain_watch(domain);
    first = domain->named ? NULL : console_of(domain, 0); /* a search */
    if (first)
        domain->named = first->state.head->guest[0];
    if (domain->failed || (first && !domain->named)) {
        domain->failed = false;
        look_begin(domain, 0);
        look_begin(domain, LOOK_ALL);
    }
}

/* Those from `first` on; false: the hypervisor does not tell. */
static bool domains_see(struct daemon *daemon, uint32_t first)
{
    struct xen_domctl_getdomaininfo infos[DOMAINS_AT_ONCE];
    int n;

    for (; first < DOMIDS && (n = ctrl_domain_list(daemon->priv, first, DOMAINS_AT_ONCE, infos)) != 0;
         first = infos[n - 1].domain + 1u) {
        if (n < 0) {
            log_err(&daemon->log, "the list of domains: %s", strerror(-n));
            return false;
        }
        for (int i = 0; i < n; i++)
            domain_seen(daemon, &infos[i]);
    }
    return true;
}

static void look_again(struct loop_timer *timer)
{
    domains_look((struct daemon *)((char *)timer - offsetof(struct daemon, domains_again)));
}

void domains_look_for_new(struct daemon *daemon)
{
    uint32_t newest = daemon->domain_newest;

    if (!domains_see(daemon, newest + 1u))
        return;
    if (daemon->domain_newest == newest)
        domains_look(daemon);
    else if (!daemon->domains_again.loop)
        loop_timer_set(daemon->loop, &daemon->domains_again, loop_now() + LOOP_SECOND, look_again);
}

void domains_look(struct daemon *daemon)
{
    struct console *next;

    loop_timer_remove(&daemon->domains_again);
    for (uint32_t i = 0; i < daemon->domains_end; i++)
        if (daemon->domains[i])
            daemon->domains[i]->seen = false;
    if (!domains_see(daemon, 1))
        return;
    for (uint32_t i = 0; i < daemon->domains_end; i++)
        if (daemon->domains[i] && !daemon->domains[i]->seen)
            domain_end(daemon->domains[i]);
    while (daemon->domains_end && !daemon->domains[daemon->domains_end - 1])
        daemon->domains_end--;
    for (struct console *c = daemon->consoles; c; c = next) { /* an earlier daemon's, whose domain has gone */
        next = c->next;
        if (c->domid < DOMIDS && !console_dead(c) && !daemon->domains[c->domid])
            console_die(c);
    }
    console_trim_dead(daemon);
}

void domains_stop(struct daemon *daemon)
{
    loop_timer_remove(&daemon->domains_again);
    for (uint32_t i = 0; i < daemon->domains_end; i++)
        if (daemon->domains[i])
            domain_free(daemon->domains[i]);
}
