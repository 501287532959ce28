/* SPDX-License-Identifier: GPL-2.0-only */
/* A second vCPU, started by INIT and SIPI: states on the way, IPIs to it and back, INIT in the middle of its work. */
#include "guest.h"

#include "public/vcpu.h"

#define APIC(reg) (*(volatile uint32_t *)(0xfee00000ul + (reg) * 16))
#define TRAMPOLINE 0x8000ul
#define MARK (*(volatile uint32_t *)(TRAMPOLINE + 0x800))
#define VECTOR 0x41

static volatile bool answered;

static void on_ipi(void)
{
    APIC(0x0b) = 0;
    answered = true;
}

static void icr(uint32_t apic_id, uint32_t low)
{
    APIC(0x31) = apic_id << 24;
    APIC(0x30) = low;
}

static bool wait_mark(uint32_t value)
{
    uint64_t end = rdtsc() + 4000000000ull;

    while (MARK != value && rdtsc() < end)
        __asm__ __volatile__("pause");
    return MARK == value;
}

/*
 * Real mode at 0800:0000, cs = 0x800: adds 1 to MARK, sends VECTOR to APIC 0 through a flat 32-bit segment ("unreal"
 * mode is not needed: FEE00000 is reached after a switch to protected mode), spins.
 */
static const uint8_t trampoline[] = {
    0xfa,                                     /* cli */
    0x8c, 0xc8, 0x8e, 0xd8,                   /* mov %cs, %ax; mov %ax, %ds */
    0x66, 0xff, 0x06, 0x00, 0x08,             /* incl MARK */
    0x0f, 0x01, 0x16, 0x40, 0x00,             /* lgdt 0x40 */
    0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, /* CR0.PE */
    0x66, 0xea, 0x60, 0x80, 0x00, 0x00, 0x08, 0x00, /* ljmpl $8, $0x8060 */
};
static const uint8_t pointer[] = { 23, 0, 0x48, 0x80, 0, 0 };
static const uint64_t gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
static const uint8_t code32[] = {
    0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8,                         /* ds = 0x10 */
    0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01, 0x00, 0x00, /* SVR = 0x1ff */
    0xa1, 0x20, 0x00, 0xe0, 0xfe, 0xa3, 0x04, 0x88, 0x00, 0x00, /* its ID to 0x8804 */
    0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x00, /* ICR2: APIC 0 */
    0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, VECTOR, 0x00, 0x00, 0x00, /* ICR: fixed */
    0xf3, 0x90, 0xeb, 0xfc, /* pause for ever: HLT with interrupts disabled would take it down */
};

static void put_trampoline(void)
{
    __builtin_memcpy((void *)TRAMPOLINE, trampoline, sizeof(trampoline));
    __builtin_memcpy((void *)(TRAMPOLINE + 0x40), pointer, sizeof(pointer));
    __builtin_memcpy((void *)(TRAMPOLINE + 0x48), gdt, sizeof(gdt));
    __builtin_memcpy((void *)(TRAMPOLINE + 0x60), code32, sizeof(code32));
    MARK = 0;
}

static int64_t is_up(unsigned vcpu)
{
    return hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, vcpu, 0);
}

static void start(const char *what, uint32_t mark)
{
    answered = false;
    icr(2, 0x4500); /* INIT */
    icr(2, 0x4600 | TRAMPOLINE >> 12);
    out("%s: ran %d\n", what, wait_mark(mark));
    out("%s: IPI from it %d\n", what, wait_for(&answered));
    out("%s: its APIC ID 0x%x up %ld\n", what, *(volatile uint32_t *)(TRAMPOLINE + 0x804), is_up(1));
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    set_handler(VECTOR, on_ipi);
    APIC(0x0f) = 0x1ff;
    put_trampoline();
    out("up at first: %ld %ld\n", is_up(0), is_up(1));
    out("VCPUOP_up before it has a state: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0));
    start("first start", 1);
    icr(2, 0x4600 | TRAMPOLINE >> 12);
    for (volatile unsigned i = 0; i < 100000; i++)
        ;
    out("SIPI while it runs is ignored: %d\n", MARK == 1);
    start("second start", 2);
    out("down: %ld", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0));
    out(" up %ld\n", is_up(1));
    out("up: %ld", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0));
    out(" up %ld\n", is_up(1));
    start("third start", 3);
}
