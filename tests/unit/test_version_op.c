/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "errno.h"
#include "hv.h"
#include "public/version.h"

static int64_t version(struct domain *d, unsigned cmd, uint64_t arg)
{
    return call(d, __HYPERVISOR_xen_version, cmd, arg, 0);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(version(d1, XENVER_version, BAD), 0x40011);
    assert_int_equal(version(d1, XENVER_pagesize, 0), 4096);
    assert_int_equal(version(d1, XENVER_pagesize, ARG), -EINVAL);
    assert_int_equal(version(d1, XENVER_build_id, 0), -ENODATA);
    assert_int_equal(version(d1, 11, ARG), -ENOSYS);
    assert_int_equal(version(d1, 0xffffffff, ARG), -ENOSYS);
}

static void test_strings(void **state)
{
    char *s = guest(d0, ARG);

    (void)state;
    memset(s, 'x', PAGE_SIZE);
    assert_int_equal(version(d0, XENVER_extraversion, ARG), 0);
    assert_string_equal(s, ".0-xenolith");
    assert_int_equal(s[15], 0);
    assert_int_equal(s[16], 'x');
    assert_int_equal(version(d0, XENVER_capabilities, ARG), 0);
    assert_string_equal(s, "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ");
    assert_int_equal(s[1023], 0);
    assert_int_equal(s[1024], 'x');
    assert_int_equal(version(d0, XENVER_changeset, ARG), 0);
    assert_string_equal(s, "unavailable");
    assert_int_equal(version(d0, XENVER_compile_info, ARG), 0);
    assert_string_equal(((struct xen_compile_info *)s)->compile_by, "xenolith");
    assert_int_equal(version(d0, XENVER_extraversion, BAD), -EFAULT);
}

static void test_command_line_is_dom0s(void **state)
{
    (void)state;
    strcpy(host.cmdline, "dom0_mem=1G secret");
    assert_int_equal(version(d0, XENVER_commandline, ARG), 0);
    assert_string_equal(guest(d0, ARG), "dom0_mem=1G secret");
    assert_int_equal(version(d1, XENVER_commandline, ARG), 0);
    assert_string_equal(guest(d1, ARG), "<denied>");
}

static void test_long_command_line_is_cut(void **state)
{
    char *s = guest(d0, ARG);

    (void)state;
    memset(host.cmdline, 'a', sizeof(host.cmdline) - 1);
    host.cmdline[sizeof(host.cmdline) - 1] = 0;
    memset(s, 'x', PAGE_SIZE);
    assert_int_equal(version(d0, XENVER_commandline, ARG), 0);
    assert_int_equal(strlen(s), 1023);
    assert_int_equal(s[1024], 'x');
}

static uint32_t features(struct domain *d)
{
    struct xen_feature_info *f = guest(d, ARG);

    *f = (struct xen_feature_info){.submap_idx = 0};
    assert_int_equal(version(d, XENVER_get_features, ARG), 0);
    return f->submap;
}

static void test_features(void **state)
{
    struct xen_feature_info *f = guest(d0, ARG);

    (void)state;
    assert_int_equal(features(d0), 1u << 0 | 1u << 2 | 1u << 8 | 1u << 9 | 1u << 11 | 1u << 13 | 1u << 17);
    assert_int_equal(features(d1), 1u << 0 | 1u << 2 | 1u << 8 | 1u << 9 | 1u << 13 | 1u << 16);
    f->submap_idx = 1;
    assert_int_equal(version(d0, XENVER_get_features, ARG), -EINVAL);
}

static void test_platform_parameters(void **state)
{
    uint32_t *narrow = guest(d1, ARG);

    (void)state;
    assert_int_equal(version(d1, XENVER_platform_parameters, ARG), 0);
    assert_true(*(uint64_t *)guest(d1, ARG) == 0xffff800000000000);
    narrow[1] = 0x77;
    assert_int_equal(call32(d1, __HYPERVISOR_xen_version, XENVER_platform_parameters, ARG, 0), 0);
    assert_int_equal(narrow[0], 0);
    assert_int_equal(narrow[1], 0x77);
}

static void test_guest_handle(void **state)
{
    (void)state;
    memcpy(d1->config.handle, "0123456789abcdef", 16);
    assert_int_equal(version(d1, XENVER_guest_handle, ARG), 0);
    assert_memory_equal(guest(d1, ARG), "0123456789abcdef", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        abi_test(test_numbers),           abi_test(test_strings),
        abi_test(test_command_line_is_dom0s), abi_test(test_long_command_line_is_cut),
        abi_test(test_features),          abi_test(test_platform_parameters),
        abi_test(test_guest_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
