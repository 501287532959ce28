/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A configuration of arbitrary bytes. Beyond the sanitizers: the answers agree with one another; what was read, written
 * down as a configuration again, is read as the same.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/xlu/xlu.h"

static void write_value(FILE *f, const XLU_ConfigValue *v)
{
    if (v->type == XLU_LIST) {
        fputc('[', f);
        for (size_t i = 0; i < v->list.n; i++) {
            write_value(f, v->list.items[i]);
            fputs(",\n", f);
        }
        fputc(']', f);
        return;
    }
    fputc('"', f);
    for (const char *s = v->text; *s; s++)
        fprintf(f, "\\x%02x", (unsigned char)*s);
    fputc('"', f);
}

static void compare(const XLU_ConfigValue *a, const XLU_ConfigValue *b)
{
    CHECK(a->type == b->type && a->list.n == b->list.n);
    if (a->type == XLU_STRING)
        CHECK(!strcmp(a->text, b->text));
    for (size_t i = 0; i < a->list.n; i++)
        compare(a->list.items[i], b->list.items[i]);
}

static void ask(const XLU_Config *cfg, const struct xlu_setting *s)
{
    const char *text = NULL;
    XLU_ConfigList *list = NULL;
    long number = 0, bounded = -1;
    int n = -1, is_number = xlu_cfg_get_long(cfg, s->name, &number, 0);

    CHECK(xlu_setting_find(cfg, s->name) == s);
    CHECK(xlu_cfg_get_string(cfg, s->name, &text, 1) == (s->value->type == XLU_STRING ? 0 : EINVAL));
    CHECK(xlu_cfg_get_list(cfg, s->name, &list, &n, 1) == (s->value->type == XLU_LIST ? 0 : EINVAL));
    CHECK(is_number == 0 || is_number == EINVAL || is_number == ERANGE);
    if (!xlu_cfg_get_bounded_long(cfg, s->name, 0, 9, &bounded, 0))
        CHECK(!is_number && bounded == number && number >= 0 && number <= 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *nowhere = fopen("/dev/null", "w"), *f;
    XLU_Config *cfg = xlu_cfg_init(nowhere, "f"), *again = xlu_cfg_init(nowhere, "f");
    char *copy = malloc(size + !size), *text = NULL; /* of its own, so that a byte too many is seen */
    size_t len = 0;
    int error;

    CHECK(nowhere && cfg && again && copy);
    memcpy(copy, data, size);
    error = xlu_cfg_readdata(cfg, copy, (int)size);
    CHECK(error == 0 || error == EINVAL);
    f = open_memstream(&text, &len);
    CHECK(f);
    for (const struct xlu_setting *s = cfg->settings; s; s = s->next) {
        ask(cfg, s);
        fprintf(f, "%s=", s->name);
        write_value(f, s->value);
        fputc('\n', f);
    }
    fclose(f);
    CHECK(xlu_cfg_readdata(again, text, (int)len) == 0);
    for (const struct xlu_setting *s = cfg->settings; s; s = s->next)
        compare(s->value, xlu_setting_find(again, s->name)->value);
    free(text);
    free(copy);
    xlu_cfg_destroy(again);
    xlu_cfg_destroy(cfg);
    fclose(nowhere);
    return 0;
}
