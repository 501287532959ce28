/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exits and hypercalls cost: a test kernel in dom0's place that reads the TSC around each of them. A line is
 * "bench NAME MIN MEDIAN", in ticks of the TSC, less what an empty measurement costs: instructions under icount.
 */
#include "guest.h"

#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/memory.h"
#include "public/sched.h"

#define SHARED_INFO 0x20000000ul
#define TABLE 0x20010000ul
#define WINDOW 0x20020000ul
#define COUNT 1000
#define PAGES 101 /* stock Xen takes a page that its owner maps away from where it was: each is mapped once */

static struct shared_info *const shared = (void *)SHARED_INFO;
static struct grant_entry_v1 *const entries = (void *)TABLE;
static uint8_t pages[PAGES][4096] __attribute__((aligned(4096)));
static uint8_t local[4096] __attribute__((aligned(4096)));
static uint64_t samples[COUNT];
static uint64_t overhead;
static uint32_t local_port, remote_port;
static uint16_t self;

static void sort(uint64_t *a, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t v = a[i];
        unsigned j = i;

        for (; j && a[j - 1] > v; j--)
            a[j] = a[j - 1];
        a[j] = v;
    }
}

static void report(const char *name, unsigned n)
{
    sort(samples, n);
    out("bench %s %lu %lu\n", name, samples[0] - overhead, samples[n / 2] - overhead);
}

#define MEASURE(name, n, statement)                                                                                    \
    do {                                                                                                               \
        for (unsigned i = 0; i < (n); i++) {                                                                           \
            uint64_t start = rdtsc();                                                                                  \
                                                                                                                       \
            statement;                                                                                                 \
            samples[i] = rdtsc() - start;                                                                              \
        }                                                                                                              \
        report(name, n);                                                                                               \
    } while (0)

static int64_t event_op(unsigned cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static void exits(void)
{
    uint32_t r[4], low, high;

    MEASURE("null", COUNT, hypercall2(__HYPERVISOR_xen_version, 0, 0));
    MEASURE("cpuid", COUNT, cpuid(0, 0, r));
    MEASURE("rdmsr", COUNT, __asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(0x1b)));
    MEASURE("in", COUNT, port_in(0x3ff, 1)); /* a register of the hypervisor's serial port: nobody's for dom0 */
    MEASURE("yield", COUNT, hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0));
}

static void events(void)
{
    struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = 0, .gpfn = SHARED_INFO >> 12 };
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
    struct evtchn_send send;
    int64_t rc = hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map);

    rc |= event_op(6, &alloc);
    bind.remote_port = remote_port = alloc.port;
    rc |= event_op(0, &bind);
    send.port = local_port = bind.local_port;
    for (unsigned i = 0; i < 64; i++)
        shared->evtchn_mask[i] = ~0ull;
    rc |= event_op(4, &send);
    out("events: %ld, pending %d\n", rc, (int)(shared->evtchn_pending[remote_port / 64] >> remote_port % 64 & 1));
    MEASURE("send-pending", COUNT, event_op(4, &send));
    MEASURE("send", COUNT, (shared->evtchn_pending[remote_port / 64] = 0, event_op(4, &send)));
}

static int64_t grant_op(unsigned cmd, void *arg)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, 1);
}

static void map_unmap(uint32_t ref, int *failures)
{
    struct gnttab_map_grant_ref m = { .host_addr = WINDOW, .flags = GNTMAP_host_map, .ref = ref, .dom = self };
    struct gnttab_unmap_grant_ref u = { .host_addr = WINDOW };

    *failures += grant_op(GNTTABOP_map_grant_ref, &m) || (int16_t)m.status;
    u.handle = m.handle;
    *failures += grant_op(GNTTABOP_unmap_grant_ref, &u) || (int16_t)u.status;
}

static int copy(uint64_t from, uint16_t domid, uint16_t flags)
{
    struct gnttab_copy c = { .source = { .u = from, .domid = domid },
                             .dest = { .u = (uint64_t)local >> 12, .domid = DOMID_SELF },
                             .len = 4096,
                             .flags = flags };

    return grant_op(GNTTABOP_copy, &c) || c.status;
}

static void grants(void)
{
    struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE >> 12 };
    int failures = hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map) != 0;
    uint32_t r[4];

    cpuid(xen_cpuid_base() + 4, 0, r);
    self = (uint16_t)r[2];
    for (unsigned i = 0; i < PAGES; i++) {
        pages[i][0] = (uint8_t)i;
        entries[8 + i].frame = (uint32_t)((uint64_t)pages[i] >> 12);
        entries[8 + i].domid = self;
        __atomic_store_n(&entries[8 + i].flags, GTF_permit_access, __ATOMIC_SEQ_CST);
    }
    MEASURE("map-unmap", PAGES - 1, map_unmap(8 + i, &failures));
    out("grants: %d failures\n", failures);
    if (!copy(8 + PAGES - 1, self, GNTCOPY_source_gref))
        MEASURE("copy", COUNT, copy(8 + PAGES - 1, self, GNTCOPY_source_gref));
    if (!copy((uint64_t)pages[PAGES - 1] >> 12, DOMID_SELF, 0))
        MEASURE("copy-inside", COUNT, copy((uint64_t)pages[PAGES - 1] >> 12, DOMID_SELF, 0));
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    out("micro: first output\n"); /* bench/run notes the time of this line */
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t start = rdtsc();

        samples[i] = rdtsc() - start;
    }
    sort(samples, COUNT);
    overhead = samples[COUNT / 2];
    exits();
    events();
    grants();
    out("micro: done\n");
}
