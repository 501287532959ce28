/* SPDX-License-Identifier: GPL-2.0-only */
/* xl list, claims, vcpu-list, domid, domname. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "xl/format.h"
#include "xl/xl.h"

struct listing {
    libxl_dominfo *domains;
    int n;
};

static void listing_done(struct listing *l)
{
    libxl_dominfo_list_free(l->domains, l->n);
}

int domain_find(struct xl *xl, const char *name, uint32_t *ret_domid)
{
    if (!libxl_domain_qualifier_to_domid(xl->ctx, name, ret_domid))
        return 0;
    return xl_fail(xl, "there is no domain `%s'; xl list shows which there are", name);
}

/* All of them, or the one that is named. 0, or an exit code. */
static int listing_get(struct xl *xl, const char *name, struct listing *ret_listing)
{
    uint32_t domid;
    int rc;

    if (!name) {
        ret_listing->domains = libxl_list_domain(xl->ctx, &ret_listing->n);
        return ret_listing->domains ? 0 : xl_fail(xl, "the hypervisor does not list its domains");
    }
    rc = domain_find(xl, name, &domid);
    if (rc)
        return rc;
    ret_listing->domains = xl_calloc(1, sizeof(*ret_listing->domains));
    libxl_dominfo_init(ret_listing->domains);
    ret_listing->n = 1;
    rc = libxl_domain_info(xl->ctx, ret_listing->domains, domid);
    return rc ? xl_fail_rc(xl, rc, "domain `%s'", name) : 0;
}

static bool shutdown_reason_known(const libxl_dominfo *info)
{
    return info->shutdown && info->shutdown_reason != LIBXL_SHUTDOWN_REASON_UNKNOWN;
}

/* --- as a table --- */

static const char *label_of(const libxl_dominfo *info)
{
    return info->ssid_label ? info->ssid_label : "-";
}

static void print_nodes(struct xl *xl, const libxl_dominfo *info)
{
    int n = libxl_get_max_nodes(xl->ctx);
    libxl_bitmap nodes;
    char buffer[256];

    libxl_bitmap_init(&nodes);
    if (!libxl_node_bitmap_alloc(xl->ctx, &nodes, 0) &&
        !libxl_domain_get_nodeaffinity(xl->ctx, info->domid, &nodes))
        printf(" %s", format_set(&nodes, n, buffer, sizeof(buffer)));
    else
        printf(" -");
    libxl_bitmap_dispose(&nodes);
}

static void print_pool(struct xl *xl, const libxl_dominfo *info)
{
    _cleanup_free_ char *name = libxl_cpupoolid_to_name(xl->ctx, info->cpupool);

    printf("%16s", name ? name : "-");
}

static void print_common(struct xl *xl, const libxl_dominfo *info)
{
    _cleanup_free_ char *name = format_name(xl->ctx, info->domid);
    bool crashed = shutdown_reason_known(info) && info->shutdown_reason == LIBXL_SHUTDOWN_REASON_CRASH;

    printf("%-40s %5u %5lu %5u     %c%c%c%c%c%c  %8.1f", name, info->domid,
           (unsigned long)((info->current_memkb + info->outstanding_memkb) / 1024), info->vcpu_online,
           info->running ? 'r' : '-', info->blocked ? 'b' : '-', info->paused ? 'p' : '-', info->shutdown ? 's' : '-',
           crashed ? 'c' : '-', info->dying ? 'd' : '-', (double)(float)info->cpu_time / 1e9);
}

static void print_row(struct xl *xl, const struct xl_args *args, const libxl_dominfo *info)
{
    char uuid[37];

    print_common(xl, info);
    if (args->given['v']) {
        printf(" %s", format_uuid(&info->uuid, uuid));
        if (info->shutdown)
            printf(" %8x", (unsigned)info->shutdown_reason);
        else
            printf(" %8s", "-");
    }
    if (args->given['v'] || args->given['Z'])
        printf(" %16s", label_of(info));
    if (args->given['c'])
        print_pool(xl, info);
    if (args->given['n'])
        print_nodes(xl, info);
    putchar('\n');
}

static void print_table(struct xl *xl, const struct xl_args *args, const struct listing *l)
{
    printf("Name                                        ID   Mem VCPUs\tState\tTime(s)");
    if (args->given['v'])
        printf("   UUID                            Reason-Code\tSecurity Label");
    else if (args->given['Z'])
        printf("   Security Label");
    if (args->given['c'])
        printf("         Cpupool");
    if (args->given['n'])
        printf(" NODE Affinity");
    putchar('\n');
    for (int i = 0; i < l->n; i++)
        print_row(xl, args, &l->domains[i]);
}

/* --- as JSON --- */

static void json_states(struct json *j, const libxl_dominfo *info)
{
    const struct {
        bool on;
        const char *name;
    } states[] = {
        { info->running, "running" },   { info->blocked, "blocked" }, { info->paused, "paused" },
        { info->shutdown, "shutdown" }, { info->dying, "dying" },
    };

    json_array(j, "state");
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (states[i].on)
            json_text(j, NULL, states[i].name);
    json_array_end(j);
    if (shutdown_reason_known(info))
        json_text(j, "shutdown_reason", libxl_shutdown_reason_to_string(info->shutdown_reason));
}

static void json_domain(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    _cleanup_free_ char *name = libxl_domid_to_name(xl->ctx, info->domid);
    char uuid[37];

    json_object(j, NULL);
    json_text(j, "name", name);
    json_number(j, "domid", info->domid);
    json_text(j, "uuid", format_uuid(&info->uuid, uuid));
    json_states(j, info);
    json_number(j, "memory_kb", (int64_t)info->current_memkb);
    json_number(j, "outstanding_memory_kb", (int64_t)info->outstanding_memkb);
    json_number(j, "max_memory_kb", (int64_t)info->max_memkb);
    json_number(j, "vcpus_online", info->vcpu_online);
    json_number(j, "vcpus_max", (int64_t)info->vcpu_max_id + 1);
    json_number(j, "cpu_time_ns", (int64_t)info->cpu_time);
    json_number(j, "cpupool", info->cpupool);
    json_text(j, "security_label", info->ssid_label);
    json_object_end(j);
}

static void print_json(struct xl *xl, const struct listing *l)
{
    struct json j;

    json_init(&j);
    json_array(&j, NULL);
    for (int i = 0; i < l->n; i++)
        json_domain(xl, &j, &l->domains[i]);
    json_array_end(&j);
    json_print(&j);
}

int cmd_list(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(listing_done) struct listing l = { 0 };
    int status = listing_get(xl, args->n ? args->args[0] : NULL, &l);

    if (status)
        return status;
    if (args->given['l'])
        return xl_fail(xl, "-l is not implemented; --json shows what is known of running domains");
    if (args->given[OPT_JSON])
        print_json(xl, &l);
    else
        print_table(xl, args, &l);
    return 0;
}

int cmd_claims(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(listing_done) struct listing l = { 0 };
    int status = listing_get(xl, NULL, &l);

    (void)args;
    if (status)
        return status;
    puts("Name                                        ID   Mem VCPUs\tState\tTime(s)  Claimed");
    for (int i = 0; i < l.n; i++) {
        print_common(xl, &l.domains[i]);
        printf(" %5lu\n", (unsigned long)(l.domains[i].outstanding_memkb / 1024));
    }
    return 0;
}

/* --- vCPUs --- */

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
static int show_vcpus(struct xl *xl, const libxl_dominfo *info, struct json *j)
{
    _cleanup_(vcpus_done) struct vcpus all = { 0 };
    _cleanup_free_ char *name = format_name(xl->ctx, info->domid);
    int allocated = 0;

    all.v = libxl_list_vcpu(xl->ctx, info->domid, &all.n, &allocated);
    if (!all.v)
        return xl_fail(xl, "domain `%s': its vCPUs cannot be listed", name);
    all.host_cpus = libxl_get_max_cpus(xl->ctx);
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

static int show_vcpus_of(struct xl *xl, const char *name, struct json *j)
{
    _cleanup_(listing_done) struct listing l = { 0 };
    int status = listing_get(xl, name, &l);

    for (int i = 0; i < l.n && !status; i++)
        status = show_vcpus(xl, &l.domains[i], j);
    return status;
}

int cmd_vcpu_list(struct xl *xl, const struct xl_args *args)
{
    struct json j = { 0 }, *out = args->given[OPT_JSON] ? &j : NULL;
    int status = 0;

    if (out) {
        json_init(out);
        json_array(out, NULL);
    } else {
        puts("Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)");
    }
    for (int i = 0; i < args->n || i == 0; i++)
        status |= show_vcpus_of(xl, args->n ? args->args[i] : NULL, out);
    if (out) {
        json_array_end(out);
        json_print(out);
    }
    return status;
}

/* --- names --- */

int cmd_domid(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;

    if (libxl_name_to_domid(xl->ctx, args->args[0], &domid))
        return xl_fail(xl, "there is no domain `%s'", args->args[0]);
    printf("%u\n", domid);
    return 0;
}

int cmd_domname(struct xl *xl, const struct xl_args *args)
{
    _cleanup_free_ char *name = NULL;
    char *end;
    unsigned long domid;

    errno = 0;
    domid = strtoul(args->args[0], &end, 10);
    if (errno || end == args->args[0] || *end || domid > UINT32_MAX)
        return xl_fail(xl, "`%s' is no number of a domain", args->args[0]);
    name = libxl_domid_to_name(xl->ctx, (uint32_t)domid);
    if (!name)
        return xl_fail(xl, "there is no domain %lu, or it has no name", domid);
    puts(name);
    return 0;
}
