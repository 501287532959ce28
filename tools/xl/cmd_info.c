/* SPDX-License-Identifier: GPL-2.0-only */
/* xl info: what is known of the host. Each line is a row that asks for its value; stock's scripts know their names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "xl/format.h"
#include "xl/xl.h"

struct host {
    struct xl *xl;
    struct utsname uname;
    libxl_physinfo phys;
    const libxl_version_info *version;
    int free_cpus;
    const char *only;  /* NULL, or the one line that is asked for, without its name */
    bool found;
    struct json *json; /* NULL: lines */
};

/* A line of the table, unless it is not asked for. */
static void put_line(struct host *h, const char *name, const char *text)
{
    if (!h->only) {
        printf("%-23s: %s\n", name, text);
    } else if (!strcmp(h->only, name)) {
        puts(text);
        h->found = true;
    }
}

static void put_text(struct host *h, const char *name, const char *text)
{
    if (h->json)
        json_text(h->json, name, text);
    else
        put_line(h, name, text ? text : "");
}

static void put_number(struct host *h, const char *name, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    if (h->json)
        json_number(h->json, name, (int64_t)number);
    else
        put_line(h, name, text);
}

/* --- the machine --- */

static uint64_t mib(const struct host *h, uint64_t pages)
{
    return pages * (uint64_t)(h->version->pagesize / 1024) / 1024;
}

static void put_caps(struct host *h)
{
    const struct {
        bool on;
        const char *name;
    } caps[] = {
        { h->phys.cap_pv, "pv" },
        { h->phys.cap_hvm, "hvm" },
        { h->phys.cap_hvm && h->phys.cap_hvm_directio, "hvm_directio" },
        { h->phys.cap_pv && h->phys.cap_hvm_directio, "pv_directio" },
        { h->phys.cap_hap, "hap" },
        { h->phys.cap_shadow, "shadow" },
        { h->phys.cap_iommu_hap_pt_share, "iommu_hap_pt_share" },
        { h->phys.cap_vmtrace, "vmtrace" },
        { h->phys.cap_vpmu, "vpmu" },
        { h->phys.cap_gnttab_v1, "gnttab-v1" },
        { h->phys.cap_gnttab_v2, "gnttab-v2" },
    };
    char text[160] = "";
    size_t n = 0;

    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        if (caps[i].on && n < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", caps[i].name);
    put_text(h, "virt_caps", text);
}

static void put_machine(struct host *h)
{
    const libxl_physinfo *p = &h->phys;
    char text[80];

    put_number(h, "nr_cpus", p->nr_cpus);
    put_number(h, "max_cpu_id", p->max_cpu_id);
    put_number(h, "nr_nodes", p->nr_nodes);
    put_number(h, "cores_per_socket", p->cores_per_socket);
    put_number(h, "threads_per_core", p->threads_per_core);
    snprintf(text, sizeof(text), "%u.%03u", p->cpu_khz / 1000, p->cpu_khz % 1000);
    put_text(h, "cpu_mhz", text);
    snprintf(text, sizeof(text), "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", p->hw_cap[0], p->hw_cap[1], p->hw_cap[2],
             p->hw_cap[3], p->hw_cap[4], p->hw_cap[5], p->hw_cap[6], p->hw_cap[7]);
    put_text(h, "hw_caps", text);
    put_caps(h);
    put_number(h, "total_memory", mib(h, p->total_pages));
    put_number(h, "free_memory", mib(h, p->free_pages - (p->outstanding_pages < p->free_pages ? p->outstanding_pages
                                                                                              : p->free_pages)));
    put_number(h, "sharing_freed_memory", mib(h, p->sharing_freed_pages));
    put_number(h, "sharing_used_memory", mib(h, p->sharing_used_frames));
    put_number(h, "outstanding_claims", mib(h, p->outstanding_pages));
    put_number(h, "free_cpus", (uint64_t)h->free_cpus);
}

/* --- NUMA nodes --- */

static void print_cpus(const libxl_cputopology *cpus, int n)
{
    puts("cpu_topology           :\ncpu:    core    socket     node");
    for (int i = 0; i < n; i++)
        if (cpus[i].core != LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
            printf("%3d:    %4u     %4u     %4u\n", i, cpus[i].core, cpus[i].socket, cpus[i].node);
}

static void json_cpus(struct json *j, const libxl_cputopology *cpus, int n)
{
    json_array(j, "cpu_topology");
    for (int i = 0; i < n; i++) {
        if (cpus[i].core == LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
            continue;
        json_object(j, NULL);
        json_number(j, "cpu", i);
        json_number(j, "core", cpus[i].core);
        json_number(j, "socket", cpus[i].socket);
        json_number(j, "node", cpus[i].node);
        json_object_end(j);
    }
    json_array_end(j);
}

static void print_nodes(const libxl_numainfo *nodes, int n)
{
    puts("numa_info              :\nnode:    memsize    memfree    distances");
    for (int i = 0; i < n; i++) {
        if (nodes[i].size == LIBXL_NUMAINFO_INVALID_ENTRY)
            continue;
        printf("%4d:    %6llu     %6llu      %d", i, (unsigned long long)(nodes[i].size >> 20),
               (unsigned long long)(nodes[i].free >> 20), nodes[i].num_dists ? (int)nodes[i].dists[0] : 0);
        for (int k = 1; k < nodes[i].num_dists; k++)
            printf(",%u", nodes[i].dists[k]);
        putchar('\n');
    }
}

static void json_nodes(struct json *j, const libxl_numainfo *nodes, int n)
{
    json_array(j, "numa_info");
    for (int i = 0; i < n; i++) {
        if (nodes[i].size == LIBXL_NUMAINFO_INVALID_ENTRY)
            continue;
        json_object(j, NULL);
        json_number(j, "node", i);
        json_number(j, "memory_kb", (int64_t)(nodes[i].size >> 10));
        json_number(j, "free_kb", (int64_t)(nodes[i].free >> 10));
        json_array(j, "distances");
        for (int k = 0; k < nodes[i].num_dists; k++)
            json_number(j, NULL, nodes[i].dists[k]);
        json_array_end(j);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_topology(struct host *h)
{
    int nr_cpus = 0, nr_nodes = 0;
    libxl_cputopology *cpus = libxl_get_cpu_topology(h->xl->ctx, &nr_cpus);
    libxl_numainfo *nodes = libxl_get_numainfo(h->xl->ctx, &nr_nodes);

    if (h->json) {
        json_cpus(h->json, cpus, nr_cpus);
        json_nodes(h->json, nodes, nr_nodes);
    } else {
        print_cpus(cpus, nr_cpus);
        print_nodes(nodes, nr_nodes);
    }
    libxl_cputopology_list_free(cpus, nr_cpus);
    libxl_numainfo_list_free(nodes, nr_nodes);
}

/* --- the hypervisor --- */

static void put_hypervisor(struct host *h)
{
    const libxl_version_info *v = h->version;
    libxl_scheduler scheduler = libxl_get_scheduler(h->xl->ctx);
    char text[64];

    put_number(h, "xen_major", (uint64_t)v->xen_version_major);
    put_number(h, "xen_minor", (uint64_t)v->xen_version_minor);
    put_text(h, "xen_extra", v->xen_version_extra);
    snprintf(text, sizeof(text), "%d.%d%s", v->xen_version_major, v->xen_version_minor,
             v->xen_version_extra ? v->xen_version_extra : "");
    put_text(h, "xen_version", text);
    put_text(h, "xen_caps", v->capabilities);
    put_text(h, "xen_scheduler", (int)scheduler < 0 ? NULL : libxl_scheduler_to_string(scheduler));
    put_number(h, "xen_pagesize", (uint64_t)v->pagesize);
    snprintf(text, sizeof(text), "virt_start=0x%llx", (unsigned long long)v->virt_start);
    put_text(h, "platform_params", text);
    put_text(h, "xen_changeset", v->changeset);
    put_text(h, "xen_commandline", v->commandline);
    put_text(h, "cc_compiler", v->compiler);
    put_text(h, "cc_compile_by", v->compile_by);
    put_text(h, "cc_compile_domain", v->compile_domain);
    put_text(h, "cc_compile_date", v->compile_date);
    put_text(h, "build_id", v->build_id);
    put_number(h, "xend_config_format", 4); /* what scripts of old expect */
}

static int count_free_cpus(struct host *h)
{
    libxl_bitmap cpus;
    int rc;

    libxl_bitmap_init(&cpus);
    rc = libxl_get_freecpus(h->xl->ctx, &cpus);
    h->free_cpus = rc ? 0 : libxl_bitmap_count_set(&cpus);
    libxl_bitmap_dispose(&cpus);
    return rc;
}

static void put_all(struct host *h, bool numa)
{
    put_text(h, "host", h->uname.nodename);
    put_text(h, "release", h->uname.release);
    put_text(h, "version", h->uname.version);
    put_text(h, "machine", h->uname.machine);
    put_machine(h);
    if (numa)
        put_topology(h);
    put_hypervisor(h);
}

int cmd_info(struct xl *xl, const struct xl_args *args)
{
    struct host h = { .xl = xl };
    struct json json;
    int rc;

    if (args->n && (args->given['n'] || args->given[OPT_JSON]))
        return xl_fail(xl, "one line is asked for by its name alone");
    h.only = args->n ? args->args[0] : NULL;
    uname(&h.uname);
    libxl_physinfo_init(&h.phys);
    h.version = libxl_get_version_info(xl->ctx);
    if (!h.version)
        return xl_fail(xl, "the hypervisor does not say which version it is");
    rc = libxl_get_physinfo(xl->ctx, &h.phys);
    if (!rc)
        rc = count_free_cpus(&h);
    if (rc) {
        libxl_physinfo_dispose(&h.phys);
        return xl_fail_rc(xl, rc, "the hypervisor does not describe the machine");
    }
    if (args->given[OPT_JSON]) {
        h.json = &json;
        json_init(&json);
        json_object(&json, NULL);
    }
    put_all(&h, args->given['n']);
    if (h.json) {
        json_object_end(&json);
        json_print(&json);
    }
    libxl_physinfo_dispose(&h.phys);
    return h.only && !h.found ? xl_fail(xl, "there is no line `%s'; xl info lists them", h.only) : 0;
}
