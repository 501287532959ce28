/* SPDX-License-Identifier: GPL-2.0-only */
/* Runtime of the test kernels: output, faults, hypercalls. */
#include "guest.h"

#include <stdarg.h>

#define COM2 0x2f8
#define DEBUG_EXIT_PORT 0xf4

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

extern char trap_stubs[];
void trap_handler(struct frame *f);
void guest_main(const struct hvm_start_info *info);

static struct {
    uint16_t offset_low, selector, flags, offset_mid;
    uint32_t offset_high, reserved;
} idt[256];
static void (*handlers[256])(void);
static uint64_t resume_rip, resume_rsp, resume_rbp; /* where catch_fault goes on; 0: not armed */
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

static void put(char c)
{
    while (!(port_in(COM2 + 5, 1) & 0x20))
        ;
    port_out(COM2, 1, (uint8_t)c);
}

static void put_number(uint64_t v, unsigned base, bool negative)
{
    char buf[24];
    unsigned i = sizeof(buf);

    do
        buf[--i] = "0123456789abcdef"[v % base];
    while (v /= base);
    if (negative)
        put('-');
    while (i < sizeof(buf))
        put(buf[i++]);
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
        bool is_long = false;

        if (*fmt != '%') {
            put(*fmt);
            continue;
        }
        if (*++fmt == 'l') {
            is_long = true;
            fmt++;
        }
        if (*fmt == 's')
            for (const char *s = va_arg(ap, const char *); *s; s++)
                put(*s);
        else if (*fmt == 'd')
            put_signed(is_long ? va_arg(ap, int64_t) : va_arg(ap, int));
        else if (*fmt == 'u' || *fmt == 'x')
            put_number(is_long ? va_arg(ap, uint64_t) : va_arg(ap, unsigned), *fmt == 'x' ? 16 : 10, false);
        else
            put(*fmt);
    }
    va_end(ap);
}

void guest_exit(unsigned status)
{
    port_out(DEBUG_EXIT_PORT, 4, status);
    for (;;)
        __asm__ __volatile__("cli; hlt");
}

void trap_handler(struct frame *f)
{
    if (f->vector < 32 && resume_rip && !handlers[f->vector]) {
        caught = (int)f->vector;
        f->rip = resume_rip;
        f->rsp = resume_rsp;
        f->rbp = resume_rbp;
        resume_rip = 0;
        return;
    }
    if (handlers[f->vector]) {
        handlers[f->vector]();
        return;
    }
    out("unexpected vector %lu error 0x%lx rip 0x%lx\n", f->vector, f->error, f->rip);
    guest_exit(99);
}

/* Callee-saved registers of the point to come back to are lost, so everything is declared clobbered. */
int catch_fault(void (*fn)(uint64_t), uint64_t arg)
{
    caught = -1;
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
        uint64_t base;
    } __attribute__((packed)) pointer;

    for (unsigned i = 0; i < 256; i++) {
        uint64_t stub = (uint64_t)trap_stubs + i * 16;

        idt[i].offset_low = (uint16_t)stub;
        idt[i].offset_mid = (uint16_t)(stub >> 16);
        idt[i].offset_high = (uint32_t)(stub >> 32);
        idt[i].selector = 8;
        idt[i].flags = 0x8e00;
    }
    pointer.limit = sizeof(idt) - 1;
    pointer.base = (uint64_t)idt;
    __asm__ __volatile__("lidt %0" ::"m"(pointer));
}

void guest_main(const struct hvm_start_info *info)
{
    idt_init();
    guest_test(info);
    guest_exit(0);
}
