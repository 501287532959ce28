/* SPDX-License-Identifier: LGPL-2.1-only */
/* Where vCPUs and domains run: affinities. */
#include <errno.h>
#include <libxl_utils.h>

#include "ctrl/domain.h"
#include "ctx.h"
#include "info.h"
#include "small.h"

/* The hypervisor writes into the set that it is given what became of it; the caller's stays as it is. */
static int affinity_set(struct ctrl_priv *priv, uint32_t domid, uint32_t vcpu, const libxl_bitmap *hard,
                        const libxl_bitmap *soft, bool force)
{
    libxl_bitmap maps[2] = {{0, NULL}, {0, NULL}};
    struct ctrl_bitmap sets[2];
    int rc = hard ? light_bitmap_copy(&maps[0], hard) : 0;

    if (!rc && soft)
        rc = light_bitmap_copy(&maps[1], soft);
    if (!rc) {
        sets[0] = light_set_of(&maps[0]);
        sets[1] = light_set_of(&maps[1]);
        rc = ctrl_vcpu_set_affinity(priv, domid, vcpu, hard ? &sets[0] : NULL, soft ? &sets[1] : NULL, force);
    }
    libxl_bitmap_dispose(&maps[0]);
    libxl_bitmap_dispose(&maps[1]);
    return rc;
}

static int set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *hard,
                            const libxl_bitmap *soft, bool force)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int rc;

    if (!hard && !soft)
        return light_fail(ctx, -EINVAL, "domain %u: no affinity is given for vCPU %u", domid, vcpuid);
    rc = light_priv(ctx, &priv);
    if (rc)
        return rc;
    rc = affinity_set(priv, domid, vcpuid, hard, soft, force);
    return rc ? light_fail(ctx, rc, "domain %u: cannot set the affinity of vCPU %u", domid, vcpuid) : 0;
}

int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *cpumap_hard,
                           const libxl_bitmap *cpumap_soft)
{
    return set_vcpuaffinity(ctx, domid, vcpuid, cpumap_hard, cpumap_soft, false);
}

int libxl_set_vcpuaffinity_force(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *cpumap_hard,
                                 const libxl_bitmap *cpumap_soft)
{
    return set_vcpuaffinity(ctx, domid, vcpuid, cpumap_hard, cpumap_soft, true);
}

/* All are tried. */
int libxl_set_vcpuaffinity_all(libxl_ctx *ctx, uint32_t domid, unsigned int max_vcpus, const libxl_bitmap *cpumap_hard,
                               const libxl_bitmap *cpumap_soft)
{
    unsigned i;
    int rc = 0;

    for (i = 0; i < max_vcpus; i++)
        if (libxl_set_vcpuaffinity(ctx, domid, i, cpumap_hard, cpumap_soft))
            rc = ERROR_FAIL;
    return rc;
}

int libxl_domain_set_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_bitmap set = light_set_of(nodemap);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_domain_set_node_affinity(priv, domid, &set);
    return rc ? light_fail(ctx, rc, "domain %u: cannot set its node affinity", domid) : 0;
}

int libxl_domain_get_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_bitmap set = light_set_of(nodemap);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_domain_get_node_affinity(priv, domid, &set);
    return rc ? light_fail(ctx, rc, "domain %u: cannot get its node affinity", domid) : 0;
}
