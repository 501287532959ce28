/* SPDX-License-Identifier: LGPL-2.1-only */
/* What makes a domain a machine: its parameters (public/hvm.h), vCPU state (public/hvm_save.h), CPUID policy, ports. */
#ifndef XENOLITH_CTRL_HVM_H
#define XENOLITH_CTRL_HVM_H

#include "ctrl.h"
#include "public/domctl.h"
#include "public/hvm.h"

/* --- parameters: HVM_PARAM_* --- */
struct ctrl_hvm_param {
    uint32_t index;
    uint64_t value;
};

int ctrl_hvm_set_param(struct ctrl_priv *p, uint32_t domid, uint32_t index, uint64_t value);
int ctrl_hvm_get_param(struct ctrl_priv *p, uint32_t domid, uint32_t index, uint64_t *ret_value);
/* Several at once; the error of the first that is refused, those after it are set all the same. */
int ctrl_hvm_set_params(struct ctrl_priv *p, uint32_t domid, const struct ctrl_hvm_param *params, unsigned count);

/* --- vCPU state: records --- */

/* How many bytes a domain's state has; or -errno. */
int64_t ctrl_hvm_context_size(struct ctrl_priv *p, uint32_t domid);
/* Returns how many bytes were written; -ENOSPC: there are more than size. */
int64_t ctrl_hvm_get_context(struct ctrl_priv *p, uint32_t domid, void *data, uint32_t size);
int ctrl_hvm_set_context(struct ctrl_priv *p, uint32_t domid, const void *data, uint32_t size);

/* --- CPUID and MSRs --- */
struct ctrl_cpu_policy {
    struct xen_cpuid_leaf *leaves;
    struct xen_msr_entry *msrs;
    uint32_t nr_leaves, nr_msrs; /* room when it is asked for; then how many there are */
};

/* The machine's: which is XEN_SYSCTL_cpu_policy_*. Without leaves and msrs: how many there may be. */
int ctrl_machine_cpu_policy(struct ctrl_priv *p, uint32_t which, struct ctrl_cpu_policy *policy);
int ctrl_domain_get_cpu_policy(struct ctrl_priv *p, uint32_t domid, struct ctrl_cpu_policy *policy);

/* Which leaf or MSR the hypervisor did not like; ones: none. */
struct ctrl_cpu_policy_fault {
    uint32_t leaf, subleaf, msr;
};
/* Before the domain runs for the first time. ret_fault may be NULL. */
int ctrl_domain_set_cpu_policy(struct ctrl_priv *p, uint32_t domid, const struct ctrl_cpu_policy *policy,
                               struct ctrl_cpu_policy_fault *ret_fault);

/* --- event channels of another domain --- */

/* A new port of domid's that remote may bind to. */
int ctrl_domain_new_port(struct ctrl_priv *p, uint32_t domid, uint32_t remote, uint32_t *ret_port);
int ctrl_domain_reset_ports(struct ctrl_priv *p, uint32_t domid);

#endif
