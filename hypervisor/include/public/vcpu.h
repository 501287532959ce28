/* SPDX-License-Identifier: MIT */
/*
 * The vcpu_op hypercall: (command, vCPU id, argument). Structures: vcpu.def. Where the ABI has an array time[4] or a union
 * of pointer kinds, the rows here name the elements (vcpu_runstate_info.time_*) or the 64-bit member (addr).
 */
#ifndef XENOLITH_PUBLIC_VCPU_H
#define XENOLITH_PUBLIC_VCPU_H

#include <stdint.h>

#define VCPUOP_initialise 0
#define VCPUOP_up 1
#define VCPUOP_down 2
#define VCPUOP_is_up 3
#define VCPUOP_get_runstate_info 4
#define VCPUOP_register_runstate_memory_area 5
#define VCPUOP_set_periodic_timer 6
#define VCPUOP_stop_periodic_timer 7
#define VCPUOP_set_singleshot_timer 8
#define VCPUOP_stop_singleshot_timer 9
#define VCPUOP_register_vcpu_info 10
#define VCPUOP_send_nmi 11
#define VCPUOP_get_physid 12
#define VCPUOP_register_vcpu_time_memory_area 13

/* vcpu_runstate_info.state: enum runstate of the scheduler has the same numbers. */
#define RUNSTATE_running 0
#define RUNSTATE_runnable 1
#define RUNSTATE_blocked 2
#define RUNSTATE_offline 3

#define XEN_RUNSTATE_UPDATE (1ULL << 63) /* in state_entry_time: the copy in guest memory is being written */
#define VCPU_SSHOTTMR_future (1U << 0)   /* refuse a time that has passed with -ETIME */

#define WIRE_DEF "vcpu.def"
#include "wire_expand.h"

#endif
