/* SPDX-License-Identifier: LGPL-2.1-only */
/* Screens, keyboards and folders by QEMU, keyboards by another backend, TPMs by the domain that has them. */
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device.h"
#include "light/device_model.h"
#include "light/small.h"

/* --- screens --- */

bool light_vnc_listen_has_display(const char *listen)
{
    const char *address_end = strchr(listen, ']');

    return strchr(address_end ? address_end : listen, ':');
}

static int vfb_complete(struct op *op, struct light_device *d)
{
    libxl_device_vfb *vfb = d->config;

    libxl_defbool_setdefault(&vfb->vnc.enable, true);
    libxl_defbool_setdefault(&vfb->vnc.findunused, true);
    libxl_defbool_setdefault(&vfb->sdl.enable, false);
    libxl_defbool_setdefault(&vfb->sdl.opengl, false);
    if (libxl_defbool_val(vfb->vnc.enable) && !vfb->vnc.listen) {
        vfb->vnc.listen = strdup("127.0.0.1");
        if (!vfb->vnc.listen)
            return op_fail(op, ERROR_NOMEM, "no memory");
    }
    if (vfb->vnc.listen && vfb->vnc.display && light_vnc_listen_has_display(vfb->vnc.listen))
        return op_fail(op, ERROR_INVAL, "%s: vnclisten=%s names a display, and so does vncdisplay=%d", d->label, vfb->vnc.listen,
                       vfb->vnc.display);
    d->by_model = d->waits = true;
    return 0;
}

static void vfb_nodes(struct light_device *d)
{
    const libxl_device_vfb *vfb = d->config;

    light_device_write(d, LIGHT_BACK, "vnc", "%d", libxl_defbool_val(vfb->vnc.enable));
    if (vfb->vnc.listen)
        light_device_write(d, LIGHT_BACK, "vnclisten", "%s", vfb->vnc.listen);
    light_device_write(d, LIGHT_BACK, "vncdisplay", "%d", vfb->vnc.display);
    light_device_write(d, LIGHT_BACK, "vncunused", "%d", libxl_defbool_val(vfb->vnc.findunused));
    if (vfb->keymap)
        light_device_write(d, LIGHT_BACK, "keymap", "%s", vfb->keymap);
    light_device_write(d, LIGHT_BACK, "sdl", "%d", libxl_defbool_val(vfb->sdl.enable));
    light_device_write(d, LIGHT_BACK, "opengl", "%d", libxl_defbool_val(vfb->sdl.opengl));
}

const struct light_device_kind light_device_vfb = {
    .name = "vfb",
    .word = "vfb",
    .type = &libxl_device_vfb_desc,
    .list = offsetof(libxl_domain_config, vfbs),
    .count = offsetof(libxl_domain_config, num_vfbs),
    .devid = offsetof(libxl_device_vfb, devid),
    .backend_domid = offsetof(libxl_device_vfb, backend_domid),
    .backend_domname = offsetof(libxl_device_vfb, backend_domname),
    .complete = vfb_complete,
    .nodes = vfb_nodes,
};

/* --- keyboards --- */

static int vkb_complete(struct op *op, struct light_device *d)
{
    libxl_device_vkb *vkb = d->config;

    if (vkb->backend_type == LIBXL_VKB_BACKEND_UNKNOWN)
        vkb->backend_type = LIBXL_VKB_BACKEND_QEMU;
    if (vkb->backend_type == LIBXL_VKB_BACKEND_LINUX && !vkb->unique_id)
        return op_fail(op, ERROR_INVAL, "%s: backend-type=linux needs a unique-id=", d->label);
    if (vkb->backend_type == LIBXL_VKB_BACKEND_LINUX)
        d->backend = "vinput";
    else
        d->by_model = d->waits = true;
    return 0;
}

static void vkb_flag(struct light_device *d, const char *name, bool flag)
{
    if (flag)
        light_device_write(d, LIGHT_BACK, name, "1");
}

static void vkb_number(struct light_device *d, const char *name, uint32_t number)
{
    if (number)
        light_device_write(d, LIGHT_BACK, name, "%u", number);
}

static void vkb_nodes(struct light_device *d)
{
    const libxl_device_vkb *vkb = d->config;

    if (vkb->unique_id)
        light_device_write(d, LIGHT_BACK, "unique-id", "%s", vkb->unique_id);
    vkb_flag(d, "feature-disable-keyboard", vkb->feature_disable_keyboard);
    vkb_flag(d, "feature-disable-pointer", vkb->feature_disable_pointer);
    vkb_flag(d, "feature-abs-pointer", vkb->feature_abs_pointer);
    vkb_flag(d, "feature-raw-pointer", vkb->feature_raw_pointer);
    vkb_flag(d, "feature-multi-touch", vkb->feature_multi_touch);
    vkb_number(d, "width", vkb->width);
    vkb_number(d, "height", vkb->height);
    vkb_number(d, "multi-touch-width", vkb->multi_touch_width);
    vkb_number(d, "multi-touch-height", vkb->multi_touch_height);
    vkb_number(d, "multi-touch-num-contacts", vkb->multi_touch_num_contacts);
}

static int vkb_from_nodes(const struct light_node_reader *r, void *config)
{
    libxl_device_vkb *vkb = config;
    char *backend _cleanup_free_ = light_node_text(r, "backend");

    vkb->backend_type = backend && strstr(backend, "/vinput/") ? LIBXL_VKB_BACKEND_LINUX : LIBXL_VKB_BACKEND_QEMU;
    vkb->unique_id = light_node_text(r, "unique-id");
    vkb->feature_disable_keyboard = light_node_number(r, "feature-disable-keyboard", 0);
    vkb->feature_disable_pointer = light_node_number(r, "feature-disable-pointer", 0);
    vkb->feature_abs_pointer = light_node_number(r, "feature-abs-pointer", 0);
    vkb->feature_raw_pointer = light_node_number(r, "feature-raw-pointer", 0);
    vkb->feature_multi_touch = light_node_number(r, "feature-multi-touch", 0);
    vkb->width = (uint32_t)light_node_number(r, "width", 0);
    vkb->height = (uint32_t)light_node_number(r, "height", 0);
    vkb->multi_touch_width = (uint32_t)light_node_number(r, "multi-touch-width", 0);
    vkb->multi_touch_height = (uint32_t)light_node_number(r, "multi-touch-height", 0);
    vkb->multi_touch_num_contacts = (uint32_t)light_node_number(r, "multi-touch-num-contacts", 0);
    return 0;
}

const struct light_device_kind light_device_vkb = {
    .name = "vkb",
    .word = "vkbd",
    .type = &libxl_device_vkb_desc,
    .list = offsetof(libxl_domain_config, vkbs),
    .count = offsetof(libxl_domain_config, num_vkbs),
    .devid = offsetof(libxl_device_vkb, devid),
    .backend_domid = offsetof(libxl_device_vkb, backend_domid),
    .backend_domname = offsetof(libxl_device_vkb, backend_domname),
    .complete = vkb_complete,
    .nodes = vkb_nodes,
    .from_nodes = vkb_from_nodes,
};

/* --- TPMs --- */

static int vtpm_complete(struct op *op, struct light_device *d)
{
    libxl_device_vtpm *vtpm = d->config;

    if (libxl_uuid_is_nil(&vtpm->uuid) && light_uuid_generate(&vtpm->uuid) < 0)
        return op_fail(op, ERROR_FAIL, "%s: no random numbers for a UUID", d->label);
    d->waits = true;
    return 0;
}

static void vtpm_nodes(struct light_device *d)
{
    const libxl_device_vtpm *vtpm = d->config;

    light_device_write(d, LIGHT_BACK, "handle", "%d", d->devid);
    light_device_write(d, LIGHT_BACK, "uuid", LIBXL_UUID_FMT, LIBXL_UUID_BYTES(vtpm->uuid));
    light_device_write(d, LIGHT_BACK, "resurrect", "False");
    light_device_write(d, LIGHT_FRONT, "handle", "%d", d->devid);
}

static int vtpm_from_nodes(const struct light_node_reader *r, void *config)
{
    libxl_device_vtpm *vtpm = config;
    char *uuid _cleanup_free_ = light_node_text(r, "uuid");

    if (!uuid || libxl_uuid_from_string(&vtpm->uuid, uuid))
        libxl_uuid_clear(&vtpm->uuid);
    return 0;
}

const struct light_device_kind light_device_vtpm = {
    .name = "vtpm",
    .word = "vtpm",
    .type = &libxl_device_vtpm_desc,
    .list = offsetof(libxl_domain_config, vtpms),
    .count = offsetof(libxl_domain_config, num_vtpms),
    .devid = offsetof(libxl_device_vtpm, devid),
    .backend_domid = offsetof(libxl_device_vtpm, backend_domid),
    .backend_domname = offsetof(libxl_device_vtpm, backend_domname),
    .complete = vtpm_complete,
    .nodes = vtpm_nodes,
    .from_nodes = vtpm_from_nodes,
};

/* --- folders of dom0 by QEMU, with the protocol 9P --- */

static int p9_complete(struct op *op, struct light_device *d)
{
    const libxl_device_p9 *p9 = d->config;

    if (!p9->tag || !p9->path || !p9->security_model)
        return op_fail(op, ERROR_INVAL, "%s: it needs tag=, path= and security_model=", d->label);
    d->by_model = d->waits = true;
    return 0;
}

static void p9_nodes(struct light_device *d)
{
    const libxl_device_p9 *p9 = d->config;

    light_device_write(d, LIGHT_BACK, "path", "%s", p9->path);
    light_device_write(d, LIGHT_BACK, "security_model", "%s", p9->security_model);
    light_device_write(d, LIGHT_FRONT, "tag", "%s", p9->tag);
}

const struct light_device_kind light_device_p9 = {
    .name = "p9",
    .word = "9pfs",
    .type = &libxl_device_p9_desc,
    .list = offsetof(libxl_domain_config, p9s),
    .count = offsetof(libxl_domain_config, num_p9s),
    .devid = offsetof(libxl_device_p9, devid),
    .backend_domid = offsetof(libxl_device_p9, backend_domid),
    .backend_domname = offsetof(libxl_device_p9, backend_domname),
    .complete = p9_complete,
    .nodes = p9_nodes,
};
