/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded: a host of four CPUs for the distribution's libxenlight where there is no Xen, enough for `xl create -n`. An
 * empty store.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

struct xs_handle;
struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h);
void *xs_read(struct xs_handle *h, unsigned t, const char *path, unsigned *len);
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
    (void)h;
    (void)t;
    (void)path;
    (void)len;
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
    info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_pv;
    return 0;
}

int xc_version(xc_interface *x, int cmd, void *arg)
{
    (void)x;
    (void)cmd;
    (void)arg;
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
