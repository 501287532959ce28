/* SPDX-License-Identifier: LGPL-2.1-only */
/* Calls for what no longer exists, or never did here. They answer as stock's do on a hypervisor of today. */
#include <libxl_utils.h>

#include "ctx.h"

/* --- transcendent memory: gone from the hypervisor since Xen 4.13 --- */

static int no_tmem(libxl_ctx *ctx)
{
    light_log(ctx, XTL_ERROR, -1, "the hypervisor has no transcendent memory");
    return ERROR_FAIL;
}

char *libxl_tmem_list(libxl_ctx *ctx, uint32_t domid, int use_long)
{
    (void)domid;
    (void)use_long;
    no_tmem(ctx);
    return NULL;
}

int libxl_tmem_freeze(libxl_ctx *ctx, uint32_t domid)
{
    (void)domid;
    return no_tmem(ctx);
}

int libxl_tmem_thaw(libxl_ctx *ctx, uint32_t domid)
{
    (void)domid;
    return no_tmem(ctx);
}

int libxl_tmem_set(libxl_ctx *ctx, uint32_t domid, char *name, uint32_t set)
{
    (void)domid;
    (void)name;
    (void)set;
    return no_tmem(ctx);
}

int libxl_tmem_shared_auth(libxl_ctx *ctx, uint32_t domid, char *uuid, int auth)
{
    (void)domid;
    (void)uuid;
    (void)auth;
    return no_tmem(ctx);
}

int libxl_tmem_freeable(libxl_ctx *ctx)
{
    return no_tmem(ctx);
}

/* --- numbers of domains that have gone: none are remembered --- */

int libxl_clear_domid_history(libxl_ctx *ctx)
{
    (void)ctx;
    return 0;
}
