/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual NUMA in libs/light/build: what may be wished, where nodes lie, the ACPI tables that say so, and a guest with two
 * nodes over the real core (ctrl_loop.h), of which each hypercall and each allocation fails once.
 */
#include "light/build_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "light/build/guest_acpi.h"
#include "light/build/guest_layout.h"
#include "unit/acpi_fixture.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

static uint32_t from0[2] = { 10, 21 }, from1[2] = { 31, 10 }, on[2] = { 1, 0 };
static struct guest_vnode nodes[2];
static struct guest_numa two = { 2, nodes, on };

static int setup(void **state)
{
    (void)state;
    memset(&error, 0, sizeof(error));
    nodes[0] = (struct guest_vnode){ 2048, 0, from0 };
    nodes[1] = (struct guest_vnode){ 6144, GUEST_ANY_PNODE, from1 };
    return 0;
}

/* --- wishes --- */

static void expect_wrong(uint64_t ram, unsigned nr_vcpus, const char *want)
{
    assert_int_equal(guest_numa_check(&two, ram, nr_vcpus, &error), -EINVAL);
    if (strcmp(error.text, want) != 0)
        fail_msg("%s", error.text);
    assert_string_equal(error.step, "vnuma");
}

static void wishes(void **state)
{
    struct guest_numa many = { GUEST_VNODES + 1, nodes, on };

    (void)state;
    assert_int_equal(guest_numa_check(&two, 8 * MIB, 2, &error), 0);
    expect_wrong(9 * MIB, 2, "vnuma: the nodes have 8192 KiB of memory, the guest 9216 KiB");
    on[0] = 2;
    expect_wrong(8 * MIB, 2, "vnuma: vCPU 0 is on vnode 2 of 2");
    on[0] = 1;
    from1[1] = 20;
    expect_wrong(8 * MIB, 2, "vnuma: vnode 1 is 20 from itself and should be 10");
    from1[1] = 10;
    from0[1] = 10;
    expect_wrong(8 * MIB, 2, "vnuma: vnode 0 is 10 from vnode 1, and should be from 11 to 255");
    from0[1] = 256;
    expect_wrong(8 * MIB, 2, "vnuma: vnode 0 is 256 from vnode 1, and should be from 11 to 255");
    from0[1] = 21;
    nodes[1].kib = 0;
    expect_wrong(8 * MIB, 2, "vnuma: vnode 1 has 0 KiB of memory, no number of pages");
    nodes[1].kib = 6145;
    expect_wrong(8 * MIB, 2, "vnuma: vnode 1 has 6145 KiB of memory, no number of pages");
    nodes[1].kib = UINT64_MAX & ~3ULL;
    assert_int_equal(guest_numa_check(&two, 8 * MIB, 2, NULL), -EINVAL);
    assert_int_equal(guest_numa_check(&many, 8 * MIB, 2, &error), -EINVAL);
    many.nr_vnodes = 0;
    assert_int_equal(guest_numa_check(&many, 8 * MIB, 2, &error), -EINVAL);
    assert_string_equal(error.text, "vnuma: 0 nodes, a guest can have 1 to 128");
}

static void range_is(const struct xen_vmemrange *r, uint64_t start, uint64_t end, uint32_t nid)
{
    assert_int_equal(r->start, start);
    assert_int_equal(r->end, end);
    assert_int_equal(r->nid, nid);
    assert_int_equal(r->flags, 0);
}

/* The second node around the hole, behind it, before it; the first one up to it. */
static void places(void **state)
{
    struct guest_numa_map map;

    (void)state;
    guest_numa_map_make(&two, &map);
    assert_int_equal(map.nr_ranges, 2);
    range_is(&map.ranges[0], 0, 2 * MIB, 0);
    range_is(&map.ranges[1], 2 * MIB, 8 * MIB, 1);
    nodes[0].kib = nodes[1].kib = 3 * GIB / 1024;
    guest_numa_map_make(&two, &map);
    assert_int_equal(map.nr_ranges, 3);
    range_is(&map.ranges[0], 0, 3 * GIB, 0);
    range_is(&map.ranges[1], 3 * GIB, GUEST_LOW_END, 1);
    range_is(&map.ranges[2], GUEST_HIGH_START, 6 * GIB + (GUEST_HIGH_START - GUEST_LOW_END), 1);
    nodes[0].kib = GUEST_LOW_END / 1024;
    nodes[1].kib = 4;
    guest_numa_map_make(&two, &map);
    assert_int_equal(map.nr_ranges, 2);
    range_is(&map.ranges[0], 0, GUEST_LOW_END, 0);
    range_is(&map.ranges[1], GUEST_HIGH_START, GUEST_HIGH_START + 4096, 1);
    nodes[0].kib += 4;
    guest_numa_map_make(&two, &map);
    assert_int_equal(map.nr_ranges, 3);
    range_is(&map.ranges[1], GUEST_HIGH_START, GUEST_HIGH_START + 4096, 0);
    range_is(&map.ranges[2], GUEST_HIGH_START + 4096, GUEST_HIGH_START + 8192, 1);
}

/* --- ACPI (specification 6.5, 5.2.16 and 5.2.17) --- */

static const uint8_t *find(const uint8_t *area, const char *signature)
{
    return acpi_find(area, GUEST_ACPI_MAX, GUEST_ACPI, signature);
}

/* APIC IDs of a table's entries for processors, in order; how many there are. Wide ones have a byte more in front. */
static unsigned processors(const uint8_t *table, unsigned header, uint8_t narrow, uint8_t wide, unsigned wide_at, uint32_t *ids)
{
    unsigned n = 0;

    for (const uint8_t *e = table + header; e < table + acpi_le(table + 4, 4); e += e[1]) {
        if (e[0] == narrow)
            ids[n++] = e[3];
        else if (e[0] == wide)
            ids[n++] = (uint32_t)acpi_le(e + wide_at, 4);
    }
    return n;
}

static void check_tables(unsigned nr_vcpus, const struct guest_numa *numa)
{
    static uint8_t area[GUEST_ACPI_MAX];
    static uint32_t ids[512], madt_ids[512];
    struct guest_numa_map map;
    const struct guest_acpi acpi = { nr_vcpus, NULL, numa, &map };
    const uint8_t *srat, *slit, *e;
    unsigned ranges = 0, vcpus = 0;
    size_t used;

    guest_numa_map_make(numa, &map);
    used = guest_acpi_build(area, sizeof(area), GUEST_ACPI, &acpi);
    assert_true(used > 0);
    srat = find(area, "SRAT");
    assert_non_null(srat);
    assert_int_equal(srat[8], 3);
    assert_int_equal(acpi_le(srat + 36, 4), 1);
    assert_int_equal(acpi_le(srat + 40, 8), 0);
    for (e = srat + 48; e < srat + acpi_le(srat + 4, 4); e += e[1]) {
        if (e[0] == 1) {
            const struct xen_vmemrange *r = &map.ranges[ranges++];

            assert_int_equal(e[1], 40);
            assert_int_equal(acpi_le(e + 2, 4), r->nid);
            assert_int_equal(acpi_le(e + 8, 8), r->start);
            assert_int_equal(acpi_le(e + 16, 8), r->end - r->start);
            assert_int_equal(acpi_le(e + 28, 4), 1);
        } else {
            bool wide = e[0] == 2;

            assert_int_equal(e[1], wide ? 24 : 16);
            assert_true(e[0] == 0 || wide);
            assert_int_equal(wide ? acpi_le(e + 4, 4) : e[2] | acpi_le(e + 9, 3) << 8, numa->vcpu_to_vnode[vcpus++]);
            assert_int_equal(acpi_le(wide ? e + 12 : e + 4, 4), 1);
        }
    }
    assert_int_equal(ranges, map.nr_ranges);
    assert_int_equal(vcpus, nr_vcpus);
    /* One processor has one APIC ID in both tables. */
    assert_int_equal(processors(srat, 48, 0, 2, 8, ids), nr_vcpus);
    assert_int_equal(processors(find(area, "APIC"), 44, 0, 9, 4, madt_ids), nr_vcpus);
    assert_memory_equal(ids, madt_ids, nr_vcpus * sizeof(ids[0]));
    slit = find(area, "SLIT");
    assert_non_null(slit);
    assert_int_equal(acpi_le(slit + 36, 8), numa->nr_vnodes);
    assert_int_equal(acpi_le(slit + 4, 4), 44 + numa->nr_vnodes * numa->nr_vnodes);
    for (unsigned i = 0; i < numa->nr_vnodes * numa->nr_vnodes; i++)
        assert_int_equal(slit[44 + i], numa->vnodes[i / numa->nr_vnodes].distances[i % numa->nr_vnodes]);
    for (size_t room = 0; room < used; room += 23) {
        uint8_t *small = malloc(room + 1); /* so that a byte too many is seen */

        assert_int_equal(guest_acpi_build(small, room, GUEST_ACPI, &acpi), 0);
        free(small);
    }
}

static void tables(void **state)
{
    static struct guest_vnode many_nodes[GUEST_VNODES];
    static uint32_t far[GUEST_VNODES], where[512];
    const struct guest_numa many = { GUEST_VNODES, many_nodes, where };

    (void)state;
    check_tables(2, &two);
    nodes[1].kib = 8 * GIB / 1024;
    check_tables(2, &two);
    for (unsigned i = 0; i < GUEST_VNODES; i++) {
        far[i] = 10 + i;
        many_nodes[i] = (struct guest_vnode){ 4, 0, far };
    }
    for (unsigned i = 0; i < 512; i++)
        where[i] = i % GUEST_VNODES;
    check_tables(512, &many);
}

static void no_tables(void **state)
{
    uint8_t area[4096];
    const struct guest_acpi acpi = { .nr_vcpus = 2 };

    (void)state;
    assert_true(guest_acpi_build(area, sizeof(area), GUEST_ACPI, &acpi) > 0);
    assert_null(find(area, "SRAT"));
    assert_null(find(area, "SLIT"));
    assert_non_null(find(area, "APIC"));
}

/* --- a guest --- */

static int numa_setup(void **state)
{
    int err = core_setup(state);

    guest.numa = &two;
    return err ? err : setup(state);
}

static void whole_guest(void **state)
{
    uint32_t distance[4], vcpus[2];
    struct xen_vmemrange ranges[2];
    struct ctrl_vnuma_room room = { 2, 2, 2, distance, vcpus, ranges };
    struct xen_domctl_getdomaininfo info;
    uint8_t *acpi;

    (void)state;
    if (make())
        fail_msg("%s", error.text);
    assert_int_equal(ctrl_domain_info(p, domid, &info), 0);
    assert_int_equal(info.tot_pages, 2048 + 4);
    assert_int_equal(ctrl_memory_get_vnuma(p, domid, &room), 0);
    assert_int_equal(distance[1], 21);
    assert_int_equal(distance[2], 31);
    assert_memory_equal(vcpus, on, sizeof(on));
    range_is(&ranges[0], 0, 2 * MIB, 0);
    range_is(&ranges[1], 2 * MIB, 8 * MIB, 1);
    acpi = ctrl_loop_page(domid, GUEST_ACPI / CTRL_PAGE_SIZE);
    assert_non_null(acpi);
    assert_non_null(find(acpi, "SRAT"));
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    guest.target_kib = 4096; /* on demand, and without tables the hypervisor still says it */
    guest.no_acpi = true;
    assert_int_equal(make(), 0);
    assert_int_equal(ctrl_memory_get_vnuma(p, domid, &room), 0);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
}

static void refused(void **state)
{
    (void)state;
    nodes[0].pnode = 3;
    assert_int_equal(make(), -EINVAL);
    assert_string_equal(error.text, "vnuma: 2 nodes: Invalid argument");
}

#define unit(f) cmocka_unit_test_setup(f, setup)
#define over_the_core(f) cmocka_unit_test_setup_teardown(f, numa_setup, core_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit(wishes), unit(places), unit(tables), unit(no_tables), over_the_core(whole_guest), over_the_core(refused),
        over_the_core(each_step_fails), over_the_core(each_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
