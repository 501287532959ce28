/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Inside libxlutil, and for our own programs, which link the archive: a configuration as it was read, with the place of
 * each value. Functions return 0 or a positive errno, as the public ones do. What is wrong is said on cfg->report, one
 * line each: FILE:LINE:COLUMN: what.
 */
#ifndef LIGHT_XLU_H
#define LIGHT_XLU_H

#include <libxlutil.h>
#include <stdbool.h>
#include <stddef.h>

struct xlu_place {
    const char *file; /* of the configuration's own */
    unsigned line;    /* both from 1; line 0: nowhere in the file */
    unsigned column;
};

struct XLU_ConfigList {
    XLU_ConfigValue **items;
    size_t n;
    size_t room;
};

struct XLU_ConfigValue {
    enum XLU_ConfigValueType type;
    struct xlu_place place;
    char *text;          /* XLU_STRING */
    XLU_ConfigList list; /* XLU_LIST */
};

struct xlu_setting {
    struct xlu_setting *next;
    char *name;
    struct xlu_place place; /* of the name */
    bool added;             /* made by += */
    XLU_ConfigValue *value;
};

struct xlu_file {
    struct xlu_file *next;
    char name[];
};

struct XLU_Config {
    FILE *report;
    char *name; /* that the caller gave for data that no file holds */
    struct xlu_file *files;
    struct xlu_setting *settings;
    struct xlu_setting **settings_end;
};

/* A line on the report. xlu_warn() adds where the value is; place may be NULL. */
void xlu_say(const XLU_Config *cfg, const struct xlu_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads settings as xlu_cfg_readdata() does, from data that the user knows by that name. ENOMEM, EINVAL. */
int xlu_add_data(XLU_Config *cfg, const char *name, const char *data, size_t n);

/* NULL: not set. */
const struct xlu_setting *xlu_setting_find(const XLU_Config *cfg, const char *name);

/* parse.c: the settings of n bytes are added to the configuration's. */
int xlu_parse(XLU_Config *cfg, const char *file, const char *data, size_t n);

/* value.c: NULL when there is no memory. */
XLU_ConfigValue *xlu_value_text(char *text, const struct xlu_place *place); /* takes the text, also when it fails */
XLU_ConfigValue *xlu_value_list(const struct xlu_place *place);
void xlu_value_free(XLU_ConfigValue *value);
void xlu_value_done(XLU_ConfigValue **value); /* for _cleanup_ */
int xlu_list_append(XLU_ConfigList *list, XLU_ConfigValue *value); /* takes the value when it succeeds */
/* The value of name is now this one, or for += what it was with this one behind. Takes the value when it succeeds. */
int xlu_setting_store(XLU_Config *cfg, const char *name, size_t name_len, const struct xlu_place *place, bool add,
                      XLU_ConfigValue *value);
void xlu_settings_free(XLU_Config *cfg);

/* A copy that ends with a zero byte; NULL when there is no memory. */
char *xlu_copy(const char *text, size_t n);

#endif
