/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of a domain: each a text of KEY=VALUE pairs in a list. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "xl/config.h"
#include "xl/xl.h"

/* --- pairs --- */

static void device_set(struct parse *p, const XLU_ConfigValue *at, const char *what, const struct device_key *key,
                       void *device, const char *value)
{
    void *field = (char *)device + key->offset;
    char *end;
    long number = 0;

    if (key->kind == KEY_CUSTOM) {
        key->custom(p, at, device, value);
        return;
    }
    if (!value) {
        parse_wrong(p, &at->place, "%s: %s has no value", what, key->name);
        return;
    }
    if (key->kind == KEY_ENUM) {
        if (key->text(value, field))
            parse_wrong(p, &at->place, "%s: there is no %s `%s'", what, key->name, value);
        return;
    }
    if (key->kind == KEY_TEXT) {
        text_set(p, field, value);
        return;
    }
    errno = 0;
    number = strtol(value, &end, 0);
    if (errno || end == value || *end || number < 0 || number > INT_MAX) {
        parse_wrong(p, &at->place, "%s: %s is `%s', no number", what, key->name, value);
        return;
    }
    switch (key->kind) {
    case KEY_BOOL:
        libxl_defbool_set(field, number != 0);
        break;
    case KEY_FLAG:
        *(bool *)field = number != 0;
        break;
    default: /* int and uint32_t of at most INT_MAX */
        *(int *)field = (int)number;
    }
}

static void device_pair(struct parse *p, const XLU_ConfigValue *at, const char *what, const struct device_key *keys,
                        void *device, char *pair)
{
    char *value = strchr(pair, '=');
    struct nearest near;

    if (value)
        *value++ = '\0';
    nearest_init(&near, pair, strlen(pair));
    for (const struct device_key *key = keys; key->name; key++) {
        if (!strcmp(key->name, pair)) {
            device_set(p, at, what, key, device, value);
            return;
        }
        nearest_offer(&near, key->name);
    }
    if (near.best)
        parse_wrong(p, &at->place, "%s: there is no `%s'; `%s' is one", what, pair, near.best);
    else
        parse_wrong(p, &at->place, "%s: there is no `%s'", what, pair);
}

void device_parse(struct parse *p, const XLU_ConfigValue *at, const char *what, const struct device_key *keys, void *device)
{
    char *copy = xl_strdup(at->text), *state = NULL;

    for (char *pair = strtok_r(copy, ",", &state); pair; pair = strtok_r(NULL, ",", &state)) {
        pair += strspn(pair, " \t");
        if (*pair)
            device_pair(p, at, what, keys, device, pair);
    }
    free(copy);
}

const XLU_ConfigList *list_of_texts(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = &s->value->list;
    const char *text;

    if (s->value->type != XLU_LIST) {
        parse_wrong(p, &s->value->place, "%s is one value and should be a list, [ ... ]", s->name);
        return NULL;
    }
    for (size_t i = 0; i < list->n; i++)
        if (!value_text(p, list->items[i], &text))
            return NULL;
    return list;
}

/* --- disks --- */

void key_disk(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        const char *text = list->items[i]->text;
        libxl_device_disk *disk;

        p->d->disks = xl_grow(p->d->disks, p->d->num_disks, sizeof(*disk));
        disk = &p->d->disks[p->d->num_disks++];
        libxl_device_disk_init(disk);
        if (xlu_disk_parse(p->cfg, 1, &text, disk))
            parse_wrong(p, &list->items[i]->place, "disk %zu is wrong, as said above", i + 1);
    }
}

/* --- networks --- */

static void vif_mac(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    libxl_device_nic *nic = device;
    unsigned byte[6];
    int n = 0;

    if (!value || sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5],
                         &n) != 6 || value[n]) {
        parse_wrong(p, &at->place, "vif: `%s' is no address such as 00:16:3e:00:00:01", value ? value : "");
        return;
    }
    for (int i = 0; i < 6; i++)
        nic->mac[i] = (uint8_t)byte[i];
}

static void vif_type(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    libxl_device_nic *nic = device;

    if (value && !strcmp(value, "ioemu"))
        nic->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    else if (value && !strcmp(value, "vif"))
        nic->nictype = LIBXL_NIC_TYPE_VIF;
    else
        parse_wrong(p, &at->place, "vif: the type is `%s' and should be ioemu or vif", value ? value : "");
}

static void vif_rate(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    if (xlu_vif_parse_rate(p->cfg, value ? value : "", device))
        parse_wrong(p, &at->place, "vif: its rate is wrong, as said above");
}

static void vif_netdev(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    parse_warn(p, &at->place, "vif: netdev is an old form of gatewaydev");
    text_set(p, &((libxl_device_nic *)device)->gatewaydev, value ? value : "");
}

static void vif_accel(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    (void)device;
    (void)value;
    parse_warn(p, &at->place, "vif: accel means nothing");
}

static void vif_trusted(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    (void)at;
    (void)value;
    (void)p;
    libxl_defbool_set(&((libxl_device_nic *)device)->trusted, true);
}

static void vif_untrusted(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    (void)at;
    (void)value;
    (void)p;
    libxl_defbool_set(&((libxl_device_nic *)device)->trusted, false);
}

#define F(type, field) offsetof(libxl_device_##type, field)
static const struct device_key vif_keys[] = {
    { "backend", KEY_TEXT, F(nic, backend_domname), NULL, NULL },
    { "bridge", KEY_TEXT, F(nic, bridge), NULL, NULL },
    { "devid", KEY_INT, F(nic, devid), NULL, NULL },
    { "gatewaydev", KEY_TEXT, F(nic, gatewaydev), NULL, NULL },
    { "ip", KEY_TEXT, F(nic, ip), NULL, NULL },
    { "mac", KEY_CUSTOM, 0, NULL, vif_mac },
    { "model", KEY_TEXT, F(nic, model), NULL, NULL },
    { "mtu", KEY_INT, F(nic, mtu), NULL, NULL },
    { "rate", KEY_CUSTOM, 0, NULL, vif_rate },
    { "script", KEY_TEXT, F(nic, script), NULL, NULL },
    { "trusted", KEY_CUSTOM, 0, NULL, vif_trusted },
    { "type", KEY_CUSTOM, 0, NULL, vif_type },
    { "untrusted", KEY_CUSTOM, 0, NULL, vif_untrusted },
    { "vifname", KEY_TEXT, F(nic, ifname), NULL, NULL },
    { "netdev", KEY_CUSTOM, 0, NULL, vif_netdev },
    { "accel", KEY_CUSTOM, 0, NULL, vif_accel },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_vif(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_nic *nic;

        p->d->nics = xl_grow(p->d->nics, p->d->num_nics, sizeof(*nic));
        nic = &p->d->nics[p->d->num_nics];
        libxl_device_nic_init(nic);
        nic->devid = p->d->num_nics++;
        device_parse(p, list->items[i], "vif", vif_keys, nic);
    }
}

/* --- frame buffers and keyboards --- */

static void vfb_type(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    (void)device;
    (void)value;
    parse_warn(p, &at->place, "vfb: type means nothing; vnc=1 or sdl=1 does");
}

static const struct device_key vfb_keys[] = {
    { "vnc", KEY_BOOL, F(vfb, vnc.enable), NULL, NULL },
    { "vnclisten", KEY_TEXT, F(vfb, vnc.listen), NULL, NULL },
    { "vncpasswd", KEY_TEXT, F(vfb, vnc.passwd), NULL, NULL },
    { "vncdisplay", KEY_INT, F(vfb, vnc.display), NULL, NULL },
    { "vncunused", KEY_BOOL, F(vfb, vnc.findunused), NULL, NULL },
    { "keymap", KEY_TEXT, F(vfb, keymap), NULL, NULL },
    { "sdl", KEY_BOOL, F(vfb, sdl.enable), NULL, NULL },
    { "opengl", KEY_BOOL, F(vfb, sdl.opengl), NULL, NULL },
    { "display", KEY_TEXT, F(vfb, sdl.display), NULL, NULL },
    { "xauthority", KEY_TEXT, F(vfb, sdl.xauthority), NULL, NULL },
    { "type", KEY_CUSTOM, 0, NULL, vfb_type },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

static libxl_device_vkb *vkb_add(struct parse *p)
{
    libxl_device_vkb *vkb;

    p->d->vkbs = xl_grow(p->d->vkbs, p->d->num_vkbs, sizeof(*vkb));
    vkb = &p->d->vkbs[p->d->num_vkbs];
    libxl_device_vkb_init(vkb);
    vkb->devid = p->d->num_vkbs++;
    return vkb;
}

static libxl_device_vfb *vfb_add(struct parse *p)
{
    libxl_device_vfb *vfb;

    p->d->vfbs = xl_grow(p->d->vfbs, p->d->num_vfbs, sizeof(*vfb));
    vfb = &p->d->vfbs[p->d->num_vfbs];
    libxl_device_vfb_init(vfb);
    vfb->devid = p->d->num_vfbs++;
    vkb_add(p); /* each frame buffer has a keyboard */
    return vfb;
}

/* vnc=1 beside the other settings, as domains of type hvm have it: a frame buffer too. */
void key_vnc_pv(struct parse *p, const struct xlu_setting *s)
{
    libxl_device_vfb *vfb;
    long on;

    if (!value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &on) || !on)
        return;
    vfb = vfb_add(p);
    for (const struct device_key *key = vfb_keys; key->name; key++) {
        const struct xlu_setting *each = xlu_setting_find(p->cfg, key->name);
        const char *text;

        if (each && strcmp(key->name, "type") && value_text(p, each->value, &text))
            device_set(p, each->value, "vnc", key, vfb, text);
    }
}

void key_vfb(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++)
        device_parse(p, list->items[i], "vfb", vfb_keys, vfb_add(p));
}

static int read_vkb_backend(const char *text, int *ret_value)
{
    libxl_vkb_backend value;
    int rc = libxl_vkb_backend_from_string(text, &value);

    if (!rc)
        *ret_value = (int)value;
    return rc;
}

static const struct device_key vkb_keys[] = {
    { "backend", KEY_TEXT, F(vkb, backend_domname), NULL, NULL },
    { "backend-type", KEY_ENUM, F(vkb, backend_type), read_vkb_backend, NULL },
    { "unique-id", KEY_TEXT, F(vkb, unique_id), NULL, NULL },
    { "feature-disable-keyboard", KEY_FLAG, F(vkb, feature_disable_keyboard), NULL, NULL },
    { "feature-disable-pointer", KEY_FLAG, F(vkb, feature_disable_pointer), NULL, NULL },
    { "feature-abs-pointer", KEY_FLAG, F(vkb, feature_abs_pointer), NULL, NULL },
    { "feature-raw-pointer", KEY_FLAG, F(vkb, feature_raw_pointer), NULL, NULL },
    { "feature-multi-touch", KEY_FLAG, F(vkb, feature_multi_touch), NULL, NULL },
    { "width", KEY_U32, F(vkb, width), NULL, NULL },
    { "height", KEY_U32, F(vkb, height), NULL, NULL },
    { "multi-touch-width", KEY_U32, F(vkb, multi_touch_width), NULL, NULL },
    { "multi-touch-height", KEY_U32, F(vkb, multi_touch_height), NULL, NULL },
    { "multi-touch-num-contacts", KEY_U32, F(vkb, multi_touch_num_contacts), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_vkb(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_vkb *vkb = vkb_add(p);

        device_parse(p, list->items[i], "vkb", vkb_keys, vkb);
        if (vkb->backend_type == LIBXL_VKB_BACKEND_UNKNOWN)
            parse_wrong(p, &list->items[i]->place, "vkb: backend-type is missing (qemu, linux)");
    }
}

/* --- trusted platform modules, shared folders, channels --- */

static void vtpm_uuid(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    if (libxl_uuid_from_string(&((libxl_device_vtpm *)device)->uuid, value ? value : ""))
        parse_wrong(p, &at->place, "vtpm: `%s' is no UUID", value ? value : "");
}

static const struct device_key vtpm_keys[] = {
    { "backend", KEY_TEXT, F(vtpm, backend_domname), NULL, NULL },
    { "uuid", KEY_CUSTOM, 0, NULL, vtpm_uuid },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_vtpm(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_vtpm *vtpm;

        p->d->vtpms = xl_grow(p->d->vtpms, p->d->num_vtpms, sizeof(*vtpm));
        vtpm = &p->d->vtpms[p->d->num_vtpms];
        libxl_device_vtpm_init(vtpm);
        vtpm->devid = p->d->num_vtpms++;
        device_parse(p, list->items[i], "vtpm", vtpm_keys, vtpm);
        if (!vtpm->backend_domname)
            parse_wrong(p, &list->items[i]->place, "vtpm: backend= is missing: the domain that holds it");
    }
}

static const struct device_key p9_keys[] = {
    { "backend", KEY_TEXT, F(p9, backend_domname), NULL, NULL },
    { "tag", KEY_TEXT, F(p9, tag), NULL, NULL },
    { "path", KEY_TEXT, F(p9, path), NULL, NULL },
    { "security_model", KEY_TEXT, F(p9, security_model), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

void key_p9(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_p9 *p9;

        p->d->p9s = xl_grow(p->d->p9s, p->d->num_p9s, sizeof(*p9));
        p9 = &p->d->p9s[p->d->num_p9s++];
        libxl_device_p9_init(p9);
        device_parse(p, list->items[i], "p9", p9_keys, p9);
        if (!p9->tag || !p9->path || !p9->security_model)
            parse_wrong(p, &list->items[i]->place, "p9: tag=, path= and security_model= are needed");
    }
}

/* What a channel's text says, before it is known what it is connected to. */
struct channel_text {
    char *name, *backend, *connection, *path;
};
#define C(field) offsetof(struct channel_text, field)
static const struct device_key channel_keys[] = {
    { "backend", KEY_TEXT, C(backend), NULL, NULL },
    { "connection", KEY_TEXT, C(connection), NULL, NULL },
    { "name", KEY_TEXT, C(name), NULL, NULL },
    { "path", KEY_TEXT, C(path), NULL, NULL },
    { NULL, KEY_IGNORE, 0, NULL, NULL },
};

static void channel_connect(struct parse *p, const XLU_ConfigValue *at, libxl_device_channel *channel,
                            struct channel_text *text)
{
    libxl_channel_connection connection;

    if (!text->connection || !strcmp(text->connection, "unknown") ||
        libxl_channel_connection_from_string(text->connection, &connection)) {
        parse_wrong(p, &at->place, "channel: connection is `%s' and should be pty or socket",
                    text->connection ? text->connection : "");
        return;
    }
    libxl_device_channel_init_connection(channel, connection);
    if (connection != LIBXL_CHANNEL_CONNECTION_SOCKET)
        return;
    if (!text->path)
        parse_wrong(p, &at->place, "channel: path= is missing: the socket's");
    channel->u.socket.path = text->path;
    text->path = NULL;
}

void key_channel(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        struct channel_text text = { 0 };
        libxl_device_channel *channel;

        p->d->channels = xl_grow(p->d->channels, p->d->num_channels, sizeof(*channel));
        channel = &p->d->channels[p->d->num_channels];
        libxl_device_channel_init(channel);
        channel->devid = p->d->num_channels++;
        device_parse(p, list->items[i], "channel", channel_keys, &text);
        channel->name = text.name;
        channel->backend_domname = text.backend;
        channel_connect(p, list->items[i], channel, &text);
        free(text.connection);
        free(text.path);
    }
}

/* --- PCI --- */

void key_pci(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_device_pci *pci;

        p->d->pcidevs = xl_grow(p->d->pcidevs, p->d->num_pcidevs, sizeof(*pci));
        pci = &p->d->pcidevs[p->d->num_pcidevs++];
        libxl_device_pci_init(pci);
        pci->rdm_policy = p->d->c_info.type == LIBXL_DOMAIN_TYPE_HVM ? p->d->b_info.u.hvm.rdm.policy
                                                                      : LIBXL_RDM_RESERVE_POLICY_STRICT;
        if (xlu_pci_parse_spec_string(p->cfg, pci, list->items[i]->text))
            parse_wrong(p, &list->items[i]->place, "pci device %zu is wrong, as said above", i + 1);
    }
}

/* pci_msitranslate and the like are what each device does. */
void key_pci_flag(struct parse *p, const struct xlu_setting *s)
{
    const struct xlu_setting *list = xlu_setting_find(p->cfg, "pci");
    long on;

    if (!value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &on))
        return;
    for (int i = 0; i < p->d->num_pcidevs; i++) {
        libxl_device_pci *pci = &p->d->pcidevs[i];
        const struct {
            const char *name;
            bool *field;
        } flags[] = {
            { "msitranslate", &pci->msitranslate },
            { "power_mgmt", &pci->power_mgmt },
            { "permissive", &pci->permissive },
            { "seize", &pci->seize },
        };

        for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
            if (!strcmp(s->name + strlen("pci_"), flags[k].name) &&
                !strstr(list->value->list.items[i]->text, flags[k].name))
                *flags[k].field = on != 0; /* its own text comes first */
    }
}
