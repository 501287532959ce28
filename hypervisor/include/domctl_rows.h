/* SPDX-License-Identifier: GPL-2.0-only */
/* apply functions of domctl's rows (object/domain_op.c, domain_info.c); the structure is at op_arg(op). */
#ifndef XENOLITH_DOMCTL_ROWS_H
#define XENOLITH_DOMCTL_ROWS_H

#include "ctl.h"

#define domctl_arg(op) ((struct xen_domctl *)op_arg(op))

/* object/domain_op.c: they change a domain */
int64_t domctl_createdomain(struct op *op);
int64_t domctl_destroydomain(struct op *op);
int64_t domctl_pausedomain(struct op *op);
int64_t domctl_unpausedomain(struct op *op);
int64_t domctl_max_mem(struct op *op);
int64_t domctl_max_vcpus(struct op *op);
int64_t domctl_setdomainhandle(struct op *op);
int64_t domctl_settimeoffset(struct op *op);
int64_t domctl_resumedomain(struct op *op);
int64_t domctl_sendtrigger(struct op *op);
int64_t domctl_settscinfo(struct op *op);
int64_t domctl_gettscinfo(struct op *op);
int64_t domctl_set_target(struct op *op);
int64_t domctl_get_cpu_policy(struct op *op);
int64_t domctl_set_cpu_policy(struct op *op);
int64_t domctl_gethvmcontext(struct op *op);
int64_t domctl_sethvmcontext(struct op *op);
int64_t domctl_shadow_op(struct op *op);
int64_t domctl_get_paging_mempool_size(struct op *op);
int64_t domctl_set_paging_mempool_size(struct op *op);

/* object/vnuma_op.c */
int64_t domctl_setvnumainfo(struct op *op);

/* object/domain_info.c: they tell about one, or about where it runs */
int64_t domctl_getdomaininfo(struct op *op);
int64_t domctl_getvcpuinfo(struct op *op);
int64_t domctl_getvcpucontext(struct op *op);
int64_t domctl_setvcpuaffinity(struct op *op);
int64_t domctl_getvcpuaffinity(struct op *op);
int64_t domctl_setnodeaffinity(struct op *op);
int64_t domctl_getnodeaffinity(struct op *op);
int64_t domctl_scheduler_op(struct op *op);
int64_t domctl_getpageframeinfo3(struct op *op);
int64_t domctl_get_address_size(struct op *op);

#endif
