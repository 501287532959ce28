/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstore-control: commands for the daemon itself. */
#include "xenstore/xenstore.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DONE = 0, NO_CONTACT = 1, BAD_USAGE = 2, REFUSED = 3 };

/* A command and its arguments, NULL-terminated; the answer, or NULL with errno. */
static char *control_ask(struct xs_handle *h, const char *const *words)
{
    char data[XENSTORE_PAYLOAD_MAX];
    size_t len = 0;

    for (size_t i = 1; words[i]; i++) {
        size_t size = strlen(words[i]) + 1;

        if (size > sizeof(data) - len) {
            errno = E2BIG;
            return NULL;
        }
        memcpy(data + len, words[i], size);
        len += size;
    }
    return xs_control_command(h, words[0], data, (unsigned)len);
}

static int control_plain(struct xs_handle *h, const char *const *words)
{
    static const char *const help[] = { "help", NULL };
    char *answer = control_ask(h, words);

    if (answer) {
        puts(answer);
        free(answer);
        return DONE;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        fprintf(stderr, "Command %s failed: %s\n", words[0], strerror(errno));
        return REFUSED;
    }
    answer = control_ask(h, help);
    if (answer)
        fprintf(stderr, "Command not supported. Valid commands are:\n%s\n", answer);
    else
        fprintf(stderr, "Command not supported.\n");
    free(answer);
    return REFUSED;
}

/* One step of a live update: anything but "OK" ends it. */
static int update_step(struct xs_handle *h, const char *const *words, const char *what)
{
    char *answer = control_ask(h, words);
    int status = answer && !strcmp(answer, "OK") ? DONE : REFUSED;

    if (status)
        fprintf(stderr, "%s failed:\n%s\n", what, answer ? answer : strerror(errno));
    free(answer);
    return status;
}

/* Transactions that are open make the daemon say BUSY, until the time-out that it counts itself. */
static int update_start(struct xs_handle *h, const char *timeout, bool force)
{
    const char *words[] = { "live-update", "-s", "-t", timeout, force ? "-F" : NULL, NULL };
    char *answer;
    int status;

    while ((answer = control_ask(h, words)) && !strcmp(answer, "BUSY")) {
        free(answer);
        sleep(1);
    }
    status = answer && !strcmp(answer, "OK") ? DONE : REFUSED;
    if (status)
        fprintf(stderr, "Starting live update failed:\n%s\n", answer ? answer : strerror(errno));
    else
        puts(answer);
    free(answer);
    return status;
}

static int control_update(struct xs_handle *h, int argc, char **argv)
{
    const char *set[] = { "live-update", "-f", NULL, NULL }, *parameters[] = { "live-update", "-c", NULL, NULL };
    const char *timeout = "60";
    bool force = false;
    int letter, status;

    while ((letter = getopt(argc, argv, "c:Ft:")) != -1) {
        if (letter == 'c')
            parameters[2] = optarg;
        else if (letter == 't')
            timeout = optarg;
        else if (letter == 'F')
            force = true;
        else
            return BAD_USAGE;
    }
    if (optind != argc - 1) {
        fprintf(stderr, optind == argc ? "Missing binary specification\n" : "More than one binary specification\n");
        return BAD_USAGE;
    }
    set[2] = argv[optind];
    status = update_step(h, set, "Setting update binary");
    if (status == DONE && parameters[2])
        status = update_step(h, parameters, "Setting update parameters");
    return status == DONE ? update_start(h, timeout, force) : status;
}

int cmd_control(struct tool *tool, char **args, int n)
{
    struct xs_handle *h;
    int status;

    if (n < 1) {
        fprintf(stderr, "Usage:\n%s <command> [<arg>...]\n", tool->argv0);
        return BAD_USAGE;
    }
    h = xs_open(0);
    if (!h) {
        fprintf(stderr, "Failed to contact Xenstored at %s: %s.\n", xs_daemon_socket(), strerror(errno));
        return NO_CONTACT;
    }
    if (!strcmp(args[0], "live-update"))
        status = control_update(h, n, args);
    else
        status = control_plain(h, (const char *const *)args);
    xs_close(h);
    return status;
}
