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

/* --- populate on demand (pod.c) --- */

void pod_init(struct domain *d);
/* A frame just removed from d's map, with its reference: true when the cache has taken both. */
bool pod_take_back(struct domain *d, mfn_t mfn);
/* ON_DEMAND gfns have been removed: give back what the cache has too much, at most `most` frames. */
void pod_trim(struct domain *d, uint64_t most);
/* The toolstack wants d to own `target` frames. 0, -ERESTART, -ENOMEM, -EINVAL (d is being destroyed). */
int pod_set_target(struct domain *d, uint64_t target);
/* Give the cache back: 0 or -ERESTART. */
int pod_release(struct domain *d);

#endif
