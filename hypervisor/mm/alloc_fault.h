/* SPDX-License-Identifier: GPL-2.0-only */
/* Fault injection: only the host-built core defines the hook (tests/fake); in the hypervisor its address is 0. */
#ifndef XENOLITH_ALLOC_FAULT_H
#define XENOLITH_ALLOC_FAULT_H

#include <stdbool.h>
#include <stddef.h>

bool alloc_fault_hook(void) __attribute__((weak));

static inline bool alloc_must_fail(void)
{
    return alloc_fault_hook != NULL && alloc_fault_hook();
}

#endif
