/* SPDX-License-Identifier: GPL-2.0-only */
/* xl console, vncviewer: another program takes this one's place; qemu-monitor-command. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "xl/xl.h"

int cmd_console(struct xl *xl, const struct xl_args *args)
{
    const char *type_name = args->value['t'], *text = args->value['n'];
    libxl_console_type type = LIBXL_CONSOLE_TYPE_PV;
    long number = 0;
    uint32_t domid;
    int rc;

    if (type_name && (libxl_console_type_from_string(type_name, &type) || type == LIBXL_CONSOLE_TYPE_UNKNOWN))
        return xl_fail(xl, "there is no type `%s' of consoles; pv, serial and vuart are some", type_name);
    if (text && !xl_number(xl, "-n, the console,", text, 0, 65535, &number))
        return 1;
    rc = domain_find(xl, args->args[0], &domid);
    if (rc)
        return rc;
    if (type_name || text)
        rc = libxl_console_exec(xl->ctx, domid, (int)number, type, -1);
    else
        rc = libxl_primary_console_exec(xl->ctx, domid, -1);
    return xl_fail_rc(xl, rc, "the console of %s is not shown", args->args[0]);
}

int cmd_vncviewer(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    rc = libxl_vncviewer_exec(xl->ctx, domid, args->given[OPT_AUTOPASS] || args->given[OPT_VNC_AUTOPASS]);
    return xl_fail_rc(xl, rc, "the screen of %s is not shown; xl console shows its console", args->args[0]);
}

int cmd_qemu_monitor(struct xl *xl, const struct xl_args *args)
{
    _cleanup_free_ char *output = NULL;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    rc = libxl_qemu_monitor_command(xl->ctx, domid, args->args[1], &output, NULL);
    if (rc)
        return xl_fail_rc(xl, rc, "the device model of %s was not asked", args->args[0]);
    printf("%s\n", output);
    return 0;
}
