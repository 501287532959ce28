/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl rows that tell about a domain, or about where its vCPUs may run. */
#include "arch_ctl.h"
#include "copy.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "sched/sched_ctl.h"
#include "domctl_rows.h"

#define BITMAP_MAX_BITS (1u << 16) /* no machine has as many CPUs or nodes */

static uint64_t vcpu_run_time(struct vcpu *v)
{
    uint64_t times[RUNSTATE_COUNT];
    enum runstate state;
    stime_t since;

    vcpu_runstate_get(v, times, &state, &since);
    return times[RUNSTATE_RUNNING];
}

static void info_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    bool blocked = true;

    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        info->max_vcpu_id = i;
        info->cpu_time += vcpu_run_time(v);
        if (bit_test(&v->sched.pause_flags, VPF_DOWN))
            continue;
        info->nr_online_vcpus++;
        blocked &= bit_test(&v->sched.pause_flags, VPF_BLOCKED);
        if (READ_ONCE(v->sched.running))
            info->flags |= XEN_DOMINF_running;
    }
    if (blocked)
        info->flags |= XEN_DOMINF_blocked;
}

static uint32_t info_flags(const struct domain *d)
{
    uint32_t flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

    if (d->state == DOMAIN_DEAD)
        flags |= XEN_DOMINF_dying;
    if (d->is_shut_down)
        flags |= XEN_DOMINF_shutdown;
    if (d->controller_pause_count)
        flags |= XEN_DOMINF_paused;
    if (d->config.flags & XEN_DOMCTL_CDF_xs_domain)
        flags |= XEN_DOMINF_xs_domain;
    return flags | (uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    memset(info, 0, sizeof(*info));
    info->domain = d->id;
    info->flags = info_flags(d);
    info_vcpus(d, info);
    info->tot_pages = READ_ONCE(d->tot_pages);
    info->max_pages = READ_ONCE(d->max_pages);
    info->shared_info_frame = ~0ULL; /* where the guest put it is the guest's business */
    info->ssidref = d->ssidref;
    memcpy(info->handle, d->config.handle, sizeof(info->handle));
    info->gpaddr_bits = (uint8_t)host.phys_bits;
    info->arch_config.emulation_flags = d->config.arch_emulation_flags;
    info->arch_config.misc_flags = d->config.arch_misc_flags;
}

int64_t domctl_getdomaininfo(struct op *op)
{
    domain_info_fill(op->target, &domctl_arg(op)->u.getdomaininfo);
    domctl_arg(op)->domain = op->target->id;
    return 0;
}

/* -EINVAL: no such id can be; -ESRCH: it has not been created. */
static int find_vcpu(struct domain *d, uint32_t id, struct vcpu **ret_v)
{
    if (id >= d->nr_vcpus)
        return -EINVAL;
    *ret_v = d->vcpu[id];
    return *ret_v ? 0 : -ESRCH;
}

int64_t domctl_getvcpuinfo(struct op *op)
{
    struct xen_domctl_getvcpuinfo *info = &domctl_arg(op)->u.getvcpuinfo;
    struct vcpu *v;
    int r = find_vcpu(op->target, info->vcpu, &v);

    if (r)
        return r;
    info->online = !bit_test(&v->sched.pause_flags, VPF_DOWN);
    info->blocked = bit_test(&v->sched.pause_flags, VPF_BLOCKED);
    info->running = READ_ONCE(v->sched.running);
    info->cpu_time = vcpu_run_time(v);
    info->cpu = READ_ONCE(v->sched.cpu);
    return 0;
}

/* Not of the caller's own domain: a vCPU would wait for itself, or two for each other. */
int64_t domctl_getvcpucontext(struct op *op)
{
    const struct xen_domctl_vcpucontext *a = &domctl_arg(op)->u.vcpucontext;
    struct vcpu *v;

    if (op->target == op->caller || find_vcpu(op->target, a->vcpu, &v))
        return -EINVAL;
    return v->initialised ? arch_domctl_get_vcpucontext(v, a->ctxt) : -ENODATA;
}

/* --- CPU and node bitmaps of the guest --- */

int bitmap_to_guest(const struct xenctl_bitmap *to, const uint64_t *map, unsigned bits)
{
    size_t guest_bytes = (to->nr_bits + 7ULL) / 8, bytes = min_u64(guest_bytes, (bits + 7) / 8);

    if (to->nr_bits > BITMAP_MAX_BITS)
        return -E2BIG;
    if (copy_to_guest(to->bitmap, map, bytes))
        return -EFAULT;
    return guest_bytes > bytes ? clear_guest(to->bitmap + bytes, guest_bytes - bytes) : 0;
}

int bitmap_from_guest(uint64_t *map, unsigned bits, const struct xenctl_bitmap *from)
{
    unsigned n = (unsigned)min_u64(from->nr_bits, bits);

    if (from->nr_bits > BITMAP_MAX_BITS)
        return -E2BIG;
    memset(map, 0, BITMAP_WORDS(bits) * sizeof(map[0]));
    if (copy_from_guest(map, from->bitmap, (n + 7) / 8))
        return -EFAULT;
    for (unsigned i = n; i < round_up(n, 8u); i++)
        bit_clear(map, i); /* of the last byte, only the guest's bits count */
    return 0;
}

/* What a mask comes to: the CPUs that there are and, for soft affinity, that hard affinity allows. */
static int affinity_out(const struct xenctl_bitmap *to, const struct cpumask *mask, const struct cpumask *within)
{
    struct cpumask effective = {.bits = {0}};

    for (unsigned i = 0; i < nr_cpus; i++)
        if (bit_test(mask->bits, i) && bit_test(within->bits, i))
            bit_set(effective.bits, i);
    return bitmap_to_guest(to, effective.bits, NR_CPUS);
}

int64_t domctl_setvcpuaffinity(struct op *op)
{
    struct xen_domctl_vcpuaffinity *a = &domctl_arg(op)->u.vcpuaffinity;
    bool set_hard = a->flags & XEN_VCPUAFFINITY_HARD, set_soft = a->flags & XEN_VCPUAFFINITY_SOFT;
    struct cpumask hard = {.bits = {0}}, soft = hard;
    struct vcpu *v;
    int r = find_vcpu(op->target, a->vcpu, &v);

    if (!r && !set_hard && !set_soft)
        r = -EINVAL;
    if (!r && set_hard)
        r = bitmap_from_guest(hard.bits, NR_CPUS, &a->cpumap_hard);
    if (!r && set_soft)
        r = bitmap_from_guest(soft.bits, NR_CPUS, &a->cpumap_soft);
    if (!r)
        r = sched_ctl_set_affinity(v, set_hard ? &hard : NULL, set_soft ? &soft : NULL);
    if (!r && set_hard)
        r = affinity_out(&a->cpumap_hard, &v->sched.hard, &v->sched.hard);
    if (!r && set_soft)
        r = affinity_out(&a->cpumap_soft, &v->sched.soft, &v->sched.hard);
    return r;
}

int64_t domctl_getvcpuaffinity(struct op *op)
{
    const struct xen_domctl_vcpuaffinity *a = &domctl_arg(op)->u.vcpuaffinity;
    struct vcpu *v;
    int r = find_vcpu(op->target, a->vcpu, &v);

    if (!r && (a->flags & XEN_VCPUAFFINITY_HARD))
        r = bitmap_to_guest(&a->cpumap_hard, v->sched.hard.bits, NR_CPUS);
    if (!r && (a->flags & XEN_VCPUAFFINITY_SOFT))
        r = bitmap_to_guest(&a->cpumap_soft, v->sched.soft.bits, NR_CPUS);
    return r;
}

/* There is one node. */
int64_t domctl_setnodeaffinity(struct op *op)
{
    uint64_t nodes;
    int r = bitmap_from_guest(&nodes, 1, &domctl_arg(op)->u.nodeaffinity.nodemap);

    return r ? r : (nodes & 1) ? 0 : -EINVAL;
}

int64_t domctl_getnodeaffinity(struct op *op)
{
    static const uint64_t nodes = 1;

    return bitmap_to_guest(&domctl_arg(op)->u.nodeaffinity.nodemap, &nodes, 1);
}

int64_t domctl_scheduler_op(struct op *op)
{
    struct xen_domctl_scheduler_op *s = &domctl_arg(op)->u.scheduler_op;
    struct sched_params p = {.weight = s->u.credit2.weight, .cap = s->u.credit2.cap};
    int r;

    switch (s->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo:
        return sched_ctl_set_domain(op->target, s->sched_id, &p);
    case XEN_DOMCTL_SCHEDOP_getinfo:
        r = sched_ctl_get_domain(op->target, s->sched_id, &p);
        s->u.credit2.weight = p.weight;
        s->u.credit2.cap = p.cap;
        return r;
    default:
        return -EINVAL;
    }
}

int64_t domctl_getpageframeinfo3(struct op *op)
{
    const struct xen_domctl_getpageframeinfo3 *a = &domctl_arg(op)->u.getpageframeinfo3;
    uint64_t chunk[64];

    if (a->num > XEN_DOMCTL_PFINFO_MAX)
        return -E2BIG;
    for (uint64_t done = 0; done < a->num;) {
        uint64_t n = min_u64(a->num - done, ARRAY_SIZE(chunk));
        guest_va_t at = a->array + done * sizeof(chunk[0]);

        if (copy_from_guest(chunk, at, n * sizeof(chunk[0])))
            return -EFAULT;
        for (uint64_t i = 0; i < n; i++)
            chunk[i] = p2m_is_ram(p2m_lookup(op->target, chunk[i]).type) ? XEN_DOMCTL_PFINFO_NOTAB
                                                                         : XEN_DOMCTL_PFINFO_XTAB;
        if (copy_to_guest(at, chunk, n * sizeof(chunk[0])))
            return -EFAULT;
        done += n;
    }
    return 0;
}

int64_t domctl_get_address_size(struct op *op)
{
    domctl_arg(op)->u.address_size.size = 64;
    return 0;
}
