/* SPDX-License-Identifier: GPL-2.0-only */
/* Runstates: where a vCPU's time goes (runstate.c). */
#ifndef XENOLITH_RUNSTATE_H
#define XENOLITH_RUNSTATE_H

#include "sched.h"

struct vcpu;

/* Charge the time up to t to the present state and enter another. v's scheduler lock is held. */
void runstate_change(struct vcpu *v, enum runstate state, stime_t t);
/* The state of a vCPU that is not runnable: blocked wins over every other reason. */
enum runstate runstate_at_rest(const struct vcpu *v);

struct vcpu_runstate_info;
/* What VCPUOP_get_runstate_info gives, in the guest's own system time. */
void vcpu_runstate_info(struct vcpu *v, struct vcpu_runstate_info *ret);
/* Bytes of it in the layout of v's domain (native 48, 32-bit 44) into buf[48]; returns the size. */
size_t vcpu_runstate_pack(struct vcpu *v, uint8_t *buf);
/*
 * Write v's registered runstate area (VCPUOP_register_runstate_memory_area) through v's own address space; nothing
 * happens unless v is the current vCPU. A page that is not there is the guest's loss.
 */
void vcpu_runstate_publish(struct vcpu *v);

#endif
