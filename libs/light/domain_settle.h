/* SPDX-License-Identifier: LGPL-2.1-only */
/* How and where a new domain runs: pool, scheduler, processors, clock, CPUID; for steps of its creation. Calls do not wait. */
#ifndef XENOLITH_LIGHT_DOMAIN_SETTLE_H
#define XENOLITH_LIGHT_DOMAIN_SETTLE_H

#include <libxl.h>

#include "light/op.h"

/* Before anything is made: its pool, and that what is said of vCPUs fits them. 0, or what op_fail() returned. */
int light_settle_check(struct op *op, libxl_ctx *ctx, libxl_domain_config *config);

/* It is there and has its vCPUs. */
int light_settle(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config);

/* cpuid.c's rows, before the domain runs: domain_cpuid.c. */
int light_settle_cpuid(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_cpuid_policy_list *list);

#endif
