/* SPDX-License-Identifier: LGPL-2.1-only */
/* Domains that there are, and their vCPUs. */
#include "info.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ctx.h"
#include "memory.h"
#include "small.h"

#define LIST_STEP 256u /* domains that are asked for at once */
#define FIRST_RESERVED 0x7ff0u /* domain numbers from here on are nobody's */

int libxl_domid_valid_guest(uint32_t domid)
{
    return domid > 0 && domid < FIRST_RESERVED;
}

static void dominfo_fill(libxl_dominfo *info, const struct xen_domctl_getdomaininfo *from)
{
    bool ended = from->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);

    memcpy(info->uuid.uuid, from->handle, sizeof(info->uuid.uuid));
    info->domid = from->domain;
    info->ssidref = from->ssidref;
    info->running = from->flags & XEN_DOMINF_running;
    info->blocked = from->flags & XEN_DOMINF_blocked;
    info->paused = from->flags & XEN_DOMINF_paused;
    info->shutdown = from->flags & XEN_DOMINF_shutdown;
    info->dying = from->flags & XEN_DOMINF_dying;
    info->never_stop = from->flags & XEN_DOMINF_xs_domain;
    info->shutdown_reason = LIBXL_SHUTDOWN_REASON_UNKNOWN;
    if (ended)
        info->shutdown_reason =
            (libxl_shutdown_reason)(from->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
    info->outstanding_memkb = from->outstanding_pages * PAGE_KIB;
    info->current_memkb = from->tot_pages * PAGE_KIB;
    info->shared_memkb = from->shr_pages * PAGE_KIB;
    info->paged_memkb = from->paged_pages * PAGE_KIB;
    info->max_memkb = from->max_pages * PAGE_KIB;
    info->cpu_time = from->cpu_time;
    info->vcpu_max_id = from->max_vcpu_id;
    info->vcpu_online = from->nr_online_vcpus;
    info->cpupool = from->cpupool;
    info->gpaddr_bits = from->gpaddr_bits;
    info->domain_type = from->flags & XEN_DOMINF_hvm_guest ? LIBXL_DOMAIN_TYPE_HVM : LIBXL_DOMAIN_TYPE_PV; /* PVH too, as stock's */
}

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info_r, uint32_t domid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_domctl_getdomaininfo from;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_domain_info(priv, domid, &from);
    if (rc) {
        if (rc != -ESRCH)
            light_log(ctx, XTL_ERROR, -rc, "domain %u: the hypervisor does not tell about it", domid);
        return light_error(rc);
    }
    if (info_r) {
        libxl_dominfo_init(info_r); /* programs hand over what was never initialized */
        dominfo_fill(info_r, &from);
    }
    return 0;
}

int light_domains(libxl_ctx *ctx, struct xen_domctl_getdomaininfo **ret_infos, size_t *ret_count)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_domctl_getdomaininfo *infos _cleanup_free_ = NULL, *grown;
    struct ctrl_priv *priv;
    uint32_t first = 0;
    size_t count = 0;
    int n, rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    do {
        grown = realloc(infos, (count + LIST_STEP) * sizeof(*infos));
        if (!grown)
            return light_fail(ctx, -ENOMEM, "cannot list domains");
        infos = grown;
        n = ctrl_domain_list(priv, first, LIST_STEP, infos + count);
        if (n < 0)
            return light_fail(ctx, n, "cannot list domains");
        count += (size_t)n;
        first = count ? infos[count - 1].domain + 1u : 0;
    } while (n == (int)LIST_STEP);
    *ret_infos = infos;
    *ret_count = count;
    infos = NULL;
    return 0;
}

libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nb_domain_out)
{
    struct xen_domctl_getdomaininfo *infos _cleanup_free_ = NULL;
    libxl_dominfo *list;
    size_t i, count;

    if (light_domains(ctx, &infos, &count))
        return NULL;
    list = calloc(count ? count : 1, sizeof(*list));
    if (!list) {
        light_fail(ctx, -ENOMEM, "cannot list domains");
        return NULL;
    }
    for (i = 0; i < count; i++) {
        libxl_dominfo_init(&list[i]);
        dominfo_fill(&list[i], &infos[i]);
    }
    *nb_domain_out = (int)count;
    return list;
}

void libxl_dominfo_list_free(libxl_dominfo *list, int nb_domain)
{
    int i;

    for (i = 0; i < nb_domain; i++)
        libxl_dominfo_dispose(&list[i]);
    free(list);
}

/* Domains that are not device models of others. */
libxl_vminfo *libxl_list_vm(libxl_ctx *ctx, int *nb_vm_out)
{
    struct xen_domctl_getdomaininfo *infos _cleanup_free_ = NULL;
    libxl_vminfo *list;
    size_t i, count;
    int n = 0;

    if (light_domains(ctx, &infos, &count))
        return NULL;
    list = calloc(count ? count : 1, sizeof(*list));
    if (!list) {
        light_fail(ctx, -ENOMEM, "cannot list domains");
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (libxl_is_stubdom(ctx, infos[i].domain, NULL))
            continue;
        memcpy(list[n].uuid.uuid, infos[i].handle, sizeof(list[n].uuid.uuid));
        list[n++].domid = infos[i].domain;
    }
    *nb_vm_out = n;
    return list;
}

void libxl_vminfo_list_free(libxl_vminfo *list, int nb_vm)
{
    int i;

    for (i = 0; i < nb_vm; i++)
        libxl_vminfo_dispose(&list[i]);
    free(list);
}

/* --- vCPUs --- */
static int vcpu_fill(struct ctrl_priv *priv, uint32_t domid, uint32_t vcpu, int cpus, libxl_vcpuinfo *info)
{
    struct xen_domctl_getvcpuinfo from;
    struct ctrl_bitmap hard, soft;
    int rc;

    libxl_vcpuinfo_init(info);
    rc = light_bitmap_alloc(&info->cpumap, (uint64_t)cpus);
    if (!rc)
        rc = light_bitmap_alloc(&info->cpumap_soft, (uint64_t)cpus);
    if (!rc)
        rc = ctrl_vcpu_info(priv, domid, vcpu, &from);
    if (rc)
        return rc;
    hard = light_set_of(&info->cpumap);
    soft = light_set_of(&info->cpumap_soft);
    rc = ctrl_vcpu_get_affinity(priv, domid, vcpu, &hard, &soft);
    if (rc)
        return rc;
    info->vcpuid = vcpu;
    info->cpu = from.cpu;
    info->online = from.online;
    info->blocked = from.blocked;
    info->running = from.running;
    info->vcpu_time = from.cpu_time;
    return 0;
}

libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *nb_vcpu, int *nr_cpus_out)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_domctl_getdomaininfo dom;
    struct ctrl_priv *priv;
    libxl_vcpuinfo *list;
    int i, n, rc, cpus = libxl_get_max_cpus(ctx);

    if (cpus < 0 || light_priv(ctx, &priv))
        return NULL;
    rc = ctrl_domain_info(priv, domid, &dom);
    if (rc) {
        light_fail(ctx, rc, "domain %u: cannot list its vCPUs", domid);
        return NULL;
    }
    n = dom.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : (int)dom.max_vcpu_id + 1;
    list = calloc(n ? (size_t)n : 1, sizeof(*list));
    rc = list ? 0 : -ENOMEM;
    for (i = 0; i < n && !rc; i++)
        rc = vcpu_fill(priv, domid, (uint32_t)i, cpus, &list[i]);
    if (rc) {
        light_fail(ctx, rc, "domain %u: cannot list its vCPUs", domid);
        libxl_vcpuinfo_list_free(list, list ? n : 0);
        return NULL;
    }
    *nb_vcpu = n;
    *nr_cpus_out = cpus;
    return list;
}

void libxl_vcpuinfo_list_free(libxl_vcpuinfo *list, int nr_vcpus)
{
    int i;

    for (i = 0; i < nr_vcpus; i++)
        libxl_vcpuinfo_dispose(&list[i]);
    free(list);
}
