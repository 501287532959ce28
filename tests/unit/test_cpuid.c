/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID policies on a machine whose every feature bit is set; the wire form; the toolstack's back-ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch_ctl.h"
#include "copy.h"
#include "cpu_fixture.h"
#include "public/sysctl.h"

static uint32_t r[4];
static struct policy_leaf leaves[POLICY_MAX_LEAVES];

/* "Guest" memory is the test's own; address 1 cannot be read or written. */
int copy_from_guest(void *dst, guest_va_t src, size_t len)
{
    if (src == 1)
        return -EFAULT;
    memcpy(dst, (void *)(uintptr_t)src, len);
    return 0;
}
int copy_to_guest(guest_va_t dst, const void *src, size_t len)
{
    if (dst == 1)
        return -EFAULT;
    memcpy((void *)(uintptr_t)dst, src, len);
    return 0;
}

static guest_va_t va(void *p)
{
    return (guest_va_t)(uintptr_t)p;
}

static void query(uint32_t leaf, uint32_t sub)
{
    cpuid_query(&fixture_vcpu, leaf, sub, r);
}

static void assert_regs(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    assert_int_equal(r[0], a);
    assert_int_equal(r[1], b);
    assert_int_equal(r[2], c);
    assert_int_equal(r[3], d);
}

static void vendor_and_limits(void **state)
{
    (void)state;
    fixture_start(false, 2, 1);
    query(0, 0);
    assert_regs(0xd, 0x68747541, 0x444d4163, 0x69746e65);
    query(0x80000000, 0);
    assert_regs(0x80000021, 0x68747541, 0x444d4163, 0x69746e65);
    query(0xe, 0);
    assert_regs(0, 0, 0, 0);
    query(0x80000022, 0);
    assert_regs(0, 0, 0, 0);
    query(0xffffffff, 0xffffffff);
    assert_regs(0, 0, 0, 0);
    query(0x80000002, 0);
    assert_regs(0x20444d41, 0x43595045, 0, 0);
}

static void features_of_a_guest(void **state)
{
    (void)state;
    fixture_start(false, 2, 1);
    query(1, 0);
    assert_regs(0x00800f12, 0x02080800, 0xf7fa3203, 0x1f8bfbff);
    query(7, 0);
    assert_regs(2, 0x219c27eb, 0x00400705, 0x00004410);
    query(0x80000001, 0);
    assert_regs(0x00800f12, 0x40000000, 0x002109f3, 0xefd3fbff);
    query(0x80000007, 0);
    assert_regs(0, 0, 0, 0); /* no invariant TSC unless asked for */
    query(0x80000008, 0);
    assert_regs(0x3030, 0x64101005, 0x00004007, 0);
}

static void hidden_leaves_are_empty(void **state)
{
    static const uint32_t hidden[] = { 3, 4, 5, 6, 9, 0xa, 0xc, 0x8000000a, 0x8000001b, 0x8000001c, 0x8000001d,
                                       0x8000001e, 0x8000001f };
    (void)state;
    fixture_start(true, 2, 0);
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
        query(hidden[i], 0);
        assert_regs(0, 0, 0, 0);
    }
    query(0x80000021, 0);
    assert_regs(0x60000064, 0, 6, 0);
}

static void dom0_has_invariant_tsc_and_its_topology(void **state)
{
    (void)state;
    fixture_start(true, 3, 2);
    query(0x80000007, 0);
    assert_regs(0, 0, 0, 0x100);
    query(1, 0);
    assert_int_equal(r[1], 0x04060800); /* APIC ID 4, six IDs in the package */
    assert_int_equal(r[3] >> 28 & 1, 1);
    query(0x80000008, 0);
    assert_int_equal(r[2], 3 << 12 | 5);
    query(0x80000001, 0);
    assert_int_equal(r[2] & 2, 0); /* CMP_LEGACY */
}

static void x2apic_id_is_in_leaf_b(void **state)
{
    (void)state;
    fixture_start(false, 200, 130);
    query(0xb, 0);
    assert_regs(0, 0, 0, 260);
    query(0xb, 0x101);
    assert_regs(0, 0, 1, 260);
}

static void osxsave_follows_cr4(void **state)
{
    (void)state;
    fixture_start(false, 1, 0);
    query(1, 0);
    assert_int_equal(r[2] & 1u << 27, 0);
    fixture_cr4 = 1u << 18;
    query(1, 0);
    assert_int_equal(r[2] & 1u << 27, 1u << 27);
}

static void xsave_sizes_follow_xcr0(void **state)
{
    (void)state;
    fixture_start(false, 1, 0);
    query(0xd, 0);
    assert_regs(7, 576, 832, 0);
    query(0xd, 1);
    assert_regs(7, 576, 0, 0); /* no XSAVES */
    query(0xd, 2);
    assert_regs(256, 576, 0, 0);
    query(0xd, 9); /* protection keys are not switched */
    assert_regs(0, 0, 0, 0);
    query(0xd, 64);
    assert_regs(0, 0, 0, 0);
    fixture_vcpu.arch.xcr0 = 7;
    query(0xd, 0);
    assert_regs(7, 832, 832, 0);
    query(0xd, 1);
    assert_int_equal(r[1], 832);
}

static void xen_leaves(void **state)
{
    (void)state;
    host.tsc_khz = 2500000;
    host.tsc_mul = 0xccccccccu;
    host.tsc_shift = -1;
    fixture_start(false, 2, 1);
    query(0x40000000, 0);
    assert_int_equal(r[0], 0x40000005);
    assert_memory_equal(&r[1], "XenVMMXenVMM", 12);
    query(0x40000001, 0);
    assert_regs(0x00040011, 0, 0, 0);
    query(0x40000002, 0);
    assert_regs(1, 0x40000000, 0, 0);
    query(0x40000003, 0);
    assert_regs(6, 0, 2500000, 0);
    query(0x40000003, 1);
    assert_regs(0, 0, 0xcccccccc, 0xff);
    query(0x40000003, 2);
    assert_regs(2500000, 0, 0, 0);
    query(0x40000003, 3);
    assert_regs(0, 0, 0, 0);
    query(0x40000004, 0);
    assert_regs(1u << 3 | 1u << 4 | 1u << 6, 1, 3, 0);
    query(0x40000005, 0);
    assert_regs(0, 0, 0, 0);
    query(0x40000100, 0);
    assert_regs(0, 0, 0, 0);
}

static void machine_without_a_feature_does_not_offer_it(void **state)
{
    (void)state;
    fixture_leaves[1].r[2] = ~(1u << 24 | 1u << 26); /* no TSC deadline, no XSAVE */
    fixture_start(false, 1, 0);
    query(1, 0);
    assert_int_equal(r[2], 0xc2fa2203); /* nor what needs XSAVE: AVX, FMA, F16C */
    query(7, 0);
    assert_int_equal(r[1] & 1u << 5, 0);
    query(0xd, 0);
    assert_regs(0, 0, 0, 0);
    query(0xd, 1);
    assert_regs(0, 0, 0, 0);
    fixture_leaves[1].r[2] = 0;
    fixture_start(false, 1, 0);
    query(1, 0);
    assert_int_equal(r[2], 1u << 21 | 1u << 31); /* emulated x2APIC, and the hypervisor bit */
    fixture_leaves[1].r[2] = 0xffffffff;
}

static void wire_form_round_trips(void **state)
{
    struct cpuid_policy copy;
    unsigned n;

    (void)state;
    fixture_start(false, 1, 0);
    n = cpu_policy_serialise(&cpu_policies[CPU_POLICY_DEFAULT], leaves);
    assert_true(n <= POLICY_MAX_LEAVES);
    memset(&copy, 0, sizeof(copy));
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(cpu_policy_put_leaf(&copy, &leaves[i]), 0);
    assert_memory_equal(&copy, &cpu_policies[CPU_POLICY_DEFAULT], sizeof(copy));
    assert_int_equal(leaves[1].leaf, 1);
    assert_int_equal(leaves[1].subleaf, CPUID_NO_SUBLEAF);
}

static void unknown_leaves_are_refused(void **state)
{
    static const struct policy_leaf bad[] = {
        { .leaf = 0xe, .subleaf = CPUID_NO_SUBLEAF }, { .leaf = 1, .subleaf = 0 },
        { .leaf = 7, .subleaf = 3 }, { .leaf = 7, .subleaf = CPUID_NO_SUBLEAF }, { .leaf = 0xd, .subleaf = 63 },
        { .leaf = 0x80000022, .subleaf = CPUID_NO_SUBLEAF }, { .leaf = 0x40000001, .subleaf = CPUID_NO_SUBLEAF },
        { .leaf = 0x40000200, .subleaf = CPUID_NO_SUBLEAF }, { .leaf = UINT32_MAX, .subleaf = CPUID_NO_SUBLEAF },
    };
    struct policy_leaf good = { .leaf = 0x40000000, .subleaf = CPUID_NO_SUBLEAF };
    struct cpuid_policy p;

    (void)state;
    memset(&p, 0, sizeof(p));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(cpu_policy_put_leaf(&p, &bad[i]), -ERANGE);
    assert_int_equal(cpu_policy_put_leaf(&p, &good), 0);
}

static void set_policy_is_clamped_to_the_maximum(void **state)
{
    struct cpuid_policy all;
    struct policy_msr msr = { .idx = 0xce };
    uint32_t err[3];
    unsigned n;

    (void)state;
    fixture_start(false, 2, 1);
    memset(&all, 0xff, sizeof(all));
    memset(all.xstate, 0, sizeof(all.xstate));
    all.xstate[1].a = 0xffffffff;
    n = cpu_policy_serialise(&all, leaves);
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, n, va(leaves), 1, va(&msr), err), 0);
    query(0, 0);
    assert_regs(0xd, 0x68747541, 0x444d4163, 0x69746e65); /* the vendor stays true */
    query(1, 0);
    assert_regs(0xffffffff, 0x02ffff00, 0xf7fa3203, 0x1f8bfbff);
    query(0x80000001, 0);
    assert_int_equal(r[2], 0x002109f3);
    query(0x80000007, 0);
    assert_int_equal(r[3], 0x100); /* may be asked for */
    query(0x80000008, 0);
    assert_int_equal(r[0], 0x3030);
    query(0x8000000a, 0);
    assert_regs(0, 0, 0, 0);
}

static void set_policy_errors(void **state)
{
    struct policy_msr msr = { .idx = 0x10a };
    uint32_t err[3];

    (void)state;
    fixture_start(false, 2, 1);
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 1000, va(leaves), 0, 0, err), -E2BIG);
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 0, 0, 2, va(&msr), err), -E2BIG);
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 1, 1, 0, 0, err), -EFAULT);
    leaves[0] = (struct policy_leaf){ .leaf = 7, .subleaf = 9 };
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 1, va(leaves), 0, 0, err), -ERANGE);
    assert_int_equal(err[0], 7);
    assert_int_equal(err[1], 9);
    assert_int_equal(err[2], UINT32_MAX);
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 0, 0, 1, va(&msr), err), -ERANGE);
    assert_int_equal(err[2], 0x10a);
    msr = (struct policy_msr){ .idx = 0xce, .val = 1 };
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 0, 0, 1, va(&msr), err), -EINVAL);
    msr = (struct policy_msr){ .idx = 0xce, .flags = 1 };
    assert_int_equal(arch_domctl_set_cpu_policy(&fixture_domain, 0, 0, 1, va(&msr), err), -EINVAL);
    query(1, 0);
    assert_int_equal(r[3], 0x1f8bfbff); /* unchanged */
}

static int featureset(uint32_t index, uint32_t *nr, guest_va_t features)
{
    struct xen_sysctl_cpu_featureset arg = { .index = index, .nr_features = *nr, .features = features };
    int rc = arch_sysctl_cpu_featureset(&arg);

    *nr = arg.nr_features;
    return rc;
}

static int policy(uint32_t index, uint32_t *nr, guest_va_t out, uint32_t *nr_msrs, guest_va_t msrs)
{
    struct xen_sysctl_cpu_policy arg = {
        .index = index, .nr_leaves = *nr, .nr_msrs = *nr_msrs, .leaves = out, .msrs = msrs
    };
    int rc = arch_sysctl_cpu_policy(&arg);

    *nr = arg.nr_leaves;
    *nr_msrs = arg.nr_msrs;
    return rc;
}

static void featuresets(void **state)
{
    uint32_t words[CPU_FEATURE_WORDS + 1], nr = 0;

    (void)state;
    fixture_start(false, 1, 0);
    assert_int_equal(featureset(3, &nr, 0), 0);
    assert_int_equal(nr, CPU_FEATURE_WORDS);
    assert_int_equal(featureset(3, &nr, va(words)), 0);
    assert_int_equal(words[0], 0x1f8bfbff);
    assert_int_equal(words[7], 0);
    assert_int_equal(featureset(5, &nr, va(words)), 0);
    assert_int_equal(words[7], 0x100);
    assert_int_equal(featureset(0, &nr, va(words)), 0);
    assert_int_equal(words[0], 0xffffffff);
    nr = 2;
    words[2] = 0x1234;
    assert_int_equal(featureset(1, &nr, va(words)), -ENOBUFS);
    assert_int_equal(nr, 2);
    assert_int_equal(words[2], 0x1234);
    assert_int_equal(featureset(2, &nr, va(words)), -EOPNOTSUPP);
    assert_int_equal(featureset(4, &nr, va(words)), -EOPNOTSUPP);
    assert_int_equal(featureset(6, &nr, va(words)), -EINVAL);
    assert_int_equal(featureset(0, &nr, 1), -EFAULT);
}

static void policies_for_the_toolstack(void **state)
{
    struct policy_msr msr[2];
    uint32_t nr = 0, nr_msrs = 0;

    (void)state;
    fixture_start(false, 1, 0);
    assert_int_equal(policy(5, &nr, 0, &nr_msrs, 0), 0);
    assert_int_equal(nr, POLICY_MAX_LEAVES);
    assert_int_equal(nr_msrs, 1);
    assert_int_equal(policy(5, &nr, va(leaves), &nr_msrs, va(msr)), 0);
    assert_int_equal(msr[0].idx, 0xce);
    assert_int_equal(leaves[nr - 1].leaf, 0x80000021);
    nr--;
    assert_int_equal(policy(5, &nr, va(leaves), &nr_msrs, va(msr)), -ENOBUFS);
    nr = POLICY_MAX_LEAVES, nr_msrs = 0;
    assert_int_equal(policy(5, &nr, va(leaves), &nr_msrs, va(msr)), -ENOBUFS);
    assert_int_equal(policy(2, &nr, va(leaves), &nr_msrs, 0), -EOPNOTSUPP);
    assert_int_equal(policy(4, &nr, va(leaves), &nr_msrs, 0), -EOPNOTSUPP);
    assert_int_equal(policy(6, &nr, va(leaves), &nr_msrs, 0), -EINVAL);
    nr = POLICY_MAX_LEAVES;
    assert_int_equal(arch_domctl_get_cpu_policy(&fixture_domain, &nr, 1, &nr_msrs, 0), -EFAULT);
    assert_int_equal(arch_domctl_get_cpu_policy(&fixture_domain, &nr, va(leaves), &nr_msrs, 0), 0);
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
        cmocka_unit_test(vendor_and_limits),
        cmocka_unit_test(features_of_a_guest),
        cmocka_unit_test(hidden_leaves_are_empty),
        cmocka_unit_test(dom0_has_invariant_tsc_and_its_topology),
        cmocka_unit_test(x2apic_id_is_in_leaf_b),
        cmocka_unit_test(osxsave_follows_cr4),
        cmocka_unit_test(xsave_sizes_follow_xcr0),
        cmocka_unit_test(xen_leaves),
        cmocka_unit_test(machine_without_a_feature_does_not_offer_it),
        cmocka_unit_test(wire_form_round_trips),
        cmocka_unit_test(unknown_leaves_are_refused),
        cmocka_unit_test(set_policy_is_clamped_to_the_maximum),
        cmocka_unit_test(set_policy_errors),
        cmocka_unit_test(featuresets),
        cmocka_unit_test(policies_for_the_toolstack),
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
