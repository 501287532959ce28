/* SPDX-License-Identifier: GPL-2.0-only */
/* Which frames dom0 gets, the memory map it is told, and what its p2m maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cpuid.h"
#include "dom0_build.h"
#include "domain.h"
#include "host_cpu.h"
#include "lib.h"
#include "log.h"
#include "page.h"

#define MIB_FRAME(x) ((mfn_t)(x) << 8)

struct host host;
struct cpuid_policy cpu_policies[CPU_POLICY_KINDS];
static struct page table[MIB_FRAME(1024)];
struct page *frame_table = table;
mfn_t max_mfn = ARRAY_SIZE(table);

/* Reset for each run by running it in the order of main(): state inside dom0_memory.c only grows. */
static const struct e820_entry map[] = {
    { 0, 0x9fc00, E820_RAM },           { 0x9fc00, 0x400, E820_RESERVED },
    { 0xf0000, 0x10000, E820_RESERVED }, { 0x100000, MiB(1023UL), E820_RAM },
    { 0xb0000000, MiB(256UL), E820_RESERVED }, { 0xfffc0000, 0x40000, E820_RESERVED },
};
static mfn_t given[8][2];
static unsigned nr_given;
static uint64_t accounted;
static uint8_t mapped[1 << 20]; /* type by frame below 4 GiB */
static bool odd_order;

/* Page 0 and a trampoline at 0x8000 are kept, as is the hypervisor at 512 MiB. */
void boot_free_ranges(void (*fn)(mfn_t start, mfn_t end))
{
    fn(1, 8);
    fn(9, 0x9f);
    fn(0x100, MIB_FRAME(512));
    fn(MIB_FRAME(516), MIB_FRAME(1000));
}
void page_alloc_add(mfn_t start, mfn_t end)
{
    given[nr_given][0] = start;
    given[nr_given++][1] = end;
}
void page_account_boot(uint64_t nr)
{
    accounted += nr;
}
bool cmdline_get(const char *name, char *ret_value, size_t size)
{
    assert_string_equal(name, "dom0_mem");
    strncpy(ret_value, "min:64M,512M,max:768M", size);
    return true;
}
void log_printf(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}
void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}
bool feature_test(const struct cpuid_policy *p, unsigned feature)
{
    (void)p;
    (void)feature;
    return false; /* no 1 GiB pages */
}
int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, struct p2m_entry *ret_old)
{
    (void)d;
    (void)ret_old;
    assert_int_equal(gfn, mfn);
    odd_order |= (order != 0 && order != 9) || (gfn & ((1u << order) - 1));
    for (gfn_t g = gfn; g < gfn + (1u << order); g++) {
        assert_true(g < sizeof(mapped));
        assert_int_equal(mapped[g], P2M_NONE);
        mapped[g] = (uint8_t)type;
    }
    return 0;
}

static int reserve(void **state)
{
    (void)state;
    memcpy(host.e820, map, sizeof(map));
    host.nr_e820 = ARRAY_SIZE(map);
    host.lapic_addr = 0xfee00000;
    host.mcfg_addr = 0xb0000000;
    host.mcfg_bus_end = 0x7f;
    dom0_reserve_memory();
    return 0;
}

static void lowest_free_frames_are_dom0s(void **state)
{
    const uint64_t want = MIB_FRAME(512), low = 7 + 0x96 + MIB_FRAME(511);

    (void)state;
    assert_int_equal(accounted, want);
    assert_int_equal(nr_dom0_ranges, 4);
    assert_int_equal(dom0_ranges[0].start, 1);
    assert_int_equal(dom0_ranges[1].start, 9);
    assert_int_equal(dom0_ranges[1].end, 0x9f);
    assert_int_equal(dom0_ranges[3].start, MIB_FRAME(516));
    assert_int_equal(dom0_ranges[3].end, MIB_FRAME(516) + want - low - DOM0_ACPI_PAGES);
    assert_int_equal(dom0_acpi_mfn, dom0_ranges[3].end);
    assert_int_equal(table[dom0_acpi_mfn].owner, PAGE_OWNER_HV);
    assert_int_equal(table[dom0_acpi_mfn].refs, 1);
    assert_int_equal(nr_given, 1);
    assert_int_equal(given[0][0], dom0_acpi_mfn + DOM0_ACPI_PAGES);
    assert_int_equal(given[0][1], MIB_FRAME(1000));
    assert_int_equal(dom0_max_pages(), MIB_FRAME(768));
    assert_true(dom0_owns(MiB(16UL), MiB(80UL)));
    assert_true(dom0_owns(0x1000, 0x8000));
    assert_false(dom0_owns(0x1000, 0x8001));
    assert_false(dom0_owns(0, 0x1000));
    assert_false(dom0_owns(MiB(511UL), MiB(517UL)));
}

static void memory_map_matches_what_is_owned(void **state)
{
    static struct e820_entry out[E820_MAX];
    struct domain d = { .privileged = true }, other = { .privileged = false };
    uint64_t acpi = dom0_acpi_mfn << PAGE_SHIFT, ram = 0, owned = 0;
    const struct e820_entry expected[] = {
        { 0, 0x1000, E820_UNUSABLE },
        { 0x1000, 0x7000, E820_RAM },
        { 0x8000, 0x1000, E820_UNUSABLE },
        { 0x9000, 0x96000, E820_RAM },
        { 0x9f000, 0xc00, E820_UNUSABLE },
        { 0x9fc00, 0x400, E820_RESERVED },
        { 0xf0000, 0x10000, E820_RESERVED },
        { 0x100000, MiB(511UL), E820_RAM },
        { MiB(512UL), MiB(4UL), E820_UNUSABLE },
        { MiB(516UL), acpi - MiB(516UL), E820_RAM },
        { acpi, PAGE_SIZE, E820_ACPI },
        { acpi + PAGE_SIZE, MiB(1024UL) - acpi - PAGE_SIZE, E820_UNUSABLE },
        { 0xb0000000, MiB(256UL), E820_RESERVED },
        { 0xfffc0000, 0x40000, E820_RESERVED },
    };
    int nr = arch_get_e820(&d, out, E820_MAX);

    (void)state;
    assert_int_equal(nr, ARRAY_SIZE(expected));
    for (int i = 0; i < nr; i++) {
        assert_int_equal(out[i].addr, expected[i].addr);
        assert_int_equal(out[i].size, expected[i].size);
        assert_int_equal(out[i].type, expected[i].type);
        ram += out[i].type == E820_RAM ? out[i].size : 0;
    }
    for (unsigned i = 0; i < nr_dom0_ranges; i++)
        owned += (dom0_ranges[i].end - dom0_ranges[i].start) << PAGE_SHIFT;
    assert_int_equal(ram, owned);
    assert_int_equal(arch_get_e820(&d, out, 3), 3);
    assert_int_equal(arch_get_e820(&other, out, E820_MAX), 0);
}

static void p2m_is_identity_of_ram_and_firmware(void **state)
{
    struct domain d = { .privileged = true };

    (void)state;
    assert_int_equal(dom0_map_memory(&d), 0);
    assert_false(odd_order);
    assert_int_equal(mapped[0], P2M_NONE);
    assert_int_equal(mapped[1], P2M_RAM_RW);
    assert_int_equal(mapped[8], P2M_NONE);
    assert_int_equal(mapped[0x9e], P2M_RAM_RW);
    assert_int_equal(mapped[0x9f], P2M_MMIO); /* partly reserved: firmware's data area */
    assert_int_equal(mapped[0xa0], P2M_MMIO);
    assert_int_equal(mapped[0xff], P2M_MMIO);
    assert_int_equal(mapped[0x100], P2M_RAM_RW);
    assert_int_equal(mapped[MIB_FRAME(512)], P2M_NONE);
    assert_int_equal(mapped[MIB_FRAME(516)], P2M_RAM_RW);
    assert_int_equal(mapped[dom0_acpi_mfn - 1], P2M_RAM_RW);
    assert_int_equal(mapped[dom0_acpi_mfn], P2M_MMIO);
    assert_int_equal(mapped[dom0_acpi_mfn + 1], P2M_NONE);
    assert_int_equal(mapped[0xb0000], P2M_NONE); /* the PCI config window of 128 buses */
    assert_int_equal(mapped[0xb7fff], P2M_NONE);
    assert_int_equal(mapped[0xb8000], P2M_MMIO);
    assert_int_equal(mapped[0xfee00], P2M_NONE);
    assert_int_equal(mapped[0xfffc0], P2M_MMIO);
    assert_int_equal(mapped[0xfffff], P2M_MMIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowest_free_frames_are_dom0s),
        cmocka_unit_test(memory_map_matches_what_is_owned),
        cmocka_unit_test(p2m_is_identity_of_ram_and_firmware),
    };

    return cmocka_run_group_tests(tests, reserve, NULL);
}
