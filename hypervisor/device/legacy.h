/* SPDX-License-Identifier: GPL-2.0-only */
/* The PC's old ports as dom0 sees them: what is absent, and what stops or restarts the machine. */
#ifndef XENOLITH_LEGACY_H
#define XENOLITH_LEGACY_H

#include "device.h"
#include "vcpu.h"

void legacy_absent(struct vcpu *v, struct io_req *req); /* reads as ones, writes dropped */
void legacy_stopped_counter(struct vcpu *v, struct io_req *req); /* reads as zeros */
void legacy_reset_control(struct vcpu *v, struct io_req *req); /* 0xcf9 */
void legacy_keyboard(struct vcpu *v, struct io_req *req);      /* 0x60, 0x64 */
void legacy_fast_a20(struct vcpu *v, struct io_req *req);      /* 0x92 */
/* The FADT's reset register, when it is a port; an access of its own byte. */
bool legacy_acpi_reset_match(const struct vcpu *v, uint64_t port);
void legacy_acpi_reset(struct vcpu *v, struct io_req *req);
/* PM1a_CNT and PM1b_CNT. */
bool legacy_pm1_match(const struct vcpu *v, uint64_t port);
void legacy_pm1(struct vcpu *v, struct io_req *req);

#endif
