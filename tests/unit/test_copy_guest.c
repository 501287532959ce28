/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/copy_guest.c: guest-virtual and guest-physical copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "copy.h"
#include "errno.h"
#include "fake.h"
#include "page.h"

static struct domain *d;

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    d = fake_domain(1, 1);
    fake_set_current(d->vcpu[0]);
    return 0;
}

static void across_pages_and_back(void **state)
{
    static uint8_t in[3 * PAGE_SIZE], out[3 * PAGE_SIZE];

    (void)state;
    for (unsigned i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(copy_to_guest(0x1ff0, in, sizeof(in)), 0);
    assert_memory_equal(fake_guest_ptr(d, 0x1ff0), in, 16);
    assert_memory_equal(fake_guest_ptr(d, 0x4000), in + 0x2010, 0xff0);
    assert_int_equal(((uint8_t *)fake_guest_ptr(d, 0x1000))[0xfef], 0);
    assert_int_equal(((uint8_t *)fake_guest_ptr(d, 0x4000))[0xff0], 0);
    assert_int_equal(copy_from_guest(out, 0x1ff0, sizeof(out)), 0);
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(clear_guest(0x2ffe, 4), 0);
    memset(in + 0x100e, 0, 4);
    assert_int_equal(copy_from_gpa(d, out, 0x1ff0, sizeof(out)), 0);
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(mfn_to_page(p2m_lookup(d, 2).mfn)->refs, 1);
}

static void faults(void **state)
{
    gpaddr_t end = FAKE_DOMAIN_PAGES * PAGE_SIZE;
    uint64_t x = 1;

    (void)state;
    assert_int_equal(copy_from_guest(&x, end - 4, 8), -EFAULT);
    assert_int_equal(copy_to_guest(end, &x, 1), -EFAULT);
    assert_int_equal(copy_to_guest(end, &x, 0), 0);
    assert_int_equal(copy_from_guest(&x, UINT64_MAX - 3, 8), -EFAULT);
    assert_int_equal(copy_from_gpa(d, &x, UINT64_MAX - 3, 8), -EFAULT);
    assert_int_equal(copy_to_gpa(d, 1ULL << 60, &x, 8), -EFAULT);
    fake.walk_fault_start = 0x3000;
    fake.walk_fault_end = 0x4000;
    assert_int_equal(copy_from_guest(&x, 0x2fff, 1), 0);
    assert_int_equal(copy_from_guest(&x, 0x2fff, 2), -EFAULT);
    assert_int_equal(clear_guest(0x3000, 1), -EFAULT);
    assert_int_equal(copy_to_gpa(d, 0x3000, &x, 8), 0);
}

static void only_ram_with_the_right(void **state)
{
    mfn_t mfn = p2m_lookup(d, 5).mfn;
    uint32_t x = 0x11223344;

    (void)state;
    assert_int_equal(p2m_set(d, 5, mfn, 0, P2M_RAM_RO, NULL), 0);
    assert_int_equal(copy_to_guest(0x5000, &x, 4), -EFAULT);
    assert_int_equal(copy_from_guest(&x, 0x5000, 4), 0);
    assert_int_equal(x, 0);
    assert_int_equal(p2m_set(d, 100, 0xfee00, 0, P2M_MMIO, NULL), 0);
    assert_int_equal(copy_from_guest(&x, 100 * PAGE_SIZE, 4), -EFAULT);
}

static unsigned seen_access;

static int shifted_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec)
{
    (void)v;
    (void)ret_pfec;
    seen_access |= access;
    *ret_gpa = va - 0xffff800000000000ULL;
    return 0;
}

static void virtual_addresses_are_walked(void **state)
{
    uint32_t x = 0xabcdef01;

    (void)state;
    fake.walk = shifted_walk;
    seen_access = 0;
    assert_int_equal(copy_from_guest(&x, 0xffff800000006000ULL, 4), 0);
    assert_int_equal(seen_access, 0);
    x = 0xabcdef01;
    assert_int_equal(copy_to_guest(0xffff800000006000ULL, &x, 4), 0);
    assert_int_equal(seen_access, GUEST_WALK_WRITE);
    assert_memory_equal(fake_guest_ptr(d, 0x6000), &x, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(across_pages_and_back, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(faults, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(only_ram_with_the_right, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(virtual_addresses_are_walked, setup, fake_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
