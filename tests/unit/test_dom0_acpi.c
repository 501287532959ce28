/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dom0_build.h"
#include "acpi_fixture.h"

#define AREA_PA 0x12345000ULL

struct host host;

static uint8_t area[4096];

static const struct acpi_source tables[] = {
    { "FACP", 0x7ffe1000 }, { "APIC", 0x7ffe2000 }, { "HPET", 0x7ffe3000 }, { "SSDT", 0x7ffe4000 },
    { "MCFG", 0x7ffe5000 }, { "IVRS", 0x7ffe6000 }, { "DMAR", 0x7ffe7000 }, { "SRAT", 0x7ffe8000 },
    { "SLIT", 0x7ffe9000 }, { "WAET", 0x7ffea000 }, { "SSDT", 0x17ffe4000 }, { "XXXX", 0x7ffeb000 },
};

static void set_host(void)
{
    memset(&host, 0, sizeof(host));
    host.lapic_addr = 0xfee00000;
    host.nr_ioapics = 1;
    host.ioapic[0] = (struct host_ioapic){ .addr = 0xfec00000, .gsi_base = 0, .nr_pins = 24, .id = 2 };
    host.nr_overrides = 2;
    host.override[0] = (struct host_irq_override){ .source = 0, .gsi = 2, .flags = 0 };
    host.override[1] = (struct host_irq_override){ .source = 9, .gsi = 9, .flags = 0xd };
}

static const uint8_t *find(const char *signature, size_t *ret_len)
{
    const uint8_t *table = acpi_find(area, sizeof(area), AREA_PA, signature);

    if (table)
        *ret_len = acpi_le(table + 4, 4);
    return table;
}

static void root_pointer_and_xsdt(void **state)
{
    static const uint64_t expected[] = { 0x7ffe1000, 0x7ffe4000, 0x17ffe4000 };
    const uint8_t *xsdt;
    size_t used;

    (void)state;
    set_host();
    used = dom0_acpi_build(area, sizeof(area), AREA_PA, tables, 12, 2);
    assert_in_range(used, 200, 600);
    assert_memory_equal(area, "RSD PTR ", 8);
    acpi_check_sum(area, 20);
    acpi_check_sum(area, 36);
    assert_int_equal(area[15], 2);
    assert_int_equal(acpi_le(area + 20, 4), 36);
    assert_int_equal(acpi_le(area + 16, 4), 0); /* no RSDT */
    xsdt = area + (acpi_le(area + 24, 8) - AREA_PA);
    assert_memory_equal(xsdt, "XSDT", 4);
    assert_int_equal(acpi_le(xsdt + 4, 4), 36 + 4 * 8); /* FACP, two SSDTs, our MADT: nothing else */
    acpi_check_sum(xsdt, 36 + 4 * 8);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(acpi_le(xsdt + 36 + 8 * i, 8), expected[i]);
}

static void madt_lists_vcpus_ioapics_and_overrides(void **state)
{
    static const uint8_t records[] = {
        0, 8, 0, 0, 1, 0, 0, 0,                          /* vCPU 0, APIC ID 0 */
        0, 8, 1, 2, 1, 0, 0, 0,                          /* vCPU 1, APIC ID 2 */
        0, 8, 2, 4, 1, 0, 0, 0,                          /* vCPU 2, APIC ID 4 */
        1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,       /* IO-APIC 2 at 0xfec00000 */
        2, 10, 0, 0, 2, 0, 0, 0, 0, 0,                   /* IRQ 0 is GSI 2 */
        2, 10, 0, 9, 9, 0, 0, 0, 0xd, 0,                 /* IRQ 9: level, active high */
    };
    const uint8_t *madt;
    size_t len = 0;

    (void)state;
    set_host();
    assert_int_not_equal(dom0_acpi_build(area, sizeof(area), AREA_PA, tables, 12, 3), 0);
    madt = find("APIC", &len);
    assert_non_null(madt);
    assert_int_equal((madt - area) % 8, 0);
    assert_int_equal(len, 44 + sizeof(records));
    acpi_check_sum(madt, len);
    assert_int_equal(acpi_le(madt + 36, 4), 0xfee00000);
    assert_int_equal(acpi_le(madt + 40, 4), 0); /* no 8259s */
    assert_memory_equal(madt + 44, records, sizeof(records));
}

/* Only the window that is trapped: the first of the machine's table, segment 0. */
static void mcfg_is_our_own(void **state)
{
    static const uint8_t record[] = { 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 2, 0x7f, 0, 0, 0, 0 };
    const uint8_t *mcfg, *xsdt;
    size_t len = 0;

    (void)state;
    set_host();
    host.mcfg_addr = 0xb0000000;
    host.mcfg_bus_start = 2;
    host.mcfg_bus_end = 0x7f;
    assert_int_not_equal(dom0_acpi_build(area, sizeof(area), AREA_PA, tables, 12, 3), 0);
    xsdt = area + (acpi_le(area + 24, 8) - AREA_PA);
    assert_int_equal(acpi_le(xsdt + 4, 4), 36 + 5 * 8);
    assert_non_null(find("APIC", &len));
    mcfg = find("MCFG", &len);
    assert_non_null(mcfg);
    assert_int_equal((mcfg - area) % 8, 0);
    assert_int_equal(len, 44 + sizeof(record));
    acpi_check_sum(mcfg, len);
    assert_int_equal(acpi_le(mcfg + 36, 8), 0);
    assert_memory_equal(mcfg + 44, record, sizeof(record));
}

static void apic_ids_from_255_on_are_x2apic_records(void **state)
{
    static const uint8_t last[] = { 9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 128, 0, 0, 0 };
    const uint8_t *madt;
    size_t len = 0;

    (void)state;
    set_host();
    host.nr_ioapics = host.nr_overrides = 0;
    assert_int_not_equal(dom0_acpi_build(area, sizeof(area), AREA_PA, tables, 12, 129), 0);
    madt = find("APIC", &len);
    assert_non_null(madt);
    assert_int_equal(len, 44 + 128 * 8 + 16);
    assert_memory_equal(madt + len - 16, last, 16);
}

static void biggest_machine_fits(void **state)
{
    static struct acpi_source many[64];

    (void)state;
    set_host();
    for (unsigned i = 0; i < 64; i++)
        many[i] = (struct acpi_source){ "SSDT", 0x1000 * i };
    host.nr_ioapics = MAX_IOAPICS;
    host.nr_overrides = MAX_OVERRIDES;
    host.mcfg_addr = 0xb0000000;
    assert_int_not_equal(dom0_acpi_build(area, sizeof(area), AREA_PA, many, 64, 128), 0);
}

static void too_small_an_area_is_refused(void **state)
{
    size_t used;

    (void)state;
    set_host();
    host.mcfg_addr = 0xb0000000;
    used = dom0_acpi_build(area, sizeof(area), AREA_PA, tables, 12, 2);
    for (size_t size = 0; size < used; size++) {
        memset(area, 0x5a, sizeof(area));
        assert_int_equal(dom0_acpi_build(area, size, AREA_PA, tables, 12, 2), 0);
        assert_int_equal(area[size], 0x5a); /* not written past the end */
    }
    assert_int_equal(dom0_acpi_build(area, used, AREA_PA, tables, 12, 2), used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_pointer_and_xsdt),
        cmocka_unit_test(madt_lists_vcpus_ioapics_and_overrides),
        cmocka_unit_test(mcfg_is_our_own),
        cmocka_unit_test(apic_ids_from_255_on_are_x2apic_records),
        cmocka_unit_test(biggest_machine_fits),
        cmocka_unit_test(too_small_an_area_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
