/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that a script of the configuration's connects (device_world.h): what it is told, what it has to leave in the store, how it
 * fails, is cancelled or takes too long; whoever began gets his end, and nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake/ctrl_loop.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_host_fake.h"
#include "light/device_script.h"

/* --- scripts: each notes how it was called --- */

static const char *calls_path(void)
{
    return path_of("%s/calls", world_folder);
}

/* Of what a script was told since the last time. */
static const char *calls(void)
{
    static char text[2000];
    FILE *f = fopen(calls_path(), "r");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    if (f)
        fclose(f);
    unlink(calls_path());
    return text;
}

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count++;
    return count;
}

/* A shell's script; `up` is what it does when a device comes, `down` when it goes. */
static char *script_write(const char *up, const char *down)
{
    static char path[80];
    FILE *f;

    snprintf(path, sizeof(path), "%s/script", world_folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nput() { tools/xenstore/xenstore-write \"$XENBUS_PATH/$1\" \"$2\"; }\n"
               "echo \"$1 ${2:-}, $XENBUS_TYPE $XENBUS_BASE_PATH $XENBUS_PATH ${vif:-} ${netdev-no} $script.\" >>%s\n"
               "case $1 in\nadd|online) %s ;;\nremove|offline) %s ;;\nesac\n", calls_path(), up, down);
    assert_int_equal(fchmod(fileno(f), 0700), 0);
    fclose(f);
    return path;
}

#define CONNECTS_DISK "put physical-device 7:7; put hotplug-status connected"
#define CONNECTS_NIC "put hotplug-status connected"

static libxl_device_disk disk_by(const char *script)
{
    libxl_device_disk disk = disk_of("a target: of its own", "xvdb", true);

    disk.script = strdup(script);
    return disk;
}

static int setup(void **state)
{
    unlink(calls_path());
    unsetenv("LIBXL_HOTPLUG_TIMEOUT");
    light_script_folder = world_folder;
    light_script_log = "/nowhere/log";
    return guest_setup(state);
}

/* --- what it is told --- */

static void disk_comes_and_goes(void **state)
{
    char *path = script_write(CONNECTS_DISK, "tools/xenstore/xenstore-read $XENBUS_PATH/physical-device");
    libxl_device_disk disk = disk_by("script"), *list; /* in the folder of scripts */
    char back[80];
    int num;

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%u/51728", domid);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_string_equal(calls(), path_of("add , vbd backend backend/vbd/%u/51728  no %s.\n", domid, path));
    expect_node(back, "script", path, 0, domid);
    expect_node(back, "params", "a target: of its own", 0, domid);
    expect_node(back, "physical-device", "7:7", 0, domid);
    assert_false(there(path_of("%s/physical-device-path", back)));
    assert_int_equal(kept_disks(), 1);
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_string_equal(list[0].pdev_path, "a target: of its own");
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &list[0], NULL), 0);
    assert_string_equal(calls(), path_of("remove , vbd backend backend/vbd/%u/51728  no %s.\n", domid, path));
    assert_string_equal(log_text, "");
    libxl_device_disk_list_free(list, num);
    expect_no_disk(51728);
    assert_int_equal(kept_disks(), 0);
    libxl_device_disk_dispose(&disk);
}

static void nic_comes_and_goes(void **state)
{
    char *path = script_write(CONNECTS_NIC, ":");
    libxl_device_nic nic = routed_of("eth9", "10.2.0.2"); /* without the script */

    (void)state;
    nic.script = strdup(path);
    nic.ifname = strdup("eth7");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_string_equal(calls(), path_of("online type_if=vif, vif backend backend/vif/%u/0 vif%u.0 eth9 %s.\n", domid, domid, path));
    assert_string_equal(fake_host_nic, "");
    value_is(path_of("/local/domain/0/backend/vif/%u/0/script", domid), path);
    value_is(path_of("/local/domain/0/backend/vif/%u/0/vifname", domid), "eth7");
    value_is(path_of("/local/domain/0/backend/vif/%u/0/bridge", domid), "xenbr0"); /* as stock's; one that we have routed has none */
    value_is(path_of("/local/domain/0/backend/vif/%u/0/hotplug-status", domid), "connected");
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &nic, NULL), 0);
    assert_string_equal(calls(), path_of("offline type_if=vif, vif backend backend/vif/%u/0 vif%u.0 eth9 %s.\n", domid, domid, path));
    assert_false(there(path_of("/libxl/%u/device/vif/0", domid)));
    assert_string_equal(log_text, "");
    libxl_device_nic_dispose(&nic);
}

/* The distribution's own are what the library does by itself. */
static void own_scripts(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);
    libxl_device_nic nic = nic_of("xenbr0");

    (void)state;
    light_script_folder = "/etc/xen/scripts";
    disk.script = strdup("block");
    nic.script = strdup("vif-bridge");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(fake_host_loops(), 1);
    assert_string_equal(fake_host_nic, path_of("vif%u.0  xenbr0 1500", domid));
    assert_int_equal(libxl_device_disk_remove(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &nic, NULL), 0);
    assert_false(light_script_is_own("/etc/xen/scripts/vif-route", NULL));
    assert_true(light_script_is_routing("/etc/xen/scripts/vif-route", NULL));
    assert_false(light_script_is_routing("/etc/xen/scripts/vif-route", "xenbr0"));
    assert_false(light_script_is_routing("/etc/xen/scripts/vif-bridge", NULL));
    libxl_device_disk_dispose(&disk);
    libxl_device_nic_dispose(&nic);
}

static void whole_domain(void **state)
{
    char *path = script_write("[ $XENBUS_TYPE = vif ] || " CONNECTS_DISK, ":"), kernel[80];
    libxl_domain_config config;
    uint32_t id = 0;
    const char *said;

    (void)state;
    kernel_write(kernel);
    config_of(&config, kernel);
    config.disks[0].script = strdup(path);
    config.nics[1].script = strdup(path);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    said = calls();
    assert_int_equal(count_of(said, "add , vbd"), 1);
    assert_int_equal(count_of(said, "online type_if=vif, vif"), 1);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    said = calls();
    assert_int_equal(count_of(said, "remove , vbd"), 1);
    assert_int_equal(count_of(said, "offline type_if=vif, vif"), 1);
    expect_nothing_of(id);
    libxl_domain_config_dispose(&config);
}

/* --- how it fails --- */

static void attach_fails(void **state)
{
    static const struct {
        const char *up, *said;
    } rows[] = {
        { "echo some; echo the cause >&2; exit 3", "xvdb: connecting it by its script: script %s has failed with exit status 3: the cause\n" },
        { "put hotplug-error 'no luck'; exit 1", "script %s has failed with exit status 1: no luck\n" },
        { "put hotplug-error 'no luck'; put physical-device 7:7", "script %s has failed: no luck\n" },
        { "put hotplug-status error; put physical-device 7:7", "script %s has failed\n" },
        { "exit 0", "script %s has ended without a block device (/local/domain/0/backend/vbd/" },
        { "kill -9 $$", "script %s was ended by a signal, Killed\n" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *path = script_write(rows[i].up, ":"), want[200];
        libxl_device_disk disk = disk_by(path);
        const char *said;

        log_text[0] = '\0';
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
        snprintf(want, sizeof(want), rows[i].said, path);
        if (!strstr(log_text, want))
            fail_msg("%s has not: %s", log_text, want);
        said = calls();
        assert_int_equal(count_of(said, "add ,"), 1);
        assert_int_equal(count_of(said, "remove ,"), 1);
        expect_no_disk(51728);
        assert_int_equal(kept_disks(), 0);
        libxl_device_disk_dispose(&disk);
    }
}

/* What it has written to the log is there to be read. */
static void log_is_named(void **state)
{
    char log[80], up[160];
    libxl_device_disk disk;

    (void)state;
    snprintf(log, sizeof(log), "%s/log", world_folder);
    snprintf(up, sizeof(up), "echo why >>%s; exit 2", log);
    disk = disk_by(script_write(up, ":"));
    light_script_log = log;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, path_of("has failed with exit status 2; see %s\n", log)));
    expect_no_disk(51728);
    libxl_device_disk_dispose(&disk);
}

/* One that does not end is killed with what it has started. */
static void attach_too_long(void **state)
{
    libxl_device_disk disk = disk_by(script_write("mkfifo $0.fifo; exec 3<>$0.fifo; read x <&3 & read x <&3", "rm $0.fifo"));

    (void)state;
    setenv("LIBXL_HOTPLUG_TIMEOUT", "1", 1);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_TIMEDOUT);
    assert_non_null(strstr(log_text, "script has not ended after 1 s, and was killed; LIBXL_HOTPLUG_TIMEOUT=SECONDS gives it more\n"));
    assert_int_equal(count_of(calls(), "remove ,"), 1);
    expect_no_disk(51728);
    expect_no_children();
    libxl_device_disk_dispose(&disk);
}

/* Nothing is begun, so nothing is to end. */
static void not_run(void **state)
{
    libxl_device_disk disk = disk_by("none");

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, "/none cannot be executed: No such file or directory\n"));
    free(disk.script);
    disk.script = strdup(world_folder);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, " cannot be executed: Permission denied\n"));
    free(disk.script);
    disk.script = strdup(script_write(CONNECTS_DISK, ":"));
    setenv("LIBXL_HOTPLUG_TIMEOUT", "soon", 1);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, "LIBXL_HOTPLUG_TIMEOUT=soon is not a number of seconds\n"));
    unsetenv("LIBXL_HOTPLUG_TIMEOUT");
    disk.backend = LIBXL_DISK_BACKEND_QDISK;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, "disk xvdb: a script makes a block device"));
    disk.backend = LIBXL_DISK_BACKEND_UNKNOWN;
    *backend_mode = REFUSES;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "its backend refuses it"));
    assert_string_equal(calls(), "");
    expect_no_disk(51728);
    libxl_device_disk_dispose(&disk);
}

/* A device stays when its script cannot take it away, unless it is taken by force. */
static void detach_fails(void **state)
{
    libxl_device_disk disk = disk_by(script_write(CONNECTS_DISK, "echo it stays; exit 5"));

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "vbd 51728: taking it down by its script: script "));
    assert_non_null(strstr(log_text, "has failed with exit status 5: it stays\n"));
    assert_true(there(path_of("/libxl/%u/device/vbd/51728", domid)));
    log_text[0] = '\0';
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    assert_non_null(strstr(log_text, "has failed with exit status 5: it stays\n"));
    expect_no_disk(51728);
    assert_int_equal(kept_disks(), 0);

    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    unlink(disk.script);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    assert_non_null(strstr(log_text, "cannot be executed: No such file or directory\n"));
    expect_no_disk(51728);
    libxl_device_disk_dispose(&disk);
}

/* Cancelled at each moment: whoever was told to come was told to go. */
static void attach_cancelled(void **state)
{
    libxl_device_disk disk = disk_by(script_write(CONNECTS_DISK, ":"));
    libxl_asyncop_how how = { .u.for_event = 7 };
    unsigned aborted = 0, begun = 0;
    int rc = ERROR_ABORTED;

    (void)state;
    for (unsigned looks = 0; rc; looks++) {
        const char *said;

        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
        rc = cancelled_after(&how, looks, 1);
        aborted += rc != 0;
        if (rc == 0)
            assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
        said = calls();
        assert_true(count_of(said, "add ,") <= count_of(said, "remove ,")); /* it may be killed before it has begun */
        begun += rc && count_of(said, "remove ,");
        expect_no_disk(51728);
        expect_no_children();
        assert_int_equal(kept_disks(), 0);
    }
    assert_true(aborted > 2 && begun > 0);
    libxl_device_disk_dispose(&disk);
}

/* Everything that is asked for fails once, while it comes and while it goes. */
static void faults(void **state)
{
    libxl_device_disk disk = disk_by(script_write(CONNECTS_DISK, ":"));
    unsigned fds;

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    calls();
    fds = open_fds(); /* what is opened for good is */
    for (unsigned run = 0; run < 2 * KINDS; run++) {
        enum what_fails what = run / 2;
        bool coming = run % 2, failed = true;

        for (unsigned nth = 1; failed; nth++) {
            const char *said;
            int rc = coming ? 0 : libxl_device_disk_add(ctx, domid, &disk, NULL);

            assert_int_equal(rc, 0);
            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = coming ? libxl_device_disk_add(ctx, domid, &disk, NULL) : libxl_device_disk_safe_remove(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if ((rc == 0) == coming)
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
            said = calls();
            assert_true(count_of(said, "add ,") <= count_of(said, "remove ,"));
            expect_no_disk(51728);
            assert_int_equal(kept_disks(), 0);
            assert_true(open_fds() <= fds); /* fewer: a connection broke */
        }
    }
    expect_no_children();
    libxl_device_disk_dispose(&disk);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, guest_teardown)
    const struct CMUnitTest tests[] = {
        TEST(disk_comes_and_goes), TEST(nic_comes_and_goes), TEST(own_scripts), TEST(whole_domain), TEST(attach_fails), TEST(log_is_named),
        TEST(attach_too_long), TEST(not_run), TEST(detach_fails), TEST(attach_cancelled), TEST(faults),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
