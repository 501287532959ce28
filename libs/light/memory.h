/* SPDX-License-Identifier: LGPL-2.1-only */
/* Memory of domains, what memory.c and its neighbours share. KiB. */
#ifndef XENOLITH_LIGHT_MEMORY_H
#define XENOLITH_LIGHT_MEMORY_H

#include <libxl.h>

#define PAGE_KIB 4u

/* Old names have 32 bits: rc, or ERROR_FAIL when the value does not fit. */
int light_narrow(int rc, uint64_t value, uint32_t *ret_value);

/* What the store says of a domain's memory: 0, or an ERROR_* that was logged. */
struct light_memory {
    uint64_t target, max;
    uint64_t video; /* its device model's frame buffer, which its kernel does not see */
};
int light_memory_read(libxl_ctx *ctx, uint32_t domid, struct light_memory *ret_memory);

/* What is not said of memory and vCPUs, as stock decides it. False: no memory for a bitmap. */
bool light_memory_complete(libxl_domain_build_info *info);

#endif
