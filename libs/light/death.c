/* SPDX-License-Identifier: LGPL-2.1-only */
/* Domains' ends, as events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/query.h"
#include "light/events.h"

const char *light_release_watch = "@releaseDomain";

/* Each event was made when it was asked for, and is there until it has happened: none is lost for want of memory. */
struct libxl__evgen_domain_death {
    uint32_t domid;
    uint8_t handle[sizeof(((struct xen_domctl_getdomaininfo *)0)->handle)];
    libxl_event *shutdown, *death;
    LIST_ENTRY(libxl__evgen_domain_death) link;
};

static void happened(libxl_ctx *ctx, libxl_event **event)
{
    if (*event)
        light_event_occurred(ctx, *event);
    *event = NULL;
}

/* What has become of the domain. Another one may have its number by now. */
static void look_at(libxl_ctx *ctx, struct libxl__evgen_domain_death *want)
{
    struct xen_domctl_getdomaininfo info;
    int rc = ctrl_domain_info(ctx->priv, want->domid, &info);
    bool gone;

    if (rc < 0 && rc != -ESRCH) {
        light_disaster(ctx, LIBXL_EVENT_TYPE_DOMAIN_DEATH, -rc, "a domain that may have ended cannot be looked at");
        return;
    }
    gone = rc == -ESRCH || memcmp(info.handle, want->handle, sizeof(info.handle)) != 0;
    if (!gone && (info.flags & XEN_DOMINF_shutdown) && want->shutdown) {
        want->shutdown->u.domain_shutdown.shutdown_reason = (uint8_t)ctrl_domain_shutdown_reason(&info);
        happened(ctx, &want->shutdown);
    }
    if (gone || (info.flags & XEN_DOMINF_dying))
        happened(ctx, &want->death);
}

static void released(struct steady_watch *watch)
{
    struct libxl__evgen_domain_death *want;

    LIST_FOREACH(want, &watch->ctx->events->evgens.deaths, link) {
        if (want->death)
            look_at(watch->ctx, want);
    }
}

static void want_free(libxl_ctx *ctx, struct libxl__evgen_domain_death *want)
{
    if (want->shutdown)
        libxl_event_free(ctx, want->shutdown);
    if (want->death)
        libxl_event_free(ctx, want->death);
    free(want);
}

static int enable(libxl_ctx *ctx, struct libxl__evgen_domain_death *want, libxl_ev_user user)
{
    struct light_evgens *evgens = &ctx->events->evgens;
    struct xen_domctl_getdomaininfo info;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    want->shutdown = light_event_new(LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, user);
    want->death = light_event_new(LIBXL_EVENT_TYPE_DOMAIN_DEATH, user);
    if (!want->shutdown || !want->death)
        return light_fail(ctx, -ENOMEM, "domain %u: its end cannot be waited for", want->domid);
    want->shutdown->domid = want->death->domid = want->domid;
    rc = ctrl_domain_info(priv, want->domid, &info);
    if (rc < 0 && rc != -ESRCH)
        return light_fail(ctx, rc, "domain %u cannot be looked at", want->domid);
    if (rc == 0)
        memcpy(want->handle, info.handle, sizeof(want->handle));
    rc = light_os_register(ctx);
    if (rc || !LIST_EMPTY(&evgens->deaths))
        return rc;
    evgens->releases = (struct steady_watch){
        .ctx = ctx, .path = light_release_watch, .fn = released, .type = LIBXL_EVENT_TYPE_DOMAIN_DEATH };
    rc = steady_watch_start(&evgens->releases);
    return rc < 0 ? light_fail(ctx, rc, "domain %u: its end cannot be watched in the store", want->domid) : 0;
}

int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user, libxl_evgen_domain_death **evgen_out)
{
    struct libxl__evgen_domain_death *want = calloc(1, sizeof(*want));
    int rc;

    if (!want)
        return light_fail(ctx, -ENOMEM, "domain %u: its end cannot be waited for", domid);
    want->domid = domid;
    pthread_mutex_lock(&ctx->lock);
    rc = light_events(ctx) ? enable(ctx, want, user) : ERROR_FAIL;
    if (rc) {
        want_free(ctx, want);
    } else {
        LIST_INSERT_HEAD(&ctx->events->evgens.deaths, want, link);
        steady_watch_soon(&ctx->events->evgens.releases); /* the end may have been before */
        *evgen_out = want;
    }
    light_leave(ctx);
    return rc;
}

void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *evgen)
{
    struct light_evgens *evgens;

    pthread_mutex_lock(&ctx->lock);
    evgens = &ctx->events->evgens;
    LIST_REMOVE(evgen, link);
    want_free(ctx, evgen);
    if (LIST_EMPTY(&evgens->deaths))
        steady_watch_stop(&evgens->releases);
    light_leave(ctx);
}

void light_deaths_free(libxl_ctx *ctx)
{
    struct libxl__evgen_domain_death *want;

    while ((want = LIST_FIRST(&ctx->events->evgens.deaths))) {
        LIST_REMOVE(want, link);
        want_free(ctx, want);
    }
    loop_timer_remove(&ctx->events->evgens.releases.again);
}
