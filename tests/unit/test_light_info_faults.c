/* SPDX-License-Identifier: GPL-2.0-only */
/* Each operation of the hypervisor and each allocation fails once under each of libs/light's questions. */
#include "light/info_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>

#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "light/userdata.h"

/* --- every function, as one that returns whether it worked --- */
static bool do_info(void)
{
    return !libxl_domain_info(ctx, NULL, domids[0]);
}

static bool do_domains(void)
{
    int n = 0;
    libxl_dominfo *list = libxl_list_domain(ctx, &n);

    libxl_dominfo_list_free(list, n);
    return list;
}

static bool do_vms(void)
{
    int n = 0;
    libxl_vminfo *list = libxl_list_vm(ctx, &n);

    libxl_vminfo_list_free(list, n);
    return list;
}

static bool do_vcpus(void)
{
    int n = 0, cpus;
    libxl_vcpuinfo *list = libxl_list_vcpu(ctx, domids[0], &n, &cpus);

    libxl_vcpuinfo_list_free(list, n);
    return list;
}

static bool do_physinfo(void)
{
    libxl_physinfo info;

    return !libxl_get_physinfo(ctx, &info);
}

static bool do_topology(void)
{
    int n = 0;
    libxl_cputopology *list = libxl_get_cpu_topology(ctx, &n);

    libxl_cputopology_list_free(list, n);
    return list;
}

static bool do_numa(void)
{
    int n = 0;
    libxl_numainfo *list = libxl_get_numainfo(ctx, &n);

    libxl_numainfo_list_free(list, n);
    return list;
}

static bool do_version(void)
{
    libxl_ctx *fresh;
    const libxl_version_info *info;

    if (libxl_ctx_alloc(&fresh, LIBXL_VERSION, 0, &caught_log))
        return false;
    info = libxl_get_version_info(fresh);
    libxl_ctx_free(fresh);
    return info;
}

static bool do_log(void)
{
    libxl_xen_console_reader *reader = libxl_xen_console_read_start(ctx, 0);
    char *text;
    int rc;

    if (!reader)
        return false;
    rc = libxl_xen_console_read_line(ctx, reader, &text);
    libxl_xen_console_read_finish(ctx, reader);
    return rc >= 0;
}

static bool do_maps(void)
{
    libxl_bitmap map = {0, NULL};
    int rc = libxl_cpu_bitmap_alloc(ctx, &map, 0);

    if (!rc)
        rc = libxl_node_to_cpumap(ctx, 0, &map);
    libxl_bitmap_dispose(&map);
    return !rc;
}

static bool do_sockets(void)
{
    libxl_bitmap map = {0, NULL};
    int rc = libxl_socket_bitmap_alloc(ctx, &map, 0);

    if (!rc)
        rc = libxl_get_online_socketmap(ctx, &map);
    libxl_bitmap_dispose(&map);
    return !rc;
}

static bool do_store(void)
{
    static const uint8_t data[] = "data";
    uint8_t *back = NULL;
    int len, rc = libxl_userdata_store(ctx, domids[0], "test", data, sizeof(data));

    if (!rc)
        rc = libxl_userdata_retrieve(ctx, domids[0], "test", &back, &len);
    free(back);
    return !rc;
}

static bool do_scheduler(void)
{
    return libxl_get_scheduler(ctx) >= 0;
}

static bool do_keys(void)
{
    return !libxl_send_debug_keys(ctx, (char[]){"h"});
}

static bool do_affinity(void)
{
    libxl_bitmap map = {0, NULL};
    int rc = libxl_cpu_bitmap_alloc(ctx, &map, 0);

    libxl_bitmap_set(&map, 0);
    if (!rc)
        rc = libxl_set_vcpuaffinity(ctx, domids[0], 0, &map, &map);
    libxl_bitmap_dispose(&map);
    return !rc;
}

static bool do_params(void)
{
    libxl_domain_sched_params params;
    int rc = libxl_domain_sched_params_get(ctx, domids[0], &params);

    return !rc && !libxl_domain_sched_params_set(ctx, domids[0], &params);
}

static bool do_pools(void)
{
    int n = 0;
    libxl_cpupoolinfo *list = libxl_list_cpupool(ctx, &n);

    libxl_cpupoolinfo_list_free(list, n);
    return list;
}

static bool do_rename(void)
{
    return !libxl_domain_rename(ctx, domids[0], NULL, "fresh");
}

static bool (*const calls[])(void) = { do_affinity, do_params, do_pools,    do_rename,   do_info,      do_domains,
                                       do_vms,      do_vcpus,  do_physinfo, do_topology, do_numa,      do_version,
                                       do_log,      do_maps,   do_sockets,  do_store,    do_scheduler, do_keys };
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static void test_failures(void **state)
{
    unsigned nth;
    size_t i;

    (void)state;
    for (i = 0; i < CALLS; i++) {
        assert_true(calls[i]());
        for (nth = 1;; nth++) {
            ctrl_loop_fail(nth, EIO);
            log_text[0] = '\0';
            if (calls[i]()) /* the build id may fail: old hypervisors have none */
                assert_true(!ctrl_loop_failed() || calls[i] == do_version);
            else
                assert_true(ctrl_loop_failed() && log_text[0]);
            if (!ctrl_loop_failed())
                break;
        }
        ctrl_loop_fail(0, 0);
        for (nth = 1;; nth++) {
            fault_at(FAULT_ALLOC, nth);
            if (calls[i]())
                assert_true(!fault_happened(FAULT_ALLOC) || calls[i] == do_vms);
            if (!fault_happened(FAULT_ALLOC))
                break;
        }
        fault_at(FAULT_ALLOC, 0);
    }
    assert_int_equal(light_userdata_remove(ctx, domids[0], &first_uuid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failures, info_setup, info_teardown),
    };

    return cmocka_run_group_tests(tests, info_begin, info_end);
}
