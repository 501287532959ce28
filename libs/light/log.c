/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the library says, and how it says that something failed. */
#include <errno.h>
#include <stdlib.h>

#include "ctx.h"

void light_log(libxl_ctx *ctx, xentoollog_level level, int errnoval, const char *format, ...)
{
    va_list al;

    if (!ctx || !ctx->lg)
        return;
    va_start(al, format);
    xtl_logv(ctx->lg, level, errnoval, "libxl", format, al);
    va_end(al);
}

int light_fail(libxl_ctx *ctx, int rc, const char *format, ...)
{
    va_list al;

    if (ctx && ctx->lg) {
        va_start(al, format);
        xtl_logv(ctx->lg, XTL_ERROR, -rc, "libxl", format, al);
        va_end(al);
    }
    return light_error(rc);
}

int light_error(int rc)
{
    static const struct {
        int rc, error;
    } rows[] = {
        {0, 0},
        {-ENOMEM, ERROR_NOMEM},
        {-EINVAL, ERROR_INVAL},
        {-ESRCH, ERROR_DOMAIN_NOTFOUND},
        {-ENOENT, ERROR_NOTFOUND},
        {-EEXIST, ERROR_DEVICE_EXISTS},
        {-ETIMEDOUT, ERROR_TIMEDOUT},
        {-ECANCELED, ERROR_ABORTED},
        {-ENOSYS, ERROR_NI},
        {-EOPNOTSUPP, ERROR_NI},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].rc == rc)
            return rows[i].error;
    return ERROR_FAIL;
}

void light_no_memory(libxl_ctx *ctx)
{
    light_log(ctx, XTL_CRITICAL, ENOMEM, "out of memory where no error can be returned");
    abort();
}
