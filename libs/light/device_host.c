/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/device_host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SEEN_AT_ONCE 256 /* more are told of again */
#define LOOP_TRIES 64 /* others look for a free one at the same time */

/* --- files and block devices --- */

int light_host_disk(const char *path, struct light_host_disk *ret_disk)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return -errno;
    if (S_ISBLK(st.st_mode))
        *ret_disk = (struct light_host_disk){ .is_block = true, .device = st.st_rdev };
    else if (S_ISREG(st.st_mode))
        *ret_disk = (struct light_host_disk){ .device = st.st_dev, .inode = st.st_ino };
    else
        return -EINVAL;
    return 0;
}

int light_host_disk_usable(const char *path, bool readonly)
{
    struct stat st;
    int fd _cleanup_close_ = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
    int excl _cleanup_close_ = -1;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (readonly || !S_ISBLK(st.st_mode))
        return 0;
    excl = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK); /* with file systems on block devices O_EXCL is a claim */
    return excl < 0 ? -errno : 0;
}

void light_host_device_text(uint64_t device, char *ret_text, size_t size)
{
    snprintf(ret_text, size, "%x:%x", major(device), minor(device));
}

/* --- loop devices --- */

static int loop_try(int control, int file, const char *name, bool readonly, int *ret_fd, char ret_name[LIGHT_LOOP_NAME])
{
    struct loop_config config = { .fd = (uint32_t)file };
    int number = ioctl(control, LOOP_CTL_GET_FREE), fd _cleanup_close_ = -1;

    if (number < 0)
        return -errno;
    snprintf(ret_name, LIGHT_LOOP_NAME, "/dev/loop%d", number);
    fd = open(ret_name, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0);
    snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", name);
    if (ioctl(fd, LOOP_CONFIGURE, &config) < 0)
        return -errno;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int light_host_loop_new(const char *file, bool readonly, int *ret_fd, char ret_name[LIGHT_LOOP_NAME], uint64_t *ret_device)
{
    int backing _cleanup_close_ = open(file, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    int control _cleanup_close_ = backing < 0 ? -1 : open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int fd _cleanup_close_ = -1, rc = -EBUSY;
    struct stat st;

    if (backing < 0 || control < 0)
        return -errno;
    for (unsigned i = 0; i < LOOP_TRIES && rc == -EBUSY; i++)
        rc = loop_try(control, backing, file, readonly, &fd, ret_name);
    if (rc < 0)
        return rc;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret_device = st.st_rdev;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int light_host_loop_keep(int fd)
{
    struct loop_info64 info;

    if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
        return -errno;
    info.lo_flags &= ~(uint32_t)LO_FLAGS_AUTOCLEAR;
    return ioctl(fd, LOOP_SET_STATUS64, &info) < 0 ? -errno : 0;
}

/* A file that has gone, or cannot be told: yes. */
static bool is_of_file(int fd, const char *file)
{
    struct loop_info64 info;
    struct stat st;

    if (!file || stat(file, &st) < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
        return true;
    return info.lo_device == st.st_dev && info.lo_inode == st.st_ino;
}

int light_host_loop_free(const char *name, const char *file)
{
    struct stat st;
    int fd _cleanup_close_ = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) < 0)
        return errno == ENXIO || errno == ENOENT ? 0 : -errno;
    if (!S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR)
        return -ENOTTY;
    if (!is_of_file(fd, file))
        return 0;
    return ioctl(fd, LOOP_CLR_FD) < 0 && errno != ENXIO ? -errno : 0;
}

/* --- network interfaces --- */

const char *light_host_nics = "/sys/class/net";

int light_host_nic_watch(int *ret_fd)
{
    const struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
    int fd _cleanup_close_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&links, sizeof(links)) < 0)
        return -errno;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* What has changed does not matter: who was told looks for himself. Messages that got lost are news, too. */
void light_host_nic_seen(int fd)
{
    char message[64];

    for (unsigned i = 0; i < SEEN_AT_ONCE; i++)
        if (recv(fd, message, sizeof(message), 0) < 0 && errno != ENOBUFS && errno != EINTR)
            return;
}

bool light_host_nic_there(const char *name)
{
    return if_nametoindex(name) != 0;
}

/* Who sends from a backend is the guest, with an address of its own: the bridge shall never choose this one. */
static const unsigned char backend_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static int nic_call(int s, unsigned long request, const char *name, struct ifreq *r)
{
    if (strlen(name) >= IFNAMSIZ)
        return -ENAMETOOLONG;
    memcpy(r->ifr_name, name, strlen(name) + 1);
    return ioctl(s, request, r) < 0 ? -errno : 0;
}

static int nic_flags(int s, const char *name, short set, short clear)
{
    struct ifreq r = { 0 };
    int rc = nic_call(s, SIOCGIFFLAGS, name, &r);

    if (rc < 0)
        return rc;
    r.ifr_flags = (short)((r.ifr_flags & ~clear) | set);
    return nic_call(s, SIOCSIFFLAGS, name, &r);
}

static int nic_rename(int s, const char *name, const char *new_name)
{
    struct ifreq r = { 0 };

    if (strlen(new_name) >= IFNAMSIZ)
        return -ENAMETOOLONG;
    memcpy(r.ifr_newname, new_name, strlen(new_name) + 1);
    return nic_call(s, SIOCSIFNAME, name, &r);
}

static int nic_set_mac(int s, const char *name)
{
    struct ifreq r = { 0 };

    r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(r.ifr_hwaddr.sa_data, backend_mac, sizeof(backend_mac));
    return nic_call(s, SIOCSIFHWADDR, name, &r);
}

int light_host_nic_address(const char *name, struct in_addr *ret_address)
{
    int s _cleanup_close_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;
    struct ifreq r = { .ifr_addr.sa_family = AF_INET };
    struct sockaddr_in found;

    if (s < 0)
        return -errno;
    rc = nic_call(s, SIOCGIFADDR, name, &r);
    if (rc < 0)
        return rc;
    memcpy(&found, &r.ifr_addr, sizeof(found));
    *ret_address = found.sin_addr;
    return 0;
}

static int nic_set_mtu(int s, const char *name, struct light_host_nic *nic)
{
    struct ifreq r = { 0 };
    int rc = 0;

    if (!nic->mtu) {
        rc = nic_call(s, SIOCGIFMTU, nic->bridge ? nic->bridge : name, &r);
        nic->mtu = rc < 0 ? 0 : (unsigned)r.ifr_mtu;
    }
    r.ifr_mtu = (int)nic->mtu;
    return rc < 0 ? rc : nic_call(s, SIOCSIFMTU, name, &r);
}

static int bridge_add(int s, const char *bridge, const char *name)
{
    struct ifreq r = { 0 };

    r.ifr_ifindex = (int)if_nametoindex(name);
    if (!r.ifr_ifindex)
        return -errno;
    return nic_call(s, SIOCBRADDIF, bridge, &r);
}

int light_host_nic_up(struct light_host_nic *nic, const char **ret_what)
{
    int s _cleanup_close_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;
    const char *name = nic->new_name[0] ? nic->new_name : nic->name;

    *ret_what = "a socket";
    if (s < 0)
        return -errno;
    *ret_what = "taking it down";
    rc = nic_flags(s, nic->name, 0, IFF_UP);
    if (rc == 0 && nic->new_name[0]) {
        *ret_what = "renaming it";
        rc = nic_rename(s, nic->name, nic->new_name);
    }
    if (rc == 0) {
        *ret_what = "setting its address";
        rc = nic_set_mac(s, name);
    }
    if (rc == 0) {
        *ret_what = "setting its MTU";
        rc = nic_set_mtu(s, name, nic);
    }
    if (rc == 0 && nic->bridge) {
        *ret_what = "adding it to the bridge";
        rc = bridge_add(s, nic->bridge, name);
    }
    if (rc == 0) {
        *ret_what = "taking it up";
        rc = nic_flags(s, name, IFF_UP, 0);
    }
    if (rc == 0 && !nic->bridge) {
        rc = light_route_up(name, nic->address, nic->routes, nic->num_routes, ret_what, &nic->refused);
        if (rc < 0)
            nic_flags(s, name, 0, IFF_UP); /* the routes that it has got go */
    }
    return rc;
}

/* The name may be another's by now: Linux says whose it is. */
static bool is_of_device(const char *name, uint32_t domid, uint32_t devid)
{
    char path[128], link[256], own[40];
    const char *device;
    ssize_t n;

    snprintf(path, sizeof(path), "%s/%s/device", light_host_nics, name);
    n = readlink(path, link, sizeof(link) - 1);
    link[n < 0 ? 0 : n] = '\0';
    device = strrchr(link, '/');
    snprintf(own, sizeof(own), "/vif-%u-%u", domid, devid);
    return device && !strcmp(device, own);
}

int light_host_nic_down(const char *name, uint32_t domid, uint32_t devid)
{
    int s _cleanup_close_ = -1, rc;

    if (!is_of_device(name, domid, devid))
        return 0;
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return -errno;
    rc = nic_flags(s, name, 0, IFF_UP);
    return rc == -ENODEV ? 0 : rc;
}
