/* SPDX-License-Identifier: GPL-2.0-only */
/* xl check on hosts that a test makes up in a folder; what completes a command line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "light/device_model.h"
#include "unit/capture_fixture.h"
#include "xl/check.h"

static char root[] = "/tmp/xl-check-XXXXXX";

/* A file of the made-up host, with the folders it is in; text: NULL for a folder. */
static void put(const char *path, const char *text)
{
    char whole[256];
    FILE *f;

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0755);
        *slash = '/';
    }
    if (!text) {
        mkdir(whole, 0755);
        return;
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void drop(const char *path)
{
    char command[300];

    snprintf(command, sizeof(command), "rm -rf '%s%s'", root, path);
    assert_int_equal(system(command), 0);
}

static void put_all(void)
{
    char qemu[128];

    put("/sys/hypervisor/type", "xen\n");
    put("/proc/xen/capabilities", "control_d\n");
    put("/dev/xen/privcmd", "");
    put("/dev/xen/evtchn", "");
    put("/dev/xen/gntdev", "");
    put("/dev/xen/xenbus", "");
    put("/proc/1/comm", "init\n");
    put("/proc/77/comm", "xenconsoled\n");
    put("/proc/77/stat", "77 (xenconsoled) S 1 77\n");
    put(LIGHT_QEMU, "");
    snprintf(qemu, sizeof(qemu), "%s%s", root, LIGHT_QEMU);
    chmod(qemu, 0755);
    put("/sys/bus/xen-backend/drivers/vbd", NULL);
    put("/sys/bus/xen-backend/drivers/vif", NULL);
    put("/dev/loop-control", "");
    put("/sys/class/net/xenbr0/bridge", NULL);
}

static struct checkup check(struct json *json)
{
    struct checkup c = { .root = root, .bridge = "xenbr0", .json = json };

    capture(stdout);
    if (json) {
        json_init(json);
        json_array(json, NULL);
    }
    check_host(&c);
    if (json) {
        json_array_end(json);
        json_print(json);
    }
    captured();
    return c;
}

static void test_well(void **state)
{
    struct checkup c = check(NULL);

    (void)state;
    assert_int_equal(c.failed, geteuid() ? 1 : 0);
    if (strstr(said, "warning") && !strstr(said, "MiB, and"))
        fail_msg("%s", said);
    assert_non_null(strstr(said, "ok       hypervisor         this Linux is dom0\n"));
    assert_non_null(strstr(said, "xenbr0 is there\n"));
}

/* Each thing that is missing, and what is said of it. */
static void test_missing(void **state)
{
    static const struct {
        const char *path, *want;
        bool fails;
    } rows[] = {
        { "/sys/hypervisor/type", "this Linux does not run on Xen or Xenolith", true },
        { "/dev/xen/privcmd", "-> modprobe xen-privcmd\n", true },
        { "/dev/xen/evtchn", "-> modprobe xen-evtchn\n", true },
        { "/dev/xen/gntdev", "-> modprobe xen-gntdev\n", true },
        { "/dev/xen/xenbus", "-> systemctl start xenstored", true },
        { "/proc/77", "-> systemctl start xenconsoled", false },
        { LIGHT_QEMU, "-> apt-get install qemu-system-xen, ", false },
        { "/sys/bus/xen-backend/drivers/vbd", "-> modprobe xen-blkback\n", false },
        { "/sys/bus/xen-backend/drivers/vif", "-> modprobe xen-netback\n", false },
        { "/dev/loop-control", "-> modprobe loop\n", false },
        { "/sys/class/net/xenbr0", "-> ip link add xenbr0 type bridge && ip link set xenbr0 up\n", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct checkup c, well = check(NULL);

        drop(rows[i].path);
        c = check(NULL);
        if (!strstr(said, rows[i].want))
            fail_msg("without %s: %s", rows[i].path, said);
        assert_int_equal(c.failed, well.failed + rows[i].fails);
        assert_int_equal(c.warned, well.warned + !rows[i].fails);
        put_all();
    }
}

static void test_others(void **state)
{
    struct checkup c;
    struct json json;

    (void)state;
    put("/proc/xen/capabilities", "\n");
    c = check(NULL);
    assert_true(c.failed > 0 && strstr(said, "this Linux is a guest, not dom0"));
    put_all();
    drop("/sys/class/net/xenbr0");
    put("/sys/class/net/br7/bridge", NULL);
    put("/sys/class/net/eth0", NULL);
    check(NULL);
    assert_non_null(strstr(said, "there is no bridge xenbr0, which vifs are put on; there are: br7\n"));
    assert_non_null(strstr(said, "-> say bridge=br7 in vif=[...]"));
    check(&json);
    assert_non_null(strstr(said, "\"mend\": \"say bridge=br7 in vif=[...], or vif.default.bridge in xl.conf\""));
    assert_non_null(strstr(said, "\"verdict\": \"ok\""));
    drop("/sys/class/net/br7");
    put_all();
}

/* What a daemon that is there may be like. */
static void test_consoled(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char line[8] = "", path[128];
    int server;
    pid_t child;

    (void)state;
    check(NULL);
    assert_non_null(strstr(said, "ok       consoles           xenconsoled runs\n"));
    put("/proc/77/stat", "77 (xenconsoled) T 1 77\n");
    check(NULL);
    assert_non_null(strstr(said, "warning  consoles           xenconsoled (process 77) is stopped: "));
    assert_non_null(strstr(said, "-> kill -CONT 77; "));
    put_all();

    snprintf(path, sizeof(path), "%s" RUNSTATEDIR "/xenconsoled/socket", root);
    put(RUNSTATEDIR "/xenconsoled", NULL);
    assert_true(strlen(path) < sizeof(at.sun_path));
    strcpy(at.sun_path, path);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
    check(NULL); /* nobody listens */
    assert_non_null(strstr(said, "xenconsoled (process 77) does not answer\n"));
    assert_int_equal(listen(server, 4), 0);
    check(NULL); /* one that hangs */
    assert_non_null(strstr(said, "-> systemctl restart xenconsoled; "));
    close(accept(server, NULL, NULL));
    child = fork();
    if (child == 0) {
        int client = accept(server, NULL, NULL);

        _exit(read(client, line, 5) != 5 || strcmp(line, "list\n") || write(client, "1 0 live 0 0 g\n", 15) != 15);
    }
    check(NULL);
    assert_non_null(strstr(said, "ok       consoles           xenconsoled answers\n"));
    assert_int_equal(waitpid(child, &server, 0), child);
    assert_int_equal(server, 0);
    drop(RUNSTATEDIR "/xenconsoled");
}

/* --- the hypervisor and xl.conf --- */

static uint64_t free_kib;
static const char *command_line;
static int physinfo_rc;
static bool there; /* the hypervisor */
static int nr_domains = 1;
static uint32_t without_tty;

int __wrap_libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags, xentoollog_logger *logger);
int __wrap_libxl_ctx_free(libxl_ctx *ctx);
const libxl_version_info *__wrap_libxl_get_version_info(libxl_ctx *ctx);
int __wrap_libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *ret_phys);
int __wrap_libxl_get_free_memory(libxl_ctx *ctx, uint64_t *ret_kib);
char *__wrap_libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid);
libxl_dominfo *__wrap_libxl_list_domain(libxl_ctx *ctx, int *ret_n);
int __wrap_libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid, char **ret_path);

int __wrap_libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags, xentoollog_logger *logger)
{
    (void)version;
    (void)flags;
    (void)logger;
    *ctx = NULL;
    return there ? 0 : ERROR_FAIL;
}

int __wrap_libxl_ctx_free(libxl_ctx *ctx)
{
    (void)ctx;
    return 0;
}

const libxl_version_info *__wrap_libxl_get_version_info(libxl_ctx *ctx)
{
    static libxl_version_info info = { .xen_version_major = 4, .xen_version_minor = 17, .xen_version_extra = (char *)".4" };

    (void)ctx;
    info.commandline = (char *)command_line;
    return &info;
}

int __wrap_libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *ret_phys)
{
    (void)ctx;
    *ret_phys = (libxl_physinfo){ .nr_cpus = 4, .cap_hvm = true, .cap_hap = true };
    return physinfo_rc;
}

int __wrap_libxl_get_free_memory(libxl_ctx *ctx, uint64_t *ret_kib)
{
    (void)ctx;
    *ret_kib = free_kib;
    return 0;
}

char *__wrap_libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return domid ? NULL : strdup("Domain-0");
}

libxl_dominfo *__wrap_libxl_list_domain(libxl_ctx *ctx, int *ret_n)
{
    libxl_dominfo *domains = there ? calloc((size_t)nr_domains, sizeof(*domains)) : NULL;

    (void)ctx;
    *ret_n = domains ? nr_domains : 0;
    for (int i = 0; i < *ret_n; i++)
        domains[i].domid = (uint32_t)i;
    return domains;
}

int __wrap_libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid, char **ret_path)
{
    (void)ctx;
    if (domid == without_tty)
        return ERROR_INVAL;
    *ret_path = strdup("/dev/pts/1");
    return 0;
}

static struct checkup xen(int autoballoon)
{
    struct checkup c = { .root = root };
    struct xl xl = { .conf = { .autoballoon = autoballoon } };

    capture(stdout);
    check_xen(&xl, &c);
    captured();
    return c;
}

/* Too little memory is no fault where dom0 gives its own up. */
static void test_memory(void **state)
{
    static const struct {
        int autoballoon;
        const char *command_line;
        int failed;
    } rows[] = {
        { AUTOBALLOON_OFF, "console=com1", 1 },
        { AUTOBALLOON_ON, "dom0_mem=1G", 0 },
        { AUTOBALLOON_AUTO, "console=com1", 0 },
        { AUTOBALLOON_AUTO, "dom0_mem=1G", 1 },
    };

    (void)state;
    there = true;
    physinfo_rc = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_line = rows[i].command_line;
        free_kib = 1024;
        assert_int_equal(xen(rows[i].autoballoon).failed, rows[i].failed);
        assert_non_null(strstr(said, rows[i].failed ? "-> give some of dom0's back" : "ok       memory             1 MiB are free for "
                                                         "guests; dom0 gives its own up"));
        free_kib = 1 << 20;
        assert_int_equal(xen(rows[i].autoballoon).failed, 0);
        assert_non_null(strstr(said, "1024 MiB are free for guests\n"));
    }
    physinfo_rc = ERROR_FAIL;
    assert_int_equal(xen(AUTOBALLOON_OFF).failed, 1);
    there = false;
}

static void test_terminals(void **state)
{
    (void)state;
    there = true;
    physinfo_rc = 0;
    free_kib = 1 << 20;
    assert_int_equal(xen(AUTOBALLOON_OFF).warned, 0);
    assert_null(strstr(said, "terminals")); /* no guests */
    nr_domains = 4;
    without_tty = 77;
    assert_int_equal(xen(AUTOBALLOON_OFF).warned, 0);
    assert_non_null(strstr(said, "xenconsoled has one for each guest\n"));
    without_tty = 2;
    assert_int_equal(xen(AUTOBALLOON_OFF).warned, 1);
    assert_non_null(strstr(said, "xenconsoled has no terminal for 1 of 3 guests, domain 2 is one\n"));
    nr_domains = 1;
    there = false;
}

/* A wrong one is one of the checks, and the others are made. */
static void test_conf(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "memory\n", "FAILED   xl.conf" },
        { "autoballoon=\"perhaps\"\n", "FAILED   xl.conf" },
        { "vif.default.bridge=\"br9\"\n", "there is no bridge br9, " },
        { "vif.default.bridge=\"br9\"\nvif.default.gatewaydev=\"e9\"\n", "there is no bridge br9, " },
        { "vif.default.gatewaydev=\"no-such-net\"\n", "there is no interface no-such-net, which vifs are routed by\n" },
        { "vif.default.gatewaydev=\"lo\"\n", " lo is there\n" },
        { "autoballoon=0\n", "/xl.conf can be read\n" },
        { NULL, "and none is needed\n" },
    };
    const struct xl_args args = { 0 };
    struct xl xl = { .command = command_find("check") };
    const char *before = xl_conf_path;
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/xl.conf", root);
    xl_conf_path = path;
    there = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].text)
            put("/xl.conf", rows[i].text);
        else
            drop("/xl.conf");
        capture(stdout);
        cmd_check(&xl, &args);
        captured();
        if (!strstr(said, rows[i].want))
            fail_msg("%s: %s", rows[i].text, said);
    }
    xl_conf_path = before;
    there = false;
}

/* --- completion, where there is no hypervisor --- */

static void completes(const char *want, int n, ...)
{
    char *words[8];
    struct xl_args args = { .args = words, .n = n };
    struct xl xl = { .command = command_find("__complete") };
    va_list list;

    va_start(list, n);
    for (int i = 0; i < n; i++)
        words[i] = va_arg(list, char *);
    va_end(list);
    capture(stdout);
    assert_int_equal(cmd_complete(&xl, &args), 0);
    captured();
    assert_string_equal(said, want);
}

static void test_complete(void **state)
{
    (void)state;
    completes("check\n", 1, "che");
    completes("pause\n", 2, "-v", "pau");
    completes("", 1, "nonsense");
    completes("", 2, "nonsense", "");
    completes("check\n", 2, "help", "che");
    completes("-f\n--force\n", 2, "block-detach", "-");
    completes("--cpupool=\n", 2, "sched-credit2", "--cp");
    completes("nmi\nreset\ninit\npower\nsleep\ns3resume\n", 3, "trigger", "g", "");
    completes("reset\n", 3, "trigger", "g", "re");
    completes("1\n0\nEnforcing\nPermissive\n", 2, "setenforce", "");
    completes("memory=\n", 3, "create", "g.cfg", "memo");
    completes("maxvcpus=\n", 5, "create", "g.cfg", "memory=5", "-p", "maxvc");
    completes("", 3, "mem-set", "g", "");
    completes("", 2, "pause", ""); /* no hypervisor: no domains */
    completes("", 3, "create", "-f", "mem"); /* a file */
    completes("", 4, "sched-rtds", "--vcpuid", "=", "x");
    completes("all\n", 4, "sched-rtds", "--vcpuid", "=", "a");
    completes("all\n", 3, "sched-rtds", "--vcpuid", "=");
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return -1;
    put_all();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    drop("");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_consoled),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_terminals),
        cmocka_unit_test(test_conf),
        cmocka_unit_test(test_complete),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
