/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every operation of event_channel_op and grant_table_op with each field of its argument at every edge, one at a time
 * beside good values of the others. What an operation made is taken away again, so that lines do not lean on others.
 */
#include "guest.h"


#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/memory.h"
#include "public/sched.h"

#define ARG_MAX 40
#define NO_FIELD 0xff
#define GUEST_PAGE __attribute__((aligned(4096)))

static uint8_t table[4096] GUEST_PAGE, page_b[4096] GUEST_PAGE;
static uint8_t fresh[600][4096] GUEST_PAGE;
static uint8_t control[4096] GUEST_PAGE, array[4096] GUEST_PAGE;
static uint64_t frames[64];
static uint16_t self;
static uint64_t window; /* where the last mapping went: each has a place of its own, above all RAM */

struct field {
    const char *name;
    uint8_t offset, size;
};

struct edge_op {
    const char *name;
    uint8_t hypercall, nr, size;
    uint8_t status;              /* offset of a grant operation's int16_t status; NO_FIELD */
    uint8_t ret, ret_size;       /* field told when it works; NO_FIELD */
    void (*base)(void *arg);     /* good values */
    void (*undo)(const void *arg);
    struct field field[8];
};

static int64_t event_op(unsigned nr, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, nr, arg);
}

static int64_t grant_op(unsigned nr, void *arg, unsigned count)
{
    return hypercall3(__HYPERVISOR_grant_table_op, nr, arg, count);
}

static void copy(void *dst, const void *src, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ((uint8_t *)dst)[i] = ((const uint8_t *)src)[i];
}

static uint64_t gfn_of(const void *page)
{
    return (uintptr_t)page >> 12;
}

/* --- what each leans on --- */

/* The free port that a test leans on; what it is must be the same each time. */
static uint32_t unbound(uint16_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = remote };

    return event_op(EVTCHNOP_alloc_unbound, &a) ? 0 : a.port;
}

/* A domain of xl's needs its first two for its store and console. */
static void close_all(void)
{
    for (uint32_t port = 3; port < 80; port++) {
        struct evtchn_close c = { .port = port };

        event_op(EVTCHNOP_close, &c);
    }
}

static void reset(const void *arg)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };

    (void)arg;
    if (self) {
        close_all();
        return;
    }
    while (event_op(EVTCHNOP_reset, &r) == -85) /* to be continued, on a hypervisor that says so */
        continue;
}

static void grant(uint32_t ref, uint16_t dom, uint64_t gfn, uint16_t flags)
{
    struct grant_entry_v1 *e = (struct grant_entry_v1 *)table + ref;

    e->frame = (uint32_t)gfn;
    e->domid = dom;
    __atomic_store_n(&e->flags, flags, __ATOMIC_SEQ_CST);
}

/* A page that is mapped by its own domain has left its place on stock Xen, so that each is granted once. */
static uint32_t granted(void)
{
    static unsigned next;
    uint64_t gfn = gfn_of(fresh[next++ % ARRAY_SIZE(fresh)]);

    grant(9, self, gfn, GTF_permit_access | GTF_readonly);
    grant(8, self, gfn, GTF_permit_access);
    return 8;
}

static uint64_t next_window(void)
{
    window = window ? window + PAGE_SIZE : 0x100000000ull;
    return window;
}

static uint32_t last_handle;

static uint32_t mapped(void)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = next_window(), .flags = GNTMAP_host_map, .ref = granted(), .dom = self
    };

    last_handle = grant_op(GNTTABOP_map_grant_ref, &m, 1) || m.status ? UINT32_MAX : m.handle;
    return last_handle;
}

static void unmap(uint32_t handle, uint64_t addr)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = addr, .handle = handle };

    grant_op(GNTTABOP_unmap_grant_ref, &u, 1);
}

/* --- good values, and back --- */

#define BASE(fn, type, ...) \
    static void fn(void *arg) \
    { \
        *(struct type *)arg = (struct type){ __VA_ARGS__ }; \
    }

BASE(base_interdomain, evtchn_bind_interdomain, .remote_dom = DOMID_SELF, .remote_port = unbound(DOMID_SELF))
BASE(base_virq, evtchn_bind_virq, .virq = VIRQ_TIMER)
BASE(base_pirq, evtchn_bind_pirq, .pirq = 9)
BASE(base_close, evtchn_close, .port = unbound(DOMID_SELF))
BASE(base_status, evtchn_status, .dom = DOMID_SELF, .port = unbound(DOMID_SELF))
BASE(base_alloc, evtchn_alloc_unbound, .dom = DOMID_SELF, .remote_dom = DOMID_SELF)
BASE(base_ipi, evtchn_bind_ipi, .vcpu = 0)
BASE(base_bind_vcpu, evtchn_bind_vcpu, .port = unbound(DOMID_SELF))
BASE(base_reset, evtchn_reset, .dom = DOMID_SELF)
BASE(base_control, evtchn_init_control, .control_gfn = gfn_of(control))

static void set_fifo(void)
{
    struct evtchn_init_control c = { .control_gfn = gfn_of(control) };

    event_op(EVTCHNOP_init_control, &c);
}

static void base_array(void *arg)
{
    set_fifo();
    ((struct evtchn_expand_array *)arg)->array_gfn = gfn_of(array);
}

static void base_priority(void *arg)
{
    struct evtchn_expand_array e = { .array_gfn = gfn_of(array) };

    set_fifo();
    event_op(EVTCHNOP_expand_array, &e);
    *(struct evtchn_set_priority *)arg = (struct evtchn_set_priority){ .port = unbound(DOMID_SELF), .priority = 3 };
}

BASE(base_map, gnttab_map_grant_ref, .host_addr = next_window(), .flags = GNTMAP_host_map, .ref = granted(),
     .dom = self)
static void base_unmap(void *arg)
{
    uint32_t handle = mapped();

    *(struct gnttab_unmap_grant_ref *)arg = (struct gnttab_unmap_grant_ref){ .host_addr = window, .handle = handle };
}

BASE(base_setup, gnttab_setup_table, .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uintptr_t)frames)
BASE(base_copy, gnttab_copy, .source = { .u = granted(), .domid = self },
     .dest = { .u = gfn_of(page_b), .domid = DOMID_SELF },
     .len = 16, .flags = GNTCOPY_source_gref)
BASE(base_copy_to, gnttab_copy, .dest = { .u = granted(), .domid = self },
     .source = { .u = gfn_of(page_b), .domid = DOMID_SELF },
     .len = 16, .flags = GNTCOPY_dest_gref)
BASE(base_query, gnttab_query_size, .dom = DOMID_SELF)
BASE(base_version, gnttab_set_version, .version = 1)
BASE(base_get_version, gnttab_get_version, .dom = DOMID_SELF)
BASE(base_status_frames, gnttab_get_status_frames, .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uintptr_t)frames)
BASE(base_swap, gnttab_swap_grant_ref, .ref_a = 20, .ref_b = 21)

static void undo_map(const void *arg)
{
    const struct gnttab_map_grant_ref *m = arg;

    if (!m->status)
        unmap(m->handle, m->host_addr | 1); /* 0 would leave it */
}

/* Whatever the field under test made of the argument, its mapping is the only one. */
static void undo_unmap(const void *arg)
{
    (void)arg;
    unmap(last_handle, window);
}

static void undo_version(const void *arg)
{
    struct gnttab_set_version v = { .version = 1 };

    (void)arg;
    grant_op(GNTTABOP_set_version, &v, 1);
}

/* --- the table --- */

#define FIELD(type, member) { #member, offsetof(struct type, member), sizeof(((struct type *)0)->member) }
#define EVENT(op, b, ret_field, ...) \
    { #op, __HYPERVISOR_event_channel_op, EVTCHNOP_##op, sizeof(struct evtchn_##op), NO_FIELD, ret_field, 4, b, reset, \
      { __VA_ARGS__ } }
#define GRANT_AS(title, op, type, stat, b, u, ret_field, ...) \
    { title, __HYPERVISOR_grant_table_op, GNTTABOP_##op, sizeof(struct type), stat, ret_field, 4, b, u, \
      { __VA_ARGS__ } }
#define GRANT(op, type, b, u, ret_field, ...) \
    GRANT_AS(#op, op, type, offsetof(struct type, status), b, u, ret_field, __VA_ARGS__)
#define RET(type, member) offsetof(struct type, member)
#define COPY_FIELDS \
    { "source.u", 0, 8 }, { "source.domid", 8, 2 }, { "source.offset", 10, 2 }, { "dest.u", 16, 8 }, \
        { "dest.domid", 24, 2 }, { "dest.offset", 26, 2 }, { "len", 32, 2 }, { "flags", 34, 2 }

static const struct edge_op ops[] = {
    EVENT(bind_interdomain, base_interdomain, RET(evtchn_bind_interdomain, local_port),
          FIELD(evtchn_bind_interdomain, remote_dom), FIELD(evtchn_bind_interdomain, remote_port)),
    EVENT(bind_virq, base_virq, RET(evtchn_bind_virq, port), FIELD(evtchn_bind_virq, virq),
          FIELD(evtchn_bind_virq, vcpu)),
    EVENT(bind_pirq, base_pirq, NO_FIELD, FIELD(evtchn_bind_pirq, pirq), FIELD(evtchn_bind_pirq, flags)),
    EVENT(close, base_close, NO_FIELD, FIELD(evtchn_close, port)),
    EVENT(send, base_close, NO_FIELD, FIELD(evtchn_close, port)),
    EVENT(status, base_status, RET(evtchn_status, status), FIELD(evtchn_status, dom), FIELD(evtchn_status, port)),
    EVENT(alloc_unbound, base_alloc, RET(evtchn_alloc_unbound, port), FIELD(evtchn_alloc_unbound, dom),
          FIELD(evtchn_alloc_unbound, remote_dom)),
    EVENT(bind_ipi, base_ipi, RET(evtchn_bind_ipi, port), FIELD(evtchn_bind_ipi, vcpu)),
    EVENT(bind_vcpu, base_bind_vcpu, NO_FIELD, FIELD(evtchn_bind_vcpu, port), FIELD(evtchn_bind_vcpu, vcpu)),
    EVENT(unmask, base_close, NO_FIELD, FIELD(evtchn_close, port)),
    EVENT(reset, base_reset, NO_FIELD, FIELD(evtchn_reset, dom)),
    EVENT(init_control, base_control, NO_FIELD, FIELD(evtchn_init_control, control_gfn),
          FIELD(evtchn_init_control, offset), FIELD(evtchn_init_control, vcpu)),
    EVENT(expand_array, base_array, NO_FIELD, FIELD(evtchn_expand_array, array_gfn)),
    EVENT(set_priority, base_priority, NO_FIELD, FIELD(evtchn_set_priority, port),
          FIELD(evtchn_set_priority, priority)),
    GRANT(map_grant_ref, gnttab_map_grant_ref, base_map, undo_map, NO_FIELD, FIELD(gnttab_map_grant_ref, host_addr),
          FIELD(gnttab_map_grant_ref, flags), FIELD(gnttab_map_grant_ref, ref), FIELD(gnttab_map_grant_ref, dom)),
    GRANT(unmap_grant_ref, gnttab_unmap_grant_ref, base_unmap, undo_unmap, NO_FIELD,
          FIELD(gnttab_unmap_grant_ref, host_addr), FIELD(gnttab_unmap_grant_ref, dev_bus_addr),
          FIELD(gnttab_unmap_grant_ref, handle)),
    GRANT(setup_table, gnttab_setup_table, base_setup, NULL, NO_FIELD, FIELD(gnttab_setup_table, dom),
          FIELD(gnttab_setup_table, nr_frames), FIELD(gnttab_setup_table, frame_list)),
    GRANT_AS("dump_table", dump_table, gnttab_get_version, NO_FIELD, base_get_version, NULL, NO_FIELD,
             FIELD(gnttab_get_version, dom)),
    GRANT_AS("copy from a grant", copy, gnttab_copy, 36, base_copy, NULL, NO_FIELD, COPY_FIELDS),
    GRANT_AS("copy to a grant", copy, gnttab_copy, 36, base_copy_to, NULL, NO_FIELD, COPY_FIELDS),
    GRANT(query_size, gnttab_query_size, base_query, NULL, RET(gnttab_query_size, nr_frames),
          FIELD(gnttab_query_size, dom)),
    /* For the two that are refused whatever they say, any structure will do. */
    GRANT_AS("transfer", transfer, gnttab_unmap_grant_ref, NO_FIELD, base_unmap, undo_unmap, NO_FIELD,
             FIELD(gnttab_unmap_grant_ref, host_addr)),
    GRANT_AS("unmap_and_replace", unmap_and_replace, gnttab_unmap_grant_ref, 20, base_unmap, undo_unmap, NO_FIELD,
             FIELD(gnttab_unmap_grant_ref, host_addr), FIELD(gnttab_unmap_grant_ref, dev_bus_addr),
             FIELD(gnttab_unmap_grant_ref, handle)),
    GRANT_AS("set_version", set_version, gnttab_set_version, NO_FIELD, base_version, undo_version, 0,
             FIELD(gnttab_set_version, version)),
    GRANT(get_status_frames, gnttab_get_status_frames, base_status_frames, NULL, NO_FIELD,
          FIELD(gnttab_get_status_frames, nr_frames), FIELD(gnttab_get_status_frames, dom),
          FIELD(gnttab_get_status_frames, frame_list)),
    GRANT_AS("get_version", get_version, gnttab_get_version, NO_FIELD, base_get_version, NULL, 4,
             FIELD(gnttab_get_version, dom)),
    GRANT(swap_grant_ref, gnttab_swap_grant_ref, base_swap, NULL, NO_FIELD, FIELD(gnttab_swap_grant_ref, ref_a),
          FIELD(gnttab_swap_grant_ref, ref_b)),
    GRANT_AS("cache_flush", cache_flush, gnttab_get_version, NO_FIELD, base_get_version, NULL, NO_FIELD,
             FIELD(gnttab_get_version, dom)),
};

static const uint64_t edges16[] = { 0, 1, 2, 3, 0x1f, 0xfff, 0x1000, 0x1001, 0x7fef, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff3,
                                    0x7ff4, 0x7fff, 0x8000, 0xffff };
static const uint64_t edges32[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 23, 24, 25, 31, 32, 63, 64, 65, 511, 512, 1023,
                                    1024,
                                    4016, 4024, 4095, 4096, 0x1ffff, 0x20000, 0x7fffffff, 0x80000000, 0xffffffff };
static const uint64_t edges64[] = { 0, 1, 2, 7, 8, 512, 0xfffff, 0xf4000, 0xf4000000, 0xffffffff, 0xffffffffffffull,
                                    0x1000000000000ull, 0xfffffffffffff000ull, 0xffffffffffffffffull };

/* No address of this kernel's is printed: it may be built in another way for each hypervisor. */
static void run(const struct edge_op *op, const struct field *f, uint64_t value)
{
    uint8_t arg[ARG_MAX] __attribute__((aligned(8))) = { 0 };
    int16_t status = 0;
    uint32_t ret = 0;
    int64_t rc;

    op->base(arg);
    if (f)
        copy(arg + f->offset, &value, f->size);
    rc = hypercall3(op->hypercall, op->nr, arg, 1);
    if (op->status != NO_FIELD)
        copy(&status, arg + op->status, sizeof(status));
    if (op->ret != NO_FIELD && !rc && !status)
        copy(&ret, arg + op->ret, op->ret_size);
    if (f)
        out("%s %s 0x%lx: %ld status %d gives %u\n", op->name, f->name, (unsigned long)value, (long)rc, status, ret);
    else
        out("%s: %ld status %d gives %u\n", op->name, (long)rc, status, ret);
    if (op->undo)
        op->undo(arg);
}

/* Not those that would end the console of a domain of xl's. */
static bool wanted(const struct edge_op *op)
{
    if (!self || op->hypercall == __HYPERVISOR_grant_table_op)
        return true;
    return op->nr == EVTCHNOP_bind_interdomain || op->nr == EVTCHNOP_bind_virq || op->nr == EVTCHNOP_bind_pirq ||
           op->nr == EVTCHNOP_status || op->nr == EVTCHNOP_alloc_unbound || op->nr == EVTCHNOP_bind_ipi;
}

static void run_edges(const struct edge_op *op, const struct field *f)
{
    const uint64_t *edges = f->size == 2 ? edges16 : f->size == 4 ? edges32 : edges64;
    unsigned nr = f->size == 2 ? ARRAY_SIZE(edges16) : f->size == 4 ? ARRAY_SIZE(edges32) : ARRAY_SIZE(edges64);

    for (unsigned i = 0; i < nr; i++) {
        if (op->base == base_map && f->size == 8 && edges[i] <= 0xffffffff)
            continue; /* what this kernel lives on, and devices, for which stock Xen ends dom0 */
        run(op, f, edges[i]);
    }
}

/* The count of grant operations, and addresses where no array is. */
static void run_counts(const struct edge_op *op)
{
    static const uint32_t counts[] = { 0, 2, 0x7fffffff, 0x80000000, 0xffffffff };

    for (unsigned i = 0; i < ARRAY_SIZE(counts); i++)
        out("%s of count 0x%x at a hole: %ld\n", op->name, counts[i],
            (long)hypercall3(__HYPERVISOR_grant_table_op, op->nr, 0xf4000000ul, counts[i]));
    out("%s at a hole: %ld\n", op->name, (long)hypercall3(op->hypercall, op->nr, 0xf4000000ul, 1));
}

void guest_test(const struct hvm_start_info *info)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = gfn_of(table)
    };
    uint32_t r[4];

    (void)info;
    cpuid(xen_cpuid_base() + 4, 0, r);
    self = (uint16_t)r[2];
    out("map the table: %ld\n", (long)hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map));
    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
        if (!wanted(&ops[i]))
            continue;
        run(&ops[i], NULL, 0);
        for (unsigned f = 0; f < ARRAY_SIZE(ops[i].field) && ops[i].field[f].name; f++)
            run_edges(&ops[i], &ops[i].field[f]);
        if (ops[i].hypercall == __HYPERVISOR_grant_table_op)
            run_counts(&ops[i]);
    }
    out("complete\n");
    guest_exit(0);
}
