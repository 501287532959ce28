/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: every hypercall and sub-operation is a row of one const table for its kind (DESIGN D6, D7).
 *
 * op_dispatch() does what is common: bounds, copy in once (widened from the 32-bit layout by the caller's mode), find
 * the target domain with a reference, check rights (policy/rights.c), take the lock class, decode, apply, copy
 * out, release. decode checks everything and changes nothing; apply does not refuse what decode promised, but may
 * stop with -ERESTART after advancing its cursor in raw[].
 */
#ifndef XENOLITH_OP_H
#define XENOLITH_OP_H

#include "domain.h"
#include "types.h"
#include "wire.h"

enum op_copy { OP_COPY_NONE = 0, OP_COPY_IN = 1, OP_COPY_OUT = 2, OP_COPY_INOUT = 3 };

/* Who may: decided by rights_check from the row, the caller and the target. */
enum op_right {
    RIGHT_ANY,         /* every domain, on itself or with no target */
    RIGHT_SELF_OR_DM,  /* target is the caller, or the caller controls it */
    RIGHT_DM,          /* the caller controls the target (device model or privileged) */
    RIGHT_PRIV,        /* privileged domains only */
    RIGHT_SELF,        /* target must be the caller itself: others get -EPERM */
};

enum op_lock {
    OP_LOCK_NONE,
    OP_LOCK_DOMAIN,  /* target->lock */
    OP_LOCK_DOMCTL,  /* the global domctl lock */
};

#define OP_NO_TARGET 0xffff /* target_offset of rows that name no domain: target = caller */

struct op;

struct op_row {
    const char *name;           /* public name of the sub-operation; NULL: a hole, -ENOSYS */
    int (*decode)(struct op *op); /* NULL: the dispatcher's checks are all */
    int64_t (*apply)(struct op *op);
    const struct wire *wire;    /* argument structure; NULL: none, or too irregular (apply copies) */
    uint16_t target_offset;     /* of the domid_t in the native structure, or OP_NO_TARGET */
    uint8_t copy;               /* enum op_copy */
    uint8_t right;              /* enum op_right */
    uint8_t lock;               /* enum op_lock */
    int error;                  /* for rows that exist to refuse: the documented negative errno; apply is NULL */
};

/* One request being handled. */
struct op {
    const struct op_row *row;
    struct vcpu *vcpu;       /* caller */
    struct domain *caller, *target; /* target referenced by the dispatcher, unless it is the caller */
    bool abi32;              /* caller is in a 32-bit mode: layouts and longs are 32-bit */
    uint64_t raw[6];         /* hypercall arguments as registers (or multicall entry) hold them; apply may change
                                them before returning -ERESTART: the call is then executed again with them */
    guest_va_t arg_addr;     /* guest address of the argument structure */
    uint64_t arg_storage[WIRE_MAX_SIZE / 8];
    /* What decode resolved for apply. */
    void *ref[2];
    uint64_t val[4];
};

/* The argument structure in native layout. */
#define op_arg(op) ((void *)(op)->arg_storage)

/*
 * Run row `nr` of a table on one argument structure at arg. raw[] of *op is filled by the caller. -ENOSYS for a hole,
 * -EFAULT, -ESRCH (no such target), -EPERM, or what decode and apply return.
 */
int64_t op_dispatch(struct op *op, const struct op_row *rows, unsigned nr_rows, unsigned nr, guest_va_t arg);

/* For an apply that refuses and yet has something to say in its argument structure. 0 or -EFAULT. */
int op_copy_out(struct op *op);

/* Domain named by a domid argument (DOMID_SELF is the caller), with a reference; NULL. */
struct domain *op_domain(struct op *op, domid_t id);

/* The tables of sub-operations, one for each kind; op files define them, hypercall.c lists them. */
extern const struct op_row event_ops[], vcpu_ops[], sched_ops[], memory_ops[], version_ops[], hvm_ops[], physdev_ops[],
    platform_ops[];
extern const unsigned nr_event_ops, nr_vcpu_ops, nr_sched_ops, nr_memory_ops, nr_version_ops, nr_hvm_ops,
    nr_physdev_ops, nr_platform_ops;

/* policy/rights.c: the only access decision. 0 or -EPERM. */
int rights_check(const struct domain *caller, const struct domain *target, enum op_right right);

/*
 * trap/hypercall.c: execute hypercall nr with args[6] of the current vCPU. Returns the value for the guest's
 * accumulator; *ret_restart is set (and args[] updated) when the instruction must be executed again.
 */
int64_t hypercall(struct vcpu *v, uint64_t nr, uint64_t args[6], bool abi32, bool *ret_restart);

#endif
