/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers of guests (msr.c): one const table says which exist, and for dom0 which are the machine's.
 * Everything else is #GP. Registers that VMRUN, VMLOAD and VMSAVE switch are not intercepted and not here.
 */
#ifndef XENOLITH_MSR_H
#define XENOLITH_MSR_H

#include "types.h"

struct vcpu;

#define MTRR_NR_VARIABLE 8
#define MTRR_NR_FIXED 11
#define MTRR_CAPABILITIES (1u << 10 | 1u << 8 | MTRR_NR_VARIABLE) /* write-combining, fixed ranges */

/* Values kept for the guest's sake; none changes how the machine caches (nested pages and PAT do). */
struct vcpu_msrs {
    uint64_t mtrr_def_type;
    uint64_t mtrr_fixed[MTRR_NR_FIXED];
    uint64_t mtrr_variable[MTRR_NR_VARIABLE][2]; /* base, mask */
    uint64_t tsc_offset; /* guest TSC - host TSC; also in the vendor's control block */
    uint64_t tsc_adjust;
    uint64_t tsc_aux;    /* RDTSCP and RDPID read it: to be loaded when the vCPU is switched to */
    uint64_t mcg_status;
};

bool msr_pat_valid(uint64_t pat);
/* Guest TSC - host TSC; v is current, or cannot run. */
void msr_set_tsc_offset(struct vcpu *v, uint64_t offset);
void msr_vcpu_init(struct vcpu *v); /* values at power-up */

/* For the current vCPU. 0, or -EPERM: inject #GP. */
int msr_read(struct vcpu *v, uint32_t msr, uint64_t *ret);
int msr_write(struct vcpu *v, uint32_t msr, uint64_t val);

#endif
