/* SPDX-License-Identifier: GPL-2.0-only */
/* What hvm_op asks of the architecture. */
#ifndef XENOLITH_HVM_OP_H
#define XENOLITH_HVM_OP_H

#include "types.h"

struct domain;

/* Event upcalls of d come by this vector from now on; 0: none (HVM_PARAM_CALLBACK_IRQ). */
void arch_set_callback_vector(struct domain *d, uint8_t vector);

#endif
