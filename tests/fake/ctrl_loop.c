/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctrl_loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "copy.h"
#include "errno.h"
#include "fake.h"
#include "list.h"
#include "op.h"
#include "p2m.h"
#include "page.h"
#include "public/grant_table.h"
#include "public/hvm_save.h"
#include "public/memory.h"

#define BUFFER_PAGES FAKE_BOOT_PAGES /* dom0's RAM; page 0 is nobody's, so that no buffer is at gfn 0 */
#define MAP_GFN 0x100000u            /* where dom0 maps what is others' */
#define MAP_PAGES 8192u
#define MAPPINGS 64
#define CONTEXT_SIZE 4096

static struct {
    bool buffers[BUFFER_PAGES], gfns[MAP_PAGES];
    struct mapping {
        void *addr; /* NULL: free */
        unsigned gfn, count;
    } maps[MAPPINGS];
    unsigned handles, nr_buffers, nr_maps, hypercalls;
    unsigned fail_in;
    int fail_with;
    bool failed;
    uint8_t context[CONTEXT_SIZE];
    uint32_t context_size;
} loop;

/* --- the machine --- */

/* dom0's virtual addresses are this process's, of its RAM. */
static int loop_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec)
{
    uint64_t base = (uintptr_t)mfn_to_virt(0);

    (void)v, (void)access;
    *ret_pfec = 0;
    if (va - base >= BUFFER_PAGES * PAGE_SIZE)
        return -EFAULT;
    *ret_gpa = va - base;
    return 0;
}

static uint8_t *put_record(uint8_t *at, uint16_t code, const void *data, uint32_t length)
{
    struct hvm_save_descriptor desc = { .typecode = code, .length = length };

    memcpy(at, &desc, sizeof(desc));
    if (length)
        memcpy(at + sizeof(desc), data, length);
    return at + sizeof(desc) + length;
}

/* A vCPU that was never touched: the records that a builder copies. */
static int loop_get_context(struct domain *d, guest_va_t buffer, uint32_t *size)
{
    const struct hvm_save_header header = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION, .gtsc_khz = 1000 };
    const struct hvm_hw_cpu cpu = { .cr0 = 0x10 };
    const struct hvm_hw_mtrr mtrr = { .msr_pat_cr = 0x0007040600070406, .msr_mtrr_cap = 0x508 };
    uint8_t records[CONTEXT_SIZE], *at = records;

    (void)d;
    at = put_record(at, HVM_SAVE_CODE_HEADER, &header, sizeof(header));
    at = put_record(at, HVM_SAVE_CODE_CPU, &cpu, sizeof(cpu));
    at = put_record(at, HVM_SAVE_CODE_MTRR, &mtrr, sizeof(mtrr));
    at = put_record(at, HVM_SAVE_CODE_END, NULL, 0);
    if (buffer && *size < at - records)
        return -ENOSPC;
    *size = (uint32_t)(at - records);
    return buffer ? copy_to_guest(buffer, records, *size) : 0;
}

static int loop_set_context(struct domain *d, guest_va_t buffer, uint32_t size)
{
    if (size > sizeof(loop.context))
        return -EINVAL;
    loop.context_size = size;
    if (d->nr_vcpus && d->vcpu[0]) {
        d->vcpu[0]->initialised = true;
        bit_test_and_clear(&d->vcpu[0]->sched.pause_flags, VPF_DOWN);
    }
    return copy_from_guest(loop.context, buffer, size);
}

void ctrl_loop_init(unsigned ram_mib)
{
    memset(&loop, 0, sizeof(loop));
    loop.buffers[0] = true;
    fake_init(ram_mib);
    fake.walk = loop_walk;
    fake.get_hvmcontext = loop_get_context;
    fake.set_hvmcontext = loop_set_context;
    fake_domain_sized(0, 1, BUFFER_PAGES);
    fake_set_current(dom0->vcpu[0]);
}

static bool always(void)
{
    return true;
}

void ctrl_loop_preempt(bool on)
{
    fake.preempt = on ? always : NULL;
}

unsigned ctrl_loop_in_use(void)
{
    return loop.handles + loop.nr_buffers + loop.nr_maps;
}

unsigned ctrl_loop_domains(void)
{
    struct list_node *n;
    unsigned count = 0;

    list_for_each(n, &domain_list)
        count++;
    return count - 1;
}

uint64_t ctrl_loop_free_pages(void)
{
    return free_pages_count();
}

unsigned ctrl_loop_hypercalls(void)
{
    return loop.hypercalls;
}

void ctrl_loop_done(void)
{
    if (ctrl_loop_in_use())
        abort();
    fake_set_current(NULL);
    fake_done();
}

void *ctrl_loop_page(uint32_t domid, uint64_t gfn)
{
    struct domain *d = domain_get_by_id((domid_t)domid);
    void *page = d ? fake_guest_ptr(d, gfn << PAGE_SHIFT) : NULL;

    if (d)
        domain_put(d);
    return page;
}

const void *ctrl_loop_context(uint32_t *ret_size)
{
    *ret_size = loop.context_size;
    return loop.context;
}

void ctrl_loop_fail(unsigned nth, int error)
{
    loop.fail_in = nth;
    loop.fail_with = error;
    loop.failed = false;
}

bool ctrl_loop_failed(void)
{
    return loop.failed;
}

static int fails(void)
{
    if (loop.fail_in == 0 || --loop.fail_in)
        return 0;
    loop.failed = true;
    return -loop.fail_with;
}

/* --- hypercalls and their memory --- */

static long hypercall_run(unsigned op, const uint64_t args[5])
{
    uint64_t regs[6] = { args[0], args[1], args[2], args[3], args[4] };
    bool again;
    int64_t ret;

    loop.hypercalls++;
    do {
        fake_set_current(dom0->vcpu[0]);
        ret = hypercall(dom0->vcpu[0], op, regs, false, &again);
    } while (again);
    return (long)ret;
}

static long loop_hypercall(struct ctrl_priv *p, unsigned op, const uint64_t args[5])
{
    int err = fails();

    (void)p;
    return err ? err : hypercall_run(op, args);
}

/* The first of count places in a row that are free, taken; -1: there are none. */
static int run_take(bool *places, unsigned total, unsigned count)
{
    unsigned run = 0;

    for (unsigned i = 0; i < total; i++) {
        run = places[i] ? 0 : run + 1;
        if (run == count) {
            memset(places + i + 1 - count, true, count);
            return (int)(i + 1 - count);
        }
    }
    return -1;
}

static void *buffer_take(size_t size)
{
    unsigned count = (unsigned)((size + PAGE_SIZE - 1) / PAGE_SIZE);
    int first = size ? run_take(loop.buffers, BUFFER_PAGES, count) : -1;

    return first < 0 ? NULL : memset(mfn_to_virt((mfn_t)first), 0, count * PAGE_SIZE);
}

static void buffer_give_back(void *buffer, size_t size)
{
    mfn_t first = virt_to_mfn(buffer);

    memset(loop.buffers + first, false, (size + PAGE_SIZE - 1) / PAGE_SIZE);
}

static int loop_buffer_new(struct ctrl_priv *p, size_t size, void **ret_buffer)
{
    int err = fails();
    void *buffer;

    (void)p;
    if (err)
        return err;
    if (size == 0 || size > BUFFER_PAGES * PAGE_SIZE)
        return -EINVAL;
    buffer = buffer_take(size);
    if (!buffer)
        return -ENOMEM;
    loop.nr_buffers++;
    *ret_buffer = buffer;
    return 0;
}

static void loop_buffer_free(struct ctrl_priv *p, void *buffer, size_t size)
{
    (void)p;
    buffer_give_back(buffer, size);
    loop.nr_buffers--;
}

/* --- mappings: at gfns of dom0, and those pages once more in a row in this process --- */

static struct mapping *mapping_new(unsigned count)
{
    int first = count ? run_take(loop.gfns, MAP_PAGES, count) : -1;

    for (unsigned i = 0; i < MAPPINGS && first >= 0; i++)
        if (!loop.maps[i].addr) {
            void *addr = mmap(NULL, count * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

            if (addr == MAP_FAILED)
                abort();
            loop.maps[i] = (struct mapping){ .addr = addr, .gfn = (unsigned)first, .count = count };
            loop.nr_maps++;
            return &loop.maps[i];
        }
    return NULL;
}

static void mapping_drop(struct mapping *m)
{
    struct xen_remove_from_physmap *arg = buffer_take(sizeof(*arg));

    for (unsigned i = 0; i < m->count; i++) {
        *arg = (struct xen_remove_from_physmap){ .domid = DOMID_SELF, .gpfn = MAP_GFN + m->gfn + i };
        hypercall_run(__HYPERVISOR_memory_op, (uint64_t[5]){ XENMEM_remove_from_physmap, (uintptr_t)arg });
    }
    buffer_give_back(arg, sizeof(*arg));
    munmap(m->addr, m->count * PAGE_SIZE);
    memset(loop.gfns + m->gfn, false, m->count);
    memset(m, 0, sizeof(*m));
    loop.nr_maps--;
}

static void mapping_show(const struct mapping *m, unsigned i, int prot)
{
    void *page = fake_guest_ptr(dom0, (gpaddr_t)(MAP_GFN + m->gfn + i) << PAGE_SHIFT);
    char *at = (char *)m->addr + i * PAGE_SIZE;

    if (!page || mremap(page, 0, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at || mprotect(at, PAGE_SIZE, prot))
        abort();
}

/* Whether all of them could be mapped; errs may be NULL. */
static int foreign_add(struct mapping *m, uint32_t domid, int prot, const uint64_t *gfns, int *errs)
{
    size_t size = sizeof(struct xen_add_to_physmap_batch) + m->count * (2 * sizeof(uint64_t) + sizeof(int32_t));
    struct xen_add_to_physmap_batch *b = buffer_take(size);
    uint64_t *idxs, *to;
    int32_t *results;
    int err = 0;

    if (!b || m->count > UINT16_MAX)
        abort();
    idxs = (uint64_t *)(b + 1);
    to = idxs + m->count;
    results = (int32_t *)(to + m->count);
    memcpy(idxs, gfns, m->count * sizeof(*idxs));
    for (unsigned i = 0; i < m->count; i++)
        to[i] = MAP_GFN + m->gfn + i;
    *b = (struct xen_add_to_physmap_batch){
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = (uint16_t)m->count,
        .foreign_domid = (uint16_t)domid, .idxs = (uintptr_t)idxs, .gpfns = (uintptr_t)to, .errs = (uintptr_t)results,
    };
    err = (int)hypercall_run(__HYPERVISOR_memory_op, (uint64_t[5]){ XENMEM_add_to_physmap_batch, (uintptr_t)b });
    for (unsigned i = 0; i < m->count && (err == 0 || errs); i++) {
        if (errs)
            errs[i] = results[i];
        else
            err = results[i];
        if (!results[i])
            mapping_show(m, i, prot);
    }
    buffer_give_back(b, size);
    return err;
}

static int loop_map_foreign(struct ctrl_priv *p, uint32_t domid, int prot, unsigned count, const uint64_t *gfns, int *errs,
                            void **ret_addr)
{
    int err = fails();
    struct mapping *m = err ? NULL : mapping_new(count);

    (void)p;
    if (!m)
        return err ? err : -ENOMEM;
    err = foreign_add(m, domid, prot, gfns, errs);
    if (err)
        mapping_drop(m);
    else
        *ret_addr = m->addr;
    return err;
}

static int loop_map_resource(struct ctrl_priv *p, uint32_t domid, uint32_t type, uint32_t id, uint32_t first,
                             unsigned count, int prot, void **ret_addr)
{
    struct xen_mem_acquire_resource *r;
    int err = fails();
    struct mapping *m = err ? NULL : mapping_new(count);
    size_t size = sizeof(*r) + count * sizeof(uint64_t);
    uint64_t *list;

    (void)p;
    if (!m)
        return err ? err : -ENOMEM;
    r = buffer_take(size);
    if (!r)
        abort();
    list = (uint64_t *)(r + 1);
    for (unsigned i = 0; i < count; i++)
        list[i] = MAP_GFN + m->gfn + i;
    *r = (struct xen_mem_acquire_resource){
        .domid = (uint16_t)domid, .type = (uint16_t)type, .id = id, .nr_frames = count, .frame = first,
        .frame_list = (uintptr_t)list,
    };
    err = (int)hypercall_run(__HYPERVISOR_memory_op, (uint64_t[5]){ XENMEM_acquire_resource, (uintptr_t)r });
    buffer_give_back(r, size);
    for (unsigned i = 0; i < count && !err; i++)
        mapping_show(m, i, prot);
    if (err)
        mapping_drop(m);
    else
        *ret_addr = m->addr;
    return err;
}

static int loop_unmap(struct ctrl_priv *p, void *addr, unsigned count)
{
    (void)p;
    for (unsigned i = 0; i < MAPPINGS; i++)
        if (loop.maps[i].addr == addr && loop.maps[i].count == count) {
            mapping_drop(&loop.maps[i]);
            return 0;
        }
    return -EINVAL;
}

static int loop_dm_op(struct ctrl_priv *p, uint32_t domid, const struct ctrl_buf *bufs, unsigned count)
{
    (void)p, (void)domid, (void)bufs, (void)count;
    return -EOPNOTSUPP;
}

static void loop_close(struct ctrl_priv *p)
{
    free(p);
    loop.handles--;
}

static int loop_open(struct ctrl_priv **ret_priv)
{
    static const struct ctrl_priv_ops ops = {
        .hypercall = loop_hypercall,
        .buffer_new = loop_buffer_new,
        .buffer_free = loop_buffer_free,
        .map_foreign = loop_map_foreign,
        .map_resource = loop_map_resource,
        .unmap = loop_unmap,
        .dm_op = loop_dm_op,
        .close = loop_close,
    };
    struct ctrl_priv *p = fails() ? NULL : malloc(sizeof(*p));

    if (!p)
        return -ENOMEM;
    p->ops = &ops;
    loop.handles++;
    *ret_priv = p;
    return 0;
}

/* --- granted pages: those of others are written only --- */

static int write_one(const struct ctrl_grant_write *w)
{
    struct gnttab_copy *copy = buffer_take(PAGE_SIZE);
    void *data = buffer_take(PAGE_SIZE);
    int err;

    if (!copy || !data || w->len > PAGE_SIZE)
        abort();
    memcpy(data, w->data, w->len);
    *copy = (struct gnttab_copy){
        .source = { .u = virt_to_mfn(data), .domid = DOMID_SELF },
        .dest = { .u = w->to.ref, .domid = (uint16_t)w->to.domid, .offset = w->offset },
        .len = w->len,
        .flags = GNTCOPY_dest_gref,
    };
    err = (int)hypercall_run(__HYPERVISOR_grant_table_op, (uint64_t[5]){ GNTTABOP_copy, (uintptr_t)copy, 1 });
    if (err == 0 && copy->status != GNTST_okay)
        err = -EIO;
    buffer_give_back(data, PAGE_SIZE);
    buffer_give_back(copy, PAGE_SIZE);
    return err;
}

static int loop_write(struct ctrl_gnttab *g, const struct ctrl_grant_write *writes, unsigned count)
{
    int err = fails();

    (void)g;
    for (unsigned i = 0; i < count && !err; i++)
        err = write_one(&writes[i]);
    return err;
}

static int no_map(struct ctrl_gnttab *g, const struct ctrl_grant *grants, unsigned count, int prot,
                  const struct ctrl_unmap_notify *notify, void **ret_addr)
{
    (void)g, (void)grants, (void)count, (void)prot, (void)notify, (void)ret_addr;
    return -EOPNOTSUPP;
}

static int no_unmap(struct ctrl_gnttab *g, void *addr, unsigned count)
{
    (void)g, (void)addr, (void)count;
    return -EOPNOTSUPP;
}

static void loop_gnttab_close(struct ctrl_gnttab *g)
{
    free(g);
    loop.handles--;
}

static int loop_gnttab_open(struct ctrl_gnttab **ret_gnttab)
{
    static const struct ctrl_gnttab_ops ops = {
        .map = no_map, .unmap = no_unmap, .write = loop_write, .close = loop_gnttab_close
    };
    struct ctrl_gnttab *g = fails() ? NULL : malloc(sizeof(*g));

    if (!g)
        return -ENOMEM;
    g->ops = &ops;
    loop.handles++;
    *ret_gnttab = g;
    return 0;
}

/* dom0's own event channels are not needed by what builds domains. */
static int no_evtchn(struct ctrl_evtchn **ret_evtchn)
{
    (void)ret_evtchn;
    return -EOPNOTSUPP;
}

static const struct ctrl_transport ctrl_loop = {
    .evtchn_open = no_evtchn,
    .gnttab_open = loop_gnttab_open,
    .priv_open = loop_open,
};

const struct ctrl_transport *const ctrl_transport = &ctrl_loop;
