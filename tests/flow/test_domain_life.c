/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libxenlight does with a domain that is there: our xenstored answers over its socket, the hypervisor's core in this
 * process. Each operation on the hypervisor fails once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/hvm.h"
#include "ctrl/query.h"
#include "fake/ctrl_loop.h"
#include "fault.h"
#include "flow/world.h"
#include "light/events.h"

/* --- tests --- */

static void destroyed(void **state)
{
    uint64_t free_pages = ctrl_loop_free_pages();
    uint32_t domid = domain_new();

    (void)state;
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
    assert_int_equal(ctrl_loop_free_pages(), free_pages);
    assert_string_equal(log_text, "");
}

static void destroyed_in_pieces(void **state)
{
    uint32_t domid = domain_new();
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;

    (void)state;
    ctrl_loop_preempt(true);
    assert_int_equal(libxl_domain_destroy(ctx, domid, &how), 0);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    ctrl_loop_preempt(false);
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    assert_int_equal(event->u.operation_complete.rc, 0);
    libxl_event_free(ctx, event);
    expect_gone(domid);
}

static void there_is_none(void **state)
{
    (void)state;
    assert_int_equal(libxl_domain_destroy(ctx, 77, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_string_equal(log_text, "domain 77: finding it: there is none with this number\n");
    assert_int_equal(libxl_domain_pause(ctx, 77, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_unpause(ctx, 77, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_shutdown(ctx, 77, NULL), ERROR_DOMAIN_NOTFOUND);
}

/* Whoever wrote a device's nodes, they go with the domain; one without a backend is not waited for. */
static void with_devices(void **state)
{
    uint32_t domid = domain_new();
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "/libxl/%u/device/vbd/51712", domid);
    assert_true(xs_write(xs, XBT_NULL, path, "", 0));
    snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/51728/state", domid);
    assert_true(xs_write(xs, XBT_NULL, path, "1", 1));
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
    assert_false(there(path));
}

static void aborted(void **state)
{
    uint32_t domid = domain_new();
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;

    (void)state;
    store_signal(SIGSTOP);
    assert_int_equal(libxl_domain_destroy(ctx, domid, &how), 0);
    assert_int_equal(libxl_ao_abort(ctx, &how), 0);
    store_signal(SIGCONT);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->u.operation_complete.rc, ERROR_ABORTED);
    libxl_event_free(ctx, event);
    assert_int_equal(ctrl_loop_domains(), 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
}

static bool is_paused(uint32_t domid)
{
    struct xen_domctl_getdomaininfo info;

    assert_int_equal(ctrl_domain_info(priv, domid, &info), 0);
    return info.flags & XEN_DOMINF_paused;
}

static void paused(void **state)
{
    uint32_t domid = domain_new();

    (void)state;
    assert_true(is_paused(domid)); /* as it was made */
    assert_int_equal(libxl_domain_unpause(ctx, domid, NULL), 0);
    assert_false(is_paused(domid));
    assert_int_equal(libxl_domain_pause(ctx, domid, NULL), 0);
    assert_true(is_paused(domid));
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static void asked_to_end(void **state)
{
    uint32_t domid = domain_new();
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, NULL), ERROR_NOPARAVIRT);
    expect_said("no drivers");
    value_is(path, "");
    assert_int_equal(ctrl_hvm_set_param(priv, domid, HVM_PARAM_CALLBACK_IRQ, (UINT64_C(2) << 56) | 0xf3), 0);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, NULL), 0);
    value_is(path, "poweroff");
    assert_int_equal(libxl_domain_reboot(ctx, domid, NULL), 0);
    value_is(path, "reboot");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

/* Each operation on the hypervisor fails: an error that says why, and destroying it again does the rest. */
static void failing(void **state)
{
    bool failed = true;

    (void)state;
    for (unsigned nth = 1; failed; nth++) {
        uint32_t domid = domain_new();
        int rc;

        log_text[0] = '\0';
        ctrl_loop_fail(nth, EIO);
        rc = libxl_domain_destroy(ctx, domid, NULL);
        failed = ctrl_loop_failed();
        ctrl_loop_fail(0, 0);
        assert_true(!failed || rc == ERROR_FAIL || rc == ERROR_NOMEM || rc == 0);
        assert_true(!rc || log_text[0]);
        if (rc)
            assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
        expect_gone(domid);
    }
}

/* Each allocation fails: it is said, and destroying it again does the rest. */
static void without_memory(void **state)
{
    uint32_t domid = domain_new();
    bool failed = true;

    (void)state;
    for (unsigned nth = 1; failed; nth++) {
        int rc;

        log_text[0] = '\0';
        fault_at(FAULT_ALLOC, nth);
        rc = libxl_domain_pause(ctx, domid, NULL);
        failed = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(failed ? rc < 0 : rc == 0);
        assert_true(!rc || log_text[0]);
    }
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    failed = true;
    for (unsigned nth = 1; failed; nth++) {
        int rc;

        domid = domain_new();
        log_text[0] = '\0';
        fault_at(FAULT_ALLOC, nth);
        rc = libxl_domain_destroy(ctx, domid, NULL);
        failed = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(failed || rc == 0);
        assert_true(!rc || log_text[0]);
        if (rc)
            assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
        expect_gone(domid);
    }
}

/* By its name, which is asked for beside all others'. */
static void found_by_name(void **state)
{
    static const enum fault_call calls[] = { FAULT_ALLOC, FAULT_READ, FAULT_SEND, FAULT_OPEN };
    uint32_t domids[3], found = 77;
    char path[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        domids[i] = domain_new();
        snprintf(path, sizeof(path), "/local/domain/%u/name", domids[i]);
        assert_true(i == 1 ? xs_rm(xs, XBT_NULL, path) || errno == ENOENT : xs_write(xs, XBT_NULL, path, "abc", i + 1));
    }
    assert_int_equal(libxl_name_to_domid(ctx, "abc", &found), 0);
    assert_int_equal(found, domids[2]);
    assert_int_equal(libxl_name_to_domid(ctx, "ab", &found), ERROR_INVAL);
    assert_int_equal(found, domids[2]);
    for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
        bool happened = true;

        for (unsigned nth = 1; happened; nth++) {
            int rc;

            found = 77;
            fault_at(calls[c], nth);
            rc = libxl_name_to_domid(ctx, "a", &found);
            happened = fault_happened(calls[c]);
            fault_at(calls[c], 0);
            assert_true(happened ? rc != 0 && found == 77 : rc == 0 && found == domids[0]);
        }
    }
    store_stop();
    log_text[0] = '\0';
    assert_int_equal(libxl_name_to_domid(ctx, "a", &found), ERROR_FAIL);
    expect_said("cannot read domains' names in the store (is xenstored running?)\n");
    assert_true(store_start());
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(libxl_domain_destroy(ctx, domids[i], NULL), 0);
}

/* The connections are others after the store has begun again; while it is away calls say so. */
static void the_store_begins_again(void **state)
{
    uint32_t domid = domain_new(), other = domain_new();
    uint64_t kib = 0;
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
    assert_true(xs_write(xs, XBT_NULL, path, "8000", 4));
    assert_int_equal(libxl_domain_destroy(ctx, other, NULL), 0); /* operations have a connection of their own */
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), 0);
    store_stop();
    log_text[0] = '\0';
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), ERROR_FAIL);
    assert_string_equal(log_text, "cannot reach the store (is xenstored running?)\n");
    log_text[0] = '\0';
    assert_int_equal(libxl_send_sysrq(ctx, domid, 's'), ERROR_FAIL);
    assert_string_equal(log_text, "cannot reach the store (is xenstored running?)\n");
    log_text[0] = '\0';
    assert_true(store_start());
    assert_true(xs_write(xs, XBT_NULL, path, "7000", 4));
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), 0);
    assert_int_equal(kib, 7000);
    store_stop(); /* nothing is asked while it is away */
    assert_true(store_start());
    assert_true(xs_write(xs, XBT_NULL, path, "6000", 4));
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), 0);
    assert_int_equal(kib, 6000);
    assert_string_equal(log_text, "");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static bool over;

static void *ask_on(void *arg)
{
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
        free(libxl_domid_to_name(ctx, *(uint32_t *)arg));
    return NULL;
}

/* No thread loses the connection that it waits on to another one that has found it broken. */
static void the_store_begins_again_under_threads(void **state)
{
    uint32_t domid = domain_new();
    pthread_t threads[3];

    (void)state;
    over = false;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &domid), 0);
    for (size_t i = 0; i < 3; i++) {
        store_stop();
        assert_true(store_start());
    }
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(destroyed, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(destroyed_in_pieces, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(there_is_none, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(with_devices, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(aborted, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(paused, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(asked_to_end, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(the_store_begins_again, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(the_store_begins_again_under_threads, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(found_by_name, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(without_memory, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(failing, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
