/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vcpu-list, vcpu-set, vcpu-pin. */
#include <stdio.h>
#include <string.h>

#include "xl/cleanup.h"
#include "xl/cpuset.h"
#include "xl/format.h"
#include "xl/listing.h"

struct vcpus {
    libxl_vcpuinfo *v;
    int n;
    int host_cpus;
};

static void vcpus_done(struct vcpus *v)
{
    libxl_vcpuinfo_list_free(v->v, v->n);
}

static void print_vcpu(const char *name, uint32_t domid, const struct vcpus *all, const libxl_vcpuinfo *v)
{
    char hard[256], soft[256], cpu[12] = "-";

    if (v->online)
        snprintf(cpu, sizeof(cpu), "%u", v->cpu);
    printf("%-32s %5u %5u %4s   ", name, domid, v->vcpuid, cpu);
    if (v->online)
        printf("%c%c- ", v->running ? 'r' : '-', v->blocked ? 'b' : '-');
    else
        printf("--p ");
    printf(" %8.1f  %s / %s\n", (double)(float)v->vcpu_time / 1e9, format_set(&v->cpumap, all->host_cpus, hard, sizeof(hard)),
           format_set(&v->cpumap_soft, all->host_cpus, soft, sizeof(soft)));
}

static void json_vcpu(struct json *j, const struct vcpus *all, const libxl_vcpuinfo *v)
{
    char set[256];

    json_object(j, NULL);
    json_number(j, "vcpu", v->vcpuid);
    json_bool(j, "online", v->online);
    if (v->online)
        json_number(j, "cpu", v->cpu);
    json_bool(j, "running", v->running);
    json_bool(j, "blocked", v->blocked);
    json_number(j, "time_ns", (int64_t)v->vcpu_time);
    json_text(j, "hard_affinity", format_set(&v->cpumap, all->host_cpus, set, sizeof(set)));
    json_text(j, "soft_affinity", format_set(&v->cpumap_soft, all->host_cpus, set, sizeof(set)));
    json_object_end(j);
}

/* j: NULL for the table. */
static int show_vcpus(struct xl *xl, int host_cpus, const libxl_dominfo *info, struct json *j)
{
    _cleanup_(vcpus_done) struct vcpus all = { .host_cpus = host_cpus };
    _cleanup_free_ char *name = format_name(xl->ctx, info->domid);
    int allocated = 0;

    all.v = libxl_list_vcpu(xl->ctx, info->domid, &all.n, &allocated);
    if (!all.v)
        return xl_fail(xl, "domain `%s': its vCPUs cannot be listed", name);
    if (j) {
        json_object(j, NULL);
        json_text(j, "name", name);
        json_number(j, "domid", info->domid);
        json_array(j, "vcpus");
    }
    for (int i = 0; i < all.n; i++) {
        if (j)
            json_vcpu(j, &all, &all.v[i]);
        else
            print_vcpu(name, info->domid, &all, &all.v[i]);
    }
    if (j) {
        json_array_end(j);
        json_object_end(j);
    }
    return 0;
}

static int show_vcpus_of(struct xl *xl, int host_cpus, const char *name, struct json *j)
{
    _cleanup_listing_ struct listing l = { 0 };
    int status = listing_get(xl, name, &l);

    for (int i = 0; i < l.n && !status; i++)
        status = show_vcpus(xl, host_cpus, &l.domains[i], j);
    return status;
}

int cmd_vcpu_list(struct xl *xl, const struct xl_args *args)
{
    struct json room, *j = rows_begin(&room, args->given[OPT_JSON],
                                      "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)");
    int status = 0, host_cpus = libxl_get_max_cpus(xl->ctx);

    for (int i = 0; i < args->n || i == 0; i++)
        status |= show_vcpus_of(xl, host_cpus, args->n ? args->args[i] : NULL, j);
    rows_end(j);
    return status;
}

/* --- how many are on --- */

int cmd_vcpu_set(struct xl *xl, const struct xl_args *args)
{
    _cleanup_map_ libxl_bitmap map;
    int host_cpus = libxl_get_max_cpus(xl->ctx), rc;
    uint32_t domid;
    long n;

    libxl_bitmap_init(&map);
    rc = domain_find(xl, args->args[0], &domid);
    if (rc)
        return rc;
    if (!xl_number(xl, "the number of vCPUs", args->args[1], 0, 32768, &n))
        return 1;
    if (n > host_cpus && !args->given['i'])
        return xl_fail(xl, "%ld vCPUs are more than this host's %d CPUs; -i if you mean it", n, host_cpus);
    rc = libxl_cpu_bitmap_alloc(xl->ctx, &map, (int)n);
    if (rc)
        return xl_fail_rc(xl, rc, "a set of %ld vCPUs", n);
    for (int i = 0; i < n; i++)
        libxl_bitmap_set(&map, i);
    rc = libxl_set_vcpuonline(xl->ctx, domid, &map, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s was not told to have %ld vCPUs", args->args[0], n) : 0;
}

/* --- where they run --- */

struct pin {
    uint32_t domid;
    long vcpu; /* -1: all */
    libxl_bitmap maps[2], *hard, *soft; /* NULL: stays as it is */
};

static void pin_done(struct pin *pin)
{
    libxl_bitmap_dispose(&pin->maps[0]);
    libxl_bitmap_dispose(&pin->maps[1]);
}

/* "-" leaves an affinity as it is. */
static int pin_map(struct xl *xl, const char *what, const char *text, libxl_bitmap *map, libxl_bitmap **ret_map)
{
    char why[CPUSET_WHY];

    if (!strcmp(text, "-"))
        return 0;
    if (!strcmp(text, "all")) {
        int rc = libxl_cpu_bitmap_alloc(xl->ctx, map, 0);

        if (rc)
            return xl_fail_rc(xl, rc, "the host's CPUs");
        libxl_bitmap_set_any(map);
    } else if (!cpuset_parse(xl->ctx, text, map, why)) {
        return xl_fail(xl, "%s affinity: %s", what, why);
    }
    *ret_map = map;
    return 0;
}

static int pin_parse(struct xl *xl, const struct xl_args *args, struct pin *pin)
{
    int rc = domain_find(xl, args->args[0], &pin->domid);

    if (rc)
        return rc;
    pin->vcpu = -1;
    if (strcmp(args->args[1], "all") && !xl_number(xl, "the vCPU", args->args[1], 0, 32768, &pin->vcpu))
        return 1;
    if (pin->vcpu < 0 && args->given['f'])
        return xl_fail(xl, "-f is for one vCPU, not for all");
    rc = pin_map(xl, "hard", args->args[2], &pin->maps[0], &pin->hard);
    return rc || args->n < 4 ? rc : pin_map(xl, "soft", args->args[3], &pin->maps[1], &pin->soft);
}

static const char *pin_text(const libxl_bitmap *map, char *buffer, size_t size)
{
    return map ? format_set(map, 0, buffer, size) : "-";
}

static int pin_dry(const struct xl_args *args, const struct pin *pin)
{
    char text[256];

    printf("cpumap: %s", pin_text(pin->hard, text, sizeof(text)));
    if (args->n > 3)
        printf(" %s", pin_text(pin->soft, text, sizeof(text)));
    putchar('\n');
    return 0;
}

/* All of them are tried; stock takes that for success. */
static int pin_all(struct xl *xl, const struct pin *pin)
{
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(xl->ctx, &info, pin->domid);
    if (!rc)
        rc = libxl_set_vcpuaffinity_all(xl->ctx, pin->domid, info.vcpu_max_id + 1, pin->hard, pin->soft);
    libxl_dominfo_dispose(&info);
    return rc ? xl_fail_rc(xl, rc, "domain %u: not all of its vCPUs were pinned", pin->domid) : 0;
}

int cmd_vcpu_pin(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(pin_done) struct pin pin = { 0 };
    int rc = pin_parse(xl, args, &pin);

    if (rc)
        return rc;
    if (xl->dry_run)
        return pin_dry(args, &pin);
    if (pin.vcpu < 0)
        return pin_all(xl, &pin);
    if (args->given['f'])
        rc = libxl_set_vcpuaffinity_force(xl->ctx, pin.domid, (uint32_t)pin.vcpu, pin.hard, pin.soft);
    else
        rc = libxl_set_vcpuaffinity(xl->ctx, pin.domid, (uint32_t)pin.vcpu, pin.hard, pin.soft);
    return rc ? xl_fail_rc(xl, rc, "domain %s: vCPU %ld was not pinned", args->args[0], pin.vcpu) : 0;
}
