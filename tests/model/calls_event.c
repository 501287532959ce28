/* SPDX-License-Identifier: GPL-2.0-only */
/* event_channel_op: the answers say what the model's ports become, and are what its ports allow. */
#include "calls.h"

#include <string.h>

#include "object/event_internal.h"
#include "public/event_channel.h"

#define OP __HYPERVISOR_event_channel_op
#define EVENT(cmd, arg) call_arg(OP, cmd, ARG, 0, &(arg), sizeof(arg))

static struct model_port *port_of(struct model_domain *m, uint32_t port)
{
    CHECK(port > 0 && port < MODEL_PORTS);
    return &m->port[port];
}

/* Mostly low ones, which are in use. */
static uint32_t random_port(void)
{
    return one_in(20) ? model_random(MODEL_PORTS + 10) : 1 + model_random(24);
}

static bool model_open(const struct model_domain *m, uint32_t port)
{
    return port > 0 && port < MODEL_PORTS && m->port[port].state != PORT_FREE;
}

static void opened(uint32_t port, struct model_port as)
{
    struct model_port *p = port_of(caller, port);

    CHECK(p->state == PORT_FREE);
    *p = as;
}

static void alloc_unbound(void)
{
    domid_t owner = id_of(caller) == 0 && one_in(3) ? id_of(other) : id_of(caller);
    struct evtchn_alloc_unbound a = { .dom = owner, .remote_dom = (uint16_t)model_random(MODEL_DOMAINS) };
    int64_t rc;

    if (owner == id_of(caller) && one_in(2))
        a.dom = DOMID_SELF;
    rc = EVENT(EVTCHNOP_alloc_unbound, a);
    if (rc)
        return;
    CHECK(model[owner].d && port_of(&model[owner], a.port)->state == PORT_FREE);
    model[owner].port[a.port] = (struct model_port){ .state = PORT_UNBOUND, .peer = a.remote_dom };
}

static void bind_interdomain(void)
{
    struct evtchn_bind_interdomain a = { .remote_dom = id_of(other), .remote_port = random_port() };
    const struct model_port *p;
    int64_t rc;

    for (uint32_t i = 1; i < MODEL_PORTS; i++)
        if (other->port[i].state == PORT_UNBOUND && other->port[i].peer == id_of(caller) && one_in(2))
            a.remote_port = i;
    p = a.remote_port > 0 && a.remote_port < MODEL_PORTS ? &other->port[a.remote_port] : NULL;
    rc = EVENT(EVTCHNOP_bind_interdomain, a);
    if (rc) {
        CHECK(rc != -EINVAL || !p || p->state != PORT_UNBOUND || p->peer != id_of(caller) ||
              !other->d || other->d->state != DOMAIN_ALIVE);
        return;
    }
    CHECK(p && p->state == PORT_UNBOUND && p->peer == id_of(caller));
    opened(a.local_port, (struct model_port){ .state = PORT_INTERDOMAIN, .peer = id_of(other),
                                              .peer_port = a.remote_port });
    other->port[a.remote_port] = (struct model_port){ .state = PORT_INTERDOMAIN, .peer = id_of(caller),
                                                      .peer_port = a.local_port };
}

static void bind_virq(void)
{
    struct evtchn_bind_virq a = { .virq = model_random(NR_VIRQS + 1), .vcpu = model_random(3) };

    if (EVENT(EVTCHNOP_bind_virq, a) == 0)
        opened(a.port, (struct model_port){ .state = PORT_VIRQ, .virq = a.virq });
}

static void bind_ipi(void)
{
    struct evtchn_bind_ipi a = { .vcpu = model_random(3) };

    if (EVENT(EVTCHNOP_bind_ipi, a) == 0)
        opened(a.port, (struct model_port){ .state = PORT_IPI });
}

static void close_port(void)
{
    struct evtchn_close a = { .port = random_port() };
    bool open = model_open(caller, a.port);
    struct model_port *p, *peer;

    CHECK(EVENT(EVTCHNOP_close, a) == (open ? 0 : -EINVAL));
    if (!open)
        return;
    p = port_of(caller, a.port);
    if (p->state == PORT_INTERDOMAIN) {
        peer = port_of(&model[p->peer], p->peer_port);
        if (peer->state == PORT_INTERDOMAIN && peer->peer == id_of(caller) && peer->peer_port == a.port)
            *peer = (struct model_port){ .state = PORT_UNBOUND, .peer = id_of(caller) };
    }
    *p = (struct model_port){ .state = PORT_FREE };
}

static void send(void)
{
    struct evtchn_send a = { .port = random_port() };
    bool ok = model_open(caller, a.port) && caller->port[a.port].state != PORT_VIRQ;

    CHECK(EVENT(EVTCHNOP_send, a) == (ok ? 0 : -EINVAL));
}

static void status(void)
{
    struct evtchn_status a = { .dom = one_in(3) ? id_of(other) : DOMID_SELF, .port = 1 + model_random(24) };
    struct model_domain *m = a.dom == DOMID_SELF ? caller : other;

    if (EVENT(EVTCHNOP_status, a) == 0 && m->d->state == DOMAIN_ALIVE)
        CHECK((a.status != EVTCHNSTAT_closed) == model_open(m, a.port));
}

static void reset(void)
{
    struct evtchn_reset a = { .dom = id_of(caller) == 0 && one_in(2) ? id_of(other) : DOMID_SELF };
    struct model_domain *m = a.dom == DOMID_SELF ? caller : other;
    int64_t rc = EVENT(EVTCHNOP_reset, a);

    CHECK(rc == 0 || rc == -EINVAL || rc == -ESRCH || rc == -EPERM);
    if (rc)
        return;
    model_forget_ports(id_of(m));
    m->nr_fifo = 0;
}

static void fifo_page(gfn_t gfn, int64_t rc)
{
    if (rc)
        return;
    CHECK(caller->nr_fifo < MODEL_FIFO_PAGES);
    caller->fifo[caller->nr_fifo++] = p2m_lookup(caller->d, gfn).mfn;
}

static void init_control(void)
{
    struct evtchn_init_control a = {
        .control_gfn = random_gfn(), .offset = model_random(520) * 8, .vcpu = model_random(3)
    };

    fifo_page(a.control_gfn, EVENT(EVTCHNOP_init_control, a));
}

static void expand_array(void)
{
    struct evtchn_expand_array a = { .array_gfn = random_gfn() };

    fifo_page(a.array_gfn, EVENT(EVTCHNOP_expand_array, a));
}

static void small(void)
{
    struct evtchn_unmask u = { .port = random_port() };
    struct evtchn_set_priority s = { .port = random_port(), .priority = model_random(18) };
    struct evtchn_bind_vcpu b = { .port = random_port(), .vcpu = model_random(3) };

    switch (model_random(3)) {
    case 0:
        EVENT(EVTCHNOP_unmask, u);
        break;
    case 1:
        EVENT(EVTCHNOP_set_priority, s);
        break;
    default:
        EVENT(EVTCHNOP_bind_vcpu, b);
        break;
    }
}

void call_event(void)
{
    switch (model_random(64)) {
    case 0 ... 9:
        alloc_unbound();
        break;
    case 10 ... 21:
        bind_interdomain();
        break;
    case 22 ... 24:
        bind_virq();
        break;
    case 25 ... 26:
        bind_ipi();
        break;
    case 27 ... 38:
        close_port();
        break;
    case 39 ... 48:
        send();
        break;
    case 49 ... 51:
        status();
        break;
    case 52 ... 53:
        init_control();
        break;
    case 54:
        expand_array();
        break;
    case 55:
        if (one_in(8))
            reset();
        break;
    default:
        small();
        break;
    }
}
