/* SPDX-License-Identifier: GPL-2.0-only */
/* The main loop of every CPU; see cpu.h for what it guarantees. */
#include "cpu.h"

#include "arch.h"
#include "bitmap.h"
#include "console.h"
#include "log.h"
#include "sched.h"
#include "vcpu.h"

struct cpu *cpus[NR_CPUS];
unsigned nr_cpus;

#define PREEMPT_AFTER MICROSECS(500)

void cpu_raise(unsigned cpu, enum cpu_work work)
{
    struct cpu *c = cpus[cpu];

    if (!bit_test_and_set(&c->work, work) && c != this_cpu())
        arch_kick_cpu(cpu);
}

void cpu_leave_guest(unsigned cpu)
{
    struct cpu *c = cpus[cpu];

    smp_mb(); /* pairs with the entry path: our request is visible before we look */
    if (!READ_ONCE(c->in_guest))
        return;
    uint64_t entries = READ_ONCE(c->guest_entries);
    arch_kick_cpu(cpu);
    while (READ_ONCE(c->in_guest) && READ_ONCE(c->guest_entries) == entries)
        arch_relax();
}

/* The clock starts with the first question of an exit, so that short operations never read it. */
bool cpu_should_preempt(void)
{
    struct cpu *c = this_cpu();

    if (!c->entered) {
        c->entered = now();
        return false;
    }
    return now() - c->entered > PREEMPT_AFTER;
}

stime_t now(void)
{
    return arch_now();
}

static void do_work(struct cpu *c)
{
    bit_test_and_clear(&c->work, WORK_FLUSH); /* the request was only to leave the guest */
    if (bit_test_and_clear(&c->work, WORK_TIMER))
        timer_run();
    if (bit_test_and_clear(&c->work, WORK_CONSOLE))
        console_input_work();
    if (bit_test_and_clear(&c->work, WORK_CALL))
        c->call(c->call_arg);
}

void cpu_loop(void)
{
    struct cpu *c = this_cpu();

    for (;;) {
        arch_take_interrupts();
        if (unlikely(READ_ONCE(c->work)))
            do_work(c);
        if (!c->current || bit_test_and_clear(&c->work, WORK_RESCHED) || !vcpu_runnable(c->current)) {
            if (!schedule()) {
                arch_idle();
                continue;
            }
        }
        c->entered = 0;
        arch_vcpu_run(c->current);
    }
}
