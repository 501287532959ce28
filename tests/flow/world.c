/* SPDX-License-Identifier: GPL-2.0-only */
#include "flow/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "fake/ctrl_loop.h"
#include "light/userdata.h"

#define PAGES WORLD_PAGES

char world_folder[] = "/tmp/light-flow-XXXXXX";
static pid_t store_pid;
struct xs_handle *xs;
struct ctrl_priv *priv;

bool store_start(void)
{
    xs = NULL;
    store_pid = fork();
    if (store_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl("tools/xenstored/xenstored", "xenstored", "-N", "-D", NULL);
        _exit(127);
    }
    for (unsigned i = 0; i < 6000 && !xs; i++, poll(NULL, 0, 5))
        xs = xs_open(0);
    return xs;
}

void store_stop(void)
{
    xs_close(xs);
    kill(store_pid, SIGTERM);
    waitpid(store_pid, NULL, 0);
}

int world_setup(void **state)
{
    static char sock[64];

    (void)state;
    if (!mkdtemp(world_folder))
        return -1;
    light_userdata_folder = world_folder;
    snprintf(sock, sizeof(sock), "%s/socket", world_folder);
    setenv("XENSTORED_RUNDIR", world_folder, 1);
    setenv("XENSTORED_PATH", sock, 1);
    return store_start() ? 0 : -1;
}

int world_teardown(void **state)
{
    char command[80];

    (void)state;
    store_stop();
    snprintf(command, sizeof(command), "rm -rf %s", world_folder);
    return system(command);
}

int machine_setup_of(unsigned ram_mib)
{
    ctrl_loop_init(ram_mib);
    assert_int_equal(ctrl_transport->priv_open(&priv), 0);
    return context_setup(NULL);
}

int machine_setup(void **state)
{
    (void)state;
    return machine_setup_of(32);
}

int machine_teardown(void **state)
{
    context_teardown(state);
    ctrl_priv_close(priv);
    ctrl_loop_done();
    return 0;
}

bool there(const char *path)
{
    char *value = xs_read(xs, XBT_NULL, path, NULL);
    bool is = value;

    free(value);
    return is;
}

void value_is(const char *path, const char *want)
{
    char *value = xs_read(xs, XBT_NULL, path, NULL);

    assert_non_null(value);
    assert_string_equal(value, want);
    free(value);
}

void store_signal(int number)
{
    char path[64];
    FILE *f;
    int pid;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)store_pid, (int)store_pid);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    assert_int_equal(kill(pid, number), 0);
}

uint32_t domain_new(void)
{
    static const struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
        .max_maptrack_frames = -1, .grant_opts = 2, .arch = { .emulation_flags = XEN_X86_EMU_LAPIC }, .handle = { 0xab },
    };
    static const char *const nodes[] = {
        "/local/domain/%u/control/shutdown", "/local/domain/0/backend/console/%u/0/state", "/libxl/%u/device/console/0/state",
        "/vm/ab000000-0000-0000-0000-000000000000/name",
    };
    uint64_t gfns[PAGES];
    uint32_t domid;
    char path[100];

    assert_int_equal(ctrl_domain_create(priv, &config, 0, &domid), 0);
    assert_int_equal(ctrl_domain_max_vcpus(priv, domid, 1), 0);
    assert_int_equal(ctrl_domain_max_mem(priv, domid, 8192), 0);
    assert_int_equal(ctrl_domain_set_paging_pool(priv, domid, 1 << 20), 0);
    for (unsigned i = 0; i < PAGES; i++)
        gfns[i] = i;
    assert_int_equal(ctrl_memory_populate(priv, domid, gfns, PAGES, 0, 0), PAGES);
    for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        snprintf(path, sizeof(path), nodes[i], domid);
        assert_true(xs_write(xs, XBT_NULL, path, "", 0));
    }
    assert_int_equal(libxl_userdata_store(ctx, domid, "test", (const uint8_t *)"x", 1), 0);
    return domid;
}

void expect_gone(uint32_t domid)
{
    static const char *const nodes[] = { "/local/domain/%u", "/local/domain/0/backend/console/%u", "/libxl/%u" };
    char path[100];

    assert_int_equal(ctrl_loop_domains(), 0);
    for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        snprintf(path, sizeof(path), nodes[i], domid);
        assert_false(there(path));
    }
    assert_false(there("/vm/ab000000-0000-0000-0000-000000000000"));
    snprintf(path, sizeof(path), "ls %s | grep -q '^userdata-'", world_folder);
    assert_int_not_equal(system(path), 0);
}

unsigned sweep_step(unsigned step)
{
    const char *soak = getenv("SOAK");

    return soak && *soak ? 1 : step;
}
