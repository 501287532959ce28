/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstore-COMMAND ..., or xenstore COMMAND ... */
#include "xenstore/xenstore.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
    { "chmod", "ur", "key <mode [modes...]>", 2, 1, true, cmd_chmod },
    { "control", NULL, "<command> [<arg>...]", 1, 1, false, cmd_control },
    { "exists", "", "key [...]", 1, 1, true, cmd_exists },
    { "list", "p", "key [...]", 1, 1, true, cmd_list },
    { "ls", "fp", "[path]", 0, 1, false, cmd_ls },
    { "read", "pR", "key [...]", 1, 1, true, cmd_read },
    { "rm", "t", "key [...]", 1, 1, true, cmd_rm },
    { "watch", "n:", "key [...]", 1, 1, false, cmd_watch },
    { "write", "R", "key value [...]", 2, 2, true, cmd_write },
};
const size_t nr_commands = sizeof(commands) / sizeof(commands[0]);

int tool_fail(const struct tool *tool, int error, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "xenstore%s%s: ", tool->command ? "-" : "", tool->command ? tool->command->name : "");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (error)
        fprintf(stderr, ": %s", strerror(error));
    fputc('\n', stderr);
    return 1;
}

int tool_usage(const struct tool *tool)
{
    const struct command *c = tool->command;

    fprintf(stderr, "xenstore-%s: Usage: %s [-h]", c->name, tool->argv0);
    for (const char *o = c->options; *o; o++) {
        fprintf(stderr, o[1] == ':' ? " [-%c NR]" : " [-%c]", *o);
        o += o[1] == ':';
    }
    fprintf(stderr, "%s [-s] %s\n", c->run == cmd_ls ? " [--json]" : "", c->usage);
    return 1;
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < nr_commands; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

/* Where an option's letter puts its answer; two letters mean what the command says. */
static bool option_set(struct tool *tool, int letter)
{
    bool ls = tool->command->run == cmd_ls;
    char *end;

    switch (letter) {
    case 's': /* the socket, not the kernel: what is tried first anyway */
        return true;
    case 'f':
        return tool->full = true;
    case 'p':
        return *(ls ? &tool->perms : &tool->prefix) = true;
    case 'R':
        return tool->raw = true;
    case 't':
        return tool->tidy = true;
    case 'u':
        return tool->upto = true;
    case 'r':
        return tool->recurse = true;
    case 'j':
        return tool->json = ls;
    case 'n':
        tool->count = strtol(optarg, &end, 10);
        return *optarg && !*end;
    }
    return false;
}

static bool options_parse(struct tool *tool, int argc, char **argv)
{
    static const struct option names[] = { { "help", no_argument, NULL, 'h' },
                                           { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    char letters[32];
    int letter;

    snprintf(letters, sizeof(letters), "hs%s", tool->command->options);
    while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1)
        if (!option_set(tool, letter))
            return false;
    argc -= optind;
    return argc >= tool->command->min_args && argc % tool->command->unit == 0;
}

static int connect_store(struct tool *tool)
{
    const char *socket;

    tool->h = xs_open(0);
    if (tool->h)
        return 0;
    socket = xs_daemon_socket();
    tool_fail(tool, errno, "xs_open: cannot reach xenstored at %s", socket ? socket : "its socket");
    return 1;
}

/* Once, or in a transaction until nobody gets in between; then what it has to say. */
static int run(struct tool *tool, char **args, int n)
{
    bool atomic = tool->command->atomic && (n > tool->command->min_args || tool->tidy || tool->upto || tool->recurse);
    char *text = NULL;
    size_t len = 0;
    int status;

    if (!tool->command->atomic)
        return tool->command->run(tool, args, n);
    for (;;) {
        tool->out = open_memstream(&text, &len);
        if (!tool->out)
            return tool_fail(tool, errno, "output");
        tool->transaction = atomic ? xs_transaction_start(tool->h) : XBT_NULL;
        if (atomic && !tool->transaction)
            status = tool_fail(tool, errno, "couldn't start transaction");
        else
            status = tool->command->run(tool, args, n);
        fclose(tool->out);
        if (!tool->transaction || xs_transaction_end(tool->h, tool->transaction, status != 0))
            break;
        if (errno != EAGAIN) {
            free(text);
            return tool_fail(tool, errno, "couldn't end transaction");
        }
        free(text);
        text = NULL;
    }
    fwrite(text, 1, len, stdout);
    free(text);
    return status;
}

int main(int argc, char **argv)
{
    struct tool tool = { .argv0 = argv[0], .count = -1 };
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    int status;

    tool.command = strncmp(name, "xenstore-", 9) ? NULL : command_find(name + 9);
    if (!tool.command) {
        if (argc < 2) {
            fprintf(stderr, "xenstore: Usage: %s <mode> [-h] [...]\n", argv[0]);
            return 1;
        }
        tool.command = command_find(argv[1]);
        if (!tool.command)
            return tool_fail(&tool, 0, "unknown mode %s", argv[1]);
        argv++;
        argc--;
    }
    if (tool.command->run == cmd_control)
        return cmd_control(&tool, argv + 1, argc - 1);
    if (!options_parse(&tool, argc, argv))
        return tool_usage(&tool);
    if (connect_store(&tool))
        return 1;
    status = run(&tool, argv + optind, argc - optind);
    xs_close(tool.h);
    if (fflush(stdout) || ferror(stdout))
        return tool_fail(&tool, errno, "standard output");
    return status;
}
