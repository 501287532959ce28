/* SPDX-License-Identifier: LGPL-2.1-only */
/* How much free memory it takes to build a domain, as stock reckons: programs free as much before they create one. */
#include <errno.h>
#include <libxl_utils.h>

#include "light/ctx.h"
#include "light/memory.h"
#include "light/small.h"

#define DEFAULT_KIB (32u * 1024)
#define STEP_KIB 2048u

/* For the tables of its nested pages: 1 MiB for a vCPU, and a page for each MiB. */
static uint64_t paging_pool(const libxl_domain_build_info *info)
{
    return PAGE_KIB * (256u * (uint64_t)info->max_vcpus + info->max_memkb / 1024);
}

bool light_memory_complete(libxl_domain_build_info *info)
{
    if (info->max_vcpus < 1)
        info->max_vcpus = 1;
    if (!info->avail_vcpus.size) {
        if (light_bitmap_alloc(&info->avail_vcpus, (uint64_t)info->max_vcpus) < 0)
            return false;
        libxl_bitmap_set(&info->avail_vcpus, 0);
    }
    if (info->max_memkb == LIBXL_MEMKB_DEFAULT)
        info->max_memkb = DEFAULT_KIB;
    if (info->target_memkb == LIBXL_MEMKB_DEFAULT)
        info->target_memkb = info->max_memkb;
    if (info->shadow_memkb == LIBXL_MEMKB_DEFAULT)
        info->shadow_memkb = paging_pool(info);
    if (info->iommu_memkb == LIBXL_MEMKB_DEFAULT)
        info->iommu_memkb = 0;
    return true;
}

static uint64_t given(uint64_t kib)
{
    return kib == LIBXL_MEMKB_DEFAULT ? 0 : kib;
}

/* False: more than there can be. */
static bool need(const libxl_domain_build_info *info, uint64_t *ret_kib)
{
    const uint64_t parts[] = { info->target_memkb == LIBXL_MEMKB_DEFAULT ? DEFAULT_KIB : info->target_memkb,
                               given(info->shadow_memkb), given(info->iommu_memkb),
                               info->type == LIBXL_DOMAIN_TYPE_PV ? 1024 : 2048, STEP_KIB - 1 };
    uint64_t sum = 0;

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (__builtin_add_overflow(sum, parts[i], &sum))
            return false;
    }
    *ret_kib = sum - sum % STEP_KIB;
    return true;
}

int libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config, uint32_t domid_for_logging, uint64_t *need_memkb)
{
    (void)domid_for_logging;
    if (!light_memory_complete(&config->b_info))
        return light_fail(ctx, -ENOMEM, "what a domain needs");
    return need(&config->b_info, need_memkb) ? 0 : light_fail(ctx, -ERANGE, "a domain needs more memory than there can be");
}

int libxl_domain_need_memory_0x041200(libxl_ctx *ctx, const libxl_domain_build_info *b_info_in, uint64_t *need_memkb)
{
    return need(b_info_in, need_memkb) ? 0 : light_fail(ctx, -ERANGE, "a domain needs more memory than there can be");
}

int libxl_domain_need_memory_0x040700(libxl_ctx *ctx, const libxl_domain_build_info *b_info_in, uint32_t *need_memkb)
{
    uint64_t kib = 0;
    int rc = libxl_domain_need_memory_0x041200(ctx, b_info_in, &kib);

    return light_narrow(rc, kib, need_memkb);
}
