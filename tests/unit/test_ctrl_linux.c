/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libs/ctrl's Linux devices over a kernel of the test's own: every system call that they make is wrapped (-Wl,--wrap), each
 * request is looked at as the kernel would, and each call fails once. Nothing may stay open or mapped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctrl/ctrl.h"
#include "ctrl/linux_xen.h"

#define FD_EVTCHN 101
#define FD_GNTDEV 102
#define FD_PRIVCMD 103
#define FD_HYPERCALL 104
#define INDEX 0x7000u

static struct kernel {
    int countdown, error; /* the call that fails, and how */
    int opened, mapped, granted;
    unsigned long request;
    union {
        uint32_t word[2];
        struct linux_gntdev_notify notify;
        struct linux_privcmd_hypercall hypercall;
        struct linux_privcmd_resource resource;
    } argument;
    struct linux_grant grants[CTRL_GRANTS_MAX];
    int page_error;
    unsigned copied;
    uint32_t unmasked;
    bool short_write;
} kernel;
static char memory[CTRL_GRANTS_MAX * CTRL_PAGE_SIZE] __attribute__((aligned(4096)));

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
void *__real_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *addr, size_t size);
int __real_munmap(void *addr, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);

/* Does this call fail? */
static bool fails(void)
{
    if (kernel.countdown == 0 || --kernel.countdown > 0)
        return false;
    errno = kernel.error;
    return true;
}

int __wrap_open(const char *path, int flags, ...)
{
    static const char *const names[] = { "/dev/xen/evtchn", "/dev/xen/gntdev", "/dev/xen/privcmd", "/dev/xen/hypercall" };

    for (int i = 0; i < 4; i++)
        if (!strcmp(path, names[i])) {
            assert_true(flags & O_CLOEXEC);
            assert_int_equal(!(flags & O_NONBLOCK), i != 0);
            if (fails())
                return -1;
            kernel.opened++;
            return FD_EVTCHN + i;
        }
    return __real_open(path, flags, 0600);
}

int __wrap_close(int fd)
{
    if (fd < FD_EVTCHN || fd > FD_HYPERCALL)
        return __real_close(fd);
    kernel.opened--;
    return 0;
}

static int gntdev_ioctl(unsigned long request, void *argument)
{
    struct linux_gntdev_map *map = argument;
    struct linux_gntdev_offset *where = argument;
    struct linux_gntdev_unmap *unmap = argument;
    const struct linux_gntdev_copy *copy = argument;

    switch (request) {
    case GNTDEV_MAP:
        memcpy(kernel.grants, map->refs, map->count * sizeof(map->refs[0]));
        kernel.granted += (int)map->count;
        map->index = INDEX;
        return 0;
    case GNTDEV_OFFSET:
        assert_ptr_equal((void *)(uintptr_t)where->vaddr, memory);
        where->offset = INDEX;
        where->count = (uint32_t)kernel.granted;
        return 0;
    case GNTDEV_UNMAP:
        assert_int_equal(unmap->index, INDEX);
        kernel.granted -= (int)unmap->count;
        return 0;
    case GNTDEV_COPY:
        for (uint32_t i = 0; i < copy->count; i++) {
            struct linux_gntdev_copy_segment *segment = (void *)(uintptr_t)(copy->segments + i * sizeof(*segment));

            assert_int_equal(segment->flags, 2); /* the destination is granted */
            assert_int_equal(segment->dest.foreign.domid, 6);
            kernel.copied += segment->len;
            segment->status = segment->dest.foreign.ref == 13 ? -3 : 0;
        }
        return 0;
    case GNTDEV_SET_NOTIFY:
        memcpy(&kernel.argument, argument, sizeof(kernel.argument.notify));
        return 0;
    }
    fail_msg("request %lx on gntdev", request);
    return -1;
}

static int privcmd_ioctl(unsigned long request, void *argument)
{
    const struct linux_privcmd_mmapbatch *batch = argument;
    const struct linux_privcmd_dm_op *dm_op = argument;

    switch (request) {
    case PRIVCMD_HYPERCALL:
        memcpy(&kernel.argument, argument, sizeof(kernel.argument.hypercall));
        return 7;
    case PRIVCMD_MMAPBATCH_V2:
        assert_int_equal(batch->domid, 9);
        assert_int_equal(batch->num, 2);
        assert_ptr_equal((void *)(uintptr_t)batch->addr, memory);
        batch->errs[0] = 0;
        batch->errs[1] = kernel.page_error;
        errno = ENOENT;
        return kernel.page_error == -ENOENT ? -1 : 0;
    case PRIVCMD_DM_OP:
        assert_int_equal(dm_op->domid, 9);
        assert_int_equal(dm_op->num, 2);
        assert_int_equal(dm_op->bufs[1].size, 3);
        return 0;
    case PRIVCMD_MMAP_RESOURCE:
        memcpy(&kernel.argument, argument, sizeof(kernel.argument.resource));
        return 0;
    }
    fail_msg("request %lx on privcmd", request);
    return -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *argument;

    va_start(args, request);
    argument = va_arg(args, void *);
    va_end(args);
    if (fails())
        return -1;
    kernel.request = request;
    if (fd == FD_GNTDEV)
        return gntdev_ioctl(request, argument);
    if (fd == FD_PRIVCMD)
        return privcmd_ioctl(request, argument);
    assert_int_equal(fd, FD_EVTCHN);
    memcpy(kernel.argument.word, argument, _IOC_SIZE(request));
    return request == EVTCHN_UNBIND || request == EVTCHN_NOTIFY ? 0 : 33;
}

void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
    if (fd < FD_EVTCHN || fd > FD_HYPERCALL)
        return __real_mmap(addr, size, prot, flags, fd, offset);
    if (fails())
        return MAP_FAILED;
    assert_int_equal(flags, MAP_SHARED);
    assert_int_equal(offset, fd == FD_GNTDEV ? INDEX : 0);
    kernel.mapped += (int)(size / CTRL_PAGE_SIZE);
    return memory;
}

int __wrap_munmap(void *addr, size_t size)
{
    if (addr != memory)
        return __real_munmap(addr, size);
    if (fails())
        return -1;
    kernel.mapped -= (int)(size / CTRL_PAGE_SIZE);
    return 0;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
    static const uint32_t ports[2] = { 5, 1000 };

    if (fd != FD_EVTCHN)
        return __real_read(fd, buf, size);
    if (fails())
        return -1;
    assert_int_equal(size, 16);
    memcpy(buf, ports, sizeof(ports));
    return sizeof(ports);
}

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
    if (fd != FD_EVTCHN)
        return __real_write(fd, buf, size);
    if (fails())
        return -1;
    assert_int_equal(size, 4);
    memcpy(&kernel.unmasked, buf, 4);
    return kernel.short_write ? 2 : 4;
}

static void kernel_fail(int call, int error)
{
    kernel.countdown = call;
    kernel.error = error;
}

static int setup(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof(kernel));
    return 0;
}

/* --- evtchn --- */

static void evtchn_binds(void **state)
{
    struct ctrl_evtchn *e = NULL;
    uint32_t port = 1;

    (void)state;
    kernel_fail(1, ENOENT);
    assert_int_equal(ctrl_transport->evtchn_open(&e), -ENOENT);
    assert_null(e);
    assert_int_equal(ctrl_transport->evtchn_open(&e), 0);

    assert_int_equal(ctrl_evtchn_bind_interdomain(e, 3, 4, &port), 0);
    assert_int_equal(kernel.request, _IOC(_IOC_NONE, 'E', 1, 8));
    assert_int_equal(kernel.argument.word[0], 3);
    assert_int_equal(kernel.argument.word[1], 4);
    assert_int_equal(port, 33);
    assert_int_equal(ctrl_evtchn_bind_unbound(e, 6, &port), 0);
    assert_int_equal(kernel.request, _IOC(_IOC_NONE, 'E', 2, 4));
    assert_int_equal(ctrl_evtchn_bind_virq(e, 8, &port), 0);
    assert_int_equal(kernel.request, _IOC(_IOC_NONE, 'E', 0, 4));
    assert_int_equal(kernel.argument.word[0], 8);

    port = 1;
    kernel_fail(1, ENOSPC);
    assert_int_equal(ctrl_evtchn_bind_interdomain(e, 3, 4, &port), -ENOSPC);
    kernel_fail(1, EPERM);
    assert_int_equal(ctrl_evtchn_bind_unbound(e, 3, &port), -EPERM);
    kernel_fail(1, EEXIST);
    assert_int_equal(ctrl_evtchn_bind_virq(e, 3, &port), -EEXIST);
    assert_int_equal(port, 1);
    ctrl_evtchn_close(e);
    ctrl_evtchn_close(NULL);
    assert_int_equal(kernel.opened, 0);
}

static void evtchn_ports(void **state)
{
    uint32_t ports[4] = { 0 };
    struct ctrl_evtchn *e;

    (void)state;
    assert_int_equal(ctrl_transport->evtchn_open(&e), 0);
    assert_int_equal(ctrl_evtchn_notify(e, 12), 0);
    assert_int_equal(kernel.request, _IOC(_IOC_NONE, 'E', 4, 4));
    assert_int_equal(ctrl_evtchn_unbind(e, 12), 0);
    assert_int_equal(kernel.request, _IOC(_IOC_NONE, 'E', 3, 4));
    assert_int_equal(kernel.argument.word[0], 12);
    kernel_fail(1, ENOTCONN);
    assert_int_equal(ctrl_evtchn_notify(e, 12), -ENOTCONN);
    kernel_fail(1, EINVAL);
    assert_int_equal(ctrl_evtchn_unbind(e, 12), -EINVAL);

    assert_int_equal(ctrl_evtchn_pending(e, ports, 4), 2);
    assert_int_equal(ports[1], 1000);
    kernel_fail(1, EAGAIN);
    assert_int_equal(ctrl_evtchn_pending(e, ports, 4), 0);
    kernel_fail(1, EINTR);
    assert_int_equal(ctrl_evtchn_pending(e, ports, 4), 2);
    kernel_fail(1, EFBIG);
    assert_int_equal(ctrl_evtchn_pending(e, ports, 4), -EFBIG);

    assert_int_equal(ctrl_evtchn_unmask(e, 77), 0);
    assert_int_equal(kernel.unmasked, 77);
    kernel_fail(1, EINTR);
    assert_int_equal(ctrl_evtchn_unmask(e, 77), 0);
    kernel_fail(1, EINVAL);
    assert_int_equal(ctrl_evtchn_unmask(e, 77), -EINVAL);
    kernel.short_write = true;
    assert_int_equal(ctrl_evtchn_unmask(e, 77), -EIO);
    ctrl_evtchn_close(e);
}

/* --- gntdev --- */

static void gnttab_maps(void **state)
{
    static const struct ctrl_unmap_notify notify = { .action = CTRL_NOTIFY_SEND_EVENT, .offset = 8, .port = 4 };
    static const struct ctrl_unmap_notify outside = { .offset = 2 * CTRL_PAGE_SIZE };
    struct ctrl_grant grants[CTRL_GRANTS_MAX] = { { 3, 0 }, { 4, 99 } };
    struct ctrl_gnttab *g = NULL;
    void *addr = NULL;

    (void)state;
    kernel_fail(1, EACCES);
    assert_int_equal(ctrl_transport->gnttab_open(&g), -EACCES);
    assert_int_equal(ctrl_transport->gnttab_open(&g), 0);
    assert_int_equal(ctrl_gnttab_map(g, grants, 0, PROT_READ, NULL, &addr), -EINVAL);
    assert_int_equal(ctrl_gnttab_map(g, grants, CTRL_GRANTS_MAX + 1, PROT_READ, NULL, &addr), -EINVAL);
    assert_int_equal(ctrl_gnttab_map(g, grants, 2, PROT_READ, &outside, &addr), -EINVAL);
    for (int call = 1; call <= 3; call++) { /* map, mmap, set_notify */
        kernel_fail(call, ENOMEM);
        assert_int_equal(ctrl_gnttab_map(g, grants, 2, PROT_READ, &notify, &addr), -ENOMEM);
        assert_int_equal(kernel.granted, 0);
        assert_int_equal(kernel.mapped, 0);
        assert_null(addr);
    }
    assert_int_equal(ctrl_gnttab_map(g, grants, 2, PROT_READ | PROT_WRITE, &notify, &addr), 0);
    assert_int_equal(kernel.grants[1].domid, 4);
    assert_int_equal(kernel.grants[1].ref, 99);
    assert_int_equal(kernel.argument.notify.index, INDEX + 8);
    assert_int_equal(kernel.argument.notify.action, GNTDEV_NOTIFY_SEND_EVENT);
    assert_int_equal(kernel.mapped, 2);
    assert_int_equal(ctrl_gnttab_unmap(g, addr, 1), -EINVAL);
    for (int call = 1; call <= 2; call++) { /* offset, munmap */
        kernel_fail(call, EINVAL);
        assert_int_equal(ctrl_gnttab_unmap(g, addr, 2), -EINVAL);
        assert_int_equal(kernel.mapped, 2);
    }
    assert_int_equal(ctrl_gnttab_unmap(g, addr, 2), 0);
    assert_int_equal(kernel.granted, 0);
    assert_int_equal(kernel.mapped, 0);
    assert_int_equal(ctrl_gnttab_map(g, grants, CTRL_GRANTS_MAX, PROT_READ, NULL, &addr), 0);
    kernel_fail(3, ENOENT);
    assert_int_equal(ctrl_gnttab_unmap(g, addr, CTRL_GRANTS_MAX), -ENOENT);
    ctrl_gnttab_close(g);
    ctrl_gnttab_close(NULL);
    assert_int_equal(kernel.opened, 0);
}

static void gnttab_writes(void **state)
{
    struct ctrl_grant_write writes[300];
    struct ctrl_gnttab *g;

    (void)state;
    assert_int_equal(ctrl_transport->gnttab_open(&g), 0);
    for (unsigned i = 0; i < 300; i++)
        writes[i] = (struct ctrl_grant_write){ .data = "data", .to = { 6, 100 + i }, .offset = 8, .len = 4 };
    assert_int_equal(ctrl_gnttab_write(g, writes, 300), 0);
    assert_int_equal(kernel.copied, 1200);
    assert_int_equal(ctrl_gnttab_write(g, writes, 0), 0);
    kernel_fail(2, EFAULT); /* the second 128 */
    assert_int_equal(ctrl_gnttab_write(g, writes, 300), -EFAULT);
    writes[299].to.ref = 13;
    assert_int_equal(ctrl_gnttab_write(g, writes, 300), -EIO);
    ctrl_gnttab_close(g);
}

/* --- privcmd --- */

static void priv_calls(void **state)
{
    uint64_t args[5] = { 1, 2, 3, 4, 5 };
    struct ctrl_priv *p = NULL;
    void *buffer = NULL;

    (void)state;
    for (int call = 1; call <= 2; call++) {
        kernel_fail(call, ENODEV);
        assert_int_equal(ctrl_transport->priv_open(&p), -ENODEV);
        assert_int_equal(kernel.opened, 0);
    }
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    assert_int_equal(ctrl_hypercall(p, 35, args), 7);
    assert_int_equal(kernel.argument.hypercall.op, 35);
    assert_int_equal(kernel.argument.hypercall.arg[4], 5);
    kernel_fail(1, ESRCH);
    assert_int_equal(ctrl_hypercall(p, 35, args), -ESRCH);

    assert_int_equal(ctrl_buffer_new(p, 0, &buffer), -EINVAL);
    assert_int_equal(ctrl_buffer_new(p, SIZE_MAX, &buffer), -EINVAL);
    kernel_fail(1, ENOMEM);
    assert_int_equal(ctrl_buffer_new(p, 1, &buffer), -ENOMEM);
    assert_int_equal(ctrl_buffer_new(p, CTRL_PAGE_SIZE + 1, &buffer), 0);
    assert_int_equal(kernel.mapped, 2);
    ctrl_buffer_free(p, NULL, 1);
    ctrl_buffer_free(p, buffer, CTRL_PAGE_SIZE + 1);
    assert_int_equal(kernel.mapped, 0);

    /* A small one stays for the next, which is zeroed as a new one is. */
    assert_int_equal(ctrl_buffer_new(p, 8, &buffer), 0);
    memset(buffer, 0xff, 8);
    ctrl_buffer_free(p, buffer, 8);
    assert_int_equal(kernel.mapped, 1);
    kernel_fail(1, ENOMEM);
    assert_int_equal(ctrl_buffer_new(p, 4, &buffer), 0);
    assert_memory_equal(buffer, "\0\0\0\0", 4);
    kernel_fail(0, 0);
    ctrl_buffer_free(p, buffer, 4);
    ctrl_priv_close(p);
    assert_int_equal(kernel.mapped, 0);
    ctrl_priv_close(NULL);
    assert_int_equal(kernel.opened, 0);
}

static void priv_maps(void **state)
{
    uint64_t gfns[2] = { 10, 11 };
    struct ctrl_priv *p;
    void *addr = NULL;
    int errs[2];

    (void)state;
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    assert_int_equal(ctrl_map_foreign(p, 0x10000, PROT_READ, 2, gfns, errs, &addr), -EINVAL);
    assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 0, gfns, errs, &addr), -EINVAL);
    for (int call = 1; call <= 2; call++) {
        kernel_fail(call, ENOMEM);
        assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 2, gfns, call == 1 ? errs : NULL, &addr), -ENOMEM);
        assert_int_equal(kernel.mapped, 0);
    }
    kernel.page_error = -EINVAL;
    assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 2, gfns, NULL, &addr), -EINVAL);
    assert_int_equal(kernel.mapped, 0);
    assert_null(addr);
    for (int error = 1; error <= ENOENT; error += ENOENT - 1) { /* refused, paged out: each page has its own error */
        kernel.page_error = -error;
        assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 2, gfns, errs, &addr), 0);
        assert_int_equal(errs[1], -error);
        assert_int_equal(ctrl_unmap(p, addr, 2), 0);
    }
    assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 2, gfns, NULL, &addr), -ENOENT);
    kernel.page_error = 0;
    assert_int_equal(ctrl_map_foreign(p, 9, PROT_READ, 2, gfns, NULL, &addr), 0);
    kernel_fail(1, EINVAL);
    assert_int_equal(ctrl_unmap(p, addr, 2), -EINVAL);
    assert_int_equal(ctrl_unmap(p, addr, 2), 0);
    ctrl_priv_close(p);
    assert_int_equal(kernel.mapped, 0);
}

static void priv_resources(void **state)
{
    char bytes[3];
    struct ctrl_buf bufs[9] = { { bytes, 1 }, { bytes, 3 } };
    struct ctrl_priv *p;
    void *addr = NULL;

    (void)state;
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    assert_int_equal(ctrl_map_resource(p, 0x10000, 1, 0, 0, 2, PROT_READ, &addr), -EINVAL);
    for (int call = 1; call <= 2; call++) {
        kernel_fail(call, EPERM);
        assert_int_equal(ctrl_map_resource(p, 9, 1, 0, 0, 2, PROT_READ, &addr), -EPERM);
        assert_int_equal(kernel.mapped, 0);
    }
    assert_int_equal(ctrl_map_resource(p, 9, 1, 6, 5, 2, PROT_READ, &addr), 0);
    assert_int_equal(kernel.argument.resource.domid, 9);
    assert_int_equal(kernel.argument.resource.type, 1);
    assert_int_equal(kernel.argument.resource.id, 6);
    assert_int_equal(kernel.argument.resource.first, 5);
    assert_int_equal(kernel.argument.resource.num, 2);
    assert_int_equal(ctrl_unmap(p, addr, 2), 0);

    assert_int_equal(ctrl_dm_op(p, 9, bufs, 2), 0);
    assert_int_equal(ctrl_dm_op(p, 9, bufs, 9), -EINVAL);
    assert_int_equal(ctrl_dm_op(p, 0x10000, bufs, 2), -EINVAL);
    kernel_fail(1, EFAULT);
    assert_int_equal(ctrl_dm_op(p, 9, bufs, 2), -EFAULT);
    ctrl_priv_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(evtchn_binds, setup), cmocka_unit_test_setup(evtchn_ports, setup),
        cmocka_unit_test_setup(gnttab_maps, setup),
        cmocka_unit_test_setup(gnttab_writes, setup),  cmocka_unit_test_setup(priv_calls, setup),
        cmocka_unit_test_setup(priv_maps, setup),    cmocka_unit_test_setup(priv_resources, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
