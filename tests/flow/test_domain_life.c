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
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "fake/ctrl_loop.h"
#include "light/events.h"
#include "light/userdata.h"

#define PAGES 600

static char folder[] = "/tmp/light-flow-XXXXXX";
static pid_t store_pid;
static struct xs_handle *xs;
static libxl_ctx *ctx;
static struct ctrl_priv *priv;
static char log_text[2000];

/* --- the world --- */

static int world_setup(void **state)
{
    static char sock[64];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    light_userdata_folder = folder;
    snprintf(sock, sizeof(sock), "%s/socket", folder);
    setenv("XENSTORED_RUNDIR", folder, 1);
    setenv("XENSTORED_PATH", sock, 1);
    store_pid = fork();
    if (store_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl("tools/xenstored/xenstored", "xenstored", "-N", "-D", NULL);
        _exit(127);
    }
    for (unsigned i = 0; i < 6000 && !xs; i++, poll(NULL, 0, 5))
        xs = xs_open(0);
    return xs ? 0 : -1;
}

static int world_teardown(void **state)
{
    char command[80];

    (void)state;
    xs_close(xs);
    kill(store_pid, SIGTERM);
    waitpid(store_pid, NULL, 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void note(xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context, const char *format,
                 va_list args)
{
    size_t len = strlen(log_text);

    (void)logger;
    (void)errnoval;
    (void)context;
    if (level >= XTL_WARN && len + 2 < sizeof(log_text)) {
        vsnprintf(log_text + len, sizeof(log_text) - len - 1, format, args);
        strcat(log_text, "\n");
    }
}

static xentoollog_logger logger = { .vmessage = note };

static int setup(void **state)
{
    (void)state;
    log_text[0] = '\0';
    ctrl_loop_init(32);
    assert_int_equal(ctrl_transport->priv_open(&priv), 0);
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &logger);
}

static int teardown(void **state)
{
    (void)state;
    libxl_ctx_free(ctx);
    ctrl_priv_close(priv);
    ctrl_loop_done();
    return 0;
}

static bool there(const char *path)
{
    char *value = xs_read(xs, XBT_NULL, path, NULL);
    bool is = value;

    free(value);
    return is;
}

static void value_is(const char *path, const char *want)
{
    char *value = xs_read(xs, XBT_NULL, path, NULL);

    assert_non_null(value);
    assert_string_equal(value, want);
    free(value);
}

/* A guest with memory, and what the store says of one. */
static uint32_t domain_new(void)
{
    static const struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
        .max_maptrack_frames = -1, .grant_opts = 2, .arch = { .emulation_flags = XEN_X86_EMU_LAPIC }, .handle = { 0xab },
    };
    static const char *const nodes[] = {
        "/local/domain/%u/control/shutdown", "/local/domain/0/backend/console/%u/0/state", "/libxl/%u/device/console/0/state",
        "/vm/ab000000-0000-0000-0000-000000000000/name",
    };
    uint64_t gfns[PAGES];
    uint32_t domid;
    char path[100];

    assert_int_equal(ctrl_domain_create(priv, &config, 0, &domid), 0);
    assert_int_equal(ctrl_domain_max_vcpus(priv, domid, 1), 0);
    assert_int_equal(ctrl_domain_max_mem(priv, domid, 8192), 0);
    assert_int_equal(ctrl_domain_set_paging_pool(priv, domid, 1 << 20), 0);
    for (unsigned i = 0; i < PAGES; i++)
        gfns[i] = i;
    assert_int_equal(ctrl_memory_populate(priv, domid, gfns, PAGES, 0, 0), PAGES);
    for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        snprintf(path, sizeof(path), nodes[i], domid);
        assert_true(xs_write(xs, XBT_NULL, path, "", 0));
    }
    assert_int_equal(libxl_userdata_store(ctx, domid, "test", (const uint8_t *)"x", 1), 0);
    return domid;
}

static void expect_gone(uint32_t domid)
{
    static const char *const nodes[] = { "/local/domain/%u", "/local/domain/0/backend/console/%u", "/libxl/%u" };
    char path[100];

    assert_int_equal(ctrl_loop_domains(), 0);
    for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        snprintf(path, sizeof(path), nodes[i], domid);
        assert_false(there(path));
    }
    assert_false(there("/vm/ab000000-0000-0000-0000-000000000000"));
    snprintf(path, sizeof(path), "ls %s | grep -q '^userdata-'", folder);
    assert_int_not_equal(system(path), 0);
}

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

static void with_devices(void **state)
{
    uint32_t domid = domain_new();
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "/libxl/%u/device/vbd/51712", domid);
    assert_true(xs_write(xs, XBT_NULL, path, "", 0));
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), ERROR_NI);
    assert_non_null(strstr(log_text, "vbd"));
    snprintf(path, sizeof(path), "/libxl/%u/device/vbd", domid);
    assert_true(xs_rm(xs, XBT_NULL, path));
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
}

/* xenstored's server, whose parent is the keeper. */
static void store_signal(int number)
{
    char path[64];
    FILE *f;
    int pid;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)store_pid, (int)store_pid);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    assert_int_equal(kill(pid, number), 0);
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
    assert_non_null(strstr(log_text, "no drivers"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(destroyed, setup, teardown),
        cmocka_unit_test_setup_teardown(destroyed_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(with_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(aborted, setup, teardown),
        cmocka_unit_test_setup_teardown(paused, setup, teardown),
        cmocka_unit_test_setup_teardown(asked_to_end, setup, teardown),
        cmocka_unit_test_setup_teardown(failing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
