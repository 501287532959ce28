/* SPDX-License-Identifier: LGPL-2.1-only */
/* A guest lets go of a medium: who emulates its drive writes "eject" to device/vbd/DEVID/eject. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device_disk.h"
#include "light/events.h"
#include "light/info.h"

struct libxl__evgen_disk_eject {
    uint32_t domid;
    libxl_ev_user user;
    char *vdev;
    char path[80], backend_path[80];
    libxl_event *next; /* made before it happens; NULL: no memory after the last one */
    struct steady_watch watch;
    LIST_ENTRY(libxl__evgen_disk_eject) link;
};

/* A drive without a medium. */
static libxl_event *eject_new(const struct libxl__evgen_disk_eject *want)
{
    libxl_event *event = light_event_new(LIBXL_EVENT_TYPE_DISK_EJECT, want->user);
    libxl_device_disk *disk;

    if (!event)
        return NULL;
    disk = &event->u.disk_eject.disk;
    event->domid = want->domid;
    event->u.disk_eject.vdev = strdup(want->vdev);
    disk->vdev = strdup(want->vdev);
    disk->pdev_path = strdup("");
    disk->format = LIBXL_DISK_FORMAT_EMPTY;
    disk->removable = disk->is_cdrom = 1;
    if (event->u.disk_eject.vdev && disk->vdev && disk->pdev_path)
        return event;
    libxl_event_free(NULL, event);
    return NULL;
}

/* It is looked at with calls that wait: there is an answer soon, and an ejected medium every few hours. */
static void changed(struct steady_watch *watch)
{
    struct libxl__evgen_disk_eject *want =
        (struct libxl__evgen_disk_eject *)((char *)watch - offsetof(struct libxl__evgen_disk_eject, watch));
    libxl_ctx *ctx = watch->ctx;
    const struct light_node taken = { .path = want->path, .value = "" };
    int error;
    char *said _cleanup_free_ = light_store_read(ctx, &error, "%s", want->path);
    char *backend _cleanup_free_ = NULL;

    if (!said || strcmp(said, "eject"))
        return;
    backend = light_store_read(ctx, &error, "%s", want->backend_path);
    if (!want->next)
        want->next = eject_new(want);
    if (!want->next || light_store_write(ctx, &taken, 1)) {
        light_disaster(ctx, LIBXL_EVENT_TYPE_DISK_EJECT, 0, "a medium that was ejected");
        return;
    }
    want->next->u.disk_eject.disk.backend = backend && strstr(backend, "/qdisk/") ? LIBXL_DISK_BACKEND_QDISK : LIBXL_DISK_BACKEND_TAP;
    light_event_occurred(ctx, want->next);
    want->next = eject_new(want);
}

static void want_free(libxl_ctx *ctx, struct libxl__evgen_disk_eject *want)
{
    if (want->next)
        libxl_event_free(ctx, want->next);
    free(want->vdev);
    free(want);
}

static int enable(libxl_ctx *ctx, struct libxl__evgen_disk_eject *want)
{
    int devid, rc = light_vdev_number(want->vdev, &devid);

    if (rc < 0)
        return light_fail(ctx, rc, "domain %u: %s is no name of a disk", want->domid, want->vdev);
    want->next = eject_new(want);
    if (!want->next)
        return light_fail(ctx, -ENOMEM, "domain %u: disk %s", want->domid, want->vdev);
    rc = light_os_register(ctx);
    if (rc)
        return rc;
    snprintf(want->path, sizeof(want->path), "/local/domain/%u/device/vbd/%d/eject", want->domid, devid);
    snprintf(want->backend_path, sizeof(want->backend_path), "/local/domain/%u/device/vbd/%d/backend", want->domid, devid);
    want->watch = (struct steady_watch){ .ctx = ctx, .path = want->path, .fn = changed, .type = LIBXL_EVENT_TYPE_DISK_EJECT };
    rc = steady_watch_start(&want->watch);
    return rc < 0 ? light_fail(ctx, rc, "domain %u: disk %s cannot be watched in the store", want->domid, want->vdev) : 0;
}

int libxl_evenable_disk_eject(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_ev_user user,
                              libxl_evgen_disk_eject **evgen_out)
{
    struct libxl__evgen_disk_eject *want = calloc(1, sizeof(*want));
    int rc;

    if (want)
        want->vdev = strdup(vdev);
    if (!want || !want->vdev) {
        free(want);
        return light_fail(ctx, -ENOMEM, "domain %u: disk %s", domid, vdev);
    }
    want->domid = domid;
    want->user = user;
    pthread_mutex_lock(&ctx->lock);
    rc = light_events(ctx) ? enable(ctx, want) : ERROR_FAIL;
    if (rc) {
        want_free(ctx, want);
    } else {
        LIST_INSERT_HEAD(&ctx->events->evgens.ejects, want, link);
        *evgen_out = want;
    }
    light_leave(ctx);
    return rc;
}

void libxl_evdisable_disk_eject(libxl_ctx *ctx, libxl_evgen_disk_eject *evgen)
{
    pthread_mutex_lock(&ctx->lock);
    LIST_REMOVE(evgen, link);
    steady_watch_stop(&evgen->watch);
    want_free(ctx, evgen);
    light_leave(ctx);
}

void light_ejects_free(libxl_ctx *ctx)
{
    struct libxl__evgen_disk_eject *want;

    while ((want = LIST_FIRST(&ctx->events->evgens.ejects))) {
        LIST_REMOVE(want, link);
        loop_timer_remove(&want->watch.again);
        want_free(ctx, want);
    }
}
