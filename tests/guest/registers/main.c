/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose registers are known (registers.S), for tests/system/core-dump.sh: of its vCPUs, which are four, 0 stays in
 * the kernel's mode, 1 in user mode, 2 goes down and 3 is never started.
 */
#include "guest.h"

#include "public/vcpu.h"

#define APIC(reg) (*(volatile uint32_t *)(0xfee00000ul + (reg) * 16))
#define TRAMPOLINE 0x8000ul
#define KERNEL 0x9000ul /* where vCPU 0 stays; its byte is 0x100 above */
#define USER 0x9800ul
#define TABLES 0xa000ul /* a copy of the page tables' top, which user mode may use */
#define DONE 0x100

void stay_kernel(void) __attribute__((noreturn));
void stay_user(void);
void go_down(void);
void last_vcpu(void);

extern const char trampoline[], trampoline_end[];
extern void (*volatile ap_entry)(void);

static volatile char *done(unsigned long place)
{
    return (char *)(place + DONE);
}

/* movb $1, place + DONE; jmp to itself */
static void put_code(unsigned long place)
{
    char code[] = { (char)0xc6, 0x04, 0x25, (char)(place + DONE), (char)((place + DONE) >> 8), 0, 0, 1, (char)0xeb, (char)0xfe };

    __builtin_memcpy((void *)place, code, sizeof(code));
    *done(place) = 0;
}

static void put_tables(void)
{
    uint64_t cr3, *pml4, *pdpt, *pd;

    __asm__("mov %%cr3, %0" : "=r"(cr3));
    pml4 = (uint64_t *)cr3;
    pml4[0] |= 4;
    pdpt = (uint64_t *)(pml4[0] & ~0xffful);
    pdpt[0] |= 4;
    pd = (uint64_t *)(pdpt[0] & ~0xffful);
    pd[0] |= 4;
    __builtin_memcpy((void *)TABLES, pml4, PAGE_SIZE);
}

static void start(unsigned vcpu, void (*entry)(void))
{
    ap_entry = entry;
    APIC(0x31) = vcpu << 25;
    APIC(0x30) = 0x4500; /* INIT */
    APIC(0x31) = vcpu << 25;
    APIC(0x30) = 0x4600 | TRAMPOLINE >> 12;
}

void last_vcpu(void)
{
    while (!*done(KERNEL) || !*done(USER))
        __asm__ __volatile__("pause");
    out("registers are set\n");
    hypercall2(__HYPERVISOR_vcpu_op, VCPUOP_down, 2);
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    __builtin_memcpy((void *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
    put_code(KERNEL);
    put_code(USER);
    put_tables();
    start(1, stay_user);
    while (!*done(USER))
        __asm__ __volatile__("pause");
    start(2, go_down);
    stay_kernel();
}
