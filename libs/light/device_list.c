/* SPDX-License-Identifier: LGPL-2.1-only */
/* Devices that a domain has, as the store says. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "light/device.h"
#include "light/info.h"
#include "light/small.h"

char *light_node_text(const struct light_node_reader *nodes, const char *name)
{
    int error = 0;
    char *text = light_store_read(nodes->ctx, &error, "%s/%s", nodes->folder, name);

    if (error)
        *nodes->error = error;
    return text;
}

int light_node_number(const struct light_node_reader *nodes, const char *name, int otherwise)
{
    char *text _cleanup_free_ = light_node_text(nodes, name);
    uint32_t number;

    return text && light_number(text, &number) && number <= INT32_MAX ? (int)number : otherwise;
}

/* --- one device --- */

static int none(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid)
{
    light_log(ctx, XTL_ERROR, -1, "domain %u has no %s %d", domid, kind->name, devid);
    return ERROR_NOTFOUND;
}

/* Into a configuration that is initialized; the caller disposes of it, also after errors. */
static int read_into(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid, void *config)
{
    char folder[80], *backend _cleanup_free_ = NULL;
    int error = 0, rc;
    const struct light_node_reader nodes = { .ctx = ctx, .folder = folder, .devid = devid, .error = &error };

    snprintf(folder, sizeof(folder), "/libxl/%u/device/%s/%d", domid, kind->word, devid);
    backend = light_node_text(&nodes, "backend");
    if (!backend)
        return error ? error : none(ctx, domid, kind, devid);
    sscanf(backend, "/local/domain/%u/", (libxl_domid *)((char *)config + kind->backend_domid));
    if (!kind->number)
        *(int *)((char *)config + kind->devid) = devid - kind->first;
    rc = kind->from_nodes(&nodes, config);
    return rc ? rc : error;
}

static int device_of(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid, void *config)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int rc;

    light_init(kind->type, config);
    rc = read_into(ctx, domid, kind, devid, config);
    if (rc)
        light_dispose(kind->type, config);
    return rc;
}

/* --- all of a kind --- */

static void list_free(const struct light_device_kind *kind, void *list, int num)
{
    for (int i = 0; i < num; i++)
        light_dispose(kind->type, (char *)list + (size_t)i * kind->type->size);
    free(list);
}

static int list_fill(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, char **names, unsigned count,
                     char *list, int *ret_num)
{
    for (unsigned i = 0; i < count; i++) {
        char *at = list + (size_t)*ret_num * kind->type->size;
        uint32_t devid;
        int rc;

        if (!light_number(names[i], &devid) || devid > INT32_MAX || (int)devid < kind->first)
            continue;
        light_init(kind->type, at);
        rc = read_into(ctx, domid, kind, (int)devid, at);
        if (rc)
            light_dispose(kind->type, at);
        if (rc && rc != ERROR_NOTFOUND) /* it may go meanwhile */
            return rc;
        *ret_num += rc == 0;
    }
    return 0;
}

static void *device_list(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int *num)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    char path[64], **names _cleanup_free_ = NULL, *list;
    struct xs_handle *store;
    unsigned count = 0;
    int rc = light_store(ctx, &store);

    *num = 0;
    snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kind->word);
    if (rc)
        return NULL;
    names = xs_directory(store, XBT_NULL, path, &count);
    if (!names && errno != ENOENT) {
        light_fail(ctx, -errno, "cannot list %s in the store", path);
        return NULL;
    }
    list = calloc(count + 1, kind->type->size);
    if (!list) {
        light_fail(ctx, -ENOMEM, "domain %u: listing its devices", domid);
        return NULL;
    }
    rc = list_fill(ctx, domid, kind, names, names ? count : 0, list, num);
    if (!rc)
        return list;
    list_free(kind, list, *num);
    *num = 0;
    return NULL;
}

/* --- how it goes --- */

/* What all *info types have; numbers are -1 where the guest has not said them. */
struct about {
    char *backend, *frontend;
    uint32_t backend_id, frontend_id;
    int state;
};

static void about_free(struct about *a)
{
    free(a->backend);
    free(a->frontend);
}

static int about(libxl_ctx *ctx, uint32_t domid, const struct light_device_kind *kind, int devid, struct about *ret)
{
    char folder[80];
    int error = 0;
    const struct light_node_reader nodes = { .ctx = ctx, .folder = folder, .devid = devid, .error = &error };
    struct about a _cleanup_(about_free) = { 0 };
    struct light_node_reader front = nodes;

    snprintf(folder, sizeof(folder), "/libxl/%u/device/%s/%d", domid, kind->word, devid);
    a.backend = light_node_text(&nodes, "backend");
    a.frontend = light_node_text(&nodes, "frontend");
    if (!a.backend || !a.frontend)
        return error ? error : none(ctx, domid, kind, devid);
    front.folder = a.frontend;
    a.frontend_id = (uint32_t)light_node_number(&nodes, "frontend-id", (int)domid);
    a.backend_id = (uint32_t)light_node_number(&front, "backend-id", -1);
    a.state = light_node_number(&front, "state", -1);
    if (error)
        return error;
    *ret = a;
    a.backend = a.frontend = NULL;
    return 0;
}

static int front_number(libxl_ctx *ctx, const char *front, const char *name)
{
    int error = 0;
    const struct light_node_reader nodes = { .ctx = ctx, .folder = front, .error = &error };

    return light_node_number(&nodes, name, -1);
}

/* --- the public functions --- */

#define DEFINE_LIST(NAME)                                                                                  \
    libxl_device_##NAME *libxl_device_##NAME##_list(libxl_ctx *ctx, uint32_t domid, int *num)               \
    {                                                                                                      \
        return device_list(ctx, domid, &light_device_##NAME, num);                                          \
    }                                                                                                      \
                                                                                                           \
    void libxl_device_##NAME##_list_free(libxl_device_##NAME *list, int num)                                \
    {                                                                                                      \
        list_free(&light_device_##NAME, list, num);                                                         \
    }

DEFINE_LIST(disk)
DEFINE_LIST(nic)
DEFINE_LIST(vkb)
DEFINE_LIST(vtpm)

libxl_device_channel *libxl_device_channel_list(libxl_ctx *ctx, uint32_t domid, int *num)
{
    return device_list(ctx, domid, &light_device_channel, num);
}

int libxl_device_disk_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_disk *disk, libxl_diskinfo *diskinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int devid = light_device_number(&light_device_disk, disk), rc;
    struct about a;

    rc = about(ctx, domid, &light_device_disk, devid, &a);
    if (rc)
        return rc;
    *diskinfo = (libxl_diskinfo){
        .backend = a.backend, .backend_id = a.backend_id, .frontend = a.frontend, .frontend_id = a.frontend_id,
        .devid = devid, .state = a.state,
        .evtch = front_number(ctx, a.frontend, "event-channel"),
        .rref = front_number(ctx, a.frontend, "ring-ref"),
    };
    return 0;
}

int libxl_device_nic_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_nic *nic, libxl_nicinfo *nicinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct about a;
    int rc = about(ctx, domid, &light_device_nic, nic->devid, &a);

    if (rc)
        return rc;
    *nicinfo = (libxl_nicinfo){
        .backend = a.backend, .backend_id = a.backend_id, .frontend = a.frontend, .frontend_id = a.frontend_id,
        .devid = nic->devid, .state = a.state,
        .evtch = front_number(ctx, a.frontend, "event-channel"),
        .rref_tx = front_number(ctx, a.frontend, "tx-ring-ref"),
        .rref_rx = front_number(ctx, a.frontend, "rx-ring-ref"),
    };
    return 0;
}

int libxl_device_vkb_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_vkb *vkb, libxl_vkbinfo *vkbinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct about a;
    int rc = about(ctx, domid, &light_device_vkb, vkb->devid, &a);

    if (rc)
        return rc;
    *vkbinfo = (libxl_vkbinfo){
        .backend = a.backend, .backend_id = a.backend_id, .frontend = a.frontend, .frontend_id = a.frontend_id,
        .devid = vkb->devid, .state = a.state,
        .evtch = front_number(ctx, a.frontend, "event-channel"),
        .rref = front_number(ctx, a.frontend, "page-ref"),
    };
    return 0;
}

int libxl_device_vtpm_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_vtpm *vtpm, libxl_vtpminfo *vtpminfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_device_vtpm found;
    struct about a;
    int rc = about(ctx, domid, &light_device_vtpm, vtpm->devid, &a);

    if (rc)
        return rc;
    rc = device_of(ctx, domid, &light_device_vtpm, vtpm->devid, &found);
    if (rc) {
        about_free(&a);
        return rc;
    }
    *vtpminfo = (libxl_vtpminfo){
        .backend = a.backend, .backend_id = a.backend_id, .frontend = a.frontend, .frontend_id = a.frontend_id,
        .devid = vtpm->devid, .state = a.state,
        .evtch = front_number(ctx, a.frontend, "event-channel"),
        .rref = front_number(ctx, a.frontend, "ring-ref"),
        .uuid = found.uuid,
    };
    libxl_device_vtpm_dispose(&found);
    return 0;
}

int libxl_device_channel_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_channel *channel,
                                 libxl_channelinfo *channelinfo)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int devid = light_device_number(&light_device_channel, channel), error = 0, rc;
    struct light_node_reader nodes = { .ctx = ctx, .error = &error };
    struct about a;

    rc = about(ctx, domid, &light_device_channel, devid, &a);
    if (rc)
        return rc;
    *channelinfo = (libxl_channelinfo){
        .backend = a.backend, .backend_id = a.backend_id, .frontend = a.frontend, .frontend_id = a.frontend_id,
        .devid = channel->devid, .state = a.state,
        .evtch = front_number(ctx, a.frontend, "port"),
        .rref = front_number(ctx, a.frontend, "ring-ref"),
    };
    libxl_channelinfo_init_connection(channelinfo, channel->connection);
    nodes.folder = a.frontend;
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_PTY)
        channelinfo->u.pty.path = light_node_text(&nodes, "tty");
    if (error)
        libxl_channelinfo_dispose(channelinfo);
    return error;
}

int libxl_devid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vtpm *vtpm)
{
    return device_of(ctx, domid, &light_device_vtpm, devid, vtpm);
}

int libxl_uuid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, libxl_uuid *uuid, libxl_device_vtpm *vtpm)
{
    int num, rc = ERROR_NOTFOUND;
    libxl_device_vtpm *list = libxl_device_vtpm_list(ctx, domid, &num);

    if (!list)
        return ERROR_FAIL;
    for (int i = 0; i < num && rc; i++) {
        if (libxl_uuid_compare(&list[i].uuid, uuid))
            continue;
        *vtpm = list[i];
        libxl_device_vtpm_init(&list[i]);
        rc = 0;
    }
    libxl_device_vtpm_list_free(list, num);
    return rc;
}

int libxl_devid_to_device_vkb(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vkb *vkb)
{
    return device_of(ctx, domid, &light_device_vkb, devid, vkb);
}

int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_device_disk *disk)
{
    const libxl_device_disk named = { .vdev = (char *)vdev };
    int devid = light_device_number(&light_device_disk, &named);

    if (devid < 0)
        return light_fail(ctx, -EINVAL, "%s is no name of a disk", vdev);
    return device_of(ctx, domid, &light_device_disk, devid, disk);
}

int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic)
{
    return device_of(ctx, domid, &light_device_nic, devid, nic);
}

int libxl_mac_to_device_nic(libxl_ctx *ctx, uint32_t domid, const char *mac, libxl_device_nic *nic)
{
    libxl_mac wanted;
    libxl_device_nic *list;
    int num, rc = ERROR_NOTFOUND;

    if (light_mac_parse(mac, wanted) < 0)
        return light_fail(ctx, -EINVAL, "%s is no MAC address", mac);
    list = libxl_device_nic_list(ctx, domid, &num);
    if (!list)
        return ERROR_FAIL;
    for (int i = 0; i < num && rc; i++) {
        if (memcmp(list[i].mac, wanted, sizeof(wanted)))
            continue;
        *nic = list[i];
        libxl_device_nic_init(&list[i]);
        rc = 0;
    }
    libxl_device_nic_list_free(list, num);
    return rc;
}
