/* SPDX-License-Identifier: GPL-2.0-only */
/* What the table of commands says. */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "xl/xl.h"

static void print_option(const struct xl_option *o)
{
    char left[64];
    int n = 0;

    if (o->code < 0x80)
        n += snprintf(left + n, sizeof(left) - (size_t)n, "-%c", o->code);
    if (o->code < 0x80 && o->arg)
        n += snprintf(left + n, sizeof(left) - (size_t)n, " %s", o->arg);
    if (o->name)
        n += snprintf(left + n, sizeof(left) - (size_t)n, "%s--%s", n ? ", " : "", o->name);
    if (o->name && o->arg)
        snprintf(left + n, sizeof(left) - (size_t)n, "=%s", o->arg);
    printf("  %-28s  %s\n", left, o->help);
}

void help_command(const struct xl_command *c)
{
    printf("Usage: xl [-vtT%s] %s %s\n\n%s.%s\n", c->flags & XL_DRY_RUN ? "fN" : "f", c->name, c->synopsis, c->text,
           c->run ? "" : " (Not implemented yet.)");
    if (c->options)
        puts("\nOptions:");
    for (const struct xl_option *o = c->options; o && o->code; o++)
        print_option(o);
}

void help_all(bool with_options)
{
    puts("Usage: xl [-vfNtT] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
    for (size_t i = 0; i < nr_xl_commands; i++) {
        const struct xl_command *c = &xl_commands[i];

        if (c->flags & XL_HIDDEN)
            continue;
        if (with_options) {
            help_command(c);
            putchar('\n');
        } else {
            printf(" %-19s %s%s\n", c->name, c->text, c->run ? "" : " (not implemented)");
        }
    }
    if (!with_options)
        puts("\nxl help COMMAND says more of one, xl help --long of all.");
}

int help_unknown(const char *name)
{
    struct nearest near;

    nearest_init(&near, name, strlen(name));
    for (size_t i = 0; i < nr_xl_commands; i++)
        if (!(xl_commands[i].flags & XL_HIDDEN))
            nearest_offer(&near, xl_commands[i].name);
    if (near.best)
        fprintf(stderr, "xl: there is no command `%s'; `%s' is one\n", name, near.best);
    else
        fprintf(stderr, "xl: there is no command `%s'; xl help lists them\n", name);
    return 1;
}

int cmd_help(struct xl *xl, const struct xl_args *args)
{
    const struct xl_command *c;

    (void)xl;
    if (!args->n) {
        help_all(args->given[OPT_LONG]);
        return 0;
    }
    c = command_find(args->args[0]);
    if (!c)
        return help_unknown(args->args[0]);
    help_command(c);
    return 0;
}
