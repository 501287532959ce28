/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake machine with dom0 (privileged, 2 vCPUs) and d1 (a guest), and hypercalls made by one of them. */
#ifndef XENOLITH_ABI_FIXTURE_H
#define XENOLITH_ABI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "op.h"
#include "sched.h"

#define ARG 0x2000 /* guest address of the argument structure: gfn 2 of the caller */
#define BUF 0x4000 /* guest address of a buffer: gfn 4 and on */
#define BAD 0x7fff0000 /* no memory there */

static struct domain *d0, *d1;
static bool abi_restart; /* of the last call */

static inline int abi_setup(void **state)
{
    (void)state;
    fake_init(16);
    assert_int_equal(sched_init(NULL), 0);
    d0 = fake_domain(0, 2);
    d1 = fake_domain(1, 2);
    fake_set_cpu(0);
    fake_set_current(d0->vcpu[0]);
    return 0;
}

static inline int abi_teardown(void **state)
{
    (void)state;
    fake_done();
    return 0;
}

/* Guest memory of d at gpa, for the test to fill or look at. */
static inline void *guest(struct domain *d, gpaddr_t gpa)
{
    return fake_guest_ptr(d, gpa);
}

static inline int64_t call_mode(struct domain *d, bool abi32, uint64_t nr, uint64_t *args)
{
    fake_set_current(d->vcpu[0]);
    return hypercall(d->vcpu[0], nr, args, abi32, &abi_restart);
}

/* A hypercall of d's vCPU 0, 64-bit. */
static inline int64_t call(struct domain *d, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
    uint64_t args[6] = {a0, a1, a2, 0, 0, 0};

    return call_mode(d, false, nr, args);
}

static inline int64_t call32(struct domain *d, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
    uint64_t args[6] = {a0, a1, a2, 0, 0, 0};

    return call_mode(d, true, nr, args);
}

#define abi_test(f) cmocka_unit_test_setup_teardown(f, abi_setup, abi_teardown)

#endif
