/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's end of a console: its page and its event channel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "public/grant_table.h"
#include "xenconsoled/console.h"
#include "xenconsoled/ring.h"

static int port_remember(struct daemon *daemon, uint32_t port, struct console *console)
{
    struct console **by_port;
    unsigned ports = daemon->ports ? daemon->ports : 64;

    while (ports <= port)
        ports *= 2;
    if (ports > daemon->ports) {
        by_port = reallocarray(daemon->by_port, ports, sizeof(struct console *));
        if (!by_port)
            return -ENOMEM;
        memset(by_port + daemon->ports, 0, (ports - daemon->ports) * sizeof(struct console *));
        daemon->by_port = by_port;
        daemon->ports = ports;
    }
    daemon->by_port[port] = console;
    return 0;
}

struct console *wire_console(struct daemon *daemon, uint32_t port)
{
    return port < daemon->ports ? daemon->by_port[port] : NULL;
}

/* The toolstack grants the first console's page at a reference that is kept for it; older ones name the frame only. */
static int page_map(struct console *console, uint64_t ring_ref, bool granted)
{
    struct ctrl_grant grant = { .domid = console->domid, .ref = GNTTAB_RESERVED_CONSOLE };
    void *page;
    int err;

    if (granted) {
        if (ring_ref > UINT32_MAX)
            return -EINVAL;
        grant.ref = (uint32_t)ring_ref;
    }
    err = ctrl_gnttab_map(console->daemon->gnttab, &grant, 1, PROT_READ | PROT_WRITE, NULL, &page);
    console->by_grant = err == 0;
    if (err && !granted)
        err = ctrl_map_foreign(console->daemon->priv, console->domid, PROT_READ | PROT_WRITE, 1, &ring_ref, NULL, &page);
    if (err)
        return err;
    console->ring = page;
    console->ring_ref = ring_ref;
    return 0;
}

static void page_unmap(struct console *console)
{
    if (!console->ring)
        return;
    if (console->by_grant)
        ctrl_gnttab_unmap(console->daemon->gnttab, console->ring, 1);
    else
        ctrl_unmap(console->daemon->priv, console->ring, 1);
    console->ring = NULL;
}

static void port_unbind(struct console *console)
{
    if (!console->port)
        return;
    console->daemon->by_port[console->port] = NULL;
    ctrl_evtchn_unbind(console->daemon->evtchn, console->port);
    console->port = 0;
}

static int port_bind(struct console *console, uint32_t remote)
{
    uint32_t port;
    int err = ctrl_evtchn_bind_interdomain(console->daemon->evtchn, console->domid, remote, &port);

    if (err)
        return err;
    err = port_remember(console->daemon, port, console);
    if (err) {
        ctrl_evtchn_unbind(console->daemon->evtchn, port);
        return err;
    }
    console->port = port;
    console->remote = remote;
    return 0;
}

int wire_attach(struct console *console, uint64_t ring_ref, uint32_t remote)
{
    bool mapped = false;
    int err;

    if (console->ring && console->ring_ref != ring_ref)
        wire_detach(console);
    if (console->port && console->remote != remote)
        port_unbind(console);
    if (!console->ring) {
        err = page_map(console, ring_ref, console->number != 0);
        if (err)
            return err;
        mapped = true;
    }
    err = console->port ? 0 : port_bind(console, remote);
    if (err) {
        page_unmap(console);
        return err;
    }
    if (mapped) /* not before the guest has shown, by its port, that it is there */
        ring_attach(console->ring, &console->state);
    return 0;
}

void wire_detach(struct console *console)
{
    port_unbind(console);
    page_unmap(console);
}

void wire_notify(struct console *console)
{
    if (console->port)
        ctrl_evtchn_notify(console->daemon->evtchn, console->port);
}
