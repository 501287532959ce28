/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged and odd instructions, one function each. */
#ifndef XENOLITH_INSN_H
#define XENOLITH_INSN_H

#include "types.h"

#define MSR_EFER 0xc0000080

static inline void insn_cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ __volatile__("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}
static inline uint64_t insn_rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}
static inline void insn_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ __volatile__("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr) : "memory");
}
static inline uint64_t insn_rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}
static inline void insn_vmsave(paddr_t vmcb)
{
    __asm__ __volatile__("vmsave %%rax" ::"a"(vmcb) : "memory");
}
static inline uint64_t insn_read_cr4(void)
{
    uint64_t v;

    __asm__ __volatile__("mov %%cr4, %0" : "=r"(v));
    return v;
}
static inline void insn_write_cr4(uint64_t v)
{
    __asm__ __volatile__("mov %0, %%cr4" ::"r"(v) : "memory");
}
static inline void insn_xsetbv(uint32_t reg, uint64_t value)
{
    __asm__ __volatile__("xsetbv" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(reg));
}
static inline uint64_t insn_xgetbv(uint32_t reg)
{
    uint32_t lo, hi;

    __asm__ __volatile__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(reg));
    return (uint64_t)hi << 32 | lo;
}
static inline void insn_xsave(void *area, uint64_t mask)
{
    __asm__ __volatile__("xsave64 (%0)" ::"r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}
static inline void insn_xrstor(const void *area, uint64_t mask)
{
    __asm__ __volatile__("xrstor64 (%0)" ::"r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}
static inline void insn_fxsave(void *area)
{
    __asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
}
static inline void insn_fxrstor(const void *area)
{
    __asm__ __volatile__("fxrstor64 (%0)" ::"r"(area) : "memory");
}
static inline void insn_read_breakpoints(uint64_t dr[4])
{
    __asm__ __volatile__("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                         : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
}
static inline void insn_write_breakpoints(const uint64_t dr[4])
{
    __asm__ __volatile__("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3" ::"r"(dr[0]), "r"(dr[1]), "r"(dr[2]),
                         "r"(dr[3]));
}

#endif
