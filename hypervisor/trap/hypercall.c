/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercalls themselves: one row each. */
#include "copy.h"
#include "ctl.h"
#include "errno.h"
#include "lib.h"
#include "op.h"
#include "public/memory.h"
#include "public/multicall.h"

#define MEMORY_OP_BITS 6 /* sub-operation; the bits above are the extent that a continued call goes on with */

struct hypercall_row {
    const char *name;
    int64_t (*fn)(struct op *op); /* NULL: refused with error */
    int error;
};

static int64_t do_memory_op(struct op *op)
{
    unsigned nr = op->raw[0] & ((1u << MEMORY_OP_BITS) - 1);
    uint64_t cursor = (op->abi32 ? (uint32_t)op->raw[0] : op->raw[0]) >> MEMORY_OP_BITS;
    int64_t r = op_dispatch(op, memory_ops, nr_memory_ops, nr, op->raw[1]);

    /* Changes of a reservation say how far they came, also when the request cannot be read or names no domain. */
    if ((r == -EFAULT || r == -ESRCH) && (nr == XENMEM_increase_reservation || nr == XENMEM_decrease_reservation ||
                                          nr == XENMEM_populate_physmap))
        return (int64_t)cursor;
    return r;
}

static int64_t do_xen_version(struct op *op)
{
    return op_dispatch(op, version_ops, nr_version_ops, (uint32_t)op->raw[0], op->raw[1]);
}

static int64_t do_vcpu_op(struct op *op)
{
    if (!domain_vcpu(op->caller, (uint32_t)op->raw[1])) /* before the command and its argument are looked at */
        return -ENOENT;
    return op_dispatch(op, vcpu_ops, nr_vcpu_ops, (uint32_t)op->raw[0], op->raw[2]);
}

static int64_t do_sched_op(struct op *op)
{
    return op_dispatch(op, sched_ops, nr_sched_ops, (uint32_t)op->raw[0], op->raw[1]);
}

static int64_t do_event_channel_op(struct op *op)
{
    return op_dispatch(op, event_ops, nr_event_ops, (uint32_t)op->raw[0], op->raw[1]);
}

static int64_t do_physdev_op(struct op *op)
{
    return op_dispatch(op, physdev_ops, nr_physdev_ops, (uint32_t)op->raw[0], op->raw[1]);
}

static int64_t do_hvm_op(struct op *op)
{
    return op_dispatch(op, hvm_ops, nr_hvm_ops, (uint32_t)op->raw[0], op->raw[1]);
}

static int64_t do_vm_assist(struct op *op)
{
    struct domain *d = op->caller;
    uint32_t cmd = (uint32_t)op->raw[0];

    if (op->raw[1] != VMASST_TYPE_runstate_update_flag)
        return -EINVAL;
    if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
        return -ENOSYS;
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            d->vcpu[i]->runstate_update_flag = cmd == VMASST_CMD_enable;
    return 0;
}

static int64_t do_multicall(struct op *op);

static const struct hypercall_row hypercalls[] = {
    [__HYPERVISOR_platform_op] = {"platform_op", do_platform_op, 0},
    [__HYPERVISOR_memory_op] = {"memory_op", do_memory_op, 0},
    [__HYPERVISOR_multicall] = {"multicall", do_multicall, 0},
    [__HYPERVISOR_set_timer_op] = {"set_timer_op", do_set_timer_op, 0},
    [__HYPERVISOR_xen_version] = {"xen_version", do_xen_version, 0},
    [__HYPERVISOR_console_io] = {"console_io", do_console_io, 0},
    [__HYPERVISOR_grant_table_op] = {"grant_table_op", do_grant_table_op, 0},
    [__HYPERVISOR_vm_assist] = {"vm_assist", do_vm_assist, 0},
    [__HYPERVISOR_vcpu_op] = {"vcpu_op", do_vcpu_op, 0},
    [__HYPERVISOR_xsm_op] = {"xsm_op", NULL, -ENOSYS},
    [__HYPERVISOR_sched_op] = {"sched_op", do_sched_op, 0},
    [__HYPERVISOR_event_channel_op] = {"event_channel_op", do_event_channel_op, 0},
    [__HYPERVISOR_physdev_op] = {"physdev_op", do_physdev_op, 0},
    [__HYPERVISOR_hvm_op] = {"hvm_op", do_hvm_op, 0},
    [__HYPERVISOR_sysctl] = {"sysctl", do_sysctl, 0},
    [__HYPERVISOR_domctl] = {"domctl", do_domctl, 0},
    [__HYPERVISOR_argo_op] = {"argo_op", NULL, -ENOSYS},
    [__HYPERVISOR_xenpmu_op] = {"xenpmu_op", NULL, -EOPNOTSUPP},
    [__HYPERVISOR_dm_op] = {"dm_op", NULL, -ENOSYS},
    [__HYPERVISOR_hypfs_op] = {"hypfs_op", NULL, -ENOSYS},
};

/* Run one hypercall with args in *op->raw. */
static int64_t call_one(struct op *op, uint64_t nr)
{
    if (nr >= ARRAY_SIZE(hypercalls) || !hypercalls[nr].name)
        return -ENOSYS;
    if (!hypercalls[nr].fn)
        return hypercalls[nr].error;
    return hypercalls[nr].fn(op);
}

static void op_init(struct op *op, struct vcpu *v, bool abi32)
{
    op->row = NULL;
    op->vcpu = v;
    op->caller = v->domain;
    op->target = NULL;
    op->abi32 = abi32;
    op->arg_addr = 0;
    op->ref[0] = op->ref[1] = NULL;
    memset(op->val, 0, sizeof(op->val));
}

static int entry_read(struct op *op, guest_va_t at, struct multicall_entry *e)
{
    struct compat_multicall_entry c;

    if (!op->abi32)
        return copy_from_guest(e, at, sizeof(*e));
    if (copy_from_guest(&c, at, sizeof(c)))
        return -EFAULT;
    wire_widen(&wire_multicall_entry, e, &c);
    return 0;
}

static int entry_write(struct op *op, guest_va_t at, const struct multicall_entry *e)
{
    struct compat_multicall_entry c;

    if (!op->abi32)
        return copy_to_guest(at, e, sizeof(*e));
    wire_narrow(&wire_multicall_entry, &c, e);
    return copy_to_guest(at, &c, sizeof(c));
}

static int entry_write_result(struct op *op, guest_va_t at, int64_t result)
{
    if (op->abi32) {
        uint32_t r32 = (uint32_t)result;

        return copy_to_guest(at + offsetof(struct compat_multicall_entry, result), &r32, sizeof(r32));
    }
    return copy_to_guest(at + offsetof(struct multicall_entry, result), &result, sizeof(result));
}

/* Execute the entry at `at`. -ERESTART when it is to be gone on with: the entry in the guest then holds its cursor. */
static int multicall_one(struct op *op, guest_va_t at)
{
    struct multicall_entry e;
    struct op sub;
    int64_t r;

    if (entry_read(op, at, &e))
        return -EFAULT;
    op_init(&sub, op->vcpu, op->abi32);
    memcpy(sub.raw, &e.args0, sizeof(sub.raw));
    /* A multicall in a multicall would nest without bound. */
    r = e.op == __HYPERVISOR_multicall ? -EINVAL : call_one(&sub, e.op);
    if (r == -ERESTART) {
        memcpy(&e.args0, sub.raw, sizeof(sub.raw));
        return entry_write(op, at, &e) ? -EFAULT : -ERESTART;
    }
    return entry_write_result(op, at, r);
}

static int64_t do_multicall(struct op *op)
{
    size_t size = op->abi32 ? wire_multicall_entry.compat_size : wire_multicall_entry.native_size;
    uint32_t count = (uint32_t)op->raw[1];

    for (uint32_t i = 0; i < count; i++) {
        int r = i && cpu_should_preempt() ? -ERESTART : multicall_one(op, op->raw[0] + i * size);

        if (r == -ERESTART) {
            op->raw[0] += i * size;
            op->raw[1] = count - i;
        }
        if (r)
            return r;
    }
    return 0;
}

_Static_assert(sizeof(((struct op *)0)->raw) + offsetof(struct multicall_entry, args0) == sizeof(struct multicall_entry),
               "a multicall entry holds every argument");

int64_t hypercall(struct vcpu *v, uint64_t nr, uint64_t args[6], bool abi32, bool *ret_restart)
{
    struct op op;
    int64_t r;

    op_init(&op, v, abi32);
    for (unsigned i = 0; i < 6; i++)
        op.raw[i] = abi32 ? (uint32_t)args[i] : args[i];
    r = call_one(&op, abi32 ? (uint32_t)nr : nr);
    *ret_restart = r == -ERESTART;
    if (*ret_restart)
        memcpy(args, op.raw, sizeof(op.raw));
    return r;
}
