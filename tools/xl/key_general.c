/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings that are not simply put into a field. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "xl/config.h"
#include "xl/xl.h"

#define MCA_CAP_LMCE 1u /* as the interface counts them */

static const char *setting_text(const struct parse *p, const char *name)
{
    const struct xlu_setting *s = xlu_setting_find(p->cfg, name);

    return s && s->value->type == XLU_STRING ? s->value->text : NULL;
}

/* What the old builder= stands for; 0: nothing. */
static libxl_domain_type builder_type(const char *builder)
{
    if (!strcmp(builder, "generic"))
        return LIBXL_DOMAIN_TYPE_PV;
    return !strcmp(builder, "hvm") ? LIBXL_DOMAIN_TYPE_HVM : LIBXL_DOMAIN_TYPE_INVALID;
}

static libxl_domain_type type_of(struct parse *p)
{
    const struct xlu_setting *builder = xlu_setting_find(p->cfg, "builder"), *type = xlu_setting_find(p->cfg, "type");
    const char *builder_text = setting_text(p, "builder"), *type_text = setting_text(p, "type");
    libxl_domain_type old = LIBXL_DOMAIN_TYPE_INVALID, value = LIBXL_DOMAIN_TYPE_INVALID;

    if (builder_text) {
        old = builder_type(builder_text);
        if (old == LIBXL_DOMAIN_TYPE_INVALID)
            parse_wrong(p, &builder->value->place, "there is no builder `%s'; type= is pv, pvh or hvm", builder_text);
        else
            parse_warn(p, &builder->place, "builder is an old form of type=\"%s\"", libxl_domain_type_to_string(old));
    }
    if (type_text && libxl_domain_type_from_string(type_text, &value)) {
        parse_wrong(p, &type->value->place, "there is no type of domain `%s': pv, pvh and hvm are", type_text);
        return LIBXL_DOMAIN_TYPE_PV;
    }
    if (type_text && builder_text && old != value)
        parse_wrong(p, &builder->place, "builder and type say different things; type alone will do");
    if (!type_text)
        value = builder_text ? old : LIBXL_DOMAIN_TYPE_PV;
    if (xlu_setting_find(p->cfg, "pvh") && value != LIBXL_DOMAIN_TYPE_PVH)
        parse_warn(p, &xlu_setting_find(p->cfg, "pvh")->place, "pvh= means nothing: type=\"pvh\" makes such a domain");
    return value == LIBXL_DOMAIN_TYPE_INVALID ? LIBXL_DOMAIN_TYPE_PV : value;
}

void domain_type_set(struct parse *p)
{
    p->d->c_info.type = type_of(p);
    libxl_domain_build_info_init_type(&p->d->b_info, p->d->c_info.type);
}

void key_type(struct parse *p, const struct xlu_setting *s)
{
    (void)p; /* domain_type_set() has looked */
    (void)s;
}

void key_uuid(struct parse *p, const struct xlu_setting *s)
{
    const char *text;

    if (value_text(p, s->value, &text) && libxl_uuid_from_string(&p->d->c_info.uuid, text))
        parse_wrong(p, &s->value->place, "`%s' is no UUID such as d2a1b9d0-1111-2222-3333-444455556666", text);
}

void key_vcpus(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    long n;

    if (!value_number(p, s->name, s->value, 1, 32767, &n))
        return;
    b->max_vcpus = (int)n;
    if (libxl_bitmap_alloc(p->ctx, &b->avail_vcpus, (int)n)) {
        parse_wrong(p, &s->place, "no memory for the set of vCPUs");
        return;
    }
    for (int i = 0; i < n; i++)
        libxl_bitmap_set(&b->avail_vcpus, i);
}

void key_maxvcpus(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    long n;

    if (!value_number(p, s->name, s->value, b->max_vcpus ? b->max_vcpus : 1, 32767, &n))
        return;
    b->max_vcpus = (int)n;
}

void key_memory(struct parse *p, const struct xlu_setting *s)
{
    long mib;

    if (!value_number(p, s->name, s->value, 0, LONG_MAX / 1024, &mib))
        return;
    p->d->b_info.target_memkb = p->d->b_info.max_memkb = (uint64_t)mib * 1024;
}

/* cmdline is all of it; else root and extra make it. */
void key_cmdline(struct parse *p, const struct xlu_setting *s)
{
    const char *root = setting_text(p, "root"), *extra = setting_text(p, "extra"), *text;
    char *line;
    size_t n;

    if (!value_text(p, s->value, &text))
        return;
    if (!strcmp(s->name, "cmdline")) {
        if (root || extra)
            parse_warn(p, &s->place, "root and extra mean nothing beside cmdline");
        text_set(p, &p->d->b_info.cmdline, text);
        return;
    }
    if (setting_text(p, "cmdline"))
        return;
    n = (root ? strlen(root) : 0) + (extra ? strlen(extra) : 0) + sizeof("root= ");
    line = xl_calloc(n, 1);
    snprintf(line, n, "%s%s%s%s", root ? "root=" : "", root ? root : "", root && extra ? " " : "", extra ? extra : "");
    free(p->d->b_info.cmdline);
    p->d->b_info.cmdline = line;
}

static const struct {
    const char *name;
    libxl_action_on_shutdown action;
} actions[] = {
    { "destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY },
    { "restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART },
    { "rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME },
    { "preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE },
    { "coredump-destroy", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY },
    { "coredump-restart", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART },
    { "soft-reset", LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET },
};

const char *action_name(libxl_action_on_shutdown action)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (actions[i].action == action)
            return actions[i].name;
    return "unknown";
}

void key_action(struct parse *p, const struct xlu_setting *s)
{
    const struct {
        const char *name;
        libxl_action_on_shutdown *field;
    } fields[] = {
        { "on_poweroff", &p->d->on_poweroff },     { "on_reboot", &p->d->on_reboot }, { "on_crash", &p->d->on_crash },
        { "on_soft_reset", &p->d->on_soft_reset }, { "on_watchdog", &p->d->on_watchdog },
    };
    const char *text;

    if (!value_text(p, s->value, &text))
        return;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
            if (!strcmp(text, actions[i].name) && !strcmp(s->name, fields[k].name)) {
                *fields[k].field = actions[i].action;
                return;
            }
    parse_wrong(p, &s->value->place,
                "%s is `%s' and should be destroy, restart, rename-restart, preserve, coredump-destroy, coredump-restart or "
                "soft-reset", s->name, text);
}

/* With both, the domain begins with init_seclabel and gets seclabel when it runs. */
void key_seclabel(struct parse *p, const struct xlu_setting *s)
{
    bool second = !strcmp(s->name, "seclabel") && p->d->c_info.ssid_label;
    const char *text;

    if (value_text(p, s->value, &text))
        text_set(p, second ? &p->d->b_info.exec_ssid_label : &p->d->c_info.ssid_label, text);
}

/* The name of a firmware that libxl finds, or a file. */
void key_firmware(struct parse *p, const struct xlu_setting *s)
{
    libxl_bios_type bios;
    const char *text;

    if (!value_text(p, s->value, &text))
        return;
    if (!strcmp(text, "bios")) /* whichever is the device model's own */
        return;
    if (!strcmp(text, "uefi"))
        text = "ovmf";
    if (strcmp(text, "unknown") && !libxl_bios_type_from_string(text, &bios))
        p->d->b_info.u.hvm.bios = bios;
    else
        text_set(p, &p->d->b_info.u.hvm.firmware, text);
}

void key_altp2m(struct parse *p, const struct xlu_setting *s)
{
    libxl_altp2m_mode mode;
    const char *text;
    long number;

    if (!value_text(p, s->value, &text))
        return;
    if (!libxl_altp2m_mode_from_string(text, &mode))
        p->d->b_info.altp2m = mode;
    else if (value_number(p, s->name, s->value, LIBXL_ALTP2M_MODE_DISABLED, LIBXL_ALTP2M_MODE_LIMITED, &number))
        p->d->b_info.altp2m = (libxl_altp2m_mode)number;
}

void key_genid(struct parse *p, const struct xlu_setting *s)
{
    const char *text;

    if (!value_text(p, s->value, &text) || !strcmp(text, "none"))
        return;
    if (strcmp(text, "generate"))
        parse_wrong(p, &s->value->place, "ms_vm_genid is `%s' and should be generate or none", text);
    else if (libxl_ms_vm_genid_generate(p->ctx, &p->d->b_info.u.hvm.ms_vm_genid))
        parse_wrong(p, &s->place, "no generation id could be made");
}

/* serial, usbdevice: one text, or a list of them; they have a field each. */
void key_serial(struct parse *p, const struct xlu_setting *s)
{
    bool serial = !strcmp(s->name, "serial");
    char **text = serial ? &p->d->b_info.u.hvm.serial : &p->d->b_info.u.hvm.usbdevice;
    libxl_string_list *list = serial ? &p->d->b_info.u.hvm.serial_list : &p->d->b_info.u.hvm.usbdevice_list;

    if (s->value->type == XLU_STRING)
        text_set(p, text, s->value->text);
    else if (xlu_cfg_get_list_as_string_list(p->cfg, s->name, list, 0))
        p->failed = true;
}

void key_stdvga(struct parse *p, const struct xlu_setting *s)
{
    long on;

    if (xlu_setting_find(p->cfg, "vga") || !value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &on))
        return;
    p->d->b_info.u.hvm.vga.kind = on ? LIBXL_VGA_INTERFACE_TYPE_STD : LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
}

void key_rdm(struct parse *p, const struct xlu_setting *s)
{
    const char *text;

    if (value_text(p, s->value, &text) && xlu_rdm_parse(p->cfg, &p->d->b_info.u.hvm.rdm, text))
        p->failed = true;
}

void key_cpuid(struct parse *p, const struct xlu_setting *s)
{
    libxl_cpuid_policy_list *policy = &p->d->b_info.cpuid;
    const XLU_ConfigList *list = &s->value->list;
    const char *text;

    if (s->value->type == XLU_STRING) {
        char *copy = xl_strdup(s->value->text), *state = NULL, *part = strtok_r(copy, ",", &state);

        if (!part || strcmp(part, "host"))
            parse_wrong(p, &s->value->place, "cpuid begins with `%s' and should begin with host", part ? part : "");
        while (part && (part = strtok_r(NULL, ",", &state)))
            if (libxl_cpuid_parse_config(policy, part))
                parse_wrong(p, &s->value->place, "cpuid: `%s' is no feature with a value", part);
        free(copy);
        return;
    }
    for (size_t i = 0; i < list->n; i++)
        if (value_text(p, list->items[i], &text) && libxl_cpuid_parse_config_xend(policy, text))
            parse_wrong(p, &list->items[i]->place, "cpuid: `%s' is no leaf with registers", text);
}

void key_vncdisplay(struct parse *p, const struct xlu_setting *s)
{
    const char *listen = p->d->b_info.u.hvm.vnc.listen;
    long display;

    if (!value_number(p, s->name, s->value, 0, 65535, &display))
        return;
    if (listen && strchr(listen, ':'))
        parse_wrong(p, &s->place, "vnclisten `%s' has a display already", listen);
    p->d->b_info.u.hvm.vnc.display = (int)display;
}

/* --- what only domains of type hvm have --- */

/* One group, "!" before it: not that one. */
static void viridian_group(struct parse *p, const XLU_ConfigValue *at)
{
    libxl_domain_build_info *b = &p->d->b_info;
    bool off = *at->text == '!';
    libxl_viridian_enlightenment group;

    if (!strcmp(at->text, "all"))
        libxl_bitmap_set_any(&b->u.hvm.viridian_enable);
    else if (!strcmp(at->text, "defaults"))
        libxl_defbool_set(&b->u.hvm.viridian, true);
    else if (libxl_viridian_enlightenment_from_string(at->text + off, &group))
        parse_wrong(p, &at->place, "viridian: there is no group `%s'", at->text + off);
    else
        libxl_bitmap_set(off ? &b->u.hvm.viridian_disable : &b->u.hvm.viridian_enable, (int)group);
    if (off && !p->failed)
        libxl_bitmap_reset(&b->u.hvm.viridian_enable, (int)group);
}

void key_viridian(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    const XLU_ConfigList *list;
    long on;

    if (s->value->type != XLU_LIST) {
        if (value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &on))
            libxl_defbool_set(&b->u.hvm.viridian, on != 0);
        return;
    }
    list = list_of_texts(p, s);
    if (!list || libxl_bitmap_alloc(p->ctx, &b->u.hvm.viridian_enable, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH) ||
        libxl_bitmap_alloc(p->ctx, &b->u.hvm.viridian_disable, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH))
        return;
    for (size_t i = 0; i < list->n; i++)
        viridian_group(p, list->items[i]);
}

/* A number, or what kind of device it is. */
void key_gfx_passthru(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    const char *text;
    char *end;
    long on;

    if (!value_text(p, s->value, &text))
        return;
    on = strtol(text, &end, 0);
    if (end == text || *end) {
        on = 1;
        if (libxl_gfx_passthru_kind_from_string(text, &b->u.hvm.gfx_passthru_kind))
            parse_wrong(p, &s->value->place, "gfx_passthru is `%s' and should be 0, 1, default or igd", text);
    }
    libxl_defbool_set(&b->u.hvm.gfx_passthru, on != 0);
}

void key_mca_caps(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *list = list_of_texts(p, s);

    for (size_t i = 0; list && i < list->n; i++) {
        if (!strcmp(list->items[i]->text, "lmce"))
            p->d->b_info.u.hvm.mca_caps |= MCA_CAP_LMCE;
        else
            parse_wrong(p, &list->items[i]->place, "mca_caps: there is no `%s'; lmce is one", list->items[i]->text);
    }
}

void key_refused_pv(struct parse *p, const struct xlu_setting *s)
{
    parse_wrong(p, &s->place, "%s is for domains of type hvm and pvh", s->name);
}
