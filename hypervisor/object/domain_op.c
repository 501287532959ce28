/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl rows that change a domain. */
#include "domctl_rows.h"

#include "arch.h"
#include "arch_ctl.h"
#include "copy.h"
#include "domain_ctl.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"

#define KNOWN_FLAGS                                                                                        \
    (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_oos_off |     \
     XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu)
#define ABSENT_FLAGS (XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu)
#define MEMPOOL_MB_SHIFT 8 /* MiB to pages */

/* Errors are those that stock gives on a machine without the feature. */
static int createdomain_check(const struct xen_domctl_createdomain *c)
{
    if ((c->flags & ~KNOWN_FLAGS) || (c->flags & ABSENT_FLAGS) || c->iommu_opts || c->vmtrace_size)
        return -EINVAL;
    if (!(c->flags & XEN_DOMCTL_CDF_hvm))
        return -EINVAL; /* no classic PV */
    if (!(c->flags & XEN_DOMCTL_CDF_hap))
        return -EOPNOTSUPP; /* no shadow paging */
    if (c->max_vcpus == 0 || c->max_vcpus > MAX_VCPUS)
        return -EINVAL;
    if ((c->grant_opts & ~(uint32_t)XEN_DOMCTL_GRANT_version_mask) || c->grant_opts == 0 || c->grant_opts > 2)
        return -EINVAL;
    if ((c->arch.emulation_flags & ~(uint32_t)XEN_X86_EMU_ALL) || (c->arch.misc_flags & ~XEN_X86_MSR_RELAXED))
        return -EINVAL;
    /* PVH is what there is: a local APIC and no other device. */
    if (c->arch.emulation_flags != XEN_X86_EMU_LAPIC || c->arch.misc_flags)
        return -EOPNOTSUPP;
    return c->cpupool_id == 0 ? 0 : -ENOENT;
}

static void config_from(struct domain_config *config, const struct xen_domctl_createdomain *c)
{
    memset(config, 0, sizeof(*config));
    memcpy(config->handle, c->handle, sizeof(config->handle));
    config->flags = c->flags;
    config->max_vcpus = c->max_vcpus;
    config->max_evtchn_port = c->max_evtchn_port;
    config->max_grant_frames = c->max_grant_frames;
    config->max_maptrack_frames = c->max_maptrack_frames;
    config->grant_opts = c->grant_opts;
    config->arch_emulation_flags = c->arch.emulation_flags;
}

/* Ids are handed out in a circle, so that one is not reused at once. The domctl lock is held. */
static int free_domid(domid_t *ret_id)
{
    static domid_t last;
    domid_t id = last;

    for (unsigned tries = 0; tries < NR_DOMIDS; tries++) {
        struct domain *d;

        id = id + 1 < NR_DOMIDS ? (domid_t)(id + 1) : 1;
        d = domain_get_by_id(id);
        if (!d) {
            *ret_id = last = id;
            return 0;
        }
        domain_put(d);
    }
    return -ENOMEM;
}

int64_t domctl_createdomain(struct op *op)
{
    struct xen_domctl *c = domctl_arg(op);
    struct domain_config config;
    domid_t id = c->domain;
    struct domain *d;
    int r = id == 0 || id >= NR_DOMIDS ? free_domid(&id) : 0;

    if (!r) /* an id is used up by a domain that cannot be, too, as on stock Xen */
        r = createdomain_check(&c->u.createdomain);
    if (r)
        return r;
    config_from(&config, &c->u.createdomain);
    r = domain_create(id, &config, &d);
    if (r)
        return r;
    d->ssidref = c->u.createdomain.ssidref;
    c->domain = id;
    return 0;
}

int64_t domctl_destroydomain(struct op *op)
{
    return op->target == op->caller ? -EINVAL : domain_kill(op->target);
}

int64_t domctl_pausedomain(struct op *op)
{
    return op->target == op->caller ? -EINVAL : domain_controller_pause(op->target);
}

int64_t domctl_unpausedomain(struct op *op)
{
    return domain_controller_unpause(op->target);
}

int64_t domctl_resumedomain(struct op *op)
{
    if (op->target == op->caller)
        return -EINVAL;
    domain_resume(op->target);
    return 0;
}

int64_t domctl_max_mem(struct op *op)
{
    uint64_t pages = domctl_arg(op)->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

    WRITE_ONCE(op->target->max_pages, (uint32_t)min_u64(pages, UINT32_MAX - 1));
    return 0;
}

int64_t domctl_max_vcpus(struct op *op)
{
    struct domain *d = op->target;

    if (d == op->caller || domctl_arg(op)->u.max_vcpus.max != d->nr_vcpus || d->state != DOMAIN_ALIVE)
        return -EINVAL;
    /* Those that are there already were made before the call was continued. */
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        int r = d->vcpu[i] ? 0 : vcpu_create(d, i);

        if (r)
            return r;
        if (i + 1 < d->nr_vcpus && !d->vcpu[i + 1] && cpu_should_preempt())
            return -ERESTART;
    }
    return 0;
}

int64_t domctl_setdomainhandle(struct op *op)
{
    memcpy(op->target->config.handle, domctl_arg(op)->u.setdomainhandle.handle, sizeof(op->target->config.handle));
    return 0;
}

int64_t domctl_settimeoffset(struct op *op)
{
    op->target->wallclock_offset_s = domctl_arg(op)->u.settimeoffset.time_offset_seconds;
    arch_update_wallclock(op->target);
    return 0;
}

int64_t domctl_sendtrigger(struct op *op)
{
    const struct xen_domctl_sendtrigger *t = &domctl_arg(op)->u.sendtrigger;
    struct vcpu *v = domain_vcpu(op->target, t->vcpu);

    if (t->trigger != XEN_DOMCTL_SENDTRIGGER_NMI && t->trigger != XEN_DOMCTL_SENDTRIGGER_INIT)
        return -ENOSYS; /* power and sleep buttons are devices that PVH does not have */
    if (!v)
        return -ESRCH;
    if (t->trigger == XEN_DOMCTL_SENDTRIGGER_NMI)
        arch_vcpu_nmi(v);
    else
        arch_vcpu_init_signal(v);
    return 0;
}

/* Clocks that differ by less than this part run at one rate: what calibration at two boots cannot tell apart. */
#define TSC_KHZ_TOLERANCE 1000

int64_t domctl_settscinfo(struct op *op)
{
    const struct xen_domctl_tsc_info *t = &domctl_arg(op)->u.tsc_info;
    uint64_t diff = t->gtsc_khz > host.tsc_khz ? t->gtsc_khz - host.tsc_khz : host.tsc_khz - t->gtsc_khz;

    if (op->target == op->caller)
        return -EINVAL;
    if (t->tsc_mode > XEN_TSC_MODE_NEVER_EMULATE)
        return -EINVAL;
    if (t->tsc_mode == XEN_TSC_MODE_ALWAYS_EMULATE)
        return -EOPNOTSUPP;
    if (t->tsc_mode == XEN_TSC_MODE_DEFAULT && t->gtsc_khz && diff > host.tsc_khz / TSC_KHZ_TOLERANCE)
        return -EOPNOTSUPP; /* it would need an emulated counter */
    WRITE_ONCE(op->target->tsc_mode, t->tsc_mode);
    return 0;
}

int64_t domctl_gettscinfo(struct op *op)
{
    struct xen_domctl_tsc_info *t = &domctl_arg(op)->u.tsc_info;

    if (op->target == op->caller)
        return -EINVAL;
    memset(t, 0, sizeof(*t));
    t->tsc_mode = op->target->tsc_mode;
    t->gtsc_khz = (uint32_t)host.tsc_khz;
    t->elapsed_nsec = (uint64_t)(now() + op->target->time_offset);
    return 0;
}

int64_t domctl_set_target(struct op *op)
{
    struct domain *target = op_domain(op, domctl_arg(op)->u.set_target.target);
    int r = 0;

    if (!target)
        return -ESRCH;
    if (target == op->target || target->privileged || op->target->privileged || op->target->target_of != DOMID_INVALID)
        r = -EINVAL;
    else
        op->target->target_of = target->id;
    domain_put(target);
    return r;
}

int64_t domctl_get_cpu_policy(struct op *op)
{
    struct xen_domctl_cpu_policy *p = &domctl_arg(op)->u.cpu_policy;

    return arch_domctl_get_cpu_policy(op->target, &p->nr_leaves, p->leaves, &p->nr_msrs, p->msrs);
}

int64_t domctl_set_cpu_policy(struct op *op)
{
    struct xen_domctl_cpu_policy *p = &domctl_arg(op)->u.cpu_policy;
    uint32_t err[3];
    int r;

    if (op->target == op->caller)
        return -EINVAL;
    if (op->target->creation_finished)
        return -EEXIST; /* a guest that ran has looked already */
    r = arch_domctl_set_cpu_policy(op->target, p->nr_leaves, p->leaves, p->nr_msrs, p->msrs, err);
    p->err_leaf = err[0];
    p->err_subleaf = err[1];
    p->err_msr = err[2];
    /* The reason goes out with a refusal too. */
    if (r && copy_to_guest(op->raw[0], domctl_arg(op), sizeof(struct xen_domctl)))
        return -EFAULT;
    return r;
}

/* --- the paging pool: a limit that tables are charged against (DESIGN D17) --- */

static int64_t mempool_set(struct domain *d, uint64_t pages)
{
    int64_t r = 0;

    if (d->privileged)
        return -EINVAL;
    if (pages > UINT32_MAX)
        return -ENOMEM;
    spin_lock(&d->p2m.lock);
    if (pages < d->p2m.table_pages)
        r = -EBUSY;
    else
        d->p2m.pool_limit = (uint32_t)pages;
    spin_unlock(&d->p2m.lock);
    return r;
}

int64_t domctl_gethvmcontext(struct op *op)
{
    struct xen_domctl_hvmcontext *c = &domctl_arg(op)->u.hvmcontext;

    return op->target == op->caller ? -EINVAL : arch_domctl_get_hvmcontext(op->target, c->buffer, &c->size);
}

int64_t domctl_sethvmcontext(struct op *op)
{
    const struct xen_domctl_hvmcontext *c = &domctl_arg(op)->u.hvmcontext;

    return op->target == op->caller ? -EINVAL : arch_domctl_set_hvmcontext(op->target, c->buffer, c->size);
}

int64_t domctl_shadow_op(struct op *op)
{
    struct xen_domctl_shadow_op *s = &domctl_arg(op)->u.shadow_op;

    switch (s->op) {
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
        s->mb = (op->target->p2m.pool_limit + (1u << MEMPOOL_MB_SHIFT) - 1) >> MEMPOOL_MB_SHIFT;
        return 0;
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        return mempool_set(op->target, (uint64_t)s->mb << MEMPOOL_MB_SHIFT);
    default:
        return -EOPNOTSUPP; /* log-dirty comes with migration */
    }
}

int64_t domctl_get_paging_mempool_size(struct op *op)
{
    domctl_arg(op)->u.paging_mempool.size = (uint64_t)op->target->p2m.pool_limit << PAGE_SHIFT;
    return 0;
}

int64_t domctl_set_paging_mempool_size(struct op *op)
{
    uint64_t size = domctl_arg(op)->u.paging_mempool.size;

    return size & ~PAGE_MASK ? -EINVAL : mempool_set(op->target, size >> PAGE_SHIFT);
}
