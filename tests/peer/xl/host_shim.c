/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded: a host of four CPUs and one node, with six domains in as many states, for the distribution's libxenlight
 * where there is no Xen: enough for `xl create -n` and what lists. With ALL_CAPS in the environment it can everything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

struct xs_handle;
struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h);
void *xs_read(struct xs_handle *h, unsigned t, const char *path, unsigned *len);
char *xs_get_domain_path(struct xs_handle *h, unsigned domid);
int xs_fileno(struct xs_handle *h);
long xc_sharing_freed_pages(xc_interface *x);
long xc_sharing_used_frames(xc_interface *x);

xc_interface *xc_interface_open(xentoollog_logger *a, xentoollog_logger *b, unsigned flags)
{
    (void)a;
    (void)b;
    (void)flags;
    return calloc(1, 4096);
}

int xc_interface_close(xc_interface *x)
{
    free(x);
    return 0;
}

struct xs_handle *xs_open(unsigned long flags)
{
    (void)flags;
    return calloc(1, 4096);
}

void xs_close(struct xs_handle *h)
{
    free(h);
}

void *xs_read(struct xs_handle *h, unsigned t, const char *path, unsigned *len)
{
    static const char *const nodes[][2] = {
        { "/local/domain/0/name", "Domain-0" },
        { "/local/domain/1/name", "guest" },
        { "/local/domain/2/name", "a-very-long-name-of-a-domain-that-is-more-than-forty-characters" },
        { "/local/domain/3/name", "g3" },
        { "/local/domain/12345/name", "far" },
        { "/local/pool/0/name", "Pool-0" },
    };

    (void)h;
    (void)t;
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
        if (!strcmp(path, nodes[i][0])) {
            if (len)
                *len = (unsigned)strlen(nodes[i][1]);
            return strdup(nodes[i][1]);
        }
    errno = ENOENT;
    return NULL;
}

int xs_fileno(struct xs_handle *h)
{
    (void)h;
    return 0;
}

int xc_physinfo(xc_interface *x, xc_physinfo_t *info)
{
    (void)x;
    memset(info, 0, sizeof(*info));
    info->nr_cpus = 4;
    info->max_cpu_id = 3;
    info->nr_nodes = 1;
    info->threads_per_core = 1;
    info->cores_per_socket = 4;
    info->total_pages = 1 << 20;
    info->free_pages = 1 << 19;
    info->cpu_khz = 2400123;
    info->scrub_pages = 256;
    info->outstanding_pages = 77777;
    info->hw_cap[0] = 0x178bfbff;
    info->hw_cap[3] = 0x1234abcd;
    info->capabilities = getenv("ALL_CAPS") ? ~0u : XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_pv;
    return 0;
}

int xc_version(xc_interface *x, int cmd, void *arg)
{
    xen_compile_info_t *compile = arg;

    (void)x;
    switch (cmd) {
    case XENVER_version:
        return 4 << 16 | 17;
    case XENVER_extraversion:
        strcpy(arg, ".7");
        return 0;
    case XENVER_compile_info:
        strcpy(compile->compiler, "gcc");
        strcpy(compile->compile_by, "somebody");
        strcpy(compile->compile_domain, "somewhere");
        strcpy(compile->compile_date, "today");
        return 0;
    case XENVER_capabilities:
        strcpy(arg, "xen-3.0-x86_64 hvm-3.0-x86_64 ");
        return 0;
    case XENVER_changeset:
        strcpy(arg, "changeset");
        return 0;
    case XENVER_platform_parameters:
        ((xen_platform_parameters_t *)arg)->virt_start = 0xffff800000000000ull;
        return 0;
    case XENVER_pagesize:
        return 4096;
    case XENVER_commandline:
        strcpy(arg, "dom0=pvh");
        return 0;
    }
    errno = ENOSYS;
    return -1;
}

int xc_get_max_cpus(xc_interface *x)
{
    (void)x;
    return 4;
}

int xc_get_online_cpus(xc_interface *x)
{
    (void)x;
    return 4;
}

int xc_get_max_nodes(xc_interface *x)
{
    (void)x;
    return 1;
}

long xc_sharing_freed_pages(xc_interface *x)
{
    (void)x;
    return 0;
}

long xc_sharing_used_frames(xc_interface *x)
{
    (void)x;
    return 0;
}

int xc_sched_id(xc_interface *x, int *id)
{
    (void)x;
    *id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

int xc_domain_getinfolist(xc_interface *x, uint32_t first, unsigned max, xc_domaininfo_t *info)
{
    static const unsigned flags[] = { XEN_DOMINF_running, XEN_DOMINF_blocked, XEN_DOMINF_paused,
                                      XEN_DOMINF_shutdown | SHUTDOWN_crash << XEN_DOMINF_shutdownshift, XEN_DOMINF_dying,
                                      XEN_DOMINF_shutdown | SHUTDOWN_poweroff << XEN_DOMINF_shutdownshift };
    static const domid_t domids[] = { 0, 1, 2, 3, 4, 12345 };
    int n = 0;

    (void)x;
    for (uint32_t d = 0; d < 6 && (unsigned)n < max; d++) {
        if (domids[d] < first)
            continue;
        memset(&info[n], 0, sizeof(info[n]));
        info[n].domain = domids[d];
        info[n].flags = flags[d];
        info[n].tot_pages = (1 << 15) * (d + 1) + 77;
        info[n].max_pages = 1 << 16;
        info[n].outstanding_pages = d == 2 ? 512 : 0;
        info[n].cpu_time = 12345678901ull * (d + 1);
        info[n].nr_online_vcpus = d + 1;
        info[n].max_vcpu_id = d;
        info[n].handle[15] = (uint8_t)d;
        info[n].ssidref = d;
        n++;
    }
    return n;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *x, uint32_t id)
{
    xc_cpupoolinfo_t *info = id ? NULL : calloc(1, sizeof(*info));

    (void)x;
    if (info) {
        info->sched_id = XEN_SCHEDULER_CREDIT2;
        info->n_dom = 5;
        info->cpumap = calloc(1, 64);
        info->cpumap[0] = 0xf;
    }
    return info;
}

void xc_cpupool_infofree(xc_interface *x, xc_cpupoolinfo_t *info)
{
    (void)x;
    free(info->cpumap);
    free(info);
}

xc_cpumap_t xc_cpupool_freeinfo(xc_interface *x)
{
    (void)x;
    return calloc(1, 64);
}

int xc_flask_sid_to_context(xc_interface *x, int sid, char *buffer, uint32_t size)
{
    (void)x;
    (void)sid;
    (void)buffer;
    (void)size;
    errno = ENOSYS;
    return -1;
}

int xc_vcpu_getinfo(xc_interface *x, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
    (void)x;
    (void)domid;
    memset(info, 0, sizeof(*info));
    info->vcpu = vcpu;
    info->online = vcpu != 2;
    info->blocked = vcpu == 1;
    info->running = vcpu == 0;
    info->cpu = vcpu;
    info->cpu_time = 1000000000ull * vcpu + 150000000;
    return 0;
}

int xc_vcpu_getaffinity(xc_interface *x, uint32_t domid, int vcpu, xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags)
{
    (void)x;
    (void)domid;
    (void)flags;
    hard[0] = vcpu == 1 ? 5 : 15;
    if (soft)
        soft[0] = vcpu == 3 ? 6 : 15;
    return 0;
}

int xc_domain_node_getaffinity(xc_interface *x, uint32_t domid, xc_nodemap_t nodes)
{
    (void)x;
    (void)domid;
    nodes[0] = 1;
    return 0;
}

int xc_cputopoinfo(xc_interface *x, unsigned *max, xc_cputopo_t *cpus)
{
    (void)x;
    for (unsigned i = 0; cpus && i < *max && i < 4; i++)
        cpus[i] = (xc_cputopo_t){ .core = i };
    *max = 4;
    return 0;
}

int xc_numainfo(xc_interface *x, unsigned *max, xc_meminfo_t *nodes, uint32_t *distances)
{
    (void)x;
    if (nodes)
        *nodes = (xc_meminfo_t){ .memsize = 4ull << 30, .memfree = 2ull << 30 };
    if (distances)
        *distances = 10;
    *max = 1;
    return 0;
}

int xc_pcitopoinfo(xc_interface *x, unsigned n, physdev_pci_device_t *devices, uint32_t *nodes)
{
    (void)x;
    (void)n;
    (void)devices;
    (void)nodes;
    errno = ENOSYS;
    return -1;
}

int xc_readconsolering(xc_interface *x, char *buffer, unsigned *n, int clear, int incremental, uint32_t *index)
{
    static const char log[] = "(XEN) one\n(XEN) two\n";
    static int calls;

    (void)x;
    (void)clear;
    (void)incremental;
    (void)index;
    *n = calls++ ? 0 : sizeof(log) - 1;
    memcpy(buffer, log, *n);
    return 0;
}

int xc_send_debug_keys(xc_interface *x, const char *keys)
{
    (void)x;
    (void)keys;
    return 0;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned domid)
{
    char path[40];

    (void)h;
    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    return strdup(path);
}
