/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's local APICs: identity, end of interrupt, interprocessor interrupts, the timer. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "host_cpu.h"
#include "hv.h"
#include "log.h"

/* Register numbers as in x2APIC: offset in the xAPIC page >> 4. */
enum apic_reg {
    APIC_ID = 0x02, APIC_VERSION = 0x03, APIC_TPR = 0x08, APIC_EOI = 0x0b, APIC_LDR = 0x0d, APIC_DFR = 0x0e,
    APIC_SPIV = 0x0f, APIC_ESR = 0x28, APIC_ICR = 0x30, APIC_ICR_HIGH = 0x31, APIC_LVT_TIMER = 0x32, APIC_LVT_THERMAL = 0x33,
    APIC_LVT_PERF = 0x34, APIC_LVT_LINT0 = 0x35, APIC_LVT_LINT1 = 0x36, APIC_LVT_ERROR = 0x37, APIC_TIMER_INIT = 0x38,
    APIC_TIMER_COUNT = 0x39, APIC_TIMER_DIVIDE = 0x3e,
};

#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define SPIV_ENABLE (1u << 8)
#define ICR_NMI (4u << 8)
#define ICR_INIT (5u << 8)
#define ICR_STARTUP (6u << 8)
#define ICR_PENDING (1u << 12)
#define ICR_ASSERT (1u << 14)
#define TIMER_DIVIDE_4 1

static volatile uint32_t *apic_page;
static bool x2apic, deadline_mode;

static uint32_t apic_read(enum apic_reg reg)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC_FIRST + reg) : apic_page[(uint32_t)reg * 4];
}

static void apic_write(enum apic_reg reg, uint32_t v)
{
    if (x2apic)
        wrmsr(MSR_X2APIC_FIRST + reg, v);
    else
        apic_page[(uint32_t)reg * 4] = v;
}

bool apic_is_x2(void)
{
    return x2apic;
}

uint32_t apic_id(void)
{
    if (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC)
        return (uint32_t)rdmsr(MSR_X2APIC_FIRST + APIC_ID);
    return apic_page ? apic_read(APIC_ID) >> 24 : cpuid(1).ebx >> 24;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

static void icr_write(uint32_t id, uint32_t low)
{
    if (x2apic) {
        smp_mb(); /* the MSR write does not wait for earlier stores */
        wrmsr(MSR_X2APIC_FIRST + APIC_ICR, (uint64_t)id << 32 | low);
        return;
    }
    while (apic_read(APIC_ICR) & ICR_PENDING)
        arch_relax();
    apic_write(APIC_ICR_HIGH, id << 24);
    apic_write(APIC_ICR, low);
}

void apic_send_ipi(uint32_t id, uint8_t vector)
{
    icr_write(id, ICR_ASSERT | vector);
}
void apic_send_nmi(uint32_t id)
{
    icr_write(id, ICR_ASSERT | ICR_NMI);
}
void apic_send_init(uint32_t id)
{
    icr_write(id, ICR_ASSERT | ICR_INIT);
}
void apic_send_startup(uint32_t id, uint8_t page)
{
    icr_write(id, ICR_ASSERT | ICR_STARTUP | page);
}

static bool x2apic_needed(void)
{
    if (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC)
        return true;
    for (unsigned i = 0; i < host.nr_apic_ids; i++) {
        if (host.apic_ids[i] > 254)
            return cpuid(1).ecx & (1u << 21);
    }
    return false;
}

void apic_init(void)
{
    x2apic = x2apic_needed();
    if (!x2apic)
        apic_page = map_mmio(host.lapic_addr, PAGE_SIZE);
    apic_cpu_init();
    this_host_cpu()->apic_id = apic_id();
    log_info("local APIC: %s, version %#x\n", x2apic ? "x2APIC" : "xAPIC", apic_read(APIC_VERSION) & 0xff);
}

void apic_cpu_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;
    unsigned lvts;

    wrmsr(MSR_APIC_BASE, base);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    apic_write(APIC_SPIV, SPIV_ENABLE | VECTOR_SPURIOUS);
    lvts = ((apic_read(APIC_VERSION) >> 16) & 0xff) + 1;
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    if (lvts >= 5)
        apic_write(APIC_LVT_PERF, LVT_MASKED);
    if (lvts >= 6)
        apic_write(APIC_LVT_THERMAL, LVT_MASKED);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_4);
    apic_write(APIC_TIMER_INIT, 0);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (deadline_mode ? LVT_TSC_DEADLINE : 0));
}

void apic_timer_mode(bool deadline)
{
    deadline_mode = deadline;
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (deadline ? LVT_TSC_DEADLINE : 0));
    smp_mb(); /* the mode must hold before the first deadline is written */
}

void apic_timer_calibrate_start(void)
{
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_TIMER_INIT, UINT32_MAX);
}

uint32_t apic_timer_count(void)
{
    return UINT32_MAX - apic_read(APIC_TIMER_COUNT);
}

void apic_timer_set(uint32_t ticks)
{
    apic_write(APIC_TIMER_INIT, ticks);
}

void arch_kick_cpu(unsigned cpu)
{
    if (cpu != this_host_cpu()->id && host_cpus[cpu])
        apic_send_ipi(host_cpus[cpu]->apic_id, VECTOR_KICK);
}
