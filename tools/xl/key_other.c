/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that few domains have: pvcalls, vdispl, usbctrl, usbdev, dtdev. What the library cannot make, it refuses. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xl/config.h"
#include "xl/xl.h"

#define F(type, field) offsetof(libxl_device_##type, field)

static const struct device_key pvcalls_keys[] = {
    { "backend", KEY_TEXT, F(pvcallsif, backend_domname), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_pvcalls(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_pvcallsif *dev;

        p->d->pvcallsifs = xl_grow(p->d->pvcallsifs, p->d->num_pvcallsifs, sizeof(*dev));
        dev = &p->d->pvcallsifs[p->d->num_pvcallsifs];
        libxl_device_pvcallsif_init(dev);
        dev->devid = p->d->num_pvcallsifs++;
        device_parse(p, list->items[i], "pvcalls", pvcalls_keys, dev);
    }
}

/* --- displays: connectors=ID:WxH;ID:WxH --- */

static void vdispl_connectors(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    _cleanup_free_ char *copy = xl_strdup(value ? value : "");
    libxl_device_vdispl *dev = device;
    char *state = NULL;

    for (char *part = strtok_r(copy, ";", &state); part; part = strtok_r(NULL, ";", &state)) {
        char *colon = strchr(part, ':');
        libxl_connector_param *c;
        unsigned width, height;
        int n = 0;

        if (!colon || colon == part || sscanf(colon, ":%5ux%5u%n", &width, &height, &n) != 2 || colon[n]) {
            parse_wrong(p, &at->place, "vdispl: `%s' is no connector such as id0:1920x1080", part);
            return;
        }
        *colon = '\0';
        dev->connectors = xl_grow(dev->connectors, dev->num_connectors, sizeof(*c));
        c = &dev->connectors[dev->num_connectors++];
        libxl_connector_param_init(c);
        c->unique_id = xl_strdup(part);
        c->width = width;
        c->height = height;
    }
}

static const struct device_key vdispl_keys[] = {
    { "backend", KEY_TEXT, F(vdispl, backend_domname), NULL, NULL },
    { "be-alloc", KEY_FLAG, F(vdispl, be_alloc), NULL, NULL },
    { "connectors", KEY_CUSTOM, 0, NULL, vdispl_connectors },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_vdispl(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_vdispl *dev;

        p->d->vdispls = xl_grow(p->d->vdispls, p->d->num_vdispls, sizeof(*dev));
        dev = &p->d->vdispls[p->d->num_vdispls];
        libxl_device_vdispl_init(dev);
        dev->devid = p->d->num_vdispls++;
        device_parse(p, list->items[i], "vdispl", vdispl_keys, dev);
        if (!dev->num_connectors)
            parse_wrong(p, &list->items[i]->place, "vdispl: connectors= is missing: ID:WIDTHxHEIGHT;...");
    }
}

/* --- USB --- */

static int read_usbctrl_type(const char *text, int *ret_value)
{
    libxl_usbctrl_type value;
    int rc = libxl_usbctrl_type_from_string(text, &value);

    if (!rc)
        *ret_value = (int)value;
    return rc;
}

static const struct device_key usbctrl_keys[] = {
    { "type", KEY_ENUM, F(usbctrl, type), read_usbctrl_type, NULL },
    { "version", KEY_INT, F(usbctrl, version), NULL, NULL },
    { "ports", KEY_INT, F(usbctrl, ports), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_usbctrl(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_usbctrl *dev;

        p->d->usbctrls = xl_grow(p->d->usbctrls, p->d->num_usbctrls, sizeof(*dev));
        dev = &p->d->usbctrls[p->d->num_usbctrls];
        libxl_device_usbctrl_init(dev);
        dev->devid = p->d->num_usbctrls++;
        device_parse(p, list->items[i], "usbctrl", usbctrl_keys, dev);
        if (dev->version < 0 || dev->version > 3 || dev->ports > 31)
            parse_wrong(p, &list->items[i]->place, "usbctrl: version is 1, 2 or 3, and ports at most 31");
    }
}

/* What a device's text says, before it is known that it is of the host. */
struct usbdev_text {
    int ctrl, port, bus, addr;
    bool hostdev;
};
#define U(field) offsetof(struct usbdev_text, field)

static void usbdev_type(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    ((struct usbdev_text *)device)->hostdev = true;
    if (!value || strcmp(value, "hostdev"))
        parse_wrong(p, &at->place, "usbdev: the type is `%s' and should be hostdev", value ? value : "");
}

static const struct device_key usbdev_keys[] = {
    { "type", KEY_CUSTOM, 0, NULL, usbdev_type },
    { "hostbus", KEY_INT, U(bus), NULL, NULL },
    { "hostaddr", KEY_INT, U(addr), NULL, NULL },
    { "controller", KEY_INT, U(ctrl), NULL, NULL },
    { "port", KEY_INT, U(port), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_usbdev(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        struct usbdev_text text = { .ctrl = -1, .port = -1, .bus = -1, .addr = -1 };
        libxl_device_usbdev *dev;

        p->d->usbdevs = xl_grow(p->d->usbdevs, p->d->num_usbdevs, sizeof(*dev));
        dev = &p->d->usbdevs[p->d->num_usbdevs++];
        libxl_device_usbdev_init(dev);
        device_parse(p, list->items[i], "usbdev", usbdev_keys, &text);
        if (text.ctrl >= 0)
            dev->ctrl = text.ctrl;
        if (text.port >= 0)
            dev->port = text.port;
        if (text.bus < 0 || text.bus > UINT8_MAX || text.addr < 0 || text.addr > UINT8_MAX) {
            parse_wrong(p, &list->items[i]->place, "usbdev: hostbus= and hostaddr= are needed, each from 0 to 255");
            continue;
        }
        libxl_device_usbdev_init_type(dev, LIBXL_USBDEV_TYPE_HOSTDEV);
        dev->u.hostdev.hostbus = (uint8_t)text.bus;
        dev->u.hostdev.hostaddr = (uint8_t)text.addr;
    }
}

/* --- nodes of a device tree --- */

void key_dtdev(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_dtdev *dev;

        p->d->dtdevs = xl_grow(p->d->dtdevs, p->d->num_dtdevs, sizeof(*dev));
        dev = &p->d->dtdevs[p->d->num_dtdevs++];
        libxl_device_dtdev_init(dev);
        dev->path = xl_strdup(list->items[i]->text);
    }
}
