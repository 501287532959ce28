/* SPDX-License-Identifier: GPL-2.0-only */
/* xl cpupool-list, -create, -destroy, -rename, -cpu-add, -cpu-remove, -migrate, -numa-split. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libxl_utils.h>

#include "light/xlu/xlu.h"
#include "xl/cleanup.h"
#include "xl/cpuset.h"
#include "xl/format.h"
#include "xl/listing.h"

/* --- cpupool-list --- */

/* 0,1,2: stock does not write ranges here. */
static void print_cpus(const libxl_bitmap *cpus)
{
    const char *comma = "";

    for (int i = 0; i < (int)cpus->size * 8; i++)
        if (libxl_bitmap_test(cpus, i)) {
            printf("%s%d", comma, i);
            comma = ",";
        }
    putchar('\n');
}

static void show_pool(const struct xl_args *args, const libxl_cpupoolinfo *pool, struct json *j)
{
    char set[256];

    if (j) {
        json_object(j, NULL);
        json_text(j, "name", pool->pool_name);
        json_number(j, "poolid", pool->poolid);
        json_text(j, "scheduler", libxl_scheduler_to_string(pool->sched));
        json_text(j, "cpus", format_set(&pool->cpumap, 0, set, sizeof(set)));
        json_number(j, "domains", pool->n_dom);
        json_object_end(j);
    } else if (args->given['c']) {
        printf("%-19s", pool->pool_name);
        print_cpus(&pool->cpumap);
    } else {
        printf("%-19s%3d %9s       y       %4u\n", pool->pool_name, libxl_bitmap_count_set(&pool->cpumap),
               libxl_scheduler_to_string(pool->sched), pool->n_dom);
    }
}

int cmd_cpupool_list(struct xl *xl, const struct xl_args *args)
{
    _cleanup_pools_ struct pools pools = { 0 };
    struct json room, *j;
    uint32_t only = 0;
    int status = args->n ? pool_find(xl, args->args[0], &only) : 0;

    if (!status)
        status = pools_get(xl, &pools);
    if (status)
        return status;
    j = rows_begin(&room, args->given[OPT_JSON],
                   args->given['c'] ? "Name               CPU list" : "Name               CPUs   Sched     Active   Domain count");
    for (int i = 0; i < pools.n; i++)
        if (!args->n || pools.pools[i].poolid == only)
            show_pool(args, &pools.pools[i], j);
    rows_end(j);
    return 0;
}

/* --- cpupool-create --- */

struct pool_config {
    struct xl *xl;
    XLU_Config *cfg;
    const char *name;
    libxl_scheduler sched;
    libxl_bitmap cpus;
    libxl_bitmap free;
};

static void pool_config_done(struct pool_config *c)
{
    xlu_cfg_destroy(c->cfg);
    libxl_bitmap_dispose(&c->cpus);
    libxl_bitmap_dispose(&c->free);
}

static int wrong(const struct pool_config *c, const XLU_ConfigValue *value, const char *why)
{
    xlu_say(c->cfg, &value->place, "%s", why);
    return 1;
}

/* Each text of a list, or the one there is. NULL behind the last. */
static const XLU_ConfigValue *text_at(const XLU_ConfigValue *value, size_t i)
{
    if (value->type != XLU_LIST)
        return i ? NULL : value;
    return i < value->list.n ? value->list.items[i] : NULL;
}

static int add_cpus(struct pool_config *c, const XLU_ConfigValue *value)
{
    _cleanup_map_ libxl_bitmap cpus;
    char why[CPUSET_WHY];

    libxl_bitmap_init(&cpus);
    if (value->type != XLU_STRING)
        return wrong(c, value, "a list where a set of CPUs should be");
    if (!cpuset_parse(c->xl->ctx, value->text, &cpus, why))
        return wrong(c, value, why);
    for (int i = 0; i < (int)cpus.size * 8; i++) {
        if (!libxl_bitmap_test(&cpus, i))
            continue;
        if (!libxl_bitmap_test(&c->free, i)) {
            snprintf(why, sizeof(why), "CPU %d is in another pool; xl cpupool-cpu-remove takes it out of it", i);
            return wrong(c, value, why);
        }
        libxl_bitmap_set(&c->cpus, i);
    }
    return 0;
}

/* The free CPUs of a node. */
static int add_node(struct pool_config *c, const XLU_ConfigValue *value)
{
    _cleanup_map_ libxl_bitmap cpus;
    unsigned long node, same;

    libxl_bitmap_init(&cpus);
    if (value->type != XLU_STRING || !range_parse(value->text, 10, INT_MAX, &node, &same) || node != same)
        return wrong(c, value, "it should be the number of a NUMA node");
    if (libxl_cpu_bitmap_alloc(c->xl->ctx, &cpus, 0) || libxl_node_to_cpumap(c->xl->ctx, (int)node, &cpus))
        return wrong(c, value, "the host has no such NUMA node");
    for (int i = 0; i < (int)cpus.size * 8; i++)
        if (libxl_bitmap_test(&cpus, i) && libxl_bitmap_test(&c->free, i))
            libxl_bitmap_set(&c->cpus, i);
    return 0;
}

static int pool_settings(struct pool_config *c)
{
    const struct xlu_setting *name = xlu_setting_find(c->cfg, "name"), *sched = xlu_setting_find(c->cfg, "sched");
    const struct xlu_setting *nodes = xlu_setting_find(c->cfg, "nodes"), *cpus = xlu_setting_find(c->cfg, "cpus");
    const XLU_ConfigValue *value;
    uint32_t other;

    if (!name || name->value->type != XLU_STRING || !*name->value->text)
        return xl_fail(c->xl, "the pool has no name: name=\"...\" is missing");
    c->name = name->value->text;
    if (!libxl_name_to_cpupoolid(c->xl->ctx, c->name, &other))
        return wrong(c, name->value, "there is a CPU pool of this name");
    c->sched = (libxl_scheduler)libxl_get_scheduler(c->xl->ctx);
    if (sched && (sched->value->type != XLU_STRING || libxl_scheduler_from_string(sched->value->text, &c->sched)))
        return wrong(c, sched->value, "there is no such scheduler; credit, credit2, rtds and null are");
    if (libxl_get_freecpus(c->xl->ctx, &c->free) || libxl_cpu_bitmap_alloc(c->xl->ctx, &c->cpus, 0))
        return xl_fail(c->xl, "the hypervisor does not say which CPUs are free");
    for (size_t i = 0; nodes && (value = text_at(nodes->value, i)); i++)
        if (add_node(c, value))
            return 1;
    for (size_t i = 0; !nodes && cpus && (value = text_at(cpus->value, i)); i++)
        if (add_cpus(c, value))
            return 1;
    return 0;
}

int cmd_cpupool_create(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(pool_config_done) struct pool_config c = { .xl = xl };
    int first, error, rc;
    const char *file = config_file_of(args, &first);
    uint32_t poolid = LIBXL_CPUPOOL_POOLID_ANY;
    libxl_uuid uuid;

    c.cfg = xlu_cfg_init(stderr, file ? file : "command line");
    if (!c.cfg)
        return xl_fail(xl, "no memory");
    error = file ? xlu_cfg_readfile(c.cfg, file) : 0;
    for (int i = first; i < args->n && !error; i++)
        error = xlu_add_data(c.cfg, "command line", args->args[i], strlen(args->args[i]));
    if (error)
        return xl_fail(xl, "%s: %s", file ? file : "command line", error == EINVAL ? "nothing was done" : strerror(error));
    if (pool_settings(&c))
        return 1;
    printf("Using config file \"%s\"\ncpupool name:   %s\nscheduler:      %s\nnumber of cpus: %d\n",
           file ? file : "command line", c.name, libxl_scheduler_to_string(c.sched), libxl_bitmap_count_set(&c.cpus));
    if (xl->dry_run || args->given['n'])
        return 0;
    libxl_uuid_generate(&uuid);
    rc = libxl_cpupool_create(xl->ctx, c.name, c.sched, c.cpus, &uuid, &poolid);
    return rc ? xl_fail_rc(xl, rc, "the CPU pool %s was not created", c.name) : 0;
}

/* --- one pool --- */

int cmd_cpupool_destroy(struct xl *xl, const struct xl_args *args)
{
    uint32_t poolid;
    int rc = pool_find(xl, args->args[0], &poolid);

    if (rc)
        return rc;
    rc = libxl_cpupool_destroy(xl->ctx, poolid);
    return rc ? xl_fail_rc(xl, rc, "the CPU pool %s was not destroyed; are there domains in it?", args->args[0]) : 0;
}

int cmd_cpupool_rename(struct xl *xl, const struct xl_args *args)
{
    uint32_t poolid;
    int rc = pool_find(xl, args->args[0], &poolid);

    if (rc)
        return rc;
    rc = libxl_cpupool_rename(xl->ctx, args->args[1], poolid);
    return rc ? xl_fail_rc(xl, rc, "the CPU pool %s was not renamed", args->args[0]) : 0;
}

typedef int cpus_call(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpus);

static int on_cpus(struct xl *xl, const struct xl_args *args, cpus_call *call, const char *failed)
{
    _cleanup_map_ libxl_bitmap cpus;
    char why[CPUSET_WHY];
    uint32_t poolid;
    int rc = pool_find(xl, args->args[0], &poolid);

    libxl_bitmap_init(&cpus);
    if (rc)
        return rc;
    if (!cpuset_parse(xl->ctx, args->args[1], &cpus, why))
        return xl_fail(xl, "%s", why);
    rc = call(xl->ctx, poolid, &cpus);
    return rc ? xl_fail_rc(xl, rc, "the CPU pool %s: %s", args->args[0], failed) : 0;
}

int cmd_cpupool_cpu_add(struct xl *xl, const struct xl_args *args)
{
    return on_cpus(xl, args, libxl_cpupool_cpuadd_cpumap, "not all of the CPUs were added");
}

int cmd_cpupool_cpu_remove(struct xl *xl, const struct xl_args *args)
{
    return on_cpus(xl, args, libxl_cpupool_cpuremove_cpumap, "not all of the CPUs were removed");
}

int cmd_cpupool_migrate(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid, poolid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (!rc)
        rc = pool_find(xl, args->args[1], &poolid);
    if (rc)
        return rc;
    rc = libxl_cpupool_movedomain(xl->ctx, poolid, domid);
    return rc ? xl_fail_rc(xl, rc, "domain %s was not moved to the CPU pool %s", args->args[0], args->args[1]) : 0;
}

/* --- cpupool-numa-split --- */

/* The first node is what is left of Pool-0; each other one becomes a pool of its own. */
static int split_off(struct xl *xl, int node, libxl_scheduler sched)
{
    libxl_bitmap none = { 0, NULL };
    uint32_t poolid = LIBXL_CPUPOOL_POOLID_ANY;
    libxl_uuid uuid;
    char name[32];
    int cpus = 0, rc = libxl_cpupool_cpuremove_node(xl->ctx, 0, node, &cpus);

    if (rc)
        return xl_fail_rc(xl, rc, "the CPUs of node %d were not all taken out of the CPU pool 0", node);
    libxl_uuid_generate(&uuid);
    snprintf(name, sizeof(name), "Pool-node%d", node);
    rc = libxl_cpupool_create(xl->ctx, name, sched, none, &uuid, &poolid);
    if (rc)
        return xl_fail_rc(xl, rc, "the CPU pool %s was not created", name);
    rc = libxl_cpupool_cpuadd_node(xl->ctx, poolid, node, &cpus);
    return rc ? xl_fail_rc(xl, rc, "the CPUs of node %d were not all added to the CPU pool %s", node, name) : 0;
}

static int keep_first(struct xl *xl, int node)
{
    char name[32];
    int cpus = 0, rc = libxl_cpupool_cpuadd_node(xl->ctx, 0, node, &cpus);

    if (rc)
        return xl_fail_rc(xl, rc, "the CPUs of node %d were not all added to the CPU pool 0", node);
    snprintf(name, sizeof(name), "Pool-node%d", node);
    rc = libxl_cpupool_rename(xl->ctx, name, 0);
    return rc ? xl_fail_rc(xl, rc, "the CPU pool 0 was not renamed") : 0;
}

/* The lowest node above that has a CPU; -1: there is none. */
static int next_node(const libxl_cputopology *cpus, int n, int node)
{
    int next = -1;

    for (int i = 0; i < n; i++)
        if (cpus[i].node != LIBXL_CPUTOPOLOGY_INVALID_ENTRY && (int)cpus[i].node > node &&
            (next < 0 || (int)cpus[i].node < next))
            next = (int)cpus[i].node;
    return next;
}

int cmd_cpupool_numa_split(struct xl *xl, const struct xl_args *args)
{
    _cleanup_pools_ struct pools pools = { 0 };
    libxl_cputopology *cpus;
    int status = pools_get(xl, &pools), n = 0;
    bool first = true;

    (void)args;
    if (status)
        return status;
    if (pools.n > 1)
        return xl_fail(xl, "there are %d CPU pools: the host is split already", pools.n);
    cpus = libxl_get_cpu_topology(xl->ctx, &n);
    if (!cpus)
        return xl_fail(xl, "the host does not say which CPUs are of which node");
    for (int node = next_node(cpus, n, -1); node >= 0 && !status; node = next_node(cpus, n, node)) {
        status = first ? keep_first(xl, node) : split_off(xl, node, pools.pools[0].sched);
        first = false;
    }
    libxl_cputopology_list_free(cpus, n);
    return status;
}
