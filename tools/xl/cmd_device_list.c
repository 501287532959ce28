/* SPDX-License-Identifier: GPL-2.0-only */
/* xl block-list, network-list, channel-list, vtpm-list, vkb-list: columns as stock has them, or JSON. */
#include <stdio.h>
#include <stdlib.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "xl/format.h"
#include "xl/xl.h"

/* The devices of one domain; `j`, if there is one, is in its array. */
typedef void list_fn(struct xl *xl, uint32_t domid, struct json *j);

static int list_domains(struct xl *xl, const struct xl_args *args, const char *header, list_fn *list)
{
    struct json room, *json = rows_begin(&room, args->given[OPT_JSON], header);
    int status = 0;

    for (int i = 0; i < args->n; i++) {
        uint32_t domid;
        int rc = domain_find(xl, args->args[i], &domid);

        status |= rc;
        if (rc)
            continue;
        if (json) {
            _cleanup_free_ char *name = format_name(xl->ctx, domid);

            json_object(json, NULL);
            json_text(json, "domain", name);
            json_number(json, "domid", domid);
            json_array(json, "devices");
        }
        list(xl, domid, json);
        if (json) {
            json_array_end(json);
            json_object_end(json);
        }
    }
    rows_end(json);
    return status;
}

/* What all kinds have. */
static void put_common(struct json *j, int devid, uint32_t backend_id, int state, int evtch, const char *backend)
{
    json_object(j, NULL);
    json_number(j, "devid", devid);
    json_number(j, "backend_id", backend_id);
    json_number(j, "state", state);
    json_number(j, "evtch", evtch);
    json_text(j, "backend", backend);
}

/* --- disks --- */

static void list_disks(struct xl *xl, uint32_t domid, struct json *j)
{
    int n = 0;
    libxl_device_disk *disks = libxl_device_disk_list(xl->ctx, domid, &n);

    for (int i = 0; disks && i < n; i++) {
        libxl_diskinfo info;

        libxl_diskinfo_init(&info);
        if (libxl_device_disk_getinfo(xl->ctx, domid, &disks[i], &info)) {
            libxl_diskinfo_dispose(&info);
            continue;
        }
        if (!j) {
            printf("%-5d %-3u %-6u %-5d %-6d %-8d %-30s\n", info.devid, info.backend_id, info.frontend_id, info.state, info.evtch,
                   info.rref, info.backend);
        } else {
            put_common(j, info.devid, info.backend_id, info.state, info.evtch, info.backend);
            json_text(j, "vdev", disks[i].vdev);
            json_text(j, "target", disks[i].pdev_path);
            json_bool(j, "readwrite", disks[i].readwrite);
            json_number(j, "rref", info.rref);
            json_object_end(j);
        }
        libxl_diskinfo_dispose(&info);
    }
    if (disks)
        libxl_device_disk_list_free(disks, n);
}

int cmd_block_list(struct xl *xl, const struct xl_args *args)
{
    return list_domains(xl, args, "Vdev  BE  handle state evt-ch ring-ref BE-path                       ", list_disks);
}

/* --- networks --- */

static void list_nics(struct xl *xl, uint32_t domid, struct json *j)
{
    int n = 0;
    libxl_device_nic *nics = libxl_device_nic_list(xl->ctx, domid, &n);

    for (int i = 0; nics && i < n; i++) {
        libxl_nicinfo info;
        char mac[18];

        libxl_nicinfo_init(&info);
        snprintf(mac, sizeof(mac), LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nics[i].mac));
        if (libxl_device_nic_getinfo(xl->ctx, domid, &nics[i], &info)) {
            libxl_nicinfo_dispose(&info);
            continue;
        }
        if (!j) {
            printf("%-3d %-2u %s %5d %5d %6d %5d/%-11d %-30s\n", info.devid, info.backend_id, mac, info.devid, info.state,
                   info.evtch, info.rref_tx, info.rref_rx, info.backend);
        } else {
            put_common(j, info.devid, info.backend_id, info.state, info.evtch, info.backend);
            json_text(j, "mac", mac);
            json_text(j, "bridge", nics[i].bridge);
            json_number(j, "rref_tx", info.rref_tx);
            json_number(j, "rref_rx", info.rref_rx);
            json_object_end(j);
        }
        libxl_nicinfo_dispose(&info);
    }
    if (nics)
        libxl_device_nic_list_free(nics, n);
}

int cmd_network_list(struct xl *xl, const struct xl_args *args)
{
    return list_domains(xl, args, "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       ",
                        list_nics);
}

/* --- channels --- */

static void list_channels(struct xl *xl, uint32_t domid, struct json *j)
{
    int n = 0;
    libxl_device_channel *channels = libxl_device_channel_list(xl->ctx, domid, &n);

    for (int i = 0; channels && i < n; i++) {
        libxl_channelinfo info;
        const char *connection, *path;

        libxl_channelinfo_init(&info);
        if (!libxl_device_channel_getinfo(xl->ctx, domid, &channels[i], &info)) {
            connection = libxl_channel_connection_to_string(info.connection);
            path = info.connection == LIBXL_CHANNEL_CONNECTION_PTY ? info.u.pty.path : NULL;
            if (j) {
                put_common(j, info.devid, info.backend_id, info.state, info.evtch, info.backend);
                json_text(j, "name", channels[i].name);
                json_text(j, "connection", connection);
                json_text(j, "path", path);
                json_object_end(j);
            } else {
                printf("%-3d %-2u %-5d %-6d %-8d %-10s %-30s\n", info.devid, info.backend_id, info.state, info.evtch, info.rref,
                       connection, path ? path : "");
            }
        }
        libxl_channelinfo_dispose(&info);
    }
    for (int i = 0; channels && i < n; i++)
        libxl_device_channel_dispose(&channels[i]);
    free(channels);
}

int cmd_channel_list(struct xl *xl, const struct xl_args *args)
{
    return list_domains(xl, args, "Idx BE state evt-ch ring-ref connection                               ", list_channels);
}

/* --- trusted platform modules, keyboards --- */

static void list_vtpms(struct xl *xl, uint32_t domid, struct json *j)
{
    int n = 0;
    libxl_device_vtpm *vtpms = libxl_device_vtpm_list(xl->ctx, domid, &n);

    for (int i = 0; vtpms && i < n; i++) {
        libxl_vtpminfo info;
        char uuid[37];

        libxl_vtpminfo_init(&info);
        if (!libxl_device_vtpm_getinfo(xl->ctx, domid, &vtpms[i], &info)) {
            format_uuid(&info.uuid, uuid);
            if (j) {
                put_common(j, info.devid, info.backend_id, info.state, info.evtch, info.backend);
                json_text(j, "uuid", uuid);
                json_object_end(j);
            } else {
                printf("%-3d %-2u %36s %6d %5d %6d %8d %-30s\n", info.devid, info.backend_id, uuid, info.devid, info.state,
                       info.evtch, info.rref, info.backend);
            }
        }
        libxl_vtpminfo_dispose(&info);
    }
    if (vtpms)
        libxl_device_vtpm_list_free(vtpms, n);
}

int cmd_vtpm_list(struct xl *xl, const struct xl_args *args)
{
    return list_domains(xl, args, "Idx BE Uuid                                 handle state evt-ch ring-ref BE-path   ", list_vtpms);
}

static void list_vkbs(struct xl *xl, uint32_t domid, struct json *j)
{
    int n = 0;
    libxl_device_vkb *vkbs = libxl_device_vkb_list(xl->ctx, domid, &n);

    for (int i = 0; vkbs && i < n; i++) {
        const char *type = libxl_vkb_backend_to_string(vkbs[i].backend_type);
        libxl_vkbinfo info;

        libxl_vkbinfo_init(&info);
        if (!libxl_device_vkb_getinfo(xl->ctx, domid, &vkbs[i], &info)) {
            if (j) {
                put_common(j, info.devid, info.backend_id, info.state, info.evtch, info.backend);
                json_text(j, "id", vkbs[i].unique_id);
                json_text(j, "type", type);
                json_object_end(j);
            } else {
                printf("%-3d %-2u %6d %5d %6d %6d %-10s %-10s %-30s\n", info.devid, info.backend_id, info.devid, info.state,
                       info.evtch, info.rref, vkbs[i].unique_id ? vkbs[i].unique_id : "", type ? type : "", info.backend);
            }
        }
        libxl_vkbinfo_dispose(&info);
    }
    if (vkbs)
        libxl_device_vkb_list_free(vkbs, n);
}

int cmd_vkb_list(struct xl *xl, const struct xl_args *args)
{
    return list_domains(xl, args, "Idx BE handle state evt-ch    ref ID         BE-type    BE-path                       ", list_vkbs);
}
