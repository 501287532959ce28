/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions and interrupts of the hypervisor itself: the IDT and where each vector goes. */
#include "cpu.h"
#include "asm.h"
#include "host_cpu.h"
#include "log.h"

#define NR_EXCEPTIONS 32
#define TRAP_NMI 2
#define TRAP_DF 8
#define TRAP_PF 14
#define TRAP_MC 18

struct idt_gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct idt_gate) == 16, "hardware layout");

struct fault_fixup {
    uint64_t from, to;
};

extern const char trap_stubs[];
extern const struct fault_fixup fault_fixups_start[], fault_fixups_end[];

static struct idt_gate idt[256] __aligned(16);

static const char *const exception_name[NR_EXCEPTIONS] = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "device not available",
    "double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack fault", "general protection",
    "page fault", "reserved", "x87 error", "alignment check", "machine check", "SIMD error", "virtualization",
    "control protection", "reserved", "reserved", "reserved", "reserved", "reserved", "reserved", "hypervisor injection",
    "VMM communication", "security", "reserved",
};

static uint8_t ist_of(unsigned vector)
{
    switch (vector) {
    case TRAP_NMI:
        return 1;
    case TRAP_DF:
        return 2;
    case TRAP_MC:
        return 3;
    default:
        return 0;
    }
}

void idt_build(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(idt); i++) {
        uint64_t entry = (uint64_t)trap_stubs + i * 16;
        idt[i] = (struct idt_gate){
            .offset_low = (uint16_t)entry,
            .offset_mid = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
            .selector = HOST_CS,
            .ist = 0, /* desc_init of the boot CPU runs before it has IST stacks */
            .type = 0x8e,
        };
    }
}

static void idt_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed pointer = { sizeof(idt) - 1, (uint64_t)idt };
    __asm__ __volatile__("lidt %0" ::"m"(pointer));
}

void desc_init(struct host_cpu *hc)
{
    uint64_t tss = (uint64_t)&hc->tss;
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed pointer = { sizeof(hc->gdt) - 1, (uint64_t)hc->gdt };

    hc->gdt[HOST_CS / 8] = 0x00af9b000000ffff;
    hc->gdt[HOST_DS / 8] = 0x00cf93000000ffff;
    hc->gdt[HOST_CS32 / 8] = 0;
    hc->gdt[HOST_TSS / 8] = (sizeof(hc->tss) - 1) | (tss & 0xffffff) << 16 | 0x89ULL << 40 | (tss >> 24 & 0xff) << 56;
    hc->gdt[HOST_TSS / 8 + 1] = tss >> 32;
    hc->tss.iomap = sizeof(hc->tss);
    __asm__ __volatile__("lgdt %0" ::"m"(pointer));
    __asm__ __volatile__("pushq %0\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n1:" ::"i"(HOST_CS) : "rax", "memory");
    __asm__ __volatile__("ltr %w0" ::"r"(HOST_TSS));
    idt_load();
}

int desc_alloc_stacks(struct host_cpu *hc)
{
    char *stack = map_guarded_stack(STACK_SIZE);
    if (!stack)
        return -ENOMEM;
    hc->stack_top = (uint64_t)stack + STACK_SIZE;
    for (unsigned i = 0; i < 3; i++) {
        char *ist = map_guarded_stack(IST_STACK_SIZE);
        if (!ist)
            return -ENOMEM;
        hc->tss.ist[i] = (uint64_t)ist + IST_STACK_SIZE;
    }
    /* Gates are shared; from the boot CPU's stacks on, every CPU that loads the table has its own. */
    for (unsigned i = 0; i < NR_EXCEPTIONS; i++)
        idt[i].ist = ist_of(i);
    return 0;
}

static bool fault_fixup(struct trap_frame *f)
{
    for (const struct fault_fixup *x = fault_fixups_start; x < fault_fixups_end; x++) {
        if (x->from == f->rip) {
            f->rip = x->to;
            return true;
        }
    }
    return false;
}

static void exception(struct trap_frame *f)
{
    struct host_cpu *hc = this_host_cpu();

    if (f->vector == TRAP_NMI) {
        hc->nmi_count++;
        panic_nmi();
        return;
    }
    if (f->vector != TRAP_DF && f->vector != TRAP_MC && fault_fixup(f))
        return;
    hc->trap = f;
    if (f->vector == TRAP_PF)
        panic("page fault at %#lx, error %#lx, address %#lx", f->rip, f->error, read_cr2());
    panic("%s at %#lx, error %#lx", exception_name[f->vector], f->rip, f->error);
}

void trap_dispatch(struct trap_frame *f);
void trap_dispatch(struct trap_frame *f)
{
    struct host_cpu *hc = this_host_cpu();

    if (f->vector < NR_EXCEPTIONS) {
        exception(f);
        return;
    }
    switch (f->vector) {
    case VECTOR_TIMER:
        hc->timer_interrupts++;
        __atomic_fetch_or(&this_cpu()->work,
                          1ULL << WORK_TIMER | (serial_polled && !hc->id ? 1ULL << WORK_CONSOLE : 0), __ATOMIC_SEQ_CST);
        apic_eoi();
        break;
    case VECTOR_KICK: /* its arrival is the message: the work bits are set already */
        hc->kick_interrupts++;
        apic_eoi();
        break;
    case VECTOR_ERROR:
        apic_eoi();
        log_warn("local APIC error interrupt\n");
        break;
    case VECTOR_SPURIOUS:
        break;
    default:
        if (f->vector >= VECTOR_DEVICE && f->vector <= VECTOR_DEVICE_END)
            vector_interrupt((uint8_t)f->vector);
        break; /* below: a masked PIC's spurious interrupt, to which no one replies */
    }
}
