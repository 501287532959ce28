/* SPDX-License-Identifier: GPL-2.0-only */
#include "op.h"

#include "copy.h"
#include "ctl.h"
#include "errno.h"
#include "lib.h"

struct spinlock domctl_lock = SPINLOCK_INIT(RANK_DOMCTL);

struct domain *op_domain(struct op *op, domid_t id)
{
    if (id == DOMID_SELF) {
        domain_get(op->caller);
        return op->caller;
    }
    return domain_get_by_id(id);
}

static int copy_arg_in(struct op *op, const struct wire *w)
{
    uint64_t compat[WIRE_MAX_SIZE / 8];

    if (!op->abi32)
        return copy_from_guest(op->arg_storage, op->arg_addr, w->native_size);
    if (copy_from_guest(compat, op->arg_addr, w->compat_size))
        return -EFAULT;
    wire_widen(w, op->arg_storage, compat);
    return 0;
}

int op_copy_out(struct op *op)
{
    const struct wire *w = op->row->wire;
    uint64_t compat[WIRE_MAX_SIZE / 8];

    if (!op->abi32)
        return copy_to_guest(op->arg_addr, op->arg_storage, w->native_size);
    wire_narrow(w, compat, op->arg_storage);
    return copy_to_guest(op->arg_addr, compat, w->compat_size);
}

static struct spinlock *row_lock(struct op *op)
{
    switch (op->row->lock) {
    case OP_LOCK_DOMAIN:
        return &op->target->lock;
    case OP_LOCK_DOMCTL:
        return &domctl_lock;
    default:
        return NULL;
    }
}

/* A holder of the domctl lock may be at it for long: try again by re-execution, with interrupts taken in between. */
static bool row_lock_take(struct op *op, struct spinlock *lock)
{
    if (op->row->lock == OP_LOCK_DOMCTL)
        return spin_trylock(lock);
    spin_lock(lock);
    return true;
}

int64_t op_run(struct op *op, const struct op_row *row)
{
    struct spinlock *lock;
    int64_t r = 0;

    op->row = row;
    r = rights_check(op->caller, op->target, (enum op_right)row->right);
    if (r)
        return r;
    lock = row_lock(op);
    if (lock && !row_lock_take(op, lock))
        return -ERESTART;
    if (row->decode)
        r = row->decode(op);
    if (!r)
        r = row->apply(op);
    if (lock)
        spin_unlock(lock);
    return r;
}

/* Results go out when the row did its work; in-out structures also when they hold the cursor of the next try. */
static bool wants_copy_out(const struct op_row *row, int64_t r)
{
    if (!row->wire || !(row->copy & OP_COPY_OUT))
        return false;
    return r >= 0 || (r == -ERESTART && row->copy == OP_COPY_INOUT);
}

static int find_target(struct op *op, const struct op_row *row)
{
    domid_t id = DOMID_SELF;

    if (row->target_offset != OP_NO_TARGET)
        memcpy(&id, (const char *)op->arg_storage + row->target_offset, sizeof(id));
    /* The caller stays while it calls: no reference, which its other CPUs would write as well. */
    op->target = id == DOMID_SELF || id == op->caller->id ? op->caller : domain_get_by_id(id);
    return op->target ? 0 : -ESRCH;
}

int64_t op_dispatch(struct op *op, const struct op_row *rows, unsigned nr_rows, unsigned nr, guest_va_t arg)
{
    const struct op_row *row;
    int64_t r;

    if (nr >= nr_rows || !rows[nr].name)
        return -ENOSYS;
    row = &rows[nr];
    if (row->error)
        return row->error;

    op->row = row;
    op->arg_addr = arg;
    if (row->wire) {
        memset(op->arg_storage, 0, row->wire->native_size);
        if ((row->copy & OP_COPY_IN) && copy_arg_in(op, row->wire))
            return -EFAULT;
    }
    r = find_target(op, row);
    if (r)
        return r;
    r = op_run(op, row);
    if (wants_copy_out(row, r) && op_copy_out(op))
        r = -EFAULT;
    if (op->target != op->caller)
        domain_put(op->target);
    op->target = NULL;
    return r;
}
