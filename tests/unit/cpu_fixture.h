/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up AMD machine for tests of CPUID policies and MSRs, and the few functions of other files that they call. */
#ifndef TEST_CPU_FIXTURE_H
#define TEST_CPU_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "cpuid.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "page.h"
#include "vcpu_regs.h"

struct fixture_leaf {
    uint32_t leaf, sub, r[4];
};

/* Every feature bit is set, so that what is missing in a guest was taken away by us. */
static struct fixture_leaf fixture_leaves[] = {
    { 0, 0, { 0x10, 0x68747541, 0x444d4163, 0x69746e65 } },
    { 1, 0, { 0x00800f12, 0x07080899, 0xffffffff, 0xffffffff } },
    { 5, 0, { 0x40, 0x40, 3, 0x11 } },
    { 6, 0, { 4, 0, 1, 0 } },
    { 7, 0, { 9, 0xffffffff, 0xffffffff, 0xffffffff } },
    { 7, 1, { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
    { 7, 2, { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
    { 0xa, 0, { 0x07300401, 0, 0, 0x603 } },
    { 0xb, 0, { 1, 2, 0x100, 7 } },
    { 0xd, 0, { 0x207, 0xa88, 0xa88, 0 } },
    { 0xd, 1, { 0xf, 0x340, 0, 0 } },
    { 0xd, 2, { 256, 576, 0, 0 } },
    { 0xd, 9, { 8, 0xa80, 0, 0 } },
    { 0x80000000, 0, { 0x80000021, 0x68747541, 0x444d4163, 0x69746e65 } },
    { 0x80000001, 0, { 0x00800f12, 0x40000000, 0xffffffff, 0xffffffff } },
    { 0x80000002, 0, { 0x20444d41, 0x43595045, 0, 0 } },
    { 0x80000005, 0, { 0xff40ff40, 0xff40ff40, 0x20080140, 0x40040140 } },
    { 0x80000007, 0, { 0, 0x1b, 0, 0xffffffff } },
    { 0x80000008, 0, { 0x00303030, 0xffffffff, 0x00014007, 0x00010007 } },
    { 0x8000000a, 0, { 1, 0x8000, 0, 0xffffffff } },
    { 0x8000001b, 0, { 0x3ff, 0, 0, 0 } },
    { 0x8000001d, 0, { 0x4121, 0, 0, 0 } },
    { 0x8000001e, 0, { 7, 0x103, 0, 0 } },
    { 0x80000021, 0, { 0xffffffff, 0x5a, 0xffffffff, 0x5a } },
};

void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    memset(ret, 0, 16);
    for (size_t i = 0; i < ARRAY_SIZE(fixture_leaves); i++)
        if (fixture_leaves[i].leaf == leaf && fixture_leaves[i].sub == sub)
            memcpy(ret, fixture_leaves[i].r, 16);
}

static uint64_t fixture_cr0, fixture_cr4, fixture_efer, fixture_pat;

uint64_t arch_vcpu_cr0(const struct vcpu *v)
{
    (void)v;
    return fixture_cr0;
}
uint64_t arch_vcpu_cr4(const struct vcpu *v)
{
    (void)v;
    return fixture_cr4;
}

struct host host;

void *hv_zalloc(size_t size)
{
    return calloc(1, size);
}
void hv_free(void *p)
{
    free(p);
}

static struct domain fixture_domain;
static struct vcpu fixture_vcpu = { .domain = &fixture_domain };

static inline void fixture_start(bool privileged, unsigned nr_vcpus, unsigned vcpu_id)
{
    cpuid_domain_destroy(&fixture_domain);
    cpu_policy_init();
    fixture_domain.id = privileged ? 0 : 3;
    fixture_domain.privileged = privileged;
    fixture_domain.config.max_vcpus = nr_vcpus;
    fixture_vcpu.id = vcpu_id;
    fixture_vcpu.arch.xcr0 = 1;
    fixture_cr0 = fixture_cr4 = fixture_efer = fixture_pat = 0;
    if (cpuid_domain_init(&fixture_domain))
        abort();
}

#endif
