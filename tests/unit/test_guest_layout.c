/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/light/build: what lies where in a guest's memory, and its ACPI tables (specification 6.5, 5.2.5 to 5.2.12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "light/build/guest_acpi.h"
#include "light/build/guest_layout.h"
#include "public/xen.h"
#include "unit/acpi_fixture.h"
#include "unit/elf_fixture.h"

#define MIB (1024u * 1024u)

static struct elf_kernel elf;
static struct kernel_image kernel;
static struct build_error error;

static int setup(void **state)
{
    (void)state;
    elf_kernel_make(&elf);
    return kernel_image_parse("k", &elf, sizeof(elf), &kernel, &error);
}

static void check_acpi(unsigned nr_vcpus, const uint8_t *online)
{
    static uint8_t area[GUEST_ACPI_MAX];
    const uint64_t paddr = GUEST_ACPI;
    const struct guest_acpi acpi = { .nr_vcpus = nr_vcpus, .online = online };
    size_t used = guest_acpi_build(area, sizeof(area), paddr, &acpi);
    const uint8_t *xsdt, *fadt, *madt, *e;
    unsigned n = 0;

    assert_true(used > 0);
    assert_memory_equal(area, "RSD PTR ", 8);
    acpi_check_sum(area, 20);
    acpi_check_sum(area, 36);
    xsdt = acpi_table(area, used, paddr, acpi_le(area + 24, 8), "XSDT");
    assert_int_equal(acpi_le(xsdt + 4, 4), 36 + 16);
    fadt = acpi_table(area, used, paddr, acpi_le(xsdt + 36, 8), "FACP");
    assert_int_equal(acpi_le(fadt + 4, 4), 276);
    assert_int_equal(acpi_le(fadt + 140, 8), acpi_le(fadt + 40, 4));
    acpi_table(area, used, paddr, acpi_le(fadt + 140, 8), "DSDT");
    assert_true(acpi_le(fadt + 112, 4) & 1u << 20); /* no ACPI registers */
    madt = acpi_table(area, used, paddr, acpi_le(xsdt + 44, 8), "APIC");
    assert_int_equal(acpi_le(madt + 36, 4), 0xfee00000);
    for (e = madt + 44; e < madt + acpi_le(madt + 4, 4); e += e[1], n++) {
        bool wide = e[0] == 9, on = !online || (online[n / 8] >> n % 8 & 1);

        assert_int_equal(e[0], n * 2 < 255 ? 0 : 9);
        assert_int_equal(e[1], wide ? 16 : 8);
        assert_int_equal(wide ? acpi_le(e + 12, 4) : e[2], n);
        assert_int_equal(wide ? acpi_le(e + 4, 4) : e[3], n * 2);
        assert_int_equal(acpi_le(wide ? e + 8 : e + 4, 4), on);
    }
    assert_int_equal(n, nr_vcpus);
    for (size_t room = 0; room < used; room += 13) {
        uint8_t *small = malloc(room + 1); /* so that a byte too many is seen */

        assert_int_equal(guest_acpi_build(small, room, paddr, &acpi), 0);
        free(small);
    }
}

static void acpi_tables(void **state)
{
    static const uint8_t some[16] = { 0x05, 0xff };

    (void)state;
    check_acpi(1, NULL);
    check_acpi(2, NULL);
    check_acpi(20, some);
    check_acpi(128, NULL);
    check_acpi(129, NULL);
    check_acpi(512, NULL);
}

/* --- layout --- */

static struct guest_wish wish_of(uint64_t ram)
{
    return (struct guest_wish){ .ram = ram, .acpi_size = 500, .kernel = &kernel, .cmdline = "" };
}

static void layout_small(void **state)
{
    struct guest_wish wish = wish_of(4 * MIB);
    struct guest_layout l;

    (void)state;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.low_end, 4 * MIB);
    assert_int_equal(l.high_end, 0);
    assert_int_equal(l.nr_map, 3);
    assert_int_equal(l.map[0].size, 4 * MIB);
    assert_int_equal(l.map[1].addr, GUEST_ACPI);
    assert_int_equal(l.map[1].size, GUEST_PAGE);
    assert_int_equal(l.map[2].addr + l.map[2].size, 0xff000000);
    assert_int_equal(l.start_info, ELF_PADDR + ELF_MEMSZ);
    wish.acpi_size = 0;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.nr_map, 2);
}

static void layout_large(void **state)
{
    struct guest_wish wish = wish_of(GUEST_LOW_END);
    struct guest_layout l;

    (void)state;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.low_end, GUEST_LOW_END);
    assert_int_equal(l.high_end, 0);
    wish.ram += GUEST_PAGE;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.high_end, GUEST_HIGH_START + GUEST_PAGE);
    assert_int_equal(l.map[3].addr, GUEST_HIGH_START);
    assert_int_equal(l.map[3].size, GUEST_PAGE);
}

static void layout_modules(void **state)
{
    struct guest_module modules[2] = { { "", MIB, NULL }, { "", 5, "two" } };
    struct guest_wish wish = wish_of(8 * MIB);
    struct guest_layout l;

    (void)state;
    wish.modules = modules;
    wish.nr_modules = 2;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.modules[0], l.start_info + GUEST_PAGE);
    assert_int_equal(l.modules[1], l.modules[0] + MIB);
    /* Too little behind the kernel, enough before it. */
    wish.ram = ELF_PADDR + ELF_MEMSZ + 2 * GUEST_PAGE;
    modules[0].size = 100;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.start_info, MIB);
    modules[0].size = MIB;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -ENOMEM);
    assert_string_equal(error.text, "memory: 2068 KiB are too few: kernel and ramdisk need 3092 KiB");
    assert_string_equal(error.step, "memory");
    wish.ram = ELF_PADDR;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -ENOMEM);
}

static void layout_refused(void **state)
{
    struct guest_module modules[GUEST_MODULES + 1] = { { NULL, 0, NULL } };
    struct guest_wish wish = wish_of(8 * MIB);
    struct guest_layout l;
    char *line = malloc(GUEST_CMDLINE_MAX + 1);

    (void)state;
    memset(line, 'x', GUEST_CMDLINE_MAX);
    line[GUEST_CMDLINE_MAX] = 0;
    wish.cmdline = line;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -E2BIG);
    assert_string_equal(error.text, "command line: 4096 characters, a guest can have 4095");
    line[GUEST_CMDLINE_MAX - 1] = 0;
    assert_int_equal(guest_layout_make(&wish, &l, &error), 0);
    assert_int_equal(l.start_info_size, sizeof(struct hvm_start_info) + 3 * 24 + GUEST_CMDLINE_MAX);
    modules[0].cmdline = "x";
    wish.modules = modules;
    wish.nr_modules = 1;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -E2BIG);
    free(line);
    wish.cmdline = "";
    wish.nr_modules = GUEST_MODULES + 1;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -EINVAL);
    wish.nr_modules = 1;
    modules[0].size = SIZE_MAX;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -EFBIG);
    wish = wish_of(0);
    assert_int_equal(guest_layout_make(&wish, &l, &error), -EINVAL);
    wish = wish_of(4097);
    assert_int_equal(guest_layout_make(&wish, &l, &error), -EINVAL);
    wish = wish_of(UINT64_MAX & ~0xfffULL);
    assert_int_equal(guest_layout_make(&wish, &l, &error), -EINVAL);
    wish = wish_of(8 * MIB);
    wish.acpi_size = GUEST_ACPI_MAX + 1;
    assert_int_equal(guest_layout_make(&wish, &l, &error), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acpi_tables), cmocka_unit_test(layout_small), cmocka_unit_test(layout_large),
        cmocka_unit_test(layout_modules), cmocka_unit_test(layout_refused),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
