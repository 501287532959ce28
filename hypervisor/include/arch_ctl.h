/* SPDX-License-Identifier: GPL-2.0-only */
/* What domctl and sysctl ask of the architecture. */
#ifndef XENOLITH_ARCH_CTL_H
#define XENOLITH_ARCH_CTL_H

#include "types.h"

struct domain;
struct vcpu;
struct xen_sysctl_cpu_featureset;
struct xen_sysctl_cpu_policy;
struct xen_sysctl_physinfo;

/* threads_per_core, cores_per_socket, cpu_khz, hw_cap and arch_capabilities of this machine; the rest is filled in. */
void arch_physinfo(struct xen_sysctl_physinfo *info);
/*
 * XEN_SYSCTL_get_cpu_featureset and get_cpu_policy: the structure is in and goes out again; the arrays it points to
 * are the function's to write (copy_to_guest). -EINVAL, -EOPNOTSUPP, -ENOBUFS, -EFAULT as the public header says.
 */
int arch_sysctl_cpu_featureset(struct xen_sysctl_cpu_featureset *arg);
int arch_sysctl_cpu_policy(struct xen_sysctl_cpu_policy *arg);

/* XEN_DOMCTL_get_cpu_policy, set_cpu_policy; ret_err: leaf, subleaf, MSR that set objects to (UINT32_MAX: none). */
int arch_domctl_get_cpu_policy(struct domain *d, uint32_t *nr_leaves, guest_va_t leaves, uint32_t *nr_msrs,
                               guest_va_t msrs);
int arch_domctl_set_cpu_policy(struct domain *d, uint32_t nr_leaves, guest_va_t leaves, uint32_t nr_msrs,
                               guest_va_t msrs, uint32_t ret_err[3]);

/*
 * XEN_DOMCTL_gethvmcontext (buffer 0: only the size), sethvmcontext: the state of all vCPUs as HVM records.
 * -ENOSPC (too short), -EINVAL and -ENODATA (not a valid context: nothing has changed), -EFAULT, -ENOMEM.
 */
int arch_domctl_get_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t *size);
int arch_domctl_set_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t size);

/* XEN_DOMCTL_getvcpucontext of a vCPU that is not the caller's domain's: a struct vcpu_guest_context. -EFAULT, -ENOMEM. */
int arch_domctl_get_vcpucontext(struct vcpu *v, guest_va_t to);

#endif
