/* SPDX-License-Identifier: LGPL-2.1-only */
/* How a scheduler treats domains, their vCPUs, and a pool: scheduler is XEN_SCHEDULER_*. */
#ifndef XENOLITH_CTRL_SCHEDULER_H
#define XENOLITH_CTRL_SCHEDULER_H

#include "ctrl.h"
#include "public/domctl.h"
#include "public/sysctl.h"

/* A domain's parameters: the member that is the scheduler's. -EINVAL: the domain has another scheduler. */
union ctrl_sched_params {
    struct xen_domctl_sched_credit credit;
    struct xen_domctl_sched_credit2 credit2;
    struct xen_domctl_sched_rtds rtds;
};

int ctrl_sched_get_domain(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, union ctrl_sched_params *ret_params);
int ctrl_sched_set_domain(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, const union ctrl_sched_params *params);

/* Those of vCPUs (RTDS): each entry names its own. */
int ctrl_sched_get_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler, struct xen_domctl_schedparam_vcpu *vcpus,
                         uint32_t count);
int ctrl_sched_set_vcpus(struct ctrl_priv *p, uint32_t domid, uint32_t scheduler,
                         const struct xen_domctl_schedparam_vcpu *vcpus, uint32_t count);

/* A pool's, of the credit schedulers; what was set comes back. */
int ctrl_sched_get_credit(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit_schedule *ret_params);
int ctrl_sched_set_credit(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit_schedule *params);
int ctrl_sched_get_credit2(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit2_schedule *ret_params);
int ctrl_sched_set_credit2(struct ctrl_priv *p, uint32_t pool, struct xen_sysctl_credit2_schedule *params);

#endif
