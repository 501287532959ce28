/* SPDX-License-Identifier: GPL-2.0-only */
/* xl list, vm-list, claims, sharing, domid, domname. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>

#include "xl/cleanup.h"
#include "xl/format.h"
#include "xl/listing.h"

static bool shutdown_reason_known(const libxl_dominfo *info)
{
    return info->shutdown && info->shutdown_reason != LIBXL_SHUTDOWN_REASON_UNKNOWN;
}

/* --- as a table --- */

static const char *label_of(const libxl_dominfo *info)
{
    return info->ssid_label ? info->ssid_label : "-";
}

static void print_nodes(struct xl *xl, int n, const libxl_dominfo *info)
{
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

static void print_row(struct xl *xl, const struct xl_args *args, int nr_nodes, const libxl_dominfo *info)
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
        print_nodes(xl, nr_nodes, info);
    putchar('\n');
}

static void print_table(struct xl *xl, const struct xl_args *args, const struct listing *l)
{
    int nr_nodes = args->given['n'] ? libxl_get_max_nodes(xl->ctx) : 0;

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
        print_row(xl, args, nr_nodes, &l->domains[i]);
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

/* 0; ERROR_JSON_CONFIG_EMPTY: there is none, as of dom0; else it was said what is wrong. */
static int config_of(struct xl *xl, const libxl_dominfo *info, libxl_domain_config *ret_config)
{
    int rc = libxl_retrieve_domain_configuration(xl->ctx, info->domid, ret_config, NULL);

    if (rc && rc != ERROR_JSON_CONFIG_EMPTY)
        xl_fail_rc(xl, rc, "domain %u: its configuration", info->domid);
    return rc;
}

/* null, where there is none. */
static int json_config_of(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    _cleanup_config_ libxl_domain_config config;
    int rc;

    libxl_domain_config_init(&config);
    rc = config_of(xl, info, &config);
    if (rc)
        json_text(j, "config", NULL);
    else
        json_config(j, "config", &config);
    return rc && rc != ERROR_JSON_CONFIG_EMPTY;
}

static int json_domain(struct xl *xl, struct json *j, const libxl_dominfo *info, bool with_config)
{
    _cleanup_free_ char *name = libxl_domid_to_name(xl->ctx, info->domid);
    char uuid[37];
    int status;

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
    status = with_config ? json_config_of(xl, j, info) : 0;
    json_object_end(j);
    return status;
}

static int print_json(struct xl *xl, const struct listing *l, bool with_config)
{
    struct json room, *j = rows_begin(&room, true, NULL);
    int status = 0;

    for (int i = 0; i < l->n; i++)
        status |= json_domain(xl, j, &l->domains[i], with_config);
    rows_end(j);
    return status;
}

/* As stock's: domains without a configuration are left out, and a line is left free behind the last. */
static int print_configs(struct xl *xl, const struct listing *l)
{
    struct json room, *j = rows_begin(&room, true, NULL);
    int status = 0;

    for (int i = 0; i < l->n; i++) {
        _cleanup_config_ libxl_domain_config config;
        int rc;

        libxl_domain_config_init(&config);
        rc = config_of(xl, &l->domains[i], &config);
        status |= rc && rc != ERROR_JSON_CONFIG_EMPTY;
        if (rc)
            continue;
        json_object(j, NULL);
        json_number(j, "domid", l->domains[i].domid);
        json_config(j, "config", &config);
        json_object_end(j);
    }
    rows_end(j);
    putchar('\n');
    return status;
}

int cmd_list(struct xl *xl, const struct xl_args *args)
{
    _cleanup_listing_ struct listing l = { 0 };
    int status = listing_get(xl, args->n ? args->args[0] : NULL, &l);

    if (status)
        return status;
    if (args->given[OPT_JSON])
        return print_json(xl, &l, args->given['l']);
    if (args->given['l'])
        return print_configs(xl, &l);
    print_table(xl, args, &l);
    return 0;
}

/* Each domain, in a table or in JSON, by one function: what the simpler listings are made of. */
static int show_each(struct xl *xl, const struct xl_args *args, const char *head,
                     void (*row)(struct xl *xl, struct json *j, const libxl_dominfo *info))
{
    _cleanup_listing_ struct listing l = { 0 };
    struct json room, *j;
    int status = listing_get(xl, args->n ? args->args[0] : NULL, &l);

    if (status)
        return status;
    j = rows_begin(&room, args->given[OPT_JSON], head);
    for (int i = 0; i < l.n; i++)
        row(xl, j, &l.domains[i]);
    rows_end(j);
    return 0;
}

static void json_name(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    _cleanup_free_ char *name = libxl_domid_to_name(xl->ctx, info->domid);

    json_object(j, NULL);
    json_text(j, "name", name);
    json_number(j, "domid", info->domid);
}

static void claims_row(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    if (!j) {
        print_common(xl, info);
        printf(" %5lu\n", (unsigned long)(info->outstanding_memkb / 1024));
        return;
    }
    json_name(xl, j, info);
    json_number(j, "memory_kb", (int64_t)info->current_memkb);
    json_number(j, "claimed_kb", (int64_t)info->outstanding_memkb);
    json_object_end(j);
}

int cmd_claims(struct xl *xl, const struct xl_args *args)
{
    return show_each(xl, args, "Name                                        ID   Mem VCPUs\tState\tTime(s)  Claimed",
                     claims_row);
}

static void sharing_row(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    if (!j) {
        _cleanup_free_ char *name = format_name(xl->ctx, info->domid);

        printf("%-40s %5u %5lu  %5lu\n", name, info->domid,
               (unsigned long)((info->current_memkb + info->outstanding_memkb) / 1024),
               (unsigned long)(info->shared_memkb / 1024));
        return;
    }
    json_name(xl, j, info);
    json_number(j, "memory_kb", (int64_t)info->current_memkb);
    json_number(j, "shared_kb", (int64_t)info->shared_memkb);
    json_object_end(j);
}

int cmd_sharing(struct xl *xl, const struct xl_args *args)
{
    return show_each(xl, args, "Name                                        ID   Mem Shared", sharing_row);
}

static void vm_row(struct xl *xl, struct json *j, const libxl_dominfo *info)
{
    char uuid[37];

    if (libxl_is_stubdom(xl->ctx, info->domid, NULL))
        return;
    if (!j) {
        _cleanup_free_ char *name = format_name(xl->ctx, info->domid);

        printf("%s  %u    %-30s\n", format_uuid(&info->uuid, uuid), info->domid, name);
        return;
    }
    json_name(xl, j, info);
    json_text(j, "uuid", format_uuid(&info->uuid, uuid));
    json_object_end(j);
}

int cmd_vm_list(struct xl *xl, const struct xl_args *args)
{
    return show_each(xl, args, "UUID                                  ID    name", vm_row);
}

/* --- names --- */

int cmd_domid(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = libxl_name_to_domid(xl->ctx, args->args[0], &domid);

    if (rc)
        return domain_missing(xl, args->args[0], rc);
    printf("%u\n", domid);
    return 0;
}

int cmd_domname(struct xl *xl, const struct xl_args *args)
{
    _cleanup_free_ char *name = NULL;
    long domid;

    if (!xl_number(xl, "the domain", args->args[0], 0, UINT32_MAX, &domid))
        return 1;
    name = libxl_domid_to_name(xl->ctx, (uint32_t)domid);
    if (!name)
        return xl_fail(xl, "there is no domain %ld, or it has no name", domid);
    puts(name);
    return 0;
}
