/* SPDX-License-Identifier: LGPL-2.1-only */
/* Granted pages by /dev/xen/gntdev. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux_devices.h"
#include "linux_xen.h"
#include "public/grant_table.h"

struct linux_gnttab {
    struct ctrl_gnttab base;
    int fd;
};

_Static_assert(CTRL_NOTIFY_CLEAR_BYTE == GNTDEV_NOTIFY_CLEAR_BYTE, "notify flags are the kernel's");
_Static_assert(CTRL_NOTIFY_SEND_EVENT == GNTDEV_NOTIFY_SEND_EVENT, "notify flags are the kernel's");

static int gnttab_fd(const struct ctrl_gnttab *g)
{
    return ((const struct linux_gnttab *)g)->fd;
}

/* Takes the references: gntdev checks and maps them at mmap(). */
static int gnttab_take(int fd, const struct ctrl_grant *grants, unsigned count, uint64_t *ret_index)
{
    union {
        struct linux_gntdev_map map;
        uint8_t bytes[sizeof(struct linux_gntdev_map) + CTRL_GRANTS_MAX * sizeof(struct linux_grant)];
    } u;

    memset(&u.map, 0, sizeof(u.map));
    u.map.count = count;
    for (unsigned i = 0; i < count; i++) {
        struct linux_grant ref = { .domid = grants[i].domid, .ref = grants[i].ref };

        memcpy(u.bytes + offsetof(struct linux_gntdev_map, refs) + i * sizeof(ref), &ref, sizeof(ref));
    }
    if (ioctl(fd, GNTDEV_MAP, &u.map) < 0)
        return -errno;
    *ret_index = u.map.index;
    return 0;
}

static int gnttab_give_back(int fd, uint64_t index, unsigned count)
{
    struct linux_gntdev_unmap unmap = { .index = index, .count = count };

    return ioctl(fd, GNTDEV_UNMAP, &unmap) < 0 ? -errno : 0;
}

static int gnttab_set_notify(int fd, uint64_t index, const struct ctrl_unmap_notify *notify)
{
    struct linux_gntdev_notify set = { .index = index + notify->offset, .action = notify->action, .port = notify->port };

    return ioctl(fd, GNTDEV_SET_NOTIFY, &set) < 0 ? -errno : 0;
}

static int gnttab_map(struct ctrl_gnttab *g, const struct ctrl_grant *grants, unsigned count, int prot,
                      const struct ctrl_unmap_notify *notify, void **ret_addr)
{
    size_t size = (size_t)count * CTRL_PAGE_SIZE;
    int fd = gnttab_fd(g), err;
    uint64_t index;
    void *addr;

    if (count == 0 || count > CTRL_GRANTS_MAX || (notify && notify->offset >= size))
        return -EINVAL;
    err = gnttab_take(fd, grants, count, &index);
    if (err < 0)
        return err;
    addr = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)index);
    if (addr == MAP_FAILED) {
        err = -errno;
        gnttab_give_back(fd, index, count);
        return err;
    }
    err = notify ? gnttab_set_notify(fd, index, notify) : 0;
    if (err < 0) {
        munmap(addr, size);
        gnttab_give_back(fd, index, count);
        return err;
    }
    *ret_addr = addr;
    return 0;
}

static int gnttab_unmap(struct ctrl_gnttab *g, void *addr, unsigned count)
{
    struct linux_gntdev_offset where = { .vaddr = (uintptr_t)addr };
    int fd = gnttab_fd(g);

    if (ioctl(fd, GNTDEV_OFFSET, &where) < 0)
        return -errno;
    if (where.count != count)
        return -EINVAL;
    if (munmap(addr, (size_t)count * CTRL_PAGE_SIZE) < 0)
        return -errno;
    return gnttab_give_back(fd, where.offset, count);
}

#define SEGMENTS 128u /* in one request */

static int gnttab_write_some(int fd, const struct ctrl_grant_write *writes, unsigned count)
{
    struct linux_gntdev_copy_segment segments[SEGMENTS];
    struct linux_gntdev_copy copy = { .count = count, .segments = (uintptr_t)segments };

    for (unsigned i = 0; i < count; i++)
        segments[i] = (struct linux_gntdev_copy_segment){
            .source.virt = (uintptr_t)writes[i].data,
            .dest.foreign = { .ref = writes[i].to.ref, .offset = writes[i].offset, .domid = (uint16_t)writes[i].to.domid },
            .len = writes[i].len,
            .flags = GNTCOPY_dest_gref,
        };
    if (ioctl(fd, GNTDEV_COPY, &copy) < 0)
        return -errno;
    for (unsigned i = 0; i < count; i++)
        if (segments[i].status != GNTST_okay)
            return -EIO;
    return 0;
}

static int gnttab_write(struct ctrl_gnttab *g, const struct ctrl_grant_write *writes, unsigned count)
{
    int err = 0;

    for (unsigned done = 0; done < count && err == 0; done += SEGMENTS)
        err = gnttab_write_some(gnttab_fd(g), writes + done, count - done < SEGMENTS ? count - done : SEGMENTS);
    return err;
}

static void gnttab_close(struct ctrl_gnttab *g)
{
    close(gnttab_fd(g));
    free(g);
}

static const struct ctrl_gnttab_ops gnttab_ops = {
    .map = gnttab_map,
    .unmap = gnttab_unmap,
    .write = gnttab_write,
    .close = gnttab_close,
};

int linux_gnttab_open(struct ctrl_gnttab **ret_gnttab)
{
    struct linux_gnttab *g = malloc(sizeof(*g));
    int err;

    if (!g)
        return -ENOMEM;
    *g = (struct linux_gnttab){ .base = { .ops = &gnttab_ops }, .fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC) };
    if (g->fd < 0) {
        err = -errno;
        free(g);
        return err;
    }
    *ret_gnttab = &g->base;
    return 0;
}
