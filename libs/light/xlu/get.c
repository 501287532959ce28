/* SPDX-License-Identifier: LGPL-2.1-only */
/* What a configuration says (libxlutil.h): 0, ESRCH, EINVAL, ERANGE. Texts and lists live as long as the configuration. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "light/xlu/xlu.h"

static int find_typed(const XLU_Config *cfg, const char *name, enum XLU_ConfigValueType type, int dont_warn,
                      const struct xlu_setting **ret_setting)
{
    const struct xlu_setting *s = xlu_setting_find(cfg, name);

    if (!s)
        return ESRCH;
    if (s->value->type != type) {
        if (!dont_warn)
            xlu_say(cfg, &s->value->place, "`%s' is %s and should be %s", name, type == XLU_LIST ? "one value" : "a list",
                    type == XLU_LIST ? "a list" : "one value");
        return EINVAL;
    }
    *ret_setting = s;
    return 0;
}

int xlu_cfg_get_string(const XLU_Config *cfg, const char *n, const char **value_r, int dont_warn)
{
    const struct xlu_setting *s;
    int error = find_typed(cfg, n, XLU_STRING, dont_warn, &s);

    if (!error)
        *value_r = s->value->text;
    return error;
}

int xlu_cfg_replace_string(const XLU_Config *cfg, const char *n, char **value_r, int dont_warn)
{
    const struct xlu_setting *s;
    int error = find_typed(cfg, n, XLU_STRING, dont_warn, &s);
    char *copy;

    if (error)
        return error;
    copy = xlu_copy(s->value->text, strlen(s->value->text));
    if (!copy)
        return ENOMEM;
    free(*value_r);
    *value_r = copy;
    return 0;
}

static int text_to_long(const char *text, long *ret_number)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 0);
    if (errno)
        return ERANGE;
    if (!*text || end == text || *end)
        return EINVAL;
    *ret_number = number;
    return 0;
}

int xlu_cfg_get_bounded_long(const XLU_Config *cfg, const char *n, long min, long max, long *value_r, int dont_warn)
{
    const struct xlu_setting *s;
    int error = find_typed(cfg, n, XLU_STRING, dont_warn, &s);
    const char *wrong = NULL;
    long number = 0;

    if (error)
        return error;
    error = s->added ? EINVAL : text_to_long(s->value->text, &number);
    if (s->added)
        wrong = "made with +=, which is for text and lists";
    else if (error)
        wrong = error == ERANGE ? "a number that is too large" : "no number";
    if (!wrong && (number < min || number > max)) {
        error = EINVAL;
        if (!dont_warn)
            xlu_say(cfg, &s->value->place, "`%s' is %ld and should be from %ld to %ld", n, number, min, max);
    }
    if (wrong && !dont_warn)
        xlu_say(cfg, &s->value->place, "`%s' is `%s', %s", n, s->value->text, wrong);
    if (!error)
        *value_r = number;
    return error;
}

int xlu_cfg_get_long(const XLU_Config *cfg, const char *n, long *value_r, int dont_warn)
{
    return xlu_cfg_get_bounded_long(cfg, n, LONG_MIN, LONG_MAX, value_r, dont_warn);
}

int xlu_cfg_get_defbool(const XLU_Config *cfg, const char *n, libxl_defbool *b, int dont_warn)
{
    long number;
    int error = xlu_cfg_get_long(cfg, n, &number, dont_warn);

    if (!error)
        b->val = number ? 1 : -1; /* true and false; 0 is the default */
    return error;
}

int xlu_cfg_get_list(const XLU_Config *cfg, const char *n, XLU_ConfigList **list_r, int *entries_r, int dont_warn)
{
    const struct xlu_setting *s;
    int error = find_typed(cfg, n, XLU_LIST, dont_warn, &s);

    if (error)
        return error;
    if (list_r)
        *list_r = &s->value->list;
    if (entries_r)
        *entries_r = (int)s->value->list.n;
    return 0;
}

static void strings_free(libxl_string_list strings)
{
    for (char **s = strings; s && *s; s++)
        free(*s);
    free(strings);
}

int xlu_cfg_get_list_as_string_list(const XLU_Config *cfg, const char *n, libxl_string_list *sl, int dont_warn)
{
    libxl_string_list strings;
    XLU_ConfigList *list;
    int error = xlu_cfg_get_list(cfg, n, &list, NULL, dont_warn);

    if (error)
        return error;
    strings = calloc(list->n + 1, sizeof(*strings));
    if (!strings)
        return ENOMEM;
    for (size_t i = 0; i < list->n && !error; i++) {
        const XLU_ConfigValue *item = list->items[i];

        if (item->type != XLU_STRING) {
            error = EINVAL;
            if (!dont_warn)
                xlu_say(cfg, &item->place, "`%s' holds a list and should hold texts only", n);
            break;
        }
        strings[i] = xlu_copy(item->text, strlen(item->text));
        error = strings[i] ? 0 : ENOMEM;
    }
    if (error)
        strings_free(strings);
    else
        *sl = strings;
    return error;
}

XLU_ConfigValue *xlu_cfg_get_listitem2(const XLU_ConfigList *list, int entry)
{
    return entry < 0 || (size_t)entry >= list->n ? NULL : list->items[entry];
}

const char *xlu_cfg_get_listitem(const XLU_ConfigList *list, int entry)
{
    const XLU_ConfigValue *value = xlu_cfg_get_listitem2(list, entry);

    return value && value->type == XLU_STRING ? value->text : NULL;
}

enum XLU_ConfigValueType xlu_cfg_value_type(const XLU_ConfigValue *value)
{
    return value->type;
}

int xlu_cfg_value_get_string(const XLU_Config *cfg, XLU_ConfigValue *value, char **value_r, int dont_warn)
{
    if (value->type != XLU_STRING) {
        if (!dont_warn)
            xlu_say(cfg, &value->place, "a list where text should be");
        return EINVAL;
    }
    *value_r = value->text;
    return 0;
}

int xlu_cfg_value_get_list(const XLU_Config *cfg, XLU_ConfigValue *value, XLU_ConfigList **value_r, int dont_warn)
{
    if (value->type != XLU_LIST) {
        if (!dont_warn)
            xlu_say(cfg, &value->place, "text where a list should be");
        return EINVAL;
    }
    *value_r = &value->list;
    return 0;
}
