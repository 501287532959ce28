/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0 gives memory for a new domain (tools/xl/room.c), over the real store and core. Seconds that the library waits are wrapped:
 * in each of them dom0's kernel, which this test plays, comes nearer to its target. Our core gives no domain what dom0 has given
 * up, as other hypervisors do: what dom0 has here beside its first pages is another domain's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/memory.h"
#include "fake/ctrl_loop.h"
#include "flow/world.h"
#include "xl/create.h"

#define EXTENT_KIB 2048u
#define DOM0_MIB 190u

static uint64_t base_kib;      /* that dom0 has of its own */
static uint32_t holder;        /* of dom0's memory */
static unsigned extents;       /* that dom0 has, of 2 MiB */
static unsigned each_second;   /* how many of them it gives up in a second */
static unsigned gives_at_most; /* then it stops */
static unsigned seconds;

unsigned __wrap_sleep(unsigned wait);
int __real_libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid);
int __wrap_libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid);

int __wrap_libxl_domain_info(libxl_ctx *c, libxl_dominfo *info, uint32_t domid)
{
    int rc = __real_libxl_domain_info(c, info, domid);

    if (rc == 0 && domid == 0 && info)
        info->max_memkb = info->current_memkb += (uint64_t)extents * EXTENT_KIB;
    return rc;
}

static uint64_t target_of_dom0(void)
{
    char *text = xs_read(xs, XBT_NULL, "/local/domain/0/memory/target", NULL);
    uint64_t target = text ? strtoull(text, NULL, 10) : UINT64_MAX;

    free(text);
    return target;
}

static uint64_t kib_of_dom0(void)
{
    libxl_dominfo info;
    uint64_t kib;

    libxl_dominfo_init(&info);
    assert_int_equal(libxl_domain_info(ctx, &info, 0), 0);
    kib = info.current_memkb;
    libxl_dominfo_dispose(&info);
    return kib;
}

unsigned __wrap_sleep(unsigned wait)
{
    assert_int_equal(wait, 1);
    assert_true(++seconds < 200);
    for (unsigned i = 0; i < each_second && gives_at_most && base_kib + (uint64_t)extents * EXTENT_KIB > target_of_dom0(); i++) {
        uint64_t gfn = (uint64_t)(extents - 1) * 512;

        if (ctrl_memory_decrease(priv, holder, &gfn, 1, 9) != 1)
            continue;
        extents--;
        gives_at_most--;
    }
    return 0;
}

static void features_are(const char *text)
{
    FILE *f = fopen(room_features_path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int group_setup(void **state)
{
    static char path[64];

    if (world_setup(state))
        return -1;
    snprintf(path, sizeof(path), "%s/features", world_folder);
    room_features_path = path;
    return 0;
}

static void fill(void)
{
    for (; extents < DOM0_MIB / 2; extents++) {
        uint64_t gfn = (uint64_t)extents * 512;

        assert_int_equal(ctrl_memory_populate(priv, holder, &gfn, 1, 9, 0), 1);
    }
    xs_rm(xs, XBT_NULL, "/local/domain/0/memory");
}

/* Dom0 with all memory but a few MiB, and nothing of it in the store yet. */
static int setup(void **state)
{
    static const struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
        .max_maptrack_frames = -1, .grant_opts = 2, .arch = { .emulation_flags = XEN_X86_EMU_LAPIC }, .handle = { 0xab },
    };

    (void)state;
    features_are("00012f05\n");
    seconds = 0;
    each_second = 4;
    gives_at_most = 1000;
    extents = 0;
    if (machine_setup_of(DOM0_MIB + 20))
        return -1;
    base_kib = kib_of_dom0();
    assert_int_equal(ctrl_domain_create(priv, &config, 0, &holder), 0);
    assert_int_equal(ctrl_domain_max_vcpus(priv, holder, 1), 0);
    assert_int_equal(ctrl_domain_max_mem(priv, holder, DOM0_MIB << 10), 0);
    assert_int_equal(ctrl_domain_set_paging_pool(priv, holder, 1 << 20), 0);
    fill();
    return 0;
}

/* What the command ends with for a domain of that size. */
static int make(unsigned mib)
{
    struct xl xl = { .command = command_find("create"), .ctx = ctx, .conf = { .autoballoon = AUTOBALLOON_ON } };
    libxl_domain_config d;
    int status;

    libxl_domain_config_init(&d);
    d.c_info.name = strdup("g");
    d.c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    libxl_domain_build_info_init_type(&d.b_info, LIBXL_DOMAIN_TYPE_PVH);
    d.b_info.max_memkb = d.b_info.target_memkb = mib * 1024;
    status = room_make(&xl, &d);
    libxl_domain_config_dispose(&d);
    return status;
}

static uint64_t free_mib(void)
{
    uint64_t kib;

    assert_int_equal(libxl_get_free_memory(ctx, &kib), 0);
    return kib / 1024;
}

static void enough_is_free(void **state)
{
    (void)state;
    assert_int_equal(make(10), 0);
    assert_int_equal(seconds, 0);
    assert_false(there("/local/domain/0/memory/target"));
}

static void dom0_gives(void **state)
{
    uint64_t before = kib_of_dom0();

    (void)state;
    assert_true(free_mib() < 30);
    assert_int_equal(make(64), 0);
    assert_true(free_mib() >= 64 && free_mib() < 80);
    assert_true(seconds > 3 && seconds < 10);
    assert_true(kib_of_dom0() < before - 30 * 1024);
    assert_true(target_of_dom0() < before - 30 * 1024);
    seconds = 0;
    assert_int_equal(make(64), 0); /* it is there now */
    assert_int_equal(seconds, 0);
}

/* 10 seconds are not enough for all of it, and it goes on: the next try waits on. */
static void slow_dom0(void **state)
{
    (void)state;
    each_second = 1;
    assert_int_equal(make(64), 0);
    assert_true(free_mib() >= 64 && free_mib() < 80);
    assert_true(seconds > 15 && seconds < 40);
}

/* Dom0 may have its memory again. */
static void dom0_stops(void **state)
{
    uint64_t before = kib_of_dom0();

    (void)state;
    gives_at_most = 5;
    assert_int_equal(make(64), EXIT_NOT_CREATED);
    assert_true(kib_of_dom0() < before);
    assert_int_equal(target_of_dom0(), before);
}

static void dom0_needs_its_own(void **state)
{
    uint64_t before = kib_of_dom0();

    (void)state;
    assert_int_equal(make(150), EXIT_NOT_CREATED);
    assert_non_null(strstr(log_text, "domain 0 needs 131072 KiB"));
    assert_int_equal(seconds, 0);
    assert_int_equal(target_of_dom0(), before);
    assert_int_equal(kib_of_dom0(), before);
}

/* A dom0 whose frames nobody else gets is left alone. */
static void frames_stay(void **state)
{
    struct xl xl = { .ctx = ctx, .conf = { .autoballoon = AUTOBALLOON_AUTO } };
    uint64_t before = kib_of_dom0();

    (void)state;
    assert_true(room_is_made(&xl));
    features_are("00020f05\n");
    assert_false(room_is_made(&xl));
    assert_int_equal(make(64), EXIT_NOT_CREATED);
    assert_int_equal(seconds, 0);
    assert_false(there("/local/domain/0/memory/target"));
    assert_int_equal(kib_of_dom0(), before);
    assert_int_equal(make(10), 0);
    features_are("00020b01\n"); /* one that is not translated: its frames go where it gives them */
    assert_true(room_is_made(&xl));
    xl.conf.autoballoon = AUTOBALLOON_OFF;
    assert_false(room_is_made(&xl));
}

/* Each operation fails once: there is room, or dom0 may have what it had. */
static void each_call_fails(void **state)
{
    unsigned n = 0;
    bool failed = true;

    (void)state;
    for (; failed; n++) {
        uint64_t before = kib_of_dom0();
        int status;

        each_second = 20;
        ctrl_loop_fail(n + 1, 5);
        status = make(64);
        failed = ctrl_loop_failed();
        ctrl_loop_fail(0, 0);
        if (status == 0)
            assert_true(free_mib() >= 64);
        else if (there("/local/domain/0/memory/target"))
            assert_int_equal(target_of_dom0(), before);
        fill();
        seconds = 0;
        gives_at_most = 1000;
    }
    assert_true(n > 5);
}

#define room_test(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        room_test(enough_is_free), room_test(dom0_gives),  room_test(slow_dom0),       room_test(dom0_stops),
        room_test(dom0_needs_its_own), room_test(frames_stay), room_test(each_call_fails),
    };

    return cmocka_run_group_tests(tests, group_setup, world_teardown);
}
