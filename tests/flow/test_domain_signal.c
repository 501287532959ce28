/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory targets, vCPUs, triggers, a new identity: what is said to a domain that is there, with our xenstored and the core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/query.h"
#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/world.h"
#include "light/events.h"
#include "light/userdata.h"

#define NOBODY 999
#define UUID "ab000000-0000-0000-0000-000000000000"

static void put(uint32_t domid, const char *name, const char *value)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, name);
    assert_true(xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)));
}

static void is(uint32_t domid, const char *name, const char *value)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, name);
    value_is(path, value);
}

static void gone(uint32_t domid, const char *name)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, name);
    assert_true(xs_rm(xs, XBT_NULL, path));
}

/* With a configuration that is kept of it, 8 MiB, of which it shall have 4. */
static uint32_t guest_new(void)
{
    uint32_t domid = domain_new();
    libxl_domain_config config;

    put(domid, "name", "guest");
    put(domid, "vm", "/vm/" UUID);
    put(domid, "memory/target", "4096");
    put(domid, "memory/static-max", "8192");
    put(domid, "memory/videoram", "0");
    libxl_domain_config_init(&config);
    config.c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PVH);
    config.c_info.name = strdup("guest");
    config.b_info.max_vcpus = 1;
    assert_int_equal(light_config_store(ctx, domid, &config), 0);
    libxl_domain_config_dispose(&config);
    return domid;
}

static void kept(uint32_t domid, uint64_t max, uint64_t target)
{
    libxl_domain_config config;

    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domid, &config), 0);
    assert_int_equal(config.b_info.max_memkb, max);
    assert_int_equal(config.b_info.target_memkb, target);
    libxl_domain_config_dispose(&config);
}

static uint64_t max_kib(uint32_t domid)
{
    struct xen_domctl_getdomaininfo info;

    assert_int_equal(ctrl_domain_info(priv, domid, &info), 0);
    return info.max_pages * 4;
}

static void finish(uint32_t domid)
{
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

/* --- memory --- */

static void maximum(void **state)
{
    uint32_t domid = guest_new();

    (void)state;
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 6000), 0);
    assert_int_equal(max_kib(domid), 7024);
    is(domid, "memory/static-max", "6000");
    kept(domid, 6000, 4096);
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 4095), ERROR_INVAL);
    expect_said("its target is 4096 KiB, and cannot be more than its maximum");
    assert_int_equal(max_kib(domid), 7024);
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, UINT64_MAX), ERROR_INVAL);
    expect_said("cannot be limited to 18446744073709551615 KiB");
    put(domid, "memory/target", "much");
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 6000), ERROR_INVAL);
    expect_said("memory/target in the store is \"much\"");
    gone(domid, "memory/target");
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 6000), ERROR_NOTFOUND);
    expect_said("the store has no memory/target of it");
    assert_int_equal(libxl_domain_setmaxmem(ctx, NOBODY, 6000), ERROR_DOMAIN_NOTFOUND);
    finish(domid);
}

static void target(void **state)
{
    uint32_t domid = guest_new();
    uint64_t kib;
    uint32_t kib32;

    (void)state;
    assert_int_equal(libxl_set_memory_target(ctx, domid, 6000, 0, 0), 0);
    is(domid, "memory/target", "6000");
    value_is("/vm/" UUID "/memory", "5");
    assert_int_equal(max_kib(domid), 8192);
    kept(domid, 8192, 6000);
    assert_int_equal(libxl_set_memory_target(ctx, domid, -1000, 1, 1), 0);
    is(domid, "memory/target", "5000");
    assert_int_equal(max_kib(domid), 6024);
    assert_int_equal(libxl_set_memory_target(ctx, domid, 500, 1, 1), 0);
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), 0);
    assert_int_equal(kib, 5500);
    assert_int_equal(libxl_get_memory_target_0x040700(ctx, domid, &kib32), 0);
    assert_int_equal(kib32, 5500);
    assert_int_equal(libxl_set_memory_target(ctx, domid, INT64_MIN, 1, 0), 0);
    is(domid, "memory/target", "0");
    assert_int_equal(libxl_set_memory_target(ctx, domid, 8193, 0, 1), ERROR_INVAL);
    expect_said("a target of 8193 KiB is more than its maximum of 8192");
    assert_int_equal(libxl_set_memory_target(ctx, domid, -1, 0, 1), ERROR_INVAL);
    assert_int_equal(libxl_set_memory_target(ctx, domid, INT64_MAX, 1, 1), ERROR_INVAL);
    /* What its device model's frame buffer has is not its own. */
    put(domid, "memory/videoram", "1024");
    assert_int_equal(libxl_set_memory_target(ctx, domid, 5120, 0, 1), 0);
    is(domid, "memory/target", "4096");
    kept(domid, 8192, 5120);
    gone(domid, "memory/static-max"); /* as with guests of other toolstacks: their target is there all the same */
    assert_int_equal(libxl_get_memory_target(ctx, domid, &kib), 0);
    assert_int_equal(kib, 4096);
    put(domid, "memory/target", "99999999999");
    assert_int_equal(libxl_get_memory_target_0x040700(ctx, domid, &kib32), ERROR_FAIL);
    assert_int_equal(libxl_set_memory_target(ctx, NOBODY, 6000, 0, 0), ERROR_DOMAIN_NOTFOUND);
    finish(domid);
}

static void target_of_dom0(void **state)
{
    uint64_t kib = 0, max = max_kib(0);

    (void)state;
    if (there("/local/domain/0/memory"))
        gone(0, "memory");
    assert_int_equal(libxl_get_memory_target(ctx, 0, &kib), 0);
    assert_true(kib > 0 && kib <= max);
    assert_true(there("/local/domain/0/memory/static-max"));
    assert_int_equal(libxl_set_memory_target(ctx, 0, 131071, 0, 0), ERROR_INVAL);
    put(0, "memory/static-max", "999999");
    assert_int_equal(libxl_set_memory_target(ctx, 0, 131071, 0, 0), ERROR_INVAL);
    expect_said("domain 0 needs 131072 KiB, a target of 131071 is less");
    gone(0, "memory");
}

static void needed(void **state)
{
    static const struct {
        libxl_domain_type type;
        uint64_t max, target, shadow;
        int vcpus;
        uint64_t old, now;
    } rows[] = { /* as stock's libxl answers, on a host with nested paging */
        { LIBXL_DOMAIN_TYPE_PVH, 262144, 131072, LIBXL_MEMKB_DEFAULT, 1, 133120, 135168 },
        { LIBXL_DOMAIN_TYPE_PVH, 364544, 131072, LIBXL_MEMKB_DEFAULT, 2, 133120, 137216 },
        { LIBXL_DOMAIN_TYPE_PVH, 466944, 131072, 5000, 3, 139264, 139264 },
        { LIBXL_DOMAIN_TYPE_PVH, 1048576, 131072, LIBXL_MEMKB_DEFAULT, 4, 133120, 141312 },
        { LIBXL_DOMAIN_TYPE_PVH, 671744, LIBXL_MEMKB_DEFAULT, LIBXL_MEMKB_DEFAULT, 5, 0, 681984 },
        { LIBXL_DOMAIN_TYPE_HVM, 262144, 131072, LIBXL_MEMKB_DEFAULT, 1, 133120, 135168 },
        { LIBXL_DOMAIN_TYPE_PV, 466944, 131072, 5000, 3, 137216, 137216 },
        { LIBXL_DOMAIN_TYPE_PV, 262144, 131072, LIBXL_MEMKB_DEFAULT, 1, 133120, 135168 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config config;
        uint64_t kib = 0;
        uint32_t kib32 = 0;

        libxl_domain_config_init(&config);
        libxl_domain_build_info_init_type(&config.b_info, rows[i].type);
        config.b_info.max_memkb = rows[i].max;
        config.b_info.target_memkb = rows[i].target;
        config.b_info.shadow_memkb = rows[i].shadow;
        config.b_info.max_vcpus = rows[i].vcpus;
        if (rows[i].old) {
            assert_int_equal(libxl_domain_need_memory_0x041200(ctx, &config.b_info, &kib), 0);
            assert_int_equal(kib, rows[i].old);
            assert_int_equal(libxl_domain_need_memory_0x040700(ctx, &config.b_info, &kib32), 0);
            assert_int_equal(kib32, rows[i].old);
        }
        assert_int_equal(libxl_domain_need_memory(ctx, &config, NOBODY, &kib), 0);
        assert_int_equal(kib, rows[i].now);
        assert_int_equal(config.b_info.target_memkb, rows[i].target == LIBXL_MEMKB_DEFAULT ? rows[i].max : rows[i].target);
        config.b_info.target_memkb = UINT64_MAX - 5;
        assert_int_equal(libxl_domain_need_memory(ctx, &config, NOBODY, &kib), ERROR_FAIL);
        config.b_info.target_memkb = UINT64_C(1) << 40;
        assert_int_equal(libxl_domain_need_memory_0x040700(ctx, &config.b_info, &kib32), ERROR_FAIL);
        libxl_domain_config_dispose(&config);
    }
}

/* --- signals --- */

static void triggers(void **state)
{
    uint32_t domid = guest_new();

    (void)state;
    assert_int_equal(libxl_send_trigger(ctx, domid, LIBXL_TRIGGER_NMI, 0, NULL), 0);
    assert_int_equal(libxl_send_trigger(ctx, domid, LIBXL_TRIGGER_NMI, 7, NULL), ERROR_FAIL);
    expect_said("nmi, vCPU 7: ");
    assert_int_equal(libxl_send_trigger(ctx, domid, LIBXL_TRIGGER_UNKNOWN, 0, NULL), ERROR_FAIL);
    assert_int_equal(libxl_send_trigger(ctx, domid, (libxl_trigger)77, 0, NULL), ERROR_FAIL);
    expect_said("there is no trigger with the number 77");
    assert_int_equal(libxl_send_trigger(ctx, domid, LIBXL_TRIGGER_S3RESUME, 0, NULL), ERROR_INVAL);
    assert_int_equal(libxl_send_trigger(ctx, NOBODY, LIBXL_TRIGGER_INIT, 0, NULL), ERROR_DOMAIN_NOTFOUND);
    finish(domid);
}

static void vcpus(void **state)
{
    uint32_t domid = guest_new();
    libxl_bitmap map;

    (void)state;
    libxl_bitmap_init(&map);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &map, NULL), ERROR_FAIL);
    expect_said("it needs a vCPU to run on");
    assert_int_equal(libxl_cpu_bitmap_alloc(ctx, &map, 16), 0);
    libxl_bitmap_set(&map, 0);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &map, NULL), 0);
    is(domid, "cpu/0/availability", "online");
    libxl_bitmap_set(&map, 1);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &map, NULL), ERROR_INVAL);
    expect_said("it has 1 vCPUs, there is no vCPU 1");
    assert_int_equal(libxl_set_vcpuonline(ctx, NOBODY, &map, NULL), ERROR_DOMAIN_NOTFOUND);
    for (unsigned nth = 1; nth <= 8; nth++) {
        int rc;

        fault_at(FAULT_ALLOC, nth);
        rc = libxl_set_vcpuonline(ctx, domid, &map, NULL);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc == ERROR_NOMEM || rc == ERROR_FAIL || rc == ERROR_INVAL);
    }
    libxl_bitmap_dispose(&map);
    finish(domid);
}

static void resumed(void **state)
{
    uint32_t domid = guest_new();
    struct xen_domctl_getdomaininfo info;

    (void)state;
    assert_int_equal(ctrl_domain_shutdown(priv, domid, LIBXL_SHUTDOWN_REASON_SUSPEND), 0);
    assert_int_equal(libxl_domain_resume(ctx, domid, 1, NULL), ERROR_NI);
    libxl_domain_resume(ctx, domid, 0, NULL); /* the store without a hypervisor knows of no domain */
    assert_int_equal(ctrl_domain_info(priv, domid, &info), 0);
    assert_false(info.flags & XEN_DOMINF_shutdown);
    assert_int_equal(libxl_domain_resume(ctx, NOBODY, 0, NULL), ERROR_DOMAIN_NOTFOUND);
    finish(domid);
}

static void preserved(void **state)
{
    uint32_t domid = guest_new();
    libxl_domain_create_info info;
    libxl_uuid uuid;

    (void)state;
    libxl_domain_create_info_init(&info);
    memset(&uuid, 0x11, sizeof(uuid));
    assert_int_equal(libxl_domain_preserve(ctx, domid, &info, "-crashed", uuid), ERROR_INVAL);
    info.name = (char *)"guest";
    assert_int_equal(libxl_domain_preserve(ctx, domid, &info, "-crashed", uuid), 0);
    is(domid, "name", "guest-crashed");
    is(domid, "vm", "/vm/11111111-1111-1111-1111-111111111111");
    value_is("/vm/11111111-1111-1111-1111-111111111111/uuid", "11111111-1111-1111-1111-111111111111");
    value_is("/vm/" UUID "/name", "guest-crashed");
    assert_int_equal(libxl_domain_preserve(ctx, NOBODY, &info, "", uuid), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_preserve(ctx, domid, &info, "-crashed", uuid), ERROR_INVAL); /* it has another name now */
    finish(domid); /* what has its UUID now stays, and may be its successor's */
    assert_null(xs_read(xs, XBT_NULL, "/vm/11111111-1111-1111-1111-111111111111/uuid", NULL));
    value_is("/vm/" UUID "/name", "guest-crashed");
    assert_true(xs_rm(xs, XBT_NULL, "/vm/" UUID));
}

/* --- its configuration, as it would be made again --- */

static void retrieved(void **state)
{
    uint32_t domid = guest_new();
    libxl_domain_config config;
    bool more = true;

    (void)state;
    libxl_domain_config_init(&config);
    assert_int_equal(libxl_domain_rename(ctx, domid, "guest", "other"), 0);
    put(domid, "cpu/0/availability", "online");
    put(domid, "memory/target", "5000");
    put(domid, "memory/videoram", "24");
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &config, NULL), 0);
    assert_string_equal(config.c_info.name, "other");
    assert_string_equal(config.c_info.pool_name, "Pool-0");
    assert_int_equal(config.c_info.type, LIBXL_DOMAIN_TYPE_PVH);
    assert_int_equal(config.c_info.uuid.uuid[0], 0xab);
    assert_int_equal(config.b_info.target_memkb, 5024);
    assert_int_equal(config.b_info.max_memkb, 8192);
    assert_int_equal(libxl_bitmap_count_set(&config.b_info.avail_vcpus), 1);
    assert_true(config.b_info.sched_params.weight > 0);
    put(domid, "cpu/0/availability", "offline");
    libxl_domain_config_dispose(&config);
    memset(&config, 0xff, sizeof(config)); /* nobody has to initialize it */
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &config, NULL), 0);
    assert_int_equal(libxl_bitmap_count_set(&config.b_info.avail_vcpus), 0);
    for (unsigned nth = 1; more; nth++) {
        libxl_domain_config again;
        int rc;

        fault_at(FAULT_ALLOC, nth);
        rc = libxl_retrieve_domain_configuration(ctx, domid, &again, NULL);
        more = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc <= 0 && (more || !rc));
        if (rc == 0)
            libxl_domain_config_dispose(&again);
    }
    log_text[0] = '\0';
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, NOBODY, &config, NULL), ERROR_DOMAIN_NOTFOUND);
    expect_said("domain 999: reading its configuration: there is none with this number");
    assert_int_equal(libxl_userdata_unlink(ctx, domid, "libxl-json"), 0);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &config, NULL), ERROR_JSON_CONFIG_EMPTY);
    expect_said("none is kept in");
    libxl_domain_config_dispose(&config);
    finish(domid);
}

/* Each allocation fails once, and each operation on the hypervisor. */
static void failing(void **state)
{
    uint32_t domid = guest_new();
    bool more = true;

    (void)state;
    for (unsigned nth = 1; more; nth++) {
        uint64_t kib;
        int rc[3];

        fault_at(FAULT_ALLOC, nth);
        rc[0] = libxl_domain_setmaxmem(ctx, domid, 8000);
        rc[1] = libxl_set_memory_target(ctx, domid, 4096, 0, 1);
        rc[2] = libxl_get_memory_target(ctx, domid, &kib);
        more = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        for (unsigned i = 0; i < 3; i++)
            assert_true(rc[i] <= 0);
        assert_true(more || (!rc[0] && !rc[1] && !rc[2]));
    }
    more = true;
    for (unsigned nth = 1; more; nth++) {
        int rc[3];

        ctrl_loop_fail(nth, EIO);
        rc[0] = libxl_domain_setmaxmem(ctx, domid, 8000);
        rc[1] = libxl_set_memory_target(ctx, domid, 4096, 0, 1);
        rc[2] = libxl_send_trigger(ctx, domid, LIBXL_TRIGGER_NMI, 0, NULL);
        more = ctrl_loop_failed();
        ctrl_loop_fail(0, 0);
        assert_true(more || (!rc[0] && !rc[1] && !rc[2]));
        assert_true(!more || rc[0] < 0 || rc[1] < 0 || rc[2] < 0);
    }
    finish(domid);
}

static void gone_for_good(void **state)
{
    (void)state;
    assert_null(libxl_tmem_list(ctx, 1, 0));
    assert_int_equal(libxl_tmem_freeze(ctx, 1), ERROR_FAIL);
    assert_int_equal(libxl_tmem_thaw(ctx, 1), ERROR_FAIL);
    assert_int_equal(libxl_tmem_set(ctx, 1, (char *)"weight", 1), ERROR_FAIL);
    assert_int_equal(libxl_tmem_shared_auth(ctx, 1, (char *)"", 1), ERROR_FAIL);
    assert_int_equal(libxl_tmem_freeable(ctx), ERROR_FAIL);
    assert_int_equal(libxl_clear_domid_history(ctx), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maximum, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(target, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(target_of_dom0, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(needed, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(triggers, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(vcpus, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(resumed, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(preserved, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(retrieved, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(failing, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(gone_for_good, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
