/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID policies: what a domain's CPUID instruction returns (cpuid.c), and how those tables are made, levelled, and
 * exchanged with the toolstack (cpu_policy.c). The default policy is, on one machine, a subset of stock Xen's.
 */
#ifndef XENOLITH_CPUID_H
#define XENOLITH_CPUID_H

#include "types.h"

struct domain;
struct vcpu;

struct cpuid_leaf {
    uint32_t a, b, c, d;
};

#define CPUID_NR_BASIC 0x0e
#define CPUID_NR_CACHE 6
#define CPUID_NR_FEAT 3
#define CPUID_NR_TOPO 2
#define CPUID_NR_XSTATE 63
#define CPUID_NR_EXT 0x22
#define CPUID_EXT_BASE 0x80000000u
#define CPUID_XEN_BASE 0x40000000u
#define CPUID_NR_XEN 5 /* highest Xen leaf, relative */

struct cpuid_policy {
    struct cpuid_leaf basic[CPUID_NR_BASIC]; /* entries 4, 7, 0xb, 0xd stay empty: they have sub-leaves, below */
    struct cpuid_leaf cache[CPUID_NR_CACHE];
    struct cpuid_leaf feat[CPUID_NR_FEAT];
    struct cpuid_leaf topo[CPUID_NR_TOPO];
    struct cpuid_leaf xstate[CPUID_NR_XSTATE];
    struct cpuid_leaf ext[CPUID_NR_EXT];
};

/*
 * A feature is named by the number that the Xen ABI gives it: 32 * word + bit. Words are those of
 * XEN_SYSCTL_get_cpu_featureset; feature_word() says where each one lives in a policy.
 */
#define CPU_FEATURE_WORDS 19
enum cpu_feature {
    FEATURE_APIC = 0 * 32 + 9,
    FEATURE_HTT = 0 * 32 + 28,
    FEATURE_FXSR = 0 * 32 + 24,
    FEATURE_SSE = 0 * 32 + 25,
    FEATURE_SSE2 = 0 * 32 + 26,
    FEATURE_FMA = 1 * 32 + 12,
    FEATURE_X2APIC = 1 * 32 + 21,
    FEATURE_TSC_DEADLINE = 1 * 32 + 24,
    FEATURE_XSAVE = 1 * 32 + 26,
    FEATURE_OSXSAVE = 1 * 32 + 27,
    FEATURE_AVX = 1 * 32 + 28,
    FEATURE_F16C = 1 * 32 + 29,
    FEATURE_HYPERVISOR = 1 * 32 + 31,
    FEATURE_SYSCALL = 2 * 32 + 11,
    FEATURE_NX = 2 * 32 + 20,
    FEATURE_FFXSR = 2 * 32 + 25,
    FEATURE_PAGE1GB = 2 * 32 + 26,
    FEATURE_RDTSCP = 2 * 32 + 27,
    FEATURE_LM = 2 * 32 + 29,
    FEATURE_LAHF_LM = 3 * 32 + 0,
    FEATURE_CMP_LEGACY = 3 * 32 + 1,
    FEATURE_SVM = 3 * 32 + 2,
    FEATURE_XOP = 3 * 32 + 11,
    FEATURE_FMA4 = 3 * 32 + 16,
    FEATURE_XSAVEOPT = 4 * 32 + 0,
    FEATURE_XSAVEC = 4 * 32 + 1,
    FEATURE_XGETBV1 = 4 * 32 + 2,
    FEATURE_TSC_ADJUST = 5 * 32 + 1,
    FEATURE_AVX2 = 5 * 32 + 5,
    FEATURE_RDPID = 6 * 32 + 22,
    FEATURE_ITSC = 7 * 32 + 8,
    FEATURE_IBPB = 8 * 32 + 12,
};

uint32_t *feature_word(struct cpuid_policy *p, unsigned word); /* NULL: a word that no leaf of ours holds */
bool feature_test(const struct cpuid_policy *p, unsigned feature);

/* Made once at boot, by cpu_policy_init(). */
enum cpu_policy_kind { CPU_POLICY_RAW, CPU_POLICY_HOST, CPU_POLICY_MAX, CPU_POLICY_DEFAULT, CPU_POLICY_KINDS };
extern struct cpuid_policy cpu_policies[CPU_POLICY_KINDS];
void cpu_policy_init(void);

/* A domain's own copy: the default, and for dom0 the machine's invariant TSC and its own topology. -ENOMEM. */
int cpuid_domain_init(struct domain *d);
void cpuid_domain_destroy(struct domain *d);

/* CPUID as v sees it now: eax, ebx, ecx, edx. */
void cpuid_query(struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t ret[4]);
/* The part that depends on the policy and XCR0 only. */
void cpuid_policy_query(const struct cpuid_policy *p, uint64_t xcr0, uint32_t leaf, uint32_t sub, uint32_t ret[4]);
/* Bytes of a standard-format (compact: compacted) XSAVE area with the given components. */
uint32_t cpuid_xsave_size(const struct cpuid_policy *p, uint64_t xcr0, bool compact);

/* --- exchange with the toolstack: struct xen_cpuid_leaf and xen_msr_entry of the public ABI --- */
#define CPUID_NO_SUBLEAF 0xffffffffu
struct policy_leaf {
    uint32_t leaf, subleaf;
    struct cpuid_leaf value;
};
struct policy_msr {
    uint32_t idx, flags;
    uint64_t val;
};
/* The most leaves that cpu_policy_serialise makes; MSRs likewise. */
#define POLICY_MAX_LEAVES \
    (CPUID_NR_BASIC + CPUID_NR_CACHE + CPUID_NR_FEAT + CPUID_NR_TOPO + CPUID_NR_XSTATE + CPUID_NR_EXT + 2)
#define POLICY_MAX_MSRS 1
/* Number of leaves written to out[POLICY_MAX_LEAVES]. */
unsigned cpu_policy_serialise(const struct cpuid_policy *p, struct policy_leaf *out);
/* Put one leaf into p: 0, or -ERANGE (a leaf that policies do not hold). */
int cpu_policy_put_leaf(struct cpuid_policy *p, const struct policy_leaf *leaf);
/* Make a policy asked for by a toolstack safe: features outside the maximum, and what depends on them, go. */
void cpu_policy_clamp(struct cpuid_policy *p);
void cpu_policy_features(const struct cpuid_policy *p, uint32_t ret[CPU_FEATURE_WORDS]);

/*
 * Back-ends of domctl get/set_cpu_policy (those of the sysctls are in arch_ctl.h). Counts are in and out; a zero
 * address asks for the size. -ENOBUFS (more than fits), -EFAULT, -ENOMEM.
 */
int arch_domctl_get_cpu_policy(struct domain *d, uint32_t *nr_leaves, guest_va_t leaves, uint32_t *nr_msrs,
                               guest_va_t msrs);
/* d must not have run. -E2BIG (too many), -ERANGE (unknown leaf or MSR: ret_err[leaf, subleaf, msr]), -EINVAL. */
int arch_domctl_set_cpu_policy(struct domain *d, uint32_t nr_leaves, guest_va_t leaves, uint32_t nr_msrs,
                               guest_va_t msrs, uint32_t ret_err[3]);

/* --- the machine (host_cpuid.c; tests have their own) --- */
void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t ret[4]);
int host_rdmsr(uint32_t msr, uint64_t *ret); /* 0, or -EPERM: no such register */
int host_wrmsr(uint32_t msr, uint64_t value);
uint64_t host_tsc(void);

#endif
