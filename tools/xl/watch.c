/* SPDX-License-Identifier: GPL-2.0-only */
/* Until a domain's end, and then what its on_poweroff, on_reboot, on_crash, on_watchdog say: xl.cfg(5). */
#include <libxl_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xl/cleanup.h"
#include "xl/config.h"
#include "xl/create.h"

#define DUMP_FOLDER LOCALSTATEDIR "/lib/xen/dump"
#define SHORT_LIFE 2 /* seconds: what lives shorter is made again no sooner, or it would keep the host busy */

/* --- which action --- */

static libxl_action_on_shutdown action_of(const libxl_domain_config *d, int reason)
{
    switch (reason) {
    case LIBXL_SHUTDOWN_REASON_POWEROFF:
        return d->on_poweroff;
    case LIBXL_SHUTDOWN_REASON_REBOOT:
        return d->on_reboot;
    case LIBXL_SHUTDOWN_REASON_CRASH:
        return d->on_crash;
    case LIBXL_SHUTDOWN_REASON_WATCHDOG:
        return d->on_watchdog;
    case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
        return d->on_soft_reset;
    default:
        printf("Unknown shutdown reason code %d. Destroying domain.\n", reason);
        return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    }
}

/* Its memory goes to a file first; what comes after that is left. */
static libxl_action_on_shutdown dump(struct life *life, libxl_action_on_shutdown action)
{
    char *path _cleanup_free_ = NULL;
    int rc;

    if (action != LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY && action != LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART)
        return action;
    if (asprintf(&path, DUMP_FOLDER "/%s", life->config.c_info.name) < 0)
        path = NULL;
    printf("dumping core to %s\n", path ? path : "nowhere: no memory");
    rc = path ? libxl_domain_core_dump(life->xl->ctx, life->domid, path, NULL) : ERROR_NOMEM;
    if (rc)
        xl_fail_rc(life->xl, rc, "%s: no core dump, and it goes on without", life->config.c_info.name);
    return action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY ? LIBXL_ACTION_ON_SHUTDOWN_DESTROY
                                                               : LIBXL_ACTION_ON_SHUTDOWN_RESTART;
}

/* --- making it again --- */

/* What xl config-update has left, or else what the domain is like now: devices that came later are part of it. */
static int config_now(struct life *life, libxl_domain_config *d)
{
    libxl_ctx *ctx = life->xl->ctx;
    char *text _cleanup_free_ = NULL;
    int len = 0, rc = libxl_userdata_retrieve(ctx, life->domid, "xl", (uint8_t **)&text, &len);

    if (rc)
        return rc;
    if (!len)
        return libxl_retrieve_domain_configuration(ctx, life->domid, d, NULL);
    if (config_read_text(ctx, "config-update's", text, (size_t)len, d))
        return ERROR_INVAL;
    conf_apply(&life->xl->conf, d);
    return 0;
}

/* Without a new one it is made of the old one. */
static void config_reload(struct life *life)
{
    _cleanup_config_ libxl_domain_config fresh;
    libxl_domain_config old = life->config;
    int rc;

    libxl_domain_config_init(&fresh);
    rc = config_now(life, &fresh);
    if (rc) {
        xl_fail_rc(life->xl, rc, "%s: its configuration cannot be had; it is made again as it was made first",
                   life->config.c_info.name);
        return;
    }
    life->config = fresh;
    fresh = old;
}

static int destroy(struct life *life)
{
    int rc;

    printf("Domain %u needs to be cleaned up: destroying the domain\n", life->domid);
    rc = libxl_domain_destroy(life->xl->ctx, life->domid, NULL);
    return rc ? xl_fail_rc(life->xl, rc, "%s is left as it is", life->config.c_info.name) : 0;
}

/* The old one stays, for whoever wants to know why, under another name. */
static int set_aside(struct life *life)
{
    char suffix[32];
    libxl_uuid uuid;
    time_t now = time(NULL);
    struct tm tm;
    int rc;

    strftime(suffix, sizeof(suffix), "-%Y%m%dT%H%MZ", gmtime_r(&now, &tm));
    libxl_uuid_generate(&uuid);
    printf("Preserving domain %u %s with suffix%s\n", life->domid, life->config.c_info.name, suffix);
    rc = libxl_domain_preserve(life->xl->ctx, life->domid, &life->config.c_info, suffix, uuid);
    return rc ? xl_fail_rc(life->xl, rc, "%s is not made again", life->config.c_info.name) : 0;
}

static int again(struct life *life, libxl_action_on_shutdown action, time_t begun)
{
    const struct create_wish first = life->wish;
    time_t lived = time(NULL) - begun;
    int status;

    config_reload(life);
    status = action == LIBXL_ACTION_ON_SHUTDOWN_RESTART ? destroy(life) : set_aside(life);
    if (status)
        return status;
    console_wait(life->console);
    life->console = 0;
    if (lived >= 0 && lived < SHORT_LIFE)
        sleep((unsigned)(SHORT_LIFE - lived));
    printf("Done. Rebooting now\n");
    life->wish.paused = false;
    life->wish.console = first.console && first.foreground;
    life->wish.viewer = false; /* the first one comes again by itself, or is not wanted any more */
    status = life_begin(life);
    life->wish = first;
    return status;
}

/* --- waiting --- */

static int of_domain(const libxl_event *event, void *arg)
{
    const struct life *life = arg;

    return event->domid == life->domid;
}

enum end { END_SHUT_DOWN, END_GONE, END_UNKNOWN };

/* One that is suspended is being saved, and goes on, or is gone then. */
static enum end wait_for_end(struct life *life, int *ret_reason)
{
    libxl_ctx *ctx = life->xl->ctx;
    libxl_evgen_domain_death *death = NULL;
    enum end end = END_UNKNOWN;
    libxl_event *event;
    int rc = libxl_evenable_domain_death(ctx, life->domid, 0, &death);

    while (rc == 0 && end == END_UNKNOWN) {
        rc = libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, of_domain, life);
        if (rc)
            break;
        if (event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH) {
            end = END_GONE;
        } else if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN) {
            *ret_reason = event->u.domain_shutdown.shutdown_reason;
            printf("Domain %u has shut down, reason code %d 0x%x\n", life->domid, *ret_reason, (unsigned)*ret_reason);
            if (*ret_reason != LIBXL_SHUTDOWN_REASON_SUSPEND)
                end = END_SHUT_DOWN;
        }
        libxl_event_free(ctx, event);
    }
    if (death)
        libxl_evdisable_domain_death(ctx, death);
    if (rc)
        xl_fail_rc(life->xl, rc, "nobody waits for the end of %s any more; xl destroy it then", life->config.c_info.name);
    return end;
}

/* 0: all is done; -1: it has a successor. Else the exit code. */
static int after_end(struct life *life, int reason, time_t begun)
{
    libxl_action_on_shutdown action = action_of(&life->config, reason);
    int status;

    printf("Action for shutdown reason code %d is %s\n", reason, action_name(action));
    action = dump(life, action);
    switch (action) {
    case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
        return 0;
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART:
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
        status = again(life, action, begun);
        return status ? status : -1;
    case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
        xl_fail(life->xl, "%s wants a soft reset, which is not implemented: it is destroyed", life->config.c_info.name);
        /* fall through */
    default:
        status = destroy(life);
        if (!status)
            printf("Done. Exiting now\n");
        return status;
    }
}

int life_watch(struct life *life)
{
    int reason = 0, status = -1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (status < 0) {
        time_t begun = time(NULL);
        enum end end;

        printf("Waiting for domain %s (domid %u) to die [pid %ld]\n", life->config.c_info.name, life->domid, (long)getpid());
        end = wait_for_end(life, &reason);
        if (end == END_GONE)
            printf("Domain %u has been destroyed.\n", life->domid);
        status = end == END_SHUT_DOWN ? after_end(life, reason, begun) : end == END_GONE ? 0 : 1;
    }
    console_wait(life->console);
    return status;
}
