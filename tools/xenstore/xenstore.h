/* SPDX-License-Identifier: GPL-2.0-only */
/* The xenstore-* clients: one program, one row for each command. */
#ifndef XENSTORE_TOOL_H
#define XENSTORE_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include <xenstore.h>

#include "store/wire.h"

struct tool; /* one invocation */

struct command {
    const char *name;
    const char *options; /* letters that it takes, 'h' and 's' apart; "n:" has an argument */
    const char *usage;   /* what follows the name */
    int min_args;        /* 0: none needed */
    int unit;            /* arguments come in so many; 0: it takes no more than min_args */
    bool atomic;         /* more than one unit: all in one transaction, done again while others get in between */
    int (*run)(struct tool *tool, char **args, int n); /* returns the exit status */
};

struct tool {
    const struct command *command;
    const char *argv0;
    struct xs_handle *h;
    xs_transaction_t transaction;
    FILE *out; /* shown when the transaction is through */
    bool prefix, raw, tidy, upto, recurse, full, perms, json, comma;
    long count; /* watch -n; negative: for ever */
};

extern const struct command commands[];
extern const size_t nr_commands;

/* "xenstore-NAME: ..." on standard error, with errno's text behind it when `error` is not 0. Returns 1, the exit
 * status. */
int tool_fail(const struct tool *tool, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
int tool_usage(const struct tool *tool);

/* "PATH/NAME" into a buffer of XENSTORE_ABS_PATH_MAX + 1. Returns 0 or -ENAMETOOLONG. */
int path_join(char *ret_path, const char *path, const char *name);

/* A value as text: what does not print as \t, \n, \r, \\, \ooo or \xhh; malloc()ed, or NULL. */
char *value_escape(const char *value, unsigned len);
/* The other way, in place; returns the length. */
size_t value_unescape(char *text);

int cmd_read(struct tool *tool, char **args, int n);
int cmd_write(struct tool *tool, char **args, int n);
int cmd_list(struct tool *tool, char **args, int n);
int cmd_exists(struct tool *tool, char **args, int n);
int cmd_rm(struct tool *tool, char **args, int n);
int cmd_chmod(struct tool *tool, char **args, int n);
int cmd_ls(struct tool *tool, char **args, int n);
int cmd_watch(struct tool *tool, char **args, int n);
int cmd_control(struct tool *tool, char **args, int n);

/* ls --json. */
int ls_json(struct tool *tool, const char *path);

#endif
