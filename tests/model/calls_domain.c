/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op, the domctls that make, change and destroy domains, and the small hypercalls. */
#include "calls.h"

#include <string.h>

#include "mm/mm_internal.h"
#include "page.h"
#include "public/domctl.h"
#include "public/grant_table.h"
#include "public/hvm.h"
#include "public/memory.h"
#include "public/sched.h"
#include "public/vcpu.h"
#include "timer.h"

#define MEMORY(cmd, arg) call_arg(__HYPERVISOR_memory_op, cmd, ARG, 0, &(arg), sizeof(arg))
#define MAX_LIST 40

/* --- memory --- */

static void random_gfns(gpaddr_t list, unsigned n)
{
    uint64_t gfn[MAX_LIST];

    for (unsigned i = 0; i < n; i++)
        gfn[i] = random_gfn();
    put_longs(list, gfn, n);
}

static domid_t memory_target(void)
{
    return id_of(caller) == 0 && one_in(2) ? id_of(other) : DOMID_SELF;
}

static void reservation(unsigned cmd)
{
    struct xen_memory_reservation a = {
        .extent_start = LIST_A, .nr_extents = 1 + model_random(MAX_LIST), .domid = memory_target()
    };
    int64_t rc;

    random_gfns(LIST_A, (unsigned)a.nr_extents);
    if (one_in(8)) {
        uint64_t aligned = (one_in(2) ? SUPERPAGE_GFN : 8 + model_random(16) * 8);

        put_longs(LIST_A, &aligned, 1);
        a.extent_order = aligned == SUPERPAGE_GFN ? 9 : model_random(4);
        a.nr_extents = 1;
    }
    if (one_in(4))
        a.mem_flags = XENMEMF_populate_on_demand;
    rc = MEMORY(cmd, a);
    CHECK(rc <= (int64_t)a.nr_extents);
}

static void add_to_physmap(void)
{
    struct xen_add_to_physmap a = {
        .domid = memory_target(), .space = model_random(4), .idx = model_random(5), .gpfn = random_gfn()
    };

    if (a.space == XENMAPSPACE_shared_info)
        a.idx = 0;
    if (a.space == XENMAPSPACE_grant_table && one_in(3))
        a.idx |= XENMAPIDX_grant_table_status;
    if (one_in(50))
        a.gpfn = 256ULL << model_random(32);
    MEMORY(XENMEM_add_to_physmap, a);
}

static void add_batch(void)
{
    struct xen_add_to_physmap_batch a = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = (uint16_t)(1 + model_random(MAX_LIST)),
        .foreign_domid = id_of(other), .idxs = LIST_A, .gpfns = LIST_B, .errs = LIST_C,
    };

    random_gfns(LIST_A, a.size);
    random_gfns(LIST_B, a.size);
    MEMORY(XENMEM_add_to_physmap_batch, a);
}

static void acquire_resource(void)
{
    struct xen_mem_acquire_resource a = {
        .domid = id_of(other), .type = XENMEM_resource_grant_table, .id = model_random(2), .frame = model_random(5),
        .nr_frames = model_random(3), .frame_list = LIST_A,
    };

    random_gfns(LIST_A, MAX_LIST);
    MEMORY(XENMEM_acquire_resource, a);
}

static void set_memory_map(void)
{
    struct xen_foreign_memory_map a = { .domid = id_of(other), .nr_entries = model_random(20), .buffer = LIST_A };

    MEMORY(XENMEM_set_memory_map, a);
}

static void claim(void)
{
    struct xen_memory_reservation a = { .nr_extents = model_random(200), .domid = id_of(other) };

    MEMORY(XENMEM_claim_pages, a);
}

static void pod_target(void)
{
    struct xen_pod_target a = { .target_pages = model_random(250), .domid = id_of(other) };

    MEMORY(XENMEM_set_pod_target, a);
}

static void questions(void)
{
    static const unsigned cmds[] = {
        XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn, XENMEM_exchange,
    };
    unsigned cmd = cmds[model_random(ARRAY_SIZE(cmds))];
    struct xen_memory_domain a = { .domid = id_of(other) };
    int64_t rc = MEMORY(cmd, a);

    if (rc >= 0 && cmd == XENMEM_current_reservation)
        CHECK(rc == other->d->tot_pages);
}

void call_memory(void)
{
    struct xen_remove_from_physmap r = { .domid = memory_target(), .gpfn = random_gfn() };

    switch (model_random(34)) {
    case 0 ... 9:
        reservation(XENMEM_populate_physmap);
        break;
    case 10 ... 12:
        reservation(XENMEM_decrease_reservation);
        break;
    case 13 ... 16:
        add_to_physmap();
        break;
    case 17 ... 20:
        add_batch();
        break;
    case 21 ... 25:
        MEMORY(XENMEM_remove_from_physmap, r);
        break;
    case 26 ... 27:
        acquire_resource();
        break;
    case 28:
        set_memory_map();
        break;
    case 29:
        claim();
        break;
    case 30 ... 31:
        pod_target();
        break;
    default:
        questions();
        break;
    }
}

/* --- domctl: by dom0, but for a few tries --- */

static int64_t domctl(uint32_t cmd, domid_t id, struct xen_domctl *c, unsigned times)
{
    if (!one_in(20) && model[0].d->state == DOMAIN_ALIVE)
        caller = &model[0];
    c->cmd = cmd;
    c->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    c->domain = id;
    return call_part(__HYPERVISOR_domctl, ARG, 0, 0, c, sizeof(*c), times);
}
#define ALL 1000000u

static void populate(domid_t id)
{
    struct xen_memory_reservation a = { .extent_start = LIST_A, .nr_extents = PAGES, .domid = id };
    uint64_t gfn[PAGES];

    for (unsigned i = 0; i < PAGES; i++)
        gfn[i] = i;
    put_longs(LIST_A, gfn, PAGES);
    MEMORY(XENMEM_populate_physmap, a);
}

/* As a toolstack does it. What fails is left half made. */
static void create(domid_t id)
{
    struct xen_domctl c = { .u.createdomain = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1 + model_random(3),
        .max_evtchn_port = MODEL_PORTS - 1, .max_grant_frames = 1 + (int32_t)model_random(4),
        .max_maptrack_frames = (int32_t)model_random(3), .grant_opts = 1 + model_random(2),
        .arch.emulation_flags = XEN_X86_EMU_LAPIC,
    } };
    uint32_t vcpus = c.u.createdomain.max_vcpus;

    if (domctl(XEN_DOMCTL_createdomain, id, &c, ALL))
        return;
    CHECK(c.domain == id);
    c.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
    c.u.shadow_op.mb = 1;
    domctl(XEN_DOMCTL_shadow_op, id, &c, ALL);
    c.u.max_mem.max_memkb = 150 * 4;
    domctl(XEN_DOMCTL_max_mem, id, &c, ALL);
    c.u.max_vcpus.max = vcpus;
    domctl(XEN_DOMCTL_max_vcpus, id, &c, ALL);
    if (model[0].d->state == DOMAIN_ALIVE)
        caller = &model[0];
    populate(id);
}

static void change(domid_t id)
{
    static const uint32_t plain[] = {
        XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain, XEN_DOMCTL_resumedomain, XEN_DOMCTL_getdomaininfo,
        XEN_DOMCTL_gettscinfo, XEN_DOMCTL_getvcpuinfo,
    };
    struct xen_domctl c = { 0 };

    switch (model_random(8)) {
    case 0:
        c.u.max_mem.max_memkb = (one_in(3) ? 1500 : model_random(300)) * 4; /* the one is room for 2 MiB pages */
        domctl(XEN_DOMCTL_max_mem, id, &c, ALL);
        break;
    case 1:
        c.u.max_vcpus.max = 1 + model_random(3);
        domctl(XEN_DOMCTL_max_vcpus, id, &c, ALL);
        break;
    case 2:
        c.u.paging_mempool.size = (uint64_t)model_random(64) << PAGE_SHIFT;
        domctl(XEN_DOMCTL_set_paging_mempool_size, id, &c, ALL);
        break;
    case 3:
        c.u.set_target.target = (uint16_t)model_random(MODEL_DOMAINS);
        domctl(XEN_DOMCTL_set_target, id, &c, ALL);
        break;
    default:
        domctl(plain[model_random(ARRAY_SIZE(plain))], id, &c, ALL);
        break;
    }
}

/* Often to the end, often only begun: the domain is then dying while others go on using what is its own. */
static void destroy(domid_t id)
{
    struct xen_domctl c = { 0 };

    domctl(XEN_DOMCTL_destroydomain, id, &c, one_in(2) ? ALL : 1 + model_random(6));
    model_refresh();
}

void call_domctl(void)
{
    domid_t id = (domid_t)(1 + model_random(MODEL_DOMAINS - 1));

    if (!model[id].d)
        create(id);
    else if (model[id].d->state != DOMAIN_ALIVE || one_in(40))
        destroy(id);
    else
        change(id);
}

/* --- the rest --- */

#define VCPU(cmd, id, arg) call_arg(__HYPERVISOR_vcpu_op, cmd, id, ARG, &(arg), sizeof(arg))

static void vcpu_call(void)
{
    struct vcpu_register_vcpu_info info = { .mfn = random_gfn(), .offset = model_random(600) * 8 };
    struct vcpu_register_runstate_memory_area area = { .addr = LIST_D };
    struct vcpu_set_periodic_timer periodic = { .period_ns = (uint64_t)model_random(1u << 30) };
    struct vcpu_set_singleshot_timer single = { .timeout_abs_ns = (uint64_t)fake_time + model_random(1u << 30) };
    uint64_t vcpu = model_random(3), none = 0;

    switch (model_random(7)) {
    case 0:
        VCPU(VCPUOP_register_vcpu_info, vcpu, info);
        break;
    case 1:
        VCPU(VCPUOP_register_runstate_memory_area, vcpu, area);
        break;
    case 2:
        VCPU(VCPUOP_set_periodic_timer, vcpu, periodic);
        break;
    case 3:
        VCPU(VCPUOP_set_singleshot_timer, vcpu, single);
        break;
    case 4:
        VCPU(id_of(caller) ? VCPUOP_down : VCPUOP_is_up, vcpu, none); /* dom0's end is the machine's */
        break;
    case 5:
        VCPU(VCPUOP_stop_periodic_timer, vcpu, none);
        break;
    default:
        VCPU(VCPUOP_is_up, vcpu, none);
        break;
    }
}

static void hvm_call(void)
{
    struct xen_hvm_param p = {
        .domid = memory_target(), .index = model_random(40), .value = one_in(2) ? model_random(64) : 2ULL << 56 | 0xf3
    };
    struct xen_hvm_evtchn_upcall_vector u = { .vcpu = model_random(3), .vector = (uint8_t)model_random(256) };

    switch (model_random(3)) {
    case 0:
        call_arg(__HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0, &p, sizeof(p));
        break;
    case 1:
        call_arg(__HYPERVISOR_hvm_op, HVMOP_get_param, ARG, 0, &p, sizeof(p));
        break;
    default:
        call_arg(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, ARG, 0, &u, sizeof(u));
        break;
    }
}

void call_misc(void)
{
    struct sched_shutdown s = { .reason = model_random(6) };

    switch (model_random(8)) {
    case 0 ... 3:
        vcpu_call();
        break;
    case 4 ... 5:
        hvm_call();
        break;
    case 6:
        if (id_of(caller) && one_in(20))
            call_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown, ARG, 0, &s, sizeof(s));
        break;
    default:
        fake_time += (stime_t)model_random(1u << 26);
        timer_run();
        break;
    }
}
