/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/pvh_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/machine.h"
#include "ctrl/memory.h"
#include "light/build/guest_acpi.h"
#include "light/build/guest_memory.h"
#include "light/build/pvh_context.h"
#include "public/grant_table.h"

/* --- the domain --- */

#define DEFAULT_MAX_PORT 1023
#define GRANT_VERSIONS 2
#define SLACK_KIB 1024 /* beside its RAM: special pages, ACPI tables */

/* The rule of thumb of Xen's toolstacks: 1 MiB for each vCPU, 4 KiB for each MiB. In bytes. */
static uint64_t paging_pool(const struct pvh_domain *wish)
{
    uint64_t kib = wish->paging_kib ? wish->paging_kib : 4 * (256 * (uint64_t)wish->nr_vcpus + (wish->max_kib + 1023) / 1024);

    return (kib + 3) / 4 * CTRL_PAGE_SIZE;
}

static int domain_limits(struct ctrl_priv *p, const struct pvh_domain *wish, uint32_t domid, struct build_error *error)
{
    const struct xen_domctl_tsc_info tsc = { .tsc_mode = wish->tsc_mode };
    int err = ctrl_domain_max_vcpus(p, domid, wish->nr_vcpus);

    if (err < 0)
        return build_fail_errno(error, "domain", err, "domain: %u vCPUs", wish->nr_vcpus);
    err = ctrl_domain_max_mem(p, domid, wish->max_kib + SLACK_KIB);
    if (err < 0)
        return build_fail_errno(error, "domain", err, "domain: its limit of %llu KiB",
                                (unsigned long long)wish->max_kib);
    err = ctrl_domain_set_paging_pool(p, domid, paging_pool(wish));
    if (err < 0)
        return build_fail_errno(error, "domain", err, "domain: %llu KiB for its page tables",
                                (unsigned long long)paging_pool(wish) / 1024);
    err = ctrl_domain_set_tsc_info(p, domid, &tsc);
    if (err < 0)
        return build_fail_errno(error, "domain", err, "domain: time stamp counter in mode %u", wish->tsc_mode);
    return 0;
}

int pvh_domain_new(struct ctrl_priv *p, const struct pvh_domain *wish, uint32_t domid, uint32_t *ret_domid,
                   struct build_error *error)
{
    struct xen_domctl_createdomain config = {
        .ssidref = wish->ssidref,
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | wish->flags,
        .max_vcpus = wish->nr_vcpus,
        .max_evtchn_port = wish->max_port ? wish->max_port : DEFAULT_MAX_PORT,
        .max_grant_frames = wish->max_grant_frames,
        .max_maptrack_frames = wish->max_maptrack_frames,
        .grant_opts = wish->grant_version ? wish->grant_version : GRANT_VERSIONS,
        .cpupool_id = wish->cpupool,
        .arch = { .emulation_flags = XEN_X86_EMU_LAPIC, .misc_flags = wish->misc_flags },
    };
    uint32_t made;
    int err;

    memcpy(config.handle, wish->uuid, sizeof(config.handle));
    err = ctrl_domain_create(p, &config, domid, &made);
    if (err < 0)
        return build_fail_errno(error, "domain", err, "domain: the hypervisor does not make one with %u vCPUs",
                                wish->nr_vcpus);
    err = domain_limits(p, wish, made, error);
    if (err < 0) {
        ctrl_domain_destroy(p, made);
        return err;
    }
    *ret_domid = made;
    return 0;
}

/* --- what is in it --- */

#define IDENT_ENTRIES 1024u
#define IDENT_FLAGS 0xe7u /* 4 MiB: present, writable, user, accessed, dirty, large */

/* Steps share this. */
struct build {
    struct ctrl_priv *p;
    const struct pvh_guest *guest;
    struct guest_memory memory;
    struct guest_layout layout;
    struct guest_wish wish;
    struct guest_numa_map numa_map;
    uint8_t acpi[GUEST_ACPI_MAX];
    uint32_t ident[IDENT_ENTRIES];
    uint8_t *start_info;
    struct grant_entry_v1 *grants; /* the first page of the guest's table; NULL: not mapped yet */
    struct ctrl_gnttab *gnttab;    /* NULL: its memory is mapped to write it */
    struct pvh_built built;
    struct build_error *error;
};

static void build_done(struct build **b)
{
    if (*b && (*b)->grants)
        ctrl_unmap((*b)->p, (*b)->grants, 1);
    if (*b) {
        ctrl_gnttab_close((*b)->gnttab);
        free((*b)->start_info);
    }
    free(*b);
}

static int step_plan(struct build *b)
{
    const struct pvh_guest *g = b->guest;
    const struct guest_acpi acpi = { g->nr_vcpus, g->online, g->numa, &b->numa_map };
    char version[16] = "";
    int err;

    if (g->target_kib > g->max_kib || g->target_kib % 4 || g->max_kib % 4)
        return build_fail(b->error, "memory", -EINVAL, "memory: %llu KiB now, %llu KiB at most: that cannot be",
                          (unsigned long long)g->target_kib, (unsigned long long)g->max_kib);
    b->wish = (struct guest_wish){
        .ram = g->max_kib << 10, .kernel = g->kernel, .cmdline = g->cmdline ? g->cmdline : "", .modules = g->modules,
        .nr_modules = g->nr_modules,
    };
    if (g->numa)
        guest_numa_map_make(g->numa, &b->numa_map);
    if (!g->no_acpi) {
        b->wish.acpi_size = guest_acpi_build(b->acpi, sizeof(b->acpi), GUEST_ACPI, &acpi);
        if (b->wish.acpi_size == 0)
            return build_fail(b->error, "ACPI", -E2BIG, "ACPI: tables for %u vCPUs do not fit", g->nr_vcpus);
    }
    err = guest_layout_make(&b->wish, &b->layout, b->error);
    if (err < 0)
        return err;
    /* Ours promises zeroed memory (docs/abi.md); another may be built to fill it. */
    err = ctrl_version_text(b->p, XENVER_extraversion, version, sizeof(version));
    if (err < 0)
        return build_fail_errno(b->error, "memory", err, "hypervisor: its version");
    b->memory = (struct guest_memory){ .priv = b->p, .domid = g->domid, .zeroed = strstr(version, "xenolith") != NULL };
    b->built = (struct pvh_built){
        .store_gfn = GUEST_STORE_GFN, .console_gfn = GUEST_CONSOLE_GFN, .ram_end = b->layout.low_end / CTRL_PAGE_SIZE
    };
    return 0;
}

static int no_room(struct build *b, int err)
{
    const unsigned long long wanted = b->guest->target_kib;
    struct xen_sysctl_physinfo info;

    if (err != -ENOMEM || ctrl_machine_info(b->p, &info) < 0)
        return build_fail_errno(b->error, "memory", err, "memory: setting %llu KiB of the machine's aside", wanted);
    return build_fail(b->error, "memory", err, "memory: the domain shall have %llu KiB, and the machine has %llu KiB left",
                      wanted, (unsigned long long)(info.free_pages - info.outstanding_pages) * 4);
}

/* On demand the hypervisor takes the target's pages now, and gives them where the guest touches its memory. */
static int step_memory_limits(struct build *b)
{
    const struct pvh_guest *g = b->guest;
    uint64_t pages = g->target_kib / 4;
    int err = 0;

    if (g->target_kib < g->max_kib) {
        b->memory.flags |= XENMEMF_populate_on_demand;
        err = ctrl_memory_set_pod_target(b->p, g->domid, pages, NULL);
    } else if (g->claim) {
        err = ctrl_memory_claim(b->p, g->domid, pages);
    }
    return err < 0 ? no_room(b, err) : 0;
}

static int step_special_pages(struct build *b)
{
    uint64_t gfns[GUEST_ACPI_MAX / CTRL_PAGE_SIZE + 3];
    size_t count = 0;
    long done;

    for (uint64_t at = 0; at < b->wish.acpi_size; at += CTRL_PAGE_SIZE)
        gfns[count++] = (GUEST_ACPI + at) / CTRL_PAGE_SIZE;
    gfns[count++] = GUEST_STORE_GFN;
    gfns[count++] = GUEST_IDENT_PT_GFN;
    gfns[count++] = GUEST_CONSOLE_GFN;
    done = ctrl_memory_populate(b->p, b->guest->domid, gfns, count, 0, 0);
    if (done == (long)count)
        return 0;
    return build_fail_errno(b->error, "memory", done < 0 ? (int)done : -ENOMEM, "memory: pages of store, console and ACPI");
}

static int set_numa(struct build *b, const struct guest_numa *numa)
{
    const unsigned n = numa->nr_vnodes;
    _cleanup_free_ uint32_t *distances = calloc((size_t)n * n, sizeof(*distances));
    uint32_t pnodes[GUEST_VNODES];
    struct ctrl_vnuma vnuma;
    int err;

    if (!distances)
        return build_fail_errno(b->error, "vnuma", -ENOMEM, "vnuma: %u nodes", n);
    for (unsigned i = 0; i < n; i++) {
        memcpy(distances + i * n, numa->vnodes[i].distances, n * sizeof(*distances));
        pnodes[i] = numa->vnodes[i].pnode;
    }
    vnuma = (struct ctrl_vnuma){
        .nr_vnodes = n, .nr_vcpus = b->guest->nr_vcpus, .nr_vmemranges = b->numa_map.nr_ranges, .distance = distances,
        .vcpu_to_vnode = numa->vcpu_to_vnode, .vnode_to_pnode = pnodes, .ranges = b->numa_map.ranges,
    };
    err = ctrl_domain_set_vnuma(b->p, b->guest->domid, &vnuma);
    return err < 0 ? build_fail_errno(b->error, "vnuma", err, "vnuma: %u nodes", n) : 0;
}

/* The hypervisor tells the guest what its toolstack says of it: also without ACPI tables. */
static int step_numa(struct build *b)
{
    return b->guest->numa ? set_numa(b, b->guest->numa) : 0;
}

static int populate_range(struct build *b, uint64_t start, uint64_t end)
{
    return guest_memory_populate(&b->memory, start / CTRL_PAGE_SIZE, end / CTRL_PAGE_SIZE, b->error);
}

/* A virtual node's memory is on the machine's node that it is to be on, or not there. */
static int populate_ram(struct build *b)
{
    const struct guest_layout *l = &b->layout;
    const uint32_t flags = b->memory.flags;
    int err = 0;

    if (!b->guest->numa) {
        err = populate_range(b, 0, l->low_end);
        return err < 0 || !l->high_end ? err : populate_range(b, GUEST_HIGH_START, l->high_end);
    }
    for (unsigned i = 0; i < b->numa_map.nr_ranges && err == 0; i++) {
        const struct xen_vmemrange *r = &b->numa_map.ranges[i];
        uint32_t pnode = b->guest->numa->vnodes[r->nid].pnode;

        b->memory.flags = flags | (pnode == GUEST_ANY_PNODE ? 0 : XENMEMF_node(pnode) | XENMEMF_exact_node_request);
        err = populate_range(b, r->start, r->end);
    }
    b->memory.flags = flags;
    return err;
}

static int step_populate(struct build *b)
{
    const struct guest_layout *l = &b->layout;
    int err = populate_ram(b);

    if (err == 0)
        err = step_special_pages(b);
    if (err < 0)
        return err;
    err = ctrl_memory_set_map(b->p, b->guest->domid, l->map, l->nr_map);
    return err < 0 ? build_fail_errno(b->error, "memory", err, "memory: the guest's memory map") : 0;
}

static int step_grant_table(struct build *b)
{
    void *frame;
    int err = ctrl_map_resource(b->p, b->guest->domid, XENMEM_resource_grant_table, XENMEM_resource_grant_table_id_shared, 0,
                                1, PROT_READ | PROT_WRITE, &frame);

    if (err < 0)
        return build_fail_errno(b->error, "grants", err, "grant table: mapping its first page");
    b->grants = frame;
    b->memory.grants = frame;
    if (!b->guest->map_pages && ctrl_transport->gnttab_open(&b->gnttab) == 0) /* without one it goes by mappings */
        b->memory.gnttab = b->gnttab;
    return 0;
}

static int step_load(struct build *b)
{
    struct guest_piece pieces[KERNEL_SEGMENTS + GUEST_MODULES + 5];
    const struct kernel_image *k = b->guest->kernel;
    unsigned n = 0;
    int err;

    b->start_info = calloc(1, b->layout.start_info_size);
    if (!b->start_info)
        return build_fail_errno(b->error, "load", -ENOMEM, "start info");
    guest_start_info_write(&b->wish, &b->layout, b->wish.acpi_size ? GUEST_ACPI : 0, b->start_info);
    for (uint32_t i = 0; i < IDENT_ENTRIES; i++)
        b->ident[i] = i << 22 | IDENT_FLAGS;
    for (unsigned i = 0; i < k->nr_segments; i++) {
        const struct kernel_segment *s = &k->segments[i];

        pieces[n++] = (struct guest_piece){ "kernel", s->paddr, s->data, s->filesz, s->memsz - s->filesz };
    }
    pieces[n++] = (struct guest_piece){ "start info", b->layout.start_info, b->start_info, b->layout.start_info_size, 0 };
    for (unsigned i = 0; i < b->guest->nr_modules; i++)
        pieces[n++] = (struct guest_piece){ "ramdisk", b->layout.modules[i], b->guest->modules[i].data,
                                            b->guest->modules[i].size, 0 };
    pieces[n++] = (struct guest_piece){ "ACPI tables", GUEST_ACPI, b->acpi, b->wish.acpi_size, 0 };
    pieces[n++] = (struct guest_piece){ "store page", (uint64_t)GUEST_STORE_GFN * CTRL_PAGE_SIZE, NULL, 0, CTRL_PAGE_SIZE };
    pieces[n++] = (struct guest_piece){ "console page", (uint64_t)GUEST_CONSOLE_GFN * CTRL_PAGE_SIZE, NULL, 0,
                                        CTRL_PAGE_SIZE };
    pieces[n++] = (struct guest_piece){ "first page table", (uint64_t)GUEST_IDENT_PT_GFN * CTRL_PAGE_SIZE, b->ident,
                                        sizeof(b->ident), 0 };
    err = guest_memory_write(&b->memory, pieces, n, b->error);
    b->built.written = b->memory.written;
    return err;
}

static int step_ports(struct build *b)
{
    const struct pvh_guest *g = b->guest;
    int err = ctrl_domain_new_port(b->p, g->domid, g->store_domid, &b->built.store_port);

    if (err < 0)
        return build_fail_errno(b->error, "event channels", err, "event channel of the store");
    err = ctrl_domain_new_port(b->p, g->domid, g->console_domid, &b->built.console_port);
    return err < 0 ? build_fail_errno(b->error, "event channels", err, "event channel of the console") : 0;
}

static int step_params(struct build *b)
{
    const struct ctrl_hvm_param params[] = {
        { HVM_PARAM_STORE_PFN, b->built.store_gfn },
        { HVM_PARAM_STORE_EVTCHN, b->built.store_port },
        { HVM_PARAM_CONSOLE_PFN, b->built.console_gfn },
        { HVM_PARAM_CONSOLE_EVTCHN, b->built.console_port },
        { HVM_PARAM_IDENT_PT, (uint64_t)GUEST_IDENT_PT_GFN * CTRL_PAGE_SIZE },
    };
    int err = ctrl_hvm_set_params(b->p, b->guest->domid, params, sizeof(params) / sizeof(params[0]));

    return err < 0 ? build_fail_errno(b->error, "parameters", err, "parameters of the domain") : 0;
}

static void grant_put(volatile struct grant_entry_v1 *entry, uint32_t domid, uint64_t gfn)
{
    entry->domid = (uint16_t)domid;
    entry->frame = (uint32_t)gfn;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    entry->flags = GTF_permit_access;
}

/* The daemons map store and console by the two grants that are always there. */
static int step_grants(struct build *b)
{
    grant_put(b->grants + GNTTAB_RESERVED_CONSOLE, b->guest->console_domid, b->built.console_gfn);
    grant_put(b->grants + GNTTAB_RESERVED_XENSTORE, b->guest->store_domid, b->built.store_gfn);
    return 0;
}

static int step_vcpus(struct build *b)
{
    return pvh_context_set(b->p, b->guest->domid, b->guest->nr_vcpus, b->guest->kernel->entry,
                           (uint32_t)b->layout.start_info, b->error);
}

static int (*const steps[])(struct build *b) = {
    step_plan, step_numa,  step_memory_limits, step_populate, step_grant_table,
    step_load, step_ports, step_params,        step_grants,   step_vcpus,
};

int pvh_build(struct ctrl_priv *p, const struct pvh_guest *guest, struct pvh_built *ret_built, struct build_error *error)
{
    _cleanup_(build_done) struct build *b = calloc(1, sizeof(*b));
    int err = 0, end;

    if (!b)
        return build_fail_errno(error, "build", -ENOMEM, "build");
    b->p = p;
    b->guest = guest;
    b->error = error;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && err == 0; i++)
        err = steps[i](b);
    /* What was claimed and not needed is others'. */
    if (guest->claim && guest->target_kib >= guest->max_kib) {
        end = ctrl_memory_claim(p, guest->domid, 0);
        if (err == 0 && end < 0)
            err = build_fail_errno(error, "memory", end, "memory: giving back what was set aside");
    }
    if (err == 0)
        *ret_built = b->built;
    return err;
}
