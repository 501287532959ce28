/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels (object/event.c: ports; event_2l.c, event_fifo.c: the two ABIs; event_op.c: hypercall rows). */
#ifndef XENOLITH_EVENT_H
#define XENOLITH_EVENT_H

#include "lock.h"
#include "types.h"

struct domain;
struct vcpu;
struct evtchn; /* one port; event_internal.h */
struct evtchn_abi;

#define EVTCHN_MAX_PORTS 131072u /* FIFO ABI's limit (2^17) */

struct event_table {
    struct spinlock lock;          /* RANK_EVENT: port allocation and binding */
    struct evtchn **buckets;       /* ports come in pages; internal */
    uint32_t valid_ports;          /* ports with a struct */
    uint32_t max_port;             /* highest port that may be used */
    uint32_t active, xen_consumers;
    const struct evtchn_abi *abi;  /* 2-level until EVTCHNOP_init_control */
    void *fifo;                    /* event arrays of the FIFO ABI */
};

int evtchn_domain_init(struct domain *d, uint32_t max_port); /* port 0 is reserved. -ENOMEM */
void evtchn_domain_close(struct domain *d);   /* dying: close every port */
void evtchn_domain_destroy(struct domain *d); /* free the memory */
int evtchn_vcpu_init(struct vcpu *v);
void evtchn_vcpu_destroy(struct vcpu *v);

/* Send on a local port as d itself would (EVTCHNOP_send). -EINVAL. */
int evtchn_send(struct domain *d, uint32_t port);
/* Raise a per-vCPU virtual interrupt; nothing happens when it is not bound. */
void evtchn_virq(struct vcpu *v, uint32_t virq);
/* Raise a global VIRQ in the domain that handles it (dom0). */
void evtchn_global_virq(uint32_t virq);
/* Allocate an unbound port in d for remote; and (toolstack side) the same row's work. 0 or -errno. */
int evtchn_alloc_unbound(struct domain *d, domid_t remote, uint32_t *ret_port);
/* Move VIRQs etc. off / after vcpu_info moved: re-deliver what is pending. */
void evtchn_vcpu_info_moved(struct vcpu *v);
/* d->abi32 has changed: what is pending is announced in the new layout. */
void evtchn_2l_layout_changed(struct domain *d);
bool evtchn_port_pending(struct domain *d, uint32_t port);
/* Does v have an unmasked upcall pending in its vcpu_info? */
bool evtchn_upcall_pending(const struct vcpu *v);
/* Set by the ABIs when they make an upcall pending: marks vcpu_info and kicks v as its delivery method needs. */
void evtchn_mark_upcall(struct vcpu *v);
void evtchn_dump(struct domain *d); /* debug key 'e' */

#endif
