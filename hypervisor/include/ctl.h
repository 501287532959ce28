/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercalls with a dispatcher of their own, and the helpers that domctl and sysctl share. */
#ifndef XENOLITH_CTL_H
#define XENOLITH_CTL_H

#include "op.h"
#include "public/domctl.h"
#include "sched.h"

/* Top-level handlers (hypercall.c's table): arguments in op->raw, result for the guest, or -ERESTART. */
int64_t do_domctl(struct op *op);
int64_t do_sysctl(struct op *op);
int64_t do_console_io(struct op *op);
int64_t do_platform_op(struct op *op);
int64_t do_grant_table_op(struct op *op); /* object/grant_op.c */
int64_t do_set_timer_op(struct op *op);   /* object/vcpu_timer.c */

/* One global lock for calls that change the set of domains. */
extern struct spinlock domctl_lock;

/*
 * Run one row whose argument op_arg(op) is in already: target in op->target. -ENOSYS for a hole, -EPERM, the row's
 * own refusal, -ERESTART when its lock is taken.
 */
int64_t op_run(struct op *op, const struct op_row *row);

/* The part of getdomaininfo and getdomaininfolist that is the same. */
void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);

/*
 * A guest's bitmap of CPUs or nodes. Out: bits beyond ours are cleared in the guest's buffer. In: bits beyond ours are
 * ignored. -EFAULT, -E2BIG (absurd length).
 */
int bitmap_to_guest(const struct xenctl_bitmap *to, const uint64_t *map, unsigned bits);
int bitmap_from_guest(uint64_t *map, unsigned bits, const struct xenctl_bitmap *from);

#endif
