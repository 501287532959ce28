/* SPDX-License-Identifier: GPL-2.0-only */
/* arch.h for the host: everything hardware would do is simulated in the simplest way, or counted in `fake`. */
#include "fake.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "arch.h"
#include "arch_ctl.h"
#include "copy.h"
#include "device.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "list.h"
#include "log.h"
#include "object/memory_internal.h"
#include "page.h"
#include "page_boot.h"
#include "public/vcpu_context.h"

#define RAM_ALIGN MiB(2UL)

struct fake_state fake;
stime_t fake_time;

static uint8_t *ram;
static void *ram_area; /* in which ram is, aligned */
static uint64_t ram_pages;
static struct page *table;
static struct {
    struct cpu cpu;
} __aligned(64) cpu_storage[NR_CPUS]; /* no line is two CPUs' */
static _Thread_local struct cpu *here;
static int fail_countdown = -1;
static jmp_buf panic_jmp;
static bool panic_expected;

/* --- test controls --- */

static size_t ram_area_size(uint64_t pages)
{
    return round_up(pages * PAGE_SIZE, RAM_ALIGN) + RAM_ALIGN;
}

void fake_done(void)
{
    if (ram_area)
        munmap(ram_area, ram_area_size(ram_pages));
    free(table);
    ram = ram_area = NULL;
    table = NULL;
    ram_pages = 0;
}

int fake_teardown(void **state)
{
    (void)state;
    fake_done();
    return 0;
}

static void cpus_init(void)
{
    memset(cpu_storage, 0, sizeof(cpu_storage));
    memset(cpus, 0, sizeof(cpus[0]) * NR_CPUS);
    for (unsigned i = 0; i < FAKE_CPUS; i++) {
        cpus[i] = &cpu_storage[i].cpu;
        cpus[i]->self = cpus[i];
        cpus[i]->id = i;
        cpus[i]->online = true;
        fake.timer_deadline[i] = STIME_NEVER;
    }
    nr_cpus = FAKE_CPUS;
    here = cpus[0];
}

/* Memory of the same size is used again: fuzzers make thousands of machines. */
static void ram_init(uint64_t pages)
{
    if (ram == NULL || pages != ram_pages) {
        fake_done();
        ram_pages = pages;
        /* Shared with nobody, so that a page can be mapped once more elsewhere (ctrl_loop.c). */
        ram_area = mmap(NULL, ram_area_size(pages), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (ram_area == MAP_FAILED)
            abort();
        ram = (uint8_t *)round_up((uintptr_t)ram_area, RAM_ALIGN);
        table = malloc(pages * sizeof(*table));
    }
    if (table == NULL || pages <= FAKE_BOOT_PAGES)
        abort();
    memset(ram, 0xcc, pages * PAGE_SIZE);
    memset(table, 0, pages * sizeof(*table));
}

void fake_init(unsigned ram_mib)
{
    memset(&fake, 0, sizeof(fake));
    fake.port_value = UINT64_MAX;
    fake_time = 0;
    fail_countdown = -1;
    ram_init(MiB((uint64_t)ram_mib) / PAGE_SIZE);
    cpus_init();
    domains_reset();
    list_init(&memory_maps);
    page_alloc_init(table, ram_pages);
    page_alloc_add(FAKE_BOOT_PAGES, ram_pages);
    for (unsigned i = 0; i < FAKE_CPUS; i++)
        timer_queue_init(&cpus[i]->timers);
    if (sched_init(NULL))
        abort();
}

void fake_set_cpu(unsigned cpu)
{
    here = cpus[cpu];
}

void fake_set_current(struct vcpu *v)
{
    here->current = v;
}

static void fake_add_ram(struct domain *d, gfn_t gfn)
{
    mfn_t mfn = gfn;

    if (d->privileged) {
        page_assign_boot(d, mfn, mfn + 1);
        arch_clear_page(mfn_to_virt(mfn));
    } else if (domain_alloc_pages(d, ORDER_4K, 0, &mfn)) {
        abort();
    }
    if (p2m_set(d, gfn, mfn, ORDER_4K, P2M_RAM_RW, NULL))
        abort();
}

struct domain *fake_domain(domid_t id, unsigned vcpus)
{
    return fake_domain_sized(id, vcpus, FAKE_DOMAIN_PAGES);
}

struct domain *fake_domain_sized(domid_t id, unsigned vcpus, unsigned pages)
{
    struct domain_config config = {
        .max_vcpus = vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = 64,
        .max_maptrack_frames = 64,
        .grant_opts = 2,
        .privileged = id == 0,
    };
    struct domain *d;

    if (domain_create(id, &config, &d))
        abort();
    d->max_pages = UINT32_MAX;
    if (id == 0)
        dom0 = d;
    for (unsigned i = 0; i < vcpus; i++)
        if (vcpu_create(d, i))
            abort();
    for (gfn_t gfn = 0; gfn < pages; gfn++)
        fake_add_ram(d, gfn);
    return d;
}

void *fake_guest_ptr(struct domain *d, gpaddr_t gpa)
{
    struct p2m_entry e = p2m_lookup(d, gpa >> PAGE_SHIFT);

    return p2m_has_page(e.type) ? (uint8_t *)mfn_to_virt(e.mfn) + gpa % PAGE_SIZE : NULL;
}

void fake_fail_alloc_after(int n)
{
    fail_countdown = n;
}

/* The allocators' hook (alloc_fault.h). */
bool alloc_fault_hook(void);
bool alloc_fault_hook(void)
{
    if (fake.fail_alloc && fake.fail_alloc())
        return true;
    if (fail_countdown < 0)
        return false;
    if (fail_countdown == 0)
        return true;
    fail_countdown--;
    return false;
}

bool fake_expect_panic(void (*fn)(void *arg), void *arg)
{
    panic_expected = true;
    if (setjmp(panic_jmp)) {
        panic_expected = false;
        return true;
    }
    fn(arg);
    panic_expected = false;
    return false;
}

/* --- CPUs --- */

struct cpu *arch_this_cpu(void)
{
    return here;
}

void arch_relax(void)
{
    if (fake.relax)
        fake.relax();
}

void arch_kick_cpu(unsigned cpu)
{
    cpus[cpu]->arch.kicks++;
}

void arch_take_interrupts(void)
{
    fake.interrupts_taken++;
}

void arch_idle(void)
{
    fake.idles++;
    if (fake.idle)
        fake.idle();
}

/* cpu_should_preempt() compares this with when the operation began, so that is what gives the test's answer. */
stime_t arch_now(void)
{
    if (fake.preempt)
        here->entered = fake.preempt() ? INT64_MIN / 2 : fake_time + 1;
    return fake_time;
}

void arch_timer_program(stime_t deadline)
{
    fake.timer_deadline[here->id] = deadline;
}

void arch_host_shutdown(bool reboot)
{
    fake.host_shutdowns++;
    fake.host_reboot = reboot;
    arch_panic_end();
}

void arch_panic_dump(void)
{
}

void arch_panic_end(void)
{
    fake.panics++;
    if (panic_expected)
        longjmp(panic_jmp, 1);
    fprintf(stderr, "the core stopped the machine (FAKE_VERBOSE=1 shows its log)\n");
    abort();
}

void arch_console_write(const char *s, size_t len)
{
    if (getenv("FAKE_VERBOSE"))
        fwrite(s, 1, len, stderr);
}

/* --- memory --- */

void *mfn_to_virt(mfn_t mfn)
{
    if (mfn >= ram_pages) {
        fprintf(stderr, "mfn_to_virt(0x%llx): not RAM\n", (unsigned long long)mfn);
        abort();
    }
    return ram + mfn * PAGE_SIZE;
}

mfn_t virt_to_mfn(const void *p)
{
    uint64_t offset = (uint64_t)((const uint8_t *)p - ram);

    if (offset >= ram_pages * PAGE_SIZE) {
        fprintf(stderr, "virt_to_mfn(%p): not RAM\n", p);
        abort();
    }
    return offset / PAGE_SIZE;
}

void arch_clear_page(void *page)
{
    memset(page, 0, PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
    memcpy(dst, src, PAGE_SIZE);
}

void arch_p2m_flush(struct domain *d)
{
    d->arch.flushes++;
    if (fake.p2m_flush)
        fake.p2m_flush(d);
}

void arch_p2m_added(struct domain *d)
{
    d->arch.added++;
    if (fake.p2m_added)
        fake.p2m_added(d);
}

/* --- domains and vCPUs --- */

int arch_domain_init(struct domain *d)
{
    memset(&d->arch, 0, sizeof(d->arch));
    return fake.fail_init;
}

void arch_domain_destroy(struct domain *d)
{
    (void)d;
    fake.domains_destroyed++;
}

int arch_vcpu_init(struct vcpu *v)
{
    memset(&v->arch, 0, sizeof(v->arch));
    return fake.fail_init;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    (void)v;
    fake.vcpus_destroyed++;
}

void arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
    fake.switches++;
    fake.switched_from = from;
    fake.switched_to = to;
}

void arch_vcpu_run(struct vcpu *v)
{
    fake.runs++;
    if (fake.run)
        fake.run(v);
}

void arch_vcpu_nmi(struct vcpu *v)
{
    v->arch.nmis++;
}

void arch_vcpu_init_signal(struct vcpu *v)
{
    v->arch.inits++;
}

void arch_vcpu_sipi(struct vcpu *v, uint8_t page)
{
    v->arch.sipis++;
    v->arch.sipi_page = page;
}

void arch_update_time(struct vcpu *v)
{
    (void)v;
    fake.time_updates++;
}

void arch_update_wallclock(struct domain *d)
{
    (void)d;
    fake.wallclock_updates++;
}

bool arch_vcpu_has_event(struct vcpu *v)
{
    return evtchn_upcall_pending(v) || vlapic_pending(v) >= 0;
}

void arch_event_upcall(struct vcpu *v)
{
    v->arch.upcalls++;
}

void arch_set_callback_vector(struct domain *d, uint8_t vector)
{
    fake.callback_domain = d;
    fake.callback_vector = vector;
}

int arch_guest_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec)
{
    if (fake.walk)
        return fake.walk(v, va, access, ret_gpa, ret_pfec);
    if (va >= fake.walk_fault_start && va < fake.walk_fault_end) {
        *ret_pfec = access & GUEST_WALK_WRITE ? 2 : 0;
        return -EFAULT;
    }
    *ret_gpa = va;
    return 0;
}

bool arch_guest_is_32bit(const struct vcpu *v)
{
    return v->arch.abi32;
}

/* --- interrupts and ports --- */

int arch_irq_bind(struct domain *d, uint32_t gsi, bool level, bool active_low)
{
    (void)d;
    if (gsi >= FAKE_MAX_GSI)
        return -EINVAL;
    fake.irq[gsi].bound = true;
    fake.irq[gsi].level = level;
    fake.irq[gsi].active_low = active_low;
    return 0;
}

void arch_irq_mask(uint32_t gsi)
{
    fake.irq[gsi].masked = true;
    fake.irq[gsi].masks++;
}

void arch_irq_unmask(uint32_t gsi)
{
    fake.irq[gsi].masked = false;
    fake.irq[gsi].unmasks++;
}

uint64_t arch_port_read(uint16_t port, unsigned size)
{
    if (fake.port_read)
        return fake.port_read(port, size);
    return size >= 8 ? fake.port_value : fake.port_value & ((1ULL << (size * 8)) - 1);
}

void arch_port_write(uint16_t port, unsigned size, uint64_t value)
{
    fake.port_writes++;
    fake.port_written = port;
    fake.port_data = value;
    if (fake.port_write)
        fake.port_write(port, size, value);
}

uint64_t arch_mmio_read(paddr_t addr, unsigned size)
{
    return fake.mmio_read ? fake.mmio_read(addr, size) : UINT64_MAX >> (64 - 8 * size);
}

void arch_mmio_write(paddr_t addr, unsigned size, uint64_t value)
{
    if (fake.mmio_write)
        fake.mmio_write(addr, size, value);
}

int arch_msi_alloc(void)
{
    for (int i = 0; i < FAKE_MSIS; i++) {
        if (!fake.msi[i].used) {
            fake.msi[i] = (struct fake_msi){ .used = true };
            return i;
        }
    }
    return -ENOSPC;
}

/* The device's address names the CPU, its data the handle. */
void arch_msi_route(int handle, struct domain *d, const struct msi_message *as, unsigned cpu,
                    struct msi_message *ret_message)
{
    if (!fake.msi[handle].used || cpu >= FAKE_CPUS)
        abort();
    fake.msi[handle] = (struct fake_msi){ .used = true, .domain = d, .as = *as, .cpu = cpu };
    *ret_message = (struct msi_message){ .address = 0xfee00000 | cpu << 12, .data = 0x30u + (unsigned)handle };
}

void arch_msi_free(int handle)
{
    if (!fake.msi[handle].used)
        abort();
    fake.msi[handle].used = false;
}

/* dom0's memory map: its boot RAM. */
int arch_get_e820(struct domain *d, struct e820_entry *ret, unsigned max)
{
    (void)d;
    if (max == 0)
        return 0;
    ret[0] = (struct e820_entry){ .addr = 0, .size = FAKE_BOOT_PAGES * PAGE_SIZE, .type = E820_RAM };
    return 1;
}

/* --- what domctl, sysctl and hvm_op ask: this machine has no CPUID policy --- */

void arch_physinfo(struct xen_sysctl_physinfo *info)
{
    (void)info;
}

int arch_sysctl_cpu_featureset(struct xen_sysctl_cpu_featureset *arg)
{
    (void)arg;
    return -EOPNOTSUPP;
}

int arch_sysctl_cpu_policy(struct xen_sysctl_cpu_policy *arg)
{
    (void)arg;
    return -EOPNOTSUPP;
}

int arch_domctl_get_cpu_policy(struct domain *d, uint32_t *nr_leaves, guest_va_t leaves, uint32_t *nr_msrs,
                               guest_va_t msrs)
{
    (void)d;
    (void)nr_leaves;
    (void)leaves;
    (void)nr_msrs;
    (void)msrs;
    return -EOPNOTSUPP;
}

int arch_domctl_get_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t *size)
{
    return fake.get_hvmcontext ? fake.get_hvmcontext(d, buffer, size) : -EOPNOTSUPP;
}

int arch_domctl_set_hvmcontext(struct domain *d, guest_va_t buffer, uint32_t size)
{
    return fake.set_hvmcontext ? fake.set_hvmcontext(d, buffer, size) : -EOPNOTSUPP;
}

/* What a test sees of a vCPU: where it is. */
int arch_domctl_get_vcpucontext(struct vcpu *v, guest_va_t to)
{
    struct vcpu_guest_context *c = hv_zalloc(sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    c->user_regs.rip = FAKE_RIP + v->id;
    rc = copy_to_guest(to, c, sizeof(*c)) ? -EFAULT : 0;
    hv_free(c);
    return rc;
}

int arch_domctl_set_cpu_policy(struct domain *d, uint32_t nr_leaves, guest_va_t leaves, uint32_t nr_msrs,
                               guest_va_t msrs, uint32_t ret_err[3])
{
    (void)d;
    (void)nr_leaves;
    (void)leaves;
    (void)nr_msrs;
    (void)msrs;
    ret_err[0] = ret_err[1] = ret_err[2] = UINT32_MAX;
    return -EOPNOTSUPP;
}
