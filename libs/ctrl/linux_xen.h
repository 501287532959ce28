/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What Linux's devices /dev/xen/evtchn, gntdev, privcmd and hypercall take: numbers and layouts of the kernel's public
 * interface, in our words. Every request is an _IOC without direction bits whose size is that of its argument.
 */
#ifndef XENOLITH_CTRL_LINUX_XEN_H
#define XENOLITH_CTRL_LINUX_XEN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define XEN_IOC(letter, nr, type) _IOC(_IOC_NONE, letter, nr, sizeof(type))

/* --- evtchn: bind requests and open ports by number; read() gives pending ports (u32), write() unmasks them --- */
struct linux_evtchn_virq {
    uint32_t virq;
};

struct linux_evtchn_interdomain {
    uint32_t remote_domain, remote_port;
};

struct linux_evtchn_unbound {
    uint32_t remote_domain;
};

struct linux_evtchn_port {
    uint32_t port;
};

#define EVTCHN_BIND_VIRQ XEN_IOC('E', 0, struct linux_evtchn_virq) /* returns the port, as do the next two */
#define EVTCHN_BIND_INTERDOMAIN XEN_IOC('E', 1, struct linux_evtchn_interdomain)
#define EVTCHN_BIND_UNBOUND XEN_IOC('E', 2, struct linux_evtchn_unbound)
#define EVTCHN_UNBIND XEN_IOC('E', 3, struct linux_evtchn_port)
#define EVTCHN_NOTIFY XEN_IOC('E', 4, struct linux_evtchn_port)

/* --- gntdev: a request makes an index, which is the offset for mmap() --- */
struct linux_grant {
    uint32_t domid, ref;
};

struct linux_gntdev_map {
    uint32_t count, pad;
    uint64_t index; /* out */
    struct linux_grant refs[1];
};

struct linux_gntdev_unmap {
    uint64_t index;
    uint32_t count, pad;
};

struct linux_gntdev_offset {
    uint64_t vaddr;
    uint64_t offset; /* out, as is count */
    uint32_t count, pad;
};

#define GNTDEV_NOTIFY_CLEAR_BYTE 1u
#define GNTDEV_NOTIFY_SEND_EVENT 2u
struct linux_gntdev_notify {
    uint64_t index; /* of the byte: the mapping's index plus its offset */
    uint32_t action, port;
};

/* One side of a copy: an address of this process's, or a place in a granted page. */
union linux_gntdev_copy_side {
    uint64_t virt;
    struct {
        uint32_t ref;
        uint16_t offset, domid;
    } foreign;
};

struct linux_gntdev_copy_segment {
    union linux_gntdev_copy_side source, dest;
    uint16_t len, flags; /* GNTCOPY_* of public/grant_table.h: which side is granted */
    int16_t status;      /* out: GNTST_* */
};

struct linux_gntdev_copy {
    uint32_t count;
    uint64_t segments; /* address */
};

#define GNTDEV_MAP XEN_IOC('G', 0, struct linux_gntdev_map) /* sized as with one reference */
#define GNTDEV_UNMAP XEN_IOC('G', 1, struct linux_gntdev_unmap)
#define GNTDEV_OFFSET XEN_IOC('G', 2, struct linux_gntdev_offset)
#define GNTDEV_SET_NOTIFY XEN_IOC('G', 7, struct linux_gntdev_notify)
#define GNTDEV_COPY XEN_IOC('G', 8, struct linux_gntdev_copy)

/* --- privcmd --- */
struct linux_privcmd_hypercall {
    uint64_t op, arg[5];
};

struct linux_privcmd_mmapbatch {
    uint32_t num;
    uint16_t domid;
    uint64_t addr; /* of a mapping of privcmd, which this fills */
    const uint64_t *gfns;
    int *errs; /* out: 0 or -errno for each */
};

struct linux_privcmd_buf {
    void *data;
    size_t size;
};

struct linux_privcmd_dm_op {
    uint16_t domid, num;
    const struct linux_privcmd_buf *bufs;
};

struct linux_privcmd_resource {
    uint16_t domid;
    uint32_t type, id, first;
    uint64_t num, addr; /* num out, when both are 0: how many frames there are */
};

#define PRIVCMD_HYPERCALL XEN_IOC('P', 0, struct linux_privcmd_hypercall)
#define PRIVCMD_MMAPBATCH_V2 XEN_IOC('P', 4, struct linux_privcmd_mmapbatch)
#define PRIVCMD_DM_OP XEN_IOC('P', 5, struct linux_privcmd_dm_op)
#define PRIVCMD_MMAP_RESOURCE XEN_IOC('P', 7, struct linux_privcmd_resource)

_Static_assert(sizeof(struct linux_gntdev_map) == 24, "gntdev map");
_Static_assert(sizeof(struct linux_gntdev_unmap) == 16, "gntdev unmap");
_Static_assert(sizeof(struct linux_gntdev_offset) == 24, "gntdev offset");
_Static_assert(sizeof(struct linux_gntdev_notify) == 16, "gntdev notify");
_Static_assert(sizeof(struct linux_gntdev_copy_segment) == 24, "gntdev copy segment");
_Static_assert(sizeof(struct linux_gntdev_copy) == 16, "gntdev copy");
_Static_assert(sizeof(struct linux_privcmd_hypercall) == 48, "privcmd hypercall");
_Static_assert(sizeof(struct linux_privcmd_mmapbatch) == 32, "privcmd mmapbatch_v2");
_Static_assert(sizeof(struct linux_privcmd_dm_op) == 16, "privcmd dm_op");
_Static_assert(sizeof(struct linux_privcmd_resource) == 32, "privcmd mmap_resource");

#endif
