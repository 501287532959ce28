/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's grubenv, grub.cfg and entry of the Boot Loader Specification, of arbitrary bytes, NUL between them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootfind/menu.h"
#include "fuzz.h"

static void check(const struct menu *menu)
{
    CHECK(menu->count <= MENU_ENTRIES && menu->nr_vars <= MENU_VARS);
    for (unsigned i = 0; i < menu->count; i++) {
        const struct menu_entry *e = &menu->entries[i];

        CHECK(e->title && e->args && strlen(e->args) < MENU_WORD && e->nr_initrds <= MENU_INITRDS);
        CHECK(e->parent < (int)i && (!e->kernel || (e->kernel[0] == '/' && !e->submenu)));
        for (unsigned k = 0; k < e->nr_initrds; k++)
            CHECK(e->initrds[k][0] == '/');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct menu *menu = calloc(1, sizeof(*menu));
    const uint8_t *at = data, *end = data + size;
    int rc = 0;

    CHECK(menu);
    for (unsigned i = 0; i < 3 && rc == 0; i++) {
        const uint8_t *stop = i < 2 && at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        size_t len = (size_t)((stop ? stop : end) - at);
        char *text = malloc(len + 1);

        CHECK(text);
        memcpy(text, at, len);
        text[len] = 'x'; /* not to be looked at */
        rc = i == 0 ? menu_add_env(menu, text, len) : i == 1 ? menu_add_grub(menu, text, len) : menu_add_bls(menu, "id", text, len);
        CHECK(rc == 0 || (rc == -EINVAL && menu->error[0]));
        free(text);
        at += len + (stop != NULL);
    }
    if (rc == 0)
        check(menu);
    if (rc == 0 && menu->wanted)
        CHECK(menu_find(menu, menu->wanted) < (int)menu->count);
    arena_done(&menu->arena);
    free(menu);
    return 0;
}
