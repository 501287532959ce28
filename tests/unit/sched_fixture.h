/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake machine with a running scheduler, and the steps of the CPU loop that tests drive by hand. */
#ifndef SCHED_FIXTURE_H
#define SCHED_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch.h"
#include "bitmap.h"
#include "cpu.h"
#include "domain.h"
#include "errno.h"
#include "fake.h"
#include "op.h"
#include "page.h"
#include "sched.h"
#include "timer.h"

/* `nr` CPUs, as the boot code would leave them. */
static inline void machine_start(const char *scheduler, unsigned nr)
{
    fake_init(16);
    nr_cpus = nr;
    for (unsigned i = 0; i < FAKE_CPUS; i++) {
        cpus[i]->sched = NULL;
        timer_queue_init(&cpus[i]->timers);
    }
    assert_int_equal(sched_init(scheduler), 0);
}

/* Let every vCPU of d run. */
static inline void domain_start(struct domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        bit_clear(&d->vcpu[i]->sched.pause_flags, VPF_DOWN);
    domain_unpause(d);
}

/* One turn of cpu_loop on a CPU, without entering the guest. */
static inline void cpu_step(unsigned cpu)
{
    struct cpu *c = cpus[cpu];

    fake_set_cpu(cpu);
    if (fake.timer_deadline[cpu] <= fake_time) {
        fake.timer_deadline[cpu] = STIME_NEVER;
        cpu_raise(cpu, WORK_TIMER);
    }
    if (bit_test_and_clear(&c->work, WORK_TIMER))
        timer_run();
    if (!c->current || bit_test(&c->work, WORK_RESCHED) || !vcpu_runnable(c->current))
        schedule();
}

/* Turns of all CPUs until none has work to do. */
static inline void cpus_settle(void)
{
    for (unsigned n = 0; n < 64; n++) {
        bool again = false;

        for (unsigned i = 0; i < nr_cpus; i++) {
            again |= cpus[i]->work != 0 || fake.timer_deadline[i] <= fake_time ||
                     (cpus[i]->current && !vcpu_runnable(cpus[i]->current));
            cpu_step(i);
        }
        if (!again)
            return;
    }
    fail_msg("the CPUs do not come to rest");
}

/* Let simulated time pass: jump from timer to timer. */
static inline void run_until(stime_t end)
{
    for (;;) {
        stime_t next = end;

        cpus_settle();
        for (unsigned i = 0; i < nr_cpus; i++)
            if (fake.timer_deadline[i] < next)
                next = fake.timer_deadline[i];
        if (next >= end)
            break;
        fake_time = next > fake_time ? next : fake_time + 1;
    }
    fake_time = end;
    cpus_settle();
}

static inline stime_t time_run(struct vcpu *v)
{
    uint64_t spent[RUNSTATE_COUNT];
    enum runstate state;
    stime_t since;

    vcpu_runstate_get(v, spent, &state, &since);
    return (stime_t)spent[RUNSTATE_RUNNING];
}

/* A hypercall of the current vCPU. */
static inline int64_t call(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
    uint64_t args[6] = {a0, a1, a2};
    bool restart;

    return hypercall(current_vcpu(), nr, args, arch_guest_is_32bit(current_vcpu()), &restart);
}

#endif
