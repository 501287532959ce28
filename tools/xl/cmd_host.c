/* SPDX-License-Identifier: GPL-2.0-only */
/* xl dmesg, debug-keys. */
#include <stdio.h>

#include "xl/xl.h"

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
