/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys: typed on the serial console in hypervisor mode, or sent by `xl debug-keys`. */
#include "domain.h"

#include "arch.h"
#include "console.h"
#include "device.h"
#include "event.h"
#include "grant.h"
#include "page.h"
#include "sched.h"

static void for_each_domain(void (*fn)(struct domain *d))
{
    struct domain *d = domain_next(0);

    while (d) {
        domid_t next = (domid_t)(d->id + 1);

        fn(d);
        domain_put(d);
        d = domain_next(next);
    }
}

static void dump_vcpu(struct vcpu *v)
{
    log_info("  v%u: cpu %u%s flags %#llx pauses %u upcall %s\n", v->id, v->sched.cpu,
             v->sched.running ? " running" : "", (unsigned long long)v->sched.pause_flags, v->sched.pause_count,
             evtchn_upcall_pending(v) ? "pending" : "none");
}

static void dump_domain(struct domain *d)
{
    static const char *const states[] = {"alive", "dying", "dead"};

    log_info("d%u: %s refs %u pages %u/%u tables %u/%u pauses %u%s\n", d->id, states[d->state], d->refs, d->tot_pages,
             d->max_pages, d->p2m.table_pages, d->p2m.pool_limit, d->pause_count,
             d->is_shut_down ? " shut down" : "");
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            dump_vcpu(d->vcpu[i]);
}

static void key_domains(void)
{
    for_each_domain(dump_domain);
}

static void key_dom0(void)
{
    if (dom0) {
        dump_domain(dom0);
        evtchn_dump(dom0);
    }
}

static void key_events(void)
{
    for_each_domain(evtchn_dump);
}

static void key_grants(void)
{
    for_each_domain(grant_dump);
}

static void memory_dump(struct domain *d)
{
    log_info("  d%u: %u pages, %u pages of tables\n", d->id, READ_ONCE(d->tot_pages), READ_ONCE(d->p2m.table_pages));
}

static void key_memory(void)
{
    log_info("memory: %llu of %llu pages free, %llu heap objects, small ones in %llu pages\n",
             (unsigned long long)free_pages_count(),
             (unsigned long long)total_pages_count(), (unsigned long long)hv_heap_objects(),
             (unsigned long long)hv_heap_slabs());
    for_each_domain(memory_dump);
}

static void key_messages(void)
{
    for_each_domain(vpci_dump);
}

static void key_ioapics(void)
{
    for_each_domain(vioapic_dump);
}

static void key_run_queues(void)
{
    log_info("scheduler: %s\n", sched->name);
    for (unsigned i = 0; i < nr_cpus; i++) {
        const struct vcpu *v = READ_ONCE(cpus[i]->current);

        if (v)
            log_info("CPU%u runs d%uv%u\n", i, v->domain->id, v->id);
        else
            log_info("CPU%u is idle\n", i);
        if (sched->dump)
            sched->dump(cpus[i]);
    }
}

static void key_reboot(void)
{
    log_err("'R' pressed: rebooting machine\n");
    arch_host_shutdown(true);
}

static void key_help(void);

static const struct debug_key_row {
    char key;
    void (*fn)(void);
    const char *help;
} keys[] = {
    {'*', key_help, "this list"},
    {'0', key_dom0, "dom0's vCPUs and event channels"},
    {'M', key_messages, "interrupts by message of dom0's devices"},
    {'R', key_reboot, "reboot the machine"},
    {'d', arch_panic_dump, "registers and stack of this CPU"},
    {'e', key_events, "event channels of every domain"},
    {'g', key_grants, "grant tables of every domain"},
    {'h', key_help, "this list"},
    {'m', key_memory, "memory in use"},
    {'q', key_domains, "domains and their vCPUs"},
    {'r', key_run_queues, "run queues"},
    {'z', key_ioapics, "dom0's IO-APICs"},
};

static void key_help(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        log_info(" key '%c': %s\n", keys[i].key, keys[i].help);
}

void debug_key(char key)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].key == key) {
            log_info("'%c' pressed: %s\n", key, keys[i].help);
            keys[i].fn();
            return;
        }
    }
    log_info("no debug key for character %#x ('h' lists them)\n", (unsigned char)key);
}
