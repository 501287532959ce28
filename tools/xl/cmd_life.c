/* SPDX-License-Identifier: GPL-2.0-only */
/* xl pause, unpause, shutdown, reboot, destroy. */
#include "xl/xl.h"

typedef int domain_call(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how);

static int on_domain(struct xl *xl, const char *name, domain_call *call)
{
    uint32_t domid;
    int rc = domain_find(xl, name, &domid);

    if (rc)
        return rc;
    rc = call(xl->ctx, domid, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s", name) : 0;
}

int cmd_pause(struct xl *xl, const struct xl_args *args)
{
    return on_domain(xl, args->args[0], libxl_domain_pause);
}

int cmd_unpause(struct xl *xl, const struct xl_args *args)
{
    return on_domain(xl, args->args[0], libxl_domain_unpause);
}

int cmd_destroy(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    if (domid == 0 && !args->given['f'])
        return xl_fail(xl, "domain 0 is the host's own; -f if you mean it");
    return on_domain(xl, args->args[0], libxl_domain_destroy);
}

/* All guests, each of which is asked whatever became of the others. */
static int on_all(struct xl *xl, domain_call *call)
{
    int count = 0, status = 0;
    libxl_dominfo *domains = libxl_list_domain(xl->ctx, &count);

    if (!domains)
        return xl_fail(xl, "the domains cannot be listed");
    for (int i = 0; i < count; i++) {
        int rc = domains[i].domid ? call(xl->ctx, domains[i].domid, NULL) : 0;

        if (rc)
            status = xl_fail_rc(xl, rc, "domain %u", domains[i].domid);
    }
    libxl_dominfo_list_free(domains, count);
    return status;
}

static int ask(struct xl *xl, const struct xl_args *args, domain_call *call)
{
    int status = 0;

    if (args->given['w'] || args->given['F'])
        return xl_fail(xl, "-%c is not implemented", args->given['w'] ? 'w' : 'F');
    if (args->given['a'])
        return on_all(xl, call);
    if (!args->n) {
        help_command(xl->command);
        return EXIT_USAGE;
    }
    for (int i = 0; i < args->n; i++)
        status |= on_domain(xl, args->args[i], call);
    return status;
}

int cmd_shutdown(struct xl *xl, const struct xl_args *args)
{
    return ask(xl, args, libxl_domain_shutdown);
}

int cmd_reboot(struct xl *xl, const struct xl_args *args)
{
    return ask(xl, args, libxl_domain_reboot);
}
