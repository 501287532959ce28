/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program may end its context in the middle of everything: each kind of operation is begun, and the context is freed after each
 * round of its loop. Nothing of it is armed any more then, no process and no file of it is left, and another context ends the
 * domain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <libxl_utils.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "ctrl/hvm.h"
#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_host_fake.h"
#include "light/device_model.h"

#define QUIET_MS 2000 /* of an operation that waits for what never comes */
#define ENDS_MS 60000
#define ROUNDS 400

static char kernel[80], script[80], core[80];
static uint32_t made;
static libxl_domain_config config;
static const libxl_asyncop_how how = { .u.for_event = 3 };

/* --- the loop goes: nothing may be armed, for nobody would know what it belongs to --- */

void __real_loop_free(struct loop *loop);
void __wrap_loop_free(struct loop *loop);

static unsigned loops_freed;

void __wrap_loop_free(struct loop *loop)
{
    if (loop)
        assert_true(loop_deadline(loop) == UINT64_MAX);
    __real_loop_free(loop);
    loops_freed++;
}

/* --- how far the loop goes --- */

static unsigned rounds_left; /* then it stands still */

int __real_loop_run_once(struct loop *l, int ms);
int __wrap_loop_run_once(struct loop *l, int ms);

int __wrap_loop_run_once(struct loop *l, int ms)
{
    if (!rounds_left)
        return -EBUSY;
    rounds_left--;
    return __real_loop_run_once(l, ms);
}

/* --- kinds of operations --- */

static void guest(void)
{
    made = domain_new();
}

static libxl_device_disk disk;

static void guest_with_disk(void)
{
    guest();
    disk = disk_of(image, "xvda", true);
    assert_int_equal(libxl_device_disk_add(ctx, made, &disk, NULL), 0);
}

/* As a hypervisor that frees memory in pieces. */
int __real_ctrl_domain_destroy_step(struct ctrl_priv *p, uint32_t id);
int __wrap_ctrl_domain_destroy_step(struct ctrl_priv *p, uint32_t id);

static unsigned pieces;

int __wrap_ctrl_domain_destroy_step(struct ctrl_priv *p, uint32_t id)
{
    if (!pieces)
        return __real_ctrl_domain_destroy_step(p, id);
    pieces--;
    return -EAGAIN;
}

static void destroy(void)
{
    pieces = 4;
    assert_int_equal(libxl_domain_destroy(ctx, made, &how), 0);
}

static void dump(void)
{
    assert_int_equal(libxl_domain_core_dump(ctx, made, core, &how), 0);
}

static void shut_down(void)
{
    assert_int_equal(ctrl_hvm_set_param(priv, made, HVM_PARAM_CALLBACK_IRQ, (UINT64_C(2) << 56) | 0xf3), 0);
    assert_int_equal(libxl_domain_shutdown(ctx, made, &how), 0);
}

static void use_vcpus(void)
{
    libxl_bitmap online;

    assert_int_equal(libxl_bitmap_alloc(ctx, &online, 1), 0);
    libxl_bitmap_set(&online, 0);
    assert_int_equal(libxl_set_vcpuonline(ctx, made, &online, &how), 0);
    libxl_bitmap_dispose(&online);
}

static void resume(void)
{
    assert_int_equal(libxl_domain_resume(ctx, made, 0, &how), 0);
}

static void retrieve(void)
{
    static libxl_domain_config got;

    assert_int_equal(libxl_retrieve_domain_configuration(ctx, made, &got, &how), 0);
}

static void add_disk(void)
{
    disk = disk_of(image, "xvda", true);
    assert_int_equal(libxl_device_disk_add(ctx, made, &disk, &how), 0);
    libxl_device_disk_dispose(&disk);
}

static void add_nic(void)
{
    libxl_device_nic nic = nic_of("xenbr0");

    assert_int_equal(libxl_device_nic_add(ctx, made, &nic, &how), 0);
    libxl_device_nic_dispose(&nic);
}

/* A nic that never comes. */
static void add_no_nic(void)
{
    fake_host_no_nics = true;
    add_nic();
}

static void remove_disk(void)
{
    assert_int_equal(libxl_device_disk_remove(ctx, made, &disk, &how), 0);
    libxl_device_disk_dispose(&disk);
}

/* A backend that keeps what it has. */
static void remove_kept_disk(void)
{
    *backend_mode = KEEPS;
    remove_disk();
}

static void create_with(const libxl_asyncprogress_how *console)
{
    assert_int_equal(libxl_domain_create_new(ctx, &config, &made, &how, console), 0);
}

static void create(void)
{
    static const libxl_asyncprogress_how console = { .for_event = 4 };

    config_of(&config, kernel);
    create_with(&console);
}

/* QEMU is there, and never says that it runs. */
static void create_with_model(void)
{
    config_one_disk(&config, kernel);
    config.b_info.device_model = strdup(script);
    config.disks[0].backend = LIBXL_DISK_BACKEND_QDISK;
    create_with(NULL);
}

static void create_with_bootloader(void)
{
    config_bootloader(&config, kernel, script);
    create_with(NULL);
}

/* Begins to undo itself when it comes to its devices. */
static void create_in_vain(void)
{
    *backend_mode = REFUSES;
    config_of(&config, kernel);
    create_with(NULL);
}

/* --- one round after the other --- */

enum round { GOES_ON, QUIET, ENDED };

static bool ended;

static void event_occurs(void *user, libxl_event *event)
{
    (void)user;
    ended |= event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE;
    libxl_event_free(ctx, event);
}

static enum round one_round(int quiet_ms)
{
    struct pollfd fds[2];
    int n = 2, ms = quiet_ms, ready;
    struct timeval now = { 0 };

    if (ended)
        return ENDED;
    assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &ms, now), 0);
    ready = poll(fds, (nfds_t)n, ms);
    assert_true(ready >= 0);
    libxl_osevent_afterpoll(ctx, n, fds, now);
    return ended ? ENDED : !ready && ms == quiet_ms ? QUIET : GOES_ON;
}

static void new_context(void)
{
    unsigned freed = loops_freed;

    log_text[0] = '\0'; /* a loop that stands still has been told of */
    libxl_ctx_free(ctx);
    assert_int_equal(loops_freed, freed + 1);
    assert_string_equal(log_text, ""); /* the end of a context is no fault */
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log), 0);
}

/* Whatever domain there is. */
static void clean(void)
{
    int count = 0;
    libxl_dominfo *list;

    pieces = 0;
    *backend_mode = WORKS;
    fake_host_no_nics = false;
    list = libxl_list_domain(ctx, &count);
    assert_non_null(list);
    for (int i = 0; i < count; i++) {
        if (list[i].domid && libxl_domain_destroy(ctx, list[i].domid, NULL))
            fail_msg("domain %u cannot be destroyed", list[i].domid);
    }
    libxl_dominfo_list_free(list, count);
    assert_int_equal(ctrl_loop_domains(), 0);
    if (config.c_info.name)
        libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    unlink(core);
    made = 0;
}

static void expect_no_leftovers(void)
{
    DIR *folder = opendir(world_folder);
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        assert_int_not_equal(strncmp(entry->d_name, "bootloader", 10), 0);
    closedir(folder);
    assert_int_equal(fake_host_loops(), 0);
}

static const libxl_event_hooks hooks = { .event_occurs_mask = LIBXL_EVENTMASK_ALL, .event_occurs = event_occurs };

/* The context is freed after one, two ... rounds, until the operation is over or waits for what never comes. */
static void free_in(void (*prepare)(void), void (*begin)(void), bool ends)
{
    enum round last = GOES_ON;
    unsigned rounds;

    for (rounds = 1; last == GOES_ON; rounds++) {
        assert_true(rounds < ROUNDS);
        if (prepare)
            prepare();
        ended = false;
        libxl_event_register_callbacks(ctx, &hooks, NULL);
        rounds_left = rounds;
        begin();
        while (rounds_left && last == GOES_ON)
            last = one_round(ends ? ENDS_MS : QUIET_MS);
        new_context();
        rounds_left = UINT_MAX;
        clean();
        expect_no_leftovers();
    }
    assert_int_equal(last, ends ? ENDED : QUIET);
}

#define FREED_IN(NAME, PREPARE, ENDS)                                                                   \
    static void freed_in_##NAME(void **state)                                                           \
    {                                                                                                   \
        (void)state;                                                                                    \
        free_in(PREPARE, NAME, ENDS);                                                                   \
    }

FREED_IN(destroy, guest, true)
FREED_IN(dump, guest, true)
FREED_IN(shut_down, guest, true)
FREED_IN(use_vcpus, guest, true)
FREED_IN(resume, guest, true)
FREED_IN(retrieve, guest, true)
FREED_IN(add_disk, guest, true)
FREED_IN(add_nic, guest, true)
FREED_IN(add_no_nic, guest, false)
FREED_IN(remove_disk, guest_with_disk, true)
FREED_IN(remove_kept_disk, guest_with_disk, false)
FREED_IN(create, NULL, true)
FREED_IN(create_with_model, NULL, false)
FREED_IN(create_with_bootloader, NULL, false)
FREED_IN(create_in_vain, NULL, true)

/* --- the loop fails under a call that waits for its end --- */

static bool poll_fails;

int __real_poll(struct pollfd *fds, nfds_t n, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int ms);

int __wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
    if (!poll_fails)
        return __real_poll(fds, n, ms);
    errno = ENOMEM;
    return -1;
}

static void the_loop_fails(void **state)
{
    (void)state;
    disk = disk_of(image, "xvda", true);
    guest();
    log_text[0] = '\0';
    poll_fails = true;
    assert_int_equal(libxl_device_disk_add(ctx, made, &disk, NULL), ERROR_NOMEM);
    poll_fails = false;
    assert_non_null(strstr(log_text, "waiting for events"));
    while (one_round(QUIET_MS) == GOES_ON) /* what the store would have answered */
        ;
    libxl_device_disk_dispose(&disk);
    clean();
}

static int setup(void **state)
{
    FILE *f;

    if (machine_setup(state))
        return -1;
    *backend_mode = WORKS;
    fake_host_reset();
    snprintf(image, sizeof(image), "%s/image", world_folder);
    snprintf(core, sizeof(core), "%s/core", world_folder);
    snprintf(script, sizeof(script), "%s/program", world_folder);
    light_model_logs = world_folder;
    kernel_write(kernel);
    f = fopen(image, "w");
    assert_non_null(f);
    fclose(f);
    f = fopen(script, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nexec sleep 1000\n");
    assert_int_equal(fchmod(fileno(f), 0755), 0);
    fclose(f);
    libxl_domain_config_init(&config);
    made = 0;
    rounds_left = UINT_MAX;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(freed_in_destroy, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_dump, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_shut_down, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_use_vcpus, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_resume, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_retrieve, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_add_disk, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_add_nic, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_add_no_nic, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_remove_disk, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_remove_kept_disk, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_create, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_create_with_model, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_create_with_bootloader, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(freed_in_create_in_vain, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(the_loop_fails, setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
