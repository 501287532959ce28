/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: life cycle (object/domain.c) and everything that hangs off one. */
#ifndef XENOLITH_DOMAIN_H
#define XENOLITH_DOMAIN_H

#include "event.h"
#include "list.h"
#include "lock.h"
#include "p2m.h"
#include "public/xen.h"
#include "vcpu.h"

#define MAX_VCPUS 128
#define HVM_NR_PARAMS 39
#define NR_DOMIDS DOMID_FIRST_RESERVED

struct grant_table;
struct vioapic;
struct vnuma;
struct vpci;

enum domain_state { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain_config { /* decoded XEN_DOMCTL_createdomain */
    uint8_t handle[16];
    uint32_t flags, iommu_opts;
    uint32_t max_vcpus, max_evtchn_port;
    int32_t max_grant_frames, max_maptrack_frames;
    uint32_t grant_opts, vmtrace_size, cpupool_id;
    uint32_t arch_emulation_flags, arch_misc_flags;
    bool privileged; /* dom0 */
};

struct domain {
    domid_t id;
    bool privileged;
    bool abi32;  /* shared structures have the 32-bit layout */
    bool creation_finished;
    uint32_t refs; /* atomic; the last put frees the struct */
    enum domain_state state;
    struct list_node link; /* in domain_list, ascending id; RANK_DOMLIST */
    struct spinlock lock;  /* RANK_DOMAIN */
    struct domain_config config;

    uint32_t nr_vcpus; /* == config.max_vcpus; vcpu[i] may be NULL until created */
    struct vcpu **vcpu;

    uint32_t tot_pages, max_pages; /* atomic; frames owned, limit (UINT32_MAX: none) */
    struct p2m p2m;
    void *shared_info; /* one hypervisor page */
    struct event_table events;
    struct grant_table *grant;

    uint32_t pause_count;      /* atomic: pauses by others and by the toolstack */
    bool controller_paused;    /* the toolstack's single pause (XEN_DOMCTL_pausedomain counts) */
    uint32_t controller_pause_count;
    bool shutting_down, is_shut_down;
    uint8_t shutdown_code;     /* SHUTDOWN_* */
    unsigned teardown_step;    /* cursor of domain_kill */

    uint64_t hvm_params[HVM_NR_PARAMS];
    stime_t time_offset; /* ns added to system time for the guest */
    uint32_t tsc_mode;   /* XEN_TSC_MODE_*: what the toolstack asked for; the TSC is the machine's in any case */
    int64_t wallclock_offset_s;
    void *sched_priv;
    uint32_t ssidref;
    domid_t target_of;  /* device model: its target; DOMID_INVALID */
    unsigned poll_count; /* vCPUs in SCHEDOP_poll */

    struct vnuma *vnuma;     /* object/vnuma_op.c; NULL: none was described; under lock */
    struct vioapic *vioapic; /* dom0 only */
    struct vpci *vpci;       /* dom0 only */
    struct arch_domain arch;
};

extern struct domain *dom0;
extern struct list_node domain_list;
extern struct spinlock domain_list_lock;

/*
 * Create a domain with everything but vCPUs and memory, paused once. *ret_d carries one reference (the list's).
 * -EEXIST, -EINVAL, -ENOMEM.
 */
int domain_create(domid_t id, const struct domain_config *config, struct domain **ret_d);
/* Begin or go on with destruction: -ERESTART until every resource but the struct is gone. */
int domain_kill(struct domain *d);

/* No domains, nothing held, as at boot: for tests, which make machine after machine. */
void domains_reset(void);

/* By id (not DOMID_SELF), with a reference; NULL. */
struct domain *domain_get_by_id(domid_t id);
void domain_get(struct domain *d);
/*
 * By id, for the present operation only: on this CPU the domain is not freed before domain_let_go, the last held goes
 * first. It may be dead. Writes nothing that another CPU writes. NULL.
 */
struct domain *domain_hold(domid_t id);
void domain_let_go(struct domain *d);
void domain_put(struct domain *d);
static inline struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
    return id < d->nr_vcpus ? d->vcpu[id] : NULL;
}
/* Next domain with id >= first, with a reference; NULL. */
struct domain *domain_next(domid_t first);

/* The guest asked to stop, or failed: stop all vCPUs, tell the toolstack (VIRQ_DOM_EXC); dom0: the host. */
void domain_shutdown(struct domain *d, uint8_t code);
void domain_resume(struct domain *d);
/*
 * The shared structures of v's domain have the layout of v's present mode from now on. v is current: its guest is doing
 * one of the first things that drivers do (hypercall page, event callback).
 */
void domain_latch_layout(struct vcpu *v);
/* Kill a guest that broke a rule that no error can express (log says why). dom0: panic. */
void domain_crash(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
