/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libs/ctrl's wrappers over the real core (ctrl_loop.h): what they do, each error of the hypervisor, and each operation
 * below them failing once. Then over a hypervisor that lies, or has what ours does not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/machine.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "ctrl/scheduler.h"
#include "fake/ctrl_loop.h"
#include "public/sched.h"
#include "public/xen.h"

#define NOBODY 77

static struct ctrl_priv *p;
static uint32_t domid;

static const struct xen_domctl_createdomain config = {
    .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = -1,
    .max_maptrack_frames = -1, .grant_opts = 2, .arch = { .emulation_flags = XEN_X86_EMU_LAPIC },
};

static int setup(void **state)
{
    (void)state;
    ctrl_loop_init(32);
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    assert_int_equal(ctrl_domain_create(p, &config, 0, &domid), 0);
    assert_int_equal(ctrl_domain_max_vcpus(p, domid, 2), 0);
    assert_int_equal(ctrl_domain_max_mem(p, domid, 8192), 0);
    assert_int_equal(ctrl_domain_set_paging_pool(p, domid, 1 << 20), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    assert_int_equal(ctrl_loop_domains(), 0);
    ctrl_priv_close(p);
    ctrl_loop_done();
    return 0;
}

/* --- one function for each wrapper: 0, or what it returned --- */

static uint32_t port;
static uint64_t number;

static int do_create(uint32_t id)
{
    uint32_t made = 0;
    int err = ctrl_domain_create(p, &config, id == domid ? 0 : id, &made);

    if (err == 0)
        ctrl_domain_destroy(p, made);
    else
        assert_int_equal(made, 0);
    return err;
}

static int do_pause(uint32_t id)
{
    int err = ctrl_domain_pause(p, id);

    return err ? err : ctrl_domain_unpause(p, id);
}

static int do_limits(uint32_t id)
{
    int err = ctrl_domain_max_mem(p, id, 8192);

    if (!err)
        err = ctrl_domain_max_vcpus(p, id, 2);
    if (!err)
        err = ctrl_domain_set_paging_pool(p, id, 1 << 20);
    return err ? err : ctrl_domain_get_paging_pool(p, id, &number);
}

static int do_handle(uint32_t id)
{
    return ctrl_domain_set_handle(p, id, (const uint8_t *)"0123456789abcdef");
}

static int do_tsc(uint32_t id)
{
    struct xen_domctl_tsc_info info = { .tsc_mode = XEN_TSC_MODE_NEVER_EMULATE };
    int err = ctrl_domain_set_tsc_info(p, id, &info);

    info.tsc_mode = 0;
    if (!err)
        err = ctrl_domain_get_tsc_info(p, id, &info);
    if (!err)
        assert_int_equal(info.tsc_mode, XEN_TSC_MODE_NEVER_EMULATE);
    return err;
}

static int do_vcpu_info(uint32_t id)
{
    struct xen_domctl_getvcpuinfo info;

    return ctrl_vcpu_info(p, id, 1, &info);
}

static int do_affinity(uint32_t id)
{
    uint8_t hard = 0x3, soft = 0x2, got[2] = { 0 };
    struct ctrl_bitmap h = { &hard, 8 }, s = { &soft, 8 }, both = { got, 16 };
    int err = ctrl_vcpu_set_affinity(p, id, 1, &h, &s, false);

    if (!err)
        err = ctrl_vcpu_get_affinity(p, id, 1, &both, NULL);
    if (!err)
        assert_int_equal(got[0], 0x3);
    return err;
}

static int do_nodes(uint32_t id)
{
    uint8_t bits = 1;
    struct ctrl_bitmap nodes = { &bits, 8 };
    int err = ctrl_domain_set_node_affinity(p, id, &nodes);

    return err ? err : ctrl_domain_get_node_affinity(p, id, &nodes);
}

static int do_trigger(uint32_t id)
{
    return ctrl_domain_send_trigger(p, id, XEN_DOMCTL_SENDTRIGGER_NMI, 0);
}

static int do_time(uint32_t id)
{
    return ctrl_domain_set_time_offset(p, id, 3600);
}

static int do_shutdown(uint32_t id)
{
    struct xen_domctl_getdomaininfo info;
    int err = ctrl_domain_shutdown(p, id, SHUTDOWN_suspend);

    if (!err)
        err = ctrl_domain_info(p, id, &info);
    if (!err)
        assert_int_equal(ctrl_domain_shutdown_reason(&info), SHUTDOWN_suspend);
    return err ? err : ctrl_domain_resume(p, id);
}

static int do_memory(uint32_t id)
{
    const uint64_t small[3] = { 1, 2, 3 }, large = 512;
    long n = ctrl_memory_populate(p, id, small, 3, 0, 0);

    if (n < 0)
        return (int)n;
    if (n == 3)
        n = ctrl_memory_populate(p, id, &large, 1, 9, 0);
    if (n == 1)
        n = ctrl_memory_decrease(p, id, &large, 1, 9);
    if (n == 1)
        n = ctrl_memory_decrease(p, id, small, 3, 0);
    return n == 3 ? 0 : n < 0 ? (int)n : -ESRCH; /* reservations do not say why */
}

static int do_claim(uint32_t id)
{
    int err = ctrl_memory_claim(p, id, 100);

    return err ? err : ctrl_memory_claim(p, id, 0);
}

static int do_map(uint32_t id)
{
    struct xen_e820_entry map[2] = { { 0, 1 << 20, 1 }, { 1 << 20, 1 << 20, 2 } };

    return ctrl_memory_set_map(p, id, map, 2);
}

static int do_physmap(uint32_t id)
{
    int err = ctrl_memory_add_to_physmap(p, id, XENMAPSPACE_shared_info, 0, 100);

    return err ? err : ctrl_memory_remove_from_physmap(p, id, 100);
}

static int do_pod(uint32_t id)
{
    struct xen_pod_target t;
    int err = ctrl_memory_set_pod_target(p, id, 0, NULL);

    return err ? err : ctrl_memory_get_pod_target(p, id, &t);
}

static int do_max_gfn(uint32_t id)
{
    int64_t n = ctrl_memory_max_gfn(p, id);

    return n < 0 ? (int)n : 0;
}

static int do_present(uint32_t id)
{
    const uint64_t gfn = 0x301;
    bool there[3] = { true, false, true };
    long n = ctrl_memory_populate(p, id, &gfn, 1, 0, 0);
    int err = n < 0 ? (int)n : n == 1 ? ctrl_domain_pages_present(p, id, gfn - 1, 3, there) : -ESRCH;

    if (!err)
        assert_true(!there[0] && there[1] && !there[2]);
    n = ctrl_memory_decrease(p, id, &gfn, 1, 0);
    return err || n >= 0 ? err : (int)n;
}

static int do_param(uint32_t id)
{
    int err = ctrl_hvm_set_param(p, id, HVM_PARAM_STORE_PFN, 0xff000);

    if (!err)
        err = ctrl_hvm_get_param(p, id, HVM_PARAM_STORE_PFN, &number);
    if (!err)
        assert_int_equal(number, 0xff000);
    return err;
}

static int do_params(uint32_t id)
{
    const struct ctrl_hvm_param params[] = { { HVM_PARAM_CONSOLE_PFN, 5 }, { HVM_PARAM_STORE_EVTCHN, 6 } };
    int err = ctrl_hvm_set_params(p, id, params, 2);

    if (!err)
        err = ctrl_hvm_get_param(p, id, HVM_PARAM_STORE_EVTCHN, &number);
    if (!err)
        assert_int_equal(number, 6);
    return err;
}

static int do_context(uint32_t id)
{
    uint8_t data[4096];
    int64_t n = ctrl_hvm_context_size(p, id);

    if (n > 0)
        n = ctrl_hvm_get_context(p, id, data, sizeof(data));
    return n < 0 ? (int)n : ctrl_hvm_set_context(p, id, data, (uint32_t)n);
}

static int do_vcpu_context(uint32_t id)
{
    struct vcpu_guest_context context = { 0 };
    int err = do_context(id); /* it has one then */

    if (!err)
        err = ctrl_vcpu_get_context(p, id, 0, &context);
    if (!err)
        assert_true(context.user_regs.rip);
    return err;
}

static int do_port(uint32_t id)
{
    int err = ctrl_domain_new_port(p, id, 0, &port);

    return err ? err : ctrl_domain_reset_ports(p, id);
}

static int do_scheduler(uint32_t id)
{
    union ctrl_sched_params params = { .credit2 = { .weight = 512 } };
    int err = ctrl_sched_set_domain(p, id, XEN_SCHEDULER_CREDIT2, &params);

    params.credit2.weight = 0;
    if (!err)
        err = ctrl_sched_get_domain(p, id, XEN_SCHEDULER_CREDIT2, &params);
    if (!err)
        assert_int_equal(params.credit2.weight, 512);
    return err;
}

static int do_target(uint32_t id)
{
    uint32_t other = 0;
    int err = ctrl_domain_create(p, &config, 0, &other);

    if (err)
        return err;
    err = ctrl_domain_set_target(p, other, id);
    if (ctrl_domain_destroy(p, other)) /* the operation that is to fail */
        assert_int_equal(ctrl_domain_destroy(p, other), 0);
    return err;
}

static int do_move(uint32_t id)
{
    int err = ctrl_pool_move_domain(p, 0, id);

    return err == -EINVAL ? -ESRCH : err; /* stock's number for it */
}

static const struct {
    const char *name;
    int (*run)(uint32_t id);
    bool makes; /* takes no domain that exists */
} wrappers[] = {
    { "create", do_create, true }, { "pause", do_pause, false }, { "limits", do_limits, false },
    { "handle", do_handle, false }, { "tsc", do_tsc, false }, { "vcpu_info", do_vcpu_info, false },
    { "affinity", do_affinity, false }, { "nodes", do_nodes, false }, { "trigger", do_trigger, false },
    { "time", do_time, false }, { "shutdown", do_shutdown, false }, { "memory", do_memory, false },
    { "claim", do_claim, false }, { "map", do_map, false }, { "physmap", do_physmap, false }, { "pod", do_pod, false },
    { "max_gfn", do_max_gfn, false }, { "present", do_present, false }, { "param", do_param, false }, { "params", do_params, false },
    { "context", do_context, false }, { "vcpu context", do_vcpu_context, false }, { "port", do_port, false },
    { "scheduler", do_scheduler, false }, { "target", do_target, false }, { "move", do_move, false },
};
#define NR_WRAPPERS (sizeof(wrappers) / sizeof(wrappers[0]))

static void they_work(void **state)
{
    (void)state;
    for (int preempt = 0; preempt < 2; preempt++)
        for (size_t i = 0; i < NR_WRAPPERS; i++) {
            ctrl_loop_preempt(preempt);
            if (wrappers[i].run(domid))
                fail_msg("%s: %d", wrappers[i].name, wrappers[i].run(domid));
            ctrl_loop_preempt(false);
            assert_int_equal(ctrl_loop_in_use(), 1);
        }
}

static void no_such_domain(void **state)
{
    (void)state;
    for (size_t i = 0; i < NR_WRAPPERS; i++) {
        if (wrappers[i].makes)
            continue;
        if (wrappers[i].run(NOBODY) != -ESRCH)
            fail_msg("%s, no domain: %d", wrappers[i].name, wrappers[i].run(NOBODY));
        if (wrappers[i].run(0x10000 + domid) != -ESRCH) /* cut to 16 bits it would be one */
            fail_msg("%s, large number: %d", wrappers[i].name, wrappers[i].run(0x10000 + domid));
        assert_int_equal(ctrl_loop_in_use(), 1);
    }
    assert_int_equal(do_create(0x10000), -EINVAL);
    assert_int_equal(ctrl_domain_destroy(p, NOBODY), -ESRCH);
    assert_int_equal(ctrl_domain_destroy(p, 0x10000 + domid), -ESRCH);
}

/* Each hypercall and each buffer of each wrapper fails once: the error comes back, nothing stays. */
static void each_operation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < NR_WRAPPERS; i++)
        for (unsigned nth = 1;; nth++) {
            int err;

            ctrl_loop_fail(nth, ENOBUFS);
            err = wrappers[i].run(domid);
            if (!ctrl_loop_failed()) {
                ctrl_loop_fail(0, 0);
                break;
            }
            if (err != -ENOBUFS && !(wrappers[i].run == do_target || wrappers[i].run == do_create))
                fail_msg("%s, operation %u: %d", wrappers[i].name, nth, err);
            ctrl_loop_fail(0, 0);
            assert_int_equal(ctrl_loop_in_use(), 1);
            /* What was begun is undone for the next round. */
            ctrl_domain_resume(p, domid);
            while (ctrl_domain_unpause(p, domid) == 0)
                ;
            ctrl_domain_pause(p, domid);
            ctrl_memory_decrease(p, domid, (const uint64_t[]){ 1 }, 1, 0);
            ctrl_memory_decrease(p, domid, (const uint64_t[]){ 2 }, 1, 0);
            ctrl_memory_decrease(p, domid, (const uint64_t[]){ 3 }, 1, 0);
            ctrl_memory_decrease(p, domid, (const uint64_t[]){ 512 }, 1, 9);
            ctrl_memory_claim(p, domid, 0);
            ctrl_memory_remove_from_physmap(p, domid, 100);
            while (ctrl_loop_domains() > 1)
                for (uint32_t other = 1; other < 200; other++)
                    if (other != domid)
                        ctrl_domain_destroy(p, other);
        }
}

static void life(void **state)
{
    struct xen_domctl_getdomaininfo info, infos[4];
    uint64_t before = ctrl_loop_free_pages(), gfns[64];
    uint32_t id;

    (void)state;
    assert_int_equal(ctrl_domain_create(p, &config, 40, &id), 0);
    assert_int_equal(id, 40);
    assert_int_equal(ctrl_domain_create(p, &config, 40, &id), -EEXIST);
    assert_int_equal(ctrl_domain_list(p, 1, 4, infos), 2);
    assert_int_equal(infos[1].domain, 40);
    assert_int_equal(ctrl_domain_max_vcpus(p, id, 2), 0);
    assert_int_equal(ctrl_domain_max_mem(p, id, 1024), 0);
    assert_int_equal(ctrl_domain_set_paging_pool(p, id, 1 << 20), 0);
    for (unsigned i = 0; i < 64; i++)
        gfns[i] = 16 + i;
    assert_int_equal(ctrl_memory_populate(p, id, gfns, 64, 0, 0), 64);
    assert_int_equal(ctrl_memory_populate(p, id, gfns, 64, 0, 0), 0); /* they are there */
    assert_int_equal(ctrl_memory_populate(p, id, gfns, 0, 0, 0), 0);
    assert_int_equal(ctrl_domain_info(p, id, &info), 0);
    assert_int_equal(info.tot_pages, 64);
    assert_int_equal(info.max_pages, 256);
    assert_int_equal(ctrl_domain_shutdown_reason(&info), -1);
    assert_true(info.flags & XEN_DOMINF_paused);
    assert_int_equal(ctrl_domain_unpause(p, id), 0);
    assert_int_equal(ctrl_domain_unpause(p, id), -EINVAL);
    assert_int_equal(ctrl_domain_pause(p, id), 0);
    ctrl_loop_preempt(true);
    assert_int_equal(ctrl_domain_destroy(p, id), 0);
    ctrl_loop_preempt(false);
    assert_int_equal(ctrl_domain_info(p, id, &info), -ESRCH);
    assert_int_equal(ctrl_loop_free_pages(), before);
}

/* Foreign pages and the hypervisor's own hold references until they are unmapped. */
static void foreign_round(void)
{
    const uint64_t gfns[3] = { 7, 5, 99 };
    void *pages, *frames;
    int errs[3];

    assert_int_equal(ctrl_memory_populate(p, domid, gfns, 2, 0, 0), 2);
    assert_int_equal(ctrl_map_foreign(p, domid, PROT_READ | PROT_WRITE, 3, gfns, NULL, &pages), -EINVAL);
    assert_int_equal(ctrl_map_foreign(p, domid, PROT_READ | PROT_WRITE, 3, gfns, errs, &pages), 0);
    assert_int_equal(errs[0], 0);
    assert_int_equal(errs[1], 0);
    assert_int_equal(errs[2], -EINVAL);
    strcpy((char *)pages + CTRL_PAGE_SIZE, "hello");
    assert_string_equal(ctrl_loop_page(domid, 5), "hello");
    assert_int_equal(ctrl_memory_decrease(p, domid, gfns, 2, 0), 2);
    assert_string_equal((char *)pages + CTRL_PAGE_SIZE, "hello"); /* ours, until we let it go */
    assert_int_equal(ctrl_unmap(p, pages, 2), -EINVAL);
    assert_int_equal(ctrl_unmap(p, pages, 3), 0);
    assert_int_equal(ctrl_map_resource(p, domid, XENMEM_resource_grant_table, 0, 0, 1, PROT_READ | PROT_WRITE, &frames), 0);
    assert_int_equal(*(uint64_t *)frames, 0);
    assert_int_equal(ctrl_unmap(p, frames, 1), 0);
    assert_int_equal(ctrl_map_resource(p, domid, 9, 0, 0, 1, PROT_READ, &frames), -EINVAL);
    assert_int_equal(ctrl_map_resource(p, NOBODY, XENMEM_resource_grant_table, 0, 0, 1, PROT_READ, &frames), -ESRCH);
}

static void foreign_pages(void **state)
{
    uint64_t before;

    (void)state;
    foreign_round(); /* page tables and the grant table are there then */
    before = ctrl_loop_free_pages();
    foreign_round();
    assert_int_equal(ctrl_loop_free_pages(), before);
}

/* --- the machine --- */

static void machine(void **state)
{
    uint32_t scheduler = 0, distances[4] = { 0 };
    struct xen_sysctl_cputopo cpus[8];
    struct xen_sysctl_cpuinfo idle[8];
    struct xen_sysctl_meminfo nodes[2];
    struct xen_sysctl_physinfo info;
    struct ctrl_pci_device devices[2] = { { 0, 0, 8 }, { 0, 1, 0 } };
    struct xen_compile_info compile;
    uint8_t bits[8] = { 0 };
    struct ctrl_pool pool = { .cpus = { bits, 64 } };
    uint32_t words[4], id = CTRL_POOL_ANY;
    char text[64], tiny[4];

    (void)state;
    assert_int_equal(ctrl_machine_info(p, &info), 0);
    assert_int_equal(info.nr_cpus, 4);
    assert_int_equal(info.free_pages, ctrl_loop_free_pages());
    assert_int_equal(ctrl_machine_scheduler(p, &scheduler), 0);
    assert_int_equal(scheduler, XEN_SCHEDULER_CREDIT2);
    assert_int_equal(ctrl_machine_debug_keys(p, ""), 0);
    assert_int_equal(ctrl_machine_debug_keys(p, "h"), 0);
    assert_int_equal(ctrl_machine_free_memory(p, -1, 0, 0, &number), 0);
    assert_int_equal(number, ctrl_loop_free_pages() * CTRL_PAGE_SIZE);
    assert_int_equal(ctrl_machine_free_memory(p, 7, 0, 0, &number), -EINVAL);
    assert_int_equal(ctrl_machine_cpus(p, NULL, 0), 4);
    assert_int_equal(ctrl_machine_cpus(p, cpus, 8), 4);
    assert_int_equal(cpus[3].socket, 3);
    assert_int_equal(ctrl_machine_cpus(p, cpus, 2), 2);
    assert_int_equal(ctrl_machine_idle_times(p, idle, 8), 4);
    assert_int_equal(ctrl_machine_idle_times(p, idle, 0), -EINVAL);
    assert_int_equal(ctrl_machine_nodes(p, NULL, NULL, 0), 1);
    assert_int_equal(ctrl_machine_nodes(p, nodes, distances, 2), 1);
    assert_int_equal(distances[0], 10);
    assert_int_equal(ctrl_machine_pci_nodes(p, devices, words, 2), 0);
    assert_int_equal(words[1], XEN_INVALID_DEV);
    ctrl_loop_preempt(true);
    assert_int_equal(ctrl_machine_pci_nodes(p, devices, words, 2), 0);
    ctrl_loop_preempt(false);
    assert_int_equal(ctrl_machine_featureset(p, XEN_SYSCTL_cpu_featureset_hvm, words, 4), -EOPNOTSUPP);
    assert_int_equal(ctrl_pool_info(p, 0, &pool), 0);
    assert_int_equal(pool.domains, 2);
    assert_int_equal(bits[0], 0xf);
    assert_int_equal(ctrl_pool_info(p, 1, &pool), -ENOENT);
    assert_int_equal(ctrl_pool_free_cpus(p, &pool.cpus), 0);
    assert_int_equal(bits[0], 0);
    assert_int_equal(ctrl_pool_create(p, XEN_SCHEDULER_NULL, &id), -EOPNOTSUPP);
    assert_int_equal(ctrl_pool_destroy(p, 1), -EOPNOTSUPP);
    assert_int_equal(ctrl_pool_add_cpu(p, 0, 1), -EOPNOTSUPP);
    assert_int_equal(ctrl_pool_remove_cpu(p, 0, 1), -EOPNOTSUPP);
    assert_int_equal(ctrl_version(p), 4 << 16 | 17);
    assert_int_equal(ctrl_version_page_size(p), 4096);
    assert_int_equal(ctrl_version_text(p, XENVER_extraversion, text, sizeof(text)), 0);
    assert_string_equal(text, ".0-xenolith");
    assert_int_equal(ctrl_version_text(p, XENVER_capabilities, tiny, sizeof(tiny)), 0);
    assert_string_equal(tiny, "xen");
    assert_int_equal(ctrl_version_text(p, XENVER_version, text, sizeof(text)), -EINVAL);
    assert_int_equal(ctrl_version_compile_info(p, &compile), 0);
    assert_string_equal((char *)compile.compile_by, "xenolith");
    assert_int_equal(ctrl_version_virt_start(p, &number), 0);
    assert_int_equal(number, 0xffff800000000000);
    assert_true(ctrl_version_build_id(p, bits, sizeof(bits)) < 0);
    assert_int_equal(ctrl_memory_sharing_freed(p), 0);
    assert_int_equal(ctrl_memory_sharing_used(p), 0);
}

static void schedulers(void **state)
{
    struct xen_domctl_schedparam_vcpu vcpus[2] = { { .vcpuid = 0 }, { .vcpuid = 1 } };
    struct xen_sysctl_credit2_schedule credit2 = { .ratelimit_us = 2000 };
    struct xen_sysctl_credit_schedule credit = { 0 };
    union ctrl_sched_params params = { 0 };

    (void)state;
    assert_int_equal(ctrl_sched_set_credit2(p, 0, &credit2), 0);
    assert_int_equal(ctrl_sched_get_credit2(p, 0, &credit2), 0);
    assert_int_equal(credit2.ratelimit_us, 2000);
    assert_int_equal(ctrl_sched_get_credit(p, 0, &credit), -EINVAL);
    assert_int_equal(ctrl_sched_set_credit(p, 0, &credit), -EINVAL);
    assert_int_equal(ctrl_sched_get_domain(p, domid, XEN_SCHEDULER_RTDS, &params), -EINVAL);
    assert_true(ctrl_sched_get_vcpus(p, domid, XEN_SCHEDULER_CREDIT2, vcpus, 2) < 0);
    assert_true(ctrl_sched_set_vcpus(p, domid, XEN_SCHEDULER_CREDIT2, vcpus, 2) < 0);
    assert_int_equal(ctrl_sched_get_vcpus(p, domid, XEN_SCHEDULER_CREDIT2, vcpus, 0), 0);
}

static void virtual_numa(void **state)
{
    static const uint32_t distances[4] = { 10, 20, 20, 10 }, on[2] = { 1, 0 }, pnodes[2] = { 0, UINT32_MAX };
    static const struct xen_vmemrange parts[2] = { { 0, 4096, 0, 0 }, { 4096, 8192, 0, 1 } };
    struct ctrl_vnuma vnuma = { 2, 2, 2, distances, on, pnodes, parts };
    uint32_t distance[4] = { 0 }, vcpus[2] = { 0 };
    struct xen_vmemrange ranges[2];
    struct ctrl_vnuma_room room = { 1, 1, 1, distance, vcpus, ranges };

    (void)state;
    assert_int_equal(ctrl_memory_get_vnuma(p, domid, &room), -EOPNOTSUPP);
    assert_int_equal(ctrl_domain_set_vnuma(p, domid, &vnuma), 0);
    assert_int_equal(ctrl_memory_get_vnuma(p, domid, &room), -ENOBUFS);
    assert_int_equal(room.nr_vmemranges, 2);
    assert_int_equal(distance[0], 0);
    assert_int_equal(ctrl_memory_get_vnuma(p, domid, &room), 0);
    assert_memory_equal(distance, distances, sizeof(distances));
    assert_memory_equal(vcpus, on, sizeof(on));
    assert_memory_equal(ranges, parts, sizeof(parts));
    vnuma.nr_vcpus = 1;
    assert_int_equal(ctrl_domain_set_vnuma(p, domid, &vnuma), -EINVAL);
}

/* What ours refuses, as it does. */
static void refused(void **state)
{
    struct ctrl_cpu_policy policy = { 0 };
    struct ctrl_bitmap none = { 0 };
    struct vcpu_guest_context context;
    bool many[XEN_DOMCTL_PFINFO_MAX + 1];

    (void)state;
    assert_int_equal(ctrl_vcpu_get_context(p, domid, 0, &context), -ENODATA); /* it was never started */
    assert_int_equal(ctrl_vcpu_get_context(p, domid, 9, &context), -EINVAL);
    assert_int_equal(ctrl_vcpu_get_context(p, 0, 0, &context), -EINVAL);
    assert_int_equal(ctrl_vcpu_info(p, domid, 9, NULL), -EINVAL);
    assert_int_equal(ctrl_vcpu_set_affinity(p, domid, 0, &none, NULL, false), -EINVAL);
    assert_int_equal(ctrl_machine_cpu_policy(p, XEN_SYSCTL_cpu_policy_hvm_default, &policy), -EOPNOTSUPP);
    assert_int_equal(ctrl_memory_set_map(p, domid, NULL, 0), -EINVAL);
    assert_int_equal(ctrl_hvm_set_param(p, domid, HVM_PARAM_NESTEDHVM, 1), -EINVAL);
    assert_int_equal(ctrl_hvm_set_params(p, domid, (struct ctrl_hvm_param[]){ { HVM_PARAM_STORE_PFN, 1 },
                                                                             { HVM_PARAM_NESTEDHVM, 1 } }, 2), -EINVAL);
    assert_int_equal(ctrl_hvm_set_params(p, domid, NULL, 0), 0);
    assert_int_equal(ctrl_hvm_get_context(p, domid, &context, 16), -ENOSPC);
    assert_int_equal(ctrl_domain_pages_present(p, domid, 0, sizeof(many), many), -E2BIG);
}

/* --- another hypervisor --- */

static long (*stub_answer)(void *arg);
static unsigned stub_calls;
static size_t stub_size; /* of the newest buffer: the argument */

static long stub_hypercall(struct ctrl_priv *priv, unsigned op, const uint64_t args[5])
{
    bool plain = op == __HYPERVISOR_domctl || op == __HYPERVISOR_sysctl;

    (void)priv;
    stub_calls++;
    return stub_answer((void *)(uintptr_t)args[plain ? 0 : 1]);
}

static int stub_buffer_new(struct ctrl_priv *priv, size_t size, void **ret_buffer)
{
    (void)priv;
    stub_size = size;
    *ret_buffer = calloc(1, size);
    return 0;
}

static void stub_buffer_free(struct ctrl_priv *priv, void *buffer, size_t size)
{
    (void)priv, (void)size;
    free(buffer);
}

static const struct ctrl_priv_ops stub_ops = {
    .hypercall = stub_hypercall, .buffer_new = stub_buffer_new, .buffer_free = stub_buffer_free
};
static struct ctrl_priv stub = { .ops = &stub_ops };

static long answer_again(void *arg)
{
    (void)arg;
    return stub_calls < 3 ? -EAGAIN : stub_calls < 5 ? -85 : 0;
}

static long answer_lies(void *arg)
{
    memset(arg, 0xee, stub_size); /* any count is larger than what there is room for */
    return 1000000;
}

static long answer_policy(void *arg)
{
    struct xen_domctl *op = arg;

    if (op->cmd == XEN_DOMCTL_set_cpu_policy) {
        op->u.cpu_policy.err_leaf = 7;
        op->u.cpu_policy.err_subleaf = 1;
        return -ERANGE;
    }
    op->u.cpu_policy.nr_leaves = 1;
    op->u.cpu_policy.nr_msrs = 1;
    ((struct xen_cpuid_leaf *)(uintptr_t)op->u.cpu_policy.leaves)->a = 13;
    return 0;
}

static long answer_vnuma(void *arg)
{
    struct xen_vnuma_topology_info *info = arg;

    if (info->nr_vcpus < 4) {
        info->nr_vcpus = 4;
        return -ENOBUFS;
    }
    *(uint32_t *)(uintptr_t)info->vcpu_to_vnode = 1;
    info->nr_vnodes = 1;
    return 0;
}

static void another_hypervisor(void **state)
{
    struct xen_cpuid_leaf leaves[2] = { { 0 } };
    struct xen_msr_entry msrs[2];
    struct ctrl_cpu_policy policy = { leaves, msrs, 2, 2 };
    struct ctrl_cpu_policy_fault fault;
    uint32_t distance[4], vcpus[4];
    struct xen_vmemrange ranges[4];
    struct ctrl_vnuma_room room = { 2, 2, 2, distance, vcpus, ranges };

    (void)state;
    stub_calls = 0;
    stub_answer = answer_again;
    assert_int_equal(ctrl_domain_destroy_step(&stub, 1), -EAGAIN);
    assert_int_equal(ctrl_domain_destroy(&stub, 1), 0);
    assert_int_equal(stub_calls, 5);
    stub_answer = answer_policy;
    assert_int_equal(ctrl_domain_get_cpu_policy(&stub, 1, &policy), 0);
    assert_int_equal(leaves[0].a, 13);
    assert_int_equal(policy.nr_leaves, 1);
    assert_int_equal(ctrl_domain_set_cpu_policy(&stub, 1, &policy, &fault), -ERANGE);
    assert_int_equal(fault.leaf, 7);
    assert_int_equal(fault.msr, UINT32_MAX);
    assert_int_equal(ctrl_domain_set_cpu_policy(&stub, 1, &policy, NULL), -ERANGE);
    stub_answer = answer_vnuma;
    assert_int_equal(ctrl_memory_get_vnuma(&stub, 1, &room), -ENOBUFS);
    assert_int_equal(room.nr_vcpus, 4);
    assert_int_equal(ctrl_memory_get_vnuma(&stub, 1, &room), 0);
    assert_int_equal(vcpus[0], 1);
}

static void lies(void **state)
{
    struct xen_sysctl_meminfo node;
    struct xen_sysctl_cpuinfo idle;
    struct xen_sysctl_cputopo cpu;
    struct xen_domctl_schedparam_vcpu vcpu = { 0 };
    struct xen_cpuid_leaf leaf;
    struct ctrl_cpu_policy policy = { .leaves = &leaf, .nr_leaves = 1 };
    struct ctrl_pci_device device = { 0 };
    const uint64_t gfn = 0;
    uint32_t word, distances[1], vcpus[1];
    struct xen_vmemrange ranges[1];
    struct ctrl_vnuma_room room = { 1, 1, 1, distances, vcpus, ranges };
    uint8_t byte;

    (void)state;
    stub_answer = answer_lies;
    assert_int_equal(ctrl_machine_cpus(&stub, &cpu, 1), -EPROTO);
    assert_int_equal(ctrl_machine_idle_times(&stub, &idle, 1), -EPROTO);
    assert_int_equal(ctrl_machine_nodes(&stub, &node, NULL, 1), -EPROTO);
    assert_int_equal(ctrl_machine_nodes(&stub, NULL, &word, 1), -EPROTO);
    assert_int_equal(ctrl_machine_featureset(&stub, 0, &word, 1), -EPROTO);
    assert_int_equal(ctrl_machine_pci_nodes(&stub, &device, &word, 1), -EPROTO);
    assert_int_equal(ctrl_machine_cpu_policy(&stub, 0, &policy), -EPROTO);
    assert_int_equal(ctrl_domain_get_cpu_policy(&stub, 1, &policy), -EPROTO);
    assert_int_equal(ctrl_hvm_get_context(&stub, 1, &byte, 1), -EPROTO);
    assert_int_equal(ctrl_memory_populate(&stub, 1, &gfn, 1, 0, 0), -EPROTO);
    assert_int_equal(ctrl_memory_get_vnuma(&stub, 1, &room), -EPROTO);
    assert_int_equal(ctrl_sched_get_vcpus(&stub, 1, XEN_SCHEDULER_RTDS, &vcpu, 1), -EPROTO);
    assert_int_equal(ctrl_version_build_id(&stub, &byte, 1), -EPROTO);
}

#define over_the_core(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_core(they_work),    over_the_core(no_such_domain), over_the_core(each_operation_fails),
        over_the_core(life),         over_the_core(foreign_pages),  over_the_core(machine),
        over_the_core(schedulers),   over_the_core(virtual_numa),   over_the_core(refused),
        cmocka_unit_test(another_hypervisor),
        cmocka_unit_test(lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
