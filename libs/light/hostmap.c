/* SPDX-License-Identifier: LGPL-2.1-only */
/* Bitmaps of the host's CPUs, nodes and sockets, and from one to another. */
#include <libxl_utils.h>

#include "ctx.h"

int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *cpumap, int max_cpus)
{
    if (!max_cpus)
        max_cpus = libxl_get_max_cpus(ctx);
    return max_cpus < 0 ? ERROR_FAIL : libxl_bitmap_alloc(ctx, cpumap, max_cpus);
}

int libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *nodemap, int max_nodes)
{
    if (!max_nodes)
        max_nodes = libxl_get_max_nodes(ctx);
    return max_nodes < 0 ? ERROR_FAIL : libxl_bitmap_alloc(ctx, nodemap, max_nodes);
}

/* One bit for each socket that there is room for: as many as there are CPUs of one socket each. */
int libxl_socket_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *socketmap, int max_sockets)
{
    libxl_physinfo info;
    uint32_t per_socket;

    if (max_sockets < 0)
        return ERROR_INVAL;
    if (!max_sockets) {
        if (libxl_get_physinfo(ctx, &info))
            return ERROR_FAIL;
        per_socket = info.cores_per_socket * info.threads_per_core;
        max_sockets = (int)(per_socket ? info.max_cpu_id / per_socket + 1 : info.max_cpu_id + 1);
        libxl_physinfo_dispose(&info);
    }
    return libxl_bitmap_alloc(ctx, socketmap, max_sockets);
}

int libxl_get_online_socketmap(libxl_ctx *ctx, libxl_bitmap *socketmap)
{
    libxl_cputopology *cpus;
    int i, n;

    cpus = libxl_get_cpu_topology(ctx, &n);
    if (!cpus)
        return ERROR_FAIL;
    libxl_bitmap_set_none(socketmap);
    for (i = 0; i < n; i++)
        if (cpus[i].socket != LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
            libxl_bitmap_set(socketmap, (int)cpus[i].socket);
    libxl_cputopology_list_free(cpus, n);
    return 0;
}

int libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodemap, libxl_bitmap *cpumap)
{
    libxl_cputopology *cpus;
    int i, n;

    cpus = libxl_get_cpu_topology(ctx, &n);
    if (!cpus)
        return ERROR_FAIL;
    libxl_bitmap_set_none(cpumap);
    for (i = 0; i < n; i++)
        if (libxl_bitmap_test(nodemap, (int)cpus[i].node))
            libxl_bitmap_set(cpumap, i);
    libxl_cputopology_list_free(cpus, n);
    return 0;
}

int libxl_node_to_cpumap(libxl_ctx *ctx, int node, libxl_bitmap *cpumap)
{
    libxl_bitmap nodemap = {0, NULL};
    int rc = libxl_node_bitmap_alloc(ctx, &nodemap, 0);

    if (rc)
        return rc;
    libxl_bitmap_set(&nodemap, node);
    rc = libxl_nodemap_to_cpumap(ctx, &nodemap, cpumap);
    libxl_bitmap_dispose(&nodemap);
    return rc;
}

int libxl_cpumap_to_nodemap(libxl_ctx *ctx, const libxl_bitmap *cpumap, libxl_bitmap *nodemap)
{
    libxl_cputopology *cpus;
    int i, n;

    cpus = libxl_get_cpu_topology(ctx, &n);
    if (!cpus)
        return ERROR_FAIL;
    libxl_bitmap_set_none(nodemap);
    for (i = 0; i < n; i++)
        if (libxl_bitmap_test(cpumap, i))
            libxl_bitmap_set(nodemap, (int)cpus[i].node);
    libxl_cputopology_list_free(cpus, n);
    return 0;
}
