/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain whose boot loader is shown on its console: when that is told, what the store says then and afterwards, and that nothing
 * is left when it fails or is given up, or a request or an allocation fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake/ctrl_loop.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_host_fake.h"

static libxl_domain_config config;
static char kernel[80], script[80];
static uint32_t made;
static char watched[60];

/* $answer is where its answer goes. */
static void write_script(const char *text)
{
    FILE *f = fopen(script, "w");

    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nfor a; do case $a in --output=*) answer=${a#*=} ;; esac; done\n%s\n", text);
    assert_int_equal(fchmod(fileno(f), 0755), 0);
    fclose(f);
}

static int setup(void **state)
{
    int rc = machine_setup(state);
    FILE *f;

    fake_host_reset();
    snprintf(image, sizeof(image), "%s/image", world_folder);
    f = fopen(image, "w");
    assert_non_null(f);
    fclose(f);
    snprintf(script, sizeof(script), "%s/boot-loader", world_folder);
    kernel_write(kernel);
    config_bootloader(&config, kernel, script);
    *backend_mode = WORKS;
    made = 0;
    return rc;
}

/* Of its console's terminal, since it was told. */
static unsigned changes(void)
{
    unsigned n = 0;
    char **event;

    free(xs_read(xs, XBT_NULL, "/", NULL)); /* what happened before comes before its answer */
    while ((event = xs_check_watch(xs))) {
        n++;
        free(event);
    }
    if (watched[0])
        xs_unwatch(xs, watched, "tty");
    watched[0] = '\0';
    return n;
}

static int teardown(void **state)
{
    changes();
    libxl_domain_config_dispose(&config);
    return machine_teardown(state);
}

/* --- it is shown --- */

static unsigned told;

/* The console is there: its terminal is the boot loader's, which waits for an answer. */
static void console_told(libxl_ctx *c, libxl_event *event, void *arg)
{
    char *tty = NULL, name[60];
    int fd;

    told++;
    assert_int_equal(libxl_primary_console_get_tty(c, event->domid, &tty), 0);
    fd = open(tty, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    if (arg)
        assert_int_equal(write(fd, arg, strlen(arg)), (int)strlen(arg));
    close(fd);
    snprintf(name, sizeof(name), "/local/domain/%u/name", event->domid);
    value_is(name, "made");
    snprintf(name, sizeof(name), "/local/domain/%u/console/ring-ref", event->domid);
    assert_false(there(name));
    snprintf(watched, sizeof(watched), "/local/domain/%u/console/tty", event->domid);
    assert_true(xs_watch(xs, watched, "tty"));
    free(tty);
    libxl_event_free(c, event);
}

static int create(char *answer)
{
    const libxl_asyncprogress_how how = { .callback = console_told, .for_callback = answer };

    told = 0;
    return libxl_domain_create_new(ctx, &config, &made, NULL, &how);
}

static void shown_and_answered(void **state)
{
    char path[80], text[300];

    (void)state;
    snprintf(text, sizeof(text), "read -r word; [ $word = second ] && printf 'kernel %s\\0' >$answer", kernel);
    write_script(text);
    assert_int_equal(create("second\n"), 0);
    assert_int_equal(told, 1);
    snprintf(path, sizeof(path), "/local/domain/%u/console/ring-ref", made);
    assert_true(there(path));
    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", made);
    assert_true(there(path));
    assert_int_equal(libxl_domain_destroy(ctx, made, NULL), 0);
    expect_gone(made);
}

/* Before the kernel is read the store is told that there is no terminal, and then nothing until the domain is undone. */
static void taken_away(void **state)
{
    (void)state;
    write_script("read -r word; printf 'kernel /dev/null\\0' >$answer"); /* not before its terminal was looked at */
    assert_int_equal(create("go\n"), ERROR_INVAL);
    assert_int_equal(told, 1);
    expect_nothing_of(1);
    assert_true(changes() >= 3); /* the watch's first, the terminal's end, the domain's; one of the world's daemon if that was quick */
}

static void it_fails(void **state)
{
    (void)state;
    write_script("read -r word; echo \"no entry $word\" >&2; exit 1");
    assert_int_equal(create("third\n"), ERROR_FAIL);
    expect_said("has failed with exit status 1: no entry third");
    assert_int_equal(told, 1);
    expect_nothing_of(1);
}

static void its_name_is_taken(void **state)
{
    uint32_t other = domain_new();

    (void)state;
    assert_true(xs_write(xs, XBT_NULL, path_of("/local/domain/%u/name", other), "made", 4));
    write_script("exit 0");
    assert_int_equal(create(NULL), ERROR_INVAL);
    expect_said("another domain has the name");
    assert_int_equal(told, 0);
    assert_int_equal(libxl_domain_destroy(ctx, other, NULL), 0);
}

static void given_up(void **state)
{
    const libxl_asyncop_how how = { .u.for_event = 3 };

    (void)state;
    write_script("read -r word; exit 1");
    for (unsigned looks = 0; looks < 12; looks++) {
        unsigned files = open_fds();

        assert_int_equal(libxl_domain_create_new(ctx, &config, &made, &how, NULL), 0);
        assert_int_equal(cancelled_after(&how, looks, 20), ERROR_ABORTED);
        expect_no_children();
        if (looks)
            assert_int_equal(open_fds(), files);
    }
    expect_nothing_of(1);
}

/* --- each thing fails once --- */

static void create_once(void)
{
    assert_int_equal(libxl_domain_create_new(ctx, &config, &made, NULL, NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, made, NULL), 0);
}

static void each_fails(enum what_fails what, unsigned step)
{
    uint64_t free_pages;
    char text[200];
    bool failed;

    snprintf(text, sizeof(text), "printf 'kernel %s\\0' >$answer", kernel);
    write_script(text);
    create_once(); /* what the hypervisor keeps for good it has then */
    free_pages = ctrl_loop_free_pages();
    for (unsigned nth = 1; ; nth += step) {
        unsigned files = open_fds();
        int rc;

        log_text[0] = '\0';
        fault_begin(what, nth);
        rc = libxl_domain_create_new(ctx, &config, &made, NULL, NULL);
        failed = fault_end(what);
        assert_true(failed || rc == 0);
        assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
        if (rc == 0)
            assert_int_equal(libxl_domain_destroy(ctx, made, NULL), 0);
        assert_int_equal(ctrl_loop_domains(), 0);
        assert_int_equal(ctrl_loop_free_pages(), free_pages);
        expect_no_children();
        assert_true(open_fds() <= files + 2);
        if (!failed)
            return;
    }
}

static void requests_fail(void **state)
{
    (void)state;
    each_fails(SENDING, sweep_step(7));
}

static void memory_fails(void **state)
{
    (void)state;
    each_fails(MEMORY, sweep_step(17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shown_and_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(it_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(its_name_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_fails, setup, teardown),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
