/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl/scheduler.h"

#include <errno.h>
#include <string.h>

#include "call.h"

_Static_assert(sizeof(union ctrl_sched_params) <= sizeof(((struct xen_domctl_scheduler_op *)0)->u), "parameters");

static int domain_params(struct ctrl_priv *p, uint32_t domid, uint32_t cmd, uint32_t scheduler,
                         union ctrl_sched_params *params)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = wire_domid(domid) };
    int err;

    op.u.scheduler_op.sched_id = scheduler;
    op.u.scheduler_op.cmd = cmd;
    memcpy(&op.u.scheduler_op.u, params, sizeof(*params));
    err = ctrl_domctl(p, &op);
    if (err == 0)
        memcpy(params, &op.u.scheduler_op.u, sizeof(*params));
    return err;
}

int ctrl_sched_get_domain(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, union ctrl_sched_params *ret_params)
{
    union ctrl_sched_params params = { 0 };
    int err = domain_params(p, domid, XEN_DOMCTL_SCHEDOP_getinfo, scheduler, &params);

    if (err == 0)
        *ret_params = params;
    return err;
}

int ctrl_sched_set_domain(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, const union ctrl_sched_params *params)
{
    union ctrl_sched_params copy = *params;

    return domain_params(p, domid, XEN_DOMCTL_SCHEDOP_putinfo, scheduler, &copy);
}

/* The hypervisor may stop early: it says how many entries it did. */
static int vcpu_params(struct ctrl_priv *p, uint32_t domid, uint32_t cmd, uint32_t scheduler,
                       const struct xen_domctl_schedparam_vcpu *in, struct xen_domctl_schedparam_vcpu *out, uint32_t count)
{
    _cleanup_(bounce_done) struct bounce b = { 0 };
    uint32_t done = 0;
    int err = count ? bounce_new(&b, p, in, count * sizeof(*in)) : 0;

    while (err == 0 && done < count) {
        struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = wire_domid(domid) };
        uint32_t left = count - done, n;

        op.u.scheduler_op.sched_id = scheduler;
        op.u.scheduler_op.cmd = cmd;
        op.u.scheduler_op.u.v.vcpus = bounce_addr(&b) + done * sizeof(*in);
        op.u.scheduler_op.u.v.nr_vcpus = left;
        err = ctrl_domctl(p, &op);
        n = op.u.scheduler_op.u.v.nr_vcpus;
        if (err == 0 && (n == 0 || n > left))
            err = -EPROTO;
        done += n;
    }
    if (err == 0 && out && count)
        memcpy(out, b.data, count * sizeof(*out));
    return err;
}

int ctrl_sched_get_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, struct xen_domctl_schedparam_vcpu *vcpus,
                         uint32_t count)
{
    return vcpu_params(p, domid, XEN_DOMCTL_SCHEDOP_getvcpuinfo, scheduler, vcpus, vcpus, count);
}

int ctrl_sched_set_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler,
                         const struct xen_domctl_schedparam_vcpu *vcpus, uint32_t count)
{
    return vcpu_params(p, domid, XEN_DOMCTL_SCHEDOP_putvcpuinfo, scheduler, vcpus, NULL, count);
}

/* size bytes of the pool's parameters. */
static int pool_params(struct ctrl_priv *p, uint32_t pool, uint32_t scheduler, uint32_t cmd, void *params, size_t size)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_scheduler_op };
    int err;

    op.u.scheduler_op.cpupool_id = pool;
    op.u.scheduler_op.sched_id = scheduler;
    op.u.scheduler_op.cmd = cmd;
    if (cmd == XEN_SYSCTL_SCHEDOP_putinfo)
        memcpy(&op.u.scheduler_op.u, params, size);
    err = ctrl_sysctl(p, &op);
    if (err == 0)
        memcpy(params, &op.u.scheduler_op.u, size);
    return err;
}

int ctrl_sched_get_credit(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit_schedule *ret_params)
{
    return pool_params(p, pool, XEN_SCHEDULER_CREDIT, XEN_SYSCTL_SCHEDOP_getinfo, ret_params, sizeof(*ret_params));
}

int ctrl_sched_set_credit(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit_schedule *params)
{
    return pool_params(p, pool, XEN_SCHEDULER_CREDIT, XEN_SYSCTL_SCHEDOP_putinfo, params, sizeof(*params));
}

int ctrl_sched_get_credit2(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit2_schedule *ret_params)
{
    return pool_params(p, pool, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_getinfo, ret_params, sizeof(*ret_params));
}

int ctrl_sched_set_credit2(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit2_schedule *params)
{
    return pool_params(p, pool, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo, params, sizeof(*params));
}
