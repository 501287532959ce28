/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain of xl's finds, in each mode of the processor: start of day, CPUID, the layouts of the shared structures,
 * events, timers, grants, its local APIC. It shuts down with reason N for "shutdown=N" on the command line.
 */
#include "guest.h"

#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/hvm.h"
#include "public/memory.h"
#include "public/sched.h"
#include "public/vcpu.h"
#include "public/version.h"

#define VECTOR 0xf3
#define IPI_VECTOR 0x44
#define OWN_VECTOR 0xe5
#define BITS (8 * sizeof(long))

#ifdef __x86_64__
#define ABI(name) name
#else
#define ABI(name) compat_##name
#endif

typedef volatile struct ABI(shared_info) shared_t;
typedef volatile struct ABI(vcpu_info) vcpu_info_t;

static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char info_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char hypercall_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char grant_page[PAGE_SIZE] __attribute__((aligned(4096)));
static shared_t *const shared = (shared_t *)shared_page;
static vcpu_info_t *info = (vcpu_info_t *)shared_page;
static volatile bool seen, by_own_vector;
static volatile unsigned last_port;

static void say(const char *what, int64_t value)
{
    out("%s: %lld\n", what, (long long)value);
}

static int64_t event_op(unsigned cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static int64_t vcpu_op(unsigned cmd, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, cmd, 0, arg);
}

/* --- start of day, CPUID, versions --- */

static const char *command_line(const struct hvm_start_info *si)
{
    return si->cmdline_paddr ? (const char *)(uintptr_t)si->cmdline_paddr : "";
}

static void test_start(const struct hvm_start_info *si)
{
    const struct hvm_memmap_table_entry *map = (void *)(uintptr_t)si->memmap_paddr;

    out("start info: magic %x version %u flags %x modules %u\n", si->magic, si->version, si->flags, si->nr_modules);
    out("command line: '%s'\n", command_line(si));
    for (uint32_t i = 0; i < si->memmap_entries; i++)
        out("memory map: 0x%llx size 0x%llx type %u\n", (unsigned long long)map[i].addr,
            (unsigned long long)map[i].size, map[i].type);
}

static void test_cpuid(void)
{
    uint32_t base = xen_cpuid_base(), r[4];

    cpuid(base, 0, r);
    out("hypervisor leaves: 0x%x to 0x%x\n", base, r[0]);
    cpuid(base + 1, 0, r);
    out("leaf 1: %x %x %x %x\n", r[0], r[1], r[2], r[3]);
    cpuid(base + 2, 0, r);
    out("leaf 2: %x %x %x %x\n", r[0], r[1], r[2], r[3]);
    cpuid(base + 3, 0, r);
    out("leaf 3.0: %x ebx %x edx %x\n", r[0], r[1], r[3]);
    cpuid(base + 4, 0, r);
    out("leaf 4: %x %x edx %x\n", r[0], r[1], r[3]); /* ecx: domain id */
    cpuid(base + 5, 0, r);
    out("leaf 5: %x %x %x %x\n", r[0], r[1], r[2], r[3]);
    cpuid(1, 0, r);
    out("leaf 1 ecx %x edx %x\n", r[2], r[3]);
    cpuid(0x80000001, 0, r);
    out("leaf 80000001 ecx %x edx %x\n", r[2], r[3]);
}

static void test_version(void)
{
    struct xen_feature_info features = { .submap_idx = 0 };
    unsigned long parameters = 1;
    unsigned char handle[16];

    say("version", hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0));
    say("get_features", hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, &features));
    out("features: 0x%x\n", features.submap);
    say("pagesize", hypercall2(__HYPERVISOR_xen_version, XENVER_pagesize, 0));
    say("platform_parameters", hypercall2(__HYPERVISOR_xen_version, XENVER_platform_parameters, &parameters));
    out("virt_start: 0x%lx\n", parameters);
    say("guest_handle", hypercall2(__HYPERVISOR_xen_version, XENVER_guest_handle, handle));
    say("bad pointer", hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, 0xf0000000u));
}

static void test_msrs(void)
{
    static const uint32_t msrs[] = { 0x1b, 0x10a, 0x174, 0x179, 0x17a, 0x1a0, 0x277, 0x2ff, 0x3a, 0x8b, 0xce, 0x48,
                                     0xc0000080, 0xc0000081, 0xc0000103, 0xc0010015, 0xc0010114, 0x40000000, 0x1234 };
    uint64_t value;

    for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++) {
        if (rdmsr_ok(msrs[i], &value))
            out("msr 0x%x: 0x%llx\n", msrs[i], (unsigned long long)value);
        else
            out("msr 0x%x: fault\n", msrs[i]);
    }
}

/* --- layouts --- */

/* The wall clock is where this mode's layout has it. */
static void say_layout(const char *when)
{
    out("layout %s: %s\n", when, shared->wc_sec ? "of this mode" : "not yet of this mode");
}

static void upcall(void)
{
    unsigned long sel;

    info->evtchn_upcall_pending = 0;
    sel = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < BITS; w++)
        if (sel >> w & 1)
            for (unsigned b = 0; b < BITS; b++)
                if (!(shared->evtchn_mask[w] >> b & 1) &&
                    (__atomic_fetch_and(&shared->evtchn_pending[w], ~(1ul << b), __ATOMIC_SEQ_CST) >> b & 1))
                    last_port = w * BITS + b;
    seen = true;
}

static void mask_all(void)
{
    for (unsigned i = 0; i < BITS; i++)
        shared->evtchn_mask[i] = ~0ul;
}

static void unmask(uint32_t port)
{
    __atomic_fetch_and(&shared->evtchn_mask[port / BITS], ~(1ul << port % BITS), __ATOMIC_SEQ_CST);
}

static void write_hypercall_page(void)
{
    say("hypercall page", wrmsr_ok(0x40000000, (uintptr_t)hypercall_page));
    say_layout("after the hypercall page");
}

static void test_layout(void)
{
    struct ABI(xen_add_to_physmap) map = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
                                           .gpfn = (uintptr_t)shared_page >> 12 };
    struct xen_hvm_param param = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = 2ull << 56 | VECTOR };

    say("map shared_info", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map));
#ifndef __x86_64__
    say_layout("after the map");
#endif
    mask_all();
#if PAGING == 1 /* here the hypercall page comes first, elsewhere the callback */
    write_hypercall_page();
#endif
    say("set callback vector", hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, &param));
    say_layout("after the callback");
#if PAGING != 1
    write_hypercall_page();
#endif
    out("hypercall page: %x %x\n", *(uint32_t *)hypercall_page, *(uint32_t *)(hypercall_page + 32 * 17 + 1));
}

/* --- events and timers --- */

static bool arrives(uint32_t port)
{
    return wait_for(&seen) && last_port == port;
}

static void test_events(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
    struct evtchn_send send;

    set_handler(VECTOR, upcall);
    say("alloc_unbound", event_op(EVTCHNOP_alloc_unbound, &alloc));
    bind.remote_port = alloc.port;
    say("bind_interdomain", event_op(EVTCHNOP_bind_interdomain, &bind));
    unmask(alloc.port);
    seen = false;
    send.port = bind.local_port;
    say("send", event_op(EVTCHNOP_send, &send));
    say("arrived", arrives(alloc.port));
}

static void test_vcpu_info(void)
{
    struct vcpu_register_vcpu_info reg = { .mfn = (uintptr_t)info_page >> 12, .offset = 4092 };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_send send;

    say("register_vcpu_info over the end", vcpu_op(VCPUOP_register_vcpu_info, &reg));
    reg.offset = 2;
    say("register_vcpu_info at 2", vcpu_op(VCPUOP_register_vcpu_info, &reg));
    reg.offset = sizeof(long);
    say("register_vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, &reg));
    info = (vcpu_info_t *)(info_page + sizeof(long));
    say("register_vcpu_info again", vcpu_op(VCPUOP_register_vcpu_info, &reg));
    out("moved: pending %u sel 0x%lx clock %d\n", info->evtchn_upcall_pending,
        (unsigned long)info->evtchn_pending_sel, info->time.tsc_to_system_mul != 0);
    seen = false;
    wait_for(&seen);
    say("bind_ipi", event_op(EVTCHNOP_bind_ipi, &ipi));
    unmask(ipi.port);
    seen = false;
    send.port = ipi.port;
    say("send", event_op(EVTCHNOP_send, &send));
    say("arrived", arrives(ipi.port));
}

static void test_timers(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER };
    struct ABI(vcpu_set_singleshot_timer) timer = { .timeout_abs_ns = 1 };
    struct vcpu_set_periodic_timer period = { .period_ns = 10000000 };
    struct xen_hvm_get_time time = { 0 };
    bool ok;

    say("stop periodic timer", vcpu_op(VCPUOP_stop_periodic_timer, 0));
    say("bind VIRQ_TIMER", event_op(EVTCHNOP_bind_virq, &virq));
    unmask(virq.port);
    seen = false;
    say("single shot", vcpu_op(VCPUOP_set_singleshot_timer, &timer));
    say("arrived", arrives(virq.port));
    say("get_time", hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_time, &time));
    time.now += 2000000;
    seen = false;
#ifdef __x86_64__
    say("set_timer_op", hypercall1(__HYPERVISOR_set_timer_op, time.now));
#else
    say("set_timer_op", hypercall2(__HYPERVISOR_set_timer_op, (uint32_t)time.now, (uint32_t)(time.now >> 32)));
#endif
    say("arrived", arrives(virq.port));
    say("set periodic timer", vcpu_op(VCPUOP_set_periodic_timer, &period));
    seen = false;
    ok = arrives(virq.port);
    seen = false;
    say("twice", ok && arrives(virq.port));
    say("stop periodic timer", vcpu_op(VCPUOP_stop_periodic_timer, 0));
}

static void test_runstate(void)
{
    static struct ABI(vcpu_runstate_info) area, now;
    struct vcpu_register_runstate_memory_area reg = { .addr = (uintptr_t)&area };
    struct xen_hvm_get_time time = { 0 };
    struct ABI(sched_poll) poll = { .nr_ports = 0 };
    uint64_t first;

    area.state = 99;
    say("register_runstate_memory_area", vcpu_op(VCPUOP_register_runstate_memory_area, &reg));
    out("runstate: %u running %d\n", area.state, area.time_running != 0);
    first = area.time_running;
    hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_time, &time);
    poll.timeout = time.now + 5000000;
    say("poll", hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll));
    say("updated", READ_ONCE(area.time_running) > first);
    say("get_runstate_info", vcpu_op(VCPUOP_get_runstate_info, &now));
    out("runstate: %u, not before: %d\n", now.state, now.time_running >= area.time_running);
}

/* --- grants, local APIC --- */

static void test_grants(void)
{
    static unsigned long frames[4];
    struct ABI(gnttab_setup_table) setup = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uintptr_t)frames };
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_get_version version = { .dom = DOMID_SELF };
    struct ABI(xen_add_to_physmap) map = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
                                           .gpfn = (uintptr_t)grant_page >> 12 };

    say("query_size", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &size, 1));
    out("grant frames: %u of %u status %d\n", size.nr_frames, size.max_nr_frames, (int16_t)size.status);
    say("setup_table", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1));
    out("setup status %d\n", (int16_t)setup.status);
    setup.nr_frames = 100000;
    say("setup_table of too many", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1));
    out("setup status %d\n", (int16_t)setup.status);
    say("get_version", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, &version, 1));
    out("grant version %u\n", version.version);
    say("map grant frame", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map));
    out("first entries: flags %x %x domains %u %u\n", *(uint16_t *)grant_page, *(uint16_t *)(grant_page + 8),
        *(uint16_t *)(grant_page + 2), *(uint16_t *)(grant_page + 10));
}

static volatile bool ipi_seen;

static volatile uint32_t *apic(unsigned reg)
{
    return (volatile uint32_t *)(uintptr_t)(0xfee00000u + reg);
}

static void ipi(void)
{
    ipi_seen = true;
    *apic(0xb0) = 0;
}

static void test_apic(void)
{
    set_handler(IPI_VECTOR, ipi);
    out("apic: id %x version %x spurious %x\n", *apic(0x20), *apic(0x30), *apic(0xf0));
    *apic(0xf0) = 0x1ff;
    *apic(0x310) = 0;
    *apic(0x300) = IPI_VECTOR | 0x40000;
    say("IPI to self", wait_for(&ipi_seen));
    ipi_seen = false;
    *apic(0x310) = *apic(0x20);
    *apic(0x300) = IPI_VECTOR;
    say("IPI to its id", wait_for(&ipi_seen));
}

static void own_upcall(void)
{
    upcall();
    by_own_vector = true;
    *apic(0xb0) = 0;
}

static void test_own_vector(void)
{
    struct xen_hvm_evtchn_upcall_vector own = { .vcpu = 0, .vector = 0xf };
    struct evtchn_bind_ipi self = { .vcpu = 0 };
    struct evtchn_send send;

    set_handler(OWN_VECTOR, own_upcall);
    say("own vector 15", hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, &own));
    own = (struct xen_hvm_evtchn_upcall_vector){ .vcpu = 1, .vector = OWN_VECTOR };
    say("own vector of no vCPU", hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, &own));
    own.vcpu = 0;
    say("own vector", hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, &own));
    say("bind_ipi", event_op(EVTCHNOP_bind_ipi, &self));
    unmask(self.port);
    send.port = self.port;
    for (unsigned disabled = 0; disabled < 3; disabled++) { /* the local APIC: enabled by test_apic, disabled, enabled */
        *apic(0xf0) = disabled == 1 ? 0xff : 0x1ff;
        seen = by_own_vector = false;
        say("send", event_op(EVTCHNOP_send, &send));
        say("arrived", arrives(self.port));
        say("by its own vector", wait_for(&by_own_vector));
    }
}

static unsigned shutdown_reason(const char *words)
{
    static const char key[] = "shutdown=";
    unsigned i = 0;

    while (key[i] && words[i] == key[i])
        i++;
    return key[i] ? 0 : (unsigned)(words[i] - '0');
}

void guest_test(const struct hvm_start_info *si)
{
    test_start(si);
    test_cpuid();
    test_version();
    test_msrs();
    test_layout();
    test_events();
    test_vcpu_info();
    test_timers();
    test_runstate();
    test_grants();
    test_apic();
    test_own_vector();
    out("complete\n");
    guest_exit(shutdown_reason(command_line(si)));
}
