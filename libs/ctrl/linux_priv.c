/* SPDX-License-Identifier: LGPL-2.1-only */
/* Hypercalls and foreign memory by /dev/xen/privcmd; memory for arguments by /dev/xen/hypercall. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux_devices.h"
#include "linux_xen.h"

#define SPARE_BUFFERS 4 /* as many as most hypercalls use at once */

struct linux_priv {
    struct ctrl_priv base;
    int fd, buffers;
    void *spare[SPARE_BUFFERS]; /* of one page: making one costs more than most hypercalls */
    unsigned nr_spare;
};

static int priv_fd(const struct ctrl_priv *p)
{
    return ((const struct linux_priv *)p)->fd;
}

static long priv_hypercall(struct ctrl_priv *p, unsigned op, const uint64_t args[5])
{
    struct linux_privcmd_hypercall call = { .op = op, .arg = { args[0], args[1], args[2], args[3], args[4] } };
    int ret = ioctl(priv_fd(p), PRIVCMD_HYPERCALL, &call);

    return ret < 0 ? -errno : ret;
}

static size_t whole_pages(size_t size)
{
    return (size + CTRL_PAGE_SIZE - 1) & ~(size_t)(CTRL_PAGE_SIZE - 1);
}

/* The kernel's pages neither move nor are shared with a child: a hypercall always finds them. */
static int priv_buffer_new(struct ctrl_priv *p, size_t size, void **ret_buffer)
{
    struct linux_priv *priv = (struct linux_priv *)p;
    void *buffer;

    if (size == 0 || whole_pages(size) < size)
        return -EINVAL;
    if (size <= CTRL_PAGE_SIZE && priv->nr_spare) {
        *ret_buffer = memset(priv->spare[--priv->nr_spare], 0, size);
        return 0;
    }
    buffer = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED, priv->buffers, 0);
    if (buffer == MAP_FAILED)
        return -errno;
    *ret_buffer = buffer;
    return 0;
}

static void priv_buffer_free(struct ctrl_priv *p, void *buffer, size_t size)
{
    struct linux_priv *priv = (struct linux_priv *)p;

    if (size <= CTRL_PAGE_SIZE && priv->nr_spare < SPARE_BUFFERS)
        priv->spare[priv->nr_spare++] = buffer;
    else
        munmap(buffer, whole_pages(size));
}

static int priv_unmap(struct ctrl_priv *p, void *addr, unsigned count)
{
    (void)p;
    return munmap(addr, (size_t)count * CTRL_PAGE_SIZE) < 0 ? -errno : 0;
}

static int priv_area(struct ctrl_priv *p, int prot, unsigned count, void **ret_addr)
{
    void *addr;

    if (count == 0)
        return -EINVAL;
    addr = mmap(NULL, (size_t)count * CTRL_PAGE_SIZE, prot, MAP_SHARED, priv_fd(p), 0);
    if (addr == MAP_FAILED)
        return -errno;
    *ret_addr = addr;
    return 0;
}

static int first_error(const int *errs, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (errs[i])
            return errs[i];
    return 0;
}

static int priv_map_foreign(struct ctrl_priv *p, uint32_t domid, int prot, unsigned count, const uint64_t *gfns, int *errs,
                            void **ret_addr)
{
    struct linux_privcmd_mmapbatch batch = { .num = count, .domid = (uint16_t)domid, .gfns = gfns };
    void *addr = NULL;
    int err;

    if (domid > UINT16_MAX)
        return -EINVAL;
    err = priv_area(p, prot, count, &addr);
    if (err < 0)
        return err;
    batch.errs = errs ? errs : calloc(count, sizeof(*errs));
    batch.addr = (uintptr_t)addr;
    if (!batch.errs)
        err = -ENOMEM;
    else if (ioctl(priv_fd(p), PRIVCMD_MMAPBATCH_V2, &batch) < 0)
        err = errs && errno == ENOENT ? 0 : -errno; /* some page is paged out: errs says which */
    if (!err && !errs)
        err = first_error(batch.errs, count);
    if (!errs)
        free(batch.errs);
    if (err)
        priv_unmap(p, addr, count);
    else
        *ret_addr = addr;
    return err;
}

static int priv_map_resource(struct ctrl_priv *p, uint32_t domid, uint32_t type, uint32_t id, uint32_t first,
                             unsigned count, int prot, void **ret_addr)
{
    struct linux_privcmd_resource resource = { .domid = (uint16_t)domid, .type = type, .id = id, .first = first };
    void *addr = NULL;
    int err;

    if (domid > UINT16_MAX)
        return -EINVAL;
    err = priv_area(p, prot, count, &addr);
    if (err < 0)
        return err;
    resource.num = count;
    resource.addr = (uintptr_t)addr;
    if (ioctl(priv_fd(p), PRIVCMD_MMAP_RESOURCE, &resource) < 0) {
        err = -errno;
        priv_unmap(p, addr, count);
        return err;
    }
    *ret_addr = addr;
    return 0;
}

static int priv_dm_op(struct ctrl_priv *p, uint32_t domid, const struct ctrl_buf *bufs, unsigned count)
{
    struct linux_privcmd_buf wire[8];
    struct linux_privcmd_dm_op op = { .domid = (uint16_t)domid, .num = (uint16_t)count, .bufs = wire };

    if (domid > UINT16_MAX || count > sizeof(wire) / sizeof(wire[0]))
        return -EINVAL;
    for (unsigned i = 0; i < count; i++)
        wire[i] = (struct linux_privcmd_buf){ .data = bufs[i].data, .size = bufs[i].size };
    return ioctl(priv_fd(p), PRIVCMD_DM_OP, &op) < 0 ? -errno : 0;
}

static void priv_close(struct ctrl_priv *base)
{
    struct linux_priv *p = (struct linux_priv *)base;

    while (p->nr_spare)
        munmap(p->spare[--p->nr_spare], CTRL_PAGE_SIZE);
    close(p->buffers);
    close(p->fd);
    free(p);
}

static const struct ctrl_priv_ops priv_ops = {
    .hypercall = priv_hypercall,
    .buffer_new = priv_buffer_new,
    .buffer_free = priv_buffer_free,
    .map_foreign = priv_map_foreign,
    .map_resource = priv_map_resource,
    .unmap = priv_unmap,
    .dm_op = priv_dm_op,
    .close = priv_close,
};

int linux_priv_open(struct ctrl_priv **ret_priv)
{
    struct linux_priv *p = malloc(sizeof(*p));
    int err;

    if (!p)
        return -ENOMEM;
    *p = (struct linux_priv){ .base = { .ops = &priv_ops }, .fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC) };
    if (p->fd < 0) {
        err = -errno;
        free(p);
        return err;
    }
    p->buffers = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    if (p->buffers < 0) {
        err = -errno;
        close(p->fd);
        free(p);
        return err;
    }
    *ret_priv = &p->base;
    return 0;
}
