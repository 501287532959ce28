/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the Boot Loader Specification, type 1: lines "KEY VALUE". */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "bootfind/menu.h"

/* The value with its settings in place; "" for one that is too long. */
static const char *expanded(struct menu *menu, const char *text, const char *end)
{
    char word[MENU_WORD];
    size_t len = 0;

    while (text < end) {
        if (*text == '$') {
            if (menu_expand(menu, &text, end, word, &len))
                return NULL;
        } else if (len + 1 < sizeof(word)) {
            word[len++] = *text++;
        } else {
            return NULL;
        }
    }
    return memchr(word, '\0', len) ? NULL : menu_keep(menu, word, len);
}

/* Several on one line, as Fedora writes them, too. */
static int initrds(struct menu *menu, struct menu_entry *e, const char *value)
{
    char path[MENU_WORD];

    for (; *value; value += strspn(value, " \t")) {
        size_t len = strcspn(value, " \t");

        if (e->nr_initrds == MENU_INITRDS)
            return menu_fail(menu, -EINVAL, "more than %u ramdisks", MENU_INITRDS);
        memcpy(path, value, len);
        path[len] = '\0';
        e->initrds[e->nr_initrds] = menu_path(menu, path);
        if (!e->initrds[e->nr_initrds++])
            return menu_fail(menu, -ENOMEM, "no memory");
        value += len;
    }
    return 0;
}

static bool is(const char *name, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(name, word, len) == 0;
}

static int key(struct menu *menu, struct menu_entry *e, const char *name, size_t len, const char *value)
{
    const char **to = is(name, len, "title") ? &e->title : is(name, len, "linux") ? &e->kernel : is(name, len, "options") ? &e->args : NULL;

    if (is(name, len, "initrd"))
        return initrds(menu, e, value);
    if (!to)
        return 0;
    if (to == &e->kernel)
        value = menu_path(menu, value);
    else if (to == &e->args && e->args[0])
        value = arena_printf(&menu->arena, "%s %s", e->args, value);
    if (!value)
        return menu_fail(menu, -ENOMEM, "no memory");
    if (strlen(value) >= MENU_WORD)
        return menu_fail(menu, -EINVAL, "options are longer than %u characters", MENU_WORD);
    *to = value;
    return 0;
}

int menu_add_bls(struct menu *menu, const char *id, const char *text, size_t len)
{
    struct menu_entry *e = menu_new(menu, id, -1);
    const char *end = text + len;
    int rc = 0;

    if (!e)
        return -EINVAL;
    e->id = e->title;
    while (text < end && rc == 0) {
        const char *eol = memchr(text, '\n', (size_t)(end - text)), *next = eol ? eol + 1 : end, *name, *value;

        eol = eol ? eol : end;
        for (; text < eol && isspace((unsigned char)*text); text++)
            ;
        for (; eol > text && isspace((unsigned char)eol[-1]); eol--)
            ;
        for (name = text; text < eol && !isspace((unsigned char)*text); text++)
            ;
        len = (size_t)(text - name);
        for (; text < eol && isspace((unsigned char)*text); text++)
            ;
        if (len && name[0] != '#' && text < eol) {
            value = expanded(menu, text, eol);
            rc = value ? key(menu, e, name, len, value) : menu_fail(menu, -EINVAL, "a line is longer than %u characters", MENU_WORD);
        }
        text = next;
    }
    return rc;
}
