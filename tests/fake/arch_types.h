/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake architecture's part of struct cpu, domain and vcpu: the core runs in one host process. */
#ifndef XENOLITH_ARCH_TYPES_H
#define XENOLITH_ARCH_TYPES_H

#include "types.h"

struct arch_cpu {
    unsigned kicks; /* arch_kick_cpu calls seen */
};
struct arch_domain {
    unsigned flushes, added;
};
struct arch_vcpu {
    bool abi32;
    unsigned upcalls, nmis, inits, sipis;
    uint8_t sipi_page;
};

struct cpu;
struct cpu *arch_this_cpu(void);

#endif
