/* SPDX-License-Identifier: GPL-2.0-only */
/* Runtime of the test kernels: output, faults, hypercalls. */
#include "guest.h"

#include <stdarg.h>

/* What trap_common pushes, and the processor. Registers of the 32-bit frame have the names of the 64-bit one. */
struct frame {
#ifdef __x86_64__
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
#else
    uint32_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint32_t vector, error, rip, cs, rflags;
#endif
};

extern char trap_stubs[];
void trap_handler(struct frame *f);
void guest_main(const struct hvm_start_info *info);

static struct {
    uint16_t offset_low, selector, flags, offset_mid;
#ifdef __x86_64__
    uint32_t offset_high, reserved;
#endif
} idt[256];
static void (*handlers[256])(void);
static uintptr_t resume_rip, resume_rsp, resume_rbp; /* where catch_fault goes on; 0: not armed */
static int caught;

uint32_t port_in(uint16_t port, unsigned size)
{
    uint32_t v = 0;

    if (size == 1)
        __asm__ __volatile__("inb %w1, %b0" : "+a"(v) : "Nd"(port));
    else if (size == 2)
        __asm__ __volatile__("inw %w1, %w0" : "+a"(v) : "Nd"(port));
    else
        __asm__ __volatile__("inl %w1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    if (size == 1)
        __asm__ __volatile__("outb %b0, %w1" ::"a"(value), "Nd"(port));
    else if (size == 2)
        __asm__ __volatile__("outw %w0, %w1" ::"a"(value), "Nd"(port));
    else
        __asm__ __volatile__("outl %0, %w1" ::"a"(value), "Nd"(port));
}

/* *v /= by (at most 16), returns the remainder; 32-bit code has no 64-bit division of its own. */
static uint32_t divide(uint64_t *v, uint32_t by)
{
    uint64_t q = 0;
    uint32_t rest = 0;

    for (int shift = 48; shift >= 0; shift -= 16) {
        uint32_t part = rest << 16 | (uint16_t)(*v >> shift);

        q |= (uint64_t)(part / by) << shift;
        rest = part % by;
    }
    *v = q;
    return rest;
}

static void put_number(uint64_t v, unsigned base, bool negative)
{
    char buf[24];
    unsigned i = sizeof(buf);

    do
        buf[--i] = "0123456789abcdef"[divide(&v, base)];
    while (v);
    if (negative)
        guest_put('-');
    while (i < sizeof(buf))
        guest_put(buf[i++]);
}

static void put_signed(int64_t v)
{
    put_number(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0);
}

void out(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    for (; *fmt; fmt++) {
        unsigned longs = 0;

        if (*fmt != '%') {
            guest_put(*fmt);
            continue;
        }
        while (*++fmt == 'l')
            longs++;
        if (*fmt == 's')
            for (const char *s = va_arg(ap, const char *); *s; s++)
                guest_put(*s);
        else if (*fmt == 'd')
            put_signed(longs > 1 ? va_arg(ap, long long) : longs ? va_arg(ap, long) : va_arg(ap, int));
        else if (*fmt == 'u' || *fmt == 'x')
            put_number(longs > 1 ? va_arg(ap, unsigned long long) : longs ? va_arg(ap, unsigned long)
                                                                          : va_arg(ap, unsigned),
                       *fmt == 'x' ? 16 : 10, false);
        else
            guest_put(*fmt);
    }
    va_end(ap);
}

void trap_handler(struct frame *f)
{
    if (f->vector < 32 && resume_rip && !handlers[f->vector]) {
        caught = (int)f->vector;
#ifdef __x86_64__
        f->rip = resume_rip;
        f->rsp = resume_rsp;
        f->rbp = resume_rbp;
        resume_rip = 0;
        return;
#else /* the frame has no stack pointer that iret would take: go there at once */
        __asm__ __volatile__("mov %0, %%esp; mov %1, %%ebp; jmp *%2" ::"r"(resume_rsp), "r"(resume_rbp), "r"(resume_rip));
#endif
    }
    if (handlers[f->vector]) {
        handlers[f->vector]();
        return;
    }
    out("unexpected vector %lu error 0x%lx rip 0x%lx\n", (unsigned long)f->vector, (unsigned long)f->error,
        (unsigned long)f->rip);
    guest_exit(99);
}

/* Callee-saved registers of the point to come back to are lost, so everything is declared clobbered. */
int catch_fault(void (*fn)(uint64_t), uint64_t arg)
{
    caught = -1;
#ifdef __x86_64__
    __asm__ __volatile__("lea 1f(%%rip), %%rax\n\t"
                         "mov %%rax, %[rip]\n\t"
                         "mov %%rsp, %[rsp]\n\t"
                         "mov %%rbp, %[rbp]\n\t"
                         "call *%[fn]\n\t"
                         "1:"
                         : [rip] "=m"(resume_rip), [rsp] "=m"(resume_rsp), [rbp] "=m"(resume_rbp), "+D"(arg)
                         : [fn] "r"(fn)
                         : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "rbx", "r12", "r13", "r14", "r15",
                           "memory", "cc");
#else
    uint32_t lo = (uint32_t)arg, hi = (uint32_t)(arg >> 32);

    __asm__ __volatile__("movl $1f, %[rip]\n\t"
                         "push %%edx\n\t"
                         "push %%ecx\n\t"
                         "mov %%esp, %[rsp]\n\t"
                         "mov %%ebp, %[rbp]\n\t"
                         "call *%%eax\n\t"
                         "1: add $8, %%esp"
                         : [rip] "=m"(resume_rip), [rsp] "=m"(resume_rsp), [rbp] "=m"(resume_rbp), "+a"(fn), "+c"(lo),
                           "+d"(hi)
                         :
                         : "ebx", "esi", "edi", "memory", "cc");
#endif
    resume_rip = 0;
    return caught;
}

static uint64_t msr_value;

static void do_rdmsr(uint64_t msr)
{
    uint32_t lo, hi;

    __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"((uint32_t)msr));
    msr_value = (uint64_t)hi << 32 | lo;
}

static void do_wrmsr(uint64_t msr)
{
    __asm__ __volatile__("wrmsr" ::"a"((uint32_t)msr_value), "d"((uint32_t)(msr_value >> 32)), "c"((uint32_t)msr));
}

bool rdmsr_ok(uint32_t msr, uint64_t *ret_value)
{
    if (catch_fault(do_rdmsr, msr) >= 0)
        return false;
    *ret_value = msr_value;
    return true;
}

bool wrmsr_ok(uint32_t msr, uint64_t value)
{
    msr_value = value;
    return catch_fault(do_wrmsr, msr) < 0;
}

uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ __volatile__("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}

uint32_t xen_cpuid_base(void)
{
    uint32_t r[4];

    for (uint32_t base = 0x40000000; base < 0x40010000; base += 0x100) {
        cpuid(base, 0, r);
        if (r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e)
            return base;
    }
    return 0;
}

#ifdef __x86_64__
int64_t hypercall(unsigned nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 __asm__("r10") = a4;
    register uint64_t r8 __asm__("r8") = a5;
    int64_t ret;

    __asm__ __volatile__("vmmcall"
                         : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                         : "a"((uint64_t)nr)
                         : "memory", "rcx", "r9", "r11");
    return ret;
}
#else
/*
 * QEMU marks PAE's top entries accessed, which processors do not: the bit is reserved there, and a hypervisor that walks
 * the tables for an argument finds a fault.
 */
static void clean_top_entries(void)
{
#if PAGING == 2
    extern volatile uint64_t tables[4];

    for (unsigned i = 0; i < 4; i++)
        tables[i] &= ~0x20ull;
#endif
}

int64_t hypercall(unsigned nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint32_t ebx = (uint32_t)a1, ecx = (uint32_t)a2, edx = (uint32_t)a3, esi = (uint32_t)a4, edi = (uint32_t)a5;
    int32_t ret;

    clean_top_entries();
    __asm__ __volatile__("vmmcall"
                         : "=a"(ret), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi), "+D"(edi)
                         : "a"(nr)
                         : "memory");
    return ret;
}
#endif

void set_handler(uint8_t vector, void (*handler)(void))
{
    handlers[vector] = handler;
}

bool wait_for(volatile bool *flag)
{
    uint64_t end = rdtsc() + 4000000000ull;

    while (!*flag && rdtsc() < end)
        __asm__ __volatile__("sti; nop; nop; cli" ::: "memory");
    return *flag;
}

static void idt_init(void)
{
    static struct {
        uint16_t limit;
        uintptr_t base;
    } __attribute__((packed)) pointer;

    for (unsigned i = 0; i < 256; i++) {
        uintptr_t stub = (uintptr_t)trap_stubs + i * 16;

        idt[i].offset_low = (uint16_t)stub;
        idt[i].offset_mid = (uint16_t)(stub >> 16);
#ifdef __x86_64__
        idt[i].offset_high = (uint32_t)(stub >> 32);
#endif
        idt[i].selector = 8;
        idt[i].flags = 0x8e00;
    }
    pointer.limit = sizeof(idt) - 1;
    pointer.base = (uintptr_t)idt;
    __asm__ __volatile__("lidt %0" ::"m"(pointer));
}

void guest_main(const struct hvm_start_info *info)
{
    idt_init();
    guest_test(info);
    guest_exit(0);
}
