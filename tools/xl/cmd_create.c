/* SPDX-License-Identifier: GPL-2.0-only */
/* xl create: a domain from a configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xl/config.h"
#include "xl/xl.h"

static void cleanup_config(libxl_domain_config *d)
{
    libxl_domain_config_dispose(d);
}

static int print_config(struct xl *xl, libxl_domain_config *d)
{
    _cleanup_free_ char *json = libxl_domain_config_to_json(xl->ctx, d);

    if (!json)
        return xl_fail(xl, "the configuration could not be written as JSON");
    fputs(json, stdout);
    return 0;
}

/* What of it cannot be had yet is refused before anything is done. */
static int create(struct xl *xl, const struct xl_args *args, libxl_domain_config *d)
{
    static const char missing[] = { 'c', 'F', 'V', 'A' };
    uint32_t domid;
    int rc;

    for (size_t i = 0; i < sizeof(missing); i++)
        if (args->given[(int)missing[i]])
            return xl_fail(xl, "-%c is not implemented", missing[i]);
    if (!args->given['e'])
        return xl_fail(xl, "waiting in the background for the domain's end is not implemented; with -e nobody waits");
    rc = libxl_domain_create_new(xl->ctx, d, &domid, NULL, NULL);
    if (rc)
        return xl_fail_rc(xl, rc, "the domain was not created");
    if (args->given['p'])
        return 0;
    rc = libxl_domain_unpause(xl->ctx, domid, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %u was created, and stays paused", domid) : 0;
}

int cmd_create(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(cleanup_config) libxl_domain_config d;
    int first, error;
    const char *file = config_file_of(args, &first);

    libxl_domain_config_init(&d);
    if (!args->given['q'])
        fprintf(stderr, "Parsing config from %s\n", file ? file : "the command line");
    error = config_read(xl->ctx, file, args->args + first, args->n - first, &d);
    if (error == -EINVAL)
        return xl_fail(xl, "%s: the configuration is wrong, nothing was done", file ? file : "command line");
    if (error)
        return xl_fail(xl, "%s: %s", file ? file : "command line", strerror(-error));
    if (xl->dry_run || args->given['n'])
        return print_config(xl, &d);
    return create(xl, args, &d);
}
