/* SPDX-License-Identifier: GPL-2.0-only */
/* hvm_op: decode and apply of its rows. */
#include "op.h"

#include "arch.h"
#include "errno.h"
#include "hvm_op.h"
#include "public/hvm.h"
#include "public/sched.h"

#define CALLBACK_TYPE_SHIFT 56
#define FIRST_VECTOR 0x10 /* below are the CPU's own exceptions */

enum {
    SELF_GET = 1 << 0, /* the domain itself may read it */
    SELF_SET = 1 << 1, /* ... and write it */
    ONCE = 1 << 2,     /* a value other than 0 stays: -EEXIST */
    OLD = 1 << 3,      /* no longer has a meaning: -EINVAL */
    REFUSED = 1 << 4,  /* asks for what is not there: only 0 is taken, else -EOPNOTSUPP */
};

/*
 * Who may do what with each parameter, and the greatest value (0: any). Parameters that the table does not name
 * belong to the toolstack and hold any value.
 */
static const struct hvm_param_rule {
    uint8_t flags;
    uint8_t max;
} rules[HVM_NR_PARAMS] = {
    [HVM_PARAM_CALLBACK_IRQ] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_STORE_PFN] = {SELF_GET, 0},
    [HVM_PARAM_STORE_EVTCHN] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_PAE_ENABLED] = {OLD, 0},
    [HVM_PARAM_VIRIDIAN] = {REFUSED, 0},
    [HVM_PARAM_TIMER_MODE] = {0, HVMPTM_one_missed_tick_pending},
    [HVM_PARAM_DM_DOMAIN] = {OLD, 0},
    [HVM_PARAM_ACPI_S_STATE] = {REFUSED, 0},
    [HVM_PARAM_VM86_TSS] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_CONSOLE_PFN] = {SELF_GET, 0},
    [HVM_PARAM_CONSOLE_EVTCHN] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = {SELF_GET | SELF_SET | REFUSED, 0},
    [HVM_PARAM_MEMORY_EVENT_CR0] = {OLD, 0},
    [HVM_PARAM_MEMORY_EVENT_CR3] = {OLD, 0},
    [HVM_PARAM_MEMORY_EVENT_CR4] = {OLD, 0},
    [HVM_PARAM_MEMORY_EVENT_INT3] = {OLD, 0},
    [HVM_PARAM_NESTEDHVM] = {OLD, 0},
    [HVM_PARAM_MEMORY_EVENT_SINGLE_STEP] = {OLD, 0},
    [HVM_PARAM_BUFIOREQ_EVTCHN] = {OLD, 0},
    [HVM_PARAM_MEMORY_EVENT_MSR] = {OLD, 0},
    [HVM_PARAM_TRIPLE_FAULT_REASON] = {0, SHUTDOWN_MAX},
    [HVM_PARAM_IOREQ_SERVER_PFN] = {ONCE | REFUSED, 0},
    [HVM_PARAM_NR_IOREQ_SERVER_PAGES] = {ONCE | REFUSED, 0},
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_ALTP2M] = {SELF_GET | ONCE | REFUSED, 0},
    [HVM_PARAM_X87_FIP_WIDTH] = {SELF_GET | SELF_SET, 8},
    [HVM_PARAM_VM86_TSS_SIZED] = {SELF_GET | SELF_SET, 0},
    [HVM_PARAM_MCA_CAP] = {ONCE | REFUSED, 0},
};

static int param_check(const struct op *op, uint8_t self_right)
{
    const struct xen_hvm_param *p = op_arg(op);

    if (p->index >= HVM_NR_PARAMS || (rules[p->index].flags & OLD))
        return -EINVAL;
    if (op->target == op->caller && !(rules[p->index].flags & self_right))
        return -EPERM;
    return 0;
}

static int get_param_decode(struct op *op)
{
    return param_check(op, SELF_GET);
}

static int64_t get_param_apply(struct op *op)
{
    struct xen_hvm_param *p = op_arg(op);

    p->value = op->target->hvm_params[p->index];
    return 0;
}

/*
 * Interrupt lines into a virtual PIC or PCI slot need models that are not there. One is accepted where nothing would go
 * through it: Linux names GSI 1 after it has given its vCPUs their own upcall vectors, and gives those up on an error.
 */
static int callback_check(const struct domain *d, uint64_t value)
{
    const struct vcpu *v = domain_vcpu(d, 0);

    if (value >> CALLBACK_TYPE_SHIFT == HVM_PARAM_CALLBACK_TYPE_VECTOR)
        return (uint8_t)value >= FIRST_VECTOR ? 0 : -EINVAL;
    return value == 0 || (v && v->upcall_vector) ? 0 : -EOPNOTSUPP;
}

static int set_param_decode(struct op *op)
{
    const struct xen_hvm_param *p = op_arg(op);
    const struct hvm_param_rule *rule;
    int r = param_check(op, SELF_SET);

    if (r)
        return r;
    rule = &rules[p->index];
    if ((rule->flags & REFUSED) && p->value)
        return -EOPNOTSUPP;
    if (rule->max && p->value > rule->max)
        return -EINVAL;
    if (p->index == HVM_PARAM_X87_FIP_WIDTH && p->value % 4)
        return -EINVAL;
    if (p->index == HVM_PARAM_CALLBACK_IRQ)
        return callback_check(op->target, p->value);
    if ((rule->flags & ONCE) && op->target->hvm_params[p->index] && op->target->hvm_params[p->index] != p->value)
        return -EEXIST;
    return 0;
}

/* Events that came before there was a way to deliver them are delivered now. */
static void upcall_again(struct vcpu *v)
{
    if (v && evtchn_upcall_pending(v)) {
        arch_event_upcall(v);
        vcpu_kick(v);
    }
}

static int64_t set_param_apply(struct op *op)
{
    const struct xen_hvm_param *p = op_arg(op);
    struct domain *d = op->target;

    d->hvm_params[p->index] = p->value;
    if (p->index == HVM_PARAM_CALLBACK_IRQ) {
        bool is_vector = p->value >> CALLBACK_TYPE_SHIFT == HVM_PARAM_CALLBACK_TYPE_VECTOR;

        arch_set_callback_vector(d, is_vector ? (uint8_t)p->value : 0);
        if (d == op->caller)
            domain_latch_layout(op->vcpu);
        for (uint32_t i = 0; i < d->nr_vcpus; i++)
            upcall_again(d->vcpu[i]);
    }
    return 0;
}

static int upcall_vector_decode(struct op *op)
{
    const struct xen_hvm_evtchn_upcall_vector *a = op_arg(op);

    if (a->vector < FIRST_VECTOR)
        return -EINVAL;
    op->ref[0] = domain_vcpu(op->caller, a->vcpu);
    return op->ref[0] ? 0 : -ENOENT;
}

static int64_t upcall_vector_apply(struct op *op)
{
    const struct xen_hvm_evtchn_upcall_vector *a = op_arg(op);
    struct vcpu *v = op->ref[0];

    v->upcall_vector = a->vector;
    upcall_again(v);
    return 0;
}

static int64_t get_time_apply(struct op *op)
{
    struct xen_hvm_get_time *t = op_arg(op);

    t->now = (uint64_t)(now() + op->caller->time_offset);
    return 0;
}

static int64_t get_mem_type_apply(struct op *op)
{
    struct xen_hvm_get_mem_type *a = op_arg(op);

    switch (p2m_lookup(op->target, a->pfn).type) {
    case P2M_RAM_RW:
    case P2M_RAM_LOGDIRTY:
    case P2M_SHARED:
        a->mem_type = HVMMEM_ram_rw;
        break;
    case P2M_RAM_RO:
        a->mem_type = HVMMEM_ram_ro;
        break;
    default:
        a->mem_type = HVMMEM_mmio_dm;
        break;
    }
    return 0;
}

static int64_t flush_tlbs_apply(struct op *op)
{
    if (op->arg_addr)
        return -EINVAL;
    arch_p2m_flush(op->caller);
    return 0;
}

#define PARAM_ROW(dec, app, c)                                                                             \
    .decode = (dec), .apply = (app), .wire = &wire_xen_hvm_param, .copy = (c), .right = RIGHT_SELF_OR_DM, \
    .target_offset = offsetof(struct xen_hvm_param, domid), .lock = OP_LOCK_DOMAIN

const struct op_row hvm_ops[] = {
    [HVMOP_set_param] = {.name = "set_param", PARAM_ROW(set_param_decode, set_param_apply, OP_COPY_IN)},
    [HVMOP_get_param] = {.name = "get_param", PARAM_ROW(get_param_decode, get_param_apply, OP_COPY_INOUT)},
    [HVMOP_flush_tlbs] = {.name = "flush_tlbs", .apply = flush_tlbs_apply, .target_offset = OP_NO_TARGET,
                          .right = RIGHT_ANY},
    [HVMOP_pagetable_dying] = {.name = "pagetable_dying", .error = -EOPNOTSUPP}, /* only shadow paging gains by it */
    [HVMOP_get_time] = {.name = "get_time", .apply = get_time_apply, .wire = &wire_xen_hvm_get_time,
                        .copy = OP_COPY_OUT, .target_offset = OP_NO_TARGET, .right = RIGHT_ANY},
    [HVMOP_xentrace] = {.name = "xentrace", .error = -ENOSYS},
    [HVMOP_set_mem_access] = {.name = "set_mem_access", .error = -ENOSYS},
    [HVMOP_get_mem_access] = {.name = "get_mem_access", .error = -ENOSYS},
    [HVMOP_get_mem_type] = {.name = "get_mem_type", .apply = get_mem_type_apply,
                            .wire = &wire_xen_hvm_get_mem_type, .copy = OP_COPY_INOUT, .right = RIGHT_SELF_OR_DM,
                            .target_offset = offsetof(struct xen_hvm_get_mem_type, domid)},
    [HVMOP_set_evtchn_upcall_vector] = {.name = "set_evtchn_upcall_vector", .decode = upcall_vector_decode,
                                        .apply = upcall_vector_apply, .copy = OP_COPY_IN,
                                        .wire = &wire_xen_hvm_evtchn_upcall_vector,
                                        .target_offset = OP_NO_TARGET, .right = RIGHT_ANY},
    [HVMOP_guest_request_vm_event] = {.name = "guest_request_vm_event", .error = -EOPNOTSUPP},
    [HVMOP_altp2m] = {.name = "altp2m", .error = -EOPNOTSUPP},
};
const unsigned nr_hvm_ops = ARRAY_SIZE(hvm_ops);
