/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of __HYPERVISOR_event_channel_op. What can fail fails under the table lock, so apply does it all. */
#include "errno.h"
#include "event_internal.h"
#include "op.h"

static int64_t apply_bind_interdomain(struct op *op)
{
    struct evtchn_bind_interdomain *arg = op_arg(op);
    struct domain *rd = op_domain(op, arg->remote_dom);
    int rc;

    if (!rd)
        return -ESRCH;
    rc = evtchn_bind_interdomain(op->caller, rd, arg->remote_port, &arg->local_port);
    domain_put(rd);
    return rc;
}

static int64_t apply_bind_virq(struct op *op)
{
    struct evtchn_bind_virq *arg = op_arg(op);

    return evtchn_bind_virq(op->caller, arg->virq, arg->vcpu, &arg->port);
}

static int64_t apply_close(struct op *op)
{
    struct evtchn_close *arg = op_arg(op);

    return evtchn_close(op->caller, arg->port);
}

static int64_t apply_send(struct op *op)
{
    struct evtchn_send *arg = op_arg(op);

    return evtchn_send(op->caller, arg->port);
}

static int64_t apply_status(struct op *op)
{
    static const uint8_t codes[] = {
        [PORT_FREE] = EVTCHNSTAT_closed, [PORT_RESERVED] = EVTCHNSTAT_closed,
        [PORT_UNBOUND] = EVTCHNSTAT_unbound, [PORT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [PORT_VIRQ] = EVTCHNSTAT_virq, [PORT_IPI] = EVTCHNSTAT_ipi,
    };
    struct evtchn_status *arg = op_arg(op);
    struct evtchn *chn = evtchn_lookup(op->target, arg->port);

    if (!chn)
        return -EINVAL;
    port_lock(chn);
    arg->status = codes[chn->state];
    arg->vcpu = chn->notify_vcpu;
    if (chn->state == PORT_UNBOUND) {
        arg->u_id = chn->unbound_remote;
    } else if (chn->state == PORT_INTERDOMAIN) {
        arg->u_id = chn->remote->id;
        arg->u_port = chn->remote_port;
    } else if (chn->state == PORT_VIRQ) {
        arg->u_id = chn->virq;
    }
    port_unlock(chn);
    return 0;
}

static int64_t apply_alloc_unbound(struct op *op)
{
    struct evtchn_alloc_unbound *arg = op_arg(op);
    domid_t remote = arg->remote_dom == DOMID_SELF ? op->caller->id : arg->remote_dom;

    return evtchn_alloc_unbound(op->target, remote, &arg->port);
}

static int64_t apply_bind_ipi(struct op *op)
{
    struct evtchn_bind_ipi *arg = op_arg(op);

    return evtchn_bind_ipi(op->caller, arg->vcpu, &arg->port);
}

static int64_t apply_bind_vcpu(struct op *op)
{
    struct evtchn_bind_vcpu *arg = op_arg(op);

    return evtchn_bind_vcpu(op->caller, arg->port, arg->vcpu);
}

static int64_t apply_unmask(struct op *op)
{
    struct evtchn_unmask *arg = op_arg(op);

    return evtchn_unmask(op->caller, arg->port);
}

/* Another domain must be paused by the tools, so that it does not bind ports meanwhile. */
static int decode_reset(struct op *op)
{
    return op->target != op->caller && !op->target->controller_pause_count ? -EINVAL : 0;
}

static int64_t apply_reset(struct op *op)
{
    return evtchn_reset(op->target);
}

static int64_t apply_init_control(struct op *op)
{
    struct evtchn_init_control *arg = op_arg(op);

    arg->link_bits = EVTCHN_FIFO_LINK_BITS;
    return evtchn_fifo_init_control(op->caller, arg->vcpu, arg->control_gfn, arg->offset);
}

static int64_t apply_expand_array(struct op *op)
{
    struct evtchn_expand_array *arg = op_arg(op);

    return evtchn_fifo_expand_array(op->caller, arg->array_gfn);
}

static int64_t apply_set_priority(struct op *op)
{
    struct evtchn_set_priority *arg = op_arg(op);

    return evtchn_set_priority(op->caller, arg->port, arg->priority);
}

/* A row that acts on the caller. */
#define SELF_ROW(op_name, how) \
    [EVTCHNOP_##op_name] = { \
        .name = "EVTCHNOP_" #op_name, .apply = apply_##op_name, .wire = &wire_evtchn_##op_name, \
        .target_offset = OP_NO_TARGET, .copy = (how), .right = RIGHT_ANY, .lock = OP_LOCK_NONE, \
    }
/* One that names its domain, in the field dom. */
#define TARGET_ROW(op_name, how, dec) \
    [EVTCHNOP_##op_name] = { \
        .name = "EVTCHNOP_" #op_name, .decode = (dec), .apply = apply_##op_name, \
        .wire = &wire_evtchn_##op_name, .target_offset = offsetof(struct evtchn_##op_name, dom), .copy = (how), \
        .right = RIGHT_SELF_OR_DM, .lock = OP_LOCK_NONE, \
    }

const struct op_row event_ops[] = {
    SELF_ROW(bind_interdomain, OP_COPY_INOUT),
    SELF_ROW(bind_virq, OP_COPY_INOUT),
    /* Physical interrupts reach PVH domains through their virtual IO-APIC; no domain has pirqs to bind. */
    [EVTCHNOP_bind_pirq] = {
        .name = "EVTCHNOP_bind_pirq", .wire = &wire_evtchn_bind_pirq, .target_offset = OP_NO_TARGET,
        .copy = OP_COPY_IN, .right = RIGHT_ANY, .error = -EINVAL,
    },
    SELF_ROW(close, OP_COPY_IN),
    SELF_ROW(send, OP_COPY_IN),
    TARGET_ROW(status, OP_COPY_INOUT, NULL),
    TARGET_ROW(alloc_unbound, OP_COPY_INOUT, NULL),
    SELF_ROW(bind_ipi, OP_COPY_INOUT),
    SELF_ROW(bind_vcpu, OP_COPY_IN),
    SELF_ROW(unmask, OP_COPY_IN),
    TARGET_ROW(reset, OP_COPY_IN, decode_reset),
    SELF_ROW(init_control, OP_COPY_INOUT),
    SELF_ROW(expand_array, OP_COPY_IN),
    SELF_ROW(set_priority, OP_COPY_IN),
};
const unsigned nr_event_ops = ARRAY_SIZE(event_ops);
