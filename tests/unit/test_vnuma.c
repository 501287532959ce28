/* SPDX-License-Identifier: GPL-2.0-only */
/* object/vnuma_op.c: a guest's virtual NUMA is described, asked for, and let go of. */
#include "abi_fixture.h"

#include "errno.h"
#include "page.h"
#include "public/domctl.h"
#include "public/memory.h"

#define DISTANCES (BUF + 0x100)
#define VCPUS (BUF + 0x200)
#define PNODES (BUF + 0x300)
#define RANGES (BUF + 0x400)
#define LIST (BUF + 0x800)
#define OUT (BUF + 0x1000)

static const uint32_t distances[4] = { 10, 21, 22, 10 }, vcpus[2] = { 1, 0 }, pnodes[2] = { 0, UINT32_MAX };
static const struct xen_vmemrange ranges[3] = { { 0, 0x1000, 0, 0 }, { 0x1000, 0x3000, 0, 1 }, { 0x100000000, 0x100001000, 0, 1 } };

static struct xen_domctl *c; /* in dom0's memory, well-formed */

static int setup(void **state)
{
    int r = abi_setup(state);

    c = guest(d0, ARG);
    memset(c, 0, sizeof(*c));
    c->cmd = XEN_DOMCTL_setvnumainfo;
    c->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    c->domain = 1;
    c->u.vnuma = (struct xen_domctl_vnuma){ .nr_vnodes = 2, .nr_vmemranges = 3, .nr_vcpus = 2, .vdistance = DISTANCES,
                                            .vcpu_to_vnode = VCPUS, .vnode_to_pnode = PNODES, .vmemrange = RANGES };
    memcpy(guest(d0, DISTANCES), distances, sizeof(distances));
    memcpy(guest(d0, VCPUS), vcpus, sizeof(vcpus));
    memcpy(guest(d0, PNODES), pnodes, sizeof(pnodes));
    memcpy(guest(d0, RANGES), ranges, sizeof(ranges));
    return r;
}

static int64_t set(void)
{
    return call(d0, __HYPERVISOR_domctl, ARG, 0, 0);
}

static struct xen_vnuma_topology_info info;

static int64_t ask(struct domain *d, domid_t about, uint32_t nr_vnodes, uint32_t nr_vcpus, uint32_t nr_ranges)
{
    int64_t r;

    info = (struct xen_vnuma_topology_info){ .domid = about, .nr_vnodes = nr_vnodes, .nr_vcpus = nr_vcpus,
                                             .nr_vmemranges = nr_ranges, .vdistance = OUT, .vcpu_to_vnode = OUT + 0x100,
                                             .vmemrange = OUT + 0x200 };
    memcpy(guest(d, BUF), &info, sizeof(info));
    r = call(d, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BUF, 0);
    memcpy(&info, guest(d, BUF), sizeof(info));
    return r;
}

static void told(struct domain *d)
{
    assert_int_equal(info.nr_vnodes, 2);
    assert_int_equal(info.nr_vcpus, 2);
    assert_int_equal(info.nr_vmemranges, 3);
    assert_memory_equal(guest(d, OUT), distances, sizeof(distances));
    assert_memory_equal(guest(d, OUT + 0x100), vcpus, sizeof(vcpus));
    assert_memory_equal(guest(d, OUT + 0x200), ranges, sizeof(ranges));
}

static void a_guest_sees_its_own(void **state)
{
    (void)state;
    assert_int_equal(ask(d1, DOMID_SELF, 9, 9, 9), -EOPNOTSUPP);
    assert_int_equal(info.nr_vnodes, 9);
    assert_int_equal(set(), 0);
    assert_int_equal(ask(d1, DOMID_SELF, 2, 2, 3), 0);
    told(d1);
    assert_int_equal(ask(d0, 1, 4, 4, 4), 0);
    told(d0);
    assert_int_equal(ask(d1, 0, 4, 4, 4), -EPERM);
    assert_int_equal(ask(d0, 7, 4, 4, 4), -ESRCH);
    assert_int_equal(ask(d0, DOMID_SELF, 4, 4, 4), -EOPNOTSUPP);
}

/* It says how many there are, and writes none of them. */
static void too_little_room(void **state)
{
    static const uint32_t room[][3] = { { 0, 0, 0 }, { 1, 2, 3 }, { 2, 1, 3 }, { 2, 2, 2 } };

    (void)state;
    assert_int_equal(set(), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(room); i++) {
        assert_int_equal(ask(d1, DOMID_SELF, room[i][0], room[i][1], room[i][2]), -ENOBUFS);
        assert_int_equal(info.nr_vnodes, 2);
        assert_int_equal(info.nr_vcpus, 2);
        assert_int_equal(info.nr_vmemranges, 3);
        assert_int_equal(*(uint32_t *)guest(d1, OUT), 0);
    }
}

/* In the 32-bit layout what is above a pointer is anything. */
static void a_32bit_guest(void **state)
{
    struct compat_xen_vnuma_topology_info *small = guest(d1, BUF);

    (void)state;
    assert_int_equal(set(), 0);
    *small = (struct compat_xen_vnuma_topology_info){ .domid = DOMID_SELF, .nr_vnodes = 2, .nr_vcpus = 2,
                                                      .nr_vmemranges = 3, .vdistance = OUT | 1ULL << 40,
                                                      .vcpu_to_vnode = (OUT + 0x100) | 1ULL << 40,
                                                      .vmemrange = (OUT + 0x200) | 1ULL << 40 };
    assert_int_equal(call32(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BUF, 0), 0);
    info = (struct xen_vnuma_topology_info){ .nr_vnodes = small->nr_vnodes, .nr_vcpus = small->nr_vcpus,
                                             .nr_vmemranges = small->nr_vmemranges };
    told(d1);
}

static void bad_questions(void **state)
{
    struct xen_vnuma_topology_info *a = guest(d1, BUF);
    uint64_t *pointers[] = { &a->vdistance, &a->vcpu_to_vnode, &a->vmemrange };

    (void)state;
    assert_int_equal(set(), 0);
    assert_int_equal(ask(d1, DOMID_SELF, 2, 2, 3), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++) {
        uint64_t good = *pointers[i];

        *pointers[i] = BAD;
        assert_int_equal(call(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BUF, 0), -EFAULT);
        *pointers[i] = good;
    }
    assert_int_equal(call(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BUF, 0), 0);
    assert_int_equal(call(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo | 1 << MEMOP_EXTENT_SHIFT, BUF, 0), -EINVAL);
    a->pad = 1;
    assert_int_equal(call(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BUF, 0), -EINVAL);
    assert_int_equal(call(d1, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, BAD, 0), -EFAULT);
}

/* A second description takes the place of the first, one that is refused does not. */
static void described_again(void **state)
{
    uint64_t objects;

    (void)state;
    assert_int_equal(set(), 0);
    objects = hv_heap_objects();
    ((uint32_t *)guest(d0, DISTANCES))[1] = 31;
    assert_int_equal(set(), 0);
    assert_int_equal(hv_heap_objects(), objects);
    ((uint32_t *)guest(d0, DISTANCES))[1] = 41;
    c->u.vnuma.nr_vcpus = 1;
    assert_int_equal(set(), -EINVAL);
    assert_int_equal(ask(d1, DOMID_SELF, 2, 2, 3), 0);
    assert_int_equal(((uint32_t *)guest(d1, OUT))[1], 31);
}

#define WRONG(field, value) { &c->u.vnuma.field, value, sizeof(c->u.vnuma.field) }

static void bad_descriptions(void **state)
{
    struct wrong {
        void *field;
        uint64_t value;
        size_t size;
    } wrong[] = {
        WRONG(pad, 1), WRONG(nr_vnodes, 0), WRONG(nr_vnodes, MAX_VCPUS + 1), WRONG(nr_vnodes, UINT32_MAX),
        WRONG(nr_vnodes, 1), /* a vCPU is on the other */
        WRONG(nr_vmemranges, 0), WRONG(nr_vmemranges, 2 * MAX_VCPUS + 1), WRONG(nr_vmemranges, UINT32_MAX),
        WRONG(nr_vcpus, 0), WRONG(nr_vcpus, 1), WRONG(nr_vcpus, 3), WRONG(nr_vcpus, UINT32_MAX),
        { guest(d0, VCPUS), 2, 4 }, { guest(d0, VCPUS + 4), UINT32_MAX, 4 }, { guest(d0, PNODES), 1, 4 },
        { guest(d0, RANGES), 0x1000, 8 }, { guest(d0, RANGES + 16), 1, 4 }, { guest(d0, RANGES + 20), 2, 4 },
        { &c->domain, 0, 2 }, { &c->domain, DOMID_SELF, 2 },
    };
    struct wrong faults[] = {
        WRONG(vdistance, BAD), WRONG(vcpu_to_vnode, BAD), WRONG(vnode_to_pnode, BAD), WRONG(vmemrange, BAD),
    };
    uint64_t objects = hv_heap_objects(), good = 0;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(wrong) + ARRAY_SIZE(faults); i++) {
        bool fault = i >= ARRAY_SIZE(wrong);
        struct wrong *w = fault ? &faults[i - ARRAY_SIZE(wrong)] : &wrong[i];

        memcpy(&good, w->field, w->size);
        memcpy(w->field, &w->value, w->size);
        if (set() != (fault ? -EFAULT : -EINVAL))
            fail_msg("description %u", i);
        memcpy(w->field, &good, w->size);
        assert_int_equal(hv_heap_objects(), objects);
        assert_int_equal(ask(d1, DOMID_SELF, 2, 2, 3), -EOPNOTSUPP);
    }
    c->domain = 7;
    assert_int_equal(set(), -ESRCH);
    c->domain = 1;
    memcpy(guest(d1, ARG), c, sizeof(*c));
    assert_int_equal(call(d1, __HYPERVISOR_domctl, ARG, 0, 0), -EPERM);
    fake_fail_alloc_after(0);
    assert_int_equal(set(), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(set(), 0);
}

static void it_goes_with_the_domain(void **state)
{
    uint64_t objects;

    (void)state;
    assert_int_equal(set(), 0);
    objects = hv_heap_objects();
    domain_get(d1); /* the struct stays */
    while (domain_kill(d1) == -ERESTART)
        ;
    assert_null(d1->vnuma);
    assert_true(hv_heap_objects() < objects);
    domain_put(d1);
    assert_int_equal(set(), -ESRCH);
}

static int64_t populate(uint32_t mem_flags)
{
    static uint64_t gfn = 0x1000;
    const struct xen_memory_reservation r = { .extent_start = LIST, .nr_extents = 1, .mem_flags = mem_flags, .domid = 1 };

    *(uint64_t *)guest(d0, LIST) = gfn++;
    memcpy(guest(d0, BUF), &r, sizeof(r));
    return call(d0, __HYPERVISOR_memory_op, XENMEM_populate_physmap, BUF, 0);
}

#define NODE(n) (((n) + 1u) << 8)

static void memory_of_a_node(void **state)
{
    (void)state;
    d1->max_pages = FAKE_DOMAIN_PAGES + 100;
    assert_int_equal(populate(NODE(0)), 1);
    assert_int_equal(populate(NODE(3)), 1); /* a wish */
    assert_int_equal(populate(XENMEMF_exact_node_request), 1);
    assert_int_equal(populate(NODE(0) | XENMEMF_exact_node_request), 1);
    assert_int_equal(populate(NODE(1) | XENMEMF_exact_node_request), 0);
    assert_int_equal(populate(NODE(5) | XENMEMF_vnode), 1);
    assert_int_equal(set(), 0);
    assert_int_equal(populate(NODE(1) | XENMEMF_vnode), 1);
    assert_int_equal(populate(NODE(1) | XENMEMF_vnode | XENMEMF_exact_node_request), 1);
    assert_int_equal(populate(NODE(2) | XENMEMF_vnode), 0);
    assert_int_equal(populate(XENMEMF_vnode), 0);
}

#define vnuma_test(f) cmocka_unit_test_setup_teardown(f, setup, abi_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        vnuma_test(a_guest_sees_its_own), vnuma_test(too_little_room),  vnuma_test(a_32bit_guest),
        vnuma_test(bad_questions),        vnuma_test(described_again),  vnuma_test(bad_descriptions),
        vnuma_test(it_goes_with_the_domain), vnuma_test(memory_of_a_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
