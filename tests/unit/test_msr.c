/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch.h"
#include "cpu_fixture.h"
#include "device.h"
#include "log.h"
#include "msr.h"
#include "p2m.h"
#include "vendor.h"

static struct vcpu_msrs msrs;
static uint64_t value, host_msr_value, host_written, tsc, vendor_offset;
static uint32_t host_msr_read, host_msr_written;
static int64_t lapic_offset;
static unsigned log_lines;
static stime_t time_now;
static uint8_t ram[PAGE_SIZE];
static struct page frames[16];
static unsigned refs;

/* --- what msr.c calls --- */

int host_rdmsr(uint32_t msr, uint64_t *ret)
{
    host_msr_read = msr;
    *ret = host_msr_value;
    return msr == 0xc0011029 ? -EPERM : 0;
}
int host_wrmsr(uint32_t msr, uint64_t val)
{
    host_msr_written = msr;
    host_written = val;
    return 0;
}
uint64_t host_tsc(void)
{
    return tsc;
}
uint64_t arch_vcpu_efer(const struct vcpu *v)
{
    (void)v;
    return fixture_efer;
}
void arch_vcpu_set_efer(struct vcpu *v, uint64_t efer)
{
    (void)v;
    fixture_efer = efer;
}
uint64_t arch_vcpu_pat(const struct vcpu *v)
{
    (void)v;
    return fixture_pat;
}
void arch_vcpu_set_pat(struct vcpu *v, uint64_t pat)
{
    (void)v;
    fixture_pat = pat;
}
int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *ret)
{
    (void)v;
    *ret = msr + 1;
    return msr == 0x8ff ? -EPERM : 0;
}
int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)v;
    (void)val;
    return msr == 0x8ff ? -EPERM : 0;
}
void arch_update_time(struct vcpu *v)
{
    (void)v;
}

void vlapic_set_tsc_offset(struct vcpu *v, int64_t offset);
void vlapic_set_tsc_offset(struct vcpu *v, int64_t offset)
{
    (void)v;
    lapic_offset = offset;
}
static void set_reg(struct vcpu *v, enum vreg reg, uint64_t val)
{
    (void)v;
    assert_int_equal(reg, VREG_TSC_OFFSET);
    vendor_offset = val;
}
static const struct vcpu_vendor fake_vendor = { .set_reg = set_reg };
const struct vcpu_vendor *vendor = &fake_vendor;

void log_printf(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
    log_lines++;
}
stime_t now(void)
{
    return time_now;
}
struct page *frame_table = frames;
mfn_t max_mfn = ARRAY_SIZE(frames);

/* Guest frame 2 is RAM in host frame 3, frame 4 is a device. */
struct p2m_entry p2m_lookup(struct domain *d, gfn_t gfn)
{
    (void)d;
    return (struct p2m_entry){ .mfn = gfn + 1, .type = gfn == 2 ? P2M_RAM_RW : gfn == 4 ? P2M_MMIO : P2M_NONE };
}
int p2m_get_page(struct domain *d, gfn_t gfn, bool write, mfn_t *ret_mfn)
{
    (void)d;
    assert_true(write);
    if (gfn != 2)
        return -EINVAL;
    refs++;
    *ret_mfn = gfn + 1;
    return 0;
}
void page_put(struct page *pg)
{
    assert_ptr_equal(pg, &frames[3]);
    refs--;
}
void *mfn_to_virt(mfn_t mfn)
{
    assert_int_equal(mfn, 3);
    return ram;
}
void arch_hypercall_page_fill(void *page)
{
    memset(page, 0xc3, PAGE_SIZE);
}
static unsigned latched;
void domain_latch_layout(struct vcpu *v)
{
    assert_ptr_equal(v, &fixture_vcpu);
    latched++;
}

static void start(bool privileged)
{
    fixture_start(privileged, 1, 0);
    fixture_vcpu.arch.msrs = &msrs;
    host_msr_read = host_msr_written = 0;
    vendor_offset = tsc = 0;
    lapic_offset = 0;
    msr_vcpu_init(&fixture_vcpu);
}

static void assert_reads(uint32_t msr, uint64_t expected)
{
    value = ~expected;
    assert_int_equal(msr_read(&fixture_vcpu, msr, &value), 0);
    assert_int_equal(value, expected);
}
static void assert_write(uint32_t msr, uint64_t val, int rc)
{
    assert_int_equal(msr_write(&fixture_vcpu, msr, val), rc);
}

static void unknown_registers_fault(void **state)
{
    static const uint32_t absent[] = { 0, 0x17, 0x48, 0xe7, 0x10a, 0x1a0, 0x210, 0x251, 0x270, 0x480, 0x7ff, 0x900,
                                       0xda0, 0x40000001, 0xc0000104, 0xc0010062, 0xc0010114, 0xc0010117, 0xc001011f,
                                       0xc0010140, 0xc0011020, 0xc0011030, 0xc0002000, 0xffffffff };

    (void)state;
    start(true);
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
        value = 0x5a;
        assert_int_equal(msr_read(&fixture_vcpu, absent[i], &value), -EPERM);
        assert_int_equal(value, 0x5a);
        assert_write(absent[i], 0, -EPERM);
    }
    assert_int_equal(host_msr_read | host_msr_written, 0);
}

static void read_only_registers_refuse_writes(void **state)
{
    static const uint32_t ro[] = { 0xce, 0xfe, 0x179, 0xc001001a, 0xc001001d, 0xc0010058 };

    (void)state;
    start(true);
    for (size_t i = 0; i < ARRAY_SIZE(ro); i++)
        assert_write(ro[i], 0, -EPERM);
    assert_reads(0xfe, 0x508);
    assert_reads(0xce, 0);
}

static void apic_registers_go_to_the_vlapic(void **state)
{
    (void)state;
    start(false);
    assert_reads(0x1b, 0x1c);
    assert_reads(0x800, 0x801);
    assert_reads(0x6e0, 0x6e1);
    assert_write(0x830, 1, 0);
    assert_write(0x8ff, 1, -EPERM);
    assert_int_equal(msr_read(&fixture_vcpu, 0x8ff, &value), -EPERM);
}

static void efer_rules(void **state)
{
    (void)state;
    start(false);
    assert_write(0xc0000080, 0x901, 0);
    assert_reads(0xc0000080, 0x901);
    assert_write(0xc0000080, 0x1901, -EPERM); /* SVME */
    assert_write(0xc0000080, 0x2901, -EPERM); /* LMSLE */
    assert_write(0xc0000080, 0x4d01, 0);      /* FFXSE is in the policy; LMA is tolerated */
    fixture_cr0 = X86_CR0_PG;
    assert_write(0xc0000080, 0x801, -EPERM); /* LME off while paging */
    assert_write(0xc0000080, 0x101, 0);      /* NX may change */
    fixture_domain.arch.cpuid->ext[1].d &= ~(1u << 20);
    assert_write(0xc0000080, 0x901, -EPERM); /* no NX in the policy */
}

static void tsc_and_tsc_adjust_move_together(void **state)
{
    (void)state;
    start(false);
    tsc = 1000;
    assert_reads(0x10, 1000);
    assert_write(0x10, 5000, 0);
    assert_int_equal(vendor_offset, 4000);
    assert_int_equal(lapic_offset, 4000);
    assert_reads(0x3b, 4000);
    assert_write(0x3b, 100, 0);
    assert_int_equal(vendor_offset, 100);
    tsc = 2000;
    assert_reads(0x10, 2100);
    fixture_domain.arch.cpuid->feat[0].b &= ~2u;
    assert_write(0x3b, 0, -EPERM);
    assert_int_equal(msr_read(&fixture_vcpu, 0x3b, &value), -EPERM);
}

static void mtrrs_keep_legal_values(void **state)
{
    (void)state;
    start(false);
    assert_reads(0x2ff, 0x806);
    assert_reads(0x250, 0x0606060606060606ULL);
    assert_write(0x26f, 0x0506040100060606ULL, 0);
    assert_reads(0x26f, 0x0506040100060606ULL);
    assert_reads(0x26e, 0x0606060606060606ULL);
    assert_write(0x258, 0x0200000000000000ULL, -EPERM);
    assert_write(0x2ff, 0xc00, 0);
    assert_reads(0x2ff, 0xc00);
    assert_write(0x2ff, 0x802, -EPERM);
    assert_write(0x2ff, 0x100, -EPERM);
    assert_write(0x20e, 0xffff00000006ULL, 0); /* 48 address bits */
    assert_reads(0x20e, 0xffff00000006ULL);
    assert_write(0x20e, 0x1000000000006ULL, -EPERM);
    assert_write(0x20e, 0x107, -EPERM);
    assert_write(0x20f, 0xfffff0000800ULL, 0);
    assert_write(0x20f, 0xfffff0000806ULL, -EPERM);
    assert_reads(0x20f, 0xfffff0000800ULL);
    assert_reads(0x20d, 0);
}

static void pat_checks_types(void **state)
{
    (void)state;
    start(false);
    assert_write(0x277, 0x0007040600070406ULL, 0);
    assert_reads(0x277, 0x0007040600070406ULL);
    assert_write(0x277, 0x0007040600070403ULL, -EPERM);
}

static void machine_registers(void **state)
{
    (void)state;
    host_msr_value = ~0ULL;
    start(true);
    assert_reads(0x8b, ~0ULL);
    assert_reads(0xc001001a, ~0ULL);
    assert_reads(0xc0010010, 0x7c0000);
    assert_reads(0xc0010015, 1u << 24); /* invariant TSC */
    assert_reads(0xc0011029, 0);        /* the machine has none: no fault */
    assert_write(0xc0010015, 0x1234, 0);
    assert_write(0x8b, 1, 0);
    assert_int_equal(host_msr_written, 0);
    start(false);
    assert_reads(0xc0010010, 0);
    assert_reads(0xc0010015, 0);
    assert_int_equal(msr_read(&fixture_vcpu, 0xc001001d, &value), -EPERM);
}

static void barrier_reaches_the_machine_only_if_offered(void **state)
{
    (void)state;
    start(false);
    assert_write(0x49, 0, 0);
    assert_int_equal(host_msr_written, 0);
    assert_write(0x49, 1, 0);
    assert_int_equal(host_msr_written, 0x49);
    assert_int_equal(host_written, 1);
    assert_write(0x49, 2, -EPERM);
    assert_int_equal(msr_read(&fixture_vcpu, 0x49, &value), -EPERM);
    fixture_domain.arch.cpuid->ext[8].b = 0;
    assert_write(0x49, 1, -EPERM);
}

static void tsc_aux_follows_the_policy(void **state)
{
    (void)state;
    start(false);
    assert_write(0xc0000103, 7, 0);
    assert_reads(0xc0000103, 7);
    assert_int_equal(host_msr_written, 0xc0000103);
    assert_write(0xc0000103, 1ULL << 32, -EPERM);
    fixture_domain.arch.cpuid->ext[1].d &= ~(1u << 27);
    fixture_domain.arch.cpuid->feat[0].c &= ~(1u << 22);
    assert_write(0xc0000103, 7, -EPERM);
}

static void hypercall_page(void **state)
{
    (void)state;
    start(false);
    memset(ram, 0, sizeof(ram));
    assert_write(0x40000000, 0x2001, -EPERM); /* there is one page only */
    assert_write(0x40000000, 0x4000, -EPERM); /* a device */
    assert_write(0x40000000, 0x9000, -EPERM); /* nothing */
    assert_int_equal(ram[0], 0);
    assert_int_equal(latched, 0);
    assert_write(0x40000000, 0x2000, 0);
    assert_int_equal(latched, 1);
    assert_int_equal(ram[0], 0xc3);
    assert_int_equal(ram[PAGE_SIZE - 1], 0xc3);
    assert_int_equal(refs, 0);
    assert_reads(0x40000000, 0);
}

static void machine_check_and_debug(void **state)
{
    (void)state;
    start(false);
    assert_reads(0x179, 0);
    assert_write(0x17a, 4, 0);
    assert_reads(0x17a, 4);
    assert_write(0x17a, 8, -EPERM);
    assert_write(0x404, ~0ULL, 0);
    assert_reads(0x404, 0);
    assert_write(0x1d9, 1, -EPERM);
    assert_write(0x1d9, 0, 0);
}

static void refusals_are_logged_ten_in_five_seconds(void **state)
{
    (void)state;
    start(false);
    time_now = SECONDS(100);
    log_lines = 0;
    for (unsigned i = 0; i < 50; i++)
        assert_write(0x12345, i, -EPERM);
    assert_int_equal(log_lines, 10);
    time_now += SECONDS(6);
    assert_write(0x12345, 0, -EPERM);
    assert_int_equal(log_lines, 11);
}

static int done(void **state)
{
    (void)state;
    cpuid_domain_destroy(&fixture_domain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_registers_fault),
        cmocka_unit_test(read_only_registers_refuse_writes),
        cmocka_unit_test(apic_registers_go_to_the_vlapic),
        cmocka_unit_test(efer_rules),
        cmocka_unit_test(tsc_and_tsc_adjust_move_together),
        cmocka_unit_test(mtrrs_keep_legal_values),
        cmocka_unit_test(pat_checks_types),
        cmocka_unit_test(machine_registers),
        cmocka_unit_test(barrier_reaches_the_machine_only_if_offered),
        cmocka_unit_test(tsc_aux_follows_the_policy),
        cmocka_unit_test(hypercall_page),
        cmocka_unit_test(machine_check_and_debug),
        cmocka_unit_test(refusals_are_logged_ten_in_five_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
