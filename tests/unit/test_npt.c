/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/npt.c: every bit of a nested page table entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "p2m.h"

static void leaves(void **state)
{
    (void)state;
    assert_true(arch_p2m_encode(0x12345, P2M_NONE, 1) == 0);
    /* P RW US A D, type 1; the IOMMU's bits: it may read and write */
    assert_true(arch_p2m_encode(0x12345, P2M_RAM_RW, 1) == 0x6010000012345067ULL);
    assert_true(arch_p2m_encode(0x12345, P2M_RAM_RO, 1) == 0x2020000012345065ULL);
    assert_true(arch_p2m_encode(0x12345, P2M_RAM_LOGDIRTY, 1) == 0x2030000012345065ULL);
    /* no-execute, uncacheable */
    assert_true(arch_p2m_encode(0xfee00, P2M_MMIO, 1) == 0xe0400000fee0007fULL);
    assert_true(arch_p2m_encode(0x200, P2M_RAM_RW, 2) == 0x60100000002000e7ULL);
    assert_true(arch_p2m_encode(0x40000, P2M_RAM_RW, 3) == 0x60100000400000e7ULL);
    /* remembered, but nothing for the hardware */
    assert_true(arch_p2m_encode(0x77, P2M_RETAINED, 1) == 0x00a0000000077000ULL);
    /* the hypervisor's page: not for devices */
    assert_true(arch_p2m_encode(0x12345, P2M_SHARED, 1) == 0x0090000012345067ULL);
}

static void tables(void **state)
{
    uint64_t e = arch_p2m_encode_table(0xabcde, 4);
    enum p2m_type type = P2M_SHARED;

    (void)state;
    assert_true(e == 0x60000000abcde627ULL);
    assert_true(arch_p2m_encode_table(0xabcde, 2) == 0x60000000abcde227ULL);
    assert_true(arch_p2m_is_table(e, 4));
    assert_true(arch_p2m_is_table(e, 2));
    assert_false(arch_p2m_is_table(e, 1));
    assert_false(arch_p2m_is_table(0, 4));
    assert_true(arch_p2m_decode(e, &type) == 0xabcde);
    assert_int_equal(type, P2M_NONE);
}

static void round_trip(void **state)
{
    (void)state;
    for (unsigned t = P2M_RAM_RW; t <= P2M_RETAINED; t++)
        for (unsigned level = 1; level <= 3; level++) {
            mfn_t mfn = 0xffffc0000ULL; /* near the top of 52 bits */
            uint64_t e = arch_p2m_encode(mfn, (enum p2m_type)t, level);
            enum p2m_type type;

            assert_true(arch_p2m_decode(e, &type) == mfn);
            assert_int_equal(type, t);
            assert_false(arch_p2m_is_table(e, level));
            assert_int_equal(e & 1, t != P2M_RETAINED);
            assert_int_equal((e >> 1) & 1, (p2m_is_writable(type) && type != P2M_RAM_LOGDIRTY) || type == P2M_MMIO);
            assert_int_equal(e >> 63, type == P2M_MMIO);
            assert_int_equal((e >> 61) & 1, (e & 1) && type != P2M_SHARED);
            assert_int_equal((e >> 62) & 1, ((e >> 1) & 1) && type != P2M_SHARED);
            assert_int_equal((e >> 9) & 7, 0); /* to the IOMMU: a leaf */
        }
}

static void nothing(void **state)
{
    enum p2m_type type = P2M_SHARED;

    (void)state;
    assert_true(arch_p2m_decode(0, &type) == INVALID_MFN);
    assert_int_equal(type, P2M_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves),
        cmocka_unit_test(tables),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
