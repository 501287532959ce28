/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded with host_shim.c, in front of the distribution's libxenlight: two CPU pools, two nodes, scheduling parameters,
 * devices; what changes something is written, with its arguments, to the file SHIM_LOG names, and fails if FAIL names it.
 * SCHEDULER is the scheduler's number, OTHER_SCHEDULER that of the second pool, which ONE_POOL takes away.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libxl.h>
#include <libxl_utils.h>

#define NR_CPUS 4

/* 0, or the code of a call that fails. */
static int said(const char *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int said(const char *call, const char *format, ...)
{
    const char *path = getenv("SHIM_LOG"), *fails = getenv("FAIL");
    FILE *f = path ? fopen(path, "a") : NULL;
    va_list args;

    if (f) {
        fprintf(f, "%s ", call);
        va_start(args, format);
        vfprintf(f, format, args);
        va_end(args);
        fputc('\n', f);
        fclose(f);
    }
    return fails && !strcmp(fails, call) ? ERROR_FAIL : 0;
}

/* Only what the user gave counts, not how large the map is. */
static const char *map_text(const libxl_bitmap *map)
{
    static char text[4][80];
    static int next;
    char *t = text[next++ & 3];
    size_t n = 0;

    if (!map)
        return "none";
    t[0] = '\0';
    for (int i = 0; i < (int)map->size * 8 && i < 64; i++)
        if (map->map[i / 8] & 1 << i % 8 && i < 16)
            n += (size_t)snprintf(t + n, sizeof(text[0]) - n, " %d", i);
    return t;
}

static void map_make(libxl_bitmap *map, uint8_t bits)
{
    map->size = 1;
    map->map = malloc(1);
    map->map[0] = bits;
}

static libxl_scheduler scheduler(void)
{
    const char *text = getenv("SCHEDULER");

    return text ? (libxl_scheduler)atoi(text) : LIBXL_SCHEDULER_CREDIT2;
}

/* --- pools: 0 has CPUs 0 and 1, 5 has CPU 2, CPU 3 is free --- */
static const struct {
    uint32_t id;
    const char *name;
    uint8_t cpus;
    uint32_t domains;
} pools[] = { { 0, "Pool-0", 3, 4 }, { 5, "spare", 4, 0 } };

libxl_cpupoolinfo *libxl_list_cpupool(libxl_ctx *ctx, int *n)
{
    libxl_cpupoolinfo *list = calloc(2, sizeof(*list));

    (void)ctx;
    *n = getenv("ONE_POOL") ? 1 : 2;
    for (int i = 0; i < *n; i++) {
        list[i].poolid = pools[i].id;
        list[i].pool_name = strdup(pools[i].name);
        list[i].sched = i && getenv("OTHER_SCHEDULER") ? (libxl_scheduler)atoi(getenv("OTHER_SCHEDULER")) : scheduler();
        list[i].n_dom = pools[i].domains;
        map_make(&list[i].cpumap, pools[i].cpus);
    }
    return list;
}

int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t id)
{
    int n;
    libxl_cpupoolinfo *list = libxl_list_cpupool(ctx, &n);

    if (id != 0 && id != 5)
        return ERROR_FAIL;
    *info = list[id ? 1 : 0];
    return 0;
}

char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t id)
{
    (void)ctx;
    return id == 0 ? strdup("Pool-0") : id == 5 ? strdup("spare") : NULL;
}

int libxl_cpupoolid_is_valid(libxl_ctx *ctx, uint32_t id)
{
    (void)ctx;
    return id == 0 || id == 5;
}

int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *id)
{
    (void)ctx;
    for (size_t i = 0; i < 2; i++)
        if (!strcmp(name, pools[i].name)) {
            *id = pools[i].id;
            return 0;
        }
    return ERROR_INVAL;
}

int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *id, int *was_name)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (was_name)
        *was_name = *end != '\0';
    if (end != name && !*end) {
        *id = (uint32_t)number;
        return 0;
    }
    return libxl_name_to_cpupoolid(ctx, name, id);
}

int libxl_cpupool_create(libxl_ctx *ctx, const char *name, libxl_scheduler sched, libxl_bitmap cpus, libxl_uuid *uuid,
                         uint32_t *id)
{
    (void)ctx;
    (void)uuid;
    *id = 7;
    return said("cpupool_create", "%s %d%s", name, sched, map_text(&cpus));
}

int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t id)
{
    (void)ctx;
    return said("cpupool_destroy", "%u", id);
}

int libxl_cpupool_rename(libxl_ctx *ctx, const char *name, uint32_t id)
{
    (void)ctx;
    return said("cpupool_rename", "%u %s", id, name);
}

int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t id, int cpu)
{
    (void)ctx;
    return said("cpupool_cpuadd", "%u %d", id, cpu);
}

int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t id, int cpu)
{
    (void)ctx;
    return said("cpupool_cpuremove", "%u %d", id, cpu);
}

int libxl_cpupool_cpuadd_cpumap(libxl_ctx *ctx, uint32_t id, const libxl_bitmap *cpus)
{
    (void)ctx;
    return said("cpupool_cpuadd_cpumap", "%u%s", id, map_text(cpus));
}

int libxl_cpupool_cpuremove_cpumap(libxl_ctx *ctx, uint32_t id, const libxl_bitmap *cpus)
{
    (void)ctx;
    return said("cpupool_cpuremove_cpumap", "%u%s", id, map_text(cpus));
}

int libxl_cpupool_cpuadd_node(libxl_ctx *ctx, uint32_t id, int node, int *cpus)
{
    (void)ctx;
    *cpus = 2;
    return said("cpupool_cpuadd_node", "%u %d", id, node);
}

int libxl_cpupool_cpuremove_node(libxl_ctx *ctx, uint32_t id, int node, int *cpus)
{
    (void)ctx;
    *cpus = 2;
    return said("cpupool_cpuremove_node", "%u %d", id, node);
}

int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t id, uint32_t domid)
{
    (void)ctx;
    return said("cpupool_movedomain", "%u %u", id, domid);
}

int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *map)
{
    (void)ctx;
    map_make(map, getenv("NO_FREE_CPU") ? 0 : 8);
    return 0;
}

libxl_cputopology *libxl_get_cpu_topology(libxl_ctx *ctx, int *n)
{
    libxl_cputopology *cpus = calloc(NR_CPUS, sizeof(*cpus));

    (void)ctx;
    *n = NR_CPUS;
    for (unsigned i = 0; i < NR_CPUS; i++)
        cpus[i] = (libxl_cputopology){ .core = i & 1, .socket = i / 2, .node = i / 2 };
    return cpus;
}

/* --- schedulers --- */
int libxl_get_scheduler(libxl_ctx *ctx)
{
    (void)ctx;
    return (int)scheduler();
}

int libxl_sched_credit_params_get(libxl_ctx *ctx, uint32_t id, libxl_sched_credit_params *p)
{
    (void)ctx;
    *p = (libxl_sched_credit_params){ .tslice_ms = 30 + (int)id, .ratelimit_us = 1000, .vcpu_migr_delay_us = 77 };
    return getenv("FAIL") && !strcmp(getenv("FAIL"), "credit_get") ? ERROR_FAIL : 0;
}

int libxl_sched_credit_params_set(libxl_ctx *ctx, uint32_t id, libxl_sched_credit_params *p)
{
    (void)ctx;
    return said("credit_set", "%u %d %d %d", id, p->tslice_ms, p->ratelimit_us, p->vcpu_migr_delay_us);
}

int libxl_sched_credit2_params_get(libxl_ctx *ctx, uint32_t id, libxl_sched_credit2_params *p)
{
    (void)ctx;
    (void)id;
    p->ratelimit_us = 1234;
    return getenv("FAIL") && !strcmp(getenv("FAIL"), "credit2_get") ? ERROR_FAIL : 0;
}

int libxl_sched_credit2_params_set(libxl_ctx *ctx, uint32_t id, libxl_sched_credit2_params *p)
{
    (void)ctx;
    return said("credit2_set", "%u %d", id, p->ratelimit_us);
}

int libxl_domain_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *p)
{
    (void)ctx;
    libxl_domain_sched_params_init(p);
    p->sched = scheduler();
    p->weight = 256 + (int)domid;
    p->cap = (int)domid * 10;
    p->period = 10000 + (int)domid;
    p->budget = 4000 + (int)domid;
    p->extratime = domid & 1;
    return getenv("FAIL") && !strcmp(getenv("FAIL"), "domain_sched_get") ? ERROR_FAIL : 0;
}

int libxl_domain_sched_params_set(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *p)
{
    (void)ctx;
    return said("domain_sched_set", "%u %d %d %d %d %d %d", domid, p->sched, p->weight, p->cap, p->period, p->budget,
                p->extratime);
}

static void vcpu_fill(libxl_sched_params *p, int vcpu)
{
    p->vcpuid = vcpu;
    p->period = 10000 + vcpu;
    p->budget = 4000 + vcpu;
    p->extratime = vcpu & 1;
}

int libxl_vcpu_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *p)
{
    (void)ctx;
    (void)domid;
    for (int i = 0; i < p->num_vcpus; i++) {
        if (p->vcpus[i].vcpuid < 0 || p->vcpus[i].vcpuid > 3)
            return ERROR_INVAL;
        vcpu_fill(&p->vcpus[i], p->vcpus[i].vcpuid);
    }
    p->sched = scheduler();
    return 0;
}

int libxl_vcpu_sched_params_get_all(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *p)
{
    (void)ctx;
    p->num_vcpus = (int)domid + 1;
    p->vcpus = calloc((size_t)p->num_vcpus, sizeof(*p->vcpus));
    for (int i = 0; i < p->num_vcpus; i++)
        vcpu_fill(&p->vcpus[i], i);
    p->sched = scheduler();
    return 0;
}

int libxl_vcpu_sched_params_set(libxl_ctx *ctx, uint32_t domid, const libxl_vcpu_sched_params *p)
{
    int rc = said("vcpu_sched_set", "%u %d", domid, p->num_vcpus);

    (void)ctx;
    for (int i = 0; i < p->num_vcpus; i++)
        said("...", "%d %d %d %d", p->vcpus[i].vcpuid, p->vcpus[i].period, p->vcpus[i].budget, p->vcpus[i].extratime);
    return rc;
}

int libxl_vcpu_sched_params_set_all(libxl_ctx *ctx, uint32_t domid, const libxl_vcpu_sched_params *p)
{
    (void)ctx;
    return said("vcpu_sched_set_all", "%u %d %d %d %d", domid, p->num_vcpus, p->num_vcpus ? p->vcpus[0].period : -9,
                p->num_vcpus ? p->vcpus[0].budget : -9, p->num_vcpus ? p->vcpus[0].extratime : -9);
}

/* --- vCPUs and memory --- */
int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpu, const libxl_bitmap *hard, const libxl_bitmap *soft)
{
    (void)ctx;
    return said("vcpuaffinity", "%u %u hard %s soft %s", domid, vcpu, map_text(hard), map_text(soft));
}

int libxl_set_vcpuaffinity_force(libxl_ctx *ctx, uint32_t domid, uint32_t vcpu, const libxl_bitmap *hard,
                                 const libxl_bitmap *soft)
{
    (void)ctx;
    return said("vcpuaffinity_force", "%u %u hard %s soft %s", domid, vcpu, map_text(hard), map_text(soft));
}

int libxl_set_vcpuaffinity_all(libxl_ctx *ctx, uint32_t domid, unsigned n, const libxl_bitmap *hard, const libxl_bitmap *soft)
{
    (void)ctx;
    return said("vcpuaffinity_all", "%u %u hard %s soft %s", domid, n, map_text(hard), map_text(soft));
}

int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *map, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("vcpuonline", "%u%s", domid, map_text(map));
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t kib, int relative, int enforce)
{
    (void)ctx;
    return said("memory_target", "%u %lld %d %d", domid, (long long)kib, relative, enforce);
}

int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t kib)
{
    (void)ctx;
    return said("setmaxmem", "%u %llu", domid, (unsigned long long)kib);
}

uint32_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return domid == 4 ? (uint32_t)-1 : domid > 4 ? (uint32_t)time(NULL) - 65 : (uint32_t)(time(NULL) - (time_t)domid * 86400 - 3723);
}

/* --- what the host does not have --- */
static int flask(const char *call)
{
    const char *mode = getenv("FLASK");

    return mode ? atoi(mode) : said(call, "none") ? ERROR_FAIL : ERROR_FAIL;
}

int libxl_flask_getenforce(libxl_ctx *ctx)
{
    (void)ctx;
    return flask("getenforce");
}

int libxl_flask_setenforce(libxl_ctx *ctx, int mode)
{
    (void)ctx;
    said("setenforce", "%d", mode);
    return getenv("FLASK") ? 0 : -1;
}

int libxl_flask_loadpolicy(libxl_ctx *ctx, void *policy, uint32_t size)
{
    (void)ctx;
    said("loadpolicy", "%u %.4s", size, size > 3 ? (char *)policy : "");
    return getenv("FLASK") ? 0 : -1;
}

int libxl_set_parameters(libxl_ctx *ctx, char *text)
{
    (void)ctx;
    return said("set_parameters", "%s", text);
}

int libxl_psr_cmt_enabled(libxl_ctx *ctx)
{
    (void)ctx;
    return 0;
}

int libxl_psr_cmt_attach(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    (void)domid;
    return ERROR_FAIL;
}

int libxl_psr_cmt_detach(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    (void)domid;
    return ERROR_FAIL;
}

int libxl_psr_get_hw_info(libxl_ctx *ctx, libxl_psr_feat_type type, unsigned level, unsigned *n, libxl_psr_hw_info **info)
{
    (void)ctx;
    (void)type;
    (void)level;
    *n = 0;
    *info = NULL;
    return ERROR_FAIL;
}

int libxl_psr_set_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, libxl_bitmap *map, uint64_t value)
{
    (void)ctx;
    (void)map;
    said("psr_set_val", "%u %d %llx", domid, type, (unsigned long long)value);
    return ERROR_FAIL;
}

/* --- configurations --- */
int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    if (domid == 0 || domid == 4)
        return ERROR_JSON_CONFIG_EMPTY;
    libxl_domain_config_init(d);
    libxl_domain_build_info_init_type(&d->b_info, LIBXL_DOMAIN_TYPE_PVH);
    d->c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    d->c_info.name = strdup("guest");
    d->b_info.max_memkb = 262144;
    d->b_info.max_vcpus = (int)domid;
    return 0;
}

/* --- life --- */
#define ON_DOMAIN(name)                                                                 \
    int libxl_domain_##name(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how) \
    {                                                                                   \
        (void)ctx;                                                                      \
        (void)how;                                                                      \
        return said(#name, "%u", domid);                                                \
    }

ON_DOMAIN(pause)
ON_DOMAIN(unpause)
ON_DOMAIN(shutdown)
ON_DOMAIN(reboot)
ON_DOMAIN(destroy)

int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name)
{
    (void)ctx;
    return said("rename", "%u %s %s", domid, old_name ? old_name : "-", new_name);
}

int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpu, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("trigger", "%u %d %u", domid, trigger, vcpu);
}

int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char key)
{
    (void)ctx;
    return said("sysrq", "%u %c", domid, key);
}

int libxl_send_debug_keys(libxl_ctx *ctx, char *keys)
{
    (void)ctx;
    return said("debug_keys", "%s", keys);
}

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *path, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("core_dump", "%u %s", domid, path);
}

/* --- devices of domain 1 --- */
libxl_device_disk *libxl_device_disk_list(libxl_ctx *ctx, uint32_t domid, int *n)
{
    libxl_device_disk *disks = calloc(2, sizeof(*disks));

    (void)ctx;
    *n = domid == 1 ? 2 : 0;
    for (int i = 0; i < 2; i++) {
        libxl_device_disk_init(&disks[i]);
        disks[i].pdev_path = strdup("/dev/x");
        disks[i].vdev = strdup(i ? "xvdb" : "xvda");
    }
    return disks;
}

int libxl_device_disk_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_disk *disk, libxl_diskinfo *info)
{
    (void)ctx;
    memset(info, 0, sizeof(*info));
    info->backend = strdup("/local/domain/0/backend/vbd/1/51712");
    info->frontend = strdup("/local/domain/1/device/vbd/51712");
    info->frontend_id = domid;
    info->devid = strcmp(disk->vdev, "xvda") ? 51728 : 51712;
    info->state = 4;
    info->evtch = 11;
    info->rref = 8;
    return 0;
}

int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_device_disk *disk)
{
    (void)ctx;
    if (domid != 1 || (strcmp(vdev, "xvda") && strcmp(vdev, "51712")))
        return ERROR_FAIL;
    libxl_device_disk_init(disk);
    disk->vdev = strdup("xvda");
    return 0;
}

static int disk_said(const char *call, uint32_t domid, const libxl_device_disk *disk)
{
    return said(call, "%u %s %s %d %d", domid, disk->vdev, disk->pdev_path ? disk->pdev_path : "-", disk->format,
                disk->readwrite);
}

int libxl_device_disk_add(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return disk_said("disk_add", domid, disk);
}

int libxl_device_disk_safe_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return disk_said("disk_safe_remove", domid, disk);
}

int libxl_device_disk_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return disk_said("disk_destroy", domid, disk);
}

libxl_device_nic *libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid, int *n)
{
    libxl_device_nic *nics = calloc(2, sizeof(*nics));

    (void)ctx;
    *n = domid == 1 ? 2 : 0;
    for (int i = 0; i < 2; i++) {
        libxl_device_nic_init(&nics[i]);
        nics[i].devid = i;
        nics[i].mac[5] = (uint8_t)(i + 1);
    }
    return nics;
}

int libxl_device_nic_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_nic *nic, libxl_nicinfo *info)
{
    (void)ctx;
    memset(info, 0, sizeof(*info));
    info->backend = strdup("/local/domain/0/backend/vif/1/0");
    info->frontend = strdup("/local/domain/1/device/vif/0");
    info->frontend_id = domid;
    info->devid = nic->devid;
    info->state = 4;
    info->evtch = 12;
    info->rref_tx = 100;
    info->rref_rx = 101;
    return 0;
}

static int nic_found(int devid, libxl_device_nic *nic)
{
    libxl_device_nic_init(nic);
    nic->devid = devid;
    return devid < 0 || devid > 1 ? ERROR_FAIL : 0;
}

int libxl_mac_to_device_nic(libxl_ctx *ctx, uint32_t domid, const char *mac, libxl_device_nic *nic)
{
    (void)ctx;
    return nic_found(domid == 1 && !strcmp(mac, "00:00:00:00:00:01") ? 0 : -1, nic);
}

int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic)
{
    (void)ctx;
    return nic_found(domid == 1 ? devid : -1, nic);
}

int libxl_device_nic_add(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("nic_add", "%u %s %s " LIBXL_MAC_FMT, domid, nic->bridge ? nic->bridge : "-",
                nic->script ? nic->script : "-", LIBXL_MAC_BYTES(nic->mac));
}

int libxl_device_nic_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("nic_remove", "%u %d", domid, nic->devid);
}

int libxl_device_nic_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return said("nic_destroy", "%u %d", domid, nic->devid);
}
