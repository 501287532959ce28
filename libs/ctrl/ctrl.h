/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The hypervisor as a toolstack sees it: event channels, granted and foreign pages, hypercalls. A transport is where they
 * come from: ctrl_linux is the kernel's devices; tests have one of their own (tests/fake/ctrl_fake.h). Functions return
 * 0 (or what they say) or -errno; ret_* are untouched on failure; nothing here prints. A handle is used by one thread
 * at a time. Handles are not inherited by programs that the process executes.
 */
#ifndef XENOLITH_CTRL_H
#define XENOLITH_CTRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTRL_PAGE_SIZE 4096u

/* --- event channels: local ports of this domain --- */
struct ctrl_evtchn {
    const struct ctrl_evtchn_ops *ops;
    int fd; /* readable when a port is pending */
};

struct ctrl_evtchn_ops {
    int (*bind_interdomain)(struct ctrl_evtchn *e, uint32_t domid, uint32_t remote, uint32_t *ret_port);
    int (*bind_unbound)(struct ctrl_evtchn *e, uint32_t domid, uint32_t *ret_port);
    int (*bind_virq)(struct ctrl_evtchn *e, uint32_t virq, uint32_t *ret_port);
    int (*unbind)(struct ctrl_evtchn *e, uint32_t port);
    int (*notify)(struct ctrl_evtchn *e, uint32_t port);
    int (*pending)(struct ctrl_evtchn *e, uint32_t *ports, unsigned max);
    int (*unmask)(struct ctrl_evtchn *e, uint32_t port);
    void (*close)(struct ctrl_evtchn *e);
};

/* The port is bound, and pending once at once, whatever the other end did before. */
static inline int ctrl_evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t domid, uint32_t remote, uint32_t *ret_port)
{
    return e->ops->bind_interdomain(e, domid, remote, ret_port);
}

/* A new port that domid may bind to. */
static inline int ctrl_evtchn_bind_unbound(struct ctrl_evtchn *e, uint32_t domid, uint32_t *ret_port)
{
    return e->ops->bind_unbound(e, domid, ret_port);
}

static inline int ctrl_evtchn_bind_virq(struct ctrl_evtchn *e, uint32_t virq, uint32_t *ret_port)
{
    return e->ops->bind_virq(e, virq, ret_port);
}

static inline int ctrl_evtchn_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    return e->ops->unbind(e, port);
}

static inline int ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    return e->ops->notify(e, port);
}

/* How many ports were pending: up to max, each masked until ctrl_evtchn_unmask(). -EFBIG: the kernel lost some. */
static inline int ctrl_evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned max)
{
    return e->ops->pending(e, ports, max);
}

static inline int ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    return e->ops->unmask(e, port);
}

/* NULL is fine here and in the other closing functions. Ports are closed with their handle. */
static inline void ctrl_evtchn_close(struct ctrl_evtchn *e)
{
    if (e)
        e->ops->close(e);
}

/* --- granted pages --- */
struct ctrl_gnttab {
    const struct ctrl_gnttab_ops *ops;
};

struct ctrl_grant {
    uint32_t domid, ref;
};

/* What is done when a mapping goes, even by the death of this process. */
#define CTRL_NOTIFY_CLEAR_BYTE 1u
#define CTRL_NOTIFY_SEND_EVENT 2u
struct ctrl_unmap_notify {
    uint32_t action, offset, port;
};

/* Bytes of this process's for a page that another domain grants, for writing. */
struct ctrl_grant_write {
    const void *data;
    struct ctrl_grant to;
    uint16_t offset, len; /* in the page; len is not 0 */
};

struct ctrl_gnttab_ops {
    int (*map)(struct ctrl_gnttab *g, const struct ctrl_grant *grants, unsigned count, int prot,
               const struct ctrl_unmap_notify *notify, void **ret_addr);
    int (*unmap)(struct ctrl_gnttab *g, void *addr, unsigned count);
    int (*write)(struct ctrl_gnttab *g, const struct ctrl_grant_write *writes, unsigned count);
    void (*close)(struct ctrl_gnttab *g);
};

#define CTRL_GRANTS_MAX 128u /* in one mapping */

/* count pages in a row; prot as for mmap(); notify may be NULL. All or nothing. */
static inline int ctrl_gnttab_map(struct ctrl_gnttab *g, const struct ctrl_grant *grants, unsigned count, int prot,
                                  const struct ctrl_unmap_notify *notify, void **ret_addr)
{
    return g->ops->map(g, grants, count, prot, notify, ret_addr);
}

static inline int ctrl_gnttab_unmap(struct ctrl_gnttab *g, void *addr, unsigned count)
{
    return g->ops->unmap(g, addr, count);
}

/*
 * The hypervisor copies, and nothing is mapped: for many pages a fraction of what mapping them costs. After an error some
 * may have been written. -EIO: the hypervisor refused one.
 */
static inline int ctrl_gnttab_write(struct ctrl_gnttab *g, const struct ctrl_grant_write *writes, unsigned count)
{
    return g->ops->write(g, writes, count);
}

static inline void ctrl_gnttab_close(struct ctrl_gnttab *g)
{
    if (g)
        g->ops->close(g);
}

/* --- hypercalls, and other domains' memory --- */
struct ctrl_priv {
    const struct ctrl_priv_ops *ops;
};

struct ctrl_buf {
    void *data;
    size_t size;
};

struct ctrl_priv_ops {
    long (*hypercall)(struct ctrl_priv *p, unsigned op, const uint64_t args[5]);
    int (*buffer_new)(struct ctrl_priv *p, size_t size, void **ret_buffer);
    void (*buffer_free)(struct ctrl_priv *p, void *buffer, size_t size);
    int (*map_foreign)(struct ctrl_priv *p, uint32_t domid, int prot, unsigned count, const uint64_t *gfns, int *errs,
                       void **ret_addr);
    int (*map_resource)(struct ctrl_priv *p, uint32_t domid, uint32_t type, uint32_t id, uint32_t first, unsigned count,
                        int prot, void **ret_addr);
    int (*unmap)(struct ctrl_priv *p, void *addr, unsigned count);
    int (*dm_op)(struct ctrl_priv *p, uint32_t domid, const struct ctrl_buf *bufs, unsigned count);
    void (*close)(struct ctrl_priv *p);
};

/* What the hypervisor returns: 0 or more, or -errno. What an argument points to has to be in a buffer_new(). */
static inline long ctrl_hypercall(struct ctrl_priv *p, unsigned op, const uint64_t args[5])
{
    return p->ops->hypercall(p, op, args);
}

/* Zeroed memory that hypercalls may read and write. */
static inline int ctrl_buffer_new(struct ctrl_priv *p, size_t size, void **ret_buffer)
{
    return p->ops->buffer_new(p, size, ret_buffer);
}

static inline void ctrl_buffer_free(struct ctrl_priv *p, void *buffer, size_t size)
{
    if (buffer)
        p->ops->buffer_free(p, buffer, size);
}

/* errs: 0 or -errno for each page; a page that has one faults when it is touched. Without errs it is all or nothing. */
static inline int ctrl_map_foreign(struct ctrl_priv *p, uint32_t domid, int prot, unsigned count, const uint64_t *gfns,
                                   int *errs, void **ret_addr)
{
    return p->ops->map_foreign(p, domid, prot, count, gfns, errs, ret_addr);
}

/* Pages of the hypervisor's that belong to a domain: XENMEM_acquire_resource's type, id and frames. */
static inline int ctrl_map_resource(struct ctrl_priv *p, uint32_t domid, uint32_t type, uint32_t id, uint32_t first,
                                    unsigned count, int prot, void **ret_addr)
{
    return p->ops->map_resource(p, domid, type, id, first, count, prot, ret_addr);
}

static inline int ctrl_unmap(struct ctrl_priv *p, void *addr, unsigned count)
{
    return p->ops->unmap(p, addr, count);
}

static inline int ctrl_dm_op(struct ctrl_priv *p, uint32_t domid, const struct ctrl_buf *bufs, unsigned count)
{
    return p->ops->dm_op(p, domid, bufs, count);
}

static inline void ctrl_priv_close(struct ctrl_priv *p)
{
    if (p)
        p->ops->close(p);
}

/* --- transports --- */
struct ctrl_transport {
    int (*evtchn_open)(struct ctrl_evtchn **ret_evtchn);
    int (*gnttab_open)(struct ctrl_gnttab **ret_gnttab);
    int (*priv_open)(struct ctrl_priv **ret_priv);
    /*
     * The handle on a descriptor that another process opened and bound ports of, which are bound still; it is the handle's
     * then. NULL: cannot be done here.
     */
    int (*evtchn_adopt)(int fd, struct ctrl_evtchn **ret_evtchn);
};

/* The one that this program is linked with: libs/ctrl/transport.c has the kernel's, tests/fake another. */
extern const struct ctrl_transport *const ctrl_transport;
extern const struct ctrl_transport ctrl_linux;

#endif
