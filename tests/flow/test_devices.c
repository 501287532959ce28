/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of domains: our xenstored, the hypervisor's core, a kernel that is none (device_host_fake.h), and a process that
 * plays the backends. Everything that is asked of any of them fails once, and everything is cancelled at every moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "light/device_host_fake.h"
#include "fake/ctrl_loop.h"
#include "fault.h"
#include "flow/world.h"
#include "light/device_model.h"
#include "light/userdata.h"
#include "store/async.h"
#include "unit/elf_fixture.h"

/* --- the store has no domains here: one that is introduced is asked for --- */

int __real_store_request(struct store_client *client, uint32_t type, xs_transaction_t t, const void *payload, size_t len,
                         store_reply_fn *fn, void *arg, struct store_request **ret_request);
int __wrap_store_request(struct store_client *client, uint32_t type, xs_transaction_t t, const void *payload, size_t len,
                         store_reply_fn *fn, void *arg, struct store_request **ret_request);

int __wrap_store_request(struct store_client *client, uint32_t type, xs_transaction_t t, const void *payload, size_t len,
                         store_reply_fn *fn, void *arg, struct store_request **ret_request)
{
    if (type != XS_INTRODUCE)
        return __real_store_request(client, type, t, payload, len, fn, arg, ret_request);
    return __real_store_request(client, XS_GET_DOMAIN_PATH, t, payload, strlen(payload) + 1, fn, arg, ret_request);
}

/* --- the backends, and the consoles' daemon --- */

enum backend_mode { WORKS, CONNECTS, REFUSES, KEEPS };
static enum backend_mode *backend_mode; /* shared with the player */
static pid_t player_pid;

/* As Linux's do: what has gone meanwhile is not made again. */
static void state_change(struct xs_handle *h, const char *path, const char *from, const char *to)
{
    for (;;) {
        xs_transaction_t t = xs_transaction_start(h);
        char *state = xs_read(h, t, path, NULL);
        bool is = state && !strcmp(state, from), ended;

        free(state);
        if (is)
            xs_write(h, t, path, to, (unsigned)strlen(to));
        ended = xs_transaction_end(h, t, !is);
        if (ended || errno != EAGAIN)
            return;
    }
}

static void play(void)
{
    struct xs_handle *h = xs_open(0);
    unsigned n;
    char **event;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!h || !xs_watch(h, "/local/domain", ""))
        _exit(1);
    while ((event = xs_read_watch(h, &n))) {
        const char *path = event[XS_WATCH_PATH], *last = strrchr(path, '/');

        if (last && !strcmp(last, "/tty"))
            state_change(h, path, "", "/dev/pts/1");
        if (last && !strcmp(last, "/state") && (strstr(path, "/backend/v") || strstr(path, "/backend/q"))) {
            state_change(h, path, "1", *backend_mode == REFUSES ? "6" : *backend_mode == CONNECTS ? "4" : "2");
            if (*backend_mode != KEEPS)
                state_change(h, path, "5", "6");
        }
        free(event);
    }
    _exit(0);
}

static int devices_setup(void **state)
{
    backend_mode = mmap(NULL, sizeof(*backend_mode), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (backend_mode == MAP_FAILED || world_setup(state))
        return -1;
    player_pid = fork();
    if (player_pid == 0)
        play();
    return 0;
}

static int devices_teardown(void **state)
{
    kill(player_pid, SIGKILL);
    waitpid(player_pid, NULL, 0);
    return world_teardown(state);
}

/* --- each test --- */

static char image[64]; /* a file */
static uint32_t domid;

static int guest_setup(void **state)
{
    libxl_domain_config config;
    FILE *f;

    if (machine_setup(state))
        return -1;
    *backend_mode = WORKS;
    fake_host_reset();
    snprintf(image, sizeof(image), "%s/image", world_folder);
    f = fopen(image, "w");
    assert_non_null(f);
    fclose(f);
    domid = domain_new();
    libxl_domain_config_init(&config);
    config.c_info.name = strdup("guest");
    assert_int_equal(light_config_store(ctx, domid, &config), 0);
    libxl_domain_config_dispose(&config);
    return 0;
}

static int guest_teardown(void **state)
{
    fake_host_fail(0, 0);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
    assert_int_equal(fake_host_loops(), 0);
    return machine_teardown(state);
}

static libxl_device_disk disk_of(const char *path, const char *vdev, bool writes)
{
    libxl_device_disk disk;

    libxl_device_disk_init(&disk);
    disk.pdev_path = strdup(path);
    disk.vdev = strdup(vdev);
    disk.format = LIBXL_DISK_FORMAT_RAW;
    disk.readwrite = writes;
    return disk;
}

static libxl_device_nic nic_of(const char *bridge)
{
    libxl_device_nic nic;

    libxl_device_nic_init(&nic);
    nic.bridge = strdup(bridge);
    return nic;
}

static char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Good until the fourth from now on. */
static char *path_of(const char *format, ...)
{
    static char paths[4][120];
    static unsigned next;
    char *path = paths[next++ % 4];
    va_list args;

    va_start(args, format);
    vsnprintf(path, sizeof(paths[0]), format, args);
    va_end(args);
    return path;
}

static int kept_disks(void)
{
    libxl_domain_config config;
    int count;

    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domid, &config), 0);
    count = config.num_disks;
    libxl_domain_config_dispose(&config);
    return count;
}

static unsigned open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Nothing of a disk is there. */
static void expect_no_disk(int devid)
{
    assert_false(there(path_of("/libxl/%u/device/vbd/%d", domid, devid)));
    assert_false(there(path_of("/local/domain/%u/device/vbd/%d", domid, devid)));
    assert_false(there(path_of("/local/domain/0/backend/vbd/%u/%d", domid, devid)));
    assert_int_equal(fake_host_loops(), 0);
}

/* What of a folder's node the store has, and who may read it. */
static void expect_node(const char *folder, const char *name, const char *value, unsigned owner, unsigned reader)
{
    const char *path = path_of("%s/%s", folder, name);
    struct xs_permissions *perms;
    unsigned n;

    value_is(path, value);
    perms = xs_get_permissions(xs, XBT_NULL, path, &n);
    assert_non_null(perms);
    assert_int_equal(n, 2);
    assert_int_equal(perms[0].id, owner);
    assert_int_equal(perms[1].id, reader);
    assert_int_equal(perms[1].perms, XS_PERM_READ);
    free(perms);
}

/* --- a disk --- */

static void disk_comes_and_goes(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true), *list, found;
    char back[80], front[80];
    libxl_diskinfo info;
    int num;

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%u/51728", domid);
    snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/51728", domid);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    expect_node(back, "params", image, 0, domid);
    expect_node(back, "frontend", front, 0, domid);
    expect_node(back, "node", "/dev/loop0", 0, domid);
    expect_node(back, "physical-device", "7:0", 0, domid);
    expect_node(back, "physical-device-path", "/dev/loop0", 0, domid);
    expect_node(back, "hotplug-status", "connected", 0, domid);
    expect_node(back, "mode", "w", 0, domid);
    expect_node(back, "discard-enable", "1", 0, domid);
    expect_node(front, "backend", back, domid, 0);
    expect_node(front, "virtual-device", "51728", domid, 0);
    expect_node(front, "state", "1", domid, 0);
    value_is(path_of("/libxl/%u/device/vbd/51728/params", domid), image);
    assert_int_equal(kept_disks(), 1);
    assert_int_equal(fake_host_loops(), 1);

    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_string_equal(list[0].vdev, "xvdb");
    assert_string_equal(list[0].pdev_path, image);
    assert_int_equal(list[0].readwrite, 1);
    assert_int_equal(list[0].backend, LIBXL_DISK_BACKEND_PHY);
    assert_int_equal(libxl_device_disk_getinfo(ctx, domid, &list[0], &info), 0);
    assert_int_equal(info.devid, 51728);
    assert_int_equal(info.state, 1);
    assert_int_equal(info.evtch, -1);
    assert_string_equal(info.backend, back);
    libxl_diskinfo_dispose(&info);
    libxl_device_disk_list_free(list, num);

    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), 0);
    expect_no_disk(51728);
    assert_int_equal(kept_disks(), 0);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, NULL), ERROR_NOTFOUND);
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "xvdb", &found), ERROR_NOTFOUND);
    libxl_device_disk_dispose(&disk);
}

/* Two of a domain's at once, by name. */
static void two_disks(void **state)
{
    libxl_device_disk block = disk_of("/block/3", "xvda", true), file = disk_of(image, "hda", false), found;

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &block, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &file, NULL), 0);
    value_is(path_of("/local/domain/0/backend/vbd/%u/51712/physical-device", domid), "ca:3");
    assert_false(there(path_of("/local/domain/0/backend/vbd/%u/51712/node", domid)));
    value_is(path_of("/local/domain/0/backend/vbd/%u/768/mode", domid), "r");
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "hda", &found), 0);
    assert_string_equal(found.pdev_path, image);
    libxl_device_disk_dispose(&found);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &file, NULL), ERROR_DEVICE_EXISTS);
    assert_non_null(strstr(log_text, "disk hda: writing its nodes: the domain has it already"));
    assert_int_equal(kept_disks(), 2);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &block, NULL), 0);
    assert_int_equal(kept_disks(), 1);
    libxl_device_disk_dispose(&block);
    libxl_device_disk_dispose(&file);
}

static void refused_disks(void **state)
{
    static const struct {
        const char *path, *vdev;
        int format, backend, rc;
        const char *said;
    } rows[] = {
        { "/nowhere", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_FAIL, "/nowhere: No such file" },
        { "/tmp", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "/tmp is neither" },
        { "/block/99", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_FAIL, "is it mounted?" },
        { "/block/1", "disk1", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "no name of a disk" },
        { "", "xvda", LIBXL_DISK_FORMAT_RAW, 0, ERROR_INVAL, "target=" },
        { "/block/1", "xvda", LIBXL_DISK_FORMAT_RAW, LIBXL_DISK_BACKEND_TAP, ERROR_NI, "backendtype=tap" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_device_disk disk = disk_of(rows[i].path, rows[i].vdev, true);

        disk.format = (libxl_disk_format)rows[i].format;
        disk.backend = (libxl_disk_backend)rows[i].backend;
        log_text[0] = '\0';
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), rows[i].rc);
        assert_non_null(strstr(log_text, rows[i].said));
        expect_no_disk(51712);
        libxl_device_disk_dispose(&disk);
    }
}

/* No two write one disk, whoever attached the first. */
static void shared_disks(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true), reads = disk_of(image, "xvdb", false);

    (void)state;
    assert_true(xs_write(xs, XBT_NULL, "/local/domain/0/backend/qdisk/77/51712/params", path_of("aio:%s", image),
                         (unsigned)strlen(image) + 4));
    assert_true(xs_write(xs, XBT_NULL, "/local/domain/0/backend/qdisk/77/51712/mode", "r", 1));
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "in use by a guest already (/local/domain/0/backend/qdisk/77/51712)"));
    expect_no_disk(51712);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &reads, NULL), 0);
    assert_true(xs_rm(xs, XBT_NULL, "/local/domain/0/backend/qdisk"));
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    libxl_device_disk_dispose(&disk);
    libxl_device_disk_dispose(&reads);
}

static void backend_refuses(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true);

    (void)state;
    *backend_mode = REFUSES;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "disk xvda: waiting for its backend: its backend refuses it"));
    expect_no_disk(51712);
    assert_int_equal(kept_disks(), 0);
    libxl_device_disk_dispose(&disk);
}

static void no_such_domain(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvda", true);

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, 99, &disk, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_false(there("/local/domain/99"));
    assert_false(there("/libxl/99"));
    libxl_device_disk_dispose(&disk);
}

/* --- an interface --- */

static void nic_comes_and_goes(void **state)
{
    libxl_device_nic nic = nic_of("xenbr0"), found, *list;
    char back[80], front[80], mac[18];
    libxl_nicinfo info;
    int num;

    (void)state;
    snprintf(back, sizeof(back), "/local/domain/0/backend/vif/%u/0", domid);
    snprintf(front, sizeof(front), "/local/domain/%u/device/vif/0", domid);
    nic.ifname = strdup("eth7");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 0); /* what was chosen is told */
    assert_memory_equal(nic.mac, "\x00\x16\x3e", 3);
    snprintf(mac, sizeof(mac), LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nic.mac));
    assert_string_equal(fake_host_nic, path_of("vif%u.0 eth7 xenbr0 1500", domid));
    expect_node(back, "mac", mac, 0, domid);
    expect_node(back, "bridge", "xenbr0", 0, domid);
    expect_node(back, "vifname", "eth7", 0, domid);
    expect_node(back, "script", "/etc/xen/scripts/vif-bridge", 0, domid);
    expect_node(back, "hotplug-status", "connected", 0, domid);
    expect_node(front, "mac", mac, domid, 0);
    expect_node(front, "mtu", "1500", 0, domid);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, mac, &found), 0);
    assert_int_equal(found.devid, 0);
    assert_string_equal(found.bridge, "xenbr0");
    libxl_device_nic_dispose(&found);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "00:16:3e:ff:ff:ff", &found), ERROR_NOTFOUND);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "no", &found), ERROR_INVAL);
    assert_int_equal(libxl_devid_to_device_nic(ctx, domid, 1, &found), ERROR_NOTFOUND);

    libxl_device_nic_dispose(&nic);
    nic = nic_of("xenbr0");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 1);
    list = libxl_device_nic_list(ctx, domid, &num);
    assert_int_equal(num, 2);
    assert_int_equal(libxl_device_nic_getinfo(ctx, domid, &list[1], &info), 0);
    assert_int_equal(info.devid, 1);
    assert_int_equal(info.rref_tx, -1);
    libxl_nicinfo_dispose(&info);
    libxl_device_nic_list_free(list, num);
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &nic, NULL), 0);
    assert_false(there(path_of("/local/domain/0/backend/vif/%u/1", domid)));
    libxl_device_nic_dispose(&nic);
}

static void refused_nics(void **state)
{
    libxl_device_nic nic = nic_of("nobr");

    (void)state;
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "bridge nobr: what fails: No such device"));
    assert_false(there(path_of("/libxl/%u/device/vif/0", domid)));
    nic.ifname = strdup("a-name-that-is-too-long");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_INVAL);
    nic.nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_INVAL);
    libxl_device_nic_dispose(&nic);
}

/* --- a whole domain --- */

static void config_plain(libxl_domain_config *config, const char *kernel)
{
    libxl_domain_config_init(config);
    libxl_domain_build_info_init_type(&config->b_info, LIBXL_DOMAIN_TYPE_PVH);
    config->c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    config->c_info.name = strdup("made");
    config->b_info.kernel = strdup(kernel);
    config->b_info.max_memkb = config->b_info.target_memkb = 8192;
}

static void config_of(libxl_domain_config *config, const char *kernel)
{
    config_plain(config, kernel);
    config->num_disks = 2;
    config->disks = calloc(2, sizeof(*config->disks));
    config->disks[0] = disk_of("/block/5", "xvda", true);
    config->disks[1] = disk_of(image, "xvdb", true);
    config->num_nics = 2;
    config->nics = calloc(2, sizeof(*config->nics));
    config->nics[0] = nic_of("xenbr0");
    config->nics[1] = nic_of("xenbr0");
}

static void kernel_write(char path[80])
{
    struct elf_kernel kernel;
    FILE *f;

    snprintf(path, 80, "%s/kernel", world_folder);
    elf_kernel_make(&kernel);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(&kernel, sizeof(kernel), 1, f), 1);
    fclose(f);
}

static void expect_nothing_of(uint32_t id)
{
    static const char *const nodes[] = {
        "/local/domain/%u", "/libxl/%u", "/local/domain/0/backend/vbd/%u", "/local/domain/0/backend/vif/%u",
    };

    for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        char path[80];

        snprintf(path, sizeof(path), nodes[i], id);
        assert_false(there(path));
    }
    assert_int_equal(fake_host_loops(), 0);
}

static void created(void **state)
{
    libxl_domain_config config;
    char kernel[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_of(&config, kernel);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    value_is(path_of("/local/domain/0/backend/vbd/%u/51712/hotplug-status", id), "connected");
    value_is(path_of("/local/domain/0/backend/vbd/%u/51728/hotplug-status", id), "connected");
    value_is(path_of("/local/domain/0/backend/vif/%u/1/hotplug-status", id), "connected");
    assert_int_equal(config.nics[1].devid, 1);
    assert_int_equal(fake_host_loops(), 1);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    expect_nothing_of(id);
    libxl_domain_config_dispose(&config);
}

/* The store's log of requests: how many are of the first connection after the test's own, which has begun it. */
static unsigned requests_in(const char *path)
{
    unsigned count = 0, socket, first = 0;
    char line[300], type[40];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "socket %u %39s", &socket, type) != 2 || !strcmp(type, "CONTROL"))
            continue;
        if (!first)
            first = socket;
        count += socket == first;
    }
    fclose(f);
    return count;
}

static void control(const char *command, const char *argument)
{
    char text[120], *answer;

    strcpy(text, argument);
    answer = xs_control_command(xs, command, text, (unsigned)strlen(text) + 1);
    assert_non_null(answer);
    free(answer);
}

/* A node is the guest's own, or dom0's and he reads it. */
static void node_is_his(const char *format, uint32_t id, bool his)
{
    char path[120];
    unsigned n;
    struct xs_permissions *perms;

    snprintf(path, sizeof(path), format, id);
    perms = xs_get_permissions(xs, XBT_NULL, path, &n);

    assert_non_null(perms);
    assert_int_equal(n, his ? 1 : 2);
    assert_int_equal(perms[0].id, his ? id : 0);
    assert_int_equal(perms[0].perms, XS_PERM_NONE);
    if (!his) {
        assert_int_equal(perms[1].id, id);
        assert_int_equal(perms[1].perms, XS_PERM_READ);
    }
    free(perms);
}

/* A guest without devices: what is asked of the store, and whose its nodes are. */
static void few_requests(void **state)
{
    static const struct {
        const char *path;
        bool his;
    } rows[] = {
        { "/local/domain/%u", false }, { "/local/domain/%u/name", false }, { "/local/domain/%u/data", true },
        { "/local/domain/%u/error", true }, { "/local/domain/%u/control", false },
        { "/local/domain/%u/control/shutdown", true }, { "/local/domain/%u/control/sysrq", true },
        { "/local/domain/%u/control/platform-feature-xs_reset_watches", false },
        { "/local/domain/%u/device", false }, { "/local/domain/%u/device/suspend/event-channel", true },
        { "/local/domain/%u/console/port", false }, { "/local/domain/%u/memory/target", false },
        { "/local/domain/0/backend/console/%u/0/state", false },
    };
    libxl_domain_config config;
    char kernel[80], trace[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_plain(&config, kernel);
    snprintf(trace, sizeof(trace), "%s/trace", world_folder);
    control("logfile", trace);
    control("log", "on");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    control("log", "off");
    assert_in_range(requests_in(trace), 50, 61); /* 60, and the other domain's name */
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        node_is_his(rows[i].path, id, rows[i].his);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    libxl_domain_config_dispose(&config);
}

/* One device fails, and with it the others and the domain. */
static void not_created(void **state)
{
    libxl_domain_config config;
    char kernel[80];
    uint32_t id = 0;

    (void)state;
    kernel_write(kernel);
    config_of(&config, kernel);
    free(config.nics[1].bridge);
    config.nics[1].bridge = strdup("nobr");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "vif 1: connecting it: interface"));
    expect_nothing_of(domid + 1);
    assert_int_equal(ctrl_loop_domains(), 1);
    free(config.disks[1].vdev);
    config.disks[1].vdev = strdup("xvda");
    log_text[0] = '\0';
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, "domain made: checking its configuration: disk xvda: there are two of them"));
    libxl_domain_config_dispose(&config);
}

/* --- a domain with a device model: a script that says that it runs, and stays --- */

static void model_config(libxl_domain_config *config, const char *script)
{
    char kernel[80], path[80], fifo[90];
    FILE *f;

    kernel_write(kernel);
    config_of(config, kernel);
    snprintf(path, sizeof(path), "%s/model", world_folder);
    snprintf(fifo, sizeof(fifo), "%s.fifo", path);
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fchmod(fileno(f), 0700), 0);
    fclose(f);
    light_model_logs = world_folder;
    config->b_info.device_model = strdup(path);
    config->disks[0].backend = LIBXL_DISK_BACKEND_QDISK;
    config->num_vfbs = config->num_vkbs = 1;
    config->vfbs = calloc(1, sizeof(*config->vfbs));
    config->vkbs = calloc(1, sizeof(*config->vkbs));
    libxl_device_vfb_init(config->vfbs);
    libxl_device_vkb_init(config->vkbs);
}

static const char model_works[] =
    "#!/bin/sh\ntools/xenstore/xenstore-write /local/domain/0/device-model/$2/state running\nexec 3<>$0.fifo\nread x <&3\n";

/* Processes that we have started and that are there. */
static unsigned children(void)
{
    char path[64], pid[16];
    libxl_event *event;
    unsigned count = 0;
    FILE *f;

    assert_int_equal(libxl_event_check(ctx, &event, 0, NULL, NULL), ERROR_NOT_READY);
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    f = fopen(path, "r");
    assert_non_null(f);
    while (fscanf(f, "%15s", pid) == 1)
        count++;
    fclose(f);
    return count;
}

/* The store's and the player, once what was killed has ended. */
static void expect_no_model(void)
{
    for (unsigned i = 0; i < 4000 && children() != 2; i++)
        poll(NULL, 0, 5);
    assert_int_equal(children(), 2);
}

static void model_comes_and_goes(void **state)
{
    libxl_domain_config config;
    libxl_device_vkb vkb;
    libxl_vkbinfo info;
    uint32_t id = 0;

    (void)state;
    model_config(&config, model_works);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    assert_true(there(path_of("/local/domain/%u/image/device-model-pid", id)));
    value_is(path_of("/local/domain/0/backend/qdisk/%u/51712/params", id), "aio:/block/5");
    value_is(path_of("/local/domain/0/backend/qdisk/%u/51712/type", id), "qdisk");
    assert_false(there(path_of("/local/domain/0/backend/qdisk/%u/51712/script", id)));
    value_is(path_of("/local/domain/0/backend/vfb/%u/0/vnclisten", id), "127.0.0.1");
    value_is(path_of("/local/domain/0/backend/vkbd/%u/0/state", id), "2");
    assert_int_equal(libxl_devid_to_device_vkb(ctx, id, 0, &vkb), 0);
    assert_int_equal(vkb.backend_type, LIBXL_VKB_BACKEND_QEMU);
    assert_int_equal(libxl_device_vkb_getinfo(ctx, id, &vkb, &info), 0);
    assert_int_equal(info.state, 1);
    libxl_vkbinfo_dispose(&info);
    libxl_device_vkb_dispose(&vkb);
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    expect_nothing_of(id);
    assert_false(there(path_of("/local/domain/0/device-model/%u", id)));
    expect_no_model();
    libxl_domain_config_dispose(&config);
}

static void model_fails(void **state)
{
    libxl_domain_config config;
    uint32_t id = 0;

    (void)state;
    model_config(&config, "#!/bin/sh\nexit 3\n");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, "domain made: starting its device model: it has ended at once"));
    assert_int_equal(ctrl_loop_domains(), 1);
    free(config.b_info.device_model);
    config.b_info.device_model = strdup("/nowhere/qemu");
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
    assert_int_equal(ctrl_loop_domains(), 1);
    expect_no_model();
    assert_int_equal(fake_host_loops(), 0);
    libxl_domain_config_dispose(&config);
}

/* Cancelled after each look at what has happened: no process is left. */
static void model_cancelled(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 9 };
    int rc = ERROR_ABORTED;

    (void)state;
    for (unsigned ms = 0; rc; ms += 4) {
        libxl_domain_config config;
        libxl_event *event;
        uint32_t id = 0;

        model_config(&config, model_works);
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, &how, NULL), 0);
        for (unsigned i = 0; i < ms; i++) {
            poll(NULL, 0, 1);
            if (libxl_event_check(ctx, &event, 0, NULL, NULL) == 0)
                libxl_event_free(ctx, event);
        }
        libxl_ao_abort(ctx, &how);
        assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
        rc = event->u.operation_complete.rc;
        libxl_event_free(ctx, event);
        assert_true(rc == 0 || rc == ERROR_ABORTED);
        if (rc == 0)
            assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
        assert_int_equal(ctrl_loop_domains(), 1);
        assert_int_equal(fake_host_loops(), 0);
        expect_no_model();
        libxl_domain_config_dispose(&config);
    }
}

/* --- what fails --- */

enum what_fails { KERNEL, HYPERCALLS, MEMORY, SENDING, READING, KINDS };

static void fault_begin(enum what_fails what, unsigned nth)
{
    fake_host_fail(what == KERNEL ? nth : 0, EIO);
    ctrl_loop_fail(what == HYPERCALLS ? nth : 0, EIO);
    fault_at(FAULT_ALLOC, what == MEMORY ? nth : 0);
    fault_at(FAULT_SEND, what == SENDING ? nth : 0);
    fault_at(FAULT_READ, what == READING ? nth : 0);
}

static bool fault_end(enum what_fails what)
{
    bool happened = what == KERNEL ? fake_host_failed() : what == HYPERCALLS ? ctrl_loop_failed() :
                    fault_happened(what == MEMORY ? FAULT_ALLOC : what == SENDING ? FAULT_SEND : FAULT_READ);

    fault_begin(KINDS, 0);
    return happened;
}

/* Attaching fails at each point: nothing is left, and why is said. */
static void attach_fails(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);
    unsigned fds;

    (void)state;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
    fds = open_fds(); /* what is opened for good is */
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            int rc;

            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_device_disk_add(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            if (rc == 0) {
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
            } else {
                assert_true(log_text[0] || rc == ERROR_NOMEM);
            }
            expect_no_disk(51728);
            assert_int_equal(kept_disks(), 0);
            assert_true(open_fds() <= fds); /* fewer: a connection broke */
        }
    }
    libxl_device_disk_dispose(&disk);
}

/* Taking away fails at each point: doing it again does the rest. */
static void detach_fails(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);

    (void)state;
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            int rc;

            assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_device_disk_safe_remove(ctx, domid, &disk, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc)
                assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
            expect_no_disk(51728);
            assert_int_equal(kept_disks(), 0);
        }
    }
    libxl_device_disk_dispose(&disk);
}

/* A whole domain with devices: each fault leaves nothing of it. */
static void create_fails(void **state)
{
    char kernel[80];

    created(state); /* what the hypervisor keeps for good it has then */
    kernel_write(kernel);
    for (enum what_fails what = 0; what < KINDS; what++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth += what == MEMORY ? 7 : 1) {
            uint64_t free_pages = ctrl_loop_free_pages();
            libxl_domain_config config;
            uint32_t id = 0;
            int rc;

            config_of(&config, kernel);
            log_text[0] = '\0';
            fault_begin(what, nth);
            rc = libxl_domain_create_new(ctx, &config, &id, NULL, NULL);
            failed = fault_end(what);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc == 0) {
                assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
                expect_nothing_of(id);
            }
            assert_int_equal(ctrl_loop_domains(), 1);
            assert_int_equal(ctrl_loop_free_pages(), free_pages);
            assert_int_equal(fake_host_loops(), 0);
            libxl_domain_config_dispose(&config);
        }
    }
}

/* --- what is cancelled: after each look at what has happened --- */

static void attach_cancelled(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdb", true);
    libxl_asyncop_how how = { .u.for_event = 7 };
    int rc = ERROR_ABORTED;
    unsigned aborted = 0;

    (void)state;
    for (unsigned looks = 0; rc; looks++) {
        libxl_event *event;

        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
        for (unsigned i = 0; i < looks; i++) {
            if (libxl_event_check(ctx, &event, 0, NULL, NULL) == 0)
                libxl_event_free(ctx, event);
        }
        libxl_ao_abort(ctx, &how); /* ERROR_NOTFOUND: it is done */
        assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
        rc = event->u.operation_complete.rc;
        libxl_event_free(ctx, event);
        assert_true(rc == 0 || rc == ERROR_ABORTED);
        aborted += rc != 0;
        if (rc == 0)
            assert_int_equal(libxl_device_disk_destroy(ctx, domid, &disk, NULL), 0);
        expect_no_disk(51728);
        assert_int_equal(kept_disks(), 0);
    }
    assert_true(aborted > 2);
    libxl_device_disk_dispose(&disk);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, guest_setup, guest_teardown)
    const struct CMUnitTest tests[] = {
        TEST(disk_comes_and_goes), TEST(two_disks), TEST(refused_disks), TEST(shared_disks), TEST(backend_refuses),
        TEST(no_such_domain), TEST(nic_comes_and_goes), TEST(refused_nics), TEST(created), TEST(few_requests), TEST(not_created),
        TEST(model_comes_and_goes), TEST(model_fails), TEST(model_cancelled), TEST(attach_fails), TEST(detach_fails), TEST(create_fails), TEST(attach_cancelled),
    };

    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
