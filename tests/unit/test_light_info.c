/* SPDX-License-Identifier: GPL-2.0-only */
/* What libs/light tells of domains and of the host, and sets there. */
#include "light/info_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "fake/ctrl_loop.h"
#include "light/info.h"

/* --- domains --- */
static void test_domain_info(void **state)
{
    libxl_dominfo info;

    (void)state;
    memset(&info, 0xff, sizeof(info)); /* xl does not initialize it */
    assert_int_equal(libxl_domain_info(ctx, &info, domids[1]), 0);
    assert_int_equal(info.domid, domids[1]);
    assert_int_equal(info.uuid.uuid[0], 2);
    assert_true(info.paused);
    assert_false(info.shutdown || info.dying || info.never_stop);
    assert_int_equal(info.shutdown_reason, LIBXL_SHUTDOWN_REASON_UNKNOWN);
    assert_int_equal(info.max_memkb, 8192);
    assert_int_equal(info.vcpu_max_id, 1);
    assert_int_equal(info.domain_type, LIBXL_DOMAIN_TYPE_HVM);
    assert_int_equal(ctrl_domain_shutdown(priv, domids[1], LIBXL_SHUTDOWN_REASON_CRASH), 0);
    assert_int_equal(libxl_domain_info(ctx, &info, domids[1]), 0);
    assert_true(info.shutdown);
    assert_int_equal(info.shutdown_reason, LIBXL_SHUTDOWN_REASON_CRASH);
    assert_int_equal(libxl_domain_info(ctx, NULL, domids[1]), 0);
    assert_int_equal(libxl_domain_info(ctx, &info, NOBODY), ERROR_DOMAIN_NOTFOUND);
    assert_string_equal(log_text, "");
    assert_int_equal(info.domid, domids[1]);
    libxl_dominfo_dispose(&info);
}

static void test_lists(void **state)
{
    libxl_dominfo *infos;
    libxl_vminfo *vms;
    int n;

    (void)state;
    infos = libxl_list_domain(ctx, &n);
    assert_non_null(infos);
    assert_int_equal(n, GUESTS + 1);
    assert_int_equal(infos[0].domid, 0);
    assert_int_equal(infos[3].domid, domids[2]);
    libxl_dominfo_list_free(infos, n);
    vms = libxl_list_vm(ctx, &n);
    assert_non_null(vms);
    assert_int_equal(n, GUESTS); /* one is another's device model */
    assert_int_equal(vms[2].domid, domids[1]);
    libxl_vminfo_list_free(vms, n);
}

static void test_vcpus(void **state)
{
    libxl_vcpuinfo *vcpus;
    int n, cpus;

    (void)state;
    vcpus = libxl_list_vcpu(ctx, domids[0], &n, &cpus);
    assert_non_null(vcpus);
    assert_int_equal(n, 2);
    assert_int_equal(cpus, libxl_get_max_cpus(ctx));
    assert_int_equal(vcpus[1].vcpuid, 1);
    assert_false(libxl_bitmap_is_empty(&vcpus[1].cpumap));
    libxl_vcpuinfo_list_free(vcpus, n);
    assert_null(libxl_list_vcpu(ctx, NOBODY, &n, &cpus));
    expect_said("domain 77: cannot list its vCPUs");
}

/* --- names --- */
static void test_names(void **state)
{
    uint32_t domid = 999;
    char *name;

    (void)state;
    name = libxl_domid_to_name(ctx, domids[1]);
    assert_string_equal(name, "guest1");
    free(name);
    assert_null(libxl_domid_to_name(ctx, NOBODY));
    assert_int_equal(libxl_name_to_domid(ctx, "guest2", &domid), 0);
    assert_int_equal(domid, domids[2]);
    assert_int_equal(libxl_name_to_domid(ctx, "Domain-0", &domid), 0);
    assert_int_equal(domid, 0);
    domid = 999;
    assert_int_equal(libxl_name_to_domid(ctx, "guest", &domid), ERROR_INVAL);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "99999999999", &domid), ERROR_INVAL);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "1x", &domid), ERROR_INVAL);
    assert_int_equal(domid, 999);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "77", &domid), 0);
    assert_int_equal(domid, NOBODY);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "guest0", &domid), 0);
    assert_int_equal(domid, domids[0]);
}

static void test_stubdoms(void **state)
{
    uint32_t target = 0;

    (void)state;
    assert_int_equal(libxl_get_stubdom_id(ctx, (int)domids[0]), domids[2]);
    assert_int_equal(libxl_get_stubdom_id(ctx, (int)domids[1]), 0);
    assert_true(libxl_is_stubdom(ctx, domids[2], &target));
    assert_int_equal(target, domids[0]);
    assert_true(libxl_is_stubdom(ctx, domids[2], NULL));
    assert_false(libxl_is_stubdom(ctx, domids[1], &target));
    assert_int_equal(libxl_vm_get_start_time(ctx, domids[1]), 1700000000);
    assert_int_equal(libxl_vm_get_start_time(ctx, domids[0]), 0);
    assert_true(libxl_domid_valid_guest(1) && libxl_domid_valid_guest(0x7fef));
    assert_false(libxl_domid_valid_guest(0) || libxl_domid_valid_guest(0x7ff0));
}

static void test_store_fails(void **state)
{
    uint32_t domid;
    int error;

    (void)state;
    store_error = EIO;
    assert_null(libxl_domid_to_name(ctx, domids[0]));
    expect_said("cannot read /local/domain/");
    assert_int_equal(libxl_name_to_domid(ctx, "guest0", &domid), ERROR_FAIL);
    libxl_ctx_free(ctx);
    store_closed = true;
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log), 0);
    assert_null(light_store_read(ctx, &error, "/x"));
    assert_int_equal(error, ERROR_FAIL);
    expect_said("cannot reach the store");
}

/* --- the host --- */
static void test_machine(void **state)
{
    const libxl_version_info *version;
    libxl_xen_console_reader *reader;
    libxl_cputopology *cpus;
    libxl_numainfo *nodes;
    libxl_physinfo info;
    char *text;
    int n;

    (void)state;
    libxl_physinfo_init(&info);
    assert_int_equal(libxl_get_physinfo(ctx, &info), 0);
    assert_true(info.cap_hvm && info.cap_hap && info.total_pages && info.nr_cpus);
    assert_int_equal(libxl_get_max_cpus(ctx), info.max_cpu_id + 1);
    assert_int_equal(libxl_get_online_cpus(ctx), info.nr_cpus);
    assert_int_equal(libxl_get_max_nodes(ctx), info.nr_nodes);
    assert_true(libxl_get_scheduler(ctx) > 0);
    cpus = libxl_get_cpu_topology(ctx, &n);
    assert_non_null(cpus);
    assert_int_equal(n, info.max_cpu_id + 1);
    libxl_cputopology_list_free(cpus, n);
    nodes = libxl_get_numainfo(ctx, &n);
    assert_non_null(nodes);
    assert_int_equal(nodes[0].num_dists, n);
    assert_int_equal(nodes[0].dists[0], 10);
    libxl_numainfo_list_free(nodes, n);
    version = libxl_get_version_info(ctx);
    assert_non_null(version);
    assert_int_equal(version->xen_version_major, 4);
    assert_int_equal(version->pagesize, 4096);
    assert_non_null(strstr(version->capabilities, "hvm-3.0"));
    assert_ptr_equal(libxl_get_version_info(ctx), version);
    assert_int_equal(libxl_send_debug_keys(ctx, (char[]){"h"}), 0);
    reader = libxl_xen_console_read_start(ctx, 1);
    assert_int_equal(libxl_xen_console_read_line(ctx, reader, &text), 1);
    assert_non_null(strchr(text, '\n'));
    assert_int_equal(libxl_xen_console_read_line(ctx, reader, &text), 0);
    libxl_xen_console_read_finish(ctx, reader);
    reader = libxl_xen_console_read_start(ctx, 0);
    assert_int_equal(libxl_xen_console_read_line(ctx, reader, &text), 0); /* it was cleared */
    libxl_xen_console_read_finish(ctx, reader);
    libxl_physinfo_dispose(&info);
}

static void test_maps(void **state)
{
    libxl_bitmap cpus, nodes, sockets;

    (void)state;
    libxl_bitmap_init(&cpus);
    libxl_bitmap_init(&nodes);
    libxl_bitmap_init(&sockets);
    assert_int_equal(libxl_cpu_bitmap_alloc(ctx, &cpus, 0), 0);
    assert_int_equal(cpus.size, (uint32_t)(libxl_get_max_cpus(ctx) + 7) / 8);
    assert_int_equal(libxl_node_bitmap_alloc(ctx, &nodes, 0), 0);
    assert_int_equal(libxl_socket_bitmap_alloc(ctx, &sockets, 0), 0);
    assert_int_equal(libxl_socket_bitmap_alloc(ctx, &sockets, -1), ERROR_INVAL);
    assert_int_equal(libxl_get_online_socketmap(ctx, &sockets), 0);
    assert_true(libxl_bitmap_test(&sockets, 0));
    assert_int_equal(libxl_node_to_cpumap(ctx, 0, &cpus), 0);
    assert_true(libxl_bitmap_test(&cpus, 0));
    assert_int_equal(libxl_cpumap_to_nodemap(ctx, &cpus, &nodes), 0);
    assert_int_equal(libxl_bitmap_count_set(&nodes), 1);
    libxl_bitmap_dispose(&cpus);
    libxl_bitmap_dispose(&nodes);
    libxl_bitmap_dispose(&sockets);
}

/* --- vCPUs, schedulers, pools --- */
static void test_affinity(void **state)
{
    libxl_bitmap map = {0, NULL};
    libxl_vcpuinfo *vcpus;
    int n, cpus;

    (void)state;
    assert_int_equal(libxl_cpu_bitmap_alloc(ctx, &map, 0), 0);
    libxl_bitmap_set(&map, 0);
    assert_int_equal(libxl_set_vcpuaffinity(ctx, domids[0], 1, &map, NULL), 0);
    assert_int_equal(libxl_set_vcpuaffinity_all(ctx, domids[0], 2, NULL, &map), 0);
    vcpus = libxl_list_vcpu(ctx, domids[0], &n, &cpus);
    assert_true(libxl_bitmap_equal(&vcpus[1].cpumap, &map, 0));
    assert_true(libxl_bitmap_equal(&vcpus[0].cpumap_soft, &map, 0));
    libxl_vcpuinfo_list_free(vcpus, n);
    assert_int_equal(libxl_set_vcpuaffinity(ctx, domids[0], 1, NULL, NULL), ERROR_INVAL);
    assert_int_equal(libxl_set_vcpuaffinity_force(ctx, NOBODY, 1, &map, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_set_vcpuaffinity_all(ctx, NOBODY, 2, NULL, &map), ERROR_FAIL);
    libxl_bitmap_dispose(&map);
    assert_int_equal(libxl_node_bitmap_alloc(ctx, &map, 0), 0);
    libxl_bitmap_set(&map, 0);
    assert_int_equal(libxl_domain_set_nodeaffinity(ctx, domids[0], &map), 0);
    assert_int_equal(libxl_domain_get_nodeaffinity(ctx, domids[0], &map), 0);
    assert_true(libxl_bitmap_test(&map, 0));
    assert_int_equal(libxl_domain_get_nodeaffinity(ctx, NOBODY, &map), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_set_nodeaffinity(ctx, NOBODY, &map), ERROR_DOMAIN_NOTFOUND);
    libxl_bitmap_dispose(&map);
}

static void test_scheduler(void **state)
{
    libxl_sched_credit2_params pool;
    libxl_domain_sched_params params;

    (void)state;
    assert_int_equal(libxl_domain_sched_params_get(ctx, domids[0], &params), 0);
    assert_int_equal(params.sched, LIBXL_SCHEDULER_CREDIT2);
    assert_int_equal(params.weight, 256);
    assert_int_equal(params.period, LIBXL_DOMAIN_SCHED_PARAM_PERIOD_DEFAULT);
    libxl_domain_sched_params_init(&params);
    params.weight = 512;
    assert_int_equal(libxl_domain_sched_params_set(ctx, domids[0], &params), 0);
    assert_int_equal(libxl_domain_sched_params_get(ctx, domids[0], &params), 0);
    assert_int_equal(params.weight, 512);
    assert_int_equal(params.cap, 0);
    params.weight = 0;
    assert_int_equal(libxl_domain_sched_params_set(ctx, domids[0], &params), ERROR_INVAL);
    expect_said("weight 0 is not from 1 to 65535");
    params.weight = 256;
    params.cap = 201;
    assert_int_equal(libxl_domain_sched_params_set(ctx, domids[0], &params), ERROR_INVAL);
    expect_said("cap 201 is not from 0 to 200");
    params.cap = 0;
    params.sched = LIBXL_SCHEDULER_CREDIT;
    assert_int_equal(libxl_domain_sched_params_set(ctx, domids[0], &params), ERROR_INVAL);
    expect_said("its scheduler is credit2, not credit");
    assert_int_equal(libxl_domain_sched_params_get(ctx, NOBODY, &params), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_sched_params_set(ctx, NOBODY, &params), ERROR_DOMAIN_NOTFOUND);
    if (!libxl_sched_credit2_params_get(ctx, 0, &pool))
        assert_int_equal(libxl_sched_credit2_params_set(ctx, 0, &pool), 0);
}

static void test_pools(void **state)
{
    libxl_bitmap map = {0, NULL};
    libxl_cpupoolinfo *list, info;
    uint32_t id = 9;
    int n, was_name;
    char *name;

    (void)state;
    list = libxl_list_cpupool(ctx, &n);
    assert_non_null(list);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].pool_name, "Pool-0");
    assert_true(libxl_bitmap_test(&list[0].cpumap, 0));
    libxl_cpupoolinfo_list_free(list, n);
    assert_int_equal(libxl_cpupool_info(ctx, &info, 5), ERROR_FAIL);
    assert_true(libxl_cpupoolid_is_valid(ctx, 0) && !libxl_cpupoolid_is_valid(ctx, 5));
    assert_int_equal(libxl_cpupool_qualifier_to_cpupoolid(ctx, "Pool-0", &id, &was_name), 0);
    assert_true(id == 0 && was_name);
    assert_int_equal(libxl_cpupool_qualifier_to_cpupoolid(ctx, "5", &id, &was_name), 0);
    assert_true(id == 5 && !was_name);
    assert_int_equal(libxl_cpupool_qualifier_to_cpupoolid(ctx, "none", &id, NULL), ERROR_INVAL);
    assert_null(libxl_cpupoolid_to_name(ctx, 5));
    name = libxl_cpupoolid_to_name(ctx, 0);
    assert_string_equal(name, "Pool-0");
    free(name);
    assert_int_equal(libxl_cpupool_rename(ctx, "first", 0), 0);
    assert_string_equal(written, "/local/pool/0/name");
    assert_int_equal(libxl_cpupool_rename(ctx, "none", 5), ERROR_INVAL);
    assert_true(libxl_cpupool_destroy(ctx, 0) < 0);
    assert_true(libxl_cpupool_cpuadd(ctx, 0, -1) == ERROR_INVAL && libxl_cpupool_cpuadd(ctx, 0, 5000) < 0);
    assert_int_equal(libxl_get_freecpus(ctx, &map), 0);
    assert_true(libxl_bitmap_is_empty(&map));
    assert_int_equal(libxl_cpupool_cpuadd_node(ctx, 0, 0, &n), 0);
    assert_int_equal(n, 0);
    libxl_bitmap_dispose(&map);
}

static void test_memory(void **state)
{
    uint64_t kib = 0;
    uint32_t kib32 = 0;

    (void)state;
    assert_int_equal(libxl_get_free_memory(ctx, &kib), 0);
    assert_int_equal(libxl_get_free_memory_0x040700(ctx, &kib32), 0);
    assert_true(kib && kib == kib32);
    assert_int_equal(libxl_get_memory_target(ctx, domids[0], &kib), ERROR_NOTFOUND);
    assert_int_equal(libxl_wait_for_free_memory(ctx, domids[0], 1, 0), 0);
    assert_int_equal(libxl_wait_for_free_memory(ctx, domids[0], UINT64_MAX, 0), ERROR_NOMEM);
    assert_int_equal(libxl_console_get_tty(ctx, domids[0], 0, LIBXL_CONSOLE_TYPE_PV, &(char *){NULL}), ERROR_NOTFOUND);
    assert_int_equal(libxl_console_get_tty(ctx, domids[0], 0, LIBXL_CONSOLE_TYPE_VUART, &(char *){NULL}), ERROR_INVAL);
    assert_int_equal(libxl_primary_console_get_tty(ctx, domids[1], &(char *){NULL}), ERROR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domain_info, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_lists, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_vcpus, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_names, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_stubdoms, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_store_fails, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_machine, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_maps, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_affinity, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_scheduler, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_pools, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_memory, info_setup, info_teardown),
    };

    return cmocka_run_group_tests(tests, info_begin, info_end);
}
