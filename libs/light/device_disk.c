/* SPDX-License-Identifier: LGPL-2.1-only */
/* Disks (xl-disk-configuration(5)): block devices as they are and files by loop devices, with Linux's backend; others by QEMU. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device_disk.h"
#include "light/small.h"
#include "light/domain_op.h"
#include "light/info.h"

/* --- its configuration --- */

/* How QEMU calls a format; NULL: no disk has it. */
static const char *format_word(libxl_disk_format format)
{
    static const char *const words[] = {
        [LIBXL_DISK_FORMAT_QCOW] = "qcow", [LIBXL_DISK_FORMAT_QCOW2] = "qcow2", [LIBXL_DISK_FORMAT_VHD] = "vpc",
        [LIBXL_DISK_FORMAT_RAW] = "aio", [LIBXL_DISK_FORMAT_EMPTY] = "aio", [LIBXL_DISK_FORMAT_QED] = "qed",
    };

    return (unsigned)format < sizeof(words) / sizeof(words[0]) ? words[format] : NULL;
}

static bool is_qemus(const libxl_device_disk *disk)
{
    return disk->backend == LIBXL_DISK_BACKEND_QDISK ||
           (disk->backend == LIBXL_DISK_BACKEND_UNKNOWN && disk->format != LIBXL_DISK_FORMAT_RAW &&
            disk->format != LIBXL_DISK_FORMAT_UNKNOWN);
}

/* What a disk may be one day and cannot be yet. */
static const char *not_yet(const libxl_device_disk *disk)
{
    const struct {
        bool wanted;
        const char *what;
    } table[] = {
        { disk->backend == LIBXL_DISK_BACKEND_TAP, "backendtype=tap" },
        { disk->backend == LIBXL_DISK_BACKEND_STANDALONE, "backendtype=standalone" },
        { disk->specification == LIBXL_DISK_SPECIFICATION_VIRTIO, "specification=virtio" },
        { light_defbool_set(disk->colo_enable), "colo" },
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].wanted)
            return table[i].what;
    return NULL;
}

static int complete(struct op *op, struct light_device *d)
{
    libxl_device_disk *disk = d->config;
    const char *missing = not_yet(disk);

    if (d->devid == LIGHT_ANY_DEVID)
        return op_fail(op, ERROR_INVAL, "disk: vdev=%s is no name of a disk, as xvda is", disk->vdev ? disk->vdev : "");
    snprintf(d->label, sizeof(d->label), "disk %s", disk->vdev);
    if (missing)
        return op_fail(op, ERROR_NI, "%s: %s cannot be had yet", d->label, missing);
    if (disk->format != LIBXL_DISK_FORMAT_EMPTY && (!disk->pdev_path || !disk->pdev_path[0]))
        return op_fail(op, ERROR_INVAL, "%s: it needs a file or block device: target=", d->label);
    if (!format_word(disk->format) && (disk->format != LIBXL_DISK_FORMAT_UNKNOWN || is_qemus(disk)))
        return op_fail(op, ERROR_INVAL, "%s: there is no such format", d->label);
    d->script = disk->script ? light_script_path(op, disk->script) : NULL;
    if (disk->script && !d->script)
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (d->script && light_script_is_own(d->script, NULL))
        d->script = NULL;
    if (d->script && (is_qemus(disk) || disk->format == LIBXL_DISK_FORMAT_EMPTY))
        return op_fail(op, ERROR_INVAL, "%s: a script makes a block device: with script= it is format=raw, and no backendtype=qdisk",
                       d->label);
    d->by_model = is_qemus(disk);
    d->waits = true;
    if (d->by_model)
        d->backend = "qdisk";
    libxl_defbool_setdefault(&disk->colo_restore_enable, false);
    return 0;
}

/* --- what it is made of --- */

static int open_it(struct op *op)
{
    struct light_device *d = op->arg;
    const libxl_device_disk *disk = d->config;
    struct light_disk *own = arena_alloc(&op->arena, sizeof(*own));
    int rc;

    if (!own)
        return op_fail(op, ERROR_NOMEM, "no memory");
    d->own = own;
    if (d->backend_domid || d->script || disk->format == LIBXL_DISK_FORMAT_EMPTY)
        return 0;
    rc = light_host_disk(disk->pdev_path, &own->at);
    if (rc == -EINVAL)
        return op_fail(op, ERROR_INVAL, "%s is neither a block device nor a file", disk->pdev_path);
    if (rc == 0)
        rc = light_host_disk_usable(disk->pdev_path, !disk->readwrite);
    if (rc == -EBUSY)
        return op_fail(op, ERROR_FAIL, "%s is in use here: is it mounted?", disk->pdev_path);
    if (rc < 0)
        return op_fail(op, ERROR_FAIL, "%s: %s", disk->pdev_path, strerror(-rc));
    own->device = own->at.is_block ? own->at.device : 0;
    return 0;
}

/* --- its nodes --- */

static void nodes(struct light_device *d)
{
    const libxl_device_disk *disk = d->config;
    const char *type = disk->is_cdrom ? "cdrom" : "disk";
    bool discard = libxl_defbool_is_default(disk->discard_enable) ? disk->readwrite : libxl_defbool_val(disk->discard_enable);
    bool trusted = libxl_defbool_is_default(disk->trusted) || libxl_defbool_val(disk->trusted);

    if (d->by_model) {
        light_device_write(d, LIGHT_BACK, "params", "%s:%s", format_word(disk->format), disk->pdev_path ? disk->pdev_path : "");
    } else {
        light_device_write(d, LIGHT_BACK, "params", "%s", disk->pdev_path);
        light_device_write(d, LIGHT_BACK, "script", "%s", d->script ? d->script : LIGHT_BLOCK_SCRIPT);
    }
    light_device_write(d, LIGHT_BACK, "removable", "%d", disk->removable ? 1 : 0);
    light_device_write(d, LIGHT_BACK, "bootable", "1");
    light_device_write(d, LIGHT_BACK, "dev", "%s", disk->vdev);
    light_device_write(d, LIGHT_BACK, "type", "%s", d->by_model ? "qdisk" : "phy");
    light_device_write(d, LIGHT_BACK, "mode", "%s", disk->readwrite ? "w" : "r");
    light_device_write(d, LIGHT_BACK, "device-type", "%s", type);
    if (disk->direct_io_safe)
        light_device_write(d, LIGHT_BACK, "direct-io-safe", "1");
    light_device_write(d, LIGHT_BACK, "discard-enable", "%d", discard);
    light_device_write(d, LIGHT_BACK, "specification", "xen");
    light_device_write(d, LIGHT_FRONT, "virtual-device", "%d", d->devid);
    light_device_write(d, LIGHT_FRONT, "device-type", "%s", type);
    light_device_write(d, LIGHT_FRONT, "trusted", "%d", trusted);
}

/* --- the backend is there --- */

static void up_body(struct light_tx *tx)
{
    struct light_device *d = tx->arg;
    const libxl_device_disk *disk = d->config;
    const struct light_disk *own = d->own;
    char number[40];

    light_host_device_text(own->device, number, sizeof(number));
    if (own->node[0])
        light_device_write(d, LIGHT_BACK, "node", "%s", own->node);
    light_device_write(d, LIGHT_BACK, "physical-device", "%s", number);
    light_device_write(d, LIGHT_BACK, "physical-device-path", "%s", own->node[0] ? own->node : disk->pdev_path);
    light_device_write(d, LIGHT_BACK, "hotplug-status", "connected");
}

/* Until now a loop device went with our descriptor, if we had been killed; now its nodes name it. */
static int up_done(struct light_tx *tx, int rc)
{
    struct light_device *d = tx->arg;

    if (rc < 0)
        return light_store_answer(tx->op, rc);
    if (d->fd < 0)
        return 0;
    rc = light_host_loop_keep(d->fd);
    if (rc < 0)
        return op_fail(tx->op, ERROR_FAIL, "keeping its loop device: %s", strerror(-rc));
    cleanup_close(&d->fd);
    d->fd = -1;
    return 0;
}

static int up(struct op *op)
{
    struct light_device *d = op->arg;
    const libxl_device_disk *disk = d->config;
    struct light_disk *own = d->own;

    if (d->by_model)
        return 0;
    if (!own->at.is_block) {
        int rc = light_host_loop_new(disk->pdev_path, !disk->readwrite, &d->fd, own->node, &own->device);

        if (rc < 0)
            return op_fail(op, ERROR_FAIL, "a loop device for %s: %s", disk->pdev_path, strerror(-rc));
    }
    d->tx = (struct light_tx){ .op = op, .arg = d, .body = up_body, .done = up_done };
    return light_tx_run(d->ctx, &d->tx);
}

static int up_undo(struct op *op)
{
    struct light_device *d = op->arg;

    cleanup_close(&d->fd);
    d->fd = -1;
    return 0;
}

/* --- back from its nodes --- */

static int from_nodes(const struct light_node_reader *r, void *config)
{
    libxl_device_disk *disk = config;
    char *type _cleanup_free_ = light_node_text(r, "type"), *mode _cleanup_free_ = light_node_text(r, "mode");
    char *params _cleanup_free_ = light_node_text(r, "params"), *kind _cleanup_free_ = light_node_text(r, "device-type");
    const char *path = params ? params : "";

    disk->backend = type && !strcmp(type, "qdisk") ? LIBXL_DISK_BACKEND_QDISK : LIBXL_DISK_BACKEND_PHY;
    if (disk->backend == LIBXL_DISK_BACKEND_QDISK && path[0] != '/' && strchr(path, ':'))
        path = strchr(path, ':') + 1;
    disk->pdev_path = path[0] ? strdup(path) : NULL;
    disk->vdev = light_node_text(r, "dev");
    disk->removable = light_node_number(r, "removable", 0);
    disk->readwrite = mode && mode[0] == 'w';
    disk->is_cdrom = kind && !strcmp(kind, "cdrom");
    return path[0] && !disk->pdev_path ? ERROR_NOMEM : 0;
}

static int number(const void *config)
{
    const libxl_device_disk *disk = config;
    int devid;

    return disk->vdev && light_vdev_number(disk->vdev, &devid) == 0 ? devid : LIGHT_ANY_DEVID;
}

const struct light_device_kind light_device_disk = {
    .name = "disk",
    .word = "vbd",
    .type = &libxl_device_disk_desc,
    .list = offsetof(libxl_domain_config, disks),
    .count = offsetof(libxl_domain_config, num_disks),
    .backend_domid = offsetof(libxl_device_disk, backend_domid),
    .backend_domname = offsetof(libxl_device_disk, backend_domname),
    .complete = complete,
    .open = open_it,
    .nodes = nodes,
    .look = light_disk_look,
    .up = up,
    .up_undo = up_undo,
    .from_nodes = from_nodes,
    .number = number,
};

int libxl_string_to_backend(libxl_ctx *ctx, char *s, libxl_disk_backend *backend)
{
    static const struct {
        const char *word;
        libxl_disk_backend backend;
    } words[] = {
        { "phy", LIBXL_DISK_BACKEND_PHY }, { "file", LIBXL_DISK_BACKEND_TAP }, { "qdisk", LIBXL_DISK_BACKEND_QDISK },
        { "standalone", LIBXL_DISK_BACKEND_STANDALONE },
    };

    (void)ctx;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strcmp(s, words[i].word))
            *backend = words[i].backend;
    return strcmp(s, "tap") ? 0 : ERROR_INVAL; /* what is no word at all is no error either, in libxl */
}

/* What QEMU serves to a guest without emulated drives stays until it is detached. */
int libxl_cdrom_insert(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *ao_how)
{
    int error = 0, rc = libxl_domain_info(ctx, NULL, domid);
    char *type _cleanup_free_ = rc ? NULL : light_store_read(ctx, &error, "/libxl/%u/type", domid);

    (void)ao_how;
    if (rc || error)
        return rc ? rc : error;
    if (!type || strcmp(type, "hvm"))
        return light_fail(ctx, -EINVAL, "domain %u: a medium is changed in drives of type=\"hvm\" guests only; "
                          "xl block-detach and block-attach change disk %s", domid, disk->vdev);
    light_log(ctx, XTL_ERROR, -1, "domain %u: changing a medium of a type=\"hvm\" guest cannot be had yet", domid);
    return ERROR_NI;
}
