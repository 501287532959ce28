/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "ctl.h"
#include "errno.h"
#include "hv.h"
#include "public/domctl.h"
#include "public/vcpu_context.h"

static struct xen_domctl *c; /* in dom0's memory */

static int domctl_setup(void **state)
{
    int r = abi_setup(state);

    host.tsc_khz = 2000000;
    c = guest(d0, ARG);
    return r;
}

static int64_t domctl_raw(struct domain *caller)
{
    return call(caller, __HYPERVISOR_domctl, ARG, 0, 0);
}

/* The rest of *c has been filled in. */
static int64_t domctl(uint32_t cmd, domid_t id)
{
    c->cmd = cmd;
    c->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    c->domain = id;
    return domctl_raw(d0);
}

static void test_gate(void **state)
{
    struct xen_domctl *mine = guest(d1, ARG);

    (void)state;
    memset(c, 0, sizeof(*c));
    c->cmd = XEN_DOMCTL_getdomaininfo;
    c->interface_version = 0x14;
    assert_int_equal(domctl_raw(d0), -EACCES);
    assert_int_equal(call(d0, __HYPERVISOR_domctl, BAD, 0, 0), -EFAULT);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 66), -ESRCH);
    assert_int_equal(domctl(999, 1), -ENOSYS);
    assert_int_equal(domctl(0, 1), -ENOSYS);
    assert_int_equal(domctl(6, 1), -ENOSYS);
    *mine = (struct xen_domctl){.cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 0x15, .domain = 1};
    assert_int_equal(domctl_raw(d1), -EPERM);
    mine->domain = DOMID_SELF;
    mine->cmd = XEN_DOMCTL_destroydomain;
    assert_int_equal(domctl_raw(d1), -EPERM);
}

static void test_getdomaininfo(void **state)
{
    struct xen_domctl_getdomaininfo *info = &c->u.getdomaininfo;

    (void)state;
    memcpy(d1->config.handle, "0123456789abcdef", 16);
    host.phys_bits = 40;
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 1), 0);
    assert_int_equal(c->domain, 1);
    assert_int_equal(info->domain, 1);
    assert_int_equal(info->tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(info->max_vcpu_id, 1);
    assert_true(info->flags & XEN_DOMINF_hvm_guest);
    assert_true(info->flags & XEN_DOMINF_paused);
    assert_false(info->flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown));
    assert_int_equal(info->gpaddr_bits, 40);
    assert_memory_equal(info->handle, "0123456789abcdef", 16);
    domain_shutdown(d1, 2);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 1), 0);
    assert_true(info->flags & XEN_DOMINF_shutdown);
    assert_int_equal(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, 2);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, DOMID_SELF), 0);
    assert_int_equal(c->domain, 0);
}

static void create_args(void)
{
    memset(c, 0, sizeof(*c));
    c->u.createdomain = (struct xen_domctl_createdomain){
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 2, .max_evtchn_port = 1023,
        .max_grant_frames = -1, .max_maptrack_frames = -1, .grant_opts = 1,
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };
}

static void test_life_of_a_domain(void **state)
{
    domid_t id;

    (void)state;
    create_args();
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), 0);
    id = c->domain;
    assert_true(id >= 2 && id < DOMID_FIRST_RESERVED);
    create_args();
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, id), -EEXIST);
    c->u.max_vcpus.max = 3;
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, id), -EINVAL);
    c->u.max_vcpus.max = 2;
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, id), 0);
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, id), 0);
    c->u.max_mem.max_memkb = 4096;
    assert_int_equal(domctl(XEN_DOMCTL_max_mem, id), 0);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, id), 0);
    assert_int_equal(c->u.getdomaininfo.max_pages, 1024);
    assert_int_equal(c->u.getdomaininfo.max_vcpu_id, 1);
    assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, id), 0);
    assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, id), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, id), 0);
    assert_int_equal(domctl(XEN_DOMCTL_destroydomain, id), 0);
    assert_int_equal(domctl(XEN_DOMCTL_destroydomain, id), -ESRCH);
}

static void test_create_refuses(void **state)
{
    (void)state;
    create_args();
    c->u.createdomain.flags = XEN_DOMCTL_CDF_hap;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_args();
    c->u.createdomain.flags |= 1u << 20;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_args();
    c->u.createdomain.flags |= XEN_DOMCTL_CDF_iommu;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_args();
    c->u.createdomain.arch.emulation_flags = XEN_X86_EMU_ALL;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -EOPNOTSUPP);
    create_args();
    c->u.createdomain.max_vcpus = 0;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_args();
    c->u.createdomain.cpupool_id = 1;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0), -ENOENT);
}

static void test_not_on_itself(void **state)
{
    (void)state;
    memset(c, 0, sizeof(*c));
    assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 0), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 0), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_resumedomain, DOMID_SELF), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 0), -EINVAL);
}

static void test_vcpu_info_and_affinity(void **state)
{
    uint8_t *map = guest(d0, BUF);

    (void)state;
    memset(c, 0, sizeof(*c));
    c->u.getvcpuinfo.vcpu = 1;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 1), 0);
    c->u.getvcpuinfo.vcpu = 2;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, 1), -EINVAL);

    memset(map, 0xff, 64);
    map[0] = 0x2;
    c->u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){
        .vcpu = 0, .flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = {.bitmap = BUF, .nr_bits = 4}};
    assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 1), 0);
    assert_true(d1->vcpu[0]->sched.hard.bits[0] == 2);
    assert_int_equal(map[0], 0x2);
    assert_int_equal(map[1], 0xff);
    /* A buffer longer than our mask has its rest cleared. */
    c->u.vcpuaffinity.cpumap_hard.nr_bits = 128;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 1), 0);
    assert_int_equal(map[0], 0x2);
    assert_int_equal(map[15], 0);
    assert_int_equal(map[16], 0xff);

    /* What comes back of soft affinity is what hard affinity leaves of it; what is kept is all that was asked for. */
    map[0] = 0xf;
    c->u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){
        .vcpu = 0, .flags = XEN_VCPUAFFINITY_SOFT, .cpumap_soft = {.bitmap = BUF, .nr_bits = 8}};
    assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 1), 0);
    assert_int_equal(map[0], 0x2);
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 1), 0);
    assert_int_equal(map[0], 0xf);

    c->u.vcpuaffinity.cpumap_hard.bitmap = BUF;
    c->u.vcpuaffinity.flags = 0;
    assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    c->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    map[0] = 0;
    c->u.vcpuaffinity.cpumap_hard.nr_bits = 8;
    assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 1), -EINVAL);
    c->u.vcpuaffinity.cpumap_hard.nr_bits = ~0u;
    assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 1), -E2BIG);
}

static void test_vcpu_context(void **state)
{
    struct vcpu_guest_context *to = guest(d0, BUF);

    (void)state;
    memset(c, 0, sizeof(*c));
    c->u.vcpucontext = (struct xen_domctl_vcpucontext){.vcpu = 1, .ctxt = BUF};
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 1), -ENODATA); /* it was never started */
    d1->vcpu[1]->initialised = true;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 1), 0);
    assert_int_equal(to->user_regs.rip, FAKE_RIP + 1);
    fake_fail_alloc_after(0);
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 1), -ENOMEM);
    fake_fail_alloc_after(-1);
    c->u.vcpucontext.ctxt = BAD;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 1), -EFAULT);
    c->u.vcpucontext.vcpu = 2;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 1), -EINVAL);
    c->u.vcpucontext.vcpu = 1;
    d0->vcpu[1]->initialised = true;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpucontext, 0), -EINVAL); /* of its own domain */
    assert_int_equal(domctl(XEN_DOMCTL_setvcpucontext, 1), -ENOSYS);
}

static void test_mempool(void **state)
{
    (void)state;
    memset(c, 0, sizeof(*c));
    c->u.paging_mempool.size = 1000 * PAGE_SIZE;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, 1), 0);
    c->u.paging_mempool.size = 0;
    assert_int_equal(domctl(XEN_DOMCTL_get_paging_mempool_size, 1), 0);
    assert_true(c->u.paging_mempool.size == 1000 * PAGE_SIZE);
    c->u.paging_mempool.size = 4097;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, 1), -EINVAL);
    c->u.paging_mempool.size = 0;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, 1), -EBUSY);
    c->u.shadow_op = (struct xen_domctl_shadow_op){.op = XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION};
    assert_int_equal(domctl(XEN_DOMCTL_shadow_op, 1), 0);
    assert_int_equal(c->u.shadow_op.mb, 4);
    c->u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_ENABLE;
    assert_int_equal(domctl(XEN_DOMCTL_shadow_op, 1), -EOPNOTSUPP);
}

static void test_pageframeinfo(void **state)
{
    uint64_t *frames = guest(d0, BUF);

    (void)state;
    frames[0] = 5;
    frames[1] = 1 << 20;
    frames[2] = ~0ULL;
    c->u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){.num = 3, .array = BUF};
    assert_int_equal(domctl(XEN_DOMCTL_getpageframeinfo3, 1), 0);
    assert_true(frames[0] == XEN_DOMCTL_PFINFO_NOTAB);
    assert_true(frames[1] == XEN_DOMCTL_PFINFO_XTAB);
    assert_true(frames[2] == XEN_DOMCTL_PFINFO_XTAB);
    c->u.getpageframeinfo3.num = 1025;
    assert_int_equal(domctl(XEN_DOMCTL_getpageframeinfo3, 1), -E2BIG);
    c->u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){.num = 1, .array = BAD};
    assert_int_equal(domctl(XEN_DOMCTL_getpageframeinfo3, 1), -EFAULT);
}

static void test_tsc(void **state)
{
    (void)state;
    c->u.tsc_info = (struct xen_domctl_tsc_info){.tsc_mode = XEN_TSC_MODE_DEFAULT};
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), 0);
    c->u.tsc_info.gtsc_khz = 2000001;
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), 0);
    c->u.tsc_info.gtsc_khz = 1000000;
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), -EOPNOTSUPP);
    c->u.tsc_info.tsc_mode = XEN_TSC_MODE_ALWAYS_EMULATE;
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), -EOPNOTSUPP);
    c->u.tsc_info.tsc_mode = 3;
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), -EINVAL);
    assert_int_equal(d1->tsc_mode, XEN_TSC_MODE_DEFAULT);
    c->u.tsc_info.tsc_mode = XEN_TSC_MODE_NEVER_EMULATE; /* with whatever frequency */
    assert_int_equal(domctl(XEN_DOMCTL_settscinfo, 1), 0);
    assert_int_equal(domctl(XEN_DOMCTL_gettscinfo, 1), 0);
    assert_int_equal(c->u.tsc_info.gtsc_khz, 2000000);
    assert_int_equal(c->u.tsc_info.tsc_mode, XEN_TSC_MODE_NEVER_EMULATE);
}

static void test_triggers(void **state)
{
    (void)state;
    c->u.sendtrigger = (struct xen_domctl_sendtrigger){.trigger = XEN_DOMCTL_SENDTRIGGER_NMI, .vcpu = 1};
    assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 1), 0);
    assert_int_equal(d1->vcpu[1]->arch.nmis, 1);
    c->u.sendtrigger.vcpu = 9;
    assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 1), -ESRCH);
    c->u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_POWER;
    assert_int_equal(domctl(XEN_DOMCTL_sendtrigger, 1), -ENOSYS);
}

static void test_target(void **state)
{
    (void)state;
    c->u.set_target.target = 77;
    assert_int_equal(domctl(XEN_DOMCTL_set_target, 1), -ESRCH);
    c->u.set_target.target = 1;
    assert_int_equal(domctl(XEN_DOMCTL_set_target, 1), -EINVAL);
    c->u.set_target.target = 0;
    assert_int_equal(domctl(XEN_DOMCTL_set_target, 1), -EINVAL);
    fake_domain(4, 1);
    c->u.set_target.target = 4;
    assert_int_equal(domctl(XEN_DOMCTL_set_target, 1), 0);
    assert_int_equal(d1->target_of, 4);
    assert_int_equal(domctl(XEN_DOMCTL_set_target, 1), -EINVAL);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(domctl(XEN_DOMCTL_assign_device, 1), -ENOSYS);
    assert_int_equal(domctl(XEN_DOMCTL_psr_alloc, 1), -ENODEV);
}

#define domctl_test(f) cmocka_unit_test_setup_teardown(f, domctl_setup, abi_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        domctl_test(test_gate),           domctl_test(test_getdomaininfo), domctl_test(test_life_of_a_domain),
        domctl_test(test_create_refuses), domctl_test(test_not_on_itself), domctl_test(test_vcpu_info_and_affinity),
        domctl_test(test_vcpu_context),   domctl_test(test_mempool),       domctl_test(test_pageframeinfo),
        domctl_test(test_tsc),            domctl_test(test_triggers),      domctl_test(test_target),
        domctl_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
