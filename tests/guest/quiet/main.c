/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest beside one that attacks: nothing but its own code may change its memory, which it looks at all the time. */
#include "guest.h"

#include "public/hvm.h"
#include "public/sched.h"

#define FIRST 0x400000ul
#define LAST 0x1800000ul

static uint64_t pattern(uint64_t address)
{
    return (address ^ 0x5851f42d4c957f2dull) * 0x9e3779b97f4a7c15ull;
}

/* 100 ms for others, above all for the attacker. */
static void rest(void)
{
    struct xen_hvm_get_time time = { 0 };
    struct sched_poll poll = { .nr_ports = 0 };

    hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_time, &time);
    poll.timeout = time.now + 100000000;
    hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

void guest_test(const struct hvm_start_info *info)
{
    volatile uint64_t *const first = (void *)FIRST, *const last = (void *)LAST;
    unsigned long bad = 0;

    (void)info;
    for (volatile uint64_t *p = first; p < last; p++)
        *p = pattern((uintptr_t)p);
    for (unsigned pass = 1;; pass++) {
        for (volatile uint64_t *p = first; p < last; p++) {
            if (*p == pattern((uintptr_t)p))
                continue;
            if (bad++ < 16)
                out("quiet: 0x%lx is 0x%lx\n", (uintptr_t)p, *p);
        }
        out("quiet: pass %u, %lu wrong\n", pass, bad);
        rest();
    }
}
