/* SPDX-License-Identifier: GPL-2.0-only */
/* The options and arguments of a command, by its table. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "xl/xl.h"

#define MAX_OPTIONS 24

/* The table in getopt_long()'s words; -h and --help are every command's. */
static void translate(const struct xl_option *options, char *letters, struct option *names)
{
    size_t n = 0;

    *letters++ = ':'; /* a missing argument is told from a wrong option */
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

/* What getopt_long() stopped at, a word of the user's, in our words, with the option that was meant perhaps. */
static int wrong_option(const struct xl *xl, const struct option *names, const char *word, int code)
{
    bool is_long = !strncmp(word, "--", 2);
    int len = (int)strcspn(word, "=");
    struct nearest near;

    nearest_init(&near, word + 2 * is_long, (size_t)(len - 2 * is_long));
    for (; is_long && names->name; names++)
        nearest_offer(&near, names->name);
    if (code == ':')
        xl_fail(xl, "%s needs an argument", word);
    else if (!is_long)
        xl_fail(xl, "there is no option -%c", optopt);
    else if (optopt)
        xl_fail(xl, "%.*s takes no argument", len, word);
    else if (near.best)
        xl_fail(xl, "there is no option %.*s; --%s is one", len, word, near.best);
    else
        xl_fail(xl, "there is no option %.*s", len, word);
    return usage(xl);
}

void options_done(struct xl_args *args)
{
    free(args->in_order);
}

int options_parse(struct xl *xl, int argc, char **argv, struct xl_args *ret_args)
{
    const struct xl_command *c = xl->command;
    struct option names[MAX_OPTIONS + 2];
    char letters[2 * MAX_OPTIONS + 3];
    int code;

    memset(ret_args, 0, sizeof(*ret_args));
    ret_args->in_order = xl_calloc((size_t)argc, sizeof(*ret_args->in_order));
    translate(c->options, letters, names);
    opterr = 0;
    optind = 0; /* from the beginning: main() has had its own */
    while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (code == 'h') {
            help_command(c);
            return -1;
        }
        if (code == '?' || code == ':')
            return wrong_option(xl, names, argv[optind - 1], code);
        ret_args->given[code]++;
        ret_args->value[code] = optarg;
        if (ret_args->nr_given < argc) /* -abc may be more options than arguments; those have no value */
            ret_args->in_order[ret_args->nr_given++] = (struct xl_given){ code, optarg };
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

const char *config_file_of(const struct xl_args *args, int *ret_first_setting)
{
    *ret_first_setting = 0;
    if (args->given['f'])
        return args->value['f'];
    if (!args->n || strchr(args->args[0], '='))
        return NULL;
    *ret_first_setting = 1;
    return args->args[0];
}
