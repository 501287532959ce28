/* SPDX-License-Identifier: LGPL-2.1-only */
/* Consoles and screens of domains: their terminals and ports, and the programs that show one. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* --- screens --- */

#define VNC_PORT 5900u /* of display 0 */

/* The viewer reads it from its standard input. ERROR_*. */
static int give_password(libxl_ctx *ctx, uint32_t domid)
{
    int error = 0, fd _cleanup_close_ = -1;
    char *text _cleanup_free_ = light_store_read(ctx, &error, "/local/domain/%u/console/vnc-pass", domid);
    size_t len = text ? strlen(text) : 0;

    if (!text)
        return error ? error : light_fail(ctx, -ENOENT, "domain %u: its screen has no password in the store", domid);
    fd = memfd_create("vnc-pass", 0);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
        return light_fail(ctx, -errno, "domain %u: the password of its screen cannot be passed on", domid);
    return 0;
}

int libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass)
{
    int error = 0, rc;
    char *port _cleanup_free_ = light_store_read(ctx, &error, "/local/domain/%u/console/vnc-port", domid);
    char *listen _cleanup_free_ = port ? light_store_read(ctx, &error, "/local/domain/%u/console/vnc-listen", domid) : NULL;
    char *where _cleanup_free_ = NULL;
    uint32_t number;

    if (error)
        return error;
    if (!port || !light_number(port, &number) || number < VNC_PORT || number > UINT16_MAX)
        return light_fail(ctx, -ENOENT, "domain %u has no screen by VNC: vfb=['vnc=1'] gives it one", domid);
    if (asprintf(&where, "%s:%u", listen ? listen : "localhost", number - VNC_PORT) < 0)
        return light_fail(ctx, -ENOMEM, "domain %u: its screen", domid);
    rc = autopass ? give_password(ctx, domid) : 0;
    if (rc)
        return rc;
    execvp("vncviewer", (char *[]){ "vncviewer", where, autopass ? "-autopass" : NULL, NULL });
    light_fail(ctx, -errno, "the program vncviewer cannot be run");
    return ERROR_FAIL;
}
