/* SPDX-License-Identifier: GPL-2.0-only */
/* SCHEDOP_poll's and SCHEDOP_watchdog's state, for the scheduler core (sched_op.c). */
#ifndef XENOLITH_SCHED_OP_H
#define XENOLITH_SCHED_OP_H

struct domain;
struct vcpu;

/* v waits in SCHEDOP_poll no more: undo what its beginning did. Whoever clears v->polling does so, once. */
void vcpu_poll_end(struct vcpu *v);
/* Stop and free the watchdogs of a domain that goes away. */
void domain_watchdog_destroy(struct domain *d);

#endif
