/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake/ctrl_fake.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/query.h"
#include "public/sysctl.h"
#include "public/xen.h"

#define PORTS_DOM0 4096u
#define PORTS_GUEST 16u
#define HANDLES 1200u
#define LOG_SIZE 16384u

enum port_state { PORT_FREE, PORT_UNBOUND, PORT_INTERDOMAIN, PORT_VIRQ };

struct port {
    uint8_t state;
    uint8_t masked, pending;
    uint16_t handle;
    uint32_t domid, remote; /* the other end, or the virq */
};

struct guest {
    uint8_t exists, dying, shutdown;
    uint32_t incarnation;
    uint32_t grants[FAKE_GRANTS]; /* page + 1 */
    struct port ports[PORTS_GUEST];
};

struct handle {
    int pid; /* 0: free */
    uint32_t domid;
};

static struct world {
    pthread_mutex_t lock;
    struct guest guests[FAKE_DOMAINS];
    struct port ports_dom0[PORTS_DOM0];
    struct handle handles[HANDLES];
    uint32_t incarnations;
    uint32_t log_end;
    char log[LOG_SIZE];
} *world;
static char world_folder[PATH_MAX - 32];
static int world_fd = -1;
static char *world_pages;
static int bells[HANDLES + 1]; /* that stay open, there are not many; 0: not open */

#define HEADER ((sizeof(struct world) + 4095) & ~(size_t)4095)
#define PAGES_SIZE ((size_t)FAKE_DOMAINS * FAKE_PAGES * CTRL_PAGE_SIZE)

/* --- the world --- */

/* A program may be killed while it holds the lock: every change below is whole or harmless. */
static void lock(void)
{
    if (pthread_mutex_lock(&world->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&world->lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&world->lock);
}

static int world_map(int flags)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/world", world_folder);
    world_fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    if (world_fd < 0 || ((flags & O_CREAT) && ftruncate(world_fd, (off_t)(HEADER + PAGES_SIZE)) < 0))
        return -errno;
    world = mmap(NULL, HEADER, PROT_READ | PROT_WRITE, MAP_SHARED, world_fd, 0);
    world_pages = mmap(NULL, PAGES_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, world_fd, (off_t)HEADER);
    return world == MAP_FAILED || world_pages == MAP_FAILED ? -errno : 0;
}

int fake_world_new(const char *folder)
{
    pthread_mutexattr_t attributes;
    int err;

    snprintf(world_folder, sizeof(world_folder), "%s", folder);
    err = world_map(O_CREAT | O_EXCL);
    if (err < 0)
        return err;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&world->lock, &attributes);
    world->guests[0].exists = 1;
    return 0;
}

int fake_world_join(void)
{
    const char *folder = getenv("FAKE_WORLD");

    if (world)
        return 0;
    if (!folder)
        return -ENOENT;
    snprintf(world_folder, sizeof(world_folder), "%s", folder);
    return world_map(0);
}

void fake_world_leave(void)
{
    munmap(world, HEADER);
    munmap(world_pages, PAGES_SIZE);
    close(world_fd);
    for (unsigned i = 0; i <= HANDLES; i++) {
        if (bells[i] > 0)
            close(bells[i]);
        bells[i] = 0;
    }
    world = NULL;
    world_fd = -1;
}

/* --- event channels --- */

struct fake_evtchn {
    struct ctrl_evtchn base;
    unsigned handle; /* index + 1 */
    uint32_t domid;
};

static struct fake_evtchn *fake_of(struct ctrl_evtchn *e)
{
    return (struct fake_evtchn *)e;
}

static unsigned ports_of(uint32_t domid)
{
    return domid == 0 ? PORTS_DOM0 : PORTS_GUEST;
}

static struct port *port_find(uint32_t domid, uint32_t port)
{
    if (domid >= FAKE_DOMAINS || port == 0 || port >= ports_of(domid))
        return NULL;
    return domid == 0 ? &world->ports_dom0[port] : &world->guests[domid].ports[port];
}

static uint32_t port_free(uint32_t domid)
{
    for (uint32_t port = 1; port < ports_of(domid); port++)
        if (port_find(domid, port)->state == PORT_FREE)
            return port;
    return 0;
}

static int bell_open(unsigned handle)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/bell.%u", world_folder, handle);
    if (mkfifo(path, 0600) < 0 && errno != EEXIST)
        return -errno;
    handle = (unsigned)open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return (int)handle < 0 ? -errno : (int)handle;
}

/* Whoever raises a port rings its owner's bell. */
static void bell_ring(unsigned handle)
{
    if (handle == 0)
        return;
    if (bells[handle] == 0)
        bells[handle] = bell_open(handle);
    if (bells[handle] > 0 && write(bells[handle], "", 1) < 0 && errno != EAGAIN)
        abort();
}

static void port_raise(struct port *p)
{
    p->pending = 1;
    if (!p->masked)
        bell_ring(p->handle);
}

static void port_close(struct port *p, uint32_t domid)
{
    struct port *other = p->state == PORT_INTERDOMAIN ? port_find(p->domid, p->remote) : NULL;

    if (other && other->state == PORT_INTERDOMAIN) {
        other->state = PORT_UNBOUND;
        other->domid = domid;
        other->remote = 0;
    }
    memset(p, 0, sizeof(*p));
}

static int fake_bind_interdomain(struct ctrl_evtchn *e, uint32_t domid, uint32_t remote, uint32_t *ret_port)
{
    uint32_t self = fake_of(e)->domid, number;
    struct port *other, *own;
    int err = -EINVAL;

    lock();
    other = port_find(domid, remote);
    number = port_free(self);
    if (other && world->guests[domid].exists && other->state == PORT_UNBOUND && other->domid == self)
        err = number ? 0 : -ENOSPC;
    if (!err) {
        own = port_find(self, number);
        *own = (struct port){ .state = PORT_INTERDOMAIN, .handle = (uint16_t)fake_of(e)->handle, .domid = domid,
                              .remote = remote };
        other->state = PORT_INTERDOMAIN;
        other->remote = number;
        *ret_port = number;
        port_raise(own);
    }
    unlock();
    return err;
}

static int fake_bind_unbound(struct ctrl_evtchn *e, uint32_t domid, uint32_t *ret_port)
{
    uint32_t number;

    lock();
    number = port_free(fake_of(e)->domid);
    if (number) {
        *port_find(fake_of(e)->domid, number) =
            (struct port){ .state = PORT_UNBOUND, .handle = (uint16_t)fake_of(e)->handle, .domid = domid };
        *ret_port = number;
    }
    unlock();
    return number ? 0 : -ENOSPC;
}

static struct port *virq_find(uint32_t virq)
{
    for (uint32_t port = 1; port < PORTS_DOM0; port++)
        if (world->ports_dom0[port].state == PORT_VIRQ && world->ports_dom0[port].remote == virq)
            return &world->ports_dom0[port];
    return NULL;
}

static int fake_bind_virq(struct ctrl_evtchn *e, uint32_t virq, uint32_t *ret_port)
{
    uint32_t number;
    int err = 0;

    if (fake_of(e)->domid != 0 || virq >= NR_VIRQS)
        return -EINVAL;
    lock();
    number = port_free(0);
    if (virq_find(virq))
        err = -EEXIST;
    else if (!number)
        err = -ENOSPC;
    else
        world->ports_dom0[number] =
            (struct port){ .state = PORT_VIRQ, .handle = (uint16_t)fake_of(e)->handle, .remote = virq };
    unlock();
    if (!err)
        *ret_port = number;
    return err;
}

/* One of this handle's ports, with the lock held. */
static struct port *own_port(struct ctrl_evtchn *e, uint32_t port)
{
    struct port *p = port_find(fake_of(e)->domid, port);

    return p && p->state != PORT_FREE && p->handle == fake_of(e)->handle ? p : NULL;
}

static int fake_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    struct port *p;

    lock();
    p = own_port(e, port);
    if (p)
        port_close(p, fake_of(e)->domid);
    unlock();
    return p ? 0 : -ENOTCONN;
}

static int fake_notify(struct ctrl_evtchn *e, uint32_t port)
{
    struct port *p, *other;

    lock();
    p = own_port(e, port);
    other = p && p->state == PORT_INTERDOMAIN ? port_find(p->domid, p->remote) : NULL;
    if (other)
        port_raise(other);
    unlock();
    return p ? 0 : -ENOTCONN;
}

static int fake_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned max)
{
    char bells[256];
    unsigned n = 0;

    while (read(e->fd, bells, sizeof(bells)) == sizeof(bells))
        ;
    lock();
    for (uint32_t port = 1; port < ports_of(fake_of(e)->domid); port++) {
        struct port *p = own_port(e, port);

        if (!p || !p->pending || p->masked)
            continue;
        if (n == max) {
            bell_ring(fake_of(e)->handle);
            break;
        }
        p->pending = 0;
        p->masked = 1;
        ports[n++] = port;
    }
    unlock();
    return (int)n;
}

static int fake_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    struct port *p;

    lock();
    p = own_port(e, port);
    if (p) {
        p->masked = 0;
        if (p->pending)
            port_raise(p);
    }
    unlock();
    return p ? 0 : -ENOTCONN;
}

static void handle_free(unsigned handle)
{
    struct handle *h = &world->handles[handle - 1];

    for (uint32_t port = 1; port < ports_of(h->domid); port++) {
        struct port *p = port_find(h->domid, port);

        if (p->state != PORT_FREE && p->handle == handle)
            port_close(p, h->domid);
    }
    memset(h, 0, sizeof(*h));
}

static void fake_evtchn_close(struct ctrl_evtchn *e)
{
    lock();
    handle_free(fake_of(e)->handle);
    unlock();
    close(e->fd);
    free(e);
}

void fake_reap(int pid)
{
    lock();
    for (unsigned handle = 1; handle <= HANDLES; handle++)
        if (world->handles[handle - 1].pid == pid)
            handle_free(handle);
    unlock();
}

unsigned fake_ports_of_dom0(void)
{
    unsigned n = 0;

    lock();
    for (uint32_t port = 1; port < PORTS_DOM0; port++)
        n += world->ports_dom0[port].state != PORT_FREE;
    unlock();
    return n;
}

static const struct ctrl_evtchn_ops fake_evtchn_ops = {
    .bind_interdomain = fake_bind_interdomain,
    .bind_unbound = fake_bind_unbound,
    .bind_virq = fake_bind_virq,
    .unbind = fake_unbind,
    .notify = fake_notify,
    .pending = fake_pending,
    .unmask = fake_unmask,
    .close = fake_evtchn_close,
};

/* A process that nobody has waited for yet is dead too: the kernel has closed what it had. */
static bool is_dead(int pid)
{
    char path[32], text[512] = "";
    const char *state;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    if (read(fd, text, sizeof(text) - 1) < 0)
        text[0] = 0;
    close(fd);
    state = strrchr(text, ')');
    return !state || state[2] == 'Z' || state[2] == 'X';
}

int fake_evtchn_open(uint32_t domid, struct ctrl_evtchn **ret_evtchn)
{
    struct fake_evtchn *e = calloc(1, sizeof(*e));
    int err;

    if (!e)
        return -ENOMEM;
    lock();
    for (unsigned handle = HANDLES; handle > 0; handle--) {
        int pid = world->handles[handle - 1].pid;

        if (pid != 0 && is_dead(pid))
            handle_free(handle);
        if (world->handles[handle - 1].pid == 0)
            e->handle = handle;
    }
    if (e->handle)
        world->handles[e->handle - 1] = (struct handle){ .pid = getpid(), .domid = domid };
    unlock();
    err = e->handle ? bell_open(e->handle) : -ENFILE;
    if (err < 0) {
        free(e);
        return err;
    }
    e->base = (struct ctrl_evtchn){ .ops = &fake_evtchn_ops, .fd = err };
    e->domid = domid;
    *ret_evtchn = &e->base;
    return 0;
}

/* The descriptor that a process before this one had, or this one before it became another program: its ports are bound. */
static int fake_evtchn_adopt(int fd, struct ctrl_evtchn **ret_evtchn)
{
    struct fake_evtchn *e = calloc(1, sizeof(*e));
    char link[32], path[PATH_MAX] = "";
    const char *dot = NULL;
    int err = e ? fake_world_join() : -ENOMEM;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (!err && readlink(link, path, sizeof(path) - 1) > 0)
        dot = strrchr(path, '.');
    if (!err && (!dot || atoi(dot + 1) < 1 || atoi(dot + 1) > (int)HANDLES))
        err = -EBADF;
    if (!err) {
        struct handle *h = &world->handles[atoi(dot + 1) - 1];

        lock();
        if (h->pid == 0 || h->domid != 0 || (h->pid != getpid() && !is_dead(h->pid)))
            err = -EBADF;
        else
            h->pid = getpid();
        unlock();
    }
    if (err) {
        free(e);
        return err;
    }
    e->base = (struct ctrl_evtchn){ .ops = &fake_evtchn_ops, .fd = fd };
    e->handle = (unsigned)atoi(dot + 1);
    *ret_evtchn = &e->base;
    return 0;
}

static int fake_evtchn_open_dom0(struct ctrl_evtchn **ret_evtchn)
{
    int err = fake_world_join();

    return err < 0 ? err : fake_evtchn_open(0, ret_evtchn);
}

/* --- domains and their pages --- */

void *fake_page(uint32_t domid, unsigned page)
{
    return world_pages + ((size_t)domid * FAKE_PAGES + page) * CTRL_PAGE_SIZE;
}

static int page_map(uint32_t domid, unsigned page, int prot, void *at)
{
    off_t offset = (off_t)(HEADER + ((size_t)domid * FAKE_PAGES + page) * CTRL_PAGE_SIZE);

    return mmap(at, CTRL_PAGE_SIZE, prot, MAP_SHARED | MAP_FIXED, world_fd, offset) == MAP_FAILED ? -errno : 0;
}

int fake_domain_new(uint32_t domid)
{
    int err = -EEXIST;

    lock();
    if (!world->guests[domid].exists) {
        memset(&world->guests[domid], 0, sizeof(world->guests[domid]));
        memset(fake_page(domid, 0), 0, (size_t)FAKE_PAGES * CTRL_PAGE_SIZE);
        world->guests[domid].incarnation = ++world->incarnations;
        world->guests[domid].exists = 1;
        err = 0;
    }
    unlock();
    return err;
}

static void virq_raise(uint32_t virq)
{
    struct port *p = virq_find(virq);

    if (p)
        port_raise(p);
}

void fake_domain_shutdown(uint32_t domid)
{
    lock();
    world->guests[domid].shutdown = 1;
    virq_raise(VIRQ_DOM_EXC);
    unlock();
}

void fake_domain_die(uint32_t domid)
{
    lock();
    world->guests[domid].dying = 1;
    for (uint32_t port = 1; port < PORTS_GUEST; port++)
        port_close(&world->guests[domid].ports[port], domid);
    virq_raise(VIRQ_DOM_EXC);
    unlock();
}

void fake_domain_free(uint32_t domid)
{
    lock();
    world->guests[domid].exists = 0;
    virq_raise(VIRQ_DOM_EXC);
    unlock();
}

void fake_grant(uint32_t domid, uint32_t ref, unsigned page)
{
    world->guests[domid].grants[ref] = page + 1;
}

void fake_ungrant(uint32_t domid, uint32_t ref)
{
    world->guests[domid].grants[ref] = 0;
}

/* Maps pages, each found by page_of(); a page that is not found leaves its error in errs, or ends it all without errs. */
static int pages_map(unsigned count, int prot, int (*page_of)(const void *what, unsigned i, uint32_t *domid), const void *what,
                     int *errs, void **ret_addr)
{
    size_t size = (size_t)count * CTRL_PAGE_SIZE;
    char *at;

    if (count == 0)
        return -EINVAL;
    at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return -errno;
    for (unsigned i = 0; i < count; i++) {
        uint32_t domid;
        int page = page_of(what, i, &domid);

        if (page >= 0)
            page = page_map(domid, (unsigned)page, prot, at + (size_t)i * CTRL_PAGE_SIZE);
        if (errs)
            errs[i] = page;
        if (page < 0 && !errs) {
            munmap(at, size);
            return page;
        }
    }
    *ret_addr = at;
    return 0;
}

static int pages_unmap(void *addr, unsigned count)
{
    return munmap(addr, (size_t)count * CTRL_PAGE_SIZE) < 0 ? -errno : 0;
}

static bool domain_lives(uint32_t domid)
{
    return domid < FAKE_DOMAINS && world->guests[domid].exists && !world->guests[domid].dying;
}

static int grant_page(const void *what, unsigned i, uint32_t *domid)
{
    const struct ctrl_grant *grant = (const struct ctrl_grant *)what + i;

    *domid = grant->domid;
    if (!domain_lives(*domid) || grant->ref >= FAKE_GRANTS || world->guests[*domid].grants[grant->ref] == 0)
        return -EINVAL;
    return (int)world->guests[*domid].grants[grant->ref] - 1;
}

static int fake_gnttab_map(struct ctrl_gnttab *g, const struct ctrl_grant *grants, unsigned count, int prot,
                           const struct ctrl_unmap_notify *notify, void **ret_addr)
{
    (void)g;
    return notify || count > CTRL_GRANTS_MAX ? -EINVAL : pages_map(count, prot, grant_page, grants, NULL, ret_addr);
}

static int fake_gnttab_unmap(struct ctrl_gnttab *g, void *addr, unsigned count)
{
    (void)g;
    return pages_unmap(addr, count);
}

static int fake_gnttab_write(struct ctrl_gnttab *g, const struct ctrl_grant_write *writes, unsigned count)
{
    (void)g, (void)writes, (void)count;
    return -EOPNOTSUPP;
}

static void fake_gnttab_close(struct ctrl_gnttab *g)
{
    free(g);
}

static int fake_gnttab_open(struct ctrl_gnttab **ret_gnttab)
{
    static const struct ctrl_gnttab_ops ops = {
        .map = fake_gnttab_map, .unmap = fake_gnttab_unmap, .write = fake_gnttab_write, .close = fake_gnttab_close
    };
    int err = fake_world_join();
    struct ctrl_gnttab *g = err < 0 ? NULL : malloc(sizeof(*g));

    if (!g)
        return err < 0 ? err : -ENOMEM;
    g->ops = &ops;
    *ret_gnttab = g;
    return 0;
}

/* --- hypercalls --- */

struct foreign {
    uint32_t domid;
    const uint64_t *gfns;
};

static int foreign_page(const void *what, unsigned i, uint32_t *domid)
{
    const struct foreign *foreign = what;
    uint64_t page = foreign->gfns[i] - FAKE_GFN;

    *domid = foreign->domid;
    return domain_lives(*domid) && page < FAKE_PAGES ? (int)page : -EINVAL;
}

static int fake_map_foreign(struct ctrl_priv *p, uint32_t domid, int prot, unsigned count, const uint64_t *gfns, int *errs,
                            void **ret_addr)
{
    struct foreign foreign = { .domid = domid, .gfns = gfns };

    (void)p;
    return pages_map(count, prot, foreign_page, &foreign, errs, ret_addr);
}

static void domain_fill(uint32_t domid, struct xen_domctl_getdomaininfo *info)
{
    const struct guest *guest = &world->guests[domid];

    *info = (struct xen_domctl_getdomaininfo){ .domain = (uint16_t)domid };
    info->flags = (guest->dying ? XEN_DOMINF_dying : 0) | (guest->shutdown ? XEN_DOMINF_shutdown : 0);
    memcpy(info->handle, &guest->incarnation, sizeof(guest->incarnation));
}

static int sysctl_domains(struct xen_sysctl_getdomaininfolist *list)
{
    struct xen_domctl_getdomaininfo *infos = (void *)(uintptr_t)list->buffer;

    list->num_domains = 0;
    for (uint32_t domid = list->first_domain; domid < FAKE_DOMAINS && list->num_domains < list->max_domains; domid++)
        if (world->guests[domid].exists)
            domain_fill(domid, &infos[list->num_domains++]);
    return 0;
}

static int sysctl_readconsole(struct xen_sysctl_readconsole *read)
{
    uint32_t from = world->log_end > LOG_SIZE ? world->log_end - LOG_SIZE : 0, n = 0;
    char *text = (char *)(uintptr_t)read->buffer;

    if (read->incremental && (int32_t)(read->index - from) > 0)
        from = read->index;
    while (n < read->count && from != world->log_end)
        text[n++] = world->log[from++ % LOG_SIZE];
    read->count = n;
    read->index = from;
    return 0;
}

static long fake_hypercall(struct ctrl_priv *p, unsigned op, const uint64_t args[5])
{
    struct xen_sysctl *sysctl = (void *)(uintptr_t)args[0];
    long ret = -ENOSYS;

    (void)p;
    if (op != __HYPERVISOR_sysctl)
        return -ENOSYS;
    if (sysctl->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    lock();
    if (sysctl->cmd == XEN_SYSCTL_getdomaininfolist)
        ret = sysctl_domains(&sysctl->u.getdomaininfolist);
    else if (sysctl->cmd == XEN_SYSCTL_readconsole)
        ret = sysctl_readconsole(&sysctl->u.readconsole);
    unlock();
    return ret;
}

void fake_hv_print(const char *text)
{
    lock();
    while (*text)
        world->log[world->log_end++ % LOG_SIZE] = *text++;
    virq_raise(VIRQ_CON_RING);
    unlock();
}

static int fake_buffer_new(struct ctrl_priv *p, size_t size, void **ret_buffer)
{
    void *buffer = calloc(1, size);

    (void)p;
    if (!buffer)
        return -ENOMEM;
    *ret_buffer = buffer;
    return 0;
}

static void fake_buffer_free(struct ctrl_priv *p, void *buffer, size_t size)
{
    (void)p;
    (void)size;
    free(buffer);
}

static int fake_map_resource(struct ctrl_priv *p, uint32_t domid, uint32_t type, uint32_t id, uint32_t first,
                             unsigned count, int prot, void **ret_addr)
{
    (void)p, (void)domid, (void)type, (void)id, (void)first, (void)count, (void)prot, (void)ret_addr;
    return -EOPNOTSUPP;
}

static int fake_unmap(struct ctrl_priv *p, void *addr, unsigned count)
{
    (void)p;
    return pages_unmap(addr, count);
}

static int fake_dm_op(struct ctrl_priv *p, uint32_t domid, const struct ctrl_buf *bufs, unsigned count)
{
    (void)p, (void)domid, (void)bufs, (void)count;
    return -EOPNOTSUPP;
}

static void fake_priv_close(struct ctrl_priv *p)
{
    free(p);
}

static int fake_priv_open(struct ctrl_priv **ret_priv)
{
    static const struct ctrl_priv_ops ops = {
        .hypercall = fake_hypercall,
        .buffer_new = fake_buffer_new,
        .buffer_free = fake_buffer_free,
        .map_foreign = fake_map_foreign,
        .map_resource = fake_map_resource,
        .unmap = fake_unmap,
        .dm_op = fake_dm_op,
        .close = fake_priv_close,
    };
    int err = fake_world_join();
    struct ctrl_priv *p = err < 0 ? NULL : malloc(sizeof(*p));

    if (!p)
        return err < 0 ? err : -ENOMEM;
    p->ops = &ops;
    *ret_priv = p;
    return 0;
}

static const struct ctrl_transport fake_transport = {
    .evtchn_open = fake_evtchn_open_dom0,
    .evtchn_adopt = fake_evtchn_adopt,
    .gnttab_open = fake_gnttab_open,
    .priv_open = fake_priv_open,
};

const struct ctrl_transport *const ctrl_transport = &fake_transport;
