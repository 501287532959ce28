/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets the distribution's xenstored and oxenstored run without Xen (LD_PRELOAD): stands in for the calls of libxenctrl,
 * libxenevtchn and libxengnttab that they make. Every domain but DOMID_DEAD exists. A domain's ring is the file ring-DOMID
 * in $XEN_SHIM_DIR; what is written into the pipe "events" there, ports of four bytes, are events for the daemon,
 * whose port to a domain is in port-DOMID.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define DOMID_DEAD 999u
#define FIRST_PORT 16

static char handle; /* what all opened things point to */
static int events = -1;
static int next_port = FIRST_PORT;

static int dir_open(const char *name, int flags)
{
    const char *dir = getenv("XEN_SHIM_DIR");
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static void *map_ring(unsigned domid, int prot)
{
    char name[32];
    void *page;
    int fd;

    snprintf(name, sizeof(name), "ring-%u", domid);
    fd = dir_open(name, O_RDWR | O_CREAT);
    if (fd < 0)
        return NULL;
    page = ftruncate(fd, 4096) ? MAP_FAILED : mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

/* --- the kernel's files about dom0's own ring --- */

static int open_path(const char *path, int flags, int mode)
{
    if (!strcmp(path, "/proc/xen/xsd_kva")) {
        int fd = dir_open("ring-0", O_RDWR | O_CREAT);

        return fd >= 0 && ftruncate(fd, 4096) ? -1 : fd;
    }
    if (!strcmp(path, "/proc/xen/xsd_port")) {
        int fd = memfd_create("xsd_port", 0);

        return fd >= 0 && pwrite(fd, "1", 1, 0) != 1 ? -1 : fd;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = va_arg(args, int); /* whatever is there: only looked at with O_CREAT */
    va_end(args);
    return open_path(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = va_arg(args, int);
    va_end(args);
    return open_path(path, flags, mode);
}

/*
 * xenstored 4.17 answers a request whose string has no end with whatever errno happens to be, and aborts by an assertion
 * when that is 0. After each read it is EINVAL here, so that the answer is the one that was meant.
 */
ssize_t read(int fd, void *data, size_t len)
{
    ssize_t n = syscall(SYS_read, fd, data, len);

    if (n > 0)
        errno = EINVAL;
    return n;
}

/* oxenstored's socket is where it was configured; ours goes to the folder. */
int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const char *dir = getenv("XEN_SHIM_DIR");

    if (addr->sa_family != AF_UNIX || strncmp(((const struct sockaddr_un *)addr)->sun_path, "/var/run/xenstored/", 19))
        return (int)syscall(SYS_bind, fd, addr, len);
    if ((size_t)snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", dir ? dir : ".") >= sizeof(un.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return (int)syscall(SYS_bind, fd, &un, sizeof(un));
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    (void)resource;
    (void)limit;
    return 0;
}

/* --- libxenevtchn --- */

xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger, unsigned int flags)
{
    struct stat st;

    (void)logger;
    (void)flags;
    if (events < 0)
        events = dir_open("events", O_RDWR);
    if (events < 0 || fstat(events, &st) || !S_ISFIFO(st.st_mode))
        return NULL;
    return (xenevtchn_handle *)&handle;
}

xenevtchn_handle *xenevtchn_fdopen(xentoollog_logger *logger, int fd, unsigned open_flags)
{
    (void)fd;
    return xenevtchn_open(logger, open_flags);
}

int xenevtchn_close(xenevtchn_handle *xce)
{
    (void)xce;
    return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    (void)xce;
    return events;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    (void)xce;
    (void)port;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid, evtchn_port_t remote_port)
{
    char name[32];
    int fd;

    (void)xce;
    (void)remote_port;
    snprintf(name, sizeof(name), "port-%u", domid);
    fd = dir_open(name, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0 || dprintf(fd, "%d", next_port) < 0)
        return -1;
    close(fd);
    return next_port++;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
    (void)xce;
    (void)virq;
    return next_port++;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    (void)xce;
    (void)port;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    evtchn_port_t port;

    (void)xce;
    return read(events, &port, sizeof(port)) == sizeof(port) ? (xenevtchn_port_or_error_t)port : -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    (void)xce;
    (void)port;
    return 0;
}

/* --- libxengnttab --- */

xengnttab_handle *xengnttab_open(xentoollog_logger *logger, unsigned open_flags)
{
    (void)logger;
    (void)open_flags;
    return (xengnttab_handle *)&handle;
}

int xengnttab_close(xengnttab_handle *xgt)
{
    (void)xgt;
    return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
    (void)xgt;
    (void)nr_grants;
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
    (void)xgt;
    (void)ref;
    return map_ring(domid, prot);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
    (void)xgt;
    return munmap(start_address, count * (size_t)4096);
}

/* --- libxenctrl --- */

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger, unsigned open_flags)
{
    (void)logger;
    (void)dombuild_logger;
    (void)open_flags;
    return (xc_interface *)&handle;
}

int xc_interface_close(xc_interface *xch)
{
    (void)xch;
    return 0;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms, xc_dominfo_t *info)
{
    (void)xch;
    if (!max_doms || first_domid == DOMID_DEAD)
        return 0;
    memset(info, 0, sizeof(*info));
    info->domid = first_domid;
    return 1;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains, xc_domaininfo_t *info)
{
    (void)xch;
    if (!max_domains || first_domain == DOMID_DEAD)
        return 0;
    memset(info, 0, sizeof(*info));
    info->domain = (domid_t)first_domain;
    return 1;
}

void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
    (void)xch;
    (void)size;
    (void)mfn;
    return map_ring(dom, prot);
}
