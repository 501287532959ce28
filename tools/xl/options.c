/* SPDX-License-Identifier: GPL-2.0-only */
/* The options and arguments of a command, by its table. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "xl/xl.h"

#define MAX_OPTIONS 24

/* The table in getopt_long()'s words; -h and --help are every command's. */
static void translate(const struct xl_option *options, char *letters, struct option *names)
{
    size_t n = 0;

    *letters++ = 'h';
    names[n++] = (struct option){ "help", no_argument, NULL, 'h' };
    for (const struct xl_option *o = options; o && o->code; o++) {
        if (o->code < 0x80) {
            *letters++ = (char)o->code;
            if (o->arg)
                *letters++ = ':';
        }
        if (o->name)
            names[n++] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, o->code };
    }
    *letters = '\0';
    memset(&names[n], 0, sizeof(names[n]));
}

static int usage(const struct xl *xl)
{
    fprintf(stderr, "xl %s: usage: xl %s %s\n", xl->command->name, xl->command->name, xl->command->synopsis);
    return EXIT_USAGE;
}

int options_parse(struct xl *xl, int argc, char **argv, struct xl_args *ret_args)
{
    const struct xl_command *c = xl->command;
    struct option names[MAX_OPTIONS + 2];
    char letters[2 * MAX_OPTIONS + 2];
    int code;

    memset(ret_args, 0, sizeof(*ret_args));
    translate(c->options, letters, names);
    optind = 0; /* from the beginning: main() has had its own */
    while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (code == 'h') {
            help_command(c);
            return -1;
        }
        if (code == '?')
            return usage(xl);
        ret_args->given[code] = true;
        ret_args->value[code] = optarg;
    }
    ret_args->args = argv + optind;
    ret_args->n = argc - optind;
    if (ret_args->n < c->min_args || (c->max_args >= 0 && ret_args->n > c->max_args)) {
        xl_fail(xl, ret_args->n < c->min_args ? "an argument is missing" : "`%s' is one argument too many",
                ret_args->n < c->min_args ? "" : ret_args->args[c->max_args]);
        return usage(xl);
    }
    return 0;
}
