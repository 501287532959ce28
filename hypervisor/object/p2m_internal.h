/* SPDX-License-Identifier: GPL-2.0-only */
/* A conditional p2m_set for hypercalls that look at an entry before they replace it (p2m.c). */
#ifndef XENOLITH_P2M_INTERNAL_H
#define XENOLITH_P2M_INTERNAL_H

#include "p2m.h"

/*
 * As p2m_set, but only if the type and frame of the entry are still those of *expect: -EAGAIN otherwise. With
 * order 9 or 18, *expect is of that order or larger (an entry, or a hole without tables).
 */
int p2m_replace(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type,
                const struct p2m_entry *expect);

#endif
