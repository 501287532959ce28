/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking a guest's own page tables (guest_walk.c). */
#ifndef XENOLITH_GUEST_WALK_H
#define XENOLITH_GUEST_WALK_H

#include "types.h"

struct domain;

/* The registers that decide how a virtual address is translated. */
struct guest_paging {
    uint64_t cr0, cr3, cr4;
    uint64_t efer;      /* EFER.LMA selects four levels; EFER.NX the no-execute bit */
    unsigned phys_bits; /* width of the guest's physical addresses; bits above are reserved. 0: 52 */
};

/* Page-fault error code. */
#define PFEC_PRESENT (1u << 0)
#define PFEC_WRITE (1u << 1)
#define PFEC_USER (1u << 2)
#define PFEC_RSVD (1u << 3)
#define PFEC_FETCH (1u << 4)

/*
 * Translate va as the processor would for an access of GUEST_WALK_* (arch.h), implicit supervisor accesses without
 * SMEP and SMAP; accessed and dirty bits are set in the guest's tables. 0 and *ret_gpa; -EFAULT and *ret_pfec when the
 * access faults, is not canonical, or a table is not in RAM.
 */
int guest_walk(const struct guest_paging *pg, struct domain *d, guest_va_t va, unsigned access, gpaddr_t *ret_gpa,
               uint32_t *ret_pfec);

#endif
