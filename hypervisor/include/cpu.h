/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical CPUs and their main loop (cpu.c).
 *
 * Concurrency in one paragraph: each CPU runs cpu_loop(): take pending interrupts, do raised work, pick a vCPU,
 * run it until its next exit, handle the exit. Interrupts are enabled only at the top of that loop, while a guest
 * runs and while idle; handlers therefore never nest, spinlocks need no interrupt-safe variant, and long
 * operations ask cpu_should_preempt() and return -ERESTART. A CPU never waits for another to handle an
 * interrupt, except for it to leave guest mode (cpu_leave_guest), which needs no lock on the other side.
 */
#ifndef XENOLITH_CPU_H
#define XENOLITH_CPU_H

#include "timer.h"
#include "types.h"

#define NR_CPUS 64

struct vcpu;
struct sched_cpu;

enum cpu_work {
    WORK_TIMER,    /* timers are due */
    WORK_RESCHED,  /* pick again */
    WORK_CALL,     /* run cpu->call */
    WORK_CONSOLE,  /* serial input */
    WORK_FLUSH,    /* nested TLB: arch_flush_pending */
    WORK_COUNT,
};

#include "arch_types.h" /* struct arch_cpu, arch_vcpu, arch_domain: of arch/x86 or tests/fake */

struct cpu {
    struct cpu *self; /* first: read through the per-CPU base register */
    unsigned id;      /* 0 is the boot CPU */
    bool online;
    bool in_guest;    /* written by this CPU only */
    uint64_t guest_entries; /* how often it has entered a guest: cpu_leave_guest */
    uint64_t work;    /* bits of enum cpu_work; atomic */
    struct vcpu *current; /* NULL: idle, or early boot */
    stime_t entered;  /* when the exit that is being handled began: cpu_should_preempt */
    stime_t idle_time, idle_since;
    struct timer_queue timers;
    struct sched_cpu *sched;
    void (*call)(void *arg);
    void *call_arg;
    uint32_t lock_ranks; /* debug: bit per rank held */
    struct arch_cpu arch;
};

extern struct cpu *cpus[NR_CPUS];
extern unsigned nr_cpus; /* online CPUs are 0 .. nr_cpus-1 */

#define this_cpu() arch_this_cpu()
#define current_vcpu() (this_cpu()->current)

/* Set a work bit on a CPU and make it look (interrupt if it is idle or in a guest). */
void cpu_raise(unsigned cpu, enum cpu_work work);
/* Return once cpu is not in guest mode, or has entered it again after this call began. */
void cpu_leave_guest(unsigned cpu);
/* True when a long operation should stop and return -ERESTART. */
bool cpu_should_preempt(void);
void cpu_loop(void) __noreturn;

#endif
