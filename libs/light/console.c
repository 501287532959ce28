/* SPDX-License-Identifier: LGPL-2.1-only */
/* Consoles of domains: their terminals, and the program that shows one. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ctx.h"
#include "info.h"

int libxl_console_get_tty(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type, char **path)
{
    const char *format;
    char *tty;
    int error;

    if (type == LIBXL_CONSOLE_TYPE_SERIAL)
        format = "/local/domain/%u/serial/%d/tty";
    else if (type == LIBXL_CONSOLE_TYPE_PV && !cons_num)
        format = "/local/domain/%u/console/tty";
    else if (type == LIBXL_CONSOLE_TYPE_PV)
        format = "/local/domain/%u/device/console/%d/tty";
    else
        return light_fail(ctx, -EINVAL, "domain %u: no such kind of console", domid);
    tty = light_store_read(ctx, &error, format, domid, cons_num);
    if (!tty || !*tty) {
        free(tty);
        return error ? error : light_fail(ctx, -ENOENT, "domain %u: console %d has no terminal", domid, cons_num);
    }
    *path = tty;
    return 0;
}

/* Which console a person wants to see. A guest with a device model in a domain of its own has its serial port there. */
static int primary_console(libxl_ctx *ctx, uint32_t *domid, int *number, libxl_console_type *type)
{
    int stubdom = libxl_get_stubdom_id(ctx, (int)*domid), error, rc = libxl_domain_info(ctx, NULL, *domid);
    char *kind _cleanup_free_ = rc ? NULL : light_store_read(ctx, &error, "/libxl/%u/type", *domid);

    if (rc || (!kind && error))
        return rc ? rc : error;
    *number = 0;
    *type = LIBXL_CONSOLE_TYPE_PV;
    if (stubdom) {
        *domid = (uint32_t)stubdom;
        *number = 3;
    } else if (kind && !strcmp(kind, "hvm")) {
        *type = LIBXL_CONSOLE_TYPE_SERIAL;
    }
    return 0;
}

int libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid_vm, char **path)
{
    libxl_console_type type;
    int number, rc = primary_console(ctx, &domid_vm, &number, &type);

    return rc ? rc : libxl_console_get_tty(ctx, domid_vm, number, type, path);
}

/* Our own program, or the distribution's. It returns only if there is none. */
static void exec_console(char *const *argv)
{
    static const char *const programs[] = { XENBINDIR "/xenconsole", "/usr/libexec/xen/bin/xenconsole",
                                            "/usr/lib/xen-4.17/bin/xenconsole" };

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        execv(programs[i], argv);
        if (errno != ENOENT)
            break;
    }
}

int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type, int notify_fd)
{
    const char *kind = libxl_console_type_to_string(type);
    char who[16], number[16], fd[16];

    if (type != LIBXL_CONSOLE_TYPE_PV && type != LIBXL_CONSOLE_TYPE_SERIAL)
        return light_fail(ctx, -EINVAL, "domain %u: no such kind of console", domid);
    snprintf(who, sizeof(who), "%u", domid);
    snprintf(number, sizeof(number), "%d", cons_num);
    snprintf(fd, sizeof(fd), "%d", notify_fd);
    exec_console((char *[]){ "xenconsole", who, "--num", number, "--type", (char *)kind,
                             notify_fd < 0 ? NULL : "--start-notify-fd", fd, NULL });
    light_fail(ctx, -errno, "the program xenconsole cannot be run");
    return ERROR_FAIL;
}

int libxl_primary_console_exec(libxl_ctx *ctx, uint32_t domid_vm, int notify_fd)
{
    libxl_console_type type;
    int number, rc = primary_console(ctx, &domid_vm, &number, &type);

    return rc ? rc : libxl_console_exec(ctx, domid_vm, number, type, notify_fd);
}
