/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions behind CPUID policies and MSR tables, apart from them so that those are tested on the host. */
#include "asm.h"
#include "cpuid.h"

void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    struct cpuid r = cpuid_count(leaf, sub);

    ret[0] = r.eax;
    ret[1] = r.ebx;
    ret[2] = r.ecx;
    ret[3] = r.edx;
}

int host_rdmsr(uint32_t msr, uint64_t *ret)
{
    return rdmsr_safe(msr, ret);
}

int host_wrmsr(uint32_t msr, uint64_t value)
{
    return wrmsr_safe(msr, value);
}

uint64_t host_tsc(void)
{
    return rdtsc();
}
