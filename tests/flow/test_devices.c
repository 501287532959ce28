/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of domains: attached, listed, taken away, refused; with a new domain and with one that is there (device_world.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/ctrl_loop.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_host_fake.h"

/* --- a disk --- */

static void disk_comes_and_goes(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true), *list, found;
    char back[80], front[80];
    libxl_diskinfo info;
    int num;

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%u/51728", domid);
    snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/51728", domid);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    expect_node(back, "params", image, 0, domid);
    expect_node(back, "frontend", front, 0, domid);
    expect_node(back, "node", "/dev/loop0", 0, domid);
    expect_node(back, "physical-device", "7:0", 0, domid);
    expect_node(back, "physical-device-path", "/dev/loop0", 0, domid);
    expect_node(back, "hotplug-status", "connected", 0, domid);
    expect_node(back, "mode", "w", 0, domid);
    expect_node(back, "discard-enable", "1", 0, domid);
    expect_node(front, "backend", back, domid, 0);
    expect_node(front, "virtual-device", "51728", domid, 0);
    expect_node(front, "state", "1", domid, 0);
    value_is(path_of("/libxl/%u/device/vbd/51728/params", domid), image);
    assert_int_equal(kept_disks(), 1);
    assert_int_equal(fake_host_loops(), 1);

    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_string_equal(list[0].vdev, "xvdb");
    assert_string_equal(list[0].pdev_path, image);
    assert_int_equal(list[0].readwrite, 1);
    assert_int_equal(list[0].backend, LIBXL_DISK_BACKEND_PHY);
    assert_int_equal(libxl_device_disk_getinfo(ctx, domid, &list[0], &info), 0);
    assert_int_equal(info.devid, 51728);
    assert_int_equal(info.state, 1);
    assert_int_equal(info.evtch, -1);
    assert_string_equal(info.backend, back);
    libxl_diskinfo_dispose(&info);
    libxl_device_disk_list_free(list, num);

    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), 0);
    expect_no_disk(51728);
    assert_int_equal(kept_disks(), 0);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), ERROR_NOTFOUND);
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "xvdb", &found), ERROR_NOTFOUND);
    libxl_device_disk_dispose(&disk);
}

/* Two of a domain's at once, by name. */
static void two_disks(void **state)
{
    libxl_device_disk block = disk_of("/block/3", "xvda", true), file = disk_of(image, "hda", false), found;

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &block, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &file, NULL), 0);
    value_is(path_of("/local/domain/0/backend/vbd/%u/51712/physical-device", domid), "ca:3");
    assert_false(there(path_of("/local/domain/0/backend/vbd/%u/51712/node", domid)));
    value_is(path_of("/local/domain/0/backend/vbd/%u/768/mode", domid), "r");
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "hda", &found), 0);
    assert_string_equal(found.pdev_path, image);
    libxl_device_disk_dispose(&found);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &file, NULL), ERROR_DEVICE_EXISTS);
    expect_said("disk hda: writing its nodes: the domain has it already");
    assert_int_equal(kept_disks(), 2);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &block, NULL), 0);
    assert_int_equal(kept_disks(), 1);
    libxl_device_disk_dispose(&block);
    libxl_device_disk_dispose(&file);
}

static void refused_disks(void **state)
{
    static const struct {
        const char *path, *vdev;
        int format, backend, rc;
        const char *said;
    } rows[] = {
        { "/nowhere", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_FAIL, "/nowhere: No such file" },
        { "/tmp", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "/tmp is neither" },
        { "/block/99", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_FAIL, "is it mounted?" },
        { "/block/1", "disk1", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "no name of a disk" },
        { "", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "target=" },
        { "/block/1", "xvda", LIBXL_DISK_FORMAT_RAW, LIBXL_DISK_BACKEND_TAP, ERROR_NI, "backendtype=tap" },
        { "/block/1", "xvda", LIBXL_DISK_FORMAT_UNKNOWN, LIBXL_DISK_BACKEND_QDISK, ERROR_INVAL, "no such format" },
        { "/nowhere", "xvda", LIBXL_DISK_FORMAT_QCOW2, 0, ERROR_FAIL, "/nowhere: No such file" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_device_disk disk = disk_of(rows[i].path, rows[i].vdev, true);

        disk.format = (libxl_disk_format)rows[i].format;
        disk.backend = (libxl_disk_backend)rows[i].backend;
        log_text[0] = '\0';
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), rows[i].rc);
        expect_said(rows[i].said);
        expect_no_disk(51712);
        libxl_device_disk_dispose(&disk);
    }
}

/* No two write one disk, whoever attached the first. */
static void shared_disks(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true), reads = disk_of(image, "xvdb", false);

    (void)state;
    assert_true(xs_write(xs, XBT_NULL, "/local/domain/0/backend/qdisk/77/51712/params", path_of("aio:%s", image),
                         (unsigned)strlen(image) + 4));
    assert_true(xs_write(xs, XBT_NULL, "/local/domain/0/backend/qdisk/77/51712/mode", "r", 1));
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    expect_said("in use by a guest already (/local/domain/0/backend/qdisk/77/51712)");
    expect_no_disk(51712);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &reads, NULL), 0);
    assert_true(xs_rm(xs, XBT_NULL, "/local/domain/0/backend/qdisk"));
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    libxl_device_disk_dispose(&disk);
    libxl_device_disk_dispose(&reads);
}

static void backend_refuses(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true);

    (void)state;
    *backend_mode = REFUSES;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    expect_said("disk xvda: waiting for its backend: its backend refuses it");
    expect_no_disk(51712);
    assert_int_equal(kept_disks(), 0);
    libxl_device_disk_dispose(&disk);
}

/* A guest that does not let go of a disk keeps it, unless it is taken by force. */
static void guest_keeps_it(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true);
    char back[80];

    (void)state;
    *backend_mode = KEEPS;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%u/51712/state", domid);
    assert_true(xs_write(xs, XBT_NULL, back, "4", 1));
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), ERROR_TIMEDOUT);
    expect_said("vbd 51712: waiting for its end: after 10 s the guest still has it");
    assert_true(there(path_of("/local/domain/%u/device/vbd/51712", domid)));
    assert_int_equal(kept_disks(), 1);
    assert_int_equal(fake_host_loops(), 1);
    *backend_mode = WORKS;
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    expect_no_disk(51712);
    assert_int_equal(kept_disks(), 0);
    libxl_device_disk_dispose(&disk);
}

static void no_such_domain(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true);

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, 99, &disk, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_false(there("/local/domain/99"));
    assert_false(there("/libxl/99"));
    libxl_device_disk_dispose(&disk);
}

/* --- an interface --- */

static void nic_comes_and_goes(void **state)
{
    libxl_device_nic nic = nic_of("xenbr0"), found, *list;
    char back[80], front[80], mac[18];
    libxl_nicinfo info;
    int num;

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vif/%u/0", domid);
    snprintf(front, sizeof(front), "/local/domain/%u/device/vif/0", domid);
    nic.ifname = strdup("eth7");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 0); /* what was chosen is told */
    assert_memory_equal(nic.mac, "\x00\x16\x3e", 3);
    snprintf(mac, sizeof(mac), LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nic.mac));
    assert_string_equal(fake_host_nic, path_of("vif%u.0 eth7 xenbr0 1500", domid));
    expect_node(back, "mac", mac, 0, domid);
    expect_node(back, "bridge", "xenbr0", 0, domid);
    expect_node(back, "vifname", "eth7", 0, domid);
    expect_node(back, "script", "/etc/xen/scripts/vif-bridge", 0, domid);
    expect_node(back, "hotplug-status", "connected", 0, domid);
    expect_node(front, "mac", mac, domid, 0);
    expect_node(front, "mtu", "1500", 0, domid);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, mac, &found), 0);
    assert_int_equal(found.devid, 0);
    assert_string_equal(found.bridge, "xenbr0");
    libxl_device_nic_dispose(&found);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "00:16:3e:ff:ff:ff", &found), ERROR_NOTFOUND);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "no", &found), ERROR_INVAL);
    assert_int_equal(libxl_devid_to_device_nic(ctx, domid, 1, &found), ERROR_NOTFOUND);

    libxl_device_nic_dispose(&nic);
    nic = nic_of("xenbr0");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 1);
    list = libxl_device_nic_list(ctx, domid, &num);
    assert_int_equal(num, 2);
    assert_int_equal(libxl_device_nic_getinfo(ctx, domid, &list[1], &info), 0);
    assert_int_equal(info.devid, 1);
    assert_int_equal(info.rref_tx, -1);
    libxl_nicinfo_dispose(&info);
    libxl_device_nic_list_free(list, num);
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &nic, NULL), 0);
    assert_false(there(path_of("/local/domain/0/backend/vif/%u/1", domid)));
    libxl_device_nic_dispose(&nic);
}

/* A reboot is an end and a new domain by what is kept of the first; what was attached meanwhile can be taken away from that. */
static void nic_after_reboot(void **state)
{
    libxl_device_nic nic = nic_of("xenbr0"), found, *list;
    libxl_domain_config config, again;
    char kernel[80];
    uint32_t id = 0;
    int num;

    (void)state;
    kernel_write(kernel);
    config_plain(&config, kernel);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    memcpy(nic.mac, "\x00\x16\x3e\0\0\x05", 6);
    assert_int_equal(libxl_device_nic_add(ctx, id, &nic, NULL), 0);
    libxl_domain_config_init(&again);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, id, &again, NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    assert_int_equal(libxl_domain_create_new(ctx, &again, &id, NULL, NULL), 0);
    assert_int_equal(libxl_mac_to_device_nic(ctx, id, "00:16:3e:00:00:05", &found), 0);
    assert_int_equal(libxl_device_nic_remove(ctx, id, &found, NULL), 0);
    list = libxl_device_nic_list(ctx, id, &num);
    assert_int_equal(num, 0);
    libxl_device_nic_list_free(list, num);
    assert_false(there(path_of("/local/domain/0/backend/vif/%u/0", id)));
    libxl_domain_config_dispose(&again);
    libxl_domain_config_init(&again);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, id, &again, NULL), 0);
    assert_int_equal(again.num_nics, 0);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    libxl_device_nic_dispose(&found);
    libxl_device_nic_dispose(&nic);
    libxl_domain_config_dispose(&again);
    libxl_domain_config_dispose(&config);
}

static void refused_others(void **state)
{
    libxl_device_vkb vkb;

    (void)state;
    libxl_device_vkb_init(&vkb);
    vkb.backend_type = LIBXL_VKB_BACKEND_LINUX;
    assert_int_equal(libxl_device_vkb_add(ctx, domid, &vkb, NULL), ERROR_INVAL);
    expect_said("unique-id=");
    vkb.unique_id = strdup("x");
    vkb.feature_multi_touch = true;
    vkb.width = 640;
    assert_int_equal(libxl_device_vkb_add(ctx, domid, &vkb, NULL), 0);
    value_is(path_of("/local/domain/0/backend/vinput/%u/0/unique-id", domid), "x");
    value_is(path_of("/local/domain/0/backend/vinput/%u/0/width", domid), "640");
    assert_int_equal(libxl_device_vkb_destroy(ctx, domid, &vkb, NULL), 0);
    assert_false(there(path_of("/libxl/%u/device/vkbd/0", domid)));
    libxl_device_vkb_dispose(&vkb);
}

/* One with a way to go, and neither a bridge nor a script. */
static void routed_comes_and_goes(void **state)
{
    libxl_device_nic nic = routed_of("eth0", " 10.2.0.2  2001:db8::2 10.3.0.0/24"), found;
    char back[80];

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vif/%u/0", domid);
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_string_equal(fake_host_nic, path_of("vif%u.0  192.0.2.1 1500 10.2.0.2 2001:db8::2 10.3.0.0/24", domid));
    assert_null(nic.bridge);
    expect_node(back, "script", "/etc/xen/scripts/vif-route", 0, domid); /* which stock's takes it away by */
    expect_node(back, "gatewaydev", "eth0", 0, domid);
    expect_node(back, "hotplug-status", "connected", 0, domid);
    assert_false(there(path_of("%s/bridge", back)));
    assert_int_equal(libxl_devid_to_device_nic(ctx, domid, 0, &found), 0);
    assert_null(found.script); /* else it would be one that is named */
    assert_string_equal(found.gatewaydev, "eth0");
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &found, NULL), 0);
    assert_string_equal(fake_host_nic_down, path_of("vif%u.0 of %u 0", domid, domid));
    assert_false(there(back));
    libxl_device_nic_dispose(&nic);

    libxl_device_nic_init(&nic); /* as it was told */
    libxl_device_nic_copy(ctx, &nic, &found);
    nic.ifname = strdup("eth7");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_string_equal(fake_host_nic, path_of("vif%u.0 eth7 192.0.2.1 1500 10.2.0.2 2001:db8::2 10.3.0.0/24", domid));
    assert_int_equal(libxl_device_nic_destroy(ctx, domid, &nic, NULL), 0);
    assert_string_equal(fake_host_nic_down, path_of("eth7 of %u 0", domid));
    assert_string_equal(log_text, "");
    libxl_device_nic_dispose(&found);
    libxl_device_nic_dispose(&nic);
}

/* What is routed, and what is not. */
static void routed_or_not(void **state)
{
    static const struct {
        const char *bridge, *gateway, *ip, *host;
    } rows[] = {
        { NULL, "eth0", NULL, "vif%u.0  192.0.2.1 1500" },
        { NULL, "noaddr", "2001:db8::2", "vif%u.0  0.0.0.0 1500 2001:db8::2" },
        { "br7", "eth0", NULL, "vif%u.0  br7 1500" },
        { NULL, "", NULL, "vif%u.0  xenbr0 1500" },
        { NULL, NULL, NULL, "vif%u.0  xenbr0 1500" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool routed = strstr(rows[i].host, ".0.") != NULL;
        libxl_device_nic nic;
        char host[80];

        libxl_device_nic_init(&nic);
        nic.bridge = rows[i].bridge ? strdup(rows[i].bridge) : NULL;
        nic.gatewaydev = rows[i].gateway ? strdup(rows[i].gateway) : NULL;
        nic.ip = rows[i].ip ? strdup(rows[i].ip) : NULL;
        fake_host_nic_down[0] = '\0';
        assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
        snprintf(host, sizeof(host), rows[i].host, domid);
        assert_string_equal(fake_host_nic, host);
        value_is(path_of("/local/domain/0/backend/vif/%u/0/script", domid), path_of("/etc/xen/scripts/vif-%s", routed ? "route" : "bridge"));
        assert_int_equal(libxl_device_nic_destroy(ctx, domid, &nic, NULL), 0);
        assert_int_equal(fake_host_nic_down[0] != '\0', routed);
        libxl_device_nic_dispose(&nic);
    }
}

static void refused_routed(void **state)
{
    static const struct {
        const char *gateway, *ip, *said;
        bool begun;
    } rows[] = {
        { "nodev", "10.2.0.2", "vif: looking at what it is made of: gatewaydev=nodev: this host has no such interface; `ip link' says", false },
        { "noaddr", "2001:db8::2 10.2.0.2", "gatewaydev=noaddr has no IPv4 address that the guest could reach this host by; `ip addr add ", false },
        { "noaddr", "", "gatewaydev=noaddr has no IPv4 address", false },
        { "eth0", "10.2.0.2 junk", "ip=junk: that is no address such as 10.0.0.2 or ", false },
        { "eth0", "10.6.6.6", "0: there is a route to 10.6.6.6 already, for another guest or twice in ip=; `ip route' ", true },
        { "eth0", "10.6.6.7", "0, gatewaydev eth0: what fails to 10.6.6.7: Network is down", true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_device_nic nic = routed_of(rows[i].gateway, rows[i].ip);

        fake_host_nic_down[0] = '\0';
        assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), rows[i].begun ? ERROR_FAIL : ERROR_INVAL);
        expect_said(rows[i].said);
        assert_int_equal(fake_host_nic_down[0] != '\0', rows[i].begun);
        assert_false(there(path_of("/libxl/%u/device/vif/0", domid)));
        assert_false(there(path_of("/local/domain/0/backend/vif/%u/0", domid)));
        libxl_device_nic_dispose(&nic);
    }
}

static void refused_nics(void **state)
{
    libxl_device_nic nic = nic_of("nobr");

    (void)state;
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_FAIL);
    expect_said("bridge nobr: what fails: No such device");
    assert_false(there(path_of("/libxl/%u/device/vif/0", domid)));
    nic.ifname = strdup("a-name-that-is-too-long");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_INVAL);
    nic.nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_INVAL);
    libxl_device_nic_dispose(&nic);
}

/* --- a whole domain --- */

/* Observed with stock's: what it decides itself is not in it, but for these. */
static void kept_as_stock_keeps_it(uint32_t id)
{
    libxl_domain_config config;

    assert_int_equal(libxl_retrieve_domain_configuration(ctx, id, &config, NULL), 0);
    assert_int_equal(config.c_info.domid, UINT32_MAX);
    assert_int_equal(config.b_info.video_memkb, 0);
    assert_int_equal(config.b_info.shadow_memkb, LIBXL_MEMKB_DEFAULT);
    assert_int_equal(config.b_info.iommu_memkb, LIBXL_MEMKB_DEFAULT);
    assert_true(!libxl_defbool_is_default(config.b_info.arch_x86.msr_relaxed));
    libxl_domain_config_dispose(&config);
}

static void created(void **state)
{
    libxl_domain_config config;
    char kernel[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_of(&config, kernel);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    value_is(path_of("/local/domain/0/backend/vbd/%u/51712/hotplug-status", id), "connected");
    value_is(path_of("/local/domain/0/backend/vbd/%u/51728/hotplug-status", id), "connected");
    value_is(path_of("/local/domain/0/backend/vif/%u/1/hotplug-status", id), "connected");
    assert_int_equal(config.nics[1].devid, 1);
    assert_int_equal(fake_host_loops(), 1);
    kept_as_stock_keeps_it(id);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    expect_nothing_of(id);
    libxl_domain_config_dispose(&config);
}

/* The store's log of requests: how many are of the first connection after the test's own, which has begun it. */
static unsigned requests_in(const char *path)
{
    unsigned count = 0, socket, first = 0;
    char line[300], type[40];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "socket %u %39s", &socket, type) != 2 || !strcmp(type, "CONTROL"))
            continue;
        if (!first)
            first = socket;
        count += socket == first;
    }
    fclose(f);
    return count;
}

static void control(const char *command, const char *argument)
{
    char text[120], *answer;

    strcpy(text, argument);
    answer = xs_control_command(xs, command, text, (unsigned)strlen(text) + 1);
    assert_non_null(answer);
    free(answer);
}

/* A node is the guest's own, or dom0's and he reads it. */
static void node_is_his(const char *format, uint32_t id, bool his)
{
    char path[120];
    unsigned n;
    struct xs_permissions *perms;

    snprintf(path, sizeof(path), format, id);
    perms = xs_get_permissions(xs, XBT_NULL, path, &n);

    assert_non_null(perms);
    assert_int_equal(n, his ? 1 : 2);
    assert_int_equal(perms[0].id, his ? id : 0);
    assert_int_equal(perms[0].perms, XS_PERM_NONE);
    if (!his) {
        assert_int_equal(perms[1].id, id);
        assert_int_equal(perms[1].perms, XS_PERM_READ);
    }
    free(perms);
}

/* A guest without devices: what is asked of the store, and whose its nodes are. */
static void few_requests(void **state)
{
    static const struct {
        const char *path;
        bool his;
    } rows[] = {
        { "/local/domain/%u", false }, { "/local/domain/%u/name", false }, { "/local/domain/%u/data", true },
        { "/local/domain/%u/error", true }, { "/local/domain/%u/control", false },
        { "/local/domain/%u/control/shutdown", true }, { "/local/domain/%u/control/sysrq", true },
        { "/local/domain/%u/control/platform-feature-xs_reset_watches", false },
        { "/local/domain/%u/device", false }, { "/local/domain/%u/device/suspend/event-channel", true },
        { "/local/domain/%u/console/port", false }, { "/local/domain/%u/memory/target", false },
        { "/local/domain/0/backend/console/%u/0/state", false },
    };
    libxl_domain_config config;
    char kernel[80], trace[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_plain(&config, kernel);
    snprintf(trace, sizeof(trace), "%s/trace", world_folder);
    control("logfile", trace);
    control("log", "on");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    control("log", "off");
    assert_in_range(requests_in(trace), 50, 61); /* 60, and the other domain's name */
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        node_is_his(rows[i].path, id, rows[i].his);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    libxl_domain_config_dispose(&config);
}

/* One device fails, and with it the others and the domain. */
static void not_created(void **state)
{
    libxl_domain_config config;
    char kernel[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_of(&config, kernel);
    free(config.nics[1].bridge);
    config.nics[1].bridge = strdup("nobr");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    expect_said("vif 1: connecting it: interface");
    expect_nothing_of(domid + 1);
    assert_int_equal(ctrl_loop_domains(), 1);
    free(config.disks[1].vdev);
    config.disks[1].vdev = strdup("xvda");
    log_text[0] = '\0';
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_INVAL);
    expect_said("domain made: checking its configuration: disk xvda: there are two of them");
    libxl_domain_config_dispose(&config);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, guest_setup, guest_teardown)
    const struct CMUnitTest tests[] = {
        TEST(disk_comes_and_goes), TEST(two_disks), TEST(refused_disks), TEST(shared_disks), TEST(backend_refuses),
        TEST(no_such_domain), TEST(nic_comes_and_goes), TEST(refused_nics), TEST(nic_after_reboot), TEST(refused_others), TEST(created),
        TEST(routed_comes_and_goes), TEST(routed_or_not), TEST(refused_routed), TEST(few_requests), TEST(not_created), TEST(guest_keeps_it),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
