/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl/hvm.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "public/event_channel.h"
#include "public/multicall.h"

/* --- parameters --- */

int ctrl_hvm_set_param(struct ctrl_priv *p, uint32_t domid, uint32_t index, uint64_t value)
{
    struct xen_hvm_param param = { .domid = wire_domid(domid), .index = index, .value = value };

    return (int)ctrl_op(p, __HYPERVISOR_hvm_op, HVMOP_set_param, &param, sizeof(param));
}

int ctrl_hvm_get_param(struct ctrl_priv *p, uint32_t domid, uint32_t index, uint64_t *ret_value)
{
    struct xen_hvm_param param = { .domid = wire_domid(domid), .index = index };
    int err = (int)ctrl_op(p, __HYPERVISOR_hvm_op, HVMOP_get_param, &param, sizeof(param));

    if (err == 0)
        *ret_value = param.value;
    return err;
}

/* One multicall: a system call and a hypercall in place of many. */
int ctrl_hvm_set_params(struct ctrl_priv *p, uint32_t domid, const struct ctrl_hvm_param *params, unsigned count)
{
    _cleanup_(bounce_done) struct bounce b = { 0 };
    struct multicall_entry *calls;
    struct xen_hvm_param *wire;
    int err = count ? bounce_new(&b, p, NULL, count * (sizeof(*calls) + sizeof(*wire))) : 0;

    if (err < 0 || count == 0)
        return err;
    calls = b.data;
    wire = (struct xen_hvm_param *)(calls + count);
    for (unsigned i = 0; i < count; i++) {
        wire[i] = (struct xen_hvm_param){ .domid = wire_domid(domid), .index = params[i].index, .value = params[i].value };
        calls[i] = (struct multicall_entry){
            .op = __HYPERVISOR_hvm_op, .args0 = HVMOP_set_param, .args1 = (uintptr_t)&wire[i]
        };
    }
    err = (int)ctrl_hypercall(p, __HYPERVISOR_multicall, (uint64_t[5]){ bounce_addr(&b), count });
    for (unsigned i = 0; i < count && err == 0; i++)
        err = (int)calls[i].result;
    return err;
}

/* --- vCPU state --- */

static int64_t hvm_context(struct ctrl_priv *p, uint32_t domid, struct bounce *b, uint32_t size)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_gethvmcontext, .domain = wire_domid(domid) };
    int err;

    op.u.hvmcontext = (struct xen_domctl_hvmcontext){ .size = size, .buffer = bounce_addr(b) };
    err = ctrl_domctl(p, &op);
    return err < 0 ? err : (int64_t)op.u.hvmcontext.size;
}

int64_t ctrl_hvm_context_size(struct ctrl_priv *p, uint32_t domid)
{
    struct bounce none = { 0 };

    return hvm_context(p, domid, &none, 0);
}

int64_t ctrl_hvm_get_context(struct ctrl_priv *p, uint32_t domid, void *data, uint32_t size)
{
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int64_t n = bounce_new(&b, p, NULL, size);

    if (n == 0)
        n = hvm_context(p, domid, &b, size);
    if (n > size)
        n = -EPROTO;
    if (n > 0)
        memcpy(data, b.data, (size_t)n);
    return n;
}

int ctrl_hvm_set_context(struct ctrl_priv *p, uint32_t domid, const void *data, uint32_t size)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_sethvmcontext, .domain = wire_domid(domid) };
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = bounce_new(&b, p, data, size);

    if (err < 0)
        return err;
    op.u.hvmcontext = (struct xen_domctl_hvmcontext){ .size = size, .buffer = bounce_addr(&b) };
    return ctrl_domctl(p, &op);
}

/* --- CPUID and MSRs --- */

struct policy_bounce {
    struct bounce leaves, msrs;
};

static void policy_done(struct policy_bounce *b)
{
    bounce_done(&b->leaves);
    bounce_done(&b->msrs);
}

/* fill: with what the policy has. An array that is not there, or empty, is not asked for. */
static int policy_bounce(struct policy_bounce *b, struct ctrl_priv *p, const struct ctrl_cpu_policy *policy, bool fill)
{
    int err = 0;

    if (policy->leaves && policy->nr_leaves)
        err = bounce_new(&b->leaves, p, fill ? policy->leaves : NULL, policy->nr_leaves * sizeof(*policy->leaves));
    if (err == 0 && policy->msrs && policy->nr_msrs)
        err = bounce_new(&b->msrs, p, fill ? policy->msrs : NULL, policy->nr_msrs * sizeof(*policy->msrs));
    return err;
}

static int policy_take(const struct policy_bounce *b, struct ctrl_cpu_policy *policy, uint32_t nr_leaves, uint32_t nr_msrs)
{
    if ((b->leaves.data && nr_leaves > policy->nr_leaves) || (b->msrs.data && nr_msrs > policy->nr_msrs))
        return -EPROTO;
    if (b->leaves.data)
        memcpy(policy->leaves, b->leaves.data, nr_leaves * sizeof(*policy->leaves));
    if (b->msrs.data)
        memcpy(policy->msrs, b->msrs.data, nr_msrs * sizeof(*policy->msrs));
    policy->nr_leaves = nr_leaves;
    policy->nr_msrs = nr_msrs;
    return 0;
}

int ctrl_machine_cpu_policy(struct ctrl_priv *p, uint32_t which, struct ctrl_cpu_policy *policy)
{
    _cleanup_(policy_done) struct policy_bounce b = { 0 };
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_get_cpu_policy };
    struct xen_sysctl_cpu_policy *wire = &op.u.cpu_policy;
    int err = policy_bounce(&b, p, policy, false);

    *wire = (struct xen_sysctl_cpu_policy){
        .index = which, .nr_leaves = policy->nr_leaves, .nr_msrs = policy->nr_msrs,
        .leaves = bounce_addr(&b.leaves), .msrs = bounce_addr(&b.msrs),
    };
    if (err == 0)
        err = ctrl_sysctl(p, &op);
    return err < 0 ? err : policy_take(&b, policy, wire->nr_leaves, wire->nr_msrs);
}

int ctrl_domain_get_cpu_policy(struct ctrl_priv *p, uint32_t domid, struct ctrl_cpu_policy *policy)
{
    _cleanup_(policy_done) struct policy_bounce b = { 0 };
    struct xen_domctl op = { .cmd = XEN_DOMCTL_get_cpu_policy, .domain = wire_domid(domid) };
    struct xen_domctl_cpu_policy *wire = &op.u.cpu_policy;
    int err = policy_bounce(&b, p, policy, false);

    *wire = (struct xen_domctl_cpu_policy){
        .nr_leaves = policy->nr_leaves, .nr_msrs = policy->nr_msrs,
        .leaves = bounce_addr(&b.leaves), .msrs = bounce_addr(&b.msrs),
    };
    if (err == 0)
        err = ctrl_domctl(p, &op);
    return err < 0 ? err : policy_take(&b, policy, wire->nr_leaves, wire->nr_msrs);
}

int ctrl_domain_set_cpu_policy(struct ctrl_priv *p, uint32_t domid, const struct ctrl_cpu_policy *policy,
                               struct ctrl_cpu_policy_fault *ret_fault)
{
    _cleanup_(policy_done) struct policy_bounce b = { 0 };
    struct xen_domctl op = { .cmd = XEN_DOMCTL_set_cpu_policy, .domain = wire_domid(domid) };
    struct xen_domctl_cpu_policy *wire = &op.u.cpu_policy;
    int err = policy_bounce(&b, p, policy, true);

    *wire = (struct xen_domctl_cpu_policy){
        .nr_leaves = b.leaves.data ? policy->nr_leaves : 0, .nr_msrs = b.msrs.data ? policy->nr_msrs : 0,
        .leaves = bounce_addr(&b.leaves), .msrs = bounce_addr(&b.msrs),
        .err_leaf = UINT32_MAX, .err_subleaf = UINT32_MAX, .err_msr = UINT32_MAX,
    };
    if (err < 0)
        return err;
    err = ctrl_domctl(p, &op);
    if (ret_fault)
        *ret_fault = (struct ctrl_cpu_policy_fault){ wire->err_leaf, wire->err_subleaf, wire->err_msr };
    return err;
}

/* --- event channels of another domain --- */

int ctrl_domain_new_port(struct ctrl_priv *p, uint32_t domid, uint32_t remote, uint32_t *ret_port)
{
    struct evtchn_alloc_unbound a = { .dom = wire_domid(domid), .remote_dom = wire_domid(remote) };
    int err = (int)ctrl_op(p, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));

    if (err == 0)
        *ret_port = a.port;
    return err;
}

int ctrl_domain_reset_ports(struct ctrl_priv *p, uint32_t domid)
{
    struct evtchn_reset a = { .dom = wire_domid(domid) };

    return (int)ctrl_op(p, __HYPERVISOR_event_channel_op, EVTCHNOP_reset, &a, sizeof(a));
}
