/* SPDX-License-Identifier: GPL-2.0-only */
/* object/grant_op.c: the hypercall: arrays, both layouts, every command's errors, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../hypervisor/object/grant_internal.h"
#include "errno.h"
#include "fake.h"
#include "op.h"
#include "page.h"

#define ARG 0x3000 /* guest address of the array: guest-virtual is guest-physical here */
#define LIST 0x5000
#define MAP_GFN 200

static struct domain *a, *b; /* dom0 uses what b grants */
static struct op op;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    a = fake_domain(0, 1);
    b = fake_domain(5, 1);
    memset(&op, 0, sizeof(op));
    return 0;
}

static int64_t call(struct domain *d, unsigned cmd, void *arg, size_t size, unsigned count)
{
    int64_t rc;

    fake_set_current(d->vcpu[0]);
    op.vcpu = d->vcpu[0];
    op.caller = d;
    op.raw[0] = cmd;
    op.raw[1] = ARG;
    op.raw[2] = count;
    memcpy(fake_guest_ptr(d, ARG), arg, size * count);
    rc = do_grant_table_op(&op);
    memcpy(arg, fake_guest_ptr(d, ARG), size * count);
    return rc;
}

#define CALL(d, cmd, arg) call(d, GNTTABOP_##cmd, &(arg), sizeof(arg), 1)
#define STATUS(arg) ((int16_t)(arg).status)

static struct grant_entry_v1 *entry(struct domain *d, uint32_t ref)
{
    return (struct grant_entry_v1 *)d->grant->shared[0] + ref;
}

static void grant(uint32_t ref, uint16_t flags, uint32_t gfn)
{
    *entry(b, ref) = (struct grant_entry_v1){ flags, 0, gfn };
}

static struct page *page_of(struct domain *d, gfn_t gfn)
{
    return mfn_to_page(p2m_lookup(d, gfn).mfn);
}

static void test_commands(void **state)
{
    static const unsigned refused[] = {
        GNTTABOP_dump_table, GNTTABOP_transfer, GNTTABOP_unmap_and_replace, GNTTABOP_cache_flush, 13, 1u << 31
    };
    static const unsigned singles[] = {
        GNTTABOP_setup_table, GNTTABOP_query_size, GNTTABOP_get_status_frames,
    };
    uint64_t arg[16] = { 0 };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(refused); i++)
        assert_int_equal(call(a, refused[i], arg, 8, 1), -ENOSYS);
    for (unsigned i = 0; i < ARRAY_SIZE(singles); i++) {
        assert_int_equal(call(a, singles[i], arg, 8, 0), -EINVAL);
        assert_int_equal(call(a, singles[i], arg, 8, 2), -EINVAL);
    }
    arg[0] = 1;
    assert_int_equal(call(a, GNTTABOP_set_version, arg, 8, 2), 0); /* the count does not matter */
    arg[0] = 0;
    op.raw[0] = GNTTABOP_transfer;
    op.raw[2] = 0x80000000u;
    assert_int_equal(do_grant_table_op(&op), -ENOSYS);
    op.raw[0] = GNTTABOP_copy;
    op.raw[2] = 0x80000000u;
    assert_int_equal(do_grant_table_op(&op), -EINVAL);
    assert_int_equal(call(a, GNTTABOP_map_grant_ref, arg, 32, 0), 0);
    fake.walk_fault_start = ARG;
    fake.walk_fault_end = ARG + 1;
    assert_int_equal(call(a, GNTTABOP_map_grant_ref, arg, 32, 1), -EFAULT);
}

static void test_map_flags_and_domains(void **state)
{
    struct gnttab_map_grant_ref m = { .host_addr = MAP_GFN * PAGE_SIZE, .ref = 9, .dom = 5 };
    static const uint32_t bad[] = { GNTMAP_device_map, GNTMAP_host_map | GNTMAP_device_map,
                                    GNTMAP_host_map | GNTMAP_application_map, GNTMAP_host_map | GNTMAP_contains_pte };

    (void)state;
    grant(9, GTF_permit_access, 7);
    assert_int_equal(CALL(a, map_grant_ref, m), 0);
    assert_int_equal(STATUS(m), GNTST_bad_gntref);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        m.flags = bad[i];
        assert_int_equal(CALL(a, map_grant_ref, m), 0);
        assert_int_equal(STATUS(m), GNTST_general_error);
    }
    m.flags = GNTMAP_host_map;
    m.dom = 77;
    assert_int_equal(CALL(a, map_grant_ref, m), 0);
    assert_int_equal(STATUS(m), GNTST_bad_domain);
    m.dom = DOMID_SELF;
    assert_int_equal(CALL(a, map_grant_ref, m), 0);
    assert_int_equal(STATUS(m), GNTST_bad_domain);
    assert_int_equal(page_of(b, 7)->refs, 1);
}

/* Several elements, one bad one among them: each has its own status. */
static void test_batch(void **state)
{
    struct gnttab_map_grant_ref m[3];
    struct gnttab_unmap_grant_ref u[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        grant(9 + i, i == 1 ? GTF_invalid : GTF_permit_access, 7 + i);
        m[i] = (struct gnttab_map_grant_ref){ .host_addr = (MAP_GFN + i) * PAGE_SIZE, .flags = GNTMAP_host_map,
                                              .ref = 9 + i, .dom = 5, .status = 99 };
    }
    assert_int_equal(call(a, GNTTABOP_map_grant_ref, m, sizeof(m[0]), 3), 0);
    assert_int_equal(STATUS(m[0]), GNTST_okay);
    assert_int_equal(STATUS(m[1]), GNTST_general_error);
    assert_int_equal(STATUS(m[2]), GNTST_okay);
    assert_int_equal(p2m_lookup(a, MAP_GFN + 2).mfn, p2m_lookup(b, 9).mfn);
    assert_int_equal(m[2].dev_bus_addr, p2m_lookup(b, 9).mfn * PAGE_SIZE);
    for (unsigned i = 0; i < 3; i++)
        u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = m[i].host_addr, .handle = i == 1 ? 500 : m[i].handle };
    assert_int_equal(call(a, GNTTABOP_unmap_grant_ref, u, sizeof(u[0]), 3), 0);
    assert_int_equal(STATUS(u[0]), GNTST_okay);
    assert_int_equal(STATUS(u[1]), GNTST_bad_handle);
    assert_int_equal(STATUS(u[2]), GNTST_okay);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(page_of(b, 9)->refs, 1);
}

/* Other work waits: the call stops between elements, and goes on where raw[] says. */
static void test_preemption(void **state)
{
    struct gnttab_copy *c = fake_guest_ptr(a, ARG);
    unsigned rounds = 0;
    int64_t rc;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        c[i] = (struct gnttab_copy){ .source = { 10, DOMID_SELF, 0 }, .dest = { 11, DOMID_SELF, 0 }, .len = 1,
                                     .status = 99 };
    fake_set_current(a->vcpu[0]);
    op.vcpu = a->vcpu[0];
    op.caller = a;
    op.raw[0] = GNTTABOP_copy;
    op.raw[1] = ARG;
    op.raw[2] = 4;
    this_cpu()->entered = 1; /* long ago, by the time of the first look */
    fake_time = SECONDS(1);
    do {
        rc = do_grant_table_op(&op);
        if (rc == -ERESTART) {
            rounds++;
            assert_int_equal(op.raw[1], ARG + rounds * sizeof(*c));
            assert_int_equal(op.raw[2], 4 - rounds);
            assert_int_equal(c[rounds - 1].status, GNTST_okay);
            assert_int_equal(c[rounds].status, 99);
        }
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    assert_int_equal(rounds, 3);
    assert_int_equal(c[3].status, GNTST_okay);
}

static void test_sizes_and_frames(void **state)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 3, .frame_list = LIST };
    uint64_t *list = fake_guest_ptr(b, LIST);

    (void)state;
    assert_int_equal(CALL(b, query_size, q), 0);
    assert_int_equal(STATUS(q), GNTST_okay);
    assert_int_equal(q.nr_frames, 1);
    assert_int_equal(q.max_nr_frames, 64);
    assert_int_equal(CALL(b, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_okay);
    assert_true(list[2] == UINT64_MAX);
    assert_true(list[3] == 0);
    assert_int_equal(b->grant->nr_frames, 3);
    s.nr_frames = 65;
    assert_int_equal(CALL(b, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_general_error);
    s.nr_frames = 4;
    fake_fail_alloc_after(0);
    assert_int_equal(CALL(b, setup_table, s), 0);
    fake_fail_alloc_after(-1);
    assert_int_equal(STATUS(s), GNTST_general_error);
    assert_int_equal(b->grant->nr_frames, 3);
    s.frame_list = 1ULL << 40;
    assert_int_equal(CALL(b, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_bad_virt_addr);
    q.dom = s.dom = 0;
    assert_int_equal(CALL(b, query_size, q), 0);
    assert_int_equal(STATUS(q), GNTST_permission_denied);
    assert_int_equal(CALL(b, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_permission_denied);
    q.dom = s.dom = 77;
    assert_int_equal(CALL(b, query_size, q), 0);
    assert_int_equal(STATUS(q), GNTST_bad_domain);
    assert_int_equal(CALL(b, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_bad_domain);
    q.dom = 5;
    assert_int_equal(CALL(a, query_size, q), 0); /* the tools may ask */
    assert_int_equal(STATUS(q), GNTST_okay);
}

static void test_versions(void **state)
{
    struct gnttab_get_version g = { .dom = DOMID_SELF };
    struct gnttab_set_version s = { .version = 7 };
    struct gnttab_get_status_frames f = { .nr_frames = 1, .dom = DOMID_SELF, .frame_list = LIST };

    (void)state;
    assert_int_equal(CALL(b, get_version, g), 0);
    assert_int_equal(g.version, 1);
    g.dom = 77;
    assert_int_equal(CALL(b, get_version, g), -ESRCH);
    g.dom = 0;
    assert_int_equal(CALL(b, get_version, g), -EPERM);
    assert_int_equal(CALL(b, get_status_frames, f), 0);
    assert_int_equal(STATUS(f), GNTST_general_error);
    assert_int_equal(CALL(b, set_version, s), -EINVAL);
    assert_int_equal(s.version, 1); /* the version in force is told all the same */
    s.version = 2;
    assert_int_equal(CALL(b, set_version, s), 0);
    assert_int_equal(s.version, 2);
    assert_int_equal(CALL(b, get_status_frames, f), 0);
    assert_int_equal(STATUS(f), GNTST_okay);
    assert_true(*(uint64_t *)fake_guest_ptr(b, LIST) == UINT64_MAX);
    f.nr_frames = 2;
    assert_int_equal(CALL(b, get_status_frames, f), 0);
    assert_int_equal(STATUS(f), GNTST_general_error);
    f.dom = 77;
    assert_int_equal(CALL(b, get_status_frames, f), 0);
    assert_int_equal(STATUS(f), GNTST_bad_domain);
    f.dom = 0;
    assert_int_equal(CALL(b, get_status_frames, f), 0);
    assert_int_equal(STATUS(f), GNTST_permission_denied);
}

static void test_swap(void **state)
{
    struct gnttab_swap_grant_ref s = { .ref_a = 9, .ref_b = 10 };

    (void)state;
    grant(9, GTF_permit_access, 7);
    assert_int_equal(CALL(b, swap_grant_ref, s), 0);
    assert_int_equal(STATUS(s), GNTST_okay);
    assert_int_equal(entry(b, 10)->frame, 7);
    s.ref_b = 100000;
    assert_int_equal(CALL(b, swap_grant_ref, s), 0);
    assert_int_equal(STATUS(s), GNTST_bad_gntref);
}

static int16_t copy_status(struct gnttab_copy *c)
{
    assert_int_equal(CALL(a, copy, *c), 0);
    return c->status;
}

static void test_copy_from_and_to_grants(void **state)
{
    struct gnttab_copy c = { .source = { 9, 5, 100 }, .dest = { 12, DOMID_SELF, 200 }, .len = 50,
                             .flags = GNTCOPY_source_gref };

    (void)state;
    grant(9, GTF_permit_access | GTF_readonly, 7);
    memset(fake_guest_ptr(b, 7 * PAGE_SIZE + 100), 0x5a, 50);
    assert_int_equal(copy_status(&c), GNTST_okay);
    assert_memory_equal(fake_guest_ptr(a, 12 * PAGE_SIZE + 200), fake_guest_ptr(b, 7 * PAGE_SIZE + 100), 50);
    assert_int_equal(*((uint8_t *)fake_guest_ptr(a, 12 * PAGE_SIZE + 250)), 0);
    assert_int_equal(entry(b, 9)->flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(mfn_to_page(12)->refs, 1);
    /* back: not into a read-only grant */
    c = (struct gnttab_copy){ .source = { 12, DOMID_SELF, 200 }, .dest = { 9, 5, 0 }, .len = 50,
                              .flags = GNTCOPY_dest_gref };
    assert_int_equal(copy_status(&c), GNTST_general_error);
    grant(9, GTF_permit_access, 7);
    assert_int_equal(copy_status(&c), GNTST_okay);
    assert_int_equal(*((uint8_t *)fake_guest_ptr(b, 7 * PAGE_SIZE)), 0x5a);
    assert_int_equal(entry(b, 9)->flags, GTF_permit_access);
    assert_int_equal(page_of(b, 7)->refs, 1);
}

static void test_copy_refusals(void **state)
{
    struct gnttab_copy ok = { .source = { 9, 5, 0 }, .dest = { 12, DOMID_SELF, 0 }, .len = 10,
                              .flags = GNTCOPY_source_gref };
    struct gnttab_copy c = ok;
    uint32_t refs = b->refs;

    (void)state;
    grant(9, GTF_permit_access, 7);
    c.source.domid = 77;
    assert_int_equal(copy_status(&c), GNTST_bad_domain);
    c = ok;
    c.flags = 0; /* another's page by number */
    assert_int_equal(copy_status(&c), GNTST_permission_denied);
    c = ok;
    c.dest.domid = 0; /* even one's own number: only DOMID_SELF */
    assert_int_equal(copy_status(&c), GNTST_permission_denied);
    c = ok;
    c.source.u = 512;
    assert_int_equal(copy_status(&c), GNTST_bad_gntref);
    c = ok;
    c.source.u = 10;
    assert_int_equal(copy_status(&c), GNTST_general_error);
    c = ok;
    c.dest.u = 5000;
    assert_int_equal(copy_status(&c), GNTST_bad_page);
    c = ok;
    c.source.offset = 4090;
    assert_int_equal(copy_status(&c), GNTST_bad_copy_arg);
    c = ok;
    c.dest.offset = 4087;
    assert_int_equal(copy_status(&c), GNTST_bad_copy_arg);
    c.dest.offset = 4086; /* ends with the page */
    assert_int_equal(copy_status(&c), GNTST_okay);
    c = ok;
    c.len = UINT16_MAX;
    c.source.offset = UINT16_MAX;
    assert_int_equal(copy_status(&c), GNTST_bad_copy_arg);
    assert_int_equal(entry(b, 9)->flags, GTF_permit_access);
    assert_int_equal(page_of(b, 7)->refs, 1);
    assert_int_equal(mfn_to_page(12)->refs, 1);
    assert_int_equal(b->refs, refs);
}

static void test_copy_v2(void **state)
{
    struct grant_entry_v2 *e;
    struct gnttab_copy c = { .source = { 9, 5, 16 }, .dest = { 12, DOMID_SELF, 0 }, .len = 8,
                             .flags = GNTCOPY_source_gref };

    (void)state;
    assert_int_equal(grant_set_version(b, 2), 0);
    e = (struct grant_entry_v2 *)b->grant->shared[0] + 9;
    *e = (struct grant_entry_v2){ .flags = GTF_permit_access | GTF_sub_page, .page_off = 16, .length = 8, .frame = 7 };
    memset(fake_guest_ptr(b, 7 * PAGE_SIZE + 16), 0x77, 8);
    assert_int_equal(copy_status(&c), GNTST_okay);
    assert_int_equal(*((uint8_t *)fake_guest_ptr(a, 12 * PAGE_SIZE + 7)), 0x77);
    c.len = 9;
    assert_int_equal(copy_status(&c), GNTST_general_error);
    c.len = 1;
    c.source.offset = 15;
    assert_int_equal(copy_status(&c), GNTST_general_error);
    e->flags = GTF_transitive;
    assert_int_equal(copy_status(&c), GNTST_general_error);
    assert_int_equal(b->grant->status[0][9], 0);
    assert_int_equal(page_of(b, 7)->refs, 1);
}

static void test_compat(void **state)
{
    struct compat_gnttab_copy c[2] = {
        { { 9, 5, 0 }, { 12, DOMID_SELF, 0 }, 4, GNTCOPY_source_gref, 99 },
        { { 9, 5, 0 }, { 13, DOMID_SELF, 0 }, 4, GNTCOPY_source_gref, 99 },
    };
    struct compat_gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 2, .frame_list = LIST };
    uint32_t *list = fake_guest_ptr(a, LIST);

    (void)state;
    op.abi32 = true;
    grant(9, GTF_permit_access, 7);
    *(uint32_t *)fake_guest_ptr(b, 7 * PAGE_SIZE) = 0x12345678;
    assert_int_equal(call(a, GNTTABOP_copy, c, sizeof(c[0]), 2), 0);
    assert_int_equal(c[0].status, GNTST_okay);
    assert_int_equal(c[1].status, GNTST_okay);
    assert_int_equal(*(uint32_t *)fake_guest_ptr(a, 13 * PAGE_SIZE), 0x12345678);
    assert_int_equal(CALL(a, setup_table, s), 0);
    assert_int_equal(STATUS(s), GNTST_okay);
    assert_true(list[1] == UINT32_MAX);
    assert_int_equal(list[2], 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(test_commands), T(test_map_flags_and_domains), T(test_batch), T(test_preemption), T(test_sizes_and_frames),
        T(test_versions), T(test_swap), T(test_copy_from_and_to_grants), T(test_copy_refusals), T(test_copy_v2),
        T(test_compat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
