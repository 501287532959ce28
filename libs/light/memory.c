/* SPDX-License-Identifier: LGPL-2.1-only */
/* How much memory there is, and what a domain shall have of it: KiB. */
#include <libxl_utils.h>
#include <unistd.h>

#include "ctx.h"
#include "light/memory.h"

int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *memkb)
{
    libxl_physinfo info;
    int rc = libxl_get_physinfo(ctx, &info);

    if (rc)
        return rc;
    *memkb = (info.free_pages + info.scrub_pages) * PAGE_KIB;
    libxl_physinfo_dispose(&info);
    return 0;
}

int light_narrow(int rc, uint64_t value, uint32_t *ret_value)
{
    if (rc)
        return rc;
    if (value > UINT32_MAX)
        return ERROR_FAIL;
    *ret_value = (uint32_t)value;
    return 0;
}

int libxl_get_free_memory_0x040700(libxl_ctx *ctx, uint32_t *memkb)
{
    uint64_t value = 0;
    int rc = libxl_get_free_memory(ctx, &value);

    return light_narrow(rc, value, memkb);
}

/* Once a second, as long as that takes; ERROR_NOMEM. */
int libxl_wait_for_free_memory(libxl_ctx *ctx, uint32_t domid, uint64_t memory_kb, int wait_secs)
{
    uint64_t free_kb;
    int rc = libxl_get_free_memory(ctx, &free_kb);

    (void)domid;
    while (!rc && free_kb < memory_kb && wait_secs-- > 0) {
        sleep(1);
        rc = libxl_get_free_memory(ctx, &free_kb);
    }
    return rc ? rc : free_kb < memory_kb ? ERROR_NOMEM : 0;
}

/* The same, until the domain has no more than its target; time counts from when it last gave some back. */
int libxl_wait_for_memory_target(libxl_ctx *ctx, uint32_t domid, int wait_secs)
{
    uint64_t target = 0, last = UINT64_MAX;
    int left = wait_secs, rc = libxl_get_memory_target(ctx, domid, &target);
    libxl_dominfo info;

    libxl_dominfo_init(&info);
    while (!rc) {
        rc = libxl_domain_info(ctx, &info, domid);
        if (rc || info.current_memkb <= target)
            break;
        left = info.current_memkb < last ? wait_secs : left - 1;
        last = info.current_memkb;
        if (left <= 0)
            rc = ERROR_FAIL;
        else
            sleep(1);
    }
    libxl_dominfo_dispose(&info);
    return rc;
}
