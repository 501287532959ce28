/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that C has no words for, and the machine constants that go with them. */
#ifndef XENOLITH_ASM_H
#define XENOLITH_ASM_H

#include "errno.h"
#include "types.h"

#define CR0_PE (1UL << 0)
#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_ET (1UL << 4)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)
#define CR0_AM (1UL << 18)
#define CR0_NW (1UL << 29)
#define CR0_CD (1UL << 30)
#define CR0_PG (1UL << 31)

#define CR4_PSE (1UL << 4)
#define CR4_PAE (1UL << 5)
#define CR4_MCE (1UL << 6)
#define CR4_PGE (1UL << 7)
#define CR4_OSFXSR (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_OSXSAVE (1UL << 18)
#define CR4_SMEP (1UL << 20)
#define CR4_SMAP (1UL << 21)

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_BSP (1UL << 8)
#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define MSR_X2APIC_FIRST 0x800
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_PAT 0x277
#define MSR_EFER 0xc0000080
#define EFER_SCE (1UL << 0)
#define EFER_LME (1UL << 8)
#define EFER_NXE (1UL << 11)
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ __volatile__("outb %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ __volatile__("outw %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ __volatile__("outl %0, %1" ::"a"(v), "Nd"(port));
}
static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ __volatile__("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint16_t inw(uint16_t port)
{
    uint16_t v;
    __asm__ __volatile__("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    __asm__ __volatile__("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};
static inline struct cpuid cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ __volatile__("cpuid"
                         : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                         : "a"(leaf), "c"(subleaf));
    return r;
}
static inline struct cpuid cpuid(uint32_t leaf)
{
    return cpuid_count(leaf, 0);
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;
    __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ __volatile__("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

/* A fault at `from` continues at `to` instead of ending in a panic (traps.c searches the table). */
#define FAULT_FIXUP(from, to)                          \
    ".pushsection .fault_fixups, \"a\"\n\t"            \
    ".balign 8\n\t.quad " #from ", " #to "\n\t.popsection\n\t"

/* 0, or -EPERM when the register does not exist here or refuses the value. */
static inline int rdmsr_safe(uint32_t msr, uint64_t *ret_value)
{
    uint32_t lo = 0, hi = 0;
    int error = -EPERM;
    __asm__ __volatile__("1: rdmsr\n\txorl %[error], %[error]\n2:\n\t" FAULT_FIXUP(1b, 2b)
                         : "+a"(lo), "+d"(hi), [error] "+r"(error)
                         : "c"(msr));
    if (!error)
        *ret_value = (uint64_t)hi << 32 | lo;
    return error;
}
static inline int wrmsr_safe(uint32_t msr, uint64_t v)
{
    int error = -EPERM;
    __asm__ __volatile__("1: wrmsr\n\txorl %[error], %[error]\n2:\n\t" FAULT_FIXUP(1b, 2b)
                         : [error] "+r"(error)
                         : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                         : "memory");
    return error;
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    __asm__ __volatile__("lfence\n\trdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (uint64_t)hi << 32 | lo;
}

#define DEFINE_CR(n)                                                         \
    static inline uint64_t read_cr##n(void)                                  \
    {                                                                        \
        uint64_t v;                                                          \
        __asm__ __volatile__("mov %%cr" #n ", %0" : "=r"(v)::"memory");      \
        return v;                                                            \
    }                                                                        \
    static inline void write_cr##n(uint64_t v)                               \
    {                                                                        \
        __asm__ __volatile__("mov %0, %%cr" #n ::"r"(v) : "memory");         \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

static inline void invlpg(const void *va)
{
    __asm__ __volatile__("invlpg (%0)" ::"r"(va) : "memory");
}
static inline void interrupts_disable(void)
{
    __asm__ __volatile__("cli" ::: "memory");
}
/* Let what is pending in, then close the door again. */
static inline void interrupts_window(void)
{
    __asm__ __volatile__("sti\n\tnop\n\tnop\n\tcli" ::: "memory");
}
static inline void interrupts_halt(void)
{
    __asm__ __volatile__("sti\n\thlt\n\tcli" ::: "memory");
}
static inline void cpu_stop(void) __noreturn;
static inline void cpu_stop(void)
{
    for (;;)
        __asm__ __volatile__("cli\n\thlt" ::: "memory");
}

#endif
