/* SPDX-License-Identifier: GPL-2.0-only */
/* The sysctl hypercall: one row for each command. */
#include "arch_ctl.h"
#include "console.h"
#include "copy.h"
#include "ctl.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "page.h"
#include "public/sysctl.h"
#include "sched/sched_ctl.h"

#define sysctl_arg(op) ((struct xen_sysctl *)op_arg(op))
#define MAX_DEBUG_KEYS 1024
#define LOCAL_DISTANCE 10 /* ACPI's number for "the same node" */
#define INFOS_AT_ONCE 8

/* Ring characters are consumed by index, so a chunk that could not be delivered is not lost. */
static int64_t sysctl_readconsole(struct op *op)
{
    struct xen_sysctl_readconsole *a = &sysctl_arg(op)->u.readconsole;
    uint32_t index = console_ring_start(a->incremental, a->index), done = 0;
    char buf[256];

    while (done < a->count) {
        size_t n = console_ring_copy(&index, buf, min_u64(sizeof(buf), a->count - done));

        if (!n)
            break;
        if (copy_to_guest(a->buffer + done, buf, n))
            return -EFAULT;
        done += (uint32_t)n;
    }
    if (a->clear)
        console_ring_clear();
    a->index = index;
    a->count = done;
    return 0;
}

static int64_t sysctl_physinfo(struct op *op)
{
    struct xen_sysctl_physinfo *p = &sysctl_arg(op)->u.physinfo;

    memset(p, 0, sizeof(*p));
    p->threads_per_core = p->cores_per_socket = 1;
    p->cpu_khz = (uint32_t)host.tsc_khz;
    arch_physinfo(p);
    p->nr_cpus = nr_cpus;
    p->max_cpu_id = nr_cpus - 1;
    p->nr_nodes = 1;
    p->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
                      XEN_SYSCTL_PHYSCAP_gnttab_v2;
    p->total_pages = total_pages_count();
    p->free_pages = free_pages_count();
    p->max_mfn = max_mfn - 1;
    return 0;
}

static int64_t sysctl_sched_id(struct op *op)
{
    sysctl_arg(op)->u.sched_id.sched_id = sched_ctl_id();
    return 0;
}

static int64_t sysctl_getdomaininfolist(struct op *op)
{
    struct xen_sysctl_getdomaininfolist *a = &sysctl_arg(op)->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo infos[INFOS_AT_ONCE]; /* a copy costs a walk through the caller's page tables */
    uint32_t n = 0, have = 0;
    struct domain *d = a->max_domains ? domain_next(a->first_domain) : NULL;
    int r = 0;

    while (d && !r) {
        domid_t next = (domid_t)(d->id + 1);

        domain_info_fill(d, &infos[have++]);
        domain_put(d);
        d = n + have < a->max_domains ? domain_next(next) : NULL;
        if (d && have < INFOS_AT_ONCE)
            continue;
        r = copy_to_guest(a->buffer + n * sizeof(infos[0]), infos, have * sizeof(infos[0]));
        n += have;
        have = 0;
    }
    if (d)
        domain_put(d);
    if (!r)
        a->num_domains = n;
    return r;
}

static int64_t sysctl_debug_keys(struct op *op)
{
    const struct xen_sysctl_debug_keys *a = &sysctl_arg(op)->u.debug_keys;

    if (a->nr_keys > MAX_DEBUG_KEYS)
        return -E2BIG;
    for (uint32_t i = 0; i < a->nr_keys; i++) {
        char key;

        if (copy_from_guest(&key, a->keys + i, 1))
            return -EFAULT;
        debug_key(key);
    }
    return 0;
}

static uint64_t cpu_idle_time(const struct cpu *c)
{
    stime_t since = READ_ONCE(c->idle_since), t = now();
    bool idle = !READ_ONCE(c->current);

    return (uint64_t)(READ_ONCE(c->idle_time) + (idle && t > since ? t - since : 0));
}

static int64_t sysctl_getcpuinfo(struct op *op)
{
    struct xen_sysctl_getcpuinfo *a = &sysctl_arg(op)->u.getcpuinfo;
    uint32_t n = (uint32_t)min_u64(a->max_cpus, nr_cpus);

    for (uint32_t i = 0; i < n; i++) {
        struct xen_sysctl_cpuinfo info = {.idletime = cpu_idle_time(cpus[i])};

        if (copy_to_guest(a->info + i * sizeof(info), &info, sizeof(info)))
            return -EFAULT;
    }
    a->nr_cpus = n;
    return 0;
}

static int64_t sysctl_availheap(struct op *op)
{
    struct xen_sysctl_availheap *a = &sysctl_arg(op)->u.availheap;

    if (a->node > 0 || a->node < -1)
        return -EINVAL;
    a->avail_bytes = free_pages_count() << PAGE_SHIFT;
    return 0;
}

static int64_t sysctl_cputopoinfo(struct op *op)
{
    struct xen_sysctl_cputopoinfo *a = &sysctl_arg(op)->u.cputopoinfo;
    struct xen_sysctl_physinfo p = {.threads_per_core = 1, .cores_per_socket = 1};
    uint32_t n = a->cputopo ? (uint32_t)min_u64(a->num_cpus, nr_cpus) : nr_cpus;

    arch_physinfo(&p);
    for (uint32_t i = 0; a->cputopo && i < n; i++) {
        uint32_t core = i / (uint32_t)max_u64(p.threads_per_core, 1);
        struct xen_sysctl_cputopo t = {
            .core = core % (uint32_t)max_u64(p.cores_per_socket, 1),
            .socket = core / (uint32_t)max_u64(p.cores_per_socket, 1),
        };

        if (copy_to_guest(a->cputopo + i * sizeof(t), &t, sizeof(t)))
            return -EFAULT;
    }
    a->num_cpus = n;
    return 0;
}

static int64_t sysctl_numainfo(struct op *op)
{
    struct xen_sysctl_numainfo *a = &sysctl_arg(op)->u.numainfo;
    struct xen_sysctl_meminfo mem = {
        .memsize = total_pages_count() << PAGE_SHIFT,
        .memfree = free_pages_count() << PAGE_SHIFT,
    };
    const uint32_t distance = LOCAL_DISTANCE;
    bool wanted = a->meminfo || a->distance;

    /* Without arrays the call asks how many nodes there are. */
    if (wanted && a->num_nodes == 0)
        return 0;
    if (a->meminfo && copy_to_guest(a->meminfo, &mem, sizeof(mem)))
        return -EFAULT;
    if (a->distance && copy_to_guest(a->distance, &distance, sizeof(distance)))
        return -EFAULT;
    a->num_nodes = 1;
    return 0;
}

/* PCI devices are not known to the hypervisor. Stops early rather than long; the caller goes on from num_devs. */
static int64_t sysctl_pcitopoinfo(struct op *op)
{
    struct xen_sysctl_pcitopoinfo *a = &sysctl_arg(op)->u.pcitopoinfo;
    const uint32_t none = XEN_INVALID_DEV;
    uint32_t i = 0;

    if (!a->devs || !a->nodes)
        return -EINVAL;
    while (i < a->num_devs) {
        if (copy_to_guest(a->nodes + i * sizeof(none), &none, sizeof(none)))
            return -EFAULT;
        i++;
        if (cpu_should_preempt())
            break;
    }
    a->num_devs = i;
    return 0;
}

static int64_t cpupool_info(struct xen_sysctl_cpupool_op *a)
{
    struct sched_pool_info info;
    int r = sched_ctl_pool_info(a->cpupool_id, &info);

    if (r)
        return r;
    a->cpupool_id = info.id;
    a->sched_id = info.sched_id;
    a->n_dom = info.nr_domains;
    return bitmap_to_guest(&a->cpumap, info.cpus.bits, NR_CPUS);
}

static int64_t sysctl_cpupool_op(struct op *op)
{
    struct xen_sysctl_cpupool_op *a = &sysctl_arg(op)->u.cpupool_op;
    struct cpumask free;
    struct domain *d;

    switch (a->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return cpupool_info(a);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        sched_ctl_free_cpus(&free);
        return bitmap_to_guest(&a->cpumap, free.bits, NR_CPUS);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        d = a->domid < NR_DOMIDS ? domain_get_by_id((domid_t)a->domid) : NULL;
        if (!d)
            return -EINVAL;
        domain_put(d);
        return a->cpupool_id == 0 ? 0 : -ENOENT;
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

static int64_t sysctl_scheduler_op(struct op *op)
{
    struct xen_sysctl_scheduler_op *a = &sysctl_arg(op)->u.scheduler_op;

    switch (a->cmd) {
    case XEN_SYSCTL_SCHEDOP_putinfo:
        return sched_ctl_set_ratelimit(a->cpupool_id, a->sched_id, a->u.sched_credit2.ratelimit_us);
    case XEN_SYSCTL_SCHEDOP_getinfo:
        return sched_ctl_get_ratelimit(a->cpupool_id, a->sched_id, &a->u.sched_credit2.ratelimit_us);
    default:
        return -EINVAL;
    }
}

static int64_t sysctl_get_cpu_levelling_caps(struct op *op)
{
    sysctl_arg(op)->u.cpu_levelling_caps.caps = 0; /* masking is for classic PV: CPUID of our guests is trapped */
    return 0;
}

static int64_t sysctl_get_cpu_featureset(struct op *op)
{
    return arch_sysctl_cpu_featureset(&sysctl_arg(op)->u.cpu_featureset);
}

static int64_t sysctl_get_cpu_policy(struct op *op)
{
    return arch_sysctl_cpu_policy(&sysctl_arg(op)->u.cpu_policy);
}

#define REFUSED(n, e) [XEN_SYSCTL_##n] = {.name = #n, .error = (e)}
#define ROW(n) [XEN_SYSCTL_##n] = {.name = #n, .apply = sysctl_##n, .copy = OP_COPY_INOUT, .right = RIGHT_PRIV}

static const struct op_row rows[] = {
    ROW(readconsole),
    ROW(physinfo),
    ROW(sched_id),
    ROW(getdomaininfolist),
    ROW(debug_keys),
    ROW(getcpuinfo),
    ROW(availheap),
    ROW(cputopoinfo),
    ROW(numainfo),
    ROW(cpupool_op),
    ROW(scheduler_op),
    ROW(pcitopoinfo),
    ROW(get_cpu_levelling_caps),
    ROW(get_cpu_featureset),
    ROW(get_cpu_policy),

    REFUSED(tbuf_op, -ENOSYS),
    REFUSED(perfc_op, -ENOSYS),
    REFUSED(get_pmstat, -ENODEV),
    REFUSED(cpu_hotplug, -EOPNOTSUPP),
    REFUSED(pm_op, -EOPNOTSUPP),
    REFUSED(page_offline_op, -ENOSYS),
    REFUSED(lockprof_op, -ENOSYS),
    REFUSED(coverage_op, -EOPNOTSUPP),
    REFUSED(psr_cmt_op, -ENODEV),
    REFUSED(psr_alloc, -ENODEV),
    REFUSED(livepatch_op, -ENOSYS),
};

int64_t do_sysctl(struct op *op)
{
    struct xen_sysctl *c = op_arg(op);
    const struct op_row *row;
    int64_t r;

    if (copy_from_guest(c, op->raw[0], sizeof(*c)))
        return -EFAULT;
    if (c->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    r = rights_check(op->caller, op->caller, RIGHT_PRIV);
    if (r)
        return r;
    row = c->cmd < ARRAY_SIZE(rows) ? &rows[c->cmd] : NULL;
    if (!row || !row->name)
        return -ENOSYS;
    if (row->error)
        return row->error;
    op->target = op->caller; /* referenced for as long as it runs */
    r = op_run(op, row);
    if (r >= 0 && copy_to_guest(op->raw[0], c, sizeof(*c)))
        r = -EFAULT;
    return r;
}
