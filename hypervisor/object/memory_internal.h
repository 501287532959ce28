/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files that implement memory hypercalls: memory_op.c, physmap_op.c, memory_map.c. */
#ifndef XENOLITH_MEMORY_INTERNAL_H
#define XENOLITH_MEMORY_INTERNAL_H

#include "hv.h"
#include "op.h"
#include "p2m.h"

#define MEMORY_CHUNK 32 /* list elements copied and handled between two looks at the clock */

/* n elements of a guest array of longs or frame numbers: 4 bytes wide for 32-bit callers. 0 or -EFAULT. */
int op_read_longs(const struct op *op, guest_va_t array, uint64_t index, unsigned n, uint64_t *ret);

/*
 * A memory_op that goes over a list keeps its cursor in the bits of the command above the sub-operation number.
 * memory_cursor_set prepares raw[] for the call to be executed again from `done` and returns -ERESTART.
 */
uint64_t memory_cursor(const struct op *op);
int64_t memory_cursor_set(struct op *op, uint64_t done);

/*
 * Put mfn into d's map at gfn in place of what is there, whose reference is dropped. The caller has taken the reference
 * that the new entry stands for and gets it back on failure: -EBUSY when a grant or device memory is mapped there,
 * -EINVAL, -ENOMEM.
 */
int physmap_put(struct domain *d, gfn_t gfn, mfn_t mfn, enum p2m_type type);

/* Rows of physmap_op.c. */
int64_t memory_add_to_physmap(struct op *op);
int64_t memory_add_to_physmap_batch(struct op *op);
int64_t memory_remove_from_physmap(struct op *op);
int64_t memory_acquire_resource(struct op *op);

/* Rows of memory_map.c, and the maps that set_memory_map stored. */
extern struct list_node memory_maps;
int64_t memory_memory_map(struct op *op);
int64_t memory_set_memory_map(struct op *op);

/* What memory hypercalls keep for d beside its struct: the stored memory map, its virtual NUMA, a claim. Called by p2m_teardown. */
void memory_domain_release(struct domain *d);

/*
 * vnuma_op.c: a row; and the domain's description given back. vnuma_node_ok: can memory be had where the flags
 * (XENMEMF_*) insist on it? A node is otherwise a wish, which one node always grants; so are all virtual nodes.
 */
int64_t memory_get_vnumainfo(struct op *op);
void vnuma_release(struct domain *d);
bool vnuma_node_ok(struct domain *d, uint32_t mem_flags);

/* dom0's memory map as its start info has it; the number of entries written, at most max. Implemented by arch code. */
int arch_get_e820(struct domain *d, struct e820_entry *ret, unsigned max);

#endif
