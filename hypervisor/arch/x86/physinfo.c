/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine as `xl info` shows it: topology, clock, capability words. */
#include "arch_ctl.h"
#include "cpuid.h"
#include "hv.h"
#include "lib.h"
#include "public/sysctl.h"

/* One socket's threads and cores. AMD: leaf 0x8000001e; Intel and others: leaf 0xb, levels of the x2APIC ID. */
static void topology(uint32_t *ret_threads, uint32_t *ret_cores)
{
    const struct cpuid_policy *raw = &cpu_policies[CPU_POLICY_RAW];
    uint32_t threads = 1, per_socket = raw->basic[1].b >> 16 & 0xff;

    if (raw->ext[0].a >= CPUID_EXT_BASE + 0x1e)
        threads = (raw->ext[0x1e].b >> 8 & 0xff) + 1;
    else if (raw->topo[0].b)
        threads = raw->topo[0].b & 0xffff;
    if (raw->topo[1].b)
        per_socket = raw->topo[1].b & 0xffff;
    else if (raw->ext[0].a >= CPUID_EXT_BASE + 8 && (raw->ext[8].c & 0xff))
        per_socket = (raw->ext[8].c & 0xff) + 1;
    *ret_threads = threads;
    *ret_cores = (uint32_t)max_u64(per_socket / threads, 1);
}

#define SEP_BIT (1u << 11)
#define OSXSAVE_BIT (1u << 27)
#define AMD_REPEATED 0x0183f3ffu /* bits of 0x80000001 EDX that AMD takes over from leaf 1 EDX */

void arch_physinfo(struct xen_sysctl_physinfo *info)
{
    uint32_t words[CPU_FEATURE_WORDS];

    topology(&info->threads_per_core, &info->cores_per_socket);
    info->cpu_khz = (uint32_t)host.tsc_khz;
    info->arch_capabilities = 0; /* no assisted APIC */
    cpu_policy_features(&cpu_policies[CPU_POLICY_HOST], words);
    /* As stock shows them: OSXSAVE is a mode, not a feature; AMD repeats half of leaf 1 and has no SYSENTER in long mode. */
    words[1] &= ~OSXSAVE_BIT;
    if (words[2] & AMD_REPEATED) {
        words[0] &= ~SEP_BIT;
        words[2] &= ~AMD_REPEATED;
    }
    memcpy(info->hw_cap, words, sizeof(info->hw_cap));
}
