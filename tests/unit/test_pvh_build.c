/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libs/light/build over the real core (ctrl_loop.h): ACPI tables, the layout of the guest's memory, and whole guests, of
 * which every byte that counts is looked at; then each hypercall and each allocation fails once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "light/build/guest_acpi.h"
#include "light/build/guest_memory.h"
#include "light/build/pvh_build.h"
#include "public/grant_table.h"
#include "public/hvm_save.h"
#include "public/xen.h"
#include "unit/elf_fixture.h"

#define MIB (1024u * 1024u)

static struct elf_kernel elf;
static struct kernel_image kernel;
static struct build_error error;
static struct ctrl_priv *p;

static int setup(void **state)
{
    (void)state;
    memset(&error, 0, sizeof(error));
    elf_kernel_make(&elf);
    return kernel_image_parse("k", &elf, sizeof(elf), &kernel, &error);
}

/* --- ACPI --- */

static uint32_t u32_at(const uint8_t *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static uint64_t u64_at(const uint8_t *at)
{
    uint64_t v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static void check_sum(const uint8_t *at, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + at[i]);
    assert_int_equal(sum, 0);
}

static const uint8_t *table_at(const uint8_t *area, size_t used, uint64_t paddr, uint64_t where, const char *signature)
{
    const uint8_t *t = area + (where - paddr);

    assert_true(where >= paddr && where - paddr + 36 <= used && where % 8 == 0);
    assert_memory_equal(t, signature, 4);
    assert_true(u32_at(t + 4) >= 36 && where - paddr + u32_at(t + 4) <= used);
    check_sum(t, u32_at(t + 4));
    return t;
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
    check_sum(area, 20);
    check_sum(area, 36);
    xsdt = table_at(area, used, paddr, u64_at(area + 24), "XSDT");
    assert_int_equal(u32_at(xsdt + 4), 36 + 16);
    fadt = table_at(area, used, paddr, u64_at(xsdt + 36), "FACP");
    assert_int_equal(u32_at(fadt + 4), 276);
    assert_int_equal(u64_at(fadt + 140), u32_at(fadt + 40));
    table_at(area, used, paddr, u64_at(fadt + 140), "DSDT");
    assert_true(u32_at(fadt + 112) & 1u << 20); /* no ACPI registers */
    madt = table_at(area, used, paddr, u64_at(xsdt + 44), "APIC");
    assert_int_equal(u32_at(madt + 36), 0xfee00000);
    for (e = madt + 44; e < madt + u32_at(madt + 4); e += e[1], n++) {
        bool wide = e[0] == 9, on = !online || (online[n / 8] >> n % 8 & 1);

        assert_int_equal(e[0], n * 2 < 255 ? 0 : 9);
        assert_int_equal(e[1], wide ? 16 : 8);
        assert_int_equal(wide ? u32_at(e + 12) : e[2], n);
        assert_int_equal(wide ? u32_at(e + 4) : e[3], n * 2);
        assert_int_equal(u32_at(wide ? e + 8 : e + 4), on);
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

/* --- whole guests --- */

static struct pvh_domain domain = {
    .uuid = "fifteen letters", .nr_vcpus = 2, .max_kib = 8192, .max_grant_frames = -1, .max_maptrack_frames = -1
};
static char ramdisk[3 * CTRL_PAGE_SIZE];
static struct guest_module module = { ramdisk, sizeof(ramdisk) - 7, "initrd" };
static struct pvh_guest guest;
static struct pvh_built built;
static struct ctrl_gnttab *gnttab;
static uint32_t domid;

static int core_setup(void **state)
{
    setup(state);
    for (size_t i = 0; i < sizeof(ramdisk); i++)
        ramdisk[i] = (char)(i % 251 + 1);
    guest = (struct pvh_guest){
        .nr_vcpus = 2, .max_kib = 8192, .target_kib = 8192, .claim = true, .kernel_name = "k", .kernel = &kernel,
        .cmdline = "console=hvc0", .modules = &module, .nr_modules = 1,
    };
    guest.map_pages = true;
    gnttab = NULL;
    ctrl_loop_init(64);
    return ctrl_transport->priv_open(&p);
}

/* The guest's memory is written by the hypervisor's copy. */
static int copy_setup(void **state)
{
    int err = core_setup(state);

    if (err == 0)
        err = ctrl_transport->gnttab_open(&gnttab);
    guest.map_pages = false;
    return err;
}

static int core_teardown(void **state)
{
    (void)state;
    assert_int_equal(ctrl_loop_domains(), 0);
    assert_int_equal(ctrl_loop_in_use(), 1 + (gnttab != NULL));
    ctrl_gnttab_close(gnttab);
    ctrl_priv_close(p);
    ctrl_loop_done();
    return 0;
}

static int make(void)
{
    int err = pvh_domain_new(p, &domain, 0, &domid, &error);

    if (err < 0)
        return err;
    guest.domid = domid;
    err = pvh_build(p, &guest, &built, &error);
    if (err < 0)
        assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    return err;
}

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
    assert_int_equal(m.size, module.size);
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
    assert_int_equal(u32_at(byte_at(GUEST_IDENT_PT_GFN * (uint64_t)CTRL_PAGE_SIZE + 4 * 1023)), 0xffc000e7);
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
    uint64_t limit = domain.max_kib;

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
    domain.max_kib = limit;
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

static void each_step_fails(void **state)
{
    uint64_t before;
    bool mapped = false;
    unsigned nth;

    (void)state;
    assert_int_equal(make(), 0);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    before = ctrl_loop_free_pages();
    for (nth = 1;; nth++) {
        int err;

        memset(&error, 0, sizeof(error));
        ctrl_loop_fail(nth, ENOBUFS);
        err = pvh_domain_new(p, &domain, 0, &domid, &error);
        guest.domid = domid;
        if (err == 0)
            err = pvh_build(p, &guest, &built, &error);
        if (!ctrl_loop_failed())
            break;
        ctrl_loop_fail(0, 0);
        if (err == 0 && gnttab && !mapped) /* there was no handle to copy with: it is mapped */
            mapped = true;
        else if (err != -ENOBUFS || !strstr(error.text, "No buffer space") || !error.step)
            fail_msg("operation %u: %d, %s", nth, err, error.text);
        while (ctrl_loop_domains())
            for (uint32_t id = 1; id < 1000 && ctrl_loop_domains(); id++)
                ctrl_domain_destroy(p, id);
        assert_int_equal(ctrl_loop_in_use(), 1 + (gnttab != NULL));
        assert_int_equal(ctrl_loop_free_pages(), before);
    }
    ctrl_loop_fail(0, 0);
    assert_true(nth > 40);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
}

static void each_allocation_fails(void **state)
{
    unsigned nth;

    (void)state;
    for (nth = 1;; nth++) {
        int err;

        fault_at(FAULT_ALLOC, nth);
        err = make();
        if (!fault_happened(FAULT_ALLOC))
            break;
        if (err == 0 && gnttab) { /* there was no handle to copy with: it is mapped */
            assert_int_equal(ctrl_domain_destroy(p, domid), 0);
            continue;
        }
        assert_int_equal(err, -ENOMEM);
        assert_non_null(strstr(error.text, "Cannot allocate memory"));
    }
    fault_at(FAULT_ALLOC, 0);
    assert_true(nth > 4);
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

#define unit(f) cmocka_unit_test_setup(f, setup)
#define over_the_core(f) cmocka_unit_test_setup_teardown(f, core_setup, core_teardown)
#define by_copy(f) cmocka_unit_test_setup_teardown(f, copy_setup, core_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit(acpi_tables), unit(layout_small), unit(layout_large), unit(layout_modules), unit(layout_refused),
        over_the_core(whole_guest), over_the_core(variants), over_the_core(no_memory_left), over_the_core(populated),
        over_the_core(zeros_are_written), over_the_core(each_step_fails), over_the_core(each_allocation_fails),
        over_the_core(domain_refused), by_copy(whole_guest), by_copy(variants), by_copy(zeros_are_written),
        by_copy(each_step_fails), by_copy(each_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
