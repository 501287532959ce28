/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "xl/cleanup.h"
#include "xl/xl.h"

static void say(struct parse *p, const struct xlu_place *place, const char *kind, const char *format, va_list args)
{
    char text[512];

    vsnprintf(text, sizeof(text), format, args);
    xlu_say(p->cfg, place, "%s%s", kind, text);
}

void parse_wrong(struct parse *p, const struct xlu_place *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(p, place, "", format, args);
    va_end(args);
    p->failed = true;
}

void parse_warn(struct parse *p, const struct xlu_place *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(p, place, "warning: ", format, args);
    va_end(args);
}

/* --- values --- */

bool value_text(struct parse *p, const XLU_ConfigValue *value, const char **ret_text)
{
    if (value->type != XLU_STRING) {
        parse_wrong(p, &value->place, "a list where one value should be");
        return false;
    }
    *ret_text = value->text;
    return true;
}

bool value_number(struct parse *p, const char *name, const XLU_ConfigValue *value, long min, long max, long *ret_number)
{
    const char *text;
    char *end;
    long number;

    if (!value_text(p, value, &text))
        return false;
    errno = 0;
    number = strtol(text, &end, 0);
    if (errno || end == text || *end) {
        parse_wrong(p, &value->place, "%s is `%s', no number", name, text);
        return false;
    }
    if (number < min || number > max) {
        parse_wrong(p, &value->place, "%s is %ld and should be from %ld to %ld", name, number, min, max);
        return false;
    }
    *ret_number = number;
    return true;
}

bool text_set(struct parse *p, char **field, const char *text)
{
    (void)p;
    free(*field);
    *field = xl_strdup(text);
    return true;
}

static void set_texts(struct parse *p, const struct key *key, const struct xlu_setting *s, libxl_string_list *field)
{
    const XLU_ConfigList *list = &s->value->list;
    size_t n = s->value->type == XLU_LIST ? list->n : 1;
    libxl_string_list strings = xl_calloc(n + 1, sizeof(*strings));

    for (size_t i = 0; i < n; i++) {
        const char *text;

        if (value_text(p, s->value->type == XLU_LIST ? list->items[i] : s->value, &text))
            strings[i] = xl_strdup(text);
        else
            n = i;
    }
    if (s->value->type != XLU_LIST && key->old)
        parse_warn(p, &s->place, "%s", key->old);
    libxl_string_list_dispose(field);
    *field = strings;
}

/* Names are offered as they are written in the documentation: with -, where libxl has _. */
static void set_enum(struct parse *p, const struct key *key, const struct xlu_setting *s, int *field)
{
    const char *text;
    char *end;
    long number;

    if (!value_text(p, s->value, &text))
        return;
    number = strtol(text, &end, 0);
    if (end != text && !*end && key->max) { /* by number: an old form */
        if (number < key->min || number > key->max) {
            parse_wrong(p, &s->value->place, "%s is %ld and should be a name", key->name, number);
            return;
        }
        parse_warn(p, &s->value->place, "%s as a number is an old form; it has names", key->name);
        *field = (int)number;
    } else if (key->read.text(text, field)) {
        parse_wrong(p, &s->value->place, "there is no %s `%s'", key->name, text);
    }
}

static void set_field(struct parse *p, void *base, const struct key *key, const struct xlu_setting *s)
{
    void *field = (char *)base + key->offset;
    const char *text;
    long number;

    switch (key->kind) {
    case KEY_TEXT:
        if (value_text(p, s->value, &text))
            text_set(p, field, text);
        break;
    case KEY_BOOL:
        if (value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &number))
            libxl_defbool_set(field, number != 0);
        break;
    case KEY_INT:
    case KEY_U32:
        if (!value_number(p, s->name, s->value, key->min, key->max, &number))
            break;
        if (key->kind == KEY_INT)
            *(int *)field = (int)number;
        else
            *(uint32_t *)field = (uint32_t)number;
        break;
    case KEY_MIB:
        if (value_number(p, s->name, s->value, 0, LONG_MAX / 1024, &number))
            *(uint64_t *)field = (uint64_t)number * 1024;
        break;
    case KEY_TEXTS:
        set_texts(p, key, s, field);
        break;
    case KEY_ENUM:
        set_enum(p, key, s, field);
        break;
    case KEY_CUSTOM:
        key->read.setting(p, s);
        break;
    case KEY_FLAG:
        if (value_number(p, s->name, s->value, LONG_MIN, LONG_MAX, &number))
            *(bool *)field = number != 0;
        break;
    case KEY_CPUS:
        cpus_parse(p, s->value, field);
        break;
    case KEY_IGNORE:
        break;
    }
}

/* --- keys --- */

static void warn_unknown(struct parse *p, const struct key *keys, size_t n)
{
    for (const struct xlu_setting *s = p->cfg->settings; s; s = s->next) {
        struct nearest near;
        size_t i = 0;

        nearest_init(&near, s->name, strlen(s->name));
        while (i < n && strcmp(keys[i].name, s->name))
            nearest_offer(&near, keys[i++].name);
        if (i < n)
            continue;
        if (near.best)
            parse_warn(p, &s->place, "there is no setting `%s'; `%s' is one", s->name, near.best);
        else
            parse_warn(p, &s->place, "there is no setting `%s'", s->name);
    }
}

static void apply(struct parse *p, void *base, const struct key *key)
{
    const struct xlu_setting *s = xlu_setting_find(p->cfg, key->name);

    if (!s || (key->types && !(key->types & 1u << p->d->c_info.type)))
        return;
    if (key->old && key->kind != KEY_TEXTS)
        parse_warn(p, &s->place, "%s", key->old);
    set_field(p, base, key, s);
}

void keys_apply(struct parse *p, void *base, const struct key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        apply(p, base, &keys[i]);
    warn_unknown(p, keys, n);
}

/* What every domain has, and what settings say together. */
static void apply_defaults(struct parse *p)
{
    libxl_domain_config *d = p->d;

    libxl_defbool_set(&d->c_info.run_hotplug_scripts, true);
    libxl_defbool_set(&d->b_info.claim_mode, true);
    libxl_uuid_generate(&d->c_info.uuid);
    d->on_poweroff = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    d->on_reboot = LIBXL_ACTION_ON_SHUTDOWN_RESTART;
    d->on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    d->on_crash = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    d->on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
}

static void check_whole(struct parse *p)
{
    const libxl_domain_config *d = p->d;

    if (!d->c_info.name)
        parse_wrong(p, NULL, "the domain has no name: name=\"...\" is missing");
    if (d->c_info.type != LIBXL_DOMAIN_TYPE_HVM && !d->b_info.kernel && !d->b_info.bootloader)
        parse_wrong(p, NULL, "nothing to boot: kernel=\"...\" or bootloader=\"...\" is missing");
}

static void parse_all(struct parse *p)
{
    domain_type_set(p);
    apply_defaults(p);
    keys_apply(p, p->d, xl_keys, nr_xl_keys);
    check_whole(p);
}

/* All settings that there are are read by then. */
static int config_finish(libxl_ctx *ctx, XLU_Config *cfg, libxl_domain_config *d)
{
    struct parse p = { .ctx = ctx, .cfg = cfg, .d = d };

    parse_all(&p);
    return p.failed ? -EINVAL : 0;
}

int config_read(libxl_ctx *ctx, const char *file, char *const *extra, int n, libxl_domain_config *d)
{
    _cleanup_cfg_ XLU_Config *cfg = xlu_cfg_init(stderr, file ? file : "command line");
    int error;

    if (!cfg)
        return -ENOMEM;
    error = file ? xlu_cfg_readfile(cfg, file) : 0;
    for (int i = 0; i < n && !error; i++)
        error = xlu_add_data(cfg, "command line", extra[i], strlen(extra[i]));
    return error ? -error : config_finish(ctx, cfg, d);
}

int config_read_text(libxl_ctx *ctx, const char *name, const char *text, size_t len, libxl_domain_config *d)
{
    _cleanup_cfg_ XLU_Config *cfg = xlu_cfg_init(stderr, name);
    int error = cfg ? xlu_add_data(cfg, name, text, len) : ENOMEM;

    return error ? -error : config_finish(ctx, cfg, d);
}

int config_read_device(libxl_ctx *ctx, const char *key, const char *spec, libxl_domain_config *d)
{
    _cleanup_cfg_ XLU_Config *cfg = xlu_cfg_init(stderr, "command line");
    struct parse p = { .ctx = ctx, .cfg = cfg, .d = d };
    XLU_ConfigValue text = { .type = XLU_STRING, .text = (char *)spec }, *item = &text;
    XLU_ConfigValue list = { .type = XLU_LIST, .list = { .items = &item, .n = 1, .room = 1 } };
    struct xlu_setting setting = { .name = (char *)key, .value = &list };

    if (!cfg)
        return -ENOMEM;
    for (size_t i = 0; i < nr_xl_keys; i++)
        if (!strcmp(xl_keys[i].name, key))
            xl_keys[i].read.setting(&p, &setting);
    return p.failed ? -EINVAL : 0;
}
