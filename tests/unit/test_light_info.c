/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libs/light tells of domains and the host, over the real core (ctrl_loop.h) and a store of the test's own: each
 * operation of the hypervisor, the store and the allocator fails once.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libxl_utils.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>

#include "ctrl/domain.h"
#include "fake/ctrl_loop.h"
#include "fault.h"
#include "light/context.h"
#include "light/info.h"
#include "light/userdata.h"
#include "store/async.h"
#include "store/client.h"

#define GUESTS 3
#define NOBODY 77

static const libxl_uuid first_uuid = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
static const libxl_uuid second_uuid = {{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}};

static struct ctrl_priv *priv;
static uint32_t domids[GUESTS];

/* --- the store: names of the guests, the last is the first's device model --- */
static bool store_closed;
static int store_error;
static char written[64]; /* the last path that was changed */

struct xs_handle *xs_open(unsigned long flags)
{
    (void)flags;
    errno = ECONNREFUSED;
    return store_closed ? NULL : (struct xs_handle *)&store_closed;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms, unsigned num)
{
    (void)h;
    (void)t;
    (void)path;
    (void)perms;
    (void)num;
    return true;
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    xs_close(h);
}

void xs_close(struct xs_handle *xsh)
{
    assert_ptr_equal(xsh, &store_closed);
}

bool client_is_broken(struct xs_handle *xsh)
{
    assert_ptr_equal(xsh, &store_closed);
    return false;
}

void *xs_read(struct xs_handle *xsh, xs_transaction_t tx, const char *path, unsigned *len)
{
    char want[64], value[64] = "";
    int i;

    (void)xsh, (void)tx;
    for (i = 0; i < GUESTS; i++) {
        snprintf(want, sizeof(want), "/local/domain/%u/name", domids[i]);
        if (!strcmp(path, want))
            snprintf(value, sizeof(value), "guest%d", i);
    }
    snprintf(want, sizeof(want), "/local/domain/%u/target", domids[2]);
    if (!strcmp(path, want))
        snprintf(value, sizeof(value), "%u", domids[0]);
    snprintf(want, sizeof(want), "/local/domain/%u/image/device-model-domid", domids[0]);
    if (!strcmp(path, want))
        snprintf(value, sizeof(value), "%u", domids[2]);
    snprintf(want, sizeof(want), "/local/domain/%u/vm", domids[1]);
    if (!strcmp(path, want))
        strcpy(value, "/vm/x");
    if (!strcmp(path, "/vm/x/start_time"))
        strcpy(value, "1700000000.25");
    if (!strcmp(path, "/local/domain/0/name"))
        strcpy(value, "Domain-0");
    errno = store_error ? store_error : ENOENT;
    if (store_error || !value[0])
        return NULL;
    *len = (unsigned)strlen(value);
    return strdup(value);
}

int store_read_many(const char *const *paths, unsigned n, char **ret_values)
{
    unsigned len;

    if (store_error || store_closed)
        return store_error ? -store_error : -ECONNREFUSED;
    for (unsigned i = 0; i < n; i++)
        ret_values[i] = xs_read(NULL, XBT_NULL, paths[i], &len);
    return 0;
}

bool xs_write(struct xs_handle *xsh, xs_transaction_t tx, const char *path, const void *data, unsigned len)
{
    (void)xsh, (void)tx, (void)data, (void)len;
    if (*path)
        snprintf(written, sizeof(written), "%s", path);
    errno = store_error;
    return !store_error;
}

bool xs_rm(struct xs_handle *xsh, xs_transaction_t tx, const char *path)
{
    return xs_write(xsh, tx, path, "", 0);
}

static int store_conflicts;

xs_transaction_t xs_transaction_start(struct xs_handle *xsh)
{
    return xs_write(xsh, XBT_NULL, "", "", 0) ? 1 : XBT_NULL;
}

bool xs_transaction_end(struct xs_handle *xsh, xs_transaction_t tx, bool abandon)
{
    if (abandon || store_conflicts-- <= 0)
        return xs_write(xsh, tx, "", "", 0);
    errno = EAGAIN;
    return false;
}

/* --- the world --- */
static void guest_new(int i)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 2,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = 2,
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };

    memset(config.handle, i + 1, sizeof(config.handle));
    assert_int_equal(ctrl_domain_create(priv, &config, 0, &domids[i]), 0);
    assert_int_equal(ctrl_domain_max_vcpus(priv, domids[i], 2), 0);
    assert_int_equal(ctrl_domain_max_mem(priv, domids[i], 8192), 0);
}

static int setup(void **state)
{
    int i;

    (void)state;
    ctrl_loop_init(32);
    assert_int_equal(ctrl_transport->priv_open(&priv), 0);
    for (i = 0; i < GUESTS; i++)
        guest_new(i);
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log), 0);
    store_closed = false;
    store_error = 0;
    log_text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    int i;

    (void)state;
    assert_int_equal(libxl_ctx_free(ctx), 0);
    for (i = 0; i < GUESTS; i++)
        assert_int_equal(ctrl_domain_destroy(priv, domids[i]), 0);
    ctrl_priv_close(priv);
    ctrl_loop_done();
    return 0;
}

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

/* --- userdata --- */
static int count_files(void)
{
    char command[256];
    FILE *f;
    int n = -1;

    snprintf(command, sizeof(command), "ls %s | wc -l", light_userdata_folder);
    f = popen(command, "r");
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

static void test_userdata(void **state)
{
    static const uint8_t data[] = "some data";
    libxl_domain_config config;
    char name[256];
    struct stat st;
    uint8_t *back;
    int len, fd;

    (void)state;
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", &back, &len), 0);
    assert_null(back);
    assert_int_equal(len, 0);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "a", data, sizeof(data)), 0);
    snprintf(name, sizeof(name), "%s/userdata-d.%u.01010101-0101-0101-0101-010101010101.a", light_userdata_folder,
             domids[0]);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", &back, &len), 0);
    assert_int_equal(len, sizeof(data));
    assert_memory_equal(back, data, sizeof(data));
    free(back);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", NULL, NULL), 0);
    assert_int_equal(libxl_userdata_unlink(ctx, domids[0], "a"), 0);
    assert_int_equal(libxl_userdata_unlink(ctx, domids[0], "a"), 0);
    assert_int_equal(stat(name, &st), -1);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "../a", data, 1), ERROR_INVAL);
    assert_int_equal(libxl_userdata_store(ctx, NOBODY, "a", data, 1), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_userdata_retrieve(ctx, NOBODY, "a", NULL, NULL), ERROR_DOMAIN_NOTFOUND);

    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domids[0], &config), ERROR_JSON_CONFIG_EMPTY);
    config.c_info.name = strdup("kept");
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), 0);
    assert_int_equal(light_config_store(ctx, domids[0], &config), 0);
    close(fd);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domids[0], &config), 0);
    assert_string_equal(config.c_info.name, "kept");
    libxl_domain_config_dispose(&config);

    assert_int_equal(libxl_userdata_store(ctx, domids[1], "b", data, sizeof(data)), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &first_uuid), 0);
    assert_int_equal(count_files(), 2); /* the other's, and its lock */
    assert_int_equal(light_userdata_remove(ctx, domids[1], &second_uuid), 0);
    assert_int_equal(count_files(), 0);
}

static void test_userdata_folder_is_missing(void **state)
{
    const char *folder = light_userdata_folder;
    int fd;

    (void)state;
    light_userdata_folder = "/no/such/folder";
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), ERROR_LOCK_FAIL);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "a", NULL, 0), ERROR_LOCK_FAIL);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", NULL, NULL), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &(libxl_uuid){{1}}), 0);
    light_userdata_folder = folder;
}

static void test_rename(void **state)
{
    libxl_domain_config config;
    int fd;

    (void)state;
    assert_int_equal(libxl_domain_rename(ctx, domids[1], "guest1", "fresh"), 0);
    assert_string_equal(written, "/vm/x/name");
    store_conflicts = 3;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), 0);
    assert_true(strstr(written, "/local/domain/") && strstr(written, "/name"));
    store_conflicts = 1000;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), ERROR_FAIL);
    store_conflicts = 0;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest1", "fresh"), ERROR_INVAL);
    expect_said("its name is \"guest0\", not \"guest1\"");
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "guest1"), ERROR_INVAL);
    expect_said("has the name \"guest1\"");
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "guest0"), 0);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, ""), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "a/b"), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, NOBODY, NULL, "fresh"), ERROR_DOMAIN_NOTFOUND);
    store_error = EIO;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), ERROR_FAIL);
    assert_int_equal(libxl_send_sysrq(ctx, domids[0], 'h'), ERROR_FAIL);
    store_error = 0;
    assert_int_equal(libxl_send_sysrq(ctx, domids[0], 'h'), 0);
    assert_non_null(strstr(written, "/control/sysrq"));
    assert_int_equal(libxl_send_sysrq(ctx, NOBODY, 'h'), ERROR_DOMAIN_NOTFOUND);

    libxl_domain_config_init(&config);
    config.c_info.name = strdup("guest0");
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), 0);
    assert_int_equal(light_config_store(ctx, domids[0], &config), 0);
    close(fd);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "kept"), 0);
    assert_int_equal(light_config_load(ctx, domids[0], &config), 0);
    assert_string_equal(config.c_info.name, "kept");
    libxl_domain_config_dispose(&config);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &first_uuid), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[1], &second_uuid), 0);
}

/* --- files and descriptors --- */
static void test_files(void **state)
{
    char path[256], *name;
    void *data;
    int len, pipes[2];
    char got[4];

    (void)state;
    snprintf(path, sizeof(path), "%s/file", light_userdata_folder);
    assert_int_equal(libxl_read_file_contents(ctx, path, &data, &len), ENOENT);
    assert_int_equal(libxl_read_file_contents(ctx, "/dev", &data, &len), ENODEV);
    assert_int_equal(libxl_pipe(ctx, pipes), 0);
    assert_int_equal(libxl_fd_set_cloexec(ctx, pipes[0], 1), 0);
    assert_int_equal(libxl_fd_set_nonblock(ctx, pipes[0], 1), 0);
    assert_int_equal(libxl_fd_set_nonblock(ctx, 12345, 1), ERROR_FAIL);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, "pipe", "what"), EAGAIN);
    expect_said("cannot read what pipe");
    assert_int_equal(libxl_write_exactly(ctx, pipes[1], "ab", 2, NULL, NULL), 0);
    assert_int_equal(libxl_write_exactly(ctx, pipes[1], "cd", 2, NULL, NULL), 0);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, NULL, NULL), 0);
    assert_memory_equal(got, "abcd", 4);
    close(pipes[1]);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, NULL, NULL), EPROTO);
    close(pipes[0]);
    name = libxl_basename("/a/b");
    assert_string_equal(name, "b");
    free(name);
    assert_int_equal(libxl_get_required_shadow_memory(1048576, 4), 12288);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domain_info, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vcpus, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stubdoms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_maps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_affinity, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scheduler, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pools, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_userdata, setup, teardown),
        cmocka_unit_test_setup_teardown(test_userdata_folder_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rename, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
    };
    char folder[] = "/tmp/light-info-XXXXXX", command[64];
    int failed;

    light_userdata_folder = mkdtemp(folder);
    failed = light_userdata_folder ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) || failed;
}
