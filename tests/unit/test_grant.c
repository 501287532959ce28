/* SPDX-License-Identifier: GPL-2.0-only */
/* object/grant.c and grant_map.c: frames, versions, pins, mappings, and what is left after each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../hypervisor/object/grant_internal.h"
#include "arch.h"
#include "errno.h"
#include "fake.h"
#include "page.h"

#define MAP_GFN 200 /* a hole in every domain */
#define OUT (GTF_reading | GTF_writing)

static struct domain *a, *b; /* dom0 maps what b grants */
static uint32_t refs_b;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    a = fake_domain(0, 1);
    b = fake_domain(5, 1);
    refs_b = b->refs;
    return 0;
}

static struct grant_entry_v1 *v1(struct domain *d, uint32_t ref)
{
    return (struct grant_entry_v1 *)d->grant->shared[ref / 512] + ref % 512;
}

static struct grant_entry_v2 *v2(struct domain *d, uint32_t ref)
{
    return (struct grant_entry_v2 *)d->grant->shared[ref / 256] + ref % 256;
}

static uint16_t *status(struct domain *d, uint32_t ref)
{
    return &d->grant->status[ref / 2048][ref % 2048];
}

static void grant_v1(uint32_t ref, uint16_t flags, domid_t to, uint32_t gfn)
{
    *v1(b, ref) = (struct grant_entry_v1){ flags, to, gfn };
}

static struct page *page_of(struct domain *d, gfn_t gfn)
{
    return mfn_to_page(p2m_lookup(d, gfn).mfn);
}

static int16_t map(uint32_t ref, gfn_t gfn, uint32_t flags, uint32_t *ret_handle)
{
    struct gnttab_map_grant_ref arg = {
        .host_addr = gfn * PAGE_SIZE, .flags = GNTMAP_host_map | flags, .ref = ref, .dom = b->id, .handle = 0xdead
    };
    int16_t st = grant_map(a, &arg, b);

    if (st)
        assert_int_equal(arg.handle, 0xdead);
    else
        assert_int_equal(arg.dev_bus_addr, p2m_lookup(a, gfn).mfn * PAGE_SIZE);
    if (ret_handle)
        *ret_handle = arg.handle;
    return st;
}

static void test_map_unmap(void **state)
{
    uint32_t h = 0;
    mfn_t mfn = p2m_lookup(b, 7).mfn;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, &h), GNTST_okay);
    assert_int_equal(p2m_lookup(a, MAP_GFN).mfn, mfn);
    assert_int_equal(p2m_lookup(a, MAP_GFN).type, P2M_GRANT_RW);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | OUT);
    assert_int_equal(mfn_to_page(mfn)->refs, 3); /* its own place, the entry in use, the mapping */
    assert_int_equal(b->refs, refs_b);
    assert_int_equal(grant_handles_used(a->grant), 1);
    assert_int_equal(grant_unmap(a, h, (MAP_GFN + 1) * PAGE_SIZE), GNTST_general_error);
    assert_int_equal(grant_unmap(a, h, 0), GNTST_okay); /* nothing named, nothing done */
    assert_int_equal(mfn_to_page(mfn)->refs, 3);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(grant_handles_used(a->grant), 0);
    assert_int_equal(p2m_lookup(a, MAP_GFN).type, P2M_NONE);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access);
    assert_int_equal(mfn_to_page(mfn)->refs, 1);
    assert_int_equal(b->refs, refs_b);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_bad_handle);
    assert_int_equal(grant_unmap(a, 1 << 30, MAP_GFN * PAGE_SIZE), GNTST_bad_handle);
}

static void test_map_refusals(void **state)
{
    (void)state;
    assert_int_equal(map(512, MAP_GFN, 0, NULL), GNTST_bad_gntref);
    assert_int_equal(map(UINT32_MAX, MAP_GFN, 0, NULL), GNTST_bad_gntref);
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_general_error); /* invalid entry */
    grant_v1(9, GTF_permit_access, 3, 7); /* for another */
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_general_error);
    grant_v1(9, GTF_accept_transfer, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_general_error);
    grant_v1(9, GTF_permit_access | GTF_sub_page, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_general_error);
    grant_v1(9, GTF_permit_access | GTF_readonly, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_general_error);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | GTF_readonly);
    grant_v1(9, GTF_permit_access, 0, 5000); /* no page there */
    assert_int_equal(map(9, MAP_GFN, 0, NULL), GNTST_bad_page);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access); /* marks are gone */
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, 1ULL << 36, 0, NULL), GNTST_general_error); /* beyond any address */
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(b->refs, refs_b);
}

static void test_readonly_and_upgrade(void **state)
{
    uint32_t r = 0, w = 0;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, GNTMAP_readonly, &r), GNTST_okay);
    assert_int_equal(p2m_lookup(a, MAP_GFN).type, P2M_GRANT_RO);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | GTF_reading);
    assert_int_equal(map(9, MAP_GFN + 1, 0, &w), GNTST_okay);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | OUT);
    assert_int_equal(page_of(b, 7)->refs, 4);
    assert_int_equal(grant_unmap(a, w, (MAP_GFN + 1) * PAGE_SIZE), GNTST_okay);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | GTF_reading);
    v1(b, 9)->flags |= GTF_readonly; /* the guest takes the right to write away */
    assert_int_equal(map(9, MAP_GFN + 1, 0, &w), GNTST_general_error);
    assert_int_equal(grant_unmap(a, r, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(page_of(b, 7)->refs, 1);
}

/* What the guest writes into an entry in use changes nothing for those who use it. */
static void test_entry_changes_while_in_use(void **state)
{
    uint32_t h1 = 0, h2 = 0;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, &h1), GNTST_okay);
    grant_v1(9, GTF_permit_access, 3, 8);
    assert_int_equal(map(9, MAP_GFN + 1, 0, &h2), GNTST_okay);
    assert_int_equal(p2m_lookup(a, MAP_GFN + 1).mfn, p2m_lookup(b, 7).mfn);
    assert_int_equal(grant_unmap(a, h1, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(grant_unmap(a, h2, (MAP_GFN + 1) * PAGE_SIZE), GNTST_okay);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(page_of(b, 8)->refs, 1);
}

/* A granted page that is only mapped by the granter cannot be granted on. */
static void test_foreign_page_is_refused(void **state)
{
    uint32_t h = 0;
    struct gnttab_map_grant_ref arg = { .host_addr = MAP_GFN * PAGE_SIZE, .flags = GNTMAP_host_map, .ref = 9 };

    (void)state;
    *v1(a, 9) = (struct grant_entry_v1){ GTF_permit_access, 5, 7 };
    arg.dom = 0;
    assert_int_equal(grant_map(b, &arg, a), GNTST_okay);
    grant_v1(10, GTF_permit_access, 0, MAP_GFN);
    assert_int_equal(map(10, MAP_GFN, 0, &h), GNTST_bad_page);
    assert_int_equal(grant_unmap(b, arg.handle, MAP_GFN * PAGE_SIZE), GNTST_okay);
}

/* dom0's own page under a mapping stays its own, and is remembered again afterwards. */
static void test_displaced_own_page(void **state)
{
    uint32_t h = 0;
    struct page *own = mfn_to_page(30);

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, 30, 0, &h), GNTST_okay);
    assert_int_equal(p2m_lookup(a, 30).type, P2M_GRANT_RW);
    assert_int_equal(own->owner, 0);
    assert_true(own->flags & PAGE_PINNED);
    assert_int_equal(grant_unmap(a, h, 30 * PAGE_SIZE), GNTST_okay);
    assert_int_equal(p2m_lookup(a, 30).type, P2M_RETAINED);
    assert_int_equal(p2m_lookup(a, 30).mfn, 30);
    assert_int_equal(page_of(b, 7)->refs, 1);
}

static void test_mapping_gone_behind_our_back(void **state)
{
    struct p2m_entry old;
    uint32_t h = 0;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, &h), GNTST_okay);
    assert_int_equal(p2m_set(a, MAP_GFN, INVALID_MFN, 0, P2M_NONE, &old), 0);
    p2m_release(a, &old);
    assert_int_equal(page_of(b, 7)->refs, 2); /* the entry is in use still */
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_general_error);
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access | OUT);
    while (grant_domain_release(a) == -ERESTART)
        ;
    assert_int_equal(v1(b, 9)->flags, GTF_permit_access);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(b->refs, refs_b);
}

static void test_release(void **state)
{
    uint32_t i, rounds = 0;

    (void)state;
    for (i = 0; i < 5; i++) {
        grant_v1(9 + i, GTF_permit_access, 0, 7 + i);
        assert_int_equal(map(9 + i, MAP_GFN + i, i % 2 ? GNTMAP_readonly : 0, NULL), GNTST_okay);
    }
    this_cpu()->entered = 1; /* one handle a call */
    fake_time = SECONDS(1);
    while (grant_domain_release(a) == -ERESTART) {
        rounds++;
        if (rounds <= 5)
            assert_int_equal(page_of(b, 6 + rounds)->refs, 1);
    }
    assert_int_equal(rounds, MAPTRACK_PER_PAGE);
    this_cpu()->entered = 0;
    for (i = 0; i < 5; i++) {
        assert_int_equal(v1(b, 9 + i)->flags, GTF_permit_access);
        assert_int_equal(page_of(b, 7 + i)->refs, 1);
        assert_int_equal(p2m_lookup(a, MAP_GFN + i).type, P2M_NONE);
    }
    assert_int_equal(b->refs, refs_b);
}

static void test_handles(void **state)
{
    uint32_t h = 0, n = 0, last = 0;
    int16_t st;

    (void)state;
    assert_int_equal(a->grant->max_handles, 64 * 256);
    a->grant->max_handles = 256; /* two pages */
    grant_v1(9, GTF_permit_access, 0, 7);
    while ((st = map(9, MAP_GFN + n, GNTMAP_readonly, &h)) == GNTST_okay) {
        assert_int_equal(h, n);
        last = h;
        n++;
    }
    assert_int_equal(st, GNTST_no_space);
    assert_int_equal(n, 256);
    assert_int_equal(page_of(b, 7)->refs, 258);
    assert_int_equal(grant_unmap(a, last, (MAP_GFN + last) * PAGE_SIZE), GNTST_okay);
    assert_int_equal(map(9, MAP_GFN + last, GNTMAP_readonly, &h), GNTST_okay);
    assert_int_equal(h, last);
}

static void test_no_memory(void **state)
{
    uint32_t h = 0, n;
    int16_t st = GNTST_no_space;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    for (n = 0; n < 20 && st; n++) {
        fake_fail_alloc_after((int)n);
        st = map(9, MAP_GFN, 0, &h);
        fake_fail_alloc_after(-1);
        if (st) {
            assert_true(st == GNTST_no_space || st == GNTST_general_error);
            assert_int_equal(page_of(b, 7)->refs, 1);
            assert_int_equal(v1(b, 9)->flags, GTF_permit_access);
            assert_int_equal(b->refs, refs_b);
        }
    }
    assert_int_equal(st, GNTST_okay);
    assert_true(n > 2);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
}

static void test_frames(void **state)
{
    mfn_t mfn = 1, again = 2;

    (void)state;
    assert_int_equal(b->grant->nr_frames, 1);
    assert_int_equal(grant_get_shared_frame(b, 0, &mfn), 0);
    assert_int_equal(mfn_to_page(mfn)->owner, PAGE_OWNER_HV);
    assert_true(mfn_to_page(mfn)->flags & PAGE_SHARED);
    assert_int_equal(grant_get_shared_frame(b, 64, &mfn), -EINVAL);
    fake_fail_alloc_after(2);
    assert_int_equal(grant_get_shared_frame(b, 4, &mfn), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(b->grant->nr_frames, 1);
    assert_int_equal(grant_get_shared_frame(b, 4, &mfn), 0);
    assert_int_equal(b->grant->nr_frames, 5);
    assert_int_equal(grant_get_shared_frame(b, 4, &again), 0);
    assert_int_equal(mfn, again);
    assert_int_equal(grant_get_status_frame(b, 0, &mfn), -EINVAL); /* version 1 */
    assert_int_equal(grant_set_version(b, 2), 0);
    assert_int_equal(b->grant->nr_status, 1);
    assert_int_equal(grant_get_status_frame(b, 0, &mfn), 0);
    assert_int_equal(grant_get_status_frame(b, 7, &mfn), 0);
    assert_int_equal(b->grant->nr_frames, 57);
    assert_int_equal(grant_get_status_frame(b, 8, &mfn), -EINVAL);
}

/* Someone maps a grant frame of a domain that goes: the frame stays until he lets go. */
static void test_mapped_frame_outlives_table(void **state)
{
    mfn_t mfn = 0;

    (void)state;
    assert_int_equal(grant_get_shared_frame(b, 0, &mfn), 0);
    assert_true(page_get(mfn_to_page(mfn), PAGE_OWNER_HV));
    grant_domain_destroy(b);
    assert_null(b->grant);
    assert_int_equal(mfn_to_page(mfn)->refs, 1);
    page_put(mfn_to_page(mfn));
    assert_int_equal(grant_domain_init(b, -1, -1, 0), 0);
    assert_int_equal(b->grant->max_frames, 64);
    assert_int_equal(b->grant->max_handles, 1024 * 256);
    assert_int_equal(b->grant->max_version, 2);
}

static void test_init_errors(void **state)
{
    struct grant_table *kept = b->grant;
    uint64_t objects = hv_heap_objects();

    (void)state;
    b->grant = NULL;
    assert_int_equal(grant_domain_init(b, 0, 1, 1), -EINVAL);
    assert_int_equal(grant_domain_init(b, 5000, 1, 1), -EINVAL);
    assert_int_equal(grant_domain_init(b, 1, 5000, 1), -EINVAL);
    assert_int_equal(grant_domain_init(b, 1, 1, 3), -EINVAL);
    for (int n = 0; n < 5; n++) {
        fake_fail_alloc_after(n);
        assert_int_equal(grant_domain_init(b, 1, 1, 1), -ENOMEM);
        fake_fail_alloc_after(-1);
        assert_int_equal(hv_heap_objects(), objects);
        assert_null(b->grant);
    }
    b->grant = kept;
}

static void test_version_switch(void **state)
{
    uint32_t h = 0;

    (void)state;
    assert_int_equal(grant_set_version(b, 0), -EINVAL);
    assert_int_equal(grant_set_version(b, 3), -EINVAL);
    b->grant->max_version = 1;
    assert_int_equal(grant_set_version(b, 2), -ENOSYS);
    b->grant->max_version = 2;
    assert_int_equal(grant_set_version(b, 1), 0);

    grant_v1(1, GTF_permit_access, 0, 6);
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, &h), GNTST_okay);
    assert_int_equal(grant_set_version(b, 2), -EBUSY);
    assert_int_equal(b->grant->version, 1);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(map(1, MAP_GFN, 0, &h), GNTST_okay); /* a reserved one may be in use */
    fake_fail_alloc_after(0);
    assert_int_equal(grant_set_version(b, 2), -ENOMEM);
    fake_fail_alloc_after(-1);
    assert_int_equal(b->grant->version, 1);
    assert_int_equal(v1(b, 1)->frame, 6);
    assert_int_equal(grant_set_version(b, 2), 0);
    assert_int_equal(v2(b, 1)->flags, GTF_permit_access);
    assert_int_equal(v2(b, 1)->domid, 0);
    assert_int_equal(v2(b, 1)->frame, 6);
    assert_int_equal(*status(b, 1), OUT);
    assert_int_equal(v2(b, 9)->flags, 0); /* others are cleared */
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(*status(b, 1), 0);
}

static void test_version_back(void **state)
{
    struct page *pg;
    mfn_t mfn = 0;

    (void)state;
    assert_int_equal(grant_set_version(b, 2), 0);
    *v2(b, 2) = (struct grant_entry_v2){ .flags = GTF_transitive, .domid = 0 };
    assert_int_equal(grant_set_version(b, 1), -ERANGE);
    *v2(b, 2) = (struct grant_entry_v2){ .flags = GTF_permit_access, .domid = 0, .frame = 1ULL << 32 };
    assert_int_equal(grant_set_version(b, 1), -ERANGE);
    v2(b, 2)->frame = 8;
    assert_int_equal(grant_get_status_frame(b, 0, &mfn), 0);
    pg = mfn_to_page(mfn);
    assert_true(page_get(pg, PAGE_OWNER_HV)); /* the guest maps its status */
    assert_int_equal(grant_set_version(b, 1), -EBUSY);
    page_put(pg);
    assert_int_equal(grant_set_version(b, 1), 0);
    assert_int_equal(b->grant->nr_status, 0);
    assert_int_equal(v1(b, 2)->flags, GTF_permit_access);
    assert_int_equal(v1(b, 2)->frame, 8);
}

static void test_v2_map(void **state)
{
    uint32_t h = 0;

    (void)state;
    assert_int_equal(grant_set_version(b, 2), 0);
    assert_int_equal(map(256, MAP_GFN, 0, NULL), GNTST_bad_gntref);
    *v2(b, 100) = (struct grant_entry_v2){ .flags = GTF_permit_access, .domid = 0, .frame = 7 };
    assert_int_equal(map(100, MAP_GFN, 0, &h), GNTST_okay);
    assert_int_equal(v2(b, 100)->flags, GTF_permit_access); /* marks are in the status frame */
    assert_int_equal(*status(b, 100), OUT);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(*status(b, 100), 0);
    v2(b, 100)->flags = GTF_permit_access | GTF_sub_page;
    assert_int_equal(map(100, MAP_GFN, 0, NULL), GNTST_general_error);
    v2(b, 100)->flags = GTF_transitive;
    assert_int_equal(map(100, MAP_GFN, 0, NULL), GNTST_general_error);
    *v2(b, 100) = (struct grant_entry_v2){ .flags = GTF_permit_access, .domid = 0, .frame = 1ULL << 60 };
    assert_int_equal(map(100, MAP_GFN, 0, NULL), GNTST_bad_page);
    assert_int_equal(*status(b, 100), 0);
}

static void test_sub_page_pin(void **state)
{
    struct grant_pin pin, two;
    uint32_t h = 0;

    (void)state;
    assert_int_equal(grant_set_version(b, 2), 0);
    *v2(b, 50) = (struct grant_entry_v2){
        .flags = GTF_permit_access | GTF_sub_page, .domid = 0, .page_off = 16, .length = 100, .frame = 7
    };
    assert_int_equal(grant_pin(b, 50, 0, false, false, &pin), GNTST_okay);
    assert_int_equal(pin.offset, 16);
    assert_int_equal(pin.length, 100);
    assert_int_equal(pin.mfn, p2m_lookup(b, 7).mfn);
    v2(b, 50)->flags = GTF_permit_access; /* now the whole page, they say */
    assert_int_equal(map(50, MAP_GFN, 0, &h), GNTST_general_error);
    assert_int_equal(grant_pin(b, 50, 0, true, false, &two), GNTST_okay);
    assert_int_equal(two.length, 100);
    assert_int_equal(grant_pin(b, 50, 3, true, false, &two), GNTST_general_error);
    grant_unpin(b, 50, true);
    grant_unpin(b, 50, false);
    assert_int_equal(page_of(b, 7)->refs, 1);
    *v2(b, 50) = (struct grant_entry_v2){
        .flags = GTF_permit_access | GTF_sub_page, .domid = 0, .page_off = 4000, .length = 100, .frame = 7
    };
    assert_int_equal(grant_pin(b, 50, 0, true, false, &pin), GNTST_general_error); /* beyond the page */
    assert_int_equal(*status(b, 50), 0);
}

static void test_swap(void **state)
{
    uint32_t h = 0;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    grant_v1(10, GTF_permit_access, 0, 8);
    assert_int_equal(grant_swap(b, 9, 10), GNTST_okay);
    assert_int_equal(v1(b, 9)->frame, 8);
    assert_int_equal(v1(b, 10)->frame, 7);
    assert_int_equal(grant_swap(b, 9, 9), GNTST_okay);
    assert_int_equal(grant_swap(b, 9, 512), GNTST_bad_gntref);
    assert_int_equal(grant_swap(b, 512, 9), GNTST_bad_gntref);
    assert_int_equal(map(9, MAP_GFN, GNTMAP_readonly, &h), GNTST_okay);
    assert_int_equal(grant_swap(b, 9, 10), GNTST_eagain);
    assert_int_equal(grant_swap(b, 10, 9), GNTST_eagain);
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_int_equal(grant_set_version(b, 2), 0);
    v2(b, 20)->frame = 1;
    v2(b, 21)->frame = 2;
    assert_int_equal(grant_swap(b, 20, 21), GNTST_okay);
    assert_int_equal(v2(b, 20)->frame, 2);
    assert_int_equal(v2(b, 21)->frame, 1);
}

/* The granter is destroyed first: it stays a shell until the last mapping goes. */
static void test_granter_dies_first(void **state)
{
    uint64_t before;
    uint32_t h = 0;
    int rc;

    (void)state;
    grant_v1(9, GTF_permit_access, 0, 7);
    assert_int_equal(map(9, MAP_GFN, 0, &h), GNTST_okay);
    while ((rc = domain_kill(b)) == -ERESTART)
        ;
    assert_int_equal(rc, 0);
    *(uint32_t *)fake_guest_ptr(a, MAP_GFN * PAGE_SIZE) = 1; /* the page is still there */
    before = free_pages_count();
    assert_int_equal(grant_unmap(a, h, MAP_GFN * PAGE_SIZE), GNTST_okay);
    assert_true(free_pages_count() > before);
    assert_null(domain_get_by_id(5));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(test_map_unmap), T(test_map_refusals), T(test_readonly_and_upgrade), T(test_entry_changes_while_in_use),
        T(test_foreign_page_is_refused), T(test_displaced_own_page), T(test_mapping_gone_behind_our_back),
        T(test_release), T(test_handles), T(test_no_memory), T(test_frames), T(test_mapped_frame_outlives_table),
        T(test_init_errors), T(test_version_switch), T(test_version_back), T(test_v2_map), T(test_sub_page_pin),
        T(test_swap), T(test_granter_dies_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
