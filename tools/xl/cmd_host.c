/* SPDX-License-Identifier: GPL-2.0-only */
/* xl dmesg, debug-keys, set-parameters, uptime, top, and of the security module and shared resources what there is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "xl/format.h"
#include "xl/listing.h"

/* --- the hypervisor --- */

int cmd_dmesg(struct xl *xl, const struct xl_args *args)
{
    libxl_xen_console_reader *reader = libxl_xen_console_read_start(xl->ctx, args->given['c']);
    char *line;
    int rc;

    if (!reader)
        return xl_fail(xl, "the hypervisor's log cannot be read");
    while ((rc = libxl_xen_console_read_line(xl->ctx, reader, &line)) > 0)
        fputs(line, stdout);
    libxl_xen_console_read_finish(xl->ctx, reader);
    return rc < 0 ? xl_fail_rc(xl, rc, "the hypervisor's log cannot be read") : 0;
}

int cmd_debug_keys(struct xl *xl, const struct xl_args *args)
{
    int rc = libxl_send_debug_keys(xl->ctx, args->args[0]);

    return rc ? xl_fail_rc(xl, rc, "the keys `%s' were not pressed", args->args[0]) : 0;
}

int cmd_set_parameters(struct xl *xl, const struct xl_args *args)
{
    int rc = libxl_set_parameters(xl->ctx, args->args[0]);

    return rc ? xl_fail_rc(xl, rc, "the hypervisor's parameters `%s' were not set", args->args[0]) : 0;
}

int cmd_top(struct xl *xl, const struct xl_args *args)
{
    (void)args;
    fflush(stdout);
    execlp("xentop", "xentop", (char *)NULL);
    return xl_fail(xl, "xentop was not started: %s; is it installed?", strerror(errno));
}

/* --- uptime --- */

static void cleanup_file(FILE **f)
{
    if (*f)
        fclose(*f);
}

/* Dom0's is the machine's own. -1: not known. */
static int64_t seconds_up(struct xl *xl, uint32_t domid)
{
    _cleanup_(cleanup_file) FILE *f = NULL;
    uint32_t start;
    double seconds;

    if (domid) {
        start = libxl_vm_get_start_time(xl->ctx, domid);
        return start == UINT32_MAX ? -1 : (int64_t)time(NULL) - start;
    }
    f = fopen("/proc/uptime", "re");
    return f && fscanf(f, "%lf", &seconds) == 1 ? (int64_t)seconds : -1;
}

/* "2 days,  1:02:03" */
static const char *uptime_text(int64_t up, bool seconds, char *buffer, size_t size)
{
    int64_t days = up / 86400, hours = up / 3600 % 24, minutes = up / 60 % 60;
    int n = 0;

    if (days)
        n = snprintf(buffer, size, "%lld day%s, ", (long long)days, days > 1 ? "s" : "");
    if (seconds)
        snprintf(buffer + n, size - (size_t)n, "%2lld:%02lld:%02lld", (long long)hours, (long long)minutes,
                 (long long)(up % 60));
    else
        snprintf(buffer + n, size - (size_t)n, "%2lld:%02lld", (long long)hours, (long long)minutes);
    return buffer;
}

static void uptime_row(struct xl *xl, struct json *j, bool brief, uint32_t domid)
{
    _cleanup_free_ char *name = format_name(xl->ctx, domid);
    int64_t up = seconds_up(xl, domid);
    time_t now = time(NULL);
    char text[64], clock[16];
    struct tm tm;

    if (j) {
        json_object(j, NULL);
        json_text(j, "name", name);
        json_number(j, "domid", domid);
        if (up >= 0)
            json_number(j, "uptime_s", up);
        else
            json_text(j, "uptime_s", NULL);
        json_object_end(j);
    } else if (up >= 0 && brief) {
        strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
        printf(" %s up %s, %s (%u)\n", clock, uptime_text(up, false, text, sizeof(text)), name, domid);
    } else if (up >= 0) {
        printf("%-33s %4u %s\n", name, domid, uptime_text(up, true, text, sizeof(text)));
    }
}

/* Those that are named, or all. */
static int uptime_domains(struct xl *xl, const struct xl_args *args, struct listing *ret_listing)
{
    int status = 0;

    if (!args->n)
        return listing_get(xl, NULL, ret_listing);
    ret_listing->domains = xl_calloc((size_t)args->n, sizeof(*ret_listing->domains));
    for (; ret_listing->n < args->n && !status; ret_listing->n++) {
        libxl_dominfo_init(&ret_listing->domains[ret_listing->n]);
        status = domain_find(xl, args->args[ret_listing->n], &ret_listing->domains[ret_listing->n].domid);
    }
    return status;
}

int cmd_uptime(struct xl *xl, const struct xl_args *args)
{
    struct json room, *j;
    _cleanup_listing_ struct listing l = { 0 };
    int status = uptime_domains(xl, args, &l);

    if (status)
        return status;
    j = rows_begin(&room, args->given[OPT_JSON], args->given['s'] ? NULL : "Name                                ID Uptime");
    for (int i = 0; i < l.n; i++)
        uptime_row(xl, j, args->given['s'], l.domains[i].domid);
    rows_end(j);
    return 0;
}

/* --- the security module: where there is none, these end with the library's code, as stock's do --- */

int cmd_flask_get(struct xl *xl, const struct xl_args *args)
{
    int mode = libxl_flask_getenforce(xl->ctx);

    (void)args;
    puts(mode == 1 ? "Enforcing" : mode == 0 ? "Permissive" : "Flask XSM Disabled");
    return mode & 0xff;
}

static int no_flask(struct xl *xl, int rc)
{
    xl_fail(xl, "the hypervisor runs without the security module Flask (its command line has no flask=)");
    return rc & 0xff;
}

int cmd_flask_set(struct xl *xl, const struct xl_args *args)
{
    const char *mode = args->args[0];
    bool on = !strcmp(mode, "1") || !strcasecmp(mode, "enforcing");
    int rc;

    if (!on && strcmp(mode, "0") && strcasecmp(mode, "permissive")) {
        xl_fail(xl, "there is no mode `%s'; 0, 1, Permissive and Enforcing are", mode);
        return EXIT_USAGE;
    }
    rc = libxl_flask_setenforce(xl->ctx, on);
    return rc ? no_flask(xl, rc) : 0;
}

int cmd_flask_load(struct xl *xl, const struct xl_args *args)
{
    _cleanup_free_ void *policy = NULL;
    int size = 0, rc = libxl_read_file_contents(xl->ctx, args->args[0], &policy, &size);

    if (rc)
        return xl_fail(xl, "the policy %s cannot be read: %s", args->args[0], strerror(errno));
    rc = libxl_flask_loadpolicy(xl->ctx, policy, (uint32_t)size);
    if (rc)
        return no_flask(xl, rc);
    puts("Successfully loaded policy.");
    return 0;
}

/* All of psr-*: processors that share caches and bandwidth are known to no hypervisor of ours. */
int cmd_psr(struct xl *xl, const struct xl_args *args)
{
    (void)args;
    return xl_fail(xl, "shared resources of processors (CMT, CAT, MBA) are neither shown nor set by this xl");
}
