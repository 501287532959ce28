/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/guest_walk.c: every paging mode, rights, reserved bits, accessed and dirty bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arch/x86/guest_walk.h"
#include "errno.h"
#include "fake.h"
#include "page.h"

#define PG (1ULL << 31)
#define PE (1ULL << 0)
#define WP (1ULL << 16)
#define PSE (1ULL << 4)
#define PAE (1ULL << 5)
#define LME (1ULL << 8)
#define LMA (1ULL << 10)
#define NXE (1ULL << 11)

#define P 1ULL
#define RW 2ULL
#define US 4ULL
#define A 0x20ULL
#define D 0x40ULL
#define PS 0x80ULL
#define NX (1ULL << 63)

static struct domain *d;
static const struct guest_paging long_mode = { .cr0 = PG | PE | WP, .cr3 = 0x1000, .cr4 = PAE,
                                               .efer = LME | LMA | NXE, .phys_bits = 40 };
static const struct guest_paging pae_mode = { .cr0 = PG | PE | WP, .cr3 = 0x1020, .cr4 = PAE, .efer = NXE,
                                              .phys_bits = 40 };
static const struct guest_paging legacy_mode = { .cr0 = PG | PE | WP, .cr3 = 0x1000, .cr4 = PSE };

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    d = fake_domain(1, 1);
    return 0;
}

static uint64_t *entry64(gpaddr_t table, unsigned i)
{
    return (uint64_t *)fake_guest_ptr(d, table) + i;
}

static uint32_t *entry32(gpaddr_t table, unsigned i)
{
    return (uint32_t *)fake_guest_ptr(d, table) + i;
}

static void ok(const struct guest_paging *pg, guest_va_t va, unsigned access, gpaddr_t want)
{
    gpaddr_t gpa = 0;
    uint32_t pfec = 0;

    assert_int_equal(guest_walk(pg, d, va, access, &gpa, &pfec), 0);
    assert_true(gpa == want);
}

static void fault(const struct guest_paging *pg, guest_va_t va, unsigned access, uint32_t want)
{
    gpaddr_t gpa = 0x77;
    uint32_t pfec = 0x1000;

    assert_int_equal(guest_walk(pg, d, va, access, &gpa, &pfec), -EFAULT);
    assert_int_equal(pfec, want);
    assert_int_equal(gpa, 0x77);
}

static void no_paging(void **state)
{
    struct guest_paging pg = { .cr0 = PE, .cr3 = 0x1000 };

    (void)state;
    ok(&pg, 0x12345678, GUEST_WALK_WRITE, 0x12345678);
    ok(&pg, 0xffffffff80001000ULL, 0, 0x80001000);
}

/* va 0xffff888000000000 + x: 4K at PML4[273] -> 2000 -> 3000 -> 4000 -> page 9. */
#define VA 0xffff888000000000ULL

static void build_long(void)
{
    *entry64(0x1000, 273) = 0x2000 | P | RW | US;
    *entry64(0x2000, 0) = 0x3000 | P | RW | US;
    *entry64(0x3000, 0) = 0x4000 | P | RW | US;
    *entry64(0x4000, 5) = 0x9000 | P | RW | US;
}

static void four_levels(void **state)
{
    (void)state;
    build_long();
    ok(&long_mode, VA + 0x5123, 0, 0x9123);
    assert_true(*entry64(0x1000, 273) == (0x2000 | P | RW | US | A));
    assert_true(*entry64(0x3000, 0) == (0x4000 | P | RW | US | A));
    assert_true(*entry64(0x4000, 5) == (0x9000 | P | RW | US | A));
    ok(&long_mode, VA + 0x5fff, GUEST_WALK_WRITE | GUEST_WALK_USER, 0x9fff);
    assert_true(*entry64(0x4000, 5) == (0x9000 | P | RW | US | A | D));
    assert_true(*entry64(0x3000, 0) == (0x4000 | P | RW | US | A));
    fault(&long_mode, VA + 0x6000, GUEST_WALK_WRITE, PFEC_WRITE);
    fault(&long_mode, VA + (1ULL << 39), GUEST_WALK_USER, PFEC_USER);
    fault(&long_mode, VA & ~(1ULL << 63), 0, 0); /* not canonical */
    assert_int_equal(mfn_to_page(p2m_lookup(d, 4).mfn)->refs, 1);
}

static void large_pages(void **state)
{
    (void)state;
    build_long();
    *entry64(0x2000, 1) = 0xc0000000ULL | PS | P | RW;
    *entry64(0x3000, 1) = 0x40200000ULL | PS | P | RW;
    ok(&long_mode, VA + GiB(1ULL) + 0x23456789, GUEST_WALK_WRITE, 0xc0000000ULL + 0x23456789);
    assert_true(*entry64(0x2000, 1) == (0xc0000000ULL | PS | P | RW | A | D));
    ok(&long_mode, VA + MiB(2ULL) + 0x1abcd, 0, 0x40200000ULL + 0x1abcd);
    *entry64(0x3000, 1) |= 1ULL << 12; /* PAT bit of a large page */
    ok(&long_mode, VA + MiB(2ULL) + 0x1abcd, 0, 0x40200000ULL + 0x1abcd);
    *entry64(0x3000, 1) |= 1ULL << 13;
    fault(&long_mode, VA + MiB(2ULL), 0, PFEC_PRESENT | PFEC_RSVD);
    *entry64(0x2000, 1) |= 1ULL << 29;
    fault(&long_mode, VA + GiB(1ULL), GUEST_WALK_WRITE, PFEC_PRESENT | PFEC_RSVD | PFEC_WRITE);
}

static void rights_are_of_all_levels(void **state)
{
    struct guest_paging no_wp = long_mode;

    (void)state;
    build_long();
    *entry64(0x3000, 0) = 0x4000 | P | US;
    fault(&long_mode, VA + 0x5000, GUEST_WALK_WRITE, PFEC_PRESENT | PFEC_WRITE);
    assert_true(*entry64(0x4000, 5) == (0x9000 | P | RW | US)); /* the leaf was not used */
    no_wp.cr0 &= ~WP;
    fault(&no_wp, VA + 0x5000, GUEST_WALK_WRITE | GUEST_WALK_USER, PFEC_PRESENT | PFEC_WRITE | PFEC_USER);
    ok(&no_wp, VA + 0x5000, GUEST_WALK_WRITE, 0x9000);
    *entry64(0x2000, 0) = 0x3000 | P | RW;
    fault(&long_mode, VA + 0x5000, GUEST_WALK_USER, PFEC_PRESENT | PFEC_USER);
    ok(&long_mode, VA + 0x5000, 0, 0x9000);
}

static void no_execute(void **state)
{
    struct guest_paging no_nx = long_mode;

    (void)state;
    build_long();
    *entry64(0x2000, 0) |= NX;
    fault(&long_mode, VA + 0x5000, GUEST_WALK_FETCH, PFEC_PRESENT | PFEC_FETCH);
    ok(&long_mode, VA + 0x5000, GUEST_WALK_WRITE, 0x9000);
    no_nx.efer &= ~NXE;
    fault(&no_nx, VA + 0x5000, GUEST_WALK_FETCH, PFEC_PRESENT | PFEC_RSVD);
}

static void reserved_bits(void **state)
{
    (void)state;
    build_long();
    *entry64(0x4000, 5) |= 1ULL << 40;
    fault(&long_mode, VA + 0x5000, 0, PFEC_PRESENT | PFEC_RSVD);
    *entry64(0x4000, 5) = 0x9000 | P | RW | (1ULL << 52); /* software's */
    ok(&long_mode, VA + 0x5000, 0, 0x9000);
    *entry64(0x1000, 273) |= PS;
    fault(&long_mode, VA + 0x5000, 0, PFEC_PRESENT | PFEC_RSVD);
}

static void tables_outside_ram(void **state)
{
    (void)state;
    build_long();
    *entry64(0x2000, 0) = (1ULL << 30) | P | RW | US;
    fault(&long_mode, VA + 0x5000, GUEST_WALK_WRITE, PFEC_WRITE);
}

/* Nothing is written to a table that the guest may only read. */
static void read_only_tables(void **state)
{
    mfn_t mfn = p2m_lookup(d, 4).mfn;

    (void)state;
    build_long();
    assert_int_equal(p2m_set(d, 4, mfn, 0, P2M_FOREIGN_RO, NULL), 0);
    fault(&long_mode, VA + 0x5000, 0, 0);
    assert_true(*entry64(0x4000, 5) == (0x9000 | P | RW | US));
    *entry64(0x4000, 5) |= A;
    ok(&long_mode, VA + 0x5000, 0, 0x9000);
    fault(&long_mode, VA + 0x5000, GUEST_WALK_WRITE, PFEC_WRITE);
    assert_true(*entry64(0x4000, 5) == (0x9000 | P | RW | US | A));
}

static void pae(void **state)
{
    (void)state;
    *entry64(0x1020, 3) = 0x2000 | P;
    *entry64(0x2000, 0) = 0x3000 | P | RW | US;
    *entry64(0x2000, 1) = 0x840200000ULL | PS | P | RW;
    *entry64(0x3000, 7) = 0x876543000ULL | P | RW | US | NX;
    ok(&pae_mode, 0xc0007123, GUEST_WALK_WRITE | GUEST_WALK_USER, 0x876543123ULL);
    assert_true(*entry64(0x1020, 3) == (0x2000 | P)); /* no accessed bit there */
    assert_true(*entry64(0x2000, 0) == (0x3000 | P | RW | US | A));
    assert_true(*entry64(0x3000, 7) == (0x876543000ULL | P | RW | US | NX | A | D));
    fault(&pae_mode, 0xc0007000, GUEST_WALK_FETCH, PFEC_PRESENT | PFEC_FETCH);
    ok(&pae_mode, 0xc0212345, 0, 0x840212345ULL);
    *entry64(0x1020, 3) |= A; /* as QEMU does */
    ok(&pae_mode, 0xc0212345, 0, 0x840212345ULL);
    fault(&pae_mode, 0x7000, 0, 0);
    ok(&pae_mode, 0x1234c0007123ULL, 0, 0x876543123ULL); /* addresses have 32 bits */
    *entry64(0x3000, 7) |= 1ULL << 55;
    fault(&pae_mode, 0xc0007000, 0, PFEC_PRESENT | PFEC_RSVD);
    *entry64(0x1020, 3) |= A; /* reserved, but QEMU leaves it there */
    ok(&pae_mode, 0xc0212345, 0, 0x840212345ULL);
    *entry64(0x1020, 3) |= RW;
    fault(&pae_mode, 0xc0212345, 0, PFEC_PRESENT | PFEC_RSVD);
}

static void two_levels(void **state)
{
    struct guest_paging no_pse = legacy_mode;

    (void)state;
    *entry32(0x1000, 768) = 0x2000 | P | RW;
    *entry32(0x1000, 769) = 0x40000000 | (5u << 13) | PS | P | RW;
    *entry32(0x2000, 5) = 0x9000 | P;
    ok(&legacy_mode, 0xc0005abc, 0, 0x9abc);
    assert_int_equal(*entry32(0x2000, 5), 0x9000 | P | A);
    assert_int_equal(*entry32(0x2000, 4), 0);
    assert_int_equal(*entry32(0x2000, 6), 0);
    fault(&legacy_mode, 0xc0005abc, GUEST_WALK_WRITE, PFEC_PRESENT | PFEC_WRITE);
    fault(&legacy_mode, 0xc0005abc, GUEST_WALK_FETCH | GUEST_WALK_USER, PFEC_PRESENT | PFEC_USER);
    ok(&legacy_mode, 0xc0723456, GUEST_WALK_WRITE, 0x540323456ULL); /* PSE-36 */
    *entry32(0x1000, 769) |= 1u << 21;
    fault(&legacy_mode, 0xc0723456, 0, PFEC_PRESENT | PFEC_RSVD);
    no_pse.cr4 = 0;
    *entry32(0x1000, 768) |= PS;
    ok(&no_pse, 0xc0005abc, 0, 0x9abc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_paging, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(four_levels, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(large_pages, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(rights_are_of_all_levels, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(no_execute, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(reserved_bits, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(tables_outside_ram, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(read_only_tables, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(pae, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(two_levels, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
