/* SPDX-License-Identifier: GPL-2.0-only */
/* platform_op, physdev_op and debug keys. */
#include "abi_fixture.h"

#include "console.h"
#include "errno.h"
#include "hv.h"
#include "public/physdev.h"
#include "public/platform.h"

static int64_t platform(struct domain *d)
{
    return call(d, __HYPERVISOR_platform_op, ARG, 0, 0);
}

static struct platform_op_settime64 *settime(struct domain *d, uint64_t secs, uint32_t nsecs, uint64_t at)
{
    struct platform_op_settime64 *a = guest(d, ARG);

    *a = (struct platform_op_settime64){.cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION,
                                        .secs = secs, .nsecs = nsecs, .system_time = at};
    return a;
}

static void test_platform_gate(void **state)
{
    (void)state;
    settime(d1, 1000, 0, 0);
    assert_int_equal(platform(d1), -EPERM);
    settime(d0, 1000, 0, 0)->interface_version = 1;
    assert_int_equal(platform(d0), -EACCES);
    settime(d0, 1000, 0, 0)->cmd = 999;
    assert_int_equal(platform(d0), -ENOSYS);
    settime(d0, 1000, 0, 0)->cmd = XENPF_get_dom0_console;
    assert_int_equal(platform(d0), -ENOSYS);
    assert_int_equal(call(d0, __HYPERVISOR_platform_op, BAD, 0, 0), -EFAULT);
}

static void test_settime(void **state)
{
    unsigned updates = fake.wallclock_updates;

    (void)state;
    settime(d0, 1700000000, 600000000, 20000000000);
    assert_int_equal(platform(d0), 0);
    assert_true(host.wallclock_boot == 1699999981); /* rounded to the second */
    assert_int_equal(fake.wallclock_updates, updates + 2);
    settime(d0, 1700000000, 0, 0)->mbz = 1;
    assert_int_equal(platform(d0), -EINVAL);
    settime(d0, 1700000000, 1000000000, 0);
    assert_int_equal(platform(d0), -EINVAL);
    settime(d0, ~0ULL, 0, 0);
    assert_int_equal(platform(d0), -EINVAL);
    settime(d0, 1, 0, ~0ULL);
    assert_int_equal(platform(d0), -EINVAL);
}

static void test_cpuinfo(void **state)
{
    struct platform_op_pcpuinfo *a = guest(d0, ARG);

    (void)state;
    host.apic_ids[1] = 0x21;
    *a = (struct platform_op_pcpuinfo){.cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION,
                                       .xen_cpuid = 1};
    assert_int_equal(platform(d0), 0);
    assert_int_equal(a->apic_id, 0x21);
    assert_int_equal(a->flags, XEN_PCPU_FLAGS_ONLINE);
    assert_int_equal(a->max_present, FAKE_CPUS - 1);
    a->xen_cpuid = FAKE_CPUS;
    assert_int_equal(platform(d0), 0);
    assert_int_equal(a->flags, XEN_PCPU_FLAGS_INVALID);
}

static void test_physdev_refuses(void **state)
{
    (void)state;
    for (unsigned cmd = 0; cmd < 40; cmd++) {
        if (cmd != PHYSDEVOP_pci_device_add && cmd != PHYSDEVOP_pci_device_remove)
            assert_int_equal(call(d0, __HYPERVISOR_physdev_op, cmd, ARG, 0), -ENOSYS);
    }
}

/* A bus with one device: 01:02.3. */
static uint64_t one_device(uint16_t port, unsigned size)
{
    (void)port;
    return fake.port_data == 0x80011300 && size == 4 ? 0x10001af4 : ~0ULL >> (64 - 8 * size);
}

static void write_ports(uint16_t port, unsigned size, uint64_t value)
{
    (void)port;
    (void)size;
    fake.port_data = value;
}

static int64_t device(struct domain *d, unsigned cmd, struct physdev_pci_device_add a)
{
    memcpy(guest(d, ARG), &a, sizeof(a)); /* the other structure is its beginning */
    return call(d, __HYPERVISOR_physdev_op, cmd, ARG, 0);
}

static void test_physdev_devices(void **state)
{
    const struct physdev_pci_device_add there = { .bus = 1, .devfn = 0x13, .flags = XEN_PCI_DEV_EXTFN };
    struct physdev_pci_device_add other = there;

    (void)state;
    fake.port_read = one_device;
    fake.port_write = write_ports;
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_remove, there), -ENODEV); /* not known yet */
    fake_fail_alloc_after(0);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, there), -ENODEV);
    fake_fail_alloc_after(-1);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, there), 0);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, there), 0);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_remove, there), 0);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_remove, there), -ENODEV);
    assert_int_equal(device(d1, PHYSDEVOP_pci_device_add, there), -EPERM);
    assert_int_equal(device(d1, PHYSDEVOP_pci_device_remove, there), -EPERM);
    other.devfn = 0x12;
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, other), -ENODEV);
    other = there;
    other.seg = 1;
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, other), -ENODEV);
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_remove, other), -ENODEV);
    other = there;
    other.flags = XEN_PCI_DEV_VIRTFN;
    assert_int_equal(device(d0, PHYSDEVOP_pci_device_add, other), -EOPNOTSUPP);
    assert_int_equal(call(d0, __HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add, BAD, 0), -EFAULT);
}

static void reboot_key(void *arg)
{
    (void)arg;
    debug_key('R');
}

static void test_reboot_key(void **state)
{
    (void)state;
    assert_true(fake_expect_panic(reboot_key, NULL));
    assert_int_equal(fake.host_shutdowns, 1);
    assert_true(fake.host_reboot);
}

static void test_other_keys_return(void **state)
{
    uint32_t refs = d1->refs;

    (void)state;
    for (const char *k = "*h0degmqrxyz"; *k; k++)
        debug_key(*k);
    assert_int_equal(d1->refs, refs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        abi_test(test_platform_gate), abi_test(test_settime),    abi_test(test_cpuinfo),
        abi_test(test_physdev_refuses), abi_test(test_physdev_devices), abi_test(test_reboot_key), abi_test(test_other_keys_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
