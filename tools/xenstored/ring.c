/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ctrl/query.h"
#include "ctrl/ctrl.h"
#include "public/grant_table.h"
#include "public/xen.h"

#define PORTS_AT_ONCE 64
#define DOM0_PAGE "/proc/xen/xsd_kva"
#define DOM0_PORT "/proc/xen/xsd_port"

/* The page is shared with somebody who may change it at any time: each index is read once, and checked. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

struct ring {
    struct xenstore_domain_interface *page;
    uint32_t port;
    bool bad; /* its indices made no sense: nothing goes either way until it is introduced again */
};

struct rings {
    struct server *sv;
    struct ctrl_evtchn *evtchn;
    struct ctrl_gnttab *gnttab;
    struct ctrl_priv *priv;
    struct loop_fd src;
    uint32_t virq_port;
    bool kept; /* ports that were bound are bound */
    struct link **by_port;
    uint32_t nr_ports;
    struct ring *introduced; /* of the request that is being executed */
};

/* --- bytes --- */

static void ring_copy_out(const struct ring *ring, uint32_t from, void *to, uint32_t n)
{
    uint32_t at = MASK_XENSTORE_IDX(from), first = XENSTORE_RING_SIZE - at < n ? XENSTORE_RING_SIZE - at : n;

    memcpy(to, ring->page->req + at, first);
    memcpy((uint8_t *)to + first, ring->page->req, n - first);
}

static void ring_copy_in(struct ring *ring, uint32_t to, const void *from, uint32_t n)
{
    uint32_t at = MASK_XENSTORE_IDX(to), first = XENSTORE_RING_SIZE - at < n ? XENSTORE_RING_SIZE - at : n;

    memcpy(ring->page->rsp + at, from, first);
    memcpy(ring->page->rsp, (const uint8_t *)from + first, n - first);
}

static void ring_bad(struct link *l)
{
    log_warn(l->sv->log, "domain %u: the indices of its ring make no sense; it is not listened to any more", l->c->domid);
    l->ring->bad = true;
    WRITE_ONCE(l->ring->page->error, XENSTORE_ERROR_RINGIDX);
}

/* How much the domain has written and nobody has taken. */
static uint32_t ring_input(struct link *l)
{
    uint32_t n;

    if (l->ring->bad)
        return 0;
    n = READ_ONCE(l->ring->page->req_prod) - l->slot->pos.in;
    if (n > XENSTORE_RING_SIZE) {
        ring_bad(l);
        return 0;
    }
    return n;
}

static bool ring_more(struct link *l)
{
    return ring_input(l) != 0;
}

static ssize_t ring_receive(struct link *l)
{
    uint32_t n = ring_input(l);

    if (!n)
        return -EAGAIN;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    journal_arm(l->sv->j, l->slot);
    ring_copy_out(l->ring, l->slot->pos.in, l->sv->j->head->landing.data, n);
    journal_landed(l->sv->j, n);
    return n;
}

static bool ring_is_whole(struct link *l)
{
    uint32_t n = ring_input(l);
    struct xsd_sockmsg hdr;

    if (n < sizeof(hdr))
        return false;
    ring_copy_out(l->ring, l->slot->pos.in, &hdr, sizeof(hdr));
    return n == sizeof(hdr) + hdr.len;
}

static void ring_notify(struct link *l)
{
    struct rings *r = l->sv->rings;

    ctrl_evtchn_notify(r->evtchn, l->ring->port);
}

/* The domain sees what the journal has: also after a restart that found one ahead of the other. */
static void ring_publish(struct link *l)
{
    struct xenstore_domain_interface *page = l->ring->page;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    WRITE_ONCE(page->rsp_prod, l->slot->pos.out);
    WRITE_ONCE(page->req_cons, l->slot->pos.in);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring_notify(l);
}

static void ring_received(struct link *l, uint32_t n)
{
    (void)n;
    ring_publish(l);
}

static ssize_t ring_send(struct link *l, const void *data, size_t len, bool transient)
{
    uint32_t used, room, n;

    if (l->ring->bad)
        return -EAGAIN;
    used = l->slot->pos.out - READ_ONCE(l->ring->page->rsp_cons);
    if (used > XENSTORE_RING_SIZE) {
        ring_bad(l);
        return -EAGAIN;
    }
    room = XENSTORE_RING_SIZE - used;
    n = len < room ? (uint32_t)len : room;
    if (!n)
        return -EAGAIN;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    journal_send_arm(l->sv->j, l->slot, transient);
    ring_copy_in(l->ring, l->slot->pos.out, data, n);
    journal_send_done(l->sv->j, l->slot, n, true, transient);
    if (!transient)
        ring_publish(l);
    return n;
}

static void ring_want(struct link *l, bool input, bool output)
{
    (void)l;
    (void)input;
    (void)output; /* the domain says when it took something */
}

/* --- mapping --- */

static void page_unmap(struct rings *r, unsigned domid, struct xenstore_domain_interface *page)
{
    if (domid == DOM0)
        munmap(page, CTRL_PAGE_SIZE);
    else
        ctrl_gnttab_unmap(r->gnttab, page, 1);
}

static int page_map(struct rings *r, unsigned domid, struct xenstore_domain_interface **ret_page)
{
    struct ctrl_grant grant = { domid, GNTTAB_RESERVED_XENSTORE };
    _cleanup_close_ int fd = -1;
    void *page;
    int rc;

    if (domid == DOM0) {
        fd = open(DOM0_PAGE, O_RDWR | O_CLOEXEC);
        page = fd < 0 ? MAP_FAILED : mmap(NULL, CTRL_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rc = page == MAP_FAILED ? -errno : 0;
    } else {
        rc = ctrl_gnttab_map(r->gnttab, &grant, 1, PROT_READ | PROT_WRITE, NULL, &page);
    }
    if (rc == 0)
        *ret_page = page;
    return rc;
}

static void ring_free(struct rings *r, unsigned domid, struct ring *ring)
{
    ctrl_evtchn_unbind(r->evtchn, ring->port);
    page_unmap(r, domid, ring->page);
    free(ring);
}

/* port: the remote one, to bind to; or 0 and `bound` is a local one that still is. */
static int ring_new(struct rings *r, unsigned domid, uint32_t port, uint32_t bound, struct ring **ret_ring)
{
    struct ring *ring = calloc(1, sizeof(*ring));
    int rc = ring ? page_map(r, domid, &ring->page) : -ENOMEM;

    if (rc < 0) {
        free(ring);
        return rc;
    }
    ring->port = bound;
    if (bound) /* the last server may have ended between an event and its unmasking */
        ctrl_evtchn_unmask(r->evtchn, bound);
    rc = bound ? 0 : ctrl_evtchn_bind_interdomain(r->evtchn, domid, port, &ring->port);
    if (rc < 0) {
        page_unmap(r, domid, ring->page);
        free(ring);
        return rc;
    }
    *ret_ring = ring;
    return 0;
}

static int port_set(struct rings *r, uint32_t port, struct link *l)
{
    uint32_t nr = r->nr_ports ? r->nr_ports : 64;
    struct link **more;

    while (nr <= port)
        nr *= 2;
    if (nr > r->nr_ports) {
        more = realloc(r->by_port, nr * sizeof(*more));
        if (!more)
            return -ENOMEM;
        memset(more + r->nr_ports, 0, (nr - r->nr_ports) * sizeof(*more));
        r->by_port = more;
        r->nr_ports = nr;
    }
    r->by_port[port] = l;
    return 0;
}

/* The ring of a link goes; a server that only stops leaves its port bound for the next one. */
static void ring_close(struct link *l)
{
    struct rings *r = l->sv->rings;
    unsigned domid = l->id & 0xffff;

    if (!l->ring)
        return;
    if (l->ring->page) {
        r->by_port[l->ring->port] = NULL;
        if (!l->sv->stopping)
            ctrl_evtchn_unbind(r->evtchn, l->ring->port);
        page_unmap(r, domid, l->ring->page);
    }
    free(l->ring);
    l->ring = NULL;
}

static const struct link_ops ring_ops = {
    .receive = ring_receive,
    .is_whole = ring_is_whole,
    .more = ring_more,
    .received = ring_received,
    .send = ring_send,
    .want = ring_want,
    .close = ring_close,
};

/* --- domains come --- */

/* Where the domain is: it may come from another host with replies that it has not taken. */
static struct journal_ring_pos page_pos(struct xenstore_domain_interface *page)
{
    return (struct journal_ring_pos){ READ_ONCE(page->req_cons), READ_ONCE(page->rsp_prod) };
}

/* The link of a connection; the ring is the link's then. */
static int ring_attach(struct rings *r, struct conn *c, struct ring *ring)
{
    struct link *l = calloc(1, sizeof(*l));
    bool new = !journal_slot_find(r->sv->j, c->id);
    int rc;

    if (!l)
        return -ENOMEM;
    l->ops = &ring_ops;
    l->ring = ring;
    l->id = c->id;
    rc = port_set(r, ring->port, l);
    if (rc == 0)
        rc = server_attach(r->sv, l, c);
    if (rc < 0) {
        if (ring->port < r->nr_ports)
            r->by_port[ring->port] = NULL;
        free(l);
        return rc;
    }
    if (new)
        l->slot->pos = page_pos(ring->page);
    l->slot->port = ring->port;
    WRITE_ONCE(ring->page->server_features, XENSTORE_SERVER_FEATURE_ERROR);
    ring_publish(l);
    return 0;
}

/* It is introduced again: its port is another one now, or both ends begin anew. A ring that fails is one that is bad. */
static int ring_replace(struct rings *r, struct link *l, uint32_t port)
{
    struct ring *none = calloc(1, sizeof(*none)), *ring;
    bool anew = l->ring->bad || l->c->broken;
    int rc;

    if (!none)
        return -ENOMEM;
    none->bad = true;
    ring_close(l);
    l->ring = none;
    rc = ring_new(r, l->c->domid, port, 0, &ring);
    if (rc < 0)
        return rc;
    rc = port_set(r, ring->port, l);
    if (rc < 0) {
        ring_free(r, l->c->domid, ring);
        return rc;
    }
    free(none);
    l->ring = ring;
    l->slot->port = ring->port;
    if (anew)
        l->slot->pos = page_pos(ring->page);
    ring_publish(l);
    return 0;
}

int rings_introduce(struct rings *r, unsigned domid, uint32_t port)
{
    const struct domain *d = domain_find(r->sv->s, domid);
    struct link *l = d && d->conn ? d->conn->link : NULL;
    int rc = l ? ring_replace(r, l, port) : ring_new(r, domid, port, 0, &r->introduced);

    return rc < 0 && rc != -ENOMEM ? -EINVAL : rc;
}

void rings_connected(struct rings *r, struct conn *c)
{
    struct ring *ring = r->introduced;

    r->introduced = NULL;
    if (ring && ring_attach(r, c, ring) < 0) {
        log_err(r->sv->log, "domain %u has no connection: too many of them", c->domid);
        ring_free(r, c->domid, ring);
    }
}

/* After a restart: the port that is still bound, or the remote one is bound again. */
static int ring_again(struct rings *r, struct conn *c)
{
    const struct journal_slot *slot = journal_slot_find(r->sv->j, c->id);
    uint32_t bound = r->kept && slot ? slot->port : 0;
    struct ring *ring;
    int rc = ring_new(r, c->domid, c->domain->remote_port, bound, &ring);

    if (rc == 0) {
        rc = ring_attach(r, c, ring);
        if (rc < 0 && bound) { /* it stays bound, for the next server */
            page_unmap(r, c->domid, ring->page);
            free(ring);
        } else if (rc < 0) {
            ring_free(r, c->domid, ring);
        }
    }
    return rc;
}

int rings_dom0(struct rings *r)
{
    struct journal_dom0 d = { 0 };
    struct domain *dom0 = domain_find(r->sv->s, DOM0);
    FILE *f;
    int rc;

    if (dom0->introduced)
        return 0;
    f = fopen(DOM0_PORT, "re");
    if (!f)
        return -errno;
    rc = fscanf(f, "%u", &d.port) == 1 ? 0 : -EINVAL;
    fclose(f);
    if (rc == 0)
        rc = ring_new(r, DOM0, d.port, 0, &r->introduced);
    if (rc == 0)
        rc = journal_append(r->sv->j, JOURNAL_DOM0, 0, DOM0, &d, sizeof(d), NULL);
    return rc < 0 ? rc : store_introduce(r->sv->s, DOM0, 0, d.port);
}

/* --- domains end --- */

/* -ESRCH when the domain is no more. */
static int domain_state(struct rings *r, unsigned domid, uint32_t *ret_flags)
{
    struct xen_domctl_getdomaininfo info;
    int rc = ctrl_domain_info(r->priv, domid, &info);

    if (rc == 0)
        *ret_flags = info.flags;
    return rc;
}

static void domain_check(struct rings *r, const struct domain *d)
{
    uint32_t flags = 0;
    int rc = domain_state(r, d->domid, &flags);

    if (rc == -ESRCH || (rc == 0 && flags & XEN_DOMINF_dying))
        server_domain_event(r->sv, JOURNAL_DEAD, d->domid);
    else if (rc == 0 && flags & XEN_DOMINF_shutdown && !d->shutdown)
        server_domain_event(r->sv, JOURNAL_SHUTDOWN, d->domid);
}

/* Those that were introduced some time: what was permitted to others is theirs when they come. */
static void domains_check(struct rings *r)
{
    const struct domain *d = r->sv->s->known;

    while (d) {
        const struct domain *next = d->next;

        if (d->domid != DOM0 && (d->introduced || d->mfn))
            domain_check(r, d);
        d = next;
    }
}

/* --- after a start --- */

int rings_attach_all(struct rings *r)
{
    for (struct conn *c = r->sv->s->conns; c; c = c->next) {
        int rc = c->domain && !c->link ? ring_again(r, c) : 0;

        if (rc == -ENOMEM)
            return rc;
        if (rc < 0)
            log_err(r->sv->log, "domain %u: its ring cannot be mapped again: %s", c->domid, strerror(-rc));
    }
    if (r->kept)
        ctrl_evtchn_unmask(r->evtchn, r->virq_port);
    domains_check(r); /* nobody was told of what happened meanwhile */
    return 0;
}

/* --- events --- */

static struct link *link_of_port(const struct rings *r, uint32_t port)
{
    return port < r->nr_ports ? r->by_port[port] : NULL;
}

static void evtchn_event(struct loop_fd *src, uint32_t events)
{
    struct rings *r = (struct rings *)((char *)src - offsetof(struct rings, src));
    uint32_t port[PORTS_AT_ONCE];
    int n = ctrl_evtchn_pending(r->evtchn, port, PORTS_AT_ONCE);

    (void)events;
    if (n < 0) { /* some were lost: everybody may have said something */
        for (struct conn *c = r->sv->s->conns; c; c = c->next)
            if (c->domain && c->link)
                server_output(r->sv, c);
        domains_check(r);
    }
    for (int i = 0; i < n; i++) {
        struct link *l = port[i] == r->virq_port ? NULL : link_of_port(r, port[i]);

        ctrl_evtchn_unmask(r->evtchn, port[i]);
        if (port[i] == r->virq_port)
            domains_check(r);
        else if (l)
            link_ready(l);
    }
}

/* --- open, close --- */

void rings_close(struct rings *r)
{
    if (!r)
        return;
    loop_fd_remove(&r->src);
    ctrl_evtchn_close(r->evtchn);
    ctrl_gnttab_close(r->gnttab);
    ctrl_priv_close(r->priv);
    free(r->by_port);
    free(r);
}

static int evtchn_open(struct rings *r, int kept)
{
    int rc = kept >= 0 && ctrl_transport->evtchn_adopt ? ctrl_transport->evtchn_adopt(kept, &r->evtchn) : -ENOENT;

    if (rc == 0) {
        r->kept = true;
        r->virq_port = r->sv->j->head->virq_port;
    }
    if (rc != -ENOENT && rc != -EBADF) /* its ports are bound: another one cannot have them */
        return rc;
    return ctrl_transport->evtchn_open(&r->evtchn);
}

int rings_open(struct server *sv, int evtchn_fd, struct rings **ret_rings)
{
    struct rings *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return -ENOMEM;
    r->sv = sv;
    rc = evtchn_open(r, evtchn_fd);
    if (rc == 0)
        rc = ctrl_transport->gnttab_open(&r->gnttab);
    if (rc == 0)
        rc = ctrl_transport->priv_open(&r->priv);
    if (rc == 0 && !r->virq_port)
        rc = ctrl_evtchn_bind_virq(r->evtchn, VIRQ_DOM_EXC, &r->virq_port);
    if (rc == 0)
        rc = loop_fd_add(sv->loop, &r->src, r->evtchn->fd, EPOLLIN, evtchn_event);
    if (rc < 0) {
        rings_close(r);
        return rc;
    }
    sv->j->head->virq_port = r->virq_port;
    *ret_rings = r;
    return 0;
}

int rings_evtchn_fd(const struct rings *r)
{
    return r->evtchn->fd;
}

