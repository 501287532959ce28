/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: what each sub-operation says to bad requests, and a page that is given up and taken back. */
#include "guest.h"

#include "public/memory.h"

#define HOLE_GFN 0xf4000ul

static uint8_t page[4096] __attribute__((aligned(4096)));

static int64_t memory_op(unsigned cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, cmd, arg);
}

static void reservation(const char *what, unsigned cmd, uint64_t gfn, uint64_t nr, uint32_t order, uint16_t dom)
{
    struct xen_memory_reservation r = { (uint64_t)&gfn, nr, order, 0, dom };

    out("%s: %ld\n", what, memory_op(cmd, &r));
}

static void test_lists(void)
{
    static const struct {
        const char *name;
        unsigned cmd;
    } ops[] = { { "increase", 0 }, { "decrease", 1 }, { "populate", 6 } };

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
        struct xen_memory_reservation bad_list = { 0xffff880000000000, 1, 0, 0, DOMID_SELF };

        out("%s:\n", ops[i].name);
        reservation("nothing", ops[i].cmd, 0, 0, 0, DOMID_SELF);
        reservation("domain 77", ops[i].cmd, HOLE_GFN, 1, 0, 77);
        reservation("DOMID_XEN", ops[i].cmd, HOLE_GFN, 1, 0, 0x7ff2);
        reservation("order 40", ops[i].cmd, HOLE_GFN, 1, 40, DOMID_SELF);
        reservation("order 255", ops[i].cmd, HOLE_GFN, 1, 255, DOMID_SELF);
        reservation("2^60 extents", ops[i].cmd, HOLE_GFN, 1ull << 60, 0, DOMID_SELF);
        if (ops[i].cmd == 1)
            reservation("a hole", ops[i].cmd, HOLE_GFN, 1, 0, DOMID_SELF);
        out("list not mapped: %ld\n", memory_op(ops[i].cmd, &bad_list));
        out("cursor past the end: %ld\n", memory_op(ops[i].cmd | 9 << 6, &bad_list));
    }
}

static void test_give_and_take(void)
{
    uint64_t gfn = (uint64_t)page >> 12;
    uint16_t self = DOMID_SELF;
    int64_t before = memory_op(XENMEM_current_reservation, &self);

    page[0] = 0x77;
    reservation("give up a page", XENMEM_decrease_reservation, gfn, 1, 0, DOMID_SELF);
    out("pages: %ld\n", memory_op(XENMEM_current_reservation, &self) - before);
    out("reads: 0x%x\n", *(volatile uint8_t *)page);
    reservation("give it up again", XENMEM_decrease_reservation, gfn, 1, 0, DOMID_SELF);
    reservation("take it back", XENMEM_populate_physmap, gfn, 1, 0, DOMID_SELF);
    out("pages: %ld\n", memory_op(XENMEM_current_reservation, &self) - before);
    out("reads: 0x%x\n", *(volatile uint8_t *)page);
    *(volatile uint8_t *)page = 0x99;
    out("written: 0x%x\n", *(volatile uint8_t *)page);
    out("maximum_reservation at least current: %d\n", memory_op(XENMEM_maximum_reservation, &self) >= before);
    out("maximum_gpfn at least 0x1f000: %d\n", memory_op(XENMEM_maximum_gpfn, &self) >= 0x1f000);
    self = 77;
    out("current_reservation of 77: %ld\n", memory_op(XENMEM_current_reservation, &self));
    out("maximum_gpfn of 77: %ld\n", memory_op(XENMEM_maximum_gpfn, &self));
}

static void physmap(const char *what, uint16_t dom, uint32_t space, uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap a = { .domid = dom, .space = space, .idx = idx, .gpfn = gfn };

    out("add_to_physmap %s: %ld\n", what, memory_op(XENMEM_add_to_physmap, &a));
}

static void test_physmap(void)
{
    struct xen_remove_from_physmap r = { DOMID_SELF, HOLE_GFN };
    struct xen_add_to_physmap_batch b = { DOMID_SELF, 0, 0, 0, 0, 0, 0 };
    uint64_t idx = 0x2000, gfn = 0x20000;
    int32_t err = 77;

    physmap("domain 77", 77, XENMAPSPACE_shared_info, 0, 0x20000);
    physmap("space 99", DOMID_SELF, 99, 0, 0x20000);
    physmap("space 4 (foreign)", DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, 0x20000);
    physmap("shared_info idx 1", DOMID_SELF, XENMAPSPACE_shared_info, 1, 0x20000);
    physmap("grant status idx", DOMID_SELF, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status, 0x20000);
    physmap("shared_info", DOMID_SELF, XENMAPSPACE_shared_info, 0, 0x20000);
    physmap("shared_info again, elsewhere", DOMID_SELF, XENMAPSPACE_shared_info, 0, 0x20001);
    out("remove a hole: %ld\n", memory_op(XENMEM_remove_from_physmap, &r));
    r.gpfn = 0x20001;
    out("remove shared_info: %ld\n", memory_op(XENMEM_remove_from_physmap, &r));
    out("remove it again: %ld\n", memory_op(XENMEM_remove_from_physmap, &r));
    r.domid = 77;
    out("remove of domain 77: %ld\n", memory_op(XENMEM_remove_from_physmap, &r));
    out("batch of nothing: %ld\n", memory_op(XENMEM_add_to_physmap_batch, &b));
    b = (struct xen_add_to_physmap_batch){ DOMID_SELF, 4, 1, 77, (uint64_t)&idx, (uint64_t)&gfn, (uint64_t)&err };
    out("batch, foreign domain 77: %ld", memory_op(XENMEM_add_to_physmap_batch, &b));
    out(" error %d\n", err);
    b.foreign_domid = DOMID_SELF;
    out("batch, foreign domain self: %ld", memory_op(XENMEM_add_to_physmap_batch, &b));
    out(" error %d\n", err);
    b.space = 99;
    out("batch, space 99: %ld", memory_op(XENMEM_add_to_physmap_batch, &b));
    out(" error %d\n", err);
    b.space = 3;
    out("batch, gmfn_range: %ld\n", memory_op(XENMEM_add_to_physmap_batch, &b));
    physmap("gfn 2^52", DOMID_SELF, XENMAPSPACE_shared_info, 0, 1ull << 52);
}

static void test_rest(void)
{
    static struct xen_e820_entry map[256];
    struct xen_memory_map m = { 0, 0 };
    struct xen_mem_acquire_resource a = { .domid = DOMID_SELF, .type = 1 };

    out("memory_map, no room: %ld", memory_op(XENMEM_memory_map, &m));
    out(" entries told: %d\n", m.nr_entries > 0);
    m = (struct xen_memory_map){ 1, (uint64_t)map };
    out("memory_map, room for 1: %ld", memory_op(XENMEM_memory_map, &m));
    out(" entries %d\n", m.nr_entries > 0);
    m = (struct xen_memory_map){ 256, 0xffff880000000000 };
    out("memory_map, bad buffer: %ld\n", memory_op(XENMEM_memory_map, &m));
    out("acquire_resource of self: %ld\n", memory_op(XENMEM_acquire_resource, &a));
    a.domid = 77;
    out("acquire_resource of 77: %ld\n", memory_op(XENMEM_acquire_resource, &a));
    a.pad = 1;
    out("acquire_resource, pad: %ld\n", memory_op(XENMEM_acquire_resource, &a));
    for (unsigned cmd = 0; cmd < 40; cmd++)
        if (cmd != XENMEM_maximum_ram_page)
            out("memory_op %u, pointer 0: %ld\n", cmd, memory_op(cmd, (void *)0xffff880000000000));
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    test_lists();
    test_give_and_take();
    test_physmap();
    test_rest();
}
