/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests' ends of rings. With stock's daemon under xen_shim.c a ring is the file ring-DOMID in its folder, port-DOMID
 * says which event the daemon waits for, and events are written into a pipe; ours runs in the world of
 * fake/ctrl_fake.h.
 */
#include "store_diff.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ctrl/ctrl.h"
#include "fake/ctrl_fake.h"

#define WAIT_SECONDS 20

struct ring {
    struct xenstore_domain_interface *page;
    uint32_t in, out; /* as the guest remembers them */
    /* stock's */
    const char *dir;
    unsigned domid;
    int events;
    uint32_t stock_port;
    /* ours */
    struct ctrl_evtchn *evtchn;
    uint32_t port;
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

void world_make(const char *dir)
{
    if (fake_world_new(dir))
        die(dir);
    fake_world_leave();
}

static int open_in(const char *dir, const char *name, unsigned domid, int flags)
{
    char path[300];

    snprintf(path, sizeof(path), name, dir, domid);
    return open(path, flags, 0600);
}

struct ring *ring_stock(const char *dir, unsigned domid)
{
    struct ring *r = calloc(1, sizeof(*r));
    int fd = open_in(dir, "%s/ring-%u", domid, O_RDWR | O_CREAT);

    if (!r || fd < 0 || ftruncate(fd, 4096))
        die(dir);
    r->dir = dir;
    r->domid = domid;
    r->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    r->events = open_in(dir, "%s/events", 0, O_RDWR);
    if (r->page == MAP_FAILED || r->events < 0)
        die(dir);
    close(fd);
    r->port = 1;
    return r;
}

struct ring *ring_world(unsigned domid)
{
    struct ring *r = calloc(1, sizeof(*r));

    if (!r || fake_world_join() || fake_domain_new(domid))
        die("the world ($FAKE_WORLD)");
    fake_grant(domid, 1, 0);
    r->page = fake_page(domid, 0);
    if (fake_evtchn_open(domid, &r->evtchn) || ctrl_evtchn_bind_unbound(r->evtchn, 0, &r->port))
        die("the world's event channels");
    return r;
}

uint32_t ring_port(const struct ring *r)
{
    return r->port;
}

static void notify(struct ring *r)
{
    char text[16] = "";
    int fd;

    if (r->evtchn) {
        ctrl_evtchn_notify(r->evtchn, r->port);
        return;
    }
    if (!r->stock_port) { /* it is known once the domain is introduced */
        fd = open_in(r->dir, "%s/port-%u", r->domid, O_RDONLY);
        if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
            die("the port of a ring");
        close(fd);
        r->stock_port = (uint32_t)atol(text);
    }
    if (write(r->events, &r->stock_port, sizeof(r->stock_port)) < 0)
        die("an event");
}

/* Until the daemon has moved *index. */
static void await(const struct ring *r, const uint32_t *index, uint32_t value)
{
    time_t end = time(NULL) + WAIT_SECONDS;

    for (unsigned spins = 0; __atomic_load_n(index, __ATOMIC_SEQ_CST) == value; spins++) {
        if (spins < 1000)
            sched_yield();
        else
            poll(NULL, 0, 1);
        if (time(NULL) > end) {
            fprintf(stderr, "store_diff: %s daemon does not answer on a ring\n", r->evtchn ? "our" : "stock's");
            exit(2);
        }
    }
}

void ring_send(struct ring *r, const void *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t room = XENSTORE_RING_SIZE - (r->out - __atomic_load_n(&r->page->req_cons, __ATOMIC_SEQ_CST));

        if (room == 0) {
            await(r, &r->page->req_cons, r->out - XENSTORE_RING_SIZE);
            continue;
        }
        for (; room && i < len; room--)
            r->page->req[MASK_XENSTORE_IDX(r->out++)] = ((const char *)data)[i++];
        __atomic_store_n(&r->page->req_prod, r->out, __ATOMIC_SEQ_CST);
        notify(r);
    }
}

void ring_receive(struct ring *r, void *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t there;

        await(r, &r->page->rsp_prod, r->in);
        there = __atomic_load_n(&r->page->rsp_prod, __ATOMIC_SEQ_CST) - r->in;
        if (there > XENSTORE_RING_SIZE) {
            fprintf(stderr, "store_diff: rsp_prod is out of range\n");
            exit(2);
        }
        for (; there && i < len; there--)
            ((char *)data)[i++] = r->page->rsp[MASK_XENSTORE_IDX(r->in++)];
        __atomic_store_n(&r->page->rsp_cons, r->in, __ATOMIC_SEQ_CST);
        notify(r);
    }
}
