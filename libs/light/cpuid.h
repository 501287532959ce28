/* SPDX-License-Identifier: LGPL-2.1-only */
/* What a configuration asks for on top of a domain's CPUID policy: bits of registers of leaves, and of MSRs. */
#ifndef XENOLITH_LIGHT_CPUID_H
#define XENOLITH_LIGHT_CPUID_H

#include <libxl.h>
#include <stddef.h>

#define CPUID_NO_SUBLEAF 0xffffffffu

/*
 * A character for each bit, the highest first: '0', '1', 'x' the policy's, 'k' the host's, 's' the host's, kept over
 * migration. An empty string says nothing about the register.
 */
struct cpuid_leaf {
    uint32_t leaf, subleaf;
    char registers[4][33]; /* eax, ebx, ecx, edx */
};

struct cpuid_msr {
    uint32_t index;
    char bits[65];
};

struct libxl__cpu_policy {
    struct cpuid_leaf *leaves;
    size_t nr_leaves;
    struct cpuid_msr *msrs;
    size_t nr_msrs;
};

extern const char *const cpuid_register_names[4];

/* The row of a leaf or MSR, made when there is none; makes *list too. NULL: no memory. */
struct cpuid_leaf *cpuid_list_leaf(libxl_cpuid_policy_list *list, uint32_t leaf, uint32_t subleaf);
struct cpuid_msr *cpuid_list_msr(libxl_cpuid_policy_list *list, uint32_t index);
/* -ENOMEM. */
int cpuid_list_copy(libxl_cpuid_policy_list *dst, const libxl_cpuid_policy_list *src);

#endif
