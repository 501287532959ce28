/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of domains (device_world.h): everything that is asked of kernel, hypervisor, store and memory fails once, everything
 * is cancelled at every moment, device models fail and are cancelled; nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake/ctrl_loop.h"
#include "fault.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_host_fake.h"
#include "light/device_model.h"
#include "light/userdata.h"

/* --- a domain with a device model: a script that says that it runs, and stays --- */

static void model_config(libxl_domain_config *config, const char *script)
{
    char kernel[80], path[80], fifo[90];
    FILE *f;

    kernel_write(kernel);
    config_of(config, kernel);
    snprintf(path, sizeof(path), "%s/model", world_folder);
    snprintf(fifo, sizeof(fifo), "%s.fifo", path);
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fchmod(fileno(f), 0700), 0);
    fclose(f);
    light_model_logs = world_folder;
    config->b_info.device_model = strdup(path);
    config->disks[0].backend = LIBXL_DISK_BACKEND_QDISK;
    config->num_vfbs = config->num_vkbs = 1;
    config->vfbs = calloc(1, sizeof(*config->vfbs));
    config->vkbs = calloc(1, sizeof(*config->vkbs));
    libxl_device_vfb_init(config->vfbs);
    libxl_defbool_set(&config->vfbs->vnc.enable, false); /* it would be asked: test_device_model.c */
    libxl_device_vkb_init(config->vkbs);
}

static const char model_works[] =
    "#!/bin/sh\ntools/xenstore/xenstore-write /local/domain/0/device-model/$2/state running\nexec 3<>$0.fifo\nread x <&3\n";

static void model_comes_and_goes(void **state)
{
    libxl_domain_config config;
    libxl_device_vkb vkb;
    libxl_vkbinfo info;
    uint32_t id = 0;

    (void)state;
    model_config(&config, model_works);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    assert_true(there(path_of("/local/domain/%u/image/device-model-pid", id)));
    value_is(path_of("/local/domain/0/backend/qdisk/%u/51712/params", id), "aio:/block/5");
    value_is(path_of("/local/domain/0/backend/qdisk/%u/51712/type", id), "qdisk");
    assert_false(there(path_of("/local/domain/0/backend/qdisk/%u/51712/script", id)));
    value_is(path_of("/local/domain/0/backend/vfb/%u/0/vnc", id), "0");
    value_is(path_of("/local/domain/0/backend/vkbd/%u/0/state", id), "2");
    assert_int_equal(libxl_devid_to_device_vkb(ctx, id, 0, &vkb), 0);
    assert_int_equal(vkb.backend_type, LIBXL_VKB_BACKEND_QEMU);
    assert_int_equal(libxl_device_vkb_getinfo(ctx, id, &vkb, &info), 0);
    assert_int_equal(info.state, 1);
    libxl_vkbinfo_dispose(&info);
    libxl_device_vkb_dispose(&vkb);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    expect_nothing_of(id);
    assert_false(there(path_of("/local/domain/0/device-model/%u", id)));
    expect_no_children();
    libxl_domain_config_dispose(&config);
}

static void model_fails(void **state)
{
    libxl_domain_config config;
    uint32_t id = 0;

    (void)state;
    model_config(&config, "#!/bin/sh\nexit 3\n");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    expect_said("domain made: starting its device model: it has ended at once");
    assert_int_equal(ctrl_loop_domains(), 1);
    free(config.b_info.device_model);
    config.b_info.device_model = strdup("/nowhere/qemu");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    assert_int_equal(ctrl_loop_domains(), 1);
    expect_no_children();
    assert_int_equal(fake_host_loops(), 0);
    libxl_domain_config_dispose(&config);
}

/* Cancelled after each look at what has happened: no process is left. */
static void model_cancelled(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 9 };
    int rc = ERROR_ABORTED;

    (void)state;
    for (unsigned ms = 0; rc; ms += 4) {
        libxl_domain_config config;
        uint32_t id = 0;

        model_config(&config, model_works);
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, &how, NULL), 0);
        rc = cancelled_after(&how, ms, 1);
        if (rc == 0)
            assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
        assert_int_equal(ctrl_loop_domains(), 1);
        assert_int_equal(fake_host_loops(), 0);
        expect_no_children();
        libxl_domain_config_dispose(&config);
    }
}

/* --- the first device that needs a model starts it --- */

static void keep_guest(const char *script)
{
    libxl_domain_config config;

    model_config(&config, script);
    free(config.c_info.name);
    config.c_info.name = strdup("guest");
    for (int i = 0; i < config.num_disks; i++)
        libxl_device_disk_dispose(&config.disks[i]);
    config.num_disks = config.num_vfbs = config.num_vkbs = 0;
    assert_int_equal(light_config_store(ctx, domid, &config), 0);
    libxl_domain_config_dispose(&config);
}

static libxl_device_disk qdisk_of(const char *vdev)
{
    libxl_device_disk disk = disk_of("/block/5", vdev, true);

    disk.backend = LIBXL_DISK_BACKEND_QDISK;
    return disk;
}

static void expect_model(bool is)
{
    assert_int_equal(there(path_of("/local/domain/%u/image/device-model-pid", domid)), is);
    assert_int_equal(there(path_of("/local/domain/0/device-model/%u", domid)), is);
}

static void first_starts_model(void **state)
{
    libxl_device_disk first = qdisk_of("xvda"), second = qdisk_of("xvdb");
    char *pid, *again;

    (void)state;
    keep_guest(model_works);
    second.readwrite = first.readwrite = 0;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &first, NULL), 0);
    expect_model(true);
    pid = xs_read(xs, XBT_NULL, path_of("/local/domain/%u/image/device-model-pid", domid), NULL);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &second, NULL), 0);
    value_is(path_of("/local/domain/%u/image/device-model-pid", domid), pid);
    assert_int_equal(kept_disks(), 2);

    /* It has ended, and left its nodes. */
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &second, NULL), 0);
    assert_int_equal(kill((pid_t)atol(pid), SIGKILL), 0);
    expect_no_children();
    assert_int_equal(libxl_device_disk_add(ctx, domid, &second, NULL), 0);
    again = xs_read(xs, XBT_NULL, path_of("/local/domain/%u/image/device-model-pid", domid), NULL);
    assert_string_not_equal(pid, again);
    free(pid);
    free(again);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0); /* with it */
    expect_nothing_of(domid);
    expect_model(false);
    expect_no_children();
    domid = domain_new(); /* the teardown's */
    libxl_device_disk_dispose(&first);
    libxl_device_disk_dispose(&second);
}

static void first_does_not(void **state)
{
    libxl_device_disk disk = qdisk_of("xvda");

    (void)state;
    keep_guest("#!/bin/sh\nexit 3\n");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "starting its device model: it has ended at once (status 0x300)"));
    expect_model(false);
    keep_guest("#!/nowhere/sh\n");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "/model cannot be executed: No such file or directory: is qemu-system-xen installed?"));
    keep_guest(model_works);
    *backend_mode = REFUSES; /* it was started for nothing */
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "its backend refuses it"));
    expect_model(false);
    expect_no_children();
    assert_int_equal(kept_disks(), 0);
    assert_int_equal(libxl_device_disk_add(ctx, 99, &disk, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_false(there("/local/domain/99"));
    libxl_device_disk_dispose(&disk);
}

/* Everything that is asked for fails once. */
static void first_faults(void **state)
{
    libxl_device_disk disk = qdisk_of("xvda");

    (void)state;
    keep_guest(model_works);
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth += what == MEMORY ? sweep_step(5) : 1) {
            int rc;

            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_device_disk_add(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc == 0) { /* it stays for the next one, which there is none of */
                char *text = xs_read(xs, XBT_NULL, path_of("/local/domain/%u/image/device-model-pid", domid), NULL);
                pid_t pid = atoi(text);

                free(text);
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
                assert_int_equal(kill(pid, SIGKILL), 0);
                xs_rm(xs, XBT_NULL, path_of("/local/domain/%u/image/device-model-pid", domid));
                xs_rm(xs, XBT_NULL, path_of("/local/domain/0/device-model/%u", domid));
            }
            expect_model(false);
            expect_no_children();
            expect_no_disk(51712);
            assert_int_equal(kept_disks(), 0);
        }
    }
    libxl_device_disk_dispose(&disk);
}

/* Cancelled after each look at what has happened. */
static void first_cancelled(void **state)
{
    libxl_device_disk disk = qdisk_of("xvda");
    libxl_asyncop_how how = { .u.for_event = 9 };
    int rc = ERROR_ABORTED;

    (void)state;
    keep_guest(model_works);
    for (unsigned ms = 0; rc; ms += 2) {
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
        rc = cancelled_after(&how, ms, 1);
        if (rc == 0)
            break;
        expect_model(false);
        expect_no_children();
        expect_no_disk(51712);
    }
    libxl_device_disk_dispose(&disk);
}

/* --- what fails --- */

/* Attaching fails at each point: nothing is left, and why is said. */
static void attach_fails(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);
    unsigned fds;

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    fds = open_fds(); /* what is opened for good is */
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            int rc;

            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_device_disk_add(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            if (rc == 0) {
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
            } else {
                assert_true(log_text[0] || rc == ERROR_NOMEM);
            }
            expect_no_disk(51728);
            assert_int_equal(kept_disks(), 0);
            assert_true(open_fds() <= fds); /* fewer: a connection broke */
        }
    }
    libxl_device_disk_dispose(&disk);
}

/* The same of an interface, for what is its own. */
static void each_fails(libxl_device_nic nic)
{
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            int rc;

            log_text[0] = '\0';
            nic.devid = 3;
            fault_begin(what, nth);
            rc = libxl_device_nic_add(ctx, domid, &nic, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc == 0)
                assert_int_equal(libxl_device_nic_destroy(ctx, domid, &nic, NULL), 0);
            assert_false(there(path_of("/libxl/%u/device/vif/3", domid)));
            assert_false(there(path_of("/local/domain/0/backend/vif/%u/3", domid)));
            assert_false(there(path_of("/local/domain/%u/device/vif/3", domid)));
        }
    }
    libxl_device_nic_dispose(&nic);
}

static void nic_fails(void **state)
{
    (void)state;
    each_fails(nic_of("xenbr0"));
    each_fails(routed_of("eth0", "10.2.0.2 2001:db8::2"));
}

/* Taking away fails at each point: doing it again does the rest. */
static void detach_fails(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);

    (void)state;
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            int rc;

            assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_device_disk_safe_remove(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc)
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
            expect_no_disk(51728);
            assert_int_equal(kept_disks(), 0);
        }
    }
    libxl_device_disk_dispose(&disk);
}

static void create_once(const char *kernel)
{
    libxl_domain_config config;
    uint32_t id = 0;

    config_of(&config, kernel);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    libxl_domain_config_dispose(&config);
}

/* A whole domain with devices: each fault leaves nothing of it. */
static void create_fails(void **state)
{
    char kernel[80];

    (void)state;
    kernel_write(kernel);
    create_once(kernel); /* what the hypervisor keeps for good it has then */
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth += what == MEMORY ? sweep_step(7) : 1) {
            uint64_t free_pages = ctrl_loop_free_pages();
            libxl_domain_config config;
            uint32_t id = 0;
            int rc;

            config_of(&config, kernel);
            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_domain_create_new(ctx, &config, &id, NULL, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc == 0) {
                assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
                expect_nothing_of(id);
            }
            assert_int_equal(ctrl_loop_domains(), 1);
            assert_int_equal(ctrl_loop_free_pages(), free_pages);
            assert_int_equal(fake_host_loops(), 0);
            libxl_domain_config_dispose(&config);
        }
    }
}

/* --- what is cancelled: after each look at what has happened --- */

static void attach_cancelled(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);
    libxl_asyncop_how how = { .u.for_event = 7 };
    int rc = ERROR_ABORTED;
    unsigned aborted = 0;

    (void)state;
    for (unsigned looks = 0; rc; looks++) {
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
        rc = cancelled_after(&how, looks, 0);
        aborted += rc != 0;
        if (rc == 0)
            assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
        expect_no_disk(51728);
        assert_int_equal(kept_disks(), 0);
    }
    assert_true(aborted > 2);
    libxl_device_disk_dispose(&disk);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, guest_setup, guest_teardown)
    const struct CMUnitTest tests[] = {
        TEST(model_comes_and_goes), TEST(model_fails), TEST(model_cancelled), TEST(first_starts_model), TEST(first_does_not),
        TEST(first_faults), TEST(first_cancelled), TEST(nic_fails), TEST(attach_fails),
        TEST(detach_fails), TEST(create_fails), TEST(attach_cancelled),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
