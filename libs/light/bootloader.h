/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bootloader=: a program that finds a guest's kernel on its first disk, on the guest's console. Steps of its creation.
 * Whoever calls holds the context's lock.
 */
#ifndef XENOLITH_LIGHT_BOOTLOADER_H
#define XENOLITH_LIGHT_BOOTLOADER_H

#include <stddef.h>

#include "light/child.h"
#include "light/relay.h"

#define LIGHT_BOOTLOADER_ANSWER_MAX (64u * 1024u)

/* What it has said; texts are within the answer. */
struct light_bootloader_answer {
    const char *kernel;  /* the file's path */
    const char *ramdisk; /* NULL: there is none */
    const char *cmdline; /* NULL: there is none */
};

/* All zeros before light_bootloader_start(). */
struct light_bootloader {
    struct light_child child;
    struct light_relay relay; /* its terminal, and the one that shows it */
    struct loop_timer timer; /* loop NULL: it may take for ever */
    struct op *op;
    char *folder; /* where it leaves files; NULL: there is none */
    struct light_restrict restricted; /* to whom; uid 0: it is not */
    int files[2]; /* that a restricted one has named; 0: none */
    struct light_bootloader_answer answer;
};

/* A step's start: it will have a terminal, and what it shows there and is told, b->relay.person.name shows and takes. */
int light_bootloader_show(struct op *op, struct light_bootloader *b);

/*
 * A step's start, after that: runs it on the configuration's first disk. What it starts is ended by light_bootloader_stop(), which is the
 * step's stop. LIBXL_BOOTLOADER_TIMEOUT seconds are what it has (0: for ever, else 120 when it is restricted). LIBXL_BOOTLOADER_RESTRICT is
 * set: it runs as LIBXL_BOOTLOADER_USER (light_restrict_find()), and names files of its own only.
 */
int light_bootloader_start(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config,
                           struct light_bootloader *b);
void light_bootloader_stop(struct light_bootloader *b);

/* When it has ended, fills b->answer, which is good as long as the operation. 0, or the step's error. */
int light_bootloader_read(struct op *op, struct light_bootloader *b);

/* Its files have been read, or the operation ends: nothing is left of it. */
void light_bootloader_free(struct light_bootloader *b);

/*
 * Texts that end with NUL: "kernel PATH", "ramdisk PATH", "args TEXT"; others are passed over. text has room for a NUL at
 * text[len], which is written. 0 or -EINVAL with why.
 */
int light_bootloader_parse(char *text, size_t len, struct light_bootloader_answer *ret_answer, const char **ret_why);

#endif
