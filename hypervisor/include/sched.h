/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler core (sched/sched.c) and the table that a scheduler implements. */
#ifndef XENOLITH_SCHED_H
#define XENOLITH_SCHED_H

#include "bitmap.h"
#include "cpu.h"
#include "types.h"

struct domain;
struct vcpu;

/* Why a vCPU does not run: bits of vcpu.pause_flags. */
enum vcpu_pause_flag {
    VPF_BLOCKED,     /* HLT, SCHEDOP_block or poll: until an event or interrupt */
    VPF_DOWN,        /* not brought up, or taken down */
    VPF_IN_RESET,
    VPF_SHUTDOWN,    /* its domain is shut down */
};

/* Runstates, as VCPUOP_get_runstate_info counts them. */
enum runstate { RUNSTATE_RUNNING, RUNSTATE_RUNNABLE, RUNSTATE_BLOCKED, RUNSTATE_OFFLINE, RUNSTATE_COUNT };

struct cpumask {
    uint64_t bits[BITMAP_WORDS(NR_CPUS)];
};

/* What the core keeps in every vCPU. */
struct sched_vcpu {
    void *priv;                 /* the scheduler's own */
    unsigned cpu;               /* where it runs or ran last */
    bool running;               /* on a CPU now */
    uint64_t pause_flags;       /* bits of enum vcpu_pause_flag; atomic */
    uint32_t pause_count;       /* atomic */
    enum runstate state;
    stime_t state_since;
    uint64_t state_time[RUNSTATE_COUNT]; /* ns */
    struct cpumask hard, soft;
};

struct sched_params { /* union of what domctl scheduler_op carries */
    uint16_t weight, cap;
};

struct scheduler {
    const char *name, *opt; /* "SMP Credit Scheduler rev2", "credit2" */
    uint32_t id;            /* XEN_SCHEDULER_* */
    int (*cpu_init)(struct cpu *c);
    int (*domain_init)(struct domain *d);
    void (*domain_destroy)(struct domain *d);
    int (*vcpu_init)(struct vcpu *v);
    void (*vcpu_destroy)(struct vcpu *v);
    void (*wake)(struct vcpu *v);  /* became runnable */
    void (*sleep)(struct vcpu *v); /* is no longer runnable */
    void (*yield)(struct vcpu *v);
    /* Choose for this CPU; NULL: idle. *ret_until: when to choose again (STIME_NEVER: only when told). */
    struct vcpu *(*pick)(struct cpu *c, stime_t now, stime_t *ret_until);
    void (*context_saved)(struct vcpu *v); /* v is off its CPU */
    void (*affinity_changed)(struct vcpu *v);
    int (*set_params)(struct domain *d, const struct sched_params *p); /* -EINVAL */
    void (*get_params)(struct domain *d, struct sched_params *ret);
    void (*dump)(struct cpu *c);
};

extern const struct scheduler sched_credit2, sched_null;
extern const struct scheduler *sched; /* the one chosen by sched= */

int sched_init(const char *name);            /* boot CPU; NULL: credit2 */
int sched_cpu_init(struct cpu *c);
int sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

bool vcpu_runnable(const struct vcpu *v);
void vcpu_wake(struct vcpu *v);        /* re-evaluate after a flag was cleared */
void vcpu_sleep_nosync(struct vcpu *v); /* re-evaluate after a flag was set */
void vcpu_sleep_sync(struct vcpu *v);  /* same, and return once it is off its CPU (not for current) */
void vcpu_pause(struct vcpu *v);       /* count up, synchronous */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void vcpu_block(struct vcpu *v);       /* current: sleep until an event is pending */
void vcpu_unblock(struct vcpu *v);     /* clear VPF_BLOCKED and wake */
void vcpu_yield(struct vcpu *v);
void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);

/*
 * Called from cpu_loop: put the current vCPU's accounting away, pick the next. NULL: nothing to run. When the vCPU
 * changes, arch_vcpu_switch(from, to) is called (either may be NULL).
 */
struct vcpu *schedule(void);
/* Time spent in each state, brought up to now. */
void vcpu_runstate_get(struct vcpu *v, uint64_t ret_time[RUNSTATE_COUNT], enum runstate *ret_state, stime_t *ret_since);
void vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft);

#endif
