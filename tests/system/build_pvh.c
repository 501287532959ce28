/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds a PVH guest with libs/ctrl and libs/light/build alone, runs it, plays its console and destroys it:
 *     build_pvh [--map] [--cache DIR] [--ramdisk FILE] [--vcpus N] [--seconds N] KERNEL MIB COMMAND-LINE TEXT
 * --map: its memory is written through mappings, not by the hypervisor's copy. Success: TEXT came out on the console
 * before the time was over. The store knows the domain; it has no devices. TEXT empty: it is built and never runs.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "ctrl/console_ring.h"
#include "ctrl/domain.h"
#include "ctrl/query.h"
#include "light/build/kernel_file.h"
#include "light/build/pvh_build.h"

#define RAMDISK_MAX (1u << 30)
#define TAIL 65536

static struct {
    const char *cache, *ramdisk, *kernel, *cmdline, *text;
    unsigned vcpus, seconds;
    bool map;
    uint64_t kib;
} options = { .vcpus = 1, .seconds = 60 };

static char said[TAIL + 1]; /* the console's latest */
static size_t nr_said;

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int complain(const char *what, int err)
{
    fprintf(stderr, "build_pvh: %s: %s\n", what, strerror(-err));
    return err;
}

static void hear(const char *bytes, size_t count)
{
    fwrite(bytes, 1, count, stdout);
    fflush(stdout);
    if (nr_said + count > TAIL) {
        size_t keep = TAIL / 2;

        memmove(said, said + nr_said - keep, keep);
        nr_said = keep;
    }
    memcpy(said + nr_said, bytes, count);
    nr_said += count;
    said[nr_said] = 0;
}

static void drain(struct console_ring *ring)
{
    uint32_t cons = ring->out_cons, prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

    if (prod - cons > CONSOLE_RING_OUT)
        return;
    while (cons != prod) {
        char c = ring->out[cons++ % CONSOLE_RING_OUT];

        hear(&c, 1);
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
}

/* Until the text came, the domain ended, or the time is over. */
static int listen_to(struct ctrl_priv *p, struct ctrl_evtchn *e, uint32_t domid, uint32_t port, struct console_ring *ring)
{
    time_t end = time(NULL) + options.seconds;

    while (time(NULL) < end) {
        struct pollfd fd = { .fd = e->fd, .events = POLLIN };
        struct xen_domctl_getdomaininfo info;
        uint32_t ports[8];
        int n;

        poll(&fd, 1, 1000);
        n = ctrl_evtchn_pending(e, ports, 8);
        drain(ring);
        ctrl_evtchn_notify(e, port);
        for (int i = 0; i < n; i++)
            ctrl_evtchn_unmask(e, ports[i]);
        if (strstr(said, options.text))
            return 0;
        if (ctrl_domain_info(p, domid, &info) == 0 && (info.flags & XEN_DOMINF_shutdown)) {
            fprintf(stderr, "build_pvh: the guest ended: %d\n", ctrl_domain_shutdown_reason(&info));
            return -ECHILD;
        }
    }
    return -ETIMEDOUT;
}

static int play(struct ctrl_priv *p, uint32_t domid, const struct pvh_built *built)
{
    struct ctrl_evtchn *e = NULL;
    uint32_t port;
    void *ring;
    int err = ctrl_transport->evtchn_open(&e);

    if (err < 0)
        return complain("event channels", err);
    err = ctrl_evtchn_bind_interdomain(e, domid, built->console_port, &port);
    if (err == 0)
        err = ctrl_map_foreign(p, domid, PROT_READ | PROT_WRITE, 1, &built->console_gfn, NULL, &ring);
    if (err < 0) {
        ctrl_evtchn_close(e);
        return complain("console", err);
    }
    err = ctrl_domain_unpause(p, domid);
    if (err == 0)
        err = listen_to(p, e, domid, port, ring);
    putchar('\n'); /* the guest was in the middle of a line */
    fflush(stdout);
    ctrl_unmap(p, ring, 1);
    ctrl_evtchn_close(e);
    return err;
}

/* The guest has a home in the store. */
static int introduce(struct xs_handle *store, uint32_t domid, const struct pvh_built *built)
{
    char home[64], number[16];

    snprintf(home, sizeof(home), "/local/domain/%u", domid);
    snprintf(number, sizeof(number), "%u", domid);
    if (!xs_introduce_domain(store, domid, (unsigned long)built->store_gfn, built->store_port))
        return -errno;
    strcat(home, "/domid");
    return xs_write(store, XBT_NULL, home, number, (unsigned)strlen(number)) ? 0 : -errno;
}

static int introduce_and_play(struct ctrl_priv *p, struct xs_handle *store, uint32_t domid, const struct pvh_built *built)
{
    int err = introduce(store, domid, built);

    err = err < 0 ? complain("store", err) : play(p, domid, built);
    xs_release_domain(store, domid);
    return err;
}

static int build(struct ctrl_priv *p, uint32_t domid, struct kernel_file *kernel, struct pvh_built *ret_built,
                 struct build_error *error)
{
    _cleanup_free_ void *ramdisk = NULL;
    struct guest_module module = { 0 };
    struct pvh_guest guest = {
        .domid = domid, .nr_vcpus = options.vcpus, .max_kib = options.kib, .target_kib = options.kib, .claim = true,
        .kernel_name = options.kernel, .kernel = &kernel->image, .cmdline = options.cmdline, .modules = &module,
        .map_pages = options.map,
    };
    int err = 0;

    if (options.ramdisk) {
        err = kernel_file_read("ramdisk", options.ramdisk, RAMDISK_MAX, &ramdisk, &module.size, error);
        module.data = ramdisk;
        guest.nr_modules = 1;
    }
    return err < 0 ? err : pvh_build(p, &guest, ret_built, error);
}

static int run(struct ctrl_priv *p, struct xs_handle *store)
{
    _cleanup_(kernel_file_close) struct kernel_file kernel = { .data = NULL };
    struct build_error error = { .text = "" };
    struct pvh_domain wish = {
        .uuid = "built by a test", .nr_vcpus = options.vcpus, .max_kib = options.kib, .max_grant_frames = -1,
        .max_maptrack_frames = -1,
    };
    struct pvh_built built;
    uint32_t domid;
    uint64_t begun = now_us(), unpacked;
    int err = kernel_file_open(options.kernel, options.cache, &kernel, &error);

    unpacked = now_us();
    if (err == 0)
        err = pvh_domain_new(p, &wish, 0, &domid, &error);
    if (err < 0) {
        fprintf(stderr, "build_pvh: %s\n", error.text);
        return err;
    }
    err = build(p, domid, &kernel, &built, &error);
    if (err < 0) {
        fprintf(stderr, "build_pvh: %s\n", error.text);
    } else {
        printf("build_pvh: domain %u, %s kernel in %llu us, %llu pages written, built in %llu us\n", domid,
               kernel.cached ? "cached" : "unpacked", (unsigned long long)(unpacked - begun),
               (unsigned long long)built.written, (unsigned long long)(now_us() - unpacked));
        fflush(stdout);
        if (options.text[0])
            err = introduce_and_play(p, store, domid, &built);
    }
    if (ctrl_domain_destroy(p, domid) < 0)
        return complain("destroying it", -EBUSY);
    return err;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        { "cache", required_argument, NULL, 'c' },  { "ramdisk", required_argument, NULL, 'r' },
        { "vcpus", required_argument, NULL, 'v' },  { "seconds", required_argument, NULL, 's' },
        { "map", no_argument, NULL, 'm' },          { NULL, 0, NULL, 0 },
    };
    struct xs_handle *store;
    struct ctrl_priv *p = NULL;
    int c, err;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
        switch (c) {
        case 'c': options.cache = optarg; break;
        case 'r': options.ramdisk = optarg; break;
        case 'v': options.vcpus = (unsigned)atoi(optarg); break;
        case 's': options.seconds = (unsigned)atoi(optarg); break;
        case 'm': options.map = true; break;
        default: return 2;
        }
    if (argc - optind != 4)
        return 2;
    options.kernel = argv[optind];
    options.kib = (uint64_t)atoi(argv[optind + 1]) << 10;
    options.cmdline = argv[optind + 2];
    options.text = argv[optind + 3];
    store = xs_open(0);
    err = store ? ctrl_transport->priv_open(&p) : -errno;
    if (err == 0)
        err = run(p, store);
    else
        complain("privcmd or store", err);
    ctrl_priv_close(p);
    xs_close(store);
    if (err < 0)
        fprintf(stderr, "\nbuild_pvh: failed: %s\n", strerror(-err));
    return err < 0;
}
