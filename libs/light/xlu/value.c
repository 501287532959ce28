/* SPDX-License-Identifier: LGPL-2.1-only */
/* Values and settings: how they are kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "light/xlu/xlu.h"

char *xlu_copy(const char *text, size_t n)
{
    char *copy = malloc(n + 1);

    if (copy) {
        memcpy(copy, text, n);
        copy[n] = '\0';
    }
    return copy;
}

static XLU_ConfigValue *value_new(enum XLU_ConfigValueType type, const struct xlu_place *place)
{
    XLU_ConfigValue *value = calloc(1, sizeof(*value));

    if (value) {
        value->type = type;
        value->place = *place;
    }
    return value;
}

XLU_ConfigValue *xlu_value_text(char *text, const struct xlu_place *place)
{
    XLU_ConfigValue *value = value_new(XLU_STRING, place);

    if (value)
        value->text = text;
    else
        free(text);
    return value;
}

XLU_ConfigValue *xlu_value_list(const struct xlu_place *place)
{
    return value_new(XLU_LIST, place);
}

void xlu_value_free(XLU_ConfigValue *value)
{
    if (!value)
        return;
    for (size_t i = 0; i < value->list.n; i++)
        xlu_value_free(value->list.items[i]);
    free(value->list.items);
    free(value->text);
    free(value);
}

void xlu_value_done(XLU_ConfigValue **value)
{
    xlu_value_free(*value);
}

static int list_reserve(XLU_ConfigList *list, size_t n)
{
    size_t room = list->room ? list->room : 4;
    XLU_ConfigValue **items;

    if (n <= list->room)
        return 0;
    while (room < n)
        room *= 2;
    items = realloc(list->items, room * sizeof(*items));
    if (!items)
        return ENOMEM;
    list->items = items;
    list->room = room;
    return 0;
}

int xlu_list_append(XLU_ConfigList *list, XLU_ConfigValue *value)
{
    int error = list_reserve(list, list->n + 1);

    if (!error)
        list->items[list->n++] = value;
    return error;
}

static struct xlu_setting *setting_find(const XLU_Config *cfg, const char *name, size_t len)
{
    for (struct xlu_setting *s = cfg->settings; s; s = s->next)
        if (!strncmp(s->name, name, len) && !s->name[len])
            return s;
    return NULL;
}

const struct xlu_setting *xlu_setting_find(const XLU_Config *cfg, const char *name)
{
    return setting_find(cfg, name, strlen(name));
}

/* Without a value: the caller gives it one. */
static struct xlu_setting *setting_new(XLU_Config *cfg, const char *name, size_t len)
{
    struct xlu_setting *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->name = xlu_copy(name, len);
    if (!s->name) {
        free(s);
        return NULL;
    }
    *cfg->settings_end = s;
    cfg->settings_end = &s->next;
    return s;
}

/* What was there comes before what is new; what was there is then gone. */
static int value_prepend(XLU_ConfigValue *value, XLU_ConfigValue *before)
{
    if (value->type == XLU_STRING) {
        size_t n = strlen(before->text), m = strlen(value->text);
        char *text = realloc(value->text, n + m + 1);

        if (!text)
            return ENOMEM;
        memmove(text + n, text, m + 1);
        memcpy(text, before->text, n);
        value->text = text;
        return 0;
    }
    if (list_reserve(&value->list, value->list.n + before->list.n))
        return ENOMEM;
    if (before->list.n) {
        memmove(value->list.items + before->list.n, value->list.items, value->list.n * sizeof(*value->list.items));
        memcpy(value->list.items, before->list.items, before->list.n * sizeof(*value->list.items));
    }
    value->list.n += before->list.n;
    before->list.n = 0;
    return 0;
}

int xlu_setting_store(XLU_Config *cfg, const char *name, size_t name_len, const struct xlu_place *place, bool add,
                      XLU_ConfigValue *value)
{
    struct xlu_setting *s = setting_find(cfg, name, name_len);

    if (s && add) {
        if (s->value->type != value->type) {
            xlu_say(cfg, place, "+= adds text to text or a list to a list, but `%s' is %s (line %u)", s->name,
                    s->value->type == XLU_LIST ? "a list" : "text", s->value->place.line);
            return EINVAL;
        }
        if (value_prepend(value, s->value))
            return ENOMEM;
    }
    if (!s)
        s = setting_new(cfg, name, name_len);
    if (!s)
        return ENOMEM;
    xlu_value_free(s->value);
    s->value = value;
    s->place = *place;
    s->added = add;
    return 0;
}

void xlu_settings_free(XLU_Config *cfg)
{
    struct xlu_setting *next;

    for (struct xlu_setting *s = cfg->settings; s; s = next) {
        next = s->next;
        xlu_value_free(s->value);
        free(s->name);
        free(s);
    }
    cfg->settings = NULL;
    cfg->settings_end = &cfg->settings;
}
