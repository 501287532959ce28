/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/xl: the tables of settings and commands; configurations as libxl's struct; what is said of those that are wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "light/context.h"
#include "unit/capture_fixture.h"
#include "xl/config.h"
#include "xl/format.h"
#include "xl/xl.h"

/* config_read() of a text, what it says in said. */
static int read_text(const char *text, libxl_domain_config *d)
{
    char path[] = "/tmp/xl-config-XXXXXX";
    int error;

    file_with(path, text);
    libxl_domain_config_init(d);
    capture(stderr);
    error = config_read(ctx, path, NULL, 0, d);
    captured();
    unlink(path);
    return error;
}

static void test_struct(void **state)
{
    libxl_domain_config d;

    (void)state;
    assert_int_equal(read_text("name='g'\ntype='pvh'\nkernel='/k'\nmemory=64\nmaxmem=128\nvcpus=2\nmaxvcpus=3\nroot='/r'\n"
                               "extra='q'\non_crash='preserve'\nnomigrate=1\nmax_event_channels=99\n"
                               "disk=['/x,qcow2,xvda,ro']\nvif=['mac=0:1:2:3:4:5,untrusted','rate=1MB/s']\n"
                               "ioports=['2f8-2ff']\nirqs=[5]\niomem=['f0,2@10']\n", &d), 0);
    assert_string_equal(said, "");
    assert_string_equal(d.c_info.name, "g");
    assert_int_equal(d.c_info.type, LIBXL_DOMAIN_TYPE_PVH);
    assert_int_equal(d.b_info.target_memkb, 64 * 1024);
    assert_int_equal(d.b_info.max_memkb, 128 * 1024);
    assert_int_equal(d.b_info.max_vcpus, 3);
    assert_int_equal(libxl_bitmap_count_set(&d.b_info.avail_vcpus), 2);
    assert_string_equal(d.b_info.cmdline, "root=/r q");
    assert_int_equal(d.on_crash, LIBXL_ACTION_ON_SHUTDOWN_PRESERVE);
    assert_int_equal(d.on_reboot, LIBXL_ACTION_ON_SHUTDOWN_RESTART);
    assert_true(libxl_defbool_val(d.b_info.disable_migrate));
    assert_int_equal(d.b_info.event_channels, 99);
    assert_int_equal(d.num_disks, 1);
    assert_int_equal(d.disks[0].format, LIBXL_DISK_FORMAT_QCOW2);
    assert_int_equal(d.num_nics, 2);
    assert_int_equal(d.nics[0].mac[5], 5);
    assert_false(libxl_defbool_val(d.nics[0].trusted));
    assert_int_equal(d.nics[1].devid, 1);
    assert_int_equal(d.nics[1].rate_bytes_per_interval, 50000);
    assert_int_equal(d.b_info.ioports[0].number, 8);
    assert_int_equal(d.b_info.irqs[0], 5);
    assert_int_equal(d.b_info.iomem[0].gfn, 0x10);
    libxl_domain_config_dispose(&d);
}

#define G "name='g'\nkernel='/k'\ntype='pvh'\n" /* three lines */
static void test_wrong(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "type='pvh'\nkernel='/k'\n", ": the domain has no name: name=\"...\" is missing\n" },
        { "name='g'\n", ": nothing to boot: kernel=\"...\" or bootloader=\"...\" is missing\n" },
        { "name='g'\ntype='xen'\n", ":2:6: there is no type of domain `xen': pv, pvh and hvm are\n" },
        { G "builder='hvm'\n", ":4:1: builder and type say different things; type alone will do\n" },
        { G "memory='much'\n", ":4:8: memory is `much', no number\n" },
        { G "vcpus=4\nmaxvcpus=2\n", ":5:10: maxvcpus is 2 and should be from 4 to 32767\n" },
        { G "on_crash='explode'\n", ":4:10: on_crash is `explode' and should be destroy, " },
        { G "uuid='x'\n", ":4:6: `x' is no UUID such as " },
        { G "disk=['/x,raw']\n", ": disk `/x,raw': no vdev: the guest's name of it (xvda, hdc) is missing\n" },
        { G "vif=['',\n'brigde=b']\n", ":5:1: vif: there is no `brigde'; `bridge' is one\n" },
        { G "vif=['mac=1:2']\n", ":4:6: vif: `1:2' is no address such as 00:16:3e:00:00:01\n" },
        { G "vif='bridge=b'\n", ":4:5: vif is one value and should be a list, [ ... ]\n" },
        { G "passthrough='maybe'\n", ":4:13: there is no passthrough `maybe'\n" },
        { G "irqs=['x']\n", ":4:7: `x' is no number of an interrupt\n" },
        { G "iomem=['f0']\n", ":4:8: `f0' is no range of memory: FIRST,NUMBER[@GFN] in frames\n" },
        { G "p9=['tag=t']\n", ":4:5: p9: tag=, path= and security_model= are needed\n" },
        { G "channel=['connection=tape']\n", ":4:10: channel: connection is `tape' and should be pty or socket\n" },
        { G "vsnd='x'\n", ":4:6: vsnd is one value and should be a list of lists, [ [ \"card, ...\" ] ]\n" },
        { G "vsnd=['x']\n", ":4:7: vsnd: a card is a list, [ \"card, ...\", \"pcm, ...\", \"stream, ...\" ]\n" },
        { G "vsnd=[['x']]\n", ":4:8: vsnd: `x' should begin with card, pcm or stream, and a comma\n" },
        { G "vsnd=[[['x']]]\n", ":4:8: a list where one value should be\n" },
        { G "vsnd=[['card','pcm',\n'card']]\n", ":5:1: vsnd: the card comes first, and once in its list\n" },
        { G "vsnd=[['card','pcm,nmae=x']]\n", ":4:15: vsnd: there is no `nmae'; `name' is one\n" },
        { G "vsnd=[['stream,type=x']]\n", ":4:8: vsnd: there is no type `x'\n" },
        { G "vsnd=[['card,sample-formats=s8;x']]\n", ":4:8: vsnd: `x' is no sample format\n" },
        { G "vsnd=[['card,sample-formats=']]\n", ":4:8: vsnd: no sample format is named\n" },
        { G "vsnd=[['card,sample-rates=8000;-1']]\n", ":4:8: vsnd: `-1' is no sample rate\n" },
        { G "vsnd=[['card,sample-rates']]\n", ":4:8: vsnd: no sample rate is named\n" },
        { G "vsnd=[['card,buffer-size=x']]\n", ":4:8: vsnd: buffer-size is `x', no number\n" },
        { G "vnuma=1\n", ":4:7: vnuma is one value and should be a list of lists, [ [ ... ] ]\n" },
        { G "pvcalls='x'\n", ":4:9: pvcalls is one value and should be a list, [ ... ]\n" },
        { G "pvcalls=['bakcend=0']\n", ":4:10: pvcalls: there is no `bakcend'; `backend' is one\n" },
        { G "vdispl=['be-alloc=1']\n", ":4:9: vdispl: connectors= is missing: ID:WIDTHxHEIGHT;...\n" },
        { G "vdispl=['connectors=a:1x']\n", ":4:9: vdispl: `a:1x' is no connector such as id0:1920x1080\n" },
        { G "vdispl=['connectors=:1x2']\n", ":4:9: vdispl: `:1x2' is no connector such as id0:1920x1080\n" },
        { G "usbctrl=['type=x']\n", ":4:10: usbctrl: there is no type `x'\n" },
        { G "usbctrl=['ports=32']\n", ":4:10: usbctrl: version is 1, 2 or 3, and ports at most 31\n" },
        { G "usbdev=['type=disk']\n", ":4:9: usbdev: the type is `disk' and should be hostdev\n" },
        { G "usbdev=['hostbus=1,hostaddr=256']\n", ":4:9: usbdev: hostbus= and hostaddr= are needed, each from 0 to 255\n" },
        { G "dtdev='x'\n", ":4:7: dtdev is one value and should be a list, [ ... ]\n" },
        { "name='g'\ntype='hvm'\nviridian=['base','x']\n", ":3:18: viridian: there is no group `x'\n" },
        { "name='g'\ntype='hvm'\nviridian='x'\n", ":3:10: viridian is `x', no number\n" },
        { "name='g'\ntype='hvm'\ngfx_passthru='x'\n", ":3:14: gfx_passthru is `x' and should be 0, 1, default or igd\n" },
        { "name='g'\ntype='hvm'\nmca_caps=['x']\n", ":3:11: mca_caps: there is no `x'; lmce is one\n" },
        { G "pci=['x']\n", ":4:6: pci device 1 is wrong, as said above\n" },
        { G "cpuid='tm=0'\n", ":4:7: cpuid begins with `tm=0' and should begin with host\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config d;

        assert_int_equal(read_text(rows[i].text, &d), -EINVAL);
        if (!strstr(said, rows[i].want))
            fail_msg("%s: said %s", rows[i].want, said);
        libxl_domain_config_dispose(&d);
    }
}

/* What few domains have. */
static void test_others(void **state)
{
    libxl_domain_config d;

    (void)state;
    assert_int_equal(read_text(G "pvcalls=['backend=a','']\nvdispl=['be-alloc=1,connectors=a:1x2;b:3x4']\n"
                               "usbctrl=['type=pv,version=1,ports=4','']\nusbdev=['hostbus=1,hostaddr=255,port=2']\n"
                               "dtdev=['/x','/y']\n"
                               "vsnd=[['card,short-name=a','pcm','pcm,name=p','stream,type=c,sample-rates=8000;44100'],[]]\n", &d), 0);
    assert_string_equal(said, "");
    assert_int_equal(d.num_pvcallsifs, 2);
    assert_string_equal(d.pvcallsifs[0].backend_domname, "a");
    assert_int_equal(d.pvcallsifs[1].devid, 1);
    assert_int_equal(d.vdispls[0].num_connectors, 2);
    assert_string_equal(d.vdispls[0].connectors[1].unique_id, "b");
    assert_int_equal(d.vdispls[0].connectors[1].height, 4);
    assert_int_equal(d.num_usbctrls, 2);
    assert_int_equal(d.usbctrls[0].type, LIBXL_USBCTRL_TYPE_PV);
    assert_int_equal(d.usbdevs[0].u.hostdev.hostaddr, 255);
    assert_int_equal(d.usbdevs[0].port, 2);
    assert_string_equal(d.dtdevs[1].path, "/y");
    assert_int_equal(d.num_vsnds, 2);
    assert_int_equal(d.vsnds[1].devid, 1);
    assert_string_equal(d.vsnds[0].short_name, "a");
    assert_int_equal(d.vsnds[0].num_vsnd_pcms, 2);
    assert_int_equal(d.vsnds[0].pcms[0].num_vsnd_streams, 0);
    assert_int_equal(d.vsnds[0].pcms[1].streams[0].type, LIBXL_VSND_STREAM_TYPE_C);
    assert_int_equal(d.vsnds[0].pcms[1].streams[0].params.sample_rates[1], 44100);
    libxl_domain_config_dispose(&d);
    assert_int_equal(read_text("name='g'\ntype='hvm'\nviridian=['all','!freq']\ngfx_passthru='igd'\nmca_caps=['lmce']\n", &d), 0);
    assert_false(libxl_bitmap_test(&d.b_info.u.hvm.viridian_enable, LIBXL_VIRIDIAN_ENLIGHTENMENT_FREQ));
    assert_true(libxl_bitmap_test(&d.b_info.u.hvm.viridian_enable, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE));
    assert_true(libxl_bitmap_test(&d.b_info.u.hvm.viridian_disable, LIBXL_VIRIDIAN_ENLIGHTENMENT_FREQ));
    assert_true(libxl_defbool_val(d.b_info.u.hvm.gfx_passthru));
    assert_int_equal(d.b_info.u.hvm.gfx_passthru_kind, LIBXL_GFX_PASSTHRU_KIND_IGD);
    assert_int_equal(d.b_info.u.hvm.mca_caps, 1);
    libxl_domain_config_dispose(&d);
}

/* Old forms and unknown names: said, and no more. */
static void test_warnings(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { G "pvh=1\n", ":4:1: warning: pvh=1 is an old form of type=\"pvh\"\n" },
        { "name='g'\nkernel='/k'\npvh=1\n", ":3:1: warning: pvh= means nothing: type=\"pvh\" makes such a domain\n" },
        { "name='g'\nbuilder='hvm'\n", ":2:1: warning: builder is an old form of type=\"hvm\"\n" },
        { G "memmory=5\n", ":4:1: warning: there is no setting `memmory'; `memory' is one\n" },
        { G "xyzzy=5\n", ":4:1: warning: there is no setting `xyzzy'\n" },
        { G "cmdline='a'\nextra='b'\n", ":4:1: warning: root and extra mean nothing beside cmdline\n" },
        { G "bootloader='b'\nbootloader_args='a'\n", ":5:1: warning: bootloader_args is a list of texts; one text is an old form\n" },
        { G "vif=['netdev=e']\n", ":4:6: warning: vif: netdev is an old form of gatewaydev\n" },
        { G "tsc_mode=1\n", ":4:10: warning: tsc_mode as a number is an old form; it has names\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config d;

        assert_int_equal(read_text(rows[i].text, &d), 0);
        if (!strstr(said, rows[i].want))
            fail_msg("%s: said %s", rows[i].want, said);
        libxl_domain_config_dispose(&d);
    }
}

/* KEY=VALUE of the command line come last, and know that they do. */
static void test_command_line(void **state)
{
    char *extra[] = { "name='h'; memory=32", "vcpus=2" };
    libxl_domain_config d;

    (void)state;
    libxl_domain_config_init(&d);
    assert_int_equal(config_read(ctx, NULL, extra, 2, &d), -EINVAL); /* nothing to boot */
    assert_string_equal(d.c_info.name, "h");
    assert_int_equal(d.b_info.max_vcpus, 2);
    libxl_domain_config_dispose(&d);
    libxl_domain_config_init(&d);
    assert_int_equal(config_read(ctx, "/nowhere", NULL, 0, &d), -ENOENT);
    libxl_domain_config_dispose(&d);
}

/* All settings of stock's parser are known, and none twice for one type of domain. */
static void test_keys(void **state)
{
    static const char *const names[] = {
#define K(name) #name,
#include "unit/xl_keys.def"
#undef K
    };

    (void)state;
    assert_true(sizeof(names) / sizeof(names[0]) >= 156);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool known = false;

        for (size_t k = 0; k < nr_xl_keys; k++)
            known = known || !strcmp(xl_keys[k].name, names[i]);
        if (!known)
            fail_msg("%s is not in xl_keys[]", names[i]);
    }
    for (size_t i = 0; i < nr_xl_keys; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(xl_keys[i].name, xl_keys[k].name))
                assert_true(xl_keys[i].types && xl_keys[k].types && !(xl_keys[i].types & xl_keys[k].types));
}

/* The commands that scripts rely on; options have letters and names once. */
static void test_commands(void **state)
{
    static const char *const names[] = {
        "create", "config-update", "console", "destroy", "domid", "domname", "help", "list", "pause", "unpause", "reboot",
        "shutdown", "rename", "save", "restore", "migrate", "migrate-receive", "dump-core", "vcpu-list", "mem-set",
        "mem-max", "trigger", "sysrq", "block-attach", "block-detach", "block-list", "network-attach", "network-detach",
        "network-list", "info", "dmesg", "debug-keys", "uptime", "claims",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(command_find(names[i]));
    assert_null(command_find("nonsense"));
    for (size_t i = 0; i < nr_xl_commands; i++) {
        const struct xl_command *c = &xl_commands[i];

        assert_ptr_equal(command_find(c->name), c);
        assert_true(*c->text && (c->max_args < 0 || c->max_args >= c->min_args));
        for (const struct xl_option *o = c->options; o && o->code; o++) {
            assert_true(o->code < OPT_CODES && o->code != 'h' && *o->help && (o->code < 0x80 || o->name));
            for (const struct xl_option *other = c->options; other < o; other++)
                assert_true(other->code != o->code && (!o->name || !other->name || strcmp(o->name, other->name)));
        }
    }
}

static void test_options(void **state)
{
    struct xl xl = { .command = command_find("create") };
    char *good[] = { "create", "g.cfg", "-p", "--defconfig=h.cfg", "memory=5", "-n", NULL };
    char *bad[] = { "create", "--nonsense", NULL };
    char *again[] = { "sched-rtds", "-v", "0", "-p5", "-v3", NULL };
    char *missing[] = { "domid", NULL }, *many[] = { "domid", "a", "b", NULL };
    struct xl_args args;

    (void)state;
    assert_int_equal(options_parse(&xl, 6, good, &args), 0);
    assert_true(args.given['p'] && args.given['n'] && args.given['f'] && !args.given['q']);
    assert_string_equal(args.value['f'], "h.cfg");
    assert_int_equal(args.n, 2);
    assert_string_equal(args.args[1], "memory=5");
    options_done(&args);
    assert_int_equal(options_parse(&xl, 2, bad, &args), EXIT_USAGE);
    options_done(&args);
    xl.command = command_find("domid");
    assert_int_equal(options_parse(&xl, 1, missing, &args), EXIT_USAGE);
    options_done(&args);
    assert_int_equal(options_parse(&xl, 3, many, &args), EXIT_USAGE);
    options_done(&args);
    xl.command = command_find("sched-rtds");
    assert_int_equal(options_parse(&xl, 5, again, &args), 0);
    assert_int_equal(args.nr_given, 3);
    assert_true(args.in_order[0].code == 'v' && !strcmp(args.in_order[0].value, "0"));
    assert_true(args.in_order[2].code == 'v' && !strcmp(args.in_order[2].value, "3"));
    assert_string_equal(args.value['v'], "3");
    options_done(&args);
}

static void test_numbers(void **state)
{
    struct xl xl = { .command = command_find("list") };
    long number = 77;

    (void)state;
    assert_true(xl_number(&xl, "it", "010", 0, 16, &number));
    assert_int_equal(number, 10);
    assert_true(xl_number(&xl, "it", "16", 0, 16, &number));
    assert_int_equal(number, 16);
    assert_false(xl_number(&xl, "it", "0x10", 0, 16, &number));
    assert_false(xl_number(&xl, "it", "17", 0, 16, &number));
    assert_false(xl_number(&xl, "it", "-1", 0, 16, &number));
    assert_false(xl_number(&xl, "it", "", 0, 16, &number));
    assert_false(xl_number(&xl, "it", "1x", 0, 16, &number));
    assert_false(xl_number(&xl, "it", "99999999999999999999", 0, 16, &number));
    assert_int_equal(number, 16);
}

static void test_words(void **state)
{
    uint8_t cpus[] = { 0x0e };
    const libxl_bitmap map = { .size = 1, .map = cpus };
    char text[16];

    (void)state;
    assert_string_equal(action_name(LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME), "rename-restart");
    assert_string_equal(action_name(LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY), "coredump-destroy");
    assert_string_equal(format_set(&map, 0, text, sizeof(text)), "1-3"); /* on how many nobody knows */
    assert_string_equal(format_set(&map, 3, text, sizeof(text)), "1-2");
    assert_string_equal(format_set(&map, 1, text, sizeof(text)), "none"); /* it has CPU 0 only */
    cpus[0] = 0x0f;
    assert_string_equal(format_set(&map, 4, text, sizeof(text)), "all");
    assert_string_equal(format_set(&map, 2, text, sizeof(text)), "all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_struct),       cmocka_unit_test(test_wrong), cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_command_line), cmocka_unit_test(test_keys),  cmocka_unit_test(test_commands),
        cmocka_unit_test(test_options),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_others),       cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, context_setup, context_teardown);
}
