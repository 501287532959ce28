/* SPDX-License-Identifier: GPL-2.0-only */
/* Stock's options, and ours behind them. */
#include "xenconsoled/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LOG = 256, OPT_LOG_DIR, OPT_PID_FILE, OPT_REPLACE_ESCAPE, OPT_HISTORY, OPT_DEAD, OPT_LOG_SIZE, OPT_LOG_KEEP,
       OPT_RUN_DIR, OPT_NO_KEEPER };

static const struct option rows[] = {
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { "verbose", no_argument, NULL, 'v' },
    { "interactive", no_argument, NULL, 'i' },
    { "log", required_argument, NULL, OPT_LOG },
    { "log-dir", required_argument, NULL, OPT_LOG_DIR },
    { "pid-file", required_argument, NULL, OPT_PID_FILE },
    { "timestamp", required_argument, NULL, 't' },
    { "overflow-data", required_argument, NULL, 'o' },
    { "replace-escape", no_argument, NULL, OPT_REPLACE_ESCAPE },
    { "history", required_argument, NULL, OPT_HISTORY },
    { "dead", required_argument, NULL, OPT_DEAD },
    { "log-size", required_argument, NULL, OPT_LOG_SIZE },
    { "log-keep", required_argument, NULL, OPT_LOG_KEEP },
    { "run-dir", required_argument, NULL, OPT_RUN_DIR },
    { "no-keeper", no_argument, NULL, OPT_NO_KEEPER },
    { NULL, 0, NULL, 0 },
};

static void usage(FILE *to, const char *name)
{
    fprintf(to,
            "Usage: %s [OPTION]...\n"
            "  -h, --help           print this\n"
            "  -V, --version        print the version\n"
            "  -v, --verbose        log more\n"
            "  -i, --interactive    stay in the foreground, without a keeper, and log to standard error\n"
            "  --log=WHICH          log files of: none, guest, hv, all (default none)\n"
            "  --log-dir=DIR        where they are\n"
            "  --log-size=KIB       larger log files are set aside as FILE.1, FILE.2, ... (default 0: never)\n"
            "  --log-keep=COUNT     how many such files there are (default 4)\n"
            "  -t, --timestamp=WHICH  in which log files lines begin with the time: none, guest, hv, all (default none)\n"
            "  --replace-escape     replace the escape character by a dot in log files\n"
            "  -o, --overflow-data=discard|keep  when nobody reads: the oldest bytes go, or the guest waits\n"
            "  --history=KIB        what is kept of a console, at most (default 1024)\n"
            "  --dead=COUNT         how many dead domains' consoles are kept (default 64)\n"
            "  --pid-file=PATH      where the process id is written\n"
            "  --run-dir=DIR        where histories and the socket are\n"
            "  --no-keeper          become a daemon without a keeper\n",
            name);
}

/* none, guest, hv or all */
static int parse_which(const char *text, bool *guest, bool *hv)
{
    bool all = !strcmp(text, "all");

    *guest = all || !strcmp(text, "guest");
    *hv = all || !strcmp(text, "hv");
    return *guest || *hv || !strcmp(text, "none") ? 0 : -EINVAL;
}

static int parse_number(const char *text, unsigned long max, unsigned long *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoul(text, &end, 10);
    return *text < '0' || *text > '9' || *end || errno || *ret_number > max ? -EINVAL : 0;
}

static int parse_overflow(const char *text, bool *keep)
{
    *keep = !strcmp(text, "keep");
    return *keep || !strcmp(text, "discard") ? 0 : -EINVAL;
}

static int option_take(int option, const char *text, struct daemon_options *o)
{
    unsigned long number = 0;
    int err = 0;

    switch (option) {
    case 'v':
        o->verbose = true;
        break;
    case 'i':
        o->interactive = true;
        break;
    case OPT_LOG:
        err = parse_which(text, &o->log_guest, &o->log_hv);
        break;
    case 't':
        err = parse_which(text, &o->stamp_guest, &o->stamp_hv);
        break;
    case 'o':
        err = parse_overflow(text, &o->keep_overflow);
        break;
    case OPT_LOG_DIR:
        o->log_folder = text;
        break;
    case OPT_PID_FILE:
        o->pid_file = text;
        break;
    case OPT_REPLACE_ESCAPE:
        o->replace_escape = true;
        break;
    case OPT_HISTORY:
        err = parse_number(text, 65536, &number);
        o->history = (uint32_t)number * 1024;
        break;
    case OPT_DEAD:
        err = parse_number(text, 32768, &number);
        o->dead_max = (unsigned)number;
        break;
    case OPT_LOG_SIZE:
        err = parse_number(text, 1ul << 30, &number);
        o->log_size = (uint64_t)number * 1024;
        break;
    case OPT_LOG_KEEP:
        err = parse_number(text, 999, &number);
        o->log_keep = (unsigned)number;
        break;
    case OPT_RUN_DIR:
        o->run_folder = text;
        break;
    case OPT_NO_KEEPER:
        o->keeper = false;
        break;
    default:
        err = -EINVAL;
    }
    return err;
}

int options_parse(int argc, char **argv, struct daemon_options *ret_options)
{
    const char *run_folder = getenv("XENCONSOLED_RUNDIR");
    struct daemon_options o = { .keeper = true, .history = 1u << 20, .dead_max = 64, .log_keep = 4 };
    int option, index;

    o.log_folder = LOCALSTATEDIR "/log/xen/console";
    o.run_folder = run_folder ? run_folder : RUNSTATEDIR "/xenconsoled";
    while ((option = getopt_long(argc, argv, "hVvit:o:", rows, &index)) != -1) {
        if (option == 'h') {
            usage(stdout, argv[0]);
            return 1;
        }
        if (option == 'V') {
            printf("Xen Console Daemon 3.0\n");
            return 1;
        }
        if (option_take(option, optarg, &o) < 0) {
            if (option != '?')
                fprintf(stderr, "%s: '%s' is no value for this option\n", argv[0], optarg);
            usage(stderr, argv[0]);
            return -EINVAL;
        }
    }
    if (o.interactive)
        o.keeper = false; /* who runs us in the foreground looks after us */
    if (!o.interactive && !o.pid_file)
        o.pid_file = RUNSTATEDIR "/xen/xenconsoled.pid";
    *ret_options = o;
    return 0;
}
