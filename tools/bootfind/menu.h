/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest's disk offers to boot: entries out of grub.cfg and of the Boot Loader Specification's files. */
#ifndef XENOLITH_BOOTFIND_MENU_H
#define XENOLITH_BOOTFIND_MENU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

#define MENU_ENTRIES 256
#define MENU_VARS 128
#define MENU_INITRDS 8
#define MENU_WORD 4096 /* longest word, and longest command line of a kernel */
#define MENU_TEXT_MAX (1u << 20)

struct menu_entry {
    const char *title; /* never NULL */
    const char *id;    /* NULL: it has none */
    const char *kernel; /* a path on its disk; NULL: a submenu, or nothing that could be booted */
    const char *args;   /* "" for none */
    const char *initrds[MENU_INITRDS];
    unsigned nr_initrds;
    int parent;   /* the submenu that it is in; -1: none */
    bool submenu;
};

struct menu_var {
    const char *name, *value;
    bool kept; /* of grubenv: what the configuration sets is only for where there is none */
};

/* All zeros at first; freed with its arena. */
struct menu {
    struct arena arena;
    struct menu_entry entries[MENU_ENTRIES];
    unsigned count;
    struct menu_var vars[MENU_VARS];
    unsigned nr_vars;
    const char *wanted; /* the default, as GRUB says it; NULL: the first */
    bool bls;           /* the configuration has Boot Loader Specification entries shown, too */
    char error[160];    /* why something failed */
};

/* Each: 0, or -EINVAL or -ENOMEM with menu->error. The text may be anything. */

/* grubenv's settings; comes first. */
int menu_add_env(struct menu *menu, const char *text, size_t len);

/*
 * grub.cfg. Conditions are not evaluated: all of it is read as it stands there, but for functions. A setting that is empty is
 * none, of others the last counts.
 */
int menu_add_grub(struct menu *menu, const char *text, size_t len);

/* An entry of the Boot Loader Specification, type 1; its id is the file's name without ".conf". */
int menu_add_bls(struct menu *menu, const char *id, const char *text, size_t len);

/* What a default of GRUB's means: number, title or id, "SUBMENU>ENTRY"; a submenu means its first. -1: there is none. */
int menu_find(const struct menu *menu, const char *wanted);

/* --- for grubcfg.c and bls.c --- */

int menu_fail(struct menu *menu, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *menu_keep(struct menu *menu, const char *text, size_t len); /* NULL: no memory */
struct menu_entry *menu_new(struct menu *menu, const char *title, int parent); /* NULL: said in menu->error */
int menu_set(struct menu *menu, const char *name, size_t name_len, const char *value, bool kept);
const char *menu_get(const struct menu *menu, const char *name, size_t name_len); /* "" for none */

/* Appends the text, with $name and ${name} replaced, to the word; -ENAMETOOLONG. */
int menu_expand(const struct menu *menu, const char **text, const char *end, char word[MENU_WORD], size_t *len);

/* What a terminal would take for commands, or somebody for the end of a line, becomes a blank. */
void menu_clean(char *text);

/* A path without its "(device)", and with a / at its beginning. NULL: no memory. */
const char *menu_path(struct menu *menu, const char *path);

#endif
