/* SPDX-License-Identifier: GPL-2.0-only */
/* Ends of domains as events: our xenstored and the hypervisor's core, a node of the test's in place of @releaseDomain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/world.h"
#include "light/events.h"

#define NOBODY 999 /* a domain that is not there */
#define RELEASE "/test/release"

static int setup(void **state)
{
    light_release_watch = RELEASE;
    return machine_setup(state);
}

/* As xenstored does it when it has heard of an end. */
static void fire(void)
{
    assert_true(xs_write(xs, XBT_NULL, RELEASE, "", 0));
}

static void expect(uint32_t domid, uint64_t user, libxl_event_type type, int reason)
{
    libxl_event *event;

    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->type, type);
    assert_int_equal(event->domid, domid);
    assert_int_equal(event->for_user, user);
    if (type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        assert_int_equal(event->u.domain_shutdown.shutdown_reason, reason);
    libxl_event_free(ctx, event);
}

static void nothing(void)
{
    libxl_event *event;

    assert_int_equal(libxl_domain_pause(ctx, NOBODY, NULL), ERROR_DOMAIN_NOTFOUND); /* a round of the loop */
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
}

/* What the store has been told before is there: it answers in order. */
static void settle(void)
{
    libxl_evgen_domain_death *gone;

    assert_int_equal(libxl_evenable_domain_death(ctx, NOBODY, 99, &gone), 0);
    expect(NOBODY, 99, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
    libxl_evdisable_domain_death(ctx, gone);
}

static void shut_down_then_destroyed(void **state)
{
    uint32_t domid = domain_new(), other = domain_new();
    libxl_evgen_domain_death *evgen, *others, *again;

    (void)state;
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 7, &evgen), 0);
    assert_int_equal(libxl_evenable_domain_death(ctx, other, 8, &others), 0);
    settle();
    fire();
    nothing();
    assert_int_equal(ctrl_domain_shutdown(priv, domid, LIBXL_SHUTDOWN_REASON_CRASH), 0);
    fire();
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, LIBXL_SHUTDOWN_REASON_CRASH);
    fire();
    nothing();
    /* Who asks later hears of it too, and at once. */
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 9, &again), 0);
    expect(domid, 9, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, LIBXL_SHUTDOWN_REASON_CRASH);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    fire();
    expect(domid, 9, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
    fire();
    nothing();
    libxl_evdisable_domain_death(ctx, evgen);
    libxl_evdisable_domain_death(ctx, again);
    assert_int_equal(libxl_evenable_domain_death(ctx, 0x7ff0, 7, &evgen), ERROR_INVAL);
    expect_said("domain 32752 cannot be looked at");
    assert_int_equal(libxl_domain_destroy(ctx, other, NULL), 0);
    fire();
    expect(other, 8, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
    libxl_evdisable_domain_death(ctx, others);
    fire();
    nothing();
}

/* Destroyed at once, and its number is another domain's. */
static void only_its_death(void **state)
{
    uint32_t domid = domain_new(), next;
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
        .max_maptrack_frames = -1, .grant_opts = 2, .arch = { .emulation_flags = XEN_X86_EMU_LAPIC }, .handle = { 0xcd },
    };
    libxl_evgen_domain_death *evgen;

    (void)state;
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 7, &evgen), 0);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_int_equal(ctrl_domain_create(priv, &config, domid, &next), 0);
    assert_int_equal(next, domid);
    fire();
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
    assert_int_equal(libxl_domain_destroy(ctx, next, NULL), 0);
    /* The context's end forgets it. */
}

static void disabled_before(void **state)
{
    uint32_t domid = domain_new();
    libxl_evgen_domain_death *evgen;

    (void)state;
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 7, &evgen), 0);
    libxl_evdisable_domain_death(ctx, evgen);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    fire();
    settle();
    nothing();
}

static libxl_event *told;

static void event_occurs(void *user, libxl_event *event)
{
    assert_ptr_equal(user, &told);
    told = event;
}

static void by_a_hook(void **state)
{
    const libxl_event_hooks hooks = { .event_occurs_mask = LIBXL_EVENTMASK_ALL, .event_occurs = event_occurs };
    uint32_t domid = domain_new();
    libxl_evgen_domain_death *evgen;

    (void)state;
    told = NULL;
    libxl_event_register_callbacks(ctx, &hooks, &told);
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 3, &evgen), 0);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    fire();
    while (!told) {
        struct pollfd fds[2];
        int n = 2, ms = 20000;
        struct timeval now = { 0 };

        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &ms, now), 0);
        assert_true(poll(fds, (nfds_t)n, ms) >= 0);
        libxl_osevent_afterpoll(ctx, n, fds, now);
    }
    assert_int_equal(told->type, LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    libxl_event_free(ctx, told);
}

/* A store that comes back is watched again, and what happened meanwhile is told. */
static void the_store_begins_again(void **state)
{
    uint32_t domid = domain_new();
    libxl_evgen_domain_death *evgen;

    (void)state;
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 7, &evgen), 0);
    settle();
    assert_int_equal(ctrl_domain_shutdown(priv, domid, LIBXL_SHUTDOWN_REASON_POWEROFF), 0);
    store_stop();
    assert_true(store_start());
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, LIBXL_SHUTDOWN_REASON_POWEROFF);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    fire();
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
}

static unsigned disasters;

static void disaster(void *user, libxl_event_type type, const char *msg, int errnoval)
{
    (void)user;
    (void)msg;
    assert_int_equal(type, LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    assert_int_equal(errnoval, EIO);
    disasters++;
}

static void the_hypervisor_does_not_answer(void **state)
{
    const libxl_event_hooks hooks = { .disaster = disaster };
    uint32_t domid = domain_new();
    libxl_evgen_domain_death *evgen;

    (void)state;
    disasters = 0;
    libxl_event_register_callbacks(ctx, &hooks, NULL);
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 7, &evgen), 0);
    settle();
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    ctrl_loop_fail(1, EIO);
    fire();
    for (unsigned i = 0; i < 1000 && !disasters; i++)
        assert_int_not_equal(libxl_domain_pause(ctx, NOBODY, NULL), 0);
    ctrl_loop_fail(0, 0);
    fire();
    expect(domid, 7, LIBXL_EVENT_TYPE_DOMAIN_DEATH, 0);
}

/* --- media --- */

#define DRIVE "/local/domain/9/device/vbd/5632"

static void put(const char *path, const char *value)
{
    assert_true(xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)));
}

static void ejected(void **state)
{
    libxl_evgen_disk_eject *evgen;
    libxl_event *event;

    (void)state;
    assert_int_equal(libxl_evenable_disk_eject(ctx, 9, "no disk", 5, &evgen), ERROR_INVAL);
    expect_said("no disk is no name of a disk");
    assert_int_equal(libxl_evenable_disk_eject(ctx, 9, "hdc", 5, &evgen), 0);
    for (unsigned i = 0; i < 2; i++) {
        put(DRIVE "/backend", i ? "/local/domain/0/backend/qdisk/9/5632" : "/local/domain/0/backend/vbd/9/5632");
        put(DRIVE "/eject", "other");
        put(DRIVE "/eject", "eject");
        assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
        assert_int_equal(event->type, LIBXL_EVENT_TYPE_DISK_EJECT);
        assert_int_equal(event->domid, 9);
        assert_int_equal(event->for_user, 5);
        assert_string_equal(event->u.disk_eject.vdev, "hdc");
        assert_string_equal(event->u.disk_eject.disk.vdev, "hdc");
        assert_int_equal(event->u.disk_eject.disk.format, LIBXL_DISK_FORMAT_EMPTY);
        assert_int_equal(event->u.disk_eject.disk.backend, i ? LIBXL_DISK_BACKEND_QDISK : LIBXL_DISK_BACKEND_TAP);
        libxl_event_free(ctx, event);
        value_is(DRIVE "/eject", "");
    }
    libxl_evdisable_disk_eject(ctx, evgen);
    put(DRIVE "/eject", "eject");
    settle();
    nothing();
    assert_true(xs_rm(xs, XBT_NULL, "/local/domain/9"));
    for (unsigned nth = 1; nth <= 9; nth++) {
        int rc;

        fault_at(FAULT_ALLOC, nth);
        rc = libxl_evenable_disk_eject(ctx, 9, "xvda", 5, &evgen);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc == 0 || rc == ERROR_NOMEM || rc == ERROR_FAIL);
    }
}

static void no_memory(void **state)
{
    uint32_t domid = domain_new();
    bool happened = true;

    (void)state;
    for (unsigned nth = 1; happened; nth++) {
        libxl_evgen_domain_death *evgen = NULL;
        int rc;

        fault_at(FAULT_ALLOC, nth);
        rc = libxl_evenable_domain_death(ctx, domid, 7, &evgen);
        happened = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc == 0 || rc == ERROR_NOMEM || rc == ERROR_FAIL);
        assert_true((rc == 0) == (evgen != NULL));
        if (evgen)
            libxl_evdisable_domain_death(ctx, evgen);
    }
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shut_down_then_destroyed, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(only_its_death, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(disabled_before, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(by_a_hook, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(the_store_begins_again, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(the_hypervisor_does_not_answer, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(ejected, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(no_memory, setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
