/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/wire.h"

enum { OPT_SERVER = 256, OPT_AGAIN };

static const struct option long_options[] = {
    { "no-domain-init", no_argument, NULL, 'D' },
    { "pid-file", required_argument, NULL, 'F' },
    { "help", no_argument, NULL, 'H' },
    { "no-fork", no_argument, NULL, 'N' },
    { "output-pid", no_argument, NULL, 'P' },
    { "trace-file", required_argument, NULL, 'T' },
    { "entry-nb", required_argument, NULL, 'E' },
    { "entry-size", required_argument, NULL, 'S' },
    { "watch-nb", required_argument, NULL, 'W' },
    { "transaction", required_argument, NULL, 't' },
    { "perm-nb", required_argument, NULL, 'A' },
    { "path-max", required_argument, NULL, 'M' },
    { "quota", required_argument, NULL, 'Q' },
    { "quota-soft", required_argument, NULL, 'q' },
    { "timeout", required_argument, NULL, 'w' },
    { "no-recovery", no_argument, NULL, 'R' },
    { "internal-db", optional_argument, NULL, 'I' },
    { "verbose", no_argument, NULL, 'V' },
    { "server", required_argument, NULL, OPT_SERVER },
    { "again", no_argument, NULL, OPT_AGAIN },
    { NULL, 0, NULL, 0 },
};

static const char help[] =
    "Usage: xenstored [options]\n"
    "  -D, --no-domain-init     do not connect dom0's own ring\n"
    "  -F, --pid-file FILE      write the process id to FILE\n"
    "  -H, --help               print this\n"
    "  -N, --no-fork            stay in the foreground\n"
    "  -P, --output-pid         print the process id\n"
    "  -T, --trace-file FILE    log every request to FILE\n"
    "  -E, --entry-nb N         nodes that a domain may own\n"
    "  -S, --entry-size N       bytes of a node\n"
    "  -W, --watch-nb N         watches of a domain\n"
    "  -t, --transaction N      open transactions of a domain\n"
    "  -A, --perm-nb N          permissions of a node\n"
    "  -M, --path-max N         bytes of a path\n"
    "  -Q, --quota NAME=N       the quota NAME, as `xenstore-control quota` lists them\n"
    "  -q, --quota-soft NAME=N  say so in the log when a domain has that much\n"
    "  -V, --verbose            log more\n"
    "  -w, --timeout, -R, --no-recovery, -I, --internal-db  taken for compatibility, without effect\n";

static const struct {
    int option;
    enum quota quota;
} quota_options[] = {
    { 'E', QUOTA_NODES },        { 'S', QUOTA_ENTRY_SIZE }, { 'W', QUOTA_WATCHES },
    { 't', QUOTA_TRANSACTIONS }, { 'A', QUOTA_PERMS },      { 'M', QUOTA_PATH },
};

static int quota_named(const char *text, bool *set, uint32_t *limit)
{
    const char *equals = strchr(text, '=');
    char name[32];
    enum quota q;

    if (!equals || (size_t)(equals - text) >= sizeof(name))
        return -EINVAL;
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = 0;
    q = quota_by_name(name);
    if (q == QUOTA_KINDS || wire_parse_u32(equals + 1, INT32_MAX, &limit[q]) < 0)
        return -EINVAL;
    set[q] = true;
    return 0;
}

static int quota_option(struct options *o, int option, const char *arg)
{
    for (size_t i = 0; i < sizeof(quota_options) / sizeof(quota_options[0]); i++) {
        if (quota_options[i].option == option) {
            o->set[quota_options[i].quota] = true;
            return wire_parse_u32(arg, INT32_MAX, &o->quota[quota_options[i].quota]);
        }
    }
    return -EINVAL;
}

static int option_take(struct options *o, int option, const char *arg)
{
    switch (option) {
    case 'D':
        o->no_domain_init = true;
        return 0;
    case 'F':
        o->pid_file = arg;
        return 0;
    case 'N':
        o->no_fork = true;
        return 0;
    case 'P':
        o->output_pid = true;
        return 0;
    case 'T':
        o->trace_file = arg;
        return 0;
    case 'V':
        o->verbose = true;
        return 0;
    case 'Q':
        return quota_named(arg, o->set, o->quota);
    case 'q':
        return quota_named(arg, o->set_soft, o->quota_soft);
    case 'w':
    case 'R':
    case 'I':
        return 0;
    case OPT_SERVER:
        o->server = atoi(arg);
        return 0;
    case OPT_AGAIN:
        o->again = true;
        return 0;
    default:
        return quota_option(o, option, arg);
    }
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
    const char *rundir = getenv("XENSTORED_RUNDIR");
    struct options o = { .server = -1, .rundir = rundir ? rundir : RUNSTATEDIR "/xenstored" };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "DF:HNPT:E:S:W:t:A:M:Q:q:w:RI::V", long_options, NULL)) != -1) {
        if (option == 'H') {
            fputs(help, stdout);
            return 1;
        }
        if (option == '?')
            return -EINVAL;
        if (option_take(&o, option, optarg) < 0) {
            fprintf(stderr, "xenstored: invalid argument '%s'\n", optarg);
            return -EINVAL;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "xenstored: no arguments desired\n");
        return -EINVAL;
    }
    *ret_options = o;
    return 0;
}
