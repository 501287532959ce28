/* SPDX-License-Identifier: GPL-2.0-only */
#include "bootfind/menu.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int menu_fail(struct menu *menu, int rc, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(menu->error, sizeof(menu->error), fmt, args);
    va_end(args);
    return rc;
}

const char *menu_keep(struct menu *menu, const char *text, size_t len)
{
    char *copy = arena_alloc(&menu->arena, len + 1);

    if (copy)
        memcpy(copy, text, len);
    return copy;
}

struct menu_entry *menu_new(struct menu *menu, const char *title, int parent)
{
    struct menu_entry *e = &menu->entries[menu->count];

    if (menu->count == MENU_ENTRIES) {
        menu_fail(menu, -EINVAL, "more than %u entries", MENU_ENTRIES);
        return NULL;
    }
    *e = (struct menu_entry){ .title = menu_keep(menu, title, strlen(title)), .args = "", .parent = parent };
    if (!e->title) {
        menu_fail(menu, -ENOMEM, "no memory");
        return NULL;
    }
    menu->count++;
    return e;
}

/* --- settings --- */

static struct menu_var *var_find(const struct menu *menu, const char *name, size_t len)
{
    for (unsigned i = 0; i < menu->nr_vars; i++)
        if (strlen(menu->vars[i].name) == len && memcmp(menu->vars[i].name, name, len) == 0)
            return (struct menu_var *)&menu->vars[i];
    return NULL;
}

const char *menu_get(const struct menu *menu, const char *name, size_t len)
{
    struct menu_var *v = var_find(menu, name, len);

    return v ? v->value : len == 19 && memcmp(name, "menuentry_id_option", len) == 0 ? "--id" : "";
}

int menu_set(struct menu *menu, const char *name, size_t len, const char *value, bool kept)
{
    struct menu_var *v = var_find(menu, name, len);
    const char *copy;

    if (!value[0] || (v && v->kept && !kept))
        return 0;
    copy = menu_keep(menu, value, strlen(value));
    if (copy && !v) {
        if (menu->nr_vars == MENU_VARS)
            return menu_fail(menu, -EINVAL, "more than %u settings", MENU_VARS);
        menu->vars[menu->nr_vars].name = menu_keep(menu, name, len);
        v = menu->vars[menu->nr_vars].name ? &menu->vars[menu->nr_vars++] : NULL;
    }
    if (!copy || !v)
        return menu_fail(menu, -ENOMEM, "no memory");
    v->value = copy;
    v->kept = kept;
    return 0;
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '?';
}

/* At **text is a $; goes behind the name. */
int menu_expand(const struct menu *menu, const char **text, const char *end, char word[MENU_WORD], size_t *len)
{
    const char *p = *text + 1, *name, *value;
    bool braces = p < end && *p == '{';
    size_t n;

    p += braces;
    for (name = p; p < end && name_char(*p); p++)
        ;
    value = p > name ? menu_get(menu, name, (size_t)(p - name)) : braces ? "" : "$";
    if (braces && p < end && *p == '}')
        p++;
    n = strlen(value);
    if (*len + n >= MENU_WORD)
        return -ENAMETOOLONG;
    memcpy(word + *len, value, n);
    *len += n;
    *text = p;
    return 0;
}

/* Lines NAME=VALUE; a comment and what fills the block up begin with #. A backslash keeps the next character. */
int menu_add_env(struct menu *menu, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *line = text, *equals, *eol = memchr(text, '\n', (size_t)(end - text));
        char value[MENU_WORD];
        size_t n = 0;
        int rc;

        text = eol ? eol + 1 : end;
        eol = eol ? eol : end;
        equals = memchr(line, '=', (size_t)(eol - line));
        if (line[0] == '#' || !equals)
            continue;
        for (const char *p = equals + 1; p < eol && n < sizeof(value) - 1; p++) {
            p += *p == '\\' && p + 1 < eol;
            value[n++] = *p;
        }
        value[n] = '\0';
        rc = strlen(value) == n ? menu_set(menu, line, (size_t)(equals - line), value, true) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* --- entries --- */

void menu_clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = ' ';
}

const char *menu_path(struct menu *menu, const char *path)
{
    const char *close = path[0] == '(' ? strchr(path, ')') : NULL;
    char *copy;

    path = close ? close + 1 : path;
    copy = arena_printf(&menu->arena, "%s%s", path[0] == '/' ? "" : "/", path);
    if (copy)
        menu_clean(copy);
    return copy;
}

static bool is_called(const struct menu_entry *e, const char *name, size_t len)
{
    return (strlen(e->title) == len && memcmp(e->title, name, len) == 0) ||
           (e->id && strlen(e->id) == len && memcmp(e->id, name, len) == 0);
}

/* Among those of one menu: the number, else the name. */
static int find_in(const struct menu *menu, int parent, const char *name, size_t len)
{
    unsigned long number = ULONG_MAX, nth = 0;

    if (len > 0 && len < 5 && strspn(name, "0123456789") >= len)
        number = strtoul(name, NULL, 10);
    for (unsigned i = 0; i < menu->count; i++) {
        if (menu->entries[i].parent != parent)
            continue;
        if (number == ULONG_MAX ? is_called(&menu->entries[i], name, len) : nth++ == number)
            return (int)i;
    }
    return -1;
}

static int first_in(const struct menu *menu, int at)
{
    for (unsigned depth = 0; at >= 0 && menu->entries[at].submenu && depth < MENU_ENTRIES; depth++)
        at = find_in(menu, at, "0", 1);
    return at;
}

int menu_find(const struct menu *menu, const char *wanted)
{
    int at = -1, whole;

    for (const char *part = wanted;; part += strcspn(part, ">") + 1) {
        size_t len = strcspn(part, ">");

        whole = find_in(menu, at, part, strlen(part)); /* a title may have a > in it */
        at = whole >= 0 ? whole : find_in(menu, at, part, len);
        if (at < 0 || whole >= 0 || !part[len])
            break;
    }
    if (at < 0) /* GRUB finds an entry by its id wherever it is */
        for (unsigned i = 0; i < menu->count && at < 0; i++)
            if (is_called(&menu->entries[i], wanted, strlen(wanted)))
                at = (int)i;
    return first_in(menu, at);
}
