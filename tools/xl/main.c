/* SPDX-License-Identifier: GPL-2.0-only */
/* xl [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xentoollog.h>

#include "base/cleanup.h"
#include "xl/xl.h"

static bool global_options(struct xl *xl, int argc, char **argv)
{
    int letter;

    while ((letter = getopt(argc, argv, "+vfNtT")) != -1)
        switch (letter) {
        case 'v':
            xl->verbosity++;
            break;
        case 'f':
            break; /* stock's: also where xend runs, which nothing does any more */
        case 'N':
            xl->dry_run = true;
            break;
        case 't':
            xl->progress_cr = true;
            break;
        case 'T':
            xl->timestamps = true;
            break;
        default:
            fprintf(stderr, "xl: the global options are -v, -f, -N, -t and -T; a command's own come after its name\n");
            return false;
        }
    return true;
}

static int run_with_context(struct xl *xl, const struct xl_args *args)
{
    int status;

    if (xl->command->flags & XL_NO_CONTEXT)
        return xl->command->run(xl, args);
    if (!logger_make(xl))
        return xl_fail(xl, "no memory");
    status = xl_context(xl);
    if (status == 0) {
        status = conf_read(xl->ctx, &xl->conf) ? xl->command->run(xl, args) : 1;
        conf_done(&xl->conf);
        libxl_ctx_free(xl->ctx);
    }
    xtl_logger_destroy(xl->logger);
    return status;
}

static int run(struct xl *xl, int argc, char **argv)
{
    const struct xl_command *c = xl->command;
    _cleanup_(options_done) struct xl_args args = { 0 };
    int status;

    status = options_parse(xl, argc, argv, &args);
    if (status)
        return status < 0 ? 0 : status;
    if (!c->run)
        return xl_fail(xl, "not implemented; docs/status.md says what is");
    if (xl->dry_run && !(c->flags & XL_DRY_RUN))
        return xl_fail(xl, "it has no dry run (-N)");
    return run_with_context(xl, &args);
}

int main(int argc, char **argv)
{
    struct xl xl = { 0 };
    int status;

    if (!global_options(&xl, argc, argv))
        return 1; /* as stock */
    if (optind == argc) {
        help_all(false);
        return 1;
    }
    xl.command = command_find(argv[optind]);
    if (!xl.command)
        return help_unknown(argv[optind]);
    argc -= optind;
    argv += optind;
    status = run(&xl, argc, argv);
    if (fflush(stdout) || ferror(stdout))
        return xl_fail(&xl, "standard output: %m");
    return status;
}
