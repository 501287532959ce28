/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine side of the hypervisor: what the files of arch/x86 that drive the physical machine offer to each
 * other and to main.c. What the core may use is in arch.h.
 */
#ifndef XENOLITH_HOST_CPU_H
#define XENOLITH_HOST_CPU_H

#include "host_layout.h"
#include "types.h"

struct cpu;

/* --- descriptors and per-CPU state (desc.c, traps.c) --- */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[n - 1] is what an IDT gate calls n */
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "hardware layout");

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* One for each CPU; the FS base of the CPU points at it, because the compiler wants its canary at fs:0x28. */
struct host_cpu {
    struct host_cpu *self;
    uint32_t id, apic_id;
    uint64_t stack_top;
    bool started;                  /* reached C code; written by the CPU, read by the one that started it */
    bool stopped;                  /* panic: this CPU has seen the NMI */
    uint64_t nmi_count;
    uint64_t canary;
    const struct trap_frame *trap; /* exception being handled, for the dump */
    uint64_t timer_interrupts, kick_interrupts;
    uint64_t gdt[HOST_GDT_ENTRIES] __aligned(8);
    struct tss tss;
};
_Static_assert(offsetof(struct host_cpu, canary) == 0x28, "-fstack-protector reads fs:0x28");

extern struct host_cpu *host_cpus[];
extern struct host_cpu boot_host_cpu;

static inline struct host_cpu *this_host_cpu(void)
{
    struct host_cpu *hc;
    __asm__("mov %%fs:0, %0" : "=r"(hc));
    return hc;
}

/* Build and load this CPU's GDT, TSS and IDT; keeps FS and GS bases. */
void desc_init(struct host_cpu *hc);
/* Give hc its guarded stack and IST stacks; -ENOMEM. */
int desc_alloc_stacks(struct host_cpu *hc);
void idt_build(void);
/* CR0, CR4 and EFER of a running hypervisor CPU. */
void cpu_control_init(void);

enum host_vector {
    VECTOR_PIC = 0x20,     /* the masked PICs' spurious interrupts come here */
    VECTOR_DEVICE = 0x30,  /* first for devices: vector.c */
    VECTOR_DEVICE_END = 0xef,
    VECTOR_TIMER = 0xf0,
    VECTOR_KICK = 0xf1,
    VECTOR_ERROR = 0xfe,
    VECTOR_SPURIOUS = 0xff,
};
#define NR_DEVICE_VECTORS (VECTOR_DEVICE_END - VECTOR_DEVICE + 1)

/* --- page tables (host_paging.c) --- */
#define MAP_WRITE (1u << 0)
#define MAP_EXEC (1u << 1)
#define MAP_UNCACHED (1u << 2)
/* Map [pa, pa + size) at va with the largest pages that fit. Panics when there is no memory for tables. */
void host_map(uint64_t va, paddr_t pa, uint64_t size, unsigned flags);
/* Device registers, uncached, for ever; any alignment. Takes a lock of RANK_IRQ. */
void *map_mmio(paddr_t pa, size_t size);
/* size bytes (whole pages) of zeroed memory above an unmapped page: the lowest address, or NULL. */
void *map_guarded_stack(size_t size);
/* Firmware tables and the like, wherever they are: cached. */
const void *map_firmware(paddr_t pa, size_t size);
void host_paging_init(void);
/* Tables that map the trampoline page at its own address and the rest as usual; address for CR3 (below 4 GiB). */
paddr_t host_paging_trampoline(void);

/* --- boot memory (boot_mem.c) --- */
enum boot_use { BOOT_IMAGE, BOOT_TABLES, BOOT_FRAME_TABLE, BOOT_MODULE, BOOT_TRAMPOLINE, BOOT_FIRMWARE, BOOT_USES };
struct boot_range {
    paddr_t start, end;
    enum boot_use use;
};
extern struct boot_range boot_ranges[];
extern unsigned nr_boot_ranges;
/* Highest free RAM, aligned, below `limit`; 0 when there is none. Only until boot_free_ranges is first called. */
paddr_t boot_alloc(uint64_t size, uint64_t align, paddr_t limit, enum boot_use use);
void boot_reserve(paddr_t start, paddr_t end, enum boot_use use);
void boot_release(paddr_t start, paddr_t end);
/* A zeroed page for tables and stacks: from boot memory first, from the heap after boot_free_ranges; NULL. */
void *boot_alloc_page(void);
/* Call fn for each range of RAM that nothing uses, ascending; from then on boot memory is handed over. */
void boot_free_ranges(void (*fn)(mfn_t start, mfn_t end));
void e820_sanitise(void);
void e820_add(uint64_t addr, uint64_t size, uint32_t type);
void memory_init(void);
/* What multiboot said (multiboot.c): fills host.cmdline, loader, e820, module, rsdp, efi. */
void multiboot_parse(uint32_t magic, paddr_t info);

/* --- ACPI (acpi_host.c) --- */
void acpi_init(void);
/* Put the machine into ACPI mode: before dom0 starts. 0, or -EIO when the firmware does not answer. */
int acpi_enable_mode(void);
/* A table by signature, checked; NULL. index counts tables of the same signature. */
const void *acpi_find_table(const char *signature, unsigned index);
paddr_t acpi_table_address(unsigned i); /* i-th entry of the host's XSDT or RSDT; 0 past the end */

/* --- local APIC (apic.c) --- */
void apic_init(void);       /* boot CPU: mode, mapping, own APIC */
void apic_cpu_init(void);   /* every CPU */
void apic_eoi(void);
uint32_t apic_id(void);
void apic_send_ipi(uint32_t id, uint8_t vector);
void apic_send_nmi(uint32_t id);
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, uint8_t page);
bool apic_is_x2(void);
void apic_timer_calibrate_start(void);
uint32_t apic_timer_count(void); /* ticks since calibrate_start */
void apic_timer_set(uint32_t ticks); /* 0: off */
void apic_timer_mode(bool deadline);

/* --- IO-APIC (ioapic.c) --- */
/* Before apic_init: a request that is pending at the PIC must be withdrawn while LINT0 still lets it through. */
void pic_disable(void);
void ioapic_init(void);
/* Interrupts of a GSI that the hypervisor keeps: handler runs with the vector acknowledged. 0 or -errno. */
int ioapic_bind_host(uint32_t gsi, bool level, bool active_low, void (*handler)(void));
void ioapic_interrupt(uint8_t vector);
/* Where an ISA interrupt really arrives. */
void ioapic_isa_to_gsi(uint8_t irq, uint32_t *ret_gsi, bool *ret_level, bool *ret_active_low);

/* --- vectors of devices (vector.c), messages (msi.c) --- */
enum vector_use { VECTOR_FREE, VECTOR_GSI, VECTOR_MSI };
int vector_alloc(enum vector_use use); /* -ENOSPC */
void vector_free(uint8_t vector);
void vector_interrupt(uint8_t vector); /* one of VECTOR_DEVICE to VECTOR_DEVICE_END came */
void msi_interrupt(uint8_t vector);

/* --- time (time.c) --- */
void time_init(void);
void delay_us(uint64_t us);

/* --- serial port (serial.c) --- */
void serial_init(void);        /* first thing at boot; reads console= */
void serial_start_input(void); /* bind the interrupt; after ioapic_init */
extern bool serial_polled;     /* no interrupt: look at every timer interrupt */

/* --- CPUs (smp.c) --- */
void smp_boot_cpus(void); /* start the others; needs the heap */
void ap_main(struct cpu *c) __noreturn; /* main.c */
void hv_main(void) __noreturn;          /* main.c: the boot CPU arrives here */

/* --- panic.c, symbols.c --- */
bool panic_stop_cpus(void);
void panic_nmi(void); /* in an NMI: stops here when another CPU panics */
/* Function that holds addr: its name and the offset in it; NULL. */
const char *symbol_lookup(uint64_t addr, uint64_t *ret_offset, uint64_t *ret_size);
void backtrace(uint64_t rip, uint64_t rbp);

#endif
