/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "console.h"
#include "errno.h"
#include "hv.h"
#include "log.h"
#include "page.h"
#include "public/sysctl.h"

static struct xen_sysctl *c; /* in dom0's memory */

static int sysctl_setup(void **state)
{
    int r = abi_setup(state);

    c = guest(d0, ARG);
    memset(c, 0, sizeof(*c));
    return r;
}

static int64_t sysctl(uint32_t cmd)
{
    c->cmd = cmd;
    c->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return call(d0, __HYPERVISOR_sysctl, ARG, 0, 0);
}

static void test_gate(void **state)
{
    struct xen_sysctl *mine = guest(d1, ARG);

    (void)state;
    *mine = (struct xen_sysctl){.cmd = XEN_SYSCTL_sched_id, .interface_version = 0x15};
    assert_int_equal(call(d1, __HYPERVISOR_sysctl, ARG, 0, 0), -EPERM);
    mine->interface_version = 0x14;
    assert_int_equal(call(d1, __HYPERVISOR_sysctl, ARG, 0, 0), -EACCES);
    assert_int_equal(call(d1, __HYPERVISOR_sysctl, BAD, 0, 0), -EFAULT);
    assert_int_equal(sysctl(0), -ENOSYS);
    assert_int_equal(sysctl(13), -ENOSYS);
    assert_int_equal(sysctl(1000), -ENOSYS);
    assert_int_equal(sysctl(XEN_SYSCTL_tbuf_op), -ENOSYS);
    assert_int_equal(sysctl(XEN_SYSCTL_psr_alloc), -ENODEV);
}

static void test_physinfo(void **state)
{
    const struct xen_sysctl_physinfo *p = &c->u.physinfo;

    (void)state;
    host.tsc_khz = 2400000;
    assert_int_equal(sysctl(XEN_SYSCTL_physinfo), 0);
    assert_int_equal(p->nr_cpus, FAKE_CPUS);
    assert_int_equal(p->max_cpu_id, FAKE_CPUS - 1);
    assert_int_equal(p->nr_nodes, 1);
    assert_int_equal(p->max_node_id, 0);
    assert_int_equal(p->cpu_khz, 2400000);
    assert_true(p->threads_per_core >= 1 && p->cores_per_socket >= 1);
    assert_true(p->capabilities & XEN_SYSCTL_PHYSCAP_hvm);
    assert_true(p->capabilities & XEN_SYSCTL_PHYSCAP_hap);
    assert_false(p->capabilities & (XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_shadow));
    assert_true(p->free_pages == free_pages_count());
    assert_true(p->total_pages == total_pages_count());
}

static void test_domain_list(void **state)
{
    struct xen_domctl_getdomaininfo *info = guest(d0, BUF);

    (void)state;
    fake_domain(9, 1);
    memset(info, 0xee, 4 * sizeof(*info));
    c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.max_domains = 10, .buffer = BUF};
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
    assert_int_equal(c->u.getdomaininfolist.num_domains, 3);
    assert_int_equal(info[0].domain, 0);
    assert_int_equal(info[1].domain, 1);
    assert_int_equal(info[2].domain, 9);
    assert_int_equal(info[3].domain, 0xeeee);
    c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.first_domain = 2, .max_domains = 1, .buffer = BUF};
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
    assert_int_equal(c->u.getdomaininfolist.num_domains, 1);
    assert_int_equal(info[0].domain, 9);
    c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.max_domains = 0, .buffer = BAD};
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
    assert_int_equal(c->u.getdomaininfolist.num_domains, 0);
    c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.max_domains = 1, .buffer = BAD};
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), -EFAULT);
}

/* More than are copied at once, to the last one or as many as are wanted. */
static void test_long_domain_list(void **state)
{
    struct xen_domctl_getdomaininfo *info = guest(d0, BUF);

    (void)state;
    for (domid_t id = 20; id < 40; id++)
        fake_domain(id, 1);
    for (unsigned max = 1; max <= 22; max++) {
        unsigned n = max < 20 ? max : 20;

        memset(info, 0xee, 21 * sizeof(*info));
        c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.first_domain = 11, .max_domains = max, .buffer = BUF};
        assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
        assert_int_equal(c->u.getdomaininfolist.num_domains, n);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(info[i].domain, 20 + i);
        assert_int_equal(info[n].domain, 0xeeee);
    }
    c->u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){.first_domain = 11, .max_domains = 20, .buffer = BAD};
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist), -EFAULT);
    for (domid_t id = 20; id < 40; id++) { /* nobody holds on to one */
        struct domain *d = domain_get_by_id(id);

        assert_non_null(d);
        domain_put(d);
        assert_int_equal(domain_kill(d), 0);
        assert_null(domain_get_by_id(id));
    }
}

static void test_topology(void **state)
{
    struct xen_sysctl_cputopo *t = guest(d0, BUF);

    (void)state;
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo), 0);
    assert_int_equal(c->u.cputopoinfo.num_cpus, FAKE_CPUS);
    memset(t, 0xff, PAGE_SIZE);
    c->u.cputopoinfo = (struct xen_sysctl_cputopoinfo){.num_cpus = 2, .cputopo = BUF};
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo), 0);
    assert_int_equal(c->u.cputopoinfo.num_cpus, 2);
    assert_int_equal(t[0].node, 0);
    assert_int_equal(t[1].node, 0);
    assert_true(t[0].core != t[1].core || t[0].socket != t[1].socket);
    assert_int_equal(t[2].core, ~0u);
}

static void test_numa(void **state)
{
    uint64_t *mem = guest(d0, BUF);

    (void)state;
    c->u.numainfo = (struct xen_sysctl_numainfo){.num_nodes = 0};
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo), 0);
    assert_int_equal(c->u.numainfo.num_nodes, 1);
    c->u.numainfo = (struct xen_sysctl_numainfo){.num_nodes = 4, .meminfo = BUF, .distance = BUF + 64};
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo), 0);
    assert_int_equal(c->u.numainfo.num_nodes, 1);
    assert_true(mem[0] == total_pages_count() * PAGE_SIZE);
    assert_true(mem[1] == free_pages_count() * PAGE_SIZE);
    assert_int_equal(*(uint32_t *)guest(d0, BUF + 64), 10);
}

static void test_cpupool(void **state)
{
    struct xen_sysctl_cpupool_op *p = &c->u.cpupool_op;
    uint8_t *map = guest(d0, BUF);

    (void)state;
    *p = (struct xen_sysctl_cpupool_op){.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
                                        .cpumap = {.bitmap = BUF, .nr_bits = 16}};
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), 0);
    assert_int_equal(p->cpupool_id, 0);
    assert_int_equal(p->sched_id, XEN_SCHEDULER_CREDIT2);
    assert_int_equal(p->n_dom, 2);
    assert_int_equal(map[0], 0xf);
    assert_int_equal(map[1], 0);
    p->cpupool_id = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -ENOENT);
    p->op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), 0);
    assert_int_equal(map[0], 0);
    *p = (struct xen_sysctl_cpupool_op){.op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, .domid = 1};
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), 0);
    p->domid = 0x10001;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -EINVAL);
    p->op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -EOPNOTSUPP);
}

static void test_cpuinfo_and_heap(void **state)
{
    uint64_t *idle = guest(d0, BUF);

    (void)state;
    fake_time = 1000;
    fake_set_current(d0->vcpu[0]);
    cpus[0]->idle_time = 77;
    cpus[1]->current = NULL;
    cpus[1]->idle_time = 50;
    cpus[1]->idle_since = 400;
    c->u.getcpuinfo = (struct xen_sysctl_getcpuinfo){.max_cpus = 2, .info = BUF};
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo), 0);
    assert_int_equal(c->u.getcpuinfo.nr_cpus, 2);
    assert_true(idle[0] == 77);
    assert_true(idle[1] == 650);
    c->u.availheap = (struct xen_sysctl_availheap){.node = -1};
    assert_int_equal(sysctl(XEN_SYSCTL_availheap), 0);
    assert_true(c->u.availheap.avail_bytes == free_pages_count() * PAGE_SIZE);
    c->u.availheap.node = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_availheap), -EINVAL);
}

static void test_readconsole(void **state)
{
    const char *s = guest(d0, BUF);
    uint32_t end;

    (void)state;
    console_ring_clear();
    log_info("hello from the ring\n");
    memset(guest(d0, BUF), 0, 1024);
    c->u.readconsole = (struct xen_sysctl_readconsole){.buffer = BUF, .count = 1024};
    assert_int_equal(sysctl(XEN_SYSCTL_readconsole), 0);
    assert_non_null(strstr(s, "hello from the ring\n"));
    assert_int_equal(c->u.readconsole.count, strlen(s));
    end = c->u.readconsole.index;
    c->u.readconsole = (struct xen_sysctl_readconsole){.buffer = BUF, .count = 1024, .incremental = 1, .index = end};
    assert_int_equal(sysctl(XEN_SYSCTL_readconsole), 0);
    assert_int_equal(c->u.readconsole.count, 0);
    c->u.readconsole = (struct xen_sysctl_readconsole){.buffer = BAD, .count = 10};
    assert_int_equal(sysctl(XEN_SYSCTL_readconsole), -EFAULT);
}

static void test_debug_keys(void **state)
{
    (void)state;
    strcpy(guest(d0, BUF), "hqmreg0?");
    c->u.debug_keys = (struct xen_sysctl_debug_keys){.keys = BUF, .nr_keys = 8};
    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys), 0);
    c->u.debug_keys.nr_keys = 1025;
    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys), -E2BIG);
    c->u.debug_keys = (struct xen_sysctl_debug_keys){.keys = BAD, .nr_keys = 1};
    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys), -EFAULT);
}

static void test_pci_devices_are_unknown(void **state)
{
    uint32_t *nodes = guest(d0, BUF);

    (void)state;
    c->u.pcitopoinfo = (struct xen_sysctl_pcitopoinfo){.num_devs = 2, .devs = BUF + 64, .nodes = BUF};
    assert_int_equal(sysctl(XEN_SYSCTL_pcitopoinfo), 0);
    assert_int_equal(c->u.pcitopoinfo.num_devs, 2);
    assert_int_equal(nodes[1], ~0u - 1);
    c->u.pcitopoinfo.devs = 0;
    assert_int_equal(sysctl(XEN_SYSCTL_pcitopoinfo), -EINVAL);
}

static void test_scheduler(void **state)
{
    (void)state;
    assert_int_equal(sysctl(XEN_SYSCTL_sched_id), 0);
    assert_int_equal(c->u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
    c->u.scheduler_op = (struct xen_sysctl_scheduler_op){.sched_id = XEN_SCHEDULER_CREDIT2, .cmd = 1};
    assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op), 0);
    c->u.scheduler_op = (struct xen_sysctl_scheduler_op){.sched_id = XEN_SCHEDULER_CREDIT2, .cmd = 2};
    assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op), -EINVAL);
    c->u.scheduler_op = (struct xen_sysctl_scheduler_op){.sched_id = XEN_SCHEDULER_CREDIT, .cmd = 1};
    assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op), -EINVAL);
}

#define sysctl_test(f) cmocka_unit_test_setup_teardown(f, sysctl_setup, abi_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sysctl_test(test_gate),        sysctl_test(test_physinfo),          sysctl_test(test_domain_list),
        sysctl_test(test_long_domain_list),
        sysctl_test(test_topology),    sysctl_test(test_numa),              sysctl_test(test_cpupool),
        sysctl_test(test_readconsole), sysctl_test(test_cpuinfo_and_heap),  sysctl_test(test_debug_keys),
        sysctl_test(test_scheduler),   sysctl_test(test_pci_devices_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
