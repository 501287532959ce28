/* SPDX-License-Identifier: GPL-2.0-only */
/* object/memory_op.c, physmap_op.c, memory_map.c: the rows of memory_op through the dispatcher. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "public/memory.h"

#include "errno.h"
#include "fake.h"
#include "grant.h"
#include "hv.h"
#include "mm/mm_internal.h"
#include "op.h"
#include "page.h"
#include "page_boot.h"

#define ARG 0x3000  /* guest addresses: virtual is physical here */
#define LIST 0x4000
#define LIST2 0x5000
#define ERRS 0x6000

static struct domain *zero, *guest;
static struct op op;

static int setup(void **state)
{
    (void)state;
    fake_init(32);
    zero = fake_domain(0, 1);
    guest = fake_domain(5, 1);
    guest->p2m.pool_limit = 0;
    return 0;
}

static int64_t call_raw(struct domain *d, uint64_t cmd, bool abi32)
{
    memset(&op, 0, sizeof(op));
    fake_set_current(d->vcpu[0]);
    op.vcpu = d->vcpu[0];
    op.caller = d;
    op.abi32 = abi32;
    op.raw[0] = cmd;
    op.raw[1] = ARG;
    return op_dispatch(&op, memory_ops, nr_memory_ops, cmd & MEMOP_CMD_MASK, ARG);
}

static int64_t call(struct domain *d, uint64_t cmd, void *arg, size_t size)
{
    int64_t rc;

    memcpy(fake_guest_ptr(d, ARG), arg, size);
    rc = call_raw(d, cmd, false);
    memcpy(arg, fake_guest_ptr(d, ARG), size);
    return rc;
}

static void list_set(struct domain *d, gpaddr_t list, unsigned i, uint64_t value)
{
    ((uint64_t *)fake_guest_ptr(d, list))[i] = value;
}

static int64_t reserve(struct domain *d, unsigned cmd, domid_t id, uint64_t gfn, uint64_t n, unsigned order)
{
    struct xen_memory_reservation r = { .extent_start = LIST, .nr_extents = n, .extent_order = order, .domid = id };

    for (unsigned i = 0; i < n && i < 512; i++)
        list_set(d, LIST, i, gfn + ((uint64_t)i << order));
    return call(d, cmd, &r, sizeof(r));
}

static enum p2m_type type_at(struct domain *d, gfn_t gfn)
{
    return p2m_lookup(d, gfn).type;
}

static bool all_zero(const void *p)
{
    static const uint8_t none[PAGE_SIZE];

    return memcmp(p, none, PAGE_SIZE) == 0;
}

static void a_guest_gives_and_takes(void **state)
{
    uint64_t pages;

    (void)state;
    memset(fake_guest_ptr(guest, 20 * PAGE_SIZE), 0x5a, PAGE_SIZE);
    pages = free_pages_count();
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 20, 10, 0), 10);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES - 10);
    assert_int_equal(free_pages_count(), pages + 10);
    assert_int_equal(type_at(guest, 20), P2M_NONE);
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 28, 5, 0), 0);
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 19, 5, 0), 1);
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, DOMID_SELF, 19, 20, 0), 11); /* 30 is there */
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
    assert_true(all_zero(fake_guest_ptr(guest, 20 * PAGE_SIZE)));
    guest->max_pages = FAKE_DOMAIN_PAGES + 3;
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, DOMID_SELF, 100, 20, 0), 3);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 3);
}

static void superpages(void **state)
{
    struct p2m_entry e;
    uint64_t pages;

    (void)state;
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x200, 2, 9), 2);
    e = p2m_lookup(guest, 0x200);
    assert_int_equal(e.order, ORDER_2M);
    assert_int_equal(e.type, P2M_RAM_RW);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 1024);
    assert_int_equal(mfn_to_page(e.mfn + 511)->owner, 5);
    pages = free_pages_count();
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, 5, 0x200, 1, 9), 1);
    assert_int_equal(free_pages_count(), pages + 512);
    assert_int_equal(type_at(guest, 0x3ff), P2M_NONE);
    assert_int_equal(type_at(guest, 0x400), P2M_RAM_RW);
    /* one page out of the other: the rest no longer counts as an extent of 512 */
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 0x455, 1, 0), 1);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, 5, 0x400, 1, 9), 0);
    assert_int_equal(type_at(guest, 0x456), P2M_RAM_RW);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x400, 1, 9), 0);
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, DOMID_SELF, 0x455, 1, 0), 1);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, 5, 0x400, 1, 9), 1);
    /* back where tables are: mapped in small pieces */
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x400, 1, 9), 1);
    assert_int_equal(p2m_lookup(guest, 0x5ff).order, ORDER_4K);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 512);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x801, 1, 9), 1); /* unaligned */
    assert_int_equal(type_at(guest, 0xa00), P2M_RAM_RW);
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, DOMID_SELF, 0x40000, 1, 10), 0); /* too large */
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x40000, 1, 19), 0);
}

static void a_failed_extent_leaves_nothing(void **state)
{
    int n = 0;

    (void)state;
    for (;; n++) {
        uint64_t pages = free_pages_count() + guest->p2m.table_pages;

        fake_fail_alloc_after(n);
        if (reserve(zero, XENMEM_populate_physmap, 5, 0x8000000, 1, 0) == 1)
            break;
        assert_int_equal(free_pages_count() + guest->p2m.table_pages, pages);
        assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
        assert_int_equal(type_at(guest, 0x8000000), P2M_NONE);
    }
    assert_int_equal(n, 3); /* a page and three tables, one of which an earlier try left */
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 1);
}

static void rights_and_arguments(void **state)
{
    struct xen_memory_reservation r = { .extent_start = LIST, .nr_extents = 1, .domid = DOMID_SELF };

    (void)state;
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, 0, 5, 1, 0), -EPERM);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, 77, 5, 1, 0), -ESRCH);
    assert_int_equal(reserve(guest, XENMEM_increase_reservation, DOMID_SELF, 5, 1, 0), 0);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
    r.nr_extents = UINT64_MAX;
    assert_int_equal(call(guest, XENMEM_decrease_reservation, &r, sizeof(r)), 0);
    r.nr_extents = 3;
    assert_int_equal(call(guest, XENMEM_decrease_reservation | 7 << MEMOP_EXTENT_SHIFT, &r, sizeof(r)), 7);
    r.extent_start = 1ULL << 40;
    assert_int_equal(call(guest, XENMEM_decrease_reservation, &r, sizeof(r)), 0);
    /* a list that ends in unmapped memory counts up to there */
    r.extent_start = FAKE_DOMAIN_PAGES * PAGE_SIZE - 8;
    list_set(guest, r.extent_start, 0, 33);
    assert_int_equal(call(guest, XENMEM_decrease_reservation, &r, sizeof(r)), 1);
    r = (struct xen_memory_reservation){ .extent_start = LIST, .nr_extents = 1, .domid = DOMID_SELF };
    list_set(guest, LIST, 0, 33);
    r.mem_flags = 20; /* 1 MiB: cannot be promised */
    assert_int_equal(call(guest, XENMEM_populate_physmap, &r, sizeof(r)), 0);
    r.mem_flags = 32;
    assert_int_equal(call(guest, XENMEM_populate_physmap, &r, sizeof(r)), 1);
    list_set(guest, LIST, 0, UINT64_MAX);
    assert_int_equal(call(guest, XENMEM_populate_physmap, &r, sizeof(r)), 0);
    assert_int_equal(call(guest, XENMEM_decrease_reservation, &r, sizeof(r)), 0);
}

static void narrow_layouts(void **state)
{
    struct compat_xen_memory_reservation r = { .extent_start = LIST, .nr_extents = 3, .domid = DOMID_SELF };
    uint32_t *list = fake_guest_ptr(guest, LIST);

    (void)state;
    list[0] = 40;
    list[1] = 42;
    list[2] = 44;
    memcpy(fake_guest_ptr(guest, ARG), &r, sizeof(r));
    assert_int_equal(call_raw(guest, XENMEM_decrease_reservation, true), 3);
    assert_int_equal(type_at(guest, 40), P2M_NONE);
    assert_int_equal(type_at(guest, 41), P2M_RAM_RW);
    assert_int_equal(type_at(guest, 44), P2M_NONE);
    assert_int_equal(call_raw(guest, XENMEM_populate_physmap | 1 << MEMOP_EXTENT_SHIFT, true), 3);
    assert_int_equal(type_at(guest, 40), P2M_NONE);
    assert_int_equal(type_at(guest, 42), P2M_RAM_RW);
}

/* From now on every look at the clock says that time is up. */
static void time_is_up(void)
{
    cpus[0]->entered = 1;
    fake_time = SECONDS(1);
}

/* Execute a call as often as it asks for, from the registers that it leaves; the number of restarts. */
static unsigned run_restarts(struct domain *d, uint64_t cmd, int64_t *ret_rc)
{
    unsigned n = 0;

    time_is_up();
    while ((*ret_rc = call_raw(d, cmd, false)) == -ERESTART) {
        assert_int_equal(op.raw[0] & MEMOP_CMD_MASK, cmd & MEMOP_CMD_MASK);
        assert_true(op.raw[0] > cmd);
        cmd = op.raw[0];
        n++;
    }
    return n;
}

static void long_lists_go_on(void **state)
{
    struct xen_memory_reservation r = { .extent_start = LIST, .nr_extents = 100, .domid = DOMID_SELF };
    struct xen_add_to_physmap_batch b = { .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 64,
                                          .foreign_domid = 5, .idxs = LIST, .gpfns = LIST2, .errs = ERRS };
    int64_t rc;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        list_set(guest, LIST, i, 0x100 + i);
        list_set(zero, LIST, i, i);
        list_set(zero, LIST2, i, 0x20000 + i);
    }
    memcpy(fake_guest_ptr(guest, ARG), &r, sizeof(r));
    assert_int_equal(run_restarts(guest, XENMEM_populate_physmap, &rc), 3);
    assert_int_equal(rc, 100);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES + 100);
    assert_int_equal(run_restarts(guest, XENMEM_decrease_reservation, &rc), 3);
    assert_int_equal(rc, 100);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
    memcpy(fake_guest_ptr(zero, ARG), &b, sizeof(b));
    assert_int_equal(run_restarts(zero, XENMEM_add_to_physmap_batch, &rc), 1);
    assert_int_equal(rc, 0);
    assert_int_equal(type_at(zero, 0x20000), P2M_FOREIGN_RW);
    assert_int_equal(type_at(zero, 0x2003f), P2M_FOREIGN_RW);
    /* A cursor behind the end is an error, not a wrap. */
    assert_int_equal(call_raw(zero, XENMEM_add_to_physmap_batch | 65 << MEMOP_EXTENT_SHIFT, false), -EILSEQ);
}

static void dom0_keeps_its_frames(void **state)
{
    uint64_t pages = free_pages_count();

    (void)state;
    memset(fake_guest_ptr(zero, 30 * PAGE_SIZE), 0x5a, PAGE_SIZE);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, DOMID_SELF, 30, 4, 0), 4);
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES - 4);
    assert_int_equal(free_pages_count(), pages);
    assert_int_equal(type_at(zero, 30), P2M_RETAINED);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, DOMID_SELF, 30, 1, 0), 0); /* not twice */
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 30, 5, 0), 4);     /* 34 is there */
    assert_int_equal(p2m_lookup(zero, 30).mfn, 30);
    assert_true(all_zero(fake_guest_ptr(zero, 30 * PAGE_SIZE)));
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, FAKE_DOMAIN_PAGES, 1, 0), 0);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 0x100000, 1, 0), 0);
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES);
}

static void dom0_frame_that_somebody_holds(void **state)
{
    (void)state;
    assert_true(page_get(mfn_to_page(30), 0));
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, DOMID_SELF, 30, 1, 0), 1);
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 30, 1, 0), 0);
    page_put(mfn_to_page(30));
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES - 1);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 30, 1, 0), 1);
}

static int64_t add(struct domain *d, domid_t id, unsigned space, uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap a = { .domid = id, .space = space, .idx = idx, .gpfn = gfn };

    return call(d, XENMEM_add_to_physmap, &a, sizeof(a));
}

static int64_t remove_from(struct domain *d, domid_t id, uint64_t gfn)
{
    struct xen_remove_from_physmap r = { .domid = id, .gpfn = gfn };

    return call(d, XENMEM_remove_from_physmap, &r, sizeof(r));
}

static void shared_info_over_dom0_ram(void **state)
{
    struct page *pg = mfn_to_page(virt_to_mfn(zero->shared_info));
    uint32_t refs = pg->refs;

    (void)state;
    assert_int_equal(add(zero, DOMID_SELF, XENMAPSPACE_shared_info, 0, 12), 0);
    assert_int_equal(type_at(zero, 12), P2M_SHARED);
    assert_true(p2m_lookup(zero, 12).mfn == virt_to_mfn(zero->shared_info));
    assert_int_equal(pg->refs, refs + 1);
    assert_int_equal(mfn_to_page(12)->refs, 0);
    assert_int_equal(zero->tot_pages, FAKE_DOMAIN_PAGES - 1);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 12, 1, 0), 0);
    assert_int_equal(reserve(zero, XENMEM_decrease_reservation, DOMID_SELF, 12, 1, 0), 0);
    assert_int_equal(remove_from(zero, DOMID_SELF, 12), 0);
    assert_int_equal(pg->refs, refs);
    assert_int_equal(type_at(zero, 12), P2M_RETAINED);
    assert_int_equal(remove_from(zero, DOMID_SELF, 12), -ENOENT);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, DOMID_SELF, 12, 1, 0), 1);
    assert_int_equal(p2m_lookup(zero, 12).mfn, 12);
}

static void grant_frames(void **state)
{
    mfn_t mfn;

    (void)state;
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_grant_table, 1, 0x1001), 0);
    assert_int_equal(grant_get_shared_frame(guest, 1, &mfn), 0);
    assert_true(p2m_lookup(guest, 0x1001).mfn == mfn);
    assert_int_equal(type_at(guest, 0x1001), P2M_SHARED);
    assert_int_equal(mfn_to_page(mfn)->refs, 2);
    assert_true(add(guest, DOMID_SELF, XENMAPSPACE_grant_table, 1000, 0x1001) < 0);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_grant_table, 1ULL << 32, 0x1001), -EINVAL);
    assert_int_equal(mfn_to_page(mfn)->refs, 2);
    assert_int_equal(remove_from(guest, DOMID_SELF, 0x1001), 0);
    assert_int_equal(mfn_to_page(mfn)->refs, 1);
}

static void spaces_that_are_refused(void **state)
{
    (void)state;
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 1, 0x1001), -EINVAL);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_gmfn, 5, 0x1001), -EOPNOTSUPP);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_gmfn_range, 5, 0x1001), -EOPNOTSUPP);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_gmfn_foreign, 5, 0x1001), -ENOSYS);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_dev_mmio, 5, 0x1001), -EINVAL);
    assert_int_equal(add(guest, DOMID_SELF, 99, 5, 0x1001), -EINVAL);
    assert_int_equal(add(guest, 0, XENMAPSPACE_shared_info, 0, 0x1001), -EPERM);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, 1ULL << 40), -EINVAL);
    assert_int_equal(mfn_to_page(virt_to_mfn(guest->shared_info))->refs, 1);
    assert_int_equal(type_at(guest, 0x1001), P2M_NONE);
}

static void grant_mappings_are_not_ours(void **state)
{
    mfn_t mfn = p2m_lookup(zero, 1).mfn;

    (void)state;
    assert_true(page_get(mfn_to_page(mfn), 0));
    assert_int_equal(p2m_set(guest, 0x1001, mfn, 0, P2M_GRANT_RW, NULL), 0);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, 0x1001), -EBUSY);
    assert_int_equal(remove_from(guest, DOMID_SELF, 0x1001), -EBUSY);
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 0x1001, 1, 0), 0);
    assert_int_equal(reserve(guest, XENMEM_populate_physmap, DOMID_SELF, 0x1001, 1, 0), 0);
    assert_int_equal(mfn_to_page(mfn)->refs, 2);
    assert_int_equal(type_at(guest, 0x1001), P2M_GRANT_RW);
}

static int64_t batch(struct domain *d, unsigned space, domid_t foreign, unsigned n)
{
    struct xen_add_to_physmap_batch b = { .domid = DOMID_SELF, .space = (uint16_t)space, .size = (uint16_t)n,
                                          .foreign_domid = foreign, .idxs = LIST, .gpfns = LIST2, .errs = ERRS };

    memset(fake_guest_ptr(d, ERRS), 0xff, PAGE_SIZE);
    return call(d, XENMEM_add_to_physmap_batch, &b, sizeof(b));
}

static void foreign_pages(void **state)
{
    int32_t *errs = fake_guest_ptr(zero, ERRS);

    (void)state;
    for (unsigned i = 0; i < 70; i++) { /* more than a chunk; 64 and above are not there */
        list_set(zero, LIST, i, i);
        list_set(zero, LIST2, i, 0x20000 + i);
    }
    assert_int_equal(p2m_set(guest, 2, p2m_lookup(guest, 2).mfn, 0, P2M_RAM_RO, NULL), 0);
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_foreign, 5, 70), 0);
    for (unsigned i = 0; i < 70; i++) {
        struct p2m_entry e = p2m_lookup(zero, 0x20000 + i);

        assert_int_equal(errs[i], i < FAKE_DOMAIN_PAGES ? 0 : -EINVAL);
        assert_int_equal(e.type, i >= FAKE_DOMAIN_PAGES ? P2M_NONE : i == 2 ? P2M_FOREIGN_RO : P2M_FOREIGN_RW);
        assert_true(e.mfn == p2m_lookup(guest, i).mfn);
    }
    assert_int_equal(mfn_to_page(p2m_lookup(guest, 33).mfn)->refs, 2);
    /* The guest gives the page up: it lives until dom0 lets go. */
    assert_int_equal(reserve(guest, XENMEM_decrease_reservation, DOMID_SELF, 33, 1, 0), 1);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(remove_from(zero, DOMID_SELF, 0x20021), 0);
    assert_int_equal(guest->tot_pages, FAKE_DOMAIN_PAGES - 1);
    assert_int_equal(remove_from(zero, DOMID_SELF, 0x20021), -ENOENT);
}

static void foreign_pages_that_are_refused(void **state)
{
    int32_t *errs = fake_guest_ptr(zero, ERRS);

    (void)state;
    list_set(zero, LIST, 0, 1);
    list_set(zero, LIST2, 0, 0x20000);
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_foreign, 99, 1), 0);
    assert_int_equal(errs[0], -ESRCH);
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_foreign, DOMID_SELF, 1), 0);
    assert_int_equal(errs[0], -ESRCH); /* foreign domains have numbers */
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_foreign, 0, 1), 0);
    assert_int_equal(errs[0], -EINVAL);
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_range, 5, 1), -EOPNOTSUPP);
    list_set(guest, LIST, 0, 1);
    list_set(guest, LIST2, 0, 0x20000);
    assert_int_equal(batch(guest, XENMAPSPACE_gmfn_foreign, 0, 1), 0);
    assert_int_equal(((int32_t *)fake_guest_ptr(guest, ERRS))[0], -EPERM);
    assert_int_equal(type_at(guest, 0x20000), P2M_NONE);
    assert_int_equal(mfn_to_page(1)->refs, 1);
    /* What the guest itself maps from others is not its to give. */
    assert_true(page_get(mfn_to_page(7), 0));
    assert_int_equal(p2m_set(guest, 0x1001, 7, 0, P2M_GRANT_RW, NULL), 0);
    list_set(zero, LIST, 0, 0x1001);
    assert_int_equal(batch(zero, XENMAPSPACE_gmfn_foreign, 5, 1), 0);
    assert_int_equal(errs[0], -EINVAL);
    assert_int_equal(mfn_to_page(7)->refs, 2);
}

static void acquire_resource(void **state)
{
    struct xen_mem_acquire_resource r = { .domid = 5, .type = XENMEM_resource_grant_table };
    mfn_t mfn;

    (void)state;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), 0);
    assert_int_equal(r.nr_frames, 64);
    r.id = XENMEM_resource_grant_table_id_status;
    r.nr_frames = 0;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), 0);
    assert_int_equal(r.nr_frames, 8);
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EINVAL); /* frames but no list */
    r = (struct xen_mem_acquire_resource){ .domid = 5, .type = XENMEM_resource_grant_table, .nr_frames = 2,
                                           .frame_list = LIST };
    list_set(zero, LIST, 0, 0x30000);
    list_set(zero, LIST, 1, 0x30001);
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), 0);
    assert_int_equal(grant_get_shared_frame(guest, 1, &mfn), 0);
    assert_true(p2m_lookup(zero, 0x30001).mfn == mfn);
    assert_int_equal(mfn_to_page(mfn)->refs, 2);
    r.frame = 63;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EIO); /* the second is beyond the table */
    r.frame = 64;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EINVAL);
    r.frame = UINT32_MAX;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EINVAL);
    r = (struct xen_mem_acquire_resource){ .domid = 5, .type = XENMEM_resource_vmtrace_buf };
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EINVAL);
    r.pad = 1;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EINVAL);
    r = (struct xen_mem_acquire_resource){ .domid = DOMID_SELF, .type = XENMEM_resource_grant_table };
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -ESRCH);
    assert_int_equal(call(guest, XENMEM_acquire_resource, &r, sizeof(r)), -EPERM);
    r.domid = 0;
    assert_int_equal(call(zero, XENMEM_acquire_resource, &r, sizeof(r)), -EPERM);
}

static void memory_maps(void **state)
{
    struct xen_foreign_memory_map f = { .domid = 5, .nr_entries = 2 | 7ULL << 32, .buffer = LIST };
    struct xen_memory_map m = { .nr_entries = 10, .buffer = LIST2 };
    struct xen_e820_entry *in = fake_guest_ptr(zero, LIST), *out = fake_guest_ptr(guest, LIST2);
    uint64_t objects;

    (void)state;
    assert_int_equal(call(guest, XENMEM_memory_map, &m, sizeof(m)), -ENOSYS); /* none was stored */
    in[0] = (struct xen_e820_entry){ .addr = 0, .size = 0xa0000, .type = E820_RAM };
    in[1] = (struct xen_e820_entry){ .addr = MiB(1UL), .size = MiB(31UL), .type = E820_RESERVED };
    objects = hv_heap_objects();
    assert_int_equal(call(zero, XENMEM_set_memory_map, &f, sizeof(f)), 0);
    assert_int_equal(call(zero, XENMEM_set_memory_map, &f, sizeof(f)), 0);
    assert_int_equal(hv_heap_objects(), objects + 1);
    m.nr_entries = 10;
    assert_int_equal(call(guest, XENMEM_memory_map, &m, sizeof(m)), 0);
    assert_int_equal(m.nr_entries, 2);
    assert_memory_equal(out, in, 2 * sizeof(*in));
    m.nr_entries = 1;
    assert_int_equal(call(guest, XENMEM_memory_map, &m, sizeof(m)), 0);
    assert_int_equal(m.nr_entries, 1);
    f.nr_entries = E820_MAX + 1;
    assert_int_equal(call(zero, XENMEM_set_memory_map, &f, sizeof(f)), -EINVAL);
    f.domid = DOMID_SELF;
    f.nr_entries = 1;
    assert_int_equal(call(guest, XENMEM_set_memory_map, &f, sizeof(f)), -EPERM);
    m.nr_entries = 10;
    assert_int_equal(call(zero, XENMEM_memory_map, &m, sizeof(m)), 0);
    assert_int_equal(m.nr_entries, 1);
    out = fake_guest_ptr(zero, LIST2);
    assert_int_equal(out->size, FAKE_BOOT_PAGES * PAGE_SIZE);
}

static void questions(void **state)
{
    struct xen_memory_domain who = { .domid = 5 };
    struct xen_pod_target pod = { .target_pages = 100, .domid = 5, .pod_entries = 9 };

    (void)state;
    guest->max_pages = 1000;
    assert_int_equal(call(zero, XENMEM_current_reservation, &who, sizeof(who)), FAKE_DOMAIN_PAGES);
    assert_int_equal(call(zero, XENMEM_maximum_reservation, &who, sizeof(who)), 1000);
    assert_int_equal(call(zero, XENMEM_maximum_gpfn, &who, sizeof(who)), FAKE_DOMAIN_PAGES - 1);
    assert_int_equal(call_raw(zero, XENMEM_maximum_ram_page, false), 32 * 256);
    assert_int_equal(call_raw(zero, XENMEM_maximum_ram_page | 1 << MEMOP_EXTENT_SHIFT, false), -EINVAL);
    assert_int_equal(call_raw(zero, XENMEM_get_sharing_freed_pages, false), 0);
    assert_int_equal(call_raw(zero, XENMEM_get_sharing_shared_pages, false), 0);
    assert_int_equal(call(zero, XENMEM_set_pod_target, &pod, sizeof(pod)), 0);
    assert_int_equal(pod.tot_pages, FAKE_DOMAIN_PAGES);
    assert_int_equal(pod.pod_entries, 0);
    assert_int_equal(call(guest, XENMEM_get_pod_target, &pod, sizeof(pod)), -EPERM);
    pod.target_pages = 1001;
    assert_int_equal(call(zero, XENMEM_set_pod_target, &pod, sizeof(pod)), -EINVAL);
}

static void claims(void **state)
{
    struct xen_memory_reservation r = { .nr_extents = FAKE_DOMAIN_PAGES + 100, .domid = 5 };

    (void)state;
    assert_int_equal(call(guest, XENMEM_claim_pages, &r, sizeof(r)), -EPERM);
    assert_int_equal(call(zero, XENMEM_claim_pages, &r, sizeof(r)), 0);
    assert_int_equal(page_claims_outstanding(), 100);
    assert_int_equal(reserve(zero, XENMEM_populate_physmap, 5, 0x1000, 30, 0), 30);
    assert_int_equal(page_claims_outstanding(), 70);
    while (domain_kill(guest) == -ERESTART)
        ;
    assert_int_equal(page_claims_outstanding(), 0);
}

static void refusals(void **state)
{
    (void)state;
    assert_int_equal(call_raw(zero, XENMEM_access_op, false), -EOPNOTSUPP);
    assert_int_equal(call_raw(zero, XENMEM_exchange, false), -EOPNOTSUPP);
    assert_int_equal(call_raw(zero, XENMEM_machphys_mapping, false), -ENOSYS);
    assert_int_equal(call_raw(zero, 8, false), -ENOSYS);
    assert_int_equal(call_raw(zero, 29, false), -ENOSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_gives_and_takes, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(superpages, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_failed_extent_leaves_nothing, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(rights_and_arguments, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(narrow_layouts, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(long_lists_go_on, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(dom0_keeps_its_frames, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(dom0_frame_that_somebody_holds, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(shared_info_over_dom0_ram, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(grant_frames, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(spaces_that_are_refused, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(grant_mappings_are_not_ours, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(foreign_pages, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(foreign_pages_that_are_refused, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(acquire_resource, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(memory_maps, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(questions, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(claims, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
