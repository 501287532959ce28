/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest guest worth creating: 50 KB, and blocks for ever. */
#include "guest.h"

#include "public/sched.h"

static uint8_t ballast[40000] = { 1 }; /* in the file, so that the toolstack has something to load */

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    ballast[sizeof(ballast) - 1] = READ_ONCE(ballast[0]);
    for (;;)
        hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}
