/* SPDX-License-Identifier: GPL-2.0-only */
/* xl.conf(5): each of its settings, what is wrong with one, and what becomes of a domain's configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "light/context.h"
#include "unit/capture_fixture.h"
#include "xl/conf.h"

static struct xl_conf conf;

int __wrap_libxl_get_max_cpus(libxl_ctx *c);

int __wrap_libxl_get_max_cpus(libxl_ctx *c)
{
    (void)c;
    return 8;
}

/* The file has this text; NULL: there is none. What it says is in said. */
static bool read_conf(const char *text)
{
    char path[] = "/tmp/xl-conf-XXXXXX";
    bool ok;

    file_with(path, text ? text : "");
    if (!text)
        unlink(path);
    xl_conf_path = path;
    capture(stderr);
    ok = conf_read(ctx, &conf);
    captured();
    unlink(path);
    return ok;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(read_conf(NULL));
    assert_string_equal(said, "");
    assert_int_equal(conf.autoballoon, AUTOBALLOON_AUTO);
    assert_true(conf.run_hotplug_scripts && conf.claim_mode && !conf.random_domid);
    assert_string_equal(conf.lockfile, "/var/lock/xl");
    assert_int_equal(conf.cpumask.size, 0);
    conf_done(&conf);
}

static const char all[] =
    "autoballoon='off'\nrun_hotplug_scripts=0\nlockfile='/l'\nmax_grant_frames=65\nmax_maptrack_frames=66\n"
    "max_grant_version=1\nvif.default.script='s'\nvif.default.bridge='b'\nvif.default.gatewaydev='g'\n"
    "vif.default.backend='d'\noutput_format='json'\nblkdev_start='xvdq'\nclaim_mode=0\nremus.default.netbufscript='n'\n"
    "colo.default.proxyscript='p'\nvm.cpumask='0-3'\nvm.hvm.cpumask='2-5'\nvm.pv.cpumask='7'\ndomid_policy='random'\n";

static void test_all(void **state)
{
    libxl_domain_config d;
    libxl_device_nic *nic;

    (void)state;
    assert_true(read_conf(all));
    assert_string_equal(said, "");
    assert_int_equal(conf.autoballoon, AUTOBALLOON_OFF);
    assert_string_equal(conf.lockfile, "/l");
    assert_string_equal(conf.netbuf_script, "n");
    assert_string_equal(conf.colo_script, "p");

    libxl_domain_config_init(&d);
    d.nics = nic = calloc(2, sizeof(*nic));
    d.num_nics = 2;
    libxl_device_nic_init(&nic[0]);
    libxl_device_nic_init(&nic[1]);
    nic[1].bridge = strdup("own");
    d.b_info.max_grant_frames = 7;
    conf_apply(&conf, &d);
    assert_string_equal(nic[0].script, "s");
    assert_string_equal(nic[0].bridge, "b");
    assert_string_equal(nic[0].gatewaydev, "g");
    assert_string_equal(nic[0].backend_domname, "d");
    assert_string_equal(nic[1].bridge, "own");
    assert_int_equal(d.b_info.max_grant_frames, 7);
    assert_int_equal(d.b_info.max_maptrack_frames, 66);
    assert_int_equal(d.b_info.max_grant_version, 1);
    assert_string_equal(d.b_info.blkdev_start, "xvdq");
    assert_true(d.c_info.domid == (uint32_t)RANDOM_DOMID);
    assert_false(libxl_defbool_val(d.c_info.run_hotplug_scripts) || libxl_defbool_val(d.b_info.claim_mode));
    libxl_domain_config_dispose(&d);
    conf_done(&conf);
}

static void test_masks(void **state)
{
    static const struct {
        libxl_domain_type type;
        const char *conf, *want; /* the first vCPU's and the second's; of two, the first may run on CPUs 1 to 4 */
        int none;                /* the vCPU that has no CPU left; -1 */
    } rows[] = {
        { LIBXL_DOMAIN_TYPE_PVH, "", "01111000", -1 },
        { LIBXL_DOMAIN_TYPE_PVH, "vm.cpumask='0-3'\n", "01110000 11110000", -1 },
        { LIBXL_DOMAIN_TYPE_PVH, "vm.cpumask='0-3'\nvm.hvm.cpumask='2-5'\n", "00110000 00110000", -1 },
        { LIBXL_DOMAIN_TYPE_PV, "vm.hvm.cpumask='2-5'\nvm.pv.cpumask='4'\n", "00001000 00001000", -1 },
        { LIBXL_DOMAIN_TYPE_PV, "vm.hvm.cpumask='2-5'\n", "01111000", -1 },
        { LIBXL_DOMAIN_TYPE_HVM, "vm.hvm.cpumask='6'\n", NULL, 0 },
        { LIBXL_DOMAIN_TYPE_HVM, "vm.cpumask='4'\nvm.hvm.cpumask='0-4,^4'\n", NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config d;
        char text[40] = "";
        int vcpu = -1;

        assert_true(read_conf(rows[i].conf));
        libxl_domain_config_init(&d);
        d.c_info.type = rows[i].type;
        d.b_info.max_vcpus = 2;
        d.b_info.vcpu_hard_affinity = calloc(1, sizeof(libxl_bitmap));
        d.b_info.num_vcpu_hard_affinity = 1;
        assert_int_equal(libxl_cpu_bitmap_alloc(ctx, d.b_info.vcpu_hard_affinity, 0), 0);
        for (int cpu = 1; cpu <= 4; cpu++)
            libxl_bitmap_set(d.b_info.vcpu_hard_affinity, cpu);
        assert_int_equal(conf_apply_masks(ctx, &conf, &d, &vcpu), !!rows[i].want);
        assert_int_equal(vcpu, rows[i].none);
        for (int v = 0; rows[i].want && v < d.b_info.num_vcpu_hard_affinity; v++) {
            if (v)
                strcat(text, " ");
            for (int cpu = 0; cpu < 8; cpu++)
                strcat(text, libxl_bitmap_test(&d.b_info.vcpu_hard_affinity[v], cpu) ? "1" : "0");
        }
        if (rows[i].want)
            assert_string_equal(text, rows[i].want);
        libxl_domain_config_dispose(&d);
        conf_done(&conf);
    }
}

static void test_said(void **state)
{
    static const struct {
        const char *text, *said;
        bool ok;
    } rows[] = {
        { "autoballoon=1\n", ":1:13: warning: autoballoon as a number is an old form; it has names\n", true },
        { "vifscript='s'\n", ":1:1: warning: vifscript is an old form of vif.default.script\n", true },
        { "defaultbridge='s'\n", ":1:1: warning: defaultbridge is an old form of vif.default.bridge\n", true },
        { "output_format='sxp'\n", "warning: output_format sxp is not written by this xl", true },
        { "claim_mod=1\n", ":1:1: warning: there is no setting `claim_mod'; `claim_mode' is one\n", true },
        { "output_format='xml'\n", ":1:15: there is no output_format `xml'", false },
        { "autoballoon='perhaps'\n", ":1:13: there is no autoballoon `perhaps'\n", false },
        { "domid_policy='mine'\n", ":1:14: there is no domid_policy `mine'\n", false },
        { "claim_mode='perhaps'\n", ":1:12: claim_mode is `perhaps', no number\n", false },
        { "max_grant_version=3\n", ":1:19: max_grant_version is 3 and should be from 0 to 2\n", false },
        { "vm.cpumask='9'\n", ":1:12: `9' leaves no CPU of this host\n", false },
        { "lockfile=['a']\n", ":1:10: a list where one value should be\n", false },
        { "lockfile=\n", ":1:10: ", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_conf(rows[i].text), rows[i].ok);
        if (!strstr(said, rows[i].said))
            fail_msg("%s: said %s", rows[i].text, said);
        conf_done(&conf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_all), cmocka_unit_test(test_masks), cmocka_unit_test(test_said),
    };

    return cmocka_run_group_tests(tests, context_setup, context_teardown);
}
