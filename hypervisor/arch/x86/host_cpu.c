/* SPDX-License-Identifier: GPL-2.0-only */
/* The boot path in C up to hv_main(), CPU control registers, and the small machine operations of arch.h. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "console.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"
#include "page.h"

void boot_start(uint32_t magic, uint32_t info) __noreturn;
void stack_switch_call(uint64_t stack_top, void (*fn)(void)) __noreturn;

extern char image_end[];

struct cpu boot_cpu = { .self = &boot_cpu };
struct host_cpu boot_host_cpu = { .self = &boot_host_cpu, .canary = 0x5f3c9a0e71d2b600 };

void arch_relax(void)
{
    __asm__ __volatile__("pause");
}

void arch_take_interrupts(void)
{
    interrupts_window();
}

void arch_idle(void)
{
    /* STI takes effect after the next instruction: nothing can come between the test and HLT unseen. */
    if (!READ_ONCE(this_cpu()->work))
        interrupts_halt();
}

void arch_clear_page(void *page)
{
    uint64_t n = PAGE_SIZE / 8;
    __asm__ __volatile__("rep stosq" : "+D"(page), "+c"(n) : "a"(0) : "memory");
}

void arch_copy_page(void *dst, const void *src)
{
    uint64_t n = PAGE_SIZE / 8;
    __asm__ __volatile__("rep movsq" : "+D"(dst), "+S"(src), "+c"(n)::"memory");
}

uint64_t arch_port_read(uint16_t port, unsigned size)
{
    return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

void arch_port_write(uint16_t port, unsigned size, uint64_t value)
{
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, (uint32_t)value);
}

void cpu_control_init(void)
{
    uint64_t cr4 = CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (cpuid(0).eax >= 7) {
        uint32_t features = cpuid(7).ebx;
        cr4 |= (features & (1u << 7) ? CR4_SMEP : 0) | (features & (1u << 20) ? CR4_SMAP : 0);
    }
    write_cr4(cr4);
    write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
    __asm__ __volatile__("fninit");
}

static void phys_bits_find(void)
{
    host.phys_bits = 36;
    if (cpuid(0x80000000).eax >= 0x80000008)
        host.phys_bits = cpuid(0x80000008).eax & 0xff;
}

/* The page for starting CPUs: the highest RAM page below the EBDA, where an operating system misses it least. */
static void trampoline_reserve(void)
{
    for (unsigned i = host.nr_e820; i-- > 0;) {
        const struct e820_entry *e = &host.e820[i];
        paddr_t end = min_u64(round_down(e->addr + e->size, PAGE_SIZE), 0x9f000);
        if (e->type == E820_RAM && end >= round_up(e->addr, PAGE_SIZE) + PAGE_SIZE && end > PAGE_SIZE) {
            host.trampoline = end - PAGE_SIZE;
            boot_reserve(host.trampoline, end, BOOT_TRAMPOLINE);
            return;
        }
    }
    log_warn("no page below 1 MiB for starting CPUs\n");
    host.nr_apic_ids = 1;
}

static void map_print(void)
{
    static const char *const name[] = { "hole", "RAM", "reserved", "ACPI", "NVS", "unusable" };

    for (unsigned i = 0; i < host.nr_e820; i++) {
        const struct e820_entry *e = &host.e820[i];
        log_info(" %016lx - %016lx %s\n", e->addr, e->addr + e->size, name[e->type]);
    }
}

/* A canary that is not the same on every machine and boot; its low byte stays 0 to end strings. */
static void canary_set(void)
{
    uint64_t x = rdtsc() ^ host.boot_tsc << 32;
    x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9ULL;
    boot_host_cpu.canary = (x ^ x >> 32) << 8;
}

void boot_start(uint32_t magic, uint32_t info)
{
    host.boot_tsc = rdtsc();
    canary_set();
    cpus[0] = &boot_cpu;
    nr_cpus = 1;
    idt_build();
    desc_init(&boot_host_cpu);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    cpu_control_init();
    phys_bits_find();

    host.image_start = IMAGE_LOAD;
    host.image_end = (paddr_t)image_end - IMAGE_BASE;
    boot_reserve(host.image_start, host.image_end, BOOT_IMAGE);
    multiboot_parse(magic, info);
    serial_init();
    console_options();
    log_info("Xenolith %u.%u%s, loaded by %s\n", XENOLITH_VERSION_MAJOR, XENOLITH_VERSION_MINOR, XENOLITH_EXTRAVERSION,
             host.loader[0] ? host.loader : "an unnamed loader");
    log_info("Command line: %s\n", host.cmdline);
    e820_sanitise();
    map_print();
    if (!host.nr_e820)
        panic("no memory map (loader's magic %#x)", magic);
    host_paging_init();
    acpi_init();
    trampoline_reserve();
    boot_host_cpu.apic_id = host.apic_ids[0];
    boot_cpu.arch.apic_id = host.apic_ids[0];
    boot_cpu.arch.host = &boot_host_cpu;
    pic_disable();
    apic_init();
    ioapic_init();
    time_init();
    memory_init();
    if (desc_alloc_stacks(&boot_host_cpu))
        panic("no memory for stacks");
    stack_switch_call(boot_host_cpu.stack_top, hv_main);
}
