/* SPDX-License-Identifier: GPL-2.0-only */
#include "flow/device_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/ctrl_loop.h"
#include "fault.h"
#include "flow/world.h"
#include "light/device_host_fake.h"
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

enum backend_mode *backend_mode;
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
            if (*backend_mode != KEEPS && !strstr(path, "/backend/vfb/") && !strstr(path, "/backend/vkbd/")) /* QEMU keeps them */
                state_change(h, path, "5", "6");
        }
        free(event);
    }
    _exit(0);
}

int devices_setup(void **state)
{
    backend_mode = mmap(NULL, sizeof(*backend_mode), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (backend_mode == MAP_FAILED || world_setup(state))
        return -1;
    player_pid = fork();
    if (player_pid == 0)
        play();
    return 0;
}

int devices_teardown(void **state)
{
    kill(player_pid, SIGKILL);
    waitpid(player_pid, NULL, 0);
    return world_teardown(state);
}

/* --- each test --- */

char image[64];
uint32_t domid;

int guest_setup(void **state)
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

int guest_teardown(void **state)
{
    fake_host_fail(0, 0);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    expect_gone(domid);
    assert_int_equal(fake_host_loops(), 0);
    return machine_teardown(state);
}

libxl_device_disk disk_of(const char *path, const char *vdev, bool writes)
{
    libxl_device_disk disk;

    libxl_device_disk_init(&disk);
    disk.pdev_path = strdup(path);
    disk.vdev = strdup(vdev);
    disk.format = LIBXL_DISK_FORMAT_RAW;
    disk.readwrite = writes;
    return disk;
}

libxl_device_nic nic_of(const char *bridge)
{
    libxl_device_nic nic;

    libxl_device_nic_init(&nic);
    nic.bridge = strdup(bridge);
    return nic;
}

libxl_device_nic routed_of(const char *gateway, const char *ip)
{
    libxl_device_nic nic;

    libxl_device_nic_init(&nic);
    nic.gatewaydev = strdup(gateway);
    nic.ip = strdup(ip);
    return nic;
}

/* Good until the fourth from now on. */
char *path_of(const char *format, ...)
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

int kept_disks(void)
{
    libxl_domain_config config;
    int count;

    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domid, &config), 0);
    count = config.num_disks;
    libxl_domain_config_dispose(&config);
    return count;
}

unsigned open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Nothing of a disk is there. */
void expect_no_disk(int devid)
{
    assert_false(there(path_of("/libxl/%u/device/vbd/%d", domid, devid)));
    assert_false(there(path_of("/local/domain/%u/device/vbd/%d", domid, devid)));
    assert_false(there(path_of("/local/domain/0/backend/vbd/%u/%d", domid, devid)));
    assert_int_equal(fake_host_loops(), 0);
}

/* What of a folder's node the store has, and who may read it. */
void expect_node(const char *folder, const char *name, const char *value, unsigned owner, unsigned reader)
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

void config_plain(libxl_domain_config *config, const char *kernel)
{
    libxl_domain_config_init(config);
    libxl_domain_build_info_init_type(&config->b_info, LIBXL_DOMAIN_TYPE_PVH);
    config->c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    config->c_info.name = strdup("made");
    config->b_info.kernel = strdup(kernel);
    config->b_info.max_memkb = config->b_info.target_memkb = 8192;
}

void config_one_disk(libxl_domain_config *config, const char *kernel)
{
    config_plain(config, kernel);
    config->num_disks = 1;
    config->disks = calloc(1, sizeof(*config->disks));
    config->disks[0] = disk_of(image, "xvda", true);
}

void config_bootloader(libxl_domain_config *config, const char *kernel, const char *program)
{
    config_one_disk(config, kernel);
    free(config->b_info.kernel);
    config->b_info.kernel = NULL;
    config->b_info.bootloader = strdup(program);
}

void config_of(libxl_domain_config *config, const char *kernel)
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

void kernel_write(char path[80])
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

void expect_nothing_of(uint32_t id)
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
void expect_no_children(void)
{
    for (unsigned i = 0; i < 4000 && children() != 2; i++)
        poll(NULL, 0, 5);
    assert_int_equal(children(), 2);
}

/* --- what fails --- */

void fault_begin(enum what_fails what, unsigned nth)
{
    fake_host_fail(what == KERNEL ? nth : 0, EIO);
    ctrl_loop_fail(what == HYPERCALLS ? nth : 0, EIO);
    fault_at(FAULT_ALLOC, what == MEMORY ? nth : 0);
    fault_at(FAULT_SEND, what == SENDING ? nth : 0);
    fault_at(FAULT_READ, what == READING ? nth : 0);
}

bool fault_end(enum what_fails what)
{
    bool happened = what == KERNEL ? fake_host_failed() : what == HYPERCALLS ? ctrl_loop_failed() :
                    fault_happened(what == MEMORY ? FAULT_ALLOC : what == SENDING ? FAULT_SEND : FAULT_READ);

    fault_begin(KINDS, 0);
    return happened;
}

int cancelled_after(const libxl_asyncop_how *how, unsigned looks, int ms)
{
    libxl_event *event;
    int rc;

    while (looks--) {
        poll(NULL, 0, ms);
        if (libxl_event_check(ctx, &event, 0, NULL, NULL) == 0)
            libxl_event_free(ctx, event);
    }
    libxl_ao_abort(ctx, how); /* ERROR_NOTFOUND: it is done */
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    rc = event->u.operation_complete.rc;
    libxl_event_free(ctx, event);
    assert_true(rc == 0 || rc == ERROR_ABORTED);
    return rc;
}
