/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channel ports, shared by event.c, event_2l.c, event_fifo.c and event_op.c.
 *
 * Locking. The table lock (RANK_EVENT; two in address order) serialises every change of a port's state. A port also
 * has a lock byte, held for the change itself and by whoever raises the port's event, so that sending takes no table
 * lock. Order: table lock(s), port lock(s) in address order, FIFO queue lock(s), scheduler. While the lock of either
 * end of an interdomain pair is held, neither end changes and both domains stay.
 */
#ifndef XENOLITH_EVENT_INTERNAL_H
#define XENOLITH_EVENT_INTERNAL_H

#include "domain.h"
#include "event.h"
#include "public/event_channel.h"
#include "types.h"

enum port_state { PORT_FREE, PORT_RESERVED, PORT_UNBOUND, PORT_INTERDOMAIN, PORT_VIRQ, PORT_IPI };

struct evtchn {
    uint8_t lock;         /* spin byte: port_lock() */
    uint8_t state;        /* enum port_state */
    uint8_t priority;     /* FIFO queue number */
    bool raised_early;    /* FIFO: raised while its event word did not exist; atomic */
    uint32_t port;
    uint32_t notify_vcpu;
    uint32_t last_queue;  /* FIFO: vcpu << 8 | queue that it was linked to last; changed under that queue's lock */
    union {
        domid_t unbound_remote;
        struct {
            struct domain *remote;
            uint32_t remote_port;
        };
        uint32_t virq;
        struct { /* port 0, which nobody can use, keeps what the table needs */
            uint32_t reset_cursor; /* evtchn_close_some: ports below are closed */
            uint32_t free_hint;    /* no free port is lower */
        };
    };
} __aligned(64); /* senders on two ports share no line */
_Static_assert(sizeof(struct evtchn) == 64, "64 ports in a page");

#define PORTS_PER_BUCKET (PAGE_SIZE / sizeof(struct evtchn))

/* One shared-memory format. The caller holds the lock of chn or of its peer, but not for max_ports and is_busy. */
struct evtchn_abi {
    const char *name;
    uint32_t (*max_ports)(const struct domain *d); /* ports must be below */
    void (*init_port)(struct domain *d, struct evtchn *chn);
    void (*set_pending)(struct domain *d, struct vcpu *v, struct evtchn *chn); /* v may be NULL */
    void (*clear_pending)(struct domain *d, struct evtchn *chn);
    void (*unmask)(struct domain *d, struct vcpu *v, struct evtchn *chn);
    bool (*is_pending)(struct domain *d, const struct evtchn *chn);
    bool (*is_masked)(struct domain *d, const struct evtchn *chn);
    bool (*is_busy)(struct domain *d, const struct evtchn *chn); /* the guest still has it in a queue */
    int (*set_priority)(struct domain *d, struct evtchn *chn, uint32_t priority);
};
extern const struct evtchn_abi evtchn_abi_2l, evtchn_abi_fifo;

/* The port's struct, or NULL when there is no such port. Lock-free. */
struct evtchn *evtchn_lookup(const struct domain *d, uint32_t port);
void port_lock(struct evtchn *chn);
void port_unlock(struct evtchn *chn);
/* Raise chn's event in d: shared memory, upcall, SCHEDOP_poll waiters. */
void evtchn_raise(struct domain *d, struct evtchn *chn);

/* The work of the hypercall rows; errors as EVTCHNOP_* has them. */
int evtchn_bind_interdomain(struct domain *d, struct domain *rd, uint32_t remote_port, uint32_t *ret_port);
int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *ret_port);
int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *ret_port);
int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
int evtchn_close(struct domain *d, uint32_t port);
int evtchn_unmask(struct domain *d, uint32_t port);
int evtchn_set_priority(struct domain *d, uint32_t port, uint32_t priority);
/* Close every port and go back to the 2-level format. -ERESTART: call again; -EAGAIN: a port was bound meanwhile. */
int evtchn_reset(struct domain *d);
/* Close every port, preemptibly: -ERESTART until done. The cursor is in the table. */
int evtchn_close_some(struct domain *d);

/* event_fifo.c */
int evtchn_fifo_init_control(struct domain *d, uint32_t vcpu, gfn_t gfn, uint32_t offset);
int evtchn_fifo_expand_array(struct domain *d, gfn_t gfn);
int evtchn_fifo_vcpu_init(struct vcpu *v); /* when d uses FIFO already */
void evtchn_fifo_vcpu_destroy(struct vcpu *v);
/* Every port is closed and the table lock held (or the domain is gone): give the guest's pages back. */
void evtchn_fifo_destroy(struct domain *d);

#endif
