/* SPDX-License-Identifier: LGPL-2.1-only */
/* Pools of CPUs: the hypervisor has them, the store their names. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "ctrl/machine.h"
#include "ctx.h"
#include "info.h"

/* The pool with that number or the next above. -ENOENT: none. */
static int pool_fill(libxl_ctx *ctx, uint32_t first, libxl_cpupoolinfo *info)
{
    struct ctrl_pool pool = {0};
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return -EIO;
    libxl_cpupoolinfo_init(info);
    if (libxl_cpu_bitmap_alloc(ctx, &info->cpumap, 0))
        return -EIO;
    pool.cpus = light_set_of(&info->cpumap);
    rc = ctrl_pool_info(priv, first, &pool);
    if (!rc) {
        info->poolid = pool.id;
        info->sched = (libxl_scheduler)pool.scheduler;
        info->n_dom = pool.domains;
        info->pool_name = libxl_cpupoolid_to_name(ctx, pool.id);
        rc = info->pool_name ? 0 : -EIO;
    }
    if (rc)
        libxl_cpupoolinfo_dispose(info);
    return rc;
}

int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t poolid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_cpupoolinfo found;
    int rc = pool_fill(ctx, poolid, &found);

    if (!rc && found.poolid != poolid) {
        libxl_cpupoolinfo_dispose(&found);
        rc = -ENOENT;
    }
    if (rc)
        return rc == -ENOENT ? ERROR_FAIL
                             : light_fail(ctx, rc, "pool %u: the hypervisor does not tell about it", poolid);
    *info = found;
    return 0;
}

libxl_cpupoolinfo *libxl_list_cpupool(libxl_ctx *ctx, int *nb_pool_out)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_cpupoolinfo *list = NULL, *grown, info;
    uint32_t first = 0;
    int rc, n = 0;

    while (!(rc = pool_fill(ctx, first, &info))) {
        grown = realloc(list, ((size_t)n + 1) * sizeof(*list));
        if (!grown) {
            libxl_cpupoolinfo_dispose(&info);
            rc = -ENOMEM;
            break;
        }
        list = grown;
        list[n++] = info;
        first = info.poolid + 1;
    }
    if (rc != -ENOENT) {
        light_fail(ctx, rc, "cannot list pools");
        libxl_cpupoolinfo_list_free(list, n);
        return NULL;
    }
    *nb_pool_out = n;
    return list;
}

void libxl_cpupoolinfo_list_free(libxl_cpupoolinfo *list, int nb_pool)
{
    int i;

    for (i = 0; i < nb_pool; i++)
        libxl_cpupoolinfo_dispose(&list[i]);
    free(list);
}

/* --- names --- */
char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid)
{
    int error;
    char *name = light_store_read(ctx, &error, "/local/pool/%u/name", poolid);

    if (!name && !error && !poolid)
        name = strdup("Pool-0");
    return name;
}

int libxl_cpupoolid_is_valid(libxl_ctx *ctx, uint32_t poolid)
{
    libxl_cpupoolinfo info;

    if (libxl_cpupool_info(ctx, &info, poolid))
        return 0;
    libxl_cpupoolinfo_dispose(&info);
    return 1;
}

int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *poolid)
{
    int i, n, rc = ERROR_INVAL;
    libxl_cpupoolinfo *list = libxl_list_cpupool(ctx, &n);

    if (!list)
        return ERROR_FAIL;
    for (i = 0; i < n && rc; i++)
        if (!strcmp(list[i].pool_name, name)) {
            *poolid = list[i].poolid;
            rc = 0;
        }
    libxl_cpupoolinfo_list_free(list, n);
    return rc;
}

int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *p, uint32_t *poolid_r, int *was_name_r)
{
    uint32_t number;
    bool is_number = light_number(p, &number);

    if (was_name_r)
        *was_name_r = !is_number;
    if (!is_number)
        return libxl_name_to_cpupoolid(ctx, p, poolid_r);
    *poolid_r = number;
    return 0;
}

/* --- making and ending --- */
static int store_write(libxl_ctx *ctx, uint32_t poolid, const char *node, const char *value)
{
    struct xs_handle *store;
    char path[64];
    int rc = light_store(ctx, &store);

    if (rc)
        return rc;
    snprintf(path, sizeof(path), "/local/pool/%u/%s", poolid, node);
    return xs_write(store, XBT_NULL, path, value, (unsigned)strlen(value))
               ? 0
               : light_fail(ctx, -errno, "cannot write %s in the store", path);
}

int libxl_cpupool_rename(libxl_ctx *ctx, const char *name, uint32_t poolid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);

    if (!libxl_cpupoolid_is_valid(ctx, poolid))
        return light_fail(ctx, -EINVAL, "pool %u: there is none", poolid);
    return store_write(ctx, poolid, "name", name);
}

int libxl_cpupool_create(libxl_ctx *ctx, const char *name, libxl_scheduler sched, libxl_bitmap cpumap, libxl_uuid *uuid,
                         uint32_t *poolid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    char text[LIBXL_UUID_FMTLEN + 1];
    struct ctrl_priv *priv;
    uint32_t id = *poolid;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_pool_create(priv, (uint32_t)sched, &id);
    if (rc)
        return light_fail(ctx, rc, "pool \"%s\": the hypervisor does not make it", name);
    rc = libxl_cpupool_cpuadd_cpumap(ctx, id, &cpumap);
    snprintf(text, sizeof(text), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*uuid));
    if (!rc)
        rc = store_write(ctx, id, "uuid", text);
    if (!rc)
        rc = store_write(ctx, id, "name", name);
    if (rc)
        libxl_cpupool_destroy(ctx, id);
    else
        *poolid = id;
    return rc;
}

int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_cpupoolinfo info;
    struct xs_handle *store;
    struct ctrl_priv *priv;
    char path[64];
    int rc = light_priv(ctx, &priv);

    if (!rc)
        rc = libxl_cpupool_info(ctx, &info, poolid);
    if (rc)
        return rc;
    rc = info.n_dom ? light_fail(ctx, -EBUSY, "pool %u: there are %u domains in it", poolid, info.n_dom)
                    : libxl_cpupool_cpuremove_cpumap(ctx, poolid, &info.cpumap);
    libxl_cpupoolinfo_dispose(&info);
    if (rc)
        return rc;
    rc = ctrl_pool_destroy(priv, poolid);
    if (rc)
        return light_fail(ctx, rc, "pool %u: the hypervisor does not end it", poolid);
    snprintf(path, sizeof(path), "/local/pool/%u", poolid);
    if (!light_store(ctx, &store) && !xs_rm(store, XBT_NULL, path) && errno != ENOENT)
        light_log(ctx, XTL_WARN, errno, "cannot remove %s in the store", path);
    return 0;
}

/* --- CPUs --- */
typedef int cpu_call(struct ctrl_priv *priv, uint32_t id, uint32_t cpu);

static int move_cpu(libxl_ctx *ctx, uint32_t poolid, int cpu, cpu_call *call, const char *what)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = cpu < 0 ? -EINVAL : call(priv, poolid, (uint32_t)cpu);
    return rc ? light_fail(ctx, rc, "pool %u: cannot %s CPU %d", poolid, what, cpu) : 0;
}

int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid, int cpu)
{
    return move_cpu(ctx, poolid, cpu, ctrl_pool_add_cpu, "add");
}

int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid, int cpu)
{
    return move_cpu(ctx, poolid, cpu, ctrl_pool_remove_cpu, "remove");
}

int libxl_cpupool_cpuadd_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
{
    uint32_t cpu;
    int rc = 0;

    libxl_for_each_set_bit(cpu, *cpumap)
        rc = rc ? rc : libxl_cpupool_cpuadd(ctx, poolid, (int)cpu);
    return rc;
}

int libxl_cpupool_cpuremove_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
{
    uint32_t cpu;
    int rc = 0;

    libxl_for_each_set_bit(cpu, *cpumap)
        rc = rc ? rc : libxl_cpupool_cpuremove(ctx, poolid, (int)cpu);
    return rc;
}

/* Those of the node that can be moved; *cpus says how many were. */
static int move_node(libxl_ctx *ctx, uint32_t poolid, int node, const libxl_bitmap *movable,
                     int (*move)(libxl_ctx *ctx, uint32_t poolid, int cpu), int *cpus)
{
    libxl_bitmap map = {0, NULL};
    uint32_t cpu;
    int moved = 0, rc = libxl_cpu_bitmap_alloc(ctx, &map, 0);

    if (!rc)
        rc = libxl_node_to_cpumap(ctx, node, &map);
    libxl_for_each_set_bit(cpu, map)
        if (!rc && libxl_bitmap_test(movable, (int)cpu)) {
            rc = move(ctx, poolid, (int)cpu);
            moved += !rc;
        }
    libxl_bitmap_dispose(&map);
    *cpus = moved;
    return rc;
}

int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *cpumap)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    libxl_bitmap map = {0, NULL};
    struct ctrl_bitmap set;
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (!rc)
        rc = libxl_cpu_bitmap_alloc(ctx, &map, 0);
    if (rc)
        return rc;
    set = light_set_of(&map);
    rc = ctrl_pool_free_cpus(priv, &set);
    if (rc) {
        libxl_bitmap_dispose(&map);
        return light_fail(ctx, rc, "the hypervisor does not tell which CPUs are free");
    }
    *cpumap = map;
    return 0;
}

int libxl_cpupool_cpuadd_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
{
    libxl_bitmap free_cpus = {0, NULL};
    int rc = libxl_get_freecpus(ctx, &free_cpus);

    if (!rc)
        rc = move_node(ctx, poolid, node, &free_cpus, libxl_cpupool_cpuadd, cpus);
    libxl_bitmap_dispose(&free_cpus);
    return rc;
}

int libxl_cpupool_cpuremove_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
{
    libxl_cpupoolinfo info;
    int rc = libxl_cpupool_info(ctx, &info, poolid);

    if (rc)
        return rc;
    rc = move_node(ctx, poolid, node, &info.cpumap, libxl_cpupool_cpuremove, cpus);
    libxl_cpupoolinfo_dispose(&info);
    return rc;
}

int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct ctrl_priv *priv;
    int rc = light_priv(ctx, &priv);

    if (rc)
        return rc;
    rc = ctrl_pool_move_domain(priv, poolid, domid);
    return rc ? light_fail(ctx, rc, "pool %u: cannot take domain %u", poolid, domid) : 0;
}
