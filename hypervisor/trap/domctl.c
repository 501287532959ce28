/* SPDX-License-Identifier: GPL-2.0-only */
/* The domctl hypercall: one row for each command, decoded and applied on the structure that came in whole. */
#include "copy.h"
#include "domctl_rows.h"
#include "errno.h"
#include "lib.h"

/* Asked of by tools that go on without, or not offered yet: docs/status.md lists them. */
#define REFUSED(n, e) [XEN_DOMCTL_##n] = {.name = #n, .error = (e)}
#define ROW(n, c, l) [XEN_DOMCTL_##n] = {.name = #n, .apply = domctl_##n, .copy = (c), .lock = (l), .right = RIGHT_PRIV}

static const struct op_row rows[] = {
    ROW(createdomain, OP_COPY_INOUT, OP_LOCK_DOMCTL),
    ROW(destroydomain, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(pausedomain, OP_COPY_IN, OP_LOCK_NONE),
    ROW(unpausedomain, OP_COPY_IN, OP_LOCK_NONE),
    ROW(getdomaininfo, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(setvcpuaffinity, OP_COPY_INOUT, OP_LOCK_DOMCTL),
    ROW(getvcpuaffinity, OP_COPY_IN, OP_LOCK_NONE),
    ROW(shadow_op, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(max_mem, OP_COPY_IN, OP_LOCK_NONE),
    ROW(getvcpucontext, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(getvcpuinfo, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(max_vcpus, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(scheduler_op, OP_COPY_INOUT, OP_LOCK_DOMCTL),
    ROW(setdomainhandle, OP_COPY_IN, OP_LOCK_NONE),
    ROW(settimeoffset, OP_COPY_IN, OP_LOCK_NONE),
    ROW(resumedomain, OP_COPY_IN, OP_LOCK_NONE),
    ROW(sendtrigger, OP_COPY_IN, OP_LOCK_NONE),
    ROW(get_address_size, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(gettscinfo, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(settscinfo, OP_COPY_IN, OP_LOCK_NONE),
    ROW(getpageframeinfo3, OP_COPY_IN, OP_LOCK_NONE),
    ROW(setnodeaffinity, OP_COPY_IN, OP_LOCK_NONE),
    ROW(getnodeaffinity, OP_COPY_IN, OP_LOCK_NONE),
    ROW(set_target, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(get_cpu_policy, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(set_cpu_policy, OP_COPY_INOUT, OP_LOCK_DOMCTL),
    ROW(gethvmcontext, OP_COPY_INOUT, OP_LOCK_DOMCTL),
    ROW(sethvmcontext, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(setvnumainfo, OP_COPY_IN, OP_LOCK_DOMCTL),
    ROW(get_paging_mempool_size, OP_COPY_INOUT, OP_LOCK_NONE),
    ROW(set_paging_mempool_size, OP_COPY_IN, OP_LOCK_DOMCTL),

    REFUSED(setvcpucontext, -ENOSYS),
    REFUSED(setdebugging, -ENOSYS),
    REFUSED(irq_permission, -ENOSYS),
    REFUSED(iomem_permission, -ENOSYS),
    REFUSED(ioport_permission, -ENOSYS),
    REFUSED(hypercall_init, -ENOSYS),
    REFUSED(subscribe, -ENOSYS),
    REFUSED(set_address_size, -EOPNOTSUPP),
    REFUSED(assign_device, -ENOSYS),
    REFUSED(bind_pt_irq, -ENOSYS),
    REFUSED(memory_mapping, -ENOSYS),
    REFUSED(ioport_mapping, -ENOSYS),
    REFUSED(set_ext_vcpucontext, -ENOSYS),
    REFUSED(get_ext_vcpucontext, -ENOSYS),
    REFUSED(test_assign_device, -ENOSYS),
    REFUSED(deassign_device, -ENOSYS),
    REFUSED(unbind_pt_irq, -ENOSYS),
    REFUSED(get_device_group, -ENOSYS),
    REFUSED(debug_op, -ENOSYS),
    REFUSED(gethvmcontext_partial, -ENOSYS),
    REFUSED(vm_event_op, -ENOSYS),
    REFUSED(mem_sharing_op, -ENOSYS),
    REFUSED(setvcpuextstate, -ENOSYS),
    REFUSED(getvcpuextstate, -ENOSYS),
    REFUSED(set_access_required, -ENOSYS),
    REFUSED(audit_p2m, -ENOSYS),
    REFUSED(set_virq_handler, -ENOSYS),
    REFUSED(set_broken_page_p2m, -ENOSYS),
    REFUSED(cacheflush, -ENOSYS),
    REFUSED(get_vcpu_msrs, -ENOSYS),
    REFUSED(set_vcpu_msrs, -ENOSYS),
    REFUSED(psr_cmt_op, -ENODEV),
    REFUSED(monitor_op, -ENOSYS),
    REFUSED(psr_alloc, -ENODEV),
    REFUSED(soft_reset, -ENOSYS),
    REFUSED(vuart_op, -ENOSYS),
    REFUSED(vmtrace_op, -EOPNOTSUPP),
};

/*
 * createdomain names the domain that is to be; getdomaininfo the first of which it wants to know, so that a list can be
 * walked with it; every other command one that is.
 */
static int find_target(struct op *op, struct xen_domctl *c)
{
    if (c->cmd == XEN_DOMCTL_getdomaininfo && c->domain < DOMID_FIRST_RESERVED) {
        op->target = domain_next(c->domain);
        if (op->target)
            c->domain = op->target->id;
    } else {
        op->target = op_domain(op, c->cmd == XEN_DOMCTL_createdomain ? DOMID_SELF : c->domain);
    }
    return op->target ? 0 : -ESRCH;
}

int64_t do_domctl(struct op *op)
{
    struct xen_domctl *c = op_arg(op);
    const struct op_row *row;
    int64_t r;

    if (copy_from_guest(c, op->raw[0], sizeof(*c)))
        return -EFAULT;
    if (c->interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -EACCES;
    r = find_target(op, c);
    if (r)
        return r;
    row = &rows[c->cmd < ARRAY_SIZE(rows) ? c->cmd : 0]; /* there is no domctl 0 */
    r = rights_check(op->caller, op->target, RIGHT_PRIV);
    if (!r && !row->name)
        r = -ENOSYS;
    if (!r)
        r = row->error ? row->error : op_run(op, row);
    if (r >= 0 && row->copy == OP_COPY_INOUT && copy_to_guest(op->raw[0], c, sizeof(*c)))
        r = -EFAULT;
    domain_put(op->target);
    op->target = NULL;
    return r;
}
