/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's instruction at RIP, for processors that do not tell all about the one that exited (fetch.c). */
#ifndef XENOLITH_FETCH_H
#define XENOLITH_FETCH_H

#include "vcpu.h"

#define MAX_INSN 15

/* Its bytes, as far as they can be read: how many. It may lie across two pages. */
unsigned fetch_instruction(struct vcpu *v, uint8_t bytes[MAX_INSN]);

/*
 * How many prefixes stand before its opcode, which begins with the byte opcode. 0 if that cannot be read. The caller says
 * where it is and what CR3 is, because it has them at hand and every exit comes here.
 */
unsigned fetch_prefixes(struct vcpu *v, uint64_t va, uint64_t cr3, uint8_t opcode);

#endif
