/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting the other CPUs. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"
#include "page.h"

extern const char trampoline_start[], trampoline_end[], trampoline_gdt_base[], trampoline_gdt[], trampoline_cr3[],
    trampoline_jump[], trampoline_long[];
extern void ap_entry(void);
void ap_start(void) __noreturn;

struct host_cpu *host_cpus[NR_CPUS] = { &boot_host_cpu };

/* For ap_entry; CPUs are started one at a time. */
uint64_t ap_cr3;
struct host_cpu *ap_host_cpu;
struct cpu *ap_cpu;

static char *trampoline_field(const char *field)
{
    return (char *)mfn_to_virt(host.trampoline >> PAGE_SHIFT) + (field - trampoline_start);
}

static void trampoline_set(const char *field, uint64_t value)
{
    uint32_t v = (uint32_t)value;
    memcpy(trampoline_field(field), &v, sizeof(v));
}

static void trampoline_prepare(void)
{
    memcpy(trampoline_field(trampoline_start), trampoline_start, (size_t)(trampoline_end - trampoline_start));
    trampoline_set(trampoline_gdt_base, host.trampoline + (uint64_t)(trampoline_gdt - trampoline_start));
    trampoline_set(trampoline_jump, host.trampoline + (uint64_t)(trampoline_long - trampoline_start));
    trampoline_set(trampoline_cr3, host_paging_trampoline());
    ap_cr3 = read_cr3();
}

void ap_start(void)
{
    struct host_cpu *hc = this_host_cpu();

    cpu_control_init();
    desc_init(hc);
    apic_cpu_init();
    WRITE_ONCE(hc->started, true);
    ap_main(this_cpu());
}

/* INIT, then up to two STARTUPs, as the multiprocessor specification has it. */
static bool cpu_wake(const struct host_cpu *hc)
{
    uint8_t page = (uint8_t)(host.trampoline >> PAGE_SHIFT);

    apic_send_init(hc->apic_id);
    delay_us(10000);
    for (unsigned try = 0; try < 2; try++) {
        apic_send_startup(hc->apic_id, page);
        for (unsigned i = 0; i < (try ? 20000 : 200); i++) {
            if (READ_ONCE(hc->started))
                return true;
            delay_us(100);
        }
    }
    return false;
}

static bool cpu_start(unsigned id, uint32_t apic)
{
    struct cpu *c = hv_zalloc(sizeof(*c));
    struct host_cpu *hc = hv_zalloc(sizeof(*hc));

    if (!c || !hc || desc_alloc_stacks(hc)) {
        log_err("CPU %u: no memory\n", id);
        return false;
    }
    hc->self = hc;
    hc->id = id;
    hc->apic_id = apic;
    hc->canary = boot_host_cpu.canary ^ ((uint64_t)id << 8);
    c->self = c;
    c->id = id;
    c->arch.apic_id = apic;
    c->arch.host = hc;
    ap_host_cpu = hc;
    ap_cpu = c;
    host_cpus[id] = hc;
    cpus[id] = c;
    smp_mb();
    if (cpu_wake(hc))
        return true;
    log_err("CPU %u (APIC ID %u) does not start\n", id, apic);
    /* It may still come late and use what was prepared for it: that memory is given up. */
    host_cpus[id] = NULL;
    cpus[id] = NULL;
    return false;
}

void smp_boot_cpus(void)
{
    char value[16];
    uint64_t max = NR_CPUS;

    if (cmdline_get("maxcpus", value, sizeof(value)))
        max = parse_u64(value, NULL, 0);
    if (cmdline_bool("nosmp", false) || !max)
        max = 1;
    trampoline_prepare();
    for (unsigned i = 1; i < host.nr_apic_ids && nr_cpus < max && nr_cpus < NR_CPUS; i++) {
        if (host.apic_ids[i] > 254 && !apic_is_x2())
            continue;
        if (!cpu_start(nr_cpus, host.apic_ids[i]))
            break; /* its page and stack may still be in use */
        while (!READ_ONCE(cpus[nr_cpus]->online)) /* others look at its run queue and timers: they must be whole */
            arch_relax();
        nr_cpus++;
    }
    log_info("%u CPUs\n", nr_cpus);
}
