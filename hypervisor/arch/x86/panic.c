/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: stopping the other CPUs, what is printed, how the machine goes down. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "console.h"
#include "domain.h"
#include "host_cpu.h"
#include "hv.h"
#include "log.h"

#define DEBUG_EXIT_PORT 0xf4 /* isa-debug-exit: the emulator ends with (value << 1) | 1 */
#define DEBUG_EXIT_PANIC 0x7d
#define KEYBOARD_PORT 0x64
#define RESET_PORT 0xcf9
#define SLP_EN (1u << 13)

static uint32_t panic_cpu = UINT32_MAX; /* first CPU that panics; the others stop */
static bool dumping;                    /* by that CPU */

bool panic_stop_cpus(void)
{
    struct host_cpu *hc = this_host_cpu();
    uint32_t none = UINT32_MAX;

    if (!__atomic_compare_exchange_n(&panic_cpu, &none, hc->id, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return none == hc->id;
    for (unsigned i = 0; i < nr_cpus; i++) {
        struct host_cpu *other = host_cpus[i];
        if (!other || other == hc)
            continue;
        apic_send_nmi(other->apic_id);
        for (unsigned spin = 0; spin < 10000 && !READ_ONCE(other->stopped); spin++)
            delay_us(10);
    }
    return true;
}

void panic_nmi(void)
{
    if (READ_ONCE(panic_cpu) == UINT32_MAX || panic_cpu == this_host_cpu()->id)
        return;
    WRITE_ONCE(this_host_cpu()->stopped, true);
    cpu_stop();
}

/* Called by code that -fstack-protector made. */
void __stack_chk_fail(void) __noreturn;
void __stack_chk_fail(void)
{
    panic("stack overwritten in the function called from %p", __builtin_return_address(0));
}

static void frame_dump(const struct trap_frame *f)
{
    log_err("rip %016lx  rflags %08lx  cs %04lx  ss %04lx\n", f->rip, f->rflags, f->cs, f->ss);
    log_err("rax %016lx  rbx %016lx  rcx %016lx\n", f->rax, f->rbx, f->rcx);
    log_err("rdx %016lx  rsi %016lx  rdi %016lx\n", f->rdx, f->rsi, f->rdi);
    log_err("rbp %016lx  rsp %016lx  r8  %016lx\n", f->rbp, f->rsp, f->r8);
    log_err("r9  %016lx  r10 %016lx  r11 %016lx\n", f->r9, f->r10, f->r11);
    log_err("r12 %016lx  r13 %016lx  r14 %016lx\n", f->r12, f->r13, f->r14);
    log_err("r15 %016lx\n", f->r15);
}

void arch_panic_dump(void)
{
    const struct host_cpu *hc = this_host_cpu();
    const struct vcpu *v = current_vcpu();

    if (console_panicking() && !panic_stop_cpus())
        cpu_stop(); /* another CPU is printing */
    if (console_panicking() && dumping)
        return; /* the dump itself failed: on to the end */
    dumping = console_panicking();
    if (hc->trap)
        frame_dump(hc->trap);
    log_err("cr0 %016lx  cr2 %016lx\n", read_cr0(), read_cr2());
    log_err("cr3 %016lx  cr4 %016lx\n", read_cr3(), read_cr4());
    if (v)
        log_err("current: d%uv%u\n", v->domain->id, v->id);
    if (hc->trap)
        backtrace(hc->trap->rip, hc->trap->rbp);
    else
        backtrace((uint64_t)__builtin_return_address(0), *(const uint64_t *)__builtin_frame_address(0));
}

static void __noreturn triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed none = { 0, 0 };
    __asm__ __volatile__("lidt %0\n\tint3" ::"m"(none));
    cpu_stop();
}

static void __noreturn machine_reset(void)
{
    interrupts_disable();
    if (host.reset_space == 1)
        outb((uint16_t)host.reset_addr, host.reset_value);
    else if (host.reset_space == 0 && host.reset_addr)
        *(volatile uint8_t *)map_mmio(host.reset_addr, 1) = host.reset_value;
    delay_us(50000);
    outb(RESET_PORT, 0x02);
    delay_us(50);
    outb(RESET_PORT, 0x06);
    delay_us(50000);
    outb(KEYBOARD_PORT, 0xfe);
    delay_us(50000);
    triple_fault();
}

static void machine_power_off(void)
{
    uint16_t value;

    if (!host.pm1a_cnt || host.s5_typ_a > 7)
        return;
    acpi_enable_mode();
    value = (uint16_t)(host.s5_typ_a << 10);
    outw(host.pm1a_cnt, (uint16_t)(value | SLP_EN));
    if (host.pm1b_cnt)
        outw(host.pm1b_cnt, (uint16_t)(value | SLP_EN));
    delay_us(500000);
}

void arch_host_shutdown(bool reboot)
{
    interrupts_disable();
    if (reboot)
        machine_reset();
    machine_power_off();
    log_err("The machine may be switched off.\n");
    cpu_stop();
}

void arch_panic_end(void)
{
    if (cmdline_bool("noreboot", false)) {
        outb(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
        cpu_stop();
    }
    machine_reset();
}
