/* SPDX-License-Identifier: LGPL-2.1-only */
/* The host: what it has, and the hypervisor's log. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ctrl/machine.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "ctx.h"

/* --- physinfo --- */
static int machine_info(libxl_ctx *ctx, struct xen_sysctl_physinfo *info)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_machine_info(priv, info);
    return rc ? light_fail(ctx, rc, "the hypervisor does not tell about the host") : 0;
}

int libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *physinfo)
{
    struct xen_sysctl_physinfo from;
    int rc = machine_info(ctx, &from);

    if (rc)
        return rc;
    libxl_physinfo_init(physinfo);
    physinfo->threads_per_core = from.threads_per_core;
    physinfo->cores_per_socket = from.cores_per_socket;
    physinfo->max_cpu_id = from.max_cpu_id;
    physinfo->nr_cpus = from.nr_cpus;
    physinfo->cpu_khz = from.cpu_khz;
    physinfo->total_pages = from.total_pages;
    physinfo->free_pages = from.free_pages;
    physinfo->scrub_pages = from.scrub_pages;
    physinfo->outstanding_pages = from.outstanding_pages;
    physinfo->max_possible_mfn = from.max_mfn;
    physinfo->nr_nodes = from.nr_nodes;
    memcpy(physinfo->hw_cap, from.hw_cap, sizeof(physinfo->hw_cap));
    physinfo->cap_hvm = from.capabilities & XEN_SYSCTL_PHYSCAP_hvm;
    physinfo->cap_pv = from.capabilities & XEN_SYSCTL_PHYSCAP_pv;
    physinfo->cap_hvm_directio = from.capabilities & XEN_SYSCTL_PHYSCAP_directio;
    physinfo->cap_hap = from.capabilities & XEN_SYSCTL_PHYSCAP_hap;
    physinfo->cap_shadow = from.capabilities & XEN_SYSCTL_PHYSCAP_shadow;
    physinfo->cap_iommu_hap_pt_share = from.capabilities & XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share;
    physinfo->cap_vmtrace = from.capabilities & XEN_SYSCTL_PHYSCAP_vmtrace;
    physinfo->cap_vpmu = from.capabilities & XEN_SYSCTL_PHYSCAP_vpmu;
    physinfo->cap_gnttab_v1 = from.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v1;
    physinfo->cap_gnttab_v2 = from.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2;
    return 0;
}

int libxl_get_max_cpus(libxl_ctx *ctx)
{
    struct xen_sysctl_physinfo from;
    int rc = machine_info(ctx, &from);

    return rc ? rc : (int)from.max_cpu_id + 1;
}

int libxl_get_online_cpus(libxl_ctx *ctx)
{
    struct xen_sysctl_physinfo from;
    int rc = machine_info(ctx, &from);

    return rc ? rc : (int)from.nr_cpus;
}

int libxl_get_max_nodes(libxl_ctx *ctx)
{
    struct xen_sysctl_physinfo from;
    int rc = machine_info(ctx, &from);

    return rc ? rc : (int)from.max_node_id + 1;
}

int libxl_get_scheduler(libxl_ctx *ctx)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    uint32_t scheduler;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_machine_scheduler(priv, &scheduler);
    return rc ? light_fail(ctx, rc, "the hypervisor does not name its scheduler") : (int)scheduler;
}

int libxl_send_debug_keys(libxl_ctx *ctx, char *keys)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_machine_debug_keys(priv, keys);
    return rc ? light_fail(ctx, rc, "cannot send debug keys \"%s\"", keys) : 0;
}

/* --- topology: both calls of each may see another number of what there is --- */
libxl_cputopology *libxl_get_cpu_topology(libxl_ctx *ctx, int *nb_cpu_out)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_cputopo *from _cleanup_free_ = NULL;
    libxl_cputopology *list = NULL;
    struct ctrl_priv *priv;
    int64_t i, n;

    if (light_priv(ctx, &priv))
        return NULL;
    n = ctrl_machine_cpus(priv, NULL, 0);
    if (n > 0) {
        from = calloc((size_t)n, sizeof(*from));
        list = calloc((size_t)n, sizeof(*list));
        n = from && list ? ctrl_machine_cpus(priv, from, (uint32_t)n) : -ENOMEM;
    }
    if (n <= 0) {
        light_fail(ctx, n ? (int)n : -ENODATA, "the hypervisor does not tell about processors");
        free(list);
        return NULL;
    }
    for (i = 0; i < n; i++) {
        list[i].core = from[i].core;
        list[i].socket = from[i].socket;
        list[i].node = from[i].node;
    }
    *nb_cpu_out = (int)n;
    return list;
}

void libxl_cputopology_list_free(libxl_cputopology *list, int nb_cpu)
{
    (void)nb_cpu;
    free(list);
}

static int numa_fill(libxl_numainfo *list, int64_t n, const struct xen_sysctl_meminfo *mem, const uint32_t *distances)
{
    int64_t i;

    for (i = 0; i < n; i++) {
        list[i].size = mem[i].memsize;
        list[i].free = mem[i].memfree;
        list[i].dists = malloc((size_t)n * sizeof(*list[i].dists));
        if (!list[i].dists)
            return -ENOMEM;
        list[i].num_dists = (int)n;
        memcpy(list[i].dists, distances + i * n, (size_t)n * sizeof(*distances));
    }
    return 0;
}

libxl_numainfo *libxl_get_numainfo(libxl_ctx *ctx, int *nr)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xen_sysctl_meminfo *mem _cleanup_free_ = NULL;
    uint32_t *distances _cleanup_free_ = NULL;
    libxl_numainfo *list = NULL;
    struct ctrl_priv *priv;
    int64_t max, n;
    int rc;

    if (light_priv(ctx, &priv))
        return NULL;
    max = n = ctrl_machine_nodes(priv, NULL, NULL, 0);
    if (n > 0) {
        mem = calloc((size_t)max, sizeof(*mem));
        distances = calloc((size_t)(max * max), sizeof(*distances));
        list = calloc((size_t)max, sizeof(*list));
        n = mem && distances && list ? ctrl_machine_nodes(priv, mem, distances, (uint32_t)max) : -ENOMEM;
    }
    rc = n == max && n > 0 ? numa_fill(list, n, mem, distances) : n < 0 ? (int)n : -ENODATA;
    if (rc) {
        light_fail(ctx, rc, "the hypervisor does not tell about memory nodes");
        libxl_numainfo_list_free(list, list ? (int)max : 0);
        return NULL;
    }
    *nr = (int)n;
    return list;
}

void libxl_numainfo_list_free(libxl_numainfo *list, int nr)
{
    int i;

    for (i = 0; i < nr; i++)
        libxl_numainfo_dispose(&list[i]);
    free(list);
}

/* --- version: it does not change, a context asks once --- */
static int version_text(struct ctrl_priv *priv, unsigned which, char **ret_text)
{
    char text[2048];
    int rc = ctrl_version_text(priv, which, text, sizeof(text));

    if (rc < 0)
        return rc;
    *ret_text = strdup(text);
    return *ret_text ? 0 : -ENOMEM;
}

static int version_build_id(struct ctrl_priv *priv, char **ret_text)
{
    uint8_t id[256];
    int i, n = ctrl_version_build_id(priv, id, sizeof(id));
    char *text;

    n = n < 0 || n > (int)sizeof(id) ? 0 : n; /* an old hypervisor, or one that was linked without */
    text = calloc(1, (size_t)n * 2 + 1);
    if (!text)
        return -ENOMEM;
    for (i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", id[i]);
    *ret_text = text;
    return 0;
}

static int version_compile(struct ctrl_priv *priv, libxl_version_info *info)
{
    struct xen_compile_info from;
    int rc = ctrl_version_compile_info(priv, &from);

    if (rc)
        return rc;
    info->compiler = strndup((const char *)from.compiler, sizeof(from.compiler));
    info->compile_by = strndup((const char *)from.compile_by, sizeof(from.compile_by));
    info->compile_domain = strndup((const char *)from.compile_domain, sizeof(from.compile_domain));
    info->compile_date = strndup((const char *)from.compile_date, sizeof(from.compile_date));
    return info->compiler && info->compile_by && info->compile_domain && info->compile_date ? 0 : -ENOMEM;
}

static int version_fill(struct ctrl_priv *priv, libxl_version_info *info)
{
    int n, rc = version_text(priv, XENVER_extraversion, &info->xen_version_extra);

    if (!rc)
        rc = version_text(priv, XENVER_capabilities, &info->capabilities);
    if (!rc)
        rc = version_text(priv, XENVER_changeset, &info->changeset);
    if (!rc)
        rc = version_text(priv, XENVER_commandline, &info->commandline);
    if (!rc)
        rc = version_compile(priv, info);
    if (!rc)
        rc = version_build_id(priv, &info->build_id);
    if (!rc)
        rc = ctrl_version_virt_start(priv, &info->virt_start);
    if (rc)
        return rc;
    n = ctrl_version_page_size(priv);
    if (n < 0)
        return n;
    info->pagesize = n;
    n = ctrl_version(priv);
    if (n < 0)
        return n;
    info->xen_version_major = n >> 16;
    info->xen_version_minor = n & 0xffff;
    return 0;
}

const libxl_version_info *libxl_get_version_info(libxl_ctx *ctx)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_version_info info;
    struct ctrl_priv *priv;
    int rc;

    if (!ctx->version.build_id && !light_priv(ctx, &priv)) {
        libxl_version_info_init(&info);
        rc = version_fill(priv, &info);
        if (rc) {
            light_fail(ctx, rc, "the hypervisor does not tell its version");
            libxl_version_info_dispose(&info);
        } else {
            ctx->version = info;
        }
    }
    return ctx->version.build_id ? &ctx->version : NULL;
}

/* --- the hypervisor's log --- */
#define LOG_CHUNK 16384u

struct libxl__xen_console_reader {
    int clear;
    uint32_t index; /* how far it was read */
    char text[LOG_CHUNK + 1];
};

libxl_xen_console_reader *libxl_xen_console_read_start(libxl_ctx *ctx, int clear)
{
    libxl_xen_console_reader *cr = calloc(1, sizeof(*cr));

    if (!cr)
        light_fail(ctx, -ENOMEM, "cannot read the hypervisor's log");
    else
        cr->clear = clear;
    return cr;
}

/* 1: *line_r is some of it, line ends and all, and is the reader's; 0: there is no more. */
int libxl_xen_console_read_line(libxl_ctx *ctx, libxl_xen_console_reader *cr, char **line_r)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int n, rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    *line_r = NULL;
    n = ctrl_console_follow(priv, &cr->index, cr->text, LOG_CHUNK);
    if (!n && cr->clear) {
        cr->clear = 0; /* all was seen; the hypervisor clears with a read */
        n = ctrl_console_read(priv, true, cr->text, LOG_CHUNK);
        n = n < 0 ? n : 0;
    }
    if (n < 0)
        return light_fail(ctx, n, "cannot read the hypervisor's log");
    cr->text[n] = '\0';
    *line_r = n ? cr->text : NULL;
    return n > 0;
}

void libxl_xen_console_read_finish(libxl_ctx *ctx, libxl_xen_console_reader *cr)
{
    (void)ctx;
    free(cr);
}
