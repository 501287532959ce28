/* SPDX-License-Identifier: GPL-2.0-only */
/* From the boot code to the CPU loop: the order in which the hypervisor comes up. */
#include "arch.h"
#include "console.h"
#include "cpu.h"
#include "cpuid.h"
#include "domain.h"
#include "dom0_build.h"
#include "host_cpu.h"
#include "hv.h"
#include "log.h"
#include "page.h"
#include "sched.h"
#include "vendor.h"

static void cpu_init(struct cpu *c)
{
    timer_queue_init(&c->timers);
    fpu_cpu_init();
    if (vendor->cpu_init(c) || sched_cpu_init(c))
        panic("CPU %u: no memory", c->id);
    c->online = true;
}

void ap_main(struct cpu *c)
{
    cpu_init(c);
    cpu_loop();
}

/* Memory is mapped, ACPI tables are read, time runs, interrupts are masked (arch/x86/host_cpu.c: boot_start). */
void hv_main(void)
{
    char scheduler[32] = "";

    dom0_reserve_memory();
    console_grow_ring();
    log_info("Memory: %lu MiB free\n", free_pages_count() >> (20 - PAGE_SHIFT));
    if (vendor_init())
        panic("This machine has no hardware virtualization that we know how to use");
    fpu_init();
    cpu_policy_init();
    cmdline_get("sched", scheduler, sizeof(scheduler));
    if (sched_init(scheduler[0] ? scheduler : NULL))
        panic("sched=%s: no such scheduler (credit2, null)", scheduler);
    cpu_init(this_cpu());
    smp_boot_cpus();
    serial_start_input();
    if (acpi_enable_mode())
        log_warn("ACPI: the firmware does not switch to ACPI mode\n");
    if (dom0_build())
        panic("Could not build dom0");
    page_account_boot(host.total_ram_pages - total_pages_count()); /* what the hypervisor itself took is RAM too */
    domain_unpause(dom0);
    cpu_loop();
}
