/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libs/light/build over the real core: whole guests, of which every byte that counts is looked at; then each hypercall and
 * each allocation fails once.
 */
#include "light/build_world.h"

#include <errno.h>
#include <string.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "light/build/guest_acpi.h"
#include "light/build/guest_memory.h"
#include "public/grant_table.h"
#include "public/hvm_save.h"
#include "public/xen.h"
#include "unit/acpi_fixture.h"

#define MIB (1024u * 1024u)

static const uint8_t *byte_at(uint64_t paddr)
{
    uint8_t *page = ctrl_loop_page(domid, paddr / CTRL_PAGE_SIZE);

    assert_non_null(page);
    return page + paddr % CTRL_PAGE_SIZE;
}

static void check_start(void)
{
    uint32_t size;
    const uint8_t *context = ctrl_loop_context(&size);
    struct hvm_hw_cpu cpu;
    struct hvm_start_info info;
    struct hvm_modlist_entry m;
    struct hvm_memmap_table_entry e;

    memcpy(&cpu, context + 2 * sizeof(struct hvm_save_descriptor) + sizeof(struct hvm_save_header), sizeof(cpu));
    assert_int_equal(cpu.rip, ELF_ENTRY);
    assert_int_equal(cpu.cr0, 0x11);
    assert_int_equal(cpu.rflags, 2);
    assert_int_equal(cpu.arbytes[HVM_SEG_CS], 0xc9b);
    assert_int_equal(cpu.limit[HVM_SEG_SS], UINT32_MAX);
    assert_int_equal(cpu.arbytes[HVM_SEG_TR], 0x8b);
    assert_int_equal(cpu.limit[HVM_SEG_TR], 0x67);
    memcpy(&info, byte_at(cpu.rbx), sizeof(info));
    assert_int_equal(info.magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(info.version, 1);
    assert_int_equal(info.flags, 0);
    assert_int_equal(info.rsdp_paddr, GUEST_ACPI);
    assert_string_equal((const char *)byte_at(info.cmdline_paddr), "console=hvc0");
    assert_int_equal(info.nr_modules, 1);
    memcpy(&m, byte_at(info.modlist_paddr), sizeof(m));
    assert_int_equal(m.size, sizeof(ramdisk) - 7);
    assert_string_equal((const char *)byte_at(m.cmdline_paddr), "initrd");
    for (size_t i = 0; i < m.size; i++)
        assert_int_equal(*byte_at(m.paddr + i), (uint8_t)ramdisk[i]);
    assert_int_equal(info.memmap_entries, 3);
    memcpy(&e, byte_at(info.memmap_paddr), sizeof(e));
    assert_int_equal(e.size, 8 * MIB);
    assert_int_equal(e.type, 1);
    assert_int_equal(size, 5 * sizeof(struct hvm_save_descriptor) + sizeof(struct hvm_save_header) +
                               sizeof(struct hvm_hw_cpu) + 2 * sizeof(struct hvm_hw_mtrr));
}

static void check_wires(void)
{
    struct grant_entry_v1 *grants;
    uint64_t value;
    void *frame;

    assert_int_equal(built.console_gfn, GUEST_CONSOLE_GFN);
    assert_int_equal(ctrl_hvm_get_param(p, domid, HVM_PARAM_STORE_PFN, &value), 0);
    assert_int_equal(value, built.store_gfn);
    assert_int_equal(ctrl_hvm_get_param(p, domid, HVM_PARAM_CONSOLE_PFN, &value), 0);
    assert_int_equal(value, built.console_gfn);
    assert_int_equal(ctrl_hvm_get_param(p, domid, HVM_PARAM_STORE_EVTCHN, &value), 0);
    assert_int_equal(value, built.store_port);
    assert_int_equal(ctrl_hvm_get_param(p, domid, HVM_PARAM_CONSOLE_EVTCHN, &value), 0);
    assert_int_equal(value, built.console_port);
    assert_int_not_equal(built.console_port, built.store_port);
    for (unsigned i = 0; i < CTRL_PAGE_SIZE; i++)
        assert_int_equal(*byte_at(built.store_gfn * CTRL_PAGE_SIZE + i) | *byte_at(built.console_gfn * CTRL_PAGE_SIZE + i), 0);
    assert_int_equal(acpi_le(byte_at(GUEST_IDENT_PT_GFN * (uint64_t)CTRL_PAGE_SIZE + 4 * 1023), 4), 0xffc000e7);
    assert_int_equal(ctrl_map_resource(p, domid, XENMEM_resource_grant_table, 0, 0, 1, 1, &frame), 0);
    grants = frame;
    assert_int_equal(grants[GNTTAB_RESERVED_XENSTORE].frame, built.store_gfn);
    assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].frame, built.console_gfn);
    assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].flags, GTF_permit_access);
    for (unsigned i = 2; i < 512; i++) /* what the builder granted itself is taken back */
        assert_int_equal(grants[i].flags | grants[i].frame, 0);
    assert_int_equal(ctrl_unmap(p, frame, 1), 0);
}

static void whole_guest(void **state)
{
    struct xen_domctl_getdomaininfo info;
    uint64_t before, pool;

    (void)state;
    assert_int_equal(make(), 0); /* what a first one makes for good is there then */
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    before = ctrl_loop_free_pages();
    if (make())
        fail_msg("%s", error.text);
    assert_int_equal(ctrl_domain_info(p, domid, &info), 0);
    assert_int_equal(info.tot_pages, 2048 + 4); /* store, console, page table, ACPI */
    assert_int_equal(info.max_pages, 2048 + 256);
    assert_memory_equal(info.handle, "fifteen letters", 16);
    assert_int_equal(ctrl_domain_get_paging_pool(p, domid, &pool), 0);
    assert_int_equal(pool, 4 * (256 * 2 + 8) * 1024);
    assert_memory_equal(byte_at(ELF_PADDR), elf.data, sizeof(elf.data));
    assert_int_equal(*byte_at(ELF_PADDR + sizeof(elf.data)), 0);
    assert_memory_equal(byte_at(GUEST_ACPI), "RSD PTR ", 8);
    check_start();
    check_wires();
    /* Kernel, start info, three of ramdisk, ACPI, page table: what is zero is not written. */
    assert_int_equal(built.written, 7);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    assert_int_equal(ctrl_loop_free_pages(), before);
}

static void variants(void **state)
{
    struct xen_domctl_getdomaininfo info;

    (void)state;
    guest.no_acpi = true;
    guest.claim = false;
    guest.nr_modules = 0;
    guest.cmdline = NULL;
    assert_int_equal(make(), 0);
    assert_int_equal(built.written, 3);
    assert_null(ctrl_loop_page(domid, GUEST_ACPI / CTRL_PAGE_SIZE));
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    guest.target_kib = 4096; /* on demand */
    assert_int_equal(make(), 0);
    assert_int_equal(ctrl_domain_info(p, domid, &info), 0);
    assert_int_equal(info.tot_pages, 1024 + 3);
    assert_memory_equal(byte_at(ELF_PADDR), elf.data, sizeof(elf.data));
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    guest.target_kib = 8196;
    assert_int_equal(make(), -EINVAL);
    guest.max_kib = guest.target_kib = 4095;
    assert_int_equal(make(), -EINVAL);
    guest.max_kib = guest.target_kib = 1024;
    assert_int_equal(make(), -ENOMEM);
    guest.nr_vcpus = 2000;
    assert_int_equal(make(), 0 - ENOMEM);
}

static void no_memory_left(void **state)
{
    (void)state;
    guest.max_kib = guest.target_kib = 60 << 10;
    guest.claim = false;
    assert_int_equal(make(), -ENOMEM); /* its limit is 9 MiB */
    assert_non_null(strstr(error.text, "memory: the domain got 9216 KiB, then none for 52224 KiB more (free in the machine: "));
    guest.claim = true;
    assert_int_equal(make(), -EINVAL);
    assert_string_equal(error.text, "memory: setting 61440 KiB of the machine's aside: Invalid argument");
    domain.max_kib = guest.max_kib = guest.target_kib = 100 << 10;
    assert_int_equal(make(), -ENOMEM);
    assert_non_null(strstr(error.text, "memory: the domain shall have 102400 KiB, and the machine has "));
}

/* Memory in all sizes of extents: every page is there once, and nothing beside. */
static void populated(void **state)
{
    static const struct {
        uint64_t start, end;
    } ranges[] = { { 0, 1 }, { 1, 512 }, { 511, 513 }, { 100, 1500 }, { 512, 1024 }, { 0, 2047 }, { 3, 3 } };

    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct guest_memory m = { .priv = p };

        assert_int_equal(pvh_domain_new(p, &domain, 0, &domid, &error), 0);
        m.domid = domid;
        assert_int_equal(guest_memory_populate(&m, ranges[i].start, ranges[i].end, &error), 0);
        assert_int_equal(m.populated, ranges[i].end - ranges[i].start);
        for (uint64_t gfn = 0; gfn < 2560; gfn++)
            assert_int_equal(ctrl_loop_page(domid, gfn) != NULL, gfn >= ranges[i].start && gfn < ranges[i].end);
        assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    }
}

/* Where another hypervisor may leave what was there, zeros are written; more pages than are mapped at once. */
static void zeros_are_written(void **state)
{
    struct guest_piece piece = { "test", 5, "abc", 3, 600 * CTRL_PAGE_SIZE };
    struct guest_memory m = { .priv = p, .gnttab = gnttab };
    void *frame;

    (void)state;
    assert_int_equal(pvh_domain_new(p, &domain, 0, &domid, &error), 0);
    m.domid = domid;
    assert_int_equal(ctrl_map_resource(p, domid, XENMEM_resource_grant_table, 0, 0, 1, 3, &frame), 0);
    m.grants = frame;
    assert_int_equal(guest_memory_populate(&m, 0, 1024, &error), 0);
    for (uint64_t gfn = 0; gfn < 602; gfn++)
        memset(ctrl_loop_page(domid, gfn), 0xcc, CTRL_PAGE_SIZE);
    assert_int_equal(guest_memory_write(&m, &piece, 1, &error), 0);
    assert_int_equal(m.written, 602);
    assert_memory_equal(byte_at(4), "\xcc" "abc\0", 5);
    assert_int_equal(*byte_at(600 * CTRL_PAGE_SIZE + 7), 0);
    assert_int_equal(*byte_at(600 * CTRL_PAGE_SIZE + 8), 0xcc);
    piece.zeros = 0;
    piece.paddr = 1024ULL * CTRL_PAGE_SIZE;
    if (gnttab) {
        assert_int_equal(guest_memory_write(&m, &piece, 1, &error), -EIO);
        assert_string_equal(error.text, "test: writing the guest's pages from gfn 0x400 on: Input/output error");
    } else {
        assert_int_equal(guest_memory_write(&m, &piece, 1, &error), -EINVAL);
        assert_string_equal(error.text, "test: mapping the guest's pages from gfn 0x400 on: Invalid argument");
    }
    assert_int_equal(ctrl_unmap(p, frame, 1), 0);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
}

static void domain_refused(void **state)
{
    struct pvh_domain d = domain;

    (void)state;
    d.nr_vcpus = 5000;
    domid = 99;
    assert_int_equal(pvh_domain_new(p, &d, 0, &domid, &error), -EINVAL);
    assert_string_equal(error.text, "domain: the hypervisor does not make one with 5000 vCPUs: Invalid argument");
    d = domain;
    d.tsc_mode = 1;
    assert_int_equal(pvh_domain_new(p, &d, 0, &domid, NULL), -EOPNOTSUPP);
    d = domain;
    d.cpupool = 3;
    assert_int_equal(pvh_domain_new(p, &d, 0, &domid, &error), -ENOENT);
    assert_int_equal(domid, 99);
}

#define over_the_core(f) cmocka_unit_test_setup_teardown(f, core_setup, core_teardown)
#define by_copy(f) cmocka_unit_test_setup_teardown(f, copy_setup, core_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_core(whole_guest), over_the_core(variants), over_the_core(no_memory_left), over_the_core(populated),
        over_the_core(zeros_are_written), over_the_core(each_step_fails), over_the_core(each_allocation_fails),
        over_the_core(domain_refused), by_copy(whole_guest), by_copy(variants), by_copy(zeros_are_written),
        by_copy(each_step_fails), by_copy(each_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
