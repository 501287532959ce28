/* SPDX-License-Identifier: GPL-2.0-only */
#include "light/device_host_fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "light/device_host.h"

#define LOOPS 8

static struct fake_loop {
    int fd;
    ino_t inode; /* of what fd is: the number may be another's by now */
    bool kept;
} loops[LOOPS];

static unsigned left, looks;
static int error_at;
static bool failed;
bool fake_host_no_nics;
char fake_host_nic[160], fake_host_nic_down[40];

void fake_host_reset(void)
{
    for (unsigned i = 0; i < LOOPS; i++)
        loops[i] = (struct fake_loop){ .fd = -1 };
    left = looks = 0;
    fake_host_no_nics = false;
    fake_host_nic[0] = fake_host_nic_down[0] = '\0';
}

void fake_host_fail(unsigned nth, int error)
{
    left = nth;
    error_at = error;
    failed = false;
}

bool fake_host_failed(void)
{
    return failed;
}

static bool fails(void)
{
    if (!left || --left)
        return false;
    failed = true;
    return true;
}

/* One whose descriptor is closed went with it, unless it is kept. */
static bool is_used(struct fake_loop *l)
{
    struct stat st;

    if (l->fd >= 0 && (fstat(l->fd, &st) < 0 || st.st_ino != l->inode))
        l->fd = -1;
    return l->kept || l->fd >= 0;
}

unsigned fake_host_loops(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < LOOPS; i++)
        count += is_used(&loops[i]);
    return count;
}

int light_host_disk(const char *path, struct light_host_disk *ret_disk)
{
    struct stat st;

    if (fails())
        return -error_at;
    if (!strncmp(path, "/block/", 7)) {
        *ret_disk = (struct light_host_disk){ .is_block = true, .device = 0xca00u + (unsigned)atoi(path + 7) };
        return 0;
    }
    if (stat(path, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    *ret_disk = (struct light_host_disk){ .device = st.st_dev, .inode = st.st_ino };
    return 0;
}

int light_host_disk_usable(const char *path, bool readonly)
{
    if (fails())
        return -error_at;
    return !readonly && !strcmp(path, "/block/99") ? -EBUSY : 0;
}

void light_host_device_text(uint64_t device, char *ret_text, size_t size)
{
    snprintf(ret_text, size, "%x:%x", (unsigned)device >> 8, (unsigned)device & 0xff);
}

int light_host_loop_new(const char *file, bool readonly, int *ret_fd, char ret_name[LIGHT_LOOP_NAME], uint64_t *ret_device)
{
    struct stat st;

    (void)file, (void)readonly;
    if (fails())
        return -error_at;
    for (unsigned i = 0; i < LOOPS; i++) {
        if (is_used(&loops[i]))
            continue;
        loops[i].fd = *ret_fd = memfd_create("loop", MFD_CLOEXEC);
        snprintf(ret_name, LIGHT_LOOP_NAME, "/dev/loop%u", i);
        *ret_device = 0x700 + i;
        if (*ret_fd < 0 || fstat(*ret_fd, &st) < 0)
            return -errno;
        loops[i].inode = st.st_ino;
        return 0;
    }
    return -ENODEV;
}

int light_host_loop_keep(int fd)
{
    if (fails())
        return -error_at;
    for (unsigned i = 0; i < LOOPS; i++)
        if (loops[i].fd == fd)
            loops[i].kept = true;
    return 0;
}

int light_host_loop_free(const char *name, const char *file)
{
    unsigned number = (unsigned)atoi(name + strlen("/dev/loop"));

    (void)file;
    if (fails())
        return -error_at;
    if (number < LOOPS)
        loops[number].kept = false;
    return 0;
}

int light_host_nic_watch(int *ret_fd)
{
    if (fails())
        return -error_at;
    looks = 0;
    *ret_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    return *ret_fd < 0 ? -errno : 0;
}

void light_host_nic_seen(int fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof(count)); /* nothing there is fine, too */
}

bool light_host_nic_there(const char *name)
{
    (void)name;
    return looks++ > 0 && !fake_host_no_nics;
}

int light_host_nic_up(struct light_host_nic *nic, const char **ret_what)
{
    int n;

    *ret_what = "what fails";
    if (fails())
        return -error_at;
    if (nic->bridge && !strcmp(nic->bridge, "nobr"))
        return -ENODEV;
    nic->mtu = nic->mtu ? nic->mtu : 1500;
    n = snprintf(fake_host_nic, sizeof(fake_host_nic), "%s %s %s %u", nic->name, nic->new_name,
                 nic->bridge ? nic->bridge : inet_ntoa(nic->address), nic->mtu);
    for (unsigned i = 0; i < nic->num_routes; i++) {
        nic->refused = &nic->routes[i];
        if (!strcmp(nic->routes[i].text, "10.6.6.6"))
            return -EEXIST;
        if (!strcmp(nic->routes[i].text, "10.6.6.7"))
            return -ENETDOWN;
        n += snprintf(fake_host_nic + n, sizeof(fake_host_nic) - (size_t)n, " %s", nic->routes[i].text);
    }
    return 0;
}

int light_host_nic_address(const char *name, struct in_addr *ret_address)
{
    if (fails())
        return -error_at;
    if (!strcmp(name, "nodev"))
        return -ENODEV;
    if (!strcmp(name, "noaddr"))
        return -EADDRNOTAVAIL;
    inet_aton("192.0.2.1", ret_address);
    return 0;
}

int light_host_nic_down(const char *name, uint32_t domid, uint32_t devid)
{
    if (fails())
        return -error_at;
    snprintf(fake_host_nic_down, sizeof(fake_host_nic_down), "%s of %u %u", name, domid, devid);
    return 0;
}
