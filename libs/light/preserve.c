/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain that has ended is kept to be looked at: it gives up its name and its identity in the store to the next one. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "ctx.h"
#include "info.h"

int libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info, const char *name_suffix,
                          libxl_uuid new_uuid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    const struct xs_permissions perms[] = { { .id = 0, .perms = XS_PERM_NONE }, { .id = domid, .perms = XS_PERM_READ } };
    char *name _cleanup_free_ = NULL, uuid[37], vm[48], vm_uuid[64], of_domain[64];
    const struct light_node nodes[] = {
        { .path = vm, .value = "", .perms = perms, .nr_perms = 2 },
        { .path = vm_uuid, .value = uuid },
        { .path = of_domain, .value = vm },
    };
    int rc;

    snprintf(uuid, sizeof(uuid), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(new_uuid));
    snprintf(vm, sizeof(vm), "/vm/%s", uuid);
    snprintf(vm_uuid, sizeof(vm_uuid), "/vm/%s/uuid", uuid);
    snprintf(of_domain, sizeof(of_domain), "/local/domain/%u/vm", domid);
    rc = libxl_domain_info(ctx, NULL, domid);
    if (rc)
        return rc;
    if (!info->name || asprintf(&name, "%s%s", info->name, name_suffix) < 0) {
        name = NULL;
        return light_fail(ctx, info->name ? -ENOMEM : -EINVAL, "domain %u: no name under which it could be kept", domid);
    }
    rc = libxl_domain_rename(ctx, domid, info->name, name);
    if (rc)
        return rc;
    return light_store_write(ctx, nodes, sizeof(nodes) / sizeof(nodes[0]));
}
