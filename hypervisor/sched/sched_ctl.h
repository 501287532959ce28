/* SPDX-License-Identifier: GPL-2.0-only */
/* What domctl and sysctl ask of the scheduler (sched_ctl.c), without their wire structures. */
#ifndef XENOLITH_SCHED_CTL_H
#define XENOLITH_SCHED_CTL_H

#include "sched.h"

struct domain;

uint32_t sched_ctl_id(void);      /* XEN_SCHEDULER_* of pool 0, the only one */
const char *sched_ctl_name(void); /* "SMP Credit Scheduler rev2" */

/*
 * XEN_DOMCTL_scheduler_op for one domain. id is the scheduler that the caller believes in: -EINVAL if it is another one, or if
 * the scheduler has no such parameters (null). set: weight 0 leaves the weight as it is; cap is in percent of one CPU, 0: none.
 */
int sched_ctl_get_domain(struct domain *d, uint32_t id, struct sched_params *ret);
int sched_ctl_set_domain(struct domain *d, uint32_t id, const struct sched_params *p);

/*
 * XEN_SYSCTL_scheduler_op of pool 0: the preemption rate limit of credit2 in microseconds, 0 (none) or 100 to 500000.
 * -ESRCH (no such pool), -EINVAL (other scheduler, value).
 */
int sched_ctl_get_ratelimit(uint32_t pool, uint32_t id, uint32_t *ret_us);
int sched_ctl_set_ratelimit(uint32_t pool, uint32_t id, uint32_t us);

struct sched_pool_info {
    uint32_t id, sched_id, nr_domains;
    struct cpumask cpus;
};
/* XEN_SYSCTL_CPUPOOL_OP_INFO: the first pool with an id of at least `first`. -ENOENT: none. */
int sched_ctl_pool_info(uint32_t first, struct sched_pool_info *ret);
/* XEN_SYSCTL_CPUPOOL_OP_FREEINFO: the CPUs that belong to no pool. */
void sched_ctl_free_cpus(struct cpumask *ret);

/*
 * Hard and soft affinity of a vCPU for setvcpuaffinity; NULL leaves one as it is. What is in force is the hard mask cut to
 * the online CPUs. -EINVAL: no online CPU in it.
 */
int sched_ctl_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft);

#endif
