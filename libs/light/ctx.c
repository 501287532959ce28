/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "ctrl/ctrl.h"
#include "light/events.h"
#include "store/client.h"

static int lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int rc = pthread_mutexattr_init(&attr);

    if (rc)
        return -rc;
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    rc = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return -rc;
}

int libxl_ctx_alloc(libxl_ctx **pctx, int version, unsigned flags, xentoollog_logger *lg)
{
    libxl_ctx *ctx;
    int rc;

    if (version != LIBXL_VERSION)
        return ERROR_VERSION;
    if (flags)
        return ERROR_INVAL;
    ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return ERROR_NOMEM;
    ctx->lg = lg;
    libxl_version_info_init(&ctx->version);
    rc = lock_init(&ctx->lock);
    if (rc) {
        free(ctx);
        return light_error(rc);
    }
    *pctx = ctx;
    return 0;
}

int light_priv(libxl_ctx *ctx, struct ctrl_priv **ret_priv)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int rc = 0;

    if (!ctx->priv) {
        rc = ctrl_transport->priv_open(&ctx->priv);
        if (rc)
            rc = light_fail(ctx, rc, "cannot reach the hypervisor (is this Xen's dom0, and are you root?)");
    }
    *ret_priv = ctx->priv;
    return rc ? ERROR_FAIL : 0;
}

int light_store(libxl_ctx *ctx, struct xs_handle **ret_store)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int rc = 0;

    if (ctx->store && client_is_broken(ctx->store)) { /* xenstored may be there again */
        xs_close(ctx->store);
        ctx->store = NULL;
    }
    if (!ctx->store) {
        ctx->store = xs_open(0);
        if (!ctx->store)
            rc = light_fail(ctx, -errno, "cannot reach the store (is xenstored running?)");
    }
    *ret_store = ctx->store;
    return rc ? ERROR_FAIL : 0;
}

int libxl_ctx_free(libxl_ctx *ctx)
{
    if (!ctx)
        return 0;
    light_events_free(ctx);
    ctrl_priv_close(ctx->priv);
    if (ctx->store)
        xs_close(ctx->store);
    libxl_version_info_dispose(&ctx->version);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
    return 0;
}
