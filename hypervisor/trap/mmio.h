/* SPDX-License-Identifier: GPL-2.0-only */
/* Nested page faults (mmio.c). */
#ifndef XENOLITH_MMIO_H
#define XENOLITH_MMIO_H

#include "trap/exit.h"

/* Map dom0's MMIO at its first use, emulate accesses to device models, read ones from holes. */
void exit_mmio(struct vcpu *v, const struct exit *e);

#endif
