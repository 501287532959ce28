/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant table of a domain that grants to itself: sizes, versions, and every way to get map, unmap and copy wrong. */
#include "guest.h"

#include "public/grant_table.h"
#include "public/memory.h"

#define TABLE 0x20000000ul  /* gfns inside RAM of every test machine */
#define WINDOW 0x20010000ul

static struct grant_entry_v1 *const entries = (void *)TABLE;
static uint8_t page_a[4096] __attribute__((aligned(4096))), page_b[4096] __attribute__((aligned(4096)));

static int64_t grant_op(unsigned cmd, void *arg, unsigned count)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static void query(const char *what, uint16_t dom)
{
    struct gnttab_query_size q = { .dom = dom, .status = 0x7777 };
    int64_t rc = grant_op(GNTTABOP_query_size, &q, 1);

    out("query_size %s: %ld status %d frames %u of %u\n", what, rc, (int16_t)q.status, q.nr_frames, q.max_nr_frames);
}

static void setup(const char *what, uint16_t dom, uint32_t nr)
{
    static uint64_t list[64];
    struct gnttab_setup_table s = { .dom = dom, .nr_frames = nr, .status = 0x7777, .frame_list = (uint64_t)list };
    int64_t rc = grant_op(GNTTABOP_setup_table, &s, 1);

    out("setup_table %s: %ld status %d\n", what, rc, (int16_t)s.status);
}

static uint32_t map(const char *what, uint16_t dom, uint32_t ref, uint32_t flags, uint64_t at)
{
    struct gnttab_map_grant_ref m = { .host_addr = at, .flags = flags, .ref = ref, .dom = dom, .status = 0x7777 };
    int64_t rc = grant_op(GNTTABOP_map_grant_ref, &m, 1);

    out("map %s: %ld status %d\n", what, rc, (int16_t)m.status);
    return m.handle;
}

static void unmap(const char *what, uint32_t handle, uint64_t at)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = handle, .status = 0x7777 };
    int64_t rc = grant_op(GNTTABOP_unmap_grant_ref, &u, 1);

    out("unmap %s: %ld status %d\n", what, rc, (int16_t)u.status);
}

static void grant(uint32_t ref, uint16_t dom, const void *page, uint16_t flags)
{
    entries[ref].frame = (uint32_t)((uint64_t)page >> 12);
    entries[ref].domid = dom;
    __atomic_store_n(&entries[ref].flags, flags, __ATOMIC_SEQ_CST);
}

static void test_versions(void)
{
    struct gnttab_get_version g = { .dom = DOMID_SELF };
    struct gnttab_set_version s = { .version = 3 };
    struct gnttab_get_status_frames f = { .nr_frames = 1, .dom = DOMID_SELF, .status = 0x7777 };

    out("get_version: %ld", grant_op(GNTTABOP_get_version, &g, 1));
    out(" is %u\n", g.version);
    g.dom = 77;
    out("get_version of domain 77: %ld\n", grant_op(GNTTABOP_get_version, &g, 1));
    out("set_version 3: %ld", grant_op(GNTTABOP_set_version, &s, 1));
    out(" is %u\n", s.version);
    s.version = 0;
    out("set_version 0: %ld\n", grant_op(GNTTABOP_set_version, &s, 1));
    s.version = 1;
    out("set_version 1, count 2: %ld\n", grant_op(GNTTABOP_set_version, &s, 2));
    out("get_status_frames of version 1: %ld", grant_op(GNTTABOP_get_status_frames, &f, 1));
    out(" status %d\n", (int16_t)f.status);
    s.version = 2;
    out("set_version 2: %ld", grant_op(GNTTABOP_set_version, &s, 1));
    out(" is %u\n", s.version);
    s.version = 1;
    out("set_version back to 1: %ld", grant_op(GNTTABOP_set_version, &s, 1));
    out(" is %u\n", s.version);
}

static void test_map(uint16_t self)
{
    uint32_t handle;

    grant(8, self, page_a, GTF_permit_access);
    grant(9, self, page_b, GTF_permit_access | GTF_readonly);
    grant(10, self, (void *)0xf4000000, GTF_permit_access);
    grant(11, 5, page_a, GTF_permit_access);
    page_a[0] = 0x5a;
    map("no flags", self, 8, 0, WINDOW);
    map("device only", self, 8, GNTMAP_device_map, WINDOW);
    map("contains_pte", self, 8, GNTMAP_host_map | GNTMAP_contains_pte, WINDOW);
    map("domain 77", 77, 8, GNTMAP_host_map, WINDOW);
    map("DOMID_SELF", DOMID_SELF, 8, GNTMAP_host_map, WINDOW);
    map("ref of another", self, 11, GNTMAP_host_map, WINDOW);
    map("empty ref", self, 12, GNTMAP_host_map, WINDOW);
    map("ref beyond the table", self, 1000000, GNTMAP_host_map, WINDOW);
    map("ref of a hole", self, 10, GNTMAP_host_map, WINDOW);
    map("readonly ref for writing", self, 9, GNTMAP_host_map, WINDOW);
    handle = map("good", self, 8, GNTMAP_host_map, WINDOW);
    out("seen through it: 0x%x flags 0x%x\n", *(volatile uint8_t *)WINDOW, entries[8].flags);
    unmap("wrong address", handle, WINDOW + 0x1000);
    unmap("wrong handle", 12345, WINDOW);
    unmap("good", handle, WINDOW);
    unmap("again", handle, WINDOW);
    out("flags after: 0x%x\n", entries[8].flags);
}

static void copy(const char *what, struct gnttab_copy c)
{
    int64_t rc;

    c.status = 0x7777;
    rc = grant_op(GNTTABOP_copy, &c, 1);
    out("copy %s: %ld status %d\n", what, rc, c.status);
}

#define SIDE(frame_or_ref, dom, off) { .u = (frame_or_ref), .domid = (dom), .offset = (off) }
#define GFN(page) ((uint64_t)(page) >> 12)

static void test_copy(uint16_t self)
{
    static uint8_t local[4096] __attribute__((aligned(4096)));
    struct gnttab_copy good = { SIDE(8, self, 0), SIDE(GFN(local), DOMID_SELF, 0), 16, GNTCOPY_source_gref, 0 }, c;

    copy("good", good);
    out("copied: 0x%x\n", local[0]);
    c = good, c.len = 0;
    copy("length 0", c);
    c = good, c.len = 4097;
    copy("length 4097", c);
    c = good, c.source.offset = 4090;
    copy("source over its end", c);
    c = good, c.dest.offset = 4090;
    copy("destination over its end", c);
    c = good, c.flags = 0;
    copy("source by frame of a named domain", c);
    c = good, c.source.domid = 77;
    copy("source domain 77", c);
    c = good, c.source.u = 12;
    copy("empty ref", c);
    c = good, c.source.u = 1000000;
    copy("ref beyond the table", c);
    c = good, c.source.u = 10;
    copy("ref of a hole", c);
    c = good, c.dest.u = 0xf4000;
    copy("to a hole", c);
    c = good, c.dest = (struct gnttab_copy_ptr)SIDE(9, self, 0), c.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
    copy("to a readonly ref", c);
    c = good, c.source.domid = DOMID_SELF;
    copy("ref of DOMID_SELF", c);
}

void guest_test(const struct hvm_start_info *info)
{
    struct xen_add_to_physmap atp = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE >> 12 };
    uint32_t r[4];
    uint16_t self;

    (void)info;
    cpuid(xen_cpuid_base() + 4, 0, r);
    self = (uint16_t)r[2];
    query("self", DOMID_SELF);
    query("domain 77", 77);
    query("DOMID_IO", 0x7ff1);
    setup("0 frames", DOMID_SELF, 0);
    setup("1 frame", DOMID_SELF, 1);
    setup("65 frames", DOMID_SELF, 65);
    setup("100000 frames", DOMID_SELF, 100000);
    setup("domain 77", 77, 1);
    test_versions();
    out("map the table: %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &atp));
    atp.gpfn = (TABLE >> 12) + 1;
    atp.idx = 100000;
    out("map frame 100000 of the table: %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &atp));
    test_map(self);
    test_copy(self);
    query("self", DOMID_SELF);
    out("transfer, count 0: %ld\n", grant_op(GNTTABOP_transfer, 0, 0));
    out("cache_flush, count 0: %ld\n", grant_op(GNTTABOP_cache_flush, 0, 0));
    out("map, count 2^31: %ld\n", grant_op(GNTTABOP_map_grant_ref, page_a, 1u << 31));
    out("dump_table, count 0: %ld\n", grant_op(GNTTABOP_dump_table, 0, 0));
}
