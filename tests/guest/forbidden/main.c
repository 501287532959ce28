/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions, registers and addresses that a guest must not reach: each gives its fault or reads ones. */
#include "guest.h"

static void do_vmrun(uint64_t a)
{
    __asm__ __volatile__("vmrun %%rax" ::"a"(a));
}
static void do_vmload(uint64_t a)
{
    __asm__ __volatile__("vmload %%rax" ::"a"(a));
}
static void do_stgi(uint64_t a)
{
    (void)a;
    __asm__ __volatile__("stgi");
}
static void do_rdpmc(uint64_t a)
{
    __asm__ __volatile__("rdpmc" ::"c"((uint32_t)a) : "eax", "edx");
}
static void do_mwait(uint64_t a)
{
    __asm__ __volatile__("mwait" ::"a"(a), "c"(0));
}
static void do_xsetbv(uint64_t a)
{
    __asm__ __volatile__("xsetbv" ::"a"((uint32_t)a), "d"((uint32_t)(a >> 32)), "c"(0));
}
static void do_ud2(uint64_t a)
{
    (void)a;
    __asm__ __volatile__("ud2");
}

static void msr(const char *what, uint32_t index)
{
    uint64_t v = 0;
    bool ok = rdmsr_ok(index, &v);

    out("rdmsr %s: %s\n", what, ok ? "value" : "#GP");
}

static void msr_write(const char *what, uint32_t index, uint64_t value)
{
    out("wrmsr %s: %s\n", what, wrmsr_ok(index, value) ? "done" : "#GP");
}

static volatile uint64_t sink;
static void do_read(uint64_t a)
{
    sink = *(volatile uint32_t *)a;
}

/* The instruction behind has to be reached at its first byte: each turns its sum into another. */
static unsigned prefixed(void)
{
    unsigned sum = 0, a = 0, c = 0;

    __asm__ __volatile__(".byte 0x3e, 0x66; cpuid; add $1, %0" : "+S"(sum), "+a"(a), "+c"(c) : : "rbx", "rdx");
    __asm__ __volatile__(".byte 0x3e; rdmsr; add $2, %0" : "+S"(sum) : "c"(0x1b) : "rax", "rdx");
    __asm__ __volatile__(".byte 0x66, 0x48; rdmsr; add $4, %0" : "+S"(sum) : "c"(0x1b) : "rax", "rdx");
    __asm__ __volatile__(".byte 0x2e; pause; add $8, %0" : "+S"(sum));
    return sum;
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    out("ud2: vector %d\n", catch_fault(do_ud2, 0));
    out("vmrun: vector %d\n", catch_fault(do_vmrun, 0x1000));
    out("vmload: vector %d\n", catch_fault(do_vmload, 0x1000));
    out("stgi: vector %d\n", catch_fault(do_stgi, 0));
    out("rdpmc: vector %d\n", catch_fault(do_rdpmc, 0));
    out("mwait: vector %d\n", catch_fault(do_mwait, 0));
    out("xsetbv without OSXSAVE: vector %d\n", catch_fault(do_xsetbv, 1));
    out("instructions with prefixes: %u\n", prefixed());
    msr("EFER", 0xc0000080);
    msr("APIC_BASE", 0x1b);
    msr("VM_HSAVE_PA", 0xc0010117);
    msr("unknown 0x12345", 0x12345);
    msr("x2APIC ID while in xAPIC mode", 0x802);
    msr_write("EFER with reserved bits", 0xc0000080, 1ull << 40 | 0x500);
    msr_write("APIC_BASE with reserved bits", 0x1b, 1ull << 60);
    msr_write("VM_HSAVE_PA", 0xc0010117, 0x1000);
    msr_write("unknown 0x12345", 0x12345, 1);
    msr_write("PAT bad type", 0x277, 0x0202020202020202ull);
    out("COM1 line status: 0x%x\n", port_in(0x3fd, 1));
    out("PIT: 0x%x\n", port_in(0x40, 1));
    out("PIC: 0x%x\n", port_in(0x21, 1));
    out("unclaimed port 0x1ff0: 0x%x\n", port_in(0x1ff0, 4));
    out("read of a hole at 0xf4000000: vector %d", catch_fault(do_read, 0xf4000000));
    out(" value 0x%lx\n", sink);
}
