/* SPDX-License-Identifier: GPL-2.0-only */
/* Nested page faults, and what an instruction looks like (mmio.c). */
#ifndef XENOLITH_MMIO_H
#define XENOLITH_MMIO_H

#include "trap/exit.h"

#define MAX_INSN 15

/* The bytes of the instruction at RIP, as far as they can be read: how many. It may lie across two pages. */
unsigned fetch_instruction(struct vcpu *v, uint8_t bytes[MAX_INSN]);

/* Map dom0's MMIO at its first use, emulate accesses to device models, read ones from holes. */
void exit_mmio(struct vcpu *v, const struct exit *e);

#endif
